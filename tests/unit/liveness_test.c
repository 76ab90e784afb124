#include "core/liveness.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/rng.h"
#include "lib/check.h"

#include <stdio.h>

/* Scenario numbers are those of spec/health-connection.md section 12. */

static const struct hf_liveness_cfg seed = { .ping_every = HF_SECONDS(25),
                                             .stale_after = HF_SECONDS(100),
                                             .pong_within = HF_SECONDS(25),
                                             .is_enforced = false };
static const struct hf_liveness_cfg enforced = { .ping_every = HF_SECONDS(25),
                                                 .stale_after = HF_SECONDS(100),
                                                 .pong_within = HF_SECONDS(25),
                                                 .is_enforced = true };

/* T0 of the scenarios: neither clock starts at 0. */
enum { MONO_T0 = 7000000 };
static const int64_t wall_t0 = 1795318925000;

static struct hf_now at(int64_t ms)
{
    return (struct hf_now){ .mono = hf_at_ms(MONO_T0 + ms), .wall_ms = wall_t0 + ms };
}

static hf_time mono(int64_t ms)
{
    return at(ms).mono;
}

static struct hf_liveness registered(const struct hf_liveness_cfg *cfg)
{
    struct hf_liveness l;
    hf_liveness_init(&l, cfg, at(0));
    return l;
}

static hf_time next_due(const struct hf_liveness *l, const struct hf_liveness_cfg *cfg)
{
    return hf_time_min(hf_liveness_ping_due(l, cfg), hf_liveness_kill_due(l, cfg));
}

/* A ping is due, is enqueued and written at once; returns its payload. */
static int64_t ping(struct hf_liveness *l, const struct hf_liveness_cfg *cfg, int64_t ms)
{
    CHECK_EQ_AT(ms, hf_liveness_step(l, cfg, at(ms)), HF_LIVENESS_PING);
    hf_liveness_pinged(l, cfg, at(ms), HF_LIVENESS_QUEUED);
    hf_liveness_written(l, mono(ms));
    return l->last_payload;
}

static enum hf_pong pong_with(struct hf_liveness *l, const struct hf_liveness_cfg *cfg,
                              struct hf_now now, int64_t payload)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%lld", (long long)payload);
    return hf_liveness_pong(l, cfg, now, hf_bytes(text, (size_t)len));
}

static enum hf_pong pong(struct hf_liveness *l, int64_t ms, int64_t payload)
{
    return pong_with(l, &seed, at(ms), payload);
}

enum { NONE = -1 };

/* The block at `ms`; NONE stands for null, heartbeats count from T0. */
static void check_block(const struct hf_liveness *l, int64_t ms, bool connected, int64_t rtt,
                        int64_t heartbeat)
{
    struct hf_liveness_view view = hf_liveness_view(l, &seed, mono(ms));
    CHECK_EQ_AT(ms, view.is_connected, connected);
    CHECK_EQ_AT(ms, view.has_rtt ? view.rtt_ms : NONE, rtt);
    CHECK_EQ_AT(ms, view.has_heartbeat ? view.heartbeat_wall_ms - wall_t0 : NONE, heartbeat);
}

/* health-connection 1, and the row of section 11 before the first write */
static void a_new_connection_is_connected_and_has_no_numbers(void)
{
    struct hf_liveness l = registered(&seed);
    check_block(&l, 1, true, NONE, NONE);
    CHECK_EQ(hf_liveness_step(&l, &seed, at(0)), HF_LIVENESS_PING);
    hf_liveness_pinged(&l, &seed, at(0), HF_LIVENESS_QUEUED);
    struct hf_liveness before = l;
    check_block(&l, 1, true, NONE, NONE);
    CHECK(memcmp(&before, &l, sizeof l) == 0);
}

/* health-connection 2 */
static void without_a_pong_the_link_is_fresh_for_100_s_and_not_longer(void)
{
    struct hf_liveness l = registered(&seed);
    for (int64_t ms = 0; ms <= 100000; ms += 25000) ping(&l, &seed, ms);
    check_block(&l, 100000, true, NONE, NONE);
    check_block(&l, 100001, false, NONE, NONE);
    CHECK(hf_time_same(hf_liveness_kill_due(&l, &seed), HF_NEVER));
}

static void a_round_trip_of_0_ms_is_a_number_and_not_null(void)
{
    struct hf_liveness l = registered(&seed);
    CHECK_EQ(pong(&l, 0, ping(&l, &seed, 0)), HF_PONG_ACCEPTED);
    check_block(&l, 1, true, 0, 0);
}

/* health-connection 3 */
static void an_echo_gives_the_round_trip_and_the_heartbeat(void)
{
    struct hf_liveness l = registered(&seed);
    int64_t payload = ping(&l, &seed, 0);
    CHECK_EQ(payload, wall_t0);
    CHECK_EQ(pong(&l, 40, payload), HF_PONG_ACCEPTED);
    check_block(&l, 41, true, 40, 40);
    CHECK_EQ(l.pending_len, 0);
    CHECK_EQ(l.pongs_accepted, 1);
}

