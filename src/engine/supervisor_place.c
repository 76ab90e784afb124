/* Who holds the place, and the wait for a free port (spec/supervisor.md section 5). */
#include "base/limits.h"
#include "engine/supervisor_parts.h"

enum {
    DETECT_WITHIN_MS = 5000,
    PORT_WITHIN_MS = 15000,
    PORT_EVERY_MS = 100,
    LOOK_WITHIN_MS = 5000,
    NAME_SHOWN_BYTES = 64
};

void hf_keep_place_detect(struct hf_supervisor *s, struct hf_bytes cause)
{
    hf_keep_enter(s, HF_PHASE_DETECT, cause);
    hf_keep_ask(s, HF_KEEPER_DETECT, HF_ASK_DETECT);
    hf_keep_arm(s, HF_TIMER_STEP, HF_MS(DETECT_WITHIN_MS));
}

/* Who it is, in case it is in the way: becomes the error then. */
static void name_holder(struct hf_supervisor *s, const struct hf_keeper_found *found)
{
    struct hf_bytes program = hf_bytes_cut_utf8(found->program, NAME_SHOWN_BYTES);
    struct hf_bytes unit = hf_bytes_cut_utf8(found->unit, NAME_SHOWN_BYTES);
    if (!found->is_listening) return;
    if (!found->is_known)
        hf_keep_failf(s,
                      "port_conflict: port %u is held by a process that cannot be seen: another "
                      "user's, or one that is just ending",
                      s->config.port);
    else
        hf_keep_failf(s, "port_conflict: port %u is held by %.*s (pid %lld, uid %lld%s%.*s)",
                      s->config.port, (int)program.len, (const char *)program.ptr,
                      (long long)found->pid, (long long)found->uid, unit.len ? ", unit " : "",
                      (int)unit.len, (const char *)unit.ptr);
}

/* --- somebody else, though ours lives --- */

bool hf_keep_place_is_taken(struct hf_supervisor *s, const struct hf_keeper_event *event)
{
    const struct hf_tree *ours = hf_ledger_gateway(&s->ledger);
    bool is_answer =
        event->kind == HF_KEEPER_LINK_READY ||
        (event->kind == HF_KEEPER_PROBED && event->u.probed.result == HF_KEEPER_PROBE_READY);
    return is_answer && ours && ours->id != event->tree;
}

static void name_taker(struct hf_supervisor *s, const struct hf_keeper_found *found)
{
    const struct hf_tree *ours = hf_ledger_gateway(&s->ledger);
    if (hf_time_same(s->start.taken_at, HF_NEVER) || !found->is_listening) return;
    /* Ours listens as well, on another address; who is in the way cannot be seen. */
    if (ours && found->tree == ours->id) return;
    name_holder(s, found);
    s->status_changed = true;
    HF_LOG(&s->config.log, HF_LOG_WARN, "keeper.port_taken",
           HF_TEXT("why", hf_bytes(s->error, s->error_len)));
}

void hf_keep_place_given_up(struct hf_supervisor *s)
{
    bool is_named = s->error_len > 0;
    hf_keep_tree_end_all(s, hf_reaper_grace(HF_GRACE_STOP, s->config.stop_grace, -1));
    hf_keep_start_failed(s, HF_FAILED_PORT,
                         is_named ? hf_keep_text(s, hf_bytes(s->error, s->error_len))
                                  : HF_LIT("port_conflict: another process answers on the port"));
}

/* Ours may wait for the port or exit for want of it: it is waited for like a port that is
 * not free, and then the one who has it is judged. */
void hf_keep_place_taken(struct hf_supervisor *s)
{
    if (hf_time_same(s->start.taken_at, HF_NEVER)) {
        s->start.taken_at = s->now.mono;
        hf_keep_clear_error(s);
        hf_keep_ask(s, HF_KEEPER_DETECT, HF_ASK_DETECT);
    }
    if (hf_time_before(s->now.mono, hf_time_after(s->start.taken_at, HF_MS(PORT_WITHIN_MS))))
        return;
    hf_keep_place_given_up(s);
}

/* --- who is it --- */

void hf_keep_place_detected(struct hf_supervisor *s, const struct hf_keeper_found *found)
{
    struct hf_tree *t = hf_ledger_find(&s->ledger, found->tree);
    struct hf_tree *ours = hf_ledger_gateway(&s->ledger);
    struct hf_start *start = &s->start;
    if (s->phase == HF_PHASE_WAIT_READY) name_taker(s, found);
    if (s->phase != HF_PHASE_DETECT) return;
    if (found->is_listening && ours && t != ours) {
        hf_keep_start_wait_ready(s, true); /* never two: what answers there is not ours */
        return;
    }
    start->facts = (struct hf_holder_facts){
        .is_listening = found->is_listening,
        .is_ours = found->is_listening && ours,
        .is_recorded = found->is_recorded,
        .lives_recorded = found->recorded_pid != 0 && hf_ledger_is_empty(&s->ledger),
        .is_same_user = found->is_known && found->is_same_user,
        .is_gateway_program = found->is_gateway_program,
        .is_unit = hf_holder_is_service(found->unit),
        .may_reclaim = start->how.reclaims_port,
    };
    start->found_pid =
        found->is_recorded || !found->is_listening ? found->recorded_pid : found->pid;
    if (found->is_recorded && !found->recorded_pid) start->found_pid = found->pid;
    /* Only a gateway can prove that it is one. */
    if (s->config.place != HF_PLACE_GATEWAY && !start->facts.is_ours && !found->is_recorded)
        start->facts.answers = HF_HOLDER_NO;
    if (!start->facts.is_ours && !found->is_recorded) name_holder(s, found);
    hf_keep_place_judge(s);
}

