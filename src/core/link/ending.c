/* What an end of a connection or of an attempt leads to (spec/client-lifecycle.md
 * sections 7 and 8). */
#include "base/assert.h"
#include "core/link/parts.h"

enum {
    FAST_RETRY_MS = 250,
    PAIRING_POLL_MIN_MS = 5000,
    REPEATS_MAX = 3, /* the same fault of ours so often does not heal by waiting */
};

/* --- waiting --- */

static bool is_within_budget(const struct hf_link *l, hf_time at)
{
    return hf_time_before(at, l->budget_at);
}

/* Arms the reconnect timer; a wait that the budget does not allow fails now. */
static void wait_for(struct hf_link *l, hf_time now, hf_span wait, uint32_t tell,
                     struct hf_link_todo *todo)
{
    hf_time at = hf_time_after(now, wait);
    if (!is_within_budget(l, at)) {
        hf_link_enter_pause(l, now, HF_LINK_PAUSE_BUDGET, todo);
        return;
    }
    l->state = HF_LINK_BACKOFF;
    l->deadline = at;
    todo->wait = wait;
    todo->acts |= tell;
}

static void wait_for_start(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    hf_span wait = l->hint;
    uint64_t room_ms = (uint64_t)hf_span_ms(l->limits.startup_jitter);
    if (room_ms) wait += HF_MS(hf_rng_below(l->rng, room_ms));
    l->startup_count++;
    l->startup_waits++;
    wait_for(l, now, wait, HF_LINK_TELL_STARTING | HF_LINK_TELL_RETRY, todo);
}

static void retry(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    if (l->will_restart) {
        wait_for(l, now, l->hint, HF_LINK_TELL_RETRY, todo);
        return;
    }
    hf_span wait = hf_backoff_fail(&l->backoff, &l->limits.backoff, l->rng);
    if (l->waits_at_maximum) wait = hf_span_max(wait, l->limits.backoff.max);
    bool is_last = l->limits.attempts_max && l->backoff.failures >= l->limits.attempts_max;
    if (is_last || (l->limits.is_one_shot && !l->was_starting && !l->will_pass)) {
        hf_link_enter_pause(l, now, HF_LINK_PAUSE_ATTEMPTS, todo);
        return;
    }
    wait_for(l, now, hf_span_max(wait, l->hint), HF_LINK_TELL_RETRY, todo);
}

/* --- pauses --- */

static hf_span rate_limit_wait(struct hf_link *l)
{
    static const int ladder_s[] = { 30, 60, 120, 300 };
    uint32_t step = l->rate_limited_count;
    if (step < HF_COUNT(ladder_s) - 1) l->rate_limited_count++;
    return l->hint > 0 ? l->hint : HF_SECONDS(ladder_s[step]);
}

void hf_link_enter_pause(struct hf_link *l, hf_time now, enum hf_link_pause pause,
                         struct hf_link_todo *todo)
{
    l->state = HF_LINK_PAUSED;
    l->pause = pause;
    l->deadline = HF_NEVER;
    if (pause == HF_LINK_PAUSE_RATE_LIMITED) l->deadline = hf_time_after(now, rate_limit_wait(l));
    if (pause == HF_LINK_PAUSE_PAIRING && l->limits.pairing_poll > 0)
        l->deadline =
            hf_time_after(now, hf_span_max(l->limits.pairing_poll, HF_MS(PAIRING_POLL_MIN_MS)));
    todo->acts |= HF_LINK_TELL_PAUSED;
    todo->wait =
        hf_time_same(l->deadline, HF_NEVER) ? HF_SPAN_MAX : hf_time_since(l->deadline, now);
}

/* --- a refused connect --- */

/* Whether the detail code came three times in a row (7.3). */
static bool is_repeated(struct hf_link *l, struct hf_bytes detail)
{
    struct hf_bytes cut = hf_bytes_head(detail, HF_LINK_DETAIL_BYTES - 1);
    struct hf_bytes last = hf_bytes_cstr(l->device_auth_detail);
    if (!hf_bytes_same(cut, last)) {
        memcpy(l->device_auth_detail, cut.ptr, cut.len);
        l->device_auth_detail[cut.len] = '\0';
        l->device_auth_count = 0;
    }
    return ++l->device_auth_count >= REPEATS_MAX;
}

/* A retry that is expected to work (8.4). */
static bool retry_fast(struct hf_link *l)
{
    l->will_pass = true;
    hf_backoff_restart(&l->backoff, HF_MS(FAST_RETRY_MS));
    return true;
}

/* One more try with both tokens, once since the last hello (7.5). */
static bool may_add_stored(struct hf_link *l)
{
    if (!l->secrets.may_add_stored || l->has_retried_device_token) return false;
    l->has_retried_device_token = l->uses_device_token = true;
    return retry_fast(l);
}

/* One more try without the stored token, which is void: the same budget. */
static bool may_go_without(struct hf_link *l, bool was_used)
{
    if (!was_used || !l->secrets.may_go_without || l->has_retried_device_token) return false;
    l->has_retried_device_token = true;
    return retry_fast(l);
}

/* The other version, once since the last hello: either side may be the older one. */
static bool may_switch_version(struct hf_link *l)
{
    if (!l->limits.may_offer_older || l->has_switched_version) return false;
    l->has_switched_version = true;
    l->offers_older = !l->offers_older;
    return retry_fast(l);
}

