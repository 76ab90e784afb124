#include "prog/monitor/model.h"
#include "prog/show/text.h"
#include "wire/json_read.h"

#include <stdio.h>

enum { MEMBER_BYTES = 512 };

/* --- values --- */

static int64_t number_of(struct hf_bytes object, const char *name)
{
    double value = -1;
    if (hf_json_get_double(hf_json_find(object, name), &value) != 0) return -1;
    if (!(value >= 0 && value < 1e15)) return -1;
    return (int64_t)value;
}

static uint64_t count_of(struct hf_bytes object, const char *name)
{
    int64_t value = number_of(object, name);
    return value > 0 ? (uint64_t)value : 0;
}

static void copy_text(struct hf_bytes object, const char *name, char *out, size_t cap)
{
    uint8_t text[MEMBER_BYTES];
    size_t len = 0;
    if (hf_json_copy_text(hf_json_find(object, name), text, sizeof text, &len) != 0) len = 0;
    hf_show_copy(out, cap, hf_bytes(text, len));
}

/* --- the connection --- */

void hf_monitor_init(struct hf_monitor *w, hf_time now)
{
    memset(w, 0, sizeof *w);
    w->since = now;
    w->retry_at = HF_NEVER;
    w->rtt_ms = w->answer_ms = w->heartbeat_at_ms = -1;
    w->loop_p99_ms = w->loop_max_ms = w->utilization_percent = -1;
    hf_rates_init(&w->events, now);
}

void hf_monitor_connected(struct hf_monitor *w, hf_time now, struct hf_bytes version,
                          struct hf_bytes own_id)
{
    if (w->was_connected) w->reconnects++;
    w->was_connected = true;
    w->link = HF_MONITOR_CONNECTED;
    w->since = now;
    w->retry_at = HF_NEVER;
    hf_monitor_no_table(w, HF_MONITOR_NO_TABLE_YET);
    hf_show_copy(w->version, sizeof w->version, version);
    hf_show_copy(w->own_id, sizeof w->own_id, own_id);
}

void hf_monitor_lost(struct hf_monitor *w, hf_time now, enum hf_monitor_link link,
                     struct hf_bytes text, int64_t wait_ms)
{
    if (w->link == HF_MONITOR_CONNECTED) w->since = now;
    w->link = link;
    w->retry_at = wait_ms >= 0 ? hf_time_after(now, HF_MS(wait_ms)) : HF_NEVER;
    w->rtt_ms = w->answer_ms = w->loop_p99_ms = w->loop_max_ms = w->utilization_percent = -1;
    w->is_reported = w->is_degraded = false;
    hf_monitor_no_table(w, HF_MONITOR_NO_TABLE_YET);
    if (text.len > 0) hf_show_copy(w->text, sizeof w->text, text);
}

/* --- figures --- */

void hf_monitor_rtt(struct hf_monitor *w, int64_t rtt_ms)
{
    w->rtt_ms = rtt_ms;
    hf_spark_push(&w->rtt, rtt_ms);
}

void hf_monitor_health(struct hf_monitor *w, struct hf_bytes payload, int64_t took_ms)
{
    struct hf_bytes loop = hf_json_find(payload, "eventLoop");
    struct hf_bytes connection = hf_json_find(payload, "connection");
    double utilization = -1;
    w->is_ok = false;
    hf_json_get_bool(hf_json_find(payload, "ok"), &w->is_ok);
    w->answer_ms = took_ms;
    hf_spark_push(&w->answer, took_ms);
    w->loop_p99_ms = number_of(loop, "delayP99Ms");
    w->loop_max_ms = number_of(loop, "delayMaxMs");
    w->is_degraded = false;
    hf_json_get_bool(hf_json_find(loop, "degraded"), &w->is_degraded);
    hf_json_get_double(hf_json_find(loop, "utilization"), &utilization);
    w->utilization_percent =
        utilization >= 0 && utilization < 1e6 ? (int64_t)(utilization * 100) : -1;
    hf_spark_push(&w->loop, w->loop_max_ms);
    w->is_reported = hf_json_kind(hf_json_find(connection, "connected")) == HF_JSON_BOOL;
    w->heartbeat_at_ms = number_of(connection, "lastHeartbeatAt");
    /* Until our first ping is answered, the gateway's own measurement is the best one. */
    if (w->rtt_ms < 0) w->rtt_ms = number_of(connection, "rttMs");
}

void hf_monitor_no_health(struct hf_monitor *w)
{
    w->answer_ms = -1;
    hf_spark_push(&w->answer, HF_SPARK_NO_SAMPLE);
    hf_spark_push(&w->loop, HF_SPARK_NO_SAMPLE);
}

/* --- connections --- */

static struct hf_monitor_row *find_row(struct hf_monitor *w, const char *id)
{
    for (size_t i = 0; i < w->row_count; i++)
        if (strcmp(w->rows[i].id, id) == 0) return &w->rows[i];
    return NULL;
}

static struct hf_monitor_row *new_row(struct hf_monitor *w, const char *id)
{
    if (w->row_count == HF_LIMIT_MONITOR_ROWS) return NULL;
    struct hf_monitor_row *row = &w->rows[w->row_count++];
    *row = (struct hf_monitor_row){ .rtt_ms = -1 };
    snprintf(row->id, sizeof row->id, "%s", id);
    return row;
}

