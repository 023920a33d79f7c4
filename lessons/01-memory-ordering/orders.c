/* orders.c - each atomic operation in each order, for a look at what compilers make of it.
 *
 * The table in README.md is this file, compiled for three processors. Each
 * function is named after what it does: OPERATION__ORDER. None of them is ever run.
 */
#include <stdatomic.h>
#include <stdbool.h>

/* The order is the subject here, so each of these stands for itself and pairs with nothing. */
#define LOAD(order)                                                                                \
    int load__##order(atomic_int *p) { return atomic_load_explicit(p, memory_order_##order); }
#define STORE(order)                                                                               \
    void store__##order(atomic_int *p, int v) { atomic_store_explicit(p, v, memory_order_##order); }
/* The same: the order is the subject. */
#define EXCHANGE(order)                                                                            \
    int exchange__##order(atomic_int *p, int v) {                                                  \
        return atomic_exchange_explicit(p, v, memory_order_##order);                               \
    }
/* The same: the order is the subject. */
#define FETCH_ADD(order)                                                                           \
    int fetch_add__##order(atomic_int *p, int v) {                                                 \
        return atomic_fetch_add_explicit(p, v, memory_order_##order);                              \
    }
/* The same; a compare-exchange that fails is a load, and can at most acquire. */
#define STRONG(order, failure)                                                                     \
    bool compare_exchange_strong__##order(atomic_int *p, int expected, int v) {                    \
        return atomic_compare_exchange_strong_explicit(p, &expected, v, memory_order_##order,      \
                                                       memory_order_##failure);                    \
    }
/* The same. */
#define WEAK(order, failure)                                                                       \
    bool compare_exchange_weak__##order(atomic_int *p, int expected, int v) {                      \
        return atomic_compare_exchange_weak_explicit(p, &expected, v, memory_order_##order,        \
                                                     memory_order_##failure);                      \
    }
/* The same; a fence stands between two accesses, here between none. */
#define FENCE(order)                                                                               \
    void fence__##order(void) { atomic_thread_fence(memory_order_##order); }

LOAD(relaxed)
LOAD(acquire)
LOAD(seq_cst)
STORE(relaxed)
STORE(release)
STORE(seq_cst)
EXCHANGE(relaxed)
EXCHANGE(acquire)
EXCHANGE(release)
EXCHANGE(acq_rel)
EXCHANGE(seq_cst)
FETCH_ADD(relaxed)
FETCH_ADD(acquire)
FETCH_ADD(release)
FETCH_ADD(acq_rel)
FETCH_ADD(seq_cst)
STRONG(relaxed, relaxed)
STRONG(release, relaxed)
STRONG(acq_rel, acquire)
STRONG(seq_cst, seq_cst)
WEAK(relaxed, relaxed)
WEAK(acq_rel, acquire)
WEAK(seq_cst, seq_cst)
FENCE(acquire)
FENCE(release)
FENCE(acq_rel)
FENCE(seq_cst)
