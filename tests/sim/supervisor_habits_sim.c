/* What a configuration may replace of a supervisor's numbers and habits: spec/supervisor.md
 * 4.1, 10.5, 12.3. */
#include "lib/nursery_case.h"

/* --- the ladder (4.1) --- */

enum { TRIES = 12 };

/* A program that cannot be made fails at once: only the ladder's waits lie between two tries. */
static void check_ladder(size_t row, const int64_t *want_ms, size_t count)
{
    ask(HF_KEEPER_DO_START);
    for (int64_t ms = 0; phase() != HF_PHASE_FAILED; ms++) {
        NURSERY_CHECK(&n, ms < 1000000);
        run_ms(1);
    }
    CHECK_EQ_AT(row, n.spawns, 1 + count);
    for (size_t i = 0; i < count; i++) {
        hf_span gap = hf_time_since(n.spawned_at[i + 1], n.spawned_at[i]);
        /* Who holds the port, and whether it is free, is asked before each try. */
        CHECK_AT(row, gap >= HF_MS(want_ms[i]) && gap < HF_MS(want_ms[i] + 10));
    }
    CHECK_EQ_AT(row, nursery_status(&n).reconnect_attempts, count);
}

/* supervisor 110: each value alone; the others are as they were. */
static void one_value_of_the_ladder_can_be_replaced(void)
{
    static const struct {
        uint32_t attempts;
        int64_t base_ms, cap_ms; /* 0: not given */
        size_t count;
        int64_t want_ms[TRIES];
    } rows[] = {
        { 0, 0, 0, 10, { 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000, 30000 } },
        { 3, 0, 0, 3, { 1000, 2000, 4000 } },
        { 0, 100, 0, 10, { 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000 } },
        { 0, 0, 3000, 10, { 1000, 2000, 3000, 3000, 3000, 3000, 3000, 3000, 3000, 3000 } },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        BEGIN({ .spawn_ms = NURSERY_NEVER, .spawn_err = HF_ERR_NOT_FOUND });
        struct hf_ladder_limits *ladder = &n.config.ladder;
        if (rows[i].attempts) ladder->attempts_max = rows[i].attempts;
        if (rows[i].base_ms) ladder->base = HF_MS(rows[i].base_ms);
        if (rows[i].cap_ms) ladder->cap = HF_MS(rows[i].cap_ms);
        n.config.governor.budget = HF_LIMIT_KEEPER_BUDGET; /* it is not what is looked at */
        check_ladder(i, rows[i].want_ms, rows[i].count);
        CHECK_EQ_AT(i, nursery_status(&n).next, HF_NEXT_SLOW_RETRY);
        CHECK_EQ_AT(i, hf_span_ms(nursery_status(&n).next_in), 300000);
        end();
    }
}

static void without_the_slow_lane_nothing_follows(void)
{
    static const int64_t want_ms[] = { 1000, 2000 };
    BEGIN({ .spawn_ms = NURSERY_NEVER, .spawn_err = HF_ERR_NOT_FOUND });
    n.config.ladder.attempts_max = HF_COUNT(want_ms);
    n.config.ladder.slow_every = 0;
    check_ladder(0, want_ms, HF_COUNT(want_ms));
    CHECK_EQ(nursery_status(&n).next, HF_NEXT_NOTHING);
    run_ms(3600000);
    CHECK_EQ(n.spawns, 1 + HF_COUNT(want_ms));
    CHECK_EQ(phase(), HF_PHASE_FAILED);
    ask(HF_KEEPER_DO_START);
    run_ms(100);
    CHECK_EQ(n.spawns, 2 + HF_COUNT(want_ms));
    end();
}

/* --- the breaker (10.5) --- */

/* A restart that is carried out, until it counts. */
static void restart_one(void)
{
    uint64_t before = n.s->governor.executed_total, tag = ask(HF_KEEPER_DO_RESTART);
    while (n.s->governor.executed_total == before) run_ms(1);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
}

