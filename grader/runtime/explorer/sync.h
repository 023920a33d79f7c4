/* sync.h - what the synchronisation objects share: blocking, deadlines, queues of waiters.
 *
 * Every object is one hidden location, whose state only read-modify-writes change (a mutex is left
 * by a store, which its holder alone can make). Beside it the object's own memory, where libc would
 * keep its state, holds what one thread knows without communication: the type that it was given,
 * who holds it. That memory is restored before each run with the rest of the program's.
 */
#ifndef HBX_SYNC_H
#define HBX_SYNC_H

#include <pthread.h>
#include <time.h>

#include "ops.h"
#include "run.h"

#define API __attribute__((visibility("default")))
#define PC  ((uint64_t)(uintptr_t)__builtin_return_address(0))

/* First word of an object that was destroyed. */
enum { MARK_DESTROYED = -1 };

static inline struct access sync_access(enum space space, const void *object, enum order order,
                                        enum label label, uint64_t pc) {
    return (struct access){.address = object,
                           .space = space,
                           .size = 8,
                           .order = (uint8_t)order,
                           .label = (uint8_t)label,
                           .pc = pc};
}

/* The same for an object whose state is a queue. */
static inline struct access queue_access(enum space space, const void *object, enum order order,
                                         enum label label, uint64_t pc) {
    struct access a = sync_access(space, object, order, label, pc);
    a.size = 16;
    return a;
}

/* The running thread has just used the object: that its memory was set up, and is not freed, must
 * be in order with it. */
void sync_touch(const void *object, uint64_t pc);

/* Set the object of this access up anew: its state, and its memory, as zeros. Gives no
 * happens-before edge: whoever uses the object must know of it otherwise. */
void sync_initialise(struct access a, size_t bytes, uint64_t value);

/* End the run: `call` was made on an object that breaks `rule`. */
_Noreturn void sync_misuse(const char *call, const char *rule, uint64_t pc);

/* --- time (time.c): virtual nanoseconds ------------------------------------------------------- */

#define NO_DEADLINE UINT64_MAX

/* What the running thread's last step left on its clock. No visible operation. */
uint64_t time_of_thread(void);

/* Its last step is not over before `time`. */
void time_advance(uint64_t time);

/* The deadline that `at` names on this clock; NULL: none. False: `at` is no time (EINVAL). */
bool time_deadline(clockid_t clock, const struct timespec *at, uint64_t *deadline);

/* The same for a duration from now. */
bool time_after(const struct timespec *duration, uint64_t *deadline);

/* --- blocking --------------------------------------------------------------------------------- */

/* Do the read-modify-write if its guard holds; else nothing, and the read acquires nothing. */
bool sync_try(struct access a, struct rmw rmw);

/* Do it once its guard holds. False: not before the deadline.
 *
 * Whether such a wait ends in time is no choice of its own. To get the object in the end is to read
 * a state in which it is free; to time out is to read one in which it is not, and to let the time
 * pass. Both are the reads of one attempt. */
bool sync_acquire(struct access a, struct rmw rmw, uint64_t deadline);

/* How a wait in a queue is to end. */
enum ending { ENDS_WOKEN, ENDS_SPURIOUS, ENDS_TIMED_OUT };

/* A choice among what the deadline, and the thread's budgets of expired timeouts and of spurious
 * wakeups, allow. `kinds`: the number of distinguishable spurious endings; *kind: which.
 *
 * A wait that ends for no reason or by timeout never enters the queue: if no wake took it out,
 * nobody could see that it was there, and if one did, it was woken. For an expired timeout the
 * thread's clock is at the deadline on return. */
enum ending sync_ending(uint64_t deadline, int kinds, int *kind, uint64_t pc);

/* Wait at the object until its queue's write at this position, by which the running thread entered
 * it, is followed by one that takes the thread out. */
void sync_wait(const void *object, int write, uint64_t deadline, enum label label, uint64_t pc);

/* The running thread stops for the rest of this run, because of a choice that leads nowhere. */
_Noreturn void sync_stop(enum label label, const void *object, uint64_t pc);

/* The thread has stopped so, or it waits to be woken, though its wait could end in another way, which
 * another execution shows: that it waits for ever is no fault. */
bool sync_may_give_up(int tid);

/* --- queues ------------------------------------------------------------------------------------
 *
 * bits   meaning
 * 0-63   waiters, oldest first, 4 bits each: their numbers
 * 64-79  set of the threads that this very write has moved to another queue: the next write of the
 *        same thread put them there
 * 80-84  how many wait
 */

static inline int queue_length(value_t q) { return (int)(q >> 80) & 31; }
static inline int queue_at(value_t q, int place) { return (int)((uint64_t)q >> (4 * place)) & 15; }
bool queue_has(value_t q, int tid);
value_t queue_settle(value_t q); /* nobody is being moved */
value_t queue_add(value_t q, int tid);
value_t queue_remove(value_t q, int place);
value_t queue_mark_moved(value_t q, int tid);

/* --- mutexes, for condition variables and C11 names (mutex.c) ---------------------------------- */

/* 0, EDEADLK, EAGAIN, ETIMEDOUT, as pthread_mutex_clocklock. */
int mutex_acquire(pthread_mutex_t *mutex, uint64_t deadline, const char *call, uint64_t pc);
int mutex_try(pthread_mutex_t *mutex, const char *call, uint64_t pc);
int mutex_release(pthread_mutex_t *mutex, const char *call, uint64_t pc);
void mutex_initialise(pthread_mutex_t *mutex, int kind, uint64_t pc);
void mutex_destroy(pthread_mutex_t *mutex, const char *call, uint64_t pc);
bool mutex_is_mine(const pthread_mutex_t *mutex);

/* --- condition variables (cond.c) -------------------------------------------------------------- */

void cond_initialise(pthread_cond_t *cond, clockid_t clock, uint64_t pc);
void cond_destroy(pthread_cond_t *cond, const char *call, uint64_t pc);
void cond_signal(pthread_cond_t *cond, const char *call, uint64_t pc);
void cond_broadcast(pthread_cond_t *cond, const char *call, uint64_t pc);

/* 0, ETIMEDOUT, EPERM. */
int cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t deadline, const char *call,
              uint64_t pc);

/* --- the rest ---------------------------------------------------------------------------------- */

void once_call(void *control, void (*body)(void), uint64_t pc); /* once.c */

int key_create(unsigned *key, void (*destructor)(void *)); /* keys.c: 0, EAGAIN */
int key_delete(unsigned key);                              /* 0, EINVAL */
void *key_get(unsigned key);
int key_set(unsigned key, const void *value); /* 0, EINVAL */

void yield_step(uint64_t pc);                     /* time.c */
void sleep_until(uint64_t deadline, uint64_t pc); /* time.c */
#endif
