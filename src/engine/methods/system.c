#include "base/err.h"
#include "engine/methods/handlers.h"

static void info_done(struct hf_server *s, struct hf_call *call, const struct hf_job_result *result)
{
    const struct hf_facts *facts = &result->u.facts;
    size_t name_len = hf_bytes_find(s->config.platform, 0, ' ');
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_json_open_object(w);
    hf_json_add_text(w, "machineName", s->config.host_name);
    hf_json_add_text(w, "hostname", s->config.host_name);
    hf_json_add_text(w, "platform", hf_bytes_head(s->config.platform, name_len));
    hf_json_add_text(w, "release", hf_bytes_trim(hf_bytes_from(s->config.platform, name_len)));
    hf_json_add_text(w, "osLabel", s->config.platform);
    hf_json_add_text(w, "arch", s->config.machine);
    /* The published schema is closed and requires this name for what runs the gateway. */
    hf_json_add_text(w, "nodeVersion", s->config.runtime_version);
    hf_json_add_int(w, "pid", s->config.pid);
    hf_json_add_text(w, "processInstanceId", hf_bytes(s->instance_id, HF_UUID_CHARS));
    hf_json_add_int(w, "uptimeMs", hf_span_ms(hf_time_since(s->now.mono, s->started_at)));
    hf_json_add_int(w, "cpuCount", s->config.cpu_count);
    hf_json_add_text(w, "cpuModel", s->config.cpu_model);
    hf_json_add_array(w, "loadAverage");
    hf_json_put_double(w, facts->load_1m);
    hf_json_put_double(w, facts->load_5m);
    hf_json_put_double(w, facts->load_15m);
    hf_json_close_array(w);
    hf_json_add_int(w, "memoryTotalBytes", facts->memory_total_bytes);
    hf_json_add_int(w, "memoryFreeBytes", facts->memory_free_bytes);
    hf_server_write_event_loop(s, w);
    hf_json_add_object(w, "processMemory");
    hf_json_add_int(w, "rssBytes", facts->rss_bytes);
    hf_json_close_object(w);
    hf_json_add_text(w, "diskPath", s->config.state_dir);
    hf_json_add_int(w, "diskTotalBytes", facts->disk_total_bytes);
    hf_json_add_int(w, "diskAvailableBytes", facts->disk_free_bytes);
    hf_json_close_object(w);
    hf_reply_send(s, call);
}

void hf_method_system_info(struct hf_server *s, struct hf_call *call)
{
    struct hf_job job = { .kind = HF_JOB_FACTS };
    hf_reply_job(s, call, &job, info_done);
}

static void identity_done(struct hf_server *s, struct hf_call *call,
                          const struct hf_job_result *result)
{
    const struct hf_identity_result *identity = &result->u.identity;
    char id[HF_DEVICE_ID_CHARS], key[HF_DEVICE_KEY_CHARS];
    if (identity->err) {
        hf_buf_reset(&s->why, SIZE_MAX);
        hf_buf_addf(&s->why, "no identity: %s", hf_err_text(identity->err));
        hf_reply_unavailable(s, call, hf_buf_view(&s->why), 0);
        return;
    }
    struct hf_device_id device = hf_device_id_of(identity->public_key);
    hf_device_id_write(&device, id);
    hf_base64url_write(hf_bytes(identity->public_key, sizeof identity->public_key), key);
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_json_open_object(w);
    hf_json_add_text(w, "deviceId", hf_bytes(id, sizeof id));
    hf_json_add_text(w, "publicKey", hf_bytes(key, sizeof key));
    hf_json_close_object(w);
    hf_reply_send(s, call);
}

/* Made and read when somebody asks: nobody waits for it at the start. */
void hf_method_identity_get(struct hf_server *s, struct hf_call *call)
{
    struct hf_job job = { .kind = HF_JOB_IDENTITY };
    hf_reply_job(s, call, &job, identity_done);
}

/* The settings come redacted from whoever read the files: no secret is in here. */
void hf_method_config_get(struct hf_server *s, struct hf_call *call)
{
    const struct hf_bytes file = s->settings.config_file_json, nothing = HF_LIT("{}");
    struct hf_bytes config = s->settings.config_json.len > 0 ? s->settings.config_json : nothing;
    bool exists = file.len > 0;
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_json_open_object(w);
    hf_json_add_text(w, "path", s->settings.config_path);
    hf_json_add_bool(w, "exists", exists);
    if (exists)
        hf_json_add_text(w, "raw", file);
    else
        hf_json_add_null(w, "raw");
    hf_json_add_raw(w, "parsed", exists ? file : nothing);
    hf_json_add_raw(w, "resolved", config);
    hf_json_add_raw(w, "config", config);
    hf_json_add_bool(w, "valid", true);
    hf_json_add_text(w, "hash", s->settings.config_hash);
    hf_json_add_raw(w, "issues", HF_LIT("[]"));
    hf_json_add_raw(w, "warnings", HF_LIT("[]"));
    hf_json_add_raw(w, "legacyIssues", HF_LIT("[]"));
    hf_json_close_object(w);
    hf_reply_send(s, call);
}
