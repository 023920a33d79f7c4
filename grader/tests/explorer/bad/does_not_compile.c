/* does_not_compile.c - is C only without BROKEN. */
#ifdef BROKEN
int main(void) { return nonsense }
#else
int main(void) { return 0; }
#endif
