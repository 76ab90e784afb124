/* Scenarios of spec/health-connection.md section 12 that need a whole server;
 * tests/unit/liveness_test.c has those of the record itself. */
#include "base/limits.h"
#include "engine/server_state.h"
#include "lib/peer.h"

#include <stdio.h>
#include <stdlib.h>

static struct world *started(uint64_t seed)
{
    struct world *w = world_new(seed);
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    WORLD_CHECK(w, w->is_ready);
    return w;
}

struct block {
    bool is_there, connected, has_rtt, has_heartbeat;
    int64_t rtt_ms, heartbeat_ms;
};

static struct block read_block(struct world *w, struct hf_bytes health)
{
    struct block b = { 0 };
    struct hf_bytes value = hf_json_find(health, "connection");
    if (value.len == 0) return b;
    b.is_there = true;
    /* health-connection 35: exactly three keys in their order, integers or null. */
    static const char *const keys[] = { "connected", "rttMs", "lastHeartbeatAt" };
    struct hf_json_member member;
    size_t count = 0;
    struct hf_json_iter it = hf_json_iter(value);
    for (; hf_json_next_member(&it, &member); count++)
        WORLD_CHECK(w, count < 3 && hf_json_is(member.key, hf_bytes_cstr(keys[count])));
    WORLD_CHECK(w, count == 3);
    WORLD_CHECK(w, hf_json_get_bool(hf_json_find(value, "connected"), &b.connected) == 0);
    b.has_rtt = hf_json_get_int(hf_json_find(value, "rttMs"), &b.rtt_ms) == 0;
    b.has_heartbeat = hf_json_get_int(hf_json_find(value, "lastHeartbeatAt"), &b.heartbeat_ms) == 0;
    if (!b.has_rtt) WORLD_CHECK(w, hf_json_kind(hf_json_find(value, "rttMs")) == HF_JSON_NULL);
    if (!b.has_heartbeat)
        WORLD_CHECK(w, hf_json_kind(hf_json_find(value, "lastHeartbeatAt")) == HF_JSON_NULL);
    return b;
}

static struct block ask(struct peer *p, const char *params)
{
    bool ok;
    struct hf_bytes health = peer_answer(p, peer_call(p, "health", params), &ok);
    WORLD_CHECK(p->world, ok);
    return read_block(p->world, health);
}

/* health-connection 1: before the first pong; the cached summary is not touched. */
static void a_new_client_is_connected_and_knows_nothing_yet(void)
{
    struct world *w = started(1);
    struct peer_config config = peer_operator();
    struct peer p;
    config.no_pong = true;
    peer_login(&p, w, &config);
    struct hf_blob *before = hf_blob_new(hf_server_health(w->server, false));
    peer_run_world(&p, HF_MS(1));
    struct block b = ask(&p, NULL);
    CHECK(b.is_there && b.connected && !b.has_rtt && !b.has_heartbeat);
    CHECK_BYTES(hf_server_health(w->server, false), hf_blob_view(before));
    hf_blob_drop(before);
    peer_fini(&p);
    world_free(w);
}

/* health-connection 2: enforcement off, no pong ever. */
static void silence_becomes_false_one_instant_after_the_stale_window(void)
{
    struct world *w = world_new(2);
    struct peer_config config = peer_operator();
    struct peer p;
    w->settings.pong_enforcement = false;
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    config.no_pong = true;
    peer_login(&p, w, &config);
    peer_run_world(&p, hf_time_since(hf_time_after(p.ready_at, HF_MS(100000)), w->now.mono));
    CHECK(ask(&p, NULL).connected);
    peer_run_world(&p, HF_MS(1));
    struct block b = ask(&p, NULL);
    CHECK(!b.connected && !b.has_rtt && !b.has_heartbeat);
    peer_fini(&p);
    world_free(w);
}

static struct hf_blob *newest_ping(struct peer *p)
{
    for (size_t i = p->kept.len; i-- > 0;) {
        const struct peer_message *message = hf_ring_at(&p->kept, i);
        if (message->kind == HF_WS_PING) return hf_blob_hold(message->text);
    }
    world_fail(p->world, "no ping came");
}

