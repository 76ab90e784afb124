/* How connections of the client engine end, byte by byte: refused upgrades, closes,
 * failures to write, stop and dispose (spec/client-lifecycle.md 5, 7 and 10). */
#include "base/rng.h"
#include "engine/client_state.h"
#include "lib/seat.h"

static const struct hf_client_call health = { .method = HF_LIT_INIT("health"), .tag = 7 };

static void call(struct seat *s, uint64_t tag)
{
    struct hf_client_call one = health;
    one.tag = tag;
    CHECK_EQ(hf_client_call(s->client, s->now, &one), 0);
    seat_act(s);
}

static enum hf_link_state state(const struct seat *s)
{
    return hf_client_link(s->client)->state;
}

/* --- before there is a WebSocket --- */

static void give_http(struct seat *s, const char *head, size_t body_len)
{
    char *text = malloc(SEAT_TEXT_MAX + body_len);
    CHECK(text != NULL);
    int len = snprintf(text, SEAT_TEXT_MAX, "%s\r\n\r\n", head);
    memset(text + len, 'x', body_len);
    seat_give(s, hf_bytes(text, (size_t)len + body_len));
    free(text);
}

/* client-lifecycle 9: at most 2048 bytes and at most 1000 ms of the body. */
static void a_refusal_is_read_for_2048_bytes_or_a_second(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    for (size_t body = 2047; body <= 2048; body++) {
        seat_init(&s, &config);
        give_http(&s, "HTTP/1.1 503 Busy\r\nContent-Length: 5000", body);
        CHECK_EQ(state(&s), body < 2048 ? HF_LINK_OPENING : HF_LINK_BACKOFF);
        seat_run(&s, 1999);
        CHECK_EQ(s.kills, body == 2048);
        seat_run(&s, 2000); /* a second after the head, the next attempt a second later */
        CHECK_EQ(s.kills, 1);
        CHECK_EQ(hf_client_failure(s.client).http_status, 503);
        CHECK_EQ(hf_client_failure(s.client).cause, HF_LINK_CAUSE_UPGRADE);
        CHECK_EQ(seat_count(&s, HF_CLIENT_IS_ERROR), 1);
        seat_run(&s, 3000);
        CHECK_EQ(s.dials, 2);
        seat_fini(&s);
    }
}

