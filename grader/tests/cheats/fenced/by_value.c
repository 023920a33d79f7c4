/* Reads the judge's memory by handing it over as a struct: compilers tell nobody of that copy.
 * Rule: of the judge | not the program's
 */
#include <stdint.h>
struct big {
    char bytes[256];
};
static void (*volatile given)(const char *, const char *) = panic;
static volatile int kept;
static void __attribute__((noinline)) look(int first, struct big big, struct big again) {
    kept = first + big.bytes[7] + again.bytes[9];
}
static void read_all(void) {
    struct big *judges = (struct big *)(uintptr_t)given;
    look(1, judges[0], judges[1]);
}
#define CHEAT() read_all()
