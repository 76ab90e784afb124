/* engine/supervisor_state.h: the inside of a supervisor, shared by its own files.
 *
 * Nobody outside src/engine includes this (tests may).  supervisor.c owns the whole:
 * events, deadlines, actions, phases; supervisor_start.c the start operation,
 * supervisor_doctor.c its repair command, supervisor_place.c who holds the port,
 * supervisor_tree.c processes and their ends, supervisor_stop.c stop and quit,
 * supervisor_request.c and supervisor_restart.c what is asked for, supervisor_reload.c
 * configuration, supervisor_link.c the control connection, supervisor_watch.c ready and
 * liveness, supervisor_memory.c its limits of memory, supervisor_report.c what is said. */
#ifndef HF_ENGINE_SUPERVISOR_STATE_H
#define HF_ENGINE_SUPERVISOR_STATE_H

#include "base/buf.h"
#include "base/ring.h"
#include "core/failure.h"
#include "core/holder.h"
#include "core/ration.h"
#include "core/reload.h"
#include "engine/supervisor.h"

enum { HF_SUPERVISOR_MAGIC = 0x6b656570, HF_SUPERVISOR_WORD_BYTES = 128 };

/* Questions that are open, at most one of each. */
enum hf_ask {
    HF_ASK_DETECT,
    HF_ASK_PORT,
    HF_ASK_PROBE,
    HF_ASK_CONFIG,
    HF_ASK_JOURNAL,
    HF_ASK_SURVEY,
    HF_ASK_EVIDENCE,
    HF_ASK_MEMORY,
    HF_ASK_ALIVE,  /* the HTTP half of the liveness probe */
    HF_ASK_SIGNAL, /* of a reload */
    /* Calls over the control connection. */
    HF_ASK_VIGIL,
    HF_ASK_STANDING,
    HF_ASK_READY,
    HF_ASK_SHUTDOWN,
    HF_ASK_BUDGET,
    HF_ASK_RELOAD,
    HF_ASK_REVISION,
    HF_ASK_COUNT,
};

enum hf_timer {
    HF_TIMER_STEP, /* the deadline of the phase */
    HF_TIMER_POLL, /* look again, try again */
    HF_TIMER_RECONNECT,
    HF_TIMER_COOLDOWN,
    HF_TIMER_READY_PROBE,
    HF_TIMER_CHECK,    /* the transport, every 30 s */
    HF_TIMER_EVIDENCE, /* of a reload: the end of the wait */
    HF_TIMER_REVISION, /* of a reload: ask again */
    HF_TIMER_WATCHDOG,
    HF_TIMER_COUNT,
};

enum hf_retry_kind { HF_RETRY_LADDER, HF_RETRY_SLOW, HF_RETRY_QUARANTINE };

/* Why a start operation begins. */
struct hf_start_how {
    bool is_auto;      /* by ourselves: nothing is forgotten or forgiven */
    bool is_uncharged; /* what it spawns costs no budget */
    bool is_single;    /* one attempt */
    bool forgives;     /* an operator's wish */
    bool reclaims_port;
    bool is_cycle; /* the second half of a restart */
};

struct hf_start { /* the start operation */
    bool is_open;
    struct hf_start_how how;
    uint64_t epoch;
    uint32_t attempt;
    hf_time begun_at, spawned_at, ready_at; /* HF_NEVER: that did not happen */
    hf_time deadline;                       /* of the whole */
    bool is_reattach;                       /* waits for one that lives already */
    bool was_charged, has_spawned, has_doctored;
    bool must_be_free;   /* nobody could say who listens: only a free port is proof */
    bool is_looking;     /* exit 78: who owns the place? */
    bool is_candidate;   /* logs in to see whether a gateway that is not ours lets us */
    bool doctor_follows; /* as soon as the old tree is gone */
    bool doctor_is_late; /* it was killed at its limit */
    uint32_t startup_step;
    struct hf_holder_facts facts;
    int64_t found_pid;
    struct hf_failure failure; /* the one that is being judged */
};

