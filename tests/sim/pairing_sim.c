/* Stories about devices and strangers on a whole server: approval, tokens, restarts, a full
 * disk, guesses, proxies, floods.  tests/unit has the decisions one by one. */
#include "base/limits.h"
#include "lib/log_watch.h"
#include "lib/peer.h"
#include "wire/json_read.h"

#include <stdio.h>
#include <stdlib.h>

struct scene {
    struct world *w;
    struct peer admin;
    struct identity who; /* the device of the story */
    struct peer device;
};

/* 203.0.113.<last>: an address of somebody else. */
static void remote(struct peer_config *config, uint8_t last)
{
    static const uint8_t prefix[15] = {
        [10] = 0xFF, [11] = 0xFF, [12] = 203, [13] = 0, [14] = 113
    };
    memcpy(config->address, prefix, sizeof prefix);
    config->address[15] = last;
}

static struct peer_config device_config(const struct identity *who, uint8_t last)
{
    struct peer_config config = peer_operator();
    config.client_id = "openclaw-tui";
    config.mode = "ui";
    config.scopes = "[\"operator.read\"]";
    config.identity = who;
    remote(&config, last);
    return config;
}

static struct peer_config admin_config(void)
{
    struct peer_config config = peer_operator();
    config.scopes = "[\"operator.admin\",\"operator.pairing\",\"operator.read\"]";
    return config;
}

static void start_server(struct scene *s)
{
    struct peer_config config = admin_config();
    world_start(s->w);
    world_run(s->w, HF_MS(1), NULL);
    peer_login(&s->admin, s->w, &config);
}

static void scene_start_for(struct scene *s, uint64_t seed, size_t sockets)
{
    struct peer_config config;
    s->w = world_new_for(seed, sockets);
    s->who = identity_of(1);
    config = device_config(&s->who, 9);
    peer_init(&s->device, s->w, &config);
    start_server(s);
}

static void scene_start(struct scene *s, uint64_t seed)
{
    scene_start_for(s, seed, WORLD_SOCKETS);
}

static void scene_stop(struct scene *s)
{
    peer_fini(&s->device);
    peer_fini(&s->admin);
    world_free(s->w);
}

static void restart(struct scene *s)
{
    world_kill(s->w);
    peer_fini(&s->admin);
    start_server(s);
}

/* Connects anew; its old socket is gone. */
static void reopen(struct scene *s, struct peer *p)
{
    peer_drop(p);
    world_turn(s->w);
    peer_open(p);
}

/* One attempt to log in, and whatever the operator is told about it. */
static enum peer_state attempt(struct scene *s, struct peer *p)
{
    reopen(s, p);
    peer_run_world(p, HF_SECONDS(2));
    peer_run(&s->admin);
    return p->state;
}

static struct hf_bytes detail(const struct peer *p, const char *name)
{
    return p->refusal ? hf_json_find(hf_json_find(hf_blob_view(p->refusal), "details"), name)
                      : HF_EMPTY;
}

static struct hf_bytes call(struct scene *s, const char *method, const char *params, bool *ok)
{
    return peer_answer(&s->admin, peer_call(&s->admin, method, params), ok);
}

/* A call whose only parameter is a text that stands in JSON, quotes included. */
static bool call_about(struct scene *s, const char *method, const char *name,
                       struct hf_bytes quoted)
{
    char params[256];
    bool ok;
    snprintf(params, sizeof params, "{\"%s\":%.*s}", name, (int)quoted.len,
             (const char *)quoted.ptr);
    call(s, method, params, &ok);
    return ok;
}

static size_t listed(struct scene *s, const char *list)
{
    bool ok;
    struct hf_bytes all = call(s, "device.pair.list", NULL, &ok);
    CHECK(ok);
    return hf_json_count(hf_json_find(all, list));
}

static struct hf_bytes pending_id(struct scene *s)
{
    return hf_json_find(peer_event(&s->admin, "device.pair.requested"), "requestId");
}

/* The story's device is approved by the operator and holds its token. */
static void approve_device(struct scene *s)
{
    CHECK_EQ(attempt(s, &s->device), PEER_REFUSED);
    CHECK(call_about(s, "device.pair.approve", "requestId", pending_id(s)));
    CHECK_EQ(attempt(s, &s->device), PEER_READY);
    CHECK(s->device.device_token[0] != '\0');
}

