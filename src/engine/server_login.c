#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/methods/devices.h"
#include "engine/server_state.h"

/* --- settings --- */

static struct hf_lockout_limits lockout_limits(const struct hf_settings *settings)
{
    return (struct hf_lockout_limits){
        .attempts_max = (uint32_t)settings->rate_max_attempts,
        .window = HF_MS(settings->rate_window_ms),
        .locked_for = HF_MS(settings->rate_lockout_ms),
        .exempts_loopback = settings->rate_exempt_loopback,
    };
}

int hf_server_login_start(struct hf_server *s, struct hf_hash_key hash_key)
{
    static const struct hf_devices_limits limits = { .devices = HF_LIMIT_DEVICES,
                                                     .pairings = HF_LIMIT_PENDING_PAIRINGS };
    struct hf_lockout_limits lockout = lockout_limits(&s->settings);
    int err = hf_devices_init(&s->devices, &limits, hash_key);
    if (!err) err = hf_lockout_init(&s->lockout, &lockout, HF_LIMIT_AUTH_ADDRESSES, hash_key);
    return err;
}

void hf_server_login_stop(struct hf_server *s)
{
    hf_devices_fini(&s->devices);
    hf_lockout_fini(&s->lockout);
}

/* protocol/wire.md section 5: the secret changed under a live connection. */
static void close_outdated(struct hf_server *s, const struct hf_login_policy *before)
{
    for (hf_id id = hf_pool_next(&s->conns, 0); id; id = hf_pool_next(&s->conns, id)) {
        struct hf_conn *c = hf_server_conn(s, id);
        /* Whom the proxy named under the old policy has nothing to show under the new. */
        bool is_named = c->login && c->login->proxy.verdict != HF_PROXY_NOT_ASKED;
        if (c->state != HF_CONN_READY && !is_named) continue;
        struct hf_bytes method = is_named ? HF_LIT("trusted-proxy") : c->client->auth_method;
        if (hf_login_policy_keeps(before, &s->policy, method)) continue;
        hf_conn_close(s, c, HF_CLOSE_INVALIDATED, HF_LIT("gateway auth changed"),
                      "gateway-auth-rotated");
    }
}

void hf_server_login_settings(struct hf_server *s)
{
    const struct hf_settings *settings = &s->settings;
    struct hf_login_policy before = s->policy;
    bool is_token = settings->auth_mode == HF_AUTH_TOKEN;
    struct hf_lockout_limits limits = lockout_limits(settings);
    hf_lockout_set(&s->lockout, &limits);
    hf_ingress_rules_set(&s->ingress, settings->trusted_proxies.items,
                         settings->trusted_proxies.count, settings->allow_real_ip_fallback);
    s->policy = (struct hf_login_policy){
        .mode = settings->auth_mode,
        .secret = is_token ? settings->token : settings->password,
        .proxy = {
            .user_header = settings->proxy_user_header,
            .required = settings->proxy_required_headers.items,
            .required_count = settings->proxy_required_headers.count,
            .users = settings->proxy_users.items,
            .user_count = settings->proxy_users.count,
            .networks = settings->trusted_proxies.items,
            .network_count = settings->trusted_proxies.count,
            .allows_loopback = settings->proxy_allow_loopback,
        },
        .state_key = hf_bytes(s->config.state_key, sizeof s->config.state_key),
        .allowed_origins = settings->allowed_origins.items,
        .allowed_origin_count = settings->allowed_origins.count,
        .allows_host_origin = settings->allow_host_header_origin,
        .is_strict = settings->strict_scopes,
        .approves_local = settings->approve_local,
    };
    hf_login_policy_derive(&s->policy);
    close_outdated(s, &before);
}

/* --- refusals --- */

/* The answer to `connect` and the close behind it; the answer always leaves
 * first.  Kept back until `answer_at`. */
static void refuse(struct hf_server *s, struct hf_conn *c, struct hf_bytes id,
                   const struct hf_error *error, unsigned code, struct hf_bytes reason)
{
    hf_buf_reset(&s->body, SIZE_MAX);
    hf_error_write_res(&s->body, id, error);
    if (hf_buf_done(&s->body) != 0) {
        hf_conn_kill(s, c, "out-of-memory");
        return;
    }
    hf_conn_send_text(s, c, hf_buf_view(&s->body));
    hf_conn_close(s, c, code, reason, c->cause);
}

