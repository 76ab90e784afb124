/* lib/seat.h: one client engine at a desk, with a scripted server: what it wrote byte by
 * byte, what it was told, and what it asked of its host. */
#ifndef HF_LIB_SEAT_H
#define HF_LIB_SEAT_H

#include "base/err.h"
#include "engine/client.h"
#include "lib/check.h"
#include "wire/http_head.h"
#include "wire/http_response.h"
#include "wire/json_read.h"
#include "wire/ws_frame.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEAT_TEXT_MAX = 4096, SEAT_NEWS_MAX = 128, SEAT_SENT_MAX = 1 << 26, SEAT_LOG_MAX = 4096 };

struct seat { /* a client, what it wrote, and what it was told */
    struct hf_client *client;
    struct hf_now now;
    uint64_t socket;
    struct hf_buf sent;         /* everything it wrote on this socket */
    struct hf_ws_reader reader; /* of its frames */
    size_t read_at;
    char id[96];          /* of its newest request, JSON */
    char params[1024];    /* of its newest connect request */
    char methods[512];    /* of its requests, in order */
    unsigned close_code;  /* of its close frame; 0: none */
    size_t frames, pongs; /* whole text messages; pongs */
    struct hf_client_news news[SEAT_NEWS_MAX];
    size_t news_len, dials, kills, ends, connects;
    char log[SEAT_LOG_MAX];        /* the news by name */
    struct hf_buf texts;           /* all that was told to people */
    struct hf_buf frame;           /* what it is given */
    uint64_t asked;                /* the generation of the newest question */
    bool holds_dial, holds_output; /* the host is slow */
    void (*on_news)(struct seat *s, const struct hf_client_news *news);
};

static inline struct hf_client_config seat_config_of(void)
{
    struct hf_client_config config = {
        .seed = { 3 },
        .url = { .host = HF_LIT("localhost"),
                 .place = HF_LIT("localhost:1"),
                 .target = HF_LIT("/") },
        .connect = { .min_protocol = 4,
                     .max_protocol = 4,
                     .client = { .id = HF_CLIENT_ID_CLI,
                                 .mode = HF_CLIENT_MODE_CLI,
                                 .version = HF_LIT("1"),
                                 .platform = HF_LIT("linux") },
                     .role_name = HF_LIT("operator") },
        .credentials = { .token = HF_LIT("canary-token") },
        .call_within = HF_MS(30000),
    };
    hf_link_limits_init(&config.link);
    config.link.backoff.jitter_percent = 0;
    return config;
}

static inline void seat_step(struct seat *s, enum hf_client_event_kind kind)
{
    hf_client_step(s->client, s->now,
                   &(struct hf_client_event){ .kind = kind, .socket = s->socket });
}

static inline const char *seat_news_name(const struct hf_client_news *news)
{
    static const char *const names[] = {
        [HF_CLIENT_IS_INSECURE] = "insecure",
        [HF_CLIENT_IS_ERROR] = "error",
        [HF_CLIENT_TOKEN_DROP] = "drop",
        [HF_CLIENT_IS_CLOSED] = "closed",
        [HF_CLIENT_IS_PAUSED] = "paused",
        [HF_CLIENT_IS_STARTING] = "starting",
        [HF_CLIENT_IS_RETRY] = "retry",
        [HF_CLIENT_ASK_RECONNECT] = "ask-reconnect",
        [HF_CLIENT_ASK_HANDSHAKE] = "ask-handshake",
        [HF_CLIENT_TOKEN_STORE] = "store",
        [HF_CLIENT_IS_READY] = "ready",
        [HF_CLIENT_IS_SUBSCRIBED] = "subscribed",
        [HF_CLIENT_IS_RESTORED] = "restored",
        [HF_CLIENT_IS_EVENT] = "event",
        [HF_CLIENT_IS_GAP] = "gap",
        [HF_CLIENT_IS_NOTIFICATION] = "notification",
        [HF_CLIENT_IS_MESSAGE] = "message",
        [HF_CLIENT_IS_UNREADABLE] = "unreadable",
        [HF_CLIENT_IS_ACCEPTED] = "accepted",
        [HF_CLIENT_IS_RESULT] = "result",
    };
    static const char *const statuses[] = { "disconnected",  "connecting",    "connected",
                                            "paused-status", "failed-status", "gone" };
    if (news->kind == HF_CLIENT_IS_STATUS) return statuses[news->u.status];
    return names[news->kind];
}

