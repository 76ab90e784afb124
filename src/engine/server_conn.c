#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/server_state.h"

enum { CLOSE_GRACE_MS = 1000 };

/* --- memory --- */

void hf_conn_client_free(struct hf_conn_client *client)
{
    if (!client) return;
    for (uint32_t i = 0; i < client->key_count; i++) hf_blob_drop(client->keys[i]);
    hf_mem_free(client->keys);
    hf_mem_free(client);
}

bool hf_conn_client_has_key(const struct hf_conn_client *client, struct hf_bytes key)
{
    for (uint32_t i = 0; i < client->key_count; i++)
        if (hf_bytes_same(hf_blob_view(client->keys[i]), key)) return true;
    return false;
}

void hf_conn_login_free(struct hf_conn_login *login)
{
    if (!login) return;
    hf_blob_drop(login->connect);
    hf_mem_free(login);
}

static void reader_fini(struct hf_conn *c)
{
    if (c->is_websocket)
        hf_ws_reader_fini(&c->reader.ws);
    else
        hf_http_reader_fini(&c->reader.http);
}

void hf_conn_fini(struct hf_server *s, struct hf_conn *c)
{
    reader_fini(c);
    hf_outq_fini(&c->out, &s->spare);
    hf_conn_login_free(c->login);
    hf_conn_client_free(c->client);
    c->login = NULL;
    c->client = NULL;
}

/* --- accept --- */

static int reserve(struct hf_server *s, uint32_t slot)
{
    int err = hf_dueq_reserve(&s->deadlines, slot);
    if (!err) err = hf_pings_reserve(&s->pings, slot);
    if (!err) err = hf_admit_reserve(&s->admit, slot);
    return err;
}

static const char *admit_bound_name(enum hf_admit_why why)
{
    switch (why) {
    case HF_ADMIT_OK:
        return "";
    case HF_ADMIT_TOTAL:
        return "CONNECTIONS";
    case HF_ADMIT_PER_ADDRESS:
        return "CONNECTIONS_PER_ADDRESS";
    case HF_ADMIT_PREAUTH:
        return "PREAUTH_CONNECTIONS";
    case HF_ADMIT_PREAUTH_PER_ADDRESS:
        return "OPENCLAW_MAX_PREAUTH_CONNECTIONS_PER_IP";
    }
    HF_UNREACHABLE();
}

static hf_id refuse(struct hf_server *s, hf_id id, const struct hf_peer *peer, const char *why)
{
    char text[HF_NET_ADDRESS_CHARS];
    struct hf_net_address address = hf_net_address_v6(peer->address);
    HF_LOG(&s->log, HF_LOG_WARN, "conn.refused", HF_TEXT("bound", hf_bytes_cstr(why)),
           HF_TEXT("peer", hf_bytes(text, hf_net_address_write(&address, text))));
    hf_pool_drop(&s->conns, id);
    return 0;
}

hf_id hf_conn_accept(struct hf_server *s, const struct hf_peer *peer)
{
    hf_id id;
    void *item;
    if (hf_stage_state(&s->stage) == HF_STAGE_CLOSING) return 0;
    int err = hf_pool_new(&s->conns, &id, &item);
    if (err) return refuse(s, 0, peer, err == HF_ERR_LIMIT ? "CONNECTIONS" : "memory");
    if (reserve(s, hf_id_slot(id)) != 0) return refuse(s, id, peer, "memory");
    struct hf_admit_verdict verdict = hf_admit_accept(&s->admit, s->now.mono, id, peer->address);
    if (verdict.why != HF_ADMIT_OK) return refuse(s, id, peer, admit_bound_name(verdict.why));
    struct hf_conn *evicted = hf_server_conn(s, verdict.evict);
    if (evicted) hf_conn_kill(s, evicted, "preauth-evicted");
    struct hf_conn *c = item;
    *c = (struct hf_conn){
        .magic = HF_CONN_MAGIC,
        .state = HF_CONN_HTTP,
        .id = id,
        .peer = *peer,
        .client_address = hf_net_address_v6(peer->address),
        .accepted_at = s->now.mono,
        .phase_at = s->now.mono,
        .deadline = HF_NEVER,
    };
    hf_http_reader_init(&c->reader.http);
    return id;
}

