/* The life of a link: scenarios of spec/client-lifecycle.md section 17 that need no
 * bytes.  link_retry_test.c has those of waiting, link_watch_test.c those of liveness. */
#include "base/err.h"
#include "lib/link_case.h"

static void init(struct link_case *c)
{
    struct hf_link_limits limits = link_case_limits();
    link_case_init(c, &limits);
}

static void start(struct link_case *c)
{
    init(c);
    CHECK_EQ(link_case_say(c, HF_LINK_START), 0);
}

/* client-lifecycle 1 */
static void a_login_passes_through_every_state_once(void)
{
    struct link_case c;
    start(&c);
    link_case_ready(&c);
    CHECK_TEXT(hf_bytes_cstr(c.log), "OPENING AWAIT_CHALLENGE PREPARING AWAIT_HELLO READY");
    CHECK_EQ(c.plans, 1);
    CHECK_EQ(c.statuses, 2); /* connecting, connected */
    CHECK_EQ(c.errors + c.closed + c.paused, 0);
}

/* client-lifecycle 2: the plan is asked for by the challenge, not by the upgrade. */
static void nothing_is_planned_before_the_challenge(void)
{
    struct link_case c;
    start(&c);
    link_case_say(&c, HF_LINK_UPGRADED);
    link_case_run(&c, 5000);
    CHECK_EQ(c.plans, 0);
    link_case_say(&c, HF_LINK_CHALLENGED);
    CHECK_EQ(c.plans, 1);
}

/* client-lifecycle 4, startup-retry 33: a plan that cannot be made. */
static void a_plan_that_fails_pauses_after_closing(void)
{
    struct link_case c;
    start(&c);
    link_case_say(&c, HF_LINK_UPGRADED);
    link_case_say(&c, HF_LINK_CHALLENGED);
    link_case_say(&c, HF_LINK_PLAN_FAILED);
    CHECK_EQ(c.close.code, 1008);
    CHECK_TEXT(c.close.reason, "connect failed");
    link_case_say(&c, HF_LINK_GONE);
    CHECK_EQ(c.link.state, HF_LINK_PAUSED);
    CHECK_EQ(c.link.pause, HF_LINK_PAUSE_PLAN);
    CHECK_EQ(c.errors, 1);
}

/* client-lifecycle 5, startup-retry 33 */
static void a_challenge_without_a_nonce_is_closed_and_tried_again(void)
{
    struct link_case c;
    start(&c);
    link_case_say(&c, HF_LINK_UPGRADED);
    link_case_feed(&c, (struct hf_link_input){ .kind = HF_LINK_CHALLENGED, .generation = 1 });
    CHECK_EQ(c.close.code, 1008);
    CHECK_TEXT(c.close.reason, "connect challenge missing nonce");
    link_case_close(&c, 1008, "");
    link_case_run(&c, 999);
    CHECK_EQ(c.dials, 1);
    link_case_run(&c, 1000);
    CHECK_EQ(c.dials, 2);
    CHECK_EQ(c.errors, 1);
}

/* client-lifecycle 6, 7, 8, 11: each phase has its own limit, exact to the instant. */
static void every_phase_of_an_attempt_times_out(void)
{
    static const struct {
        int steps;
        unsigned code; /* 0: the socket is reset */
        const char *reason;
    } rows[] = {
        { 0, 0, "" },
        { 1, 1008, "connect challenge timeout" },
        { 2, 4000, "connect timeout" },
        { 3, 4000, "connect timeout" },
    };
    static const enum hf_link_input_kind steps[] = { HF_LINK_UPGRADED, HF_LINK_CHALLENGED,
                                                     HF_LINK_PLANNED };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct link_case c;
        start(&c);
        for (int n = 0; n < rows[i].steps; n++) link_case_say(&c, steps[n]);
        link_case_run(&c, 14999);
        CHECK_EQ_AT(i, c.closes + c.aborts, 0);
        link_case_run(&c, 15000);
        CHECK_EQ_AT(i, c.closes, rows[i].code != 0);
        CHECK_EQ_AT(i, c.close.code, rows[i].code);
        CHECK_TEXT_AT(i, c.close.reason, rows[i].reason);
        /* A peer that does not answer the close is reset after the grace. */
        link_case_run(&c, 16000);
        CHECK_EQ_AT(i, c.aborts, 1);
        CHECK_EQ_AT(i, c.errors, 1);
        CHECK_EQ_AT(i, c.closed, rows[i].code != 0);
        CHECK_EQ_AT(i, c.link.socket == 0 || c.dials == 2, true);
    }
}

