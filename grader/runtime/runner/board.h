/* board.h - memory that the runner shares with the processes of its tests: how far each test came.
 *
 * A process cannot say of itself that it died, and its exit status cannot be believed (exit(0)
 * looks like success). So the test's process notes each stage here as it reaches it, and the parent
 * reads the notes when the process is gone. The notes decide only which word the `end` packet
 * carries; a pass needs the `complete` packet as well.
 */
#ifndef HB_BOARD_H
#define HB_BOARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define BOARD_ENTRIES  4096
#define BOARD_ID_BYTES 200

/* What a process that the runner ends exits with. Nothing depends on these numbers; they help a
 * reader of strace. */
enum {
    RUNNER_EXIT_FAIL = 101,
    RUNNER_EXIT_FAULT = 102,
    RUNNER_EXIT_TIMEOUT = 103,
    RUNNER_EXIT_NO_CHANNEL = 104,
};

/* The stages, as bits. */
enum board_stage {
    BOARD_COMPLETE = 1, /* the body ran to its end */
    BOARD_FAILED = 2,   /* an assertion failed, or ThreadSanitizer reported a race */
    BOARD_FAULTED = 4,  /* a fault was reported */
    BOARD_TIMED_OUT = 8 /* the time was up */
};

struct board_entry {
    int32_t pid; /* 0: not begun */
    uint32_t stages;
    uint64_t begun_ns;
    bool ended; /* the parent's note that `end` was sent */
    char id[BOARD_ID_BYTES];
};

/* Make the board, empty. Before the first fork. */
void board_create(void);

/* Note that the calling process begins the test; the entry is the process's own from now on. */
struct board_entry *board_begin(const char *test);

/* The calling process's entry; before board_begin an empty one. */
struct board_entry *board_mine(void);

void board_note(enum board_stage stage);

/* The running test of a process, or NULL. */
struct board_entry *board_of(pid_t pid);

/* Send `end` for the entry, once: its process ended with this wait status. */
void board_end(struct board_entry *entry, int wait_status);

/* How many tests have ended. */
uint32_t board_ended(void);

/* Monotonic real time, whatever the lab's clock says. */
uint64_t real_now_ns(void);

#endif
