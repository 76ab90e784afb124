#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
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

static void answer_text(struct hf_server *s, struct hf_conn *c, unsigned status,
                        struct hf_bytes text, bool is_head)
{
    struct reply reply = { .status = status, .type = plain_text, .is_head = is_head };
    answer(s, c, &reply, text);
}

void hf_conn_http_fault(struct hf_server *s, struct hf_conn *c, unsigned status, const char *what)
{
    answer_text(s, c, status, hf_bytes_cstr(what), false);
}

/* --- who asks --- */

/* What forwarding headers say about the client behind the peer. */
enum attribution { DIRECT, PROXIED, UNATTRIBUTABLE };

enum { FORWARDED_LINES_MAX = 16 };

static enum attribution attribute_by(const struct hf_server *s, struct hf_conn *c,
                                     const struct hf_http_request *req, struct hf_bytes name,
                                     enum hf_net_list list)
{
    struct hf_bytes values[FORWARDED_LINES_MAX];
    size_t count = 0, at = 0;
    if (hf_http_count(&req->fields, name) == 0) return DIRECT;
    while (count < FORWARDED_LINES_MAX && hf_http_next(&req->fields, name, &at, &values[count]))
        count++;
    if (hf_http_count(&req->fields, name) > count) return UNATTRIBUTABLE;
    struct hf_net_address peer = hf_net_address_v6(c->peer.address), client;
    if (hf_net_client_find(&peer, s->trusted, s->trusted_count, list, values, count, &client) !=
        HF_NET_HOPS_CLIENT)
        return UNATTRIBUTABLE;
    c->client_address = client;
    return PROXIED;
}

static bool is_trusted_peer(const struct hf_server *s, const struct hf_conn *c)
{
    struct hf_net_address peer = hf_net_address_v6(c->peer.address);
    for (size_t i = 0; i < s->trusted_count; i++)
        if (hf_net_range_has(&s->trusted[i], &peer)) return true;
    return false;
}

static enum attribution attribute_real_ip(const struct hf_server *s, struct hf_conn *c,
                                          const struct hf_http_request *req)
{
    struct hf_bytes value;
    struct hf_net_address client;
    if (!hf_http_find(&req->fields, HF_LIT("X-Real-IP"), &value)) return DIRECT;
    if (!is_trusted_peer(s, c)) return UNATTRIBUTABLE;
    if (!s->settings.allow_real_ip_fallback) return UNATTRIBUTABLE;
    if (!hf_net_address_read(value, &client)) return UNATTRIBUTABLE;
    c->client_address = client;
    return PROXIED;
}

/* A remote peer never looks local: whoever sends a forwarding header that we
 * cannot attribute is refused (protocol/wire.md section 1). */
static enum attribution attribute(const struct hf_server *s, struct hf_conn *c,
                                  const struct hf_http_request *req)
{
    enum attribution who =
        attribute_by(s, c, req, HF_LIT("X-Forwarded-For"), HF_NET_X_FORWARDED_FOR);
    if (who == DIRECT) who = attribute_by(s, c, req, HF_LIT("Forwarded"), HF_NET_FORWARDED);
    if (who == DIRECT) who = attribute_real_ip(s, c, req);
    return who;
}

/* Whom a trusted proxy names, where that is how clients come in. */
static struct hf_proxy_identity proxy_identity(const struct hf_server *s, const struct hf_conn *c,
                                               const struct hf_http_request *req, bool is_proxied)
{
    struct hf_net_address peer = hf_net_address_v6(c->peer.address);
    struct hf_proxy_peer facts = {
        .is_trusted = is_trusted_peer(s, c),
        .is_loopback = hf_net_is_loopback(&peer),
        /* A program of this machine that uses one of its other addresses comes from
         * the one that it connects to. */
        .is_own_address =
            memcmp(c->peer.address, c->peer.local_address, sizeof c->peer.address) == 0,
        /* A client on the proxy's own machine is whoever can reach the proxy there. */
        .is_attributed = is_proxied && !hf_net_is_loopback(&c->client_address),
    };
    return hf_login_proxy(&s->policy, &facts, &req->fields);
}

