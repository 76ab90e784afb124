/* prog/show/rates.h: how often does what happen?
 *
 * Counts by name over the last ten seconds, in steps of one second.  At most
 * HF_LIMIT_RATE_NAMES names; what comes under further ones is counted together as
 * "(others)".  Pure. */
#ifndef HF_PROG_SHOW_RATES_H
#define HF_PROG_SHOW_RATES_H

#include "base/bytes.h"
#include "base/limits.h"
#include "base/time.h"

enum { HF_RATES_SECONDS = 10, HF_RATES_NAME_BYTES = 64 };

struct hf_rate {
    char name[HF_RATES_NAME_BYTES]; /* cut */
    uint32_t buckets[HF_RATES_SECONDS];
    uint32_t recent; /* the sum of the buckets */
    uint64_t total;
};

struct hf_rates {
    struct hf_rate rows[HF_LIMIT_RATE_NAMES + 1]; /* the last one: "(others)" */
    size_t count;
    int64_t second; /* of the newest bucket */
    hf_time started_at;
};

void hf_rates_init(struct hf_rates *r, hf_time now);
void hf_rates_add(struct hf_rates *r, hf_time now, struct hf_bytes name);

/* Lets old counts go. */
void hf_rates_step(struct hf_rates *r, hf_time now);

/* The milliseconds that `recent` counts: ten seconds, or less after the start. */
int64_t hf_rates_window_ms(const struct hf_rates *r, hf_time now);

/* Names in the order of their recent counts, most first, then as they came: fills
 * `out` with at most `cap` rows, borrowed until the next add; returns how many. */
size_t hf_rates_top(const struct hf_rates *r, const struct hf_rate **out, size_t cap);

#endif
