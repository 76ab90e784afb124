/* The client engine against the server engine in one world: scenarios of
 * spec/client-lifecycle.md and spec/startup-retry.md that need both ends. */
#include "base/err.h"
#include "engine/client.h"
#include "engine/server_state.h"
#include "lib/guest.h"
#include "lib/peer.h"
#include "wire/json_read.h"

#include <stdio.h>

enum { NEWS_KINDS = HF_CLIENT_IS_RESULT + 1, TAG_FIRST = 100 };

struct visitor { /* a client, its socket in the world, and what it was told */
    struct guest guest;
    struct world *w;
    int socket;
    size_t told[NEWS_KINDS], dials, results_ok, results_lost, results_error;
    hf_time dialled_at;
    bool calls_health; /* once, as soon as it is ready */
    bool was_called;
    bool answer_has_connection;
};

static void leave(struct guest *guest, bool resets)
{
    struct visitor *g = guest->ctx;
    if (resets)
        world_reset(g->w, g->socket);
    else
        world_end(g->w, g->socket);
    world_release(g->w, g->socket);
}

static bool dial(struct guest *guest)
{
    struct visitor *g = guest->ctx;
    g->dials++;
    g->dialled_at = g->w->now.mono;
    g->socket = g->w->server ? world_connect_loopback(g->w) : -1;
    return g->socket >= 0;
}

static void send_bytes(struct guest *guest, struct hf_bytes bytes)
{
    struct visitor *g = guest->ctx;
    world_send(g->w, g->socket, bytes);
}

static bool receive(struct guest *guest, struct hf_buf *out)
{
    struct visitor *g = guest->ctx;
    return world_receive(g->w, g->socket, out);
}

static struct hf_now now_of(const struct guest *guest)
{
    const struct visitor *g = guest->ctx;
    return g->w->now;
}

static void told(struct guest *guest, const struct hf_client_news *news)
{
    struct visitor *g = guest->ctx;
    g->told[news->kind]++;
    if (news->kind == HF_CLIENT_IS_READY && g->calls_health && !g->was_called) {
        struct hf_client_call call = { .method = HF_LIT("health"), .tag = TAG_FIRST };
        WORLD_CHECK(g->w, hf_client_call(guest->client, g->w->now, &call) == 0);
        g->was_called = true;
    }
    if (news->kind != HF_CLIENT_IS_RESULT) return;
    if (news->u.result.outcome == HF_CLIENT_OK) g->results_ok++;
    if (news->u.result.outcome == HF_CLIENT_LOST) g->results_lost++;
    if (news->u.result.outcome == HF_CLIENT_SERVER_ERROR) g->results_error++;
    g->answer_has_connection = hf_json_find(news->u.result.payload, "connection").len > 0;
}

static const struct guest_wires wires = { .dial = dial,
                                          .send = send_bytes,
                                          .receive = receive,
                                          .leave = leave,
                                          .now = now_of,
                                          .told = told };

static void visitor_run(void *ctx, struct world *w)
{
    struct visitor *g = ctx;
    (void)w;
    guest_run(&g->guest);
}

static hf_time visitor_due(void *ctx, struct world *w)
{
    struct visitor *g = ctx;
    (void)w;
    return hf_client_due(g->guest.client);
}

static void run(struct visitor *g, hf_span span)
{
    struct world_peers peers = { .run = visitor_run, .due = visitor_due, .ctx = g };
    guest_run(&g->guest);
    world_run(g->w, span, &peers);
}

static const uint8_t secret[HF_ED25519_KEY_BYTES] = { 9, 9, 9 };

static struct hf_client_config plain_config(void)
{
    struct hf_client_config config = guest_config(1);
    config.link.backoff.jitter_percent = 0;
    config.link.stable_after = 0;
    memcpy(config.device_secret, secret, sizeof secret);
    return config;
}

static void start(struct visitor *g, struct world *w, const struct hf_client_config *config)
{
    *g = (struct visitor){ .w = w, .calls_health = true, .socket = -1 };
    guest_start(&g->guest, &wires, g, config);
}

static void finish(struct visitor *g)
{
    guest_finish(&g->guest);
    world_free(g->w);
}

static struct world *started(uint64_t seed)
{
    struct world *w = world_new(seed);
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    return w;
}

/* What the server ran for the one client that is in, whatever the client believes. */
static uint64_t requests_run(const struct world *w)
{
    const struct hf_pool *conns = &w->server->conns;
    uint64_t count = 0;
    for (hf_id id = 0; (id = hf_pool_next(conns, id)) != 0;) {
        const struct hf_conn *c = hf_pool_find(conns, id);
        if (c->client) count += c->client->requests;
    }
    return count;
}

