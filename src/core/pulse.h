/* core/pulse.h: is our own loop healthy?
 *
 * The loop-health sampler of spec/pressure-backoff.md section 2.1 in its C
 * mapping: no timer of its own.  Each loop turn reports how long the host slept
 * and how long it was busy; a sleep of t credits floor(t / 20 ms) ticks of
 * 20 ms, a busy span of t is one delay of t.  A window closes at the first turn
 * at least 1 s after it began, or as soon as it holds a delay of 1 s.  Fixed
 * size, no allocation. */
#ifndef HF_CORE_PULSE_H
#define HF_CORE_PULSE_H

#include "base/time.h"

#include <stddef.h>

/* A histogram with 3 significant figures: exact below 2,048 us, then 1,024
 * buckets per doubling up to 2^33 us (143 minutes); longer counts as that. */
enum { HF_PULSE_EXACT_US = 2048, HF_PULSE_BUCKETS = HF_PULSE_EXACT_US + 22 * 1024 };

/* In this order in `reasons`. */
enum hf_pulse_reason {
    HF_PULSE_DELAY,       /* event_loop_delay */
    HF_PULSE_UTILIZATION, /* event_loop_utilization */
    HF_PULSE_CPU,         /* cpu */
    HF_PULSE_REASON_COUNT,
};

/* One closed window, as `health.eventLoop` shows it.  Rates are in thousandths,
 * delays in tenths of a millisecond: the precision that is shown. */
struct hf_pulse_sample {
    bool is_degraded;          /* any reason */
    int64_t degraded_since_ms; /* since the first consecutive degraded window; only if degraded */
    uint32_t reasons;          /* bits 1 << enum hf_pulse_reason */
    int64_t interval_ms;       /* at least 1 */
    int64_t delay_p99_ms10, delay_max_ms10;
    int64_t utilization_1000;
    int64_t cpu_core_ratio_1000; /* 1000 is one core */
};

struct hf_pulse {      /* fields are private */
    hf_time window_at; /* the window's start */
    hf_span busy_for, idle_for;
    hf_span cpu_at; /* CPU time at the window's start */
    int64_t max_us;
    uint64_t count;      /* entries in the histogram */
    uint32_t low, high;  /* buckets in use: low to high - 1 */
    hf_time degraded_at; /* the close of the first degraded window in a row, or HF_NEVER */
    bool has_sample;
    struct hf_pulse_sample sample;
    uint32_t buckets[HF_PULSE_BUCKETS];
};

/* `cpu` is the CPU time of the whole process so far.  Also resets: what was
 * published is gone until the next window closes. */
void hf_pulse_init(struct hf_pulse *p, hf_time now, hf_span cpu);

/* One loop turn begins at `now`: before it the host was busy for `busy`, then
 * blocked in poll for `slept`.  True when a window closed: read the sample.  Called
 * first in each turn, so that a `health` read finds no overdue window. */
bool hf_pulse_turn(struct hf_pulse *p, hf_time now, hf_span busy, hf_span slept, hf_span cpu);

/* The published sample, or NULL before the first window closed.  Borrowed until
 * the next call. */
const struct hf_pulse_sample *hf_pulse_sample(const struct hf_pulse *p);

/* What a window's numbers mean (2.1); `utilization` and `cpu` in thousandths,
 * delays in tenths of a millisecond.  Returns the reason bits. */
uint32_t hf_pulse_classify(int64_t interval_ms, int64_t p99_ms10, int64_t max_ms10,
                           int64_t utilization_1000, int64_t cpu_1000);

/* "event_loop_delay", "event_loop_utilization", "cpu".  Static. */
const char *hf_pulse_reason_name(enum hf_pulse_reason reason);

/* How late a timer is reported to have fired: the whole milliseconds when it is
 * 1,000 or more (field `timer_late_ms`, section 2.2), else 0: say nothing. */
int64_t hf_timer_late_ms(hf_time now, hf_time due);

#endif
