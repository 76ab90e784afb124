#include "wire/json_read.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/real.h"

#include <math.h>
#include <stdlib.h>

enum { REPLACEMENT = 0xFFFD }; /* what a lone surrogate becomes, as in the peers */

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static const uint8_t *skip_space(const uint8_t *at, const uint8_t *end)
{
    while (at < end && is_space(*at)) at++;
    return at;
}

struct hf_bytes hf_json_root(struct hf_bytes text)
{
    return hf_bytes_trim(text);
}

enum hf_json_kind hf_json_kind(struct hf_bytes value)
{
    if (value.len == 0) return HF_JSON_NONE;
    switch (value.ptr[0]) {
    case '"':
        return HF_JSON_STRING;
    case '{':
        return HF_JSON_OBJECT;
    case '[':
        return HF_JSON_ARRAY;
    case 't':
    case 'f':
        return HF_JSON_BOOL;
    case 'n':
        return HF_JSON_NULL;
    default:
        return HF_JSON_NUMBER;
    }
}

/* Behind the string that starts at `at`.  A quote ends it unless an odd number of
 * backslashes stands before it. */
static const uint8_t *skip_string(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *from = ++at;
    while (at < end) {
        const uint8_t *quote = memchr(at, '"', (size_t)(end - at));
        if (!quote) return end;
        const uint8_t *slash = quote;
        while (slash > from && slash[-1] == '\\') slash--;
        if ((quote - slash) % 2 == 0) return quote + 1;
        at = from = quote + 1;
    }
    return end;
}

static const uint8_t *skip_container(const uint8_t *at, const uint8_t *end)
{
    size_t depth = 0;
    while (at < end) {
        uint8_t c = *at;
        if (c == '"') {
            at = skip_string(at, end);
            continue;
        }
        at++;
        if (c == '{' || c == '[') depth++;
        if ((c == '}' || c == ']') && --depth == 0) break;
    }
    return at;
}

static bool ends_scalar(uint8_t c)
{
    return c == ',' || c == '}' || c == ']' || is_space(c);
}

static const uint8_t *skip_value(const uint8_t *at, const uint8_t *end)
{
    if (at == end) return at;
    if (*at == '"') return skip_string(at, end);
    if (*at == '{' || *at == '[') return skip_container(at, end);
    while (at < end && !ends_scalar(*at)) at++;
    return at;
}

struct hf_json_iter hf_json_iter(struct hf_bytes container)
{
    enum hf_json_kind kind = hf_json_kind(container);
    if ((kind != HF_JSON_ARRAY && kind != HF_JSON_OBJECT) || container.len < 2)
        return (struct hf_json_iter){ NULL, NULL };
    return (struct hf_json_iter){ container.ptr + 1, container.ptr + container.len - 1 };
}

/* Moves over the value that starts after white space; `value` is its span. */
static bool take_value(struct hf_json_iter *it, struct hf_bytes *value)
{
    const uint8_t *from = skip_space(it->at, it->end);
    if (from == it->end) return false;
    it->at = skip_value(from, it->end);
    *value = hf_bytes(from, (size_t)(it->at - from));
    return true;
}

/* Moves over white space and one comma or colon. */
static void take_mark(struct hf_json_iter *it)
{
    it->at = skip_space(it->at, it->end);
    if (it->at < it->end) it->at++;
}

bool hf_json_next(struct hf_json_iter *it, struct hf_bytes *value)
{
    if (!take_value(it, value)) return false;
    take_mark(it);
    return true;
}

bool hf_json_next_member(struct hf_json_iter *it, struct hf_json_member *member)
{
    if (!take_value(it, &member->key)) return false;
    take_mark(it);
    if (!take_value(it, &member->value)) return false;
    take_mark(it);
    return true;
}

struct hf_bytes hf_json_find_key(struct hf_bytes object, struct hf_bytes name)
{
    struct hf_bytes found = HF_EMPTY;
    if (hf_json_kind(object) != HF_JSON_OBJECT) return found;
    struct hf_json_iter it = hf_json_iter(object);
    struct hf_json_member member;
    while (hf_json_next_member(&it, &member))
        if (hf_json_is(member.key, name)) found = member.value;
    return found;
}

