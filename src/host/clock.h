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

/* Whether the host slept since `*slept` was read, for longer than HF_LIMIT_SLEEP_MS
 * (spec/client-lifecycle.md 11.4); `*slept` is read anew. */
bool hf_clock_has_slept(hf_span *slept);

#endif
