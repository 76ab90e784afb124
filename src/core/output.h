/* core/output.h: what of a child's output is worth a line of our own log?
 *
 * spec/supervisor.md section 14.  Bytes of its pipes go in, as they come; out come
 * notes: a new line with its level, a count at every 50th repeat, a stage of its
 * start, how many new lines were not shown because more than
 * HF_LIMIT_OUTPUT_TOLD came within a second.  Every text that comes out is redacted.
 * Keeps the last HF_LIMIT_OUTPUT_KEPT lines for who asks why it died, and whether it said
 * that it runs in safe mode: nothing else of the gateway tells that.  Memory is
 * reserved at init and does not grow.  Pure. */
#ifndef HF_CORE_OUTPUT_H
#define HF_CORE_OUTPUT_H

#include "base/ring.h"
#include "base/time.h"
#include "core/output/fold.h"
#include "core/output/lines.h"
#include "core/output/sort.h"
#include "core/output/trace.h"
#include "wire/censor.h"

enum hf_output_kind {
    HF_OUTPUT_LINE,
    HF_OUTPUT_REPEATS, /* `count` of the same so far, level debug */
    HF_OUTPUT_STAGE,   /* a line of the start-up trace; warn when it was slow */
    HF_OUTPUT_UNSHOWN, /* `count` new lines of the last second, level warn */
};

struct hf_output_note {
    enum hf_output_kind kind;
    enum hf_output_level level;
    bool is_stderr;
    struct hf_bytes text; /* redacted; borrowed until the next call.  Not of UNSHOWN */
    uint64_t count;
    bool has_stage; /* STAGE: it has a duration, else only text */
    bool is_slow;
    hf_span took;
};

struct hf_output_room { /* fields are private; `trace` and `fold.folded` may be read */
    const struct hf_censor_known *known;
    struct hf_lines lines[2]; /* stdout, stderr */
    bool has_ended[2];
    struct hf_fold fold;
    struct hf_trace trace;
    struct hf_ring kept;
    bool is_safe_mode; /* the gateway's breaker is tripped, it says; may be read */
    struct hf_buf clean, redacted;
    struct hf_bytes given;
    bool is_stderr; /* where `given` came from */
    hf_time window_at;
    uint32_t told;
    uint64_t unshown;
};

/* `known` (may be NULL) is borrowed for the life of the room; its contents may change
 * between calls.  0 or HF_ERR_NOMEM. */
int hf_output_init(struct hf_output_room *o, struct hf_hash_key hash_key,
                   const struct hf_censor_known *known);
void hf_output_fini(struct hf_output_room *o);

/* Another process: forgets lines, repeats, stages and half lines. */
void hf_output_reset(struct hf_output_room *o);

/* The next bytes of a pipe, borrowed until hf_output_next says false. */
void hf_output_give(struct hf_output_room *o, bool is_stderr, struct hf_bytes bytes);

/* The pipe ended: its last line may have no end. */
void hf_output_end(struct hf_output_room *o, bool is_stderr);

/* The next note: call until false. */
bool hf_output_next(struct hf_output_room *o, hf_time now, struct hf_output_note *note);

/* When next has something to say without new bytes, or HF_NEVER. */
hf_time hf_output_due(const struct hf_output_room *o);

/* The process is gone and its pipes have ended: repeats that were not reported, one by
 * one; `*cursor` is 0 at first. */
bool hf_output_rest(struct hf_output_room *o, uint32_t *cursor, struct hf_output_note *note);

/* The kept lines, oldest first, each cut to HF_LIMIT_OUTPUT_KEPT_BYTES.  `line` is as the
 * child wrote it and only for judging; `show` appends it redacted. */
size_t hf_output_kept_count(const struct hf_output_room *o);
struct hf_bytes hf_output_kept_line(const struct hf_output_room *o, size_t i);
void hf_output_kept_show(const struct hf_output_room *o, size_t i, struct hf_buf *out);

#endif