struct hf_stop {
    bool is_open;
    bool is_cycle; /* the first half of a restart */
    bool is_quit;
    bool is_asking; /* an outsider was asked to shut down */
    bool had_tree;
    hf_span grace;
};

struct hf_cycle { /* a restart, until the control connection is up again */
    bool is_open;
    bool is_auto;
    bool is_uncounted; /* until READY it is not executed */
    bool reclaims_port;
    int64_t pid_before;
};

struct hf_reloading {
    bool is_open;
    bool is_signalled;
    uint64_t mark;
    uint64_t tree;
    bool is_closed; /* 1012 was seen: the next hello is the proof */
    enum hf_reload_way way;
};

struct hf_word { /* a short text that outlives its event */
    uint8_t len;
    uint8_t ptr[HF_SUPERVISOR_WORD_BYTES];
};

struct hf_keeper_link {   /* the control connection */
    uint64_t id, last_id; /* 0: none */
    bool is_ready;
    bool is_owned;
    bool lists_methods, has_shutdown, has_restart, has_config, has_presence;
    bool will_restart; /* a `shutdown` event with a restart hint */
    struct hf_word version, boot_id, applied;
    hf_span budget; /* -1: not told */
};

struct hf_supervisor {
    uint32_t magic;
    struct hf_supervisor_config config;
    struct hf_now now;
    struct hf_rng rng;
    /* Where it is. */
    enum hf_phase phase;
    hf_time phase_at;
    int64_t phase_at_ms;
    uint64_t epoch;
    bool is_wanted;
    bool is_fatal;
    bool is_transport_only; /* somebody else's gateway: reconnect, never spawn */
    struct hf_ledger ledger;
    struct hf_start start;
    struct hf_stop stop;
    struct hf_cycle cycle;
    struct hf_reloading reload;
    struct hf_intents intents;
    struct hf_governor governor;
    struct hf_debounce restart_debounce, reload_debounce;
    struct hf_outsider outsider;
    struct hf_vigil vigil;
    struct hf_ration ration;
    uint64_t memory_tree; /* was ended for its memory; 0: none */
    struct hf_output_room output;
    struct hf_sightings sightings;
    struct hf_standing standing;
    struct hf_keeper_link link;
    struct hf_word boot_before; /* of the newest hello */
    /* Running. */
    hf_time connected_at; /* HF_NEVER: not */
    int64_t connected_at_ms;
    bool is_ready, has_ready_event, is_draining, was_ready_notified;
    bool is_attached; /* running without control connection: a place that has none */
    uint32_t ready_probes;
    uint64_t gateway; /* the newest tree of a gateway; its exit is told */
    /* Reconnecting. */
    uint32_t attempts;
    enum hf_retry_kind retry;
    uint64_t retry_epoch;
    hf_span retry_delay;
    uint32_t reattach_failures; /* operations in a row that could not get in although it lives */
    uint64_t connect_attempts, connect_successes;
    int64_t quarantined_until_ms;
    /* What was seen. */
    struct hf_last_exit last_exit;
    struct hf_stops stops;
    uint64_t mark_at_1012;
    uint64_t tree_at_1012; /* 0: no 1012 waits for its hello */
    struct hf_reload_policy policy;
    hf_time policy_at;                 /* HF_NEVER: never read */
    uint64_t revision, spawn_revision; /* of the file; 0: unknown */
    hf_time doctored_at;               /* HF_NEVER: never */
    uint64_t doctor_revision;
    bool journal_failed, is_safe_mode;
    uint64_t stale_count;
    char error[HF_LIMIT_NAME_BYTES];
    size_t error_len;
    char cause[HF_CAUSE_BYTES];
    size_t cause_len;
    /* Out. */
    hf_time timers[HF_TIMER_COUNT];
    uint64_t asks[HF_ASK_COUNT], last_ask;
    struct hf_ring actions, history;
    struct hf_buf words; /* texts of the actions of this step; never grows, never moves */
    bool status_changed;
    struct hf_keeper_result unheard; /* of a request for which nobody waits */
};

