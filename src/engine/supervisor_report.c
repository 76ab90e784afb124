/* What a supervisor says: results, observer events, its status record. */
#include "base/limits.h"
#include "engine/supervisor_parts.h"
#include "wire/json_write.h"

#include <stdarg.h>
#include <stdio.h>

/* --- the error --- */

/* Whatever it comes from, no secret gets into a status (invariant 10). */
void hf_keep_fail_text(struct hf_supervisor *s, struct hf_bytes text)
{
    struct hf_buf clean;
    hf_buf_init(&clean, HF_LIMIT_PREAUTH_FRAME_BYTES);
    if (text.len > HF_LIMIT_HTTP_LINE_BYTES)
        hf_censor_cut(hf_bytes_cut_utf8(text, HF_LIMIT_HTTP_LINE_BYTES), s->config.known, &clean);
    else
        hf_censor_text(text, s->config.known, &clean);
    text = hf_bytes_cut_utf8(hf_buf_view(&clean), sizeof s->error);
    if (text.len) memcpy(s->error, text.ptr, text.len);
    s->error_len = text.len;
    s->status_changed = true;
    hf_buf_fini(&clean);
}

void hf_keep_failf(struct hf_supervisor *s, const char *format, ...)
{
    char text[HF_LIMIT_NAME_BYTES];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t got = len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    hf_keep_fail_text(s, hf_bytes(text, got));
}

void hf_keep_clear_error(struct hf_supervisor *s)
{
    hf_keep_fail_text(s, HF_EMPTY);
}

int64_t hf_keep_pid(const struct hf_supervisor *s)
{
    for (size_t i = 0; i < HF_LIMIT_KEEPER_TREES; i++) {
        const struct hf_tree *t = &s->ledger.trees[i];
        if (t->id && t->id == s->gateway && t->state == HF_TREE_ALIVE) return t->pid;
    }
    return 0;
}

/* --- up --- */

void hf_keep_tell(struct hf_supervisor *s, enum hf_keeper_tell kind, struct hf_bytes payload)
{
    struct hf_keeper_action *a = hf_keep_act(s, HF_KEEPER_TELL);
    a->u.tell.kind = kind;
    a->u.tell.payload = payload;
}

void hf_keep_notify(struct hf_supervisor *s, enum hf_keeper_notice kind, hf_span within)
{
    struct hf_keeper_action *a = hf_keep_act(s, HF_KEEPER_NOTIFY);
    a->within = within;
    a->u.notify.kind = kind;
}

static int64_t circuit_ms(const struct hf_supervisor *s, struct hf_now now)
{
    hf_time until = s->governor.circuit_until;
    bool is_open = !hf_time_same(until, HF_NEVER) && hf_time_before(now.mono, until);
    return is_open ? now.wall_ms + hf_span_ms(hf_time_since(until, now.mono)) : 0;
}

int64_t hf_keep_circuit_ms(const struct hf_supervisor *s)
{
    return circuit_ms(s, s->now);
}

/* --- records --- */

static struct hf_json_writer open_record(struct hf_supervisor *s)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, &s->words);
    hf_json_open_object(&w);
    return w;
}

/* What was written behind `from`; a record that does not fit is told without numbers. */
static void tell_record(struct hf_supervisor *s, enum hf_keeper_tell kind, size_t from,
                        struct hf_json_writer *w)
{
    hf_json_close_object(w);
    bool fits = hf_buf_done(&s->words) == 0;
    hf_keep_tell(s, kind, fits ? hf_bytes_from(hf_buf_view(&s->words), from) : HF_EMPTY);
}

void hf_keep_record_restart(struct hf_supervisor *s, enum hf_keeper_tell kind,
                            struct hf_bytes reason, hf_span retry_after)
{
    size_t from = s->words.len;
    struct hf_json_writer w = open_record(s);
    if (reason.len) hf_json_add_text(&w, "reason", reason);
    if (retry_after > 0) hf_json_add_int(&w, "retry_after_ms", hf_span_ms(retry_after));
    hf_json_add_uint(&w, "executed_total", s->governor.executed_total);
    hf_json_add_uint(&w, "suppressed_total", s->governor.suppressed_total);
    hf_json_add_int(&w, "circuit_open_until", hf_keep_circuit_ms(s));
    tell_record(s, kind, from, &w);
}