/* client-lifecycle 12 */
static void a_second_challenge_plans_nothing(void)
{
    struct link_case c;
    start(&c);
    link_case_ask(&c);
    link_case_say(&c, HF_LINK_CHALLENGED);
    CHECK_EQ(c.plans, 1);
    CHECK_EQ(c.link.state, HF_LINK_AWAIT_HELLO);
}

/* client-lifecycle 23 */
static void a_kick_tries_at_once_but_not_twice_in_a_quarter_second(void)
{
    struct link_case c;
    start(&c);
    c.link.backoff.failures = 5;
    link_case_say(&c, HF_LINK_DIAL_FAILED); /* waits 30 s */
    link_case_run(&c, 251);
    link_case_say(&c, HF_LINK_KICK);
    CHECK_EQ(c.dials, 2);
    CHECK_EQ(c.link.backoff.failures, 6);
    link_case_say(&c, HF_LINK_DIAL_FAILED);
    link_case_run(&c, 351);
    link_case_say(&c, HF_LINK_KICK);
    link_case_run(&c, 500);
    CHECK_EQ(c.dials, 2);
    link_case_run(&c, 501);
    CHECK_EQ(c.dials, 3);
}

/* client-lifecycle 31 */
static void the_first_clean_close_before_a_hello_is_silent(void)
{
    struct link_case c;
    start(&c);
    link_case_ask(&c);
    link_case_close(&c, 1000, "");
    CHECK_EQ(c.errors + c.closed, 0);
    link_case_run(&c, 1000);
    link_case_ask(&c);
    link_case_close(&c, 1000, "");
    CHECK_EQ(c.errors, 1);
    CHECK_EQ(c.closed, 1);
}

/* client-lifecycle 37: stop with an answer, and with a silent peer. */
static void stop_closes_gently_and_resets_a_silent_peer(void)
{
    struct link_case c;
    start(&c);
    link_case_ready(&c);
    link_case_say(&c, HF_LINK_STOP);
    CHECK_EQ(c.close.code, 1000);
    CHECK_EQ(c.flushes, 1);
    link_case_close(&c, 1000, "");
    CHECK_EQ(c.link.state, HF_LINK_IDLE);
    CHECK_EQ(c.aborts, 0);
    CHECK_EQ(c.closed, 1);
    link_case_say(&c, HF_LINK_START);
    link_case_ready(&c);
    link_case_say(&c, HF_LINK_STOP);
    link_case_run(&c, 249);
    CHECK_EQ(c.aborts, 0);
    link_case_run(&c, 250);
    CHECK_EQ(c.aborts, 1);
    CHECK_EQ(c.link.state, HF_LINK_IDLE);
}

/* client-lifecycle 38: three stops, one close frame. */
static void stopping_again_changes_nothing(void)
{
    struct link_case c;
    start(&c);
    link_case_ready(&c);
    for (int i = 0; i < 3; i++) link_case_say(&c, HF_LINK_STOP);
    CHECK_EQ(c.closes, 1);
    CHECK_EQ(c.flushes, 1);
}

/* client-lifecycle 10.3: told once, then closed. */
static void stop_during_the_login_tells_one_error(void)
{
    struct link_case c;
    start(&c);
    link_case_ask(&c);
    link_case_say(&c, HF_LINK_STOP);
    CHECK_EQ(c.errors, 1);
    CHECK_EQ(c.todo.cause, HF_LINK_CAUSE_STOPPED);
    link_case_close(&c, 1000, "");
    CHECK_EQ(c.errors, 1);
    CHECK_EQ(c.closed, 1);
}

