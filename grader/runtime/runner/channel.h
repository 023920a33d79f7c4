/* channel.h - the private way by which a judged program tells the grader what happened.
 *
 * The grader makes a socket pair (AF_UNIX, SOCK_SEQPACKET) and leaves one end's number in
 * HB_CHANNEL. The first packet in it comes from the grader:
 *
 *     nonce NUL rounds NUL (test-id NUL token NUL)*    no test id: run all
 *
 * Every packet that goes back is
 *
 *     sender NUL kind NUL test-id NUL (field NUL)*     at most PACKET_BYTES
 *
 * sender:      the nonce, in a packet of the parent's (hello, end, done); in all others the token of
 *              this test. The process of a test has forgotten the nonce and the tokens of the others:
 *              whatever a submission makes of it, it can speak for itself alone, and cannot say how
 *              it ended.
 *
 *     kind      fields
 *     hello     "fork", number of tests that will run
 *     begin     pid
 *     site      where in the tests' own code, as a number; place: an assertion held here, for the
 *               first time in this test
 *     fail      file, line, message: an assertion failed; may come several times
 *     fault     kind, message, then (thread, activity, place)*
 *     race      ThreadSanitizer's report: tsan/bridge.c documents its fields
 *     complete  the test's body ran to its end (exit(0) inside a test never sends it)
 *     end       status, signal, exit code, elapsed ns: sent by the parent when the test's process
 *               is gone
 *     done      number of tests that ended: the last packet
 *
 * status:      pass, fail (an assertion or a race), fault, timeout, or crash: a signal, or the
 *              process ended before the test did.
 * fault kind:  deadlock, spinning, panic, wrong-panic, no-panic, broken, lab-misuse, hang, crash,
 *              trespass.
 * thread:      "main", "thread 1", "thread 2", ... or "" for a thread that the lab does not know.
 * place:       "+0x<offset>" in the program's file, inside the instruction meant (for a call: its
 *              last byte), fit for addr2line; "@+0x<offset>" when a running thread was caught
 *              there by chance, so that only the function means anything; "file:line"; or "" where
 *              nothing better than a library's address is known. A stack is several of them, joined
 *              by commas, innermost first.
 *
 * Without HB_CHANNEL, as under a debugger, failures are printed on standard error instead.
 */
#ifndef HB_CHANNEL_H
#define HB_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_BYTES 32768
#define NONCE_BYTES  33 /* 32 digits and NUL */

/* A packet while it is put together. Text that does not fit is cut, so that a packet is always well
 * formed. */
struct packet {
    size_t used;
    char bytes[PACKET_BYTES];
};

/* Is there a grader at the other end? */
bool channel_is_open(void);

/* Rounds that each scenario is to run; `otherwise` when nobody said. */
uint32_t channel_rounds(uint32_t otherwise);

/* Was this test asked for? */
bool channel_wants(const char *test);

/* This process speaks for this test from now on, and for nobody else. */
void channel_become(const char *test);

/* Begin a packet; add fields; send it. */
void packet_begin(struct packet *packet, const char *kind, const char *test);
void packet_text(struct packet *packet, const char *text);
void packet_pieces(struct packet *packet,
                   const char *const pieces[]); /* joined; the last is NULL */
void packet_number(struct packet *packet, uint64_t number);
void packet_hex(struct packet *packet, uint64_t number);
void packet_place(struct packet *packet, const void *return_address); /* NULL: "" */
void packet_places(struct packet *packet, void *const addresses[],
                   size_t count); /* comma-separated, to the first NULL */
void packet_chance_places(struct packet *packet, void *const addresses[], size_t count);
void packet_send(struct packet *packet);

/* Digits of a number, in decimal; buffer of at least 21 bytes. */
char *number_text(char buffer[21], uint64_t number);

/* Does this address lie in the program itself (not in a library)? */
bool place_is_ours(const void *address);

#endif
