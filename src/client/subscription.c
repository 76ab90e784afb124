/* Subscriptions that are kept across connections.  The engine sends them again; here is
 * who wants the answers, and how they are undone. */
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "client/state.h"
#include "wire/json_scan.h"

static void drop(struct hf_subscription *s)
{
    hf_text_drop(s->undo);
    hf_text_drop(s->params);
}

void hf_subscriptions_fini(struct holdfast_client *c)
{
    for (size_t i = 0; i < c->subscription_count; i++) drop(&c->subscriptions[i]);
    hf_mem_free(c->subscriptions);
}

static int keep(struct holdfast_client *c, const struct hf_subscription *subscription)
{
    size_t count = c->subscription_count;
    struct hf_subscription *grown =
        hf_mem_grow(c->subscriptions, (count + 1) * sizeof *c->subscriptions);
    if (!grown) return HF_ERR_NOMEM;
    c->subscriptions = grown;
    grown[c->subscription_count++] = *subscription;
    return 0;
}

static int subscribe(struct holdfast_client *c, struct hf_bytes method,
                     struct hf_subscription *subscription)
{
    if (atomic_load(&c->life) != HF_LIVE) return HF_ERR_CLOSED;
    subscription->id = ++c->loop->last_id;
    int err = keep(c, subscription);
    if (err) return err;
    struct hf_client_subscription wanted = { .method = method,
                                             .params = hf_bytes_cstr(subscription->params),
                                             .tag = subscription->id };
    err = hf_client_subscribe(c->engine, hf_client_loop_now(c->loop->host), &wanted);
    if (err) c->subscription_count--;
    hf_client_seat_touch(c->seat);
    return err;
}

int holdfast_client_subscribe(holdfast_client *c, const char *method, const char *params,
                              const char *undo, holdfast_result_fn fn, void *ctx, uint64_t *id)
{
    struct hf_subscription s = { .fn = fn, .ctx = ctx };
    if (!hf_is_name(method) || (undo && !hf_is_name(undo))) return HF_ERR_USAGE;
    if (params && hf_json_check(hf_bytes_cstr(params), HF_LIMIT_JSON_DEPTH, NULL) != 0)
        return HF_ERR_SYNTAX;
    if (params && !(s.params = hf_text_copy(hf_bytes_cstr(params)))) return HF_ERR_NOMEM;
    int err = undo && !(s.undo = hf_text_copy(hf_bytes_cstr(undo))) ? HF_ERR_NOMEM : 0;
    hf_enter(c->loop);
    if (!err) err = subscribe(c, hf_bytes_cstr(method), &s);
    hf_leave(c->loop);
    if (err)
        drop(&s);
    else if (id)
        *id = s.id;
    return err;
}

static struct hf_subscription *find(struct holdfast_client *c, uint64_t id)
{
    for (size_t i = 0; i < c->subscription_count; i++)
        if (c->subscriptions[i].id == id) return &c->subscriptions[i];
    return NULL;
}

/* Tells the server, when it is there; nobody waits for the answer. */
static void undo(struct holdfast_client *c, const struct hf_subscription *s)
{
    struct hf_client_call call = { .method = hf_bytes_cstr(s->undo),
                                   .params = hf_bytes_cstr(s->params) };
    struct hf_call nobody = { 0 };
    if (s->undo && hf_client_link(c->engine)->state == HF_LINK_READY)
        hf_call(c, &call, &nobody, NULL);
}

int holdfast_client_unsubscribe(holdfast_client *c, uint64_t id)
{
    struct hf_subscription gone = { 0 };
    hf_enter(c->loop);
    struct hf_subscription *s = find(c, id);
    bool is_live = atomic_load(&c->life) == HF_LIVE;
    if (s) {
        size_t at = (size_t)(s - c->subscriptions);
        gone = *s;
        c->subscription_count--;
        memmove(s, s + 1, (c->subscription_count - at) * sizeof *s);
    }
    if (s && is_live) hf_client_unsubscribe(c->engine, id);
    if (s && is_live) undo(c, &gone);
    hf_leave(c->loop);
    drop(&gone);
    return s ? 0 : HF_ERR_NOT_FOUND;
}

void hf_subscribed(struct holdfast_client *c, uint64_t id, const struct holdfast_result *result)
{
    holdfast_result_fn fn = NULL;
    void *ctx = NULL;
    hf_enter(c->loop);
    const struct hf_subscription *s = find(c, id);
    if (s && atomic_load(&c->life) == HF_LIVE) {
        fn = s->fn;
        ctx = s->ctx;
    }
    hf_leave(c->loop);
    if (fn) fn(c, result, ctx);
}
