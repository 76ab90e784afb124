#include "core/governor.h"
#include "lib/check.h"

static struct hf_now at(int64_t ms)
{
    return (struct hf_now){ hf_at_ms(ms), ms + 1000000 };
}

static struct hf_governor made(bool is_breaker)
{
    struct hf_governor g;
    struct hf_governor_limits limits;
    hf_governor_limits_init(&limits);
    limits.jitter_percent = 0;
    limits.is_breaker = is_breaker;
    hf_governor_init(&g, &limits);
    return g;
}

static void check_ask(struct hf_governor *g, int64_t ms, bool is_auto,
                      enum hf_governor_verdict verdict, int64_t retry_ms)
{
    struct hf_governor_answer got = hf_governor_ask(g, at(ms), is_auto);
    CHECK_EQ_AT(ms, got.verdict, verdict);
    CHECK_EQ_AT(ms, hf_span_ms(got.retry_after), retry_ms);
}

static void the_cooldown_delays_and_never_refuses_an_operator(void)
{
    struct hf_governor g = made(false);
    check_ask(&g, 0, false, HF_GOVERNOR_ALLOW, 0);
    hf_governor_executed(&g, at(0));
    check_ask(&g, 1, false, HF_GOVERNOR_DELAY, 2499);
    check_ask(&g, 2499, true, HF_GOVERNOR_DELAY, 1);
    check_ask(&g, 2500, false, HF_GOVERNOR_ALLOW, 0);
}

static void the_budget_counts_what_is_automatic(void)
{
    struct hf_governor g = made(false);
    for (int i = 0; i < 5; i++) CHECK_AT(i, hf_governor_charge(&g, hf_at_ms(i)));
    CHECK(!hf_governor_charge(&g, hf_at_ms(299999)));
    check_ask(&g, 299999, true, HF_GOVERNOR_BUDGET, 0);
    check_ask(&g, 299999, false, HF_GOVERNOR_ALLOW, 0); /* operators always win */
    CHECK(hf_governor_charge(&g, hf_at_ms(300000)));    /* the first one is 300 s old */
    CHECK(!hf_governor_charge(&g, hf_at_ms(300000)));
}

static void the_largest_budget_holds_and_one_more_is_refused(void)
{
    struct hf_governor g;
    struct hf_governor_limits limits;
    hf_governor_limits_init(&limits);
    limits.budget = HF_LIMIT_KEEPER_BUDGET;
    hf_governor_init(&g, &limits);
    for (int i = 0; i < HF_LIMIT_KEEPER_BUDGET; i++)
        CHECK_AT(i, hf_governor_charge(&g, hf_at_ms(i)));
    CHECK(!hf_governor_charge(&g, hf_at_ms(100)));
}

static void quarantine_waits_longer_and_an_operator_ends_it(void)
{
    static const int64_t want[] = { 60000, 120000, 300000, 300000 };
    struct hf_governor g = made(false);
    struct hf_rng rng;
    hf_rng_init_number(&rng, 1);
    for (size_t i = 0; i < HF_COUNT(want); i++)
        CHECK_EQ_AT(i, hf_span_ms(hf_governor_quarantine(&g, &rng)), want[i]);
    check_ask(&g, 0, true, HF_GOVERNOR_BUDGET, 0);
    CHECK(hf_governor_charge(&g, hf_at_ms(0))); /* its waits are the bound now */
    hf_governor_forgive(&g);
    check_ask(&g, 0, true, HF_GOVERNOR_ALLOW, 0);
    CHECK_EQ(hf_span_ms(hf_governor_quarantine(&g, &rng)), 60000);
}

static void quarantine_waits_with_jitter(void)
{
    struct hf_governor g = made(false);
    struct hf_rng rng;
    int64_t low = INT64_MAX, high = 0;
    hf_rng_init_number(&rng, 3);
    g.limits.jitter_percent = 25;
    for (int i = 0; i < 2000; i++) {
        g.quarantine_tries = 0;
        int64_t ms = hf_span_ms(hf_governor_quarantine(&g, &rng));
        low = ms < low ? ms : low;
        high = ms > high ? ms : high;
    }
    CHECK(low >= 60000 && low < 60200 && high <= 75000 && high > 74800);
}

