#include "engine/supervisor.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/supervisor_parts.h"

enum {
    START_WITHIN_MS = 480000,
    REATTACH_WITHIN_MS = 15000,
    WORDS_BYTES = 65536 /* every text that one step hands out */
};

/* --- life --- */

void hf_supervisor_config_init(struct hf_supervisor_config *config)
{
    *config = (struct hf_supervisor_config){
        .stop_grace = -1,
        .start_within = HF_MS(START_WITHIN_MS),
        .reattach_within = HF_MS(REATTACH_WITHIN_MS),
    };
    hf_ladder_limits_init(&config->ladder);
    hf_governor_limits_init(&config->governor);
    hf_vigil_limits_init(&config->vigil);
    hf_ration_limits_init(&config->ration);
}

static int start_rooms(struct hf_supervisor *s)
{
    hf_rng_init(&s->rng, s->config.seed);
    hf_governor_init(&s->governor, &s->config.governor);
    hf_vigil_init(&s->vigil, &s->config.vigil);
    hf_ration_init(&s->ration, &s->config.ration);
    hf_reload_policy_init(&s->policy);
    hf_sightings_init(&s->sightings);
    struct hf_standing_limits standing;
    hf_standing_limits_init(&standing);
    hf_standing_init(&s->standing, &standing);
    struct hf_hash_key hash_key = { hf_rng_u64(&s->rng), hf_rng_u64(&s->rng) };
    hf_buf_init(&s->words, WORDS_BYTES);
    int err = hf_buf_reserve(&s->words, WORDS_BYTES);
    if (!err) err = hf_output_init(&s->output, hash_key, s->config.known);
    if (!err)
        err = hf_ring_init(&s->actions, sizeof(struct hf_keeper_action), HF_LIMIT_KEEPER_ACTIONS);
    if (!err)
        err = hf_ring_init(&s->history, sizeof(struct hf_transition), HF_LIMIT_KEEPER_HISTORY);
    return err;
}

int hf_supervisor_new(struct hf_supervisor **out, const struct hf_supervisor_config *config,
                      struct hf_now now)
{
    struct hf_supervisor *s = hf_mem_zero(1, sizeof *s);
    if (!s) return HF_ERR_NOMEM;
    s->magic = HF_SUPERVISOR_MAGIC;
    s->config = *config;
    s->now = now;
    s->phase_at = now.mono;
    s->phase_at_ms = now.wall_ms;
    s->connected_at = s->policy_at = s->doctored_at = HF_NEVER;
    for (size_t i = 0; i < HF_TIMER_COUNT; i++) s->timers[i] = HF_NEVER;
    if (config->watchdog_every > 0) hf_keep_arm(s, HF_TIMER_WATCHDOG, config->watchdog_every);
    int err = start_rooms(s);
    if (err) {
        hf_supervisor_free(s);
        return err;
    }
    *out = s;
    return 0;
}

void hf_supervisor_free(struct hf_supervisor *s)
{
    if (!s) return;
    HF_ASSERT(s->magic == HF_SUPERVISOR_MAGIC);
    hf_output_fini(&s->output);
    hf_ring_fini(&s->actions);
    hf_ring_fini(&s->history);
    hf_buf_fini(&s->words);
    hf_rewrites_fini(&s->rewrites);
    hf_draft_fini(&s->draft);
    hf_buf_fini(&s->view);
    s->magic = 0;
    hf_mem_free(s);
}

void hf_word_set(struct hf_word *word, struct hf_bytes text)
{
    text = hf_bytes_cut_utf8(text, HF_SUPERVISOR_WORD_BYTES);
    word->len = (uint8_t)text.len;
    if (text.len) memcpy(word->ptr, text.ptr, text.len);
}

/* --- phases --- */

static void remember(struct hf_supervisor *s, enum hf_phase phase, struct hf_bytes cause)
{
    struct hf_transition *t = hf_ring_push_over(&s->history, NULL);
    *t = (struct hf_transition){ .from = s->phase,
                                 .to = phase,
                                 .epoch = s->epoch,
                                 .at_ms = s->now.wall_ms,
                                 .cause_len = (uint8_t)cause.len };
    if (cause.len) memcpy(t->cause, cause.ptr, cause.len);
}

