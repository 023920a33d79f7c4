/* jump.h - functions that stand in front of others and leave by a jump, not by a call: who looks at
 * the return address there sees their caller's. */
#ifndef HB_JUMP_H
#define HB_JUMP_H

#if defined(__clang__)
#define JUMP
#else
#define JUMP __attribute__((optimize("optimize-sibling-calls"))) /* gcc compiles the runtime */
#endif

#endif
