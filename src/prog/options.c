#include "prog/options.h"
#include "base/assert.h"
#include "prog/nearest.h"
#include "prog/verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MAX_MS = 86400000 }; /* a day */

struct row {
    const char *name, *argument, *help;
};

static const struct row rows[HF_OPTION_COUNT] = {
#define HF_OPTION_ROW(id, name, argument, help) [HF_OPTION_##id] = { name, argument, help },
    HF_OPTIONS(HF_OPTION_ROW)
#undef HF_OPTION_ROW
};

#define BIT(id) (UINT64_C(1) << HF_OPTION_##id)

_Static_assert(HF_OPTION_COUNT <= 64, "a verb's options are the bits of one word");

/* What every verb that asks a gateway takes. */
#define CLIENT                                                                                     \
    (BIT(URL) | BIT(PORT) | BIT(TOKEN) | BIT(TOKEN_FILE) | BIT(PASSWORD_FILE) | BIT(TIMEOUT) |     \
     BIT(STATE_DIR) | BIT(CONFIG) | BIT(OPENCLAW_CONFIG) | BIT(JSON) | BIT(NO_COLOR) |             \
     BIT(QUIET) | BIT(HELP))

/* How a program is kept. */
#define KEEPER                                                                                     \
    (BIT(CONTROL) | BIT(DOCTOR) | BIT(SURVIVE) | BIT(EXIT_WITH_PARENT) | BIT(SHUTDOWN_EXTERNAL) |  \
     BIT(WATCHDOG) | BIT(STOP_GRACE) | BIT(RESTART_BUDGET) | BIT(RECONNECT_ATTEMPTS) |             \
     BIT(RECONNECT_DELAY) | BIT(RECONNECT_MAX_DELAY) | BIT(MEMORY_SOFT) | BIT(MEMORY_HARD))

static const struct hf_verb verbs[] = {
    { "run", "[-- CMD ARG...]", NULL, "run the gateway; or keep CMD running, and its place",
      BIT(BIND) | BIT(PORT) | BIT(AUTH) | BIT(TOKEN) | BIT(TOKEN_FILE) | BIT(PASSWORD_FILE) |
          BIT(STATE_DIR) | BIT(CONFIG) | BIT(OPENCLAW_CONFIG) | BIT(TLS_CERT) | BIT(TLS_KEY) |
          BIT(LOG_FORMAT) | BIT(LOG_LEVEL) | BIT(MODE) | BIT(UPSTREAM) |
          BIT(UPSTREAM_TOKEN_FILE) | BIT(STARTUP_DELAY) | KEEPER | BIT(HELP),
      hf_verb_run },
    { "call", "METHOD", NULL, "call one method of a gateway and print the answer",
      CLIENT | BIT(PARAMS) | BIT(EXPECT_FINAL), hf_verb_call },
    { "health", NULL, NULL, "ask a gateway how it is, and this connection", CLIENT | BIT(WATCH),
      hf_verb_health },
    { "probe", NULL, NULL, "say what is wrong with a gateway and what to do about it",
      CLIENT | BIT(EXIT_CODE), hf_verb_probe },
    { "status", NULL, NULL, "show what a gateway tells about itself on one screen", CLIENT,
      hf_verb_status },
    { "watch", NULL, NULL, "watch connections, delays and events as they are now",
      CLIENT | BIT(EVENTS), hf_verb_watch },
    { "logs", NULL, NULL, "print the end of a gateway's log", CLIENT | BIT(FOLLOW) | BIT(LINES),
      hf_verb_logs },
    { "devices", "list | approve ID | reject ID | revoke ID", "list approve reject revoke",
      "show and decide which devices may log in", CLIENT, hf_verb_devices },
    { "supervise", "-- CMD ARG...", NULL, "keep a gateway, or any program, running",
      BIT(URL) | BIT(TOKEN_FILE) | KEEPER | BIT(STATE_DIR) | BIT(CONFIG) | BIT(OPENCLAW_CONFIG) |
          BIT(LOG_FORMAT) | BIT(LOG_LEVEL) | BIT(HELP),
      hf_verb_supervise },
    { "ctl", "status|start|stop|restart|reload|diagnostics|history|events|config|quit",
      "status start stop restart reload diagnostics history events config quit",
      "ask a running supervisor",
      BIT(CONTROL) | BIT(FORCE_RECLAIM) | BIT(STATE_DIR) | BIT(TIMEOUT) | BIT(JSON) | BIT(QUIET) |
          BIT(HELP),
      hf_verb_ctl },
    { "config", "get [KEY] | set KEY VALUE | validate", "get set validate",
      "show, change or check the configuration",
      BIT(STATE_DIR) | BIT(CONFIG) | BIT(OPENCLAW_CONFIG) | BIT(LIMITS) | BIT(JSON) | BIT(HELP),
      hf_verb_config },
    { "completion", "bash|zsh|fish", "bash zsh fish", "print a completion script for a shell",
      BIT(HELP), hf_verb_completion },
    { "version", NULL, NULL, "print the version", BIT(JSON) | BIT(HELP), hf_verb_version },
    { "help", "[VERB]", NULL, "show the help of all verbs or of one", BIT(HELP), hf_verb_help },
};