static void refuse_plainly(struct hf_server *s, struct hf_conn *c, struct hf_bytes id,
                           struct hf_bytes message, const char *cause)
{
    struct hf_error error = { .code = HF_CODE_INVALID_REQUEST, .message = message };
    s->metrics.handshakes[HF_HANDSHAKE_REFUSED]++;
    c->cause = cause;
    refuse(s, c, id, &error, HF_WS_CODE_POLICY, message);
}

static void refuse_stage(struct hf_server *s, struct hf_conn *c, struct hf_bytes id,
                         const struct hf_stage_refusal *refusal)
{
    struct hf_details details = { .count = 0 };
    if (!refusal->is_starting) hf_details_add_text(&details, "method", HF_LIT("connect"));
    hf_details_add_text(&details, "reason", refusal->reason);
    if (refusal->phase.len > 0) hf_details_add_text(&details, "phase", refusal->phase);
    hf_buf_reset(&s->why, SIZE_MAX);
    hf_details_write(&s->why, &details);
    struct hf_error error = {
        .code = HF_CODE_UNAVAILABLE,
        .message = refusal->message,
        .details = hf_buf_view(&s->why),
        .has_retryable = true,
        .retryable = true,
        .has_retry_after = true,
        .retry_after_ms = refusal->retry_after_ms,
    };
    s->metrics.handshakes[HF_HANDSHAKE_STARTING]++;
    c->is_quiet = refusal->is_starting;
    c->cause = (const char *)refusal->cause.ptr; /* static, with a zero */
    refuse(s, c, id, &error, refusal->close_code, refusal->close_reason);
}

static void refuse_login(struct hf_server *s, struct hf_conn *c, struct hf_bytes id,
                         const struct hf_login_outcome *outcome)
{
    hf_buf_reset(&s->why, SIZE_MAX);
    hf_details_write(&s->why, &outcome->details);
    struct hf_error error = {
        .code = outcome->code,
        .message = outcome->message,
        .details = hf_buf_view(&s->why),
        .has_retryable = outcome->is_retryable,
        .retryable = outcome->is_retryable,
        .has_retry_after = outcome->retry_after_ms > 0,
        .retry_after_ms = outcome->retry_after_ms,
    };
    s->metrics.handshakes[HF_HANDSHAKE_REFUSED]++;
    HF_LOG(&s->log, HF_LOG_WARN, "login.refused", HF_INT("conn", hf_id_slot(c->id)),
           HF_TEXT("cause", hf_bytes_cstr(outcome->cause)), HF_TEXT("message", outcome->message));
    c->cause = outcome->cause;
    refuse(s, c, id, &error, outcome->close_code,
           hf_bytes(outcome->close_reason, outcome->close_reason_len));
}

/* --- the decision --- */

struct attempt {
    struct hf_req req;
    struct hf_connect connect;
    struct hf_login_peer peer;
    struct hf_login_input input;
    struct hf_login_outcome outcome;
    struct hf_device_id device_id;
    bool has_device_id;
    char remote_ip[HF_NET_ADDRESS_CHARS];
};

static bool is_direct_local(const struct hf_conn *c)
{
    return !c->login->is_proxied && hf_net_is_loopback(&c->client_address);
}

static void describe_peer(const struct hf_conn *c, struct attempt *a)
{
    a->peer = (struct hf_login_peer){
        .is_direct_local = is_direct_local(c),
        .has_origin = c->login->has_origin,
        .origin = c->login->origin,
        .host = c->login->host,
        .proxy = c->login->proxy,
    };
    if (!a->peer.is_direct_local)
        a->peer.remote_ip =
            hf_bytes(a->remote_ip, hf_net_address_write(&c->client_address, a->remote_ip));
}

static void describe_attempt(const struct hf_server *s, const struct hf_conn *c, struct attempt *a)
{
    struct hf_source source = hf_source_address(c->client_address.bytes, is_direct_local(c));
    describe_peer(c, a);
    a->input = (struct hf_login_input){
        .connect = &a->connect,
        .peer = &a->peer,
        .policy = &s->policy,
        .nonce = hf_bytes(c->login->nonce, HF_UUID_CHARS),
        .challenge_ms = c->login->challenged_wall_ms,
        .address_locked_for = hf_lockout_left(&s->lockout, s->now.mono, &source),
    };
    a->has_device_id =
        a->connect.has_device && hf_device_id_read(a->connect.device.id, &a->device_id);
    /* The attempt that reaches the bound still gets its own answer, however late. */
    if (c->login->is_counted) a->input.address_locked_for = 0;
    if (!a->has_device_id) return;
    a->input.device = hf_devices_find(&s->devices, &a->device_id);
    source = hf_source_device(&a->device_id, is_direct_local(c));
    if (!c->login->is_counted)
        a->input.device_locked_for = hf_lockout_left(&s->lockout, s->now.mono, &source);
}