/* From now on it shows its token instead of the shared secret. */
static void use_token(struct scene *s)
{
    s->device.config.token = NULL;
    s->device.config.device_token = s->device.device_token;
}

/* --- approval --- */

/* However often it retries there is one request, one event, and one number to approve. */
static void a_remote_device_waits_for_one_approval(void)
{
    struct scene s;
    char first[64] = "";
    scene_start(&s, 1);
    for (int i = 0; i < 20; i++) {
        CHECK_EQ_AT(i, attempt(&s, &s.device), PEER_REFUSED);
        CHECK_TEXT_AT(i, hf_json_find(hf_blob_view(s.device.refusal), "code"), "\"NOT_PAIRED\"");
        CHECK_TEXT_AT(i, detail(&s.device, "code"), "\"PAIRING_REQUIRED\"");
        CHECK_TEXT_AT(i, detail(&s.device, "reason"), "\"not-paired\"");
        CHECK_EQ_AT(i, s.device.close_code, 1008);
        struct hf_bytes id = detail(&s.device, "requestId");
        if (i == 0) snprintf(first, sizeof first, "%.*s", (int)id.len, (const char *)id.ptr);
        CHECK_TEXT_AT(i, id, first);
    }
    CHECK_EQ(peer_event_count(&s.admin, "device.pair.requested"), 1);
    CHECK_TEXT(pending_id(&s), first);
    CHECK_EQ(listed(&s, "pending"), 1);
    CHECK_EQ(listed(&s, "paired"), 0);

    CHECK(call_about(&s, "device.pair.approve", "requestId", hf_bytes_cstr(first)));
    CHECK_TEXT(hf_json_find(peer_event(&s.admin, "device.pair.resolved"), "decision"),
               "\"approved\"");
    CHECK_EQ(listed(&s, "pending"), 0);
    CHECK_EQ(attempt(&s, &s.device), PEER_READY);
    CHECK(s.device.device_token[0] != '\0');
    use_token(&s);
    CHECK_EQ(attempt(&s, &s.device), PEER_READY);
    CHECK_TEXT(hf_json_find(hf_json_find(hf_blob_view(s.device.hello), "auth"), "method"),
               "\"device-token\"");
    CHECK_EQ(listed(&s, "paired"), 1);
    scene_stop(&s);
}

/* A rejected device may ask again, under a number of its own. */
static void a_rejected_device_may_ask_again(void)
{
    struct scene s;
    char first[64];
    scene_start(&s, 2);
    CHECK_EQ(attempt(&s, &s.device), PEER_REFUSED);
    struct hf_bytes id = pending_id(&s);
    snprintf(first, sizeof first, "%.*s", (int)id.len, (const char *)id.ptr);
    CHECK(call_about(&s, "device.pair.reject", "requestId", id));
    CHECK_TEXT(hf_json_find(peer_event(&s.admin, "device.pair.resolved"), "decision"),
               "\"rejected\"");
    CHECK_EQ(listed(&s, "pending"), 0);
    CHECK_EQ(attempt(&s, &s.device), PEER_REFUSED);
    CHECK(!hf_bytes_same(detail(&s.device, "requestId"), hf_bytes_cstr(first)));
    CHECK(!call_about(&s, "device.pair.approve", "requestId", hf_bytes_cstr(first)));
    scene_stop(&s);
}

/* What was wider than the request that an operator saw needs a new look. */
static void a_wider_wish_is_a_new_request(void)
{
    struct scene s;
    char first[64];
    scene_start(&s, 3);
    attempt(&s, &s.device);
    struct hf_bytes id = pending_id(&s);
    snprintf(first, sizeof first, "%.*s", (int)id.len, (const char *)id.ptr);
    s.device.config.scopes = "[\"operator.read\",\"operator.admin\"]";
    attempt(&s, &s.device);
    CHECK(!hf_bytes_same(pending_id(&s), hf_bytes_cstr(first)));
    CHECK(!call_about(&s, "device.pair.approve", "requestId", hf_bytes_cstr(first)));
    CHECK_EQ(listed(&s, "pending"), 1);
    CHECK_EQ(listed(&s, "paired"), 0);
    scene_stop(&s);
}

/* --- restarts (users.md P6) --- */

