#include "lib/peer.h"
#include "base/err.h"
#include "base/limits.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#include <stdio.h>

enum { TEXT_MAX = 64 * 1024 * 1024 };

struct peer_config peer_operator(void)
{
    return (struct peer_config){
        .client_id = "cli",
        .mode = "cli",
        .role = "operator",
        .token = "secrettoken",
        .scopes = "[\"operator.admin\",\"operator.read\"]",
        .caps = "[]",
        .platform = "linux",
        .min_protocol = 4,
        .max_protocol = 4,
    };
}

void peer_init(struct peer *p, struct world *w, const struct peer_config *config)
{
    *p = (struct peer){ .world = w, .config = *config, .socket = -1 };
    hf_buf_init(&p->in, TEXT_MAX);
    hf_buf_init(&p->text, TEXT_MAX);
    CHECK_EQ(hf_ring_init(&p->kept, sizeof(struct peer_message), PEER_KEPT), 0);
}

static void forget_connection(struct peer *p)
{
    hf_http_reader_fini(&p->http);
    hf_ws_reader_fini(&p->ws);
    hf_buf_reset(&p->in, 0);
    for (size_t i = 0; i < p->kept.len; i++)
        hf_blob_drop(((struct peer_message *)hf_ring_at(&p->kept, i))->text);
    hf_ring_pop(&p->kept, p->kept.len);
    for (size_t i = 0; i < PEER_CALLS; i++) {
        hf_blob_drop(p->calls[i].answer);
        p->calls[i] = (struct peer_call){ 0 };
    }
    hf_blob_drop(p->hello);
    hf_blob_drop(p->refusal);
    p->hello = p->refusal = NULL;
    if (p->socket >= 0) world_release(p->world, p->socket);
    p->socket = -1;
    p->last_seq = 0;
    p->close_code = 0;
    p->pings = 0;
    p->http_status = 0;
}

void peer_fini(struct peer *p)
{
    forget_connection(p);
    hf_buf_fini(&p->in);
    hf_buf_fini(&p->text);
    hf_ring_fini(&p->kept);
}

/* --- sending --- */

void peer_send_frame(struct peer *p, enum hf_ws_opcode opcode, struct hf_bytes payload)
{
    static const uint8_t mask[HF_WS_MASK_BYTES] = { 0x11, 0x22, 0x33, 0x44 };
    struct hf_buf frame;
    hf_buf_init(&frame, TEXT_MAX);
    hf_ws_frame_write(&frame, opcode, payload, mask);
    WORLD_CHECK(p->world, hf_buf_done(&frame) == 0);
    world_send(p->world, p->socket, hf_buf_view(&frame));
    hf_buf_fini(&frame);
}

void peer_send_text(struct peer *p, struct hf_bytes text)
{
    peer_send_frame(p, HF_WS_OP_TEXT, text);
}