/* health-connection 13, 14: own values only, from one cached summary. */
static void two_clients_never_see_each_others_values(void)
{
    static const hf_span delays[] = { HF_MS(10), HF_MS(200) };
    struct world *w = started(3);
    struct peer_config config = peer_operator();
    struct peer all[2];
    struct hf_blob *payloads[2];
    int64_t heartbeats[2];
    config.no_pong = true;
    for (size_t i = 0; i < 2; i++) {
        peer_login(&all[i], w, &config);
        payloads[i] = newest_ping(&all[i]);
        peer_run_world(&all[i], HF_MS(1)); /* the payloads differ by their instants */
    }
    peer_send_frame(&all[1], HF_WS_OP_PONG, hf_blob_view(payloads[0]));
    CHECK(!ask(&all[1], NULL).has_rtt);
    CHECK(!ask(&all[0], NULL).has_rtt);
    CHECK_EQ(hf_server_conn(w->server, w->sockets[all[1].socket].conn)->liveness.pongs_unmatched,
             1);
    for (size_t i = 0; i < 2; i++) {
        hf_time at = hf_time_after(all[i].ready_at, delays[i]);
        peer_run_world(&all[i], hf_time_since(at, w->now.mono));
        peer_send_frame(&all[i], HF_WS_OP_PONG, hf_blob_view(payloads[i]));
        peer_run_world(&all[i], 0);
        heartbeats[i] = w->now.wall_ms;
    }
    struct hf_blob *cached = hf_blob_hold(w->server->health);
    for (int round = 0; round < 500; round++) {
        for (size_t i = 0; i < 2; i++) {
            struct block b = ask(&all[i], NULL);
            CHECK(b.connected && b.has_rtt);
            CHECK_EQ_AT(round, b.rtt_ms, hf_span_ms(delays[i]));
            CHECK_EQ_AT(round, b.heartbeat_ms, heartbeats[i]);
        }
    }
    CHECK(w->server->health == cached); /* one body served all of them */
    hf_blob_drop(cached);
    for (size_t i = 0; i < 2; i++) {
        hf_blob_drop(payloads[i]);
        peer_fini(&all[i]);
    }
    world_free(w);
}

/* health-connection 15: a reconnect starts empty and an old payload is nothing. */
static void a_reconnect_starts_empty(void)
{
    struct world *w = started(4);
    struct peer_config config = peer_operator();
    struct peer p;
    peer_login(&p, w, &config);
    struct peer_message *ping = hf_ring_at(&p.kept, p.kept.len - 1);
    WORLD_CHECK(w, ping->kind == HF_WS_PING);
    struct hf_blob *old = hf_blob_hold(ping->text);
    CHECK(ask(&p, NULL).has_rtt);
    peer_drop(&p);
    peer_run_world(&p, HF_MS(5));
    p.config.no_pong = true;
    peer_open(&p);
    peer_run_world(&p, 0);
    peer_send_frame(&p, HF_WS_OP_PONG, hf_blob_view(old));
    struct block b = ask(&p, NULL);
    CHECK(b.connected && !b.has_rtt && !b.has_heartbeat);
    hf_blob_drop(old);
    peer_fini(&p);
    world_free(w);
}

/* health-connection 17: one at once, then one per interval, one owner. */
static void pings_keep_their_cadence(void)
{
    struct world *w = world_new(5);
    struct peer_config config = peer_operator();
    struct peer p;
    w->settings.ping_interval_ms = 50;
    w->settings.stale_after_ms = 200;
    w->settings.tick_interval_ms = 60000;
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    peer_login(&p, w, &config);
    for (int64_t ms = 50; ms <= 5000; ms += 50) {
        peer_run_world(&p, HF_MS(50));
        int64_t want = 1 + ms / 50;
        CHECK_AT(ms, p.pings >= want - 1 && p.pings <= want + 1);
    }
    peer_fini(&p);
    world_free(w);
}

/* health-connection 18, 19: the peer checks that no ping comes before the hello
 * (lib/peer.c); refused and waiting connections get none at all. */