static uint64_t per_second(uint64_t now, uint64_t before, int64_t ms)
{
    return ms > 0 && now > before ? (now - before) * 1000 / (uint64_t)ms : 0;
}

static void fill_label(struct hf_monitor_row *row, struct hf_bytes object)
{
    char client[HF_MONITOR_LABEL_BYTES / 2], mode[HF_MONITOR_LABEL_BYTES / 2 - 2];
    copy_text(object, "clientId", client, sizeof client);
    copy_text(object, "mode", mode, sizeof mode);
    snprintf(row->label, sizeof row->label, "%s%s%s", client[0] ? client : "(not logged in)",
             mode[0] ? "/" : "", mode);
}

static void fill_row(struct hf_monitor_row *row, struct hf_bytes object, int64_t since_ms)
{
    uint64_t bytes_out = count_of(object, "bytesOut");
    bool is_new = row->state[0] == '\0';
    fill_label(row, object);
    copy_text(object, "state", row->state, sizeof row->state);
    copy_text(object, "remoteIp", row->ip, sizeof row->ip);
    row->age_ms = number_of(object, "ageMs");
    row->rtt_ms = number_of(object, "rttMs");
    row->queued_bytes = count_of(object, "queuedBytes");
    row->out_per_second = is_new ? 0 : per_second(bytes_out, row->bytes_out, since_ms);
    row->bytes_out = bytes_out;
    row->is_connected = false;
    hf_json_get_bool(hf_json_find(object, "connected"), &row->is_connected);
    row->is_seen = true;
    hf_spark_push(&row->rtt, row->rtt_ms);
}

static void drop_gone(struct hf_monitor *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->row_count; i++) {
        if (!w->rows[i].is_seen) continue;
        if (kept < i) w->rows[kept] = w->rows[i];
        kept++;
    }
    w->row_count = kept;
}

static void id_of(struct hf_bytes object, char id[HF_MONITOR_ID_BYTES])
{
    copy_text(object, "connId", id, HF_MONITOR_ID_BYTES);
    if (!id[0]) snprintf(id, HF_MONITOR_ID_BYTES, "#%lld", (long long)number_of(object, "conn"));
}

/* A connection that is known from before. */
static void take_again(struct hf_monitor *w, struct hf_bytes object, int64_t since_ms)
{
    char id[HF_MONITOR_ID_BYTES];
    id_of(object, id);
    struct hf_monitor_row *row = find_row(w, id);
    if (row) fill_row(row, object, since_ms);
}

/* One that is new, while there is room. */
static void take_new(struct hf_monitor *w, struct hf_bytes object)
{
    char id[HF_MONITOR_ID_BYTES];
    w->queued_bytes += count_of(object, "queuedBytes");
    id_of(object, id);
    struct hf_monitor_row *row = find_row(w, id);
    if (!row && (row = new_row(w, id)) != NULL) fill_row(row, object, 0);
    if (row) row->is_own = strcmp(id, w->own_id) == 0;
}

void hf_monitor_connections(struct hf_monitor *w, hf_time now, struct hf_bytes payload)
{
    struct hf_bytes list = hf_json_find(payload, "connections"), object;
    struct hf_json_iter it = hf_json_iter(list);
    int64_t since_ms = hf_span_ms(hf_time_since(now, w->table_at));
    w->queued_bytes = 0;
    for (size_t i = 0; i < w->row_count; i++) w->rows[i].is_seen = false;
    while (hf_json_next(&it, &object)) take_again(w, object, since_ms);
    drop_gone(w); /* makes room for the new ones */
    it = hf_json_iter(list);
    while (hf_json_next(&it, &object)) take_new(w, object);
    w->connection_count = number_of(payload, "count");
    w->client_count = number_of(payload, "clients");
    w->table = HF_MONITOR_TABLE;
    w->table_at = now;
}

void hf_monitor_no_table(struct hf_monitor *w, enum hf_monitor_table why)
{
    w->table = why;
    w->row_count = 0;
}

/* Worse first: more queued bytes, then a longer round trip, then the gateway's order. */
static bool is_worse(const struct hf_monitor_row *a, const struct hf_monitor_row *b)
{
    if (a->queued_bytes != b->queued_bytes) return a->queued_bytes > b->queued_bytes;
    if (a->rtt_ms != b->rtt_ms) return a->rtt_ms > b->rtt_ms;
    return a < b;
}

size_t hf_monitor_worst(const struct hf_monitor *w, const struct hf_monitor_row **out, size_t cap)
{
    size_t count = 0;
    for (size_t i = 0; i < w->row_count; i++) {
        size_t worse = 0;
        for (size_t k = 0; k < w->row_count && worse < cap; k++)
            worse += is_worse(&w->rows[k], &w->rows[i]);
        if (worse < cap) out[count++] = &w->rows[i];
    }
    return count;
}

/* --- events --- */

void hf_monitor_event(struct hf_monitor *w, hf_time now, struct hf_bytes name)
{
    hf_rates_add(&w->events, now, name);
}

void hf_monitor_gap(struct hf_monitor *w)
{
    w->gaps++;
}
