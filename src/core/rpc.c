#include "core/rpc.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"

#include <string.h>

enum { FIRST_CAP = 8 };

void hf_rpc_init(struct hf_rpc *r)
{
    *r = (struct hf_rpc){ .due = HF_NEVER };
}

void hf_rpc_fini(struct hf_rpc *r)
{
    hf_mem_free(r->calls);
    hf_rpc_init(r);
}

static bool is_unbounded(const struct hf_rpc_call *call)
{
    return call->kind != HF_RPC_BEAT && hf_time_same(call->deadline, HF_NEVER);
}

/* What was popped in front of the rest makes room again. */
static void close_gap(struct hf_rpc *r)
{
    if (r->popped > 0) memmove(r->calls, r->calls + r->popped, r->len * sizeof *r->calls);
    r->popped = 0;
}

int hf_rpc_add(struct hf_rpc *r, struct hf_rpc_call *call)
{
    if (r->len == HF_LIMIT_CLIENT_CALLS) return HF_ERR_LIMIT;
    close_gap(r);
    if (r->len == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : FIRST_CAP;
        struct hf_rpc_call *calls = hf_mem_grow(r->calls, cap * sizeof *calls);
        if (!calls) return HF_ERR_NOMEM;
        r->calls = calls;
        r->cap = cap;
    }
    call->number = ++r->last_number;
    r->calls[r->len++] = *call;
    r->unbounded += is_unbounded(call);
    r->beats += call->kind == HF_RPC_BEAT;
    r->due = hf_time_min(r->due, call->deadline);
    return 0;
}

static struct hf_rpc_call *call_at(const struct hf_rpc *r, size_t i)
{
    return &r->calls[r->popped + i];
}

/* The index of a number, or len. */
static size_t find(const struct hf_rpc *r, uint64_t number)
{
    size_t low = 0, high = r->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (call_at(r, middle)->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->len && call_at(r, low)->number == number ? low : r->len;
}

static void find_due(struct hf_rpc *r)
{
    r->due = HF_NEVER;
    for (size_t i = 0; i < r->len; i++) r->due = hf_time_min(r->due, call_at(r, i)->deadline);
}

static void take(struct hf_rpc *r, size_t at, struct hf_rpc_call *call)
{
    close_gap(r);
    *call = r->calls[at];
    r->len--;
    memmove(r->calls + at, r->calls + at + 1, (r->len - at) * sizeof *r->calls);
    r->unbounded -= is_unbounded(call);
    r->beats -= call->kind == HF_RPC_BEAT;
    if (hf_time_same(call->deadline, r->due)) find_due(r);
}

bool hf_rpc_has(const struct hf_rpc *r, uint64_t number)
{
    return find(r, number) < r->len;
}

void hf_rpc_take(struct hf_rpc *r, uint64_t number, struct hf_rpc_call *call)
{
    size_t at = find(r, number);
    HF_ASSERT(at < r->len);
    take(r, at, call);
}

void hf_rpc_ends_at(struct hf_rpc *r, uint64_t number, uint64_t end_at)
{
    size_t at = find(r, number);
    HF_ASSERT(at < r->len);
    call_at(r, at)->end_at = end_at;
}

enum hf_rpc_answer hf_rpc_answer(struct hf_rpc *r, uint64_t number, bool says_accepted,
                                 struct hf_rpc_call *call)
{
    size_t at = find(r, number);
    if (at == r->len) {
        r->late_count++;
        return HF_RPC_UNKNOWN;
    }
    struct hf_rpc_call *found = call_at(r, at);
    if (!found->expects_final || !says_accepted) {
        take(r, at, call);
        return HF_RPC_SETTLED;
    }
    bool is_first = !found->was_accepted;
    found->was_accepted = true;
    *call = *found;
    return is_first ? HF_RPC_ACCEPTED : HF_RPC_SWALLOWED;
}

bool hf_rpc_cancel(struct hf_rpc *r, enum hf_rpc_kind kind, uint64_t tag, struct hf_rpc_call *call)
{
    for (size_t i = 0; i < r->len; i++) {
        if (call_at(r, i)->tag != tag || call_at(r, i)->kind != kind) continue;
        take(r, i, call);
        return true;
    }
    return false;
}

bool hf_rpc_expire(struct hf_rpc *r, hf_time now, struct hf_rpc_call *call)
{
    if (hf_time_before(now, r->due)) return false;
    for (size_t i = 0; i < r->len; i++) {
        if (hf_time_before(now, call_at(r, i)->deadline)) continue;
        take(r, i, call);
        return true;
    }
    find_due(r); /* it was that of a call which was popped */
    return false;
}

hf_time hf_rpc_due(const struct hf_rpc *r)
{
    return r->due;
}

bool hf_rpc_pop(struct hf_rpc *r, struct hf_rpc_call *call)
{
    if (r->len == 0) return false;
    *call = r->calls[r->popped++];
    r->len--;
    r->unbounded -= is_unbounded(call);
    r->beats -= call->kind == HF_RPC_BEAT;
    if (r->len > 0) return true;
    r->popped = 0;
    r->due = HF_NEVER;
    return true;
}

size_t hf_rpc_count(const struct hf_rpc *r, enum hf_rpc_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < r->len; i++) count += call_at(r, i)->kind == kind;
    return count;
}

void hf_rpc_restart(struct hf_rpc *r)
{
    HF_ASSERT(r->len == 0);
    r->last_number = 0;
}

bool hf_rpc_is_bounded(const struct hf_rpc *r)
{
    return r->len > r->beats && r->unbounded == 0;
}
