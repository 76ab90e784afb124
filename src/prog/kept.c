#include "prog/kept.h"
#include "base/crypto.h"
#include "core/remedy.h"
#include "host/entropy.h"
#include "host/journal.h"
#include "host/parent.h"
#include "host/port_holder.h"
#include "prog/paths.h"
#include "prog/settings_from.h"
#include "prog/size_text.h"
#include "wire/censor.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    SUMMARY_BYTES = 4096,
    STOP_GRACE_MAX_MS = 3600000,
    BUDGET_WINDOW_MAX_S = 86400,
    PORT_PICKS = 8, /* each of them free; ours is among them at most once */
};

/* --- where it listens --- */

static int bad_url(const char *flag, const char *why, struct hf_fault *fault)
{
    return hf_fault_set(fault, HF_ERR_USAGE,
                        "%s wants ws://, wss://, http://, https://, tcp://HOST:PORT, notify: or "
                        "none:, and %s",
                        flag, why);
}

/* "tcp://" is read as the address of a web server without a path. */
static int read_address(struct hf_kept *k, const char *flag, const char *given,
                        struct hf_fault *fault)
{
    const char *what;
    bool is_tcp = strncasecmp(given, "tcp://", 6) == 0;
    int len = snprintf(k->url, sizeof k->url, "%s%s", is_tcp ? "http://" : "",
                       is_tcp ? given + 6 : given);
    if (strlen(given) > HF_LIMIT_URL_BYTES || len >= (int)sizeof k->url)
        return bad_url(flag, "this one is too long", fault);
    if (hf_url_read(hf_bytes_cstr(k->url), &k->host.url, &what) != 0)
        return bad_url(flag, what, fault);
    if (is_tcp && !k->host.url.has_port)
        return bad_url(flag, "tcp:// without a port is none", fault);
    bool is_http = k->host.url.is_http;
    k->host.supervisor.place = is_tcp ? HF_PLACE_TCP : is_http ? HF_PLACE_HTTP : HF_PLACE_GATEWAY;
    k->host.supervisor.port = k->host.url.port;
    return 0;
}

int hf_kept_address(struct hf_kept *k, const char *flag, const char *given, struct hf_fault *fault)
{
    bool is_none = strcmp(given, "none:") == 0;
    if (!is_none && strcmp(given, "notify:") != 0) return read_address(k, flag, given, fault);
    k->host.supervisor.place = is_none ? HF_PLACE_NONE : HF_PLACE_NOTIFY;
    return 0;
}

int hf_kept_upstream(struct hf_kept *k, const struct hf_config *c, struct hf_fault *fault)
{
    struct hf_listen_spec listen;
    bool is_flag = c->values[HF_KEY_UPSTREAM].source == HF_SOURCE_FLAG;
    const char *where = is_flag ? "--upstream" : hf_keys[HF_KEY_UPSTREAM].name;
    const char *url = c->values[HF_KEY_UPSTREAM].text;
    if (url[0] == '\0') return 0;
    int err = hf_kept_address(k, where, url, fault);
    if (!err && k->host.supervisor.port == 0)
        err = hf_fault_set(fault, HF_ERR_USAGE,
                           "%s \"%s\" names no place that clients can be relayed to", where, url);
    if (!err) err = hf_settings_listen(c, &listen, fault);
    if (!err && hf_settings_is_own_place(&listen, &k->host.url))
        err = hf_fault_set(fault, HF_ERR_RANGE, "%s is the place where we are to listen ourselves",
                           where);
    if (err == HF_ERR_USAGE && !is_flag) err = fault->err = HF_ERR_RANGE;
    return err;
}

/* The port that a program of ours has which lived on; 0: there is none. */
static uint16_t survivor_port(const char *state_dir)
{
    char path[HF_STATE_PATH_BYTES];
    struct hf_journal j;
    struct hf_fault ignored;
    int len = snprintf(path, sizeof path, "%s/journal", state_dir);
    if (len >= (int)sizeof path || hf_journal_load(path, &j, &ignored) != 0) return 0;
    return hf_journal_is_alive(&j) ? (uint16_t)j.port : 0;
}

int hf_kept_hand_port(struct hf_kept *k, uint16_t public_port, const char *state_dir,
                      struct hf_fault *fault)
{
    char address[64];
    uint16_t port = survivor_port(state_dir);
    for (int i = 0; i < PORT_PICKS && (port == 0 || port == public_port); i++)
        port = hf_port_pick();
    if (port == 0 || port == public_port)
        return hf_fault_set(fault, HF_ERR_IN_USE, "no loopback port is free");
    k->host.hands_port = true;
    snprintf(address, sizeof address, "ws://127.0.0.1:%u", port);
    return read_address(k, "", address, fault);
}