/* health-connection 4, and the four examples of section 2 */
static void round_trips_are_smoothed_and_rounded_to_the_nearest(void)
{
    static const struct {
        int64_t samples[5], want[5];
    } rows[] = {
        { { 50, 100, 60, 61, 0 }, { 50, 60, 60, 60, 48 } },
        { { 10, 12, NONE }, { 10, 10, NONE } },
        { { 3, 4, NONE }, { 3, 3, NONE } },
        { { 0, 3, NONE }, { 0, 1, NONE } },
    };
    for (size_t row = 0; row < HF_COUNT(rows); row++) {
        struct hf_liveness l = registered(&seed);
        for (int64_t i = 0; i < 5 && rows[row].samples[i] != NONE; i++) {
            int64_t payload = ping(&l, &seed, i * 25000), sample = rows[row].samples[i];
            CHECK_EQ_AT(row, pong(&l, i * 25000 + sample, payload), HF_PONG_ACCEPTED);
            CHECK_EQ_AT(row, l.rtt_ms, rows[row].want[i]);
        }
    }
}

/* health-connection 5, 34 */
static void a_link_goes_stale_after_100_s_and_recovers_with_its_history(void)
{
    struct hf_liveness l = registered(&seed);
    int64_t payload = ping(&l, &seed, 958);
    CHECK_EQ(pong(&l, 1000, payload), HF_PONG_ACCEPTED);
    check_block(&l, 101000, true, 42, 1000);
    check_block(&l, 101001, false, 42, 1000);
    payload = ping(&l, &seed, 125000);
    CHECK_EQ(pong(&l, 125092, payload), HF_PONG_ACCEPTED);
    check_block(&l, 125093, true, 52, 125092);
}

/* health-connection 6, and section 6.3: history is kept */
static void a_closing_link_is_not_connected_but_keeps_its_numbers(void)
{
    struct hf_liveness l = registered(&seed);
    int64_t payload = ping(&l, &seed, 0);
    CHECK_EQ(pong(&l, 42, payload), HF_PONG_ACCEPTED);
    hf_liveness_close(&l);
    check_block(&l, 43, false, 42, 42);
}

/* health-connection 7, 8 */
static void a_delayed_pong_of_an_older_ping_is_accepted_while_fresh(void)
{
    struct hf_liveness l = registered(&seed);
    int64_t first = ping(&l, &seed, 0), second = ping(&l, &seed, 25000);
    struct hf_liveness late = l;
    CHECK_EQ(pong(&l, 25010, second), HF_PONG_ACCEPTED);
    CHECK_EQ(pong(&l, 26000, first), HF_PONG_ACCEPTED);
    check_block(&l, 26001, true, 5208, 26000);

    CHECK_EQ(pong(&late, 30000, first), HF_PONG_ACCEPTED);
    CHECK_EQ(late.rtt_ms, 30000);
    CHECK_EQ(late.pending_len, 1);
    CHECK_EQ(late.payloads[0], second);
}

/* health-connection 9 */
static void a_pong_is_stale_beyond_100_s_after_its_ping(void)
{
    struct hf_liveness l = registered(&seed);
    int64_t payload = ping(&l, &seed, 0);
    struct hf_liveness late = l;
    CHECK_EQ(pong(&l, 100000, payload), HF_PONG_ACCEPTED);
    CHECK_EQ(pong(&late, 100001, payload), HF_PONG_STALE);
    check_block(&late, 100001, false, NONE, NONE);
    CHECK_EQ(late.pongs_stale, 1);
    CHECK_EQ(late.pending_len, 0);
}

/* health-connection 10 */
static void a_ping_is_answered_once(void)
{
    struct hf_liveness l = registered(&seed);
    int64_t payload = ping(&l, &seed, 0);
    CHECK_EQ(pong(&l, 40, payload), HF_PONG_ACCEPTED);
    CHECK_EQ(pong(&l, 90, payload), HF_PONG_UNMATCHED);
    check_block(&l, 91, true, 40, 40);
    CHECK_EQ(l.pongs_unmatched, 1);
}

/* health-connection 11, 12; the pending payload is 1000 */
static void only_the_exact_bytes_of_a_payload_match(void)
{
    static const struct hf_bytes wrong[] = {
        HF_LIT_INIT(""),      HF_LIT_INIT("0"),        HF_LIT_INIT("\x00\xff\x17"),
        HF_LIT_INIT("01000"), HF_LIT_INIT("+1000"),    HF_LIT_INIT("1000 "),
        HF_LIT_INIT(" 1000"), HF_LIT_INIT("1e3"),      HF_LIT_INIT("0x3e8"),
        HF_LIT_INIT("1000."), HF_LIT_INIT("1000\x00"), HF_LIT_INIT("18446744073709552616"),
        HF_LIT_INIT("-1000"), HF_LIT_INIT("100"),      HF_LIT_INIT("10000"),
    };
    struct hf_now now = { .mono = mono(0), .wall_ms = 1000 };
    struct hf_liveness l;
    hf_liveness_init(&l, &seed, now);
    CHECK_EQ(hf_liveness_step(&l, &seed, now), HF_LIVENESS_PING);
    hf_liveness_pinged(&l, &seed, now, HF_LIVENESS_QUEUED);
    for (size_t i = 0; i < HF_COUNT(wrong); i++) {
        CHECK_EQ_AT(i, hf_liveness_pong(&l, &seed, at(5), wrong[i]), HF_PONG_UNMATCHED);
        check_block(&l, 5, true, NONE, NONE);
        CHECK_EQ_AT(i, l.pongs_unmatched, i + 1);
    }
    CHECK_EQ(hf_liveness_pong(&l, &seed, at(6), HF_LIT("1000")), HF_PONG_ACCEPTED);
}

