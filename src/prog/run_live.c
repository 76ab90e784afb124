/* What `holdfast run` tells and reads again while it runs. */
#include "prog/run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a client on this machine would connect to: an address that stands for all of them is
 * none to connect to. */
static void write_url(const struct hf_run *r, char *out, size_t cap)
{
    const char *host = r->spec.bind == HF_BIND_ADDRESS ? r->spec.address : "127.0.0.1";
    if (strcmp(host, "0.0.0.0") == 0) host = "127.0.0.1";
    if (strcmp(host, "::") == 0) host = "::1";
    bool is_v6 = strchr(host, ':') != NULL;
    snprintf(out, cap, "%s://%s%s%s:%u", r->tls ? "wss" : "ws", is_v6 ? "[" : "", host,
             is_v6 ? "]" : "", hf_loop_port(r->loop));
}

void hf_run_tell_ready(const struct hf_run *r)
{
    char url[128];
    write_url(r, url, sizeof url);
    HF_LOG(&r->log, HF_LOG_INFO, "gateway.ready", HF_TEXT("url", hf_bytes_cstr(url)));
    printf("holdfast ready url=%s pid=%ld version=%s\n", url, (long)getpid(), HF_VERSION);
    fflush(stdout);
}

/* Names what changed and waits for the next start. */
static void tell_restart_keys(struct hf_run *r, const struct hf_config *fresh)
{
    for (int i = 0; i < HF_KEY_COUNT; i++) {
        enum hf_key_id key = (enum hf_key_id)i;
        if (hf_key_needs_restart(key) && !hf_config_same(&r->config, fresh, key))
            HF_LOG(&r->log, HF_LOG_WARN, "config.deferred",
                   HF_TEXT("key", hf_bytes_cstr(hf_keys[i].name)),
                   HF_TEXT("until", HF_LIT("restart")));
    }
}

/* Reads everything again beside what is in use; only when all of it is fine does
 * anything change. */
static int reload(struct hf_run *r, struct hf_config *fresh, struct hf_settings_text *text,
                  struct hf_fault *fault)
{
    struct hf_settings settings;
    struct hf_settings_place ignored; /* counts from the next start */
    int err = hf_config_load(fresh, r->args, fault);
    if (!err) err = hf_settings_check(fresh, r->has_program, &ignored, fault);
    if (!err) err = hf_run_make_token(r, fresh, fault);
    if (!err) err = hf_settings_from(fresh, hf_bytes_cstr(r->token), &settings, text, fault);
    if (!err) err = hf_run_reload_tls(r, fresh, fault);
    if (err) return err;
    hf_run_tell_warnings(r, fresh);
    tell_restart_keys(r, fresh);
    hf_loop_settings(r->loop, &settings);
    if (r->front) hf_front_run_settings(r->front, &settings);
    if (r->place) hf_place_reload(r->place, &settings);
    return 0;
}

void hf_run_reload(struct hf_run *r)
{
    struct hf_config fresh;
    struct hf_settings_text text = { { 0 }, { 0 } };
    struct hf_fault fault;
    if (reload(r, &fresh, &text, &fault) != 0) {
        HF_LOG(&r->log, HF_LOG_ERROR, "config.refused", HF_TEXT("why", hf_bytes_cstr(fault.text)));
        hf_settings_text_fini(&text);
        hf_config_fini(&fresh);
        return;
    }
    HF_LOG(&r->log, HF_LOG_INFO, "config.reloaded",
           HF_TEXT("file", hf_bytes_cstr(fresh.has_own_file ? fresh.own_path : "")));
    hf_settings_text_fini(&r->settings_text);
    hf_config_fini(&r->config);
    r->config = fresh;
    r->settings_text = text;
}
