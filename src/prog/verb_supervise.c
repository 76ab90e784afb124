/* `holdfast supervise`: keeps one program, from the command line to its end. */
#include "base/crypto.h"
#include "host/entropy.h"
#include "prog/kept.h"
#include "prog/log_open.h"
#include "prog/paths.h"
#include "prog/verbs.h"

#include <unistd.h>

struct supervise {
    const struct hf_args *args;
    struct hf_config config;
    struct hf_state_dir state;
    struct hf_log_file log_file;
    struct hf_log_sink sink;
    struct hf_notify notify;
    struct hf_kept kept;
};

/* Nobody else has to know the secret of a program that is told its address. */
static int make_token(struct hf_kept *k, struct hf_fault *fault)
{
    uint8_t random[32];
    char text[HF_BASE64URL_CHARS(sizeof random)];
    if (hf_entropy(random, sizeof random) != 0)
        return hf_fault_set(fault, HF_ERR_IO, "the system gives no random bytes");
    hf_base64url_write(hf_bytes(random, sizeof random), text);
    int err = hf_kept_token(k, hf_bytes(text, sizeof text), fault);
    hf_wipe(random, sizeof random);
    hf_wipe(text, sizeof text);
    return err;
}

/* What a program that is told its address is handed: --token-file, else one of its own. */
static int give_token(struct supervise *s, struct hf_fault *fault)
{
    bool is_given = s->args->values[HF_OPTION_TOKEN_FILE] != NULL;
    s->kept.host.hand_file = s->args->values[HF_OPTION_TOKEN_FILE];
    return is_given ? hf_kept_token(&s->kept, hf_config_text(&s->config, HF_KEY_TOKEN), fault)
                    : make_token(&s->kept, fault);
}

static int read_wishes(struct supervise *s, struct hf_fault *fault)
{
    const char *url = s->args->values[HF_OPTION_URL];
    int err = hf_config_load(&s->config, s->args, fault);
    if (!err && s->args->operand_count == 0)
        err = hf_fault_set(
            fault, HF_ERR_USAGE,
            "\"holdfast supervise\" wants the program behind two dashes: -- CMD ARG...");
    if (!err) err = hf_kept_read(&s->kept, s->args, &s->config, &s->notify, fault);
    if (err || !url) return err;
    s->kept.host.token_file = s->args->values[HF_OPTION_TOKEN_FILE];
    err = hf_kept_token(&s->kept, hf_config_text(&s->config, HF_KEY_TOKEN), fault);
    return err ? err : hf_kept_address(&s->kept, "--url", url, fault);
}

static int open_place(struct supervise *s, struct hf_fault *fault)
{
    char path[HF_CONFIG_PATH_BYTES];
    int err = hf_paths_need_state_dir(s->args, path, fault);
    if (!err) err = hf_state_dir_open_as(&s->state, path, "supervisor.lock", fault);
    if (!err && !s->args->values[HF_OPTION_URL]) {
        err = give_token(s, fault);
        if (!err) err = hf_kept_hand_port(&s->kept, 0, s->state.path, fault);
    }
    if (!err) err = hf_kept_place(&s->kept, s->args, &s->state, fault);
    return err ? err
               : hf_log_open(&s->config, &s->state, "supervisor.log", &s->log_file, &s->sink,
                             &s->kept.host.log, fault);
}

/* Without a key of its own it logs in without a device (spec/supervisor.md 4.1). */
static void read_identity(struct supervise *s)
{
    struct hf_fault fault;
    struct hf_supervise_config *host = &s->kept.host;
    if (host->supervisor.place != HF_PLACE_GATEWAY) return;
    host->has_identity = hf_state_dir_identity(&s->state, host->identity, &fault) == 0;
    if (!host->has_identity)
        HF_LOG(&host->log, HF_LOG_WARN, "identity.unusable",
               HF_TEXT("why", hf_bytes_cstr(fault.text)));
}

static int run(struct supervise *s)
{
    struct hf_fault fault = { 0 };
    const struct hf_supervise_config *host = &s->kept.host;
    hf_notify_init(&s->notify);
    if (read_wishes(s, &fault) != 0) return hf_verb_refuse(s->args, &fault);
    if (s->kept.is_orphan) return HF_EXIT_DONE;
    if (open_place(s, &fault) != 0) return hf_verb_fail(s->args, &fault);
    read_identity(s);
    HF_LOG(&host->log, HF_LOG_INFO, "supervisor.started", HF_INT("pid", getpid()),
           HF_TEXT("program", host->supervisor.summary),
           HF_TEXT("control", hf_bytes_cstr(host->control_path)));
    int err = hf_supervise_run(host, &s->sink, &fault);
    return err ? hf_verb_fail(s->args, &fault) : HF_EXIT_DONE;
}

static void tear_down(struct supervise *s)
{
    hf_log_sink_flush(&s->sink);
    hf_log_sink_fini(&s->sink);
    hf_log_file_fini(&s->log_file);
    hf_state_dir_close(&s->state);
    hf_notify_fini(&s->notify);
    hf_kept_fini(&s->kept);
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
