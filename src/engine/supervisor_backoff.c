/* The one timer after a loss: reconnect ladder, slow lane, quarantine (11.3, 10.5). */
#include "base/assert.h"
#include "engine/supervisor_parts.h"

static bool is_armed(const struct hf_supervisor *s)
{
    return !hf_time_same(s->timers[HF_TIMER_RECONNECT], HF_NEVER);
}

static void arm(struct hf_supervisor *s, enum hf_retry_kind kind, hf_span delay)
{
    s->retry = kind;
    s->retry_epoch = s->epoch;
    s->retry_delay = delay;
    hf_keep_arm(s, HF_TIMER_RECONNECT, delay);
}

static void skipped(struct hf_supervisor *s, const char *why)
{
    HF_LOG(&s->config.log, HF_LOG_DEBUG, "keeper.reconnect_skipped",
           HF_TEXT("why", hf_bytes_cstr(why)));
}

static void exhausted(struct hf_supervisor *s, hf_span slow)
{
    HF_LOG(&s->config.log, HF_LOG_ERROR, "keeper.reconnects_exhausted",
           HF_INT("max", s->config.ladder.attempts_max));
    hf_keep_enter(s, HF_PHASE_FAILED, HF_LIT("attempts_exhausted"));
    if (slow > 0) arm(s, HF_RETRY_SLOW, slow);
}

void hf_keep_backoff_enter(struct hf_supervisor *s, hf_span at_least, struct hf_bytes cause)
{
    struct hf_ladder_step step =
        hf_ladder_next(&s->config.ladder, s->is_wanted, is_armed(s), s->attempts, &s->rng);
    switch (step.verdict) {
    case HF_LADDER_DISABLED:
        skipped(s, "auto-reconnect disabled");
        return;
    case HF_LADDER_SCHEDULED:
        skipped(s, "already-scheduled");
        return;
    case HF_LADDER_EXHAUSTED:
        exhausted(s, step.delay);
        return;
    case HF_LADDER_SCHEDULE:
        break;
    }
    hf_span delay = hf_span_max(step.delay, at_least);
    s->attempts = step.attempt;
    HF_LOG(&s->config.log, HF_LOG_WARN, "keeper.reconnect_scheduled",
           HF_INT("attempt", step.attempt), HF_INT("max", s->config.ladder.attempts_max),
           HF_INT("delay_ms", hf_span_ms(delay)), HF_TEXT("cause", cause));
    /* A conflict is told as an error for as long as it is retried (2.3, row 9). */
    if (s->phase != HF_PHASE_FAILED) hf_keep_enter(s, HF_PHASE_BACKOFF, cause);
    arm(s, HF_RETRY_LADDER, delay);
}

void hf_keep_quarantine_enter(struct hf_supervisor *s, struct hf_bytes cause)
{
    if (s->phase == HF_PHASE_QUARANTINED && is_armed(s)) return;
    if (s->start.is_open) {
        hf_keep_fail_text(s, HF_LIT("too many automatic restarts"));
        hf_keep_start_close(s);
        hf_keep_settle(s, HF_INTENT_STARTING, HF_KEEPER_FAILED, HF_LIT("quarantined"));
        hf_keep_settle(s, HF_INTENT_CYCLE, HF_KEEPER_FAILED, HF_LIT("quarantined"));
        hf_keep_restart_over(s);
    }
    hf_span wait = hf_governor_quarantine(&s->governor, &s->rng);
    s->quarantined_until_ms = s->now.wall_ms + hf_span_ms(wait);
    HF_LOG(&s->config.log, HF_LOG_ERROR, "keeper.quarantined",
           HF_INT("retry_after_ms", hf_span_ms(wait)), HF_TEXT("cause", cause));
    hf_keep_enter(s, HF_PHASE_QUARANTINED, cause);
    arm(s, HF_RETRY_QUARANTINE, wait);
    hf_keep_restart_settle(s);
}

void hf_keep_backoff_fire(struct hf_supervisor *s)
{
    /* Every start and stop begins an epoch and disarms this timer: a stale one cannot fire. */
    HF_ASSERT(s->is_wanted && !s->stop.is_open && !s->start.is_open);
    HF_ASSERT(s->retry_epoch == s->epoch);
    s->connect_attempts++;
    if (s->is_transport_only) {
        hf_keep_enter(s, HF_PHASE_ATTEMPT, HF_LIT("transport"));
        hf_keep_link_open(s);
        return;
    }
    struct hf_start_how how = { .is_auto = true, .is_single = s->retry == HF_RETRY_QUARANTINE };
    hf_keep_start_begin(
        s, how, s->retry == HF_RETRY_QUARANTINE ? HF_LIT("quarantine_retry") : HF_LIT("reconnect"));
}
