#include "core/standing.h"

#include "base/assert.h"

void hf_standing_limits_init(struct hf_standing_limits *limits)
{
    *limits =
        (struct hf_standing_limits){ .fresh_for = HF_SECONDS(45), .call_every = HF_SECONDS(30) };
}

static void forget(struct hf_standing *s)
{
    for (size_t i = 0; i < HF_STANDING_READY; i++)
        s->seen[i] = (struct hf_standing_answer){ HF_STANDING_UNKNOWN, HF_NEVER, HF_NEVER };
    s->is_start_over = s->is_draining = s->has_link = false;
    s->ready_said_at = HF_NEVER;
    s->call_due = HF_NEVER;
}

void hf_standing_init(struct hf_standing *s, const struct hf_standing_limits *limits)
{
    HF_ASSERT(limits->call_every > 0);
    HF_ASSERT(limits->fresh_for > limits->call_every);
    *s = (struct hf_standing){ .limits = *limits };
    forget(s);
}

static void see(struct hf_standing *s, hf_time now, enum hf_standing_question question,
                enum hf_standing_word word)
{
    struct hf_standing_answer *answer = &s->seen[question];
    if (answer->word != word) answer->since_at = now;
    answer->word = word;
    answer->seen_at = now;
}

static void lose_link(struct hf_standing *s, hf_time now)
{
    s->has_link = false;
    s->is_start_over = false;
    s->is_draining = false;
    s->call_due = HF_NEVER;
    s->ready_said_at = now;
    see(s, now, HF_STANDING_RESPONSIVE, HF_STANDING_NO);
}

static void say_ready(struct hf_standing *s, hf_time now, bool is_over, bool is_draining)
{
    if (s->is_start_over != is_over || s->is_draining != is_draining) s->ready_said_at = now;
    s->is_start_over = is_over;
    s->is_draining = is_draining;
}

static void process_runs(struct hf_standing *s, hf_time now)
{
    /* Another process: what was seen of the one before says nothing about it. */
    if (s->seen[HF_STANDING_ALIVE].word == HF_STANDING_NO) forget(s);
    see(s, now, HF_STANDING_ALIVE, HF_STANDING_YES);
}

static void process_gone(struct hf_standing *s, hf_time now)
{
    lose_link(s, now);
    see(s, now, HF_STANDING_ALIVE, HF_STANDING_NO);
    see(s, now, HF_STANDING_REACHABLE, HF_STANDING_NO);
}

void hf_standing_step(struct hf_standing *s, hf_time now, enum hf_standing_input input)
{
    switch (input) {
    case HF_STANDING_PROCESS_RUNS:
        process_runs(s, now);
        return;
    case HF_STANDING_PROCESS_GONE:
        process_gone(s, now);
        return;
    case HF_STANDING_PROBE_OK:
        see(s, now, HF_STANDING_REACHABLE, HF_STANDING_YES);
        return;
    case HF_STANDING_PROBE_FAILED:
        see(s, now, HF_STANDING_REACHABLE, HF_STANDING_NO);
        return;
    case HF_STANDING_LINK_READY:
        s->has_link = true;
        s->call_due = hf_time_after(now, s->limits.call_every);
        see(s, now, HF_STANDING_REACHABLE, HF_STANDING_YES);
        see(s, now, HF_STANDING_RESPONSIVE, HF_STANDING_YES);
        return;
    case HF_STANDING_LINK_ALIVE:
        if (s->has_link) see(s, now, HF_STANDING_REACHABLE, HF_STANDING_YES);
        return;
    case HF_STANDING_LINK_LOST:
        lose_link(s, now);
        return;
    case HF_STANDING_CALL_ANSWERED:
        if (!s->has_link) return;
        see(s, now, HF_STANDING_REACHABLE, HF_STANDING_YES);
        see(s, now, HF_STANDING_RESPONSIVE, HF_STANDING_YES);
        return;
    case HF_STANDING_CALL_MISSED:
        see(s, now, HF_STANDING_RESPONSIVE, HF_STANDING_NO);
        return;
    case HF_STANDING_START_OVER:
        if (s->has_link) say_ready(s, now, true, s->is_draining);
        return;
    case HF_STANDING_DRAINS:
        say_ready(s, now, s->is_start_over, true);
        return;
    case HF_STANDING_DETACHED:
        forget(s);
        return;
    }
    HF_UNREACHABLE();
}

bool hf_standing_call(struct hf_standing *s, hf_time now)
{
    if (hf_time_before(now, s->call_due)) return false;
    s->call_due = hf_time_after(now, s->limits.call_every);
    return true;
}

hf_time hf_standing_due(const struct hf_standing *s)
{
    return s->call_due;
}

/* --- answers --- */

/* What was seen, until it is too old to say anything. */
static struct hf_standing_answer aged(const struct hf_standing *s, hf_time now,
                                      enum hf_standing_question question)
{
    struct hf_standing_answer answer = s->seen[question];
    hf_time until = hf_time_after(answer.seen_at, s->limits.fresh_for);
    if (answer.word == HF_STANDING_UNKNOWN || hf_time_before(now, until)) return answer;
    /* What is gone stays unreachable. */
    if (s->seen[HF_STANDING_ALIVE].word == HF_STANDING_NO) return answer;
    answer.word = HF_STANDING_UNKNOWN;
    answer.since_at = until;
    return answer;
}

static struct hf_standing_answer conclude_ready(const struct hf_standing *s, hf_time now)
{
    struct hf_standing_answer answer = aged(s, now, HF_STANDING_RESPONSIVE);
    if (answer.word != HF_STANDING_YES || hf_time_same(s->ready_said_at, HF_NEVER)) {
        if (answer.word == HF_STANDING_YES) answer.word = HF_STANDING_NO;
        return answer;
    }
    if (!s->is_start_over || s->is_draining) answer.word = HF_STANDING_NO;
    answer.since_at = hf_time_max(answer.since_at, s->ready_said_at);
    return answer;
}

struct hf_standing_answer hf_standing_answer(const struct hf_standing *s, hf_time now,
                                             enum hf_standing_question question)
{
    switch (question) {
    case HF_STANDING_ALIVE: /* an exit is told at once: no news is no change */
        return s->seen[HF_STANDING_ALIVE];
    case HF_STANDING_REACHABLE:
    case HF_STANDING_RESPONSIVE:
        return aged(s, now, question);
    case HF_STANDING_READY:
        return conclude_ready(s, now);
    case HF_STANDING_QUESTIONS:
        break;
    }
    HF_UNREACHABLE();
}

const char *hf_standing_name(enum hf_standing_question question)
{
    static const char *const names[HF_STANDING_QUESTIONS] = { "alive", "reachable", "responsive",
                                                              "ready" };
    HF_ASSERT(question < HF_STANDING_QUESTIONS);
    return names[question];
}

const char *hf_standing_word_name(enum hf_standing_word word)
{
    static const char *const names[] = { "unknown", "no", "yes" };
    return names[word];
}
