/* script.h - one execution, written down: as a list of choices, and as a token of text.
 *
 * A token is "HB1" and then, in base64url (RFC 4648, section 5), bytes: memory model and heap; the
 * thread that runs on behind the last step; for each event its thread in the low four bits and, if
 * the choice was not the first one, 16 more and a byte that says which; a checksum.
 */
#ifndef HBX_SCRIPT_H
#define HBX_SCRIPT_H

#include "graph.h"

struct script {
    int n;
    int last_thread; /* runs on when the script is at its end */
    bool alone;      /* and all others are suspended */
    uint8_t tid[MAX_EVENTS];
    uint8_t
        choice[MAX_EVENTS]; /* how many stores, back in modification order from the last one, are
                                   passed over; or an EV_CHOICE's value */
};

/* Write down the execution in `g`, in an order of its events that changes threads as seldom as can
 * be. `fault_tid`: the thread whose next step is the fault, or NONE. */
void script_of_graph(struct script *s, const struct graph *g, int fault_tid);

/* The same, for what thread `tid` does and depends on: all others are suspended where it met them. */
void script_of_thread(struct script *s, const struct graph *g, int tid);

/* How often the script changes threads. */
int script_switches(const struct script *s);

/* The token, as a string that is valid until the next call. */
const char *script_token(const struct script *s);

/* Read a token. False: it is none; *why says what is wrong. Sets the options that it holds. */
bool script_parse(struct script *s, const char *token, const char **why);

/* Run along the script. */
void script_drive(const struct script *s);

#endif
