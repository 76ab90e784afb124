#include "core/pulse.h"

#include "base/assert.h"

#include <string.h>

#define TICK HF_MS(20)
#define WINDOW HF_SECONDS(1)
#define LATE_FROM HF_SECONDS(1)

enum {
    TICK_US = 20000,
    PER_DOUBLING = 1024,
    EXACT_BITS = 11, /* HF_PULSE_EXACT_US is 2^11 */
    US_MAX_BITS = 33,
    STALL_US = 1000000, /* a delay that closes the window at once */
    /* the limits of spec 2.1, in the units of the sample */
    STALL_MS10 = 10000,
    EVIDENCE_MS10 = 250,
    EVIDENCE_INTERVAL_MS = 1000,
    UTILIZATION_1000 = 950,
    CPU_1000 = 900,
};

_Static_assert(HF_PULSE_EXACT_US == 1 << EXACT_BITS, "buckets follow each other");
_Static_assert((int)HF_PULSE_BUCKETS ==
                   (int)HF_PULSE_EXACT_US + (US_MAX_BITS - EXACT_BITS) * (int)PER_DOUBLING,
               "the last bucket ends at 2^33 us");

/* --- histogram --- */

static uint32_t bucket_of(int64_t us)
{
    if (us < HF_PULSE_EXACT_US) return (uint32_t)us;
    int bits = 63 - __builtin_clzll((unsigned long long)us);
    if (bits >= US_MAX_BITS) return HF_PULSE_BUCKETS - 1;
    int shift = bits - (EXACT_BITS - 1);
    uint32_t within = (uint32_t)(us >> shift) - PER_DOUBLING;
    return HF_PULSE_EXACT_US + (uint32_t)(bits - EXACT_BITS) * PER_DOUBLING + within;
}

/* The largest value that falls into the bucket. */
static int64_t bucket_end_us(uint32_t bucket)
{
    if (bucket < HF_PULSE_EXACT_US) return bucket;
    uint32_t doubling = (bucket - HF_PULSE_EXACT_US) / PER_DOUBLING;
    int64_t within = (bucket - HF_PULSE_EXACT_US) % PER_DOUBLING + PER_DOUBLING;
    return ((within + 1) << (doubling + 1)) - 1;
}

static void add_delay(struct hf_pulse *p, int64_t us, uint32_t count)
{
    if (count == 0) return;
    uint32_t bucket = bucket_of(us);
    p->buckets[bucket] += count;
    p->count += count;
    if (bucket < p->low) p->low = bucket;
    if (bucket >= p->high) p->high = bucket + 1;
    if (us > p->max_us) p->max_us = us;
}

/* The smallest value that 99 % of the delays do not exceed. */
static int64_t p99_us(const struct hf_pulse *p)
{
    uint64_t beyond = p->count / 100; /* so many may be larger */
    uint64_t seen = 0;
    uint32_t bucket = p->high;
    while (bucket > p->low && seen <= beyond) seen += p->buckets[--bucket];
    int64_t us = p->count > 0 ? bucket_end_us(bucket) : 0;
    return us < p->max_us ? us : p->max_us;
}

/* --- windows --- */

static void open_window(struct hf_pulse *p, hf_time now, hf_span cpu)
{
    if (p->high > p->low) memset(&p->buckets[p->low], 0, (p->high - p->low) * sizeof p->buckets[0]);
    p->low = HF_PULSE_BUCKETS;
    p->high = 0;
    p->count = 0;
    p->max_us = 0;
    p->busy_for = p->idle_for = 0;
    p->window_at = now;
    p->cpu_at = cpu;
}

void hf_pulse_init(struct hf_pulse *p, hf_time now, hf_span cpu)
{
    memset(p->buckets, 0, sizeof p->buckets);
    p->low = p->high = 0;
    p->has_sample = false;
    p->degraded_at = HF_NEVER;
    open_window(p, now, cpu);
}

