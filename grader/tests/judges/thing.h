/* thing.h - two functions that two threads call at the same time. */
#ifndef THING_H
#define THING_H

void thing_reset(void);
void thing_one(void);
void thing_two(void);

#endif