const struct hf_verb *hf_verbs(size_t *count)
{
    *count = HF_COUNT(verbs);
    return verbs;
}

const char *hf_option_name(enum hf_option option)
{
    return rows[option].name;
}

const char *hf_option_argument(enum hf_option option)
{
    return rows[option].argument;
}

bool hf_verb_has(const struct hf_verb *verb, enum hf_option option)
{
    return verb->options >> option & 1;
}

const char *hf_option_help(const struct hf_verb *verb, enum hf_option option)
{
    if (verb->run == hf_verb_ctl && option == HF_OPTION_TIMEOUT)
        return "longest silence (10000; none for start, stop, restart, reload, config, events, quit)";
    if (verb->run == hf_verb_supervise && option == HF_OPTION_URL)
        return "where it listens: ws, http, tcp; or notify:, none: (default: a free port is told)";
    if (hf_verb_has(verb, HF_OPTION_URL) && option == HF_OPTION_PORT)
        return "the gateway's port on this machine (default 18789)";
    return rows[option].help;
}

/* --- reading --- */

/* Its operands are a program with arguments of its own, behind two dashes. */
static bool takes_program(const struct hf_verb *verb)
{
    return verb->operands && strstr(verb->operands, "-- CMD") != NULL;
}

static const struct hf_verb *find_verb(const char *name)
{
    for (size_t i = 0; i < HF_COUNT(verbs); i++)
        if (strcmp(name, verbs[i].name) == 0) return &verbs[i];
    return NULL;
}

int hf_options_tell_bad_verb(const char *name, struct hf_fault *fault)
{
    char hint[2 * HF_NEAREST_BYTES];
    struct hf_nearest nearest;
    hf_nearest_init(&nearest, name);
    for (size_t i = 0; i < HF_COUNT(verbs); i++) hf_nearest_offer(&nearest, verbs[i].name);
    hf_nearest_hint(&nearest, "", hint, sizeof hint);
    return hf_fault_set(fault, HF_ERR_USAGE, "no such verb: \"%s\"%s", name, hint);
}

static int find_verb_or_tell(const char *name, const struct hf_verb **out, struct hf_fault *fault)
{
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    if (strcmp(name, "--version") == 0) name = "version";
    if (name[0] == '-')
        return hf_fault_set(fault, HF_ERR_USAGE, "the verb comes first: holdfast VERB %s", name);
    *out = find_verb(name);
    return *out ? 0 : hf_options_tell_bad_verb(name, fault);
}

/* What getopt_long returns for an option; below are the letters of short ones. */
enum { FIRST_LONG = 256 };

/* The verb's options in the form of getopt_long. */
static void list_options(const struct hf_verb *verb, struct option out[HF_OPTION_COUNT + 1])
{
    size_t count = 0;
    for (int i = 0; i < HF_OPTION_COUNT; i++)
        if (hf_verb_has(verb, (enum hf_option)i))
            out[count++] =
                (struct option){ .name = rows[i].name,
                                 .has_arg = rows[i].argument ? required_argument : no_argument,
                                 .val = FIRST_LONG + i };
    out[count] = (struct option){ 0 };
}

/* `word` is none of the verb's options: "--fly", "--fly=1". */
static int tell_unknown(const struct hf_verb *verb, const char *word, struct hf_fault *fault)
{
    char name[HF_NEAREST_BYTES], hint[2 * HF_NEAREST_BYTES];
    struct hf_nearest nearest;
    snprintf(name, sizeof name, "%s", word + strspn(word, "-"));
    name[strcspn(name, "=")] = '\0';
    hf_nearest_init(&nearest, name);
    for (int i = 0; i < HF_OPTION_COUNT; i++)
        if (hf_verb_has(verb, (enum hf_option)i)) hf_nearest_offer(&nearest, rows[i].name);
    hf_nearest_hint(&nearest, "--", hint, sizeof hint);
    return hf_fault_set(fault, HF_ERR_USAGE, "\"holdfast %s\" has no option --%s%s", verb->name,
                        name, hint);
}