/* part / whole in thousandths, to the nearest; 0 of nothing. */
static int64_t thousandths(hf_span part, hf_span whole)
{
    return whole > 0 && part > 0 ? (int64_t)((double)part * 1000 / (double)whole + 0.5) : 0;
}

static int64_t tenths_of_ms(int64_t us)
{
    return (us + 50) / 100;
}

uint32_t hf_pulse_classify(int64_t interval_ms, int64_t p99_ms10, int64_t max_ms10,
                           int64_t utilization_1000, int64_t cpu_1000)
{
    uint32_t reasons = 0;
    /* A busy loop alone is no harm: something must have waited for it. */
    bool has_evidence = interval_ms >= EVIDENCE_INTERVAL_MS &&
                        (p99_ms10 >= EVIDENCE_MS10 || max_ms10 >= EVIDENCE_MS10);
    if (p99_ms10 >= STALL_MS10 || max_ms10 >= STALL_MS10) reasons |= 1u << HF_PULSE_DELAY;
    if (has_evidence && utilization_1000 >= UTILIZATION_1000) reasons |= 1u << HF_PULSE_UTILIZATION;
    if (has_evidence && cpu_1000 >= CPU_1000) reasons |= 1u << HF_PULSE_CPU;
    return reasons;
}

static void close_window(struct hf_pulse *p, hf_time now, hf_span cpu)
{
    hf_span interval = hf_span_max(hf_time_since(now, p->window_at), HF_MS(1));
    struct hf_pulse_sample sample = {
        .interval_ms = hf_span_ms(interval),
        .delay_p99_ms10 = tenths_of_ms(p99_us(p)),
        .delay_max_ms10 = tenths_of_ms(p->max_us),
        .utilization_1000 = thousandths(p->busy_for, p->busy_for + p->idle_for),
        .cpu_core_ratio_1000 = thousandths(cpu - p->cpu_at, interval),
    };
    sample.reasons =
        hf_pulse_classify(sample.interval_ms, sample.delay_p99_ms10, sample.delay_max_ms10,
                          sample.utilization_1000, sample.cpu_core_ratio_1000);
    sample.is_degraded = sample.reasons != 0;
    if (!sample.is_degraded)
        p->degraded_at = HF_NEVER;
    else if (hf_time_same(p->degraded_at, HF_NEVER))
        p->degraded_at = now;
    if (sample.is_degraded)
        sample.degraded_since_ms = hf_span_ms(hf_time_since(now, p->degraded_at));
    p->sample = sample;
    p->has_sample = true;
    open_window(p, now, cpu);
}

bool hf_pulse_turn(struct hf_pulse *p, hf_time now, hf_span busy, hf_span slept, hf_span cpu)
{
    int64_t ticks = slept / TICK;
    if (busy > 0) add_delay(p, busy / 1000, 1);
    add_delay(p, TICK_US, ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX);
    p->busy_for += busy;
    p->idle_for += slept;
    if (hf_time_since(now, p->window_at) < WINDOW && p->max_us < STALL_US) return false;
    close_window(p, now, cpu);
    return true;
}

const struct hf_pulse_sample *hf_pulse_sample(const struct hf_pulse *p)
{
    return p->has_sample ? &p->sample : NULL;
}

const char *hf_pulse_reason_name(enum hf_pulse_reason reason)
{
    switch (reason) {
    case HF_PULSE_DELAY:
        return "event_loop_delay";
    case HF_PULSE_UTILIZATION:
        return "event_loop_utilization";
    case HF_PULSE_CPU:
        return "cpu";
    case HF_PULSE_REASON_COUNT:
        break;
    }
    HF_UNREACHABLE();
}

int64_t hf_timer_late_ms(hf_time now, hf_time due)
{
    hf_span late = hf_time_since(now, due);
    return late >= LATE_FROM ? hf_span_ms(late) : 0;
}
