/* `holdfast supervise`: keeps one program, from the command line to its end. */
#include "base/crypto.h"
#include "host/entropy.h"
#include "host/file.h"
#include "host/port_holder.h"
#include "host/state_dir.h"
#include "host/supervise.h"
#include "prog/config.h"
#include "prog/paths.h"
#include "prog/size_text.h"
#include "prog/verbs.h"
#include "wire/censor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    URL_BYTES = 1024,
    SUMMARY_BYTES = 4096,
    ARGUMENTS_MAX = 256,
    STOP_GRACE_MAX_MS = 3600000,
    BUDGET_WINDOW_MAX_S = 86400,
};

struct supervise {
    const struct hf_args *args;
    struct hf_config config;
    struct hf_state_dir state;
    struct hf_log_file log_file;
    struct hf_log_sink sink;
    struct hf_notify notify;
    struct hf_supervise_config host;
    struct hf_buf summary;
    char url[URL_BYTES];
    char control[HF_STATE_PATH_BYTES];
    char token[HF_STATE_PATH_BYTES];
};

/* --- what is kept --- */

static int bad_url(const char *why, struct hf_fault *fault)
{
    return hf_fault_set(fault, HF_ERR_USAGE,
                        "--url wants ws://, wss://, http://, https://, tcp://HOST:PORT, notify: or "
                        "none:, and %s",
                        why);
}

/* "tcp://" is read as the address of a web server without a path. */
static int read_address(struct supervise *s, const char *given, struct hf_fault *fault)
{
    const char *what;
    bool is_tcp = strncmp(given, "tcp://", 6) == 0;
    bool is_http = strncmp(given, "http", 4) == 0;
    int len = snprintf(s->url, sizeof s->url, "%s%s", is_tcp ? "http://" : "",
                       is_tcp ? given + 6 : given);
    if (len >= (int)sizeof s->url) return bad_url("this one is too long", fault);
    if (hf_url_read(hf_bytes_cstr(s->url), &s->host.url, &what) != 0) return bad_url(what, fault);
    s->host.supervisor.place = is_tcp ? HF_PLACE_TCP : is_http ? HF_PLACE_HTTP : HF_PLACE_GATEWAY;
    s->host.supervisor.port = s->host.url.port;
    return 0;
}

/* Without an address of its own the program is told one. */
static int hand_address(struct supervise *s, struct hf_fault *fault)
{
    char address[64];
    uint8_t random[32];
    char text[HF_BASE64URL_CHARS(sizeof random) + 1];
    uint16_t port = hf_port_pick();
    if (port == 0) return hf_fault_set(fault, HF_ERR_IN_USE, "no loopback port is free");
    if (hf_entropy(random, sizeof random) != 0)
        return hf_fault_set(fault, HF_ERR_IO, "the system gives no random bytes");
    hf_base64url_write(hf_bytes(random, sizeof random), text);
    snprintf(s->token, sizeof s->token, "%.*s", (int)sizeof text - 1, text);
    hf_wipe(random, sizeof random);
    hf_wipe(text, sizeof text);
    s->host.token = s->token;
    s->host.hands_port = true;
    snprintf(address, sizeof address, "ws://127.0.0.1:%u", port);
    return read_address(s, address, fault);
}

static int read_url(struct supervise *s, struct hf_fault *fault)
{
    const char *given = s->args->values[HF_OPTION_URL];
    struct hf_bytes token = hf_config_text(&s->config, HF_KEY_TOKEN);
    if (!given) return hand_address(s, fault);
    if (token.len >= sizeof s->token)
        return hf_fault_set(fault, HF_ERR_TOO_LARGE, "the token is too long");
    if (token.len > 0) {
        memcpy(s->token, token.ptr, token.len);
        s->host.token = s->token;
    }
    s->host.token_file = s->args->values[HF_OPTION_TOKEN_FILE];
    bool is_none = strcmp(given, "none:") == 0;
    if (!is_none && strcmp(given, "notify:") != 0) return read_address(s, given, fault);
    s->host.supervisor.place = is_none ? HF_PLACE_NONE : HF_PLACE_NOTIFY;
    return 0;
}

/* --- how it is kept --- */

static int read_grace(struct supervise *s, struct hf_fault *fault)
{
    const char *text = s->args->values[HF_OPTION_STOP_GRACE];
    uint64_t ms;
    if (!text) return 0;
    if (!hf_bytes_u64(hf_bytes_cstr(text), &ms) || ms > STOP_GRACE_MAX_MS)
        return hf_fault_set(fault, HF_ERR_USAGE,
                            "--stop-grace wants 0 to %d milliseconds, not \"%s\"",
                            STOP_GRACE_MAX_MS, text);
    s->host.supervisor.stop_grace = HF_MS(ms);
    return 0;
}

