/* wire/schema/control.h: what is said on a supervisor's control socket.
 *
 * One JSON object a line, each with the version `v`; docs/protocol.md section 14.
 * A client sends requests; for each it gets the lines that carry the request's `id`
 * back: an outcome that is not final may come first, then exactly one that is.
 * Events come in between to who asked for them.  Members that are not known are
 * ignored in both directions. */
#ifndef HF_WIRE_SCHEMA_CONTROL_H
#define HF_WIRE_SCHEMA_CONTROL_H

#include "base/buf.h"
#include "wire/json_write.h"

enum { HF_CONTROL_VERSION = 1 };

#define HF_CONTROL_VERBS(X)                                                                        \
    X(STATUS, "status")                                                                            \
    X(START, "start")                                                                              \
    X(STOP, "stop")                                                                                \
    X(RESTART, "restart")                                                                          \
    X(RELOAD, "reload")                                                                            \
    X(DIAGNOSTICS, "diagnostics")                                                                  \
    X(HISTORY, "history")                                                                          \
    X(EVENTS, "events")         /* from now on, until the connection ends */                       \
    X(QUIT, "quit")             /* end the process and the supervisor, within 3 s */               \
    X(CONFIG_GET, "config.get") /* the gateway's configuration, or `key` of it */                  \
    X(CONFIG_SET, "config.set") /* `value` at `key` of it */

enum hf_control_verb {
#define HF_CONTROL_ENUM(name, text) HF_CONTROL_##name,
    HF_CONTROL_VERBS(HF_CONTROL_ENUM)
#undef HF_CONTROL_ENUM
        HF_CONTROL_VERB_COUNT,
};

const char *hf_control_verb_name(enum hf_control_verb verb); /* "status"; static */
bool hf_control_verb_find(struct hf_bytes name, enum hf_control_verb *out);

/* --- requests --- */

struct hf_control_request {
    struct hf_bytes id; /* JSON as it came: a string or a number; empty: none */
    enum hf_control_verb verb;
    struct hf_bytes reason; /* text, may be empty */
    bool has_delay;
    int64_t delay_ms;      /* restart, reload: 0 to 60000 */
    bool is_debounced;     /* restart, reload: together with others that come soon */
    bool is_config;        /* restart: because the configuration changed, else an operator's wish */
    bool reclaims_port;    /* start, restart: --force-reclaim */
    struct hf_bytes key;   /* config.get, config.set: keys with points between them */
    struct hf_bytes value; /* config.set: JSON */
    int64_t limit;         /* history: newest records; status: last lines; 0: the default */
};

/* Reads a line.  0; HF_ERR_SYNTAX, HF_ERR_UTF8, HF_ERR_DEPTH: it is no JSON;
 * HF_ERR_TYPE: no request: `*what` (static) says why, and `out->id` is what an answer
 * echoes if it could be found.  Text with escapes is decoded into `scratch`, so that
 * HF_ERR_NOMEM and HF_ERR_LIMIT are its.  Spans are borrowed from both. */
int hf_control_read_request(struct hf_bytes line, struct hf_buf *scratch,
                            struct hf_control_request *out, const char **what);

/* Appends the line with its LF. */
void hf_control_write_request(struct hf_buf *out, const struct hf_control_request *request);

/* --- answers --- */

/* Every outcome of a request that is to change something (spec/supervisor.md 10.2). */
#define HF_CONTROL_OUTCOMES(X)                                                                     \
    X(DEFERRED, "DEFERRED")                                                                        \
    X(DELAYED, "DELAYED")                                                                          \
    X(EXECUTED, "EXECUTED")                                                                        \
    X(JOINED, "JOINED")                                                                            \
    X(SATISFIED, "SATISFIED")                                                                      \
    X(REFUSED, "REFUSED")                                                                          \
    X(CANCELLED, "CANCELLED_BY_STOP")                                                              \
    X(SUPERSEDED, "SUPERSEDED")                                                                    \
    X(DISABLED, "RELOAD_DISABLED")                                                                 \
    X(UNKILLABLE, "UNKILLABLE")                                                                    \
    X(FAILED, "FAILED")                                                                            \
    X(COMMITTED, "COMMITTED")                                                                      \
    X(CONFLICT, "CONFLICT")                                                                        \
    X(UNSUPPORTED, "UNSUPPORTED")

enum hf_control_outcome {
#define HF_CONTROL_ENUM(name, text) HF_OUTCOME_##name,
    HF_CONTROL_OUTCOMES(HF_CONTROL_ENUM)
#undef HF_CONTROL_ENUM
        HF_OUTCOME_COUNT,
};

const char *hf_control_outcome_name(enum hf_control_outcome outcome); /* static */

