/* What stands before `holdfast run` runs, in the order in which it happens. */
#include "host/entropy.h"
#include "host/tls.h"
#include "host/tls_make.h"
#include "prog/log_open.h"
#include "prog/paths.h"
#include "prog/run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where certificate and key are: in the configuration, or in `own_*`. */
struct tls_pair {
    const char *cert, *key;
    char own_cert[HF_STATE_PATH_BYTES], own_key[HF_STATE_PATH_BYTES];
};

/* Flags that say how a program is kept, without one. */
static int check_flags(const struct hf_args *args, struct hf_fault *fault)
{
    static const enum hf_option wants_program[] = {
        HF_OPTION_CONTROL,
        HF_OPTION_DOCTOR,
        HF_OPTION_SURVIVE,
        HF_OPTION_EXIT_WITH_PARENT,
        HF_OPTION_SHUTDOWN_EXTERNAL,
        HF_OPTION_WATCHDOG,
        HF_OPTION_STOP_GRACE,
        HF_OPTION_RESTART_BUDGET,
        HF_OPTION_RECONNECT_ATTEMPTS,
        HF_OPTION_RECONNECT_DELAY,
        HF_OPTION_RECONNECT_MAX_DELAY,
        HF_OPTION_MEMORY_SOFT,
        HF_OPTION_MEMORY_HARD,
    };
    for (size_t i = 0; i < HF_COUNT(wants_program); i++)
        if (args->values[wants_program[i]])
            return hf_fault_set(fault, HF_ERR_USAGE,
                                "--%s wants a program to keep: holdfast run -- CMD ARG...",
                                hf_option_name(wants_program[i]));
    return 0;
}

/* The program behind us, and where it says that it listens. */
static int read_program(struct hf_run *r, struct hf_fault *fault)
{
    int err = hf_kept_read(&r->kept, r->args, &r->config, &r->notify, fault);
    return err ? err : hf_kept_upstream(&r->kept, &r->config, fault);
}

int hf_run_read_config(struct hf_run *r, struct hf_fault *fault)
{
    struct hf_settings_place place;
    int err = hf_config_load(&r->config, r->args, fault);
    r->has_program = r->args->operand_count > 0;
    if (!err && !r->has_program) err = check_flags(r->args, fault);
    if (!err) err = hf_settings_check(&r->config, r->has_program, &place, fault);
    if (err) return err;
    r->spec = place.listen;
    r->is_relay = place.is_relay;
    r->upstream = place.upstream;
    return r->has_program ? read_program(r, fault) : 0;
}

int hf_run_open_state(struct hf_run *r, struct hf_fault *fault)
{
    char path[HF_CONFIG_PATH_BYTES];
    int err = hf_paths_need_state_dir(r->args, path, fault);
    if (!err) err = hf_state_dir_open(&r->state, path, fault);
    if (!err && r->has_program)
        err = hf_state_dir_open_as(&r->keeper_state, path, "supervisor.lock", fault);
    if (!err)
        err = hf_log_open(&r->config, &r->state, "holdfast.log", &r->log_file, &r->sink, &r->log,
                          fault);
    return err;
}

void hf_run_tell_warnings(struct hf_run *r, const struct hf_config *c)
{
    struct hf_bytes lines = hf_buf_view(&c->warnings);
    for (size_t from = 0; from < lines.len;) {
        size_t end = hf_bytes_find(lines, from, '\n');
        HF_LOG(&r->log, HF_LOG_WARN, "config.ignored",
               HF_TEXT("what", hf_bytes(lines.ptr + from, end - from)));
        from = end + 1;
    }
}

/* The state directory's token, when `c` needs one and it was not read before. */
int hf_run_make_token(struct hf_run *r, const struct hf_config *c, struct hf_fault *fault)
{
    bool was_made;
    char path[HF_STATE_PATH_BYTES];
    if (!hf_settings_wants_token(c) || r->token[0]) return 0;
    int err = hf_state_dir_token(&r->state, r->token, &was_made, fault);
    if (err) return err;
    hf_state_dir_file(&r->state, "token", path);
    HF_LOG(&r->log, HF_LOG_INFO, "token.loaded", HF_TEXT("file", hf_bytes_cstr(path)),
           HF_BOOL("made", was_made));
    return 0;
}

int hf_run_make_settings(struct hf_run *r, struct hf_fault *fault)
{
    int err = hf_run_make_token(r, &r->config, fault);
    return err ? err
               : hf_settings_from(&r->config, hf_bytes_cstr(r->token), &r->settings,
                                  &r->settings_text, fault);
}

