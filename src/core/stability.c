#include "core/stability.h"

#include "base/assert.h"
#include "base/limits.h"

static const struct hf_bytes type_names[HF_STABILITY_TYPE_COUNT] = {
#define HF_STABILITY_NAME(name, text) HF_LIT_INIT(text),
    HF_STABILITY_TYPES(HF_STABILITY_NAME)
#undef HF_STABILITY_NAME
};

int hf_stability_init(struct hf_stability *s)
{
    *s = (struct hf_stability){ .last_seq = 0 };
    return hf_ring_init(&s->ring, sizeof(struct hf_stability_record), HF_LIMIT_STABILITY_RECORDS);
}

void hf_stability_fini(struct hf_stability *s)
{
    hf_ring_fini(&s->ring);
}

uint64_t hf_stability_push(struct hf_stability *s, int64_t wall_ms,
                           const struct hf_stability_record *record)
{
    bool was_full;
    struct hf_stability_record *place = hf_ring_push_over(&s->ring, &was_full);
    if (was_full) s->dropped++;
    *place = *record;
    place->seq = ++s->last_seq;
    place->ts_ms = wall_ms;
    return place->seq;
}

/* The sequence numbers in the ring have no holes: from this one to last_seq. */
static uint64_t oldest_seq(const struct hf_stability *s)
{
    return s->last_seq - s->ring.len + 1;
}

static const struct hf_stability_record *record_at(const struct hf_stability *s, uint64_t seq)
{
    return hf_ring_at(&s->ring, (size_t)(seq - oldest_seq(s)));
}

static bool matches(const struct hf_stability_record *record,
                    const struct hf_stability_query *query)
{
    return record->seq > query->since_seq && (!query->has_type || record->type == query->type);
}

struct hf_stability_answer hf_stability_find(const struct hf_stability *s,
                                             const struct hf_stability_query *query)
{
    HF_ASSERT(query->limit > 0);
    struct hf_stability_answer answer = { .dropped = s->dropped, .cursor = s->last_seq };
    for (uint64_t seq = s->last_seq; seq >= oldest_seq(s) && s->ring.len > 0; seq--) {
        const struct hf_stability_record *record = record_at(s, seq);
        if (!matches(record, query)) continue;
        if (answer.count++ == 0) answer.last_seq = seq;
        answer.first_seq = seq;
        answer.by_type[record->type]++;
        if (answer.shown == query->limit) continue;
        answer.shown++;
        answer.cursor = seq - 1;
    }
    return answer;
}

const struct hf_stability_record *hf_stability_next(const struct hf_stability *s,
                                                    const struct hf_stability_query *query,
                                                    uint64_t *cursor)
{
    if (*cursor + 1 < oldest_seq(s)) *cursor = oldest_seq(s) - 1;
    while (*cursor < s->last_seq) {
        const struct hf_stability_record *record = record_at(s, ++*cursor);
        if (matches(record, query)) return record;
    }
    return NULL;
}

struct hf_bytes hf_stability_type_name(enum hf_stability_type type)
{
    return type_names[type];
}

bool hf_stability_type_find(struct hf_bytes name, enum hf_stability_type *out)
{
    for (size_t i = 0; i < HF_COUNT(type_names); i++) {
        if (!hf_bytes_same(name, type_names[i])) continue;
        *out = (enum hf_stability_type)i;
        return true;
    }
    return false;
}
