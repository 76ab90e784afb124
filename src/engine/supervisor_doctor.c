/* The doctor: the repair command of a start operation (spec/supervisor.md 7.2). */
#include "engine/supervisor_parts.h"

enum { DOCTOR_WITHIN_MS = 120000, DOCTOR_EVERY_MS = 600000 };

bool hf_keep_doctor_may(const struct hf_supervisor *s)
{
    bool is_early = hf_time_since(s->now.mono, s->doctored_at) < HF_MS(DOCTOR_EVERY_MS) &&
                    !hf_time_same(s->doctored_at, HF_NEVER);
    bool is_changed = s->revision != s->doctor_revision;
    return s->config.has_doctor && !s->start.has_doctored && (!is_early || is_changed);
}

void hf_keep_doctor_begin(struct hf_supervisor *s)
{
    s->start.doctor_follows = true;
    if (hf_keep_start_waits_for_trees(s)) return;
    s->start.doctor_follows = false;
    struct hf_tree *t = hf_keep_tree_add(s, true);
    if (!t) return;
    hf_keep_enter(s, HF_PHASE_REPAIR, HF_LIT("config_invalid"));
    s->start.has_doctored = true;
    s->start.doctor_is_late = false;
    s->doctored_at = s->now.mono;
    s->doctor_revision = s->revision;
    struct hf_keeper_action *a = hf_keep_act(s, HF_KEEPER_SPAWN);
    a->tree = t->id;
    a->u.spawn = HF_KEEPER_DOCTOR;
    hf_keep_notify(s, HF_KEEPER_NOTICE_EXTEND, HF_MS(DOCTOR_WITHIN_MS) + hf_reaper_longest(0));
    hf_keep_arm(s, HF_TIMER_STEP, HF_MS(DOCTOR_WITHIN_MS));
}

void hf_keep_doctor_ended(struct hf_supervisor *s, bool is_good)
{
    hf_keep_disarm(s, HF_TIMER_STEP);
    if (!is_good || s->start.doctor_is_late) {
        bool is_late = s->start.doctor_is_late;
        hf_keep_fail_text(s, is_late ? HF_LIT("the repair command did not end in time")
                                     : HF_LIT("the repair command failed"));
        hf_keep_start_give_up(s, 0, is_late ? HF_LIT("doctor_timeout") : HF_LIT("doctor_failed"));
        return;
    }
    hf_keep_clear_error(s);
    hf_keep_reload_read_config(s, true);
    hf_keep_start_attempt(s, HF_LIT("repaired"));
}

/* Its end is what goes on with the operation. */
void hf_keep_doctor_late(struct hf_supervisor *s)
{
    struct hf_tree *doctor = hf_ledger_doctor(&s->ledger);
    s->start.doctor_is_late = true;
    if (doctor) hf_keep_tree_end(s, doctor, 0);
}