/* client-lifecycle 9, 10 and 7.1: what is told about it, and no secret. */
static void a_refusal_is_told_with_its_reason(void)
{
    static const struct {
        const char *head, *body, *text, *code, *location;
    } rows[] = {
        { "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: https://h/?token=abc&a=1", "",
          "the gateway refused the WebSocket with HTTP 302", "UNAVAILABLE",
          "https://h/?token=***&a=1" },
        { "HTTP/1.1 503 No\r\nContent-Length: 34", "Gateway websocket admission closed",
          "the gateway refused the WebSocket with HTTP 503: Gateway websocket admission closed",
          "UNAVAILABLE", "" },
        { "HTTP/1.1 403 No\r\nContent-Length: 65",
          "{\"error\":{\"message\":\"who canary-token\",\"type\":\"proxy_required\"}}",
          "the gateway refused the WebSocket with HTTP 403: who ***", "proxy_required", "" },
        { "HTTP/1.1 429 No\r\nContent-Length: 37", "{\"code\":\"FORBIDDEN\",\"message\":\"slow\"}",
          "the gateway refused the WebSocket with HTTP 429: slow", "FORBIDDEN", "" },
        { "HTTP/1.1 502 No\r\nTransfer-Encoding: chunked",
          "6;x=y\r\nno one\r\n8\r\n at home\r\n0\r\nA: b\r\n\r\n",
          "the gateway refused the WebSocket with HTTP 502: no one at home", "UNAVAILABLE", "" },
        { "HTTP/1.1 429 No\r\nTransfer-Encoding: chunked",
          "13\r\n{\"code\":\"FORBIDDEN\"\r\n11\r\n,\"message\":\"slow\"\r\n1\r\n}\r\n0\r\n\r\n",
          "the gateway refused the WebSocket with HTTP 429: slow", "FORBIDDEN", "" },
        { "HTTP/1.1 502 No\r\nTransfer-Encoding: chunked", "not chunks",
          "the gateway refused the WebSocket with HTTP 502", "UNAVAILABLE", "" },
        { "HTTP/1.1 404 No\r\nContent-Length: 6", "<html>",
          "the gateway refused the WebSocket with HTTP 404", "UNAVAILABLE", "" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_client_config config = seat_config_of();
        struct seat s;
        char text[SEAT_TEXT_MAX];
        seat_init(&s, &config);
        snprintf(text, sizeof text, "%s\r\n\r\n%s", rows[i].head, rows[i].body);
        for (size_t at = 0; text[at]; at++)
            if (state(&s) == HF_LINK_OPENING) seat_give(&s, hf_bytes(text + at, 1));
        if (state(&s) == HF_LINK_OPENING) seat_say(&s, HF_CLIENT_CLOSED);
        struct hf_client_failure failure = hf_client_failure(s.client);
        CHECK_TEXT_AT(i, failure.text, rows[i].text);
        CHECK_TEXT_AT(i, failure.code, rows[i].code);
        CHECK_TEXT_AT(i, failure.detail, "websocket-upgrade-rejected");
        CHECK_TEXT_AT(i, failure.location, rows[i].location);
        CHECK_EQ_AT(i, s.dials, 1); /* nobody is followed anywhere */
        seat_fini(&s);
    }
}

/* client-lifecycle 9: no more of a body is kept than is of use. */
static void a_body_is_read_up_to_a_bound(void)
{
    struct hf_client_config config = seat_config_of();
    char body[HF_LIMIT_UPGRADE_BODY_BYTES];
    struct seat s;
    seat_init(&s, &config);
    memset(body, 'x', sizeof body);
    seat_give(&s, HF_LIT("HTTP/1.1 502 Bad\r\n\r\n"));
    seat_give(&s, hf_bytes(body, sizeof body - 1));
    CHECK_EQ(state(&s), HF_LINK_OPENING);
    seat_give(&s, hf_bytes(body, 1));
    CHECK_EQ(state(&s), HF_LINK_BACKOFF);
    seat_fini(&s);
}

/* client-lifecycle 7.1: told once, no byte is sent, and it is never tried again. */
static void a_faulty_configuration_pauses_without_a_dial(void)
{
    struct hf_http_field headers[HF_LIMIT_CLIENT_HEADERS + 1];
    for (size_t i = 0; i < HF_COUNT(headers); i++)
        headers[i] = (struct hf_http_field){ HF_LIT("CF-Access"), HF_LIT("x") };
    static const struct hf_http_field bad = { HF_LIT_INIT("A"), HF_LIT_INIT("x\r\nB: y") };
    const struct hf_bytes pin = HF_LIT("sha256:0123456789abcdef0123456789abcdef"
                                       "0123456789ABCDEF0123456789ABCDEF");
    const struct {
        struct hf_bytes host, fingerprint;
        bool is_tls, allows_plain;
        const struct hf_http_field *headers;
        size_t header_count;
        bool is_fine;
    } rows[] = {
        { HF_LIT("gateway.example"), HF_EMPTY, false, false, NULL, 0, false },
        { HF_LIT("gateway.example"), HF_EMPTY, false, true, NULL, 0, true },
        { HF_LIT("gateway.example"), HF_EMPTY, true, false, NULL, 0, true },
        { HF_LIT("192.168.1.2"), HF_EMPTY, false, false, NULL, 0, true },
        { HF_LIT("gateway.example"), pin, true, false, NULL, 0, true },
        { HF_LIT("localhost"), pin, false, false, NULL, 0, false },
        { HF_LIT("gateway.example"), HF_LIT("sha256:12"), true, false, NULL, 0, false },
        { HF_LIT("localhost"), HF_EMPTY, false, false, headers, 1, false },
        { HF_LIT("localhost"), HF_EMPTY, true, false, headers, 1, true },
        { HF_LIT("localhost"), HF_EMPTY, true, false, &bad, 1, false },
        { HF_LIT("localhost"), HF_EMPTY, true, false, headers, HF_COUNT(headers), false },
        { HF_EMPTY, HF_EMPTY, true, false, NULL, 0, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_client_config config = seat_config_of();
        struct seat s;
        config.url.host = rows[i].host;
        config.url.is_tls = rows[i].is_tls;
        config.fingerprint = rows[i].fingerprint;
        config.allows_plain = rows[i].allows_plain;
        config.headers = rows[i].headers;
        config.header_count = rows[i].header_count;
        CHECK_AT(i, (hf_client_config_fault(&config) == NULL) == rows[i].is_fine);
        seat_init(&s, &config);
        CHECK_EQ_AT(i, s.dials, rows[i].is_fine);
        if (!rows[i].is_fine) {
            seat_run(&s, 600000);
            CHECK_TEXT_AT(i, hf_bytes_cstr(s.log), "connecting error paused failed-status");
            CHECK_TEXT_AT(i, hf_client_failure(s.client).text, hf_client_config_fault(&config));
        }
        seat_fini(&s);
    }
}

/* The way to the gateway may want headers and a password, both sides of their bound. */
static void the_upgrade_carries_what_the_way_wants(void)
{
    struct hf_http_field headers[HF_LIMIT_CLIENT_HEADERS];
    struct hf_client_config config = seat_config_of();
    struct seat s;
    for (size_t i = 0; i < HF_COUNT(headers); i++)
        headers[i] = (struct hf_http_field){ HF_LIT("X-Edge"), HF_LIT("canary-edge") };
    config.url.is_tls = true;
    config.headers = headers;
    config.header_count = HF_COUNT(headers);
    config.basic_auth = HF_LIT("user:canary-basic");
    seat_init(&s, &config);
    struct hf_bytes text = hf_buf_view(&s.sent);
    CHECK(seat_has(text, "X-Edge: canary-edge\r\n"));
    CHECK(seat_has(text, "Authorization: Basic dXNlcjpjYW5hcnktYmFzaWM=\r\n"));
    seat_login(&s, seat_hello);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_READY), 1);
    seat_fini(&s);
}

