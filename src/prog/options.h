/* prog/options.h: the verbs and flags of `holdfast`, from one table.
 *
 * The same rows parse the command line and print --help, the shells' completions
 * and the manual's option lists.  A flag is given by its whole name; for one that is
 * nearly right, the message asks whether it was meant. */
#ifndef HF_PROG_OPTIONS_H
#define HF_PROG_OPTIONS_H

#include "base/buf.h"
#include "host/fault.h"

/* id, name, argument (NULL: none; FILE, DIR and SOCKET are completed as paths), help; where
 * a verb means something of its own by it, options.c has another help. */
#define HF_OPTIONS(X)                                                                              \
    X(BIND, "bind", "loopback|lan|tailnet|ADDR", "where to listen (default loopback)")             \
    X(PORT, "port", "PORT", "TCP port, 0 lets the system choose (default 18789)")                  \
    X(AUTH, "auth", "none|token|password", "what a client must know (default token)")              \
    X(TOKEN, "token", "TOKEN", "the shared token; others on this machine can see it here")         \
    X(TOKEN_FILE, "token-file", "FILE", "a file that holds the shared token")                      \
    X(PASSWORD_FILE, "password-file", "FILE", "a file that holds the shared password")             \
    X(STATE_DIR, "state-dir", "DIR", "where state, token, key, lock and log are kept")             \
    X(CONFIG, "config", "FILE", "our configuration file (JSON5)")                                  \
    X(OPENCLAW_CONFIG, "openclaw-config", "FILE", "an openclaw.json whose gateway.* keys count")   \
    X(TLS_CERT, "tls-cert", "FILE", "certificate chain (PEM); with --tls-key turns TLS on")        \
    X(TLS_KEY, "tls-key", "FILE", "private key (PEM)")                                             \
    X(LOG_FORMAT, "log-format", "text|json", "form of the lines on stderr (default text)")         \
    X(LOG_LEVEL, "log-level", "error|warn|info|debug", "how much is logged (default info)")        \
    X(MODE, "mode", "terminate|relay",                                                             \
      "relay: hold the place of a gateway behind us; with CMD always, else not")                   \
    X(UPSTREAM, "upstream", "URL", "the gateway behind us, ws://HOST:PORT; where CMD listens")     \
    X(UPSTREAM_TOKEN_FILE, "upstream-token-file", "FILE",                                          \
      "holds the token of CMD (default: it is handed ours)")                                       \
    X(STARTUP_DELAY, "startup-delay", "MS", "stay in start-up this long, for tests of clients")    \
    X(URL, "url", "URL", "the gateway's address (default ws://127.0.0.1 and the port)")            \
    X(TIMEOUT, "timeout", "MS", "for all of it, waiting for a start included (default 10000)")     \
    X(PARAMS, "params", "JSON|@FILE|-", "the request's parameters; - reads stdin")                 \
    X(EXPECT_FINAL, "expect-final", NULL, "wait for the second answer of a method that has two")   \
    X(CONTROL, "control", "SOCKET", "the supervisor's control socket (default in --state-dir)")    \
    X(FORCE_RECLAIM, "force-reclaim", NULL, "start, restart: end another gateway on the port")     \
    X(DOCTOR, "doctor", "COMMAND", "repairs its configuration once; OpenClaw: its own; '': none")  \
    X(SURVIVE, "survive", NULL, "our end leaves the gateway alone; the next start adopts it")      \
    X(EXIT_WITH_PARENT, "exit-with-parent", NULL,                                                  \
      "end, as at TERM, when the process that started us ends")                                    \
    X(SHUTDOWN_EXTERNAL, "shutdown-external", NULL, "stop also a gateway that is not ours")        \
    X(WATCHDOG, "watchdog", "edge|both", "who must live for WATCHDOG=1: we, or both")              \
    X(STOP_GRACE, "stop-grace", "MS", "from TERM to KILL (default: what the gateway asks for)")    \
    X(RESTART_BUDGET, "restart-budget", "N/S", "automatic restarts in so many seconds (5/300)")    \
    X(RECONNECT_ATTEMPTS, "reconnect-attempts", "N", "tries before it is called failed (10)")      \
    X(RECONNECT_DELAY, "reconnect-delay", "MS", "before the first try; then twice as long (1000)") \
    X(RECONNECT_MAX_DELAY, "reconnect-max-delay", "MS", "the longest of these delays (30000)")     \
    X(MEMORY_SOFT, "memory-soft", "SIZE", "more than this for 10 s: drain and recycle (none)")     \
    X(MEMORY_HARD, "memory-hard", "SIZE", "more than this: kill and restart, 512M, 2G (none)")     \
    X(WATCH, "watch", NULL, "go on, one sample a second, until interrupted")                       \
    X(EXIT_CODE, "exit-code", NULL, "exit 0 only if the gateway is ready for work, else 1")        \
    X(EVENTS, "events", "GLOB", "print events with these names (\"session.*,tick\") instead")      \
    X(FOLLOW, "follow", NULL, "go on with what is added, also over restarts of the gateway")       \
    X(LINES, "lines", "N", "lines to begin with (default 200)")                                    \
    X(NO_COLOR, "no-color", NULL, "no colour, also on a terminal")                                 \
    X(QUIET, "quiet", NULL, "nothing but the answer and failures")                                 \
    X(JSON, "json", NULL, "print one JSON document")                                               \
    X(LIMITS, "limits", NULL, "show every bound, its unit, reason and effect")                     \
    X(HELP, "help", NULL, "show this help")