static void a_paired_device_survives_a_hundred_kills(void)
{
    struct scene s;
    char token[64];
    size_t writes_cut = 0;
    scene_start(&s, 4);
    approve_device(&s);
    memcpy(token, s.device.device_token, sizeof token);
    use_token(&s);
    for (int i = 0; i < 100; i++) {
        /* Killed at any moment: while it logs in, idle, with a write under way. */
        reopen(&s, &s.device);
        peer_run_world(&s.device, HF_MS(i % 7));
        s.w->weather.job_max = HF_MS(10);
        for (int ms = 0; i % 2 && s.w->job_count == 0 && ms < 40000; ms++)
            peer_run_world(&s.device, HF_MS(1));
        writes_cut += s.w->job_count;
        s.w->weather.job_max = 0;
        restart(&s);
        CHECK_EQ_AT(i, attempt(&s, &s.device), PEER_READY);
        CHECK_TEXT_AT(i, hf_bytes_cstr(s.device.device_token), token);
    }
    CHECK(writes_cut >= 25);
    CHECK_EQ(peer_event_count(&s.admin, "device.pair.requested"), 0);
    CHECK_EQ(listed(&s, "paired"), 1);
    CHECK_EQ(listed(&s, "pending"), 0);
    scene_stop(&s);
}

/* The number that a user was shown is still the one to approve. */
static void a_pending_request_survives_a_kill(void)
{
    struct scene s;
    char first[64];
    scene_start(&s, 5);
    attempt(&s, &s.device);
    struct hf_bytes id = pending_id(&s);
    snprintf(first, sizeof first, "%.*s", (int)id.len, (const char *)id.ptr);
    for (int i = 0; i < 5; i++) {
        restart(&s);
        attempt(&s, &s.device);
        CHECK_TEXT_AT(i, detail(&s.device, "requestId"), first);
    }
    CHECK_EQ(peer_event_count(&s.admin, "device.pair.requested"), 0);
    CHECK(call_about(&s, "device.pair.approve", "requestId", hf_bytes_cstr(first)));
    CHECK_EQ(attempt(&s, &s.device), PEER_READY);
    scene_stop(&s);
}

/* --- the end of a token --- */

/* Each closes the device's connections with 4001 and nobody else's; the token is dead at
 * once and stays dead after a kill. */