/* client-lifecycle 7.1: news of its own, and the longest wait. */
static void a_foreign_certificate_is_told_and_waited_for(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    seat_init(&s, &config);
    hf_client_step(s.client, s.now,
                   &(struct hf_client_event){
                       .kind = HF_CLIENT_DIAL_FAILED,
                       .socket = s.socket,
                       .u.dial_failed = { .is_insecure = true, .why = HF_LIT("not pinned") } });
    seat_act(&s);
    CHECK_TEXT(hf_bytes_cstr(s.log), "connecting insecure error retry");
    CHECK_EQ(hf_span_ms(seat_last(&s, HF_CLIENT_IS_RETRY)->u.retry.wait), 30000);
    CHECK_TEXT(hf_client_failure(s.client).text, "not pinned");
    seat_fini(&s);
}

/* client-lifecycle 84: the numbers of the attempts, and the waits that are really armed. */
static void retries_tell_their_number_and_their_wait(void)
{
    struct hf_client_config config = seat_config_of();
    struct hf_rng twin;
    struct seat s;
    uint8_t used[HF_HTTP_KEY_BYTES];
    char uuid[HF_UUID_CHARS + 1];
    config.link.backoff.jitter_percent = 25;
    hf_rng_init(&twin, config.seed);
    seat_init(&s, &config);
    hf_rng_bytes(&twin, used, sizeof used); /* the key of the first attempt */
    hf_rng_uuid(&twin, uuid);
    for (uint32_t n = 1; n <= 8; n++) {
        int64_t base_ms = n > 5 ? 30000 : 1000 << (n - 1);
        int64_t jitter_ms = (int64_t)hf_rng_below(&twin, (uint64_t)base_ms / 4);
        seat_say(&s, HF_CLIENT_DIAL_FAILED);
        const struct hf_client_news *news = seat_last(&s, HF_CLIENT_IS_RETRY);
        CHECK_EQ_AT(n, news->u.retry.attempt, n);
        CHECK_EQ_AT(n, hf_span_ms(news->u.retry.wait), base_ms + jitter_ms);
        CHECK_EQ_AT(n, hf_time_since(hf_client_due(s.client), s.now.mono), news->u.retry.wait);
        seat_redial(&s);
        hf_rng_bytes(&twin, used, sizeof used);
        hf_rng_uuid(&twin, uuid);
    }
    seat_fini(&s);
}