/* health-connection 15 */
static void a_new_connection_starts_empty_and_knows_no_old_payload(void)
{
    struct hf_liveness old = registered(&seed), fresh;
    int64_t payload = ping(&old, &seed, 0);
    hf_liveness_init(&fresh, &seed, at(500));
    ping(&fresh, &seed, 500);
    CHECK_EQ(pong(&fresh, 510, payload), HF_PONG_UNMATCHED);
    check_block(&fresh, 511, true, NONE, NONE);
    CHECK(fresh.last_payload > payload);
}

/* health-connection 16 and the eviction row of section 11: HF_LIMIT_PENDING_PINGS */
static void pending_keeps_the_newest_five(void)
{
    static const struct hf_liveness_cfg brisk = { .ping_every = HF_SECONDS(10),
                                                  .stale_after = HF_SECONDS(100),
                                                  .pong_within = HF_SECONDS(25),
                                                  .is_enforced = false };
    int64_t payloads[9];
    struct hf_liveness l = registered(&brisk);
    for (int64_t i = 1; i <= 8; i++) {
        payloads[i] = ping(&l, &brisk, (i - 1) * 10000);
        CHECK_EQ_AT(i, l.pending_len, i < HF_LIMIT_PENDING_PINGS ? i : HF_LIMIT_PENDING_PINGS);
        CHECK_EQ_AT(i, l.pending_evicted,
                    i < HF_LIMIT_PENDING_PINGS ? 0 : i - HF_LIMIT_PENDING_PINGS);
    }
    CHECK_EQ(pong_with(&l, &brisk, at(70001), payloads[1]), HF_PONG_UNMATCHED);
    CHECK_EQ(pong_with(&l, &brisk, at(70001), payloads[3]), HF_PONG_UNMATCHED);
    CHECK_EQ(pong_with(&l, &brisk, at(70001), payloads[5]), HF_PONG_ACCEPTED);
}

/* section 2: ceil(stale / interval) + 1, and never more than there is room for */
static void the_pending_bound_follows_the_configuration(void)
{
    static const struct {
        int64_t stale_ms;
        size_t want;
    } rows[] = { { 25000, 2 }, { 25001, 3 },  { 50000, 3 },
                 { 75000, 4 }, { 100000, 5 }, { 500000, 5 } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_liveness_cfg cfg = seed;
        cfg.stale_after = HF_MS(rows[i].stale_ms);
        struct hf_liveness l = registered(&cfg);
        for (size_t k = 0; k < 8; k++) hf_liveness_pinged(&l, &cfg, at(0), HF_LIVENESS_QUEUED);
        CHECK_EQ_AT(i, l.pending_len, rows[i].want);
        CHECK_EQ_AT(i, l.pending_evicted, 8 - rows[i].want);
    }
}

/* health-connection 17, the part of one record: one at once, then one per interval */
static void pings_keep_the_phase_of_the_registration(void)
{
    struct hf_liveness l = registered(&seed);
    for (int64_t k = 0; k < 20; k++) {
        int64_t due = k * 25000, sent = due + (k % 3) * 100; /* some share a wake-up */
        CHECK(hf_time_same(hf_liveness_ping_due(&l, &seed), mono(due)));
        if (k > 0) CHECK_EQ(hf_liveness_step(&l, &seed, at(due - 1)), HF_LIVENESS_NONE);
        CHECK_EQ(pong(&l, sent, ping(&l, &seed, sent)), HF_PONG_ACCEPTED);
    }
    CHECK_EQ(hf_liveness_slack(&seed), HF_MS(250));
    CHECK_EQ(l.pings_sent, 20);
}

/* health-connection 20, 21 */
static void a_ping_that_was_not_enqueued_leaves_no_trace(void)
{
    static const enum hf_liveness_sent rows[] = { HF_LIVENESS_NOT_OPEN, HF_LIVENESS_FAILED };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_liveness l = registered(&seed);
        int64_t payload = ping(&l, &seed, 0);
        CHECK_EQ_AT(i, hf_liveness_step(&l, &seed, at(25000)), HF_LIVENESS_PING);
        hf_liveness_pinged(&l, &seed, at(25000), rows[i]);
        CHECK_EQ_AT(i, l.pending_len, 1);
        CHECK_EQ_AT(i, l.last_payload, payload);
        CHECK_EQ_AT(i, l.pings_sent, 1);
        CHECK_EQ_AT(i, l.pings_skipped, 1);
        check_block(&l, 25001, true, NONE, NONE);
    }
}

