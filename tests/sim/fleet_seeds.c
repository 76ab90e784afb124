/* A fleet of clients, a server and bad weather, by seed.
 *
 *     fleet_seeds [--seeds N] [--seed S]
 *
 * Each seed decides the weather, the clients and what happens to them for a
 * minute of virtual time: calls, resets, stalls, garbage, freezes, clock steps,
 * reloads, kills and restarts.  lib/world and lib/peer check every step.  Then the
 * faults stop, and everything must become healthy within a stated time:
 * every honest client is in, its requests are answered, and whoever was told a
 * device token is let in with it.  Every 50th seed runs twice and must give the
 * same bytes. */
#include "lib/peer.h"
#include "lib/seeds.h"
#include "wire/json_read.h"

enum { FLEET_MAX = 8, FAULTY_SECONDS = 60, HEALTHY_SECONDS = 30 };

enum who { ADMIN, READER, PAIRED, STRANGER, WRONG, PROBE, WHO_COUNT };

struct fleet {
    struct world *w;
    struct peer peers[FLEET_MAX];
    enum who who[FLEET_MAX];
    struct identity identities[FLEET_MAX];
    bool has_token[FLEET_MAX]; /* was told a device token */
    size_t count;
    hf_time next_op_at, restart_at;
    bool is_over; /* the faults have stopped */
};

static uint64_t dice(struct fleet *f, uint64_t bound)
{
    return hf_rng_below(&f->w->rng, bound);
}

/* --- who there is --- */

static struct peer_config config_of(struct fleet *f, size_t i)
{
    struct peer_config config = peer_operator();
    switch (f->who[i]) {
    case ADMIN:
        config.scopes = "[\"operator.admin\",\"operator.pairing\",\"operator.read\"]";
        break;
    case READER:
        config.scopes = "[\"operator.read\"]";
        break;
    case STRANGER:
        config.address[10] = config.address[11] = 0xFF;
        config.address[12] = 203;
        config.address[13] = 0;
        config.address[14] = 113;
        config.address[15] = (uint8_t)(i + 1);
        __attribute__((fallthrough)); /* a stranger is a device too */
    case PAIRED:
        config.client_id = "openclaw-tui";
        config.mode = "ui";
        config.scopes = "[\"operator.read\"]";
        config.identity = &f->identities[i];
        break;
    case WRONG:
        config.token = "guess";
        break;
    case PROBE:
        config.mode = "probe";
        config.scopes = "[\"operator.read\"]";
        config.min_protocol = 3;
        break;
    case WHO_COUNT:
        break;
    }
    return config;
}

static bool may_come_in(const struct fleet *f, size_t i)
{
    return f->who[i] != WRONG && f->who[i] != STRANGER;
}

/* --- what may happen --- */

static void call_something(struct fleet *f, size_t i)
{
    static const char *const methods[] = {
        "health",     "status",           "system-presence",         "sessions.list",
        "logs.tail",  "device.pair.list", "diagnostics.connections", "diagnostics.stability",
        "no.such",    "models.list",      "sessions.subscribe",      "gateway.identity.get",
        "config.get", "system.info",
    };
    struct peer *p = &f->peers[i];
    if (p->state != PEER_READY) return;
    for (uint64_t n = 1 + dice(f, 4); n > 0; n--)
        peer_call(p, methods[dice(f, HF_COUNT(methods))], NULL);
}

static void approve_somebody(struct fleet *f, size_t i)
{
    struct peer *p = &f->peers[i];
    struct hf_bytes id;
    char params[128];
    if (p->state != PEER_READY || f->who[i] != ADMIN) return;
    struct hf_bytes request = hf_json_find(peer_event(p, "device.pair.requested"), "requestId");
    if (!hf_json_get_plain(request, &id)) return;
    snprintf(params, sizeof params, "{\"requestId\":\"%.*s\"}", (int)id.len, (const char *)id.ptr);
    peer_call(p, dice(f, 4) ? "device.pair.approve" : "device.pair.reject", params);
}