/* So long after the newest restart counted. */
static void run_until(int64_t ms)
{
    hf_time at = hf_time_after(n.s->governor.executed_at, HF_MS(ms));
    nursery_run(&n, hf_time_since(at, n.now.mono));
}

static void check_refused(const char *reason, int64_t retry_ms)
{
    size_t spawns = n.spawns;
    uint64_t suppressed = n.s->governor.suppressed_total, tag = ask(HF_KEEPER_DO_RESTART);
    CHECK_EQ(final_of(tag), HF_KEEPER_REFUSED);
    CHECK_TEXT(reason_of(tag), reason);
    CHECK_EQ(hf_span_ms(nursery_result(&n, tag)->retry_after), retry_ms);
    CHECK_EQ(n.s->governor.suppressed_total, suppressed + 1);
    CHECK(holds(hf_bytes_cstr(n.told[HF_KEEPER_TELL_RESTART_SUPPRESSED].payload), reason));
    CHECK_EQ(n.spawns, spawns);
}

static void begin_breaker(void)
{
    BEGIN({ .ready_ms = 100, .says_ready = true });
    n.config.governor.is_breaker = true;
    be_running();
}

/* supervisor 54: cooldowns of 5, 10, 20 s after one, two, three; the fifth within 10 min opens. */
static void the_breaker_refuses_and_then_opens(void)
{
    static const int64_t cooldown_ms[] = { 5000, 10000, 20000 };
    begin_breaker();
    restart_one();
    for (size_t i = 0; i < HF_COUNT(cooldown_ms); i++) {
        run_until(cooldown_ms[i] - 1);
        check_refused("cooldown_active", 1);
        run_until(cooldown_ms[i]);
        restart_one();
    }
    CHECK_EQ(n.spawns, 1 + 4);
    CHECK_EQ(nursery_status(&n).circuit_open_until_ms, 0);
    run_until(60000);
    hf_time opened_at = n.now.mono;
    check_refused("budget_exceeded", 600000);
    CHECK_EQ(nursery_status(&n).circuit_open_until_ms, n.now.wall_ms + 600000);
    nursery_run(&n, HF_MS(599999));
    check_refused("circuit_open", 1);
    nursery_run(&n, hf_time_since(hf_time_after(opened_at, HF_MS(600000)), n.now.mono));
    CHECK_EQ(nursery_status(&n).circuit_open_until_ms, 0);
    restart_one();
    CHECK_EQ(n.spawns, 1 + 5);
    end();
}

/* supervisor 54: a clock that was set back clears it. */
static void a_clock_set_back_closes_the_breaker(void)
{
    begin_breaker();
    for (int i = 0; i < 4; i++) {
        restart_one();
        run_until(20000);
    }
    run_until(60000);
    check_refused("budget_exceeded", 600000);
    nursery_step_wall(&n, -1000);
    restart_one();
    CHECK_EQ(nursery_status(&n).circuit_open_until_ms, 0);
    end();
}

/* --- a stopped gateway (12.3, stage 3) --- */

static void a_stopped_gateway_is_continued_only_if_that_is_wished(void)
{
    static const bool rows[] = { false, true };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        BEGIN({ .ready_ms = 100, .says_ready = true, .hang_ms = 10000, .hangs_stopped = true });
        n.config.continues = rows[i];
        be_running();
        run_ms(300000);
        CHECK_EQ_AT(i, n.signals[HF_KEEPER_CONT], rows[i] ? 1 : 0);
        CHECK_EQ_AT(i, n.spawns, 1);
        end();
    }
}

CHECK_MAIN(one_value_of_the_ladder_can_be_replaced, without_the_slow_lane_nothing_follows,
           the_breaker_refuses_and_then_opens, a_clock_set_back_closes_the_breaker,
           a_stopped_gateway_is_continued_only_if_that_is_wished)
