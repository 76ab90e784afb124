/* Scenarios of spec/pressure-backoff.md section 8 about readers that are too slow, on a
 * whole server; tests/unit/gate_test.c and fanout_test.c have those of the rooms.
 *
 * No method of this gateway makes large events yet, so a test hands them to the fan-out
 * itself, where an agent's events will come in. */
#include "engine/server_state.h"
#include "lib/log_watch.h"
#include "lib/peer.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SMALL_LIMIT = 200000,
    REAL_LIMIT = 52428800,
    CHUNK = 70000, /* a payload above 64 KiB: its frame has a head of ten bytes */
    LARGE = 1 << 20,
};

/* They reach whoever called sessions.subscribe: the first may be dropped. */
static const char refreshable[] = "sessions.changed";
static const char must_arrive[] = "session.message";

enum { SLOW, FAST, ADMIN, SCENE_PEERS }; /* the first two are subscribed */

struct scene {
    struct world *w;
    struct log_watch watch;
    struct peer peers[SCENE_PEERS];
};

static void run(struct scene *s, hf_span span)
{
    struct peers peers = { .all = s->peers, .count = SCENE_PEERS };
    struct world_peers all = peers_of(&peers);
    world_turn(s->w);
    world_run(s->w, span, &all);
}

static void scene_start(struct scene *s, uint64_t seed, int64_t limit)
{
    struct peer_config config = peer_operator();
    s->w = world_new(seed);
    s->w->settings.max_buffered_bytes = limit;
    log_watch_start(&s->watch, s->w, "payload.large");
    world_start(s->w);
    world_run(s->w, HF_MS(1), NULL);
    for (size_t i = 0; i < SCENE_PEERS; i++) {
        peer_login(&s->peers[i], s->w, &config);
        if (i != ADMIN)
            peer_answer(&s->peers[i], peer_call(&s->peers[i], "sessions.subscribe", NULL), NULL);
    }
    s->peers[SLOW].may_miss_events = true;
}

static void scene_stop(struct scene *s)
{
    for (size_t i = 0; i < SCENE_PEERS; i++) peer_fini(&s->peers[i]);
    world_free(s->w);
}

/* The slow one's row of diagnostics.connections, a number of it. */
static int64_t slow_number(struct scene *s, const char *member)
{
    bool ok;
    struct peer *admin = &s->peers[ADMIN];
    struct hf_bytes all =
        peer_answer(admin, peer_call(admin, "diagnostics.connections", NULL), &ok);
    struct hf_bytes server = hf_json_find(hf_blob_view(s->peers[SLOW].hello), "server"), row;
    struct hf_json_iter it = hf_json_iter(hf_json_find(all, "connections"));
    while (hf_json_next(&it, &row)) {
        int64_t number;
        if (!hf_bytes_same(hf_json_find(row, "connId"), hf_json_find(server, "connId"))) continue;
        WORLD_CHECK(s->w, hf_json_get_int(hf_json_find(row, member), &number) == 0);
        return number;
    }
    world_fail(s->w, "the slow connection is not listed");
}

/* An event whose payload is a text of `len` bytes, quotes included. */
static void tell(struct scene *s, const char *event, size_t len)
{
    char *text = malloc(len);
    CHECK(text != NULL && len >= 2);
    memset(text, 'x', len);
    text[0] = text[len - 1] = '"';
    hf_server_broadcast(s->w->server, event, hf_bytes(text, len), NULL, HF_EMPTY, false);
    free(text);
}

/* Bytes on the wire of such an event beside its payload. */
static size_t frame_overhead(const char *event, int64_t seq, size_t payload_len)
{
    char rest[128];
    size_t len = (size_t)snprintf(rest, sizeof rest,
                                  "{\"type\":\"event\",\"event\":\"%s\",\"payload\":,\"seq\":%lld}",
                                  event, (long long)seq);
    return len + (len + payload_len > 65535 ? 10 : len + payload_len > 125 ? 4 : 2);
}