static void only_registered_clients_are_pinged(void)
{
    struct world *w = world_new(6);
    struct peer_config config = peer_operator();
    struct peer early, wrong, right;
    w->config.start_items[w->config.start_item_count++] = HF_LIT("held");
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    peer_init(&early, w, &config);
    peer_open(&early);
    peer_run_world(&early, HF_SECONDS(1));
    CHECK_EQ(early.state, PEER_REFUSED);
    CHECK_EQ(early.pings, 0);
    world_item_ready(w, "held");
    struct peer_config bad = config;
    bad.token = "wrong";
    peer_init(&wrong, w, &bad);
    peer_open(&wrong);
    peer_run_world(&wrong, HF_SECONDS(60));
    CHECK_EQ(wrong.state, PEER_REFUSED);
    CHECK_EQ(wrong.pings, 0);
    peer_login(&right, w, &config);
    /* 19: in the same turn, right behind the hello. */
    const struct peer_message *last = hf_ring_at(&right.kept, right.kept.len - 1);
    CHECK_EQ(last->kind, HF_WS_PING);
    CHECK(hf_time_same(last->at, right.ready_at));
    peer_fini(&early);
    peer_fini(&wrong);
    peer_fini(&right);
    world_free(w);
}

/* health-connection 25: neither the event nor the snapshot has the block. */
static void what_all_clients_share_has_no_connection_block(void)
{
    struct world *w = started(7);
    struct peer_config config = peer_operator();
    struct peer p;
    peer_login(&p, w, &config);
    peer_run_world(&p, HF_SECONDS(130));
    CHECK(peer_event_count(&p, "health") >= 2);
    for (size_t i = 0; i < p.kept.len; i++) {
        const struct peer_message *message = hf_ring_at(&p.kept, i);
        struct hf_bytes text = hf_blob_view(message->text);
        if (message->kind != HF_WS_TEXT) continue;
        for (size_t at = 0; at + 12 <= text.len; at++)
            CHECK_AT(i, memcmp(text.ptr + at, "\"connection\"", 12) != 0);
    }
    peer_fini(&p);
    world_free(w);
}

/* health-connection 26: with probe and after a refresh, which a call makes when the wall
 * clock went back; an error and HTTP have none. */
static void a_probe_carries_the_block_and_refreshes_the_summary(void)
{
    struct world *w = started(8);
    struct peer_config config = peer_operator();
    struct peer p;
    peer_login(&p, w, &config);
    size_t before = peer_event_count(&p, "health");
    CHECK(ask(&p, "{\"probe\":true}").is_there);
    CHECK_EQ(peer_event_count(&p, "health"), before + 1);
    world_step_wall(w, -3600000);
    CHECK(ask(&p, NULL).is_there);
    CHECK_EQ(peer_event_count(&p, "health"), before + 2);
    bool ok;
    struct hf_bytes error =
        peer_answer(&p, peer_call(&p, "health", "{},\"expectedProfileId\":\"another\""), &ok);
    CHECK(!ok);
    CHECK(memmem(error.ptr, error.len, "\"connection\"", 12) == NULL);
    int k = world_connect_loopback(w);
    struct hf_buf in;
    hf_buf_init(&in, 100000);
    world_send(w, k, HF_LIT("GET /health HTTP/1.1\r\nHost: a\r\n\r\n"));
    peer_run_world(&p, HF_MS(1));
    world_receive(w, k, &in);
    struct hf_bytes answer = hf_buf_view(&in);
    CHECK(hf_bytes_ends(answer, HF_LIT("{\"ok\":true,\"status\":\"live\"}")));
    hf_buf_fini(&in);
    peer_fini(&p);
    world_free(w);
}

/* health-connection 27: whoever reads the summary without a socket (the event, the
 * snapshot, HTTP do) gets no block: there is no link that it could be about. */
static void a_call_without_a_socket_has_no_block(void)
{
    struct world *w = started(12);
    struct hf_bytes health = hf_server_health(w->server, true);
    CHECK_TEXT(hf_json_find(health, "ok"), "true");
    CHECK_EQ(hf_json_find(health, "connection").len, 0);
    world_free(w);
}