/* --- sending --- */

static void note_slow(struct hf_server *s, const struct hf_conn *c, enum hf_gate_act act)
{
    struct hf_stability_record record = { .type = HF_STABILITY_PAYLOAD_LARGE };
    record.u.large.surface = "gateway.ws.outbound_buffer";
    record.u.large.reason = hf_gate_reason(act);
    record.u.large.bytes = (int64_t)c->out.queued_bytes;
    record.u.large.limit_bytes = s->settings.max_buffered_bytes;
    hf_stability_push(&s->stability, s->now.wall_ms, &record);
    *(act == HF_GATE_DROP ? &s->metrics.large_dropped : &s->metrics.large_closed) += 1;
    HF_LOG(&s->log, HF_LOG_WARN, "payload.large", HF_INT("conn", hf_id_slot(c->id)),
           HF_TEXT("surface", hf_bytes_cstr(record.u.large.surface)),
           HF_TEXT("reason", hf_bytes_cstr(record.u.large.reason)),
           HF_INT("bytes", record.u.large.bytes),
           HF_INT("limit_bytes", record.u.large.limit_bytes));
}

static void close_slow(struct hf_server *s, struct hf_conn *c, const char *cause)
{
    hf_outq_discard(&c->out, &s->spare);
    hf_conn_close(s, c, HF_WS_CODE_POLICY, HF_LIT("slow consumer"), cause);
}

void hf_conn_send(struct hf_server *s, struct hf_conn *c, struct hf_blob *body,
                  enum hf_gate_kind kind, bool has_seq)
{
    if (c->state == HF_CONN_CLOSING || c->state == HF_CONN_DEAD) return;
    struct hf_gate_verdict verdict =
        hf_gate_step(&c->gate, c->out.queued_bytes, (size_t)s->settings.max_buffered_bytes, kind);
    if (verdict.report) note_slow(s, c, verdict.act);
    switch (verdict.act) {
    case HF_GATE_SEND:
        break;
    case HF_GATE_DROP:
        if (has_seq) hf_seq_next(&c->seq);
        s->metrics.seq_gaps++;
        return;
    case HF_GATE_CLOSE:
        close_slow(s, c, hf_gate_cause(kind));
        return;
    case HF_GATE_SHUT:
        return;
    }
    int err = hf_outq_push(&c->out, &s->spare, body, has_seq ? hf_seq_next(&c->seq) : 0);
    if (err) {
        close_slow(s, c, err == HF_ERR_LIMIT ? hf_gate_cause(HF_GATE_RESPONSE) : "out-of-memory");
        return;
    }
    s->metrics.frames_out[0]++;
    if (c->out.queued_bytes > s->metrics.buffered_bytes_max)
        s->metrics.buffered_bytes_max = c->out.queued_bytes;
    hf_server_tell(s, c, HF_TODO_OUTPUT);
}

void hf_conn_send_text(struct hf_server *s, struct hf_conn *c, struct hf_bytes text)
{
    struct hf_blob *blob = hf_blob_new(text);
    if (!blob) {
        hf_conn_kill(s, c, "out-of-memory");
        return;
    }
    hf_conn_send(s, c, blob, HF_GATE_RESPONSE, false);
    hf_blob_drop(blob);
}

/* --- ending --- */

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

/* For the counter: what ended a slow reader is not the grace that it was given. */
static enum hf_abort abort_class(const char *cause, bool was_ending)
{
    if (strcmp(cause, hf_gate_cause(HF_GATE_MUST)) == 0 ||
        strcmp(cause, hf_gate_cause(HF_GATE_RESPONSE)) == 0)
        return HF_ABORT_SLOW;
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
static void end_after_output(struct hf_server *s, struct hf_conn *c)
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
    end_after_output(s, c);
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
    if (c->peer_ended) end_after_output(s, c);
}