/* Texts for people: what canaries are looked for in. */
static inline void seat_keep_texts(struct seat *s, const struct hf_client_news *news)
{
    struct hf_client_failure failure = hf_client_failure(s->client);
    hf_buf_add(&s->texts, failure.text);
    hf_buf_add(&s->texts, failure.location);
    if (news->kind == HF_CLIENT_IS_CLOSED) hf_buf_add(&s->texts, news->u.closed.reason);
    if (news->kind == HF_CLIENT_IS_PAUSED) hf_buf_add(&s->texts, news->u.paused.reason);
    if (news->kind == HF_CLIENT_IS_RESULT) hf_buf_add(&s->texts, news->u.result.why);
}

static inline void seat_told(struct seat *s, const struct hf_client_news *news)
{
    size_t len = strlen(s->log);
    CHECK(s->news_len < SEAT_NEWS_MAX);
    s->news[s->news_len++] = *news;
    snprintf(s->log + len, sizeof s->log - len, "%s%s", len ? " " : "", seat_news_name(news));
    seat_keep_texts(s, news);
    bool is_question =
        news->kind == HF_CLIENT_ASK_RECONNECT || news->kind == HF_CLIENT_ASK_HANDSHAKE;
    if (is_question) s->asked = news->generation;
    if (s->on_news) s->on_news(s, news);
}

static inline void seat_dial(struct seat *s, uint64_t socket)
{
    CHECK(socket != 0);
    s->dials++;
    s->socket = socket;
    s->read_at = 0;
    s->close_code = 0;
    hf_buf_reset(&s->sent, SEAT_SENT_MAX);
    hf_ws_reader_fini(&s->reader);
    hf_ws_reader_init(&s->reader, HF_WS_SERVER, SEAT_SENT_MAX);
    if (!s->holds_dial) seat_step(s, HF_CLIENT_DIALED);
}

static inline void seat_write(struct seat *s, size_t max)
{
    struct hf_output out;
    hf_client_output(s->client, &out);
    struct hf_bytes some = hf_bytes_head(out.spans[0], out.count ? max : 0);
    hf_buf_add(&s->sent, some);
    hf_client_step(s->client, s->now,
                   &(struct hf_client_event){ .kind = HF_CLIENT_WRITTEN,
                                              .socket = s->socket,
                                              .u.written_bytes = some.len });
}

static inline void seat_act(struct seat *s)
{
    struct hf_client_action action;
    while (hf_client_action(s->client, &action)) {
        switch (action.kind) {
        case HF_CLIENT_DO_KILL:
            s->kills++;
            break;
        case HF_CLIENT_DO_DIAL:
            seat_dial(s, action.socket);
            break;
        case HF_CLIENT_DO_OUTPUT:
            if (!s->holds_output) seat_write(s, SIZE_MAX);
            break;
        case HF_CLIENT_DO_END:
            s->ends++; /* once all is written */
            if (!s->holds_output) seat_step(s, HF_CLIENT_CLOSED);
            break;
        case HF_CLIENT_DO_TELL:
            seat_told(s, &action.news);
            break;
        }
    }
}

/* The host says something, and does what follows. */
static inline void seat_say(struct seat *s, enum hf_client_event_kind kind)
{
    seat_step(s, kind);
    seat_act(s);
}

static inline void seat_answer_question(struct seat *s, bool allows, uint64_t asked)
{
    hf_client_step(s->client, s->now,
                   &(struct hf_client_event){
                       .kind = allows ? HF_CLIENT_ALLOWED : HF_CLIENT_REJECTED, .u.asked = asked });
    seat_act(s);
}

