#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/server_state.h"

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

/* --- input --- */

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

static void got_message(struct hf_server *s, struct hf_conn *c, const struct hf_ws_item *item)
{
    s->metrics.frames_in[item->kind == HF_WS_TEXT ? 0 : 1]++;
    if (c->state == HF_CONN_OPEN) {
        c->has_sent_message = true;
        hf_conn_first_frame(s, c, item->bytes);
    } else if (c->state == HF_CONN_READY) {
        hf_conn_request(s, c, item->bytes);
    }
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
        hf_conn_got_close(s, c, item);
        return;
    case HF_WS_ERROR:
        /* RFC 6455 section 7.1.7; an oversized frame gets an empty reason
         * (protocol/wire.md section 2). */
        hf_conn_close(s, c, item->code,
                      item->code == HF_WS_CODE_TOO_LARGE ? HF_EMPTY : hf_bytes_cstr(item->what),
                      item->code == HF_WS_CODE_TOO_LARGE ? "payload-too-large" : "protocol-error");
        /* What the peer says from here on is not understood, its close neither. */
        if (c->state == HF_CONN_CLOSING) hf_conn_end_written(s, c);
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
    bool has_moved = c->state == HF_CONN_READY && hf_liveness_moved(&c->liveness, s->now.mono);
    if (c->state == HF_CONN_HTTP && !c->is_answering) used = http_input(s, c, data, len);
    if (c->is_websocket && used < len) used += websocket_input(s, c, data + used, len - used);
    /* A connection that is ending swallows the rest; a paused one keeps it. */
    if (c->state == HF_CONN_DEAD || !c->is_websocket) used = len;
    c->bytes_in -= len - used;
    s->metrics.bytes_in -= len - used;
    if (has_moved && c->state == HF_CONN_READY) hf_conn_schedule(s, c);
    return used;
}

/* --- output --- */

void hf_conn_written(struct hf_server *s, struct hf_conn *c, size_t bytes)
{
    struct hf_outq_progress progress = hf_outq_written(&c->out, &s->spare, bytes);
    c->bytes_out += bytes;
    s->metrics.bytes_out += bytes;
    if (c->state == HF_CONN_CLOSING && bytes > 0) hf_conn_keep_grace(s, c);
    if (c->state != HF_CONN_READY) return;
    bool has_moved = bytes > 0 && hf_liveness_moved(&c->liveness, s->now.mono);
    for (unsigned i = 0; i < progress.pings; i++) hf_liveness_written(&c->liveness, s->now.mono);
    if (has_moved || progress.pings > 0) hf_conn_schedule(s, c);
}
