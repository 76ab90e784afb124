#include "engine/metrics.h"
#include "base/limits.h"

/* Upper bounds of the buckets in microseconds; seconds on the page. */
static const int64_t bounds_us[HF_METRIC_BUCKETS] = {
    100,    250,    500,    1000,    2500,    5000,    10000,    25000,    50000,
    100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000,
};

void hf_histogram_add(struct hf_histogram *h, hf_span value)
{
    size_t i = 0;
    while (i < HF_METRIC_BUCKETS && value > HF_US(bounds_us[i])) i++;
    h->buckets[i]++;
    h->count++;
    h->sum_ns += value;
}

enum hf_close_class hf_close_class(unsigned code)
{
    static const struct {
        unsigned code;
        enum hf_close_class class;
    } rows[] = {
        { 1000, HF_CLOSE_1000 }, { 1001, HF_CLOSE_1001 }, { 1002, HF_CLOSE_1002 },
        { 1005, HF_CLOSE_1005 }, { 1006, HF_CLOSE_1006 }, { 1007, HF_CLOSE_1007 },
        { 1008, HF_CLOSE_1008 }, { 1009, HF_CLOSE_1009 }, { 1011, HF_CLOSE_1011 },
        { 1012, HF_CLOSE_1012 }, { 1013, HF_CLOSE_1013 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        if (rows[i].code == code) return rows[i].class;
    return code >= 4000 && code <= 4999 ? HF_CLOSE_4XXX : HF_CLOSE_OTHER;
}

/* --- the page --- */

static const char *const close_names[HF_CLOSE_CLASSES] = {
    "1000", "1001", "1002", "1005", "1006", "1007",  "1008",
    "1009", "1011", "1012", "1013", "4xxx", "other",
};
static const char *const handshake_names[HF_HANDSHAKE_OUTCOMES] = { "ok", "refused", "starting",
                                                                    "timeout", "lost" };
static const char *const abort_names[HF_ABORTS] = { "heartbeat", "slow", "grace", "other" };
static const char *const opcode_names[] = { "text", "binary", "control" };

static void head(struct hf_buf *out, const char *name, const char *type, const char *help)
{
    hf_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void plain(struct hf_buf *out, const char *name, const char *type, const char *help,
                  uint64_t value)
{
    head(out, name, type, help);
    hf_buf_addf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void labelled(struct hf_buf *out, const char *name, const char *label, const char *value,
                     uint64_t count)
{
    hf_buf_addf(out, "%s{%s=\"%s\"} %llu\n", name, label, value, (unsigned long long)count);
}

static void histogram(struct hf_buf *out, const char *name, const char *help,
                      const struct hf_histogram *h)
{
    uint64_t sum = 0;
    head(out, name, "histogram", help);
    for (size_t i = 0; i < HF_METRIC_BUCKETS; i++) {
        sum += h->buckets[i];
        hf_buf_addf(out, "%s_bucket{le=\"%g\"} %llu\n", name, (double)bounds_us[i] / 1e6,
                    (unsigned long long)sum);
    }
    hf_buf_addf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.9g\n%s_count %llu\n", name,
                (unsigned long long)h->count, name, (double)h->sum_ns / 1e9, name,
                (unsigned long long)h->count);
}

static void write_rpc(struct hf_buf *out, const struct hf_metrics *m,
                      const struct hf_metrics_now *now)
{
    static const char requests[] = "openclaw_gateway_rpc_requests_total";
    static const char outcomes[] = "openclaw_gateway_rpc_outcomes_total";
    head(out, requests, "counter", "Requests by method.");
    for (size_t i = 0; i < now->method_count; i++)
        labelled(out, requests, "method", now->methods[i], m->requests[i]);
    labelled(out, requests, "method", "unknown", m->requests[HF_METRIC_METHODS]);
    head(out, outcomes, "counter", "Requests by how they ended.");
    hf_buf_addf(out, "%s{phase=\"handler\",outcome=\"ok\"} %llu\n", outcomes,
                (unsigned long long)m->rpc_ok);
    hf_buf_addf(out, "%s{phase=\"handler\",outcome=\"error\"} %llu\n", outcomes,
                (unsigned long long)m->rpc_error);
    hf_buf_addf(out, "%s{phase=\"admission\",outcome=\"refused\"} %llu\n", outcomes,
                (unsigned long long)m->rpc_refused);
}

static void write_process(struct hf_buf *out, const struct hf_metrics *m,
                          const struct hf_metrics_now *now)
{
    head(out, "openclaw_gateway_build_info", "gauge", "Which build this is; always 1.");
    hf_buf_addf(out,
                "openclaw_gateway_build_info{process_instance_id=\"%.*s\",build_id=\"%.*s\"} 1\n",
                (int)now->process_id.len, (const char *)now->process_id.ptr, (int)now->build_id.len,
                (const char *)now->build_id.ptr);
    head(out, "openclaw_memory_bytes", "gauge", "Memory of this process.");
    labelled(out, "openclaw_memory_bytes", "kind", "rss", (uint64_t)now->rss_bytes);
    histogram(out, "openclaw_gateway_event_loop_delay_max_seconds",
              "Longest delay of the event loop in each sampling window.", &m->loop_delay_max);
    head(out, "openclaw_gateway_event_loop_observed_seconds_total", "counter",
         "Time covered by sampling windows.");
    hf_buf_addf(out, "openclaw_gateway_event_loop_observed_seconds_total %.3f\n",
                (double)m->loop_observed_ms / 1000);
    plain(out, "openclaw_liveness_warning_total", "counter", "Event loop warnings.",
          m->liveness_warnings);
    head(out, "openclaw_payload_large_total", "counter", "Frames that met a full outbound buffer.");
    hf_buf_addf(
        out,
        "openclaw_payload_large_total{action=\"drop\",surface=\"gateway.ws.outbound_buffer\","
        "reason=\"ws_send_buffer_drop\"} %llu\n"
        "openclaw_payload_large_total{action=\"close\",surface=\"gateway.ws.outbound_buffer\","
        "reason=\"ws_send_buffer_close\"} %llu\n",
        (unsigned long long)m->large_dropped, (unsigned long long)m->large_closed);
}

static void write_connections(struct hf_buf *out, const struct hf_metrics_now *now)
{
    static const struct {
        const char *role, *state;
    } names[] = {
        { "operator", "ready" }, { "node", "ready" }, { "none", "connecting" }, { "any", "closing" }
    };
    const uint64_t counts[] = { now->clients_operator, now->clients_node, now->connecting,
                                now->closing };
    head(out, "holdfast_connections", "gauge", "Open connections.");
    for (size_t i = 0; i < HF_COUNT(names); i++)
        hf_buf_addf(out, "holdfast_connections{role=\"%s\",state=\"%s\"} %llu\n", names[i].role,
                    names[i].state, (unsigned long long)counts[i]);
}

static void write_frames(struct hf_buf *out, const struct hf_metrics *m)
{
    head(out, "holdfast_frames_total", "counter", "WebSocket frames.");
    for (size_t i = 0; i < HF_COUNT(opcode_names); i++) {
        hf_buf_addf(out, "holdfast_frames_total{direction=\"in\",opcode=\"%s\"} %llu\n",
                    opcode_names[i], (unsigned long long)m->frames_in[i]);
        hf_buf_addf(out, "holdfast_frames_total{direction=\"out\",opcode=\"%s\"} %llu\n",
                    opcode_names[i], (unsigned long long)m->frames_out[i]);
    }
    head(out, "holdfast_bytes_total", "counter", "Bytes on the wire, before TLS.");
    labelled(out, "holdfast_bytes_total", "direction", "in", m->bytes_in);
    labelled(out, "holdfast_bytes_total", "direction", "out", m->bytes_out);
}

static void write_ends(struct hf_buf *out, const struct hf_metrics *m)
{
    static const char *const initiators[] = { "us", "peer" };
    head(out, "holdfast_handshakes_total", "counter", "Login attempts by how they ended.");
    for (size_t i = 0; i < HF_HANDSHAKE_OUTCOMES; i++)
        labelled(out, "holdfast_handshakes_total", "outcome", handshake_names[i], m->handshakes[i]);
    head(out, "holdfast_closes_total", "counter", "WebSocket closes by code and who began.");
    for (size_t i = 0; i < HF_CLOSE_CLASSES; i++)
        for (size_t k = 0; k < HF_COUNT(initiators); k++)
            hf_buf_addf(out, "holdfast_closes_total{code_class=\"%s\",initiator=\"%s\"} %llu\n",
                        close_names[i], initiators[k], (unsigned long long)m->closes[i][k]);
    head(out, "holdfast_aborts_total", "counter", "Connections reset by us.");
    for (size_t i = 0; i < HF_ABORTS; i++)
        labelled(out, "holdfast_aborts_total", "reason", abort_names[i], m->aborts[i]);
}

void hf_metrics_write(struct hf_buf *out, const struct hf_metrics *m,
                      const struct hf_metrics_now *now)
{
    write_process(out, m, now);
    write_rpc(out, m, now);
    write_connections(out, now);
    write_ends(out, m);
    write_frames(out, m);
    plain(out, "holdfast_buffered_bytes", "gauge", "Bytes that wait for their readers.",
          now->buffered_bytes);
    plain(out, "holdfast_buffered_bytes_max", "gauge", "The most that ever waited for one reader.",
          m->buffered_bytes_max);
    plain(out, "holdfast_seq_gaps_total", "counter", "Events dropped for slow readers.",
          m->seq_gaps);
    histogram(out, "holdfast_ping_rtt_seconds", "Round trips of accepted pongs.", &m->rtt);
    histogram(out, "holdfast_event_fanout_seconds",
              "From the events of a turn to their last write in it.", &m->fanout);
}