/* --- closing --- */

/* client-lifecycle 33: one byte over the cap, in one frame and in a hundred parts; what
 * was held is bounded by the cap and one frame. */
static void a_message_over_the_cap_closes_1009(void)
{
    const size_t part = HF_LIMIT_PAYLOAD_BYTES / 100;
    uint8_t *body = calloc(1, HF_LIMIT_PAYLOAD_BYTES / 100 + 1);
    struct hf_buf frame;
    struct seat s;
    CHECK(body != NULL);
    memset(body, 'a', part + 1);
    seat_ready(&s);
    for (int i = 0; i <= 100; i++) {
        CHECK_EQ_AT(i, state(&s), HF_LINK_READY);
        CHECK_AT(i, s.client->ws.held.cap <= HF_LIMIT_PAYLOAD_BYTES + part);
        hf_buf_init(&frame, SEAT_SENT_MAX);
        hf_ws_frame_write(&frame, i == 0 ? HF_WS_OP_TEXT : HF_WS_OP_CONTINUATION,
                          hf_bytes(body, i < 100 ? part : 1), NULL);
        frame.ptr[0] &= 0x7F; /* never the last part */
        seat_give(&s, hf_buf_view(&frame));
        hf_buf_fini(&frame);
    }
    CHECK_EQ(HF_LIMIT_PAYLOAD_BYTES % 100, 0);
    CHECK_EQ(state(&s), HF_LINK_CLOSING);
    seat_read_sent(&s);
    CHECK_EQ(s.close_code, 1009);
    CHECK_TEXT(hf_client_failure(s.client).text, "message too large");
    free(body);
    seat_fini(&s);
}

/* client-lifecycle 34: the peer closes in the middle of our 5 MB.  The writer ends it, the
 * echo follows, and the request is told as sent only if all of it was written. */
static void a_close_during_a_long_write_is_echoed_behind_it(void)
{
    const size_t len = 5 << 20;
    char *params = malloc(len + 1);
    CHECK(params != NULL);
    memset(params, 'p', len);
    params[0] = params[len - 1] = '"';
    for (int writes_all = 0; writes_all < 2; writes_all++) {
        struct hf_client_config config = seat_config_of();
        struct hf_client_call large = health;
        struct seat s;
        large.params = hf_bytes(params, len);
        seat_init(&s, &config);
        seat_login(&s, "\"ok\":true,\"payload\":{\"type\":\"hello-ok\",\"protocol\":4}");
        s.holds_output = true;
        CHECK_EQ(hf_client_call(s.client, s.now, &large), 0);
        seat_act(&s);
        seat_write(&s, 60000);
        seat_give_frame(&s, HF_WS_OP_CLOSE,
                        HF_LIT("\x03\xE9"
                               "bye"));
        CHECK_EQ(s.ends, 1);
        size_t frames = s.frames;
        for (size_t i = 0; writes_all && i < 100; i++) seat_write(&s, SIZE_MAX);
        seat_say(&s, HF_CLIENT_CLOSED);
        const struct hf_client_news *news = seat_last(&s, HF_CLIENT_IS_RESULT);
        CHECK_EQ(news->u.result.outcome, HF_CLIENT_LOST);
        CHECK_EQ(news->u.result.close_code, 1001);
        CHECK_EQ(news->u.result.was_sent, writes_all);
        seat_read_sent(&s);
        CHECK_EQ(s.frames, frames + (size_t)writes_all);
        CHECK_EQ(s.close_code, writes_all ? 1001 : 0);
        seat_fini(&s);
    }
    free(params);
}

