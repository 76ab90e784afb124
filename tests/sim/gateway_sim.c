#include "lib/peer.h"
#include "wire/json_read.h"

#include <stdio.h>

static struct world *started(void)
{
    struct world *w = world_new(1);
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    WORLD_CHECK(w, w->is_ready);
    return w;
}

static void a_client_logs_in_calls_health_and_gets_a_ping(void)
{
    struct world *w = started();
    struct peer_config config = peer_operator();
    struct peer p;
    bool ok;
    peer_login(&p, w, &config);
    CHECK_EQ(p.pings, 1);
    struct hf_bytes health = peer_answer(&p, peer_call(&p, "health", NULL), &ok);
    CHECK(ok);
    CHECK_TEXT(hf_json_find(health, "ok"), "true");
    CHECK_TEXT(hf_json_find(hf_json_find(health, "connection"), "connected"), "true");
    CHECK_TEXT(hf_json_find(hf_json_find(health, "connection"), "rttMs"), "0");
    peer_fini(&p);
    world_free(w);
}

static void without_a_file_the_configuration_has_nothing_parsed(void)
{
    struct world *w = started();
    struct peer_config config = peer_operator();
    struct peer p;
    bool ok;
    peer_login(&p, w, &config);
    struct hf_bytes answer = peer_answer(&p, peer_call(&p, "config.get", NULL), &ok);
    CHECK(ok);
    CHECK_TEXT(hf_json_find(answer, "exists"), "false");
    CHECK_TEXT(hf_json_find(answer, "raw"), "null");
    CHECK_TEXT(hf_json_find(answer, "parsed"), "{}");
    peer_fini(&p);
    world_free(w);
}

/* Found by seed 973 of the fleet: a pong overtook the answer to the upgrade. */
static void a_ping_right_behind_the_request_never_overtakes_the_101(void)
{
    struct world *w = started();
    struct peer_config config = peer_operator();
    struct peer p;
    peer_init(&p, w, &config);
    peer_open(&p);
    peer_send_frame(&p, HF_WS_OP_PING, HF_LIT("early"));
    peer_run_world(&p, 0);
    CHECK_EQ(p.http_status, 101);
    CHECK_EQ(p.state, PEER_READY);
    bool has_pong = false;
    for (size_t i = 0; i < p.kept.len; i++)
        has_pong |= ((struct peer_message *)hf_ring_at(&p.kept, i))->kind == HF_WS_PONG;
    CHECK(has_pong);
    peer_fini(&p);
    world_free(w);
}

/* The connection that asked waits for the store and is let in by it. */
static void a_first_pairing_waits_for_a_slow_store_on_its_own_connection(void)
{
    struct world *w = started();
    struct identity who = identity_of(1);
    struct peer_config config = peer_operator();
    struct peer p;
    config.client_id = "openclaw-tui";
    config.mode = "ui";
    config.identity = &who;
    w->weather.job_max = 1;
    peer_init(&p, w, &config);
    peer_open(&p);
    peer_run_world(&p, 0);
    WORLD_CHECK(w, w->job_count == 1);
    w->jobs[0].done_at = hf_time_after(w->now.mono, HF_SECONDS(3));
    peer_run_world(&p, HF_MS(2999));
    CHECK_EQ(p.state, PEER_LOGIN);
    peer_run_world(&p, HF_MS(1));
    CHECK_EQ(p.state, PEER_READY);
    CHECK_EQ(strlen(p.device_token), HF_DEVICE_TOKEN_CHARS);
    peer_fini(&p);
    world_free(w);
}

static struct hf_bytes ask_from(struct world *w, const uint8_t address[16], const char *secret,
                                struct hf_buf *out)
{
    char request[300];
    int k = world_connect(w, address);
    snprintf(request, sizeof request, "GET /metrics HTTP/1.1\r\nHost: a\r\n%s%s\r\n\r\n",
             secret ? "Authorization: Bearer " : "X: y", secret ? secret : "");
    world_send(w, k, hf_bytes_cstr(request));
    world_run(w, HF_MS(1), NULL);
    hf_buf_reset(out, 1000000);
    world_receive(w, k, out);
    world_release(w, k);
    return hf_bytes_head(hf_buf_view(out), 12);
}

