#include "core/rewrite.h"
#include "base/assert.h"
#include "base/crypto.h"
#include "base/err.h"

#include <string.h>

const char *hf_rewrite_end_name(enum hf_rewrite_end end)
{
    static const char *const names[] = {
        "read",    "committed",   "unchanged", "conflict",
        "refused", "unsupported", "failed",    "cancelled",
    };
    HF_ASSERT(end < HF_COUNT(names));
    return names[end];
}

/* --- one order --- */

static const char unknown[] = "its answer was lost, and nobody can tell whether it was written";

enum {
    WAITS = 1 << HF_REWRITE_WAITS,
    READS = 1 << HF_REWRITE_READS,
    WRITES = 1 << HF_REWRITE_WRITES,
    LOST = 1 << HF_REWRITE_IS_LOST,
    CHECKS = 1 << HF_REWRITE_CHECKS,
    UNSENT = WAITS | READS,
    SENT = WRITES | LOST | CHECKS, /* it may be written, whatever is heard */
};

enum when { ALWAYS, IF_GET, IF_FIRST };

#define GOES(in, input, when, next, act)                                                           \
    {                                                                                              \
        in, HF_REWRITE_##input, when, HF_REWRITE_##next, HF_REWRITE_##act, 0, NULL                 \
    }
#define ENDS(in, input, when, end, why)                                                            \
    {                                                                                              \
        in, HF_REWRITE_##input, when, 0, HF_REWRITE_END, HF_REWRITE_END_##end, why                 \
    }

/* The first row that fits; what fits none changes nothing. */
static const struct row {
    unsigned in; /* states */
    enum hf_rewrite_input input;
    enum when when;
    enum hf_rewrite_state next;
    enum hf_rewrite_act act;
    enum hf_rewrite_end end;
    const char *why;
} rows[] = {
    GOES(WAITS, CONNECTED, ALWAYS, READS, CALL_GET),
    GOES(READS, DISCONNECTED, ALWAYS, WAITS, NONE),
    ENDS(READS, GOT, IF_GET, READ, NULL),
    GOES(READS, GOT, ALWAYS, WRITES, CALL_SET),
    ENDS(READS, IS_SAME, ALWAYS, UNCHANGED, "it was so before"),
    ENDS(READS, UNFIT, ALWAYS, REFUSED, NULL),
    ENDS(READS, UNANSWERED, ALWAYS, FAILED, "the gateway did not answer"),
    ENDS(UNSENT, UNSUPPORTED, ALWAYS, UNSUPPORTED, "the gateway offers no such method"),
    ENDS(UNSENT, GONE, ALWAYS, REFUSED, "the gateway is not running"),
    ENDS(UNSENT, STOPPED, ALWAYS, CANCELLED, "stop"),
    ENDS(UNSENT, TIME, ALWAYS, FAILED, "not done in time"),
    ENDS(WRITES, DONE, ALWAYS, COMMITTED, NULL),
    GOES(WRITES, CONFLICT, IF_FIRST, READS, CALL_GET),
    ENDS(WRITES, CONFLICT, ALWAYS, CONFLICT, "somebody else changes it at the same time"),
    ENDS(READS | WRITES, REFUSED, ALWAYS, REFUSED, NULL),
    ENDS(READS | WRITES, CANNOT, ALWAYS, FAILED, NULL),
    GOES(WRITES, UNANSWERED, ALWAYS, CHECKS, CALL_GET),
    GOES(WRITES | CHECKS, DISCONNECTED, ALWAYS, IS_LOST, NONE),
    GOES(LOST, CONNECTED, ALWAYS, CHECKS, CALL_GET),
    ENDS(CHECKS, HOLDS, ALWAYS, COMMITTED, "its answer was lost, and the file is what was sent"),
    ENDS(CHECKS, DIFFERS, ALWAYS, FAILED, "its answer was lost, and the file is not what was sent"),
    ENDS(CHECKS, UNSURE, ALWAYS, FAILED,
         "its answer was lost, and the gateway hides what stands there now: set it again"),
    ENDS(CHECKS, REFUSED, ALWAYS, FAILED, unknown),
    ENDS(CHECKS, CANNOT, ALWAYS, FAILED, unknown),
    ENDS(CHECKS, UNANSWERED, ALWAYS, FAILED, unknown),
    ENDS(SENT, STOPPED, ALWAYS, CANCELLED, "stop; it may have been written"),
    ENDS(SENT, UNSUPPORTED, ALWAYS, FAILED, unknown),
    ENDS(SENT, GONE, ALWAYS, FAILED, unknown),
    ENDS(SENT, TIME, ALWAYS, FAILED, unknown),
};

