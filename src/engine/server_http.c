#include "engine/server_state.h"

#include <inttypes.h>
#include <stdio.h>

/* protocol/wire.md section 7: on every answer. */
static const struct hf_http_field common_fields[] = {
    { HF_LIT_INIT("X-Content-Type-Options"), HF_LIT_INIT("nosniff") },
    { HF_LIT_INIT("Referrer-Policy"), HF_LIT_INIT("no-referrer") },
    { HF_LIT_INIT("Permissions-Policy"),
      HF_LIT_INIT("camera=(), microphone=(self), geolocation=()") },
};

enum { FIELDS_MAX = 8 };

struct reply {
    unsigned status;
    struct hf_bytes type;
    struct hf_bytes extra_name, extra_value; /* one more field, or empty */
    bool is_head;
    bool is_stored; /* may be cached; probes say no-store */
};

static void add_field(struct hf_http_field *fields, size_t *count, struct hf_bytes name,
                      struct hf_bytes value)
{
    fields[(*count)++] = (struct hf_http_field){ name, value };
}

/* Answers with `body` and ends the connection when it has left. */
static void answer(struct hf_server *s, struct hf_conn *c, const struct reply *reply,
                   struct hf_bytes body)
{
    struct hf_http_field fields[FIELDS_MAX];
    size_t count = 0;
    for (; count < HF_COUNT(common_fields); count++) fields[count] = common_fields[count];
    add_field(fields, &count, HF_LIT("Content-Type"), reply->type);
    add_field(fields, &count, HF_LIT("Cache-Control"), HF_LIT("no-store"));
    if (reply->extra_name.len > 0) add_field(fields, &count, reply->extra_name, reply->extra_value);
    if (c->peer.is_tls && s->settings.strict_transport_security_value.len > 0)
        add_field(fields, &count, HF_LIT("Strict-Transport-Security"),
                  s->settings.strict_transport_security_value);
    struct hf_http_answer http = { .status = reply->status,
                                   .fields = fields,
                                   .field_count = count,
                                   .body = body,
                                   .is_head = reply->is_head };
    hf_buf_reset(&s->text, SIZE_MAX);
    hf_http_answer_write(&s->text, &http);
    struct hf_blob *blob = hf_buf_done(&s->text) == 0 ? hf_blob_new(hf_buf_view(&s->text)) : NULL;
    if (!blob || hf_outq_push_raw(&c->out, &s->spare, blob) != 0)
        hf_conn_kill(s, c, "out-of-memory");
    else
        hf_conn_finish(s, c, "http");
    hf_blob_drop(blob);
}

static const struct hf_bytes plain_text = HF_LIT_INIT("text/plain; charset=utf-8");
static const struct hf_bytes json_text = HF_LIT_INIT("application/json; charset=utf-8");

void hf_conn_http_text(struct hf_server *s, struct hf_conn *c, unsigned status,
                       struct hf_bytes text, bool is_head)
{
    struct reply reply = { .status = status, .type = plain_text, .is_head = is_head };
    answer(s, c, &reply, text);
}

void hf_conn_http_fault(struct hf_server *s, struct hf_conn *c, unsigned status, const char *what)
{
    hf_conn_http_text(s, c, status, hf_bytes_cstr(what), false);
}

/* --- who asks --- */

static void refuse_unattributable(struct hf_server *s, struct hf_conn *c, bool is_head)
{
    struct reply reply = { .status = 403, .type = json_text, .is_head = is_head };
    answer(s, c, &reply,
           HF_LIT("{\"error\":{\"message\":\"Proxy client attribution is required. Configure "
                  "gateway.trustedProxies narrowly and make the proxy overwrite or safely rebuild "
                  "forwarded client headers.\",\"type\":\"proxy_attribution_required\"}}"));
}

/* --- probes (spec/startup-retry.md section 1.1) --- */

enum endpoint { HEALTH, STARTUP, READINESS, METRICS, NOWHERE };

