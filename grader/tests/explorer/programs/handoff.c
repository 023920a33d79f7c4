/* handoff.c - a synchronous queue: the giver returns when the taker has the item.
 *
 * Source: W. N. Scherer, D. Lea, M. L. Scott, "Scalable synchronous queues", PPoPP 2006: the
 *         naive queue, figure 1.
 * Bugs:   NO_TAKEN_STATE  the taker frees the slot itself: the giver waits for a state that never
 *                         comes
 *         SIGNAL          one condition variable and a signal: it may wake the wrong one
 */
#include "corpus.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum { EMPTY, OFFERED, TAKEN } state;
static int slot, acknowledged;

static void tell(void) {
#ifdef SIGNAL
    pthread_cond_signal(&changed);
#else
    pthread_cond_broadcast(&changed);
#endif
}

static void give(int item) {
    pthread_mutex_lock(&mutex);
    while (state != EMPTY) pthread_cond_wait(&changed, &mutex);
    slot = item;
    state = OFFERED;
    tell();
    while (state != TAKEN) pthread_cond_wait(&changed, &mutex);
    assert(acknowledged == item);
    state = EMPTY;
    tell();
    pthread_mutex_unlock(&mutex);
}

static int take(void) {
    pthread_mutex_lock(&mutex);
    while (state != OFFERED) pthread_cond_wait(&changed, &mutex);
    int item = acknowledged = slot;
#ifdef NO_TAKEN_STATE
    state = EMPTY;
#else
    state = TAKEN;
#endif
    tell();
    pthread_mutex_unlock(&mutex);
    return item;
}

static void giver(int me) { give(me + 1); }

static void taker(int me) {
    (void)me;
    int sum = take();
    sum += take();
    assert(sum == 3);
}

int main(void) {
    TOGETHER(giver, giver, taker);
    return 0;
}
