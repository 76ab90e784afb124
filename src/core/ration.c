#include "core/ration.h"
#include "base/assert.h"

enum { EVERY_MS = 1000, SOFT_FOR_MS = 10000, APART_MS = 600000 };

void hf_ration_limits_init(struct hf_ration_limits *limits)
{
    *limits = (struct hf_ration_limits){
        .every = HF_MS(EVERY_MS),
        .soft_for = HF_MS(SOFT_FOR_MS),
        .apart = HF_MS(APART_MS),
    };
}

static bool has_limits(const struct hf_ration *r)
{
    return r->limits.soft_bytes > 0 || r->limits.hard_bytes > 0;
}

static void forget(struct hf_ration *r)
{
    r->look_at = r->above_at = HF_NEVER;
    r->bytes = -1;
    r->peak_bytes = 0;
    r->was_told = false;
}

void hf_ration_init(struct hf_ration *r, const struct hf_ration_limits *limits)
{
    HF_ASSERT(limits->soft_bytes >= 0 && limits->hard_bytes >= 0);
    HF_ASSERT(limits->hard_bytes == 0 || limits->soft_bytes < limits->hard_bytes);
    HF_ASSERT(limits->every > 0);
    *r = (struct hf_ration){ .limits = *limits, .recycled_at = HF_NEVER };
    forget(r);
}

void hf_ration_begin(struct hf_ration *r, hf_time now)
{
    forget(r);
    if (has_limits(r)) r->look_at = hf_time_after(now, r->limits.every);
}

void hf_ration_end(struct hf_ration *r)
{
    forget(r);
}

hf_time hf_ration_due(const struct hf_ration *r)
{
    return r->look_at;
}

void hf_ration_look(struct hf_ration *r, hf_time now)
{
    r->look_at = hf_time_after(now, r->limits.every);
}

/* Above the soft limit without a break, while it serves, for as long as that takes. */
static bool wants_recycling(struct hf_ration *r, hf_time now, bool is_serving)
{
    if (!hf_ration_is_high(r) || !is_serving) {
        r->above_at = HF_NEVER;
        return false;
    }
    if (hf_time_same(r->above_at, HF_NEVER)) r->above_at = now;
    return hf_time_since(now, r->above_at) >= r->limits.soft_for;
}

static bool was_recycled_just_now(const struct hf_ration *r, hf_time now)
{
    return !hf_time_same(r->recycled_at, HF_NEVER) &&
           hf_time_since(now, r->recycled_at) < r->limits.apart;
}

enum hf_ration_act hf_ration_step(struct hf_ration *r, hf_time now, int64_t bytes, bool is_serving)
{
    if (bytes < 0 || hf_time_same(r->look_at, HF_NEVER)) return HF_RATION_NONE;
    r->bytes = bytes;
    if (bytes > r->peak_bytes) r->peak_bytes = bytes;
    if (r->limits.hard_bytes > 0 && bytes > r->limits.hard_bytes) {
        r->ends++;
        r->look_at = HF_NEVER;
        return HF_RATION_END;
    }
    if (!wants_recycling(r, now, is_serving)) return HF_RATION_NONE;
    if (!was_recycled_just_now(r, now)) {
        r->recycled_at = now;
        r->was_told = true; /* what it is recycled for needs no other word */
        r->recycles++;
        return HF_RATION_RECYCLE;
    }
    if (r->was_told) return HF_RATION_NONE;
    r->was_told = true;
    return HF_RATION_TELL;
}
