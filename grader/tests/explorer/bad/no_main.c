/* no_main.c - has no main: a build error, not a verdict. */
int not_main(void);
int not_main(void) { return 0; }