/* health-connection 22, 23: the wall clock steps between ping and pong, and later. */
static void a_step_of_the_wall_clock_is_only_shown(void)
{
    static const int64_t steps_ms[] = { -3600000, 3600000 };
    for (size_t i = 0; i < HF_COUNT(steps_ms); i++) {
        struct world *w = started(13);
        struct peer_config config = peer_operator();
        struct peer p;
        config.no_pong = true;
        peer_login(&p, w, &config);
        struct peer_message *ping = hf_ring_at(&p.kept, p.kept.len - 1);
        WORLD_CHECK(w, ping->kind == HF_WS_PING);
        struct hf_blob *payload = hf_blob_hold(ping->text);
        world_step_wall(w, steps_ms[i]);
        peer_run_world(&p, HF_MS(40));
        peer_send_frame(&p, HF_WS_OP_PONG, hf_blob_view(payload));
        struct block b = ask(&p, NULL);
        CHECK_AT(i, b.connected && b.has_heartbeat);
        CHECK_EQ_AT(i, b.rtt_ms, 40);
        CHECK_EQ_AT(i, b.heartbeat_ms, w->now.wall_ms);
        world_step_wall(w, steps_ms[i]);
        b = ask(&p, NULL);
        CHECK_AT(i, b.connected);
        CHECK_EQ_AT(i, b.heartbeat_ms, w->now.wall_ms - steps_ms[i]);
        hf_blob_drop(payload);
        peer_fini(&p);
        world_free(w);
    }
}

/* health-connection 34, and the last row of the table of section 7. */
static void a_stale_link_recovers_with_its_next_pong(void)
{
    struct world *w = world_new(14);
    struct peer_config config = peer_operator();
    struct peer p;
    w->settings.pong_enforcement = false;
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    config.no_pong = true;
    peer_login(&p, w, &config);
    struct hf_blob *payload = newest_ping(&p);
    peer_run_world(&p, HF_MS(30));
    peer_send_frame(&p, HF_WS_OP_PONG, hf_blob_view(payload));
    hf_blob_drop(payload);
    struct block fresh = ask(&p, NULL);
    CHECK_EQ(fresh.rtt_ms, 30);
    peer_run_world(&p, HF_SECONDS(101));
    struct block stale = ask(&p, NULL);
    CHECK(!stale.connected && stale.has_rtt && stale.has_heartbeat);
    CHECK_EQ(stale.rtt_ms, fresh.rtt_ms);
    CHECK_EQ(stale.heartbeat_ms, fresh.heartbeat_ms);
    p.config.no_pong = false;
    peer_run_world(&p, HF_SECONDS(25));
    struct block again = ask(&p, NULL);
    CHECK(again.connected);
    CHECK(again.heartbeat_ms > stale.heartbeat_ms + 100000);
    peer_fini(&p);
    world_free(w);
}

/* When the k-th ping of a peer came; each is within the slack of its instant. */
static hf_time ping_at(struct peer *p, size_t k)
{
    for (size_t i = 0; i < p->kept.len; i++) {
        const struct peer_message *message = hf_ring_at(&p->kept, i);
        if (message->kind == HF_WS_PING && k-- == 0) return message->at;
    }
    world_fail(p->world, "a ping is missing");
}

static int by_time(const void *a, const void *b)
{
    hf_time x = *(const hf_time *)a, y = *(const hf_time *)b;
    return hf_time_before(x, y) ? -1 : hf_time_before(y, x);
}

/* health-connection 36, with as many connections as a simulated server carries quickly
 * (tests/unit/pings_test.c has 10,000): registered over 1 s, pinged as they came. */
static void a_crowd_is_pinged_as_it_came(void)
{
    enum { CROWD = 1000, ROUNDS = 4 };
    struct world *w = world_new_for(15, CROWD);
    struct peer_config config = peer_operator();
    struct peer *all = calloc(CROWD, sizeof *all);
    hf_time *pings = calloc(CROWD, sizeof *pings);
    struct peers peers = { .all = all, .count = CROWD };
    struct world_peers run = peers_of(&peers);
    CHECK(all && pings);
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    for (size_t i = 0; i < CROWD; i++) {
        peer_login(&all[i], w, &config);
        world_run(w, HF_MS(1), NULL);
    }
    world_run(w, HF_SECONDS(25) * ROUNDS, &run);
    for (size_t k = 1; k < ROUNDS; k++) {
        for (size_t i = 0; i < CROWD; i++) {
            pings[i] = ping_at(&all[i], k);
            hf_span late = hf_time_since(
                pings[i], hf_time_after(all[i].ready_at, HF_SECONDS(25) * (hf_span)k));
            CHECK_AT(i, late >= 0 && late <= HF_MS(250));
        }
        qsort(pings, CROWD, sizeof *pings, by_time);
        for (size_t i = 0; i + HF_LIMIT_PING_BATCH < CROWD; i++)
            CHECK_AT(i, hf_time_before(pings[i], pings[i + HF_LIMIT_PING_BATCH]));
    }
    for (size_t i = 0; i < CROWD; i++) {
        CHECK_EQ_AT(i, all[i].state, PEER_READY);
        peer_fini(&all[i]);
    }
    free(all);
    free(pings);
    world_free(w);
}

