/* Never ends, and never rests. */
int main(void) {
    for (volatile int forever = 1; forever;)
        ;
}
