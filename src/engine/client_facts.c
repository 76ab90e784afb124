/* What a client says about itself: failures, the hello, timings, diagnostics. */
#include "base/err.h"
#include "engine/client_state.h"
#include "wire/json_read.h"
#include "wire/schema/redact.h"
#include "wire/utf8.h"

enum { LIST_METHODS, LIST_EVENTS, LIST_CAPABILITIES, LIST_SCOPES, LIST_POLICY, LIST_COUNT };
enum { HINT_BYTES = 200 };

void hf_client_word_set(struct hf_client_word *word, struct hf_bytes text)
{
    text = hf_bytes_cut_utf8(text, HF_CLIENT_WORD_BYTES);
    word->len = (uint8_t)text.len;
    if (text.len) memcpy(word->ptr, text.ptr, text.len);
}

/* --- failures --- */

void hf_client_redact(const struct hf_client *c, struct hf_buf *out, struct hf_bytes text)
{
    struct hf_bytes secrets[HF_CLIENT_SECRETS];
    size_t count = hf_client_secrets(c, secrets);
    hf_redact_text(out, text, secrets, count);
}

void hf_client_add_text(const struct hf_client *c, struct hf_buf *out, struct hf_bytes text)
{
    struct hf_buf plain;
    hf_buf_init(&plain, 16 * HF_CLIENT_FAILURE_BYTES);
    text = hf_bytes_cut_utf8(text, 4 * HF_CLIENT_FAILURE_BYTES);
    hf_client_redact(c, &plain, text);
    hf_buf_add(out, hf_bytes_cut_utf8(hf_buf_view(&plain), HF_CLIENT_FAILURE_BYTES));
    hf_buf_fini(&plain);
}

void hf_client_note(struct hf_client *c, enum hf_link_cause cause, struct hf_bytes text)
{
    c->failure_cause = cause;
    c->failure_at = c->now.mono;
    c->failure_close_code = 0;
    c->failure_http_status = 0;
    c->failure_code.len = c->failure_detail.len = 0;
    c->failure_request_id.len = c->failure_next_step.len = 0;
    hf_buf_reset(&c->failure_text, HF_LIMIT_NAME_BYTES);
    if (cause != HF_LINK_CAUSE_UPGRADE) hf_buf_reset(&c->failure_location, HF_LIMIT_NAME_BYTES);
    hf_client_add_text(c, &c->failure_text, text);
}

/* A cause of our own has its close reason as text, unless more was noted. */
void hf_client_note_cause(struct hf_client *c, enum hf_link_cause cause, struct hf_bytes reason)
{
    if (c->failure_cause == cause && c->failure_text.len > 0) return;
    if (cause == HF_LINK_CAUSE_UPGRADE_TIMEOUT)
        reason = HF_LIT("the gateway did not answer the WebSocket request in time");
    if (cause == HF_LINK_CAUSE_LOST)
        reason = HF_LIT("closed (1006 abnormal closure without a close frame)");
    if (cause == HF_LINK_CAUSE_STOPPED) reason = HF_LIT("client stopped");
    if (cause == HF_LINK_CAUSE_DISPOSED) reason = HF_LIT("client disposed");
    if (cause == HF_LINK_CAUSE_DENIED) reason = HF_LIT("the application does not allow it");
    if (cause == HF_LINK_CAUSE_DENIED) {
        hf_client_note(c, cause, reason);
        hf_client_word_set(&c->failure_code, HF_LIT("authorization_denied"));
        return;
    }
    hf_client_note(c, cause, reason);
}

void hf_client_note_close(struct hf_client *c, const struct hf_link_close *close)
{
    const char *name = hf_link_code_name(close->code);
    hf_client_note(c, HF_LINK_CAUSE_PEER_CLOSE, HF_EMPTY);
    hf_buf_addf(&c->failure_text, "closed (%u%s%s)", close->code, name[0] ? " " : "", name);
    if (close->reason.len > 0) {
        HF_BUF_LIT(&c->failure_text, ": ");
        hf_client_add_text(c, &c->failure_text, close->reason);
    }
    c->failure_close_code = close->code;
}

