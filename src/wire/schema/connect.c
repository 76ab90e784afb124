#include "wire/schema/connect.h"
#include "base/err.h"
#include "wire/json_read.h"
#include "wire/json_rules.h"
#include "wire/json_write.h"

/* The rows stand in the order of the published schema, which decides the order of findings. */

static const struct hf_json_rule name_item = { .type = HF_RULE_STRING, .min = 1 };
static const struct hf_json_rule boolean_item = { .type = HF_RULE_BOOLEAN };
static const struct hf_json_rule feature_item = { .type = HF_RULE_STRING, .min = 1, .max = 128 };

enum client_row {
    CLIENT_ID,
    CLIENT_DISPLAY_NAME,
    CLIENT_VERSION,
    CLIENT_BUILD_ID,
    CLIENT_PLATFORM,
    CLIENT_DEVICE_FAMILY,
    CLIENT_MODEL_IDENTIFIER,
    CLIENT_TIME_ZONE,
    CLIENT_MODE,
    CLIENT_INSTANCE_ID,
    CLIENT_ROWS,
};

static const struct hf_json_rule client_rows[CLIENT_ROWS] = {
    [CLIENT_ID] = { "id", HF_RULE_ENUM, .is_required = true, .allowed = hf_client_id_names },
    [CLIENT_DISPLAY_NAME] = { "displayName", HF_RULE_STRING, .min = 1 },
    [CLIENT_VERSION] = { "version", HF_RULE_STRING, .is_required = true, .min = 1 },
    [CLIENT_BUILD_ID] = { "buildId", HF_RULE_STRING, .min = 1, .max = 96 },
    [CLIENT_PLATFORM] = { "platform", HF_RULE_STRING, .is_required = true, .min = 1 },
    [CLIENT_DEVICE_FAMILY] = { "deviceFamily", HF_RULE_STRING, .min = 1 },
    [CLIENT_MODEL_IDENTIFIER] = { "modelIdentifier", HF_RULE_STRING, .min = 1 },
    [CLIENT_TIME_ZONE] = { "timeZone", HF_RULE_STRING, .min = 1, .max = 64 },
    [CLIENT_MODE] = { "mode", HF_RULE_ENUM, .is_required = true, .allowed = hf_client_mode_names },
    [CLIENT_INSTANCE_ID] = { "instanceId", HF_RULE_STRING, .min = 1 },
};

static const struct hf_json_rules client_rules = HF_JSON_RULES(client_rows);

static const struct hf_json_rule worker_rows[] = {
    { "bundleHash", HF_RULE_HEX, .is_required = true, .min = 64 },
    { "openclawVersion", HF_RULE_STRING, .is_required = true, .min = 1, .max = 128 },
    { "protocolFeatures", HF_RULE_ARRAY, .is_required = true, .is_unique = true, .max = 64,
      .item = &feature_item },
    { "bundlePrewarm", HF_RULE_INTEGER, .min = 1, .max = INT64_C(9007199254740991) },
};

static const struct hf_json_rules worker_rules = HF_JSON_RULES(worker_rows);

enum device_row {
    DEVICE_ID,
    DEVICE_PUBLIC_KEY,
    DEVICE_SIGNATURE,
    DEVICE_SIGNED_AT,
    DEVICE_NONCE,
    DEVICE_ROWS,
};

static const struct hf_json_rule device_rows[DEVICE_ROWS] = {
    [DEVICE_ID] = { "id", HF_RULE_STRING, .is_required = true, .min = 1 },
    [DEVICE_PUBLIC_KEY] = { "publicKey", HF_RULE_STRING, .is_required = true, .min = 1 },
    [DEVICE_SIGNATURE] = { "signature", HF_RULE_STRING, .is_required = true, .min = 1 },
    [DEVICE_SIGNED_AT] = { "signedAt", HF_RULE_INTEGER, .is_required = true },
    [DEVICE_NONCE] = { "nonce", HF_RULE_STRING, .is_required = true, .min = 1 },
};

static const struct hf_json_rules device_rules = HF_JSON_RULES(device_rows);

enum auth_row {
    AUTH_TOKEN,
    AUTH_BOOTSTRAP_TOKEN,
    AUTH_DEVICE_TOKEN,
    AUTH_PASSWORD,
    AUTH_APPROVAL_TOKEN,
    AUTH_IDENTITY_TOKEN,
    AUTH_ROWS,
};

