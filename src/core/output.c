#include "core/output.h"

#include "base/assert.h"
#include "base/limits.h"
#include "core/output/clean.h"

enum {
    CLEAN_BYTES = 3 * HF_LIMIT_OUTPUT_LINE_BYTES,    /* a bad byte becomes three */
    REDACTED_BYTES = 8 * HF_LIMIT_OUTPUT_LINE_BYTES, /* "[redacted]" for a short value */
};

#define WINDOW HF_SECONDS(1)

struct line {
    struct hf_bytes text;
    bool is_stderr;
    bool is_cut; /* its end is missing */
};

struct kept {
    uint16_t len;
    bool is_cut; /* the line went on */
    uint8_t text[HF_LIMIT_OUTPUT_KEPT_BYTES];
};

int hf_output_init(struct hf_output_room *o, struct hf_hash_key hash_key,
                   const struct hf_censor_known *known)
{
    *o = (struct hf_output_room){ .known = known, .window_at = HF_NEVER };
    hf_lines_init(&o->lines[0]);
    hf_lines_init(&o->lines[1]);
    hf_buf_init(&o->clean, CLEAN_BYTES);
    hf_buf_init(&o->redacted, REDACTED_BYTES);
    int err = hf_fold_init(&o->fold, hash_key);
    if (err == 0) err = hf_ring_init(&o->kept, sizeof(struct kept), HF_LIMIT_OUTPUT_KEPT);
    if (err == 0) err = hf_buf_reserve(&o->clean, CLEAN_BYTES);
    if (err == 0) err = hf_buf_reserve(&o->redacted, REDACTED_BYTES);
    if (err != 0) hf_output_fini(o);
    return err;
}

void hf_output_fini(struct hf_output_room *o)
{
    hf_lines_fini(&o->lines[0]);
    hf_lines_fini(&o->lines[1]);
    hf_fold_fini(&o->fold);
    hf_ring_fini(&o->kept);
    hf_buf_fini(&o->clean);
    hf_buf_fini(&o->redacted);
}

void hf_output_reset(struct hf_output_room *o)
{
    for (int i = 0; i < 2; i++) {
        hf_lines_fini(&o->lines[i]);
        hf_lines_init(&o->lines[i]);
        o->has_ended[i] = false;
    }
    hf_fold_reset(&o->fold);
    o->trace = (struct hf_trace){ .count = 0 };
    hf_ring_pop(&o->kept, o->kept.len);
    o->is_safe_mode = false;
    o->given = HF_EMPTY;
    o->window_at = HF_NEVER;
    o->told = 0;
    o->unshown = 0;
}

void hf_output_give(struct hf_output_room *o, bool is_stderr, struct hf_bytes bytes)
{
    HF_ASSERT(o->given.len == 0);
    o->given = bytes;
    o->is_stderr = is_stderr;
}

void hf_output_end(struct hf_output_room *o, bool is_stderr)
{
    o->has_ended[is_stderr] = true;
}

/* --- lines --- */

static void keep(struct hf_output_room *o, const struct line *line)
{
    struct kept *kept = hf_ring_push_over(&o->kept, NULL);
    struct hf_bytes text = hf_bytes_cut_utf8(line->text, sizeof kept->text);
    kept->is_cut = line->is_cut || text.len < line->text.len;
    kept->len = (uint16_t)text.len;
    memcpy(kept->text, text.ptr, text.len);
}

static void redact(struct hf_output_room *o, const struct line *line, struct hf_output_note *note)
{
    hf_buf_reset(&o->redacted, REDACTED_BYTES);
    (line->is_cut ? hf_censor_cut : hf_censor_text)(line->text, o->known, &o->redacted);
    note->text = hf_buf_view(&o->redacted);
}

static bool note_stage(struct hf_output_room *o, const struct line *line,
                       struct hf_output_note *note)
{
    struct hf_trace_stage stage;
    bool has_stage;
    if (!hf_trace_read(line->text, &has_stage, &stage)) return false;
    bool is_slow = has_stage && hf_trace_add(&o->trace, &stage);
    *note = (struct hf_output_note){
        .kind = HF_OUTPUT_STAGE,
        .level = is_slow ? HF_OUTPUT_WARN : HF_OUTPUT_INFO,
        .has_stage = has_stage,
        .is_slow = is_slow,
        .took = has_stage ? stage.took : 0,
    };
    redact(o, line, note);
    return true;
}

/* Whether one more new line may be told in this second. */
static bool has_room(struct hf_output_room *o, hf_time now)
{
    if (hf_time_same(o->window_at, HF_NEVER) || hf_time_since(now, o->window_at) >= WINDOW) {
        o->window_at = now;
        o->told = 0;
    }
    if (o->told == HF_LIMIT_OUTPUT_TOLD) return false;
    o->told++;
    return true;
}