/* client-lifecycle 1: once ready, one call, one answer. */
static void a_client_logs_in_and_calls(void)
{
    struct hf_client_config config = plain_config();
    struct visitor g;
    start(&g, started(1), &config);
    run(&g, HF_MS(50));
    CHECK_EQ(g.told[HF_CLIENT_IS_READY], 1);
    CHECK_EQ(g.told[HF_CLIENT_IS_STATUS], 2);
    CHECK_EQ(g.results_ok, 1);
    CHECK(g.answer_has_connection);
    finish(&g);
}

/* client-lifecycle 3: signed with the challenge's time although our clock is a day off. */
static void a_device_signs_the_challenge(void)
{
    struct hf_client_config config = plain_config();
    struct visitor g;
    config.has_device = true;
    config.connect.client.id = HF_CLIENT_ID_GATEWAY_CLIENT;
    config.connect.client.mode = HF_CLIENT_MODE_BACKEND;
    struct world *w = started(2);
    start(&g, w, &config);
    run(&g, HF_MS(50));
    CHECK_EQ(g.told[HF_CLIENT_IS_READY], 1);
    finish(&g);
}

/* startup-retry 15, 27, 28: silent until ready, then the call runs exactly once. */
static void a_client_waits_through_the_start(void)
{
    struct hf_client_config config = plain_config();
    struct world *w = world_new(3);
    struct visitor g;
    w->config.start_items[w->config.start_item_count++] = HF_LIT("held");
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    config.link.budget = HF_MS(2000);
    config.link.is_one_shot = true;
    start(&g, w, &config);
    run(&g, HF_MS(1200));
    CHECK_EQ(g.told[HF_CLIENT_IS_STARTING], 3);
    CHECK_EQ(g.told[HF_CLIENT_IS_ERROR] + g.told[HF_CLIENT_IS_CLOSED], 0);
    world_item_ready(w, "held");
    run(&g, HF_MS(700));
    CHECK_EQ(g.results_ok, 1);
    CHECK_EQ(g.told[HF_CLIENT_IS_RESULT], 1);
    CHECK_EQ(requests_run(w), 1);
    finish(&g);
}

/* startup-retry 36: killed while it starts; the client falls back to its backoff, and is in
 * once the next start is over. */
static void a_gateway_killed_while_it_starts_is_found_again(void)
{
    struct hf_client_config config = plain_config();
    struct world *w = world_new(17);
    struct visitor g;
    w->config.start_items[w->config.start_item_count++] = HF_LIT("held");
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    start(&g, w, &config);
    run(&g, HF_MS(700));
    CHECK_EQ(g.told[HF_CLIENT_IS_STARTING], 2);
    world_kill(w);
    run(&g, HF_MS(6900)); /* refused, and refused after 1, 2 and 4 s */
    CHECK_EQ(g.dials, 2 + 3);
    CHECK_EQ(g.told[HF_CLIENT_IS_READY], 0);
    world_start(w);
    run(&g, HF_MS(1000));
    CHECK(g.told[HF_CLIENT_IS_STARTING] > 2);
    world_item_ready(w, "held");
    run(&g, HF_MS(600));
    CHECK_EQ(g.told[HF_CLIENT_IS_READY], 1);
    CHECK_EQ(g.results_ok, 1);
    CHECK_EQ(requests_run(w), 1);
    finish(&g);
}

/* startup-retry 28, second half: fails at the first wait that does not fit. */
static void a_start_longer_than_the_budget_fails_in_time(void)
{
    struct hf_client_config config = plain_config();
    struct world *w = world_new(4);
    struct visitor g;
    w->config.start_items[w->config.start_item_count++] = HF_LIT("held");
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    config.link.budget = HF_MS(2000);
    config.link.is_one_shot = true;
    start(&g, w, &config);
    run(&g, HF_MS(1449));
    CHECK_EQ(g.told[HF_CLIENT_IS_PAUSED], 0);
    run(&g, HF_MS(101));
    CHECK_EQ(g.told[HF_CLIENT_IS_PAUSED], 1);
    CHECK_EQ(hf_client_link(g.guest.client)->pause, HF_LINK_PAUSE_BUDGET);
    CHECK_TEXT(hf_client_failure(g.guest.client).text, "gateway starting");
    finish(&g);
}

/* client-lifecycle 20, 25: a wrong token pauses and says what the server said. */
static void a_wrong_token_pauses(void)
{
    struct hf_client_config config = plain_config();
    struct visitor g;
    config.credentials.token = HF_LIT("guess");
    start(&g, started(5), &config);
    run(&g, HF_SECONDS(600));
    CHECK_EQ(g.dials, 1);
    CHECK_EQ(g.told[HF_CLIENT_IS_PAUSED], 1);
    CHECK_TEXT(hf_client_failure(g.guest.client).detail, "AUTH_TOKEN_MISMATCH");
    finish(&g);
}

