/* From what a program said to what the engine wants. */
#include "base/crypto.h"
#include "base/err.h"
#include "client/state.h"
#include "core/endpoint.h"
#include "host/entropy.h"
#include "wire/json_scan.h"
#include "wire/json_write.h"

#include <stdlib.h>

static struct hf_bytes text_or(const struct holdfast_options *o, enum holdfast_text_option option,
                               const char *otherwise)
{
    struct hf_bytes text = hf_options_text(o, option);
    return text.len > 0 ? text : hf_bytes_cstr(otherwise);
}

static bool is_node(const struct holdfast_options *o)
{
    return o->numbers[HOLDFAST_ROLE] == HOLDFAST_NODE;
}

static int set_client(struct hf_connect_client *client, const struct holdfast_options *o)
{
    struct hf_bytes id =
        text_or(o, HOLDFAST_CLIENT_ID, is_node(o) ? "node-host" : "gateway-client");
    struct hf_bytes mode = text_or(o, HOLDFAST_CLIENT_MODE, is_node(o) ? "node" : "backend");
    if (!hf_client_id_find(id, &client->id)) return HF_ERR_USAGE;
    if (!hf_client_mode_find(mode, &client->mode)) return HF_ERR_USAGE;
    client->version = text_or(o, HOLDFAST_CLIENT_VERSION, HF_VERSION);
    client->platform = text_or(o, HOLDFAST_PLATFORM, "linux");
    client->device_family = text_or(o, HOLDFAST_DEVICE_FAMILY, "Linux");
    client->display_name = hf_options_text(o, HOLDFAST_DISPLAY_NAME);
    client->model_identifier = hf_options_text(o, HOLDFAST_MODEL_IDENTIFIER);
    client->time_zone = hf_options_text(o, HOLDFAST_TIME_ZONE);
    client->instance_id = hf_options_text(o, HOLDFAST_INSTANCE_ID);
    return 0;
}

