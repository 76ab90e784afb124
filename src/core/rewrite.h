/* core/rewrite.h: what is the next step of an order to read or change the configuration of
 * a running gateway?
 *
 * spec/supervisor.md 10.7 and 18.66: a change is config.get, then config.set upon what was
 * read; when somebody else was faster, once more from the beginning.  A gateway may restart
 * because of the change and take the answer along: then its file is looked at over the next
 * connection, and the order is done exactly if the file is what was sent.
 * Orders are carried out one at a time, in their order; each ends once, at the latest when
 * its time is over.  Bounded by base/limits.h.  Pure. */
#ifndef HF_CORE_REWRITE_H
#define HF_CORE_REWRITE_H

#include "base/buf.h"
#include "base/limits.h"
#include "base/time.h"

enum hf_rewrite_kind { HF_REWRITE_GET, HF_REWRITE_SET };

enum hf_rewrite_state {
    HF_REWRITE_WAITS,   /* for a connection, or for its turn */
    HF_REWRITE_READS,   /* config.get is under way */
    HF_REWRITE_WRITES,  /* config.set is under way */
    HF_REWRITE_IS_LOST, /* its answer never comes; waits for a connection */
    HF_REWRITE_CHECKS,  /* config.get, to see what became of it */
};

enum hf_rewrite_input {
    /* Around it. */
    HF_REWRITE_CONNECTED,    /* with a gateway that has the methods */
    HF_REWRITE_UNSUPPORTED,  /* with one that lacks them */
    HF_REWRITE_DISCONNECTED, /* calls under way are not answered any more */
    HF_REWRITE_GONE,         /* nothing runs, and nothing is on its way */
    HF_REWRITE_STOPPED,      /* by a request */
    HF_REWRITE_TIME,         /* its deadline is reached */
    /* What config.get gave, as the caller understood it. */
    HF_REWRITE_GOT,     /* it can be shown, or written upon */
    HF_REWRITE_IS_SAME, /* the value stands there already */
    HF_REWRITE_UNFIT,   /* nothing can be written upon it */
    HF_REWRITE_HOLDS,   /* it is what was sent */
    HF_REWRITE_DIFFERS,
    HF_REWRITE_UNSURE, /* what counts is hidden */
    /* What config.set gave. */
    HF_REWRITE_DONE,
    HF_REWRITE_CONFLICT, /* it has changed since it was read */
    /* Either. */
    HF_REWRITE_REFUSED,    /* the gateway's own error: what was asked for is wrong */
    HF_REWRITE_CANNOT,     /* the gateway's own error: it cannot now, or cannot say */
    HF_REWRITE_UNANSWERED, /* not within its time, though the connection lives */
};

enum hf_rewrite_act {
    HF_REWRITE_NONE,
    HF_REWRITE_CALL_GET,
    HF_REWRITE_CALL_SET,
    HF_REWRITE_END, /* `end` and `why` */
};

enum hf_rewrite_end {
    HF_REWRITE_END_READ, /* GET: here it is */
    HF_REWRITE_END_COMMITTED,
    HF_REWRITE_END_UNCHANGED, /* it was so before */
    HF_REWRITE_END_CONFLICT,
    HF_REWRITE_END_REFUSED,
    HF_REWRITE_END_UNSUPPORTED,
    HF_REWRITE_END_FAILED,
    HF_REWRITE_END_CANCELLED,
};

const char *hf_rewrite_end_name(enum hf_rewrite_end end); /* "committed"; static */

struct hf_rewrite_verdict {
    enum hf_rewrite_act act;
    enum hf_rewrite_end end; /* END */
    const char *why;         /* END: a sentence for people, static; NULL: the caller's word */
};

struct hf_rewrite { /* one order; fields are private, tests may read them */
    uint64_t tag;   /* of whoever waits; 0: nobody */
    enum hf_rewrite_kind kind;
    enum hf_rewrite_state state;
    bool is_second; /* after a conflict */
    hf_time deadline;
    struct hf_buf path, value;
};

/* The order that is first in its list; others wait and take no input but TIME. */
struct hf_rewrite_verdict hf_rewrite_step(struct hf_rewrite *r, enum hf_rewrite_input input);

/* --- the list --- */

enum { HF_REWRITE_WITHIN_MS = 180000 };

struct hf_rewrites { /* zeroed: empty */
    struct hf_rewrite list[HF_LIMIT_KEEPER_REWRITES];
    size_t count;
};

void hf_rewrites_fini(struct hf_rewrites *all); /* what was to be written is wiped */

/* Appends an order, which waits then; path and value are copied.  HF_ERR_LIMIT: the list is
 * full; HF_ERR_TOO_LARGE: one of them is above HF_LIMIT_CONTROL_LINE_BYTES; HF_ERR_NOMEM. */
int hf_rewrites_add(struct hf_rewrites *all, hf_time now, uint64_t tag, enum hf_rewrite_kind kind,
                    struct hf_bytes path, struct hf_bytes value);

/* Takes the i-th out; `i` < count. */
void hf_rewrites_drop(struct hf_rewrites *all, size_t i);

/* The first whose time is over, or `count`; and when that will be. */
size_t hf_rewrites_late(const struct hf_rewrites *all, hf_time now);
hf_time hf_rewrites_due(const struct hf_rewrites *all);

#endif
