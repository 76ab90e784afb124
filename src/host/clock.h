/* host/clock.h: the only place that reads clocks for the engine.
 *
 * Everything below the host is given these values once per loop turn. */
#ifndef HF_HOST_CLOCK_H
#define HF_HOST_CLOCK_H

#include "base/time.h"

#include <stdbool.h>

/* Monotonic (not counting suspension, spec/health-connection section 9) and wall. */
struct hf_now hf_clock_now(void);

/* User and system time of the whole process so far.  Costs a system call. */
hf_span hf_clock_cpu(void);

/* How far the boot clock is ahead of the monotonic one: grows while the host sleeps. */
hf_span hf_clock_slept(void);

/* Whether that grew by more than HF_LIMIT_SLEEP_MS: the host slept
 * (spec/client-lifecycle.md 11.4). */
bool hf_clock_is_sleep(hf_span before, hf_span now);

/* The same since `*slept` was read; it is read anew. */
bool hf_clock_has_slept(hf_span *slept);

#endif