void hf_conn_pause(struct hf_server *s, struct hf_conn *c)
{
    if (c->is_paused) return;
    c->is_paused = true;
    hf_server_tell(s, c, HF_TODO_PAUSE);
}

void hf_conn_resume(struct hf_server *s, struct hf_conn *c)
{
    if (!c->is_paused) return;
    c->is_paused = false;
    hf_server_tell(s, c, HF_TODO_RESUME);
}

/* --- input --- */

static void got_close(struct hf_server *s, struct hf_conn *c, const struct hf_ws_item *item)
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
    if (c->state != HF_CONN_DEAD) end_after_output(s, c);
    hf_conn_schedule(s, c);
}

static void got_message(struct hf_server *s, struct hf_conn *c, const struct hf_ws_item *item)
{
    s->metrics.frames_in[item->kind == HF_WS_TEXT ? 0 : 1]++;
    if (c->state == HF_CONN_OPEN)
        hf_conn_first_frame(s, c, item->bytes);
    else if (c->state == HF_CONN_READY)
        hf_conn_request(s, c, item->bytes);
}

static void got_pong(struct hf_server *s, struct hf_conn *c, struct hf_bytes payload)
{
    if (c->state != HF_CONN_READY) return;
    if (hf_liveness_pong(&c->liveness, &s->liveness_cfg, s->now, payload) == HF_PONG_ACCEPTED) {
        struct hf_liveness_rtt rtt = hf_liveness_rtt(&c->liveness);
        hf_histogram_add(&s->metrics.rtt, HF_MS(rtt.last_ms));
    }
    hf_conn_schedule(s, c);
}

static void got_ping(struct hf_server *s, struct hf_conn *c, struct hf_bytes payload)
{
    if (c->state == HF_CONN_CLOSING || c->state == HF_CONN_DEAD) return;
    if (hf_outq_push_control(&c->out, &s->spare, HF_WS_OP_PONG, payload) != 0) {
        hf_conn_kill(s, c, "out-of-memory");
        return;
    }
    s->metrics.frames_out[2]++;
    hf_server_tell(s, c, HF_TODO_OUTPUT);
}

static void handle_item(struct hf_server *s, struct hf_conn *c, const struct hf_ws_item *item)
{
    switch (item->kind) {
    case HF_WS_NEED_MORE:
        return;
    case HF_WS_TEXT:
    case HF_WS_BINARY:
        got_message(s, c, item);
        return;
    case HF_WS_PING:
        s->metrics.frames_in[2]++;
        got_ping(s, c, item->bytes);
        return;
    case HF_WS_PONG:
        s->metrics.frames_in[2]++;
        got_pong(s, c, item->bytes);
        return;
    case HF_WS_CLOSE:
        s->metrics.frames_in[2]++;
        got_close(s, c, item);
        return;
    case HF_WS_ERROR:
        /* RFC 6455 section 7.1.7; an oversized frame gets an empty reason
         * (protocol/wire.md section 2). */
        hf_conn_close(s, c, item->code,
                      item->code == HF_WS_CODE_TOO_LARGE ? HF_EMPTY : hf_bytes_cstr(item->what),
                      item->code == HF_WS_CODE_TOO_LARGE ? "payload-too-large" : "protocol-error");
        /* What the peer says from here on is not understood, its close neither. */
        if (c->state == HF_CONN_CLOSING) end_after_output(s, c);
        return;
    }
}

/* Takes bytes while the connection can take messages; what comes after a close
 * is swallowed. */
static size_t websocket_input(struct hf_server *s, struct hf_conn *c, uint8_t *data, size_t len)
{
    size_t at = 0;
    while (at < len && !c->is_paused) {
        struct hf_ws_item item;
        size_t used;
        if (hf_ws_read(&c->reader.ws, data + at, len - at, &used, &item) != 0) {
            hf_conn_kill(s, c, "out-of-memory");
            return len;
        }
        at += used;
        if (item.kind == HF_WS_NEED_MORE) break;
        handle_item(s, c, &item);
    }
    return at;
}

