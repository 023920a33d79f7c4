/* dining.c - three dining philosophers.
 *
 * Source: E. W. Dijkstra, "Hierarchical ordering of sequential processes", Acta Informatica 1, 1971.
 * Bugs:   LEFT_FIRST      each takes the left fork first
 */
#include "corpus.h"

enum { SEATS = 3 };

static pthread_mutex_t forks[SEATS] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                       PTHREAD_MUTEX_INITIALIZER};
static int uses[SEATS];

static void philosopher(int me) {
    int first = me, second = (me + 1) % SEATS;
#ifndef LEFT_FIRST
    if (first > second) {
        first = 0;
        second = me;
    }
#endif
    pthread_mutex_lock(&forks[first]);
    pthread_mutex_lock(&forks[second]);
    uses[first]++;
    uses[second]++;
    pthread_mutex_unlock(&forks[second]);
    pthread_mutex_unlock(&forks[first]);
}

int main(void) {
    TOGETHER(philosopher, philosopher, philosopher);
    for (int fork = 0; fork < SEATS; fork++) assert(uses[fork] == 2);
    return 0;
}
