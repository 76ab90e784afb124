/* What the client engine says about itself, and that it never says a secret
 * (spec/client-lifecycle.md 9, 14 and 15). */
#include "lib/seat.h"

#define HELLO(features)                                                                            \
    "\"ok\":true,\"payload\":{\"type\":\"hello-ok\",\"protocol\":4,\"server\":{\"version\":"       \
    "\"2026.9.6\",\"connId\":\"c-1\"},\"features\":{" features "},\"auth\":{\"role\":"             \
    "\"operator\",\"scopes\":[\"operator.read\"]},\"policy\":{\"tickIntervalMs\":15000,"           \
    "\"maxPayload\":1000}}"

static void the_hello_is_kept_when_it_is_wanted(void)
{
    for (int keeps_hello = 0; keeps_hello < 2; keeps_hello++) {
        struct hf_client_config config = seat_config_of();
        struct seat s;
        config.keeps_hello = keeps_hello;
        seat_init(&s, &config);
        seat_login(&s, HELLO("\"methods\":[\"health\",\"a\"],\"events\":[\"tick\"],"
                             "\"capabilities\":[\"x\"]"));
        struct hf_client_hello hello = hf_client_hello(s.client);
        CHECK_TEXT(hello.server_version, "2026.9.6");
        CHECK_TEXT(hello.conn_id, "c-1");
        CHECK_TEXT(hello.role, "operator");
        CHECK_EQ(hello.protocol, 4);
        CHECK_EQ(hello.max_payload, 1000);
        CHECK_EQ(hf_span_ms(hello.tick_every), 15000);
        CHECK_TEXT(hello.methods, keeps_hello ? "[\"health\",\"a\"]" : "");
        CHECK_TEXT(hello.events, keeps_hello ? "[\"tick\"]" : "");
        CHECK_TEXT(hello.capabilities, keeps_hello ? "[\"x\"]" : "");
        CHECK_TEXT(hello.scopes, keeps_hello ? "[\"operator.read\"]" : "");
        CHECK_EQ(hello.policy.len > 0, keeps_hello);
        CHECK(hf_client_offers(s.client, HF_LIT("a")));
        CHECK_EQ(hf_client_offers(s.client, HF_LIT("b")), !keeps_hello);
        seat_fini(&s);
    }
}

/* Both sides of what is kept of it: the lists go, the rest stays. */
static void a_huge_hello_keeps_its_facts_without_its_lists(void)
{
    static const char frame[] = "\"methods\":[\"";
    const size_t others = strlen("[\"operator.read\"]") +
                          strlen("{\"tickIntervalMs\":15000,\"maxPayload\":1000}") +
                          strlen("[\"\"]");
    for (size_t more = 0; more < 2; more++) {
        struct hf_client_config config = seat_config_of();
        size_t name = HF_LIMIT_CLIENT_HELLO_BYTES - others + more;
        char *text = malloc(name + SEAT_TEXT_MAX);
        struct seat s;
        CHECK(text != NULL);
        config.keeps_hello = true;
        seat_init(&s, &config);
        seat_challenged(&s);
        int at =
            sprintf(text,
                    "{\"type\":\"res\",\"id\":%s,\"ok\":true,\"payload\":{\"type\":\"hello-ok\","
                    "\"protocol\":4,\"features\":{%s",
                    s.id, frame);
        memset(text + at, 'm', name);
        strcpy(text + at + name, "\"]},\"auth\":{\"scopes\":[\"operator.read\"]},\"policy\":"
                                 "{\"tickIntervalMs\":15000,\"maxPayload\":1000}}}");
        seat_give_text(&s, text);
        free(text);
        CHECK_EQ(seat_count(&s, HF_CLIENT_IS_READY), 1);
        CHECK_EQ(hf_client_hello(s.client).methods.len, more ? 0 : name + strlen("[\"\"]"));
        CHECK_EQ(hf_client_hello(s.client).max_payload, 1000);
        seat_fini(&s);
    }
}

static void call(struct seat *s, const char *method, uint64_t tag)
{
    struct hf_client_call one = { .method = hf_bytes_cstr(method), .tag = tag };
    CHECK_EQ(hf_client_call(s->client, s->now, &one), 0);
    seat_act(s);
}