/* The commands of a node as a JSON array. */
static int write_commands(struct holdfast_client *c, struct hf_client_config *config)
{
    const struct hf_option_list *list = &c->options->lists[HOLDFAST_COMMANDS];
    struct hf_json_writer w;
    if (list->len == 0) return 0;
    hf_buf_init(&c->commands, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_json_writer_init(&w, &c->commands);
    hf_json_open_array(&w);
    for (size_t i = 0; i < list->len; i++) hf_json_put_text(&w, hf_bytes_cstr(list->items[i]));
    hf_json_close_array(&w);
    config->connect.commands = hf_buf_view(&c->commands);
    return hf_buf_done(&c->commands);
}

static int set_connect(struct holdfast_client *c, struct hf_client_config *config)
{
    const struct holdfast_options *o = c->options;
    struct hf_connect *connect = &config->connect;
    connect->min_protocol = o->numbers[HOLDFAST_MIN_PROTOCOL];
    connect->max_protocol = o->numbers[HOLDFAST_MAX_PROTOCOL];
    connect->role = is_node(o) ? HF_ROLE_NODE : HF_ROLE_OPERATOR;
    connect->role_name = is_node(o) ? HF_LIT("node") : HF_LIT("operator");
    connect->has_known_role = true;
    connect->scope_count = o->lists[HOLDFAST_SCOPES].len;
    for (size_t i = 0; i < connect->scope_count; i++)
        connect->scopes[i] = hf_bytes_cstr(o->lists[HOLDFAST_SCOPES].items[i]);
    connect->cap_count = o->lists[HOLDFAST_CAPS].len;
    for (size_t i = 0; i < connect->cap_count; i++)
        connect->caps[i] = hf_bytes_cstr(o->lists[HOLDFAST_CAPS].items[i]);
    connect->locale = hf_options_text(o, HOLDFAST_LOCALE);
    connect->user_agent = hf_options_text(o, HOLDFAST_USER_AGENT);
    connect->path_env = hf_options_text(o, HOLDFAST_PATH_ENV);
    connect->permissions = hf_options_text(o, HOLDFAST_PERMISSIONS);
    bool has_permissions = connect->permissions.len > 0;
    if (has_permissions && hf_json_check(connect->permissions, HF_LIMIT_JSON_DEPTH_PREAUTH, NULL))
        return HF_ERR_SYNTAX;
    if (connect->min_protocol > connect->max_protocol) return HF_ERR_USAGE;
    int err = set_client(&connect->client, o);
    if (!err) c->client_id = hf_client_id_name(connect->client.id);
    return err ? err : write_commands(c, config);
}

static hf_span ms_of(const struct holdfast_options *o, enum holdfast_number_option option)
{
    return HF_MS(o->numbers[option]);
}

/* What the program asked for, or 0 when it left the default: then the environment counts. */
static hf_span wish_of(const struct holdfast_options *o, enum holdfast_number_option option)
{
    return o->numbers[option] == HF_OPTION_LOGIN_MS ? 0 : ms_of(o, option);
}

static struct hf_bytes environment(const char *name)
{
    const char *text = getenv(name);
    return hf_bytes_cstr(text ? text : "");
}

/* spec/client-lifecycle.md section 1. */
static void set_login_limits(struct hf_link_limits *limits, const struct holdfast_options *o)
{
    const struct hf_link_timeouts timeouts = {
        .handshake_env = environment("OPENCLAW_HANDSHAKE_TIMEOUT_MS"),
        .challenge_env = environment("OPENCLAW_CONNECT_CHALLENGE_TIMEOUT_MS"),
        .handshake = wish_of(o, HOLDFAST_UPGRADE_TIMEOUT_MS),
        .challenge = wish_of(o, HOLDFAST_CHALLENGE_TIMEOUT_MS),
    };
    hf_link_limits_timeouts(limits, &timeouts);
    hf_span connect = wish_of(o, HOLDFAST_CONNECT_TIMEOUT_MS);
    if (connect > 0) limits->connect_within = connect;
}

static void set_limits(struct hf_link_limits *limits, const struct holdfast_options *o)
{
    hf_link_limits_init(limits);
    if (o->numbers[HOLDFAST_MOBILE]) hf_link_limits_mobile(limits);
    limits->backoff.initial = ms_of(o, HOLDFAST_BACKOFF_INITIAL_MS);
    limits->backoff.max = hf_span_max(ms_of(o, HOLDFAST_BACKOFF_MAX_MS), limits->backoff.initial);
    limits->backoff.slow_max = hf_span_max(limits->backoff.slow_max, limits->backoff.max);
    limits->backoff.jitter_percent = (unsigned)o->numbers[HOLDFAST_BACKOFF_JITTER_PERCENT];
    limits->watch.ping_every = ms_of(o, HOLDFAST_PING_INTERVAL_MS);
    limits->watch.beat_every = ms_of(o, HOLDFAST_HEARTBEAT_INTERVAL_MS);
    set_login_limits(limits, o);
    limits->budget = ms_of(o, HOLDFAST_BUDGET_MS);
    limits->stable_after = ms_of(o, HOLDFAST_STABLE_MS);
    limits->pairing_poll = ms_of(o, HOLDFAST_PAIRING_POLL_MS);
    limits->attempts_max = (uint32_t)o->numbers[HOLDFAST_MAX_ATTEMPTS];
    limits->is_one_shot = o->numbers[HOLDFAST_ONE_SHOT] != 0;
    limits->asks_before_reconnect = o->asks[HOLDFAST_ASK_RECONNECT].fn != NULL;
    limits->asks_before_login = o->asks[HOLDFAST_ASK_HANDSHAKE].fn != NULL;
    limits->may_offer_older = is_node(o);
}

void hf_client_credentials(const struct holdfast_client *c, struct hf_credentials *out)
{
    const struct holdfast_options *o = c->options;
    const struct hf_endpoint endpoint = { .host = c->url.host,
                                          .is_tls = c->url.is_tls,
                                          .fingerprint =
                                              hf_options_text(o, HOLDFAST_TLS_FINGERPRINT) };
    *out = (struct hf_credentials){
        .token = hf_options_text(o, HOLDFAST_TOKEN),
        .password = hf_options_text(o, HOLDFAST_PASSWORD),
        .bootstrap_token = hf_options_text(o, HOLDFAST_BOOTSTRAP_TOKEN),
        .device_token = hf_options_text(o, HOLDFAST_DEVICE_TOKEN),
        .stored_device_token = hf_bytes_cstr(c->stored_token),
        .prefers_bootstrap = o->numbers[HOLDFAST_PREFERS_BOOTSTRAP] != 0,
        .is_trusted = hf_endpoint_is_trusted(&endpoint),
    };
}

static bool env_allows_plain(void)
{
    const char *text = getenv("OPENCLAW_ALLOW_INSECURE_PRIVATE_WS");
    return text && strcmp(text, "1") == 0;
}

static int set_device(struct holdfast_client *c, struct hf_client_config *config)
{
    size_t len;
    uint8_t key[HF_ED25519_KEY_BYTES];
    struct hf_bytes text = hf_options_text(c->options, HOLDFAST_DEVICE_KEY);
    if (text.len > 0) {
        int err = hf_base64url_read(text, config->device_secret, HF_ED25519_KEY_BYTES, &len);
        if (err || len != HF_ED25519_KEY_BYTES) return HF_ERR_USAGE;
        config->has_device = true;
    }
    bool uses_store = c->options->numbers[HOLDFAST_DEVICE] == HOLDFAST_DEVICE_STORED;
    if (uses_store) {
        int err = hf_vault_open(c);
        if (err) return err;
    }
    if (uses_store && text.len == 0) {
        int err = hf_vault_identity(c, config->device_secret);
        if (err) return err;
        config->has_device = true;
    }
    if (!config->has_device) return 0;
    int err = hf_ed25519_public(config->device_secret, key);
    if (err) return err;
    uint8_t digest[HF_SHA256_BYTES];
    hf_sha256(hf_bytes(key, sizeof key), digest);
    hf_hex_write(hf_bytes(digest, sizeof digest), c->device_id);
    return uses_store ? hf_vault_token(c) : 0;
}

static int set_address(struct holdfast_client *c, struct hf_client_config *config)
{
    const char *what;
    const struct holdfast_options *o = c->options;
    struct hf_bytes user, url = hf_options_text(o, HOLDFAST_URL);
    if (url.len == 0) url = HF_LIT("ws://127.0.0.1:18789");
    if (hf_url_read_login(url, &c->url, &user, &what) != 0) return HF_ERR_USAGE;
    hf_buf_init(&c->basic_auth, HF_LIMIT_URL_USER_BYTES);
    int err = user.len > 0 ? hf_url_user_write(user, &c->basic_auth) : 0;
    if (err) return err == HF_ERR_NOMEM ? err : HF_ERR_USAGE;
    config->url = c->url;
    config->basic_auth = hf_buf_view(&c->basic_auth);
    config->fingerprint = hf_options_text(o, HOLDFAST_TLS_FINGERPRINT);
    config->allows_plain = o->numbers[HOLDFAST_ALLOW_PLAIN] || env_allows_plain();
    c->has_pin = hf_endpoint_fingerprint_read(config->fingerprint, c->pin);
    return 0;
}

static int make_engine(struct holdfast_client *c, struct hf_client_config *config)
{
    config->call_within = ms_of(c->options, HOLDFAST_CALL_TIMEOUT_MS);
    config->keeps_hello = true;
    set_limits(&config->link, c->options);
    hf_client_credentials(c, &config->credentials);
    config->stored_scopes = hf_bytes_cstr(c->stored_scopes);
    if (hf_client_config_fault(config)) return HF_ERR_USAGE;
    int err = hf_entropy(config->seed, sizeof config->seed);
    if (!err) err = hf_client_new(&c->engine, config);
    hf_wipe(config->seed, sizeof config->seed);
    return err;
}

int hf_client_setup(struct holdfast_client *c)
{
    struct hf_client_config config = { 0 };
    int err = set_address(c, &config);
    if (!err) err = set_connect(c, &config);
    if (!err) err = set_device(c, &config);
    if (!err) err = make_engine(c, &config);
    hf_wipe(config.device_secret, sizeof config.device_secret);
    return err;
}
