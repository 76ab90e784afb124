/* Trees of processes: made, exited, ended (spec/supervisor.md sections 3, 9, 11.2). */
#include "base/err.h"
#include "base/limits.h"
#include "engine/supervisor_parts.h"

enum { REST_GRACE_MS = 2000 };

struct hf_tree *hf_keep_tree_add(struct hf_supervisor *s, bool is_doctor)
{
    struct hf_tree *t = hf_ledger_add(&s->ledger, s->epoch, s->now.mono, is_doctor);
    if (t) return t;
    hf_keep_fail_text(s, HF_LIT("too many processes are on their way out"));
    hf_keep_start_give_up(s, 0, HF_LIT("too_many_processes"));
    return NULL;
}

/* --- ending --- */

static void send_signal(struct hf_supervisor *s, const struct hf_tree *t,
                        enum hf_keeper_signal signal, bool to_others)
{
    struct hf_keeper_action *a = hf_keep_act(s, HF_KEEPER_SIGNAL);
    a->tree = t->id;
    a->u.signal.signal = signal;
    a->u.signal.to_others = to_others;
}

static void perform(struct hf_supervisor *s, struct hf_tree *t, enum hf_reaper_act act)
{
    bool to_others = act == HF_REAPER_TERM_REST;
    switch (act) {
    case HF_REAPER_NONE:
        return;
    case HF_REAPER_TERM_MAIN:
    case HF_REAPER_TERM_REST:
        send_signal(s, t, HF_KEEPER_TERM, to_others);
        /* One that was stopped hears of it only when it goes on; nor does it drain when what
         * it waits for was stopped with it. */
        if (!to_others) send_signal(s, t, HF_KEEPER_CONT, false);
        send_signal(s, t, HF_KEEPER_CONT, true);
        return;
    case HF_REAPER_KILL_ALL:
        hf_keep_act(s, HF_KEEPER_END)->tree = t->id;
        return;
    case HF_REAPER_TELL_STUCK:
        HF_LOG(&s->config.log, HF_LOG_ERROR, "keeper.tree_stuck", HF_INT("pid", t->pid));
        hf_keep_ask(s, HF_KEEPER_SURVEY, HF_ASK_SURVEY)->tree = t->id;
        hf_keep_stop_stuck(s);
        if (s->phase == HF_PHASE_RECLAIM) hf_keep_start_attempt(s, HF_LIT("unkillable"));
        return;
    }
}

void hf_keep_tree_end(struct hf_supervisor *s, struct hf_tree *t, hf_span grace)
{
    t->is_unwanted = true;
    /* What is still being made is ended as soon as it is there. */
    if (t->state == HF_TREE_MAKING) return;
    perform(s, t, hf_reaper_begin(&t->reaper, s->now.mono, grace));
}

void hf_keep_tree_end_all(struct hf_supervisor *s, hf_span grace)
{
    for (size_t i = 0; i < HF_LIMIT_KEEPER_TREES; i++) {
        struct hf_tree *t = hf_ledger_at(&s->ledger, i);
        if (t) hf_keep_tree_end(s, t, grace);
    }
}

bool hf_keep_tree_any_unwanted(const struct hf_supervisor *s)
{
    for (size_t i = 0; i < HF_LIMIT_KEEPER_TREES; i++) {
        const struct hf_tree *t = &s->ledger.trees[i];
        if (t->id && (t->is_unwanted || t->state == HF_TREE_LEFT)) return true;
    }
    return false;
}

void hf_keep_tree_run_due(struct hf_supervisor *s)
{
    for (size_t i = 0; i < HF_LIMIT_KEEPER_TREES; i++) {
        struct hf_tree *t = hf_ledger_at(&s->ledger, i);
        if (t) perform(s, t, hf_reaper_step(&t->reaper, s->now.mono));
    }
}

hf_time hf_keep_tree_due(const struct hf_supervisor *s)
{
    hf_time due = HF_NEVER;
    for (size_t i = 0; i < HF_LIMIT_KEEPER_TREES; i++)
        if (s->ledger.trees[i].id)
            due = hf_time_min(due, hf_reaper_due(&s->ledger.trees[i].reaper));
    return due;
}

/* --- made --- */

