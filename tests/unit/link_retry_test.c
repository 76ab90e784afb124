/* When a link tries again: scenarios of spec/client-lifecycle.md section 17 (backoff,
 * pauses) and the client's of spec/startup-retry.md section 6. */
#include "lib/link_case.h"

#include <math.h>

static void start(struct link_case *c, const struct hf_link_limits *limits)
{
    link_case_init(c, limits);
    link_case_say(c, HF_LINK_START);
}

static void start_plain(struct link_case *c)
{
    struct hf_link_limits limits = link_case_limits();
    start(c, &limits);
}

/* Ends the attempt in one of several ways. */
static void fail(struct link_case *c, char how)
{
    struct hf_refusal starting = link_case_starting(500);
    struct hf_refusal restarting = { .code = HF_LIT("UNAVAILABLE"),
                                     .reason = HF_LIT("gateway-restarting"),
                                     .is_retryable = true,
                                     .has_retry_after = true,
                                     .retry_after_ms = 1000 };
    struct hf_refusal later = restarting;
    later.retry_after_ms = 1900;
    if (how == 'd') link_case_say(c, HF_LINK_DIAL_FAILED);
    if (how == 'R') link_case_refuse(c, &later);
    if (how == '3') {
        link_case_ask(c);
        link_case_close(c, 1013, "gateway starting");
    }
    if (how == 's') link_case_refuse(c, &starting);
    if (how == 'r') link_case_refuse(c, &restarting);
    if (how == 'c') {
        link_case_ask(c);
        link_case_say(c, HF_LINK_GONE);
    }
    if (how == 'h') {
        link_case_ready(c);
        link_case_say(c, HF_LINK_GONE);
    }
}

/* client-lifecycle 14, 16; startup-retry 18, 19, 20, 22, 25: the waits after each end. */
static void each_end_has_its_wait(void)
{
    static const struct {
        const char *ends;
        int64_t waits[8];
    } rows[] = {
        { "ddddddd", { 1000, 2000, 4000, 8000, 16000, 30000, 30000 } },
        { "ccc", { 1000, 2000, 4000 } },
        { "ddsssd", { 1000, 2000, 500, 500, 500, 4000 } },
        { "ssssd", { 500, 500, 500, 500, 1000 } },
        { "dshd", { 1000, 500, 1000, 2000 } }, /* the hello in between resets */
        { "dddr", { 1000, 2000, 4000, 8000 } },
        { "r", { 1000 } },
        { "RdR", { 1900, 2000, 4000 } }, /* the longer one of hint and backoff */
        { "33", { 1000, 2000 } },        /* no start-up frame: a failure like others */
        { "hhh", { 1000, 1000, 1000 } },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct link_case c;
        start_plain(&c);
        for (size_t n = 0; rows[i].ends[n]; n++) {
            fail(&c, rows[i].ends[n]);
            CHECK_EQ_AT(i, c.link.state, HF_LINK_BACKOFF);
            CHECK_EQ_AT(i, hf_span_ms(c.todo.wait), rows[i].waits[n]);
            link_case_run(&c, c.ms + rows[i].waits[n] - 1);
            CHECK_EQ_AT(i, c.dials, n + 1);
            link_case_run(&c, c.ms + 1);
            CHECK_EQ_AT(i, c.dials, n + 2);
        }
    }
}

/* startup-retry 22: the close alone is told, and is no start-up wait. */
static void a_close_of_1013_without_its_frame_is_told(void)
{
    struct link_case c;
    start_plain(&c);
    fail(&c, '3');
    CHECK_EQ(c.errors, 1);
    CHECK_EQ(c.closed, 1);
    CHECK_EQ(c.starting, 0);
}

/* startup-retry 18: twenty of them leave the exponent alone. */
static void start_up_errors_are_not_attempts(void)
{
    struct link_case c;
    start_plain(&c);
    for (int i = 0; i < 20; i++) {
        fail(&c, 's');
        link_case_run(&c, c.ms + 500);
    }
    CHECK_EQ(c.link.backoff.failures, 0);
    fail(&c, 'd');
    CHECK_EQ(hf_span_ms(c.todo.wait), 1000);
}

