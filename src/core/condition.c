#include "core/condition.h"

#include "base/assert.h"
#include "base/bytes.h"

#define CHANNELS_REMEMBERED HF_SECONDS(120)

#define BIT(name) (1u << HF_CONDITION_##name)

/* Failed not longer ago than it is remembered, and not well since. */
static bool has_silent_channels(const struct hf_condition_facts *f, hf_time now)
{
    if (hf_time_same(f->channels_failed_at, HF_NEVER)) return false;
    if (hf_time_since(now, f->channels_failed_at) > CHANNELS_REMEMBERED) return false;
    return hf_time_same(f->channels_ok_at, HF_NEVER) ||
           hf_time_before(f->channels_ok_at, f->channels_failed_at);
}

static uint32_t running_reasons(const struct hf_condition_facts *f, hf_time now)
{
    return (f->misses > 0 ? BIT(DEGRADED) : 0) | (f->is_verifying ? BIT(VERIFYING) : 0) |
           (f->is_unresponsive ? BIT(UNRESPONSIVE) : 0) |
           (f->is_external_silent ? BIT(EXTERNAL) : 0) | (f->call_failures > 0 ? BIT(CALLS) : 0) |
           (has_silent_channels(f, now) ? BIT(CHANNELS) : 0) |
           (f->is_suspended ? BIT(SUSPENDED) : 0) | (f->is_busy ? BIT(BUSY) : 0) |
           (f->is_safe_mode ? BIT(SAFE_MODE) : 0) |
           (f->has_pending_restart ? BIT(RESTART_PENDING) : 0) |
           (f->has_broken_journal ? BIT(JOURNAL) : 0) | (f->is_over_memory ? BIT(MEMORY) : 0);
}

struct hf_condition hf_condition(const struct hf_condition_facts *f, hf_time now)
{
    HF_ASSERT(!(f->is_running && f->is_error));
    if (!f->is_running) {
        uint32_t reasons = f->is_error ? BIT(ERROR) : BIT(NOT_RUNNING);
        /* A kind of the error, not a fact beside it. */
        if (f->is_error && f->is_quarantined) reasons |= BIT(QUARANTINED);
        /* Section 13 evaluates nothing else here, and scenario 80 wants to see that an
         * external gateway is unavailable, which our own reconnect would hide: 80 wins, and
         * why one that has lost its connection does not let us in again is told, too. */
        reasons |= (f->is_suspended ? BIT(SUSPENDED) : 0) | (f->is_busy ? BIT(BUSY) : 0) |
                   (f->is_external_silent ? BIT(EXTERNAL) : 0);
        return (struct hf_condition){ HF_CONDITION_IS_DEGRADED, reasons };
    }
    uint32_t reasons = running_reasons(f, now);
    if (reasons & BIT(UNRESPONSIVE)) return (struct hf_condition){ HF_CONDITION_IS_DEAD, reasons };
    return (struct hf_condition){ reasons ? HF_CONDITION_IS_DEGRADED : HF_CONDITION_HEALTHY,
                                  reasons };
}

const char *hf_condition_state_name(enum hf_condition_state state)
{
    switch (state) {
    case HF_CONDITION_HEALTHY:
        return "healthy";
    case HF_CONDITION_IS_DEGRADED:
        return "degraded";
    case HF_CONDITION_IS_DEAD:
        return "unresponsive";
    }
    HF_UNREACHABLE();
}

const char *hf_condition_reason_name(enum hf_condition_reason reason)
{
    static const char *const names[HF_CONDITION_REASON_COUNT] = {
#define HF_CONDITION_NAME(name, text) text,
        HF_CONDITION_REASONS(HF_CONDITION_NAME)
#undef HF_CONDITION_NAME
    };
    HF_ASSERT(reason < HF_CONDITION_REASON_COUNT);
    return names[reason];
}