/* client-lifecycle 34, 35: a close waits for the message in front of it. */
static void a_close_follows_the_whole_message(void)
{
    struct seat s;
    seat_ready(&s);
    seat_read_sent(&s);
    size_t frames = s.frames;
    s.holds_output = true;
    call(&s, 1);
    seat_write(&s, 5);
    seat_say(&s, HF_CLIENT_STOP);
    CHECK_EQ(seat_last(&s, HF_CLIENT_IS_RESULT)->u.result.outcome, HF_CLIENT_STOPPED);
    CHECK(!seat_last(&s, HF_CLIENT_IS_RESULT)->u.result.was_sent);
    s.holds_output = false;
    seat_write(&s, SIZE_MAX);
    seat_read_sent(&s);
    CHECK_EQ(s.frames, frames + 1);
    CHECK_EQ(s.close_code, 1000);
    seat_fini(&s);
}

/* client-lifecycle 36: what is queued goes with the socket; no error, no close frame. */
static void dispose_drops_what_is_queued(void)
{
    struct seat s;
    seat_ready(&s);
    s.holds_output = true;
    call(&s, 1);
    seat_say(&s, HF_CLIENT_STOP); /* a close frame is queued as well */
    size_t news = s.news_len;
    seat_say(&s, HF_CLIENT_DISPOSE);
    struct hf_output out;
    seat_act(&s);
    hf_client_output(s.client, &out);
    CHECK_EQ(s.kills, 1);
    CHECK_EQ(s.news_len, news); /* the call was settled by the stop; no word since */
    seat_read_sent(&s);
    CHECK_EQ(s.close_code, 0);
    seat_say(&s, HF_CLIENT_CLOSED);
    seat_run(&s, 600000);
    CHECK_EQ(s.news_len, news);
    CHECK_EQ(s.dials, 1);
    seat_fini(&s);
}

/* client-lifecycle 42: in the order in which they were asked for, the table empty and
 * nothing possible from the first one on, nothing sent again. */
static void lost_calls_end_in_order_and_are_not_repeated(void)
{
    struct seat s;
    seat_ready(&s);
    for (uint64_t tag = 1; tag <= 3; tag++) call(&s, tag);
    size_t from = s.news_len;
    hf_client_step(s.client, s.now,
                   &(struct hf_client_event){ .kind = HF_CLIENT_CLOSED, .socket = s.socket });
    CHECK_EQ(hf_client_cancel(s.client, 2), HF_ERR_NOT_FOUND);
    CHECK_EQ(hf_client_call(s.client, s.now, &health), HF_ERR_STATE);
    seat_act(&s);
    for (uint64_t tag = 1; tag <= 3; tag++) {
        CHECK_EQ(s.news[from + tag - 1].u.result.tag, tag);
        CHECK_EQ(s.news[from + tag - 1].u.result.outcome, HF_CLIENT_LOST);
        CHECK(s.news[from + tag - 1].u.result.was_sent);
    }
    seat_read_sent(&s);
    seat_redial(&s);
    seat_login(&s, seat_hello);
    seat_read_sent(&s);
    CHECK_TEXT(hf_bytes_cstr(s.methods), "connect health health health connect");
    seat_fini(&s);
}

/* client-lifecycle 43, 86: what did not leave ends as such, its deadline is gone, and the
 * failure is told; after dispose nothing is. */
