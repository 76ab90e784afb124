/* base/bytes.h: a borrowed span of bytes.
 *
 * Strings travel as spans; a terminating zero is a courtesy for libc and never
 * the length.  Nothing here owns memory. */
#ifndef HF_BASE_BYTES_H
#define HF_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HF_COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct hf_bytes {
    const uint8_t *ptr;
    size_t len;
};

/* A string literal as a span, without its zero. */
#define HF_LIT(literal) ((struct hf_bytes){ (const uint8_t *)("" literal), sizeof(literal) - 1 })
/* The same as a static initialiser. */
#define HF_LIT_INIT(literal)                                                                       \
    {                                                                                              \
        (const uint8_t *)("" literal), sizeof(literal) - 1                                         \
    }
#define HF_EMPTY ((struct hf_bytes){ NULL, 0 })

static inline struct hf_bytes hf_bytes(const void *ptr, size_t len)
{
    return (struct hf_bytes){ ptr, len };
}

/* A zero-terminated string (a literal, argv, the environment) as a span. */
static inline struct hf_bytes hf_bytes_cstr(const char *text)
{
    return (struct hf_bytes){ (const uint8_t *)text, text ? strlen(text) : 0 };
}

static inline bool hf_bytes_same(struct hf_bytes a, struct hf_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The part from `from` on (clamped to the end). */
static inline struct hf_bytes hf_bytes_from(struct hf_bytes b, size_t from)
{
    if (from > b.len) from = b.len;
    return (struct hf_bytes){ from ? b.ptr + from : b.ptr, b.len - from };
}

/* The first `len` bytes (clamped). */
static inline struct hf_bytes hf_bytes_head(struct hf_bytes b, size_t len)
{
    return (struct hf_bytes){ b.ptr, len < b.len ? len : b.len };
}

/* ASCII letters compare without case; other bytes exactly. */
bool hf_bytes_same_nocase(struct hf_bytes a, struct hf_bytes b);

bool hf_bytes_starts(struct hf_bytes b, struct hf_bytes prefix);
bool hf_bytes_ends(struct hf_bytes b, struct hf_bytes suffix);

/* Orders bytewise, shorter first when one is the other's head. */
int hf_bytes_compare(struct hf_bytes a, struct hf_bytes b);

/* Index of `byte` at or after `from`, or b.len. */
size_t hf_bytes_find(struct hf_bytes b, size_t from, uint8_t byte);

/* Index of the first `lower` (ASCII letters in lower case, at least one byte) at or
 * after `from`, whatever the case of the text; b.len when there is none. */
size_t hf_bytes_find_nocase(struct hf_bytes b, size_t from, struct hf_bytes lower);

/* Without ASCII spaces and tabs, CR and LF at both ends. */
struct hf_bytes hf_bytes_trim(struct hf_bytes b);

/* All digits, at least one, fits: true and the value. */
bool hf_bytes_u64(struct hf_bytes b, uint64_t *out);

/* The longest head of at most `max` bytes that does not cut a UTF-8 sequence
 * (the text is valid UTF-8). */
struct hf_bytes hf_bytes_cut_utf8(struct hf_bytes text, size_t max);

#endif