/* Keeps the frame and takes no further one until somebody calls
 * hf_conn_login_again. */
static bool park(struct hf_server *s, struct hf_conn *c, struct hf_bytes text)
{
    if (c->state == HF_CONN_LOGIN) return true;
    c->login->connect = hf_blob_new(text);
    if (!c->login->connect) {
        hf_conn_kill(s, c, "out-of-memory");
        return false;
    }
    c->state = HF_CONN_LOGIN;
    hf_conn_pause(s, c);
    return true;
}

/* The lock-out's word on a wrong secret: true when the answer must wait. */
static bool count_failure(struct hf_server *s, struct hf_conn *c, struct attempt *a,
                          struct hf_bytes text)
{
    if (!a->outcome.has_wrong_secret || c->login->is_counted) return false;
    struct hf_source source = a->outcome.is_proven
                                  ? hf_source_device(&a->device_id, is_direct_local(c))
                                  : hf_source_address(c->client_address.bytes, is_direct_local(c));
    struct hf_lockout_failure failure =
        hf_lockout_failed(&s->lockout, s->now.mono, &source, a->outcome.wrong_digest);
    c->login->is_counted = true;
    if (failure.is_locked_now) {
        char ip[HF_NET_ADDRESS_CHARS];
        HF_LOG(&s->log, HF_LOG_WARN, "login.locked",
               HF_TEXT("peer", hf_bytes(ip, hf_net_address_write(&c->client_address, ip))),
               HF_INT("for_ms", s->settings.rate_lockout_ms));
    }
    if (!hf_time_before(s->now.mono, failure.answer_at)) return false;
    if (!park(s, c, text)) return true;
    c->deadline = failure.answer_at;
    hf_conn_schedule(s, c);
    return true;
}

static void pair(struct hf_server *s, struct hf_conn *c, struct attempt *a, struct hf_bytes text)
{
    struct hf_devices_plan *plan = hf_mem_new(sizeof *plan);
    enum hf_devices_act act = HF_DEVICES_NOMEM;
    if (plan) {
        *plan = (struct hf_devices_plan){ 0 };
        act =
            a->outcome.is_silent
                ? hf_devices_ask_silent(&s->devices, s->now.wall_ms, &a->outcome.ask, &s->rng, plan)
                : hf_devices_ask(&s->devices, s->now.wall_ms, &a->outcome.ask, &s->rng, plan);
    }
    struct hf_wait wait = { .kind = HF_WAIT_LOGIN, .conn = c->id };
    switch (act) {
    case HF_DEVICES_WRITE:
        if (!park(s, c, text)) break;
        c->login->is_waiting = true;
        if (hf_server_write_plan(s, &wait, plan) == 0) return;
        /* The plan was settled as failed and freed by the call. */
        hf_login_refuse_store(HF_ERR_BUSY, &a->outcome);
        refuse_login(s, c, a->req.id, &a->outcome);
        return;
    case HF_DEVICES_WAIT:
        if (park(s, c, text)) c->login->is_waiting = true;
        break;
    case HF_DEVICES_DONE:
        hf_login_refuse_pairing(&a->input, hf_bytes(plan->request_id, sizeof plan->request_id),
                                &a->outcome);
        refuse_login(s, c, a->req.id, &a->outcome);
        break;
    case HF_DEVICES_FULL:
    case HF_DEVICES_REFUSED:
        hf_login_refuse_store(HF_ERR_LIMIT, &a->outcome);
        refuse_login(s, c, a->req.id, &a->outcome);
        break;
    case HF_DEVICES_NOMEM:
        hf_login_refuse_store(HF_ERR_NOMEM, &a->outcome);
        refuse_login(s, c, a->req.id, &a->outcome);
        break;
    }
    hf_mem_free(plan);
}