/* The slow one stops reading and exactly `target` bytes wait for it. */
static void fill_to(struct scene *s, int64_t target)
{
    size_t chunk = target > REAL_LIMIT / 2 ? LARGE : CHUNK;
    world_stall(s->w, s->peers[SLOW].socket, false, true);
    tell(s, refreshable, CHUNK); /* more than the network takes: the rest waits with us */
    run(s, 0);
    for (;;) {
        int64_t left = target - slow_number(s, "queuedBytes");
        int64_t seq = slow_number(s, "eventSeq") + 1;
        if (left == 0) return;
        WORLD_CHECK(s->w, left >= CHUNK);
        bool is_last = left < 2 * (int64_t)chunk;
        tell(s, refreshable,
             is_last ? (size_t)left - frame_overhead(refreshable, seq, CHUNK) : chunk);
        run(s, 0);
    }
}

/* The slow one is at its limit, then one more frame that still got in. */
static void overfill(struct scene *s)
{
    fill_to(s, SMALL_LIMIT);
    tell(s, refreshable, CHUNK);
    run(s, 0);
}

static void resume(struct scene *s)
{
    world_resume(s->w, s->peers[SLOW].socket);
    run(s, 0);
}

/* pressure-backoff 22: equal is sent, one byte more is dropped and leaves a gap of one;
 * with a small limit and with the real one. */
static void a_slow_reader_misses_what_may_be_dropped(void)
{
    static const int64_t limits[] = { SMALL_LIMIT, REAL_LIMIT };
    for (size_t i = 0; i < HF_COUNT(limits); i++) {
        struct scene s;
        scene_start(&s, 1, limits[i]);
        struct peer *slow = &s.peers[SLOW];
        fill_to(&s, limits[i]);
        CHECK_EQ_AT(i, slow_number(&s, "drops"), 0);
        tell(&s, "session.tool", 10); /* at the limit: still sent */
        CHECK_EQ_AT(i, slow_number(&s, "drops"), 0);
        int64_t last_sent = slow_number(&s, "eventSeq");
        tell(&s, "session.tool", 10); /* above: dropped, and it takes a number */
        CHECK_EQ_AT(i, slow_number(&s, "drops"), 1);
        CHECK_EQ_AT(i, slow_number(&s, "eventSeq"), last_sent + 1);
        resume(&s);
        CHECK_EQ_AT(i, slow->state, PEER_READY);
        CHECK_EQ_AT(i, slow->last_seq, last_sent);
        CHECK_EQ_AT(i, slow->gaps, 0);
        tell(&s, "session.tool", 10);
        run(&s, 0);
        CHECK_EQ_AT(i, slow->gaps, 1);
        CHECK_EQ_AT(i, slow->last_seq, last_sent + 2);
        CHECK_EQ_AT(i, s.peers[FAST].gaps, 0);
        scene_stop(&s);
    }
}

/* pressure-backoff 22, 23: which events a slow reader misses, and which end it
 * (section 1.5; the requests for approval are lifted to what must arrive). */
static void the_class_of_an_event_decides(void)
{
    static const struct {
        const char *event;
        bool is_terminal, closes;
    } rows[] = {
        { "session.tool", false, false },
        { "session.tool", true, false },
        { "sessions.changed", false, false },
        { "presence", false, false },
        { "device.pair.requested", false, false },
        { "chat", false, false },
        { "chat", true, true },
        { "agent", false, true },
        { "session.message", false, true },
        { "exec.approval.requested", false, true },
        { "tick", false, true },
        { "health", false, true },
        { "shutdown", false, true },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct scene s;
        struct hf_fanout_facts facts = { .is_terminal = rows[i].is_terminal };
        scene_start(&s, 2, SMALL_LIMIT);
        overfill(&s);
        hf_server_broadcast(s.w->server, rows[i].event, HF_LIT("{}"), &facts, HF_EMPTY, false);
        resume(&s);
        CHECK_EQ_AT(i, s.peers[SLOW].close_code, rows[i].closes ? 1008 : 0);
        CHECK_EQ_AT(i, s.peers[SLOW].state, rows[i].closes ? PEER_ENDED : PEER_READY);
        CHECK_EQ_AT(i, s.peers[FAST].state, PEER_READY);
        scene_stop(&s);
    }
}

