/* A login that succeeded: the connection becomes a client and is told so. */
#include "base/limits.h"
#include "base/mem.h"
#include "engine/server_state.h"

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
    static const char *const auth_modes[] = { "none", "token", "password", "trusted-proxy" };
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

static void log_opened(struct hf_server *s, const struct hf_conn *c,
                       const struct hf_login_outcome *outcome)
{
    const struct hf_conn_client *client = c->client;
    const struct hf_log_field fields[] = {
        HF_INT("conn", hf_id_slot(c->id)),
        HF_TEXT("client", hf_bytes_cstr(hf_client_id_name((enum hf_client_id)client->id))),
        HF_TEXT("role", hf_role_name(outcome->role)),
        HF_TEXT("auth", client->auth_method),
        HF_TEXT("user", c->login->proxy.user), /* last: only a proxy names one */
    };
    if (s->log.sink && s->log.level >= HF_LOG_INFO)
        hf_log_write(&s->log, HF_LOG_INFO, "conn.opened", fields,
                     HF_COUNT(fields) - (c->login->proxy.user.len > 0 ? 0 : 1));
}

void hf_conn_say_hello(struct hf_server *s, struct hf_conn *c, struct hf_bytes id,
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
    log_opened(s, c, outcome);
    hf_conn_login_free(c->login);
    c->login = NULL;
    /* The first ping leaves right behind the hello (spec/health-connection.md 4.2). */
    hf_outq_fence(&c->out);
    hf_conn_ping(s, c);
    hf_conn_resume(s, c);
}
