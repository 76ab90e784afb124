/* The bytes of a client's socket: the HTTP upgrade, then WebSocket frames. */
#include "base/assert.h"
#include "base/crypto.h"
#include "base/err.h"
#include "engine/client_state.h"

/* --- life --- */

void hf_client_socket_fini(struct hf_client *c)
{
    hf_http_reader_fini(&c->http);
    hf_ws_reader_fini(&c->ws);
    hf_buf_fini(&c->out);
    hf_buf_fini(&c->nonce);
    hf_buf_fini(&c->refusal.body);
    hf_buf_fini(&c->close_reason);
}

void hf_client_begin_socket(struct hf_client *c)
{
    uint8_t random[HF_HTTP_KEY_BYTES];
    hf_http_reader_fini(&c->http);
    hf_http_reader_init(&c->http);
    hf_ws_reader_fini(&c->ws);
    hf_ws_reader_init(&c->ws, HF_WS_CLIENT, HF_LIMIT_PAYLOAD_BYTES);
    hf_rng_bytes(&c->rng, random, sizeof random);
    hf_http_key_write(random, c->key);
    hf_rng_uuid(&c->rng, c->call_suffix);
    hf_buf_reset(&c->out, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_buf_reset(&c->nonce, HF_LIMIT_NAME_BYTES);
    hf_buf_reset(&c->close_reason, HF_LIMIT_NAME_BYTES);
    hf_buf_reset(&c->refusal.body, 0);
    c->refusal.status = 0;
    c->out_sent = 0;
    c->out_before = c->ping_end = 0;
    c->is_websocket = c->has_sent_close = c->has_write_failed = c->has_output = c->ends = false;
    c->has_pong = false;
    c->last_seq = 0;
    c->max_payload = HF_LIMIT_PREAUTH_FRAME_BYTES;
    c->max_buffered = HF_LIMIT_BUFFERED_BYTES;
}

/* --- output --- */

uint64_t hf_client_written(const struct hf_client *c)
{
    return c->out_before + c->out_sent;
}

/* Room in front is used again once most of the buffer was written. */
static void tidy_output(struct hf_client *c)
{
    if (c->out_sent < c->out.len && c->out_sent < HF_LIMIT_WRITE_BYTES) return;
    c->out_before += c->out_sent;
    hf_buf_take(&c->out, c->out_sent);
    c->out_sent = 0;
    if (c->out.len == 0) hf_buf_reset(&c->out, HF_LIMIT_PREAUTH_FRAME_BYTES);
}

void hf_client_give_up(struct hf_client *c)
{
    uint64_t socket = c->link.socket;
    hf_client_note(c, HF_LINK_CAUSE_LOST, HF_LIT("out of memory"));
    hf_client_say(c, HF_LINK_GONE);
    c->kill_socket = socket;
}

static int push_frame(struct hf_client *c, enum hf_ws_opcode opcode, struct hf_bytes payload)
{
    uint8_t mask[HF_WS_MASK_BYTES];
    hf_rng_bytes(&c->rng, mask, sizeof mask);
    tidy_output(c);
    hf_ws_frame_write(&c->out, opcode, payload, mask);
    c->has_output = true;
    int err = hf_buf_done(&c->out);
    if (err) hf_client_give_up(c);
    return err;
}

int hf_client_send(struct hf_client *c, struct hf_bytes text)
{
    return push_frame(c, HF_WS_OP_TEXT, text);
}

void hf_client_send_close(struct hf_client *c, const struct hf_link_close *close)
{
    uint8_t mask[HF_WS_MASK_BYTES];
    if (c->has_sent_close || !c->is_websocket) return;
    c->has_sent_close = true;
    c->counters.graceful_closes++;
    if (c->close_reason.len == 0) hf_client_add_text(c, &c->close_reason, close->reason);
    hf_rng_bytes(&c->rng, mask, sizeof mask);
    hf_ws_close_write(&c->out, close->code, close->reason, mask);
    c->has_output = true;
}

/* A peer that sends pings and reads nothing gets the newest answered only, once there
 * is room (RFC 6455 section 5.5.3). */
static void send_pong(struct hf_client *c)
{
    size_t unsent = c->out.len - c->out_sent;
    if (!c->has_pong || c->has_sent_close || unsent > HF_LIMIT_PONGS_BYTES) return;
    c->has_pong = false;
    push_frame(c, HF_WS_OP_PONG, hf_bytes(c->pong, c->pong_len));
}

static void got_ping(struct hf_client *c, struct hf_bytes payload)
{
    c->has_pong = true;
    c->pong_len = (uint8_t)payload.len;
    if (payload.len > 0) memcpy(c->pong, payload.ptr, payload.len);
    send_pong(c);
}

void hf_client_send_ping(struct hf_client *c)
{
    if (push_frame(c, HF_WS_OP_PING, HF_EMPTY) != 0) return;
    c->ping_end = c->out_before + c->out.len;
}

void hf_client_output(struct hf_client *c, struct hf_output *out)
{
    struct hf_bytes rest = hf_bytes_from(hf_buf_view(&c->out), c->out_sent);
    out->spans[0] = hf_bytes_head(rest, HF_LIMIT_WRITE_BYTES);
    out->total_bytes = out->spans[0].len;
    out->count = out->total_bytes > 0;
    out->is_all = out->total_bytes == rest.len;
}

void hf_client_take_written(struct hf_client *c, size_t bytes)
{
    c->out_sent += bytes;
    HF_ASSERT(c->out_sent <= c->out.len);
    if (c->ping_end && hf_client_written(c) >= c->ping_end) {
        c->ping_end = 0;
        c->last_ping_at = c->now.mono;
        hf_client_say(c, HF_LINK_PING_WRITTEN);
    }
    if (c->out_sent < c->out.len) c->has_output = true;
    tidy_output(c);
    send_pong(c);
}

/* --- the upgrade --- */

/* "Authorization: Basic ..." from the URL's user and password. */
static void add_basic(struct hf_client *c, struct hf_buf *value)
{
    struct hf_bytes secret = c->config.basic_auth;
    HF_BUF_LIT(value, "Basic ");
    if (hf_buf_reserve(value, HF_BASE64_CHARS(secret.len)) != 0) return;
    hf_base64_write(secret, (char *)value->ptr + value->len);
    hf_buf_used(value, HF_BASE64_CHARS(secret.len));
}

void hf_client_dialed(struct hf_client *c)
{
    struct hf_http_field fields[HF_LIMIT_CLIENT_HEADERS + 1];
    struct hf_http_ask ask = { .host = c->config.url.place,
                               .target = c->config.url.target,
                               .fields = fields };
    struct hf_buf basic;
    hf_buf_init(&basic, HF_LIMIT_HTTP_LINE_BYTES);
    for (size_t i = 0; i < c->config.header_count; i++)
        fields[ask.field_count++] = c->config.headers[i];
    if (c->config.basic_auth.len > 0) {
        add_basic(c, &basic);
        fields[ask.field_count++] =
            (struct hf_http_field){ HF_LIT("Authorization"), hf_buf_view(&basic) };
    }
    hf_http_ask_upgrade_write(&c->out, &ask, c->key);
    if (basic.len) hf_wipe(basic.ptr, basic.len);
    int err = hf_buf_done(&basic);
    hf_buf_fini(&basic);
    c->has_output = true;
    if (err || hf_buf_done(&c->out) != 0) hf_client_give_up(c);
}

void hf_client_dial_failed(struct hf_client *c, enum hf_link_cause cause, bool will_pass)
{
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_DIAL_FAILED,
                                               .generation = c->link.socket,
                                               .u.dial = { cause, will_pass } });
}

