/* How a connection ends: by our close, by the peer's, or at once. */
#include "base/assert.h"
#include "base/limits.h"
#include "engine/server_state.h"

enum { CLOSE_GRACE_MS = 1000 };

static void leave_rooms(struct hf_server *s, struct hf_conn *c)
{
    hf_admit_drop(&s->admit, c->id);
    if (c->client) hf_liveness_close(&c->liveness);
    if (c->client && c->is_counted) {
        c->is_counted = false;
        s->client_count--;
        hf_ticks_leave(&s->ticks, c->client->tick_place);
        if (hf_presence_disconnect(&s->presence, c->id, s->now.wall_ms))
            hf_server_presence_changed(s);
    }
}

static bool is_slow_reader(const char *cause)
{
    return strcmp(cause, hf_gate_cause(HF_GATE_MUST)) == 0 ||
           strcmp(cause, hf_gate_cause(HF_GATE_RESPONSE)) == 0;
}

/* For the counter: what ended a slow reader is not the grace that it was given. */
static enum hf_abort abort_class(const char *cause, bool was_ending)
{
    if (is_slow_reader(cause)) return HF_ABORT_SLOW;
    if (was_ending) return HF_ABORT_GRACE;
    return strcmp(cause, "heartbeat-timeout") == 0 ? HF_ABORT_HEARTBEAT : HF_ABORT_OTHER;
}

void hf_conn_kill(struct hf_server *s, struct hf_conn *c, const char *cause)
{
    if (c->state == HF_CONN_DEAD) return;
    bool was_ending = c->cause != NULL;
    if (!c->cause) c->cause = cause;
    s->metrics.aborts[abort_class(c->cause, was_ending)]++;
    c->state = HF_CONN_DEAD;
    c->deadline = HF_NEVER;
    leave_rooms(s, c);
    hf_conn_schedule(s, c);
    hf_server_tell(s, c, HF_TODO_KILL);
}

/* The last byte is queued: the host ends the socket once it has left. */
void hf_conn_end_written(struct hf_server *s, struct hf_conn *c)
{
    if (c->state == HF_CONN_DEAD) return;
    c->state = HF_CONN_DEAD;
    hf_server_tell(s, c, HF_TODO_OUTPUT | HF_TODO_CLOSE);
}

void hf_conn_finish(struct hf_server *s, struct hf_conn *c, const char *cause)
{
    if (c->state == HF_CONN_DEAD) return;
    if (!c->cause) c->cause = cause;
    leave_rooms(s, c);
    c->deadline = hf_time_after(s->now.mono, HF_MS(s->settings.handshake_timeout_ms));
    hf_conn_end_written(s, c);
    hf_conn_schedule(s, c);
}

static void push_close(struct hf_server *s, struct hf_conn *c, unsigned code,
                       struct hf_bytes reason)
{
    uint8_t payload[HF_LIMIT_CONTROL_FRAME_BYTES];
    size_t len = 0;
    reason = hf_bytes_cut_utf8(reason, HF_LIMIT_CLOSE_REASON_BYTES);
    if (code != HF_WS_CODE_NONE) {
        payload[len++] = (uint8_t)(code >> 8);
        payload[len++] = (uint8_t)code;
        if (reason.len > 0) memcpy(payload + len, reason.ptr, reason.len);
        len += reason.len;
    }
    if (hf_outq_push_control(&c->out, &s->spare, HF_WS_OP_CLOSE, hf_bytes(payload, len)) != 0)
        hf_conn_kill(s, c, "out-of-memory");
    c->sent_close = true;
}

void hf_conn_close(struct hf_server *s, struct hf_conn *c, unsigned code, struct hf_bytes reason,
                   const char *cause)
{
    if (c->state == HF_CONN_CLOSING || c->state == HF_CONN_DEAD) return;
    if (!c->is_websocket) {
        hf_conn_kill(s, c, cause);
        return;
    }
    if (!c->cause) c->cause = cause;
    c->close_code = (uint16_t)code;
    s->metrics.closes[hf_close_class(code)][0]++;
    leave_rooms(s, c);
    c->state = HF_CONN_CLOSING;
    c->phase_at = s->now.mono;
    push_close(s, c, code, reason);
    c->deadline = hf_time_after(s->now.mono, HF_MS(CLOSE_GRACE_MS));
    hf_conn_resume(s, c);
    hf_conn_schedule(s, c);
    if (c->state == HF_CONN_CLOSING) hf_server_tell(s, c, HF_TODO_OUTPUT);
    if (c->peer_ended) hf_conn_end_written(s, c);
}

/* Our close stands behind what was queued before it: the grace begins with the last byte
 * of that, for a peer that reads.  A stop of the whole server waits for nobody, and
 * whoever read too slowly has had its time (spec/pressure-backoff.md 1.3: 1 s). */
void hf_conn_keep_grace(struct hf_server *s, struct hf_conn *c)
{
    if (hf_stage_state(&s->stage) == HF_STAGE_CLOSING || is_slow_reader(c->cause)) return;
    hf_time last = hf_time_after(c->phase_at, HF_MS(HF_LIMIT_CLOSE_MS));
    c->deadline = hf_time_min(hf_time_after(s->now.mono, HF_MS(CLOSE_GRACE_MS)), last);
    hf_conn_schedule(s, c);
}

