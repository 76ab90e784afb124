/* How a client is: numbers, texts, and all of it as JSON.  Without secrets. */
#include "base/err.h"
#include "base/limits.h"
#include "client/state.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#include <stdio.h>

/* The scopes of a hello are as many as fit into a frame; the rest is short. */
enum { JSON_BYTES = 2 * HF_LIMIT_PAYLOAD_BYTES };

/* --- numbers --- */

static int64_t ago_ms(hf_time now, hf_time at)
{
    return hf_time_same(at, HF_NEVER) ? -1 : hf_span_ms(hf_time_since(now, at));
}

static int64_t until_ms(hf_time now, hf_time at)
{
    if (hf_time_same(at, HF_NEVER)) return -1;
    return hf_span_ms(hf_span_max(hf_time_since(at, now), 0));
}

enum holdfast_status hf_status_of(enum hf_client_status status)
{
    static const enum holdfast_status same[] = {
        [HF_CLIENT_DISCONNECTED] = HOLDFAST_DISCONNECTED,
        [HF_CLIENT_CONNECTING] = HOLDFAST_CONNECTING,
        [HF_CLIENT_CONNECTED] = HOLDFAST_CONNECTED,
        [HF_CLIENT_PAUSED] = HOLDFAST_PAUSED,
        [HF_CLIENT_FAILED] = HOLDFAST_FAILED,
        [HF_CLIENT_GONE] = HOLDFAST_CLOSED,
    };
    return same[status];
}

static const char *status_name(enum hf_client_status status)
{
    static const char *const names[] = {
        [HF_CLIENT_DISCONNECTED] = "disconnected",
        [HF_CLIENT_CONNECTING] = "connecting",
        [HF_CLIENT_CONNECTED] = "connected",
        [HF_CLIENT_PAUSED] = "paused",
        [HF_CLIENT_FAILED] = "error",
        [HF_CLIENT_GONE] = "closed",
    };
    return names[status];
}

static int64_t number_of(const struct holdfast_client *c, const struct hf_client_diagnostics *d,
                         hf_time now, enum holdfast_number_key key)
{
    switch (key) {
    case HOLDFAST_STATUS:
        return hf_status_of(d->status);
    case HOLDFAST_GENERATION:
        return (int64_t)d->generation;
    case HOLDFAST_ATTEMPTS:
        return d->attempt;
    case HOLDFAST_NEXT_RETRY_MS:
        return until_ms(now, d->next_retry_at);
    case HOLDFAST_RTT_MS:
        return d->rtt_ms;
    case HOLDFAST_LAST_ACTIVITY_MS:
        return ago_ms(now, d->last_activity_at);
    case HOLDFAST_LAST_PING_MS:
        return ago_ms(now, d->last_ping_at);
    case HOLDFAST_LAST_PONG_MS:
        return ago_ms(now, d->last_pong_at);
    case HOLDFAST_LAST_HEARTBEAT_MS:
        return ago_ms(now, d->last_beat_at);
    case HOLDFAST_LAST_CLOSE_MS:
        return ago_ms(now, d->last_close_at);
    case HOLDFAST_UPTIME_MS:
        return d->state == HF_LINK_READY ? hf_span_ms(d->uptime) : -1;
    case HOLDFAST_LAST_CLOSE_CODE:
        return d->last_close_code;
    case HOLDFAST_LAST_ERROR_CLOSE_CODE:
        return d->last_error.close_code;
    case HOLDFAST_LAST_ERROR_HTTP_STATUS:
        return d->last_error.http_status;
    case HOLDFAST_TICK_INTERVAL_MS:
        return hf_span_ms(d->tick_every);
    case HOLDFAST_PENDING_CALLS:
        return (int64_t)d->pending_count;
    case HOLDFAST_PENDING_UNBOUNDED:
        return (int64_t)d->unbounded_count;
    case HOLDFAST_QUEUED_BYTES:
        return (int64_t)d->queued_bytes;
    case HOLDFAST_CALLBACKS:
        return (int64_t)c->watcher_count;
    case HOLDFAST_COUNT_CONNECTS:
        return (int64_t)d->counters.connects;
    case HOLDFAST_COUNT_HELLOS:
        return (int64_t)d->counters.hellos;
    case HOLDFAST_COUNT_RETRIES:
        return (int64_t)d->counters.retries;
    case HOLDFAST_COUNT_GAPS:
        return (int64_t)d->counters.gaps;
    case HOLDFAST_COUNT_SEQ_REGRESSIONS:
        return (int64_t)d->counters.seq_regressions;
    case HOLDFAST_COUNT_PARSE_ERRORS:
        return (int64_t)d->counters.unreadable;
    case HOLDFAST_COUNT_INVALID_FRAMES:
        return (int64_t)d->counters.invalid;
    case HOLDFAST_COUNT_LATE_RESPONSES:
        return (int64_t)d->counters.late_answers;
    case HOLDFAST_COUNT_DROPPED_BEFORE_HELLO:
        return (int64_t)d->counters.dropped_early;
    case HOLDFAST_COUNT_CALLBACK_FAILURES:
        return (int64_t)c->callback_failures;
    case HOLDFAST_COUNT_STALE_DROPPED:
        return (int64_t)d->counters.stale_events;
    case HOLDFAST_COUNT_ABORTS:
        return (int64_t)d->counters.aborts;
    case HOLDFAST_COUNT_GRACEFUL_CLOSES:
        return (int64_t)d->counters.graceful_closes;
    }
    return -1;
}