/* client-lifecycle 18; startup-retry 15, 21, 24: silent, whatever code the close has. */
static void a_start_up_error_is_silent(void)
{
    static const uint16_t codes[] = { 1013, 1006, 1008 };
    for (size_t i = 0; i < HF_COUNT(codes); i++) {
        struct link_case c;
        start_plain(&c);
        hf_link_know_secrets(&c.link, &(struct hf_link_secrets){ .may_add_stored = true });
        link_case_ask(&c);
        link_case_feed(&c, (struct hf_link_input){ .kind = HF_LINK_REFUSED,
                                                   .generation = 1,
                                                   .u.refusal = link_case_starting(250) });
        CHECK_EQ_AT(i, c.close.code, 1013);
        CHECK_TEXT_AT(i, c.close.reason, "gateway starting");
        if (codes[i] == 1006)
            link_case_say(&c, HF_LINK_GONE);
        else
            link_case_close(&c, codes[i], "gateway starting");
        CHECK_EQ_AT(i, c.errors + c.closed, 0);
        CHECK_EQ_AT(i, c.starting, 1);
        CHECK_AT(i, !c.link.has_retried_device_token && !c.link.uses_device_token);
        CHECK_EQ_AT(i, c.dropped_tokens, 0);
        link_case_run(&c, 249);
        CHECK_EQ_AT(i, c.dials, 1);
        link_case_run(&c, 250);
        CHECK_EQ_AT(i, c.dials, 2);
    }
}

/* startup-retry 16: table 3.2, and client-lifecycle 18. */
static void a_hint_is_clamped(void)
{
    static const struct {
        bool has_hint;
        double hint_ms;
        int64_t want_ms;
    } rows[] = {
        { false, 0, 500 },
        { true, (double)NAN, 500 },
        { true, (double)INFINITY, 500 },
        { true, -(double)INFINITY, 500 },
        { true, -5, 100 },
        { true, 0, 100 },
        { true, 99.9, 100 },
        { true, 100, 100 },
        { true, 100.9, 100 },
        { true, 250, 250 },
        { true, 500.7, 500 },
        { true, 2000, 2000 },
        { true, 2000.1, 2000 },
        { true, 9e9, 2000 },
        { true, 5, 100 },
        { true, 99999, 2000 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_span_ms(hf_backoff_hint(rows[i].has_hint, rows[i].hint_ms)),
                    rows[i].want_ms);
}

/* client-lifecycle 19; startup-retry 17: all three members must be right. */
static void anything_else_is_a_failure_like_others(void)
{
    struct hf_refusal rows[] = { link_case_starting(500), link_case_starting(500),
                                 link_case_starting(500), link_case_starting(500) };
    rows[0].is_retryable = false;
    rows[1].code = HF_LIT("unavailable");
    rows[2].reason = HF_LIT("starting");
    rows[3].reason = HF_EMPTY;
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct link_case c;
        start_plain(&c);
        link_case_refuse(&c, &rows[i]);
        CHECK_EQ_AT(i, c.errors, 1);
        CHECK_EQ_AT(i, c.starting, 0);
        CHECK_EQ_AT(i, hf_span_ms(c.todo.wait), 1000);
    }
}

/* client-lifecycle 15 */
static void jitter_goes_upward_and_is_not_clamped_at_the_maximum(void)
{
    static const struct {
        uint32_t failures;
        int64_t least_ms, most_ms;
    } rows[] = { { 0, 1000, 1249 }, { 9, 30000, 37499 } };
    struct hf_backoff_limits limits = { HF_MS(1000), HF_MS(30000), 25 };
    struct hf_rng rng;
    hf_rng_init_number(&rng, 15);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        int64_t least = INT64_MAX, most = 0;
        for (int n = 0; n < 1000; n++) {
            struct hf_backoff b = { rows[i].failures, limits.initial };
            int64_t ms = hf_span_ms(hf_backoff_fail(&b, &limits, &rng));
            CHECK_AT(i, ms >= rows[i].least_ms && ms <= rows[i].most_ms);
            if (ms < least) least = ms;
            if (ms > most) most = ms;
        }
        CHECK_AT(i, most - least > (rows[i].most_ms - rows[i].least_ms) / 2);
    }
}

