/* What a client writes and reads once the WebSocket is open. */
#include "base/err.h"
#include "engine/client_state.h"
#include "wire/json_read.h"

#include <inttypes.h>
#include <stdio.h>

/* --- calls --- */

struct hf_bytes hf_client_write_id(const struct hf_client *c, uint64_t number,
                                   char out[HF_CLIENT_ID_BYTES])
{
    int len = snprintf(out, HF_CLIENT_ID_BYTES, "%" PRIu64 ":%s", number, c->call_suffix);
    return hf_bytes(out, (size_t)len);
}

void hf_client_mind_watchdog(struct hf_client *c)
{
    hf_link_rest_tick(&c->link, hf_rpc_is_bounded(&c->rpc));
}

int hf_client_request(struct hf_client *c, struct hf_rpc_call *call, struct hf_bytes method,
                      struct hf_bytes params)
{
    char id[HF_CLIENT_ID_BYTES];
    struct hf_rpc_call dropped;
    struct hf_bytes name = hf_bytes_cut_utf8(method, HF_RPC_METHOD_BYTES);
    call->method_len = (uint8_t)name.len;
    memcpy(call->method, name.ptr, name.len);
    hf_buf_reset(&c->text, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_frame_write_req(&c->text,
                       hf_client_write_id(c, c->rpc.last_number + HF_CLIENT_CONNECT_NUMBER + 1, id),
                       method, params);
    int err = hf_buf_done(&c->text);
    if (err) return err == HF_ERR_LIMIT ? HF_ERR_TOO_LARGE : err;
    if ((int64_t)c->text.len > c->max_payload) return HF_ERR_TOO_LARGE;
    if ((int64_t)(c->out.len - c->out_sent + c->text.len) > c->max_buffered) return HF_ERR_LIMIT;
    call->end_at = c->out_before + c->out.len + c->text.len;
    err = hf_rpc_add(&c->rpc, call);
    if (err) return err;
    uint64_t number = call->number;
    err = hf_client_send(c, hf_buf_view(&c->text));
    if (!err) call->end_at = c->out_before + c->out.len;
    if (err)
        hf_rpc_take(&c->rpc, number, &dropped);
    else
        hf_rpc_ends_at(&c->rpc, number, call->end_at);
    hf_client_mind_watchdog(c);
    return err;
}

int hf_client_call(struct hf_client *c, struct hf_now now, const struct hf_client_call *call)
{
    hf_span within = call->within;
    c->now = now;
    if (c->link.state == HF_LINK_DISPOSED) return HF_ERR_CLOSED;
    if (c->link.state != HF_LINK_READY) return HF_ERR_STATE;
    if (call->method.len == 0) return HF_ERR_USAGE;
    if (within == 0) within = call->expects_final ? HF_SPAN_MAX : c->config.call_within;
    struct hf_rpc_call entry = {
        .kind = HF_RPC_CALL,
        .tag = call->tag,
        .asked_at = now.mono,
        .deadline = within == HF_SPAN_MAX ? HF_NEVER : hf_time_after(now.mono, within),
        .expects_final = call->expects_final,
    };
    return hf_client_request(c, &entry, call->method, call->params);
}

bool hf_client_is_flushing(const struct hf_client *c)
{
    for (size_t i = 0; i < c->news_len; i++)
        if (c->news[(c->news_head + i) % HF_CLIENT_NEWS].is_flush) return true;
    return false;
}

int hf_client_cancel(struct hf_client *c, uint64_t tag)
{
    struct hf_rpc_call call;
    if (hf_client_is_flushing(c)) return HF_ERR_NOT_FOUND;
    if (c->news_len >= HF_CLIENT_NEWS / 2) return HF_ERR_LIMIT;
    if (!hf_rpc_cancel(&c->rpc, HF_RPC_CALL, tag, &call)) return HF_ERR_NOT_FOUND;
    hf_client_mind_watchdog(c);
    struct hf_client_news news =
        hf_client_end_of(c, &call, HF_CLIENT_CANCELLED, hf_client_written(c));
    hf_client_settle(c, &call, &news);
    return 0;
}

/* The end of a call that was not answered. */
struct hf_client_news hf_client_end_of(const struct hf_client *c, const struct hf_rpc_call *call,
                                       enum hf_client_outcome outcome, uint64_t written)
{
    bool is_end = outcome != HF_CLIENT_TIMEOUT && outcome != HF_CLIENT_CANCELLED;
    return (struct hf_client_news){
        .kind = HF_CLIENT_IS_RESULT,
        .u.result = { .tag = call->tag,
                      .outcome = outcome,
                      .why = is_end ? hf_buf_view(&c->failure_text) : HF_EMPTY,
                      .close_code = outcome == HF_CLIENT_LOST ? c->failure_close_code : 0,
                      .was_sent = call->end_at <= written,
                      .took = hf_time_since(c->now.mono, call->asked_at) },
    };
}

void hf_client_settle(struct hf_client *c, const struct hf_rpc_call *call,
                      const struct hf_client_news *news)
{
    struct hf_error_seen error = { 0 };
    bool is_error = news->u.result.outcome == HF_CLIENT_SERVER_ERROR;
    if (call->kind == HF_RPC_SUBSCRIPTION) {
        hf_client_restore_answered(c, news);
        return;
    }
    if (call->kind != HF_RPC_CALL) return;
    if (is_error) (void)hf_error_read(news->u.result.error, &error); /* no code is none */
    hf_client_record(c, call, news->u.result.outcome, error.code);
    hf_client_tell(c, news);
}

void hf_client_beat(struct hf_client *c)
{
    struct hf_rpc_call call = { .kind = HF_RPC_BEAT,
                                .deadline = HF_NEVER,
                                .asked_at = c->now.mono };
    struct hf_bytes method = hf_client_word_view(&c->beat_method);
    bool is_health = hf_bytes_same(method, HF_LIT("health"));
    /* One that cannot be sent is one that is not answered. */
    hf_client_request(c, &call, method, is_health ? HF_LIT("{\"probe\":false}") : HF_EMPTY);
}

/* --- events --- */

/* Gaps are told before the event that showed them (9.1). */
static bool note_seq(struct hf_client *c, int64_t seq)
{
    bool is_gap = c->last_seq > 0 && seq - c->last_seq > 1; /* neither is negative */
    if (is_gap) {
        c->counters.gaps++;
        hf_client_tell(c, &(struct hf_client_news){ .kind = HF_CLIENT_IS_GAP,
                                                    .u.gap = { c->last_seq + 1, seq } });
    }
    if (seq <= c->last_seq)
        c->counters.seq_regressions++;
    else
        c->last_seq = seq;
    return is_gap;
}

static void note_shutdown(struct hf_client *c, struct hf_bytes payload)
{
    double ms = 0;
    bool will_restart = hf_json_get_double(hf_json_find(payload, "restartExpectedMs"), &ms) == 0;
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_SHUTDOWN,
                                               .generation = c->link.socket,
                                               .u.shutdown = { will_restart, ms } });
}