enum hf_option {
#define HF_OPTION_ENUM(id, name, argument, help) HF_OPTION_##id,
    HF_OPTIONS(HF_OPTION_ENUM)
#undef HF_OPTION_ENUM
        HF_OPTION_COUNT,
};

enum { HF_EXIT_DONE = 0, HF_EXIT_FAILED = 1, HF_EXIT_USAGE = 2, HF_EXIT_REFUSED = 78 };

struct hf_args;

struct hf_verb {
    const char *name;
    const char *operands; /* for people: "get|set|validate [KEY [VALUE]]"; NULL: takes none */
    const char *words;    /* completions of the first operand, spaces between; may be NULL */
    const char *summary;
    uint64_t options;                       /* bit per enum hf_option */
    int (*run)(const struct hf_args *args); /* returns the exit code */
};

struct hf_args {
    const struct hf_verb *verb;
    const char *values[HF_OPTION_COUNT]; /* NULL: not given; "" when it takes no argument */
    char **operands;                     /* borrowed from argv */
    int operand_count;
};

/* The verbs, in the order of the help; `*count` of them. */
const struct hf_verb *hf_verbs(size_t *count);

/* Reads the command line ("gateway" before the verb is skipped).  0, or HF_ERR_USAGE
 * with the reason; then `out` has the verb, unless that was the fault, and --json.  Keeps
 * pointers into argv, whose order may change. */
int hf_options_read(int argc, char **argv, struct hf_args *out, struct hf_fault *fault);

/* --timeout in milliseconds; left as it is when it was not given.  HF_ERR_USAGE. */
int hf_options_timeout(const struct hf_args *args, int64_t *ms, struct hf_fault *fault);

/* HF_ERR_USAGE: there is no such verb, perhaps another one was meant. */
int hf_options_tell_bad_verb(const char *name, struct hf_fault *fault);

/* What people and programs read about the table. */
void hf_options_help(struct hf_buf *out, const struct hf_verb *verb); /* NULL: all verbs */

/* The completion script of "bash", "zsh" or "fish": 0 or HF_ERR_NOT_FOUND. */
int hf_options_completion(struct hf_buf *out, struct hf_bytes shell);

/* "--name" of an option, without the dashes; its argument for people, or NULL. */
const char *hf_option_name(enum hf_option option);
const char *hf_option_argument(enum hf_option option);

/* What it does, for this verb. */
const char *hf_option_help(const struct hf_verb *verb, enum hf_option option);
bool hf_verb_has(const struct hf_verb *verb, enum hf_option option);

#endif
