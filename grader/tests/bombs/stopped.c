/* Stops itself, and waits for somebody to let it go on. */
#include <signal.h>

int main(void) { raise(SIGSTOP); }