static size_t shown(const struct hf_buf *page, const char *series)
{
    const char *at = memmem(page->ptr, page->len, series, strlen(series));
    CHECK(at != NULL);
    return strtoul(at + strlen(series), NULL, 10);
}

static void read_metrics(struct scene *s, struct hf_buf *page)
{
    int k = world_connect_loopback(s->w);
    world_send(s->w, k, HF_LIT("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"));
    run(s, 0);
    hf_buf_reset(page, LARGE);
    world_receive(s->w, k, page);
    world_release(s->w, k);
}

static void how_long_a_turn_with_events_took_is_counted(void)
{
    static const char count[] = "holdfast_event_fanout_seconds_count ";
    static const char late[] = "holdfast_event_fanout_seconds_bucket{le=\"0.01\"} ";
    struct scene s;
    struct hf_buf page;
    scene_start(&s, 20, SMALL_LIMIT);
    hf_buf_init(&page, LARGE);
    run(&s, HF_MS(1));
    read_metrics(&s, &page);
    size_t before = shown(&page, count), quick = shown(&page, late);
    tell(&s, must_arrive, 10);
    world_busy(s.w, HF_MS(20), 0);
    run(&s, HF_MS(1));
    read_metrics(&s, &page);
    CHECK_EQ(shown(&page, count), before + 1);
    CHECK_EQ(shown(&page, late), quick);
    hf_buf_fini(&page);
    scene_stop(&s);
}

/* pressure-backoff 23: what must arrive closes, with 1 s of grace; nobody else notices. */
static void a_slow_reader_is_closed_by_what_must_arrive(void)
{
    struct scene s;
    struct hf_buf page;
    scene_start(&s, 3, SMALL_LIMIT);
    overfill(&s);
    log_watch_start(&s.watch, s.w, "conn.lost");
    tell(&s, must_arrive, 10);
    run(&s, HF_MS(999));
    CHECK_EQ(s.watch.count, 0);
    CHECK(world_is_open(s.w, s.peers[SLOW].socket));
    run(&s, HF_MS(1));
    CHECK(!world_is_open(s.w, s.peers[SLOW].socket));
    CHECK_EQ(s.peers[SLOW].close_code, 0); /* reset: it sees 1006 */
    CHECK_EQ(s.watch.count, 1);
    CHECK(log_watch_has(&s.watch, "cause=slow-consumer"));
    CHECK(log_watch_has(&s.watch, "code=1008"));

    CHECK_EQ(peer_event_count(&s.peers[FAST], must_arrive), 1);
    CHECK_EQ(s.peers[FAST].state, PEER_READY);
    hf_buf_init(&page, LARGE);
    read_metrics(&s, &page);
    CHECK_EQ(shown(&page, "holdfast_aborts_total{reason=\"slow\"} "), 1);
    CHECK_EQ(shown(&page, "holdfast_closes_total{code_class=\"1008\",initiator=\"us\"} "), 1);
    hf_buf_fini(&page);
    scene_stop(&s);
}

/* pressure-backoff 23: whoever reads again within the second is told the reason; what
 * waited and had not begun to leave is gone. */
static void a_slow_reader_that_wakes_up_is_told_why(void)
{
    struct scene s;
    scene_start(&s, 4, SMALL_LIMIT);
    overfill(&s);
    int64_t last = slow_number(&s, "eventSeq");
    tell(&s, must_arrive, 10);
    run(&s, HF_MS(900));
    resume(&s);
    CHECK_EQ(s.peers[SLOW].close_code, 1008);
    CHECK_TEXT(hf_bytes_cstr(s.peers[SLOW].close_reason), "slow consumer");
    CHECK(s.peers[SLOW].last_seq < last);
    scene_stop(&s);
}

