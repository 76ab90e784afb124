/* `holdfast run`: from the command line to a serving gateway, and back. */
#include "base/crypto.h"
#include "host/descriptors.h"
#include "host/entropy.h"
#include "host/front_run.h"
#include "host/log_sink.h"
#include "host/loop.h"
#include "host/machine.h"
#include "host/notify.h"
#include "host/port_holder.h"
#include "host/state_dir.h"
#include "host/tls.h"
#include "host/tls_make.h"
#include "prog/paths.h"
#include "prog/settings_from.h"
#include "prog/verbs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Everything that lives as long as the gateway does. */
struct run {
    const struct hf_args *args;
    struct hf_config config;
    struct hf_settings settings;
    struct hf_settings_text settings_text;
    char token[HF_STATE_TOKEN_CHARS + 1];
    struct hf_state_dir state;
    struct hf_log_file log_file;
    struct hf_log_sink sink;
    struct hf_log log;
    struct hf_notify notify;
    struct hf_machine machine;
    struct hf_server_config server;
    struct hf_listen_spec spec;
    struct hf_listen_set inherited;
    struct hf_tls *tls;
    struct hf_loop *loop;
    bool is_relay;
    struct hf_url upstream; /* with is_relay */
    struct hf_front_run *front;
};

/* Where certificate and key are: in the configuration, or in `own_*`. */
struct tls_pair {
    const char *cert, *key;
    char own_cert[HF_STATE_PATH_BYTES], own_key[HF_STATE_PATH_BYTES];
};

/* --- set-up, in the order in which it happens --- */

static int read_config(struct run *r, struct hf_fault *fault)
{
    int err = hf_config_load(&r->config, r->args, fault);
    if (!err) err = hf_settings_listen(&r->config, &r->spec, fault);
    return err ? err : hf_settings_upstream(&r->config, &r->is_relay, &r->upstream, fault);
}

static int open_state(struct run *r, struct hf_fault *fault)
{
    char path[HF_CONFIG_PATH_BYTES];
    hf_paths_state_dir(r->args, path);
    if (path[0] == '\0')
        return hf_fault_set(fault, HF_ERR_USAGE,
                            "no place for the state directory: give --state-dir or set HOME");
    return hf_state_dir_open(&r->state, path, fault);
}

static enum hf_log_level log_level(const struct hf_config *c)
{
    enum hf_log_level level = HF_LOG_INFO;
    struct hf_bytes word = hf_config_text(c, HF_KEY_LOG_LEVEL);
    if (hf_bytes_same(word, HF_LIT("fatal"))) word = HF_LIT("error");
    hf_log_level_read(word, &level);
    return level;
}

static int open_log(struct run *r, struct hf_fault *fault)
{
    char path[HF_STATE_PATH_BYTES];
    if (hf_state_dir_file(&r->state, "holdfast.log", path) != 0)
        return hf_fault_set(fault, HF_ERR_TOO_LARGE, "the path of the state directory is too long");
    hf_log_file_init(&r->log_file, path, hf_config_int(&r->config, HF_KEY_LOG_BYTES));
    hf_log_sink_init(&r->sink, STDERR_FILENO,
                     hf_config_is(&r->config, HF_KEY_LOG_FORMAT, "json") ? HF_LOG_FORMAT_JSON
                                                                         : HF_LOG_FORMAT_TEXT,
                     &r->log_file);
    r->log = hf_log_sink_log(&r->sink, log_level(&r->config));
    return 0;
}

static void tell_warnings(struct run *r, const struct hf_config *c)
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
static int make_token(struct run *r, const struct hf_config *c, struct hf_fault *fault)
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

static int make_settings(struct run *r, struct hf_fault *fault)
{
    int err = make_token(r, &r->config, fault);
    return err ? err
               : hf_settings_from(&r->config, hf_bytes_cstr(r->token), &r->settings,
                                  &r->settings_text, fault);
}

static int read_identity(struct run *r, struct hf_fault *fault)
{
    uint8_t secret[HF_STATE_KEY_BYTES];
    int err = hf_state_dir_identity(&r->state, secret, fault);
    if (!err && hf_ed25519_public(secret, r->server.identity_key) != 0)
        err = hf_fault_set(fault, HF_ERR_CRYPTO, "the crypto library refuses identity.pem");
    hf_wipe(secret, sizeof secret);
    return err;
}