/* client-lifecycle 9: how each call went; both sides of the bound. */
static void the_newest_calls_are_remembered(void)
{
    struct seat s;
    seat_ready(&s);
    call(&s, "a.method.with.a.name.that.is.much.too.long.to.keep", 1);
    s.now.mono = hf_at_ms(1250);
    seat_answer(&s, "\"ok\":false,\"error\":{\"code\":\"FORBIDDEN\",\"message\":\"no\"}");
    CHECK_EQ(hf_client_timing_count(s.client), 1);
    const struct hf_client_timing *timing = hf_client_timing(s.client, 0);
    CHECK_EQ(timing->tag, 1);
    CHECK_EQ(timing->outcome, HF_CLIENT_SERVER_ERROR);
    CHECK_EQ(hf_span_ms(hf_time_since(timing->settled_at, timing->asked_at)), 250);
    CHECK_TEXT(hf_bytes(timing->method, timing->method_len),
               "a.method.with.a.name.that.is.much.too.lo");
    CHECK_TEXT(hf_bytes(timing->code, timing->code_len), "FORBIDDEN");
    CHECK_EQ(hf_span_ms(seat_last(&s, HF_CLIENT_IS_RESULT)->u.result.took), 250);
    for (uint64_t tag = 2; tag <= HF_LIMIT_CLIENT_TIMINGS; tag++) {
        call(&s, "m", tag);
        seat_answer(&s, "\"ok\":true");
    }
    CHECK_EQ(hf_client_timing_count(s.client), HF_LIMIT_CLIENT_TIMINGS);
    CHECK_EQ(hf_client_timing(s.client, 0)->tag, 1);
    call(&s, "m", 99);
    seat_say(&s, HF_CLIENT_CLOSED);
    CHECK_EQ(hf_client_timing_count(s.client), HF_LIMIT_CLIENT_TIMINGS);
    CHECK_EQ(hf_client_timing(s.client, 0)->tag, 2);
    CHECK_EQ(hf_client_timing(s.client, HF_LIMIT_CLIENT_TIMINGS - 1)->outcome, HF_CLIENT_LOST);
    seat_fini(&s);
}

/* client-lifecycle 15: the snapshot through a life. */
static void the_snapshot_follows_a_life(void)
{
    struct hf_client_config config = seat_config_of();
    struct hf_client_diagnostics d;
    struct seat s;
    seat_init(&s, &config);
    hf_client_diagnose(s.client, s.now, &d);
    CHECK_EQ(d.state, HF_LINK_OPENING);
    CHECK_EQ(d.status, HF_CLIENT_CONNECTING);
    CHECK(hf_time_same(d.hello_at, HF_NEVER) && hf_time_same(d.last_activity_at, HF_NEVER));
    CHECK_EQ(d.rtt_ms, -1);
    CHECK(d.beat_off_reason != NULL);
    seat_login(&s, HELLO("\"methods\":[\"health\"]"));
    s.now.mono = hf_at_ms(4000);
    call(&s, "m", 1);
    struct hf_client_call endless = { .method = HF_LIT("m"), .tag = 2, .within = HF_SPAN_MAX };
    s.holds_output = true;
    CHECK_EQ(hf_client_call(s.client, s.now, &endless), 0);
    hf_client_diagnose(s.client, s.now, &d);
    CHECK_EQ(d.state, HF_LINK_READY);
    CHECK_EQ(hf_span_ms(d.uptime), 3000);
    CHECK_EQ(d.pending_count, 2);
    CHECK_EQ(d.unbounded_count, 1);
    CHECK(d.queued_bytes > 0 && !d.is_watchdog_resting);
    CHECK_TEXT(d.beat_method, "health");
    CHECK(d.beat_off_reason == NULL);
    CHECK_EQ(d.counters.connects, 1);
    CHECK_EQ(d.counters.hellos, 1);
    seat_give_text(&s, "{");
    seat_give_text(&s, "{}");
    seat_give_text(&s, "{\"type\":\"res\",\"id\":\"7:x\",\"ok\":true}");
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_UNREADABLE), 1);
    s.holds_output = false;
    seat_give_frame(&s, HF_WS_OP_CLOSE,
                    HF_LIT("\x03\xF4"
                           "restart"));
    hf_client_diagnose(s.client, s.now, &d);
    CHECK_EQ(d.last_close_code, 1012);
    CHECK_TEXT(d.last_close_reason, "restart");
    CHECK_EQ(d.last_close_phase, HF_LINK_READY);
    CHECK_EQ(d.attempt, 1);
    CHECK_EQ(hf_span_ms(hf_time_since(d.next_retry_at, s.now.mono)), 1000);
    CHECK_EQ(d.pending_count, 0);
    CHECK_EQ(d.counters.unreadable, 1);
    CHECK_EQ(d.counters.invalid, 1);
    CHECK_EQ(d.counters.dropped_early, 1);
    CHECK_EQ(d.counters.retries, 1);
    CHECK_EQ(d.counters.graceful_closes, 1);
    seat_say(&s, HF_CLIENT_DISPOSE);
    hf_client_diagnose(s.client, s.now, &d);
    CHECK(d.is_disposed);
    seat_fini(&s);
}