static void got_event(struct hf_client *c, const struct hf_frame_event *event)
{
    bool is_challenge = hf_json_is(event->name, HF_LIT("connect.challenge"));
    bool is_gap = false;
    if (is_challenge && c->link.state == HF_LINK_AWAIT_CHALLENGE) {
        hf_client_challenged(c, event->payload);
        return;
    }
    if (is_challenge || c->link.state != HF_LINK_READY) {
        c->counters.dropped_early++;
        return;
    }
    hf_client_say(c, HF_LINK_FRAME);
    if (hf_json_is(event->name, HF_LIT("shutdown"))) note_shutdown(c, event->payload);
    if (event->has_seq) is_gap = note_seq(c, event->seq);
    hf_client_tell(c, &(struct hf_client_news){ .kind = HF_CLIENT_IS_EVENT,
                                                .u.event = { event->name, event->payload,
                                                             event->has_seq ? event->seq : 0 } });
    if (is_gap) hf_client_restore_begin(c, true);
}

/* --- answers --- */

/* The number of an id of this connection, or 0. */
static uint64_t read_id(const struct hf_client *c, struct hf_bytes id)
{
    struct hf_bytes text;
    uint64_t number;
    if (!hf_json_get_plain(id, &text)) return 0;
    size_t colon = hf_bytes_find(text, 0, ':');
    if (!hf_bytes_same(hf_bytes_from(text, colon + 1), hf_bytes(c->call_suffix, HF_UUID_CHARS)))
        return 0;
    return hf_bytes_u64(hf_bytes_head(text, colon), &number) ? number : 0;
}

/* A server that does not know the probe or does not allow it is alive, and is not
 * asked again. */
static void answer_beat(struct hf_client *c, bool is_ok, const struct hf_error_seen *error)
{
    bool is_refused = !is_ok && (hf_bytes_same(error->code, HF_LIT("FORBIDDEN")) ||
                                 hf_bytes_same(error->code, HF_LIT("INVALID_REQUEST")) ||
                                 hf_bytes_same(error->detail, HF_LIT("MISSING_SCOPE")));
    c->last_beat_at = c->now.mono;
    if (is_refused) c->beat_off_reason = "the gateway does not answer it";
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_BEAT_ANSWERED,
                                               .generation = c->link.socket,
                                               .u.is_unsupported = is_refused });
}

