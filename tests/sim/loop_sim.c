/* Scenarios of spec/pressure-backoff.md section 8 about our own loop, on a whole server;
 * tests/unit/pulse_test.c, heartbeat_test.c and work_test.c have those of the rooms. */
#include "engine/server_state.h"
#include "lib/log_watch.h"
#include "lib/peer.h"

#include <stdio.h>
#include <stdlib.h>

struct scene {
    struct world *w;
    struct log_watch watch;
    struct peer admin;
    hf_time started_at;
};

static void scene_start(struct scene *s, uint64_t seed, const char *watched)
{
    struct peer_config config = peer_operator();
    s->w = world_new(seed);
    s->started_at = s->w->now.mono;
    log_watch_start(&s->watch, s->w, watched);
    world_start(s->w);
    world_run(s->w, HF_MS(1), NULL);
    peer_login(&s->admin, s->w, &config);
}

static void scene_stop(struct scene *s)
{
    peer_fini(&s->admin);
    world_free(s->w);
}

static void run_to(struct scene *s, hf_span since_start)
{
    peer_run_world(&s->admin,
                   hf_time_since(hf_time_after(s->started_at, since_start), s->w->now.mono));
}

static struct hf_bytes ask(struct scene *s, const char *method, const char *params)
{
    bool ok;
    struct hf_bytes answer = peer_answer(&s->admin, peer_call(&s->admin, method, params), &ok);
    WORLD_CHECK(s->w, ok);
    return answer;
}

static struct hf_bytes event_loop(struct scene *s)
{
    return hf_json_find(ask(s, "health", NULL), "eventLoop");
}

static double number_of(struct hf_bytes object, const char *member)
{
    double number = -1;
    CHECK_EQ(hf_json_get_double(hf_json_find(object, member), &number), 0);
    return number;
}

/* pressure-backoff 34: a block of 1.2 s is told at once, here and in /readyz, which stays
 * 200; a quiet second later it is over. */
static void a_blocked_loop_is_told_and_stays_ready(void)
{
    struct scene s;
    struct hf_buf page;
    scene_start(&s, 1, "none");
    run_to(&s, HF_MS(5000));
    CHECK_TEXT(hf_json_find(event_loop(&s), "degraded"), "false");
    run_to(&s, HF_MS(5300));
    world_busy(s.w, HF_MS(1200), 0);
    struct hf_bytes loop = event_loop(&s);
    CHECK_TEXT(hf_json_find(loop, "degraded"), "true");
    CHECK_TEXT(hf_json_find(loop, "degradedSinceMs"), "0");
    CHECK_TEXT(hf_json_find(loop, "reasons"), "[\"event_loop_delay\"]");
    CHECK(number_of(loop, "delayMaxMs") >= 1200);
    CHECK_TEXT(hf_json_find(hf_json_find(ask(&s, "status", NULL), "eventLoop"), "degraded"),
               "true");

    int k = world_connect_loopback(s.w);
    hf_buf_init(&page, 4096);
    world_send(s.w, k, HF_LIT("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"));
    peer_run_world(&s.admin, 0);
    world_receive(s.w, k, &page);
    CHECK(hf_bytes_starts(hf_buf_view(&page), HF_LIT("HTTP/1.1 200 ")));
    CHECK(memmem(page.ptr, page.len, "\"degraded\":true", 15) != NULL);
    hf_buf_fini(&page);

    peer_run_world(&s.admin, HF_MS(1100));
    CHECK_TEXT(hf_json_find(event_loop(&s), "degraded"), "false");
    scene_stop(&s);
}

/* pressure-backoff 34, 35: a busy loop needs the co-evidence of a late turn; with it each
 * reason stands in its place. */
