/* How the client engine notices a dead server, byte by byte: what requests do to the
 * watchdog, and which frames are a sign of life (spec/client-lifecycle.md section 11). */
#include "lib/seat.h"

#define HELLO(methods, tick)                                                                            \
    "\"ok\":true,\"payload\":{\"type\":\"hello-ok\",\"protocol\":4,\"features\":{\"methods\":[" methods \
    "]},\"policy\":{\"tickIntervalMs\":" tick "}}"

static void start(struct seat *s, const char *hello, hf_span ping_every)
{
    struct hf_client_config config = seat_config_of();
    config.link.watch.ping_every = ping_every;
    seat_init(s, &config);
    seat_login(s, hello);
    CHECK_EQ(seat_count(s, HF_CLIENT_IS_READY), 1);
}

static void call(struct seat *s, uint64_t tag, hf_span within)
{
    struct hf_client_call one = { .method = HF_LIT("m"), .tag = tag, .within = within };
    CHECK_EQ(hf_client_call(s->client, s->now, &one), 0);
    seat_act(s);
}

static enum hf_link_state state(const struct seat *s)
{
    return hf_client_link(s->client)->state;
}

static int64_t now_ms(const struct seat *s)
{
    return hf_span_ms(s->now.mono.ns);
}

static size_t beats(struct seat *s)
{
    size_t count = 0;
    seat_read_sent(s);
    for (const char *at = s->methods; (at = strstr(at, "health")) != NULL; at++) count++;
    return count;
}

/* client-lifecycle 51: one request that is awaited for a minute keeps the watchdog quiet,
 * one without a deadline wakes it. */
static void a_deadline_is_the_better_watchdog(void)
{
    struct seat s;
    start(&s, HELLO("", "1000"), 0);
    int64_t from = now_ms(&s);
    call(&s, 1, HF_SECONDS(60));
    seat_run(&s, from + 59000);
    CHECK_EQ(state(&s), HF_LINK_READY);
    call(&s, 2, HF_SPAN_MAX);
    seat_run(&s, from + 60000);
    CHECK_TEXT(hf_client_failure(s.client).text, "tick timeout");
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 2);
    seat_fini(&s);
}

/* client-lifecycle 52: our own heartbeat is no such request. */
static void a_heartbeat_under_way_keeps_the_watchdog_awake(void)
{
    struct seat s;
    start(&s, HELLO("\"health\"", "40000"), 0);
    int64_t from = now_ms(&s);
    seat_run(&s, from + 60000);
    CHECK_EQ(beats(&s), 1); /* it waits for its answer */
    CHECK(!hf_client_link(s.client)->tick_rests);
    seat_run(&s, from + 119999);
    CHECK_EQ(state(&s), HF_LINK_READY);
    seat_run(&s, from + 120000); /* the first look behind two ticks */
    CHECK_TEXT(hf_client_failure(s.client).text, "tick timeout");
    seat_fini(&s);
}

/* client-lifecycle 56: twice in silence ends it; one frame in between does not. */
static void two_heartbeats_in_silence_end_it(void)
{
    for (int hears_something = 0; hears_something < 2; hears_something++) {
        struct seat s;
        start(&s, HELLO("\"health\"", "600000"), 0);
        int64_t from = now_ms(&s);
        seat_run(&s, from + 72000);
        CHECK_EQ(beats(&s), 1);
        seat_run(&s, from + 100000);
        if (hears_something) seat_give_text(&s, "{\"type\":\"event\",\"event\":\"e\"}");
        seat_run(&s, from + 143999);
        CHECK_EQ(state(&s), HF_LINK_READY);
        seat_run(&s, from + 144000);
        CHECK_EQ(state(&s), hears_something ? HF_LINK_READY : HF_LINK_CLOSING);
        CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 0);
        seat_fini(&s);
    }
}

/* client-lifecycle 55, 11.4: which errors turn the heartbeat off, and that all are life. */
static void an_error_answers_a_heartbeat(void)
{
    static const struct {
        const char *code;
        bool is_off;
    } rows[] = { { "INVALID_REQUEST", true }, { "FORBIDDEN", true }, { "UNAVAILABLE", false } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_client_diagnostics d;
        char text[256];
        struct seat s;
        start(&s, HELLO("\"health\"", "600000"), 0);
        int64_t from = now_ms(&s);
        seat_run(&s, from + 60000);
        snprintf(text, sizeof text, "\"ok\":false,\"error\":{\"code\":\"%s\",\"message\":\"no\"}",
                 rows[i].code);
        seat_answer(&s, text);
        hf_client_diagnose(s.client, s.now, &d);
        CHECK_EQ_AT(i, d.beat_off_reason != NULL, rows[i].is_off);
        seat_run(&s, from + 120000);
        CHECK_EQ_AT(i, beats(&s), rows[i].is_off ? 1 : 2);
        CHECK_EQ_AT(i, state(&s), HF_LINK_READY);
        seat_fini(&s);
    }
}

