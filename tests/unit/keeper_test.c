#include "core/keeper.h"
#include "base/err.h"
#include "lib/check.h"

/* --- phase --- */

static void every_phase_has_a_name_and_ends_somewhere(void)
{
    for (int a = 0; a < HF_PHASE_COUNT; a++) {
        int ways = 0;
        CHECK_AT(a, hf_phase_name((enum hf_phase)a)[0] != '\0');
        for (int b = 0; b < HF_PHASE_COUNT; b++) {
            ways += hf_phase_may_follow((enum hf_phase)a, (enum hf_phase)b);
            if (a != b)
                CHECK_AT(a, strcmp(hf_phase_name((enum hf_phase)a),
                                   hf_phase_name((enum hf_phase)b)) != 0);
        }
        CHECK_AT(a, ways > 0);
        CHECK_AT(a, !hf_phase_may_follow((enum hf_phase)a, (enum hf_phase)a));
    }
}

static const struct {
    enum hf_phase from, to;
    bool may;
} steps[] = {
    { HF_PHASE_IDLE, HF_PHASE_DETECT, true },    { HF_PHASE_IDLE, HF_PHASE_READY, false },
    { HF_PHASE_DETECT, HF_PHASE_CONNECT, true }, { HF_PHASE_DETECT, HF_PHASE_READY, false },
    { HF_PHASE_SPAWN, HF_PHASE_WARMING, false }, { HF_PHASE_CONNECT, HF_PHASE_WARMING, true },
    { HF_PHASE_WARMING, HF_PHASE_READY, true },  { HF_PHASE_READY, HF_PHASE_WARMING, false },
    { HF_PHASE_READY, HF_PHASE_IDLE, true },     { HF_PHASE_BACKOFF, HF_PHASE_READY, false },
    { HF_PHASE_FATAL, HF_PHASE_DETECT, true },   { HF_PHASE_QUARANTINED, HF_PHASE_READY, false },
};

static void the_transition_table_is_that_of_the_page(void)
{
    for (size_t i = 0; i < HF_COUNT(steps); i++)
        CHECK_EQ_AT(i, hf_phase_may_follow(steps[i].from, steps[i].to), steps[i].may);
    CHECK_EQ(hf_phase_state(HF_PHASE_RETRY_WAIT), HF_KEEPER_STARTING);
    CHECK_EQ(hf_phase_state(HF_PHASE_STOPPING), HF_KEEPER_STOPPED);
    CHECK_EQ(hf_phase_state(HF_PHASE_ATTEMPT), HF_KEEPER_RECONNECTING);
    CHECK_TEXT(hf_bytes_cstr(hf_keeper_state_name(HF_KEEPER_RECONNECTING)), "reconnecting");
}

/* --- reaper --- */

enum said { STEP, BEGIN, GONE };