static size_t http_input(struct hf_server *s, struct hf_conn *c, uint8_t *data, size_t len)
{
    size_t used = 0;
    struct hf_http_request *req = &s->http_request;
    if (hf_http_request_read(&c->reader.http, hf_bytes(data, len), &used, req) != 0) {
        hf_conn_kill(s, c, "out-of-memory");
        return len;
    }
    if (req->state == HF_HTTP_NEED_MORE) return len;
    if (req->state == HF_HTTP_REFUSED)
        hf_conn_http_fault(s, c, req->fault.status, req->fault.what);
    else
        hf_conn_http(s, c, req);
    return used;
}

size_t hf_conn_input(struct hf_server *s, struct hf_conn *c, uint8_t *data, size_t len)
{
    size_t used = 0;
    c->bytes_in += len;
    s->metrics.bytes_in += len;
    if (c->state == HF_CONN_READY) hf_liveness_moved(&c->liveness, s->now.mono);
    if (c->state == HF_CONN_HTTP && !c->is_answering) used = http_input(s, c, data, len);
    if (c->is_websocket && used < len) used += websocket_input(s, c, data + used, len - used);
    /* A connection that is ending swallows the rest; a paused one keeps it. */
    if (c->state == HF_CONN_DEAD || !c->is_websocket) used = len;
    c->bytes_in -= len - used;
    s->metrics.bytes_in -= len - used;
    if (c->state == HF_CONN_READY) hf_conn_schedule(s, c);
    return used;
}

void hf_conn_input_end(struct hf_server *s, struct hf_conn *c)
{
    c->peer_ended = true;
    if (c->state == HF_CONN_DEAD) return;
    if (!c->cause) c->cause = "peer-end";
    leave_rooms(s, c);
    c->deadline = hf_time_after(s->now.mono, HF_MS(CLOSE_GRACE_MS));
    end_after_output(s, c);
    hf_conn_schedule(s, c);
}

/* --- output --- */

/* Our close stands behind what was queued before it: the grace begins with the last byte
 * of that, for a peer that reads.  A stop of the whole server waits for nobody. */
static void keep_grace(struct hf_server *s, struct hf_conn *c)
{
    if (hf_stage_state(&s->stage) == HF_STAGE_CLOSING) return;
    hf_time last = hf_time_after(c->phase_at, HF_MS(HF_LIMIT_CLOSE_MS));
    c->deadline = hf_time_min(hf_time_after(s->now.mono, HF_MS(CLOSE_GRACE_MS)), last);
    hf_conn_schedule(s, c);
}

void hf_conn_written(struct hf_server *s, struct hf_conn *c, size_t bytes)
{
    struct hf_outq_progress progress = hf_outq_written(&c->out, &s->spare, bytes);
    c->bytes_out += bytes;
    s->metrics.bytes_out += bytes;
    if (c->state == HF_CONN_CLOSING && bytes > 0) keep_grace(s, c);
    if (c->state != HF_CONN_READY) return;
    if (bytes > 0) hf_liveness_moved(&c->liveness, s->now.mono);
    for (unsigned i = 0; i < progress.pings; i++) hf_liveness_written(&c->liveness, s->now.mono);
    hf_conn_schedule(s, c);
}

/* --- deadlines --- */

void hf_conn_schedule(struct hf_server *s, struct hf_conn *c)
{
    uint32_t slot = hf_id_slot(c->id);
    hf_time exact = c->deadline, ping = HF_NEVER;
    if (c->state == HF_CONN_READY) {
        exact = hf_time_min(exact, hf_liveness_kill_due(&c->liveness, &s->liveness_cfg));
        ping = hf_liveness_ping_due(&c->liveness, &s->liveness_cfg);
    }
    hf_dueq_set(&s->deadlines, slot, exact);
    hf_pings_set(&s->pings, slot, ping);
}

