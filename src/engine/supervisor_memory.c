/* The gateway's limits of memory: above the soft one it is recycled, above the hard one
 * ended (core/ration). */
#include "engine/supervisor_parts.h"

enum { MIB = 1 << 20 };

void hf_keep_memory_begin(struct hf_supervisor *s)
{
    hf_ration_begin(&s->ration, s->now.mono);
}

void hf_keep_memory_run_due(struct hf_supervisor *s)
{
    if (hf_time_before(s->now.mono, hf_ration_due(&s->ration))) return;
    hf_ration_look(&s->ration, s->now.mono);
    hf_keep_ask(s, HF_KEEPER_READ_MEMORY, HF_ASK_MEMORY)->tree = s->gateway;
}

static void warn(struct hf_supervisor *s, const char *event, int64_t limit)
{
    HF_LOG(&s->config.log, HF_LOG_WARN, event, HF_INT("pid", hf_keep_pid(s)),
           HF_INT("bytes", s->ration.bytes), HF_INT("limit_bytes", limit));
}

/* As after a crash: charged, and begun anew by the ladder. */
static void end(struct hf_supervisor *s)
{
    struct hf_tree *t = hf_ledger_find(&s->ledger, s->gateway);
    if (!t) return;
    bool was_wanted = !t->is_unwanted;
    s->memory_tree = t->id;
    hf_keep_tree_end(s, t, 0);
    if (!was_wanted || s->stop.is_open || !s->is_wanted) return;
    hf_keep_failf(s, "the gateway took %lld MiB, more than its hard limit of %lld MiB",
                  (long long)(s->ration.bytes / MIB),
                  (long long)(s->ration.limits.hard_bytes / MIB));
    if (s->start.is_open) {
        hf_keep_start_failed(s, HF_FAILED_MEMORY,
                             hf_keep_text(s, hf_bytes(s->error, s->error_len)));
        return;
    }
    hf_keep_running_leave(s);
    hf_keep_backoff_enter(s, 0, HF_LIT("memory_limit"));
}

void hf_keep_memory_read(struct hf_supervisor *s, const struct hf_keeper_event *e)
{
    bool was_high = hf_ration_is_high(&s->ration);
    bool is_serving = hf_keep_state_is(s, HF_KEEPER_RUNNING) && s->is_ready;
    enum hf_ration_act act = hf_ration_step(&s->ration, s->now.mono, e->u.memory.bytes, is_serving);
    if (was_high != hf_ration_is_high(&s->ration)) s->status_changed = true;
    switch (act) {
    case HF_RATION_NONE:
        return;
    case HF_RATION_TELL:
        warn(s, "child.memory_high", s->ration.limits.soft_bytes);
        return;
    case HF_RATION_RECYCLE:
        warn(s, "child.recycled_for_memory", s->ration.limits.soft_bytes);
        hf_keep_restart_for_memory(s);
        return;
    case HF_RATION_END:
        warn(s, "child.ended_for_memory", s->ration.limits.hard_bytes);
        end(s);
        return;
    }
}
