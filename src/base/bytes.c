#include "base/bytes.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool hf_bytes_same_nocase(struct hf_bytes a, struct hf_bytes b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
    return true;
}

bool hf_bytes_starts(struct hf_bytes b, struct hf_bytes prefix)
{
    return b.len >= prefix.len && hf_bytes_same(hf_bytes_head(b, prefix.len), prefix);
}

bool hf_bytes_ends(struct hf_bytes b, struct hf_bytes suffix)
{
    return b.len >= suffix.len && hf_bytes_same(hf_bytes_from(b, b.len - suffix.len), suffix);
}

int hf_bytes_compare(struct hf_bytes a, struct hf_bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    if (order != 0) return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

size_t hf_bytes_find(struct hf_bytes b, size_t from, uint8_t byte)
{
    if (from >= b.len) return b.len;
    const uint8_t *at = memchr(b.ptr + from, byte, b.len - from);
    return at ? (size_t)(at - b.ptr) : b.len;
}

size_t hf_bytes_find_nocase(struct hf_bytes b, size_t from, struct hf_bytes lower)
{
    if (b.len < lower.len) return b.len;
    /* Whole lines are searched for what is hardly ever in them: from one first byte, in
     * either case, to the next. */
    struct hf_bytes heads = hf_bytes_head(b, b.len - lower.len + 1);
    uint8_t low = lower.ptr[0], high = low >= 'a' && low <= 'z' ? low & 0xdf : low;
    size_t at_low = hf_bytes_find(heads, from, low);
    size_t at_high = high == low ? heads.len : hf_bytes_find(heads, from, high);
    for (;;) {
        size_t at = at_low < at_high ? at_low : at_high;
        if (at == heads.len) return b.len;
        if (hf_bytes_same_nocase(hf_bytes(b.ptr + at, lower.len), lower)) return at;
        if (at == at_low)
            at_low = hf_bytes_find(heads, at + 1, low);
        else
            at_high = hf_bytes_find(heads, at + 1, high);
    }
}

struct hf_bytes hf_bytes_trim(struct hf_bytes b)
{
    while (b.len > 0 && is_space(b.ptr[0])) b = hf_bytes_from(b, 1);
    while (b.len > 0 && is_space(b.ptr[b.len - 1])) b.len--;
    return b;
}

bool hf_bytes_u64(struct hf_bytes b, uint64_t *out)
{
    uint64_t value = 0;
    if (b.len == 0) return false;
    for (size_t i = 0; i < b.len; i++) {
        if (b.ptr[i] < '0' || b.ptr[i] > '9') return false;
        if (__builtin_mul_overflow(value, 10u, &value)) return false;
        if (__builtin_add_overflow(value, (uint64_t)(b.ptr[i] - '0'), &value)) return false;
    }
    *out = value;
    return true;
}

struct hf_bytes hf_bytes_cut_utf8(struct hf_bytes text, size_t max)
{
    if (text.len <= max) return text;
    while (max > 0 && (text.ptr[max] & 0xC0) == 0x80) max--;
    return hf_bytes_head(text, max);
}
