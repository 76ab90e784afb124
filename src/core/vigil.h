/* core/vigil.h: does the supervised gateway still do anything?
 *
 * The escalation ladder of spec/supervisor.md section 12.3.  Any life (a pong, a
 * frame, an answer) begins a new silence; 90 s of silence ask one probe over the
 * control connection and one over HTTP; only when both fail for 5 s is the process
 * itself looked at: stopped or frozen is no hang, work on a core is "busy" until
 * 180 s, and what is left is unresponsive.  The same judges a process that has lost its
 * connection and does not let us in again.  A missed pong is told, never acted on.
 * What it decides is monotonic; a silence during which the host slept is begun
 * anew.  Pure, allocates nothing. */
#ifndef HF_CORE_VIGIL_H
#define HF_CORE_VIGIL_H

#include "base/time.h"

#include <stddef.h>

struct hf_vigil_limits {
    hf_span silence;      /* until the first probe: 90 s */
    hf_span probe_within; /* both probes: 5 s; less than `again` */
    hf_span again;        /* between two probes of one silence: 15 s */
    hf_span busy_max;     /* silence that even a busy process is not granted: 180 s */
    hf_span ping_every;   /* of a connection that calls go over: 30 s */
    hf_span pong_within;  /* 12 s, less than ping_every */
    uint32_t misses_told; /* 3 */
};

/* How a process is watched: by a call, HTTP, or both. */
struct hf_vigil_ways {
    bool has_call;    /* a probe can be asked over the control connection */
    bool has_http;    /* /healthz can be asked */
    bool is_external; /* not ours: never signalled, never restarted */
};

enum hf_vigil_stage {
    HF_VIGIL_IDLE, /* nothing is watched */
    HF_VIGIL_HEALTHY,
    HF_VIGIL_VERIFYING,
    HF_VIGIL_BUSY,         /* silent, but it uses at least half a core */
    HF_VIGIL_SUSPENDED,    /* stopped by a signal, or its cgroup is frozen */
    HF_VIGIL_UNRESPONSIVE, /* a restart was asked for and waits */
    HF_VIGIL_RESTARTING,   /* that restart is under way */
    HF_VIGIL_EXTERNAL_UNAVAILABLE,
};

enum hf_vigil_input_kind {
    HF_VIGIL_TIME,  /* nothing but the time */
    HF_VIGIL_START, /* hello: watch it, `ways` */
    HF_VIGIL_DOUBT, /* it lives and lets nobody in again: judge it now, `doubt` */
    HF_VIGIL_LIFE,  /* a pong, a frame, a successful call */
    HF_VIGIL_MISS,  /* a look at a place without a connection found no life */
    HF_VIGIL_CALL_ANSWERED,
    HF_VIGIL_CALL_FAILED,
    HF_VIGIL_HTTP_ANSWERED,
    HF_VIGIL_HTTP_FAILED,
    HF_VIGIL_EVIDENCE, /* the answer to SAMPLE */
    HF_VIGIL_RESUMED,  /* the host was asleep */
    HF_VIGIL_RESTART_BEGUN,
    HF_VIGIL_END,    /* exit, close, 1012; EXTERNAL_UNAVAILABLE and RESTARTING stay told */
    HF_VIGIL_FORGET, /* a start or stop that somebody asked for: nothing stays told */
};

struct hf_vigil_evidence {
    bool is_known;   /* false: it could not be read; nothing counts for the process then */
    bool is_stopped; /* process state T */
    bool is_frozen;  /* its cgroup is */
    hf_span cpu;     /* of the whole tree so far */
};

struct hf_vigil_input {
    enum hf_vigil_input_kind kind;
    uint64_t probe; /* the four answers: hf_vigil.probe when it was asked */
    union {
        struct hf_vigil_ways ways; /* START */
        struct {
            struct hf_vigil_ways ways;
            hf_time silent_since;
        } doubt;
        struct hf_vigil_evidence evidence; /* EVIDENCE */
    } u;
};

