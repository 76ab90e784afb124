/* How a link notices a dead server: scenarios 50 to 58 and 82 of
 * spec/client-lifecycle.md section 17. */
#include "lib/link_case.h"

static void ready(struct link_case *c, hf_span tick_every, bool has_beat)
{
    struct hf_link_limits limits = link_case_limits();
    link_case_init(c, &limits);
    link_case_say(c, HF_LINK_START);
    link_case_ask(c);
    link_case_feed(c, (struct hf_link_input){ .kind = HF_LINK_HELLO,
                                              .generation = 1,
                                              .u.hello = { tick_every, has_beat } });
}

/* Each ping is written and answered at once. */
static void run_with_pongs(struct link_case *c, int64_t until_ms)
{
    while (c->ms < until_ms) {
        link_case_run(c, c->ms + 100);
        if (c->pings == 0) continue;
        c->pings = 0;
        link_case_say(c, HF_LINK_PING_WRITTEN);
        link_case_say(c, HF_LINK_PONG);
    }
}

/* client-lifecycle 50, 57: found between two and three ticks, gone one grace later. */
static void silence_is_found_between_two_and_three_ticks(void)
{
    struct link_case c;
    ready(&c, HF_MS(1000), false);
    link_case_run(&c, 2999);
    CHECK_EQ(c.closes, 0);
    link_case_run(&c, 3000);
    CHECK_EQ(c.close.code, 4000);
    CHECK_TEXT(c.close.reason, "tick timeout");
    CHECK_EQ(c.flushes, 1);
    link_case_run(&c, 4000);
    CHECK_EQ(c.aborts, 1);
    CHECK_EQ(c.flushes, 1);
    ready(&c, HF_MS(1000), false);
    for (int i = 1; i < 100; i++) {
        link_case_run(&c, i * 1900);
        link_case_say(&c, HF_LINK_FRAME);
    }
    CHECK_EQ(c.closes, 0);
}

/* client-lifecycle 51, 52 */
static void the_watchdog_rests_while_requests_have_deadlines(void)
{
    struct link_case c;
    ready(&c, HF_MS(1000), false);
    hf_link_rest_tick(&c.link, true);
    run_with_pongs(&c, 59000);
    CHECK_EQ(c.closes, 0);
    hf_link_rest_tick(&c.link, false);
    link_case_run(&c, 60000);
    CHECK_EQ(c.closes, 1);
}

/* client-lifecycle 53: control frames are no ticks. */
static void pings_do_not_feed_the_tick_watchdog(void)
{
    struct link_case c;
    ready(&c, HF_MS(1000), false);
    for (int i = 1; i < 30; i++) {
        link_case_run(&c, i * 100);
        link_case_say(&c, HF_LINK_BYTES);
    }
    CHECK_EQ(c.closes, 0);
    link_case_run(&c, 3000);
    CHECK_EQ(c.closes, 1);
}

/* client-lifecycle 11.2: both sides of the pong window; any byte opens it anew. */
static void a_pong_has_25_seconds(void)
{
    struct link_case c;
    ready(&c, HF_MS(600000), false);
    link_case_run(&c, 29999);
    CHECK_EQ(c.pings, 0);
    link_case_run(&c, 30000);
    CHECK_EQ(c.pings, 1);
    link_case_say(&c, HF_LINK_PING_WRITTEN);
    link_case_run(&c, 40000);
    link_case_say(&c, HF_LINK_BYTES);
    link_case_run(&c, 64999);
    CHECK_EQ(c.closes, 0);
    link_case_run(&c, 65000);
    CHECK_TEXT(c.close.reason, "ping timeout");
}

static void a_pong_gives_the_round_trip(void)
{
    struct link_case c;
    ready(&c, HF_MS(600000), false);
    link_case_run(&c, 30000);
    link_case_say(&c, HF_LINK_PING_WRITTEN);
    link_case_run(&c, 30042);
    link_case_say(&c, HF_LINK_PONG);
    CHECK_EQ(hf_span_ms(c.todo.rtt), 42);
    link_case_say(&c, HF_LINK_PONG); /* nobody asked */
    CHECK(!c.todo.has_rtt);
    link_case_run(&c, 60041);
    CHECK_EQ(c.pings, 1);
    link_case_run(&c, 60042);
    CHECK_EQ(c.pings, 2);
}

/* A day of ticks that come `every`, and of answered pings: no heartbeat, nothing ends. */
static void spend_a_day(bool has_method, int64_t every_ms)
{
    struct link_case c;
    ready(&c, HF_MS(30000), has_method);
    for (int64_t ms = 0; ms < 86400000; ms += every_ms) {
        link_case_run(&c, ms);
        link_case_say(&c, HF_LINK_FRAME);
        if (hf_time_same(c.link.watch.ping_at, HF_NEVER)) {
            link_case_say(&c, HF_LINK_PING_WRITTEN);
            link_case_say(&c, HF_LINK_PONG);
        }
    }
    CHECK_EQ(c.beats, 0);
    CHECK_EQ(c.dials, 1);
    CHECK_EQ(c.closes, 0);
}

/* client-lifecycle 54, 83: no method to probe with, ticks flow, a day long. */
static void without_a_method_there_is_no_heartbeat(void)
{
    spend_a_day(false, 25000);
}

/* client-lifecycle 83, second half: one that is offered and would never be answered, but
 * something comes within each interval, a day long. */
