/* options.h - the command line of a program under test. */
#ifndef HBX_OPTIONS_H
#define HBX_OPTIONS_H

#include "config.h"

/* Fill `options`. On a mistake: says what and how on standard error, and exits with status 2. */
void options_parse(int argc, char **argv);

#endif
