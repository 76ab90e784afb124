#include "base/iso.h"
#include "engine/methods/handlers.h"

#include <stdio.h>

/* --- diagnostics.stability (spec/pressure-backoff.md section 6) --- */

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 1000 };

/* A whole number >= 0, or absent; answers the call when it is anything else. */
static bool read_count(struct hf_server *s, struct hf_call *call, const char *name, int64_t *out)
{
    struct hf_bytes value = hf_json_find(call->params, name);
    if (value.len == 0) return true;
    if (hf_json_get_whole(value, out) == 0 && *out >= 0) return true;
    hf_buf_reset(&s->why, SIZE_MAX);
    hf_buf_addf(&s->why, "%s must be a non-negative integer", name);
    hf_reply_invalid(s, call, hf_buf_view(&s->why));
    return false;
}

/* False when the call was answered; `*is_empty` when no record has that type. */
static bool read_query(struct hf_server *s, struct hf_call *call, struct hf_stability_query *query,
                       bool *is_empty)
{
    int64_t limit = LIMIT_DEFAULT, since = 0;
    if (!read_count(s, call, "limit", &limit) || !read_count(s, call, "sinceSeq", &since))
        return false;
    if (limit < 1 || limit > LIMIT_MAX) {
        hf_reply_invalid(s, call, HF_LIT("limit must be between 1 and 1000"));
        return false;
    }
    struct hf_bytes type = hf_json_find(call->params, "type");
    if (type.len > 0 && hf_json_kind(type) != HF_JSON_STRING) {
        hf_reply_invalid(s, call, HF_LIT("type must be a non-empty string"));
        return false;
    }
    struct hf_bytes name = hf_call_text(s, type);
    *query = (struct hf_stability_query){ .since_seq = (uint64_t)since, .limit = (size_t)limit };
    query->has_type = name.len > 0 && hf_stability_type_find(name, &query->type);
    *is_empty = name.len > 0 && !query->has_type;
    return true;
}

static void write_reasons(struct hf_json_writer *w, uint32_t reasons)
{
    hf_json_add_array(w, "reason");
    for (unsigned i = 0; i < HF_PULSE_REASON_COUNT; i++)
        if (reasons >> i & 1)
            hf_json_put_text(w, hf_bytes_cstr(hf_pulse_reason_name((enum hf_pulse_reason)i)));
    hf_json_close_array(w);
}

static void write_record(struct hf_json_writer *w, const struct hf_stability_record *record)
{
    hf_json_open_object(w);
    hf_json_add_uint(w, "seq", record->seq);
    hf_json_add_int(w, "ts", record->ts_ms);
    hf_json_add_text(w, "type", hf_stability_type_name(record->type));
    switch (record->type) {
    case HF_STABILITY_HEARTBEAT:
        hf_json_add_uint(w, "active", record->u.heartbeat.active);
        hf_json_add_uint(w, "waiting", record->u.heartbeat.waiting);
        hf_json_add_uint(w, "queued", record->u.heartbeat.queued);
        hf_json_add_uint(w, "webhooks", record->u.heartbeat.webhooks);
        break;
    case HF_STABILITY_LIVENESS_WARNING:
        hf_json_add_text(w, "level",
                         record->u.warning.is_warning ? HF_LIT("warn") : HF_LIT("debug"));
        hf_json_add_int(w, "durationMs", record->u.warning.interval_ms);
        write_reasons(w, record->u.warning.reasons);
        hf_json_add_double(w, "delayP99Ms", (double)record->u.warning.delay_p99_ms10 / 10);
        hf_json_add_double(w, "delayMaxMs", (double)record->u.warning.delay_max_ms10 / 10);
        hf_json_add_double(w, "utilization", (double)record->u.warning.utilization_1000 / 1000);
        hf_json_add_double(w, "cpuCoreRatio", (double)record->u.warning.cpu_core_ratio_1000 / 1000);
        hf_json_add_uint(w, "active", record->u.warning.active);
        hf_json_add_uint(w, "waiting", record->u.warning.waiting);
        hf_json_add_uint(w, "queued", record->u.warning.queued);
        break;
    case HF_STABILITY_PAYLOAD_LARGE:
        hf_json_add_text(w, "surface", hf_bytes_cstr(record->u.large.surface));
        hf_json_add_text(w, "reason", hf_bytes_cstr(record->u.large.reason));
        hf_json_add_int(w, "bytes", record->u.large.bytes);
        hf_json_add_int(w, "limitBytes", record->u.large.limit_bytes);
        break;
    case HF_STABILITY_TYPE_COUNT:
        break;
    }
    hf_json_close_object(w);
}

static void write_summary(struct hf_json_writer *w, const struct hf_stability_answer *answer)
{
    hf_json_add_object(w, "summary");
    hf_json_add_object(w, "byType");
    for (unsigned i = 0; i < HF_STABILITY_TYPE_COUNT; i++) {
        if (answer->by_type[i] == 0) continue;
        hf_json_key_text(w, hf_stability_type_name((enum hf_stability_type)i));
        hf_json_put_uint(w, answer->by_type[i]);
    }
    hf_json_close_object(w);
    hf_json_close_object(w);
}