/* "5/300": five automatic restarts within 300 seconds. */
static int read_budget(struct supervise *s, struct hf_fault *fault)
{
    const char *text = s->args->values[HF_OPTION_RESTART_BUDGET];
    struct hf_bytes all = hf_bytes_cstr(text);
    uint64_t count, seconds;
    if (!text) return 0;
    size_t slash = hf_bytes_find(all, 0, '/');
    if (!hf_bytes_u64(hf_bytes_head(all, slash), &count) ||
        !hf_bytes_u64(hf_bytes_from(all, slash + 1), &seconds) || count == 0 ||
        count > HF_LIMIT_KEEPER_BUDGET || seconds == 0 || seconds > BUDGET_WINDOW_MAX_S)
        return hf_fault_set(
            fault, HF_ERR_USAGE,
            "--restart-budget wants N/SECONDS, 1 to %d restarts in 1 to %d seconds, "
            "not \"%s\"",
            HF_LIMIT_KEEPER_BUDGET, BUDGET_WINDOW_MAX_S, text);
    s->host.supervisor.governor.budget = (uint32_t)count;
    s->host.supervisor.governor.window = HF_SECONDS(seconds);
    return 0;
}

/* One limit: absent is none. */
static int read_size(struct supervise *s, enum hf_option option, int64_t *out,
                     struct hf_fault *fault)
{
    const char *text = s->args->values[option];
    *out = 0;
    if (!text || hf_size_read(hf_bytes_cstr(text), out)) return 0;
    return hf_fault_set(fault, HF_ERR_USAGE,
                        "--%s wants bytes, or a number with K, M, G or T (1024 each), not \"%s\"",
                        hf_option_name(option), text);
}

static int read_memory(struct supervise *s, struct hf_fault *fault)
{
    struct hf_ration_limits *ration = &s->host.supervisor.ration;
    int err = read_size(s, HF_OPTION_MEMORY_SOFT, &ration->soft_bytes, fault);
    if (!err) err = read_size(s, HF_OPTION_MEMORY_HARD, &ration->hard_bytes, fault);
    if (err || ration->hard_bytes == 0 || ration->soft_bytes < ration->hard_bytes) return err;
    return hf_fault_set(fault, HF_ERR_USAGE, "--memory-soft must be less than --memory-hard");
}

static int read_watchdog(struct supervise *s, struct hf_fault *fault)
{
    const char *text = s->args->values[HF_OPTION_WATCHDOG];
    s->host.supervisor.watchdog_every = s->notify.watchdog_every;
    if (!text || strcmp(text, "edge") == 0) return 0;
    s->host.supervisor.watchdog_is_both = strcmp(text, "both") == 0;
    if (s->host.supervisor.watchdog_is_both) return 0;
    return hf_fault_set(fault, HF_ERR_USAGE, "--watchdog wants edge or both, not \"%s\"", text);
}

static int read_program(struct supervise *s, struct hf_fault *fault)
{
    struct hf_bytes arguments[ARGUMENTS_MAX];
    int count = s->args->operand_count;
    if (count == 0)
        return hf_fault_set(
            fault, HF_ERR_USAGE,
            "\"holdfast supervise\" wants the program behind two dashes: -- CMD ARG...");
    if (count > ARGUMENTS_MAX)
        return hf_fault_set(fault, HF_ERR_USAGE, "the program has more than %d arguments",
                            ARGUMENTS_MAX);
    for (int i = 0; i < count; i++) arguments[i] = hf_bytes_cstr(s->args->operands[i]);
    hf_buf_init(&s->summary, SUMMARY_BYTES);
    hf_censor_argv(arguments, (size_t)count, NULL, &s->summary);
    s->host.argv = s->args->operands;
    s->host.supervisor.summary = hf_buf_view(&s->summary);
    s->host.doctor = s->args->values[HF_OPTION_DOCTOR];
    s->host.supervisor.has_doctor = s->host.doctor != NULL;
    s->host.survives = s->args->values[HF_OPTION_SURVIVE] != NULL;
    s->host.supervisor.shuts_external = s->args->values[HF_OPTION_SHUTDOWN_EXTERNAL] != NULL;
    s->host.child_config = s->config.openclaw_path;
    return 0;
}

static int read_wishes(struct supervise *s, struct hf_fault *fault)
{
    hf_supervisor_config_init(&s->host.supervisor);
    int err = hf_config_load(&s->config, s->args, fault);
    if (!err) err = read_program(s, fault);
    if (!err) err = read_url(s, fault);
    if (!err) err = read_grace(s, fault);
    if (!err) err = read_budget(s, fault);
    if (!err) err = read_memory(s, fault);
    return err ? err : read_watchdog(s, fault);
}

