/* memo.h - the configurations that a check has been in: which operations are done, and the state.
 *
 * Static, for one check at a time. When it is full it takes no more: the check then repeats work,
 * and stays right.
 */
#ifndef HB_HISTORY_MEMO_H
#define HB_HISTORY_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Forget all. Costs as much as was put in, and no more. */
void history_memo_clear(void);

/* Note a configuration. False: it had been noted before. */
bool history_memo_enter(uint64_t done, const void *state, size_t bytes);

#endif
