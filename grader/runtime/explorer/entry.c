/* entry.c - linked into the program under test: hands it to the explorer. With HAS_MAIN, and
 * --wrap=main, it stands in front of the program's main; without, scenarios are all that there is. */
struct scenario;

typedef int program(int argc, char **argv, char **environment);
#ifdef HAS_MAIN
program __real_main;
#define ENTRY   __wrap_main
#define PROGRAM __real_main
#else
#define ENTRY   main
#define PROGRAM 0
#endif

extern const struct scenario *const __start_scenarios[] __attribute__((weak));
extern const struct scenario *const __stop_scenarios[] __attribute__((weak));

struct borders {
    const char *text_first, *text_fenced, *text_last;
    const char *relro_first, *relro_last;
};

extern const char fence_text_first[], fence_text_fenced[], fence_text_last[];
extern const char fence_relro_first[], fence_relro_last[];

void explorer_fence(const struct borders *borders);
int explorer_start(int argc, char **argv, program *main, const struct scenario *const *scenarios,
                   const struct scenario *const *scenarios_end);
int ENTRY(int argc, char **argv);

int ENTRY(int argc, char **argv) {
    static const struct borders borders = {fence_text_first, fence_text_fenced, fence_text_last,
                                           fence_relro_first, fence_relro_last};
    explorer_fence(&borders);
    return explorer_start(argc, argv, PROGRAM, __start_scenarios, __stop_scenarios);
}