static const struct reap_row {
    int64_t ms;
    enum said said;
    int64_t grace_ms;
    enum hf_reaper_act want;
    enum hf_reaper_state state;
} obedient[] = {
    { 0, BEGIN, 10000, HF_REAPER_TERM_MAIN, HF_REAPER_MAIN },
    { 9999, STEP, 0, HF_REAPER_NONE, HF_REAPER_MAIN },
    { 9999, GONE, 0, HF_REAPER_TERM_REST, HF_REAPER_REST },
    { 10000, STEP, 0, HF_REAPER_KILL_ALL, HF_REAPER_KILLING }, /* 1 ms of the grace was left */
    { 14999, STEP, 0, HF_REAPER_NONE, HF_REAPER_KILLING },
    { 15000, STEP, 0, HF_REAPER_TELL_STUCK, HF_REAPER_STUCK },
    { 99000, STEP, 0, HF_REAPER_NONE, HF_REAPER_STUCK },
}, deaf[] = {
    { 0, BEGIN, 500, HF_REAPER_TERM_MAIN, HF_REAPER_MAIN },
    { 499, STEP, 0, HF_REAPER_NONE, HF_REAPER_MAIN },
    { 500, STEP, 0, HF_REAPER_KILL_ALL, HF_REAPER_KILLING },
    { 501, GONE, 0, HF_REAPER_NONE, HF_REAPER_KILLING },
}, rest_has_two_seconds[] = {
    { 0, BEGIN, 10000, HF_REAPER_TERM_MAIN, HF_REAPER_MAIN },
    { 100, GONE, 0, HF_REAPER_TERM_REST, HF_REAPER_REST },
    { 2099, STEP, 0, HF_REAPER_NONE, HF_REAPER_REST },
    { 2100, STEP, 0, HF_REAPER_KILL_ALL, HF_REAPER_KILLING },
}, crashed[] = {
    { 0, GONE, 0, HF_REAPER_NONE, HF_REAPER_RESTING },
    { 0, BEGIN, 2000, HF_REAPER_TERM_REST, HF_REAPER_REST },
    { 2000, STEP, 0, HF_REAPER_KILL_ALL, HF_REAPER_KILLING },
}, hurried[] = {
    { 0, BEGIN, 60000, HF_REAPER_TERM_MAIN, HF_REAPER_MAIN },
    { 10, BEGIN, 90000, HF_REAPER_NONE, HF_REAPER_MAIN }, /* never later */
    { 20, BEGIN, 1000, HF_REAPER_NONE, HF_REAPER_MAIN },
    { 1020, STEP, 0, HF_REAPER_KILL_ALL, HF_REAPER_KILLING },
    { 1021, BEGIN, 0, HF_REAPER_NONE, HF_REAPER_KILLING },
}, at_once[] = {
    { 0, BEGIN, 0, HF_REAPER_KILL_ALL, HF_REAPER_KILLING },
}, no_grace_left[] = {
    { 0, GONE, 0, HF_REAPER_NONE, HF_REAPER_RESTING },
    { 0, BEGIN, 0, HF_REAPER_KILL_ALL, HF_REAPER_KILLING },
};

static void reap(const struct reap_row *rows, size_t count)
{
    struct hf_reaper r = { 0 };
    for (size_t i = 0; i < count; i++) {
        hf_time now = hf_at_ms(rows[i].ms);
        enum hf_reaper_act act = HF_REAPER_NONE;
        if (rows[i].said == STEP) act = hf_reaper_step(&r, now);
        if (rows[i].said == BEGIN) act = hf_reaper_begin(&r, now, HF_MS(rows[i].grace_ms));
        if (rows[i].said == GONE) act = hf_reaper_main_gone(&r, now);
        CHECK_EQ_AT(i, act, rows[i].want);
        CHECK_EQ_AT(i, r.state, rows[i].state);
    }
}

#define REAP(rows) reap(rows, HF_COUNT(rows))

static void a_tree_is_asked_then_killed_then_told(void)
{
    REAP(obedient);
    REAP(deaf);
    REAP(rest_has_two_seconds);
    REAP(crashed);
    REAP(hurried);
    REAP(at_once);
    REAP(no_grace_left);
}

static const struct {
    enum hf_grace_for purpose;
    int64_t option_ms, budget_ms, want_ms;
} graces[] = {
    { HF_GRACE_STOP, -1, -1, 10000 },      { HF_GRACE_STOP, -1, 60000, 65000 },
    { HF_GRACE_STOP, -1, 0, 5000 },        { HF_GRACE_STOP, -1, 325000, 330000 },
    { HF_GRACE_STOP, -1, 325001, 330000 }, { HF_GRACE_STOP, 700, 60000, 700 },
    { HF_GRACE_STOP, 0, 60000, 0 },        { HF_GRACE_LIVENESS, 700, 60000, 3000 },
    { HF_GRACE_QUIT, 700, 60000, 1000 },
};

static void the_grace_is_negotiated(void)
{
    for (size_t i = 0; i < HF_COUNT(graces); i++) {
        hf_span option = graces[i].option_ms < 0 ? -1 : HF_MS(graces[i].option_ms);
        hf_span budget = graces[i].budget_ms < 0 ? -1 : HF_MS(graces[i].budget_ms);
        CHECK_EQ_AT(i, hf_span_ms(hf_reaper_grace(graces[i].purpose, option, budget)),
                    graces[i].want_ms);
    }
    CHECK_EQ(hf_span_ms(hf_reaper_grace(HF_GRACE_STOP, -1, INT64_MAX)), 330000);
}