static bool may_sign_older(struct hf_link *l)
{
    bool may_try = l->limits.may_sign_older && !l->has_signed_older && !l->signs_older;
    l->signs_older = may_try;
    if (!may_try) return false;
    l->has_signed_older = true;
    return retry_fast(l);
}

static bool may_drop_auth_fields(struct hf_link *l)
{
    if (l->drops_auth_fields) return false;
    l->drops_auth_fields = true;
    return retry_fast(l);
}

static enum hf_link_pause pause_unless(bool goes_on)
{
    return goes_on ? HF_LINK_NOT_PAUSED : HF_LINK_PAUSE_REFUSED;
}

static enum hf_link_pause pause_after(struct hf_link *l, enum hf_refusal_kind kind,
                                      struct hf_bytes detail, bool used_stored)
{
    switch (kind) {
    case HF_REFUSAL_STARTING:
    case HF_REFUSAL_RETRY:
    case HF_REFUSAL_WILL_PASS:
        return HF_LINK_NOT_PAUSED;
    case HF_REFUSAL_PAUSE:
        return HF_LINK_PAUSE_REFUSED;
    case HF_REFUSAL_RATE_LIMITED:
        return HF_LINK_PAUSE_RATE_LIMITED;
    case HF_REFUSAL_PAIRING:
        return HF_LINK_PAUSE_PAIRING;
    case HF_REFUSAL_WRONG_TOKEN:
        return pause_unless(may_add_stored(l));
    case HF_REFUSAL_WRONG_DEVICE_TOKEN:
        return pause_unless(may_go_without(l, used_stored));
    case HF_REFUSAL_VERSION:
        return pause_unless(may_switch_version(l));
    case HF_REFUSAL_SIGNATURE:
        return pause_unless(may_sign_older(l) || !is_repeated(l, detail));
    case HF_REFUSAL_DEVICE_AUTH:
        return pause_unless(!is_repeated(l, detail));
    case HF_REFUSAL_AUTH_FIELD:
        may_drop_auth_fields(l);
        return HF_LINK_NOT_PAUSED;
    }
    HF_UNREACHABLE();
}

void hf_link_refuse(struct hf_link *l, hf_time now, const struct hf_refusal *refusal,
                    struct hf_link_todo *todo)
{
    enum hf_refusal_kind kind = hf_refusal_judge(refusal);
    bool is_starting = kind == HF_REFUSAL_STARTING;
    bool used_stored = l->uses_device_token || l->secrets.sends_stored_alone;
    if (!is_starting) l->uses_device_token = false;
    if (is_starting)
        l->hint = hf_backoff_hint(refusal->has_retry_after, refusal->retry_after_ms);
    else if (refusal->has_retry_after && refusal->retry_after_ms > 0)
        l->hint = HF_MS((int64_t)(refusal->retry_after_ms < 1e9 ? refusal->retry_after_ms : 1e9));
    l->will_pass = is_starting || kind == HF_REFUSAL_WILL_PASS;
    l->was_starting = l->was_starting || l->will_pass;
    l->pause_after = pause_after(l, kind, refusal->detail, used_stored);
    if (kind == HF_REFUSAL_WRONG_DEVICE_TOKEN && used_stored)
        todo->acts |= HF_LINK_DROP_DEVICE_TOKEN;
    hf_link_close_for(l, now, is_starting ? HF_LINK_CAUSE_STARTING : HF_LINK_CAUSE_REFUSED, todo);
    if (!is_starting) todo->acts |= HF_LINK_TELL_ERROR;
}

/* --- the end of a socket --- */

/* The first clean close before a hello is not worth a word (7.2 item 2). */
static bool is_hushed(struct hf_link *l)
{
    if (!l->is_clean || l->is_hello || l->has_hushed_close) return false;
    l->has_hushed_close = true;
    l->will_pass = true;
    return true;
}

/* Facts of a started connection that the next wait depends on. */
static void note_close(struct hf_link *l, hf_time now)
{
    if (!l->is_hello) return;
    if (!hf_time_before(now, l->stable_at)) hf_backoff_reset(&l->backoff, &l->limits.backoff);
    l->stable_at = HF_NEVER;
}

void hf_link_ended(struct hf_link *l, hf_time now, struct hf_link_todo *todo)
{
    bool is_starting = l->cause == HF_LINK_CAUSE_STARTING;
    bool is_hushed_close = !l->will_stop && is_hushed(l);
    note_close(l, now);
    l->socket = 0;
    l->attempt_ended_at = now;
    todo->cause = l->cause;
    todo->close.code = l->closed.code;
    if (!l->is_flushed) todo->acts |= HF_LINK_DO_FLUSH;
    l->is_flushed = true;
    if (l->is_upgraded && !is_starting && !is_hushed_close) todo->acts |= HF_LINK_TELL_CLOSED;
    bool is_news = l->cause == HF_LINK_CAUSE_PEER_CLOSE || l->cause == HF_LINK_CAUSE_LOST ||
                   (l->cause == HF_LINK_CAUSE_UPGRADE && !(todo->acts & HF_LINK_TELL_ERROR));
    if (is_news && !l->is_hello && !is_hushed_close) todo->acts |= HF_LINK_TELL_ERROR;
    if (l->will_stop) {
        l->state = HF_LINK_IDLE;
        l->deadline = HF_NEVER;
    } else if (l->pause_after != HF_LINK_NOT_PAUSED) {
        hf_link_enter_pause(l, now, l->pause_after, todo);
    } else if (is_starting) {
        wait_for_start(l, now, todo);
    } else {
        retry(l, now, todo);
    }
}
