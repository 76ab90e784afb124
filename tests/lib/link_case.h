/* lib/link_case.h: one core/link with a clock, and a count of what it asked for. */
#ifndef HF_LIB_LINK_CASE_H
#define HF_LIB_LINK_CASE_H

#include "core/link.h"
#include "lib/check.h"

#include <stdio.h>

enum { LINK_DIALS_MAX = 64 };

struct link_case {
    struct hf_rng rng;
    struct hf_link link;
    int64_t ms;
    struct hf_link_todo todo;           /* of the newest input */
    int64_t dialled_ms[LINK_DIALS_MAX]; /* when each attempt began */
    size_t dials, plans, aborts, closes, ends, flushes, errors, closed, paused, starting, retries;
    size_t statuses, readies, pings, beats, asked, asked_login, dropped_tokens, insecure;
    struct hf_link_close close; /* the newest close frame */
    char log[256];              /* states passed through, by name */
};

static inline void link_case_init(struct link_case *c, const struct hf_link_limits *limits)
{
    *c = (struct link_case){ 0 };
    hf_rng_init_number(&c->rng, 1);
    hf_link_init(&c->link, limits, &c->rng);
}

/* The defaults without jitter and with an immediate reset, as the scenarios have them. */
static inline struct hf_link_limits link_case_limits(void)
{
    struct hf_link_limits limits;
    hf_link_limits_init(&limits);
    limits.backoff.jitter_percent = 0;
    limits.stable_after = 0;
    return limits;
}

static inline void link_case_count(struct link_case *c)
{
    const struct {
        uint32_t act;
        size_t *count;
    } counts[] = {
        { HF_LINK_DO_PLAN, &c->plans },          { HF_LINK_DO_ABORT, &c->aborts },
        { HF_LINK_DO_CLOSE, &c->closes },        { HF_LINK_DO_END, &c->ends },
        { HF_LINK_DO_FLUSH, &c->flushes },       { HF_LINK_TELL_ERROR, &c->errors },
        { HF_LINK_TELL_CLOSED, &c->closed },     { HF_LINK_TELL_PAUSED, &c->paused },
        { HF_LINK_TELL_STARTING, &c->starting }, { HF_LINK_TELL_RETRY, &c->retries },
        { HF_LINK_TELL_STATUS, &c->statuses },   { HF_LINK_TELL_READY, &c->readies },
        { HF_LINK_DO_PING, &c->pings },          { HF_LINK_DO_BEAT, &c->beats },
        { HF_LINK_ASK_RECONNECT, &c->asked },    { HF_LINK_DROP_DEVICE_TOKEN, &c->dropped_tokens },
        { HF_LINK_ASK_LOGIN, &c->asked_login },  { HF_LINK_TELL_INSECURE, &c->insecure },
    };
    for (size_t i = 0; i < HF_COUNT(counts); i++)
        if (c->todo.acts & counts[i].act) (*counts[i].count)++;
    if (c->todo.acts & HF_LINK_DO_CLOSE) c->close = c->todo.close;
    if (!(c->todo.acts & HF_LINK_DO_DIAL)) return;
    CHECK(c->dials < LINK_DIALS_MAX);
    c->dialled_ms[c->dials++] = c->ms;
}

/* Invariants 1, 7 and 9 of spec/client-lifecycle.md section 16. */
static inline void link_case_check(const struct link_case *c)
{
    const struct hf_link *l = &c->link;
    bool waits = l->state == HF_LINK_BACKOFF || l->state == HF_LINK_PAUSED;
    bool is_idle = l->state == HF_LINK_IDLE || l->state == HF_LINK_REAUTH ||
                   l->state == HF_LINK_DISPOSED || waits;
    CHECK_EQ(l->socket == 0, is_idle);
    if (is_idle && !waits) CHECK(hf_time_same(hf_link_due(l), HF_NEVER));
    if (l->state == HF_LINK_BACKOFF) CHECK(!hf_time_same(hf_link_due(l), HF_NEVER));
    CHECK(c->plans <= c->dials);
}

static inline int link_case_feed(struct link_case *c, struct hf_link_input input)
{
    enum hf_link_state before = c->link.state;
    int err = hf_link_step(&c->link, hf_at_ms(c->ms), &input, &c->todo);
    link_case_count(c);
    link_case_check(c);
    size_t len = strlen(c->log);
    if (c->link.state != before)
        snprintf(c->log + len, sizeof c->log - len, "%s%s", len ? " " : "",
                 hf_link_state_name(c->link.state));
    return err;
}

static inline int link_case_say(struct link_case *c, enum hf_link_input_kind kind)
{
    struct hf_link_input input = { .kind = kind, .generation = c->link.socket };
    if (kind == HF_LINK_CHALLENGED) input.u.has_nonce = true;
    if (kind == HF_LINK_HELLO) input.u.hello.tick_every = HF_MS(30000);
    if (kind == HF_LINK_DIAL_FAILED) input.u.dial.cause = HF_LINK_CAUSE_DIAL;
    return link_case_feed(c, input);
}

/* Lets the time pass up to and with `ms`, running every deadline on its way. */
static inline void link_case_run(struct link_case *c, int64_t ms)
{
    for (;;) {
        hf_time due = hf_link_due(&c->link);
        if (!hf_time_before(due, hf_at_ms(ms + 1)) || c->dials >= LINK_DIALS_MAX) break;
        if (hf_span_ms(due.ns) > c->ms) c->ms = hf_span_ms(due.ns);
        link_case_say(c, HF_LINK_TIME);
    }
    c->ms = ms;
}

/* Until its reconnect timer has run; at once when there is none. */
static inline void link_case_wait(struct link_case *c)
{
    if (c->link.state == HF_LINK_BACKOFF) link_case_run(c, hf_span_ms(hf_link_due(&c->link).ns));
}

static inline void link_case_close(struct link_case *c, uint16_t code, const char *reason)
{
    link_case_feed(c, (struct hf_link_input){ .kind = HF_LINK_PEER_CLOSED,
                                              .generation = c->link.socket,
                                              .u.close = { code, hf_bytes_cstr(reason) } });
    link_case_say(c, HF_LINK_GONE);
}

/* From OPENING to AWAIT_HELLO. */
static inline void link_case_ask(struct link_case *c)
{
    link_case_say(c, HF_LINK_UPGRADED);
    link_case_say(c, HF_LINK_CHALLENGED);
    link_case_say(c, HF_LINK_PLANNED);
}

static inline void link_case_ready(struct link_case *c)
{
    link_case_ask(c);
    link_case_say(c, HF_LINK_HELLO);
}

/* The connect request is refused, and the socket ends. */
static inline void link_case_refuse(struct link_case *c, const struct hf_refusal *refusal)
{
    link_case_ask(c);
    link_case_feed(c, (struct hf_link_input){ .kind = HF_LINK_REFUSED,
                                              .generation = c->link.socket,
                                              .u.refusal = *refusal });
    link_case_close(c, 1008, "refused");
}

static inline struct hf_refusal link_case_detail(const char *detail)
{
    return (struct hf_refusal){ .code = HF_LIT("INVALID_REQUEST"),
                                .detail = hf_bytes_cstr(detail) };
}

static inline struct hf_refusal link_case_starting(double retry_after_ms)
{
    return (struct hf_refusal){ .code = HF_LIT("UNAVAILABLE"),
                                .reason = HF_LIT("startup-sidecars"),
                                .is_retryable = true,
                                .has_retry_after = true,
                                .retry_after_ms = retry_after_ms };
}

#endif
