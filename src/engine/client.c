#include "engine/client.h"
#include "base/assert.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/client_state.h"

/* --- life --- */

int hf_client_new(struct hf_client **out, const struct hf_client_config *config)
{
    struct hf_client *c = hf_mem_zero(1, sizeof *c);
    if (!c) return HF_ERR_NOMEM;
    c->magic = HF_CLIENT_MAGIC;
    c->config = *config;
    c->rtt_ms = -1;
    hf_rng_init(&c->rng, config->seed);
    hf_link_init(&c->link, &config->link, &c->rng);
    hf_link_offer_device_token(&c->link, hf_credentials_may_retry(&config->credentials));
    hf_rpc_init(&c->rpc);
    hf_http_reader_init(&c->http);
    hf_ws_reader_init(&c->ws, HF_WS_CLIENT, HF_LIMIT_PAYLOAD_BYTES);
    hf_buf_init(&c->out, HF_LIMIT_BUFFERED_BYTES);
    hf_buf_init(&c->text, HF_LIMIT_PAYLOAD_BYTES);
    hf_buf_init(&c->failure_text, HF_LIMIT_PREAUTH_FRAME_BYTES);
    *out = c;
    return 0;
}

void hf_client_free(struct hf_client *c)
{
    if (!c) return;
    HF_ASSERT(c->magic == HF_CLIENT_MAGIC);
    hf_rpc_fini(&c->rpc);
    hf_http_reader_fini(&c->http);
    hf_ws_reader_fini(&c->ws);
    hf_buf_fini(&c->out);
    hf_buf_fini(&c->text);
    hf_buf_fini(&c->failure_text);
    hf_wipe(c, sizeof *c);
    hf_mem_free(c);
}

void hf_client_word_set(struct hf_client_word *word, struct hf_bytes text)
{
    text = hf_bytes_cut_utf8(text, HF_CLIENT_WORD_BYTES);
    word->len = (uint8_t)text.len;
    if (text.len) memcpy(word->ptr, text.ptr, text.len);
}

/* --- what it says about itself --- */

struct hf_client_failure hf_client_failure(const struct hf_client *c)
{
    return (struct hf_client_failure){
        .cause = c->failure_cause,
        .close_code = c->failure_close_code,
        .http_status = c->failure_http_status,
        .text = hf_buf_view(&c->failure_text),
        .code = hf_client_word_view(&c->failure_code),
        .detail = hf_client_word_view(&c->failure_detail),
        .request_id = hf_client_word_view(&c->failure_request_id),
    };
}

const struct hf_link *hf_client_link(const struct hf_client *c)
{
    return &c->link;
}

struct hf_bytes hf_client_server_version(const struct hf_client *c)
{
    return hf_client_word_view(&c->server_version);
}

int64_t hf_client_rtt_ms(const struct hf_client *c)
{
    return c->rtt_ms;
}

void hf_client_note(struct hf_client *c, enum hf_link_cause cause, struct hf_bytes text)
{
    c->failure_cause = cause;
    c->failure_close_code = 0;
    c->failure_http_status = 0;
    c->failure_code.len = c->failure_detail.len = c->failure_request_id.len = 0;
    hf_buf_reset(&c->failure_text, HF_LIMIT_NAME_BYTES);
    hf_buf_add(&c->failure_text, text);
}

/* A cause of our own has its close reason as text, unless more was noted. */
static void note_cause(struct hf_client *c, enum hf_link_cause cause, struct hf_bytes reason)
{
    if (c->failure_cause == cause && c->failure_text.len > 0) return;
    bool is_slow_dial = cause == HF_LINK_CAUSE_UPGRADE_TIMEOUT;
    if (is_slow_dial) reason = HF_LIT("the gateway did not answer the WebSocket request in time");
    if (cause == HF_LINK_CAUSE_LOST)
        reason = HF_LIT("closed (1006 abnormal closure without a close frame)");
    hf_client_note(c, cause, reason);
}