static void journal(struct hf_supervisor *s, uint64_t tree)
{
    hf_keep_ask(s, HF_KEEPER_JOURNAL, HF_ASK_JOURNAL)->tree = tree;
}

static void spawned(struct hf_supervisor *s, struct hf_tree *t, int64_t pid)
{
    if (t->state != HF_TREE_MAKING) return;
    t->state = HF_TREE_ALIVE;
    t->pid = pid;
    if (!t->is_doctor) {
        journal(s, t->id);
        hf_keep_watch_standing(s, HF_STANDING_PROCESS_RUNS);
        hf_keep_memory_begin(s);
    }
    if (t->is_unwanted) {
        hf_keep_tree_end(s, t, hf_reaper_grace(HF_GRACE_QUIT, -1, -1));
        return;
    }
    s->status_changed = true;
    if (!t->is_doctor && s->start.is_open) hf_keep_start_spawned(s, t);
}

static enum hf_failure_kind spawn_failure(int err)
{
    bool is_program = err == HF_ERR_NOT_FOUND || err == HF_ERR_DENIED || err == HF_ERR_USAGE;
    return is_program ? HF_FAILED_NO_PROGRAM : HF_FAILED_NO_MEANS;
}

static void gone(struct hf_supervisor *s)
{
    if (s->stop.is_open)
        hf_keep_stop_go_on(s);
    else if (s->start.is_open && !hf_keep_tree_any_unwanted(s))
        hf_keep_start_trees_gone(s);
    else if (s->phase == HF_PHASE_FAILED && !s->is_wanted && hf_ledger_is_empty(&s->ledger))
        hf_keep_enter(s, HF_PHASE_IDLE, HF_LIT("gone"));
}

static void spawn_failed(struct hf_supervisor *s, struct hf_tree *t,
                         const struct hf_keeper_event *e)
{
    bool was_wanted = !t->is_unwanted, is_doctor = t->is_doctor, was_adopted = t->is_adopted;
    if (t->state != HF_TREE_MAKING) return;
    hf_ledger_drop(&s->ledger, t->id);
    if (!was_wanted || !s->start.is_open) {
        gone(s);
        return;
    }
    if (is_doctor) {
        hf_keep_doctor_ended(s, false);
        return;
    }
    if (was_adopted) { /* it ended meanwhile, or is another process: look again */
        hf_keep_start_attempt(s, HF_LIT("not_adopted"));
        return;
    }
    hf_keep_tell(s, HF_KEEPER_TELL_ERROR, hf_keep_text(s, e->u.spawn_failed.why));
    hf_keep_start_failed(s, spawn_failure(e->u.spawn_failed.err), e->u.spawn_failed.why);
}

/* --- exited --- */

static void record_exit(struct hf_supervisor *s, const struct hf_tree *t, const struct hf_exit *x)
{
    bool is_crash = hf_exit_kind(x) == HF_EXIT_CRASHED;
    s->last_exit = (struct hf_last_exit){ .is_set = true,
                                          .is_known = x->is_known,
                                          .code = x->code,
                                          .signal = x->signal,
                                          .why = hf_exit_word(x),
                                          .pid = t->pid,
                                          .at_ms = s->now.wall_ms,
                                          .crashes = s->last_exit.crashes + is_crash };
    s->status_changed = true;
    HF_LOG(&s->config.log, x->is_asked ? HF_LOG_INFO : HF_LOG_WARN, "child.exited",
           HF_INT("pid", t->pid), HF_INT("code", x->code), HF_INT("signal", x->signal),
           HF_TEXT("why", hf_bytes_cstr(s->last_exit.why)), HF_INT("oom_kills", x->oom_kills));
    struct hf_keeper_action *a = hf_keep_act(s, HF_KEEPER_TELL);
    a->u.tell.kind = HF_KEEPER_TELL_EXIT;
    a->u.tell.code = x->is_known && x->signal == 0 ? x->code : -1;
    a->u.tell.signal = x->signal;
}

static void exit_text(struct hf_supervisor *s, const struct hf_exit *x)
{
    if (!x->is_known)
        hf_keep_failf(s, "the gateway ended");
    else if (x->signal)
        hf_keep_failf(s, "the gateway was ended by signal %d (%s)", x->signal, hf_exit_word(x));
    else
        hf_keep_failf(s, "the gateway exited with code %d", x->code);
}