/* health-connection 22, 23 */
static void a_step_of_the_wall_clock_is_shown_and_nothing_else(void)
{
    static const int64_t steps_ms[] = { -3600000, 3600000 };
    for (size_t i = 0; i < HF_COUNT(steps_ms); i++) {
        struct hf_liveness l = registered(&seed);
        int64_t payload = ping(&l, &seed, 0);
        struct hf_now stepped = at(40);
        stepped.wall_ms += steps_ms[i];
        /* The next ping, after the step, purges nothing. */
        hf_liveness_pinged(&l, &seed, stepped, HF_LIVENESS_QUEUED);
        CHECK_EQ_AT(i, l.pending_len, 2);
        CHECK_EQ_AT(i, pong_with(&l, &seed, stepped, payload), HF_PONG_ACCEPTED);
        check_block(&l, 50, true, 40, 40 + steps_ms[i]);
        check_block(&l, 100040, true, 40, 40 + steps_ms[i]);
        check_block(&l, 100041, false, 40, 40 + steps_ms[i]);
    }
}

/* health-connection 24, and section 4.4 when the wall clock steps back */
static void payloads_never_repeat_even_when_the_wall_clock_does(void)
{
    static const struct hf_liveness_cfg fast = {
        .ping_every = 1, .stale_after = HF_SECONDS(100), .pong_within = 1, .is_enforced = false
    };
    struct hf_liveness l = registered(&fast);
    struct hf_now now = at(0);
    int64_t payloads[3];
    for (size_t i = 0; i < 3; i++) {
        now.mono = hf_time_after(now.mono, 1);
        if (i == 2) now.wall_ms -= 3600000;
        CHECK_EQ(hf_liveness_step(&l, &fast, now), HF_LIVENESS_PING);
        hf_liveness_pinged(&l, &fast, now, HF_LIVENESS_QUEUED);
        payloads[i] = l.last_payload;
        CHECK_EQ_AT(i, payloads[i], wall_t0 + (int64_t)i);
    }
    for (size_t i = 0; i < 3; i++) {
        CHECK_EQ_AT(i, pong_with(&l, &fast, now, payloads[i]), HF_PONG_ACCEPTED);
        CHECK_EQ_AT(i, pong_with(&l, &fast, now, payloads[i]), HF_PONG_UNMATCHED);
    }
}

static void the_payload_is_what_is_recorded(void)
{
    static const struct {
        int64_t wall_ms;
        const char *want;
    } rows[] = { { 1795318925000, "1795318925000" },
                 { 1, "1" },
                 { 0, "1" },
                 { -5, "1" },
                 { INT64_MAX, "9223372036854775807" } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_now now = { .mono = mono(0), .wall_ms = rows[i].wall_ms };
        char text[HF_LIVENESS_PAYLOAD_MAX];
        struct hf_liveness l;
        hf_liveness_init(&l, &seed, now);
        size_t len = hf_liveness_payload(&l, now, text);
        CHECK_TEXT_AT(i, hf_bytes(text, len), rows[i].want);
        hf_liveness_pinged(&l, &seed, now, HF_LIVENESS_QUEUED);
        CHECK_EQ_AT(i, hf_liveness_pong(&l, &seed, now, hf_bytes(text, len)), HF_PONG_ACCEPTED);
    }
}

/* health-connection 28, both sides of the deadline, and its log facts */
static void a_written_ping_without_a_pong_kills_after_exactly_25_s(void)
{
    struct hf_liveness l = registered(&enforced);
    ping(&l, &enforced, 0);
    CHECK(hf_time_same(next_due(&l, &enforced), mono(25000)));
    CHECK(hf_time_same(hf_liveness_ping_due(&l, &enforced), HF_NEVER));
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(24999)), HF_LIVENESS_NONE);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(25000)), HF_LIVENESS_KILL);
    struct hf_liveness_facts facts = hf_liveness_facts(&l, mono(25000));
    CHECK_EQ(facts.ping_write, HF_PING_COMPLETED);
    CHECK(!facts.has_pong);
    CHECK_EQ(facts.connected_ms, 25000);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(25001)), HF_LIVENESS_NONE);
    CHECK(hf_time_same(next_due(&l, &enforced), HF_NEVER));
}

static void the_facts_say_how_old_the_last_pong_is(void)
{
    struct hf_liveness l = registered(&enforced);
    CHECK_EQ(pong_with(&l, &enforced, at(40), ping(&l, &enforced, 0)), HF_PONG_ACCEPTED);
    ping(&l, &enforced, 25000);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(50000)), HF_LIVENESS_KILL);
    struct hf_liveness_facts facts = hf_liveness_facts(&l, mono(50000));
    CHECK(facts.has_pong);
    CHECK_EQ(facts.last_pong_age_ms, 49960);
}