void hf_keep_enter(struct hf_supervisor *s, enum hf_phase phase, struct hf_bytes cause)
{
    if (s->phase == phase) return;
    HF_ASSERT(hf_phase_may_follow(s->phase, phase));
    cause = hf_bytes_cut_utf8(cause, HF_CAUSE_BYTES);
    remember(s, phase, cause);
    if (cause.len) memmove(s->cause, cause.ptr, cause.len);
    s->cause_len = cause.len;
    s->phase = phase;
    s->phase_at = s->now.mono;
    s->phase_at_ms = s->now.wall_ms;
    s->status_changed = true;
    HF_LOG(&s->config.log, HF_LOG_DEBUG, "keeper.phase_changed",
           HF_TEXT("phase", hf_bytes_cstr(hf_phase_name(phase))), HF_INT("epoch", s->epoch),
           HF_TEXT("cause", cause));
    if (hf_phase_is(phase, HF_KEEPER_ERROR)) hf_keep_rewrite_end_all(s, HF_REWRITE_GONE);
}

/* --- actions and questions --- */

struct hf_keeper_action *hf_keep_act(struct hf_supervisor *s, enum hf_keeper_action_kind kind)
{
    struct hf_keeper_action *a = hf_ring_push(&s->actions);
    HF_ASSERT(a);
    *a = (struct hf_keeper_action){ .kind = kind };
    return a;
}

struct hf_keeper_action *hf_keep_ask(struct hf_supervisor *s, enum hf_keeper_action_kind kind,
                                     enum hf_ask ask)
{
    struct hf_keeper_action *a = hf_keep_act(s, kind);
    a->ask = s->asks[ask] = ++s->last_ask;
    return a;
}

bool hf_keep_answered(struct hf_supervisor *s, enum hf_ask ask, uint64_t number)
{
    if (number == 0 || s->asks[ask] != number) return false;
    s->asks[ask] = 0;
    return true;
}

struct hf_bytes hf_keep_text(struct hf_supervisor *s, struct hf_bytes text)
{
    size_t at = s->words.len;
    if (hf_buf_done(&s->words) != 0) return HF_EMPTY; /* a record did not fit */
    text = hf_bytes_cut_utf8(text, s->words.max - s->words.len);
    hf_buf_add(&s->words, text);
    return hf_bytes(s->words.ptr + at, text.len);
}

bool hf_supervisor_action(struct hf_supervisor *s, struct hf_keeper_action *out)
{
    HF_ASSERT(s->magic == HF_SUPERVISOR_MAGIC);
    if (s->actions.len == 0) return false;
    *out = *(const struct hf_keeper_action *)hf_ring_at(&s->actions, 0);
    hf_ring_pop(&s->actions, 1);
    return true;
}

/* --- deadlines --- */

static void reconnect(struct hf_supervisor *s)
{
    hf_keep_backoff_fire(s);
}

static void step_deadline(struct hf_supervisor *s)
{
    if (s->stop.is_open)
        hf_keep_stop_deadline(s);
    else if (s->start.is_open)
        hf_keep_start_deadline(s);
}

static void poll_again(struct hf_supervisor *s)
{
    if (s->start.is_open) hf_keep_start_poll(s);
}

static void watchdog(struct hf_supervisor *s)
{
    bool is_ill = hf_phase_is(s->phase, HF_KEEPER_ERROR) || s->vigil.stage == HF_VIGIL_UNRESPONSIVE;
    hf_keep_arm(s, HF_TIMER_WATCHDOG, s->config.watchdog_every);
    if (!s->config.watchdog_is_both || !is_ill) hf_keep_notify(s, HF_KEEPER_NOTICE_WATCHDOG, 0);
}

static void (*const on_timer[HF_TIMER_COUNT])(struct hf_supervisor *s) = {
    [HF_TIMER_STEP] = step_deadline,
    [HF_TIMER_POLL] = poll_again,
    [HF_TIMER_RECONNECT] = reconnect,
    [HF_TIMER_COOLDOWN] = hf_keep_restart_cooled,
    [HF_TIMER_READY_PROBE] = hf_keep_watch_ready_probe,
    [HF_TIMER_CHECK] = hf_keep_watch_check,
    [HF_TIMER_CHANNELS] = hf_keep_watch_channels,
    [HF_TIMER_EVIDENCE] = hf_keep_reload_deadline,
    [HF_TIMER_REVISION] = hf_keep_reload_look_again,
    [HF_TIMER_WATCHDOG] = watchdog,
};