struct hf_control_result {
    struct hf_bytes id; /* JSON of the request, or empty */
    enum hf_control_verb verb;
    enum hf_control_outcome outcome;
    bool is_final;
    int64_t pid_before, pid_after; /* 0: not told */
    int64_t retry_after_ms;        /* -1: not told */
    struct hf_bytes reason;        /* text, may be empty */
};
void hf_control_write_result(struct hf_buf *out, const struct hf_control_result *result);

/* The answer to status, diagnostics and history, and to config.get: `data` is JSON. */
void hf_control_write_data(struct hf_buf *out, struct hf_bytes id, enum hf_control_verb verb,
                           struct hf_bytes data);

/* A line that was no request, or one that nobody answers here. */
void hf_control_write_error(struct hf_buf *out, struct hf_bytes id, const char *code,
                            struct hf_bytes message);

/* An observer event (spec/supervisor.md 11.5) that happened at `at_ms` (wall clock).  `payload` is JSON or
 * empty. */
void hf_control_write_event(struct hf_buf *out, const char *name, int64_t at_ms,
                            struct hf_bytes payload);

/* What a client reads. */
enum hf_control_kind {
    HF_CONTROL_IS_RESULT,
    HF_CONTROL_IS_DATA,
    HF_CONTROL_IS_ERROR,
    HF_CONTROL_IS_EVENT,
};
struct hf_control_reply {
    enum hf_control_kind kind;
    struct hf_bytes id;              /* JSON, or empty */
    struct hf_control_result result; /* RESULT */
    struct hf_bytes name;            /* EVENT: its name; ERROR: its code; text */
    struct hf_bytes message;         /* ERROR: text */
    struct hf_bytes data;            /* DATA, EVENT: JSON, or empty */
    int64_t at_ms;                   /* EVENT */
};

/* Reads a line of a server: as hf_control_read_request; HF_ERR_TYPE also for kinds,
 * verbs and outcomes that a newer server knows. */
int hf_control_read_reply(struct hf_bytes line, struct hf_buf *scratch,
                          struct hf_control_reply *out);

/* --- the payloads of the observer events of 11.5 --- */

/* {"code":1,"signal":null}; a code of -1 and a signal of 0 are null. */
void hf_control_write_exit(struct hf_buf *out, int code, int signal);

/* {"<name>":<text>}, as the events `error` and `chat:message` have one. */
void hf_control_write_text(struct hf_buf *out, const char *name, struct hf_bytes text);

/* {"method":<name>,"params":<json>}  the event `notification`. */
void hf_control_write_notification(struct hf_buf *out, struct hf_bytes method,
                                   struct hf_bytes params);

/* --- the status record (spec/supervisor.md 2.1) --- */

enum { HF_CONTROL_ANSWERS = 4 };

struct hf_control_answer {   /* one of the four answers about the gateway */
    const char *name, *word; /* "alive", "yes"; static */
    int64_t age_ms;          /* of the newest evidence; -1: none */
    int64_t for_ms;          /* the word has not changed for so long; -1: never known */
};

struct hf_control_memory { /* of a gateway with limits */
    bool has_limits;
    int64_t bytes, peak_bytes;      /* -1: not seen yet */
    int64_t soft_bytes, hard_bytes; /* -1: none */
    bool is_held_by_kernel;         /* the hard one, at the byte; else by regular looks */
    uint64_t recycles, ends;
};

struct hf_control_status {
    const char *state, *phase;      /* static */
    int64_t at_ms;                  /* when this was true, wall clock */
    int64_t since_ms;               /* the phase began */
    struct hf_bytes why;            /* the cause of the last transition */
    int64_t port;                   /* 0: none */
    int64_t pid;                    /* 0: absent */
    int64_t uptime_s;               /* whole seconds since the hello; -1: absent */
    int64_t connected_at_ms;        /* -1: absent */
    struct hf_bytes error, version; /* text; empty: absent */
    int64_t reconnect_attempts;     /* -1: absent */
    int ready;                      /* gatewayReady: 1, 0, or -1: absent */
    bool is_owned, has_pending_restart, is_fatal;
    uint64_t epoch;
    int64_t quarantined_until_ms;  /* -1: absent */
    int64_t circuit_open_until_ms; /* of the breaker; -1: absent */
    /* The last exit. */
    bool has_exit;
    int exit_code, exit_signal; /* -1 and 0: null */
    const char *exit_word;      /* "crash"; static */
    int64_t exit_at_ms;
    /* What comes next by itself. */
    const char *next; /* "reconnect", "probe", ...; NULL: nothing */
    int64_t next_at_ms;
    struct hf_control_answer answers[HF_CONTROL_ANSWERS];
    struct hf_control_memory memory;
    /* The child's last lines, oldest first, redacted: asked for one by one. */
    size_t line_count;
    struct hf_bytes (*line)(void *ctx, size_t i);
    void *line_ctx;
};

/* Appends the record as one JSON object, without LF. */
void hf_control_write_status(struct hf_buf *out, const struct hf_control_status *status);

#endif