/* --- by the peer --- */

void hf_conn_got_close(struct hf_server *s, struct hf_conn *c, const struct hf_ws_item *item)
{
    bool we_began = c->sent_close;
    c->got_close = true;
    if (!we_began) {
        if (!c->cause) c->cause = "peer-close";
        c->close_code = item->code;
        s->metrics.closes[hf_close_class(item->code)][1]++;
        leave_rooms(s, c);
        push_close(s, c, item->code, item->bytes);
        c->deadline = hf_time_after(s->now.mono, HF_MS(CLOSE_GRACE_MS));
    }
    if (c->state != HF_CONN_DEAD) hf_conn_end_written(s, c);
    hf_conn_schedule(s, c);
}

void hf_conn_input_end(struct hf_server *s, struct hf_conn *c)
{
    c->peer_ended = true;
    if (c->state == HF_CONN_DEAD) return;
    if (!c->cause) c->cause = "peer-end";
    leave_rooms(s, c);
    c->deadline = hf_time_after(s->now.mono, HF_MS(CLOSE_GRACE_MS));
    hf_conn_end_written(s, c);
    hf_conn_schedule(s, c);
}

/* --- the end --- */

static const char *lost_name(enum hf_lost lost)
{
    switch (lost) {
    case HF_LOST_BY_US:
        return "ended";
    case HF_LOST_BY_PEER:
        return "peer-end";
    case HF_LOST_RESET:
        return "reset";
    case HF_LOST_TLS:
        return "tls";
    case HF_LOST_IO_ERROR:
        return "io-error";
    }
    HF_UNREACHABLE();
}

/* spec/startup-retry.md 2.6: while we start, refused clients and those of this machine that
 * leave without a word are what was to be expected. */
static bool is_expected_loss(const struct hf_server *s, const struct hf_conn *c)
{
    bool is_starting = hf_stage_state(&s->stage) == HF_STAGE_STARTING;
    return c->is_quiet ||
           (is_starting && !c->has_sent_message && hf_net_is_loopback(&c->client_address));
}

static void log_lost(struct hf_server *s, struct hf_conn *c, const char *cause)
{
    char peer[HF_NET_ADDRESS_CHARS];
    struct hf_bytes address = hf_bytes(peer, hf_net_address_write(&c->client_address, peer));
    int64_t lived_ms = hf_span_ms(hf_time_since(s->now.mono, c->accepted_at));
    if (!c->client) {
        enum hf_log_level level = is_expected_loss(s, c) ? HF_LOG_DEBUG : HF_LOG_WARN;
        HF_LOG(&s->log, level, "conn.lost_before_hello", HF_INT("conn", hf_id_slot(c->id)),
               HF_TEXT("cause", hf_bytes_cstr(cause)), HF_INT("code", c->close_code),
               HF_TEXT("peer", address), HF_INT("lived_ms", lived_ms));
        return;
    }
    struct hf_liveness_facts facts = hf_liveness_facts(&c->liveness, s->now.mono);
    struct hf_log_field fields[] = {
        HF_INT("conn", hf_id_slot(c->id)),
        HF_TEXT("cause", hf_bytes_cstr(cause)),
        HF_INT("code", c->close_code),
        HF_TEXT("peer", address),
        HF_TEXT("client", hf_bytes_cstr(hf_client_id_name((enum hf_client_id)c->client->id))),
        HF_INT("lived_ms", lived_ms),
        HF_INT("bufferedBytes", c->out.queued_bytes),
        HF_INT("bytes_in", c->bytes_in),
        HF_INT("bytes_out", c->bytes_out),
        HF_INT("drops", hf_gate_dropped(&c->gate)),
        HF_TEXT("pingWriteState", hf_bytes_cstr(hf_ping_write_name(facts.ping_write))),
        HF_INT("lastPongAgeMs", facts.last_pong_age_ms),
        HF_INT("timer_late_ms", c->timer_late_ms),
    };
    /* The last two only where there is something to tell. */
    size_t count = HF_COUNT(fields) - 2;
    if (facts.has_pong) count++;
    if (c->timer_late_ms > 0) fields[count++] = fields[HF_COUNT(fields) - 1];
    if (s->log.sink && s->log.level >= HF_LOG_INFO)
        hf_log_write(&s->log, HF_LOG_INFO, "conn.lost", fields, count);
}

void hf_conn_closed(struct hf_server *s, struct hf_conn *c, enum hf_lost lost)
{
    const char *cause = c->cause ? c->cause : lost_name(lost);
    if (!c->sent_close && !c->got_close && c->is_websocket) {
        c->close_code = HF_WS_CODE_ABNORMAL;
        s->metrics.closes[HF_CLOSE_1006][lost != HF_LOST_BY_US]++;
    }
    if (!c->client && c->is_websocket && !c->cause) s->metrics.handshakes[HF_HANDSHAKE_LOST]++;
    leave_rooms(s, c);
    /* An answered HTTP request is no lost connection. */
    if (c->is_websocket || !c->cause) log_lost(s, c, cause);
    c->state = HF_CONN_DEAD;
    c->deadline = HF_NEVER;
    hf_conn_schedule(s, c);
    hf_server_forget(s, c);
    hf_conn_fini(s, c);
    hf_pool_drop(&s->conns, c->id);
}