struct hf_bytes hf_json_find(struct hf_bytes object, const char *name)
{
    return hf_json_find_key(object, hf_bytes_cstr(name));
}

size_t hf_json_count(struct hf_bytes container)
{
    size_t values = 0;
    struct hf_json_iter it = hf_json_iter(container);
    struct hf_bytes value;
    while (hf_json_next(&it, &value)) values++;
    return hf_json_kind(container) == HF_JSON_OBJECT ? values / 2 : values;
}

/* --- scalars --- */

static bool is_whole_text(struct hf_bytes number)
{
    for (size_t i = number.ptr[0] == '-'; i < number.len; i++)
        if (number.ptr[i] < '0' || number.ptr[i] > '9') return false;
    return true;
}

int hf_json_get_int(struct hf_bytes value, int64_t *out)
{
    if (hf_json_kind(value) != HF_JSON_NUMBER || !is_whole_text(value)) return HF_ERR_TYPE;
    bool is_negative = value.ptr[0] == '-';
    uint64_t size;
    if (!hf_bytes_u64(hf_bytes_from(value, is_negative), &size)) return HF_ERR_RANGE;
    if (size > (uint64_t)INT64_MAX + is_negative) return HF_ERR_RANGE;
    *out = is_negative ? (int64_t)(0 - size) : (int64_t)size;
    return 0;
}

int hf_json_get_double(struct hf_bytes value, double *out)
{
    if (hf_json_kind(value) != HF_JSON_NUMBER) return HF_ERR_TYPE;
    if (value.len > HF_LIMIT_JSON_NUMBER_BYTES) return HF_ERR_TOO_LARGE;
    char text[HF_LIMIT_JSON_NUMBER_BYTES + 1];
    memcpy(text, value.ptr, value.len);
    text[value.len] = 0;
    return hf_real_read(text, out) ? 0 : HF_ERR_TYPE;
}

int hf_json_get_whole(struct hf_bytes value, int64_t *out)
{
    double real;
    int err = hf_json_get_int(value, out);
    if (err == 0) return 0;
    err = hf_json_get_double(value, &real);
    if (err != 0) return err;
    if (!isfinite(real) || real != floor(real)) return HF_ERR_TYPE;
    /* 2^63 is a double, INT64_MAX is none. */
    if (real >= 0x1p63)
        *out = INT64_MAX;
    else
        *out = real <= -0x1p63 ? INT64_MIN : (int64_t)real;
    return 0;
}

int hf_json_get_bool(struct hf_bytes value, bool *out)
{
    if (hf_json_kind(value) != HF_JSON_BOOL) return HF_ERR_TYPE;
    *out = value.ptr[0] == 't';
    return 0;
}

/* --- strings --- */

/* The bytes between the quotes, escapes and all. */
static struct hf_bytes inside(struct hf_bytes value)
{
    return value.len < 2 ? HF_EMPTY : hf_bytes(value.ptr + 1, value.len - 2);
}

static bool has_escape(struct hf_bytes text)
{
    return hf_bytes_find(text, 0, '\\') < text.len;
}

static uint32_t hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') return (uint32_t)(c - '0');
    return (uint32_t)((c | 0x20) - 'a' + 10) & 0xF;
}

/* The four digits of the \u escape at `at`: true, or false when there is none. */
static bool hex_escape(struct hf_bytes text, size_t at, uint32_t *unit)
{
    if (text.len - at < 6 || text.ptr[at] != '\\' || text.ptr[at + 1] != 'u') return false;
    *unit = 0;
    for (size_t i = at + 2; i < at + 6; i++) *unit = *unit << 4 | hex_digit(text.ptr[i]);
    return true;
}

/* The character of a \u escape at `*at`, which moves behind it (and behind the
 * second half of a surrogate pair). */
