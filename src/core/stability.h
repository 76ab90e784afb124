/* core/stability.h: what happened to this gateway lately?
 *
 * The ring behind `diagnostics.stability` (spec/pressure-backoff.md section 6):
 * the newest HF_LIMIT_STABILITY_RECORDS records, each with a type, a sequence
 * number, a wall time and a few numbers, never content.  What falls out is
 * counted.  One block of memory, reserved at init. */
#ifndef HF_CORE_STABILITY_H
#define HF_CORE_STABILITY_H

#include "base/bytes.h"
#include "base/ring.h"

#define HF_STABILITY_TYPES(X)                                                                      \
    X(HEARTBEAT, "diagnostic.heartbeat")                                                           \
    X(LIVENESS_WARNING, "diagnostic.liveness.warning")                                             \
    X(PAYLOAD_LARGE, "payload.large")

enum hf_stability_type {
#define HF_STABILITY_ENUM(name, text) HF_STABILITY_##name,
    HF_STABILITY_TYPES(HF_STABILITY_ENUM)
#undef HF_STABILITY_ENUM
        HF_STABILITY_TYPE_COUNT,
};

struct hf_stability_record {
    enum hf_stability_type type;
    uint64_t seq;  /* from 1, no holes */
    int64_t ts_ms; /* wall clock */
    union {
        struct {
            uint32_t active, waiting, queued, webhooks;
        } heartbeat;
        struct {
            bool is_warning;  /* level warn; else debug */
            uint32_t reasons; /* bits of enum hf_pulse_reason */
            int64_t interval_ms, delay_p99_ms10, delay_max_ms10;
            int64_t utilization_1000, cpu_core_ratio_1000;
            uint32_t active, waiting, queued;
        } warning;
        struct {
            const char *surface, *reason; /* static */
            int64_t bytes, limit_bytes;
        } large;
    } u;
};

struct hf_stability { /* fields are private */
    struct hf_ring ring;
    uint64_t last_seq;
    uint64_t dropped;
};

int hf_stability_init(struct hf_stability *s); /* 0 or HF_ERR_NOMEM */
void hf_stability_fini(struct hf_stability *s);

/* Adds a copy of the record; its seq and ts are filled here.  Returns the seq. */
uint64_t hf_stability_push(struct hf_stability *s, int64_t wall_ms,
                           const struct hf_stability_record *record);

struct hf_stability_query {
    bool has_type;
    enum hf_stability_type type;
    uint64_t since_seq; /* only records after it; 0: all */
    size_t limit;       /* the newest so many, 1 to 1000 */
};

/* What a query finds.  `count`, the sequence numbers and by_type are over all
 * matches; the newest `shown` of them are walked with hf_stability_next. */
struct hf_stability_answer {
    size_t count, shown;
    uint64_t dropped;             /* fallen out of the ring since the start */
    uint64_t first_seq, last_seq; /* of the matches; 0 without any */
    size_t by_type[HF_STABILITY_TYPE_COUNT];
    uint64_t cursor; /* where the walk begins */
};

struct hf_stability_answer hf_stability_find(const struct hf_stability *s,
                                             const struct hf_stability_query *query);

/* The next match behind the cursor, which moves on; NULL at the end.  Oldest
 * first.  Borrowed until the next push. */
const struct hf_stability_record *hf_stability_next(const struct hf_stability *s,
                                                    const struct hf_stability_query *query,
                                                    uint64_t *cursor);

/* "diagnostic.heartbeat" and so on.  Static. */
struct hf_bytes hf_stability_type_name(enum hf_stability_type type);
bool hf_stability_type_find(struct hf_bytes name, enum hf_stability_type *out);

#endif