static void check_no_canary(struct seat *s)
{
    struct hf_client_diagnostics d;
    hf_client_diagnose(s->client, s->now, &d);
    hf_buf_add(&s->texts, d.last_error.text);
    hf_buf_add(&s->texts, d.last_error.location);
    hf_buf_add(&s->texts, d.last_close_reason);
    CHECK(s->texts.len > 0);
    if (seat_has(hf_buf_view(&s->texts), "canary"))
        check_fail(__FILE__, __LINE__, "%.*s", (int)s->texts.len, (const char *)s->texts.ptr);
}

static void give_close(struct seat *s, const char *reason)
{
    char text[128] = { 0x03, (char)0xF3 };
    snprintf(text + 2, sizeof text - 2, "%s", reason);
    seat_give_frame(s, HF_WS_OP_CLOSE, hf_bytes(text, 2 + strlen(reason)));
}

/* client-lifecycle 75: every secret that there is, said back by the server in every text
 * that it can send, is told nowhere. */
static void no_text_holds_a_secret(void)
{
    static const char *const secrets[] = { "canary-token",  "canary-password", "canary-bootstrap",
                                           "canary-device", "canary-stored",   "canary-edge",
                                           "canary-basic",  "canary-nonce" };
    static const struct hf_http_field header = { HF_LIT_INIT("X-Edge"),
                                                 HF_LIT_INIT("canary-edge") };
    struct hf_client_config config = seat_config_of();
    config.credentials = (struct hf_credentials){ .token = HF_LIT("canary-token"),
                                                  .password = HF_LIT("canary-password"),
                                                  .bootstrap_token = HF_LIT("canary-bootstrap"),
                                                  .device_token = HF_LIT("canary-device"),
                                                  .stored_device_token = HF_LIT("canary-stored") };
    config.url.is_tls = true;
    config.url.target = HF_LIT("/?token=canary-query");
    config.headers = &header;
    config.header_count = 1;
    config.basic_auth = HF_LIT("user:canary-basic");
    for (size_t i = 0; i < HF_COUNT(secrets); i++) {
        char text[SEAT_TEXT_MAX];
        struct seat s;
        seat_init(&s, &config);
        if (i + 1 < HF_COUNT(secrets)) { /* a nonce does not exist so early */
            snprintf(
                text, sizeof text,
                "HTTP/1.1 302 Found\r\nLocation: https://u:%s@h/%s?a=%s\r\nContent-Length: %zu\r\n"
                "\r\n%s",
                secrets[i], secrets[i], secrets[i], strlen(secrets[i]), secrets[i]);
            seat_give(&s, hf_bytes_cstr(text));
            seat_redial(&s);
        }
        seat_upgrade(&s);
        seat_give_text(&s, "{\"type\":\"event\",\"event\":\"connect.challenge\",\"payload\":"
                           "{\"nonce\":\"canary-nonce\",\"ts\":5}}");
        seat_read_sent(&s);
        snprintf(text, sizeof text,
                 "\"ok\":false,\"error\":{\"code\":\"UNAVAILABLE\",\"message\":\"it was %s\"}",
                 secrets[i]);
        seat_answer(&s, text);
        snprintf(text, sizeof text, "no %s, password=canary-guess", secrets[i]);
        give_close(&s, text);
        seat_redial(&s);
        seat_upgrade(&s);
        seat_give_text(&s, "{\"type\":\"event\",\"event\":\"connect.challenge\",\"payload\":"
                           "{\"nonce\":\"canary-nonce\",\"ts\":5}}");
        seat_answer(&s, seat_hello);
        call(&s, "config.set", 1);
        give_close(&s, text);
        check_no_canary(&s);
        seat_fini(&s);
    }
}

CHECK_MAIN(the_hello_is_kept_when_it_is_wanted, a_huge_hello_keeps_its_facts_without_its_lists,
           the_newest_calls_are_remembered, the_snapshot_follows_a_life, no_text_holds_a_secret)