static void a_busy_loop_needs_evidence(void)
{
    static const struct {
        int64_t turn_ms, longest_ms, cpu_percent;
        const char *reasons;
    } rows[] = {
        { 22, 22, 0, "[]" },
        { 22, 24, 99, "[]" },
        { 22, 26, 0, "[\"event_loop_utilization\"]" },
        { 22, 26, 99, "[\"event_loop_utilization\",\"cpu\"]" },
        { 22, 1000, 99, "[\"event_loop_delay\",\"event_loop_utilization\",\"cpu\"]" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct scene s;
        hf_span busy = 0;
        scene_start(&s, 2, "none");
        run_to(&s, HF_MS(5000));
        event_loop(&s); /* a window ends here */
        while (busy < HF_MS(1000)) {
            hf_span turn = HF_MS(busy == 0 ? rows[i].longest_ms : rows[i].turn_ms);
            world_busy(s.w, turn, turn * rows[i].cpu_percent / 100);
            world_turn(s.w);
            busy += turn;
        }
        CHECK_TEXT_AT(i, hf_json_find(event_loop(&s), "reasons"), rows[i].reasons);
        scene_stop(&s);
    }
}

/* The loop is blocked shortly before each beat from `first` to `last`. */
static void degrade_beats(struct scene *s, int64_t first, int64_t last)
{
    for (int64_t beat = first; beat <= last; beat++) {
        run_to(s, HF_SECONDS(30) * beat - HF_MS(1300));
        world_busy(s->w, HF_MS(1200), 0);
        world_turn(s->w);
        run_to(s, HF_SECONDS(30) * beat + HF_MS(1));
    }
}

static size_t record_count(struct scene *s, const char *type)
{
    char params[96];
    snprintf(params, sizeof params, "{\"type\":\"%s\"}", type);
    return hf_json_count(hf_json_find(ask(s, "diagnostics.stability", params), "events"));
}

/* pressure-backoff 36: not in the first minute, then once in 120 s. */
static void a_starved_loop_is_warned_about_every_two_minutes(void)
{
    static const size_t warnings_by_beat[] = { 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3 };
    struct scene s;
    scene_start(&s, 3, "diagnostic.liveness_warned");
    for (int64_t beat = 1; beat < (int64_t)HF_COUNT(warnings_by_beat); beat++) {
        degrade_beats(&s, beat, beat);
        CHECK_EQ_AT(beat, s.watch.count, warnings_by_beat[beat]);
    }
    CHECK_EQ(s.watch.level, HF_LOG_DEBUG); /* nothing waits, and each lasted an instant */
    CHECK(log_watch_has(&s.watch, "delay_max_ms=1200"));
    CHECK_EQ(record_count(&s, "diagnostic.liveness.warning"), 3);
    CHECK_EQ(s.w->log_counts[HF_LOG_WARN], 0);
    scene_stop(&s);
}

/* pressure-backoff 36: the line is a warning when work waits, or after a minute. */
static void a_warning_is_loud_when_somebody_suffers(void)
{
    struct scene s;
    scene_start(&s, 4, "diagnostic.liveness_warned");
    CHECK_EQ(hf_work_set(&s.w->server->work, s.w->now.mono, HF_LIT("agent:main:main"),
                         HF_WORK_WAITING, 0, false),
             0);
    degrade_beats(&s, 2, 2);
    CHECK_EQ(s.watch.count, 1);
    CHECK_EQ(s.watch.level, HF_LOG_WARN);
    CHECK(log_watch_has(&s.watch, "waiting=1"));
    scene_stop(&s);

    scene_start(&s, 5, "diagnostic.liveness_warned");
    run_to(&s, HF_MS(28000));
    while (hf_time_since(s.w->now.mono, s.started_at) < HF_MS(89900)) {
        world_busy(s.w, HF_MS(1200), 0);
        world_turn(s.w);
        peer_run(&s.admin);
    }
    /* The first warning of this stretch was quiet; the next finds it a minute old. */
    CHECK_EQ(s.watch.count, 1);
    CHECK_EQ(s.watch.level, HF_LOG_DEBUG);
    while (hf_time_since(s.w->now.mono, s.started_at) < HF_MS(180100)) {
        world_busy(s.w, HF_MS(1200), 0);
        world_turn(s.w);
        peer_run(&s.admin);
    }
    CHECK_EQ(s.watch.count, 2);
    CHECK_EQ(s.watch.level, HF_LOG_WARN);
    scene_stop(&s);
}

/* pressure-backoff 38: a beat that comes late says so, once, and the next is on time. */
static void a_late_beat_says_so_once(void)
{
    static const struct {
        int64_t late_ms;
        size_t lines;
    } rows[] = { { 999, 0 }, { 1000, 1 }, { 1500, 1 } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct scene s;
        char text[32];
        scene_start(&s, 6, "heartbeat.delayed");
        run_to(&s, HF_MS(29000));
        world_freeze(s.w, HF_MS(1000 + rows[i].late_ms));
        run_to(&s, HF_SECONDS(95));
        CHECK_EQ_AT(i, s.watch.count, rows[i].lines);
        snprintf(text, sizeof text, "late_ms=%lld", (long long)rows[i].late_ms);
        if (rows[i].lines > 0) CHECK_AT(i, log_watch_has(&s.watch, text));
        if (rows[i].lines > 0) CHECK_EQ_AT(i, s.watch.level, HF_LOG_WARN);
        scene_stop(&s);
    }
}

/* pressure-backoff 42: open work makes one line and one record; a quiet beat makes none.
 * Nothing here reports work yet, so the test does what an agent's runner will do. */
static void a_beat_with_open_work_is_written_down(void)
{
    static const struct hf_bytes key = HF_LIT_INIT("agent:main:main");
    struct scene s;
    int64_t ts;
    scene_start(&s, 7, "diagnostic.heartbeat");
    run_to(&s, HF_SECONDS(31));
    CHECK_EQ(s.watch.count, 0);
    struct hf_work *work = &s.w->server->work;
    CHECK_EQ(hf_work_set(work, s.w->now.mono, key, HF_WORK_PROCESSING, 4, true), 0);
    run_to(&s, HF_SECONDS(61));
    CHECK_EQ(s.watch.count, 1);
    CHECK_EQ(s.watch.level, HF_LOG_DEBUG);
    CHECK(log_watch_has(&s.watch, "active=1 waiting=0 queued=3 webhooks=0"));

    struct hf_bytes answer =
        ask(&s, "diagnostics.stability", "{\"type\":\"diagnostic.heartbeat\"}");
    struct hf_bytes record = HF_EMPTY;
    struct hf_json_iter it = hf_json_iter(hf_json_find(answer, "events"));
    CHECK(hf_json_next(&it, &record));
    CHECK_EQ(hf_json_get_int(hf_json_find(record, "ts"), &ts), 0);
    CHECK_TEXT(hf_json_find(record, "active"), "1");
    CHECK_TEXT(hf_json_find(record, "waiting"), "0");
    CHECK_TEXT(hf_json_find(record, "queued"), "3");
    CHECK_TEXT(hf_json_find(record, "webhooks"), "0");

    /* Done at 61 s: the four beats of the next 120 s still say so, then it is quiet. */
    CHECK_EQ(hf_work_set(work, s.w->now.mono, key, HF_WORK_IDLE, 0, false), 0);
    run_to(&s, HF_SECONDS(181));
    CHECK_EQ(s.watch.count, 5);
    run_to(&s, HF_SECONDS(400));
    CHECK_EQ(s.watch.count, 5);
    CHECK_EQ(record_count(&s, "diagnostic.heartbeat"), s.watch.count);
    scene_stop(&s);
}

/* pressure-backoff 45: a timeout of ours whose timer ran late says how late. */
static void a_timeout_that_came_late_says_how_late(void)
{
    static const struct {
        int64_t late_ms;
        const char *field; /* NULL: there is none */
    } rows[] = {
        { 0, NULL }, { 999, NULL }, { 1000, "timer_late_ms=1000" }, { 7175, "timer_late_ms=7175" }
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct scene s;
        struct peer silent;
        struct peer_config config = peer_operator();
        config.keeps_silent = true;
        scene_start(&s, 8, "handshake.timed_out");
        peer_init(&silent, s.w, &config);
        peer_open(&silent);
        peer_run_world(&silent, 0);
        CHECK_EQ_AT(i, silent.state, PEER_LOGIN);
        world_freeze(s.w, HF_MS(15000 + rows[i].late_ms));
        peer_run_world(&silent, HF_SECONDS(30));
        CHECK_EQ_AT(i, s.watch.count, 1);
        CHECK_EQ_AT(i, log_watch_has(&s.watch, "timer_late_ms"), rows[i].field != NULL);
        if (rows[i].field) CHECK_AT(i, log_watch_has(&s.watch, rows[i].field));
        peer_fini(&silent);
        scene_stop(&s);
    }
}

/* The same for the timeouts of a client that is in: a ping without its pong, and a close
 * that the peer does not answer. */
static void a_lost_connection_says_how_late_its_timer_was(void)
{
    static const struct {
        bool is_closing;
        int64_t due_ms, late_ms;
        const char *cause, *field;
    } rows[] = {
        { false, 25000, 999, "cause=heartbeat-timeout", NULL },
        { false, 25000, 1000, "cause=heartbeat-timeout", "timer_late_ms=1000" },
        { true, 1000, 999, "cause=gateway-auth-rotated", NULL },
        { true, 1000, 2500, "cause=gateway-auth-rotated", "timer_late_ms=2500" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct world *w = world_new(9);
        struct log_watch watch;
        struct peer mute;
        struct peer_config config = peer_operator();
        config.no_pong = true;
        log_watch_start(&watch, w, "conn.lost");
        world_start(w);
        world_run(w, HF_MS(1), NULL);
        peer_login(&mute, w, &config);
        peer_run_world(&mute, 0); /* its first ping is written */
        if (rows[i].is_closing) {
            world_stall(w, mute.socket, true, true);
            w->settings.token = HF_LIT("the next secret");
            world_settings(w);
        }
        world_freeze(w, HF_MS(rows[i].due_ms + rows[i].late_ms));
        peer_run_world(&mute, HF_SECONDS(30));
        CHECK_EQ_AT(i, watch.count, 1);
        CHECK_AT(i, log_watch_has(&watch, rows[i].cause));
        CHECK_EQ_AT(i, log_watch_has(&watch, "timer_late_ms"), rows[i].field != NULL);
        if (rows[i].field) CHECK_AT(i, log_watch_has(&watch, rows[i].field));
        peer_fini(&mute);
        world_free(w);
    }
}

CHECK_MAIN(a_lost_connection_says_how_late_its_timer_was, a_blocked_loop_is_told_and_stays_ready,
           a_busy_loop_needs_evidence, a_starved_loop_is_warned_about_every_two_minutes,
           a_warning_is_loud_when_somebody_suffers, a_late_beat_says_so_once,
           a_beat_with_open_work_is_written_down, a_timeout_that_came_late_says_how_late)