/* `letter` is what getopt did not take: a short option, a long one with a value that it has
 * no use for, or 0; then it was `word`. */
static int tell_bad_option(const struct hf_verb *verb, int letter, const char *word,
                           struct hf_fault *fault)
{
    if (letter >= FIRST_LONG)
        return hf_fault_set(fault, HF_ERR_USAGE, "--%s takes no value",
                            rows[letter - FIRST_LONG].name);
    if (letter)
        return hf_fault_set(fault, HF_ERR_USAGE, "\"holdfast %s\" has no option -%c", verb->name,
                            letter);
    return tell_unknown(verb, word, fault);
}

/* getopt_long takes the beginning of a name for the name, which would mean something else
 * as soon as there is one option more. */
static bool is_whole(const char *word, const char *name)
{
    size_t len = strlen(name);
    return strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, len) == 0 &&
           (word[2 + len] == '\0' || word[2 + len] == '=');
}

static int read_options(int argc, char **argv, struct hf_args *out, struct hf_fault *fault)
{
    struct option list[HF_OPTION_COUNT + 1];
    list_options(out->verb, list);
    opterr = 0;
    optind = 0; /* a fresh start also when called again */
    for (;;) {
        int found = getopt_long(argc, argv, takes_program(out->verb) ? "+:h" : ":h", list, NULL);
        if (found == -1) return 0;
        const char *word = argv[optind - 1];
        if (found == '?') return tell_bad_option(out->verb, optopt, word, fault);
        if (found == ':') return hf_fault_set(fault, HF_ERR_USAGE, "%s wants a value", word);
        if (found == 'h') {
            out->values[HF_OPTION_HELP] = "";
            continue;
        }
        enum hf_option option = (enum hf_option)(found - FIRST_LONG);
        if (optarg == word) word = argv[optind - 2];
        if (!is_whole(word, rows[option].name)) return tell_unknown(out->verb, word, fault);
        out->values[option] = optarg ? optarg : "";
    }
}

/* Also behind a fault, so that how it is told does not hang on the order of the flags. */
static void find_json(int argc, char **argv, struct hf_args *out)
{
    if (!hf_verb_has(out->verb, HF_OPTION_JSON)) return;
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0) out->values[HF_OPTION_JSON] = "";
}

int hf_options_read(int argc, char **argv, struct hf_args *out, struct hf_fault *fault)
{
    *out = (struct hf_args){ 0 };
    if (argc > 1 && strcmp(argv[1], "gateway") == 0) {
        argc--;
        argv++;
    }
    if (argc < 2) return hf_fault_set(fault, HF_ERR_USAGE, "a verb is missing");
    int err = find_verb_or_tell(argv[1], &out->verb, fault);
    if (err) return err;
    err = read_options(argc - 1, argv + 1, out, fault);
    if (err) find_json(argc, argv, out);
    if (err) return err;
    out->operands = argv + 1 + optind;
    out->operand_count = argc - 1 - optind;
    if (out->operand_count == 0 || out->values[HF_OPTION_HELP]) return 0;
    if (takes_program(out->verb) && strcmp(argv[optind], "--") != 0)
        return hf_fault_set(fault, HF_ERR_USAGE,
                            "\"%s\": a program stands behind two dashes: holdfast %s -- CMD ARG...",
                            out->operands[0], out->verb->name);
    if (out->verb->operands) return 0;
    return hf_fault_set(fault, HF_ERR_USAGE, "\"holdfast %s\" takes no arguments", out->verb->name);
}

int hf_options_timeout(const struct hf_args *args, int64_t *ms, struct hf_fault *fault)
{
    const char *text = args->values[HF_OPTION_TIMEOUT];
    uint64_t given;
    if (!text) return 0;
    if (!hf_bytes_u64(hf_bytes_cstr(text), &given) || given == 0 || given > TIMEOUT_MAX_MS)
        return hf_fault_set(fault, HF_ERR_USAGE, "--timeout wants 1 to %d milliseconds, not \"%s\"",
                            TIMEOUT_MAX_MS, text);
    *ms = (int64_t)given;
    return 0;
}
