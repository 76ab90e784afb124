#include "base/buf.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"

#include <stdio.h>

enum { FIRST_CAP = 256, DIGITS_MAX = 20 };

void hf_buf_init(struct hf_buf *b, size_t max)
{
    *b = (struct hf_buf){ .max = max };
}

void hf_buf_fini(struct hf_buf *b)
{
    hf_mem_free(b->ptr);
    *b = (struct hf_buf){ 0 };
}

static size_t grown_cap(const struct hf_buf *b, size_t need)
{
    size_t cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap;
    while (cap < need) cap = cap > b->max / 2 ? b->max : cap * 2;
    return cap < b->max ? cap : b->max;
}

int hf_buf_reserve(struct hf_buf *b, size_t extra)
{
    if (b->err != 0) return b->err;
    if (extra > b->max || b->len > b->max - extra) return b->err = HF_ERR_LIMIT;
    size_t need = b->len + extra;
    if (need <= b->cap) return 0;
    size_t cap = grown_cap(b, need);
    uint8_t *ptr = hf_mem_grow(b->ptr, cap);
    if (!ptr) return b->err = HF_ERR_NOMEM;
    b->ptr = ptr;
    b->cap = cap;
    return 0;
}

void hf_buf_used(struct hf_buf *b, size_t count)
{
    HF_ASSERT(count <= b->cap - b->len);
    b->len += count;
}

void hf_buf_add_u64(struct hf_buf *b, uint64_t value)
{
    uint8_t digits[DIGITS_MAX];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    hf_buf_add(b, hf_bytes(digits + at, sizeof digits - at));
}

void hf_buf_add_i64(struct hf_buf *b, int64_t value)
{
    if (value < 0) hf_buf_add_byte(b, '-');
    hf_buf_add_u64(b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void hf_buf_addf(struct hf_buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    HF_ASSERT(len >= 0);
    /* One more for the zero that vsnprintf insists on. */
    if (hf_buf_reserve(b, (size_t)len + 1) != 0) return;
    va_start(args, format);
    vsnprintf((char *)b->ptr + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

void hf_buf_swap(struct hf_buf *a, struct hf_buf *b)
{
    struct hf_buf kept = *a;
    *a = *b;
    *b = kept;
}

void hf_buf_take(struct hf_buf *b, size_t count)
{
    HF_ASSERT(count <= b->len);
    if (count < b->len && count > 0) memmove(b->ptr, b->ptr + count, b->len - count);
    b->len -= count;
}

void hf_buf_cut(struct hf_buf *b, size_t len)
{
    HF_ASSERT(len <= b->len);
    b->len = len;
}

void hf_buf_reset(struct hf_buf *b, size_t keep)
{
    b->len = 0;
    b->err = 0;
    if (b->cap <= keep) return;
    hf_mem_free(b->ptr);
    b->ptr = NULL;
    b->cap = 0;
}

int hf_buf_done(const struct hf_buf *b)
{
    return b->err;
}

const char *hf_buf_text(struct hf_buf *b)
{
    if (hf_buf_reserve(b, 1) != 0) return NULL;
    b->ptr[b->len] = '\0';
    return (const char *)b->ptr;
}