static void got_answer(struct hf_client *c, uint64_t number, const struct hf_frame_res *res,
                       const struct hf_error_seen *error)
{
    struct hf_rpc_call call;
    bool says_accepted =
        res->ok && hf_json_is(hf_json_find(res->payload, "status"), HF_LIT("accepted"));
    hf_client_say(c, HF_LINK_FRAME);
    enum hf_rpc_answer answer =
        hf_rpc_answer(&c->rpc, number - HF_CLIENT_CONNECT_NUMBER, says_accepted, &call);
    hf_client_mind_watchdog(c);
    if (answer == HF_RPC_UNKNOWN || answer == HF_RPC_SWALLOWED) return;
    if (call.kind == HF_RPC_BEAT) {
        answer_beat(c, res->ok, error);
        return;
    }
    struct hf_client_news news = {
        .kind = HF_CLIENT_IS_RESULT,
        .u.result = { .tag = call.tag,
                      .outcome = res->ok ? HF_CLIENT_OK : HF_CLIENT_SERVER_ERROR,
                      .payload = res->payload,
                      .error = res->error,
                      .was_sent = true,
                      .took = hf_time_since(c->now.mono, call.asked_at) },
    };
    if (answer == HF_RPC_ACCEPTED) {
        news.kind = HF_CLIENT_IS_ACCEPTED;
        hf_client_tell(c, &news);
    } else {
        hf_client_settle(c, &call, &news);
    }
}

static void tell_message(struct hf_client *c, enum hf_client_news_kind kind, struct hf_bytes name,
                         struct hf_bytes payload)
{
    hf_client_tell(c, &(struct hf_client_news){ .kind = kind, .u.event = { name, payload, 0 } });
}

static void got_response(struct hf_client *c, const struct hf_frame_res *res, struct hf_bytes text)
{
    struct hf_error_seen error = { 0 };
    uint64_t number = read_id(c, res->id);
    bool is_ready = c->link.state == HF_LINK_READY, has_error = res->error.len > 0;
    if ((has_error || !res->ok) && hf_error_read(res->error, &error) != 0) {
        c->counters.invalid++;
        return;
    }
    if (is_ready && number > HF_CLIENT_CONNECT_NUMBER)
        got_answer(c, number, res, &error);
    else if (is_ready && c->config.speaks_legacy)
        tell_message(c, HF_CLIENT_IS_MESSAGE, HF_EMPTY, text);
    else if (c->link.state != HF_LINK_AWAIT_HELLO || number != HF_CLIENT_CONNECT_NUMBER)
        c->counters.dropped_early++;
    else if (res->ok)
        hf_client_got_hello(c, res->payload);
    else
        hf_client_got_refusal(c, &error);
}

/* --- messages --- */

/* JSON-RPC of older programs (supervisor.md 11.4): an answer to a call of ours, or a
 * notification; never asked for, never answered. */
static void got_legacy(struct hf_client *c, struct hf_bytes text)
{
    struct hf_bytes root = hf_json_root(text), id = hf_json_find(root, "id");
    struct hf_bytes method = hf_json_find(root, "method"), error = hf_json_find(root, "error");
    uint64_t number = read_id(c, id);
    bool is_answer = number > HF_CLIENT_CONNECT_NUMBER && method.len == 0 &&
                     hf_rpc_has(&c->rpc, number - HF_CLIENT_CONNECT_NUMBER);
    hf_client_say(c, HF_LINK_FRAME);
    if (hf_json_kind(root) != HF_JSON_OBJECT) {
        c->counters.invalid++;
        hf_client_tell(c, &(struct hf_client_news){ .kind = HF_CLIENT_IS_UNREADABLE });
    } else if (is_answer) {
        struct hf_frame_res res = {
            .id = id, .ok = error.len == 0, .payload = hf_json_find(root, "result"), .error = error
        };
        got_answer(c, number, &res, &(struct hf_error_seen){ 0 });
    } else if (hf_json_chars(method) > 0 && id.len == 0) {
        tell_message(c, HF_CLIENT_IS_NOTIFICATION, method, hf_json_find(root, "params"));
    } else {
        c->counters.invalid++;
        tell_message(c, HF_CLIENT_IS_MESSAGE, HF_EMPTY, root);
    }
}

static void got_other(struct hf_client *c, struct hf_bytes text, int err)
{
    bool is_json = err != HF_ERR_SYNTAX && err != HF_ERR_UTF8 && err != HF_ERR_DEPTH;
    if (!is_json) {
        c->counters.unreadable++;
        if (c->link.state == HF_LINK_READY)
            hf_client_tell(c, &(struct hf_client_news){ .kind = HF_CLIENT_IS_UNREADABLE });
    } else if (c->config.speaks_legacy && c->link.state == HF_LINK_READY) {
        got_legacy(c, text);
    } else {
        c->counters.invalid++;
    }
}

void hf_client_message(struct hf_client *c, struct hf_bytes text)
{
    struct hf_frame frame;
    int err = hf_frame_read(text, HF_LIMIT_JSON_DEPTH, &frame);
    if (err)
        got_other(c, text, err);
    else if (frame.kind == HF_FRAME_RES)
        got_response(c, &frame.res, text);
    else
        got_event(c, &frame.event);
}
