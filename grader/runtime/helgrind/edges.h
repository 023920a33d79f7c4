/* edges.h - the happens-before edges of C11 atomics, told to Helgrind.
 *
 * Helgrind knows pthreads, not atomics. Its client requests give us two verbs on a tag of our own:
 * "send" (everything that this thread did so far happens-before whoever receives the tag) and
 * "receive". This module turns loads, stores, read-modify-writes and fences into sends and receives
 * as C17 5.1.2.4 and 7.17.4 define "synchronizes with":
 *
 *   release store           heads a new release sequence: whoever reads it with acquire is ordered
 *   relaxed store           continues the sequences that the same thread heads, ends all others
 *                           (C17 5.1.2.4p10)
 *   read-modify-write       continues the sequence it reads from, and with release heads another
 *   store after a release   carries the fence's knowledge, not the store's (7.17.4p2-3)
 *     fence
 *   acquire load            receives from every sequence that the value belongs to
 *   relaxed load            receives nothing now, but an acquire fence later does (7.17.4p2,p4)
 *   seq_cst                 as acquire and release together; the single total order adds no edge
 *   consume                 as acquire, as every compiler does it
 *
 * A message is what one thread knew at one moment: (thread, number). Each atomic object holds the
 * messages of the sequences that its current value belongs to; a thread holds those that it has
 * read without acquire, for its next acquire fence. Messages never change, so an edge is exact:
 * none is drawn that C11 does not promise, with three exceptions that err towards silence, all far
 * beyond the size of a scenario: a list of messages that is full is received early, and objects
 * beyond EDGES_OBJECTS or threads beyond EDGES_THREADS end the process with a message. Atomics of
 * different widths on overlapping bytes are taken for different objects.
 *
 * Source: C17 (ISO/IEC 9899:2018; draft N2176) 5.1.2.4, 7.17.3, 7.17.4; Valgrind 3.19 manual,
 * chapter 7.5, "Helgrind: client requests", and valgrind/helgrind.h.
 */
#ifndef HB_EDGES_H
#define HB_EDGES_H

#include <stdbool.h>
#include <stdint.h>

#define EDGES_OBJECTS 4096  /* atomic objects that one process may use; a power of two */
#define EDGES_THREADS 65535 /* threads that one process may start */

/* Every atomic operation and its bookkeeping are one step: between edges_enter and edges_leave no
 * other thread is there. The lock is invisible to Helgrind. Before it, another thread may have its
 * turn (turns.h).
 *
 * Order:     none that Helgrind sees.
 * Progress:  blocking, for a few hundred instructions.
 */
void edges_enter(void);
void edges_leave(void);

/* The calling thread has loaded from, is about to store to, or has read and is about to write the
 * object. `order` is a C11 memory order as compilers number them (__ATOMIC_RELAXED ...). A
 * compare-exchange that fails is a load.
 *
 * Threads:   between edges_enter and edges_leave.
 */
void edges_load(const volatile void *object, int order);
void edges_store(const volatile void *object, int order);
void edges_update(const volatile void *object, int order);

/* A fence of that order stands here. */
void edges_fence(int order);

/* A plain write to the object: if it was used as an atomic before, it now starts a new life, and
 * belongs to no release sequence. Cheap for memory that never was one. */
void edges_plain_write(const volatile void *object);

#endif
