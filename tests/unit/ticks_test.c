#include "core/ticks.h"
#include "lib/check.h"

/* Steps through [from, until] in ms and counts the ticks. */
static unsigned ticks_in(struct hf_ticks *t, int64_t from_ms, int64_t until_ms)
{
    unsigned count = 0;
    for (int64_t ms = from_ms; ms <= until_ms; ms++) count += hf_ticks_step(t, hf_at_ms(ms));
    return count;
}

static void they_come_once_per_interval(void)
{
    struct hf_ticks t;
    hf_ticks_init(&t, hf_at_ms(0), HF_MS(100));
    hf_ticks_enter(&t);
    CHECK(hf_time_same(hf_ticks_due(&t), hf_at_ms(100)));
    CHECK(!hf_ticks_step(&t, hf_at_ms(99)));
    CHECK(hf_ticks_step(&t, hf_at_ms(100)));
    CHECK(hf_time_same(hf_ticks_due(&t), hf_at_ms(200)));
    CHECK_EQ(ticks_in(&t, 101, 1000), 9);
}

static void nobody_is_woken_for_nobody(void)
{
    struct hf_ticks t;
    hf_ticks_init(&t, hf_at_ms(0), HF_MS(100));
    CHECK(hf_time_same(hf_ticks_due(&t), HF_NEVER));
    uint8_t place = hf_ticks_enter(&t);
    CHECK(hf_time_same(hf_ticks_due(&t), hf_at_ms(100)));
    hf_ticks_leave(&t, place);
    CHECK(hf_time_same(hf_ticks_due(&t), HF_NEVER));
}

static void a_longer_interval_waits_for_those_who_were_told_the_shorter_one(void)
{
    struct hf_ticks t;
    hf_ticks_init(&t, hf_at_ms(0), HF_MS(100));
    uint8_t old = hf_ticks_enter(&t), other = hf_ticks_enter(&t);
    CHECK_EQ(old, other);
    hf_ticks_set(&t, hf_at_ms(50), HF_MS(1000));
    hf_ticks_enter(&t);
    CHECK_EQ(ticks_in(&t, 51, 1000), 10);
    hf_ticks_leave(&t, old);
    CHECK_EQ(ticks_in(&t, 1001, 2000), 10);
    hf_ticks_leave(&t, other);
    CHECK_EQ(ticks_in(&t, 2001, 2100), 1); /* was due already */
    CHECK_EQ(ticks_in(&t, 2101, 3099), 0);
    CHECK_EQ(ticks_in(&t, 3100, 3100), 1);
}

static void a_shorter_interval_counts_at_once(void)
{
    struct hf_ticks t;
    hf_ticks_init(&t, hf_at_ms(0), HF_MS(1000));
    hf_ticks_enter(&t);
    hf_ticks_set(&t, hf_at_ms(10), HF_MS(100));
    CHECK(hf_time_same(hf_ticks_due(&t), hf_at_ms(110)));
    CHECK_EQ(ticks_in(&t, 11, 1010), 10);
}

/* HF_LIMIT_TICK_PROMISES: at the bound each has its own, one more shares the shortest. */
static void beyond_the_bound_nobody_waits_longer_than_promised(void)
{
    struct hf_ticks t;
    bool is_taken[HF_LIMIT_TICK_PROMISES] = { false };
    hf_ticks_init(&t, hf_at_ms(0), HF_MS(1000));
    for (int i = 0; i < HF_LIMIT_TICK_PROMISES; i++) {
        hf_ticks_set(&t, hf_at_ms(0), HF_MS(500 + i));
        uint8_t place = hf_ticks_enter(&t);
        CHECK_EQ_AT(i, is_taken[place], false);
        is_taken[place] = true;
    }
    hf_ticks_set(&t, hf_at_ms(0), HF_MS(9000));
    uint8_t shared = hf_ticks_enter(&t);
    CHECK_EQ(ticks_in(&t, 0, 5000), 10);
    hf_ticks_leave(&t, shared);
    CHECK_EQ(ticks_in(&t, 5001, 10000), 10);
    hf_ticks_set(&t, hf_at_ms(10000), HF_MS(50));
    hf_ticks_enter(&t);
    hf_ticks_set(&t, hf_at_ms(10000), HF_MS(9000));
    CHECK_EQ(ticks_in(&t, 10001, 10500), 10);
}

CHECK_MAIN(they_come_once_per_interval, nobody_is_woken_for_nobody,
           a_longer_interval_waits_for_those_who_were_told_the_shorter_one,
           a_shorter_interval_counts_at_once, beyond_the_bound_nobody_waits_longer_than_promised)