/* The copy, or NULL: it is empty, or `*err` says why. */
static const char *keep_secret(struct hf_kept *k, struct hf_bytes secret, const char *what,
                               int *err, struct hf_fault *fault)
{
    *err = secret.len < sizeof k->secret
               ? 0
               : hf_fault_set(fault, HF_ERR_TOO_LARGE, "%s of the gateway is too long", what);
    if (*err || secret.len == 0) return NULL;
    memcpy(k->secret, secret.ptr, secret.len);
    k->secret[secret.len] = '\0';
    return k->secret;
}

int hf_kept_token(struct hf_kept *k, struct hf_bytes token, struct hf_fault *fault)
{
    int err;
    k->host.token = keep_secret(k, token, "the token", &err, fault);
    return err;
}

int hf_kept_token_file(struct hf_kept *k, struct hf_bytes path, struct hf_fault *fault)
{
    int err;
    k->host.token_file = keep_secret(k, path, "the token file", &err, fault);
    return err;
}

int hf_kept_password(struct hf_kept *k, struct hf_bytes password, struct hf_fault *fault)
{
    int err;
    k->host.password = keep_secret(k, password, "the password", &err, fault);
    return err;
}

/* --- how it is kept --- */

static int read_grace(struct hf_kept *k, const struct hf_args *args, struct hf_fault *fault)
{
    const char *text = args->values[HF_OPTION_STOP_GRACE];
    uint64_t ms;
    if (!text) return 0;
    if (!hf_bytes_u64(hf_bytes_cstr(text), &ms) || ms > STOP_GRACE_MAX_MS)
        return hf_fault_set(fault, HF_ERR_USAGE,
                            "--stop-grace wants 0 to %d milliseconds, not \"%s\"",
                            STOP_GRACE_MAX_MS, text);
    k->host.supervisor.stop_grace = HF_MS(ms);
    return 0;
}

/* "5/300": five automatic restarts within 300 seconds. */
static int read_budget(struct hf_kept *k, const struct hf_args *args, struct hf_fault *fault)
{
    const char *text = args->values[HF_OPTION_RESTART_BUDGET];
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
    k->host.supervisor.governor.budget = (uint32_t)count;
    k->host.supervisor.governor.window = HF_SECONDS(seconds);
    return 0;
}

int hf_kept_check(const struct hf_config *c, struct hf_fault *fault)
{
    enum hf_key_id first = HF_KEY_RECONNECT_DELAY, longest = HF_KEY_RECONNECT_MAX_DELAY;
    bool is_flag =
        c->values[first].source == HF_SOURCE_FLAG || c->values[longest].source == HF_SOURCE_FLAG;
    if (hf_config_int(c, first) <= hf_config_int(c, longest)) return 0;
    return hf_fault_set(fault, is_flag ? HF_ERR_USAGE : HF_ERR_RANGE,
                        "%s (%lld) must not be more than %s (%lld)", hf_keys[first].name,
                        (long long)hf_config_int(c, first), hf_keys[longest].name,
                        (long long)hf_config_int(c, longest));
}

/* What the configuration replaces of the supervisor's own numbers and habits. */
static int read_habits(struct hf_kept *k, const struct hf_config *c, struct hf_fault *fault)
{
    struct hf_supervisor_config *s = &k->host.supervisor;
    s->ladder.attempts_max = (uint32_t)hf_config_int(c, HF_KEY_RECONNECT_ATTEMPTS);
    s->ladder.base = HF_MS(hf_config_int(c, HF_KEY_RECONNECT_DELAY));
    s->ladder.cap = HF_MS(hf_config_int(c, HF_KEY_RECONNECT_MAX_DELAY));
    if (!hf_config_bool(c, HF_KEY_SLOW_RETRY)) s->ladder.slow_every = 0;
    s->governor.is_breaker = hf_config_is(c, HF_KEY_GOVERNOR, "breaker");
    s->off_restarts = hf_config_is(c, HF_KEY_RELOAD_OFF, "restart");
    s->continues = hf_config_bool(c, HF_KEY_CONTINUE_STOPPED);
    return hf_kept_check(c, fault);
}

/* One limit: absent is none. */
static int read_size(const struct hf_args *args, enum hf_option option, int64_t *out,
                     struct hf_fault *fault)
{
    const char *text = args->values[option];
    *out = 0;
    if (!text || hf_size_read(hf_bytes_cstr(text), out)) return 0;
    return hf_fault_set(fault, HF_ERR_USAGE,
                        "--%s wants bytes, or a number with K, M, G or T (1024 each), not \"%s\"",
                        hf_option_name(option), text);
}

static int read_memory(struct hf_kept *k, const struct hf_args *args, struct hf_fault *fault)
{
    struct hf_ration_limits *ration = &k->host.supervisor.ration;
    int err = read_size(args, HF_OPTION_MEMORY_SOFT, &ration->soft_bytes, fault);
    if (!err) err = read_size(args, HF_OPTION_MEMORY_HARD, &ration->hard_bytes, fault);
    if (err || ration->hard_bytes == 0 || ration->soft_bytes < ration->hard_bytes) return err;
    return hf_fault_set(fault, HF_ERR_USAGE, "--memory-soft must be less than --memory-hard");
}