static void send_ping(struct hf_server *s, struct hf_conn *c)
{
    char payload[HF_LIVENESS_PAYLOAD_MAX];
    size_t len = hf_liveness_payload(&c->liveness, s->now, payload);
    int err = hf_outq_push_control(&c->out, &s->spare, HF_WS_OP_PING, hf_bytes(payload, len));
    hf_liveness_pinged(&c->liveness, &s->liveness_cfg, s->now,
                       err ? HF_LIVENESS_FAILED : HF_LIVENESS_QUEUED);
    if (err) return;
    s->metrics.frames_out[2]++;
    hf_server_tell(s, c, HF_TODO_OUTPUT);
}

static void step_liveness(struct hf_server *s, struct hf_conn *c)
{
    switch (hf_liveness_step(&c->liveness, &s->liveness_cfg, s->now)) {
    case HF_LIVENESS_NONE:
        break;
    case HF_LIVENESS_PING:
        send_ping(s, c);
        break;
    case HF_LIVENESS_KILL:
        hf_conn_kill(s, c, "heartbeat-timeout");
        return;
    }
    hf_conn_schedule(s, c);
}

void hf_conn_ping(struct hf_server *s, struct hf_conn *c)
{
    if (c->state == HF_CONN_READY) step_liveness(s, c);
}

void hf_conn_run_due(struct hf_server *s, struct hf_conn *c)
{
    if (c->state == HF_CONN_READY) {
        step_liveness(s, c);
    } else if (c->state == HF_CONN_LOGIN) {
        hf_conn_login_again(s, c);
    } else if (c->out.queued_bytes == 0 && c->state == HF_CONN_CLOSING) {
        c->deadline = HF_NEVER;
        end_after_output(s, c);
    } else {
        /* The peer neither reads nor answers: the grace is over. */
        c->state = HF_CONN_CLOSING;
        hf_conn_kill(s, c, "close-grace");
    }
}

void hf_conn_expired(struct hf_server *s, struct hf_conn *c, enum hf_admit_phase phase)
{
    hf_time due = hf_time_after(c->phase_at, HF_MS(s->settings.handshake_timeout_ms));
    int64_t late_ms = hf_timer_late_ms(s->now.mono, due);
    s->metrics.handshakes[HF_HANDSHAKE_TIMEOUT]++;
    if (late_ms > 0)
        HF_LOG(&s->log, HF_LOG_WARN, "handshake.timed_out", HF_INT("conn", hf_id_slot(c->id)),
               HF_INT("timer_late_ms", late_ms));
    else
        HF_LOG(&s->log, HF_LOG_INFO, "handshake.timed_out", HF_INT("conn", hf_id_slot(c->id)));
    if (phase == HF_ADMIT_HEAD)
        hf_conn_http_fault(s, c, 408, "the request took too long");
    else
        hf_conn_close(s, c, HF_WS_CODE_NORMAL, HF_EMPTY, "handshake-timeout");
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

static void log_lost(struct hf_server *s, struct hf_conn *c, const char *cause)
{
    char peer[HF_NET_ADDRESS_CHARS];
    struct hf_bytes address = hf_bytes(peer, hf_net_address_write(&c->client_address, peer));
    int64_t lived_ms = hf_span_ms(hf_time_since(s->now.mono, c->accepted_at));
    if (!c->client) {
        enum hf_log_level level = c->is_quiet ? HF_LOG_DEBUG : HF_LOG_WARN;
        HF_LOG(&s->log, level, "conn.lost_before_hello", HF_INT("conn", hf_id_slot(c->id)),
               HF_TEXT("cause", hf_bytes_cstr(cause)), HF_INT("code", c->close_code),
               HF_TEXT("peer", address), HF_INT("lived_ms", lived_ms));
        return;
    }
    struct hf_liveness_facts facts = hf_liveness_facts(&c->liveness, s->now.mono);
    const struct hf_log_field fields[] = {
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
        HF_INT("lastPongAgeMs", facts.last_pong_age_ms), /* last: left out when there was none */
    };
    if (s->log.sink && s->log.level >= HF_LOG_INFO)
        hf_log_write(&s->log, HF_LOG_INFO, "conn.lost", fields,
                     HF_COUNT(fields) - (facts.has_pong ? 0 : 1));
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