/* --- ledger --- */

static void a_tree_stays_in_the_ledger_until_it_is_dropped(void)
{
    struct hf_ledger l = { 0 };
    CHECK(hf_ledger_is_empty(&l));
    struct hf_tree *a = hf_ledger_add(&l, 7, hf_at_ms(1), false);
    CHECK(a && a->id == 1 && a->epoch == 7 && a->state == HF_TREE_MAKING);
    CHECK(hf_ledger_gateway(&l) == a && !hf_ledger_doctor(&l));
    a->is_unwanted = true;
    CHECK(!hf_ledger_gateway(&l) && !hf_ledger_is_empty(&l));
    struct hf_tree *doctor = hf_ledger_add(&l, 7, hf_at_ms(1), true);
    CHECK(hf_ledger_doctor(&l) == doctor);
    hf_ledger_hand_over(&l, 9);
    CHECK(a->epoch == 9 && doctor->epoch == 9);
    a->reaper.state = HF_REAPER_STUCK;
    CHECK(hf_ledger_is_stuck(&l));
    hf_ledger_drop(&l, 1);
    hf_ledger_drop(&l, 1); /* nobody */
    CHECK(!hf_ledger_find(&l, 1) && !hf_ledger_is_stuck(&l) && !hf_ledger_find(&l, 0));
    hf_ledger_drop(&l, doctor->id);
    CHECK(hf_ledger_is_empty(&l));
    CHECK_EQ(hf_ledger_add(&l, 1, hf_at_ms(1), false)->id, 3); /* never used twice */
}

static void a_full_ledger_refuses(void)
{
    struct hf_ledger l = { 0 };
    for (int i = 0; i < HF_LIMIT_KEEPER_TREES; i++)
        CHECK_AT(i, hf_ledger_add(&l, 1, hf_at_ms(0), false) != NULL);
    CHECK(!hf_ledger_add(&l, 1, hf_at_ms(0), false));
    CHECK(hf_ledger_at(&l, HF_LIMIT_KEEPER_TREES - 1) != NULL);
}

/* --- ladder --- */

static const int64_t ladder_ms[] = { 1000,  2000,  4000,  8000,  16000,
                                     30000, 30000, 30000, 30000, 30000 };

static void the_ladder_climbs_and_then_goes_slow(void)
{
    struct hf_ladder_limits limits;
    struct hf_rng rng;
    hf_rng_init_number(&rng, 1);
    hf_ladder_limits_init(&limits);
    limits.jitter_percent = 0;
    for (uint32_t n = 0; n < HF_COUNT(ladder_ms); n++) {
        struct hf_ladder_step step = hf_ladder_next(&limits, true, false, n, &rng);
        CHECK_EQ_AT(n, step.verdict, HF_LADDER_SCHEDULE);
        CHECK_EQ_AT(n, step.attempt, n + 1);
        CHECK_EQ_AT(n, hf_span_ms(step.delay), ladder_ms[n]);
    }
    struct hf_ladder_step end = hf_ladder_next(&limits, true, false, 10, &rng);
    CHECK_EQ(end.verdict, HF_LADDER_EXHAUSTED);
    CHECK_EQ(hf_span_ms(end.delay), 300000);
    CHECK_EQ(hf_ladder_next(&limits, false, true, 0, &rng).verdict, HF_LADDER_DISABLED);
    CHECK_EQ(hf_ladder_next(&limits, true, true, 10, &rng).verdict, HF_LADDER_SCHEDULED);
    limits.slow_every = 0;
    CHECK_EQ(hf_ladder_next(&limits, true, false, 10, &rng).delay, 0);
}

static void the_jitter_adds_up_to_a_quarter(void)
{
    struct hf_ladder_limits limits;
    struct hf_rng rng;
    bool was_low = false, was_high = false;
    hf_rng_init_number(&rng, 2);
    hf_ladder_limits_init(&limits);
    for (int i = 0; i < 4000; i++) {
        int64_t ms = hf_span_ms(hf_ladder_next(&limits, true, false, 0, &rng).delay);
        CHECK_AT(i, ms >= 1000 && ms <= 1250);
        was_low |= ms < 1010;
        was_high |= ms > 1240;
    }
    CHECK(was_low && was_high);
}