static bool lost_line_seen;
static char lost_line[1024];

static void watch_lost(struct world *w, const struct hf_log_record *record)
{
    (void)w;
    if (strcmp(record->event, "conn.lost") != 0) return;
    struct hf_buf line;
    hf_buf_init(&line, sizeof lost_line - 1);
    hf_log_format(&line, record);
    memcpy(lost_line, line.ptr, line.len);
    lost_line[line.len] = '\0';
    lost_line_seen = true;
    hf_buf_fini(&line);
}

/* health-connection 28: the deadline is exact, and the line says why. */
static void a_silent_peer_is_given_up_at_the_deadline(void)
{
    struct world *w = started(9);
    struct peer_config config = peer_operator();
    struct peer p;
    config.no_pong = true;
    lost_line_seen = false;
    w->on_log = watch_lost;
    peer_login(&p, w, &config);
    hf_time deadline = hf_time_after(p.ready_at, HF_MS(25000));
    peer_run_world(&p, hf_time_since(deadline, w->now.mono) - 1);
    CHECK_EQ(p.state, PEER_READY);
    peer_run_world(&p, 1);
    CHECK_EQ(p.state, PEER_ENDED);
    CHECK_EQ(p.close_code, 0); /* no close frame: the peer sees 1006 */
    CHECK(lost_line_seen);
    CHECK(strstr(lost_line, "cause=heartbeat-timeout") != NULL);
    CHECK(strstr(lost_line, "pingWriteState=completed") != NULL);
    CHECK(strstr(lost_line, "lastPongAgeMs") == NULL);
    peer_fini(&p);
    world_free(w);
}

/* health-connection 38: the close, by the peer or by us, cancels what was armed; a late pong
 * of the pending ping is ignored. */
static void a_close_during_a_pending_ping_leaves_nothing_behind(void)
{
    for (int is_ours = 0; is_ours <= 1; is_ours++) {
        struct world *w = started(10);
        struct peer_config config = peer_operator();
        struct peer p;
        config.no_pong = true;
        peer_login(&p, w, &config);
        struct hf_blob *payload = newest_ping(&p);
        if (is_ours) {
            w->settings.token = HF_LIT("the next secret");
            world_settings(w);
        } else {
            peer_close(&p, 1000);
        }
        peer_send_frame(&p, HF_WS_OP_PONG, hf_blob_view(payload));
        peer_run_world(&p, HF_MS(1));
        CHECK_EQ_AT(is_ours, w->server->conns.live, 0);
        CHECK_AT(is_ours, hf_time_same(hf_pings_due(&w->server->pings), HF_NEVER));
        CHECK_EQ_AT(is_ours, w->server->deadlines.len, 0);
        CHECK_EQ_AT(is_ours, p.state, PEER_ENDED);
        hf_blob_drop(payload);
        peer_fini(&p);
        world_free(w);
    }
}

/* health-connection 40: three clients, ten minutes, then stop: no ping leaves but
 * theirs, and nothing is armed behind the last close. */
static void three_clients_ten_minutes_three_ping_timers(void)
{
    struct world *w = started(11);
    struct peer_config config = peer_operator();
    struct peer all[3];
    struct peers peers = { .all = all, .count = 3 };
    struct world_peers run = peers_of(&peers);
    for (size_t i = 0; i < 3; i++) peer_login(&all[i], w, &config);
    for (int second = 0; second < 600; second++) {
        world_run(w, HF_SECONDS(1), &run);
        CHECK_EQ_AT(second, w->server->pings.queue.len, 3);
    }
    for (size_t i = 0; i < 3; i++) {
        CHECK_EQ_AT(i, all[i].state, PEER_READY);
        CHECK_AT(i, all[i].pings >= 24 && all[i].pings <= 25);
        peer_close(&all[i], 1000);
        world_run(w, HF_MS(1), &run);
        CHECK_EQ_AT(i, w->server->pings.queue.len, 2 - i);
    }
    world_stop(w, false, 0);
    world_turn(w);
    CHECK(w->is_stopped); /* it said STOPPED, so nothing was left to do */
    CHECK_EQ(w->server->deadlines.len, 0);
    for (size_t i = 0; i < 3; i++) peer_fini(&all[i]);
    world_free(w);
}