/* What the caller must do, in this order. */
enum hf_vigil_act {
    HF_VIGIL_CANCEL_RESTART = 1 << 0, /* it lives: the restart asked for is not needed */
    HF_VIGIL_TELL_STAGE = 1 << 1,     /* hf_vigil.stage changed */
    HF_VIGIL_TELL_MISSES = 1 << 2,    /* `misses_told` in a row, once per episode */
    HF_VIGIL_NOTE_MISS = 1 << 10,     /* one more: for the diagnostics */
    HF_VIGIL_DO_PING = 1 << 3,        /* unless one waits for its pong already */
    HF_VIGIL_DO_PROBE = 1 << 4,       /* ask both ways, answers carry hf_vigil.probe */
    /* Read the evidence and give it before the turn ends; after `probe_within` without
     * it, it counts as unknown. */
    HF_VIGIL_DO_SAMPLE = 1 << 5,
    HF_VIGIL_DO_CONTINUE = 1 << 6,  /* it is stopped: CONT, if that is configured; once */
    HF_VIGIL_DO_RECONNECT = 1 << 7, /* a new control connection; the process is left alone */
    HF_VIGIL_DO_DUMP = 1 << 8,      /* before the restart */
    HF_VIGIL_DO_RESTART = 1 << 9,   /* governor class `auto`, stop grace 3 s */
};

enum hf_vigil_result {
    HF_VIGIL_NO_RESULT,
    HF_VIGIL_ANSWERED,
    HF_VIGIL_ONLY_HTTP, /* the control connection is the problem */
    HF_VIGIL_FAILED,
};

/* Why the last ladder was climbed; fixed words, so that no peer's text is in them. */
enum hf_vigil_reason {
    HF_VIGIL_NO_REASON,
    HF_VIGIL_NO_PROGRESS,   /* no answer and no work */
    HF_VIGIL_BUSY_TOO_LONG, /* work, but no answer for busy_max */
    HF_VIGIL_STOPPED_BY_SIGNAL,
    HF_VIGIL_FROZEN,
    HF_VIGIL_EXTERNAL_SILENT,
    HF_VIGIL_CONNECTION_SILENT, /* HTTP answers */
};

struct hf_vigil { /* fields are private; tests and diagnostics may read them */
    struct hf_vigil_limits limits;
    struct hf_vigil_ways ways;
    enum hf_vigil_stage stage;
    uint64_t probe;     /* the newest one; answers of others are ignored */
    hf_time alive_at;   /* HF_NEVER before the first life */
    hf_time silence_at; /* the silence began */
    hf_time probe_due;  /* the next probe; HF_NEVER when none is to be asked */
    hf_time judge_due;  /* a probe is out: judged then; HF_NEVER */
    hf_time sample_due; /* evidence is awaited for the verdict; HF_NEVER */
    hf_time probed_at;
    hf_time ping_due, pong_due;
    bool call_failed, http_failed, http_answered;
    bool has_first; /* `first` was read at the probe's start */
    bool has_continued;
    struct hf_vigil_evidence first;
    hf_time first_at;
    uint32_t misses;
    enum hf_vigil_result result;
    bool is_timeout; /* of a FAILED result */
    enum hf_vigil_reason reason;
};

/* The defaults of section 1. */
void hf_vigil_limits_init(struct hf_vigil_limits *limits);

void hf_vigil_init(struct hf_vigil *v, const struct hf_vigil_limits *limits);

/* One input; returns the acts.  Stale answers and inputs that mean nothing in this
 * stage change nothing. */
uint32_t hf_vigil_step(struct hf_vigil *v, hf_time now, const struct hf_vigil_input *input);

/* When to call step with TIME, or HF_NEVER. */
hf_time hf_vigil_due(const struct hf_vigil *v);

/* The snapshot of section 12.3, as instants. */
struct hf_vigil_view {
    const char *state;   /* "healthy", "verifying", "restart-pending", ...; static */
    hf_time alive_at;    /* HF_NEVER: never */
    hf_time deadline_at; /* HF_NEVER: none runs */
    hf_time probed_at;   /* HF_NEVER: never */
    const char *result;  /* "answered", "only-http", "failed"; NULL: none */
    const char *error;   /* "deadline-probe-timeout", "deadline-probe-failed"; NULL */
    const char *reason;  /* "no-progress", ...; NULL: never escalated */
    bool is_external;
};
struct hf_vigil_view hf_vigil_view(const struct hf_vigil *v);

const char *hf_vigil_stage_name(enum hf_vigil_stage stage); /* "busy"; static */

#endif
