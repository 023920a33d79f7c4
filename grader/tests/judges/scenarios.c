/* scenarios.c - the one scenario of the made-up unit. */
#include "scenario.h"

#include "thing.h"

SCENARIO(runs, .promise = "it runs", .setup = thing_reset, .threads = {thing_one, thing_two},
         .finally = NULL);
