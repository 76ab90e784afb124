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
        if (c->state != HF_CONN_READY) continue;
        if (hf_login_policy_keeps(before, &s->policy, c->client->auth_method)) continue;
        hf_conn_close(s, c, HF_CLOSE_INVALIDATED, HF_LIT("gateway auth changed"),
                      "gateway-auth-rotated");
    }
}

void hf_server_login_settings(struct hf_server *s)
{
    const struct hf_settings *settings = &s->settings;
    struct hf_login_policy before = s->policy;
    struct hf_lockout_limits limits = lockout_limits(settings);
    hf_lockout_set(&s->lockout, &limits);
    s->trusted_count = 0;
    for (size_t i = 0; i < settings->trusted_proxies.count; i++)
        if (hf_net_range_read(settings->trusted_proxies.items[i], &s->trusted[s->trusted_count]))
            s->trusted_count++;
    s->policy = (struct hf_login_policy){
        .mode = settings->auth_mode,
        .secret = settings->auth_mode == HF_AUTH_PASSWORD ? settings->password : settings->token,
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

/* --- hello --- */

static struct hf_bytes keep_text(char **at, struct hf_bytes text)
{
    struct hf_bytes kept = hf_bytes(*at, text.len);
    if (text.len > 0) memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return kept;
}

static struct hf_conn_client *make_client(struct hf_server *s, const struct hf_connect *connect,
                                          const struct hf_login_outcome *outcome)
{
    const struct hf_connect_client *said = &connect->client;
    struct hf_bytes device_id = connect->has_device ? connect->device.id : HF_EMPTY;
    const struct hf_bytes texts[] = { said->version,      said->platform,    said->device_family,
                                      said->display_name, said->instance_id, device_id };
    struct hf_bytes cut[HF_COUNT(texts)];
    size_t need = 0;
    for (size_t i = 0; i < HF_COUNT(texts); i++) {
        cut[i] = hf_bytes_cut_utf8(texts[i], HF_LIMIT_NAME_BYTES);
        need += cut[i].len;
    }
    struct hf_conn_client *client = hf_mem_zero(1, sizeof *client + need);
    if (!client) return NULL;
    char *at = client->text;
    struct hf_bytes *const fields[] = { &client->version,       &client->platform,
                                        &client->device_family, &client->display_name,
                                        &client->instance_id,   &client->device_id };
    for (size_t i = 0; i < HF_COUNT(fields); i++) *fields[i] = keep_text(&at, cut[i]);
    client->id = (uint8_t)said->id;
    client->mode = (uint8_t)said->mode;
    client->role = (uint8_t)outcome->role;
    client->scopes = outcome->scopes;
    client->caps = connect->cap_set;
    client->auth_method = hf_bytes_cstr(outcome->method);
    client->connected_wall_ms = s->now.wall_ms;
    hf_rng_uuid(&s->rng, client->conn_uuid);
    return client;
}

static void write_hello(struct hf_server *s, struct hf_conn *c,
                        const struct hf_login_outcome *outcome)
{
    bool is_admin = (outcome->scopes & hf_scope_bit(HF_SCOPE_ADMIN)) != 0;
    struct hf_presence_version version = hf_presence_version(&s->presence);
    static const char *const auth_modes[] = { "none", "token", "password" };
    struct hf_hello hello = {
        .server_version = HF_LIT(HF_VERSION),
        .boot_id = hf_bytes(s->boot_id, HF_UUID_CHARS),
        .conn_id = hf_bytes(c->client->conn_uuid, HF_UUID_CHARS),
        .features = hf_blob_view(s->features),
        .policy = hf_buf_view(&s->policy_json),
        .presence = hf_server_presence_json(s),
        .health = hf_server_health_snapshot(s),
        .session_defaults = hf_server_session_defaults(),
        .suspension_phase = HF_LIT("accepting"),
        .config_path = is_admin ? s->settings.config_path : HF_EMPTY,
        .state_dir = is_admin ? s->config.state_dir : HF_EMPTY,
        .auth_mode = is_admin ? hf_bytes_cstr(auth_modes[s->policy.mode]) : HF_EMPTY,
        .state_version = { (int64_t)version.presence, (int64_t)version.health },
        .uptime_ms = hf_span_ms(hf_time_since(s->now.mono, s->started_at)),
        .auth = {
            .method = hf_bytes_cstr(outcome->method),
            .role = hf_role_name(outcome->role),
            .scopes = outcome->scope_names,
            .scope_count = outcome->scope_count,
            .device_token = outcome->has_device_token
                                ? hf_bytes(outcome->device_token, sizeof outcome->device_token)
                                : HF_EMPTY,
            .issued_at_ms = outcome->issued_at_ms,
            .recovery_migration_allowed = outcome->recovery_migration_allowed,
            .recovery_scope = outcome->has_recovery_scope
                                  ? hf_bytes(outcome->recovery_scope, sizeof outcome->recovery_scope)
                                  : HF_EMPTY,
        },
    };
    hf_hello_write(&s->body, &hello);
}

static void enter_presence(struct hf_server *s, struct hf_conn *c, const struct hf_connect *connect)
{
    const struct hf_conn_client *client = c->client;
    struct hf_bytes mode = hf_bytes_cstr(hf_client_mode_name((enum hf_client_mode)client->mode));
    char ip[HF_NET_ADDRESS_CHARS];
    if (!hf_presence_lists(mode, (enum hf_role)client->role)) return;
    struct hf_presence_entry entry = {
        .kind = HF_PRESENCE_CLIENT,
        .role = (enum hf_role)client->role,
        .scopes = client->scopes,
        .ts_ms = s->now.wall_ms,
        .online_since_ms = s->now.wall_ms,
    };
    struct hf_bytes id = hf_bytes_cstr(hf_client_id_name((enum hf_client_id)client->id));
    entry.texts[HF_PRESENCE_CLIENT_ID] = id;
    entry.texts[HF_PRESENCE_MODE] = mode;
    entry.texts[HF_PRESENCE_HOST] = client->display_name.len > 0 ? client->display_name : id;
    if (!hf_net_is_loopback(&c->client_address))
        entry.texts[HF_PRESENCE_IP] = hf_bytes(ip, hf_net_address_write(&c->client_address, ip));
    entry.texts[HF_PRESENCE_VERSION] = client->version;
    entry.texts[HF_PRESENCE_PLATFORM] = client->platform;
    entry.texts[HF_PRESENCE_DEVICE_FAMILY] = client->device_family;
    entry.texts[HF_PRESENCE_MODEL_IDENTIFIER] = connect->client.model_identifier;
    entry.texts[HF_PRESENCE_TIME_ZONE] = connect->client.time_zone;
    entry.texts[HF_PRESENCE_DEVICE_ID] = client->device_id;
    entry.texts[HF_PRESENCE_INSTANCE_ID] = client->instance_id;
    entry.texts[HF_PRESENCE_REASON] = HF_LIT("connect");
    hf_buf_reset(&s->why, SIZE_MAX);
    hf_buf_addf(&s->why, "Node: %s \xC2\xB7 mode %s",
                hf_client_id_name((enum hf_client_id)client->id),
                hf_client_mode_name((enum hf_client_mode)client->mode));
    entry.texts[HF_PRESENCE_LINE] = hf_buf_view(&s->why);
    if (hf_presence_connect(&s->presence, c->id, &entry) == 0) hf_server_presence_changed(s);
}

/* Registration: from here on it is a client. */
static void say_hello(struct hf_server *s, struct hf_conn *c, struct hf_bytes id,
                      const struct hf_connect *connect, const struct hf_login_outcome *outcome)
{
    c->client = make_client(s, connect, outcome);
    if (!c->client) {
        hf_conn_kill(s, c, "out-of-memory");
        return;
    }
    enter_presence(s, c, connect);
    hf_buf_reset(&s->body, SIZE_MAX);
    hf_frame_open_res(&s->body, id);
    write_hello(s, c, outcome);
    hf_frame_close(&s->body);
    if (hf_buf_done(&s->body) != 0) {
        hf_conn_kill(s, c, "out-of-memory");
        return;
    }
    hf_conn_send_text(s, c, hf_buf_view(&s->body));
    if (c->state == HF_CONN_DEAD) return;
    c->state = HF_CONN_READY;
    c->deadline = HF_NEVER;
    c->is_counted = true;
    s->client_count++;
    c->client->tick_place = hf_ticks_enter(&s->ticks);
    s->metrics.handshakes[HF_HANDSHAKE_OK]++;
    hf_admit_hello(&s->admit, c->id);
    hf_ws_reader_limit(&c->reader.ws, (size_t)s->settings.max_payload_bytes);
    hf_liveness_init(&c->liveness, &s->liveness_cfg, s->now);
    hf_conn_login_free(c->login);
    c->login = NULL;
    HF_LOG(&s->log, HF_LOG_INFO, "conn.opened", HF_INT("conn", hf_id_slot(c->id)),
           HF_TEXT("client", hf_bytes_cstr(hf_client_id_name((enum hf_client_id)c->client->id))),
           HF_TEXT("role", hf_role_name(outcome->role)), HF_TEXT("auth", c->client->auth_method));
    /* The first ping leaves right behind the hello (spec/health-connection.md 4.2). */
    hf_outq_fence(&c->out);
    hf_conn_ping(s, c);
    hf_conn_resume(s, c);
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
        say_hello(s, c, a->req.id, &a->connect, &a->outcome);
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