/* client-lifecycle 79 */
static void a_crowd_comes_back_spread(void)
{
    struct hf_backoff_limits limits = { HF_MS(1000), HF_MS(30000), 25 };
    size_t buckets[5] = { 0 };
    for (uint64_t i = 0; i < 500; i++) {
        struct hf_rng rng;
        struct hf_backoff b;
        hf_rng_init_number(&rng, i);
        hf_backoff_init(&b, &limits);
        int64_t ms = hf_span_ms(hf_backoff_fail(&b, &limits, &rng));
        CHECK_AT(i, ms >= 1000);
        buckets[(ms - 1000) / 50]++;
    }
    for (size_t i = 0; i < HF_COUNT(buckets); i++) CHECK_AT(i, buckets[i] <= 150);
}

/* client-lifecycle 17: both sides of stable_reset_ms. */
static void only_a_stable_connection_resets_the_ladder(void)
{
    static const int64_t waits[] = { 1000, 2000, 4000, 8000, 16000 };
    struct hf_link_limits limits = link_case_limits();
    struct link_case c;
    limits.stable_after = HF_MS(5000);
    start(&c, &limits);
    for (size_t i = 0; i < HF_COUNT(waits); i++) {
        link_case_ready(&c);
        link_case_run(&c, c.ms + (i == 2 ? 4999 : 1000));
        link_case_say(&c, HF_LINK_GONE);
        CHECK_EQ_AT(i, hf_span_ms(c.todo.wait), waits[i]);
        link_case_run(&c, c.ms + waits[i]);
    }
    link_case_ready(&c);
    link_case_run(&c, c.ms + 5000);
    link_case_say(&c, HF_LINK_GONE);
    CHECK_EQ(hf_span_ms(c.todo.wait), 1000);
}

/* client-lifecycle 20, 21 */
static void a_wrong_token_is_tried_once_more_with_the_device_token(void)
{
    struct hf_refusal refusal = link_case_detail("AUTH_TOKEN_MISMATCH");
    struct link_case c;
    start_plain(&c);
    link_case_refuse(&c, &refusal);
    CHECK_EQ(c.link.state, HF_LINK_PAUSED); /* nothing may be tried */
    start_plain(&c);
    hf_link_know_secrets(&c.link, &(struct hf_link_secrets){ .may_add_stored = true });
    link_case_refuse(&c, &refusal);
    CHECK_EQ(hf_span_ms(c.todo.wait), 250);
    CHECK(c.link.uses_device_token);
    link_case_run(&c, 250);
    link_case_refuse(&c, &refusal);
    CHECK_EQ(c.link.state, HF_LINK_PAUSED);
    CHECK_EQ(c.dials, 2);
}

