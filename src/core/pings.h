/* core/pings.h: which pings share a wake-up?
 *
 * Holds the next ping instant of every connection by slot and says when a batch
 * leaves: when its oldest ping has waited for the slack, or when a full batch is
 * ready, whichever is first (spec/health-connection.md section 10, scenario 36).
 * A batch holds at most HF_LIMIT_PING_BATCH pings.  Owns its queue; allocates in
 * reserve only. */
#ifndef HF_CORE_PINGS_H
#define HF_CORE_PINGS_H

#include "base/dueq.h"

struct hf_pings { /* fields are private */
    struct hf_dueq queue;
    hf_span slack;
    hf_time batch_at; /* valid while is_settled */
    bool is_settled;
    uint32_t left; /* of the open batch */
};

void hf_pings_init(struct hf_pings *p, hf_span slack);
void hf_pings_fini(struct hf_pings *p);

/* The slack of a new configuration; queued pings keep their instants. */
void hf_pings_set_slack(struct hf_pings *p, hf_span slack);

/* Makes sure that `slot` can be set without memory: 0 or HF_ERR_NOMEM. */
int hf_pings_reserve(struct hf_pings *p, uint32_t slot);

/* The slot's next ping is due `at`; HF_NEVER takes it out.  The slot was reserved. */
void hf_pings_set(struct hf_pings *p, uint32_t slot, hf_time at);

/* Opens a batch: once per turn, before the pops. */
void hf_pings_open(struct hf_pings *p);

/* The next slot whose ping is due at `now` (any turn carries those that still have
 * slack), or false when none is left or the batch is full.  The slot is no longer
 * queued: set it again. */
bool hf_pings_pop(struct hf_pings *p, hf_time now, uint32_t *slot);

/* Finds the next batch: once at the end of a turn. */
void hf_pings_settle(struct hf_pings *p);

/* When the next batch leaves, or HF_NEVER.  Never too late: before settle it is the
 * instant of the earliest ping. */
hf_time hf_pings_due(const struct hf_pings *p);

#endif