static void a_failed_write_is_told_unless_we_are_going(void)
{
    struct seat s;
    seat_ready(&s);
    call(&s, 1);
    s.holds_output = true;
    call(&s, 2);
    hf_client_step(s.client, s.now,
                   &(struct hf_client_event){ .kind = HF_CLIENT_WRITE_FAILED,
                                              .socket = s.socket,
                                              .u.why = HF_LIT("Broken pipe") });
    seat_act(&s);
    CHECK_EQ(s.kills, 1);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 2);
    CHECK_EQ(s.news[s.news_len - 1].kind, HF_CLIENT_IS_STATUS);
    const struct hf_client_news *second = seat_last(&s, HF_CLIENT_IS_RESULT);
    CHECK_EQ(second->u.result.tag, 2);
    CHECK_EQ(second->u.result.outcome, HF_CLIENT_SEND_FAILED);
    CHECK(!second->u.result.was_sent);
    CHECK_EQ((second - 1)->u.result.outcome, HF_CLIENT_LOST);
    CHECK_TEXT(hf_client_failure(s.client).text, "cannot send: Broken pipe");
    CHECK_EQ(hf_client_link(s.client)->state, HF_LINK_BACKOFF);
    seat_run(&s, 1999);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 2);
    seat_fini(&s);
    seat_ready(&s);
    seat_say(&s, HF_CLIENT_DISPOSE);
    size_t news = s.news_len;
    hf_client_step(s.client, s.now,
                   &(struct hf_client_event){ .kind = HF_CLIENT_WRITE_FAILED, .socket = s.socket });
    seat_act(&s);
    CHECK_EQ(s.news_len, news);
    seat_fini(&s);
}

/* client-lifecycle 38: stops share one close; 10.3: a login that is stopped tells it. */
static void a_stopped_login_tells_one_error(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    seat_init(&s, &config);
    seat_challenged(&s);
    for (int i = 0; i < 3; i++) seat_say(&s, HF_CLIENT_STOP);
    CHECK_TEXT(hf_client_failure(s.client).text, "client stopped");
    seat_run(&s, 1249);
    CHECK_EQ(s.kills, 0);
    seat_run(&s, 1250);
    CHECK_EQ(s.kills, 1);
    CHECK_TEXT(hf_bytes_cstr(s.log), "connecting error disconnected closed");
    seat_read_sent(&s);
    CHECK_EQ(s.close_code, 1000);
    seat_fini(&s);
}

/* T29: a close with the application's own words, then another connection. */
static void a_reconnect_closes_with_what_was_asked_for(void)
{
    static const struct {
        uint16_t code, want;
        const char *reason;
    } rows[] = { { 0, 1012, "" }, { 4100, 4100, "new manifest" } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct seat s;
        seat_ready(&s);
        hf_client_step(s.client, s.now,
                       &(struct hf_client_event){
                           .kind = HF_CLIENT_RECONNECT,
                           .u.reconnect = { rows[i].code, hf_bytes_cstr(rows[i].reason) } });
        seat_act(&s);
        seat_read_sent(&s);
        CHECK_EQ_AT(i, s.close_code, rows[i].want);
        seat_say(&s, HF_CLIENT_CLOSED);
        CHECK_EQ_AT(i, seat_last(&s, HF_CLIENT_IS_CLOSED)->u.closed.code, rows[i].want);
        seat_redial(&s);
        seat_login(&s, seat_hello);
        CHECK_EQ_AT(i, seat_count(&s, HF_CLIENT_IS_READY), 2);
        seat_fini(&s);
    }
}

/* client-lifecycle 82: each layer of liveness ends it once, tells it once, and is quiet
 * while it waits. */