int hf_run_make_server(struct hf_run *r, struct hf_fault *fault)
{
    struct hf_server_config *s = &r->server;
    s->log = r->log;
    s->start_items[s->start_item_count++] = HF_LIT("listeners");
    /* Never ready: this server is the gate, and whoever comes to it comes too early. */
    if (r->is_relay) s->start_items[s->start_item_count++] = HF_LIT("upstream");
    if (hf_config_int(&r->config, HF_KEY_STARTUP_DELAY) > 0)
        s->start_items[s->start_item_count++] = HF_LIT("startup-delay");
    s->host_name = hf_bytes_cstr(r->machine.host_name);
    s->platform = hf_bytes_cstr(r->machine.platform);
    s->machine = hf_bytes_cstr(r->machine.machine);
    s->runtime_version = HF_LIT("holdfast " HF_VERSION);
    s->state_dir = hf_bytes_cstr(r->state.path);
    s->log_file = hf_bytes_cstr(r->log_file.path);
    s->own_address = hf_bytes_cstr(r->machine.address);
    s->device_family = HF_LIT("Linux");
    s->pid = getpid();
    s->cpu_count = r->machine.cpu_count;
    s->cpu_model = hf_bytes_cstr(r->machine.cpu_model);
    if (hf_entropy(s->seed, sizeof s->seed) != 0)
        return hf_fault_set(fault, HF_ERR_IO, "the system gives no random bytes");
    return hf_state_dir_key(&r->state, s->state_key, fault);
}

/* The configured pair, or the one in the state directory, made when it is not there. */
static int find_tls(struct hf_run *r, const struct hf_config *c, struct tls_pair *out,
                    struct hf_fault *fault)
{
    bool was_made;
    out->cert = c->values[HF_KEY_TLS_CERT].text;
    out->key = c->values[HF_KEY_TLS_KEY].text;
    if (out->cert[0] != '\0') return 0;
    out->cert = out->own_cert;
    out->key = out->own_key;
    if (hf_state_dir_file(&r->state, "tls/gateway-cert.pem", out->own_cert) != 0 ||
        hf_state_dir_file(&r->state, "tls/gateway-key.pem", out->own_key) != 0)
        return hf_fault_set(fault, HF_ERR_TOO_LARGE, "the path of the state directory is too long");
    int err = hf_tls_make_missing(out->cert, out->key, r->machine.host_name, &was_made, fault);
    if (!err && was_made)
        HF_LOG(&r->log, HF_LOG_WARN, "tls.made", HF_TEXT("file", hf_bytes_cstr(out->cert)),
               HF_TEXT("why", HF_LIT("no certificate is configured; nobody trusts this one")));
    return err;
}

int hf_run_load_tls(struct hf_run *r, struct hf_fault *fault)
{
    struct tls_pair pair;
    if (!hf_config_bool(&r->config, HF_KEY_TLS_ENABLED)) return 0;
    int err = find_tls(r, &r->config, &pair, fault);
    return err ? err : hf_tls_new(&r->tls, pair.cert, pair.key, fault);
}

int hf_run_reload_tls(struct hf_run *r, const struct hf_config *fresh, struct hf_fault *fault)
{
    struct tls_pair pair;
    if (!r->tls || !hf_config_bool(fresh, HF_KEY_TLS_ENABLED)) return 0;
    int err = find_tls(r, fresh, &pair, fault);
    return err ? err : hf_tls_reload(r->tls, pair.cert, pair.key, fault);
}

/* --- the program behind us --- */

/* What it lets us in with: a file that is read for each login, or our own clients' secret,
 * which it is handed. */
static int give_secret(struct hf_run *r, struct hf_fault *fault)
{
    struct hf_kept *k = &r->kept;
    const struct hf_settings *s = &r->settings;
    struct hf_bytes file = hf_config_text(&r->config, HF_KEY_UPSTREAM_TOKEN_FILE);
    if (file.len > 0) return hf_kept_token_file(k, file, fault);
    if (s->auth_mode == HF_AUTH_PASSWORD) return hf_kept_password(k, s->password, fault);
    return s->auth_mode == HF_AUTH_TOKEN ? hf_kept_token(k, s->token, fault) : 0;
}

int hf_run_make_kept(struct hf_run *r, struct hf_fault *fault)
{
    struct hf_kept *k = &r->kept;
    int err = hf_kept_place(k, r->args, &r->state, fault);
    if (!err && k->host.url.port == 0)
        err = hf_kept_hand_port(k, r->spec.port, r->state.path, fault);
    if (!err) err = give_secret(r, fault);
    if (err) return err;
    r->upstream = k->host.url;
    k->host.log = r->log;
    if (hf_settings_names_in_vain(&r->settings, &r->spec))
        HF_LOG(&r->log, HF_LOG_WARN, "relay.distrusted",
               HF_TEXT("why", HF_LIT("the gateway refuses clients of other machines, whom we name "
                                     "to it, until its gateway.trustedProxies has 127.0.0.1")));
    if (k->host.supervisor.place != HF_PLACE_GATEWAY) return 0;
    err = hf_state_dir_identity(&r->state, k->host.identity, fault);
    k->host.has_identity = err == 0;
    return err;
}