/* What the engine says, under the lock. */
static hf_time diagnose(const struct holdfast_client *c, struct hf_client_diagnostics *out)
{
    struct hf_now now = hf_client_loop_now(c->loop->host);
    hf_client_diagnose(c->engine, now, out);
    return now.mono;
}

int64_t holdfast_client_number(const holdfast_client *c, enum holdfast_number_key number)
{
    struct hf_client_diagnostics d;
    hf_enter(c->loop);
    hf_time now = diagnose(c, &d);
    int64_t value = number_of(c, &d, now, number);
    hf_leave(c->loop);
    return value;
}

/* --- texts --- */

static void add_scopes(struct hf_buf *out, struct hf_bytes scopes)
{
    struct hf_bytes scope;
    struct hf_json_iter it = hf_json_iter(scopes);
    bool is_first = true;
    while (hf_json_next(&it, &scope)) {
        if (!is_first) HF_BUF_LIT(out, " ");
        hf_json_text(scope, out);
        is_first = false;
    }
}

static void add_address(const struct holdfast_client *c, struct hf_buf *out)
{
    char text[HF_NET_ADDRESS_CHARS];
    struct hf_client_peer peer;
    if (!c->seat || !hf_client_seat_peer(c->seat, &peer)) return;
    hf_buf_add(out, hf_bytes(text, hf_net_address_write(&peer.address, text)));
}

static void add_certificate(const struct holdfast_client *c, struct hf_buf *out)
{
    char hex[HF_HEX_CHARS(HF_SHA256_BYTES)];
    struct hf_client_peer peer;
    if (!c->seat || !hf_client_seat_peer(c->seat, &peer) || !peer.has_cert_hash) return;
    hf_hex_write(hf_bytes(peer.cert_hash, sizeof peer.cert_hash), hex);
    hf_buf_add(out, hf_bytes(hex, sizeof hex));
}

static void add_text(const struct holdfast_client *c, const struct hf_client_diagnostics *d,
                     enum holdfast_text_key key, struct hf_buf *out)
{
    switch (key) {
    case HOLDFAST_STATE_NAME:
        hf_buf_add(out, hf_bytes_cstr(hf_link_state_name(d->state)));
        return;
    case HOLDFAST_SERVER_VERSION:
        hf_buf_add(out, d->hello.server_version);
        return;
    case HOLDFAST_CONNECTION_ID:
        hf_buf_add(out, d->hello.conn_id);
        return;
    case HOLDFAST_GRANTED_SCOPES:
        add_scopes(out, d->hello.scopes);
        return;
    case HOLDFAST_LAST_ERROR:
        hf_buf_add(out, d->last_error.text);
        return;
    case HOLDFAST_LAST_CAUSE:
        if (d->last_error.cause == HF_LINK_CAUSE_NONE) return;
        hf_buf_add(out, hf_bytes_cstr(hf_link_cause_name(d->last_error.cause)));
        return;
    case HOLDFAST_LAST_CODE:
        hf_buf_add(out, d->last_error.code);
        return;
    case HOLDFAST_LAST_DETAIL:
        hf_buf_add(out, d->last_error.detail);
        return;
    case HOLDFAST_LAST_REQUEST_ID:
        hf_buf_add(out, d->last_error.request_id);
        return;
    case HOLDFAST_DEVICE_ID:
        hf_buf_add(out, hf_bytes_cstr(c->device_id));
        return;
    case HOLDFAST_HEARTBEAT_METHOD:
        hf_buf_add(out, d->beat_method);
        return;
    case HOLDFAST_PEER_ADDRESS:
        add_address(c, out);
        return;
    case HOLDFAST_PEER_CERTIFICATE:
        add_certificate(c, out);
        return;
    }
}

