#include "core/pulse.h"
#include "base/bytes.h"
#include "lib/check.h"

/* Scenario numbers are those of spec/pressure-backoff.md section 8. */

enum {
    DELAY = 1 << HF_PULSE_DELAY,
    UTILIZATION = 1 << HF_PULSE_UTILIZATION,
    CPU = 1 << HF_PULSE_CPU,
};

/* A sampler and the clocks it lives by. */
static struct {
    struct hf_pulse pulse;
    hf_time now;
    hf_span cpu;
} loop;

static void begin(void)
{
    memset(&loop.pulse, 0xA5, sizeof loop.pulse); /* init has to clear it all */
    loop.now = hf_at_ms(1000000);
    loop.cpu = HF_SECONDS(3);
    hf_pulse_init(&loop.pulse, loop.now, loop.cpu);
}

/* One turn: busy, then asleep, `cpu` of it on the processor. */
static bool turn_us(int64_t busy_us, int64_t slept_us, int64_t cpu_us)
{
    loop.now = hf_time_after(loop.now, HF_US(busy_us + slept_us));
    loop.cpu += HF_US(cpu_us);
    return hf_pulse_turn(&loop.pulse, loop.now, HF_US(busy_us), HF_US(slept_us), loop.cpu);
}

static bool turn(int64_t busy_ms, int64_t slept_ms)
{
    return turn_us(busy_ms * 1000, slept_ms * 1000, busy_ms * 1000);
}

static void nothing_is_published_before_the_first_window_closed(void)
{
    begin();
    CHECK(!turn(0, 999));
    CHECK(hf_pulse_sample(&loop.pulse) == NULL);
    CHECK(turn(0, 1));
    CHECK(hf_pulse_sample(&loop.pulse) != NULL);
    begin();
    CHECK(hf_pulse_sample(&loop.pulse) == NULL);
}

static void an_idle_loop_reads_20_ms_and_is_healthy(void)
{
    begin();
    CHECK(turn(0, 1010));
    const struct hf_pulse_sample *sample = hf_pulse_sample(&loop.pulse);
    CHECK_EQ(sample->interval_ms, 1010);
    CHECK(sample->delay_p99_ms10 == 200 && sample->delay_max_ms10 == 200);
    CHECK_EQ(sample->utilization_1000, 0);
    CHECK_EQ(sample->cpu_core_ratio_1000, 0);
    CHECK(!sample->is_degraded && sample->reasons == 0);
}

static void an_hour_of_sleep_is_one_healthy_window(void)
{
    begin();
    CHECK(turn(0, 3600000));
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->interval_ms, 3600000);
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->delay_max_ms10, 200);
    CHECK(!hf_pulse_sample(&loop.pulse)->is_degraded);
}

/* A sleep shorter than a tick credits none. */
static void short_sleeps_are_no_ticks(void)
{
    begin();
    for (int i = 0; i < 100; i++) turn_us(100, 19900, 100);
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->delay_max_ms10, 1);
}

/* pressure-backoff 34 */
static void a_long_block_closes_the_window_at_once(void)
{
    begin();
    CHECK(!turn(999, 0)); /* one below: not yet */
    begin();
    CHECK(turn(1200, 0));
    const struct hf_pulse_sample *sample = hf_pulse_sample(&loop.pulse);
    CHECK_EQ(sample->delay_max_ms10, 12000);
    CHECK(sample->reasons & DELAY);
    CHECK(sample->is_degraded);
    CHECK_EQ(sample->interval_ms, 1200);
}

static void a_block_of_exactly_a_second_is_a_stall(void)
{
    begin();
    CHECK(turn(1000, 0));
    CHECK(hf_pulse_sample(&loop.pulse)->reasons & DELAY);
}

/* pressure-backoff 34 and 35, and both sides of each limit of section 2.1 */
static void reasons_need_their_limits_and_evidence(void)
{
    static const struct {
        int64_t interval_ms, p99_ms10, max_ms10, utilization, cpu;
        uint32_t want;
    } rows[] = {
        { 999, 300, 300, 1000, 1000, 0 },
        { 1000, 300, 300, 1000, 1000, UTILIZATION | CPU },
        { 1000, 200, 220, 990, 0, 0 },
        { 1000, 200, 260, 990, 0, UTILIZATION },
        { 1000, 249, 249, 1000, 2000, 0 },
        { 1000, 250, 250, 1000, 2000, UTILIZATION | CPU },
        { 1000, 0, 250, 950, 0, UTILIZATION },
        { 1000, 0, 250, 949, 0, 0 },
        { 1000, 0, 250, 0, 900, CPU },
        { 1000, 0, 250, 0, 899, 0 },
        { 1, 9999, 9999, 0, 0, 0 },
        { 1, 0, 10000, 0, 0, DELAY },
        { 1, 10000, 0, 0, 0, DELAY },
        { 1000, 250, 0, 950, 0, UTILIZATION },
        { 1, 10000, 10000, 0, 0, DELAY },
        { 1000, 10000, 10000, 1000, 1000, DELAY | UTILIZATION | CPU },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i,
                    hf_pulse_classify(rows[i].interval_ms, rows[i].p99_ms10, rows[i].max_ms10,
                                      rows[i].utilization, rows[i].cpu),
                    rows[i].want);
}