/* `Authorization: Bearer <secret>` with the shared secret, or somebody whom the
 * trusted proxy names. */
static bool is_authorized(const struct hf_server *s, const struct hf_conn *c,
                          const struct hf_http_request *req, bool is_proxied)
{
    struct hf_bytes value;
    if (s->policy.mode == HF_AUTH_NONE) return true;
    if (s->policy.mode == HF_AUTH_TRUSTED_PROXY)
        return proxy_identity(s, c, req, is_proxied).verdict == HF_PROXY_NAMED;
    if (!hf_http_find(&req->fields, HF_LIT("Authorization"), &value)) return false;
    if (value.len < 7 || !hf_bytes_same_nocase(hf_bytes_head(value, 7), HF_LIT("Bearer ")))
        return false;
    return hf_secret_same(hf_bytes_trim(hf_bytes_from(value, 7)), s->policy.secret);
}

enum secret { SECRET_RIGHT, SECRET_WRONG, SECRET_LOCKED };

/* What a caller from elsewhere has shown.  A wrong secret counts as one in a handshake
 * (dependencies.md 6c), and a locked-out address learns nothing from any secret. */
static enum secret judge_secret(struct hf_server *s, struct hf_conn *c,
                                const struct hf_http_request *req, bool is_proxied,
                                hf_span *locked_for)
{
    struct hf_source source = hf_source_address(c->client_address.bytes, false);
    struct hf_bytes value;
    uint8_t digest[HF_SHA256_BYTES];
    *locked_for = hf_lockout_left(&s->lockout, s->now.mono, &source);
    if (*locked_for > 0) return SECRET_LOCKED;
    if (is_authorized(s, c, req, is_proxied)) return SECRET_RIGHT;
    if (hf_http_find(&req->fields, HF_LIT("Authorization"), &value)) {
        hf_sha256(value, digest);
        hf_lockout_failed(&s->lockout, s->now.mono, &source, digest);
    }
    return SECRET_WRONG;
}

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
    return judge_secret(s, c, req, is_proxied, &left) == SECRET_RIGHT;
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
    enum secret secret = judge_secret(s, c, req, is_proxied, &left);
    if (secret == SECRET_LOCKED) refuse_locked(s, c, left);
    if (secret == SECRET_WRONG) refuse_secret(s, c, is_head);
    return secret == SECRET_RIGHT;
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
        answer_text(s, c, 503, HF_LIT("Service Unavailable"), is_head);
}

/* --- upgrade --- */

static struct hf_conn_login *make_login(const struct hf_http_request *req,
                                        const struct hf_proxy_identity *proxy)
{
    struct hf_bytes host = HF_EMPTY, origin = HF_EMPTY;
    bool has_origin = hf_http_find(&req->fields, HF_LIT("Origin"), &origin);
    hf_http_find(&req->fields, HF_LIT("Host"), &host);
    const struct hf_bytes texts[] = { host, origin, proxy->user, proxy->header };
    size_t need = 0;
    for (size_t i = 0; i < HF_COUNT(texts); i++) need += texts[i].len;
    struct hf_conn_login *login = hf_mem_zero(1, sizeof *login + need);
    if (!login) return NULL;
    struct hf_bytes *const kept[] = { &login->host, &login->origin, &login->proxy.user,
                                      &login->proxy.header };
    login->has_origin = has_origin;
    login->proxy.verdict = proxy->verdict;
    char *at = login->text;
    for (size_t i = 0; i < HF_COUNT(texts); at += texts[i++].len) {
        if (texts[i].len > 0) memcpy(at, texts[i].ptr, texts[i].len);
        *kept[i] = hf_bytes(at, texts[i].len);
    }
    return login;
}

