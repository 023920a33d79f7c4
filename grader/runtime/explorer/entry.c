/* entry.c - linked into the program under test, with --wrap=main: hands it to the explorer. */
struct scenario;

int __real_main(int argc, char **argv, char **environment) __attribute__((weak));
extern const struct scenario *const __start_scenarios[] __attribute__((weak));
extern const struct scenario *const __stop_scenarios[] __attribute__((weak));

int explorer_start(int argc, char **argv, int (*program)(int, char **, char **),
                   const struct scenario *const *scenarios,
                   const struct scenario *const *scenarios_end);
int __wrap_main(int argc, char **argv);

int __wrap_main(int argc, char **argv) {
    return explorer_start(argc, argv, __real_main, __start_scenarios, __stop_scenarios);
}