/* health-connection 29 */
static void a_stuck_write_lives_while_bytes_move_and_then_gets_a_full_window(void)
{
    struct hf_liveness l = registered(&enforced);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(0)), HF_LIVENESS_PING);
    hf_liveness_pinged(&l, &enforced, at(0), HF_LIVENESS_QUEUED);
    for (int64_t ms = 10000; ms <= 300000; ms += 10000) {
        CHECK_AT(ms, hf_liveness_moved(&l, mono(ms)));
        CHECK_EQ_AT(ms, hf_liveness_step(&l, &enforced, at(ms)), HF_LIVENESS_NONE);
    }
    hf_liveness_written(&l, mono(310000));
    CHECK(hf_time_same(next_due(&l, &enforced), mono(335000)));
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(334999)), HF_LIVENESS_NONE);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(335000)), HF_LIVENESS_KILL);
}

static void the_window_of_a_stuck_write_begins_with_its_own_ping(void)
{
    struct hf_liveness l = registered(&enforced);
    CHECK_EQ(pong_with(&l, &enforced, at(40), ping(&l, &enforced, 0)), HF_PONG_ACCEPTED);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(25000)), HF_LIVENESS_PING);
    hf_liveness_pinged(&l, &enforced, at(25000), HF_LIVENESS_QUEUED);
    CHECK(hf_time_same(next_due(&l, &enforced), mono(50000)));
}

/* health-connection 30 */
static void a_stuck_write_without_any_byte_kills_after_25_s(void)
{
    struct hf_liveness l = registered(&enforced);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(0)), HF_LIVENESS_PING);
    hf_liveness_pinged(&l, &enforced, at(0), HF_LIVENESS_QUEUED);
    hf_liveness_moved(&l, mono(3000));
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(27999)), HF_LIVENESS_NONE);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(28000)), HF_LIVENESS_KILL);
    CHECK_EQ(hf_liveness_facts(&l, mono(28000)).ping_write, HF_PING_PENDING);
}

/* health-connection 31 */
static void requests_do_not_replace_the_pong(void)
{
    struct hf_liveness l = registered(&enforced);
    ping(&l, &enforced, 0);
    for (int64_t ms = 1000; ms < 25000; ms += 1000) {
        CHECK_AT(ms, !hf_liveness_moved(&l, mono(ms)));
        CHECK_EQ_AT(ms, hf_liveness_step(&l, &enforced, at(ms)), HF_LIVENESS_NONE);
    }
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(25000)), HF_LIVENESS_KILL);
}

/* health-connection 32 */
static void an_unmatched_pong_is_life_but_no_telemetry(void)
{
    struct hf_liveness l = registered(&enforced);
    ping(&l, &enforced, 0);
    CHECK_EQ(hf_liveness_pong(&l, &enforced, at(100), HF_LIT("hello")), HF_PONG_UNMATCHED);
    check_block(&l, 101, true, NONE, NONE);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(24999)), HF_LIVENESS_NONE);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(25000)), HF_LIVENESS_PING);
}

static void an_unmatched_pong_does_not_end_a_stuck_write(void)
{
    struct hf_liveness l = registered(&enforced);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(0)), HF_LIVENESS_PING);
    hf_liveness_pinged(&l, &enforced, at(0), HF_LIVENESS_QUEUED);
    CHECK_EQ(hf_liveness_pong(&l, &enforced, at(10), HF_EMPTY), HF_PONG_UNMATCHED);
    CHECK_EQ(l.state, HF_LIVENESS_WRITING);
}

/* A pong in the gap between due and a shared wake-up must not cost the ping. */
static void an_unsolicited_pong_does_not_put_off_a_due_ping(void)
{
    struct hf_liveness l = registered(&enforced);
    CHECK_EQ(pong_with(&l, &enforced, at(5), ping(&l, &enforced, 0)), HF_PONG_ACCEPTED);
    CHECK_EQ(hf_liveness_pong(&l, &enforced, at(25100), HF_EMPTY), HF_PONG_UNMATCHED);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(25200)), HF_LIVENESS_PING);
}

/* section 8: while a pong is awaited ticks are skipped, not caught up */
static void a_tick_that_passes_while_a_pong_is_awaited_is_skipped(void)
{
    struct hf_liveness l = registered(&enforced);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(0)), HF_LIVENESS_PING);
    hf_liveness_pinged(&l, &enforced, at(0), HF_LIVENESS_QUEUED);
    hf_liveness_written(&l, mono(10000));
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(25000)), HF_LIVENESS_NONE);
    CHECK_EQ(pong_with(&l, &enforced, at(30000), l.last_payload), HF_PONG_ACCEPTED);
    CHECK(hf_time_same(next_due(&l, &enforced), mono(50000)));
    CHECK_EQ(l.rtt_ms, 20000);
}

