#include "host/clock.h"
#include "base/limits.h"

#include <time.h>

static int64_t read_ns(clockid_t id)
{
    struct timespec at;
    clock_gettime(id, &at);
    return (int64_t)at.tv_sec * HF_SECONDS(1) + at.tv_nsec;
}

struct hf_now hf_clock_now(void)
{
    return (struct hf_now){ .mono = { read_ns(CLOCK_MONOTONIC) },
                            .wall_ms = read_ns(CLOCK_REALTIME) / HF_MS(1) };
}

hf_span hf_clock_cpu(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

hf_span hf_clock_slept(void)
{
    /* In this order a pause between the two readings makes it larger, not smaller, and is
     * far below what counts as sleep. */
    int64_t mono = read_ns(CLOCK_MONOTONIC);
    return read_ns(CLOCK_BOOTTIME) - mono;
}

bool hf_clock_is_sleep(hf_span before, hf_span now)
{
    return now - before > HF_MS(HF_LIMIT_SLEEP_MS);
}

bool hf_clock_has_slept(hf_span *slept)
{
    hf_span before = *slept;
    *slept = hf_clock_slept();
    return hf_clock_is_sleep(before, *slept);
}