void hf_keep_record_reconnect(struct hf_supervisor *s, bool is_good)
{
    size_t from = s->words.len;
    struct hf_json_writer w = open_record(s);
    double rate =
        s->connect_attempts ? (double)s->connect_successes / (double)s->connect_attempts : 0;
    rate = (double)(int64_t)(rate * 10000 + 0.5) / 10000;
    hf_json_add_text(&w, "outcome", is_good ? HF_LIT("success") : HF_LIT("failure"));
    hf_json_add_uint(&w, "attemptNo", s->attempts);
    hf_json_add_uint(&w, "maxAttempts", s->config.ladder.attempts_max);
    hf_json_add_int(&w, "delayMs", hf_span_ms(s->retry_delay));
    hf_json_add_uint(&w, "success_count", s->connect_successes);
    hf_json_add_uint(&w, "attempt_count", s->connect_attempts);
    hf_json_add_double(&w, "success_rate", rate);
    if (!is_good) hf_json_add_text(&w, "error", hf_bytes(s->error, s->error_len));
    tell_record(s, HF_KEEPER_TELL_RECONNECT, from, &w);
    HF_LOG(&s->config.log, HF_LOG_INFO, "gateway.reconnect", HF_BOOL("success", is_good),
           HF_INT("attempt", s->attempts), HF_INT("success_count", s->connect_successes),
           HF_INT("attempt_count", s->connect_attempts));
}

/* Of a start of our own that made a process: where the time went. */
void hf_keep_record_startup(struct hf_supervisor *s)
{
    enum { SLOW_START_MS = 30000 };
    const struct hf_start *t = &s->start;
    const struct hf_trace *trace = &s->output.trace;
    if (hf_time_same(t->spawned_at, HF_NEVER) || !t->has_spawned) return;
    int64_t ready_ms = hf_span_ms(hf_time_since(t->ready_at, t->spawned_at));
    int64_t total_ms = hf_span_ms(hf_time_since(s->now.mono, t->begun_at));
    size_t from = s->words.len;
    struct hf_json_writer w = open_record(s);
    hf_json_add_int(&w, "configSyncMs", hf_span_ms(hf_time_since(t->spawned_at, t->begun_at)));
    hf_json_add_int(&w, "spawnToReadyMs", ready_ms);
    hf_json_add_int(&w, "readyToConnectMs", hf_span_ms(hf_time_since(s->now.mono, t->ready_at)));
    hf_json_add_int(&w, "totalMs", total_ms);
    hf_json_add_uint(&w, "stages", trace->count);
    tell_record(s, HF_KEEPER_TELL_STARTUP, from, &w);
    HF_LOG(&s->config.log, ready_ms >= SLOW_START_MS ? HF_LOG_WARN : HF_LOG_INFO, "gateway.startup",
           HF_INT("spawnToReadyMs", ready_ms), HF_INT("totalMs", total_ms),
           HF_TEXT("slowest", hf_bytes(trace->slowest.text, trace->slowest.len)),
           HF_INT("slowest_ms", hf_span_ms(trace->slowest_took)));
}

/* --- results --- */

static bool is_final(enum hf_keeper_outcome outcome)
{
    return outcome != HF_KEEPER_DEFERRED && outcome != HF_KEEPER_DELAYED;
}

struct hf_keeper_result *hf_keep_result(struct hf_supervisor *s, const struct hf_intent *one,
                                        enum hf_keeper_outcome outcome)
{
    s->unheard = (struct hf_keeper_result){ 0 };
    struct hf_keeper_result *r =
        one->tag ? &hf_keep_act(s, HF_KEEPER_RESULT)->u.result : &s->unheard;
    *r = (struct hf_keeper_result){ .tag = one->tag,
                                    .verb = (enum hf_keeper_verb)one->verb,
                                    .outcome = outcome,
                                    .is_final = is_final(outcome),
                                    .pid_after = hf_keep_pid(s) };
    return r;
}