static void a_pong_in_the_turn_of_the_tick_lets_that_tick_ping(void)
{
    struct hf_liveness l = registered(&enforced);
    int64_t payload = ping(&l, &enforced, 0);
    CHECK_EQ(pong_with(&l, &enforced, at(25000), payload), HF_PONG_ACCEPTED);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(25000)), HF_LIVENESS_PING);
}

/* section 8: a ping that could not be enqueued is reported at the next tick */
static void a_failed_ping_kills_at_the_next_tick_unless_a_pong_comes(void)
{
    struct hf_liveness l = registered(&enforced);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(0)), HF_LIVENESS_PING);
    hf_liveness_pinged(&l, &enforced, at(0), HF_LIVENESS_FAILED);
    struct hf_liveness saved = l;
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(24999)), HF_LIVENESS_NONE);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(25000)), HF_LIVENESS_KILL);
    CHECK_EQ(hf_liveness_facts(&l, mono(25000)).ping_write, HF_PING_FAILED);

    CHECK_EQ(hf_liveness_pong(&saved, &enforced, at(20), HF_EMPTY), HF_PONG_UNMATCHED);
    CHECK_EQ(hf_liveness_step(&saved, &enforced, at(25000)), HF_LIVENESS_PING);
}

/* section 9, freeze and thaw: 24,999 ms late is the peer's, 25,000 is ours */
static void a_freeze_of_an_interval_is_not_charged_to_the_peer(void)
{
    struct hf_liveness l = registered(&enforced), frozen;
    ping(&l, &enforced, 0);
    frozen = l;
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(49999)), HF_LIVENESS_KILL);
    ping(&frozen, &enforced, 50000);
    CHECK(hf_time_same(next_due(&frozen, &enforced), mono(75000)));
    CHECK_EQ(hf_liveness_step(&frozen, &enforced, at(74999)), HF_LIVENESS_NONE);
    CHECK_EQ(hf_liveness_step(&frozen, &enforced, at(75000)), HF_LIVENESS_KILL);
}

static void a_freeze_during_a_stuck_write_gives_it_a_new_window(void)
{
    struct hf_liveness l = registered(&enforced);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(0)), HF_LIVENESS_PING);
    hf_liveness_pinged(&l, &enforced, at(0), HF_LIVENESS_QUEUED);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(60000)), HF_LIVENESS_NONE);
    CHECK(hf_time_same(next_due(&l, &enforced), mono(85000)));
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(85000)), HF_LIVENESS_KILL);
}

static void a_freeze_while_idle_pings_once_and_keeps_the_phase(void)
{
    struct hf_liveness l = registered(&enforced);
    CHECK_EQ(pong_with(&l, &enforced, at(5), ping(&l, &enforced, 0)), HF_PONG_ACCEPTED);
    ping(&l, &enforced, 112345);
    CHECK_EQ(pong_with(&l, &enforced, at(112350), l.last_payload), HF_PONG_ACCEPTED);
    CHECK(hf_time_same(next_due(&l, &enforced), mono(125000)));
}

/* health-connection 33 */
static void our_own_backlog_is_not_round_trip_time(void)
{
    struct hf_liveness l = registered(&seed);
    CHECK_EQ(hf_liveness_step(&l, &seed, at(0)), HF_LIVENESS_PING);
    hf_liveness_pinged(&l, &seed, at(0), HF_LIVENESS_QUEUED);
    hf_liveness_written(&l, mono(2000));
    CHECK_EQ(pong(&l, 2005, l.last_payload), HF_PONG_ACCEPTED);
    CHECK_EQ(l.rtt_ms, 5);
}

static void a_pong_that_overtakes_its_write_report_counts_from_the_enqueue(void)
{
    struct hf_liveness l = registered(&enforced);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(0)), HF_LIVENESS_PING);
    hf_liveness_pinged(&l, &enforced, at(0), HF_LIVENESS_QUEUED);
    CHECK_EQ(pong_with(&l, &enforced, at(7), l.last_payload), HF_PONG_ACCEPTED);
    hf_liveness_written(&l, mono(7));
    CHECK_EQ(l.rtt_ms, 7);
    CHECK_EQ(l.state, HF_LIVENESS_IDLE);
    CHECK_EQ(hf_liveness_facts(&l, mono(8)).ping_write, HF_PING_COMPLETED);
}

static void each_pending_ping_keeps_its_own_write(void)
{
    struct hf_liveness l = registered(&seed);
    int64_t payloads[2];
    for (int64_t k = 0; k < 2; k++) {
        CHECK_EQ(hf_liveness_step(&l, &seed, at(k * 25000)), HF_LIVENESS_PING);
        hf_liveness_pinged(&l, &seed, at(k * 25000), HF_LIVENESS_QUEUED);
        hf_liveness_written(&l, mono(k * 25000 + 100 * k));
        payloads[k] = l.last_payload;
    }
    CHECK_EQ(pong(&l, 25110, payloads[0]), HF_PONG_ACCEPTED);
    CHECK_EQ(pong(&l, 25110, payloads[1]), HF_PONG_ACCEPTED);
    CHECK_EQ(hf_liveness_rtt(&l).last_ms, 10);
}

