/* The subscriptions of a client: asked for again after each hello and each gap, in
 * the order of their registration (spec/client-lifecycle.md 9.1). */
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/client_state.h"

enum { FIRST_CAP = 4 };

/* --- the list --- */

static size_t find(const struct hf_client *c, uint64_t tag)
{
    size_t at = 0;
    while (at < c->kept_len && c->kept[at].tag != tag) at++;
    return at;
}

static int grow(struct hf_client *c)
{
    if (c->kept_len < c->kept_cap) return 0;
    size_t cap = c->kept_cap ? 2 * c->kept_cap : FIRST_CAP;
    struct hf_client_kept *kept = hf_mem_grow(c->kept, cap * sizeof *kept);
    if (!kept) return HF_ERR_NOMEM;
    c->kept = kept;
    c->kept_cap = cap;
    return 0;
}

void hf_client_restore_fini(struct hf_client *c)
{
    for (size_t i = 0; i < c->kept_len; i++) hf_mem_free(c->kept[i].text);
    hf_mem_free(c->kept);
    c->kept = NULL;
    c->kept_len = c->kept_cap = 0;
}

/* --- rounds --- */

static void end_round(struct hf_client *c)
{
    c->is_restoring = false;
    hf_client_tell(
        c, &(struct hf_client_news){ .kind = HF_CLIENT_IS_RESTORED,
                                     .u.restored = { .count = (uint32_t)c->kept_len,
                                                     .failed_count = (uint32_t)c->restore_failed,
                                                     .is_after_gap = c->is_restore_after_gap } });
}

static int ask(struct hf_client *c, struct hf_client_kept *kept)
{
    struct hf_rpc_call call = { .kind = HF_RPC_SUBSCRIPTION,
                                .tag = kept->tag,
                                .asked_at = c->now.mono,
                                .deadline = hf_time_after(c->now.mono, c->config.call_within) };
    kept->is_asked = true;
    int err = hf_client_request(c, &call, hf_bytes(kept->text, kept->method_len),
                                hf_bytes(kept->text + kept->method_len, kept->params_len));
    if (err)
        c->restore_failed++;
    else
        c->restore_waits++;
    return err;
}

/* A few at once; the end is told when the last one is answered. */
static void go_on(struct hf_client *c)
{
    for (size_t i = 0; i < c->kept_len && c->restore_waits < HF_LIMIT_CLIENT_RESTORES; i++) {
        if (c->kept[i].is_asked) continue;
        /* What cannot be sent is counted; a lost connection ends the round. */
        ask(c, &c->kept[i]);
        if (!c->is_restoring) return;
    }
    if (c->restore_waits == 0) end_round(c);
}

/* A gap in the middle of a round needs no other one: its end is told behind the gap. */
void hf_client_restore_begin(struct hf_client *c, bool is_after_gap)
{
    c->is_restore_after_gap |= c->is_restoring && is_after_gap;
    if (c->is_restoring) return;
    c->is_restoring = true;
    c->is_restore_after_gap = is_after_gap;
    c->restore_waits = c->restore_failed = 0;
    for (size_t i = 0; i < c->kept_len; i++) c->kept[i].is_asked = false;
    go_on(c);
}

void hf_client_restore_answered(struct hf_client *c, const struct hf_client_news *news)
{
    struct hf_client_news told = *news;
    told.kind = HF_CLIENT_IS_SUBSCRIBED;
    if (find(c, told.u.result.tag) < c->kept_len) hf_client_tell(c, &told);
    if (!c->is_restoring) return;
    if (told.u.result.outcome != HF_CLIENT_OK) c->restore_failed++;
    c->restore_waits--;
    go_on(c);
}

void hf_client_restore_stop(struct hf_client *c)
{
    c->is_restoring = false;
    c->restore_waits = 0;
}

/* --- what the owner wants --- */

int hf_client_subscribe(struct hf_client *c, struct hf_now now,
                        const struct hf_client_subscription *subscription)
{
    struct hf_bytes method = subscription->method, params = subscription->params;
    c->now = now;
    if (c->link.state == HF_LINK_DISPOSED) return HF_ERR_CLOSED;
    if (method.len == 0) return HF_ERR_USAGE;
    if (find(c, subscription->tag) < c->kept_len) return HF_ERR_EXISTS;
    if (c->kept_len == HF_LIMIT_SUBSCRIPTIONS || c->news_len >= HF_CLIENT_NEWS / 2)
        return HF_ERR_LIMIT;
    if (method.len + params.len > HF_LIMIT_PREAUTH_FRAME_BYTES) return HF_ERR_TOO_LARGE;
    if (grow(c) != 0) return HF_ERR_NOMEM;
    char *text = hf_mem_zero(1, method.len + params.len);
    if (!text) return HF_ERR_NOMEM;
    memcpy(text, method.ptr, method.len);
    if (params.len) memcpy(text + method.len, params.ptr, params.len);
    c->kept[c->kept_len++] = (struct hf_client_kept){
        .tag = subscription->tag, .method_len = method.len, .params_len = params.len, .text = text
    };
    if (c->link.state != HF_LINK_READY) return 0;
    if (!c->is_restoring) {
        for (size_t i = 0; i + 1 < c->kept_len; i++) c->kept[i].is_asked = true;
        c->is_restoring = true;
        c->is_restore_after_gap = false;
        c->restore_waits = c->restore_failed = 0;
    }
    go_on(c);
    return 0;
}

int hf_client_unsubscribe(struct hf_client *c, uint64_t tag)
{
    size_t at = find(c, tag);
    if (at == c->kept_len) return HF_ERR_NOT_FOUND;
    hf_mem_free(c->kept[at].text);
    c->kept_len--;
    memmove(c->kept + at, c->kept + at + 1, (c->kept_len - at) * sizeof *c->kept);
    return 0;
}

int hf_client_restore(struct hf_client *c, struct hf_now now)
{
    c->now = now;
    if (c->link.state != HF_LINK_READY) return HF_ERR_STATE;
    hf_client_restore_begin(c, false);
    return 0;
}
