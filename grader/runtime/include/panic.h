/* panic.h - the end of a program whose caller broke a rule. */
#ifndef HB_PANIC_H
#define HB_PANIC_H

/* Print "FUNCTION: RULE" on standard error and abort. For a caller's bug only (unlocking what is
 * not locked, a null out-pointer); an outcome that can happen in a correct program is a return
 * value instead.
 *
 * function:  the public function that was called, for example "mutex_unlock".
 * rule:      what the caller must keep, as a sentence: "the mutex must be locked".
 */
_Noreturn void panic(const char *function, const char *rule);

#endif
