/* entry.c - linked into the program under test, with --wrap=main: hands it to the explorer. */
#include <stddef.h>

struct scenario;

int __real_main(int argc, char **argv, char **environment);
extern const struct scenario *const __start_scenarios[] __attribute__((weak));
extern const struct scenario *const __stop_scenarios[] __attribute__((weak));

struct borders {
    const char *text_first, *text_fenced, *text_last;
    const char *relro_first, *relro_last;
};

extern const char fence_text_first[], fence_text_fenced[], fence_text_last[];
extern const char fence_relro_first[], fence_relro_last[];

void explorer_fence(const struct borders *borders);
int explorer_start(int argc, char **argv, int (*program)(int, char **, char **),
                   const struct scenario *const *scenarios,
                   const struct scenario *const *scenarios_end);
int __wrap_main(int argc, char **argv);

/* The main of a program that has none: its scenarios are all that there is to run. */
static int nothing(int argc, char **argv, char **environment) {
    (void)argc, (void)argv, (void)environment;
    return 0;
}
int main(int argc, char **argv, char **environment) __attribute__((weak, alias("nothing")));

int __wrap_main(int argc, char **argv) {
    static const struct borders borders = {fence_text_first, fence_text_fenced, fence_text_last,
                                           fence_relro_first, fence_relro_last};
    explorer_fence(&borders);
    return explorer_start(argc, argv, __real_main == nothing ? NULL : __real_main,
                          __start_scenarios, __stop_scenarios);
}