/* pressure-backoff 23: a few bytes now and then are no answer to the close. */
static void a_slow_reader_that_trickles_has_its_second_too(void)
{
    struct scene s;
    scene_start(&s, 10, SMALL_LIMIT);
    overfill(&s);
    log_watch_start(&s.watch, s.w, "conn.lost");
    tell(&s, must_arrive, 10);
    s.w->sockets[s.peers[SLOW].socket].down.window = 64;
    s.w->weather.latency_max = HF_MS(100);
    world_resume(s.w, s.peers[SLOW].socket);
    hf_id conn = s.w->sockets[s.peers[SLOW].socket].conn;
    uint64_t before = hf_server_conn(s.w->server, conn)->bytes_out;
    run(&s, HF_MS(999));
    CHECK(hf_server_conn(s.w->server, conn)->bytes_out >= before + 5 * 64);
    CHECK_EQ(s.watch.count, 0);
    run(&s, HF_MS(1));
    CHECK_EQ(s.watch.count, 1);
    CHECK(log_watch_has(&s.watch, "cause=slow-consumer"));
    CHECK(!world_is_open(s.w, s.peers[SLOW].socket));
    scene_stop(&s);
}

/* pressure-backoff 23: an answer cannot be dropped either, and the line says so. */
static void a_slow_reader_is_closed_by_an_answer(void)
{
    struct scene s;
    scene_start(&s, 5, SMALL_LIMIT);
    overfill(&s);
    log_watch_start(&s.watch, s.w, "conn.lost");
    peer_call(&s.peers[SLOW], "last-heartbeat", NULL);
    run(&s, HF_SECONDS(1));
    CHECK_EQ(s.watch.count, 1);
    CHECK(log_watch_has(&s.watch, "cause=outbound-buffer-exceeded"));
    CHECK_EQ(s.peers[FAST].state, PEER_READY);
    scene_stop(&s);
}

static struct hf_bytes large_records(struct scene *s)
{
    bool ok;
    struct peer *admin = &s->peers[ADMIN];
    struct hf_bytes answer = peer_answer(
        admin, peer_call(admin, "diagnostics.stability", "{\"type\":\"payload.large\"}"), &ok);
    WORLD_CHECK(s->w, ok);
    return hf_json_find(answer, "events");
}

static struct hf_bytes newest(struct hf_bytes list)
{
    struct hf_bytes item = HF_EMPTY;
    struct hf_json_iter it = hf_json_iter(list);
    while (hf_json_next(&it, &item)) continue;
    return item;
}

/* pressure-backoff 24: one report per episode, again after relief, and what it says. */
static void a_slow_episode_is_reported_once(void)
{
    struct scene s;
    int64_t number;
    scene_start(&s, 6, SMALL_LIMIT);
    overfill(&s);
    int64_t queued = slow_number(&s, "queuedBytes");
    CHECK_EQ(s.watch.count, 0); /* slow, but nothing met the full buffer */
    for (int i = 0; i < 5; i++) tell(&s, refreshable, 10);
    CHECK_EQ(s.watch.count, 1);
    CHECK_EQ(s.watch.level, HF_LOG_WARN);
    CHECK(log_watch_has(&s.watch, "surface=gateway.ws.outbound_buffer"));
    CHECK(log_watch_has(&s.watch, "reason=ws_send_buffer_drop"));
    struct hf_bytes records = large_records(&s);
    CHECK_EQ(hf_json_count(records), 1);
    struct hf_bytes record = newest(records);
    CHECK_TEXT(hf_json_find(record, "surface"), "\"gateway.ws.outbound_buffer\"");
    CHECK_TEXT(hf_json_find(record, "reason"), "\"ws_send_buffer_drop\"");
    CHECK_EQ(hf_json_get_int(hf_json_find(record, "bytes"), &number), 0);
    CHECK_EQ(number, queued);
    CHECK_EQ(hf_json_get_int(hf_json_find(record, "limitBytes"), &number), 0);
    CHECK_EQ(number, SMALL_LIMIT);

    resume(&s);
    tell(&s, refreshable, 10); /* relief: this one is sent */
    run(&s, 0);
    overfill(&s);
    tell(&s, refreshable, 10);
    CHECK_EQ(s.watch.count, 2);
    CHECK_EQ(hf_json_count(large_records(&s)), 2);

    resume(&s);
    overfill(&s);
    tell(&s, must_arrive, 10);
    CHECK_EQ(s.watch.count, 3);
    CHECK_TEXT(hf_json_find(newest(large_records(&s)), "reason"), "\"ws_send_buffer_close\"");
    scene_stop(&s);
}