static void fail_upgrade(struct hf_client *c, bool will_pass)
{
    uint64_t socket = c->link.socket;
    hf_client_dial_failed(c, HF_LINK_CAUSE_UPGRADE, will_pass);
    c->kill_socket = socket;
}

static void no_gateway(struct hf_client *c, const char *what)
{
    hf_client_note(c, HF_LINK_CAUSE_UPGRADE, HF_LIT("this is no gateway: "));
    hf_buf_add(&c->failure_text, hf_bytes_cstr(what));
    fail_upgrade(c, false);
}

/* The body of an answer other than 101, as far as it is of use. */
static void take_body(struct hf_client *c, struct hf_bytes data)
{
    struct hf_client_refusal *refusal = &c->refusal;
    size_t room = HF_LIMIT_UPGRADE_BODY_BYTES - refusal->body.len;
    for (struct hf_bytes piece; (piece = hf_http_body_next(&refusal->rest, &data)).len > 0;) {
        hf_buf_add(&refusal->body, hf_bytes_head(piece, room));
        room -= piece.len < room ? piece.len : room;
    }
    if (hf_buf_done(&refusal->body) != 0 || room == 0 || hf_http_body_is_done(&refusal->rest))
        fail_upgrade(c, refusal->status == 503);
}

static void upgrade_refused(struct hf_client *c, const struct hf_http_response *res,
                            struct hf_bytes rest)
{
    struct hf_bytes location = HF_EMPTY;
    hf_http_find(&res->fields, HF_LIT("location"), &location);
    hf_buf_reset(&c->failure_location, HF_LIMIT_NAME_BYTES);
    hf_client_add_text(c, &c->failure_location, location);
    c->refusal.status = res->status;
    hf_http_body_init(&c->refusal.rest, res);
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_UPGRADE_REFUSED,
                                               .generation = c->link.socket,
                                               .u.dial.will_pass = res->status == 503 });
    take_body(c, rest);
}

