/* transfer.c - two transfers between two accounts, in opposite directions.
 *
 * Bugs:   FROM_FIRST      locks the source first: a deadlock of two lock orders
 *         LOCKS_ONE       locks the source only: the other account is changed unlocked
 *         UNLOCKS_BETWEEN the sum is wrong between the two halves, and somebody looks
 */
#include "corpus.h"

struct account {
    pthread_mutex_t mutex;
    int balance;
};

static struct account accounts[2] = {{PTHREAD_MUTEX_INITIALIZER, 10},
                                     {PTHREAD_MUTEX_INITIALIZER, 10}};

static void lock_both(int from) {
#ifdef FROM_FIRST
    pthread_mutex_lock(&accounts[from].mutex);
    pthread_mutex_lock(&accounts[1 - from].mutex);
#else
    (void)from;
    pthread_mutex_lock(&accounts[0].mutex);
    pthread_mutex_lock(&accounts[1].mutex);
#endif
}

static void unlock_both(void) {
    pthread_mutex_unlock(&accounts[1].mutex);
    pthread_mutex_unlock(&accounts[0].mutex);
}

static void transfer(int from) {
#if defined(LOCKS_ONE)
    pthread_mutex_lock(&accounts[from].mutex);
    accounts[from].balance -= 1;
    accounts[1 - from].balance += 1;
    pthread_mutex_unlock(&accounts[from].mutex);
#elif defined(UNLOCKS_BETWEEN)
    lock_both(from);
    accounts[from].balance -= 1;
    unlock_both();
    lock_both(from);
    accounts[1 - from].balance += 1;
    unlock_both();
#else
    lock_both(from);
    accounts[from].balance -= 1;
    accounts[1 - from].balance += 1;
    unlock_both();
#endif
}

static void auditor(int me) {
    (void)me;
    lock_both(0);
    int sum = accounts[0].balance + accounts[1].balance;
    unlock_both();
    assert(sum == 20);
}

int main(void) {
    TOGETHER(transfer, transfer, auditor);
    assert(accounts[0].balance == 10 && accounts[1].balance == 10);
    return 0;
}
