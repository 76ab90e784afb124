#include "core/vigil.h"

#include "base/assert.h"

void hf_vigil_limits_init(struct hf_vigil_limits *limits)
{
    *limits = (struct hf_vigil_limits){
        .silence = HF_SECONDS(90),
        .probe_within = HF_SECONDS(5),
        .again = HF_SECONDS(15),
        .busy_max = HF_SECONDS(180),
        .ping_every = HF_SECONDS(30),
        .pong_within = HF_SECONDS(12),
        .misses_told = 3,
    };
}

static void forget_probe(struct hf_vigil *v)
{
    v->probe_due = v->judge_due = v->sample_due = HF_NEVER;
}

void hf_vigil_init(struct hf_vigil *v, const struct hf_vigil_limits *limits)
{
    HF_ASSERT(limits->silence > 0);
    HF_ASSERT(limits->probe_within > 0);
    HF_ASSERT(limits->probe_within < limits->again);
    HF_ASSERT(limits->busy_max >= limits->silence);
    HF_ASSERT(limits->pong_within < limits->ping_every);
    *v = (struct hf_vigil){
        .limits = *limits,
        .stage = HF_VIGIL_IDLE,
        .alive_at = HF_NEVER,
        .silence_at = HF_NEVER,
        .probed_at = HF_NEVER,
        .ping_due = HF_NEVER,
        .pong_due = HF_NEVER,
    };
    forget_probe(v);
}

static uint32_t enter(struct hf_vigil *v, enum hf_vigil_stage stage)
{
    if (v->stage == stage) return 0;
    v->stage = stage;
    return HF_VIGIL_TELL_STAGE;
}

/* A silence begins: whatever was asked about the one before is late. */
static void begin_silence(struct hf_vigil *v, hf_time now)
{
    forget_probe(v);
    v->silence_at = now;
    v->probe_due = hf_time_after(now, v->limits.silence);
    v->has_continued = false;
}

static bool is_watching(const struct hf_vigil *v)
{
    return v->stage != HF_VIGIL_IDLE && v->stage != HF_VIGIL_EXTERNAL_UNAVAILABLE &&
           v->stage != HF_VIGIL_RESTARTING;
}

static uint32_t live(struct hf_vigil *v, hf_time now)
{
    uint32_t acts = v->stage == HF_VIGIL_UNRESPONSIVE ? HF_VIGIL_CANCEL_RESTART : 0;
    v->alive_at = now;
    v->misses = 0;
    v->pong_due = HF_NEVER;
    begin_silence(v, now);
    return acts | enter(v, HF_VIGIL_HEALTHY);
}

static uint32_t start(struct hf_vigil *v, hf_time now, const struct hf_vigil_ways *ways)
{
    HF_ASSERT(ways->has_call || ways->has_http);
    v->ways = *ways;
    v->reason = HF_VIGIL_NO_REASON;
    v->ping_due = ways->has_call ? hf_time_after(now, v->limits.ping_every) : HF_NEVER;
    return live(v, now);
}

static uint32_t end(struct hf_vigil *v)
{
    forget_probe(v);
    v->ping_due = v->pong_due = HF_NEVER;
    v->misses = 0;
    /* Our own reconnect ends it too: that it was unavailable is news until it is back; and a
     * restart ends it, which is told until the new process runs. */
    if (v->stage == HF_VIGIL_EXTERNAL_UNAVAILABLE || v->stage == HF_VIGIL_RESTARTING) return 0;
    return enter(v, HF_VIGIL_IDLE);
}

static uint32_t forget(struct hf_vigil *v)
{
    end(v);
    return enter(v, HF_VIGIL_IDLE);
}

static hf_time busy_until(const struct hf_vigil *v)
{
    return hf_time_after(v->silence_at, v->limits.busy_max);
}

/* --- one probe --- */

static uint32_t ask(struct hf_vigil *v, hf_time now)
{
    v->probe++;
    v->probed_at = now;
    v->probe_due = HF_NEVER;
    v->judge_due = hf_time_after(now, v->limits.probe_within);
    v->call_failed = !v->ways.has_call;
    v->http_failed = !v->ways.has_http;
    v->http_answered = false;
    v->has_first = false;
    uint32_t acts = HF_VIGIL_DO_PROBE | (v->ways.is_external ? 0 : HF_VIGIL_DO_SAMPLE);
    if (v->stage == HF_VIGIL_HEALTHY) acts |= enter(v, HF_VIGIL_VERIFYING);
    return acts;
}

/* No connection, and none to be had: the probe and the process are the evidence. */
static uint32_t doubt(struct hf_vigil *v, hf_time now, const struct hf_vigil_input *input)
{
    v->ways = input->u.doubt.ways;
    v->reason = HF_VIGIL_NO_REASON;
    v->ping_due = v->pong_due = HF_NEVER;
    begin_silence(v, input->u.doubt.silent_since);
    uint32_t acts = enter(v, HF_VIGIL_VERIFYING);
    return acts | ask(v, now);
}

