/* What a changed configuration means for those who are in. */
#include "base/limits.h"
#include "lib/peer.h"
#include "wire/json_read.h"

#include <stdio.h>
#include <stdlib.h>

enum { EACH_MS = 1 };

static struct world *started(uint64_t seed)
{
    struct world *w = world_new(seed);
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    WORLD_CHECK(w, w->is_ready);
    return w;
}

static void login_with_secret(struct peer *p, struct world *w, const char *secret)
{
    struct peer_config config = peer_operator();
    config.token = secret;
    peer_init(p, w, &config);
    peer_open(p);
    peer_run_world(p, HF_MS(1000)); /* a wrong secret is answered late */
}

/* A device that came once with the secret and comes again with its own token. */
static void login_with_device_token(struct peer *p, struct world *w, const struct identity *who)
{
    struct peer_config config = peer_operator();
    config.client_id = "openclaw-tui";
    config.mode = "ui";
    config.identity = who;
    peer_login(p, w, &config);
    peer_drop(p);
    p->config.token = NULL;
    p->config.device_token = p->device_token;
    peer_open(p);
    peer_run_world(p, HF_MS(1));
    CHECK_EQ(p->state, PEER_READY);
}

/* protocol/wire.md section 5: 4001 `gateway auth changed`. */
static void a_new_secret_ends_those_who_know_the_old_one_and_no_others(void)
{
    struct world *w = started(1);
    struct identity who = identity_of(1);
    struct peer shared, device, again;
    login_with_device_token(&device, w, &who);
    login_with_secret(&shared, w, "secrettoken");
    CHECK_EQ(shared.state, PEER_READY);
    w->settings.token = HF_LIT("the next secret");
    world_settings(w);
    peer_run_world(&shared, HF_MS(EACH_MS));
    peer_run_world(&device, HF_MS(EACH_MS));
    CHECK_EQ(shared.state, PEER_ENDED);
    CHECK_EQ(shared.close_code, 4001);
    CHECK_TEXT(hf_bytes_cstr(shared.close_reason), "gateway auth changed");
    CHECK_EQ(device.state, PEER_READY);
    login_with_secret(&again, w, "secrettoken");
    CHECK_EQ(again.state, PEER_REFUSED);
    CHECK_TEXT(hf_json_find(hf_blob_view(again.refusal), "code"), "\"INVALID_REQUEST\"");
    peer_fini(&again);
    login_with_secret(&again, w, "the next secret");
    CHECK_EQ(again.state, PEER_READY);
    peer_fini(&again);
    peer_fini(&shared);
    peer_fini(&device);
    world_free(w);
}

static void other_changes_end_nobody(void)
{
    struct world *w = started(2);
    struct peer p;
    login_with_secret(&p, w, "secrettoken");
    w->settings.ping_interval_ms = 5000;
    w->settings.strict_scopes = true;
    world_settings(w);
    peer_run_world(&p, HF_MS(EACH_MS));
    CHECK_EQ(p.state, PEER_READY);
    peer_fini(&p);
    world_free(w);
}

static void who_came_in_while_no_secret_was_asked_for_must_show_it_now(void)
{
    struct world *w = world_new(3);
    struct peer p;
    w->settings.auth_mode = HF_AUTH_NONE;
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    login_with_secret(&p, w, NULL);
    CHECK_EQ(p.state, PEER_READY);
    w->settings.auth_mode = HF_AUTH_TOKEN;
    world_settings(w);
    peer_run_world(&p, HF_MS(EACH_MS));
    CHECK_EQ(p.close_code, 4001);
    peer_fini(&p);
    world_free(w);
}

static void ask_metrics(struct world *w, const char *headers, struct hf_buf *out)
{
    char request[256];
    int k = world_connect_loopback(w);
    snprintf(request, sizeof request, "GET /metrics HTTP/1.1\r\nHost: a\r\n%s\r\n", headers);
    world_send(w, k, hf_bytes_cstr(request));
    world_run(w, HF_MS(EACH_MS), NULL);
    hf_buf_reset(out, 1000000);
    world_receive(w, k, out);
    world_release(w, k);
}

/* How long a client that reads at this pace holds on to its socket after a close that
 * stands behind one large answer; it sees the close, or none when it takes too long. */