/* --- supervisor.c --- */

static inline struct hf_bytes hf_word_view(const struct hf_word *word)
{
    return hf_bytes(word->ptr, word->len);
}

void hf_keep_enter(struct hf_supervisor *s, enum hf_phase phase, struct hf_bytes cause);

static inline bool hf_keep_state_is(const struct hf_supervisor *s, enum hf_keeper_state state)
{
    return hf_phase_is(s->phase, state);
}

/* An action to fill; its texts must live until the next step (hf_keep_text). */
struct hf_keeper_action *hf_keep_act(struct hf_supervisor *s, enum hf_keeper_action_kind kind);

/* The same with a question: the former one of its kind is forgotten. */
struct hf_keeper_action *hf_keep_ask(struct hf_supervisor *s, enum hf_keeper_action_kind kind,
                                     enum hf_ask ask);

/* Whether this answers the open question; it is closed then. */
bool hf_keep_answered(struct hf_supervisor *s, enum hf_ask ask, uint64_t number);

struct hf_bytes hf_keep_text(struct hf_supervisor *s, struct hf_bytes text);

static inline void hf_keep_arm(struct hf_supervisor *s, enum hf_timer timer, hf_span span)
{
    s->timers[timer] = hf_time_after(s->now.mono, span);
}

static inline void hf_keep_disarm(struct hf_supervisor *s, enum hf_timer timer)
{
    s->timers[timer] = HF_NEVER;
}

void hf_word_set(struct hf_word *word, struct hf_bytes text);

/* --- supervisor_report.c --- */

void hf_keep_fail_text(struct hf_supervisor *s, struct hf_bytes text); /* the error */
__attribute__((format(printf, 2, 3))) void hf_keep_failf(struct hf_supervisor *s,
                                                         const char *format, ...);
void hf_keep_clear_error(struct hf_supervisor *s);
void hf_keep_tell(struct hf_supervisor *s, enum hf_keeper_tell kind, struct hf_bytes payload);
void hf_keep_notify(struct hf_supervisor *s, enum hf_keeper_notice kind, hf_span within);

/* Answers one request; an intent without a tag is answered by silence. */
struct hf_keeper_result *hf_keep_result(struct hf_supervisor *s, const struct hf_intent *one,
                                        enum hf_keeper_outcome outcome);
void hf_keep_reason(struct hf_supervisor *s, struct hf_keeper_result *result,
                    struct hf_bytes reason);

/* Answers all that wait at `stage`; with EXECUTED, those that did not begin it JOINED. */
void hf_keep_settle(struct hf_supervisor *s, enum hf_intent_stage stage,
                    enum hf_keeper_outcome outcome, struct hf_bytes reason);

/* The records of 10.5, 11.3 and 4.1: told, and logged. */
void hf_keep_record_restart(struct hf_supervisor *s, enum hf_keeper_tell kind,
                            struct hf_bytes reason, hf_span retry_after);
void hf_keep_record_reconnect(struct hf_supervisor *s, bool is_good);
void hf_keep_record_startup(struct hf_supervisor *s);

int64_t hf_keep_pid(const struct hf_supervisor *s); /* of our gateway, or 0 */

/* --- supervisor_start.c --- */