/* The waits of 7.5: the ladder ends after 23.5 s; a hint is clamped and costs no step. */
static void startup_waits_follow_hints_or_the_ladder(void)
{
    static const int64_t want[] = { 500, 1000, 2000, 4000, 8000, 8000 };
    uint32_t step = 0;
    hf_span wait, total = 0;
    for (size_t i = 0; i < HF_COUNT(want); i++) {
        CHECK_AT(i, hf_ladder_startup(&step, false, 0, &wait));
        CHECK_EQ_AT(i, hf_span_ms(wait), want[i]);
        total += wait;
        CHECK_AT(i, hf_ladder_startup(&step, true, 1, &wait));
        CHECK_EQ_AT(i, hf_span_ms(wait), 100);
    }
    CHECK_EQ(hf_span_ms(total), 23500);
    CHECK(!hf_ladder_startup(&step, false, 0, &wait));
    CHECK(!hf_ladder_startup(&step, true, 0.0 / 0.0, &wait)); /* no number is no hint */
    CHECK(hf_ladder_startup(&step, true, 2001, &wait));
    CHECK_EQ(hf_span_ms(wait), 2000);
    CHECK(hf_ladder_startup(&step, true, 250.9, &wait));
    CHECK_EQ(hf_span_ms(wait), 250);
}

static void ready_probes_leave_at_the_listed_times(void)
{
    static const int64_t want[] = { 1500, 3000, 5000, 8000, 12000, 30000, 60000, 90000 };
    for (uint32_t n = 0; n < HF_COUNT(want); n++)
        CHECK_EQ_AT(n, hf_span_ms(hf_ladder_ready_probe(n)), want[n]);
}

/* --- debounce --- */

static void a_burst_fires_once_and_a_stream_is_not_put_off_for_ever(void)
{
    struct hf_debounce d = { 0 };
    CHECK(!hf_debounce_fire(&d, hf_at_ms(0)));
    CHECK_EQ(hf_span_ms(hf_debounce_push(&d, hf_at_ms(0), HF_MS(2000))), 2000);
    CHECK_EQ(hf_span_ms(hf_debounce_push(&d, hf_at_ms(1999), HF_MS(2000))), 2000);
    CHECK(!hf_debounce_fire(&d, hf_at_ms(3998)));
    CHECK(hf_debounce_fire(&d, hf_at_ms(3999)));
    CHECK(!hf_debounce_fire(&d, hf_at_ms(9999)));
    for (int64_t ms = 10000; ms < 20000; ms += 500) hf_debounce_push(&d, hf_at_ms(ms), HF_MS(2000));
    CHECK(!hf_debounce_fire(&d, hf_at_ms(19999)));
    CHECK(hf_debounce_fire(&d, hf_at_ms(20000)));
    hf_debounce_push(&d, hf_at_ms(30000), HF_MS(50));
    hf_debounce_cancel(&d);
    CHECK(hf_time_same(hf_debounce_due(&d), HF_NEVER));
}

static void one_long_delay_is_kept(void)
{
    struct hf_debounce d = { 0 };
    hf_debounce_push(&d, hf_at_ms(0), HF_MS(60000));
    CHECK(!hf_debounce_fire(&d, hf_at_ms(59999)));
    CHECK(hf_debounce_fire(&d, hf_at_ms(60000)));
}

/* --- intent --- */

static uint64_t add(struct hf_intents *in, enum hf_intent_stage stage, uint8_t class)
{
    struct hf_intent one = { .number = hf_intents_number(in), .stage = stage, .class = class };
    CHECK_EQ(hf_intents_add(in, &one), 0);
    return one.number;
}