static uint32_t give_up(struct hf_vigil *v, enum hf_vigil_reason reason)
{
    forget_probe(v);
    v->reason = reason;
    if (v->ways.is_external) return enter(v, HF_VIGIL_EXTERNAL_UNAVAILABLE) | HF_VIGIL_DO_RECONNECT;
    return enter(v, HF_VIGIL_UNRESPONSIVE) | HF_VIGIL_DO_DUMP | HF_VIGIL_DO_RESTART;
}

/* HTTP answered within the probe's time, the control connection did not. */
static uint32_t blame_connection(struct hf_vigil *v, hf_time now)
{
    v->result = HF_VIGIL_ONLY_HTTP;
    v->reason = HF_VIGIL_CONNECTION_SILENT;
    return live(v, now) | HF_VIGIL_DO_RECONNECT;
}

static uint32_t probe_ended(struct hf_vigil *v, hf_time now)
{
    v->judge_due = HF_NEVER;
    if (v->http_answered) return blame_connection(v, now);
    v->result = HF_VIGIL_FAILED;
    v->is_timeout = !v->call_failed || !v->http_failed;
    if (v->ways.is_external) return give_up(v, HF_VIGIL_EXTERNAL_SILENT);
    v->sample_due = hf_time_after(now, v->limits.probe_within);
    return HF_VIGIL_DO_SAMPLE;
}

/* At least half of a core since the probe was asked. */
static bool is_working(const struct hf_vigil *v, hf_time now,
                       const struct hf_vigil_evidence *now_is)
{
    if (!v->has_first || !now_is->is_known) return false;
    hf_span waited = hf_time_since(now, v->first_at);
    return waited > 0 && now_is->cpu - v->first.cpu >= waited / 2;
}

static uint32_t suspend(struct hf_vigil *v, hf_time now, const struct hf_vigil_evidence *evidence)
{
    v->reason = evidence->is_stopped ? HF_VIGIL_STOPPED_BY_SIGNAL : HF_VIGIL_FROZEN;
    v->probe_due = hf_time_after(v->probed_at, v->limits.again);
    if (!hf_time_before(now, v->probe_due)) v->probe_due = hf_time_after(now, v->limits.again);
    uint32_t acts = enter(v, HF_VIGIL_SUSPENDED);
    if (!evidence->is_stopped || v->has_continued) return acts;
    v->has_continued = true;
    return acts | HF_VIGIL_DO_CONTINUE;
}

/* Somebody let it go on: it gets a whole silence, for it may have much to do. */
static uint32_t thaw(struct hf_vigil *v, hf_time now)
{
    begin_silence(v, now);
    return enter(v, HF_VIGIL_VERIFYING);
}

static uint32_t judge(struct hf_vigil *v, hf_time now, const struct hf_vigil_evidence *evidence)
{
    v->sample_due = HF_NEVER;
    if (evidence->is_known && (evidence->is_stopped || evidence->is_frozen))
        return suspend(v, now, evidence);
    if (v->stage == HF_VIGIL_SUSPENDED) return thaw(v, now);
    if (!is_working(v, now, evidence)) return give_up(v, HF_VIGIL_NO_PROGRESS);
    hf_time limit = busy_until(v);
    if (!hf_time_before(now, limit)) return give_up(v, HF_VIGIL_BUSY_TOO_LONG);
    v->probe_due = hf_time_min(hf_time_after(v->probed_at, v->limits.again), limit);
    return enter(v, HF_VIGIL_BUSY);
}

static uint32_t take_evidence(struct hf_vigil *v, hf_time now,
                              const struct hf_vigil_evidence *evidence)
{
    if (!hf_time_same(v->sample_due, HF_NEVER)) return judge(v, now, evidence);
    if (hf_time_same(v->judge_due, HF_NEVER) || v->has_first) return 0;
    v->has_first = evidence->is_known;
    v->first = *evidence;
    v->first_at = now;
    return 0;
}

