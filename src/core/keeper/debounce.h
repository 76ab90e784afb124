/* core/keeper/debounce.h: one call after a burst of them.
 *
 * spec/supervisor.md 10.6: every call starts the delay again, but the first of a burst
 * waits no longer than `wait_max`, so that a steady stream is not put off for ever.
 * Pure. */
#ifndef HF_CORE_KEEPER_DEBOUNCE_H
#define HF_CORE_KEEPER_DEBOUNCE_H

#include "base/time.h"

enum { HF_DEBOUNCE_MAX_MS = 10000 };

struct hf_debounce {
    hf_time fire_at; /* valid while is_armed */
    hf_time latest;
    bool is_armed;
};

/* Returns how long it is until it fires. */
hf_span hf_debounce_push(struct hf_debounce *d, hf_time now, hf_span delay);

static inline void hf_debounce_cancel(struct hf_debounce *d)
{
    d->is_armed = false;
}

/* True once, when the time has come. */
bool hf_debounce_fire(struct hf_debounce *d, hf_time now);

hf_time hf_debounce_due(const struct hf_debounce *d); /* or HF_NEVER */

#endif