void hf_keep_reason(struct hf_supervisor *s, struct hf_keeper_result *result,
                    struct hf_bytes reason)
{
    if (result->tag) result->reason = hf_keep_text(s, reason);
}

void hf_keep_settle(struct hf_supervisor *s, enum hf_intent_stage stage,
                    enum hf_keeper_outcome outcome, struct hf_bytes reason)
{
    struct hf_intent one;
    struct hf_bytes kept = reason.len ? hf_keep_text(s, reason) : HF_EMPTY;
    while (hf_intents_pop(&s->intents, stage, &one)) {
        bool joined = outcome == HF_KEEPER_EXECUTED && !one.is_first;
        struct hf_keeper_result *r = hf_keep_result(s, &one, joined ? HF_KEEPER_JOINED : outcome);
        r->reason = kept;
        if (stage == HF_INTENT_CYCLE || stage == HF_INTENT_RELOADING)
            r->pid_before = s->cycle.pid_before;
    }
}

/* --- the status record --- */

static bool is_timer_armed(const struct hf_supervisor *s, enum hf_timer timer)
{
    return !hf_time_same(s->timers[timer], HF_NEVER);
}

/* What comes next of itself, and when it tries again.  Of two at the same instant the more
 * telling one. */
static void next_of(const struct hf_supervisor *s, hf_time now, struct hf_supervisor_status *out)
{
    static const enum hf_supervisor_next by_retry[] = {
        [HF_RETRY_LADDER] = HF_NEXT_RECONNECT,
        [HF_RETRY_SLOW] = HF_NEXT_SLOW_RETRY,
        [HF_RETRY_QUARANTINE] = HF_NEXT_QUARANTINE,
    };
    hf_time restart_at =
        hf_time_min(s->timers[HF_TIMER_COOLDOWN], hf_debounce_due(&s->restart_debounce));
    const struct {
        enum hf_supervisor_next next;
        hf_time at;
    } choices[] = {
        { HF_NEXT_KILL, hf_keep_tree_due(s) },
        { by_retry[s->retry], s->timers[HF_TIMER_RECONNECT] },
        { HF_NEXT_RESTART, restart_at },
        { HF_NEXT_RELOAD, hf_debounce_due(&s->reload_debounce) },
        { HF_NEXT_DEADLINE, s->timers[HF_TIMER_STEP] },
    };
    hf_time first = HF_NEVER;
    for (size_t i = 0; i < HF_COUNT(choices); i++) {
        if (!hf_time_before(choices[i].at, first)) continue;
        first = choices[i].at;
        out->next = choices[i].next;
        out->next_in = hf_span_max(hf_time_since(first, now), 0);
    }
    out->retry_at = hf_time_min(s->timers[HF_TIMER_RECONNECT], restart_at);
}

static enum hf_gateway_ready ready_of(const struct hf_supervisor *s)
{
    /* One without the core probe cannot be asked: it tells by an event, or never. */
    bool cannot_tell = s->link.is_ready && s->link.lists_methods && !s->link.has_presence;
    if (!hf_keep_state_is(s, HF_KEEPER_RUNNING)) return HF_READY_NO;
    if (s->is_ready) return HF_READY_YES;
    return cannot_tell ? HF_READY_UNTOLD : HF_READY_NO;
}