static void send_garbage(struct fleet *f, size_t i)
{
    struct peer *p = &f->peers[i];
    uint8_t bytes[200];
    size_t len = 1 + (size_t)dice(f, sizeof bytes);
    if (p->socket < 0) return;
    hf_rng_bytes(&f->w->rng, bytes, len);
    if (dice(f, 2))
        world_send(f->w, p->socket, hf_bytes(bytes, len));
    else
        peer_send_text(p, HF_LIT("{\"type\":\"req\",\"id\":5}"));
}

static void restart_server(struct fleet *f, bool is_kill)
{
    struct world *w = f->w;
    if (!w->server) return;
    if (is_kill)
        world_kill(w);
    else
        world_stop(w, dice(f, 2) != 0, (int64_t)dice(f, 5000));
    f->restart_at = hf_time_after(w->now.mono, HF_MS(dice(f, 3000)));
}

static void reload(struct fleet *f)
{
    f->w->settings.ping_interval_ms = 2000 + (int64_t)dice(f, 5000);
    f->w->settings.stale_after_ms = f->w->settings.ping_interval_ms * 4;
    world_settings(f->w);
}

static void happen(struct fleet *f)
{
    struct world *w = f->w;
    size_t i = (size_t)dice(f, f->count);
    struct peer *p = &f->peers[i];
    uint64_t what = dice(f, 100);
    bool is_up = p->socket >= 0 && world_is_open(w, p->socket);
    if (what < 40)
        call_something(f, i);
    else if (what < 46)
        approve_somebody(f, i);
    else if (what < 54)
        peer_drop(p);
    else if (what < 58 && p->state == PEER_READY)
        peer_close(p, dice(f, 2) ? 1000 : HF_WS_CODE_NONE);
    else if (what < 64 && is_up)
        world_stall(w, p->socket, dice(f, 2) != 0, dice(f, 2) != 0);
    else if (what < 72 && is_up)
        world_resume(w, p->socket);
    else if (what < 76)
        send_garbage(f, i);
    else if (what < 79)
        world_freeze(w, HF_MS(dice(f, 12000)));
    else if (what < 82)
        world_step_wall(w, (int64_t)dice(f, 7200000) - 3600000);
    else if (what < 85)
        restart_server(f, true);
    else if (what < 88)
        restart_server(f, false);
    else if (what < 90)
        reload(f);
    else if (what < 93)
        p->config.no_pong = !p->config.no_pong;
}

/* --- the world's peers --- */

static void reopen(struct fleet *f, size_t i)
{
    struct peer *p = &f->peers[i];
    bool is_done = p->state == PEER_IDLE || p->state == PEER_ENDED || p->state == PEER_REFUSED;
    if (!is_done || !f->w->server) return;
    if (p->socket >= 0 && f->w->sockets[p->socket].state == WORLD_OPEN) return;
    if (!f->is_over && dice(f, 3)) return;
    /* Signatures are most of a seed's cost: strangers are patient. */
    if (f->who[i] == STRANGER && dice(f, 12)) return;
    p->config = config_of(f, i);
    peer_open(p);
}

static void run(void *ctx, struct world *w)
{
    struct fleet *f = ctx;
    for (size_t i = 0; i < f->count; i++) {
        struct peer *p = &f->peers[i];
        peer_run(p);
        if (p->state == PEER_READY && p->device_token[0]) f->has_token[i] = true;
    }
    if (hf_time_before(w->now.mono, f->next_op_at)) return;
    f->next_op_at = hf_time_after(w->now.mono, HF_MS(1 + (f->is_over ? 500 : dice(f, 400))));
    if (!w->server && !hf_time_before(w->now.mono, f->restart_at)) world_start(w);
    if (!f->is_over) happen(f);
    for (size_t i = 0; i < f->count; i++) reopen(f, i);
}

static hf_time due(void *ctx, struct world *w)
{
    const struct fleet *f = ctx;
    (void)w;
    return f->next_op_at;
}

/* --- one seed --- */

