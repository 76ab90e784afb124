#include "wire/utf8.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HF_HAVE_AVX2 1
#else
#define HF_HAVE_AVX2 0
#endif

enum {
    CONTINUATION_LOW = 0x80,
    CONTINUATION_HIGH = 0xBF,
    VECTOR_MIN = 64, /* shorter text does not pay for the set-up */
};

void hf_utf8_init(struct hf_utf8 *u)
{
    *u = (struct hf_utf8){ 0 };
}

static void expect(struct hf_utf8 *u, uint8_t missing, uint8_t low, uint8_t high)
{
    u->missing = missing;
    u->low = low;
    u->high = high;
}

/* RFC 3629 section 4: the first byte says how many follow and bounds the second. */
static bool step_first(struct hf_utf8 *u, uint8_t c)
{
    if (c < 0x80) return true;
    if (c < 0xC2 || c > 0xF4) return false;
    if (c < 0xE0)
        expect(u, 1, CONTINUATION_LOW, CONTINUATION_HIGH);
    else if (c < 0xF0)
        expect(u, 2, c == 0xE0 ? 0xA0 : CONTINUATION_LOW, c == 0xED ? 0x9F : CONTINUATION_HIGH);
    else
        expect(u, 3, c == 0xF0 ? 0x90 : CONTINUATION_LOW, c == 0xF4 ? 0x8F : CONTINUATION_HIGH);
    return true;
}

static bool step_byte(struct hf_utf8 *u, uint8_t c)
{
    if (u->missing == 0) return step_first(u, c);
    if (c < u->low || c > u->high) return false;
    expect(u, (uint8_t)(u->missing - 1), CONTINUATION_LOW, CONTINUATION_HIGH);
    return true;
}

static size_t skip_fast(struct hf_bytes text)
{
#if HF_HAVE_AVX2
    if (text.len >= VECTOR_MIN && __builtin_cpu_supports("avx2")) return hf_utf8_skip_avx2(text);
#endif
    return hf_utf8_skip_portable(text);
}

bool hf_utf8_step(struct hf_utf8 *u, struct hf_bytes chunk)
{
    size_t i = 0;
    if (u->is_bad) return false;
    while (u->missing > 0 && i < chunk.len)
        if (!step_byte(u, chunk.ptr[i++])) goto bad;
    if (i < chunk.len) i += skip_fast(hf_bytes_from(chunk, i));
    while (i < chunk.len)
        if (!step_byte(u, chunk.ptr[i++])) goto bad;
    return true;
bad:
    u->is_bad = true;
    return false;
}

bool hf_utf8_is_whole(const struct hf_utf8 *u)
{
    return !u->is_bad && u->missing == 0;
}

bool hf_utf8_check(struct hf_bytes text)
{
    struct hf_utf8 u;
    hf_utf8_init(&u);
    return hf_utf8_step(&u, text) && hf_utf8_is_whole(&u);
}

/* Length of the valid character at the head of `text`, 0 when there is none. */
static size_t char_len(struct hf_bytes text)
{
    struct hf_utf8 u = { 0 };
    if (text.len == 0 || !step_first(&u, text.ptr[0]) || text.len <= u.missing) return 0;
    if (u.missing > 0 && (text.ptr[1] < u.low || text.ptr[1] > u.high)) return 0;
    for (size_t i = 2; i <= u.missing; i++)
        if ((text.ptr[i] & 0xC0) != 0x80) return 0;
    return 1 + (size_t)u.missing;
}

static size_t skip_ascii(struct hf_bytes text)
{
    size_t i = 0;
    for (uint64_t word; text.len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text.ptr + i, sizeof word);
        if (word & 0x8080808080808080u) break;
    }
    while (i < text.len && text.ptr[i] < 0x80) i++;
    return i;
}

size_t hf_utf8_skip_portable(struct hf_bytes text)
{
    size_t i = 0;
    while (i < text.len) {
        i += skip_ascii(hf_bytes_from(text, i));
        size_t len = char_len(hf_bytes_from(text, i));
        if (len == 0) break;
        i += len;
    }
    return i;
}

#if HF_HAVE_AVX2

/* Keiser and Lemire, "Validating UTF-8 in less than one instruction per byte"
 * (2020): every fault shows in two neighbouring bytes, so three look-ups by
 * nibble (high and low of the first, high of the second) name the faults each
 * nibble allows, and what all three allow is a fault.  The exception is how many
 * continuation bytes a lead of three or four wants: those are counted apart. */
enum fault {
    LEAD_THEN_OTHER = 1,  /* 11______ then 0_______ or 11______ */
    ASCII_THEN_MORE = 2,  /* 0_______ then 10______ */
    OVERLONG_2 = 4,       /* C0, C1 */
    OVERLONG_3 = 8,       /* E0 then 80..9F */
    SURROGATE = 16,       /* ED then A0..BF */
    TOO_HIGH = 32,        /* F4 and up, then 90..BF */
    TOO_HIGH_OR_LOW = 64, /* F5 and up, or F0 (overlong), then 80..8F */
    TWO_CONTINUATIONS = 128,
    ANY_LOW = LEAD_THEN_OTHER | ASCII_THEN_MORE | TWO_CONTINUATIONS,
    LOW_5_UP = ANY_LOW | TOO_HIGH | TOO_HIGH_OR_LOW,
    LEAD_F = LEAD_THEN_OTHER | TOO_HIGH | TOO_HIGH_OR_LOW,
    SECOND_ANY = ASCII_THEN_MORE | OVERLONG_2 | TWO_CONTINUATIONS,
};

