/* Replaces pthread_create, so that no thread ever runs.
 * Rule: `pthread_create` is not in the contract
 */
int pthread_create(unsigned long *thread, const void *how, void *(*body)(void *), void *what) {
    (void)thread, (void)how, (void)body, (void)what;
    return 0;
}