/* A short text that is no page is an explanation. */
static bool is_plain_hint(struct hf_bytes body)
{
    return body.len > 0 && body.len <= HINT_BYTES && body.ptr[0] != '<' && body.ptr[0] != '{' &&
           hf_utf8_check(body);
}

/* The answer to the upgrade request as far as it came (7.1). */
void hf_client_note_upgrade(struct hf_client *c)
{
    struct hf_bytes body = hf_bytes_trim(hf_buf_view(&c->refusal.body));
    struct hf_error_seen error;
    bool is_typed = hf_error_read_body(body, &error) == 0;
    hf_client_note(c, HF_LINK_CAUSE_UPGRADE, HF_EMPTY);
    hf_buf_addf(&c->failure_text, "the gateway refused the WebSocket with HTTP %u",
                c->refusal.status);
    if (is_typed || is_plain_hint(body)) HF_BUF_LIT(&c->failure_text, ": ");
    if (is_typed) {
        struct hf_buf message;
        hf_buf_init(&message, HF_LIMIT_UPGRADE_BODY_BYTES + 1);
        hf_json_text(error.message, &message);
        hf_client_add_text(c, &c->failure_text, hf_buf_view(&message));
        hf_buf_fini(&message);
    } else if (is_plain_hint(body)) {
        hf_client_add_text(c, &c->failure_text, body);
    }
    c->failure_http_status = c->refusal.status;
    hf_client_word_set(&c->failure_code, is_typed ? error.code : HF_LIT("UNAVAILABLE"));
    hf_client_word_set(&c->failure_detail, HF_LIT("websocket-upgrade-rejected"));
}

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
        .next_step = hf_client_word_view(&c->failure_next_step),
        .location = hf_buf_view(&c->failure_location),
        .at = c->failure_at,
    };
}

/* --- the hello --- */

void hf_client_keep_hello(struct hf_client *c, const struct hf_greeting *greeting)
{
    const struct hf_bytes lists[LIST_COUNT] = {
        [LIST_METHODS] = greeting->methods,
        [LIST_EVENTS] = greeting->events,
        [LIST_CAPABILITIES] = greeting->capabilities,
        [LIST_SCOPES] = greeting->scopes,
        [LIST_POLICY] = greeting->policy,
    };
    hf_client_word_set(&c->server_version, greeting->server_version);
    hf_client_word_set(&c->conn_id, greeting->conn_id);
    hf_client_word_set(&c->role, greeting->role);
    c->protocol = greeting->protocol;
    c->tick_every = HF_MS(greeting->tick_ms);
    hf_buf_reset(&c->lists, HF_LIMIT_CLIENT_HELLO_BYTES);
    for (size_t i = 0; i < LIST_COUNT; i++) {
        c->list_len[i] = c->config.keeps_hello ? lists[i].len : 0;
        if (c->config.keeps_hello) hf_buf_add(&c->lists, lists[i]);
    }
    if (hf_buf_done(&c->lists) == 0) return;
    hf_buf_reset(&c->lists, 0);
    memset(c->list_len, 0, sizeof c->list_len);
}

struct hf_client_hello hf_client_hello(const struct hf_client *c)
{
    struct hf_bytes rest = hf_buf_view(&c->lists);
    struct hf_client_hello hello = { .server_version = hf_client_word_view(&c->server_version),
                                     .conn_id = hf_client_word_view(&c->conn_id),
                                     .role = hf_client_word_view(&c->role),
                                     .protocol = c->protocol,
                                     .max_payload = c->max_payload,
                                     .max_buffered = c->max_buffered,
                                     .tick_every = c->tick_every };
    struct hf_bytes *const lists[LIST_COUNT] = {
        [LIST_METHODS] = &hello.methods,
        [LIST_EVENTS] = &hello.events,
        [LIST_CAPABILITIES] = &hello.capabilities,
        [LIST_SCOPES] = &hello.scopes,
        [LIST_POLICY] = &hello.policy,
    };
    for (size_t i = 0; i < LIST_COUNT; i++) {
        *lists[i] = hf_bytes_head(rest, c->list_len[i]);
        rest = hf_bytes_from(rest, c->list_len[i]);
    }
    return hello;
}