static void note_peer_close(struct hf_client *c, const struct hf_link_close *close)
{
    const char *name = hf_link_code_name(close->code);
    hf_client_note(c, HF_LINK_CAUSE_PEER_CLOSE, HF_EMPTY);
    hf_buf_addf(&c->failure_text, "closed (%u%s%s)", close->code, name[0] ? " " : "", name);
    if (close->reason.len > 0) {
        HF_BUF_LIT(&c->failure_text, ": ");
        hf_buf_add(&c->failure_text, close->reason);
    }
    c->failure_close_code = close->code;
}

void hf_client_tell(struct hf_client *c, const struct hf_client_news *news)
{
    HF_ASSERT(c->news_len < HF_CLIENT_NEWS);
    struct hf_client_news *last = &c->news[(c->news_head + c->news_len) % HF_CLIENT_NEWS];
    *last = *news;
    last->generation = c->link.generation;
    c->news_len++;
}

/* --- output --- */

/* Room in front is used again once most of the buffer was written. */
static void tidy_output(struct hf_client *c)
{
    if (c->out_sent < c->out.len && c->out_sent < HF_LIMIT_WRITE_BYTES) return;
    c->out_before += c->out_sent;
    hf_buf_take(&c->out, c->out_sent);
    c->out_sent = 0;
    if (c->out.len == 0) hf_buf_reset(&c->out, HF_LIMIT_PREAUTH_FRAME_BYTES);
}

static int push_frame(struct hf_client *c, enum hf_ws_opcode opcode, struct hf_bytes payload)
{
    uint8_t mask[HF_WS_MASK_BYTES];
    hf_rng_bytes(&c->rng, mask, sizeof mask);
    tidy_output(c);
    hf_ws_frame_write(&c->out, opcode, payload, mask);
    c->has_output = true;
    return hf_buf_done(&c->out);
}

/* A connection whose frames do not fit into memory is of no use any more. */
static void give_up(struct hf_client *c)
{
    c->kill_socket = c->link.socket;
    hf_client_note(c, HF_LINK_CAUSE_LOST, HF_LIT("out of memory"));
    hf_client_say(c, HF_LINK_GONE);
}

int hf_client_send(struct hf_client *c, struct hf_bytes text)
{
    return push_frame(c, HF_WS_OP_TEXT, text);
}

static void push_close(struct hf_client *c, const struct hf_link_close *close)
{
    uint8_t mask[HF_WS_MASK_BYTES];
    if (c->has_sent_close || !c->is_websocket) return;
    c->has_sent_close = true;
    hf_rng_bytes(&c->rng, mask, sizeof mask);
    hf_ws_close_write(&c->out, close->code, close->reason, mask);
    c->has_output = true;
}

static void push_ping(struct hf_client *c)
{
    if (push_frame(c, HF_WS_OP_PING, HF_EMPTY) != 0) {
        give_up(c);
        return;
    }
    c->ping_end = c->out_before + c->out.len;
}

void hf_client_output(struct hf_client *c, struct hf_output *out)
{
    struct hf_bytes rest = hf_bytes_from(hf_buf_view(&c->out), c->out_sent);
    out->spans[0] = hf_bytes_head(rest, HF_LIMIT_WRITE_BYTES);
    out->total_bytes = out->spans[0].len;
    out->count = out->total_bytes > 0;
}

static void written(struct hf_client *c, size_t bytes)
{
    c->out_sent += bytes;
    HF_ASSERT(c->out_sent <= c->out.len);
    if (c->ping_end && c->out_before + c->out_sent >= c->ping_end) {
        c->ping_end = 0;
        hf_client_say(c, HF_LINK_PING_WRITTEN);
    }
    if (c->out_sent < c->out.len) c->has_output = true;
    tidy_output(c);
}

/* --- the link --- */

static void begin_socket(struct hf_client *c)
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
    c->out_sent = 0;
    c->out_before = c->ping_end = 0;
    c->is_websocket = c->has_sent_close = c->has_output = c->ends = false;
    c->last_seq = 0;
    c->max_payload = HF_LIMIT_PREAUTH_FRAME_BYTES;
    c->max_buffered = HF_LIMIT_BUFFERED_BYTES;
    c->dials = true;
}