/* pressure-backoff 35, through the sampler */
static void a_busy_loop_is_degraded_only_when_something_waited(void)
{
    begin();
    while (!turn_us(21780, 220, 0)) continue;
    const struct hf_pulse_sample *sample = hf_pulse_sample(&loop.pulse);
    CHECK_EQ(sample->utilization_1000, 990);
    CHECK_EQ(sample->reasons, 0);
    begin();
    while (!turn_us(26000, 200, 0)) continue;
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->reasons, UTILIZATION);
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->delay_max_ms10, 260);
}

static void processor_time_counts_all_threads(void)
{
    begin();
    for (int i = 0; i < 10; i++) turn_us(30000, 70000, 150000);
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->cpu_core_ratio_1000, 1500);
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->reasons, CPU);
}

static void degradation_counts_from_its_first_window_and_ends_with_a_healthy_one(void)
{
    static const struct {
        int64_t busy_ms, slept_ms;
        bool want_degraded;
        int64_t want_since_ms;
    } rows[] = {
        { 1500, 0, true, 0 }, { 1100, 0, true, 1100 }, { 0, 1000, false, 0 },
        { 2000, 0, true, 0 }, { 1000, 0, true, 1000 }, { 1000, 0, true, 2000 },
    };
    begin();
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        CHECK_AT(i, turn(rows[i].busy_ms, rows[i].slept_ms));
        CHECK_EQ_AT(i, hf_pulse_sample(&loop.pulse)->is_degraded, rows[i].want_degraded);
        CHECK_EQ_AT(i, hf_pulse_sample(&loop.pulse)->degraded_since_ms, rows[i].want_since_ms);
    }
}

/* 1,000 delays 1, 2, ..., 1000 units long: the 990th is the p99. */
static void percentiles_have_three_significant_figures(void)
{
    static const int64_t units_us[] = { 1, 7, 100, 900 };
    for (size_t i = 0; i < HF_COUNT(units_us); i++) {
        int64_t want_us = 990 * units_us[i];
        begin();
        /* The window stays open: the host reports a clock that stands still. */
        for (int64_t k = 1; k <= 1000; k++)
            CHECK_AT(k, !hf_pulse_turn(&loop.pulse, loop.now, HF_US(k * units_us[i]), 0, loop.cpu));
        CHECK(hf_pulse_turn(&loop.pulse, hf_time_after(loop.now, HF_SECONDS(1)), 0, 0, loop.cpu));
        const struct hf_pulse_sample *sample = hf_pulse_sample(&loop.pulse);
        int64_t error = sample->delay_p99_ms10 * 100 - want_us;
        CHECK_AT(i, error <= want_us / 1000 + 50 && -error <= want_us / 1000 + 50);
        CHECK_EQ_AT(i, sample->delay_max_ms10, (1000 * units_us[i] + 50) / 100);
    }
}

static void one_outlier_in_a_hundred_is_not_the_p99(void)
{
    begin();
    for (int i = 0; i < 99; i++) turn_us(1000, 0, 0);
    CHECK(turn_us(900000, 1000, 0));
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->delay_p99_ms10, 10);
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->delay_max_ms10, 9000);
}

static void two_outliers_in_a_hundred_are_the_p99(void)
{
    begin();
    for (int i = 0; i < 98; i++) turn_us(100, 0, 0);
    turn_us(500000, 0, 0);
    CHECK(turn_us(500000, 0, 0));
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->delay_p99_ms10, 5000);
}

static void absurd_delays_are_kept_in_the_last_bucket(void)
{
    begin();
    CHECK(turn(1000LL * 86400, 0));
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->delay_max_ms10, 864000000);
    CHECK(hf_pulse_sample(&loop.pulse)->delay_p99_ms10 >= 85899345);
    CHECK(turn(0, 1000)); /* nothing of it is left in the next window */
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->delay_max_ms10, 200);
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->delay_p99_ms10, 200);
    CHECK(turn(1, 999));
    CHECK_EQ(hf_pulse_sample(&loop.pulse)->delay_p99_ms10, 200);
}

static void reasons_have_their_names_in_order(void)
{
    static const char *const want[] = { "event_loop_delay", "event_loop_utilization", "cpu" };
    for (size_t i = 0; i < HF_PULSE_REASON_COUNT; i++)
        CHECK_TEXT_AT(i, hf_bytes_cstr(hf_pulse_reason_name((enum hf_pulse_reason)i)), want[i]);
}

/* pressure-backoff 45 */
static void a_timer_is_reported_late_from_a_second_on(void)
{
    static const struct {
        int64_t late_ms, want;
    } rows[] = { { 7175, 7175 }, { 1000, 1000 }, { 999, 0 }, { 0, 0 }, { -5, 0 } };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_timer_late_ms(hf_at_ms(50000 + rows[i].late_ms), hf_at_ms(50000)),
                    rows[i].want);
}

CHECK_MAIN(nothing_is_published_before_the_first_window_closed,
           an_idle_loop_reads_20_ms_and_is_healthy, an_hour_of_sleep_is_one_healthy_window,
           short_sleeps_are_no_ticks, a_long_block_closes_the_window_at_once,
           a_block_of_exactly_a_second_is_a_stall, reasons_need_their_limits_and_evidence,
           a_busy_loop_is_degraded_only_when_something_waited, processor_time_counts_all_threads,
           degradation_counts_from_its_first_window_and_ends_with_a_healthy_one,
           percentiles_have_three_significant_figures, one_outlier_in_a_hundred_is_not_the_p99,
           two_outliers_in_a_hundred_are_the_p99, absurd_delays_are_kept_in_the_last_bucket,
           reasons_have_their_names_in_order, a_timer_is_reported_late_from_a_second_on)