bool hf_client_offers(const struct hf_client *c, struct hf_bytes method)
{
    struct hf_bytes methods = hf_client_hello(c).methods;
    return methods.len == 0 || hf_greeting_lists(methods, method);
}

struct hf_bytes hf_client_server_version(const struct hf_client *c)
{
    return hf_client_word_view(&c->server_version);
}

int64_t hf_client_rtt_ms(const struct hf_client *c)
{
    return c->rtt_ms;
}

const struct hf_link *hf_client_link(const struct hf_client *c)
{
    return &c->link;
}

enum hf_client_status hf_client_status(const struct hf_client *c)
{
    return (enum hf_client_status)hf_link_status(&c->link);
}

/* --- how calls went --- */

void hf_client_record(struct hf_client *c, const struct hf_rpc_call *call,
                      enum hf_client_outcome outcome, struct hf_bytes code)
{
    if (call->kind != HF_RPC_CALL) return;
    if (!c->timings.items &&
        hf_ring_init(&c->timings, sizeof(struct hf_client_timing), HF_LIMIT_CLIENT_TIMINGS) != 0)
        return; /* a record less is no harm */
    struct hf_client_timing *timing = hf_ring_push_over(&c->timings, NULL);
    code = hf_bytes_cut_utf8(code, HF_CLIENT_CODE_BYTES);
    *timing = (struct hf_client_timing){ .tag = call->tag,
                                         .asked_at = call->asked_at,
                                         .settled_at = c->now.mono,
                                         .outcome = outcome,
                                         .method_len = call->method_len,
                                         .code_len = (uint8_t)code.len };
    memcpy(timing->method, call->method, call->method_len);
    if (code.len) memcpy(timing->code, code.ptr, code.len);
}

size_t hf_client_timing_count(const struct hf_client *c)
{
    return c->timings.len;
}

const struct hf_client_timing *hf_client_timing(const struct hf_client *c, size_t i)
{
    return hf_ring_at(&c->timings, i);
}

/* --- diagnostics --- */

void hf_client_diagnose(const struct hf_client *c, struct hf_now now,
                        struct hf_client_diagnostics *out)
{
    const struct hf_link *l = &c->link;
    bool is_ready = l->state == HF_LINK_READY;
    *out = (struct hf_client_diagnostics){
        .state = l->state,
        .status = hf_client_status(c),
        .pause = l->pause,
        .generation = l->generation,
        .attempt = l->backoff.failures,
        .next_retry_at = l->state == HF_LINK_BACKOFF ? l->deadline : HF_NEVER,
        .last_error = hf_client_failure(c),
        .last_close_code = c->last_close_code,
        .last_close_reason = hf_buf_view(&c->last_close_reason),
        .last_close_at = c->last_close_at,
        .last_close_phase = c->last_close_phase,
        .hello_at = c->hello_at,
        .uptime = is_ready ? hf_time_since(now.mono, c->hello_at) : 0,
        .hello = hf_client_hello(c),
        .last_activity_at = l->hello_count ? l->watch.frame_at : HF_NEVER,
        .last_ping_at = c->last_ping_at,
        .last_pong_at = c->last_pong_at,
        .last_beat_at = c->last_beat_at,
        .rtt_ms = c->rtt_ms,
        .beat_method = c->beat_off_reason ? HF_EMPTY : hf_client_word_view(&c->beat_method),
        .beat_off_reason = l->hello_count ? c->beat_off_reason : "there was no hello",
        .beat_misses = is_ready ? l->watch.beat_misses : 0,
        .tick_every = c->tick_every,
        .is_watchdog_resting = is_ready && l->tick_rests,
        .is_disposed = l->state == HF_LINK_DISPOSED,
        .pending_count = hf_rpc_count(&c->rpc, HF_RPC_CALL),
        .unbounded_count = c->rpc.unbounded,
        .subscription_count = c->kept_len,
        .queued_bytes = c->out.len - c->out_sent,
        .counters = c->counters,
    };
    out->counters.hellos = l->hello_count;
    out->counters.late_answers = c->rpc.late_count;
    out->counters.stale_events += l->stale_count;
}