static uint32_t take_unicode(struct hf_bytes text, size_t *at)
{
    uint32_t unit = 0, low;
    if (!hex_escape(text, *at, &unit)) {
        *at = text.len;
        return REPLACEMENT;
    }
    *at += 6;
    if (unit < 0xD800 || unit > 0xDFFF) return unit;
    if (unit > 0xDBFF || !hex_escape(text, *at, &low)) return REPLACEMENT;
    if (low < 0xDC00 || low > 0xDFFF) return REPLACEMENT;
    *at += 6;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

/* The character of the escape at `*at` (a backslash), which moves behind it. */
static uint32_t take_escape(struct hf_bytes text, size_t *at)
{
    uint8_t c = *at + 1 < text.len ? text.ptr[*at + 1] : '\\';
    if (c == 'u') return take_unicode(text, at);
    *at += 2;
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

static size_t utf8_write(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, c >>= 6) out[i] = (uint8_t)(0x80 | (c & 0x3F));
    static const uint8_t first[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    out[0] = (uint8_t)(first[len] | c);
    return len;
}

/* Decodes piece by piece: a run without escapes, or the character of one escape. */
struct decoder {
    struct hf_bytes text; /* the inside of a string */
    size_t at;
    uint8_t character[4];
};

static bool next_piece(struct decoder *d, struct hf_bytes *piece)
{
    if (d->at >= d->text.len) return false;
    if (d->text.ptr[d->at] == '\\') {
        *piece = hf_bytes(d->character, utf8_write(take_escape(d->text, &d->at), d->character));
        return true;
    }
    size_t to = hf_bytes_find(d->text, d->at, '\\');
    *piece = hf_bytes(d->text.ptr + d->at, to - d->at);
    d->at = to;
    return true;
}

bool hf_json_get_plain(struct hf_bytes value, struct hf_bytes *out)
{
    struct hf_bytes text = inside(value);
    if (hf_json_kind(value) != HF_JSON_STRING || has_escape(text)) return false;
    *out = text;
    return true;
}

bool hf_json_is(struct hf_bytes value, struct hf_bytes text)
{
    struct hf_bytes plain, piece;
    if (hf_json_kind(value) != HF_JSON_STRING) return false;
    if (hf_json_get_plain(value, &plain)) return hf_bytes_same(plain, text);
    struct decoder d = { .text = inside(value) };
    while (next_piece(&d, &piece)) {
        if (!hf_bytes_starts(text, piece)) return false;
        text = hf_bytes_from(text, piece.len);
    }
    return text.len == 0;
}

size_t hf_json_chars(struct hf_bytes value)
{
    size_t chars = 0;
    if (hf_json_kind(value) != HF_JSON_STRING) return 0;
    struct decoder d = { .text = inside(value) };
    struct hf_bytes piece;
    while (next_piece(&d, &piece))
        for (size_t i = 0; i < piece.len; i++) chars += (piece.ptr[i] & 0xC0) != 0x80;
    return chars;
}

void hf_json_text(struct hf_bytes value, struct hf_buf *out)
{
    if (hf_json_kind(value) != HF_JSON_STRING) return;
    struct decoder d = { .text = inside(value) };
    struct hf_bytes piece;
    while (next_piece(&d, &piece)) hf_buf_add(out, piece);
}

struct hf_bytes hf_json_get_text(struct hf_bytes value, struct hf_buf *scratch)
{
    struct hf_bytes plain;
    if (hf_json_get_plain(value, &plain)) return plain;
    size_t from = scratch->len;
    hf_json_text(value, scratch);
    return scratch->err != 0 ? HF_EMPTY : hf_bytes_from(hf_buf_view(scratch), from);
}

int hf_json_copy_text(struct hf_bytes value, uint8_t *out, size_t cap, size_t *len)
{
    if (hf_json_kind(value) != HF_JSON_STRING) return HF_ERR_TYPE;
    struct decoder d = { .text = inside(value) };
    struct hf_bytes piece;
    size_t used = 0;
    while (next_piece(&d, &piece)) {
        if (piece.len > cap - used) return HF_ERR_TOO_LARGE;
        memcpy(out + used, piece.ptr, piece.len);
        used += piece.len;
    }
    *len = used;
    return 0;
}
