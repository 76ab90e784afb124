#include "core/output.h"

#include "base/assert.h"
#include "base/limits.h"
#include "core/output/clean.h"

enum {
    CLEAN_BYTES = 3 * HF_LIMIT_OUTPUT_LINE_BYTES,    /* a bad byte becomes three */
    REDACTED_BYTES = 8 * HF_LIMIT_OUTPUT_LINE_BYTES, /* "[redacted]" for a short value */
};

#define WINDOW HF_SECONDS(1)

struct kept {
    uint16_t len;
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

static void keep(struct hf_output_room *o, struct hf_bytes line)
{
    struct kept *kept = hf_ring_push_over(&o->kept, NULL);
    line = hf_bytes_cut_utf8(line, sizeof kept->text);
    kept->len = (uint16_t)line.len;
    memcpy(kept->text, line.ptr, line.len);
}

static void redact(struct hf_output_room *o, struct hf_bytes line, struct hf_output_note *note)
{
    hf_buf_reset(&o->redacted, REDACTED_BYTES);
    hf_censor_text(line, o->known, &o->redacted);
    note->text = hf_buf_view(&o->redacted);
}

static bool note_stage(struct hf_output_room *o, struct hf_bytes line, struct hf_output_note *note)
{
    struct hf_trace_stage stage;
    bool has_stage;
    if (!hf_trace_read(line, &has_stage, &stage)) return false;
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

static bool note_new(struct hf_output_room *o, hf_time now, bool is_stderr, struct hf_bytes line,
                     uint64_t digest, struct hf_output_note *note)
{
    if (!has_room(o, now)) {
        o->unshown++;
        return false;
    }
    enum hf_output_level level = hf_output_sort(line, is_stderr);
    hf_fold_add(&o->fold, digest, line);
    if (level == HF_OUTPUT_DROP) return false;
    *note = (struct hf_output_note){ .kind = HF_OUTPUT_LINE, .level = level, .count = 1 };
    redact(o, line, note);
    return true;
}

static bool take_line(struct hf_output_room *o, hf_time now, bool is_stderr, struct hf_bytes raw,
                      struct hf_output_note *note)
{
    struct hf_bytes line = hf_output_clean(raw, &o->clean);
    if (line.len == 0) return false;
    keep(o, line);
    hf_output_mind_breaker(line, &o->is_safe_mode);
    if (note_stage(o, line, note)) return true;
    uint64_t digest = hf_fold_digest(&o->fold, line);
    uint64_t seen = hf_fold_seen(&o->fold, digest);
    if (seen == 0) return note_new(o, now, is_stderr, line, digest, note);
    if (!hf_fold_is_report(seen)) return false;
    if (hf_output_sort(line, is_stderr) == HF_OUTPUT_DROP) return false;
    *note = (struct hf_output_note){ .kind = HF_OUTPUT_REPEATS,
                                     .level = HF_OUTPUT_DEBUG,
                                     .count = seen };
    redact(o, line, note);
    return true;
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
    struct hf_bytes line;
    if (note_unshown(o, now, note)) return true;
    while (hf_lines_next(&o->lines[o->is_stderr], &o->given, &line)) {
        if (!take_line(o, now, o->is_stderr, line, note)) continue;
        note->is_stderr = o->is_stderr;
        return true;
    }
    for (int i = 0; i < 2; i++) {
        if (!o->has_ended[i]) continue;
        o->has_ended[i] = false;
        if (!hf_lines_last(&o->lines[i], &line) || !take_line(o, now, i == 1, line, note)) continue;
        note->is_stderr = i == 1;
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
    } while (hf_output_sort(hf_bytes(key->sample, key->len), true) == HF_OUTPUT_DROP);
    *note = (struct hf_output_note){
        .kind = HF_OUTPUT_REPEATS, .level = HF_OUTPUT_DEBUG, .is_stderr = true, .count = key->seen
    };
    redact(o, hf_bytes(key->sample, key->len), note);
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
    hf_censor_text(hf_output_kept_line(o, i), o->known, out);
}
