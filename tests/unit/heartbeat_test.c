#include "core/heartbeat.h"
#include "lib/check.h"

/* Scenario numbers are those of spec/pressure-backoff.md section 8. */

static const struct hf_heartbeat_input healthy = { .activity_at = { INT64_MAX } };
static const struct hf_heartbeat_input degraded = { .is_degraded = true,
                                                    .activity_at = { INT64_MAX } };

static hf_time t(int64_t ms)
{
    return hf_at_ms(9000000 + ms);
}

static struct hf_heartbeat started(void)
{
    struct hf_heartbeat h;
    hf_heartbeat_init(&h);
    hf_heartbeat_start(&h, t(0));
    return h;
}

/* Past the grace: two quiet beats were taken. */
static struct hf_heartbeat settled(void)
{
    struct hf_heartbeat h = started();
    CHECK(hf_heartbeat_step(&h, t(30000), &healthy).is_beat);
    CHECK(hf_heartbeat_step(&h, t(60000), &healthy).is_beat);
    return h;
}

static void it_beats_every_30_s_while_it_is_on(void)
{
    struct hf_heartbeat h;
    hf_heartbeat_init(&h);
    CHECK(hf_time_same(hf_heartbeat_due(&h), HF_NEVER));
    CHECK(!hf_heartbeat_step(&h, t(99999), &degraded).is_beat);
    h = started();
    hf_heartbeat_start(&h, t(5000)); /* twice changes nothing */
    CHECK(hf_time_same(hf_heartbeat_due(&h), t(30000)));
    CHECK(!hf_heartbeat_step(&h, t(29999), &healthy).is_beat);
    CHECK(hf_heartbeat_step(&h, t(30000), &healthy).is_beat);
    CHECK(!hf_heartbeat_step(&h, t(30000), &healthy).is_beat);
    CHECK(hf_time_same(hf_heartbeat_due(&h), t(60000)));
    hf_heartbeat_stop(&h);
    CHECK(hf_time_same(hf_heartbeat_due(&h), HF_NEVER));
}

static void the_first_60_s_are_looked_at_but_not_acted_upon(void)
{
    struct hf_heartbeat h = started();
    struct hf_heartbeat_beat beat = hf_heartbeat_step(&h, t(30000), &degraded);
    CHECK(beat.in_grace && !beat.warn && !beat.record);
    beat = hf_heartbeat_step(&h, t(60000), &degraded);
    CHECK(!beat.in_grace && beat.warn && beat.record);
}

/* pressure-backoff 36, the rate: the second warning comes 120 s after the first */
static void a_warning_comes_at_most_once_in_120_s(void)
{
    static const struct {
        int64_t ms;
        bool want;
    } rows[] = { { 90000, true },   { 120000, false }, { 150000, false },
                 { 180000, false }, { 210000, true },  { 240000, false } };
    struct hf_heartbeat h = settled();
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_heartbeat_step(&h, t(rows[i].ms), &degraded).warn, rows[i].want);
}

/* pressure-backoff 36, the level */
static void a_warning_is_loud_when_somebody_suffers(void)
{
    static const struct {
        struct hf_heartbeat_input input;
        bool want;
    } rows[] = {
        { { .is_degraded = true }, false },
        { { .is_degraded = true, .active = 3 }, false },
        { { .is_degraded = true, .active = 1, .delay_p99_ms10 = 9999 }, false },
        { { .is_degraded = true, .active = 1, .delay_p99_ms10 = 10000 }, true },
        { { .is_degraded = true, .delay_p99_ms10 = 10000 }, false },
        { { .is_degraded = true, .waiting = 1 }, true },
        { { .is_degraded = true, .queued = 1 }, true },
        { { .is_degraded = true, .degraded_since_ms = 59999 }, false },
        { { .is_degraded = true, .degraded_since_ms = 60000 }, true },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_heartbeat h = settled();
        struct hf_heartbeat_beat beat = hf_heartbeat_step(&h, t(90000), &rows[i].input);
        CHECK_AT(i, beat.warn);
        CHECK_EQ_AT(i, beat.warn_loudly, rows[i].want);
    }
}

/* pressure-backoff 38: the warning; there is nothing here that a beat recovers. */
static void a_late_beat_says_so(void)
{
    struct hf_heartbeat h = settled();
    struct hf_heartbeat_beat beat = hf_heartbeat_step(&h, t(91500), &healthy);
    CHECK(beat.is_delayed);
    CHECK_EQ(beat.late_ms, 1500);
    beat = hf_heartbeat_step(&h, t(120999), &healthy); /* the phase is kept; 999 ms is fine */
    CHECK(beat.is_beat && !beat.is_delayed);
    beat = hf_heartbeat_step(&h, t(151000), &healthy);
    CHECK(beat.is_delayed);
}

static void beats_that_were_missed_are_not_caught_up(void)
{
    struct hf_heartbeat h = settled();
    CHECK_EQ(hf_heartbeat_step(&h, t(200000), &healthy).late_ms, 110000);
    CHECK(hf_time_same(hf_heartbeat_due(&h), t(210000)));
}

/* pressure-backoff 42 */
static void a_quiet_beat_writes_nothing_and_any_other_one_record(void)
{
    static const struct {
        struct hf_heartbeat_input input;
        bool want;
    } rows[] = {
        { { .activity_at = { INT64_MAX } }, false },
        { { .activity_at = { INT64_MAX }, .active = 1, .queued = 3 }, true },
        { { .activity_at = { INT64_MAX }, .waiting = 1 }, true },
        { { .activity_at = { INT64_MAX }, .is_degraded = true }, true },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_heartbeat h = settled();
        struct hf_heartbeat_beat beat = hf_heartbeat_step(&h, t(90000), &rows[i].input);
        CHECK_EQ_AT(i, beat.record, rows[i].want);
        CHECK_EQ_AT(i, beat.warn, rows[i].input.is_degraded);
    }
}

static void activity_keeps_the_beat_from_being_quiet_for_120_s(void)
{
    static const struct {
        int64_t age_ms;
        bool want;
    } rows[] = { { 0, true }, { 119999, true }, { 120000, false } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_heartbeat h = settled();
        struct hf_heartbeat_input input = { .activity_at = t(90000 - rows[i].age_ms) };
        CHECK_EQ_AT(i, hf_heartbeat_step(&h, t(90000), &input).record, rows[i].want);
    }
}

CHECK_MAIN(it_beats_every_30_s_while_it_is_on, the_first_60_s_are_looked_at_but_not_acted_upon,
           a_warning_comes_at_most_once_in_120_s, a_warning_is_loud_when_somebody_suffers,
           a_late_beat_says_so, beats_that_were_missed_are_not_caught_up,
           a_quiet_beat_writes_nothing_and_any_other_one_record,
           activity_keeps_the_beat_from_being_quiet_for_120_s)
