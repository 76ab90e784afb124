#include "host/clock.h"
#include "base/limits.h"
#include "lib/check.h"

static void a_longer_pause_than_the_bound_is_sleep(void)
{
    hf_span before = HF_SECONDS(5), bound = HF_MS(HF_LIMIT_SLEEP_MS);
    CHECK(!hf_clock_is_sleep(before, before));
    CHECK(!hf_clock_is_sleep(before, before + bound));
    CHECK(hf_clock_is_sleep(before, before + bound + 1));
}

/* The look itself remembers what it saw. */
static void sleep_is_told_once(void)
{
    hf_span slept = hf_clock_slept() - 2 * HF_MS(HF_LIMIT_SLEEP_MS);
    CHECK(hf_clock_has_slept(&slept));
    CHECK(!hf_clock_has_slept(&slept));
}

static void the_clocks_run(void)
{
    struct hf_now first = hf_clock_now(), second = hf_clock_now();
    CHECK(!hf_time_before(second.mono, first.mono));
    CHECK(first.wall_ms > INT64_C(1700000000000)); /* 2023 */
    CHECK(hf_clock_cpu() > 0);
}

CHECK_MAIN(a_longer_pause_than_the_bound_is_sleep, sleep_is_told_once, the_clocks_run)