/* health-connection 29, 30: the ping is stuck behind 300 KB.  Whoever reads on is spared for
 * five minutes, and once the ping has left a full window follows; whoever does not is ended
 * after 25 s, and the line says that the ping never left. */
static void a_ping_that_is_stuck_behind_data_is_the_peers_matter(void)
{
    enum { BULK = 300000 };
    for (int reads = 0; reads <= 1; reads++) {
        struct world *w = started(16);
        struct peer_config config = peer_operator();
        struct peer p;
        char *bulk = malloc(BULK);
        CHECK(bulk != NULL);
        memset(bulk, 'x', BULK);
        bulk[0] = bulk[BULK - 1] = '"';
        peer_login(&p, w, &config);
        peer_answer(&p, peer_call(&p, "sessions.subscribe", NULL), NULL);
        peer_run_world(&p, HF_MS(100));
        lost_line_seen = false;
        w->on_log = watch_lost;
        world_stall(w, p.socket, false, true);
        hf_server_broadcast(w->server, "session.message", hf_bytes(bulk, BULK), NULL, HF_EMPTY,
                            false);
        world_turn(w);
        free(bulk);
        p.config.no_pong = true;
        hf_time ping_at = hf_time_after(p.ready_at, HF_SECONDS(25));
        peer_run_world(&p, hf_time_since(ping_at, w->now.mono));
        if (!reads) {
            peer_run_world(&p, HF_SECONDS(25) - 1);
            CHECK(!lost_line_seen);
            peer_run_world(&p, HF_MS(251));
            CHECK(lost_line_seen);
            CHECK(strstr(lost_line, "pingWriteState=pending") != NULL);
            CHECK(strstr(lost_line, "bufferedBytes=") != NULL);
            CHECK(strstr(lost_line, "bufferedBytes=0") == NULL);
        } else {
            /* 1 KiB at least every 10 s for five minutes, then all at once. */
            w->sockets[p.socket].down.window = 1024;
            w->weather.latency_max = HF_SECONDS(10);
            world_resume(w, p.socket);
            peer_run_world(&p, HF_SECONDS(300));
            CHECK(!lost_line_seen);
            CHECK_EQ(peer_event_count(&p, "session.message"), 0); /* it is not through yet */
            w->sockets[p.socket].down.window = 2 * BULK;
            w->weather.latency_max = 0;
            world_resume(w, p.socket);
            peer_run_world(&p, 0);
            CHECK_EQ(peer_event_count(&p, "session.message"), 1);
            peer_run_world(&p, HF_SECONDS(25) - 1);
            CHECK(!lost_line_seen);
            peer_run_world(&p, HF_MS(251));
            CHECK(lost_line_seen);
            CHECK(strstr(lost_line, "pingWriteState=completed") != NULL);
        }
        peer_fini(&p);
        world_free(w);
    }
}

CHECK_MAIN(a_new_client_is_connected_and_knows_nothing_yet,
           silence_becomes_false_one_instant_after_the_stale_window,
           two_clients_never_see_each_others_values, a_reconnect_starts_empty,
           pings_keep_their_cadence, only_registered_clients_are_pinged,
           what_all_clients_share_has_no_connection_block,
           a_probe_carries_the_block_and_refreshes_the_summary,
           a_call_without_a_socket_has_no_block, a_step_of_the_wall_clock_is_only_shown,
           a_stale_link_recovers_with_its_next_pong, a_crowd_is_pinged_as_it_came,
           a_silent_peer_is_given_up_at_the_deadline,
           a_close_during_a_pending_ping_leaves_nothing_behind,
           three_clients_ten_minutes_three_ping_timers,
           a_ping_that_is_stuck_behind_data_is_the_peers_matter)