static void exit_while_starting(struct hf_supervisor *s, const struct hf_exit *x)
{
    switch (s->phase) {
    case HF_PHASE_SPAWN:
    case HF_PHASE_WAIT_READY:
    case HF_PHASE_CONNECT:
        if (s->start.is_candidate) return;
        s->start.failure.exit = *x;
        exit_text(s, x);
        hf_keep_start_failed(s, HF_FAILED_EXITED,
                             hf_keep_text(s, hf_bytes(s->error, s->error_len)));
        return;
    case HF_PHASE_DETECT: /* what was found may be what is gone */
    case HF_PHASE_PORT:
        s->asks[HF_ASK_PORT] = 0;
        hf_keep_start_attempt(s, HF_LIT("process_gone"));
        return;
    case HF_PHASE_IDLE:
    case HF_PHASE_STOPPING:
    case HF_PHASE_RECLAIM:
    case HF_PHASE_REPAIR:
    case HF_PHASE_RETRY_WAIT:
    case HF_PHASE_WARMING:
    case HF_PHASE_READY:
    case HF_PHASE_DRAINING:
    case HF_PHASE_VERIFYING:
    case HF_PHASE_BACKOFF:
    case HF_PHASE_ATTEMPT:
    case HF_PHASE_FAILED:
    case HF_PHASE_QUARANTINED:
    case HF_PHASE_FATAL:
    case HF_PHASE_COUNT:
        return;
    }
}

/* Exit 78: perhaps another healthy gateway owns the place; else its configuration. */
static void look_for_owner(struct hf_supervisor *s, const struct hf_exit *x)
{
    struct hf_start_how how = { .is_auto = true, .is_single = true };
    hf_keep_start_begin(s, how, HF_LIT("exit_78"));
    if (!s->start.is_open) return;
    s->start.is_looking = true;
    s->start.failure = (struct hf_failure){ .kind = HF_FAILED_EXITED, .exit = *x };
}

static void exit_while_running(struct hf_supervisor *s, const struct hf_exit *x)
{
    struct hf_exit_verdict v = hf_exit_judge(x);
    hf_span cooldown = hf_governor_cooldown(&s->governor, s->now.mono);
    hf_keep_running_leave(s);
    exit_text(s, x);
    switch (v.act) {
    case HF_EXIT_DONE:
    case HF_EXIT_LADDER:
        if (s->governor.is_quarantined)
            hf_keep_quarantine_enter(s, hf_bytes_cstr(v.why));
        else
            hf_keep_backoff_enter(s, cooldown, hf_bytes_cstr(v.why));
        return;
    case HF_EXIT_RESPAWN:
        hf_keep_start_begin(s, (struct hf_start_how){ .is_auto = true, .is_uncharged = true },
                            hf_bytes_cstr(v.why));
        return;
    case HF_EXIT_LOOK:
        look_for_owner(s, x);
        return;
    case HF_EXIT_FATAL:
        hf_keep_start_fatal(s, hf_bytes_cstr(v.why));
        return;
    }
}

static void warn_competitor(struct hf_supervisor *s, const struct hf_exit *x)
{
    if (hf_exit_kind(x) != HF_EXIT_STOPPED || !hf_stops_add(&s->stops, s->now.mono)) return;
    HF_LOG(&s->config.log, HF_LOG_WARN, "child.stopped_by_others",
           HF_TEXT("hint", HF_LIT("another supervisor seems to keep the same gateway")));
}

static struct hf_exit exit_of(const struct hf_supervisor *s, const struct hf_tree *t,
                              const struct hf_keeper_event *e)
{
    bool is_reloaded = hf_keep_reload_expects_death(s, t->id);
    return (struct hf_exit){
        .is_known = e->u.exited.is_known,
        .code = e->u.exited.code,
        .signal = e->u.exited.signal,
        .is_asked = t->is_unwanted || (is_reloaded && e->u.exited.signal != 0),
        .has_hint = s->link.will_restart || is_reloaded,
        .oom_kills = e->u.exited.oom_kills,
        .is_over_memory = t->id == s->memory_tree,
    };
}