static void every_layer_ends_it_once(void)
{
    static const struct {
        bool has_ticks, has_pongs, has_beat;
        const char *text;
    } rows[] = {
        { false, true, false, "tick timeout" },
        { true, false, false, "ping timeout" },
        { true, true, true, "heartbeat timeout" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_client_config config = seat_config_of();
        struct seat s;
        if (rows[i].has_beat) config.link.watch.ping_every = 0;
        if (rows[i].has_ticks) config.link.watch.tick_check_min = HF_SECONDS(100000);
        seat_init(&s, &config);
        seat_login(&s, "\"ok\":true,\"payload\":{\"type\":\"hello-ok\",\"protocol\":4,\"features\":"
                       "{\"methods\":[\"health\"]},\"policy\":{\"tickIntervalMs\":15000}}");
        call(&s, 1);
        int64_t ms = 1000;
        size_t pings = 0;
        while (state(&s) == HF_LINK_READY && ms < 1000000) {
            seat_run(&s, ms += 1000);
            seat_read_sent(&s);
            if (!rows[i].has_pongs || pings == s.pongs) continue;
            seat_give_frame(&s, HF_WS_OP_PONG, HF_EMPTY);
        }
        CHECK_TEXT_AT(i, hf_client_failure(s.client).text, rows[i].text);
        CHECK_EQ_AT(i, seat_count(&s, HF_CLIENT_IS_RESULT), 1);
        size_t sent = s.sent.len;
        seat_run(&s, ms + 1000);
        CHECK_EQ_AT(i, s.sent.len, sent);
        CHECK_EQ_AT(i, s.kills, 1);
        CHECK_EQ_AT(i, seat_count(&s, HF_CLIENT_IS_CLOSED), 1);
        CHECK_EQ_AT(i, seat_count(&s, HF_CLIENT_IS_RETRY), 1);
        CHECK_TEXT_AT(i, hf_bytes_cstr(s.log),
                      "connecting connected ready restored result connecting closed retry");
        seat_fini(&s);
    }
}

/* --- dispose --- */

enum { PHASES = 8 };

/* From the first step to a stop: how far it has come. */
static void come_to(struct seat *s, int phase)
{
    struct hf_client_config config = seat_config_of();
    seat_open(s);
    s->holds_dial = true;
    CHECK_EQ(hf_client_new(&s->client, &config), 0);
    if (phase > 0) seat_say(s, HF_CLIENT_START);
    if (phase > 1) seat_say(s, HF_CLIENT_DIALED);
    if (phase > 2) seat_upgrade(s);
    if (phase > 3) seat_give_text(s, seat_challenge);
    if (phase > 4) seat_answer(s, seat_hello);
    if (phase > 5) seat_say(s, HF_CLIENT_STOP);
    if (phase > 6) seat_say(s, HF_CLIENT_CLOSED);
}

/* client-lifecycle 60, 63, 65: from wherever it is, the socket is reset once, nothing is
 * told, nothing works any more, and no late word of the host matters. */
static void dispose_ends_it_wherever_it_is(void)
{
    for (int phase = 0; phase < PHASES; phase++) {
        struct seat s;
        come_to(&s, phase);
        size_t news = s.news_len;
        bool has_socket = hf_client_link(s.client)->socket != 0;
        seat_say(&s, HF_CLIENT_DISPOSE);
        seat_say(&s, HF_CLIENT_DISPOSE);
        CHECK_EQ_AT(phase, s.kills, has_socket);
        CHECK_EQ_AT(phase, s.news_len, news);
        CHECK_AT(phase, hf_time_same(hf_client_due(s.client), HF_NEVER));
        for (int kind = HF_CLIENT_START; kind <= HF_CLIENT_CLOSED; kind++)
            if (kind != HF_CLIENT_INPUT) seat_say(&s, (enum hf_client_event_kind)kind);
        CHECK_EQ_AT(phase, hf_client_call(s.client, s.now, &health), HF_ERR_CLOSED);
        CHECK_EQ_AT(phase, hf_client_set_stored_token(s.client, s.now, HF_LIT("t"), HF_EMPTY),
                    HF_ERR_CLOSED);
        CHECK_EQ_AT(phase, s.news_len, news);
        CHECK_EQ_AT(phase, s.dials, phase > 0);
        CHECK_EQ_AT(phase, hf_client_status(s.client), HF_CLIENT_GONE);
        seat_fini(&s);
    }
}

static void dispose_at_an_event(struct seat *s, const struct hf_client_news *news)
{
    if (news->kind == HF_CLIENT_IS_EVENT) seat_step(s, HF_CLIENT_DISPOSE);
}

/* client-lifecycle 62: the frames behind the one that was told are dropped; calls end. */
static void dispose_in_an_event_drops_the_rest_of_the_read(void)
{
    struct hf_buf frames;
    struct seat s;
    seat_ready(&s);
    call(&s, 1);
    s.on_news = dispose_at_an_event;
    hf_buf_init(&frames, SEAT_TEXT_MAX);
    for (int i = 1; i <= 3; i++)
        hf_ws_frame_write(&frames, HF_WS_OP_TEXT, HF_LIT("{\"type\":\"event\",\"event\":\"e\"}"),
                          NULL);
    seat_give(&s, hf_buf_view(&frames));
    hf_buf_fini(&frames);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_EVENT), 1);
    CHECK_EQ(s.news[s.news_len - 1].kind, HF_CLIENT_IS_RESULT);
    CHECK_EQ(s.news[s.news_len - 1].u.result.outcome, HF_CLIENT_DISPOSED);
    CHECK_EQ(s.kills, 1);
    seat_fini(&s);
}

