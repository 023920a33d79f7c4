/* Overwrites the caller's return address.
 * Rule: `__builtin_frame_address` reaches behind the language
 */
#define CHEAT() (void)__builtin_frame_address(0)
