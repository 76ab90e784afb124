#include "core/effort.h"

#include <string.h>

void hf_effort_init(struct hf_effort *e)
{
    e->looked_at = HF_NEVER;
    e->total = 0;
    e->count = 0;
}

static const struct hf_effort_process *find(const struct hf_effort *e,
                                            const struct hf_effort_process *one)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->seen[i].pid == one->pid && e->seen[i].started == one->started) return &e->seen[i];
    return NULL;
}

/* Since the last look, of which `elapsed` has gone by. */
static hf_span progress(const struct hf_effort *e, const struct hf_effort_process *one,
                        hf_span elapsed)
{
    const struct hf_effort_process *before = find(e, one);
    hf_span more = before ? one->used - before->used : one->used;
    if (!before && more > elapsed) more = elapsed;
    return more > 0 ? more : 0;
}

hf_span hf_effort_look(struct hf_effort *e, hf_time now, const struct hf_effort_process *list,
                       size_t count)
{
    bool is_first = hf_time_same(e->looked_at, HF_NEVER);
    hf_span elapsed = is_first ? 0 : hf_time_since(now, e->looked_at);
    if (count > HF_LIMIT_TREE_SCAN) count = HF_LIMIT_TREE_SCAN;
    for (size_t i = 0; i < count; i++) {
        hf_span more = progress(e, &list[i], elapsed);
        e->total = more > INT64_MAX - e->total ? INT64_MAX : e->total + more;
    }
    if (count > 0) memcpy(e->seen, list, count * sizeof *list);
    e->count = count;
    e->looked_at = now;
    return e->total;
}