void peer_open(struct peer *p)
{
    forget_connection(p);
    static const uint8_t nobody[16];
    p->socket = memcmp(p->config.address, nobody, 16) == 0
                    ? world_connect_loopback(p->world)
                    : world_connect(p->world, p->config.address);
    if (p->socket < 0) {
        p->state = PEER_ENDED;
        return;
    }
    hf_http_reader_init(&p->http);
    hf_ws_reader_init(&p->ws, HF_WS_CLIENT, TEXT_MAX);
    p->state = PEER_HTTP;
    hf_buf_reset(&p->text, TEXT_MAX);
    HF_BUF_LIT(&p->text, "GET / HTTP/1.1\r\nHost: 127.0.0.1:18789\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    if (p->config.origin) hf_buf_addf(&p->text, "Origin: %s\r\n", p->config.origin);
    if (p->config.headers) hf_buf_add(&p->text, hf_bytes_cstr(p->config.headers));
    HF_BUF_LIT(&p->text, "\r\n");
    world_send(p->world, p->socket, hf_buf_view(&p->text));
}

void peer_close(struct peer *p, unsigned code)
{
    uint8_t body[2] = { (uint8_t)(code >> 8), (uint8_t)code };
    peer_send_frame(p, HF_WS_OP_CLOSE, hf_bytes(body, code == HF_WS_CODE_NONE ? 0 : 2));
}

void peer_drop(struct peer *p)
{
    if (p->socket >= 0 && world_is_open(p->world, p->socket)) world_reset(p->world, p->socket);
    p->state = PEER_ENDED;
}

static void write_device(struct peer *p, struct hf_buf *out)
{
    const struct peer_config *config = &p->config;
    const struct identity *who = config->identity;
    uint8_t signature[HF_ED25519_SIG_BYTES];
    char text[HF_BASE64URL_CHARS(HF_ED25519_SIG_BYTES) + 1];
    struct hf_buf signed_text, scopes;
    struct hf_bytes item;
    hf_buf_init(&signed_text, 4096);
    hf_buf_init(&scopes, 4096);
    struct hf_json_iter it = hf_json_iter(hf_bytes_cstr(config->scopes));
    while (hf_json_next(&it, &item)) {
        if (scopes.len > 0) HF_BUF_LIT(&scopes, ",");
        hf_json_text(item, &scopes);
    }
    hf_buf_addf(&signed_text, "v3|%.*s|%s|%s|%s|%.*s|%lld|%s|%s|%s|", HF_DEVICE_ID_CHARS,
                who->id_text, config->client_id, config->mode, config->role, (int)scopes.len,
                scopes.len ? (char *)scopes.ptr : "", (long long)p->challenge_ms,
                config->token          ? config->token
                : config->device_token ? config->device_token
                                       : "",
                p->nonce, config->platform);
    CHECK_EQ(hf_ed25519_sign(who->secret, hf_buf_view(&signed_text), signature), 0);
    size_t len = hf_base64url_write(hf_bytes(signature, sizeof signature), text);
    hf_buf_addf(out,
                ",\"device\":{\"id\":\"%.*s\",\"publicKey\":\"%.*s\",\"signature\":\"%.*s\","
                "\"signedAt\":%lld,\"nonce\":\"%s\"}",
                HF_DEVICE_ID_CHARS, who->id_text, HF_DEVICE_KEY_CHARS, who->key_text, (int)len,
                text, (long long)p->challenge_ms, p->nonce);
    hf_buf_fini(&signed_text);
    hf_buf_fini(&scopes);
}

void peer_send_connect(struct peer *p)
{
    const struct peer_config *config = &p->config;
    hf_buf_reset(&p->text, TEXT_MAX);
    hf_buf_addf(
        &p->text,
        "{\"type\":\"req\",\"id\":\"c\",\"method\":\"connect\",\"params\":{\"minProtocol\":%d,"
        "\"maxProtocol\":%d,\"client\":{\"id\":\"%s\",\"version\":\"1\",\"platform\":\"%s\","
        "\"mode\":\"%s\"},\"role\":\"%s\",\"scopes\":%s,\"caps\":%s,\"auth\":{",
        config->min_protocol, config->max_protocol, config->client_id, config->platform,
        config->mode, config->role, config->scopes, config->caps);
    if (config->token) hf_buf_addf(&p->text, "\"token\":\"%s\"", config->token);
    if (config->device_token)
        hf_buf_addf(&p->text, "%s\"deviceToken\":\"%s\"", config->token ? "," : "",
                    config->device_token);
    HF_BUF_LIT(&p->text, "}");
    if (config->identity) write_device(p, &p->text);
    HF_BUF_LIT(&p->text, "}}");
    peer_send_text(p, hf_buf_view(&p->text));
}

uint32_t peer_call(struct peer *p, const char *method, const char *params)
{
    uint32_t id = ++p->call_count;
    struct peer_call *call = &p->calls[id % PEER_CALLS];
    hf_blob_drop(call->answer);
    *call = (struct peer_call){ .id = id, .sent_at = p->world->now.mono };
    hf_buf_reset(&p->text, TEXT_MAX);
    hf_buf_addf(&p->text, "{\"type\":\"req\",\"id\":\"%u\",\"method\":\"%s\"", id, method);
    if (params) hf_buf_addf(&p->text, ",\"params\":%s", params);
    HF_BUF_LIT(&p->text, "}");
    peer_send_text(p, hf_buf_view(&p->text));
    return id;
}

struct peer_call *peer_find_call(struct peer *p, uint32_t id)
{
    struct peer_call *call = &p->calls[id % PEER_CALLS];
    return call->id == id ? call : NULL;
}

/* --- what comes --- */

static void keep(struct peer *p, enum hf_ws_kind kind, struct hf_bytes text)
{
    bool was_full;
    if (p->kept.len == p->kept.cap) {
        struct peer_message *oldest = hf_ring_at(&p->kept, 0);
        hf_blob_drop(oldest->text);
    }
    struct peer_message *message = hf_ring_push_over(&p->kept, &was_full);
    *message =
        (struct peer_message){ .kind = kind, .at = p->world->now.mono, .text = hf_blob_new(text) };
    CHECK(message->text != NULL);
}

static void got_challenge(struct peer *p, struct hf_bytes frame)
{
    size_t len;
    struct hf_bytes payload = hf_json_find(frame, "payload");
    WORLD_CHECK(p->world, hf_json_is(hf_json_find(frame, "event"), HF_LIT("connect.challenge")));
    WORLD_CHECK(p->world, hf_json_find(frame, "seq").len == 0);
    WORLD_CHECK(p->world, hf_json_copy_text(hf_json_find(payload, "nonce"), (uint8_t *)p->nonce,
                                            sizeof p->nonce - 1, &len) == 0);
    p->nonce[len] = '\0';
    WORLD_CHECK(p->world, hf_json_get_int(hf_json_find(payload, "ts"), &p->challenge_ms) == 0);
    p->state = PEER_LOGIN;
    if (!p->config.keeps_silent) peer_send_connect(p);
}

static void got_login_answer(struct peer *p, struct hf_bytes frame)
{
    bool ok = false;
    hf_json_get_bool(hf_json_find(frame, "ok"), &ok);
    if (!ok) {
        p->refusal = hf_blob_new(hf_json_find(frame, "error"));
        p->state = PEER_REFUSED;
        return;
    }
    size_t len;
    p->hello = hf_blob_new(hf_json_find(frame, "payload"));
    struct hf_bytes token =
        hf_json_find(hf_json_find(hf_blob_view(p->hello), "auth"), "deviceToken");
    if (token.len > 0 &&
        hf_json_copy_text(token, (uint8_t *)p->device_token, sizeof p->device_token - 1, &len) == 0)
        p->device_token[len] = '\0';
    p->state = PEER_READY;
    p->ready_at = p->world->now.mono;
}

static void got_answer(struct peer *p, struct hf_bytes frame)
{
    struct hf_bytes id_text;
    uint64_t id;
    struct hf_bytes id_value = hf_json_find(frame, "id");
    if (!hf_json_get_plain(id_value, &id_text) || !hf_bytes_u64(id_text, &id)) return;
    struct peer_call *call = peer_find_call(p, (uint32_t)id);
    if (!call) return;
    WORLD_CHECK(p->world, !call->answered);
    call->answered = true;
    call->answered_at = p->world->now.mono;
    hf_json_get_bool(hf_json_find(frame, "ok"), &call->ok);
    call->answer = hf_blob_new(hf_json_find(frame, call->ok ? "payload" : "error"));
}

static void got_event(struct peer *p, struct hf_bytes frame)
{
    int64_t seq;
    if (hf_json_get_int(hf_json_find(frame, "seq"), &seq) != 0) return;
    if (seq != p->last_seq + 1) {
        p->gaps++;
        WORLD_CHECK(p->world, seq > p->last_seq && p->may_miss_events);
    }
    p->last_seq = seq;
}

static void got_text(struct peer *p, struct hf_bytes text)
{
    WORLD_CHECK(p->world, hf_json_check(text, HF_LIMIT_JSON_DEPTH, NULL) == 0);
    keep(p, HF_WS_TEXT, text);
    bool is_res = hf_json_is(hf_json_find(text, "type"), HF_LIT("res"));
    if (p->state == PEER_CHALLENGE)
        got_challenge(p, text);
    else if (p->state == PEER_LOGIN && is_res)
        got_login_answer(p, text);
    else if (is_res)
        got_answer(p, text);
    else
        got_event(p, text);
}

static void got_item(struct peer *p, const struct hf_ws_item *item)
{
    switch (item->kind) {
    case HF_WS_NEED_MORE:
        return;
    case HF_WS_TEXT:
        got_text(p, item->bytes);
        return;
    case HF_WS_PING:
        WORLD_CHECK(p->world, p->state == PEER_READY);
        p->pings++;
        keep(p, HF_WS_PING, item->bytes);
        if (!p->config.no_pong) peer_send_frame(p, HF_WS_OP_PONG, item->bytes);
        return;
    case HF_WS_PONG:
        keep(p, HF_WS_PONG, item->bytes);
        return;
    case HF_WS_CLOSE:
        p->close_code = item->code;
        snprintf(p->close_reason, sizeof p->close_reason, "%.*s", (int)item->bytes.len,
                 (const char *)item->bytes.ptr);
        keep(p, HF_WS_CLOSE, item->bytes);
        peer_send_frame(p, HF_WS_OP_CLOSE, HF_EMPTY);
        return;
    case HF_WS_BINARY:
    case HF_WS_ERROR:
        world_fail(p->world, "a server never sends this: %s", item->what ? item->what : "binary");
    }
}

static void read_head(struct peer *p)
{
    struct hf_http_response res;
    size_t used;
    WORLD_CHECK(p->world, hf_http_response_read(&p->http, hf_buf_view(&p->in), &used, &res) == 0);
    hf_buf_take(&p->in, res.state == HF_HTTP_NEED_MORE ? p->in.len : used);
    if (res.state == HF_HTTP_NEED_MORE) return;
    if (res.state != HF_HTTP_HEAD)
        world_fail(p->world, "no HTTP answer: %s: %.*s", res.fault.what,
                   (int)(p->in.len < 80 ? p->in.len : 80), (const char *)p->in.ptr);
    p->http_status = res.status;
    if (res.status == 101)
        p->state = PEER_CHALLENGE;
    else
        p->state = PEER_REFUSED;
}

void peer_run(struct peer *p)
{
    if (p->socket < 0) return;
    bool has_ended = world_receive(p->world, p->socket, &p->in);
    if (p->state == PEER_ENDED) hf_buf_reset(&p->in, 0);
    if (p->state == PEER_HTTP && p->in.len > 0) read_head(p);
    while (p->state >= PEER_CHALLENGE && p->in.len > 0 && p->http_status == 101) {
        struct hf_ws_item item;
        size_t used;
        WORLD_CHECK(p->world, hf_ws_read(&p->ws, p->in.ptr, p->in.len, &used, &item) == 0);
        got_item(p, &item);
        hf_buf_take(&p->in, used);
    }
    if (!has_ended || p->state == PEER_ENDED) return;
    if (p->state != PEER_REFUSED) p->state = PEER_ENDED;
    p->ended_at = p->world->now.mono;
    world_end(p->world, p->socket);
}

/* --- events --- */

static bool is_event(struct peer *p, size_t i, const char *name, struct hf_bytes *frame)
{
    const struct peer_message *message = hf_ring_at(&p->kept, i);
    *frame = hf_blob_view(message->text);
    return message->kind == HF_WS_TEXT &&
           hf_json_is(hf_json_find(*frame, "event"), hf_bytes_cstr(name));
}

struct hf_bytes peer_event(struct peer *p, const char *name)
{
    struct hf_bytes frame;
    for (size_t i = p->kept.len; i > 0; i--)
        if (is_event(p, i - 1, name, &frame)) return hf_json_find(frame, "payload");
    return HF_EMPTY;
}

size_t peer_event_count(struct peer *p, const char *name)
{
    struct hf_bytes frame;
    size_t count = 0;
    for (size_t i = 0; i < p->kept.len; i++) count += is_event(p, i, name, &frame) ? 1 : 0;
    return count;
}

/* --- running --- */

static void run_all(void *ctx, struct world *w)
{
    struct peers *peers = ctx;
    (void)w;
    for (size_t i = 0; i < peers->count; i++) peer_run(&peers->all[i]);
}

static hf_time none_due(void *ctx, struct world *w)
{
    (void)ctx;
    (void)w;
    return HF_NEVER;
}

struct world_peers peers_of(struct peers *peers)
{
    return (struct world_peers){ .run = run_all, .due = none_due, .ctx = peers };
}

void peer_run_world(struct peer *p, hf_span span)
{
    struct peers peers = { .all = p, .count = 1 };
    struct world_peers run = peers_of(&peers);
    world_run(p->world, span, &run);
}

void peer_login(struct peer *p, struct world *w, const struct peer_config *config)
{
    peer_init(p, w, config);
    peer_open(p);
    peer_run_world(p, 0);
    WORLD_CHECK(w, p->state == PEER_READY);
}

struct hf_bytes peer_answer(struct peer *p, uint32_t id, bool *ok)
{
    struct peer_call *call = peer_find_call(p, id);
    WORLD_CHECK(p->world, call != NULL);
    for (int i = 0; i < 100 && !call->answered; i++) peer_run_world(p, i == 0 ? 0 : HF_MS(20));
    WORLD_CHECK(p->world, call->answered);
    if (ok) *ok = call->ok;
    return hf_blob_view(call->answer);
}
