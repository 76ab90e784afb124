#include "wire/schema/hello.h"
#include "wire/json_write.h"

static void add_server(struct hf_json_writer *w, const struct hf_hello *h)
{
    hf_json_add_object(w, "server");
    hf_json_add_text(w, "version", h->server_version);
    hf_json_add_text_if(w, "bootId", h->boot_id);
    hf_json_add_text(w, "connId", h->conn_id);
    hf_json_close_object(w);
}

static void add_snapshot(struct hf_json_writer *w, const struct hf_hello *h)
{
    hf_json_add_object(w, "snapshot");
    if (h->suspension_phase.len > 0) {
        hf_json_add_object(w, "suspension");
        hf_json_add_text(w, "phase", h->suspension_phase);
        hf_json_close_object(w);
    }
    hf_json_add_raw(w, "presence", h->presence);
    hf_json_add_raw(w, "health", h->health);
    hf_json_add_object(w, "stateVersion");
    hf_json_add_int(w, "presence", h->state_version.presence);
    hf_json_add_int(w, "health", h->state_version.health);
    hf_json_close_object(w);
    hf_json_add_int(w, "uptimeMs", h->uptime_ms);
    if (h->session_defaults.len > 0) hf_json_add_raw(w, "sessionDefaults", h->session_defaults);
    hf_json_add_text_if(w, "configPath", h->config_path);
    hf_json_add_text_if(w, "stateDir", h->state_dir);
    hf_json_add_text_if(w, "authMode", h->auth_mode);
    hf_json_close_object(w);
}

static void add_auth(struct hf_json_writer *w, const struct hf_hello_auth *auth)
{
    hf_json_add_object(w, "auth");
    hf_json_add_text_if(w, "method", auth->method);
    if (auth->device_token.len > 0) {
        hf_json_add_text(w, "deviceToken", auth->device_token);
        hf_json_add_int(w, "issuedAtMs", auth->issued_at_ms);
        if (auth->recovery_migration_allowed) hf_json_add_bool(w, "recoveryMigrationAllowed", true);
    }
    hf_json_add_text_if(w, "recoveryScope", auth->recovery_scope);
    hf_json_add_text(w, "role", auth->role);
    hf_json_add_array(w, "scopes");
    for (size_t i = 0; i < auth->scope_count; i++) hf_json_put_text(w, auth->scopes[i]);
    hf_json_close_array(w);
    hf_json_close_object(w);
}

void hf_hello_write(struct hf_buf *out, const struct hf_hello *hello)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "type", HF_LIT("hello-ok"));
    hf_json_add_int(&w, "protocol", HF_PROTOCOL_VERSION);
    add_server(&w, hello);
    hf_json_add_raw(&w, "features", hello->features);
    add_snapshot(&w, hello);
    add_auth(&w, &hello->auth);
    hf_json_add_raw(&w, "policy", hello->policy);
    hf_json_close_object(&w);
}