static const uint8_t first_high[16] = {
    ASCII_THEN_MORE,
    ASCII_THEN_MORE,
    ASCII_THEN_MORE,
    ASCII_THEN_MORE,
    ASCII_THEN_MORE,
    ASCII_THEN_MORE,
    ASCII_THEN_MORE,
    ASCII_THEN_MORE,
    TWO_CONTINUATIONS,
    TWO_CONTINUATIONS,
    TWO_CONTINUATIONS,
    TWO_CONTINUATIONS,
    LEAD_THEN_OTHER | OVERLONG_2,
    LEAD_THEN_OTHER,
    LEAD_THEN_OTHER | OVERLONG_3 | SURROGATE,
    LEAD_F,
};

static const uint8_t first_low[16] = {
    ANY_LOW | OVERLONG_2 | OVERLONG_3 | TOO_HIGH_OR_LOW,
    ANY_LOW | OVERLONG_2,
    ANY_LOW,
    ANY_LOW,
    ANY_LOW | TOO_HIGH,
    LOW_5_UP,
    LOW_5_UP,
    LOW_5_UP,
    LOW_5_UP,
    LOW_5_UP,
    LOW_5_UP,
    LOW_5_UP,
    LOW_5_UP,
    LOW_5_UP | SURROGATE,
    LOW_5_UP,
    LOW_5_UP,
};

static const uint8_t second_high[16] = {
    LEAD_THEN_OTHER,
    LEAD_THEN_OTHER,
    LEAD_THEN_OTHER,
    LEAD_THEN_OTHER,
    LEAD_THEN_OTHER,
    LEAD_THEN_OTHER,
    LEAD_THEN_OTHER,
    LEAD_THEN_OTHER,
    SECOND_ANY | OVERLONG_3 | TOO_HIGH_OR_LOW,
    SECOND_ANY | OVERLONG_3 | TOO_HIGH,
    SECOND_ANY | SURROGATE | TOO_HIGH,
    SECOND_ANY | SURROGATE | TOO_HIGH,
    LEAD_THEN_OTHER,
    LEAD_THEN_OTHER,
    LEAD_THEN_OTHER,
    LEAD_THEN_OTHER,
};

enum { BLOCK = 32 };

#define HF_AVX2 __attribute__((target("avx2"), always_inline)) static inline

HF_AVX2 __m256i table(const uint8_t rows[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)rows));
}

HF_AVX2 __m256i high_nibbles(__m256i v)
{
    return _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15));
}

/* The faults of one block; `before` is the block before it. */
HF_AVX2 __m256i block_faults(__m256i block, __m256i before)
{
    __m256i joint = _mm256_permute2x128_si256(before, block, 0x21);
    __m256i back1 = _mm256_alignr_epi8(block, joint, 15);
    __m256i back2 = _mm256_alignr_epi8(block, joint, 14);
    __m256i back3 = _mm256_alignr_epi8(block, joint, 13);
    __m256i pair = _mm256_shuffle_epi8(table(first_high), high_nibbles(back1));
    __m256i low = _mm256_and_si256(back1, _mm256_set1_epi8(15));
    pair = _mm256_and_si256(pair, _mm256_shuffle_epi8(table(first_low), low));
    pair = _mm256_and_si256(pair, _mm256_shuffle_epi8(table(second_high), high_nibbles(block)));
    /* The top bit stays set where a lead two or three bytes back wants more. */
    __m256i third = _mm256_subs_epu8(back2, _mm256_set1_epi8(0xE0 - 0x80));
    __m256i fourth = _mm256_subs_epu8(back3, _mm256_set1_epi8(0xF0 - 0x80));
    __m256i wanted = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(-128));
    return _mm256_xor_si256(pair, wanted);
}

/* `len` bytes without a fault, the last character perhaps cut: without it. */
static size_t whole_chars(const uint8_t *ptr, size_t len)
{
    if (len >= 1 && ptr[len - 1] >= 0xC0) return len - 1;
    if (len >= 2 && ptr[len - 2] >= 0xE0) return len - 2;
    if (len >= 3 && ptr[len - 3] >= 0xF0) return len - 3;
    return len;
}

__attribute__((target("avx2"))) size_t hf_utf8_skip_avx2(struct hf_bytes text)
{
    if (!__builtin_cpu_supports("avx2")) return 0;
    __m256i before = _mm256_setzero_si256();
    uint32_t before_mask = 0; /* which bytes of the block before are not ASCII */
    size_t i = 0;
    for (; text.len - i >= BLOCK; i += BLOCK) {
        __m256i block = _mm256_loadu_si256((const __m256i *)(const void *)(text.ptr + i));
        uint32_t mask = (uint32_t)_mm256_movemask_epi8(block);
        /* ASCII behind a block that ends with ASCII has no faults. */
        if (mask != 0 || before_mask >> (BLOCK - 1) != 0) {
            __m256i faults = block_faults(block, before);
            if (!_mm256_testz_si256(faults, faults)) break;
        }
        before = block;
        before_mask = mask;
    }
    return whole_chars(text.ptr, i);
}

#else

size_t hf_utf8_skip_avx2(struct hf_bytes text)
{
    (void)text;
    return 0;
}

#endif