static const struct hf_json_rule auth_rows[AUTH_ROWS] = {
    [AUTH_TOKEN] = { .name = "token", .type = HF_RULE_STRING },
    [AUTH_BOOTSTRAP_TOKEN] = { .name = "bootstrapToken", .type = HF_RULE_STRING },
    [AUTH_DEVICE_TOKEN] = { .name = "deviceToken", .type = HF_RULE_STRING },
    [AUTH_PASSWORD] = { .name = "password", .type = HF_RULE_STRING },
    [AUTH_APPROVAL_TOKEN] = { .name = "approvalRuntimeToken", .type = HF_RULE_STRING },
    [AUTH_IDENTITY_TOKEN] = { .name = "agentRuntimeIdentityToken", .type = HF_RULE_STRING },
};

static const struct hf_json_rules auth_rules = HF_JSON_RULES(auth_rows);

enum connect_row {
    CONNECT_MIN_PROTOCOL,
    CONNECT_MAX_PROTOCOL,
    CONNECT_CLIENT,
    CONNECT_CAPS,
    CONNECT_COMMANDS,
    CONNECT_COMPUTER_USE,
    CONNECT_WORKER_RUNS,
    CONNECT_PERMISSIONS,
    CONNECT_PATH_ENV,
    CONNECT_ROLE,
    CONNECT_SCOPES,
    CONNECT_DEVICE,
    CONNECT_AUTH,
    CONNECT_LOCALE,
    CONNECT_USER_AGENT,
    CONNECT_MODEL_CATALOG,
    CONNECT_ROWS,
};

static const struct hf_json_rule connect_rows[CONNECT_ROWS] = {
    [CONNECT_MIN_PROTOCOL] = { "minProtocol", HF_RULE_INTEGER, .is_required = true, .min = 1 },
    [CONNECT_MAX_PROTOCOL] = { "maxProtocol", HF_RULE_INTEGER, .is_required = true, .min = 1 },
    [CONNECT_CLIENT] = { "client", HF_RULE_OBJECT, .is_required = true, .members = &client_rules },
    [CONNECT_CAPS] = { "caps", HF_RULE_ARRAY, .max = HF_LIMIT_CAPS, .item = &name_item },
    [CONNECT_COMMANDS] = { "commands", HF_RULE_ARRAY, .item = &name_item },
    [CONNECT_COMPUTER_USE] = { .name = "computerUse", .type = HF_RULE_ANY },
    [CONNECT_WORKER_RUNS] = { "workerRuns", HF_RULE_OBJECT, .members = &worker_rules },
    [CONNECT_PERMISSIONS] = { "permissions", HF_RULE_MAP, .item = &boolean_item },
    [CONNECT_PATH_ENV] = { .name = "pathEnv", .type = HF_RULE_STRING },
    [CONNECT_ROLE] = { "role", HF_RULE_STRING, .min = 1 },
    [CONNECT_SCOPES] = { "scopes", HF_RULE_ARRAY, .max = HF_LIMIT_SCOPES, .item = &name_item },
    [CONNECT_DEVICE] = { "device", HF_RULE_OBJECT, .members = &device_rules },
    [CONNECT_AUTH] = { "auth", HF_RULE_OBJECT, .members = &auth_rules },
    [CONNECT_LOCALE] = { .name = "locale", .type = HF_RULE_STRING },
    [CONNECT_USER_AGENT] = { .name = "userAgent", .type = HF_RULE_STRING },
    [CONNECT_MODEL_CATALOG] = { "modelCatalog", HF_RULE_OBJECT, .or_any_of = true },
};

static const struct hf_json_rules connect_rules = HF_JSON_RULES(connect_rows);

/* --- reading --- */

static struct hf_bytes text_of(struct hf_bytes value, struct hf_buf *scratch)
{
    return hf_json_get_text(value, scratch);
}

/* The spans of the members of `object` by row; the object has passed its rules. */
static void split(const struct hf_json_rules *rules, struct hf_bytes object,
                  struct hf_bytes *values)
{
    struct hf_json_iter it = hf_json_iter(object);
    struct hf_json_member member;
    for (size_t i = 0; i < rules->count; i++) values[i] = HF_EMPTY;
    while (hf_json_next_member(&it, &member))
        values[hf_json_rules_find(rules, member.key)] = member.value;
}