/* Lets the time pass up to and with `ms`, running every deadline on its way. */
static inline void seat_run(struct seat *s, int64_t ms)
{
    hf_time until = hf_at_ms(ms);
    for (;;) {
        hf_time due = hf_client_due(s->client);
        if (hf_time_before(until, due)) break;
        if (hf_time_before(s->now.mono, due)) s->now.mono = due;
        hf_client_run_due(s->client, s->now);
        seat_act(s);
    }
    s->now.mono = until;
}

/* Lets the time pass until the next attempt begins. */
static inline void seat_redial(struct seat *s)
{
    size_t dials = s->dials;
    CHECK_EQ(hf_client_link(s->client)->state, HF_LINK_BACKOFF);
    seat_run(s, hf_span_ms(hf_client_due(s->client).ns));
    CHECK_EQ(s->dials, dials + 1);
}

static inline size_t seat_count(const struct seat *s, enum hf_client_news_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < s->news_len; i++) n += s->news[i].kind == kind;
    return n;
}

static inline void seat_give(struct seat *s, struct hf_bytes bytes)
{
    uint8_t *copy = malloc(bytes.len + 1);
    CHECK(copy != NULL);
    memcpy(copy, bytes.ptr, bytes.len);
    uint64_t socket = s->socket;
    for (size_t at = 0; at < bytes.len && s->socket == socket;) {
        struct hf_client_event event = { .kind = HF_CLIENT_INPUT, .socket = socket };
        event.u.input.data = copy + at;
        event.u.input.len = bytes.len - at;
        at += hf_client_step(s->client, s->now, &event);
        seat_act(s);
    }
    seat_act(s);
    free(copy);
}

static inline void seat_give_frame(struct seat *s, enum hf_ws_opcode opcode,
                                   struct hf_bytes payload)
{
    hf_buf_reset(&s->frame, SEAT_SENT_MAX);
    hf_ws_frame_write(&s->frame, opcode, payload, NULL);
    CHECK_EQ(hf_buf_done(&s->frame), 0);
    seat_give(s, hf_buf_view(&s->frame));
}

static inline void seat_give_text(struct seat *s, const char *text)
{
    seat_give_frame(s, HF_WS_OP_TEXT, hf_bytes_cstr(text));
}

static inline void seat_read_request(struct seat *s, struct hf_bytes text)
{
    struct hf_bytes id = hf_json_find(text, "id"), method = hf_json_find(text, "method");
    struct hf_bytes params = hf_json_find(text, "params");
    bool is_connect = hf_json_is(method, HF_LIT("connect"));
    size_t len = strlen(s->methods);
    s->frames++;
    snprintf(s->id, sizeof s->id, "%.*s", (int)id.len, (const char *)id.ptr);
    snprintf(s->methods + len, sizeof s->methods - len, "%s%.*s", len ? " " : "",
             (int)method.len - 2, (const char *)method.ptr + 1);
    s->connects += is_connect;
    if (is_connect)
        snprintf(s->params, sizeof s->params, "%.*s", (int)params.len, (const char *)params.ptr);
}

/* Reads what the client wrote since the upgrade; keeps the id of the last request. */
static inline void seat_read_sent(struct seat *s)
{
    struct hf_ws_item item;
    size_t used;
    while (s->read_at < s->sent.len) {
        CHECK_EQ(hf_ws_read(&s->reader, s->sent.ptr + s->read_at, s->sent.len - s->read_at, &used,
                            &item),
                 0);
        s->read_at += used;
        CHECK(item.kind != HF_WS_ERROR);
        if (item.kind == HF_WS_CLOSE) s->close_code = item.code;
        s->pongs += item.kind == HF_WS_PONG;
        if (item.kind != HF_WS_TEXT) continue;
        seat_read_request(s, item.bytes);
    }
}

static inline void seat_answer(struct seat *s, const char *rest)
{
    char text[SEAT_TEXT_MAX];
    seat_read_sent(s);
    snprintf(text, sizeof text, "{\"type\":\"res\",\"id\":%s,%s}", s->id, rest);
    seat_give_text(s, text);
}