/* client-lifecycle 60, 63, 65: from every state, with a reset and never a close. */
static void dispose_resets_and_is_final(void)
{
    static const enum hf_link_input_kind steps[] = { HF_LINK_START,      HF_LINK_UPGRADED,
                                                     HF_LINK_CHALLENGED, HF_LINK_PLANNED,
                                                     HF_LINK_HELLO,      HF_LINK_STOP };
    for (size_t n = 0; n <= HF_COUNT(steps); n++) {
        struct link_case c;
        init(&c);
        for (size_t i = 0; i < n; i++) link_case_say(&c, steps[i]);
        size_t closes = c.closes, statuses = c.statuses;
        CHECK_EQ_AT(n, link_case_say(&c, HF_LINK_DISPOSE), 0);
        CHECK_EQ_AT(n, c.aborts, n > 0);
        CHECK_EQ_AT(n, c.closes, closes);
        CHECK_EQ_AT(n, c.statuses, statuses);
        CHECK_EQ_AT(n, link_case_say(&c, HF_LINK_DISPOSE), HF_ERR_CLOSED);
        CHECK_EQ_AT(n, link_case_say(&c, HF_LINK_START), HF_ERR_CLOSED);
        CHECK_EQ_AT(n, c.todo.acts, 0);
    }
}

/* client-lifecycle 67, 68 */
static void start_during_the_wait_takes_the_timer_over(void)
{
    struct link_case c;
    start(&c);
    link_case_say(&c, HF_LINK_DIAL_FAILED);
    link_case_run(&c, 400);
    CHECK_EQ(link_case_say(&c, HF_LINK_START), 0);
    CHECK_EQ(link_case_say(&c, HF_LINK_START), HF_ERR_STATE);
    link_case_run(&c, 2000); /* past the old timer */
    CHECK_EQ(c.dials, 2);
    link_case_say(&c, HF_LINK_DIAL_FAILED);
    link_case_run(&c, 3999);
    CHECK_EQ(c.dials, 2);
    link_case_run(&c, 4000);
    CHECK_EQ(c.dials, 3);
}

/* client-lifecycle 69, 70; startup-retry 26: an older socket says anything. */
static void a_stale_socket_changes_nothing_but_a_counter(void)
{
    struct link_case c;
    start(&c);
    link_case_say(&c, HF_LINK_DIAL_FAILED);
    link_case_run(&c, 1000);
    link_case_ready(&c);
    for (int kind = HF_LINK_DIAL_FAILED; kind <= HF_LINK_GONE; kind++) {
        struct hf_link before = c.link;
        link_case_feed(
            &c, (struct hf_link_input){ .kind = (enum hf_link_input_kind)kind, .generation = 1 });
        CHECK_EQ_AT(kind, c.todo.acts, 0);
        CHECK_EQ_AT(kind, c.link.stale_count, before.stale_count + 1);
        before.stale_count = c.link.stale_count;
        CHECK_AT(kind, memcmp(&before, &c.link, sizeof before) == 0);
    }
}

/* client-lifecycle 71, 72 and T24, T25: the hooks. */
static void a_hook_that_says_no_opens_no_socket(void)
{
    struct link_case c;
    struct hf_link_limits limits = link_case_limits();
    limits.asks_before_reconnect = true;
    link_case_init(&c, &limits);
    link_case_say(&c, HF_LINK_START);
    CHECK_EQ(c.asked, 0);
    link_case_say(&c, HF_LINK_DIAL_FAILED);
    link_case_run(&c, 1000);
    CHECK_EQ(c.link.state, HF_LINK_REAUTH);
    uint64_t asked_for = c.link.generation;
    link_case_feed(&c, (struct hf_link_input){ .kind = HF_LINK_ALLOWED, .generation = asked_for });
    link_case_ready(&c);
    link_case_feed(&c, (struct hf_link_input){ .kind = HF_LINK_REJECTED, .generation = asked_for });
    CHECK_EQ(c.link.state, HF_LINK_READY); /* a late answer */
    link_case_say(&c, HF_LINK_GONE);
    link_case_run(&c, 2000);
    link_case_feed(
        &c, (struct hf_link_input){ .kind = HF_LINK_REJECTED, .generation = c.link.generation });
    CHECK_EQ(c.link.state, HF_LINK_PAUSED);
    CHECK_EQ(c.dials, 2);
}

