/* core/rpc.h: requests that wait for their answers, each settled exactly once.
 *
 * spec/client-lifecycle.md section 9.  Requests of one connection are numbered from
 * 1; the caller's tag travels with each.  A deadline runs from the acceptance.  When
 * the connection ends all of them are given back, oldest first.  Owns the table and
 * nothing else; reads no clock. */
#ifndef HF_CORE_RPC_H
#define HF_CORE_RPC_H

#include "base/time.h"

#include <stddef.h>

enum hf_rpc_kind {
    HF_RPC_CALL,
    HF_RPC_SUBSCRIPTION,
    HF_RPC_BEAT, /* our own heartbeat: the tick watchdog does not look at it */
};

enum { HF_RPC_METHOD_BYTES = 40 };

struct hf_rpc_call {
    enum hf_rpc_kind kind;
    uint64_t number; /* on this connection, from 1 */
    uint64_t tag;    /* the caller's */
    uint64_t end_at; /* where its frame ends in the connection's output, in bytes */
    hf_time deadline;
    hf_time asked_at;
    bool expects_final; /* an `accepted` answer does not settle it */
    bool was_accepted;
    uint8_t method_len; /* of the name, cut: for the record of how it went */
    char method[HF_RPC_METHOD_BYTES];
};

struct hf_rpc {                /* fields are private; tests may read them */
    struct hf_rpc_call *calls; /* by number, which only grows */
    size_t popped;             /* places in front of them that hold none */
    size_t len, cap;
    uint64_t last_number;
    size_t unbounded; /* calls without a deadline, own heartbeats aside */
    size_t beats;
    hf_time due;         /* while calls are popped it may be that of one which is gone */
    uint64_t late_count; /* answers that nobody waited for */
};

void hf_rpc_init(struct hf_rpc *r);
void hf_rpc_fini(struct hf_rpc *r);

/* Adds a call; `call->number` is set.  0, HF_ERR_LIMIT at HF_LIMIT_CLIENT_CALLS, or
 * HF_ERR_NOMEM. */
int hf_rpc_add(struct hf_rpc *r, struct hf_rpc_call *call);

enum hf_rpc_answer {
    HF_RPC_UNKNOWN,   /* late, twice or never asked: ignored, counted */
    HF_RPC_ACCEPTED,  /* told once; the call goes on */
    HF_RPC_SWALLOWED, /* `accepted` again */
    HF_RPC_SETTLED,   /* `call` is out of the table */
};

/* An answer came.  `says_accepted`: a success whose status is "accepted". */
enum hf_rpc_answer hf_rpc_answer(struct hf_rpc *r, uint64_t number, bool says_accepted,
                                 struct hf_rpc_call *call);

/* Takes the call of this kind and tag out: false when there is none. */
bool hf_rpc_cancel(struct hf_rpc *r, enum hf_rpc_kind kind, uint64_t tag, struct hf_rpc_call *call);

/* Whether a call with this number waits. */
bool hf_rpc_has(const struct hf_rpc *r, uint64_t number);

/* Takes the call with this number, which waits, out again: it could not be queued. */
void hf_rpc_take(struct hf_rpc *r, uint64_t number, struct hf_rpc_call *call);

/* Its frame is queued and ends there. */
void hf_rpc_ends_at(struct hf_rpc *r, uint64_t number, uint64_t end_at);

/* Takes the next call whose deadline is not after `now`. */
bool hf_rpc_expire(struct hf_rpc *r, hf_time now, struct hf_rpc_call *call);
hf_time hf_rpc_due(const struct hf_rpc *r);

/* Takes the oldest call: for the end of the connection, when all of them go, so that each
 * costs the same. */
bool hf_rpc_pop(struct hf_rpc *r, struct hf_rpc_call *call);

/* How many of this kind wait. */
size_t hf_rpc_count(const struct hf_rpc *r, enum hf_rpc_kind kind);

/* The next connection numbers from 1 again; the table is empty. */
void hf_rpc_restart(struct hf_rpc *r);

/* Whether calls wait and every one of them has a deadline (the tick watchdog rests). */
bool hf_rpc_is_bounded(const struct hf_rpc *r);

#endif