static bool fits(const struct hf_rewrite *r, enum hf_rewrite_input input, const struct row *row)
{
    if (!(row->in & 1U << r->state) || row->input != input) return false;
    if (row->when == IF_GET) return r->kind == HF_REWRITE_GET;
    return row->when == ALWAYS || !r->is_second;
}

struct hf_rewrite_verdict hf_rewrite_step(struct hf_rewrite *r, enum hf_rewrite_input input)
{
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        if (!fits(r, input, &rows[i])) continue;
        if (rows[i].act != HF_REWRITE_END) r->state = rows[i].next;
        r->is_second |= input == HF_REWRITE_CONFLICT;
        return (struct hf_rewrite_verdict){ rows[i].act, rows[i].end, rows[i].why };
    }
    return (struct hf_rewrite_verdict){ .act = HF_REWRITE_NONE };
}

/* --- the list --- */

static void fini(struct hf_rewrite *r)
{
    if (r->value.ptr) hf_wipe(r->value.ptr, r->value.cap);
    hf_buf_fini(&r->path);
    hf_buf_fini(&r->value);
}

void hf_rewrites_fini(struct hf_rewrites *all)
{
    while (all->count > 0) hf_rewrites_drop(all, all->count - 1);
}

int hf_rewrites_add(struct hf_rewrites *all, hf_time now, uint64_t tag, enum hf_rewrite_kind kind,
                    struct hf_bytes path, struct hf_bytes value)
{
    if (all->count == HF_LIMIT_KEEPER_REWRITES) return HF_ERR_LIMIT;
    if (path.len > HF_LIMIT_CONTROL_LINE_BYTES || value.len > HF_LIMIT_CONTROL_LINE_BYTES)
        return HF_ERR_TOO_LARGE;
    struct hf_rewrite *r = &all->list[all->count];
    *r = (struct hf_rewrite){ .tag = tag,
                              .kind = kind,
                              .deadline = hf_time_after(now, HF_MS(HF_REWRITE_WITHIN_MS)) };
    hf_buf_init(&r->path, path.len);
    hf_buf_init(&r->value, value.len);
    hf_buf_add(&r->path, path);
    hf_buf_add(&r->value, value);
    if (hf_buf_done(&r->path) != 0 || hf_buf_done(&r->value) != 0) {
        fini(r);
        return HF_ERR_NOMEM;
    }
    all->count++;
    return 0;
}

void hf_rewrites_drop(struct hf_rewrites *all, size_t i)
{
    HF_ASSERT(i < all->count);
    fini(&all->list[i]);
    all->count--;
    memmove(&all->list[i], &all->list[i + 1], (all->count - i) * sizeof all->list[0]);
    all->list[all->count] = (struct hf_rewrite){ 0 };
}

size_t hf_rewrites_late(const struct hf_rewrites *all, hf_time now)
{
    size_t i = 0;
    while (i < all->count && hf_time_before(now, all->list[i].deadline)) i++;
    return i;
}

hf_time hf_rewrites_due(const struct hf_rewrites *all)
{
    hf_time due = HF_NEVER;
    for (size_t i = 0; i < all->count; i++) due = hf_time_min(due, all->list[i].deadline);
    return due;
}