static void decide(struct hf_server *s, struct hf_conn *c, struct attempt *a, struct hf_bytes text)
{
    describe_attempt(s, c, a);
    if (hf_login_judge(&a->input, &a->outcome) != 0) {
        hf_login_refuse_store(HF_ERR_NOMEM, &a->outcome);
        refuse_login(s, c, a->req.id, &a->outcome);
        return;
    }
    if (count_failure(s, c, a, text)) return;
    switch (a->outcome.act) {
    case HF_LOGIN_HELLO:
        if (a->outcome.is_paired) {
            hf_devices_seen(&s->devices, s->now.wall_ms, &a->outcome.ask);
            s->wants_upkeep = true;
        }
        hf_conn_say_hello(s, c, a->req.id, &a->connect, &a->outcome);
        return;
    case HF_LOGIN_REFUSED:
        refuse_login(s, c, a->req.id, &a->outcome);
        return;
    case HF_LOGIN_PAIR:
        pair(s, c, a, text);
        return;
    }
}

/* --- frames --- */

static bool read_envelope(struct hf_server *s, struct hf_conn *c, struct hf_bytes text,
                          struct hf_req *req)
{
    hf_buf_reset(&s->text, SIZE_MAX);
    hf_buf_reset(&s->why, SIZE_MAX);
    int err = hf_frame_read_req(text, HF_LIMIT_JSON_DEPTH_PREAUTH, &s->text, &s->why, req);
    if (err == 0) return true;
    if (err == HF_ERR_TYPE)
        hf_conn_close(s, c, HF_WS_CODE_POLICY, HF_LIT("invalid request frame"),
                      "invalid-handshake");
    else if (err == HF_ERR_NOMEM)
        hf_conn_kill(s, c, "out-of-memory");
    else
        hf_conn_close(s, c, HF_WS_CODE_NORMAL, HF_EMPTY, "malformed-handshake");
    return false;
}

/* Parses `text` (again) and decides.  The start-up gate is asked once per frame,
 * before any credential is looked at (spec/startup-retry.md section 2.2). */
static void run_attempt(struct hf_server *s, struct hf_conn *c, struct hf_bytes text, bool is_first)
{
    struct attempt attempt = { .has_device_id = false }, *a = &attempt;
    if (!read_envelope(s, c, text, &a->req)) return;
    if (!hf_bytes_same(a->req.method, HF_LIT("connect"))) {
        refuse_plainly(s, c, a->req.id, HF_LIT("invalid handshake: first request must be connect"),
                       "invalid-handshake");
        return;
    }
    hf_buf_reset(&s->text, SIZE_MAX);
    hf_buf_reset(&s->why, SIZE_MAX);
    int err = hf_connect_read(a->req.params, &s->text, &s->why, &a->connect);
    if (err == HF_ERR_TYPE) {
        refuse_plainly(s, c, a->req.id, hf_buf_view(&s->why), "invalid-handshake");
        return;
    }
    if (err) {
        hf_conn_kill(s, c, "out-of-memory");
        return;
    }
    if (is_first) {
        struct hf_stage_refusal refusal = hf_stage_connect(&s->stage, s->now.mono, c->id);
        hf_admit_asked(&s->admit, c->id);
        if (refusal.is_refused) {
            refuse_stage(s, c, a->req.id, &refusal);
            return;
        }
    }
    decide(s, c, a, text);
}

void hf_conn_first_frame(struct hf_server *s, struct hf_conn *c, struct hf_bytes text)
{
    run_attempt(s, c, text, true);
}

void hf_conn_login_again(struct hf_server *s, struct hf_conn *c)
{
    struct hf_blob *text = hf_blob_hold(c->login->connect);
    c->login->is_waiting = false;
    c->deadline = HF_NEVER;
    hf_conn_schedule(s, c);
    run_attempt(s, c, hf_blob_view(text), false);
    hf_blob_drop(text);
}

void hf_conn_login_failed(struct hf_server *s, struct hf_conn *c, int err)
{
    struct hf_req req;
    struct hf_login_outcome outcome;
    struct hf_blob *text = hf_blob_hold(c->login->connect);
    c->login->is_waiting = false;
    if (read_envelope(s, c, hf_blob_view(text), &req)) {
        hf_login_refuse_store(err, &outcome);
        refuse_login(s, c, req.id, &outcome);
    }
    hf_blob_drop(text);
}