/* Nobody reads them from elsewhere without the secret, and guessing ends in 429. */
static void metrics_from_elsewhere_want_the_secret_and_count_guesses(void)
{
    static const uint8_t remote[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 9 };
    struct world *w = started();
    struct hf_buf out;
    char guess[16];
    hf_buf_init(&out, 1000000);
    CHECK_TEXT(ask_from(w, remote, NULL, &out), "HTTP/1.1 401");
    CHECK_TEXT(ask_from(w, remote, "secrettoken", &out), "HTTP/1.1 200");
    for (int i = 0; i < 10; i++) {
        snprintf(guess, sizeof guess, "guess%d", i);
        CHECK_TEXT_AT(i, ask_from(w, remote, guess, &out), "HTTP/1.1 401");
    }
    CHECK_TEXT(ask_from(w, remote, "secrettoken", &out), "HTTP/1.1 429");
    hf_buf_fini(&out);
    world_free(w);
}

/* The worked example of CONTRIBUTING.md: the key holdfast.tickIntervalMs. */
static void ticks_come_as_often_as_the_policy_says(void)
{
    static const int64_t intervals_ms[] = { 100, 15000 };
    for (size_t i = 0; i < HF_COUNT(intervals_ms); i++) {
        struct world *w = world_new(20);
        struct peer_config config = peer_operator();
        struct peer p;
        int64_t told;
        w->settings.tick_interval_ms = intervals_ms[i];
        world_start(w);
        world_run(w, HF_MS(1), NULL);
        peer_login(&p, w, &config);
        struct hf_bytes policy = hf_json_find(hf_blob_view(p.hello), "policy");
        CHECK_EQ_AT(i, hf_json_get_int(hf_json_find(policy, "tickIntervalMs"), &told), 0);
        CHECK_EQ_AT(i, told, intervals_ms[i]);
        peer_run_world(&p, HF_MS(4 * intervals_ms[i] - 2));
        CHECK_EQ_AT(i, peer_event_count(&p, "tick"), 3);
        peer_run_world(&p, HF_MS(2));
        CHECK_EQ_AT(i, peer_event_count(&p, "tick"), 4);
        peer_fini(&p);
        world_free(w);
    }
}

/* Two parameters with escapes are decoded side by side: the second one must not move the
 * first, however long it is. */
static void texts_with_escapes_stand_beside_each_other(void)
{
    enum { AGENT_CHARS = 40000 };
    static char params[64 + AGENT_CHARS], want[64 + AGENT_CHARS], agent[AGENT_CHARS + 1];
    struct world *w = started();
    struct peer_config config = peer_operator();
    struct peer p;
    bool ok;
    memset(agent, 'a', AGENT_CHARS);
    snprintf(params, sizeof params, "{\"key\":\"k\\u0065y\",\"agentId\":\"\\u0062%s\"}", agent);
    snprintf(want, sizeof want, "\"agent:b%s:key\"", agent);
    peer_login(&p, w, &config);
    struct hf_bytes answer =
        peer_answer(&p, peer_call(&p, "sessions.messages.subscribe", params), &ok);
    CHECK(ok);
    CHECK(hf_bytes_same(hf_json_find(answer, "key"), hf_bytes_cstr(want)));
    peer_fini(&p);
    world_free(w);
}

CHECK_MAIN(texts_with_escapes_stand_beside_each_other,
           without_a_file_the_configuration_has_nothing_parsed,
           ticks_come_as_often_as_the_policy_says,
           metrics_from_elsewhere_want_the_secret_and_count_guesses,
           a_first_pairing_waits_for_a_slow_store_on_its_own_connection,
           a_ping_right_behind_the_request_never_overtakes_the_101,
           a_client_logs_in_calls_health_and_gets_a_ping)