static void the_mark_decides_what_is_satisfied(void)
{
    static struct hf_intents in;
    struct hf_intent out;
    uint8_t class;
    in = (struct hf_intents){ 0 };
    CHECK_EQ(add(&in, HF_INTENT_DEFERRED, 2), 1);
    hf_intents_mark(&in, in.newest);
    CHECK_EQ(add(&in, HF_INTENT_DEFERRED, 1), 2);
    CHECK_EQ(hf_intents_newest(&in, HF_INTENT_DEFERRED, &class), 2);
    CHECK_EQ(class, 1);
    CHECK(hf_intents_pop_satisfied(&in, HF_INTENT_DEFERRED, &out) && out.number == 1);
    CHECK(!hf_intents_pop_satisfied(&in, HF_INTENT_DEFERRED, &out));
    CHECK_EQ(hf_intents_move(&in, HF_INTENT_DEFERRED, HF_INTENT_CYCLE), 1);
    CHECK_EQ(hf_intents_count(&in, HF_INTENT_CYCLE), 1);
    CHECK(hf_intents_pop(&in, HF_INTENT_CYCLE, &out) && out.number == 2);
    CHECK(!hf_intents_pop(&in, HF_INTENT_CYCLE, &out));
    CHECK_EQ(hf_intents_newest(&in, HF_INTENT_CYCLE, &class), 0);
}

static void only_what_nobody_waits_for_is_taken_back(void)
{
    static struct hf_intents in;
    in = (struct hf_intents){ 0 };
    struct hf_intent tagged = { .number = 1, .tag = 9, .class = 2, .stage = HF_INTENT_COOLDOWN };
    CHECK_EQ(hf_intents_add(&in, &tagged), 0);
    add(&in, HF_INTENT_COOLDOWN, 2);
    add(&in, HF_INTENT_COOLDOWN, 0);
    CHECK(hf_intents_pop_untagged(&in, HF_INTENT_COOLDOWN, 2));
    CHECK(!hf_intents_pop_untagged(&in, HF_INTENT_COOLDOWN, 2));
    CHECK_EQ(hf_intents_count(&in, HF_INTENT_COOLDOWN), 2);
}

static void a_full_list_of_requests_refuses(void)
{
    static struct hf_intents in;
    in = (struct hf_intents){ 0 };
    for (int i = 0; i < HF_LIMIT_KEEPER_REQUESTS; i++) add(&in, HF_INTENT_DEFERRED, 0);
    CHECK_EQ(hf_intents_add(&in, &(struct hf_intent){ .number = 1 }), HF_ERR_LIMIT);
}

/* --- outsider --- */

static void what_a_server_said_of_shutdown_is_kept_for_its_version(void)
{
    struct hf_outsider o = { 0 };
    hf_outsider_met(&o, HF_LIT("1"));
    CHECK(hf_outsider_may_ask(&o, true) && !hf_outsider_may_ask(&o, false));
    hf_outsider_answered(&o, HF_OUTSIDER_OTHER);
    CHECK_EQ(o.memory, HF_OUTSIDER_UNKNOWN);
    hf_outsider_answered(&o, HF_OUTSIDER_UNKNOWN_METHOD);
    hf_outsider_met(&o, HF_LIT("1"));
    CHECK(!hf_outsider_may_ask(&o, true));
    hf_outsider_met(&o, HF_LIT("2"));
    CHECK(hf_outsider_may_ask(&o, true));
    hf_outsider_answered(&o, HF_OUTSIDER_YES);
    CHECK_EQ(o.memory, HF_OUTSIDER_SUPPORTED);
}

CHECK_MAIN(every_phase_has_a_name_and_ends_somewhere, the_transition_table_is_that_of_the_page,
           a_tree_is_asked_then_killed_then_told, the_grace_is_negotiated,
           a_tree_stays_in_the_ledger_until_it_is_dropped, a_full_ledger_refuses,
           the_ladder_climbs_and_then_goes_slow, the_jitter_adds_up_to_a_quarter,
           startup_waits_follow_hints_or_the_ladder, ready_probes_leave_at_the_listed_times,
           a_burst_fires_once_and_a_stream_is_not_put_off_for_ever, one_long_delay_is_kept,
           the_mark_decides_what_is_satisfied, only_what_nobody_waits_for_is_taken_back,
           a_full_list_of_requests_refuses, what_a_server_said_of_shutdown_is_kept_for_its_version)
