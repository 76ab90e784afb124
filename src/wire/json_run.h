/* wire/json_run.h: how far does text run before a byte that JSON treats specially?
 *
 * The inner loop of the scanner and of the writer, in two ways that must agree:
 * with SSE2, which every x86-64 has, and with plain 64-bit words.  Special are the
 * quote, the backslash and control bytes, and for HF_JSON_RUN_ASCII everything
 * beyond ASCII too. */
#ifndef HF_WIRE_JSON_RUN_H
#define HF_WIRE_JSON_RUN_H

#include "base/bytes.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum hf_json_run { HF_JSON_RUN_ASCII, HF_JSON_RUN_TEXT };

static inline bool hf_json_is_special(uint8_t c, enum hf_json_run run)
{
    return c < 0x20 || c == '"' || c == '\\' || (run == HF_JSON_RUN_ASCII && c >= 0x80);
}

/* The first special byte at or behind `at`, or `end`. */
static inline const uint8_t *hf_json_run_portable(const uint8_t *at, const uint8_t *end,
                                                  enum hf_json_run run)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        /* The classic test "has this word a zero byte", on three masks.  It may name the wrong
         * byte but never misses that there is one; the loop below finds it. */
        uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
        uint64_t hit = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
                       ((word - ones * 0x20) & ~word);
        if (run == HF_JSON_RUN_ASCII) hit |= word;
        if (hit & highs) break;
        at += 8;
    }
    while (at < end && !hf_json_is_special(*at, run)) at++;
    return at;
}

#ifdef __SSE2__
/* Bit n is set when byte n of the sixteen at `at` is special. */
static inline unsigned hf_json_special_mask(const uint8_t *at, enum hf_json_run run)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    /* Compared as signed, bytes beyond ASCII are below the space like controls. */
    __m128i low = run == HF_JSON_RUN_ASCII
                      ? _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20))
                      : _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    __m128i hit = _mm_or_si128(low, _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                                 _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    return (unsigned)_mm_movemask_epi8(hit);
}

static inline const uint8_t *hf_json_run_sse2(const uint8_t *at, const uint8_t *end,
                                              enum hf_json_run run)
{
    while (end - at >= 16) {
        unsigned mask = hf_json_special_mask(at, run);
        if (mask != 0) return at + __builtin_ctz(mask);
        at += 16;
    }
    return hf_json_run_portable(at, end, run);
}
#endif

/* The faster of the two here. */
static inline const uint8_t *hf_json_run(const uint8_t *at, const uint8_t *end,
                                         enum hf_json_run run)
{
#ifdef __SSE2__
    return hf_json_run_sse2(at, end, run);
#else
    return hf_json_run_portable(at, end, run);
#endif
}

#endif