static enum endpoint find_endpoint(struct hf_bytes path)
{
    static const struct {
        struct hf_bytes path;
        enum endpoint endpoint;
    } rows[] = {
        { HF_LIT_INIT("/health"), HEALTH },
        { HF_LIT_INIT("/healthz"), HEALTH },
        { HF_LIT_INIT("/startup"), STARTUP },
        { HF_LIT_INIT("/startupz"), STARTUP },
        { HF_LIT_INIT("/ready"), READINESS },
        { HF_LIT_INIT("/readyz"), READINESS },
        { HF_LIT_INIT("/metrics"), METRICS },
        { HF_LIT_INIT("/api/diagnostics/prometheus"), METRICS },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        if (hf_bytes_same(path, rows[i].path)) return rows[i].endpoint;
    return NOWHERE;
}

static void write_startup(struct hf_server *s, const struct hf_stage_probe *probe, bool is_detailed)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, &s->body);
    hf_json_open_object(&w);
    hf_json_add_bool(&w, "ok", probe->http_status == 200);
    hf_json_add_text(&w, "status", probe->status);
    if (is_detailed) {
        hf_json_add_text(&w, "version", HF_LIT(HF_VERSION));
        hf_json_add_int(&w, "uptimeMs", probe->uptime_ms);
        if (probe->pending_reason.len > 0)
            hf_json_add_text(&w, "pendingReason", probe->pending_reason);
        struct hf_stage_progress progress = hf_stage_progress(&s->stage);
        if (progress.current.len > 0) {
            hf_json_add_object(&w, "progress");
            hf_json_add_uint(&w, "done", progress.done);
            hf_json_add_uint(&w, "total", progress.total);
            hf_json_add_text(&w, "current", progress.current);
            hf_json_close_object(&w);
        }
    }
    hf_json_close_object(&w);
}

static void write_ready(struct hf_server *s, const struct hf_stage_probe *probe, bool is_detailed)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, &s->body);
    hf_json_open_object(&w);
    hf_json_add_bool(&w, "ready", probe->is_ready);
    if (is_detailed) {
        hf_json_add_array(&w, "failing");
        if (probe->failing.len > 0) hf_json_put_text(&w, probe->failing);
        hf_json_close_array(&w);
        hf_json_add_int(&w, "uptimeMs", probe->uptime_ms);
        hf_server_write_event_loop(s, &w);
    }
    hf_json_close_object(&w);
}

/* A locked-out address is answered as a stranger: whoever asks without a secret has to
 * get the state. */
static bool may_see_details(struct hf_server *s, struct hf_conn *c,
                            const struct hf_http_request *req, bool is_proxied)
{
    hf_span left;
    if (!is_proxied && hf_net_is_loopback(&c->client_address)) return true;
    return hf_conn_judge_secret(s, c, req, is_proxied, &left) == HF_SHOWN_RIGHT;
}

static void answer_probe(struct hf_server *s, struct hf_conn *c, enum endpoint endpoint,
                         bool is_detailed, bool is_head)
{
    struct reply reply = { .status = 200, .type = json_text, .is_head = is_head };
    hf_buf_reset(&s->body, SIZE_MAX);
    if (endpoint == HEALTH) {
        HF_BUF_LIT(&s->body, "{\"ok\":true,\"status\":\"live\"}");
    } else if (endpoint == STARTUP) {
        struct hf_stage_probe probe = hf_stage_startupz(&s->stage, s->now.mono);
        reply.status = probe.http_status;
        write_startup(s, &probe, is_detailed);
    } else {
        struct hf_stage_probe probe = hf_stage_readyz(&s->stage, s->now.mono);
        reply.status = probe.http_status;
        write_ready(s, &probe, is_detailed);
    }
    answer(s, c, &reply, hf_buf_view(&s->body));
}

/* --- metrics --- */

void hf_conn_http_metrics(struct hf_server *s, struct hf_conn *c, bool is_head,
                          const struct hf_facts *facts)
{
    struct reply reply = { .status = 200,
                           .type = HF_LIT("text/plain; version=0.0.4; charset=utf-8"),
                           .is_head = is_head };
    hf_buf_reset(&s->body, SIZE_MAX);
    hf_server_write_metrics(s, facts);
    answer(s, c, &reply, hf_buf_view(&s->body));
}

