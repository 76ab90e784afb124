/* engine/supervisor_parts.h: what the files of a supervisor call of each other.
 *
 * Nobody outside src/engine includes this (tests may).  supervisor.c owns the whole:
 * events, deadlines, actions, phases; supervisor_start.c the start operation,
 * supervisor_doctor.c its repair command, supervisor_place.c who holds the port,
 * supervisor_tree.c processes and their ends, supervisor_stop.c stop and quit,
 * supervisor_request.c and supervisor_restart.c what is asked for, supervisor_reload.c
 * configuration, supervisor_rewrite.c what is changed in it, supervisor_link.c the control connection and supervisor_heard.c what
 * comes over it, supervisor_watch.c ready and liveness, supervisor_memory.c its limits of
 * memory, supervisor_report.c what is said. */
#ifndef HF_ENGINE_SUPERVISOR_PARTS_H
#define HF_ENGINE_SUPERVISOR_PARTS_H

#include "engine/supervisor_state.h"

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

int64_t hf_keep_pid(const struct hf_supervisor *s);        /* of our gateway, or 0 */
int64_t hf_keep_circuit_ms(const struct hf_supervisor *s); /* open until, wall clock; 0: closed */

/* --- supervisor_start.c --- */

void hf_keep_start_begin(struct hf_supervisor *s, struct hf_start_how how, struct hf_bytes cause);
void hf_keep_start_attempt(struct hf_supervisor *s, struct hf_bytes cause);
void hf_keep_start_spawn(struct hf_supervisor *s);
void hf_keep_start_spawned(struct hf_supervisor *s, struct hf_tree *t);
void hf_keep_start_wait_ready(struct hf_supervisor *s, bool is_reattach);
void hf_keep_start_is_ready(struct hf_supervisor *s); /* the place answers */
void hf_keep_start_probed(struct hf_supervisor *s, const struct hf_keeper_event *event,
                          bool is_taken);
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

/* Ours lives, and another process answers (PROBED, LINK_READY): it is not ours for that. */
bool hf_keep_place_is_taken(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_place_taken(struct hf_supervisor *s); /* while ours is to get ready */
void hf_keep_place_given_up(struct hf_supervisor *s);

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
void hf_keep_restart_over(struct hf_supervisor *s); /* without a new process that runs */
void hf_keep_restart_for_memory(struct hf_supervisor *s);

/* --- supervisor_reload.c --- */

void hf_keep_reload_ask(struct hf_supervisor *s, struct hf_intent one);
void hf_keep_reload_end(
    struct hf_supervisor *s); /* whoever waits for it is the caller's; nothing unless one is open */
void hf_keep_reload_read_config(struct hf_supervisor *s, bool is_forced);
void hf_keep_reload_config_read(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_reload_config_changed(struct hf_supervisor *s, uint64_t revision);
void hf_keep_reload_debounced(struct hf_supervisor *s);
void hf_keep_reload_run(struct hf_supervisor *s, struct hf_intent one);
void hf_keep_reload_told(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_reload_untold(struct hf_supervisor *s);
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

/* --- supervisor_rewrite.c --- */

void hf_keep_rewrite_ask(struct hf_supervisor *s, const struct hf_keeper_request *request);
void hf_keep_rewrite_offer(struct hf_supervisor *s); /* the control connection */
void hf_keep_rewrite_lost(struct hf_supervisor *s);  /* it is gone */
void hf_keep_rewrite_got(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_rewrite_set(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_rewrite_end_all(struct hf_supervisor *s, enum hf_rewrite_input why);
void hf_keep_rewrite_run_due(struct hf_supervisor *s);

/* --- supervisor_link.c --- */

void hf_keep_link_open(struct hf_supervisor *s);
void hf_keep_link_abort(struct hf_supervisor *s);
void hf_keep_link_event(struct hf_supervisor *s, const struct hf_keeper_event *event);
bool hf_keep_link_call(struct hf_supervisor *s, enum hf_ask ask, struct hf_bytes method,
                       struct hf_bytes params, hf_span within);
void hf_keep_running_enter(struct hf_supervisor *s, bool is_owned);
void hf_keep_running_leave(struct hf_supervisor *s);

/* --- supervisor_heard.c --- */

void hf_keep_heard(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_heard_no_more(struct hf_supervisor *s); /* no call of ours will be answered */

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
void hf_keep_watch_forget(struct hf_supervisor *s); /* a start or stop that somebody asked for */
void hf_keep_watch_doubt(struct hf_supervisor *s);  /* a process that does not let us in again */
void hf_keep_watch_ready(struct hf_supervisor *s, const char *by);
void hf_keep_watch_executed(struct hf_supervisor *s);
void hf_keep_watch_ready_probe(struct hf_supervisor *s);
void hf_keep_watch_ready_answered(struct hf_supervisor *s, const struct hf_keeper_event *event);
void hf_keep_watch_standing(struct hf_supervisor *s, enum hf_standing_input input);
void hf_keep_watch_standing_due(struct hf_supervisor *s);
void hf_keep_watch_called(struct hf_supervisor *s, struct hf_bytes method,
                          enum hf_keeper_call_outcome outcome, bool is_core_probe);
void hf_keep_watch_check(struct hf_supervisor *s);
void hf_keep_watch_channels(struct hf_supervisor *s);
void hf_keep_watch_channels_answered(struct hf_supervisor *s, enum hf_keeper_call_outcome outcome);
void hf_keep_watch_vigil(struct hf_supervisor *s, enum hf_vigil_input_kind kind);
void hf_keep_watch_vigil_input(struct hf_supervisor *s, const struct hf_vigil_input *input);
void hf_keep_watch_place_probed(struct hf_supervisor *s, enum hf_keeper_probe result);

#endif