static void send_challenge(struct hf_server *s, struct hf_conn *c)
{
    hf_rng_uuid(&s->rng, c->login->nonce);
    c->login->challenged_wall_ms = s->now.wall_ms;
    hf_buf_reset(&s->body, SIZE_MAX);
    hf_buf_addf(&s->body,
                "{\"type\":\"event\",\"event\":\"connect.challenge\",\"payload\":{\"nonce\":\"%s\","
                "\"ts\":%lld}}",
                c->login->nonce, (long long)s->now.wall_ms);
    hf_conn_send_text(s, c, hf_buf_view(&s->body));
}

/* Answers 101 and turns the connection into a WebSocket. */
static void upgrade(struct hf_server *s, struct hf_conn *c, const struct hf_http_request *req,
                    const struct hf_http_upgrade *check, bool is_proxied)
{
    struct hf_proxy_identity proxy = proxy_identity(s, c, req, is_proxied);
    c->login = make_login(req, &proxy);
    hf_buf_reset(&s->text, SIZE_MAX);
    hf_http_upgrade_write(&s->text, check->accept);
    struct hf_blob *head = c->login ? hf_blob_new(hf_buf_view(&s->text)) : NULL;
    if (!head || hf_outq_push_raw(&c->out, &s->spare, head) != 0) {
        hf_blob_drop(head);
        hf_conn_kill(s, c, "out-of-memory");
        return;
    }
    hf_blob_drop(head);
    /* A ping right behind the request is answered, but not before the 101. */
    hf_outq_fence(&c->out);
    c->login->is_proxied = is_proxied;
    hf_http_reader_fini(&c->reader.http);
    c->is_websocket = true;
    hf_ws_reader_init(&c->reader.ws, HF_WS_SERVER, HF_LIMIT_PREAUTH_FRAME_BYTES);
    c->state = HF_CONN_OPEN;
    c->phase_at = s->now.mono;
    hf_admit_upgraded(&s->admit, s->now.mono, c->id);
    hf_gate_init(&c->gate);
    send_challenge(s, c);
}

static void try_upgrade(struct hf_server *s, struct hf_conn *c, const struct hf_http_request *req,
                        const struct hf_http_upgrade *check, bool is_proxied)
{
    struct hf_stage_upgrade_answer gate = hf_stage_upgrade(&s->stage);
    if (check->status != 101) {
        answer_text(s, c, check->status, hf_bytes_cstr(check->what), false);
        return;
    }
    /* A closed protocol of the real gateway's own workers lives there. */
    if (hf_bytes_same(hf_http_target_path(req->target), HF_LIT("/__openclaw__/worker"))) {
        answer_text(s, c, 404, HF_LIT("Not Found"), false);
        return;
    }
    switch (gate.verdict) {
    case HF_UPGRADE_ACCEPT:
        upgrade(s, c, req, check, is_proxied);
        return;
    case HF_UPGRADE_REFUSE:
        answer_text(s, c, 503, gate.text, false);
        return;
    case HF_UPGRADE_TERMINATE:
        hf_conn_kill(s, c, "closing");
        return;
    }
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
    enum attribution who = attribute(s, c, req);
    hf_http_upgrade_check(req, &check);
    if (who == UNATTRIBUTABLE) {
        refuse_unattributable(s, c, is_head);
        return;
    }
    if (check.status != 0) {
        try_upgrade(s, c, req, &check, who == PROXIED);
        return;
    }
    enum endpoint endpoint = find_endpoint(hf_http_target_path(req->target));
    if (endpoint == NOWHERE)
        answer_text(s, c, 404, HF_LIT("Not Found"), is_head);
    else if (!is_get && !is_head)
        refuse_method(s, c);
    else if (endpoint == METRICS)
        ask_metrics(s, c, req, who == PROXIED, is_head);
    else
        answer_probe(s, c, endpoint,
                     endpoint != HEALTH && may_see_details(s, c, req, who == PROXIED), is_head);
}