static int make_server_config(struct run *r, struct hf_fault *fault)
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
    int err = hf_state_dir_key(&r->state, s->state_key, fault);
    return err ? err : read_identity(r, fault);
}

/* The configured pair, or the one in the state directory, made when it is not there. */
static int find_tls(struct run *r, const struct hf_config *c, struct tls_pair *out,
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

static int load_tls(struct run *r, struct hf_fault *fault)
{
    struct tls_pair pair;
    if (!hf_config_bool(&r->config, HF_KEY_TLS_ENABLED)) return 0;
    int err = find_tls(r, &r->config, &pair, fault);
    return err ? err : hf_tls_new(&r->tls, pair.cert, pair.key, fault);
}

/* --- while it runs --- */

/* What a client on this machine would connect to. */
static void write_url(const struct run *r, char *out, size_t cap)
{
    const char *host = r->spec.bind == HF_BIND_ADDRESS ? r->spec.address : "127.0.0.1";
    bool is_v6 = strchr(host, ':') != NULL;
    snprintf(out, cap, "%s://%s%s%s:%u", r->tls ? "wss" : "ws", is_v6 ? "[" : "", host,
             is_v6 ? "]" : "", hf_loop_port(r->loop));
}

static void tell_ready(const struct run *r)
{
    char url[128];
    write_url(r, url, sizeof url);
    HF_LOG(&r->log, HF_LOG_INFO, "gateway.ready", HF_TEXT("url", hf_bytes_cstr(url)));
    printf("holdfast ready url=%s pid=%ld version=%s\n", url, (long)getpid(), HF_VERSION);
    fflush(stdout);
}

static void on_ready(void *ctx)
{
    tell_ready(ctx);
}

/* A relay is ready once there was something to relay to. */
static void on_upstream(void *ctx)
{
    struct run *r = ctx;
    hf_notify_send(&r->notify, "READY=1\nSTATUS=relaying");
    tell_ready(r);
}

static void on_draining(void *ctx)
{
    struct run *r = ctx;
    if (r->front) hf_front_run_stop(r->front);
}

/* Names what changed and waits for the next start. */
static void tell_restart_keys(struct run *r, const struct hf_config *fresh)
{
    for (int i = 0; i < HF_KEY_COUNT; i++) {
        enum hf_key_id key = (enum hf_key_id)i;
        if (hf_key_needs_restart(key) && !hf_config_same(&r->config, fresh, key))
            HF_LOG(&r->log, HF_LOG_WARN, "config.deferred",
                   HF_TEXT("key", hf_bytes_cstr(hf_keys[i].name)),
                   HF_TEXT("until", HF_LIT("restart")));
    }
}

static int reload_tls(struct run *r, const struct hf_config *fresh, struct hf_fault *fault)
{
    struct tls_pair pair;
    if (!r->tls || !hf_config_bool(fresh, HF_KEY_TLS_ENABLED)) return 0;
    int err = find_tls(r, fresh, &pair, fault);
    return err ? err : hf_tls_reload(r->tls, pair.cert, pair.key, fault);
}

/* Reads everything again beside what is in use; only when all of it is fine does
 * anything change. */
static int reload(struct run *r, struct hf_config *fresh, struct hf_settings_text *text,
                  struct hf_fault *fault)
{
    struct hf_settings settings;
    struct hf_listen_spec spec;
    int err = hf_config_load(fresh, r->args, fault);
    if (!err) err = hf_settings_listen(fresh, &spec, fault);
    if (!err) err = make_token(r, fresh, fault);
    if (!err) err = hf_settings_from(fresh, hf_bytes_cstr(r->token), &settings, text, fault);
    if (!err) err = reload_tls(r, fresh, fault);
    if (err) return err;
    tell_warnings(r, fresh);
    tell_restart_keys(r, fresh);
    hf_loop_settings(r->loop, &settings);
    if (r->front) hf_front_run_settings(r->front, &settings);
    return 0;
}

static void on_reload(void *ctx)
{
    struct run *r = ctx;
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

/* --- the whole --- */

/* A port that a gateway leaves becomes free within the tries; one that serves its
 * clients does not leave it. */
static int bind_port(struct run *r, struct hf_fault *fault)
{
    int err = hf_loop_bind(r->loop, &r->spec, fault);
    bool is_waiting = !err && hf_loop_port(r->loop) == 0;
    return is_waiting && hf_port_is_ready_gateway(r->spec.port) ? fault->err : err;
}

static int start_front(struct run *r, struct hf_fault *fault)
{
    struct hf_front_run_config config = {
        .settings = &r->settings,
        .upstream = r->upstream,
        .tls = r->tls,
        .log = r->log,
        .hooks = { .ctx = r, .up = on_upstream },
    };
    if (!r->is_relay) return 0;
    hf_front_config_init(&config.front);
    if (hf_entropy(&config.front.hash_key, sizeof config.front.hash_key) != 0)
        return hf_fault_set(fault, HF_ERR_IO, "the system gives no random bytes");
    return hf_front_run_new(&r->front, r->loop, &config, fault);
}

static int start_loop(struct run *r, struct hf_fault *fault)
{
    struct hf_loop_config config = {
        .server = &r->server,
        .settings = &r->settings,
        .sink = &r->sink,
        .notify = &r->notify,
        .state_dir = r->state.path,
        .log_path = r->log_file.path,
        .tls = r->tls,
        .hooks = { .ctx = r, .ready = on_ready, .reload = on_reload, .draining = on_draining },
        .handles_signals = true,
        .restart_expected_ms = hf_config_int(&r->config, HF_KEY_RESTART_EXPECTED),
    };
    int err = hf_loop_new(&r->loop, &config, fault);
    if (!err) err = start_front(r, fault);
    if (err) return err;
    int64_t delay_ms = hf_config_int(&r->config, HF_KEY_STARTUP_DELAY);
    if (delay_ms > 0) hf_loop_item_ready_after(r->loop, HF_LIT("startup-delay"), HF_MS(delay_ms));
    if (r->inherited.count == 0) return bind_port(r, fault);
    err = hf_loop_serve(r->loop, &r->inherited, fault);
    r->inherited.count = 0; /* the loop's now */
    return err;
}

static int serve(struct run *r, struct hf_fault *fault)
{
    int err = start_loop(r, fault);
    return err ? err : hf_loop_run(r->loop, fault);
}

/* What the user configured: a fault is refused with 78. */
static int read_wishes(struct run *r, struct hf_fault *fault)
{
    int err = read_config(r, fault);
    return err ? err : hf_listen_inherit(&r->inherited, fault);
}

/* What the machine gives us: a fault is a failure, or somebody else's place. */
static int take_place(struct run *r, struct hf_fault *fault)
{
    int err = make_settings(r, fault);
    if (!err) err = make_server_config(r, fault);
    return err;
}

/* Faults before this are one line for the person who started us; from here on the
 * log tells. */
static int run(struct run *r)
{
    struct hf_fault fault = { 0 };
    hf_notify_init(&r->notify);
    if (read_wishes(r, &fault) != 0) return hf_verb_refuse(&fault);
    if (open_state(r, &fault) != 0 || open_log(r, &fault) != 0) return hf_verb_fail(&fault);
    hf_machine_read(&r->machine);
    if (load_tls(r, &fault) != 0) return hf_verb_refuse(&fault);
    if (take_place(r, &fault) != 0) return hf_verb_fail(&fault);
    tell_warnings(r, &r->config);
    hf_descriptors_raise(HF_LIMIT_SOCKETS);
    if (serve(r, &fault) == 0) return HF_EXIT_DONE;
    /* A port that a live gateway holds is its place, not a failure to retry. */
    bool is_held = fault.err == HF_ERR_IN_USE && hf_port_is_healthy_gateway(r->spec.port);
    return is_held ? hf_verb_refuse(&fault) : hf_verb_fail(&fault);
}

static void tear_down(struct run *r)
{
    hf_front_run_close(r->front);
    hf_loop_free(r->loop);
    hf_front_run_free(r->front);
    hf_log_sink_flush(&r->sink);
    hf_log_sink_fini(&r->sink);
    hf_log_file_fini(&r->log_file);
    hf_listen_close(&r->inherited);
    hf_tls_free(r->tls);
    hf_state_dir_close(&r->state);
    hf_notify_fini(&r->notify);
    hf_settings_text_fini(&r->settings_text);
    hf_wipe(r->token, sizeof r->token);
    hf_wipe(&r->server, sizeof r->server);
    hf_config_fini(&r->config);
}

int hf_verb_run(const struct hf_args *args)
{
    static struct run r; /* large, and there is one */
    r = (struct run){ .args = args, .notify = { .fd = -1 }, .state = { .lock_fd = -1 } };
    r.log_file.fd = -1;
    int exit_code = run(&r);
    tear_down(&r);
    return exit_code;
}
