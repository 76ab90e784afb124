/* base/time.h: instants and spans.
 *
 * `hf_time` is a monotonic instant in nanoseconds, wrapped so that it cannot be
 * mixed up with a span or a wall clock; `hf_span` is a signed count of
 * nanoseconds.  Only this header adds and subtracts them, saturating at the
 * ends.  Milliseconds exist only in JSON, configuration and log fields. */
#ifndef HF_BASE_TIME_H
#define HF_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t ns;
} hf_time;

typedef int64_t hf_span;

/* Both clocks, read once per loop turn by the host and passed down. */
struct hf_now {
    hf_time mono;
    int64_t wall_ms; /* milliseconds since 1970, may jump */
};

#define HF_NEVER ((hf_time){ INT64_MAX })
#define HF_US(n) ((hf_span)(n)*1000)
#define HF_MS(n) ((hf_span)(n)*1000000)
#define HF_SECONDS(n) ((hf_span)(n)*1000000000)
#define HF_SPAN_MAX INT64_MAX

static inline hf_time hf_at_ms(int64_t ms)
{
    return (hf_time){ ms * 1000000 };
}

/* The instant `span` after `t`; HF_NEVER stays HF_NEVER, overflow saturates. */
static inline hf_time hf_time_after(hf_time t, hf_span span)
{
    int64_t ns;
    if (t.ns == INT64_MAX) return t;
    if (__builtin_add_overflow(t.ns, span, &ns))
        return (hf_time){ span > 0 ? INT64_MAX : INT64_MIN };
    return (hf_time){ ns };
}

static inline bool hf_time_before(hf_time a, hf_time b)
{
    return a.ns < b.ns;
}

static inline bool hf_time_same(hf_time a, hf_time b)
{
    return a.ns == b.ns;
}

static inline hf_time hf_time_min(hf_time a, hf_time b)
{
    return a.ns < b.ns ? a : b;
}

static inline hf_time hf_time_max(hf_time a, hf_time b)
{
    return a.ns < b.ns ? b : a;
}

/* How long `now` is after `then`; negative when it is before; saturates. */
static inline hf_span hf_time_since(hf_time now, hf_time then)
{
    int64_t ns;
    if (__builtin_sub_overflow(now.ns, then.ns, &ns))
        return now.ns > then.ns ? INT64_MAX : INT64_MIN;
    return ns;
}

/* The same of two wall clocks, one of which may be a peer's. */
static inline int64_t hf_wall_ms_since(int64_t now_ms, int64_t then_ms)
{
    return hf_time_since((hf_time){ now_ms }, (hf_time){ then_ms });
}

/* Whole milliseconds, truncated towards zero. */
static inline int64_t hf_span_ms(hf_span span)
{
    return span / 1000000;
}

static inline hf_span hf_span_min(hf_span a, hf_span b)
{
    return a < b ? a : b;
}

static inline hf_span hf_span_max(hf_span a, hf_span b)
{
    return a < b ? b : a;
}

#endif