static int read_watchdog(struct hf_kept *k, const struct hf_args *args, struct hf_fault *fault)
{
    const char *text = args->values[HF_OPTION_WATCHDOG];
    k->host.supervisor.watchdog_every = k->host.notify->watchdog_every;
    if (!text || strcmp(text, "edge") == 0) return 0;
    k->host.supervisor.watchdog_is_both = strcmp(text, "both") == 0;
    if (k->host.supervisor.watchdog_is_both) return 0;
    return hf_fault_set(fault, HF_ERR_USAGE, "--watchdog wants edge or both, not \"%s\"", text);
}

static int take_parent(struct hf_kept *k, const struct hf_args *args, struct hf_fault *fault)
{
    if (!args->values[HF_OPTION_EXIT_WITH_PARENT]) return 0;
    int err = hf_parent_take(&k->host.parent_fd, fault);
    k->is_orphan = err == HF_ERR_NOT_FOUND;
    k->has_parent = err == 0;
    if (!k->is_orphan) return err;
    fprintf(stderr, "holdfast: %s\n", fault->text);
    *fault = (struct hf_fault){ 0 };
    return 0;
}

static char *word(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* By a command of the user's; of a program that we know, by its own; '': none. */
static void read_doctor(struct hf_kept *k, const char *given, const struct hf_bytes *argv,
                        size_t count)
{
    struct hf_remedy remedy;
    bool is_known = !given && hf_remedy_find(argv, count, &remedy);
    if (given && given[0] != '\0') {
        k->doctor[0] = word("/bin/sh");
        k->doctor[1] = word("-c");
        k->doctor[2] = word(given);
    }
    for (size_t i = 0; is_known && i < remedy.count; i++)
        k->doctor[i] = word((const char *)remedy.words[i].ptr);
    k->host.supervisor.has_doctor = k->doctor[0] != NULL;
    k->host.doctor = k->doctor[0] ? k->doctor : NULL;
}

static int read_program(struct hf_kept *k, const struct hf_args *args, const struct hf_config *c,
                        struct hf_fault *fault)
{
    struct hf_bytes arguments[HF_LIMIT_PROGRAM_ARGUMENTS];
    int count = args->operand_count;
    if (count > HF_LIMIT_PROGRAM_ARGUMENTS)
        return hf_fault_set(fault, HF_ERR_USAGE, "the program has more than %d arguments",
                            HF_LIMIT_PROGRAM_ARGUMENTS);
    for (int i = 0; i < count; i++) arguments[i] = hf_bytes_cstr(args->operands[i]);
    hf_censor_argv(arguments, (size_t)count, NULL, &k->summary);
    k->host.argv = args->operands;
    k->host.supervisor.summary = hf_buf_view(&k->summary);
    read_doctor(k, args->values[HF_OPTION_DOCTOR], arguments, (size_t)count);
    k->host.survives = args->values[HF_OPTION_SURVIVE] != NULL;
    k->host.supervisor.shuts_external = args->values[HF_OPTION_SHUTDOWN_EXTERNAL] != NULL;
    k->host.child_config = c->openclaw_path;
    return 0;
}

int hf_kept_read(struct hf_kept *k, const struct hf_args *args, const struct hf_config *c,
                 struct hf_notify *notify, struct hf_fault *fault)
{
    *k = (struct hf_kept){ .host = { .notify = notify, .parent_fd = -1 } };
    hf_buf_init(&k->summary, SUMMARY_BYTES);
    hf_supervisor_config_init(&k->host.supervisor);
    int err = take_parent(k, args, fault);
    if (!err) err = read_program(k, args, c, fault);
    if (!err) err = read_habits(k, c, fault);
    if (!err) err = read_grace(k, args, fault);
    if (!err) err = read_budget(k, args, fault);
    if (!err) err = read_memory(k, args, fault);
    return err ? err : read_watchdog(k, args, fault);
}

void hf_kept_fini(struct hf_kept *k)
{
    hf_buf_fini(&k->summary);
    if (k->has_parent) close(k->host.parent_fd);
    hf_wipe(k, sizeof *k);
}

/* --- its place --- */

int hf_kept_place(struct hf_kept *k, const struct hf_args *args, const struct hf_state_dir *state,
                  struct hf_fault *fault)
{
    int err = hf_paths_control(args, state->path, k->control, fault);
    if (err) return err;
    k->host.state_dir = state->path;
    k->host.control_path = k->control;
    if (hf_entropy(k->host.supervisor.seed, sizeof k->host.supervisor.seed) == 0) return 0;
    return hf_fault_set(fault, HF_ERR_IO, "the system gives no random bytes");
}