/* Pings leave in order; the reports of those that are no longer pending come first. */
static void late_write_reports_find_their_own_pings(void)
{
    struct hf_liveness l = registered(&seed);
    for (int64_t k = 0; k < 7; k++) {
        CHECK_EQ(hf_liveness_step(&l, &seed, at(k * 25000)), HF_LIVENESS_PING);
        hf_liveness_pinged(&l, &seed, at(k * 25000), HF_LIVENESS_QUEUED);
    }
    CHECK_EQ(l.pending_len, 5);
    for (int64_t k = 0; k < 7; k++) {
        CHECK_EQ_AT(k, hf_liveness_facts(&l, mono(151000)).ping_write, HF_PING_PENDING);
        hf_liveness_written(&l, mono(151000 + k));
    }
    CHECK_EQ(hf_liveness_facts(&l, mono(151007)).ping_write, HF_PING_COMPLETED);
    CHECK_EQ(l.write_us[0], 101002000); /* ping 3 of 7: enqueued at 50,000, written at 151,002 */
    CHECK_EQ(pong(&l, 151010, l.payloads[4]), HF_PONG_ACCEPTED);
    CHECK_EQ(l.rtt_ms, 4);
}

/* health-connection 37 */
static void random_pongs_never_change_a_block(void)
{
    enum { PONGS = 1000000 };
    struct hf_liveness l = registered(&seed);
    struct hf_rng rng;
    uint8_t payload[125];
    hf_rng_init_number(&rng, 37);
    CHECK_EQ(pong(&l, 42, ping(&l, &seed, 0)), HF_PONG_ACCEPTED);
    ping(&l, &seed, 25000);
    hf_rng_bytes(&rng, payload, sizeof payload);
    uint64_t dice = hf_rng_u64(&rng);
    for (int i = 0; i < PONGS; i++) {
        /* A cheap generator over random bytes: mostly digits, sometimes anything. */
        dice = dice * 6364136223846793005 + 1442695040888963407;
        size_t len = (size_t)(dice >> 33) % (sizeof payload + 1);
        if (dice >> 63) len %= 15;
        payload[(dice >> 40) % sizeof payload] =
            (uint8_t)(dice >> 62 ? '0' + (dice >> 50) % 10 : dice >> 50);
        CHECK_EQ_AT(i, hf_liveness_pong(&l, &seed, at(26000), hf_bytes(payload, len)),
                    HF_PONG_UNMATCHED);
    }
    check_block(&l, 26000, true, 42, 42);
    CHECK_EQ(l.pongs_unmatched, PONGS);
    CHECK_EQ(l.pending_len, 1);
}

/* health-connection 38, the part of the record */
static void after_the_close_nothing_is_due_and_pongs_are_ignored(void)
{
    struct hf_liveness l = registered(&enforced);
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(0)), HF_LIVENESS_PING);
    hf_liveness_pinged(&l, &enforced, at(0), HF_LIVENESS_QUEUED);
    hf_liveness_close(&l);
    CHECK(hf_time_same(next_due(&l, &enforced), HF_NEVER));
    CHECK_EQ(hf_liveness_step(&l, &enforced, at(99999)), HF_LIVENESS_NONE);
    CHECK_EQ(pong_with(&l, &enforced, at(5), l.last_payload), HF_PONG_IGNORED);
    hf_liveness_written(&l, mono(6));
    CHECK_EQ(hf_liveness_facts(&l, mono(6)).ping_write, HF_PING_PENDING);
    CHECK_EQ(l.pongs_accepted + l.pongs_unmatched, 0);
}

static void a_pong_before_any_ping_is_unmatched(void)
{
    struct hf_liveness l = registered(&seed);
    CHECK_EQ(pong(&l, 0, wall_t0), HF_PONG_UNMATCHED);
    CHECK_EQ(hf_liveness_step(&l, &seed, at(0)), HF_LIVENESS_PING);
}

static void a_senseless_configuration_is_refused(void)
{
    static const struct {
        int64_t ping_ms, stale_ms, pong_ms;
        int want;
    } rows[] = {
        { 25000, 100000, 25000, 0 },
        { 25000, 25000, 25000, 0 },
        { 25000, 24999, 25000, HF_ERR_RANGE },
        { 0, 100000, 25000, HF_ERR_RANGE },
        { -1, 100000, 25000, HF_ERR_RANGE },
        { 25000, 100000, 0, HF_ERR_RANGE },
        { 1, 1, 1, 0 },
        { 1, INT32_MAX, 1, 0 },
        { 1, (int64_t)INT32_MAX + 1, 1, HF_ERR_RANGE },
    };
    struct hf_liveness_cfg cfg;
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        cfg = (struct hf_liveness_cfg){ .ping_every = HF_MS(rows[i].ping_ms),
                                        .stale_after = HF_MS(rows[i].stale_ms),
                                        .pong_within = HF_MS(rows[i].pong_ms) };
        CHECK_EQ_AT(i, hf_liveness_cfg_check(&cfg), rows[i].want);
    }
}