static void tell_kind(struct hf_client *c, unsigned kind, hf_span wait)
{
    hf_client_tell(
        c, &(struct hf_client_news){ .kind = (enum hf_client_news_kind)kind, .u.wait = wait });
}

/* What an end leaves to tell, in the order of enum hf_link_act. */
static void tell_end(struct hf_client *c, const struct hf_link_todo *todo)
{
    if (todo->acts & HF_LINK_TELL_ERROR) tell_kind(c, HF_CLIENT_IS_ERROR, 0);
    if (todo->acts & HF_LINK_DO_FLUSH) tell_kind(c, HF_CLIENT_FLUSH_MARK, 0);
    if (todo->acts & HF_LINK_TELL_CLOSED)
        hf_client_tell(c, &(struct hf_client_news){ .kind = HF_CLIENT_IS_CLOSED,
                                                    .u.closed = { todo->close.code } });
    if (todo->acts & HF_LINK_TELL_PAUSED) tell_kind(c, HF_CLIENT_IS_PAUSED, 0);
    if (todo->acts & HF_LINK_TELL_STARTING) tell_kind(c, HF_CLIENT_IS_STARTING, todo->wait);
    if (todo->acts & HF_LINK_TELL_RETRY) tell_kind(c, HF_CLIENT_IS_RETRY, todo->wait);
}

void hf_client_feed(struct hf_client *c, const struct hf_link_input *input)
{
    struct hf_link_todo todo;
    uint64_t socket = c->link.socket;
    hf_link_step(&c->link, c->now.mono, input, &todo);
    if (todo.cause != HF_LINK_CAUSE_NONE) note_cause(c, todo.cause, todo.close.reason);
    if (todo.has_rtt) c->rtt_ms = hf_span_ms(todo.rtt);
    if (todo.acts & HF_LINK_DO_ABORT) c->kill_socket = socket;
    if (todo.acts & (HF_LINK_DO_CLOSE | HF_LINK_DO_END)) push_close(c, &todo.close);
    if (todo.acts & HF_LINK_DO_END) c->ends = true;
    tell_end(c, &todo);
    if (todo.acts & HF_LINK_TELL_READY) tell_kind(c, HF_CLIENT_IS_READY, 0);
    if (todo.acts & HF_LINK_TELL_STATUS) tell_kind(c, HF_CLIENT_IS_STATUS, 0);
    if (todo.acts & HF_LINK_DO_PLAN) hf_client_plan(c);
    if (todo.acts & HF_LINK_DO_PING) push_ping(c);
    if (todo.acts & HF_LINK_DO_BEAT) hf_client_beat(c);
    if (todo.acts & HF_LINK_DO_DIAL) begin_socket(c);
}

void hf_client_say(struct hf_client *c, enum hf_link_input_kind kind)
{
    hf_client_feed(c, &(struct hf_link_input){ .kind = kind, .generation = c->link.socket });
}

/* --- input --- */

static void dial_failed(struct hf_client *c, enum hf_link_cause cause, bool will_pass)
{
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_DIAL_FAILED,
                                               .generation = c->link.socket,
                                               .u.dial = { cause, will_pass } });
}

static void refuse_upgrade(struct hf_client *c, unsigned status, const char *what)
{
    hf_client_note(c, HF_LINK_CAUSE_UPGRADE, HF_EMPTY);
    if (status)
        hf_buf_addf(&c->failure_text, "the gateway refused the WebSocket with HTTP %u", status);
    else
        hf_buf_addf(&c->failure_text, "this is no gateway: %s", what);
    c->failure_http_status = status;
    c->kill_socket = c->link.socket;
    dial_failed(c, HF_LINK_CAUSE_UPGRADE, status == 503);
}