static void begin_step(struct hf_supervisor *s, struct hf_now now)
{
    HF_ASSERT(s->magic == HF_SUPERVISOR_MAGIC);
    s->now = now;
    if (s->actions.len == 0) hf_buf_reset(&s->words, SIZE_MAX);
}

static void end_step(struct hf_supervisor *s)
{
    if (!s->status_changed) return;
    s->status_changed = false;
    hf_keep_tell(s, HF_KEEPER_TELL_STATUS, HF_EMPTY);
    hf_keep_notify(s, HF_KEEPER_NOTICE_STATUS, 0);
}

void hf_supervisor_run_due(struct hf_supervisor *s, struct hf_now now)
{
    begin_step(s, now);
    hf_governor_step(&s->governor, now.mono);
    hf_keep_output_run(s);
    hf_keep_tree_run_due(s);
    hf_keep_memory_run_due(s);
    for (size_t i = 0; i < HF_TIMER_COUNT; i++) {
        if (hf_time_before(now.mono, s->timers[i])) continue;
        s->timers[i] = HF_NEVER;
        on_timer[i](s);
    }
    if (hf_debounce_fire(&s->restart_debounce, now.mono)) hf_keep_restart_debounced(s);
    if (hf_debounce_fire(&s->reload_debounce, now.mono)) hf_keep_reload_debounced(s);
    hf_keep_watch_standing_due(s);
    hf_keep_rewrite_run_due(s);
    if (!hf_time_before(now.mono, hf_vigil_due(&s->vigil))) hf_keep_watch_vigil(s, HF_VIGIL_TIME);
    end_step(s);
}

hf_time hf_supervisor_due(const struct hf_supervisor *s)
{
    hf_time due = hf_time_min(hf_keep_tree_due(s), hf_governor_due(&s->governor));
    for (size_t i = 0; i < HF_TIMER_COUNT; i++) due = hf_time_min(due, s->timers[i]);
    due = hf_time_min(due, hf_debounce_due(&s->restart_debounce));
    due = hf_time_min(due, hf_debounce_due(&s->reload_debounce));
    due = hf_time_min(due, hf_output_due(&s->output));
    due = hf_time_min(due, hf_rewrites_due(&s->rewrites));
    due = hf_time_min(due, hf_ration_due(&s->ration));
    due = hf_time_min(due, hf_standing_due(&s->standing));
    return hf_time_min(due, hf_vigil_due(&s->vigil));
}

/* --- events --- */

static void probed(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    bool is_taken = hf_keep_place_is_taken(s, e);
    enum hf_keeper_probe result = is_taken ? HF_KEEPER_PROBE_OTHER : e->u.probed.result;
    bool is_ready = result == HF_KEEPER_PROBE_READY;
    if (hf_keep_answered(s, HF_ASK_ALIVE, e->ask)) {
        hf_keep_watch_vigil_input(s, &(struct hf_vigil_input){ .kind = is_ready
                                                                           ? HF_VIGIL_HTTP_ANSWERED
                                                                           : HF_VIGIL_HTTP_FAILED,
                                                               .probe = s->vigil.probe });
        return;
    }
    if (!hf_keep_answered(s, HF_ASK_PROBE, e->ask)) return;
    if (s->phase != HF_PHASE_DETECT || s->start.facts.is_ours)
        hf_keep_watch_standing(s, is_ready ? HF_STANDING_PROBE_OK : HF_STANDING_PROBE_FAILED);
    if (s->phase == HF_PHASE_DETECT)
        hf_keep_place_probed(s, result);
    else if (s->phase == HF_PHASE_WAIT_READY)
        hf_keep_start_probed(s, e, is_taken);
    else if (hf_keep_state_is(s, HF_KEEPER_RUNNING))
        hf_keep_watch_place_probed(s, result);
}