/* client-lifecycle 83: a day with ticks alone; and with a `health` that is offered and never
 * answered, as long as any frame comes within the interval. */
static void a_day_of_ticks_is_no_reason_to_leave(void)
{
    for (int offers_health = 0; offers_health < 2; offers_health++) {
        struct seat s;
        start(&s, offers_health ? HELLO("\"health\"", "30000") : HELLO("\"x\"", "30000"), 0);
        int64_t from = now_ms(&s);
        for (int64_t ms = 0; ms < 86400000; ms += offers_health ? 59000 : 30000) {
            seat_run(&s, from + ms);
            s.news_len = 0;
            s.log[0] = '\0';
            seat_give_text(&s, "{\"type\":\"event\",\"event\":\"tick\",\"payload\":{\"ts\":1}}");
        }
        CHECK_EQ(s.dials, 1);
        CHECK_EQ(state(&s), HF_LINK_READY);
        CHECK_EQ(beats(&s), 0);
        seat_fini(&s);
    }
}

/* client-lifecycle 58: ten minutes of sleep close nothing; a probe decides. */
static void a_host_that_slept_asks_before_it_leaves(void)
{
    for (int is_answered = 0; is_answered < 2; is_answered++) {
        struct seat s;
        start(&s, HELLO("\"health\"", "30000"), HF_MS(30000));
        s.now.mono = hf_time_after(s.now.mono, HF_SECONDS(600));
        int64_t woke = now_ms(&s);
        seat_say(&s, HF_CLIENT_WOKE);
        hf_client_run_due(s.client, s.now);
        seat_act(&s);
        CHECK_EQ(state(&s), HF_LINK_READY);
        CHECK(!hf_time_same(hf_client_link(s.client)->watch.ping_written_at, HF_NEVER));
        if (is_answered) seat_give_frame(&s, HF_WS_OP_PONG, HF_EMPTY);
        seat_run(&s, woke + 25000);
        CHECK_EQ(state(&s), is_answered ? HF_LINK_READY : HF_LINK_CLOSING);
        if (is_answered) CHECK_EQ(hf_client_rtt_ms(s.client), 0);
        seat_fini(&s);
    }
}

/* Nothing is wanted of a connection whose owner is behind; a close still is. */
static void a_client_that_is_held_wants_no_input_and_is_not_closed(void)
{
    struct seat s;
    start(&s, HELLO("", "1000"), HF_MS(1000));
    CHECK(hf_client_wants_input(s.client));
    hf_client_hold_input(s.client, s.now, true);
    CHECK(!hf_client_wants_input(s.client));
    seat_run(&s, now_ms(&s) + 600000);
    CHECK_EQ(state(&s), HF_LINK_READY);
    hf_client_hold_input(s.client, s.now, false);
    CHECK(hf_client_wants_input(s.client));
    seat_run(&s, now_ms(&s) + 2000);
    CHECK_EQ(state(&s), HF_LINK_READY);
    hf_client_hold_input(s.client, s.now, true);
    seat_say(&s, HF_CLIENT_STOP);
    CHECK(hf_client_wants_input(s.client)); /* the answer to its close */
    seat_fini(&s);
}

/* client-lifecycle 59, the engine's half: a ping among frames whose owner is slow is
 * answered in the same turn, before the news are taken. */
static void a_pong_does_not_wait_for_the_owner(void)
{
    struct hf_buf frames;
    struct seat s;
    start(&s, HELLO("", "30000"), 0);
    seat_read_sent(&s);
    hf_buf_init(&frames, SEAT_TEXT_MAX);
    hf_ws_frame_write(&frames, HF_WS_OP_PING, HF_LIT("1"), NULL);
    hf_ws_frame_write(&frames, HF_WS_OP_TEXT, HF_LIT("{\"type\":\"event\",\"event\":\"e\"}"), NULL);
    struct hf_client_event event = { .kind = HF_CLIENT_INPUT, .socket = s.socket };
    event.u.input.data = frames.ptr;
    event.u.input.len = frames.len;
    CHECK_EQ(hf_client_step(s.client, s.now, &event), frames.len);
    seat_write(&s, SIZE_MAX); /* nobody has taken the event yet */
    seat_read_sent(&s);
    CHECK_EQ(s.pongs, 1);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_EVENT), 0);
    hf_buf_fini(&frames);
    seat_fini(&s);
}

CHECK_MAIN(a_deadline_is_the_better_watchdog, a_heartbeat_under_way_keeps_the_watchdog_awake,
           two_heartbeats_in_silence_end_it, an_error_answers_a_heartbeat,
           a_day_of_ticks_is_no_reason_to_leave, a_host_that_slept_asks_before_it_leaves,
           a_client_that_is_held_wants_no_input_and_is_not_closed,
           a_pong_does_not_wait_for_the_owner)