static bool note_new(struct hf_output_room *o, hf_time now, const struct line *line,
                     uint64_t digest, struct hf_output_note *note)
{
    if (!has_room(o, now)) {
        o->unshown++;
        return false;
    }
    enum hf_output_level level = hf_output_sort(line->text, line->is_stderr);
    if (level == HF_OUTPUT_DROP) {
        hf_fold_add(&o->fold, digest, HF_EMPTY);
        return false;
    }
    *note = (struct hf_output_note){ .kind = HF_OUTPUT_LINE, .level = level, .count = 1 };
    redact(o, line, note);
    hf_fold_add(&o->fold, digest, note->text);
    return true;
}

/* A line that says what was said before is kept as it is and redacted when it is shown:
 * to do so with each line of a flood would cost more than all the rest. */
static bool take_line(struct hf_output_room *o, hf_time now, struct line *line,
                      struct hf_output_note *note)
{
    line->text = hf_output_clean(line->text, &o->clean);
    if (line->text.len == 0) return false;
    keep(o, line);
    hf_output_mind_breaker(line->text, &o->is_safe_mode);
    if (note_stage(o, line, note)) return true;
    uint64_t digest = hf_fold_digest(&o->fold, line->text);
    uint64_t seen = hf_fold_seen(&o->fold, digest);
    if (seen == 0) return note_new(o, now, line, digest, note);
    if (!hf_fold_is_report(seen)) return false;
    if (hf_output_sort(line->text, line->is_stderr) == HF_OUTPUT_DROP) return false;
    *note = (struct hf_output_note){ .kind = HF_OUTPUT_REPEATS,
                                     .level = HF_OUTPUT_DEBUG,
                                     .count = seen };
    redact(o, line, note);
    return true;
}

/* A line of the most bytes may have been cut there, within a character: the last byte goes
 * so that what is left ends between two.  What a pipe ended with may be half a line, too. */
static bool next_line(struct hf_output_room *o, struct line *line)
{
    static const size_t most = HF_LIMIT_OUTPUT_LINE_BYTES;
    line->is_stderr = o->is_stderr;
    if (hf_lines_next(&o->lines[o->is_stderr], &o->given, &line->text)) {
        line->is_cut = line->text.len == most;
        if (line->is_cut) line->text = hf_bytes_cut_utf8(line->text, most - 1);
        return true;
    }
    line->is_cut = true;
    for (int i = 0; i < 2; i++) {
        if (!o->has_ended[i]) continue;
        o->has_ended[i] = false;
        line->is_stderr = i == 1;
        if (hf_lines_last(&o->lines[i], &line->text)) return true;
    }
    return false;
}

static bool note_unshown(struct hf_output_room *o, hf_time now, struct hf_output_note *note)
{
    if (hf_time_before(now, hf_output_due(o))) return false;
    *note = (struct hf_output_note){ .kind = HF_OUTPUT_UNSHOWN,
                                     .level = HF_OUTPUT_WARN,
                                     .count = o->unshown };
    o->unshown = 0;
    return true;
}

bool hf_output_next(struct hf_output_room *o, hf_time now, struct hf_output_note *note)
{
    struct line line;
    if (note_unshown(o, now, note)) return true;
    while (next_line(o, &line)) {
        if (!take_line(o, now, &line, note)) continue;
        note->is_stderr = line.is_stderr;
        return true;
    }
    return false;
}

hf_time hf_output_due(const struct hf_output_room *o)
{
    return o->unshown > 0 ? hf_time_after(o->window_at, WINDOW) : HF_NEVER;
}

bool hf_output_rest(struct hf_output_room *o, uint32_t *cursor, struct hf_output_note *note)
{
    const struct hf_fold_key *key;
    do {
        key = hf_fold_rest(&o->fold, cursor);
        if (!key) return false;
    } while (key->len == 0); /* of those that are dropped nothing is remembered */
    *note = (struct hf_output_note){ .kind = HF_OUTPUT_REPEATS,
                                     .level = HF_OUTPUT_DEBUG,
                                     .is_stderr = true,
                                     .text = hf_bytes(key->sample, key->len),
                                     .count = key->seen };
    return true;
}

/* --- kept --- */

size_t hf_output_kept_count(const struct hf_output_room *o)
{
    return o->kept.len;
}

struct hf_bytes hf_output_kept_line(const struct hf_output_room *o, size_t i)
{
    const struct kept *kept = hf_ring_at(&o->kept, i);
    return hf_bytes(kept->text, kept->len);
}

void hf_output_kept_show(const struct hf_output_room *o, size_t i, struct hf_buf *out)
{
    const struct kept *kept = hf_ring_at(&o->kept, i);
    (kept->is_cut ? hf_censor_cut : hf_censor_text)(hf_bytes(kept->text, kept->len), o->known, out);
}
