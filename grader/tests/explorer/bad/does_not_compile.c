/* does_not_compile.c - is not C. */
int main(void) { return nonsense }
