/* A planted data race, which `make doctor` expects ThreadSanitizer and Helgrind to find.
 *
 * Both threads write `counter`, and nothing orders the one before the other: joining orders each
 * before the end of main only. So the race is there in every schedule, also when the threads happen
 * to run one after the other.
 */
#include <pthread.h>
#include <stddef.h>

static int counter;

static void *count(void *unused) {
    counter++; /* the planted race */
    return unused;
}

int main(void) {
    pthread_t first, second;
    if (pthread_create(&first, NULL, count, NULL) != 0) return 2;
    if (pthread_create(&second, NULL, count, NULL) != 0) return 2;
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    return counter == 2 ? 0 : 1;
}