static void round_trip_statistics_cover_the_newest_samples(void)
{
    struct hf_liveness l = registered(&seed);
    CHECK_EQ(hf_liveness_rtt(&l).count, 0);
    /* 1000 falls out of the ring; then 10, 20, ..., 160. */
    for (int64_t i = 0; i <= HF_LIVENESS_SAMPLES; i++) {
        int64_t payload = ping(&l, &seed, i * 25000);
        int64_t sample = i == 0 ? 1000 : i * 10;
        CHECK_EQ(pong(&l, i * 25000 + sample, payload), HF_PONG_ACCEPTED);
    }
    struct hf_liveness_rtt rtt = hf_liveness_rtt(&l);
    CHECK_EQ(rtt.count, HF_LIVENESS_SAMPLES);
    CHECK_EQ(rtt.last_ms, 160);
    CHECK_EQ(rtt.min_ms, 10);
    CHECK_EQ(rtt.p50_ms, 80);
    CHECK_EQ(rtt.p95_ms, 160);
}

static void jitter_follows_the_difference_between_neighbours(void)
{
    struct hf_liveness steady = registered(&seed), shaky = registered(&seed);
    for (int64_t i = 0; i < 100; i++) {
        CHECK_EQ(pong(&steady, i * 25000 + 30, ping(&steady, &seed, i * 25000)), HF_PONG_ACCEPTED);
        int64_t sample = i % 2 ? 30 : 50;
        CHECK_EQ(pong(&shaky, i * 25000 + sample, ping(&shaky, &seed, i * 25000)),
                 HF_PONG_ACCEPTED);
    }
    CHECK_EQ(hf_liveness_rtt(&steady).jitter_ms, 0);
    int64_t jitter = hf_liveness_rtt(&shaky).jitter_ms;
    CHECK(jitter >= 18 && jitter <= 20);
}

static void write_states_have_their_names(void)
{
    static const char *const want[] = { "none", "pending", "completed", "failed" };
    for (size_t i = 0; i < HF_COUNT(want); i++)
        CHECK_TEXT_AT(i, hf_bytes_cstr(hf_ping_write_name((enum hf_ping_write)i)), want[i]);
}

CHECK_MAIN(a_new_connection_is_connected_and_has_no_numbers,
           without_a_pong_the_link_is_fresh_for_100_s_and_not_longer,
           a_round_trip_of_0_ms_is_a_number_and_not_null,
           an_echo_gives_the_round_trip_and_the_heartbeat,
           round_trips_are_smoothed_and_rounded_to_the_nearest,
           a_link_goes_stale_after_100_s_and_recovers_with_its_history,
           a_closing_link_is_not_connected_but_keeps_its_numbers,
           a_delayed_pong_of_an_older_ping_is_accepted_while_fresh,
           a_pong_is_stale_beyond_100_s_after_its_ping, a_ping_is_answered_once,
           only_the_exact_bytes_of_a_payload_match,

           a_new_connection_starts_empty_and_knows_no_old_payload, pending_keeps_the_newest_five,
           the_pending_bound_follows_the_configuration, pings_keep_the_phase_of_the_registration,
           a_ping_that_was_not_enqueued_leaves_no_trace,
           a_step_of_the_wall_clock_is_shown_and_nothing_else,
           payloads_never_repeat_even_when_the_wall_clock_does, the_payload_is_what_is_recorded,
           a_written_ping_without_a_pong_kills_after_exactly_25_s,
           the_facts_say_how_old_the_last_pong_is,
           a_stuck_write_lives_while_bytes_move_and_then_gets_a_full_window,
           the_window_of_a_stuck_write_begins_with_its_own_ping,
           a_stuck_write_without_any_byte_kills_after_25_s, requests_do_not_replace_the_pong,
           an_unmatched_pong_is_life_but_no_telemetry, an_unmatched_pong_does_not_end_a_stuck_write,
           an_unsolicited_pong_does_not_put_off_a_due_ping,
           a_tick_that_passes_while_a_pong_is_awaited_is_skipped,
           a_pong_in_the_turn_of_the_tick_lets_that_tick_ping,
           a_failed_ping_kills_at_the_next_tick_unless_a_pong_comes,
           a_freeze_of_an_interval_is_not_charged_to_the_peer,
           a_freeze_during_a_stuck_write_gives_it_a_new_window,
           a_freeze_while_idle_pings_once_and_keeps_the_phase,
           our_own_backlog_is_not_round_trip_time,
           a_pong_that_overtakes_its_write_report_counts_from_the_enqueue,
           each_pending_ping_keeps_its_own_write, late_write_reports_find_their_own_pings,
           random_pongs_never_change_a_block, after_the_close_nothing_is_due_and_pongs_are_ignored,
           a_pong_before_any_ping_is_unmatched, a_senseless_configuration_is_refused,
           round_trip_statistics_cover_the_newest_samples,
           jitter_follows_the_difference_between_neighbours, write_states_have_their_names)