static void read_slowly(uint64_t seed, size_t answer_bytes, size_t window, bool sees_close)
{
    struct world *w = started(seed);
    struct peer p;
    char *config = malloc(answer_bytes);
    CHECK(config != NULL);
    memset(config, ' ', answer_bytes);
    config[0] = '{';
    config[answer_bytes - 1] = '}';
    w->settings.config_json = hf_bytes(config, answer_bytes);
    world_settings(w);
    login_with_secret(&p, w, "secrettoken");
    w->weather.latency_max = HF_MS(900);
    w->sockets[p.socket].down.window = window;
    peer_call(&p, "config.get", NULL);
    peer_run_world(&p, HF_MS(2000));
    w->settings.token = HF_LIT("the next secret");
    hf_time closed_at = w->now.mono;
    world_settings(w);
    peer_run_world(&p, HF_MS(HF_LIMIT_CLOSE_MS - 1));
    CHECK_EQ(p.close_code, sees_close ? 4001 : 0);
    if (!sees_close) {
        CHECK(world_is_open(w, p.socket));
        peer_run_world(&p, HF_MS(1));
        CHECK(!world_is_open(w, p.socket));
        CHECK_EQ(hf_time_since(w->now.mono, closed_at), HF_MS(HF_LIMIT_CLOSE_MS));
    }
    peer_fini(&p);
    world_free(w);
    free(config);
}

/* HF_LIMIT_CLOSE_MS: within it whoever keeps reading is told why; after it nobody is. */
static void a_slow_reader_sees_the_close_behind_a_large_answer(void)
{
    read_slowly(6, 100000, 65536, true);
    read_slowly(7, 4000000, 16384, false);
}

/* A proxy on this machine, which was allowed: dependencies.md 6a, gateway.auth.trustedProxy. */
static void a_new_proxy_policy_ends_whom_the_old_one_let_in(void)
{
    static const char named[] = "X-Forwarded-For: 203.0.113.9\r\nX-User: nick\r\n";
    static const char unnamed[] = "X-Forwarded-For: 203.0.113.9\r\n";
    struct world *w = world_new(5);
    struct peer_config config = peer_operator();
    struct peer p, early;
    struct hf_buf page;
    w->settings.auth_mode = HF_AUTH_TRUSTED_PROXY;
    w->settings.token = HF_EMPTY;
    w->settings.proxy_user_header = HF_LIT("x-user");
    w->settings.proxy_allow_loopback = true;
    w->settings.trusted_proxies.items[0] = HF_LIT("127.0.0.1");
    w->settings.trusted_proxies.count = 1;
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    config.token = NULL;
    config.headers = named;
    peer_login(&p, w, &config);
    CHECK_TEXT(hf_json_find(hf_json_find(hf_blob_view(p.hello), "auth"), "method"),
               "\"trusted-proxy\"");
    config.keeps_silent = true;
    peer_init(&early, w, &config);
    peer_open(&early);
    peer_run_world(&early, HF_MS(EACH_MS));
    CHECK_EQ(early.state, PEER_LOGIN);

    hf_buf_init(&page, 1000000);
    ask_metrics(w, unnamed, &page);
    CHECK_TEXT(hf_bytes_head(hf_buf_view(&page), 12), "HTTP/1.1 401");
    ask_metrics(w, "X-Forwarded-For: 127.0.0.1\r\nX-User: nick\r\n", &page);
    CHECK_TEXT(hf_bytes_head(hf_buf_view(&page), 12), "HTTP/1.1 403");
    ask_metrics(w, named, &page);
    CHECK_TEXT(hf_bytes_head(hf_buf_view(&page), 12), "HTTP/1.1 200");
    hf_buf_fini(&page);

    w->settings.proxy_users.items[0] = HF_LIT("nick");
    w->settings.proxy_users.count = 1;
    world_settings(w);
    peer_run_world(&p, HF_MS(EACH_MS));
    peer_run(&early);
    CHECK_EQ(p.close_code, 4001);
    CHECK_EQ(early.close_code, 4001);
    peer_fini(&p);
    peer_fini(&early);
    world_free(w);
}

/* Two intervals of silence and it gives its link up, so the old promise holds for it. */
static void a_longer_tick_interval_holds_for_newcomers_only(void)
{
    struct world *w = world_new(4);
    struct peer p;
    w->settings.tick_interval_ms = 100;
    w->settings.ping_interval_ms = 3600000;
    w->settings.stale_after_ms = 3600000;
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    login_with_secret(&p, w, "secrettoken");
    size_t before = peer_event_count(&p, "tick");
    w->settings.tick_interval_ms = 60000;
    world_settings(w);
    peer_run_world(&p, HF_MS(1000));
    CHECK_EQ(peer_event_count(&p, "tick"), before + 10);
    peer_drop(&p);
    peer_run_world(&p, HF_MS(EACH_MS));
    peer_fini(&p);
    login_with_secret(&p, w, "secrettoken");
    before = peer_event_count(&p, "tick");
    peer_run_world(&p, HF_MS(59000));
    CHECK_EQ(peer_event_count(&p, "tick"), before);
    peer_fini(&p);
    world_free(w);
}

CHECK_MAIN(a_slow_reader_sees_the_close_behind_a_large_answer,
           a_new_secret_ends_those_who_know_the_old_one_and_no_others, other_changes_end_nobody,
           who_came_in_while_no_secret_was_asked_for_must_show_it_now,
           a_new_proxy_policy_ends_whom_the_old_one_let_in,
           a_longer_tick_interval_holds_for_newcomers_only)