static void read_client(struct hf_bytes object, struct hf_buf *scratch,
                        struct hf_connect_client *client)
{
    struct hf_bytes values[CLIENT_ROWS];
    split(&client_rules, object, values);
    hf_client_id_find(text_of(values[CLIENT_ID], scratch), &client->id);
    hf_client_mode_find(text_of(values[CLIENT_MODE], scratch), &client->mode);
    client->version = text_of(values[CLIENT_VERSION], scratch);
    client->platform = text_of(values[CLIENT_PLATFORM], scratch);
    client->display_name = text_of(values[CLIENT_DISPLAY_NAME], scratch);
    client->build_id = text_of(values[CLIENT_BUILD_ID], scratch);
    client->device_family = text_of(values[CLIENT_DEVICE_FAMILY], scratch);
    client->model_identifier = text_of(values[CLIENT_MODEL_IDENTIFIER], scratch);
    client->time_zone = text_of(values[CLIENT_TIME_ZONE], scratch);
    client->instance_id = text_of(values[CLIENT_INSTANCE_ID], scratch);
}

static void read_device(struct hf_bytes object, struct hf_buf *scratch,
                        struct hf_connect_device *device)
{
    struct hf_bytes values[DEVICE_ROWS];
    split(&device_rules, object, values);
    device->id = text_of(values[DEVICE_ID], scratch);
    device->public_key = text_of(values[DEVICE_PUBLIC_KEY], scratch);
    device->signature = text_of(values[DEVICE_SIGNATURE], scratch);
    device->nonce = text_of(values[DEVICE_NONCE], scratch);
    hf_json_get_whole(values[DEVICE_SIGNED_AT], &device->signed_at_ms);
}

static void read_auth(struct hf_bytes object, struct hf_buf *scratch, struct hf_connect_auth *auth)
{
    struct hf_bytes values[AUTH_ROWS];
    split(&auth_rules, object, values);
    auth->token = text_of(values[AUTH_TOKEN], scratch);
    auth->bootstrap_token = text_of(values[AUTH_BOOTSTRAP_TOKEN], scratch);
    auth->device_token = text_of(values[AUTH_DEVICE_TOKEN], scratch);
    auth->password = text_of(values[AUTH_PASSWORD], scratch);
    auth->approval_runtime_token = text_of(values[AUTH_APPROVAL_TOKEN], scratch);
    auth->agent_runtime_identity_token = text_of(values[AUTH_IDENTITY_TOKEN], scratch);
}

static void read_role(struct hf_bytes value, struct hf_buf *scratch, struct hf_connect *out)
{
    out->role_name = value.len > 0 ? text_of(value, scratch) : HF_LIT("operator");
    bool is_node = hf_bytes_same(out->role_name, HF_LIT("node"));
    out->role = is_node ? HF_ROLE_NODE : HF_ROLE_OPERATOR;
    out->has_known_role = is_node || hf_bytes_same(out->role_name, HF_LIT("operator"));
}

static void read_scopes(struct hf_bytes array, struct hf_buf *scratch, struct hf_connect *out)
{
    struct hf_json_iter it = hf_json_iter(array);
    struct hf_bytes value;
    enum hf_scope scope;
    while (hf_json_next(&it, &value)) {
        struct hf_bytes name = text_of(value, scratch);
        out->scopes[out->scope_count++] = name;
        if (hf_scope_find(name, &scope)) out->scope_set |= hf_scope_bit(scope);
    }
}

static void read_caps(struct hf_bytes array, struct hf_buf *scratch, struct hf_connect *out)
{
    struct hf_json_iter it = hf_json_iter(array);
    struct hf_bytes value;
    enum hf_cap cap;
    while (hf_json_next(&it, &value)) {
        struct hf_bytes name = text_of(value, scratch);
        out->caps[out->cap_count++] = name;
        if (hf_cap_find(name, &cap)) out->cap_set |= hf_cap_bit(cap);
    }
}

static void read_all(const struct hf_bytes values[CONNECT_ROWS], struct hf_buf *scratch,
                     struct hf_connect *out)
{
    *out = (struct hf_connect){
        .has_device = values[CONNECT_DEVICE].len > 0,
        .has_auth = values[CONNECT_AUTH].len > 0,
        .path_env = text_of(values[CONNECT_PATH_ENV], scratch),
        .locale = text_of(values[CONNECT_LOCALE], scratch),
        .user_agent = text_of(values[CONNECT_USER_AGENT], scratch),
        .commands = values[CONNECT_COMMANDS],
        .permissions = values[CONNECT_PERMISSIONS],
        .computer_use = values[CONNECT_COMPUTER_USE],
        .worker_runs = values[CONNECT_WORKER_RUNS],
    };
    hf_json_get_whole(values[CONNECT_MIN_PROTOCOL], &out->min_protocol);
    hf_json_get_whole(values[CONNECT_MAX_PROTOCOL], &out->max_protocol);
    read_client(values[CONNECT_CLIENT], scratch, &out->client);
    read_role(values[CONNECT_ROLE], scratch, out);
    read_scopes(values[CONNECT_SCOPES], scratch, out);
    read_caps(values[CONNECT_CAPS], scratch, out);
    read_device(values[CONNECT_DEVICE], scratch, &out->device);
    read_auth(values[CONNECT_AUTH], scratch, &out->auth);
}