/* client-lifecycle 69: what belongs to attempt A comes when B is ready. */
static void an_older_attempt_harms_no_newer_one(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    seat_init(&s, &config);
    uint64_t older = s.socket;
    seat_say(&s, HF_CLIENT_STOP);
    seat_say(&s, HF_CLIENT_START);
    seat_login(&s, seat_hello);
    size_t news = s.news_len, sent = s.sent.len;
    uint64_t newer = s.socket;
    s.socket = older;
    for (int kind = HF_CLIENT_DIALED; kind <= HF_CLIENT_CLOSED; kind++)
        seat_say(&s, (enum hf_client_event_kind)kind);
    s.socket = newer;
    CHECK_EQ(s.news_len, news);
    CHECK_EQ(s.sent.len, sent);
    CHECK_EQ(state(&s), HF_LINK_READY);
    call(&s, 1);
    seat_answer(&s, "\"ok\":true");
    CHECK_EQ(seat_last(&s, HF_CLIENT_IS_RESULT)->u.result.outcome, HF_CLIENT_OK);
    struct hf_client_diagnostics d;
    hf_client_diagnose(s.client, s.now, &d);
    CHECK_EQ(d.counters.stale_events, HF_CLIENT_CLOSED - HF_CLIENT_DIALED + 1);
    seat_fini(&s);
}

/* Nobody takes the actions in between: no dial without a generation, every result told,
 * whatever the order and however often. */
static void starting_and_stopping_in_one_turn_loses_no_result(void)
{
    struct seat s;
    seat_ready(&s);
    for (uint64_t tag = 1; tag <= 5; tag++) call(&s, tag);
    for (int i = 0; i < 100; i++) {
        seat_step(&s, HF_CLIENT_STOP);
        seat_step(&s, HF_CLIENT_CLOSED);
        seat_step(&s, HF_CLIENT_START);
        s.socket = hf_client_link(s.client)->socket;
    }
    seat_act(&s);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_RESULT), 5);
    seat_step(&s, HF_CLIENT_STOP);
    seat_step(&s, HF_CLIENT_START);
    seat_step(&s, HF_CLIENT_STOP);
    size_t dials = s.dials;
    seat_act(&s);
    CHECK_EQ(s.dials, dials);
    CHECK_EQ(state(&s), HF_LINK_IDLE);
    seat_fini(&s);
}

CHECK_MAIN(a_refusal_is_read_for_2048_bytes_or_a_second, a_refusal_is_told_with_its_reason,
           a_body_is_read_up_to_a_bound, a_faulty_configuration_pauses_without_a_dial,
           the_upgrade_carries_what_the_way_wants, a_foreign_certificate_is_told_and_waited_for,
           retries_tell_their_number_and_their_wait, a_message_over_the_cap_closes_1009,
           a_close_during_a_long_write_is_echoed_behind_it, a_close_follows_the_whole_message,
           dispose_drops_what_is_queued, lost_calls_end_in_order_and_are_not_repeated,
           a_failed_write_is_told_unless_we_are_going, a_stopped_login_tells_one_error,
           a_reconnect_closes_with_what_was_asked_for, every_layer_ends_it_once,
           dispose_ends_it_wherever_it_is, dispose_in_an_event_drops_the_rest_of_the_read,
           an_older_attempt_harms_no_newer_one, starting_and_stopping_in_one_turn_loses_no_result)