static void a_token_ends_with_its_connections(void)
{
    static const struct {
        const char *method;
        bool with_role, is_paired_after;
    } rows[] = {
        { "device.token.rotate", true, true },
        { "device.token.revoke", true, true },
        { "device.pair.remove", false, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct scene s;
        struct identity other = identity_of(2);
        struct peer neighbour;
        char params[160];
        bool ok;
        scene_start(&s, 6);
        struct peer_config config = device_config(&other, 10);
        peer_init(&neighbour, s.w, &config);
        attempt(&s, &neighbour);
        CHECK(call_about(&s, "device.pair.approve", "requestId", pending_id(&s)));
        CHECK_EQ_AT(i, attempt(&s, &neighbour), PEER_READY);
        approve_device(&s);
        use_token(&s);
        CHECK_EQ_AT(i, attempt(&s, &s.device), PEER_READY);

        snprintf(params, sizeof params, "{\"deviceId\":\"%.*s\"%s}", HF_DEVICE_ID_CHARS,
                 s.who.id_text, rows[i].with_role ? ",\"role\":\"operator\"" : "");
        call(&s, rows[i].method, params, &ok);
        CHECK_AT(i, ok);
        peer_run_world(&s.device, HF_SECONDS(2));
        CHECK_EQ_AT(i, s.device.close_code, 4001);
        CHECK_EQ_AT(i, s.device.state, PEER_ENDED);
        peer_run(&neighbour);
        CHECK_EQ_AT(i, neighbour.state, PEER_READY);
        for (int kills = 0; kills < 2; kills++) {
            CHECK_EQ_AT(i, attempt(&s, &s.device), PEER_REFUSED);
            CHECK_TEXT_AT(i, detail(&s.device, "code"), "\"AUTH_DEVICE_TOKEN_MISMATCH\"");
            restart(&s);
        }
        CHECK_EQ_AT(i, listed(&s, "paired"), rows[i].is_paired_after ? 2 : 1);
        peer_fini(&neighbour);
        scene_stop(&s);
    }
}

/* --- a full disk --- */

static void nothing_is_acknowledged_that_is_not_kept(void)
{
    struct scene s;
    scene_start(&s, 7);
    s.w->weather.job_fail_percent = 100;
    CHECK_EQ(attempt(&s, &s.device), PEER_REFUSED);
    CHECK_TEXT(hf_json_find(hf_blob_view(s.device.refusal), "code"), "\"UNAVAILABLE\"");
    CHECK_TEXT(detail(&s.device, "reason"), "\"store-unavailable\"");
    CHECK_EQ(peer_event_count(&s.admin, "device.pair.requested"), 0);
    CHECK_EQ(listed(&s, "pending"), 0);

    s.w->weather.job_fail_percent = 0;
    CHECK_EQ(attempt(&s, &s.device), PEER_REFUSED);
    struct hf_bytes id = pending_id(&s);
    s.w->weather.job_fail_percent = 100;
    CHECK(!call_about(&s, "device.pair.approve", "requestId", id));
    CHECK_EQ(peer_event_count(&s.admin, "device.pair.resolved"), 0);
    CHECK_EQ(listed(&s, "pending"), 1);
    CHECK_EQ(listed(&s, "paired"), 0);
    CHECK_EQ(attempt(&s, &s.device), PEER_REFUSED);
    CHECK_BYTES(detail(&s.device, "requestId"), id);

    s.w->weather.job_fail_percent = 0;
    CHECK(call_about(&s, "device.pair.approve", "requestId", id));
    CHECK_EQ(attempt(&s, &s.device), PEER_READY);
    scene_stop(&s);
}

/* A token that could not be ended in the store goes on, and says so to the operator. */
static void a_removal_that_is_not_kept_removes_nothing(void)
{
    struct scene s;
    char quoted[HF_DEVICE_ID_CHARS + 3];
    scene_start(&s, 8);
    approve_device(&s);
    snprintf(quoted, sizeof quoted, "\"%.*s\"", HF_DEVICE_ID_CHARS, s.who.id_text);
    s.w->weather.job_fail_percent = 100;
    CHECK(!call_about(&s, "device.pair.remove", "deviceId", hf_bytes_cstr(quoted)));
    peer_run_world(&s.device, HF_SECONDS(2));
    CHECK_EQ(s.device.state, PEER_READY);
    CHECK_EQ(listed(&s, "paired"), 1);
    scene_stop(&s);
}

/* --- guesses (users.md P14) --- */

/* `count` strangers of this address, each with a secret of its own. */
static void guess(struct scene *s, uint8_t last, const char *headers, int count)
{
    struct peer_config config = peer_operator();
    char secret[32];
    if (headers)
        config.headers = headers;
    else
        remote(&config, last);
    for (int i = 0; i < count; i++) {
        struct peer p;
        snprintf(secret, sizeof secret, "guess-%d", i);
        config.token = secret;
        peer_init(&p, s->w, &config);
        CHECK_EQ_AT(i, attempt(s, &p), PEER_REFUSED);
        peer_fini(&p);
    }
}

static bool is_locked_out(struct scene *s, uint8_t last, const char *headers)
{
    struct peer_config config = peer_operator();
    struct peer p;
    if (headers)
        config.headers = headers;
    else
        remote(&config, last);
    peer_init(&p, s->w, &config);
    attempt(s, &p);
    bool is_locked = hf_json_is(detail(&p, "code"), HF_LIT("AUTH_RATE_LIMITED"));
    if (!is_locked) WORLD_CHECK(s->w, p.state == PEER_READY);
    peer_fini(&p);
    return is_locked;
}

static void guesses_lock_out_nobody_else(void)
{
    struct scene s;
    scene_start(&s, 9);
    approve_device(&s);
    use_token(&s);
    guess(&s, 9, NULL, 9);
    CHECK(!is_locked_out(&s, 9, NULL));
    guess(&s, 9, NULL, 10);
    CHECK(is_locked_out(&s, 9, NULL));
    /* The device of the same address proves itself with its key; others live elsewhere. */
    CHECK_EQ(attempt(&s, &s.device), PEER_READY);
    CHECK(!is_locked_out(&s, 10, NULL));
    peer_run_world(&s.admin, HF_SECONDS(300));
    CHECK(!is_locked_out(&s, 9, NULL));
    scene_stop(&s);
}

/* One stale secret, retried for ever, is one guess. */
static void a_stale_secret_never_locks_its_neighbours_out(void)
{
    struct scene s;
    struct peer_config config = peer_operator();
    struct peer stale;
    scene_start(&s, 10);
    remote(&config, 9);
    config.token = "last year's";
    peer_init(&stale, s.w, &config);
    for (int i = 0; i < 300; i++) {
        CHECK_EQ_AT(i, attempt(&s, &stale), PEER_REFUSED);
        CHECK_TEXT_AT(i, detail(&stale, "code"), "\"AUTH_TOKEN_MISMATCH\"");
    }
    CHECK(!is_locked_out(&s, 9, NULL));
    peer_fini(&stale);
    scene_stop(&s);
}

/* --- proxies --- */

static unsigned http_status(struct scene *s, const char *path, const char *header,
                            struct hf_buf *page)
{
    char request[1024];
    unsigned status = 0;
    int k = world_connect_loopback(s->w);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", path, header);
    world_send(s->w, k, hf_bytes_cstr(request));
    world_turn(s->w);
    world_run(s->w, HF_MS(1), NULL);
    hf_buf_reset(page, 1 << 20);
    world_receive(s->w, k, page);
    world_release(s->w, k);
    CHECK(page->len > 12);
    for (int i = 9; i < 12; i++) status = status * 10 + (unsigned)(page->ptr[i] - '0');
    return status;
}

#define HOP "X-Forwarded-For: 198.51.100.7\r\n"
#define HOPS_4 HOP HOP HOP HOP
#define HOPS_16 HOPS_4 HOPS_4 HOPS_4 HOPS_4 /* as many lines as are read */

/* Behind a trusted proxy on this machine nobody is local, whatever the header says; a
 * header from anybody else is refused. */
static void whoever_comes_through_a_proxy_is_not_local(void)
{
    static const struct {
        const char *header;
        bool is_trusted, is_let_through;
    } rows[] = {
        { "X-Forwarded-For: 203.0.113.9\r\n", true, true },
        { "Forwarded: for=203.0.113.9\r\n", true, true },
        { "X-Forwarded-For: 203.0.113.9, 127.0.0.1, ::1\r\n", true, true },
        { "X-Forwarded-For: 127.0.0.1, 203.0.113.9\r\n", true, true },
        { "X-Forwarded-For: 127.0.0.1\r\n", true, false },
        { "X-Forwarded-For: ::1\r\n", true, false },
        { "Forwarded: for=127.0.0.1\r\n", true, false },
        { "X-Forwarded-Proto: https\r\n", true, false },
        { "X-Forwarded-Proto: https\r\n", false, false },
        { "Tailscale-User-Login: ada\r\n", false, false },
        { "X-Forwarded-For: 203.0.113.9\r\n", false, false },
        { "X-Forwarded-For: 127.0.0.1\r\n", false, false },
        { "X-Forwarded-For: nonsense\r\n", true, false },
        { "X-Real-IP: 127.0.0.1\r\n", true, false },
        /* The first kind decides; what a client adds of another kind is not looked at. */
        { HOPS_16, true, true },
        { HOPS_16 "Forwarded: for=203.0.113.9\r\n", true, true },
        { HOPS_16 HOP, true, false },
        { HOPS_16 HOP "Forwarded: for=203.0.113.9\r\n", true, false },
        { "X-Forwarded-For: 127.0.0.1\r\nForwarded: for=203.0.113.9\r\n", true, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct scene s;
        struct hf_buf page;
        scene_start(&s, 11);
        hf_buf_init(&page, 1 << 20);
        if (rows[i].is_trusted) s.w->settings.trusted_proxies.items[0] = HF_LIT("127.0.0.1");
        s.w->settings.trusted_proxies.count = rows[i].is_trusted ? 1 : 0;
        world_settings(s.w);
        memset(s.device.config.address, 0, sizeof s.device.config.address);
        s.device.config.headers = rows[i].header;
        CHECK_EQ_AT(i, attempt(&s, &s.device), PEER_REFUSED);
        if (rows[i].is_let_through) /* a local device would have been approved silently */
            CHECK_TEXT_AT(i, detail(&s.device, "reason"), "\"not-paired\"");
        else
            CHECK_EQ_AT(i, s.device.http_status, 403);

        /* Nor does it keep scopes that it gives itself, nor see what only locals see. */
        struct peer_config config = peer_operator();
        struct peer plain;
        config.headers = rows[i].header;
        peer_init(&plain, s.w, &config);
        attempt(&s, &plain);
        if (rows[i].is_let_through)
            CHECK_TEXT_AT(
                i, hf_json_find(hf_json_find(hf_blob_view(plain.hello), "auth"), "scopes"), "[]");
        peer_fini(&plain);
        CHECK_EQ_AT(i, http_status(&s, "/metrics", rows[i].header, &page),
                    rows[i].is_let_through ? 401 : 403);
        http_status(&s, "/startupz", rows[i].header, &page);
        CHECK_AT(i, memmem(page.ptr, page.len, "version", 7) == NULL);
        CHECK_EQ_AT(i, http_status(&s, "/metrics", "", &page), 200);
        hf_buf_fini(&page);
        scene_stop(&s);
    }
}

/* The proxy's own address is nobody's guess: what it forwards is counted by client. */
static void guesses_through_a_proxy_count_for_their_client(void)
{
    static const char guesser[] = "X-Forwarded-For: 203.0.113.9\r\n";
    static const char honest[] = "X-Forwarded-For: 203.0.113.10\r\n";
    struct scene s;
    scene_start(&s, 12);
    s.w->settings.trusted_proxies.items[0] = HF_LIT("127.0.0.1");
    s.w->settings.trusted_proxies.count = 1;
    world_settings(s.w);
    guess(&s, 0, guesser, 10);
    CHECK(is_locked_out(&s, 0, guesser));
    CHECK(!is_locked_out(&s, 0, honest));
    CHECK_EQ(listed(&s, "paired"), 0); /* the operator on the machine itself still asks */
    scene_stop(&s);
}

/* --- floods --- */

/* More silent sockets than the pool holds, from the address of honest clients: whoever is
 * in stays in, and a newcomer comes in. */
static void strangers_never_crowd_out_clients(void)
{
    enum { STRANGERS = HF_LIMIT_PREAUTH_CONNECTIONS + 200 };
    struct scene s;
    struct peer_config config = peer_operator();
    struct peer old, newcomer;
    bool ok;
    scene_start_for(&s, 13, STRANGERS + WORLD_SOCKETS);
    remote(&config, 9);
    config.scopes = "[]";
    peer_login(&old, s.w, &config);
    for (int i = 0; i < STRANGERS; i++) CHECK(world_connect(s.w, config.address) >= 0);
    peer_run_world(&old, HF_MS(100));
    peer_answer(&old, peer_call(&old, "health", NULL), &ok);
    CHECK(ok);
    peer_login(&newcomer, s.w, &config);
    for (int i = 0; i < STRANGERS; i++) world_connect(s.w, config.address);
    peer_run_world(&newcomer, HF_SECONDS(5));
    peer_answer(&newcomer, peer_call(&newcomer, "health", NULL), &ok);
    CHECK(ok);
    peer_run(&old);
    CHECK_EQ(old.state, PEER_READY);
    CHECK_EQ(s.admin.state, PEER_READY);
    /* The silent ones are gone when their time is over. */
    peer_run_world(&newcomer, HF_SECONDS(20));
    CHECK_TEXT(hf_json_find(call(&s, "diagnostics.connections", NULL, &ok), "count"), "3");
    peer_fini(&old);
    peer_fini(&newcomer);
    scene_stop(&s);
}

CHECK_MAIN(a_remote_device_waits_for_one_approval, a_rejected_device_may_ask_again,
           a_wider_wish_is_a_new_request, a_paired_device_survives_a_hundred_kills,
           a_pending_request_survives_a_kill, a_token_ends_with_its_connections,
           nothing_is_acknowledged_that_is_not_kept, a_removal_that_is_not_kept_removes_nothing,
           guesses_lock_out_nobody_else, a_stale_secret_never_locks_its_neighbours_out,
           whoever_comes_through_a_proxy_is_not_local,
           guesses_through_a_proxy_count_for_their_client, strangers_never_crowd_out_clients)