void hf_method_stability(struct hf_server *s, struct hf_call *call)
{
    struct hf_stability_query query;
    struct hf_stability_answer answer = { 0 };
    bool is_empty;
    char now[HF_ISO_CHARS];
    if (!read_query(s, call, &query, &is_empty)) return;
    if (!is_empty) answer = hf_stability_find(&s->stability, &query);
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_json_open_object(w);
    hf_json_add_text(w, "generatedAt", hf_bytes(now, hf_iso_write(s->now.wall_ms, now)));
    hf_json_add_int(w, "capacity", HF_LIMIT_STABILITY_RECORDS);
    hf_json_add_uint(w, "count", answer.count);
    hf_json_add_uint(w, "dropped", answer.dropped);
    if (answer.count > 0) {
        hf_json_add_uint(w, "firstSeq", answer.first_seq);
        hf_json_add_uint(w, "lastSeq", answer.last_seq);
    }
    hf_json_add_array(w, "events");
    uint64_t cursor = answer.cursor;
    for (size_t i = 0; i < answer.shown; i++)
        write_record(w, hf_stability_next(&s->stability, &query, &cursor));
    hf_json_close_array(w);
    write_summary(w, &answer);
    hf_json_close_object(w);
    hf_reply_send(s, call);
}

/* --- diagnostics.connections: ours (docs/protocol.md) --- */

static const char *state_name(const struct hf_conn *c)
{
    switch ((enum hf_conn_state)c->state) {
    case HF_CONN_HTTP:
        return "http";
    case HF_CONN_OPEN:
        return "challenged";
    case HF_CONN_LOGIN:
        return "login";
    case HF_CONN_READY:
        return "ready";
    case HF_CONN_CLOSING:
    case HF_CONN_DEAD:
        return "closing";
    }
    return "closing";
}

static void write_link(struct hf_server *s, struct hf_json_writer *w, const struct hf_conn *c)
{
    struct hf_liveness_rtt rtt = hf_liveness_rtt(&c->liveness);
    struct hf_liveness_view view = hf_liveness_view(&c->liveness, &s->liveness_cfg, s->now.mono);
    hf_json_add_bool(w, "connected", view.is_connected && c->state == HF_CONN_READY);
    if (view.has_heartbeat)
        hf_json_add_int(w, "lastHeartbeatAt", view.heartbeat_wall_ms);
    else
        hf_json_add_null(w, "lastHeartbeatAt");
    if (rtt.count == 0) {
        hf_json_add_null(w, "rtt");
        return;
    }
    hf_json_add_object(w, "rtt");
    hf_json_add_int(w, "lastMs", rtt.last_ms);
    hf_json_add_int(w, "minMs", rtt.min_ms);
    hf_json_add_int(w, "p50Ms", rtt.p50_ms);
    hf_json_add_int(w, "p95Ms", rtt.p95_ms);
    hf_json_add_int(w, "jitterMs", rtt.jitter_ms);
    hf_json_add_uint(w, "samples", rtt.count);
    hf_json_close_object(w);
}

static void write_client(struct hf_server *s, struct hf_json_writer *w, const struct hf_conn *c)
{
    const struct hf_conn_client *client = c->client;
    hf_json_add_text(w, "connId", hf_bytes(client->conn_uuid, HF_UUID_CHARS));
    hf_json_add_text(w, "clientId",
                     hf_bytes_cstr(hf_client_id_name((enum hf_client_id)client->id)));
    hf_json_add_text(w, "mode",
                     hf_bytes_cstr(hf_client_mode_name((enum hf_client_mode)client->mode)));
    hf_json_add_text(w, "version", client->version);
    hf_json_add_text(w, "platform", client->platform);
    if (client->display_name.len > 0) hf_json_add_text(w, "displayName", client->display_name);
    if (client->instance_id.len > 0) hf_json_add_text(w, "instanceId", client->instance_id);
    if (client->device_id.len > 0) hf_json_add_text(w, "deviceId", client->device_id);
    hf_json_add_text(w, "role", hf_role_name((enum hf_role)client->role));
    hf_scopes_write(w, "scopes", client->scopes);
    hf_json_add_text(w, "authMethod", client->auth_method);
    hf_json_add_int(w, "connectedAtMs", client->connected_wall_ms);
    hf_json_add_uint(w, "requests", client->requests);
    hf_json_add_uint(w, "requestErrors", client->request_errors);
    hf_json_add_uint(w, "inFlight", client->in_flight);
    hf_json_add_uint(w, "subscriptions", client->key_count + (client->wants_index ? 1 : 0));
    hf_json_add_uint(w, "eventSeq", c->seq.last);
    write_link(s, w, c);
}

static void write_connection(struct hf_server *s, struct hf_json_writer *w, const struct hf_conn *c)
{
    char ip[HF_NET_ADDRESS_CHARS];
    hf_json_open_object(w);
    hf_json_add_uint(w, "conn", hf_id_slot(c->id));
    hf_json_add_text(w, "state", hf_bytes_cstr(state_name(c)));
    hf_json_add_text(w, "remoteIp", hf_bytes(ip, hf_net_address_write(&c->client_address, ip)));
    hf_json_add_bool(w, "tls", c->peer.is_tls);
    hf_json_add_int(w, "ageMs", hf_span_ms(hf_time_since(s->now.mono, c->accepted_at)));
    hf_json_add_uint(w, "queuedBytes", c->out.queued_bytes);
    hf_json_add_uint(w, "bytesIn", c->bytes_in);
    hf_json_add_uint(w, "bytesOut", c->bytes_out);
    hf_json_add_uint(w, "drops", hf_gate_dropped(&c->gate));
    if (c->client) write_client(s, w, c);
    hf_json_close_object(w);
}

void hf_method_connections(struct hf_server *s, struct hf_call *call)
{
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_json_open_object(w);
    hf_json_add_int(w, "ts", s->now.wall_ms);
    hf_json_add_uint(w, "count", s->conns.live);
    hf_json_add_uint(w, "clients", s->client_count);
    hf_json_add_array(w, "connections");
    for (hf_id id = hf_pool_next(&s->conns, 0); id; id = hf_pool_next(&s->conns, id))
        write_connection(s, w, hf_server_conn(s, id));
    hf_json_close_array(w);
    hf_json_close_object(w);
    hf_reply_send(s, call);
}