/* Ready for 119.999 s is not stable, for 120 s it is; a break begins anew. */
static void only_an_unbroken_time_of_ready_forgives(void)
{
    struct hf_governor g = made(false);
    CHECK(hf_governor_charge(&g, hf_at_ms(0)));
    CHECK(hf_time_same(hf_governor_due(&g), HF_NEVER));
    hf_governor_ready(&g, hf_at_ms(0));
    hf_governor_ready(&g, hf_at_ms(500)); /* said twice */
    hf_governor_left(&g, hf_at_ms(119999));
    CHECK_EQ(g.charged_count, 1);
    hf_governor_ready(&g, hf_at_ms(120000));
    CHECK(hf_time_same(hf_governor_due(&g), hf_at_ms(240000)));
    hf_governor_step(&g, hf_at_ms(239999));
    CHECK_EQ(g.charged_count, 1);
    hf_governor_left(&g, hf_at_ms(240000)); /* the deadline is looked at before */
    CHECK_EQ(g.charged_count, 0);
}

/* supervisor 54: the breaker of an older supervisor. */
static void the_breaker_opens_after_four(void)
{
    struct hf_governor g = made(true);
    int64_t ms = 0;
    for (int i = 0; i < 4; i++) {
        check_ask(&g, ms, false, HF_GOVERNOR_ALLOW, 0);
        hf_governor_executed(&g, at(ms));
        ms += 60000;
    }
    check_ask(&g, ms, false, HF_GOVERNOR_EXCEEDED, 600000);
    check_ask(&g, ms + 1, false, HF_GOVERNOR_CIRCUIT_OPEN, 599999);
    check_ask(&g, ms + 599999, false, HF_GOVERNOR_CIRCUIT_OPEN, 1);
    check_ask(&g, ms + 600000, false, HF_GOVERNOR_ALLOW, 0);
}

static void the_breaker_s_cooldown_doubles(void)
{
    static const int64_t want[] = { 5000, 10000, 20000 };
    struct hf_governor g = made(true);
    int64_t ms = 0;
    for (size_t i = 0; i < HF_COUNT(want); i++) {
        hf_governor_executed(&g, at(ms));
        check_ask(&g, ms + want[i] - 1, false, HF_GOVERNOR_COOLDOWN, 1);
        ms += want[i];
        check_ask(&g, ms, false, HF_GOVERNOR_ALLOW, 0);
    }
    g.consecutive = 40;
    g.executed_at = hf_at_ms(ms);
    CHECK_EQ(hf_span_ms(hf_governor_cooldown(&g, hf_at_ms(ms))), 120000);
}

static void the_breaker_forgets_when_the_clock_goes_back_or_it_was_stable(void)
{
    struct hf_governor g = made(true);
    for (int i = 0; i < 4; i++) hf_governor_executed(&g, at(i));
    check_ask(&g, 10, false, HF_GOVERNOR_EXCEEDED, 600000);
    struct hf_now back = { hf_at_ms(20), 999999 };
    CHECK_EQ(hf_governor_ask(&g, back, false).verdict, HF_GOVERNOR_ALLOW);
    g = made(true);
    hf_governor_executed(&g, at(0));
    hf_governor_running(&g, hf_at_ms(0));
    check_ask(&g, 119999, false, HF_GOVERNOR_ALLOW, 0);
    CHECK_EQ(g.consecutive, 1);
    check_ask(&g, 120000, false, HF_GOVERNOR_ALLOW, 0);
    CHECK_EQ(g.consecutive, 0);
}

static void totals_wrap_at_the_largest_exact_number(void)
{
    struct hf_governor g = made(false);
    g.executed_total = g.suppressed_total = ((uint64_t)1 << 53) - 2;
    hf_governor_executed(&g, at(0));
    hf_governor_suppressed(&g);
    CHECK_EQ(g.executed_total, ((uint64_t)1 << 53) - 1);
    hf_governor_executed(&g, at(0));
    hf_governor_suppressed(&g);
    CHECK_EQ(g.executed_total, 0);
    CHECK_EQ(g.suppressed_total, 0);
}

static void verdicts_have_their_names(void)
{
    CHECK_TEXT(hf_bytes_cstr(hf_governor_verdict_name(HF_GOVERNOR_CIRCUIT_OPEN)), "circuit_open");
    CHECK_TEXT(hf_bytes_cstr(hf_governor_verdict_name(HF_GOVERNOR_ALLOW)), "allowed");
}

CHECK_MAIN(the_cooldown_delays_and_never_refuses_an_operator, the_budget_counts_what_is_automatic,
           the_largest_budget_holds_and_one_more_is_refused,
           quarantine_waits_longer_and_an_operator_ends_it, quarantine_waits_with_jitter,
           only_an_unbroken_time_of_ready_forgives, the_breaker_opens_after_four,
           the_breaker_s_cooldown_doubles,
           the_breaker_forgets_when_the_clock_goes_back_or_it_was_stable,
           totals_wrap_at_the_largest_exact_number, verdicts_have_their_names)