static size_t http_input(struct hf_client *c, struct hf_bytes data)
{
    struct hf_http_response res;
    size_t used = 0;
    if (hf_http_response_read(&c->http, data, &used, &res) != 0) {
        hf_client_give_up(c);
        return data.len;
    }
    if (res.state == HF_HTTP_NEED_MORE) return data.len;
    if (res.state == HF_HTTP_HEAD && res.status != 101) {
        upgrade_refused(c, &res, hf_bytes_from(data, used));
        return data.len;
    }
    const char *what =
        res.state == HF_HTTP_REFUSED ? res.fault.what : hf_http_upgrade_fault(&res, c->key);
    if (what) {
        no_gateway(c, what);
        return data.len;
    }
    hf_http_reader_fini(&c->http);
    c->is_websocket = true;
    hf_client_say(c, HF_LINK_UPGRADED);
    return used;
}

/* --- frames --- */

static void got_close(struct hf_client *c, const struct hf_ws_item *item)
{
    struct hf_link_close close = { item->code, item->bytes };
    if (c->link.state != HF_LINK_CLOSING) {
        hf_client_note_close(c, &close);
        hf_client_add_text(c, &c->close_reason, item->bytes);
    }
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_PEER_CLOSED,
                                               .generation = c->link.socket,
                                               .u.close = close });
}

static void got_fault(struct hf_client *c, const struct hf_ws_item *item)
{
    bool is_large = item->code == HF_WS_CODE_TOO_LARGE;
    struct hf_bytes reason = is_large ? HF_LIT("message too large") : hf_bytes_cstr(item->what);
    if (c->link.state != HF_LINK_CLOSING) hf_client_note(c, HF_LINK_CAUSE_PEER_FAULT, reason);
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_FAULT,
                                               .generation = c->link.socket,
                                               .u.close = { item->code, reason } });
}

static void handle_item(struct hf_client *c, const struct hf_ws_item *item)
{
    switch (item->kind) {
    case HF_WS_NEED_MORE:
        return;
    case HF_WS_TEXT:
        if (c->link.state != HF_LINK_CLOSING) hf_client_message(c, item->bytes);
        return;
    case HF_WS_BINARY:
        c->counters.invalid++; /* the protocol is text */
        return;
    case HF_WS_PING:
        got_ping(c, item->bytes);
        return;
    case HF_WS_PONG:
        c->last_pong_at = c->now.mono;
        hf_client_say(c, HF_LINK_PONG);
        return;
    case HF_WS_CLOSE:
        got_close(c, item);
        return;
    case HF_WS_ERROR:
        got_fault(c, item);
        return;
    }
}

/* Up to the first frame that makes news: what its owner does about it decides
 * whether the rest is still wanted. */
static size_t websocket_input(struct hf_client *c, uint8_t *data, size_t len)
{
    uint64_t socket = c->link.socket;
    size_t at = 0;
    while (at < len && c->news_len == 0 && c->link.socket == socket) {
        struct hf_ws_item item;
        size_t used;
        if (hf_ws_read(&c->ws, data + at, len - at, &used, &item) != 0) {
            hf_client_give_up(c);
            return len;
        }
        at += used;
        handle_item(c, &item);
    }
    return c->link.socket == socket ? at : len;
}

size_t hf_client_input(struct hf_client *c, uint8_t *data, size_t len)
{
    size_t used = 0;
    hf_client_say(c, HF_LINK_BYTES);
    if (c->refusal.status) {
        take_body(c, hf_bytes(data, len));
        return len;
    }
    if (!c->is_websocket) used = http_input(c, hf_bytes(data, len));
    if (c->is_websocket && used < len) used += websocket_input(c, data + used, len - used);
    return used;
}
