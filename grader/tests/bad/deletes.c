/* deletes.c - deletes its program and its directory, and then fails. */
#include "thing.h"

#include <stdlib.h>
#include <unistd.h>

void thing_reset(void) {}
void thing_two(void) {}

void thing_one(void) {
    unlink("/program");
    rmdir("/scratch");
    abort();
}
