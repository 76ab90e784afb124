#include "core/output/trace.h"

#define SLOW_STAGE HF_SECONDS(10)

enum { DIGITS_MAX = 12 }; /* whole milliseconds; more is no duration */

static const struct hf_bytes mark = HF_LIT_INIT("startup trace:");

/* Where the mark begins, or the length.  Looked for from its colon, which is rare: this
 * is asked of every line. */
static size_t mark_at(struct hf_bytes line)
{
    size_t colon = hf_bytes_find(line, 0, ':');
    for (; colon < line.len; colon = hf_bytes_find(line, colon + 1, ':')) {
        if (colon + 1 < mark.len) continue;
        size_t at = colon + 1 - mark.len;
        if (hf_bytes_same_nocase(hf_bytes(line.ptr + at, mark.len), mark)) return at;
    }
    return line.len;
}

/* "12", "12.3" followed by "ms": the span; false for anything else. */
static bool read_ms(struct hf_bytes text, hf_span *out)
{
    int64_t whole = 0, part = 0;
    size_t i = 0, digits = 0;
    for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++, digits++)
        if (digits < DIGITS_MAX) whole = whole * 10 + (text.ptr[i] - '0');
    if (digits == 0 || digits > DIGITS_MAX) return false;
    if (i < text.len && text.ptr[i] == '.') {
        int64_t unit = HF_MS(1) / 10;
        size_t first = ++i;
        for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++, unit /= 10)
            part += unit * (text.ptr[i] - '0');
        if (i == first) return false;
    }
    if (!hf_bytes_same_nocase(hf_bytes_from(text, i), HF_LIT("ms"))) return false;
    *out = HF_MS(whole) + part;
    return true;
}

/* The next word at or after `*at`, without brackets around it; false at the end. */
static bool next_word(struct hf_bytes text, size_t *at, struct hf_bytes *word)
{
    while (*at < text.len && text.ptr[*at] == ' ') ++*at;
    if (*at == text.len) return false;
    size_t end = hf_bytes_find(text, *at, ' ');
    *word = hf_bytes(text.ptr + *at, end - *at);
    *at = end;
    if (hf_bytes_starts(*word, HF_LIT("[")) || hf_bytes_starts(*word, HF_LIT("(")))
        *word = hf_bytes_from(*word, 1);
    if (hf_bytes_ends(*word, HF_LIT("]")) || hf_bytes_ends(*word, HF_LIT(")")))
        *word = hf_bytes_head(*word, word->len - 1);
    return true;
}

static bool read_total(struct hf_bytes word, hf_span *out)
{
    static const struct hf_bytes total = HF_LIT_INIT("total=");
    return hf_bytes_same_nocase(hf_bytes_head(word, total.len), total) &&
           read_ms(hf_bytes_from(word, total.len), out);
}

bool hf_trace_read(struct hf_bytes line, bool *has_stage, struct hf_trace_stage *out)
{
    size_t at = mark_at(line);
    *has_stage = false;
    if (at == line.len) return false;
    struct hf_bytes text = hf_bytes_trim(hf_bytes_from(line, at + mark.len)), word;
    struct hf_trace_stage stage = { .has_total = false };
    size_t start = 0;
    for (at = 0; next_word(text, &at, &word); start = at) {
        if (*has_stage) {
            stage.has_total = stage.has_total || read_total(word, &stage.total);
            continue;
        }
        if (!read_ms(word, &stage.took)) continue;
        stage.name = hf_bytes_trim(hf_bytes_head(text, start));
        *has_stage = stage.name.len > 0;
        if (!*has_stage) break;
    }
    if (*has_stage) *out = stage;
    return true;
}

static void keep_name(struct hf_trace_name *name, struct hf_bytes text)
{
    text = hf_bytes_cut_utf8(text, sizeof name->text);
    name->len = (uint8_t)text.len;
    if (text.len > 0) memcpy(name->text, text.ptr, text.len);
}

bool hf_trace_add(struct hf_trace *t, const struct hf_trace_stage *stage)
{
    if (t->count < UINT32_MAX) t->count++;
    keep_name(&t->last, stage->name);
    if (t->count == 1 || stage->took > t->slowest_took) {
        keep_name(&t->slowest, stage->name);
        t->slowest_took = stage->took;
    }
    if (stage->has_total) t->total = hf_span_max(t->total, stage->total);
    return stage->took >= SLOW_STAGE;
}