static void refuse_locked(struct hf_server *s, struct hf_conn *c, hf_span left)
{
    char seconds[24];
    int len = snprintf(seconds, sizeof seconds, "%" PRId64, hf_span_ms(left) / 1000 + 1);
    struct reply reply = { .status = 429,
                           .type = plain_text,
                           .extra_name = HF_LIT("Retry-After"),
                           .extra_value = hf_bytes(seconds, (size_t)len) };
    answer(s, c, &reply, HF_LIT("Too Many Requests"));
}

static void refuse_secret(struct hf_server *s, struct hf_conn *c, bool is_head)
{
    struct reply reply = { .status = 401,
                           .type = plain_text,
                           .extra_name = HF_LIT("WWW-Authenticate"),
                           .extra_value = HF_LIT("Bearer"),
                           .is_head = is_head };
    answer(s, c, &reply, HF_LIT("Unauthorized"));
}

/* Answers and returns false unless the caller may read the metrics. */
static bool may_read_metrics(struct hf_server *s, struct hf_conn *c,
                             const struct hf_http_request *req, bool is_proxied, bool is_head)
{
    hf_span left;
    enum hf_shown shown = hf_conn_judge_secret(s, c, req, is_proxied, &left);
    if (shown == HF_SHOWN_LOCKED) refuse_locked(s, c, left);
    if (shown == HF_SHOWN_WRONG) refuse_secret(s, c, is_head);
    return shown == HF_SHOWN_RIGHT;
}

static void ask_metrics(struct hf_server *s, struct hf_conn *c, const struct hf_http_request *req,
                        bool is_proxied, bool is_head)
{
    bool is_local = !is_proxied && hf_net_is_loopback(&c->client_address);
    if (!is_local && !may_read_metrics(s, c, req, is_proxied, is_head)) return;
    struct hf_wait wait = { .kind = HF_WAIT_HTTP, .conn = c->id, .is_head = is_head };
    struct hf_job job = { .kind = HF_JOB_FACTS };
    c->is_answering = true;
    if (hf_server_ask(s, &wait, &job) != 0)
        hf_conn_http_text(s, c, 503, HF_LIT("Service Unavailable"), is_head);
}

/* --- requests --- */

static void refuse_method(struct hf_server *s, struct hf_conn *c)
{
    struct reply reply = { .status = 405,
                           .type = plain_text,
                           .extra_name = HF_LIT("Allow"),
                           .extra_value = HF_LIT("GET, HEAD") };
    answer(s, c, &reply, HF_LIT("Method Not Allowed"));
}

void hf_conn_http(struct hf_server *s, struct hf_conn *c, const struct hf_http_request *req)
{
    struct hf_http_upgrade check;
    bool is_head = hf_bytes_same(req->method, HF_LIT("HEAD"));
    bool is_get = hf_bytes_same(req->method, HF_LIT("GET"));
    enum hf_ingress who = hf_conn_ingress(s, c, req);
    enum endpoint endpoint = find_endpoint(hf_http_target_path(req->target));
    hf_http_upgrade_check(req, &check);
    /* That the process lives is told to everybody. */
    if (who == HF_INGRESS_UNATTRIBUTABLE && (check.status != 0 || endpoint != HEALTH)) {
        refuse_unattributable(s, c, is_head);
        return;
    }
    if (check.status != 0) {
        hf_conn_upgrade(s, c, req, &check, who == HF_INGRESS_PROXIED);
        return;
    }
    if (endpoint == NOWHERE)
        hf_conn_http_text(s, c, 404, HF_LIT("Not Found"), is_head);
    else if (!is_get && !is_head)
        refuse_method(s, c);
    else if (endpoint == METRICS)
        ask_metrics(s, c, req, who == HF_INGRESS_PROXIED, is_head);
    else
        answer_probe(s, c, endpoint,
                     endpoint != HEALTH && may_see_details(s, c, req, who == HF_INGRESS_PROXIED),
                     is_head);
}