/* client-lifecycle 22 */
static void an_announced_restart_decides_the_first_wait(void)
{
    static const struct {
        bool will_restart;
        double restart_ms;
        int64_t want_ms;
        uint32_t failures;
    } rows[] = {
        { true, 1500, 1500, 0 }, { true, 249, 250, 0 },   { true, 250, 250, 0 },
        { true, 5000, 5000, 0 }, { true, 5001, 5000, 0 }, { true, (double)NAN, 250, 0 },
        { false, 0, 1000, 1 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct link_case c;
        start_plain(&c);
        link_case_ready(&c);
        link_case_feed(&c, (struct hf_link_input){
                               .kind = HF_LINK_SHUTDOWN,
                               .generation = 1,
                               .u.shutdown = { rows[i].will_restart, rows[i].restart_ms } });
        link_case_close(&c, 1012, "service restart");
        CHECK_EQ_AT(i, hf_span_ms(c.todo.wait), rows[i].want_ms);
        CHECK_EQ_AT(i, c.link.backoff.failures, rows[i].failures);
    }
}

/* client-lifecycle 24 */
static void attempts_may_be_bounded(void)
{
    static const enum hf_link_input_kind ways[] = { HF_LINK_RESUME, HF_LINK_START };
    for (size_t way = 0; way < HF_COUNT(ways); way++) {
        struct hf_link_limits limits = link_case_limits();
        struct link_case c;
        limits.attempts_max = 3;
        start(&c, &limits);
        for (int i = 0; i < 3; i++) {
            CHECK_EQ(c.link.state, HF_LINK_OPENING);
            link_case_say(&c, HF_LINK_DIAL_FAILED);
            link_case_wait(&c);
        }
        CHECK_EQ(c.todo.wait, HF_SPAN_MAX);
        link_case_run(&c, 600000);
        CHECK_EQ(c.link.pause, HF_LINK_PAUSE_ATTEMPTS);
        CHECK_EQ(c.dials, 3);
        link_case_say(&c, ways[way]);
        link_case_say(&c, HF_LINK_DIAL_FAILED);
        CHECK_EQ_AT(way, hf_span_ms(c.todo.wait), 1000);
    }
}

/* client-lifecycle T4: out of a pause the budget is new, whoever asks. */
static void a_new_try_has_a_new_budget(void)
{
    static const enum hf_link_input_kind ways[] = { HF_LINK_RESUME, HF_LINK_START };
    for (size_t way = 0; way < HF_COUNT(ways); way++) {
        struct hf_link_limits limits = link_case_limits();
        struct link_case c;
        limits.budget = HF_MS(3000);
        start(&c, &limits);
        link_case_say(&c, HF_LINK_UPGRADED);
        link_case_run(&c, 60000);
        CHECK_EQ(c.link.pause, HF_LINK_PAUSE_BUDGET);
        link_case_say(&c, ways[way]);
        link_case_run(&c, c.ms + 2999);
        CHECK_EQ_AT(way, c.link.state, HF_LINK_OPENING);
    }
}

/* client-lifecycle 25, 26: what pauses, told once, with no timer left. */
static void some_refusals_pause(void)
{
    static const struct {
        const char *detail, *next_step;
        bool keeps_trying, pauses;
    } rows[] = {
        { "AUTH_TOKEN_MISSING", "", false, true },
        { "AUTH_BOOTSTRAP_TOKEN_INVALID", "", false, true },
        { "AUTH_PASSWORD_MISSING", "", false, true },
        { "AUTH_PASSWORD_MISMATCH", "", false, true },
        { "AUTH_DEVICE_TOKEN_MISMATCH", "", false, true },
        { "AUTH_SCOPE_MISMATCH", "", false, true },
        { "AUTH_VERIFIED_USER_REQUIRED", "", false, true },
        { "CONTROL_UI_BUILD_MISMATCH", "", false, true },
        { "CONTROL_UI_DEVICE_IDENTITY_REQUIRED", "", false, true },
        { "DEVICE_IDENTITY_REQUIRED", "", false, true },
        { "PROTOCOL_MISMATCH", "", false, true },
        { "CLIENT_VERSION_MISMATCH", "", false, true },
        { "AUTH_TOKEN_MISMATCH", "", false, true },
        { "AUTH_IDENTITY_HEADER_REQUIRED", "", false, true },
        { "PAIRING_REQUIRED", "", false, true },
        { "PAIRING_REQUIRED", "", true, false },
        { "PAIRING_REQUIRED", "wait_then_retry", false, false },
        { "AUTH_UNAUTHORIZED", "", false, false },
        { "AUTH_REQUIRED", "", false, false },
        { "DEVICE_AUTH_INVALID", "", false, false },
        { "", "", false, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_refusal refusal = link_case_detail(rows[i].detail);
        struct link_case c;
        refusal.next_step = hf_bytes_cstr(rows[i].next_step);
        refusal.keeps_trying = rows[i].keeps_trying;
        start_plain(&c);
        link_case_refuse(&c, &refusal);
        CHECK_EQ_AT(i, c.link.state, rows[i].pauses ? HF_LINK_PAUSED : HF_LINK_BACKOFF);
        CHECK_EQ_AT(i, c.paused, rows[i].pauses);
        CHECK_EQ_AT(i, c.errors, 1);
        if (!rows[i].pauses) continue;
        link_case_run(&c, 600000);
        CHECK_EQ_AT(i, c.dials, 1);
    }
}

/* client-lifecycle 27 */
static void a_rate_limit_pause_ends_by_itself_later_each_time(void)
{
    static const int64_t waits_ms[] = { 30000, 60000, 120000, 300000, 300000 };
    struct hf_refusal refusal = link_case_detail("AUTH_RATE_LIMITED");
    struct link_case c;
    start_plain(&c);
    for (size_t i = 0; i < HF_COUNT(waits_ms); i++) {
        link_case_refuse(&c, &refusal);
        CHECK_EQ_AT(i, c.link.state, HF_LINK_PAUSED);
        link_case_run(&c, c.ms + waits_ms[i] - 1);
        CHECK_EQ_AT(i, c.dials, i + 1);
        link_case_run(&c, c.ms + 1);
        CHECK_EQ_AT(i, c.dials, i + 2);
    }
    refusal.has_retry_after = true;
    refusal.retry_after_ms = 7000;
    link_case_refuse(&c, &refusal);
    link_case_run(&c, c.ms + 7000);
    CHECK_EQ(c.dials, 7);
}

/* client-lifecycle 7.4: polling is off, and never faster than every five seconds. */
static void a_pairing_pause_polls_only_when_told_to(void)
{
    struct hf_refusal refusal = link_case_detail("PAIRING_REQUIRED");
    struct hf_link_limits limits = link_case_limits();
    struct link_case c;
    limits.pairing_poll = HF_MS(1);
    start(&c, &limits);
    link_case_refuse(&c, &refusal);
    link_case_run(&c, 4999);
    CHECK_EQ(c.dials, 1);
    link_case_run(&c, 5000);
    CHECK_EQ(c.dials, 2);
}

/* client-lifecycle 28: the void token is dropped. */
static void a_void_device_token_is_dropped(void)
{
    static const struct {
        struct hf_link_secrets secrets;
        size_t dropped;
        enum hf_link_state then;
    } rows[] = {
        { { .sends_stored_alone = true }, 1, HF_LINK_PAUSED },
        { { .sends_stored_alone = true, .may_go_without = true }, 1, HF_LINK_BACKOFF },
        { { .may_go_without = true }, 0, HF_LINK_PAUSED }, /* it was not the stored one */
    };
    struct hf_refusal refusal = link_case_detail("AUTH_DEVICE_TOKEN_MISMATCH");
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct link_case c;
        start_plain(&c);
        hf_link_know_secrets(&c.link, &rows[i].secrets);
        link_case_refuse(&c, &refusal);
        CHECK_EQ_AT(i, c.dropped_tokens, rows[i].dropped);
        CHECK_EQ_AT(i, c.link.state, rows[i].then);
        if (rows[i].then != HF_LINK_BACKOFF) continue;
        CHECK_EQ_AT(i, hf_span_ms(c.todo.wait), 250); /* once */
        link_case_run(&c, 250);
        link_case_refuse(&c, &refusal);
        CHECK_EQ_AT(i, c.link.state, HF_LINK_PAUSED);
    }
}

/* client-lifecycle 29 */
static void the_same_device_fault_three_times_pauses(void)
{
    struct hf_refusal refusal = link_case_detail("DEVICE_AUTH_NONCE_MISMATCH");
    struct hf_refusal other = link_case_detail("DEVICE_AUTH_SIGNATURE_INVALID");
    struct link_case c;
    start_plain(&c);
    const struct hf_refusal *order[] = { &refusal, &refusal, NULL,     &refusal,
                                         &refusal, &other,   &refusal, &refusal };
    for (size_t i = 0; i < HF_COUNT(order); i++) {
        if (order[i])
            link_case_refuse(&c, order[i]);
        else
            fail(&c, 'h');
        CHECK_EQ_AT(i, c.link.state, HF_LINK_BACKOFF);
        link_case_wait(&c);
    }
    link_case_refuse(&c, &refusal);
    CHECK_EQ(c.link.state, HF_LINK_PAUSED);
}

/* client-lifecycle 7.2: our frames cannot be read, or our access is gone. */
static void some_closes_pause(void)
{
    struct link_case c;
    start_plain(&c);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(c.link.state, HF_LINK_OPENING);
        link_case_ask(&c);
        link_case_close(&c, 1008, "invalid request frame");
        link_case_wait(&c);
    }
    CHECK_EQ(c.link.pause, HF_LINK_PAUSE_OUR_FAULT);
    start_plain(&c);
    link_case_ready(&c);
    link_case_close(&c, 4001, "gateway auth changed");
    CHECK_EQ(c.link.pause, HF_LINK_PAUSE_ACCESS);
    start_plain(&c);
    link_case_ready(&c);
    link_case_close(&c, 1011, "gateway install changed: run update");
    CHECK_EQ(hf_span_ms(c.todo.wait), 30000);
}