static uint32_t take_answer(struct hf_vigil *v, hf_time now, const struct hf_vigil_input *input)
{
    if (input->probe != v->probe || hf_time_same(v->judge_due, HF_NEVER)) return 0;
    switch (input->kind) {
    case HF_VIGIL_CALL_ANSWERED:
        v->result = HF_VIGIL_ANSWERED;
        return live(v, now);
    case HF_VIGIL_HTTP_ANSWERED:
        v->http_answered = true;
        /* With no other way to ask, this is the whole answer. */
        if (v->ways.has_call) return v->call_failed ? blame_connection(v, now) : 0;
        v->result = HF_VIGIL_ANSWERED;
        return live(v, now);
    case HF_VIGIL_CALL_FAILED:
        v->call_failed = true;
        return v->http_answered ? blame_connection(v, now) : 0;
    case HF_VIGIL_HTTP_FAILED:
        v->http_failed = true;
        return 0;
    case HF_VIGIL_TIME:
    case HF_VIGIL_START:
    case HF_VIGIL_DOUBT:
    case HF_VIGIL_LIFE:
    case HF_VIGIL_MISS:
    case HF_VIGIL_EVIDENCE:
    case HF_VIGIL_RESUMED:
    case HF_VIGIL_RESTART_BEGUN:
    case HF_VIGIL_END:
    case HF_VIGIL_FORGET:
        break;
    }
    HF_UNREACHABLE();
}

/* --- pings: told, never acted on --- */

static uint32_t miss(struct hf_vigil *v)
{
    v->pong_due = HF_NEVER;
    if (v->misses < UINT32_MAX) v->misses++;
    return HF_VIGIL_NOTE_MISS | (v->misses == v->limits.misses_told ? HF_VIGIL_TELL_MISSES : 0);
}

static uint32_t ping(struct hf_vigil *v, hf_time now)
{
    uint32_t acts = hf_time_before(now, v->pong_due) ? 0 : miss(v);
    if (hf_time_before(now, v->ping_due)) return acts;
    v->ping_due = hf_time_after(now, v->limits.ping_every);
    if (v->stage == HF_VIGIL_SUSPENDED) return acts; /* nobody is there to answer it */
    v->pong_due = hf_time_after(now, v->limits.pong_within);
    return acts | HF_VIGIL_DO_PING;
}

static uint32_t tick(struct hf_vigil *v, hf_time now)
{
    uint32_t acts = ping(v, now);
    if (!hf_time_before(now, v->sample_due))
        return acts | judge(v, now, &(struct hf_vigil_evidence){ .is_known = false });
    if (!hf_time_before(now, v->judge_due)) return acts | probe_ended(v, now);
    if (hf_time_before(now, v->probe_due)) return acts;
    if (v->stage == HF_VIGIL_BUSY && !hf_time_before(now, busy_until(v)))
        return acts | give_up(v, HF_VIGIL_BUSY_TOO_LONG);
    return acts | ask(v, now);
}

/* What fell silent while the host slept did so for want of a host. */
static uint32_t resume(struct hf_vigil *v, hf_time now)
{
    uint32_t acts = v->stage == HF_VIGIL_UNRESPONSIVE ? HF_VIGIL_CANCEL_RESTART : 0;
    v->pong_due = HF_NEVER;
    v->misses = 0;
    if (v->ways.has_call) v->ping_due = hf_time_after(now, v->limits.ping_every);
    begin_silence(v, now);
    return acts | enter(v, HF_VIGIL_HEALTHY);
}

uint32_t hf_vigil_step(struct hf_vigil *v, hf_time now, const struct hf_vigil_input *input)
{
    if (input->kind == HF_VIGIL_START) return start(v, now, &input->u.ways);
    if (input->kind == HF_VIGIL_DOUBT) return doubt(v, now, input);
    if (input->kind == HF_VIGIL_END) return end(v);
    if (input->kind == HF_VIGIL_FORGET) return forget(v);
    if (!is_watching(v)) return 0;
    switch (input->kind) {
    case HF_VIGIL_TIME:
        return tick(v, now);
    case HF_VIGIL_LIFE:
        return live(v, now);
    case HF_VIGIL_MISS:
        return miss(v);
    case HF_VIGIL_CALL_ANSWERED:
    case HF_VIGIL_CALL_FAILED:
    case HF_VIGIL_HTTP_ANSWERED:
    case HF_VIGIL_HTTP_FAILED:
        return take_answer(v, now, input);
    case HF_VIGIL_EVIDENCE:
        return take_evidence(v, now, &input->u.evidence);
    case HF_VIGIL_RESUMED:
        return resume(v, now);
    case HF_VIGIL_RESTART_BEGUN:
        return v->stage == HF_VIGIL_UNRESPONSIVE ? enter(v, HF_VIGIL_RESTARTING) : 0;
    case HF_VIGIL_START:
    case HF_VIGIL_DOUBT:
    case HF_VIGIL_END:
    case HF_VIGIL_FORGET:
        break;
    }
    HF_UNREACHABLE();
}

hf_time hf_vigil_due(const struct hf_vigil *v)
{
    if (!is_watching(v)) return HF_NEVER;
    hf_time due = hf_time_min(v->ping_due, v->pong_due);
    due = hf_time_min(due, v->probe_due);
    due = hf_time_min(due, v->judge_due);
    return hf_time_min(due, v->sample_due);
}