/* Cut at the end of a character; returns the whole length. */
static size_t give(struct hf_buf *text, char *out, size_t cap)
{
    size_t len = text->len;
    if (cap > 0) {
        struct hf_bytes cut = hf_bytes_cut_utf8(hf_buf_view(text), cap - 1);
        if (cut.len > 0) memcpy(out, cut.ptr, cut.len);
        out[cut.len] = '\0';
    }
    hf_buf_fini(text);
    return len;
}

size_t holdfast_client_text(const holdfast_client *c, enum holdfast_text_key text, char *out,
                            size_t cap)
{
    struct hf_client_diagnostics d;
    struct hf_buf found;
    hf_buf_init(&found, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_enter(c->loop);
    diagnose(c, &d);
    add_text(c, &d, text, &found);
    hf_leave(c->loop);
    return give(&found, out, cap);
}

static int lists(const struct holdfast_client *c, bool wants_events, const char *name)
{
    hf_enter(c->loop);
    struct hf_client_hello hello = hf_client_hello(c->engine);
    struct hf_bytes value, list = wants_events ? hello.events : hello.methods;
    struct hf_json_iter it = hf_json_iter(list);
    int is_there = 0;
    while (!is_there && hf_json_next(&it, &value))
        is_there = hf_json_is(value, hf_bytes_cstr(name));
    hf_leave(c->loop);
    return is_there;
}

int holdfast_client_has_method(const holdfast_client *c, const char *method)
{
    return lists(c, false, method);
}

int holdfast_client_has_event(const holdfast_client *c, const char *event)
{
    return lists(c, true, event);
}

/* --- JSON --- */

static const struct {
    const char *name;
    enum holdfast_number_key key;
} number_rows[] = {
    { "generation", HOLDFAST_GENERATION },
    { "attempt", HOLDFAST_ATTEMPTS },
    { "nextRetryMs", HOLDFAST_NEXT_RETRY_MS },
    { "rttMs", HOLDFAST_RTT_MS },
    { "lastActivityMs", HOLDFAST_LAST_ACTIVITY_MS },
    { "lastPingMs", HOLDFAST_LAST_PING_MS },
    { "lastPongMs", HOLDFAST_LAST_PONG_MS },
    { "lastHeartbeatMs", HOLDFAST_LAST_HEARTBEAT_MS },
    { "uptimeMs", HOLDFAST_UPTIME_MS },
    { "tickIntervalMs", HOLDFAST_TICK_INTERVAL_MS },
    { "queuedBytes", HOLDFAST_QUEUED_BYTES },
    { "callbacks", HOLDFAST_CALLBACKS },
};

static const struct {
    const char *name;
    enum holdfast_number_key key;
} counter_rows[] = {
    { "connects", HOLDFAST_COUNT_CONNECTS },
    { "hellos", HOLDFAST_COUNT_HELLOS },
    { "retries", HOLDFAST_COUNT_RETRIES },
    { "gaps", HOLDFAST_COUNT_GAPS },
    { "seqRegressions", HOLDFAST_COUNT_SEQ_REGRESSIONS },
    { "parseErrors", HOLDFAST_COUNT_PARSE_ERRORS },
    { "invalidFrames", HOLDFAST_COUNT_INVALID_FRAMES },
    { "lateResponses", HOLDFAST_COUNT_LATE_RESPONSES },
    { "droppedBeforeHello", HOLDFAST_COUNT_DROPPED_BEFORE_HELLO },
    { "callbackFailures", HOLDFAST_COUNT_CALLBACK_FAILURES },
    { "staleDropped", HOLDFAST_COUNT_STALE_DROPPED },
    { "aborts", HOLDFAST_COUNT_ABORTS },
    { "gracefulCloses", HOLDFAST_COUNT_GRACEFUL_CLOSES },
};

static void add_number(struct hf_json_writer *w, const char *name, int64_t value)
{
    if (value < 0)
        hf_json_add_null(w, name);
    else
        hf_json_add_int(w, name, value);
}

static void add_last_error(struct hf_json_writer *w, const struct hf_client_diagnostics *d,
                           hf_time now)
{
    if (d->last_error.cause == HF_LINK_CAUSE_NONE) return;
    hf_json_add_object(w, "lastError");
    hf_json_add_text(w, "cause", hf_bytes_cstr(hf_link_cause_name(d->last_error.cause)));
    hf_json_add_text(w, "text", d->last_error.text);
    if (d->last_error.code.len) hf_json_add_text(w, "code", d->last_error.code);
    if (d->last_error.detail.len) hf_json_add_text(w, "detail", d->last_error.detail);
    if (d->last_error.request_id.len) hf_json_add_text(w, "requestId", d->last_error.request_id);
    if (d->last_error.close_code) hf_json_add_int(w, "closeCode", d->last_error.close_code);
    if (d->last_error.http_status) hf_json_add_int(w, "httpStatus", d->last_error.http_status);
    add_number(w, "agoMs", ago_ms(now, d->last_error.at));
    hf_json_close_object(w);
}

static void add_last_close(struct hf_json_writer *w, const struct hf_client_diagnostics *d,
                           hf_time now)
{
    if (d->last_close_code == 0) return;
    hf_json_add_object(w, "lastClose");
    hf_json_add_int(w, "code", d->last_close_code);
    hf_json_add_text(w, "reason", d->last_close_reason);
    hf_json_add_text(w, "phase", hf_bytes_cstr(hf_link_state_name(d->last_close_phase)));
    add_number(w, "agoMs", ago_ms(now, d->last_close_at));
    hf_json_close_object(w);
}

static void add_hello(struct hf_json_writer *w, const struct hf_client_hello *hello)
{
    hf_json_add_object(w, "server");
    hf_json_add_text(w, "version", hello->server_version);
    hf_json_add_text(w, "connId", hello->conn_id);
    hf_json_add_int(w, "protocol", hello->protocol);
    hf_json_close_object(w);
    hf_json_add_object(w, "granted");
    hf_json_add_text(w, "role", hello->role);
    if (hello->scopes.len) hf_json_add_raw(w, "scopes", hello->scopes);
    hf_json_close_object(w);
}

static void add_known(struct hf_json_writer *w, const struct holdfast_client *c,
                      const struct hf_client_diagnostics *d, const char *name,
                      enum holdfast_text_key key)
{
    struct hf_buf text;
    hf_buf_init(&text, HF_LIMIT_PREAUTH_FRAME_BYTES);
    add_text(c, d, key, &text);
    if (text.len > 0) hf_json_add_text(w, name, hf_buf_view(&text));
    hf_buf_fini(&text);
}

static void add_heartbeat(struct hf_json_writer *w, const struct hf_client_diagnostics *d)
{
    hf_json_add_object(w, "heartbeat");
    if (d->beat_method.len) hf_json_add_text(w, "method", d->beat_method);
    if (d->beat_off_reason) hf_json_add_text(w, "off", hf_bytes_cstr(d->beat_off_reason));
    hf_json_add_int(w, "misses", d->beat_misses);
    hf_json_close_object(w);
}

static void write_json(const struct holdfast_client *c, const struct hf_client_diagnostics *d,
                       hf_time now, struct hf_buf *out)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "state", hf_bytes_cstr(hf_link_state_name(d->state)));
    hf_json_add_text(&w, "status", hf_bytes_cstr(status_name(d->status)));
    for (size_t i = 0; i < HF_COUNT(number_rows); i++)
        add_number(&w, number_rows[i].name, number_of(c, d, now, number_rows[i].key));
    hf_json_add_object(&w, "pending");
    hf_json_add_uint(&w, "count", d->pending_count);
    hf_json_add_uint(&w, "unbounded", d->unbounded_count);
    hf_json_close_object(&w);
    hf_json_add_bool(&w, "watchdogSuspended", d->is_watchdog_resting);
    hf_json_add_bool(&w, "disposing", atomic_load(&c->life) != HF_LIVE);
    hf_json_add_bool(&w, "disposed", atomic_load(&c->life) == HF_DISPOSED);
    add_known(&w, c, d, "deviceId", HOLDFAST_DEVICE_ID);
    add_known(&w, c, d, "peerAddress", HOLDFAST_PEER_ADDRESS);
    add_known(&w, c, d, "peerCertificate", HOLDFAST_PEER_CERTIFICATE);
    add_heartbeat(&w, d);
    if (d->hello.server_version.len) add_hello(&w, &d->hello);
    add_last_error(&w, d, now);
    add_last_close(&w, d, now);
    hf_json_add_object(&w, "counters");
    for (size_t i = 0; i < HF_COUNT(counter_rows); i++)
        hf_json_add_int(&w, counter_rows[i].name, number_of(c, d, now, counter_rows[i].key));
    hf_json_close_object(&w);
    hf_json_close_object(&w);
}

size_t holdfast_client_json(const holdfast_client *c, char *out, size_t cap)
{
    struct hf_client_diagnostics d;
    struct hf_buf json;
    hf_buf_init(&json, JSON_BYTES);
    hf_enter(c->loop);
    hf_time now = diagnose(c, &d);
    write_json(c, &d, now, &json);
    hf_leave(c->loop);
    if (hf_buf_done(&json) != 0) hf_buf_reset(&json, 0); /* half of it is no JSON */
    return give(&json, out, cap);
}
