/* random.c - the explorer's own random numbers. */
#include "random.h"

uint64_t random_state;