/* --- its place --- */

static int open_place(struct supervise *s, struct hf_fault *fault)
{
    char path[HF_CONFIG_PATH_BYTES];
    hf_paths_state_dir(s->args, path);
    if (path[0] == '\0')
        return hf_fault_set(fault, HF_ERR_USAGE,
                            "no place for the state directory: give --state-dir or set HOME");
    int err = hf_state_dir_open_as(&s->state, path, "supervisor.lock", fault);
    if (err) return err;
    const char *given = s->args->values[HF_OPTION_CONTROL];
    if (given)
        snprintf(s->control, sizeof s->control, "%s", given);
    else if (hf_state_dir_file(&s->state, "control.sock", s->control) != 0)
        return hf_fault_set(fault, HF_ERR_TOO_LARGE, "the path of the state directory is too long");
    s->host.state_dir = s->state.path;
    s->host.control_path = s->control;
    s->host.notify = &s->notify;
    return 0;
}

static enum hf_log_level log_level(const struct hf_config *c)
{
    enum hf_log_level level = HF_LOG_INFO;
    struct hf_bytes word = hf_config_text(c, HF_KEY_LOG_LEVEL);
    if (hf_bytes_same(word, HF_LIT("fatal"))) word = HF_LIT("error");
    hf_log_level_read(word, &level);
    return level;
}

static int open_log(struct supervise *s, struct hf_fault *fault)
{
    char path[HF_STATE_PATH_BYTES];
    if (hf_state_dir_file(&s->state, "supervisor.log", path) != 0)
        return hf_fault_set(fault, HF_ERR_TOO_LARGE, "the path of the state directory is too long");
    hf_log_file_init(&s->log_file, path, hf_config_int(&s->config, HF_KEY_LOG_BYTES));
    hf_log_sink_init(&s->sink, STDERR_FILENO,
                     hf_config_is(&s->config, HF_KEY_LOG_FORMAT, "json") ? HF_LOG_FORMAT_JSON
                                                                         : HF_LOG_FORMAT_TEXT,
                     &s->log_file);
    s->host.log = hf_log_sink_log(&s->sink, log_level(&s->config));
    return 0;
}

/* Without a key of its own it logs in without a device (spec/supervisor.md 4.1). */
static void read_identity(struct supervise *s)
{
    struct hf_fault fault;
    if (s->host.supervisor.place != HF_PLACE_GATEWAY) return;
    s->host.has_identity = hf_state_dir_identity(&s->state, s->host.identity, &fault) == 0;
    if (!s->host.has_identity)
        HF_LOG(&s->host.log, HF_LOG_WARN, "identity.unusable",
               HF_TEXT("why", hf_bytes_cstr(fault.text)));
}

/* --- the whole --- */

static int run(struct supervise *s)
{
    struct hf_fault fault = { 0 };
    hf_notify_init(&s->notify);
    if (read_wishes(s, &fault) != 0) return hf_verb_refuse(&fault);
    if (open_place(s, &fault) != 0) return hf_verb_fail(&fault);
    if (open_log(s, &fault) != 0) return hf_verb_fail(&fault);
    read_identity(s);
    if (hf_entropy(s->host.supervisor.seed, sizeof s->host.supervisor.seed) != 0) {
        hf_fault_set(&fault, HF_ERR_IO, "the system gives no random bytes");
        return hf_verb_fail(&fault);
    }
    HF_LOG(&s->host.log, HF_LOG_INFO, "supervisor.started", HF_INT("pid", getpid()),
           HF_TEXT("program", s->host.supervisor.summary),
           HF_TEXT("control", hf_bytes_cstr(s->control)));
    int err = hf_supervise_run(&s->host, &s->sink, &fault);
    return err ? hf_verb_fail(&fault) : HF_EXIT_DONE;
}

static void tear_down(struct supervise *s)
{
    hf_log_sink_flush(&s->sink);
    hf_log_sink_fini(&s->sink);
    hf_log_file_fini(&s->log_file);
    hf_state_dir_close(&s->state);
    hf_notify_fini(&s->notify);
    hf_buf_fini(&s->summary);
    hf_wipe(s->token, sizeof s->token);
    hf_wipe(&s->host, sizeof s->host);
    hf_config_fini(&s->config);
}

int hf_verb_supervise(const struct hf_args *args)
{
    static struct supervise s; /* large, and there is one */
    s = (struct supervise){ .args = args, .notify = { .fd = -1 }, .state = { .lock_fd = -1 } };
    s.log_file.fd = -1;
    int exit_code = run(&s);
    tear_down(&s);
    return exit_code;
}