/* client-lifecycle 22, 42: a restart; pending calls end once, nothing is sent again. */
static void a_restart_is_waited_for(void)
{
    struct hf_client_config config = plain_config();
    struct world *w = started(6);
    struct visitor g;
    start(&g, w, &config);
    run(&g, HF_MS(50));
    world_stop(w, true, 1500);
    hf_time stopped_at = w->now.mono;
    run(&g, HF_MS(100));
    world_kill(w);
    world_start(w);
    run(&g, HF_MS(1450));
    CHECK_EQ(hf_span_ms(hf_time_since(g.dialled_at, stopped_at)), 1500);
    run(&g, HF_MS(100));
    CHECK_EQ(g.told[HF_CLIENT_IS_READY], 2);
    CHECK_EQ(g.told[HF_CLIENT_IS_CLOSED], 1);
    CHECK_EQ(g.told[HF_CLIENT_IS_RESULT], 1);
    finish(&g);
}

/* client-lifecycle 42, 46: the end settles each call once; before a login none starts. */
static void a_reset_settles_what_waits(void)
{
    struct hf_client_config config = plain_config();
    struct world *w = started(7);
    struct hf_client_call call = { .method = HF_LIT("health") };
    struct visitor g;
    start(&g, w, &config);
    CHECK_EQ(hf_client_call(g.guest.client, w->now, &call), HF_ERR_STATE);
    run(&g, HF_MS(50));
    for (int i = 0; i < 3; i++) CHECK_EQ(hf_client_call(g.guest.client, w->now, &call), 0);
    world_kill(w);
    run(&g, HF_MS(50));
    CHECK_EQ(g.results_lost, 3);
    CHECK_EQ(g.results_ok, 1);
    CHECK_EQ(hf_client_call(g.guest.client, w->now, &call), HF_ERR_STATE);
    finish(&g);
}

/* client-lifecycle 57: packets are dropped; calls end when the watchdog fires. */
static void a_dead_path_is_noticed(void)
{
    struct hf_client_config config = plain_config();
    struct world *w = started(8);
    struct visitor g;
    start(&g, w, &config);
    run(&g, HF_MS(50));
    struct hf_client_call call = { .method = HF_LIT("health"), .within = HF_SPAN_MAX };
    world_stall(w, g.socket, true, true);
    CHECK_EQ(hf_client_call(g.guest.client, w->now, &call), 0);
    run(&g, HF_SECONDS(44));
    CHECK_EQ(g.results_lost, 0);
    run(&g, HF_SECONDS(4));
    CHECK_EQ(g.results_lost, 1);
    CHECK_EQ(g.told[HF_CLIENT_IS_CLOSED], 1);
    CHECK_EQ(g.dials, 2);
    finish(&g);
}

/* client-lifecycle 83: an hour of a quiet link, kept by ticks and pings alone. */
static void an_idle_link_stays(void)
{
    struct hf_client_config config = plain_config();
    struct visitor g;
    start(&g, started(9), &config);
    run(&g, HF_SECONDS(3600));
    CHECK_EQ(g.dials, 1);
    CHECK_EQ(g.told[HF_CLIENT_IS_GAP], 0);
    CHECK(g.told[HF_CLIENT_IS_EVENT] > 200);
    CHECK(hf_client_rtt_ms(g.guest.client) >= 0);
    finish(&g);
}

/* client-lifecycle 37: stop closes and stays stopped. */
static void stop_is_final_until_the_next_start(void)
{
    struct hf_client_config config = plain_config();
    struct visitor g;
    start(&g, started(10), &config);
    run(&g, HF_MS(50));
    guest_event(&g.guest, HF_CLIENT_STOP, 0);
    run(&g, HF_SECONDS(60));
    CHECK_EQ(g.dials, 1);
    CHECK_EQ(hf_client_link(g.guest.client)->state, HF_LINK_IDLE);
    guest_event(&g.guest, HF_CLIENT_START, 0);
    run(&g, HF_MS(50));
    CHECK_EQ(g.told[HF_CLIENT_IS_READY], 2);
    finish(&g);
}

CHECK_MAIN(a_client_logs_in_and_calls, a_device_signs_the_challenge,
           a_client_waits_through_the_start, a_gateway_killed_while_it_starts_is_found_again,
           a_start_longer_than_the_budget_fails_in_time, a_wrong_token_pauses,
           a_restart_is_waited_for, a_reset_settles_what_waits, a_dead_path_is_noticed,
           an_idle_link_stays, stop_is_final_until_the_next_start)
