/* core/heartbeat.h: what does the 30 s diagnostic beat say?
 *
 * Every 30 s, when diagnostics are enabled, it looks at the loop sample and at
 * the open work and says which lines and records to write
 * (spec/pressure-backoff.md section 2.2).  The recovery that a late beat would defer is that of
 * stuck agents, which this gateway does not have.  Pure. */
#ifndef HF_CORE_HEARTBEAT_H
#define HF_CORE_HEARTBEAT_H

#include "base/time.h"

#include <stddef.h>

/* What the beat looks at.  Delays in tenths of a millisecond. */
struct hf_heartbeat_input {
    bool is_degraded;
    int64_t degraded_since_ms; /* only if degraded */
    int64_t delay_p99_ms10;
    uint32_t active, waiting, queued;
    hf_time activity_at; /* the last activity of any kind; HF_NEVER: none yet */
};

/* What to do now.  All false: a quiet beat. */
struct hf_heartbeat_beat {
    bool is_beat;     /* a beat took place; otherwise the call was too early */
    bool is_delayed;  /* log warn `heartbeat.delayed` with late_ms */
    bool warn;        /* one `diagnostic.liveness.warning` event and record ... */
    bool warn_loudly; /* ... logged at warn; otherwise at debug */
    bool record;      /* one debug line and one `diagnostic.heartbeat` record */
    bool in_grace;    /* the first 60 s: sampled, not acted upon */
    int64_t late_ms;
};

struct hf_heartbeat {   /* fields are private */
    hf_time started_at; /* HF_NEVER: off */
    hf_time next_at;
    hf_time warned_at; /* HF_NEVER: not yet */
};

/* Off until started. */
void hf_heartbeat_init(struct hf_heartbeat *h);

/* Diagnostics were enabled or disabled; starting twice changes nothing. */
void hf_heartbeat_start(struct hf_heartbeat *h, hf_time now);
void hf_heartbeat_stop(struct hf_heartbeat *h);

struct hf_heartbeat_beat hf_heartbeat_step(struct hf_heartbeat *h, hf_time now,
                                           const struct hf_heartbeat_input *input);

/* The next beat, or HF_NEVER when off. */
hf_time hf_heartbeat_due(const struct hf_heartbeat *h);

#endif
