/* base/buf.h: growable bytes with a hard cap.
 *
 * The first failure sticks: later adds do nothing, and one check of `err` (or
 * of hf_buf_done) at the end is enough.  The buffer owns its memory; a zeroed
 * struct is an empty buffer with a cap of 0. */
#ifndef HF_BASE_BUF_H
#define HF_BASE_BUF_H

#include "base/bytes.h"

#include <stdarg.h>

struct hf_buf {
    uint8_t *ptr;
    size_t len;
    size_t cap; /* bytes allocated */
    size_t max; /* hard cap in bytes; beyond it HF_ERR_LIMIT */
    int err;    /* 0, HF_ERR_LIMIT or HF_ERR_NOMEM; sticky */
};

void hf_buf_init(struct hf_buf *b, size_t max);
void hf_buf_fini(struct hf_buf *b);

/* Makes room for `extra` bytes behind the end, so that the caller may write
 * them at ptr + len and then raise len with hf_buf_used. */
int hf_buf_reserve(struct hf_buf *b, size_t extra);
void hf_buf_used(struct hf_buf *b, size_t count);

/* Appends a copy.  Here and in the next, so that what fits costs no call. */
static inline void hf_buf_add(struct hf_buf *b, struct hf_bytes bytes)
{
    if (bytes.len == 0) return;
    if ((b->err != 0 || bytes.len > b->cap - b->len) && hf_buf_reserve(b, bytes.len) != 0) return;
    memcpy(b->ptr + b->len, bytes.ptr, bytes.len);
    b->len += bytes.len;
}

static inline void hf_buf_add_byte(struct hf_buf *b, uint8_t byte)
{
    if ((b->err != 0 || b->len == b->cap) && hf_buf_reserve(b, 1) != 0) return;
    b->ptr[b->len++] = byte;
}

void hf_buf_add_u64(struct hf_buf *b, uint64_t value); /* decimal */
void hf_buf_add_i64(struct hf_buf *b, int64_t value);
/* Wants room for one byte more than its text. */
__attribute__((format(printf, 2, 3))) void hf_buf_addf(struct hf_buf *b, const char *format, ...);

/* Each becomes what the other was, with its memory and its cap. */
void hf_buf_swap(struct hf_buf *a, struct hf_buf *b);

/* Removes `count` bytes at the head; the rest moves down. */
void hf_buf_take(struct hf_buf *b, size_t count);

/* Forgets everything behind the first `len` bytes; len <= b->len. */
void hf_buf_cut(struct hf_buf *b, size_t len);

/* Empties and clears the sticky error; memory above `keep` bytes is freed. */
void hf_buf_reset(struct hf_buf *b, size_t keep);

/* 0 or the sticky error. */
int hf_buf_done(const struct hf_buf *b);

/* What is in it now; borrowed until the next change. */
static inline struct hf_bytes hf_buf_view(const struct hf_buf *b)
{
    return (struct hf_bytes){ b->ptr, b->len };
}

/* The same as C wants it, with a zero behind it that does not count: NULL when not all of it,
 * or not the zero, found room. */
const char *hf_buf_text(struct hf_buf *b);

#define HF_BUF_LIT(b, literal) hf_buf_add((b), HF_LIT(literal))

#endif