void hf_supervisor_status(const struct hf_supervisor *s, struct hf_now now,
                          struct hf_supervisor_status *out)
{
    bool is_running = hf_keep_state_is(s, HF_KEEPER_RUNNING);
    *out = (struct hf_supervisor_status){
        .state = hf_phase_state(s->phase),
        .phase = s->phase,
        .port = s->config.port,
        .pid = is_running && s->is_transport_only ? 0 : hf_keep_pid(s),
        .is_connected = is_running && s->link.is_ready,
        .has_uptime = is_running,
        .uptime_ms = is_running ? hf_span_ms(hf_time_since(now.mono, s->connected_at)) : 0,
        .connected_at_ms = s->connected_at_ms,
        .error = hf_bytes(s->error, s->error_len),
        .version = is_running ? hf_word_view(&s->link.version) : HF_EMPTY,
        .reconnect_attempts = s->attempts,
        .ready = ready_of(s),
        .is_owned = is_running ? !s->is_transport_only : hf_keep_pid(s) != 0,
        .is_restart_pending = hf_intents_count(&s->intents, HF_INTENT_DEFERRED) > 0 ||
                              hf_intents_count(&s->intents, HF_INTENT_COOLDOWN) > 0,
        .is_fatal = s->is_fatal,
        .is_wanted = s->is_wanted,
        .epoch = s->epoch,
        .is_quarantined = s->governor.is_quarantined,
        .quarantined_until_ms = is_timer_armed(s, HF_TIMER_RECONNECT) ? s->quarantined_until_ms : 0,
        .cause = hf_bytes(s->cause, s->cause_len),
        .phase_for = hf_time_since(now.mono, s->phase_at),
        .phase_at_ms = s->phase_at_ms,
        .last_exit = s->last_exit,
        .is_journal_written = !s->journal_failed,
        .is_safe_mode = s->output.is_safe_mode,
        .executed = s->governor.executed_total,
        .suppressed = s->governor.suppressed_total,
        .circuit_open_until_ms = circuit_ms(s, now),
        .connect_attempts = s->connect_attempts,
        .connect_successes = s->connect_successes,
    };
    next_of(s, now.mono, out);
}

size_t hf_supervisor_history_count(const struct hf_supervisor *s)
{
    return s->history.len;
}

const struct hf_transition *hf_supervisor_history(const struct hf_supervisor *s, size_t i)
{
    return hf_ring_at(&s->history, i);
}

const struct hf_vigil *hf_supervisor_vigil(const struct hf_supervisor *s)
{
    return &s->vigil;
}

const struct hf_ration *hf_supervisor_ration(const struct hf_supervisor *s)
{
    return &s->ration;
}

struct hf_sightings hf_supervisor_sightings(const struct hf_supervisor *s)
{
    return s->sightings;
}

struct hf_standing_answer hf_supervisor_answer(const struct hf_supervisor *s, struct hf_now now,
                                               enum hf_standing_question question)
{
    return hf_standing_answer(&s->standing, now.mono, question);
}

struct hf_condition hf_supervisor_condition(const struct hf_supervisor *s, struct hf_now now)
{
    enum hf_vigil_stage stage = s->vigil.stage;
    struct hf_condition_facts facts = {
        .is_running = hf_keep_state_is(s, HF_KEEPER_RUNNING),
        .is_error = hf_keep_state_is(s, HF_KEEPER_ERROR),
        .is_quarantined = s->phase == HF_PHASE_QUARANTINED,
        .misses = s->sightings.misses,
        .is_verifying = stage == HF_VIGIL_VERIFYING,
        .is_suspended = stage == HF_VIGIL_SUSPENDED,
        .is_busy = stage == HF_VIGIL_BUSY,
        .is_unresponsive = stage == HF_VIGIL_UNRESPONSIVE || stage == HF_VIGIL_RESTARTING,
        .is_external_silent = stage == HF_VIGIL_EXTERNAL_UNAVAILABLE,
        .call_failures = s->sightings.call_failures,
        .channels_ok_at = s->sightings.channels_ok_at,
        .channels_failed_at = s->sightings.channels_failed_at,
        .is_safe_mode = s->output.is_safe_mode,
        .has_pending_restart = hf_intents_count(&s->intents, HF_INTENT_DEFERRED) > 0 ||
                               hf_intents_count(&s->intents, HF_INTENT_COOLDOWN) > 0,
        .has_broken_journal = s->journal_failed,
        .is_over_memory = hf_ration_is_high(&s->ration),
    };
    return hf_condition(&facts, now.mono);
}