static void a_method_that_is_never_answered_is_not_asked_while_ticks_flow(void)
{
    spend_a_day(true, 30000);
}

/* client-lifecycle 55: an error is life, and the method is not asked again. */
static void an_unknown_heartbeat_method_is_life(void)
{
    struct link_case c;
    ready(&c, HF_MS(600000), true);
    run_with_pongs(&c, 60000);
    CHECK_EQ(c.beats, 1);
    link_case_feed(&c, (struct hf_link_input){ .kind = HF_LINK_BEAT_ANSWERED,
                                               .generation = 1,
                                               .u.is_unsupported = true });
    run_with_pongs(&c, 500000);
    CHECK_EQ(c.beats, 1);
    CHECK_EQ(c.closes, 0);
}

/* client-lifecycle 56 */
static void two_unanswered_heartbeats_close(void)
{
    struct link_case c;
    struct hf_link_limits limits = link_case_limits();
    limits.watch.ping_every = 0;
    for (int hears_something = 0; hears_something < 2; hears_something++) {
        link_case_init(&c, &limits);
        link_case_say(&c, HF_LINK_START);
        link_case_ask(&c);
        link_case_feed(&c, (struct hf_link_input){ .kind = HF_LINK_HELLO,
                                                   .generation = 1,
                                                   .u.hello = { HF_MS(600000), true } });
        link_case_run(&c, 72000); /* the first deadline */
        CHECK_EQ(c.beats, 1);
        link_case_run(&c, 100000);
        if (hears_something) link_case_say(&c, HF_LINK_FRAME);
        link_case_run(&c, 143999);
        CHECK_EQ(c.closes, 0);
        link_case_run(&c, 144000);
        CHECK_EQ(c.closes, !hears_something);
        if (!hears_something) CHECK_TEXT(c.close.reason, "heartbeat timeout");
    }
}

/* client-lifecycle 58 */
static void a_host_that_slept_probes_before_it_judges(void)
{
    struct link_case c;
    ready(&c, HF_MS(30000), false);
    c.ms = 600000; /* nothing ran meanwhile */
    link_case_say(&c, HF_LINK_WOKE);
    link_case_say(&c, HF_LINK_TIME);
    CHECK_EQ(c.closes, 0);
    CHECK_EQ(c.pings, 1);
    link_case_say(&c, HF_LINK_PING_WRITTEN);
    link_case_run(&c, 625000);
    CHECK_TEXT(c.close.reason, "ping timeout");
}

/* A client whose owner is behind does not read: no layer judges a silence of its own
 * making, and every window begins anew with a probe (11.4 of the page). */
static void a_link_that_is_held_judges_nobody(void)
{
    struct link_case c;
    ready(&c, HF_MS(1000), true);
    hf_link_hold(&c.link, (hf_time){ HF_MS(500) }, true);
    link_case_run(&c, 600000);
    CHECK_EQ(c.closes, 0);
    CHECK_EQ(c.pings + c.beats, 0);
    CHECK(hf_time_same(hf_link_due(&c.link), HF_NEVER));
    hf_link_hold(&c.link, (hf_time){ HF_MS(600000) }, false);
    link_case_run(&c, 602000);
    CHECK_EQ(c.pings, 1);
    CHECK_EQ(c.closes, 0);
    link_case_run(&c, 603000);
    CHECK_TEXT(c.close.reason, "tick timeout");
}

/* client-lifecycle 82: one of each, and quiet afterwards. */
static void a_forced_end_is_told_once_and_retried_once(void)
{
    struct link_case c;
    ready(&c, HF_MS(1000), false);
    size_t statuses = c.statuses;
    link_case_run(&c, 3000);
    link_case_say(&c, HF_LINK_GONE);
    CHECK_EQ(c.closed, 1);
    CHECK_EQ(c.statuses, statuses + 1);
    CHECK_EQ(c.retries, 1);
    CHECK_EQ(c.flushes, 1);
    CHECK(hf_time_same(hf_link_due(&c.link), hf_at_ms(4000)));
    CHECK_EQ(c.pings + c.beats, 0);
}

/* An interval of 0 is no heartbeat, not one after the other. */
static void an_interval_of_zero_turns_heartbeats_off(void)
{
    struct link_case c;
    struct hf_link_limits limits = link_case_limits();
    limits.watch.beat_every = 0;
    link_case_init(&c, &limits);
    link_case_say(&c, HF_LINK_START);
    link_case_ask(&c);
    link_case_feed(&c, (struct hf_link_input){ .kind = HF_LINK_HELLO,
                                               .generation = 1,
                                               .u.hello = { HF_MS(1000), true } });
    link_case_run(&c, 1500);
    link_case_say(&c, HF_LINK_FRAME);
    link_case_run(&c, 2500);
    CHECK_EQ(c.beats, 0);
}

CHECK_MAIN(silence_is_found_between_two_and_three_ticks,
           the_watchdog_rests_while_requests_have_deadlines, pings_do_not_feed_the_tick_watchdog,
           a_pong_has_25_seconds, a_pong_gives_the_round_trip,
           without_a_method_there_is_no_heartbeat,
           a_method_that_is_never_answered_is_not_asked_while_ticks_flow,
           an_unknown_heartbeat_method_is_life, two_unanswered_heartbeats_close,
           a_host_that_slept_probes_before_it_judges, a_link_that_is_held_judges_nobody,
           a_forced_end_is_told_once_and_retried_once, an_interval_of_zero_turns_heartbeats_off)
