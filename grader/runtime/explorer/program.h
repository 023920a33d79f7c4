/* program.h - the program under test: its main, and its scenarios. */
#ifndef HBX_PROGRAM_H
#define HBX_PROGRAM_H

#include <stdbool.h>

struct scenario;
typedef int program_fn(int argc, char **argv, char **environment);

/* What there is: main (NULL: none), and the scenarios from first to before end. */
void program_begin(program_fn *main, const struct scenario *const *first,
                   const struct scenario *const *end);

/* Choose what is run: the scenario of this name, or main if it is NULL and there is one. False: there
 * is no such thing; *why says so. */
bool program_choose(const char *scenario, const char **why);

/* The scenario that was chosen, or NULL. */
const struct scenario *program_scenario(void);

/* What scenario_contention() answers. */
extern int program_contention;

/* Run it, on the first fiber, to the program's end. */
_Noreturn void program_main(void);

/* Print the names of the scenarios, one a line. */
void program_list(void);

#endif