int hf_connect_read(struct hf_bytes params, struct hf_buf *scratch, struct hf_buf *why,
                    struct hf_connect *out)
{
    struct hf_bytes values[CONNECT_ROWS];
    int err = hf_json_rules_check(&connect_rules, params, values,
                                  &(struct hf_json_report){ "connect", "params", why });
    if (err != 0) return err;
    /* Decoded text must stay where it is while more is decoded behind it. */
    if (hf_bytes_find(params, 0, '\\') < params.len) err = hf_buf_reserve(scratch, params.len);
    if (err != 0) return err;
    read_all(values, scratch, out);
    return 0;
}

/* --- writing --- */

static void add_raw_if(struct hf_json_writer *w, const char *key, struct hf_bytes json)
{
    if (json.len > 0) hf_json_add_raw(w, key, json);
}

static void add_names(struct hf_json_writer *w, const char *key, const struct hf_bytes *names,
                      size_t count)
{
    hf_json_add_array(w, key);
    for (size_t i = 0; i < count; i++) hf_json_put_text(w, names[i]);
    hf_json_close_array(w);
}

static void add_client(struct hf_json_writer *w, const struct hf_connect_client *client)
{
    hf_json_add_object(w, "client");
    hf_json_add_text(w, "id", hf_bytes_cstr(hf_client_id_name(client->id)));
    hf_json_add_text_if(w, "displayName", client->display_name);
    hf_json_add_text(w, "version", client->version);
    hf_json_add_text_if(w, "buildId", client->build_id);
    hf_json_add_text(w, "platform", client->platform);
    hf_json_add_text_if(w, "deviceFamily", client->device_family);
    hf_json_add_text_if(w, "modelIdentifier", client->model_identifier);
    hf_json_add_text_if(w, "timeZone", client->time_zone);
    hf_json_add_text(w, "mode", hf_bytes_cstr(hf_client_mode_name(client->mode)));
    hf_json_add_text_if(w, "instanceId", client->instance_id);
    hf_json_close_object(w);
}

static void add_device(struct hf_json_writer *w, const struct hf_connect_device *device)
{
    hf_json_add_object(w, "device");
    hf_json_add_text(w, "id", device->id);
    hf_json_add_text(w, "publicKey", device->public_key);
    hf_json_add_text(w, "signature", device->signature);
    hf_json_add_int(w, "signedAt", device->signed_at_ms);
    hf_json_add_text(w, "nonce", device->nonce);
    hf_json_close_object(w);
}

static void add_auth(struct hf_json_writer *w, const struct hf_connect_auth *auth)
{
    hf_json_add_object(w, "auth");
    hf_json_add_text_if(w, "token", auth->token);
    hf_json_add_text_if(w, "bootstrapToken", auth->bootstrap_token);
    hf_json_add_text_if(w, "deviceToken", auth->device_token);
    hf_json_add_text_if(w, "password", auth->password);
    hf_json_add_text_if(w, "approvalRuntimeToken", auth->approval_runtime_token);
    hf_json_add_text_if(w, "agentRuntimeIdentityToken", auth->agent_runtime_identity_token);
    hf_json_close_object(w);
}

void hf_connect_write(struct hf_buf *out, const struct hf_connect *connect)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_int(&w, "minProtocol", connect->min_protocol);
    hf_json_add_int(&w, "maxProtocol", connect->max_protocol);
    add_client(&w, &connect->client);
    add_names(&w, "caps", connect->caps, connect->cap_count);
    add_raw_if(&w, "commands", connect->commands);
    add_raw_if(&w, "computerUse", connect->computer_use);
    add_raw_if(&w, "workerRuns", connect->worker_runs);
    add_raw_if(&w, "permissions", connect->permissions);
    hf_json_add_text_if(&w, "pathEnv", connect->path_env);
    hf_json_add_text(&w, "role", connect->role_name);
    add_names(&w, "scopes", connect->scopes, connect->scope_count);
    if (connect->has_device) add_device(&w, &connect->device);
    if (connect->has_auth) add_auth(&w, &connect->auth);
    hf_json_add_text_if(&w, "locale", connect->locale);
    hf_json_add_text_if(&w, "userAgent", connect->user_agent);
    hf_json_close_object(&w);
}