static void adopt(struct hf_supervisor *s, bool is_reclaim)
{
    struct hf_tree *t = hf_keep_tree_add(s, false);
    if (!t) return;
    t->is_adopted = true;
    s->gateway = t->id;
    struct hf_keeper_action *a = hf_keep_act(s, HF_KEEPER_ADOPT);
    a->tree = t->id;
    a->u.adopt.pid = s->start.found_pid;
    a->u.adopt.is_reclaim = is_reclaim;
    hf_keep_arm(s, HF_TIMER_STEP, HF_MS(DETECT_WITHIN_MS));
}

static void kill_holder(struct hf_supervisor *s)
{
    adopt(s, true);
    struct hf_tree *t = hf_ledger_gateway(&s->ledger);
    if (t) hf_keep_tree_end(s, t, hf_reaper_grace(HF_GRACE_LIVENESS, -1, -1));
    s->start.how.reclaims_port = false; /* once */
    hf_keep_disarm(s, HF_TIMER_STEP);
    if (s->start.is_open) hf_keep_start_attempt(s, HF_LIT("reclaim"));
}

/* After an exit with 78: nobody healthy owns the place, so it is the configuration. */
static bool ends_look(struct hf_supervisor *s, enum hf_failure_owner owner)
{
    if (!s->start.is_looking) return false;
    s->start.failure.owner = owner;
    s->start.is_looking = false;
    if (owner == HF_OWNER_NOBODY)
        hf_keep_fail_text(s, HF_LIT("the gateway refused its configuration (exit 78)"));
    hf_keep_start_judge(s);
    return true;
}

static void look_closer(struct hf_supervisor *s)
{
    struct hf_keeper_action *a = hf_keep_ask(s, HF_KEEPER_PROBE, HF_ASK_PROBE);
    a->within = HF_MS(LOOK_WITHIN_MS);
    a->u.probe = HF_KEEPER_LOOK_READY;
    hf_keep_arm(s, HF_TIMER_STEP, HF_MS(LOOK_WITHIN_MS + DETECT_WITHIN_MS));
}

static void nobody(struct hf_supervisor *s)
{
    if (hf_ledger_gateway(&s->ledger))
        hf_keep_start_wait_ready(s, true); /* ours lives and does not listen yet */
    else if (!ends_look(s, HF_OWNER_NOBODY))
        hf_keep_place_port(s);
}

void hf_keep_place_judge(struct hf_supervisor *s)
{
    struct hf_holder_verdict v = hf_holder_judge(&s->start.facts);
    HF_LOG(&s->config.log, HF_LOG_DEBUG, "keeper.holder_judged",
           HF_TEXT("class", hf_bytes_cstr(hf_holder_class_name(v.class))));
    hf_keep_disarm(s, HF_TIMER_STEP);
    switch (v.act) {
    case HF_HOLDER_SPAWN:
        nobody(s);
        return;
    case HF_HOLDER_CONNECT:
        s->start.is_reattach = true;
        hf_keep_start_is_ready(s);
        return;
    case HF_HOLDER_ADOPT:
        adopt(s, false);
        return;
    case HF_HOLDER_WAIT:
        if (s->start.facts.is_ours)
            hf_keep_start_wait_ready(s, true);
        else
            adopt(s, false);
        return;
    case HF_HOLDER_KILL:
        kill_holder(s);
        return;
    case HF_HOLDER_PROBE:
        look_closer(s);
        return;
    case HF_HOLDER_LOGIN:
        s->start.is_candidate = true;
        hf_keep_link_open(s);
        return;
    case HF_HOLDER_ATTACH:
        hf_keep_running_enter(s, false);
        return;
    case HF_HOLDER_CONFLICT:
        if (!ends_look(s, HF_OWNER_OTHER)) hf_keep_start_conflict(s);
        return;
    }
}

void hf_keep_place_probed(struct hf_supervisor *s, enum hf_keeper_probe result)
{
    bool answers = result == HF_KEEPER_PROBE_READY;
    s->start.facts.answers = answers ? HF_HOLDER_YES : HF_HOLDER_NO;
    hf_keep_place_judge(s);
}

void hf_keep_place_port(struct hf_supervisor *s)
{
    hf_keep_enter(s, HF_PHASE_PORT, HF_LIT("nobody_there"));
    if (s->config.port == 0) {
        hf_keep_start_spawn(s);
        return;
    }
    hf_keep_ask(s, HF_KEEPER_CHECK_PORT, HF_ASK_PORT);
    hf_keep_arm(s, HF_TIMER_STEP, HF_MS(PORT_WITHIN_MS));
}

void hf_keep_place_port_checked(struct hf_supervisor *s, bool is_free)
{
    if (s->phase != HF_PHASE_PORT) return;
    if (is_free) {
        hf_keep_disarm(s, HF_TIMER_STEP);
        if (!ends_look(s, HF_OWNER_NOBODY)) hf_keep_start_spawn(s);
    } else if (s->start.must_be_free) {
        if (ends_look(s, HF_OWNER_OTHER)) return;
        hf_keep_start_failed(s, HF_FAILED_PORT, HF_LIT("the port is occupied"));
    } else {
        hf_keep_arm(s, HF_TIMER_POLL, HF_MS(PORT_EVERY_MS));
    }
}