void hf_keep_start_begin(struct hf_supervisor *s, struct hf_start_how how, struct hf_bytes cause);
void hf_keep_start_attempt(struct hf_supervisor *s, struct hf_bytes cause);
void hf_keep_start_spawn(struct hf_supervisor *s);
void hf_keep_start_spawned(struct hf_supervisor *s, struct hf_tree *t);
void hf_keep_start_wait_ready(struct hf_supervisor *s, bool is_reattach);
void hf_keep_start_is_ready(struct hf_supervisor *s); /* the place answers */
void hf_keep_start_probed(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_start_deadline(struct hf_supervisor *s); /* TIMER_STEP while starting */
void hf_keep_start_is_hung(struct hf_supervisor *s);  /* what lives does not let us in */
void hf_keep_start_is_half_alive(struct hf_supervisor *s);
void hf_keep_start_poll(struct hf_supervisor *s);
bool hf_keep_start_waits_for_trees(struct hf_supervisor *s); /* those on their way out */
void hf_keep_start_trees_gone(struct hf_supervisor *s);
void hf_keep_start_close(struct hf_supervisor *s); /* its timers and questions */

/* The attempt failed: `why` is for people. */
void hf_keep_start_failed(struct hf_supervisor *s, enum hf_failure_kind kind, struct hf_bytes why);
void hf_keep_start_judge(struct hf_supervisor *s);

/* The operation failed; the ladder, the slow lane or the quarantine go on. */
void hf_keep_start_give_up(struct hf_supervisor *s, hf_span at_least, struct hf_bytes why);
void hf_keep_start_conflict(struct hf_supervisor *s);
void hf_keep_start_fatal(struct hf_supervisor *s, struct hf_bytes why);

/* --- supervisor_doctor.c --- */

bool hf_keep_doctor_may(const struct hf_supervisor *s);
void hf_keep_doctor_begin(struct hf_supervisor *s);
void hf_keep_doctor_ended(struct hf_supervisor *s, bool is_good);
void hf_keep_doctor_late(struct hf_supervisor *s);

/* --- supervisor_place.c --- */

void hf_keep_place_detect(struct hf_supervisor *s, struct hf_bytes cause);
void hf_keep_place_detected(struct hf_supervisor *s, const struct hf_keeper_found *found);
void hf_keep_place_judge(struct hf_supervisor *s);
void hf_keep_place_port(struct hf_supervisor *s);
void hf_keep_place_port_checked(struct hf_supervisor *s, bool is_free);
void hf_keep_place_probed(struct hf_supervisor *s, enum hf_keeper_probe result);

/* --- supervisor_tree.c --- */

/* A new entry of the ledger; NULL: it is full, and the start operation has ended so. */
struct hf_tree *hf_keep_tree_add(struct hf_supervisor *s, bool is_doctor);

void hf_keep_tree_event(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_tree_end(struct hf_supervisor *s, struct hf_tree *t, hf_span grace);
void hf_keep_tree_end_all(struct hf_supervisor *s, hf_span grace);
void hf_keep_tree_run_due(struct hf_supervisor *s);
hf_time hf_keep_tree_due(const struct hf_supervisor *s);
bool hf_keep_tree_any_unwanted(const struct hf_supervisor *s);

/* --- supervisor_output.c --- */

void hf_keep_output_took(struct hf_supervisor *s, const struct hf_keeper_event *e);
void hf_keep_output_run(struct hf_supervisor *s);
void hf_keep_output_ended(struct hf_supervisor *s);
uint32_t hf_keep_output_marks(const struct hf_supervisor *s);

/* --- supervisor_stop.c --- */

void hf_keep_stop_begin(struct hf_supervisor *s, bool is_cycle, bool is_quit, hf_span grace,
                        struct hf_bytes cause);
void hf_keep_stop_go_on(struct hf_supervisor *s); /* something it waits for has come */
void hf_keep_stop_called(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_stop_surveyed(struct hf_supervisor *s, struct hf_bytes detail);
void hf_keep_stop_stuck(struct hf_supervisor *s); /* something survived KILL */
void hf_keep_stop_unanswered(struct hf_supervisor *s);
void hf_keep_stop_deadline(struct hf_supervisor *s);

/* --- supervisor_request.c --- */

void hf_keep_request(struct hf_supervisor *s, const struct hf_keeper_request *request);

/* --- supervisor_restart.c --- */

void hf_keep_restart_ask(struct hf_supervisor *s, struct hf_intent one);
void hf_keep_restart_debounce(struct hf_supervisor *s, struct hf_intent one, hf_span delay);
void hf_keep_restart_debounced(struct hf_supervisor *s);
void hf_keep_restart_cooled(struct hf_supervisor *s);
void hf_keep_restart_settle(struct hf_supervisor *s); /* what was deferred */
void hf_keep_restart_by_vigil(struct hf_supervisor *s);
void hf_keep_restart_for_memory(struct hf_supervisor *s);

/* --- supervisor_reload.c --- */

void hf_keep_reload_ask(struct hf_supervisor *s, struct hf_intent one);
void hf_keep_reload_read_config(struct hf_supervisor *s, bool is_forced);
void hf_keep_reload_config_read(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_reload_config_changed(struct hf_supervisor *s, uint64_t revision);
void hf_keep_reload_debounced(struct hf_supervisor *s);
void hf_keep_reload_run(struct hf_supervisor *s, struct hf_intent one);
void hf_keep_reload_called(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_reload_revision(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_reload_signal_failed(struct hf_supervisor *s);
void hf_keep_reload_proven(struct hf_supervisor *s, struct hf_bytes by);

/* The control connection is up again; `is_new_boot`: the same process began anew. */
void hf_keep_reload_connected(struct hf_supervisor *s, bool is_new_boot);
void hf_keep_reload_deadline(struct hf_supervisor *s);
void hf_keep_reload_look_again(struct hf_supervisor *s);
bool hf_keep_reload_expects_death(const struct hf_supervisor *s, uint64_t tree);
void hf_keep_reload_died(struct hf_supervisor *s); /* the process that was signalled is gone */

/* --- supervisor_link.c --- */

void hf_keep_link_open(struct hf_supervisor *s);
void hf_keep_link_abort(struct hf_supervisor *s);
void hf_keep_link_event(struct hf_supervisor *s, const struct hf_keeper_event *event);
bool hf_keep_link_call(struct hf_supervisor *s, enum hf_ask ask, struct hf_bytes method,
                       struct hf_bytes params, hf_span within);
void hf_keep_running_enter(struct hf_supervisor *s, bool is_owned);
void hf_keep_running_leave(struct hf_supervisor *s);

/* --- supervisor_backoff.c --- */

/* The control connection or the process is lost: arms the one timer. */
void hf_keep_backoff_enter(struct hf_supervisor *s, hf_span at_least, struct hf_bytes cause);
void hf_keep_backoff_fire(struct hf_supervisor *s);
void hf_keep_quarantine_enter(struct hf_supervisor *s, struct hf_bytes cause);

/* --- supervisor_memory.c --- */

void hf_keep_memory_begin(struct hf_supervisor *s); /* the gateway runs */
void hf_keep_memory_run_due(struct hf_supervisor *s);
void hf_keep_memory_read(struct hf_supervisor *s, const struct hf_keeper_event *event);

/* --- supervisor_watch.c --- */

void hf_keep_watch_begin(struct hf_supervisor *s);
void hf_keep_watch_doubt(struct hf_supervisor *s); /* a process that does not let us in again */
void hf_keep_watch_ready(struct hf_supervisor *s, const char *by);
void hf_keep_watch_executed(struct hf_supervisor *s);
void hf_keep_watch_ready_probe(struct hf_supervisor *s);
void hf_keep_watch_ready_answered(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_watch_standing(struct hf_supervisor *s, enum hf_standing_input input);
void hf_keep_watch_standing_due(struct hf_supervisor *s);
void hf_keep_watch_called(struct hf_supervisor *s, struct hf_bytes method,
                          enum hf_keeper_call_outcome outcome, bool is_core_probe);
void hf_keep_watch_check(struct hf_supervisor *s);
void hf_keep_watch_vigil(struct hf_supervisor *s, enum hf_vigil_input_kind kind);
void hf_keep_watch_vigil_input(struct hf_supervisor *s, const struct hf_vigil_input *input);
void hf_keep_watch_place_probed(struct hf_supervisor *s, enum hf_keeper_probe result);

#endif