static size_t http_input(struct hf_client *c, const uint8_t *data, size_t len)
{
    struct hf_http_response res;
    size_t used = 0;
    if (hf_http_response_read(&c->http, hf_bytes(data, len), &used, &res) != 0) {
        give_up(c);
        return len;
    }
    if (res.state == HF_HTTP_NEED_MORE) return len;
    const char *what =
        res.state == HF_HTTP_REFUSED ? res.fault.what : hf_http_upgrade_fault(&res, c->key);
    if (what) {
        bool is_answer = res.state == HF_HTTP_HEAD && res.status != 101;
        refuse_upgrade(c, is_answer ? res.status : 0, what);
        return len;
    }
    hf_http_reader_fini(&c->http);
    c->is_websocket = true;
    hf_client_say(c, HF_LINK_UPGRADED);
    return used;
}

static void got_close(struct hf_client *c, const struct hf_ws_item *item)
{
    struct hf_link_close close = { item->code, item->bytes };
    if (c->link.state != HF_LINK_CLOSING) note_peer_close(c, &close);
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_PEER_CLOSED,
                                               .generation = c->link.socket,
                                               .u.close = close });
}

static void got_fault(struct hf_client *c, const struct hf_ws_item *item)
{
    bool is_large = item->code == HF_WS_CODE_TOO_LARGE;
    struct hf_bytes reason = is_large ? HF_LIT("message too large") : hf_bytes_cstr(item->what);
    hf_client_note(c, HF_LINK_CAUSE_PEER_FAULT, reason);
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
        c->invalid_count++; /* the protocol is text */
        return;
    case HF_WS_PING:
        if (!c->has_sent_close && push_frame(c, HF_WS_OP_PONG, item->bytes) != 0) give_up(c);
        return;
    case HF_WS_PONG:
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
            give_up(c);
            return len;
        }
        at += used;
        handle_item(c, &item);
    }
    return c->link.socket == socket ? at : len;
}

static size_t input(struct hf_client *c, uint8_t *data, size_t len)
{
    size_t used = 0;
    hf_client_say(c, HF_LINK_BYTES);
    if (!c->is_websocket) used = http_input(c, data, len);
    if (c->is_websocket && used < len) used += websocket_input(c, data + used, len - used);
    return used;
}

/* --- events --- */

static void dialed(struct hf_client *c)
{
    struct hf_http_ask ask = { .host = c->config.url.place, .target = c->config.url.target };
    hf_http_ask_upgrade_write(&c->out, &ask, c->key);
    c->has_output = true;
    if (hf_buf_done(&c->out) != 0) give_up(c);
}

static void dial_failed_event(struct hf_client *c, const struct hf_client_event *event)
{
    enum hf_link_cause cause =
        event->u.dial_failed.is_config ? HF_LINK_CAUSE_CONFIG : HF_LINK_CAUSE_DIAL;
    hf_client_note(c, cause, event->u.dial_failed.why);
    dial_failed(c, cause, false);
}

static size_t socket_event(struct hf_client *c, const struct hf_client_event *event)
{
    bool is_input = event->kind == HF_CLIENT_INPUT;
    if (event->socket != c->link.socket) {
        c->link.stale_count++;
        return is_input ? event->u.input.len : 0;
    }
    if (is_input) return input(c, event->u.input.data, event->u.input.len);
    if (event->kind == HF_CLIENT_DIALED)
        dialed(c);
    else if (event->kind == HF_CLIENT_DIAL_FAILED)
        dial_failed_event(c, event);
    else if (event->kind == HF_CLIENT_WRITTEN)
        written(c, event->u.written_bytes);
    else
        hf_client_say(c, HF_LINK_GONE);
    return 0;
}

