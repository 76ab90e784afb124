#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "client/state.h"
#include "wire/json_scan.h"

/* --- the list of a client's calls --- */

static void add_call(struct holdfast_client *c, struct hf_call *call)
{
    call->before = c->calls_last;
    call->next = NULL;
    if (c->calls_last)
        c->calls_last->next = call;
    else
        c->calls = call;
    c->calls_last = call;
}

bool hf_call_take(struct holdfast_loop *l, hf_id id, struct hf_call *out)
{
    struct hf_call *call = hf_pool_find(&l->calls, id);
    if (!call) return false;
    struct holdfast_client *c = call->client;
    if (call->before)
        call->before->next = call->next;
    else
        c->calls = call->next;
    if (call->next)
        call->next->before = call->before;
    else
        c->calls_last = call->before;
    *out = *call;
    hf_pool_drop(&l->calls, id);
    return true;
}

int hf_call(struct holdfast_client *c, const struct hf_client_call *call,
            const struct hf_call *record, uint64_t *id)
{
    void *item;
    hf_id tag;
    struct holdfast_loop *l = c->loop;
    if (atomic_load(&c->life) != HF_LIVE) return HF_ERR_CLOSED;
    int err = hf_pool_new(&l->calls, &tag, &item);
    if (err) return err;
    struct hf_call *kept = item;
    struct hf_client_call tagged = *call;
    *kept = *record;
    kept->id = tag;
    kept->client = c;
    tagged.tag = tag;
    add_call(c, kept);
    err = hf_client_call(c->engine, hf_client_loop_now(l->host), &tagged);
    if (err) {
        struct hf_call dropped;
        hf_call_take(l, tag, &dropped);
    } else if (id) {
        *id = tag;
    }
    hf_client_seat_touch(c->seat);
    return err;
}

/* --- the public face --- */

void holdfast_call_options_init(struct holdfast_call_options *options)
{
    *options = (struct holdfast_call_options){ 0 };
}

static hf_span within_of(int64_t timeout_ms)
{
    if (timeout_ms >= INT64_MAX / HF_MS(1)) return HF_SPAN_MAX;
    return HF_MS(timeout_ms);
}

int holdfast_client_call(holdfast_client *c, const char *method, const char *params,
                         const struct holdfast_call_options *options, holdfast_result_fn fn,
                         void *ctx, uint64_t *id)
{
    struct holdfast_call_options defaults;
    holdfast_call_options_init(&defaults);
    if (!options) options = &defaults;
    if (!hf_is_name(method) || options->timeout_ms < 0) return HF_ERR_USAGE;
    struct hf_client_call call = { .method = hf_bytes_cstr(method),
                                   .params = hf_bytes_cstr(params),
                                   .within = within_of(options->timeout_ms),
                                   .expects_final = (options->flags & HOLDFAST_EXPECT_FINAL) != 0 };
    struct hf_call record = { .fn = fn, .on_accepted = options->on_accepted, .ctx = ctx };
    if (params && hf_json_check(call.params, HF_LIMIT_JSON_DEPTH, NULL) != 0) return HF_ERR_SYNTAX;
    hf_enter(c->loop);
    int err = hf_call(c, &call, &record, id);
    hf_leave(c->loop);
    return err;
}

int holdfast_client_cancel(holdfast_client *c, uint64_t id)
{
    hf_enter(c->loop);
    const struct hf_call *call = hf_pool_find(&c->loop->calls, id);
    int err = HF_ERR_NOT_FOUND;
    if (call && call->client == c && c->seat) {
        err = hf_client_cancel(c->engine, id);
        hf_client_seat_touch(c->seat);
    }
    hf_leave(c->loop);
    return err;
}

/* --- a call that is waited for --- */

struct wait {
    struct holdfast_loop *loop;
    bool is_done;
    int err;
    struct holdfast_result *result;
};

static void on_result(holdfast_client *c, const holdfast_result *result, void *ctx)
{
    struct wait *wait = ctx;
    struct holdfast_result *copy = NULL;
    int err = holdfast_result_copy(&copy, result);
    (void)c;
    hf_enter(wait->loop);
    wait->result = copy;
    wait->err = err;
    wait->is_done = true;
    hf_leave(wait->loop);
}

static bool is_done(const void *ctx)
{
    const struct wait *wait = ctx;
    return wait->is_done;
}

int holdfast_client_call_wait(holdfast_client *c, const char *method, const char *params,
                              const struct holdfast_call_options *options, holdfast_result **result)
{
    struct wait wait = { .loop = c->loop };
    hf_enter(c->loop);
    bool in_callback = hf_in_callback(c->loop);
    hf_leave(c->loop);
    if (in_callback) return HF_ERR_DEADLOCK;
    int err = holdfast_client_call(c, method, params, options, on_result, &wait, NULL);
    if (!err) err = hf_wait_until(c->loop, is_done, &wait, HOLDFAST_NO_TIMEOUT);
    if (!err) err = wait.err;
    if (!err) *result = wait.result;
    return err;
}