static void evidence(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    if (!hf_keep_answered(s, HF_ASK_EVIDENCE, e->ask)) return;
    struct hf_vigil_input input = { .kind = HF_VIGIL_EVIDENCE };
    input.u.evidence = (struct hf_vigil_evidence){
        .is_known = e->u.evidence.state != 0 && e->u.evidence.cpu_used >= 0,
        .is_stopped = e->u.evidence.state == 'T' || e->u.evidence.state == 't',
        .is_frozen = e->u.evidence.is_frozen,
        .cpu = e->u.evidence.cpu_used,
    };
    hf_keep_watch_vigil_input(s, &input);
}

static void journaled(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    if (!hf_keep_answered(s, HF_ASK_JOURNAL, e->ask)) return;
    bool failed = e->u.err != 0;
    if (failed && !s->journal_failed)
        HF_LOG(&s->config.log, HF_LOG_WARN, "keeper.journal_failed", HF_INT("code", e->u.err));
    s->status_changed |= failed != s->journal_failed;
    s->journal_failed = failed;
}

static void answered_place(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    if (e->kind == HF_KEEPER_DETECTED && hf_keep_answered(s, HF_ASK_DETECT, e->ask))
        hf_keep_place_detected(s, &e->u.found);
    if (e->kind == HF_KEEPER_PORT_CHECKED && hf_keep_answered(s, HF_ASK_PORT, e->ask))
        hf_keep_place_port_checked(s, e->u.is_free);
}

static void dispatch(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    switch (e->kind) {
    case HF_KEEPER_REQUESTED:
        hf_keep_request(s, &e->u.request);
        return;
    case HF_KEEPER_WOKE:
        hf_keep_watch_vigil(s, HF_VIGIL_RESUMED);
        return;
    case HF_KEEPER_SECRET_CHANGED:
        s->has_new_secret = true; /* until the next spawn */
        return;
    case HF_KEEPER_CONFIG_CHANGED:
        hf_keep_reload_config_changed(s, e->u.config.revision);
        return;
    case HF_KEEPER_CONFIG_READ:
        if (hf_keep_answered(s, HF_ASK_CONFIG, e->ask)) hf_keep_reload_config_read(s, e);
        return;
    case HF_KEEPER_JOURNALED:
        journaled(s, e);
        return;
    case HF_KEEPER_DETECTED:
    case HF_KEEPER_PORT_CHECKED:
        answered_place(s, e);
        return;
    case HF_KEEPER_PROBED:
        probed(s, e);
        return;
    case HF_KEEPER_SPAWNED:
    case HF_KEEPER_SPAWN_FAILED:
    case HF_KEEPER_EXITED:
    case HF_KEEPER_EMPTIED:
    case HF_KEEPER_GUARDIAN_LOST:
    case HF_KEEPER_NOTIFIED_READY:
        hf_keep_tree_event(s, e);
        return;
    case HF_KEEPER_SIGNAL_FAILED:
        if (hf_keep_answered(s, HF_ASK_SIGNAL, e->ask)) hf_keep_reload_signal_failed(s);
        return;
    case HF_KEEPER_SURVEYED:
        if (hf_keep_answered(s, HF_ASK_SURVEY, e->ask))
            hf_keep_stop_surveyed(s, e->u.surveyed.detail);
        return;
    case HF_KEEPER_OUTPUT:
        hf_keep_output_took(s, e);
        return;
    case HF_KEEPER_MEMORY:
        if (hf_keep_answered(s, HF_ASK_MEMORY, e->ask)) hf_keep_memory_read(s, e);
        return;
    case HF_KEEPER_EVIDENCE:
        evidence(s, e);
        return;
    case HF_KEEPER_LINK_READY:
    case HF_KEEPER_LINK_FAILED:
    case HF_KEEPER_LINK_CLOSED:
    case HF_KEEPER_LINK_LIFE:
    case HF_KEEPER_LINK_EVENT:
    case HF_KEEPER_LINK_MESSAGE:
    case HF_KEEPER_LINK_RESULT:
        hf_keep_link_event(s, e);
        return;
    }
}

void hf_supervisor_step(struct hf_supervisor *s, struct hf_now now,
                        const struct hf_keeper_event *event)
{
    struct hf_tree *t = hf_ledger_find(&s->ledger, event->tree);
    begin_step(s, now);
    if (t && event->is_holdfast) t->is_holdfast = true; /* it becomes no other program */
    dispatch(s, event);
    end_step(s);
}