size_t hf_client_step(struct hf_client *c, struct hf_now now, const struct hf_client_event *event)
{
    HF_ASSERT(c->magic == HF_CLIENT_MAGIC);
    c->now = now;
    switch (event->kind) {
    case HF_CLIENT_START:
        hf_client_say(c, HF_LINK_START);
        return 0;
    case HF_CLIENT_KICK:
        hf_client_say(c, HF_LINK_KICK);
        return 0;
    case HF_CLIENT_RESUME:
        hf_client_say(c, HF_LINK_RESUME);
        return 0;
    case HF_CLIENT_STOP:
        hf_client_say(c, HF_LINK_STOP);
        return 0;
    case HF_CLIENT_WOKE:
        hf_client_say(c, HF_LINK_WOKE);
        return 0;
    case HF_CLIENT_DIALED:
    case HF_CLIENT_DIAL_FAILED:
    case HF_CLIENT_INPUT:
    case HF_CLIENT_WRITTEN:
    case HF_CLIENT_CLOSED:
        return socket_event(c, event);
    }
    HF_UNREACHABLE();
}

/* --- deadlines --- */

void hf_client_run_due(struct hf_client *c, struct hf_now now)
{
    struct hf_rpc_call call;
    c->now = now;
    if (!hf_time_before(now.mono, hf_link_due(&c->link))) hf_client_say(c, HF_LINK_TIME);
    while (c->news_len < HF_CLIENT_NEWS / 2 && hf_rpc_expire(&c->rpc, now.mono, &call)) {
        bool was_sent = call.end_at <= c->out_before + c->out_sent;
        hf_client_tell(c, &(struct hf_client_news){ .kind = HF_CLIENT_IS_RESULT,
                                                    .u.result = { .tag = call.tag,
                                                                  .outcome = HF_CLIENT_TIMEOUT,
                                                                  .was_sent = was_sent } });
    }
    hf_link_rest_tick(&c->link, hf_rpc_is_bounded(&c->rpc));
}

hf_time hf_client_due(const struct hf_client *c)
{
    return hf_time_min(hf_link_due(&c->link), hf_rpc_due(&c->rpc));
}

/* --- actions --- */

/* One pending call of an ended connection: false when all are settled. */
static bool flush_one(struct hf_client *c, struct hf_client_news *out)
{
    struct hf_rpc_call call;
    do {
        if (!hf_rpc_pop(&c->rpc, &call)) {
            hf_rpc_restart(&c->rpc);
            hf_link_rest_tick(&c->link, false);
            return false;
        }
    } while (call.is_internal);
    *out = (struct hf_client_news){
        .kind = HF_CLIENT_IS_RESULT,
        .u.result = { .tag = call.tag,
                      .outcome = HF_CLIENT_LOST,
                      .was_sent = call.end_at <= c->out_before + c->out_sent },
    };
    return true;
}

/* An event of a connection that its owner has ended meanwhile is not told (9.1). */
static bool is_outdated(const struct hf_client *c, const struct hf_client_news *news)
{
    return news->kind == HF_CLIENT_IS_EVENT && news->generation != c->link.generation;
}

static bool next_news(struct hf_client *c, struct hf_client_news *out)
{
    while (c->news_len > 0) {
        struct hf_client_news *first = &c->news[c->news_head];
        bool is_mark = (unsigned)first->kind == HF_CLIENT_FLUSH_MARK;
        if (is_mark && flush_one(c, out)) return true;
        *out = *first;
        c->news_head = (c->news_head + 1) % HF_CLIENT_NEWS;
        c->news_len--;
        if (!is_mark && !is_outdated(c, out)) return true;
    }
    return false;
}

bool hf_client_action(struct hf_client *c, struct hf_client_action *out)
{
    HF_ASSERT(c->magic == HF_CLIENT_MAGIC);
    *out = (struct hf_client_action){ .socket = c->link.socket };
    if (c->kill_socket) {
        out->kind = HF_CLIENT_DO_KILL;
        out->socket = c->kill_socket;
        c->kill_socket = 0;
    } else if (next_news(c, &out->news)) {
        out->kind = HF_CLIENT_DO_TELL;
    } else if (c->dials) {
        out->kind = HF_CLIENT_DO_DIAL;
        c->dials = false;
    } else if (c->has_output && c->link.socket) {
        out->kind = HF_CLIENT_DO_OUTPUT;
        c->has_output = false;
    } else if (c->ends && c->link.socket) {
        out->kind = HF_CLIENT_DO_END;
        c->ends = false;
    } else {
        return false;
    }
    return true;
}