/* startup-retry 23 */
static void stop_during_the_wait_opens_no_socket(void)
{
    struct link_case c;
    start_plain(&c);
    fail(&c, 's');
    link_case_say(&c, HF_LINK_STOP);
    CHECK_EQ(c.link.state, HF_LINK_IDLE);
    link_case_run(&c, 60000);
    CHECK_EQ(c.dials, 1);
}

/* startup-retry 28, 29, 30: a wait that the budget does not allow fails at once. */
static void a_budget_is_never_slept_past(void)
{
    static const struct {
        int64_t budget_ms, hint_ms, want_end_ms;
    } rows[] = {
        { 2000, 500, 1500 }, /* the wait would end exactly with the budget */
        { 2001, 500, 2000 }, { 600, 500, 500 }, { 501, 500, 500 }, { 500, 500, 0 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_link_limits limits = link_case_limits();
        struct hf_refusal refusal = link_case_starting((double)rows[i].hint_ms);
        struct link_case c;
        limits.budget = HF_MS(rows[i].budget_ms);
        limits.is_one_shot = true;
        start(&c, &limits);
        while (c.link.state == HF_LINK_OPENING) {
            link_case_refuse(&c, &refusal);
            if (c.link.state == HF_LINK_BACKOFF) link_case_run(&c, c.ms + rows[i].hint_ms);
        }
        CHECK_EQ_AT(i, c.link.pause, HF_LINK_PAUSE_BUDGET);
        CHECK_EQ_AT(i, c.ms, rows[i].want_end_ms);
    }
}

/* startup-retry 28 (ready in time) and section 4: an attempt ends with the budget. */
static void the_budget_ends_a_silent_attempt_and_not_a_ready_one(void)
{
    struct hf_link_limits limits = link_case_limits();
    struct link_case c;
    limits.budget = HF_MS(2000);
    start(&c, &limits);
    link_case_say(&c, HF_LINK_UPGRADED);
    link_case_run(&c, 1999);
    CHECK_EQ(c.closes, 0);
    link_case_run(&c, 3000);
    CHECK_EQ(c.link.pause, HF_LINK_PAUSE_BUDGET);
    start(&c, &limits);
    link_case_ready(&c);
    link_case_run(&c, 50000);
    CHECK_EQ(c.link.state, HF_LINK_READY);
}

/* A command gives up at once, unless the gateway is seen starting (startup-retry 36). */
static void a_one_shot_waits_only_for_what_will_pass(void)
{
    struct hf_link_limits limits = link_case_limits();
    struct link_case c;
    limits.is_one_shot = true;
    start(&c, &limits);
    fail(&c, 'd');
    CHECK_EQ(c.link.pause, HF_LINK_PAUSE_ATTEMPTS);
    start(&c, &limits);
    fail(&c, 's');
    link_case_run(&c, 500);
    fail(&c, 'd');
    CHECK_EQ(c.link.state, HF_LINK_BACKOFF);
}

/* Of the closes, those that a start and a restart say will pass. */
static void a_one_shot_waits_only_after_some_closes(void)
{
    static const struct {
        uint16_t code;
        enum hf_link_state want;
    } rows[] = {
        { 1000, HF_LINK_PAUSED }, { 1001, HF_LINK_PAUSED },  { 1006, HF_LINK_PAUSED },
        { 1011, HF_LINK_PAUSED }, { 1012, HF_LINK_BACKOFF }, { 1013, HF_LINK_BACKOFF },
        { 4000, HF_LINK_PAUSED },
    };
    struct hf_link_limits limits = link_case_limits();
    limits.is_one_shot = true;
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct link_case c;
        start(&c, &limits);
        link_case_ready(&c);
        link_case_close(&c, rows[i].code, "");
        CHECK_EQ_AT(i, c.link.state, rows[i].want);
    }
}

CHECK_MAIN(each_end_has_its_wait, a_close_of_1013_without_its_frame_is_told,
           start_up_errors_are_not_attempts, a_start_up_error_is_silent, a_hint_is_clamped,
           anything_else_is_a_failure_like_others,
           jitter_goes_upward_and_is_not_clamped_at_the_maximum, a_crowd_comes_back_spread,
           only_a_stable_connection_resets_the_ladder,
           a_wrong_token_is_tried_once_more_with_the_device_token,
           an_announced_restart_decides_the_first_wait, attempts_may_be_bounded,
           a_new_try_has_a_new_budget, some_refusals_pause,
           a_rate_limit_pause_ends_by_itself_later_each_time,
           a_pairing_pause_polls_only_when_told_to, a_void_device_token_is_dropped,
           the_same_device_fault_three_times_pauses, some_closes_pause,
           stop_during_the_wait_opens_no_socket, a_budget_is_never_slept_past,
           the_budget_ends_a_silent_attempt_and_not_a_ready_one,
           a_one_shot_waits_only_for_what_will_pass, a_one_shot_waits_only_after_some_closes)