/* pressure-backoff 25: a frame that is withheld takes no number.  The peer itself checks
 * that its numbers have no hole (lib/peer.c). */
static void what_is_withheld_takes_no_number(void)
{
    struct scene s;
    struct peer_config config = peer_operator();
    struct peer pairing;
    scene_start(&s, 7, SMALL_LIMIT);
    config.scopes = "[\"operator.pairing\"]";
    peer_login(&pairing, s.w, &config);
    peer_run_world(&pairing, HF_SECONDS(20)); /* a tick or two */
    int64_t before = pairing.last_seq;
    CHECK(before > 0);
    for (int i = 0; i < 3; i++) tell(&s, "presence", 10);
    hf_server_broadcast(s.w->server, "device.pair.changed", HF_LIT("{}"), NULL, HF_EMPTY, false);
    run(&s, 0);
    peer_run(&pairing);
    CHECK_EQ(peer_event_count(&pairing, "presence"), 0);
    CHECK_EQ(peer_event_count(&pairing, "device.pair.changed"), 1);
    CHECK_EQ(pairing.last_seq, before + 1);
    CHECK_EQ(peer_event_count(&s.peers[FAST], "presence"), 3);
    peer_fini(&pairing);
    scene_stop(&s);
}

/* HF_LIMIT_STORE_REQUESTS: so many answers wait for the slow worker at a time; one more is
 * refused at once, may be tried again, and costs none of the others anything. */
static void at_the_bound_of_waiting_work_one_more_is_refused(void)
{
    enum { PEERS = HF_LIMIT_STORE_REQUESTS / PEER_CALLS };
    static struct peer all[PEERS + 1];
    struct peers peers = { .all = all, .count = PEERS + 1 };
    struct peer_config config = peer_operator();
    struct world *w = world_new(9);
    struct world_peers run_all = peers_of(&peers);
    bool is_retryable = false, is_ok = false;
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    for (size_t i = 0; i <= PEERS; i++) peer_login(&all[i], w, &config);
    w->weather.job_max = HF_SECONDS(10);
    for (size_t i = 0; i < PEERS * PEER_CALLS; i++)
        peer_call(&all[i / PEER_CALLS], "logs.tail", NULL);
    uint32_t extra = peer_call(&all[PEERS], "logs.tail", NULL);
    world_run(w, 0, &run_all);
    CHECK_EQ(w->job_count, HF_LIMIT_STORE_REQUESTS);
    struct peer_call *refused = peer_find_call(&all[PEERS], extra);
    CHECK(refused->answered && !refused->ok);
    struct hf_bytes error = hf_blob_view(refused->answer);
    CHECK_TEXT(hf_json_find(error, "code"), "\"UNAVAILABLE\"");
    CHECK(hf_json_get_bool(hf_json_find(error, "retryable"), &is_retryable) == 0);
    CHECK(is_retryable);
    world_run(w, HF_SECONDS(12), &run_all);
    for (size_t i = 0; i < PEERS; i++)
        for (uint32_t n = 0; n < PEER_CALLS; n++)
            CHECK_AT(i, all[i].calls[n].answered && all[i].calls[n].ok);
    w->weather.job_max = 0;
    peer_answer(&all[PEERS], peer_call(&all[PEERS], "logs.tail", NULL), &is_ok);
    CHECK(is_ok);
    for (size_t i = 0; i <= PEERS; i++) peer_fini(&all[i]);
    world_free(w);
}

CHECK_MAIN(how_long_a_turn_with_events_took_is_counted, a_slow_reader_misses_what_may_be_dropped,
           the_class_of_an_event_decides, a_slow_reader_is_closed_by_what_must_arrive,
           a_slow_reader_that_wakes_up_is_told_why, a_slow_reader_is_closed_by_an_answer,
           a_slow_reader_that_trickles_has_its_second_too, a_slow_episode_is_reported_once,
           what_is_withheld_takes_no_number, at_the_bound_of_waiting_work_one_more_is_refused)