/* client-lifecycle 72: nothing is planned, and the socket is reset. */
static void a_denied_handshake_is_reset(void)
{
    struct hf_link_limits limits = link_case_limits();
    struct link_case c;
    limits.asks_before_login = true;
    link_case_init(&c, &limits);
    link_case_say(&c, HF_LINK_START);
    link_case_say(&c, HF_LINK_UPGRADED);
    link_case_say(&c, HF_LINK_CHALLENGED);
    CHECK_EQ(c.asked_login, 1);
    link_case_feed(&c, (struct hf_link_input){ .kind = HF_LINK_REJECTED, .generation = 7 });
    CHECK_EQ(c.aborts, 0); /* the answer to another question */
    link_case_feed(&c, (struct hf_link_input){ .kind = HF_LINK_REJECTED, .generation = 1 });
    CHECK_EQ(c.aborts, 1);
    CHECK_EQ(c.closes + c.plans, 0);
    CHECK_EQ(c.link.pause, HF_LINK_PAUSE_DENIED);
    CHECK_EQ(hf_link_status(&c.link), HF_LINK_IS_FAILED);
}

static void an_allowed_handshake_is_planned_once(void)
{
    struct hf_link_limits limits = link_case_limits();
    struct link_case c;
    limits.asks_before_login = true;
    link_case_init(&c, &limits);
    link_case_say(&c, HF_LINK_START);
    link_case_say(&c, HF_LINK_UPGRADED);
    link_case_say(&c, HF_LINK_CHALLENGED);
    for (int i = 0; i < 2; i++)
        link_case_feed(&c, (struct hf_link_input){ .kind = HF_LINK_ALLOWED, .generation = 1 });
    CHECK_EQ(c.plans, 1);
}

/* client-lifecycle 72, second half: a hook that never answers. */
static void a_silent_hook_is_waited_for_until_the_connect_timeout(void)
{
    struct hf_link_limits limits = link_case_limits();
    struct link_case c;
    limits.asks_before_login = true;
    link_case_init(&c, &limits);
    link_case_say(&c, HF_LINK_START);
    link_case_say(&c, HF_LINK_UPGRADED);
    link_case_say(&c, HF_LINK_CHALLENGED);
    link_case_run(&c, 14999);
    CHECK_EQ(c.closes, 0);
    link_case_run(&c, 15000);
    CHECK_TEXT(c.close.reason, "connect timeout");
    link_case_feed(&c, (struct hf_link_input){ .kind = HF_LINK_ALLOWED, .generation = 1 });
    CHECK_EQ(c.plans, 0);
}

/* client-lifecycle 73: everything at one instant. */
static void a_close_a_timeout_and_a_stop_at_once_end_idle(void)
{
    struct link_case c;
    start(&c);
    link_case_ready(&c);
    link_case_run(&c, 89999);
    c.ms = 90000;
    link_case_say(&c, HF_LINK_TIME); /* the tick watchdog closes */
    CHECK_EQ(c.close.code, 4000);
    link_case_feed(&c, (struct hf_link_input){ .kind = HF_LINK_PEER_CLOSED,
                                               .generation = 1,
                                               .u.close = { 1012, HF_LIT("service restart") } });
    link_case_say(&c, HF_LINK_STOP);
    link_case_say(&c, HF_LINK_GONE);
    CHECK_EQ(c.link.state, HF_LINK_IDLE);
    CHECK_EQ(c.closed, 1);
    CHECK_EQ(c.flushes, 1);
}

/* client-lifecycle 74: any order of anything keeps the invariants (link_case_check). */
static void random_inputs_never_break_an_invariant(void)
{
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct link_case c;
        struct hf_rng dice;
        start(&c);
        hf_rng_init_number(&dice, seed);
        for (int step = 0; step < 60 && c.dials < LINK_DIALS_MAX; step++) {
            enum hf_link_input_kind kind =
                (enum hf_link_input_kind)hf_rng_below(&dice, HF_LINK_GONE + 1);
            if (kind == HF_LINK_DISPOSE && hf_rng_below(&dice, 8) > 0) continue;
            if (hf_rng_below(&dice, 4) == 0)
                link_case_run(&c, c.ms + (int64_t)hf_rng_below(&dice, 2000));
            c.log[0] = '\0';
            link_case_say(&c, kind);
            CHECK_AT(seed, c.closed <= c.dials);
            CHECK_AT(seed, c.readies <= c.plans);
        }
    }
}