/* Everything that is there before the client. */
static inline void seat_open(struct seat *s)
{
    *s = (struct seat){ .now = { hf_at_ms(1000), 1000 } };
    hf_buf_init(&s->sent, SEAT_SENT_MAX);
    hf_buf_init(&s->texts, SEAT_SENT_MAX);
    hf_buf_init(&s->frame, SEAT_SENT_MAX);
    hf_ws_reader_init(&s->reader, HF_WS_SERVER, SEAT_SENT_MAX);
}

static inline void seat_init(struct seat *s, const struct hf_client_config *config)
{
    seat_open(s);
    CHECK_EQ(hf_client_new(&s->client, config), 0);
    seat_step(s, HF_CLIENT_START);
    seat_act(s);
}

static inline void seat_fini(struct seat *s)
{
    hf_client_free(s->client);
    hf_ws_reader_fini(&s->reader);
    hf_buf_fini(&s->sent);
    hf_buf_fini(&s->texts);
    hf_buf_fini(&s->frame);
}

/* The 101 that belongs to the client's key. */
static inline size_t seat_upgrade_text(const struct seat *s, char out[SEAT_TEXT_MAX])
{
    const char *name = "Sec-WebSocket-Key: ";
    const uint8_t *key = memmem(s->sent.ptr, s->sent.len, name, strlen(name));
    char accept[HF_HTTP_ACCEPT_CHARS];
    CHECK(key != NULL);
    hf_http_accept(hf_bytes(key + strlen(name), HF_HTTP_KEY_CHARS), accept);
    return (size_t)snprintf(out, SEAT_TEXT_MAX,
                            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Accept: %.*s\r\n\r\n",
                            HF_HTTP_ACCEPT_CHARS, accept);
}

static inline void seat_upgrade(struct seat *s)
{
    char text[SEAT_TEXT_MAX];
    size_t len = seat_upgrade_text(s, text);
    s->read_at = s->sent.len;
    seat_give(s, hf_bytes(text, len));
}

static const char seat_challenge[] = "{\"type\":\"event\",\"event\":\"connect.challenge\","
                                     "\"payload\":{\"nonce\":\"n\",\"ts\":5}}";
static const char seat_hello[] = "\"ok\":true,\"payload\":{\"type\":\"hello-ok\",\"protocol\":4,"
                                 "\"policy\":{\"maxPayload\":1000,\"tickIntervalMs\":15000}}";

static inline void seat_challenged(struct seat *s)
{
    seat_upgrade(s);
    seat_give_text(s, seat_challenge);
    seat_read_sent(s);
}

/* From the dial to READY. */
static inline void seat_login(struct seat *s, const char *hello)
{
    seat_challenged(s);
    seat_answer(s, hello);
}

static inline void seat_start_with(struct seat *s, const struct hf_client_config *config)
{
    seat_init(s, config);
    seat_login(s, seat_hello);
    CHECK_EQ(seat_count(s, HF_CLIENT_IS_READY), 1);
}

static inline void seat_ready(struct seat *s)
{
    struct hf_client_config config = seat_config_of();
    seat_start_with(s, &config);
}

/* The server refuses the login with these details, and closes. */
static inline void seat_refuse(struct seat *s, const char *error, const char *reason)
{
    char text[128] = { 0x03, (char)0xF0 };
    seat_challenged(s);
    seat_answer(s, error);
    snprintf(text + 2, sizeof text - 2, "%s", reason);
    seat_give_frame(s, HF_WS_OP_CLOSE, hf_bytes(text, 2 + strlen(reason)));
}

static inline const struct hf_client_news *seat_last(const struct seat *s,
                                                     enum hf_client_news_kind kind)
{
    for (size_t i = s->news_len; i > 0; i--)
        if (s->news[i - 1].kind == kind) return &s->news[i - 1];
    check_fail(__FILE__, __LINE__, "no such news: %d", (int)kind);
}

static inline bool seat_has(struct hf_bytes text, const char *part)
{
    return text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

#endif