static void exited(struct hf_supervisor *s, struct hf_tree *t, const struct hf_keeper_event *e)
{
    if (t->state != HF_TREE_ALIVE) return;
    struct hf_exit x = exit_of(s, t, e);
    bool was_wanted = !t->is_unwanted, is_doctor = t->is_doctor;
    bool was_reloading = hf_keep_reload_expects_death(s, t->id);
    uint64_t id = t->id;
    t->state = HF_TREE_LEFT;
    if (!is_doctor && id == s->gateway) {
        hf_keep_watch_standing(s, HF_STANDING_PROCESS_GONE);
        hf_ration_end(&s->ration);
        hf_keep_output_ended(s);
        record_exit(s, t, &x);
    }
    perform(s, t, hf_reaper_main_gone(&t->reaper, s->now.mono));
    if (t->reaper.state == HF_REAPER_RESTING)
        perform(s, t, hf_reaper_begin(&t->reaper, s->now.mono, HF_MS(REST_GRACE_MS)));
    t->pid = 0;
    if (is_doctor) {
        t->is_good = x.is_known && x.signal == 0 && x.code == 0;
        return;
    }
    if (!was_wanted || id != s->gateway || !s->is_wanted) return;
    warn_competitor(s, &x);
    if (s->start.is_open) {
        exit_while_starting(s, &x);
    } else if (was_reloading && hf_exit_judge(&x).act != HF_EXIT_LOOK) {
        hf_keep_running_leave(s);
        hf_keep_reload_died(s);
    } else if (!s->stop.is_open) {
        exit_while_running(s, &x);
    }
}

static void emptied(struct hf_supervisor *s, struct hf_tree *t)
{
    bool was_wanted_doctor = t->is_doctor && s->phase == HF_PHASE_REPAIR;
    bool is_good = t->is_good, is_doctor = t->is_doctor;
    hf_ledger_drop(&s->ledger, t->id);
    if (!is_doctor && !hf_ledger_gateway(&s->ledger)) journal(s, 0);
    if (was_wanted_doctor && s->start.is_open)
        hf_keep_doctor_ended(s, is_good);
    else
        gone(s);
}

/* Without its guardian a tree would outlive us: it is ended, and a new one begun. */
static void guardian_lost(struct hf_supervisor *s, struct hf_tree *t)
{
    bool was_wanted = !t->is_unwanted && !t->is_doctor;
    HF_LOG(&s->config.log, HF_LOG_ERROR, "child.guardian_lost", HF_INT("pid", t->pid));
    hf_keep_tree_end(s, t, 0);
    if (!was_wanted || s->stop.is_open || !s->is_wanted) return;
    if (s->start.is_open) {
        hf_keep_start_failed(s, HF_FAILED_CONTAINMENT, HF_LIT("the guardian of the gateway died"));
        return;
    }
    hf_keep_running_leave(s);
    hf_keep_fail_text(s, HF_LIT("the guardian of the gateway died"));
    hf_keep_backoff_enter(s, 0, HF_LIT("containment_lost"));
}

static void notified_ready(struct hf_supervisor *s, struct hf_tree *t)
{
    if (hf_keep_reload_expects_death(s, t->id)) {
        hf_keep_reload_proven(s, HF_LIT("notify"));
        return;
    }
    if (s->phase != HF_PHASE_WAIT_READY || t != hf_ledger_gateway(&s->ledger)) return;
    hf_keep_start_is_ready(s);
}

void hf_keep_tree_event(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    struct hf_tree *t = hf_ledger_find(&s->ledger, e->tree);
    if (!t) {
        s->stale_count++;
        return;
    }
    if (e->kind == HF_KEEPER_SPAWNED)
        spawned(s, t, e->u.spawned.pid);
    else if (e->kind == HF_KEEPER_SPAWN_FAILED)
        spawn_failed(s, t, e);
    else if (e->kind == HF_KEEPER_EXITED)
        exited(s, t, e);
    else if (e->kind == HF_KEEPER_EMPTIED)
        emptied(s, t);
    else if (e->kind == HF_KEEPER_GUARDIAN_LOST)
        guardian_lost(s, t);
    else
        notified_ready(s, t);
}