static void make_weather(struct fleet *f)
{
    struct world *w = f->w;
    static const hf_span latencies[] = { 0, HF_MS(5), HF_MS(80) };
    static const unsigned fails[] = { 0, 10, 70 };
    w->weather.latency_max = latencies[dice(f, 3)];
    w->weather.split_percent = (unsigned)dice(f, 3) * 25;
    w->weather.job_max = HF_MS(dice(f, 3) * 400);
    w->weather.job_fail_percent = fails[dice(f, 3)];
    w->settings.ping_interval_ms = 5000;
    w->settings.stale_after_ms = 20000;
    w->settings.pong_timeout_ms = 5000;
    w->settings.pong_enforcement = dice(f, 4) != 0;
    w->settings.tick_interval_ms = 2000;
    w->settings.handshake_timeout_ms = 4000;
    w->settings.health_refresh_ms = 7000;
    w->settings.drain_timeout_ms = 1500;
}

static void make_fleet(struct fleet *f, uint64_t seed)
{
    *f = (struct fleet){ .w = world_new(seed) };
    f->count = 2 + (size_t)dice(f, FLEET_MAX - 1);
    make_weather(f);
    for (size_t i = 0; i < f->count; i++) {
        f->who[i] = i == 0 ? ADMIN : (enum who)dice(f, WHO_COUNT);
        f->identities[i] = identity_of((uint32_t)i);
        struct peer_config config = config_of(f, i);
        peer_init(&f->peers[i], f->w, &config);
    }
    f->next_op_at = f->w->now.mono;
    world_start(f->w);
}

static void stop_faults(struct fleet *f)
{
    f->is_over = true;
    f->w->weather = (struct world_weather){ 0 };
    for (size_t i = 0; i < WORLD_SOCKETS; i++)
        if (f->w->sockets[i].state != WORLD_FREE) world_resume(f->w, (int)i);
    for (size_t i = 0; i < f->count; i++) f->peers[i].config.no_pong = false;
    world_note(f->w, "fleet: the faults have stopped");
}

static void check_healthy(struct fleet *f)
{
    for (size_t i = 0; i < f->count; i++) {
        struct peer *p = &f->peers[i];
        if (!may_come_in(f, i)) continue;
        if (p->state != PEER_READY)
            world_fail(f->w, "client %zu (kind %d) is not in but in state %d", i, (int)f->who[i],
                       (int)p->state);
        for (uint32_t id = p->call_count > PEER_CALLS ? p->call_count - PEER_CALLS + 1 : 1;
             id <= p->call_count; id++) {
            const struct peer_call *call = peer_find_call(p, id);
            if (call && !call->answered)
                world_fail(f->w, "client %zu: request %u has no answer", i, id);
        }
    }
}

/* Whoever was told a token comes in with nothing else, after a kill too: what was
 * told was durable. */
static void check_tokens(struct fleet *f)
{
    world_kill(f->w);
    world_start(f->w);
    world_run(f->w, HF_MS(10), NULL);
    for (size_t i = 0; i < f->count; i++) {
        struct peer *p = &f->peers[i];
        if (f->who[i] != PAIRED || !f->has_token[i]) continue;
        struct peer_config config = config_of(f, i);
        config.token = NULL;
        config.device_token = p->device_token;
        struct peer alone;
        peer_init(&alone, f->w, &config);
        peer_open(&alone);
        peer_run_world(&alone, HF_MS(100));
        if (alone.state != PEER_READY)
            world_fail(f->w, "client %zu was told a device token and is not let in with it", i);
        peer_fini(&alone);
    }
}

static void run_seed(uint64_t seed, uint8_t digest[SEEDS_DIGEST_BYTES])
{
    static struct fleet f;
    make_fleet(&f, seed);
    struct world_peers peers = { .run = run, .due = due, .ctx = &f };
    world_run(f.w, HF_SECONDS(FAULTY_SECONDS), &peers);
    stop_faults(&f);
    check_tokens(&f);
    world_run(f.w, HF_SECONDS(HEALTHY_SECONDS), &peers);
    check_healthy(&f);
    memcpy(digest, f.w->digest, 32);
    for (size_t i = 0; i < f.count; i++) peer_fini(&f.peers[i]);
    world_free(f.w);
}

int main(int argc, char **argv)
{
    return seeds_main(argc, argv, run_seed);
}