/* client-lifecycle 74: a stop and a start at once, and a server that does anything in any
 * order: the invariants hold (link_case_check), and it comes back. */
static void a_stop_and_a_start_meet_whatever_the_server_does(void)
{
    for (uint64_t seed = 0; seed < 10000; seed++) {
        struct link_case c;
        struct hf_rng dice;
        start(&c);
        hf_rng_init_number(&dice, seed);
        for (uint64_t n = hf_rng_below(&dice, 6); n > 0; n--) {
            static const enum hf_link_input_kind steps[] = { HF_LINK_UPGRADED, HF_LINK_CHALLENGED,
                                                             HF_LINK_PLANNED, HF_LINK_HELLO };
            link_case_say(&c, steps[hf_rng_below(&dice, HF_COUNT(steps))]);
        }
        link_case_say(&c, HF_LINK_STOP);
        link_case_say(&c, HF_LINK_START);
        for (uint64_t n = hf_rng_below(&dice, 8); n > 0; n--) {
            uint64_t kinds = HF_LINK_GONE - HF_LINK_DIAL_FAILED + 1;
            c.log[0] = '\0';
            link_case_say(
                &c, (enum hf_link_input_kind)(HF_LINK_DIAL_FAILED + hf_rng_below(&dice, kinds)));
            if (hf_rng_below(&dice, 3) == 0) link_case_run(&c, c.ms + 300);
        }
        link_case_run(&c, c.ms + 2000);
        link_case_say(&c, HF_LINK_RESUME);
        link_case_say(&c, HF_LINK_START);
        CHECK_AT(seed, hf_link_status(&c.link) == HF_LINK_IS_CONNECTING ||
                           hf_link_status(&c.link) == HF_LINK_IS_CONNECTED);
        CHECK_AT(seed, c.closed <= c.dials);
    }
}

/* client-lifecycle 85 */
static void close_codes_have_short_names(void)
{
    static const struct {
        unsigned code;
        const char *name;
    } rows[] = {
        { 1000, "normal closure" },
        { 1001, "going away" },
        { 1006, "abnormal closure without a close frame" },
        { 1008, "policy violation" },
        { 1009, "message too big" },
        { 1011, "internal error" },
        { 1012, "service restart" },
        { 1013, "try again later" },
        { 4000, "connection timed out" },
        { 4001, "operator access no longer active" },
        { 3999, "" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_TEXT_AT(i, hf_bytes_cstr(hf_link_code_name(rows[i].code)), rows[i].name);
}

CHECK_MAIN(a_login_passes_through_every_state_once, nothing_is_planned_before_the_challenge,
           a_plan_that_fails_pauses_after_closing,
           a_challenge_without_a_nonce_is_closed_and_tried_again,
           every_phase_of_an_attempt_times_out, a_second_challenge_plans_nothing,
           a_kick_tries_at_once_but_not_twice_in_a_quarter_second,
           the_first_clean_close_before_a_hello_is_silent,
           stop_closes_gently_and_resets_a_silent_peer, stopping_again_changes_nothing,
           stop_during_the_login_tells_one_error, dispose_resets_and_is_final,
           start_during_the_wait_takes_the_timer_over, a_stale_socket_changes_nothing_but_a_counter,
           a_hook_that_says_no_opens_no_socket, a_denied_handshake_is_reset,
           an_allowed_handshake_is_planned_once,
           a_silent_hook_is_waited_for_until_the_connect_timeout,
           a_close_a_timeout_and_a_stop_at_once_end_idle, random_inputs_never_break_an_invariant,
           a_stop_and_a_start_meet_whatever_the_server_does, close_codes_have_short_names)
