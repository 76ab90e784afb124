/* core/output/trace.h: what took so long at the start?
 *
 * Collects the lines `startup trace: NAME 12.3ms total=45ms` of one start
 * (spec/supervisor.md section 14).  Lines without a duration tell nothing. */
#ifndef HF_CORE_OUTPUT_TRACE_H
#define HF_CORE_OUTPUT_TRACE_H

#include "base/bytes.h"
#include "base/time.h"

enum { HF_TRACE_NAME_BYTES = 64 };

struct hf_trace_stage {
    struct hf_bytes name; /* borrowed from the line */
    hf_span took;
    bool has_total;
    hf_span total;
};

/* Whether the line is of this kind; then `*has_stage` says whether it has a duration. */
bool hf_trace_read(struct hf_bytes line, bool *has_stage, struct hf_trace_stage *out);

struct hf_trace_name {
    uint8_t len;
    char text[HF_TRACE_NAME_BYTES]; /* cut */
};

struct hf_trace { /* a zeroed one is empty */
    uint32_t count;
    struct hf_trace_name last, slowest;
    hf_span slowest_took, total; /* the largest total */
};

/* Adds a stage.  True when it is slow: at least 10 s. */
bool hf_trace_add(struct hf_trace *t, const struct hf_trace_stage *stage);

#endif
