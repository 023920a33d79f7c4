/* verdict.h - how a test says, from inside its own process, what became of it.
 *
 * Every way to end a test early goes through verdict_close: the first thread that comes reports; a
 * second one, which has met only the consequence of the first fault, waits until the process is
 * gone.
 */
#ifndef HB_VERDICT_H
#define HB_VERDICT_H

#include <stdbool.h>

#include "channel.h"

/* The process begins this test: say so, and start the watchdog. */
void verdict_begin(const char *test);

/* The test's body has run to its end. Ends the process with a fault if the lab is not satisfied (a
 * panic that was expected and did not come; a thread that still runs). */
void verdict_complete(void);

/* The body ended as the test foretold, though not by returning (an expected panic): complete, and
 * end the process. */
_Noreturn void verdict_complete_and_exit(void);

/* An assertion that ends here held. Told once for each place. */
void verdict_pass(const void *return_address);

/* An assertion failed. The test goes on; verdict_fail_and_exit ends it. */
void verdict_fail(const char *file, uint64_t line, const char *message);
_Noreturn void verdict_fail_and_exit(void);

/* Put a fault's packet together, add one triple a thread, send it, and end the process. */
void fault_begin(struct packet *packet, const char *kind,
                 const char *const message[]); /* pieces; the last is NULL */
void fault_send(struct packet *packet);
_Noreturn void fault_end(struct packet *packet);
_Noreturn void fault_end_timed_out(struct packet *packet);

/* The caller is the one that ends the test: returns once for a process, and never for a thread that
 * comes later. */
void verdict_close(void);

#endif
