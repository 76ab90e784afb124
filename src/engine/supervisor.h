/* engine/supervisor.h: one supervised gateway as a pure machine.
 *
 * spec/supervisor.md.  Starts, watches, stops and restarts one program, or attaches to a
 * gateway that is there already.  Takes events and the time, returns actions
 * (port/keeper.h), owns no process and reads no clock.  Quiet until its first request.
 * Bounded by base/limits.h; one supervisor belongs to one thread. */
#ifndef HF_ENGINE_SUPERVISOR_H
#define HF_ENGINE_SUPERVISOR_H

#include "base/log.h"
#include "core/condition.h"
#include "core/governor.h"
#include "core/keeper.h"
#include "core/output.h"
#include "core/ration.h"
#include "core/sightings.h"
#include "core/standing.h"
#include "core/vigil.h"
#include "port/keeper.h"

struct hf_supervisor;

/* What is kept, by the scheme of its URL (design.md section 4). */
enum hf_place_kind {
    HF_PLACE_GATEWAY, /* ws, wss: challenge, then a control connection */
    HF_PLACE_HTTP,
    HF_PLACE_TCP,
    HF_PLACE_NOTIFY, /* READY=1 of the child itself */
    HF_PLACE_NONE,   /* that it lives */
};

/* Copied; the texts are borrowed for the life of the supervisor. */
struct hf_supervisor_config {
    struct hf_log log;
    uint8_t seed[HF_RNG_SEED_BYTES];
    enum hf_place_kind place;
    unsigned port;                       /* 0: none is used */
    const struct hf_censor_known *known; /* secrets, borrowed for life; may be NULL */
    struct hf_bytes summary;             /* what is spawned, redacted: for error messages */
    bool has_doctor;
    bool shuts_external;  /* stop asks somebody else's gateway to shut down (--shutdown-external) */
    bool off_restarts;    /* reload mode `off` restarts, as older supervisors do */
    bool continues;       /* a stopped gateway is sent CONT once */
    hf_span stop_grace;   /* -1: as negotiated (9.3) */
    hf_span start_within; /* the whole wait until it is ready */
    hf_span reattach_within; /* the same for one of ours that lives already */
    struct hf_ladder_limits ladder;
    struct hf_governor_limits governor;
    struct hf_vigil_limits vigil;
    struct hf_ration_limits ration; /* of memory; none */
    hf_span watchdog_every;         /* 0: nobody watches us */
    bool watchdog_is_both;          /* no WATCHDOG while the gateway is unresponsive or in error */
};

/* The defaults of section 1; place, port and log are the caller's. */
void hf_supervisor_config_init(struct hf_supervisor_config *config);

int hf_supervisor_new(struct hf_supervisor **out, const struct hf_supervisor_config *config,
                      struct hf_now now); /* HF_ERR_NOMEM */

/* Ends nothing: STOP or QUIT first.  NULL is fine. */
void hf_supervisor_free(struct hf_supervisor *s);

/* One event in; then take the actions. */
void hf_supervisor_step(struct hf_supervisor *s, struct hf_now now,
                        const struct hf_keeper_event *event);

void hf_supervisor_run_due(struct hf_supervisor *s, struct hf_now now);
hf_time hf_supervisor_due(const struct hf_supervisor *s); /* or HF_NEVER */

/* The next action: false when there is none. */
bool hf_supervisor_action(struct hf_supervisor *s, struct hf_keeper_action *out);

/* --- what it says about itself; a later step changes no copy --- */

/* UNTOLD: the gateway is too old to tell; treat it as ready while it runs. */
enum hf_gateway_ready { HF_READY_NO, HF_READY_YES, HF_READY_UNTOLD };

/* What the supervisor does next, of itself: the earliest of what it waits for. */
enum hf_supervisor_next {
    HF_NEXT_NOTHING,
    HF_NEXT_RECONNECT,  /* the ladder's next try */
    HF_NEXT_SLOW_RETRY, /* the slow lane's */
    HF_NEXT_QUARANTINE, /* the quarantine's */
    HF_NEXT_RESTART,    /* cooldown or debounce run */
    HF_NEXT_RELOAD,
    HF_NEXT_DEADLINE, /* of the phase */
    HF_NEXT_KILL,     /* a grace ends */
};

struct hf_last_exit {
    bool is_set, is_known;
    int code, signal;   /* code -1: by a signal */
    const char *why;    /* "crash", "oom_kill", ...; static */
    int64_t pid, at_ms; /* wall clock */
    uint64_t crashes;   /* since the supervisor began */
};

/* The status record (spec/supervisor.md 2.1).  Texts are valid until the next step. */
struct hf_supervisor_status {
    enum hf_keeper_state state;
    enum hf_phase phase;
    unsigned port;
    int64_t pid;       /* 0: none, or not ours */
    bool is_connected; /* running, and its control connection is open */
    bool has_uptime;
    int64_t uptime_ms;       /* since connected */
    int64_t connected_at_ms; /* wall clock; 0: not */
    struct hf_bytes error;   /* why it is not running; empty */
    struct hf_bytes version; /* of the gateway; empty */
    uint32_t reconnect_attempts;
    enum hf_gateway_ready ready;
    bool is_owned, is_restart_pending, is_fatal, is_wanted;
    uint64_t epoch;
    bool is_quarantined;
    int64_t quarantined_until_ms; /* wall clock; when is_quarantined and waiting, else 0 */
    struct hf_bytes cause;        /* of the newest transition */
    hf_span phase_for;            /* since then */
    int64_t phase_at_ms;          /* wall clock */
    struct hf_last_exit last_exit;
    enum hf_supervisor_next next;
    hf_span next_in;  /* when next is not NOTHING */
    hf_time retry_at; /* when it looks or tries again of itself, whatever comes before; HF_NEVER */
    uint64_t executed, suppressed;
    int64_t circuit_open_until_ms;                /* wall clock; 0: closed */
    uint64_t connect_attempts, connect_successes; /* of the reconnect metric */
    bool is_journal_written;                      /* false: the disk did not take it */
    bool is_safe_mode;                            /* the gateway says so */
};
void hf_supervisor_status(const struct hf_supervisor *s, struct hf_now now,
                          struct hf_supervisor_status *out);

enum { HF_CAUSE_BYTES = 96 };

struct hf_transition {
    enum hf_phase from, to;
    uint64_t epoch;
    int64_t at_ms; /* wall clock */
    uint8_t cause_len;
    char cause[HF_CAUSE_BYTES];
};

/* The i-th oldest of the last HF_LIMIT_KEEPER_HISTORY transitions. */
size_t hf_supervisor_history_count(const struct hf_supervisor *s);
const struct hf_transition *hf_supervisor_history(const struct hf_supervisor *s, size_t i);

/* The liveness ladder, for status and diagnostics. */
const struct hf_vigil *hf_supervisor_vigil(const struct hf_supervisor *s);

/* What it takes of its limits of memory. */
const struct hf_ration *hf_supervisor_ration(const struct hf_supervisor *s);

/* The health summary and what it comes from (13), and the four answers. */
struct hf_condition hf_supervisor_condition(const struct hf_supervisor *s, struct hf_now now);
struct hf_sightings hf_supervisor_sightings(const struct hf_supervisor *s);
struct hf_standing_answer hf_supervisor_answer(const struct hf_supervisor *s, struct hf_now now,
                                               enum hf_standing_question question);

/* The last lines of the child, oldest first, without secrets; appended to `out`. */
size_t hf_supervisor_line_count(const struct hf_supervisor *s);
void hf_supervisor_line(const struct hf_supervisor *s, size_t i, struct hf_buf *out);

#endif
