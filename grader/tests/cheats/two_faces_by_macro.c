/* The same without a conditional, and its word put together.
 * Rule: macros make another use of `honest` under gcc than under clang
 */
#define JOIN(a, b)              a##b
#define PICK(a, b)              JOIN(a, b)
#define FACE_1(yes, no)         yes
#define FACE___clang__(yes, no) no
static void honest(void) {}
static void other(void) {}
#define CHEAT() PICK(FACE_, JOIN(__cla, ng__))(honest(), other()), (void)(other, honest)
