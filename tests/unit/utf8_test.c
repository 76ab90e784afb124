#include "wire/utf8.h"
#include "base/rng.h"
#include "lib/check.h"

/* `good` is how many bytes may be taken before the text is beyond repair; a text
 * that is only unfinished is good to its end. */
static const struct {
    struct hf_bytes text;
    size_t good;
    bool is_whole;
} texts[] = {
    { HF_LIT_INIT(""), 0, true },
    { HF_LIT_INIT("plain"), 5, true },
    { HF_LIT_INIT("\0"), 1, true },
    { HF_LIT_INIT("\x7F"), 1, true },
    { HF_LIT_INIT("\x80"), 0, false },     /* a continuation alone */
    { HF_LIT_INIT("\xC1\xBF"), 0, false }, /* overlong U+007F */
    { HF_LIT_INIT("\xC2\x80"), 2, true },  /* U+0080, the first of two bytes */
    { HF_LIT_INIT("\xC2"), 1, false },     /* unfinished */
    { HF_LIT_INIT("\xC2\x7F"), 1, false },
    { HF_LIT_INIT("\xC2\xC0"), 1, false },
    { HF_LIT_INIT("\xDF\xBF"), 2, true },      /* U+07FF */
    { HF_LIT_INIT("\xE0\x9F\xBF"), 1, false }, /* overlong U+07FF */
    { HF_LIT_INIT("\xE0\xA0\x80"), 3, true },  /* U+0800 */
    { HF_LIT_INIT("\xE2\x82"), 2, false },
    { HF_LIT_INIT("\xE2\x82\xAC"), 3, true },
    { HF_LIT_INIT("\xED\x9F\xBF"), 3, true },      /* U+D7FF, before the surrogates */
    { HF_LIT_INIT("\xED\xA0\x80"), 1, false },     /* U+D800 */
    { HF_LIT_INIT("\xED\xBF\xBF"), 1, false },     /* U+DFFF */
    { HF_LIT_INIT("\xEE\x80\x80"), 3, true },      /* U+E000, behind them */
    { HF_LIT_INIT("\xEF\xBF\xBF"), 3, true },      /* U+FFFF */
    { HF_LIT_INIT("\xF0\x8F\xBF\xBF"), 1, false }, /* overlong U+FFFF */
    { HF_LIT_INIT("\xF0\x90\x80\x80"), 4, true },  /* U+10000 */
    { HF_LIT_INIT("\xF0\x9F\x98"), 3, false },
    { HF_LIT_INIT("\xF4\x8F\xBF\xBF"), 4, true },  /* U+10FFFF, the last */
    { HF_LIT_INIT("\xF4\x90\x80\x80"), 1, false }, /* U+110000 */
    { HF_LIT_INIT("\xF5\x80\x80\x80"), 0, false },
    { HF_LIT_INIT("\xFF"), 0, false },
    { HF_LIT_INIT("a\xE2\x82\xAC\xF0\x9F\x98\x80z"), 9, true },
    { HF_LIT_INIT("\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80"), 12, false },
};

static void a_whole_text_is_judged_by_the_table_of_rfc_3629(void)
{
    for (size_t i = 0; i < HF_COUNT(texts); i++)
        CHECK_EQ_AT(i, hf_utf8_check(texts[i].text), texts[i].is_whole);
}

static void the_first_bad_byte_fails_and_none_before_it(void)
{
    for (size_t i = 0; i < HF_COUNT(texts); i++) {
        struct hf_utf8 u;
        hf_utf8_init(&u);
        for (size_t at = 0; at < texts[i].text.len; at++)
            CHECK_EQ_AT(i, hf_utf8_step(&u, hf_bytes(texts[i].text.ptr + at, 1)),
                        at < texts[i].good);
        CHECK_EQ_AT(i, hf_utf8_is_whole(&u), texts[i].is_whole);
    }
}

static void a_text_that_failed_stays_bad(void)
{
    struct hf_utf8 u;
    hf_utf8_init(&u);
    CHECK(!hf_utf8_step(&u, HF_LIT("\xFF")));
    CHECK(!hf_utf8_step(&u, HF_LIT("good")));
    CHECK(!hf_utf8_is_whole(&u));
}

/* The oracle: decodes by arithmetic and compares with the shortest form. */
static bool is_character(const uint8_t *b, size_t len)
{
    static const uint8_t marks[] = { 0, 0x00, 0xC0, 0xE0, 0xF0 };
    static const uint8_t masks[] = { 0, 0x80, 0xE0, 0xF0, 0xF8 };
    static const uint32_t firsts[] = { 0, 0, 0x80, 0x800, 0x10000 };
    if ((b[0] & masks[len]) != marks[len]) return false;
    uint32_t value = b[0] & (uint8_t)~masks[len];
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xC0) != 0x80) return false;
        value = value << 6 | (b[i] & 0x3F);
    }
    return value >= firsts[len] && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

static void every_sequence_of_two_and_three_bytes_agrees_with_arithmetic(void)
{
    for (uint32_t n = 0; n < 1u << 24; n += n < 0xC00000 ? 0x100 : 1) {
        uint8_t b[3] = { (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
        bool pair = is_character(b, 2) || (is_character(b, 1) && is_character(b + 1, 1));
        bool triple = is_character(b, 3) || (is_character(b, 1) && is_character(b + 1, 2)) ||
                      (pair && is_character(b + 2, 1));
        CHECK_EQ_AT(n, hf_utf8_check(hf_bytes(b, 2)), pair);
        CHECK_EQ_AT(n, hf_utf8_check(hf_bytes(b, 3)), triple);
    }
}

static void every_sequence_of_four_bytes_behind_a_long_lead_agrees_with_arithmetic(void)
{
    for (uint64_t n = 0xEF000000; n <= UINT32_MAX; n += 251) {
        uint8_t b[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
        bool is_good = is_character(b, 4) || (is_character(b, 3) && is_character(b + 3, 1));
        CHECK_EQ_AT(n, hf_utf8_check(hf_bytes(b, 4)), is_good);
    }
}

static size_t add_character(struct hf_rng *rng, uint8_t *out)
{
    switch (hf_rng_below(rng, 4)) {
    case 0:
        out[0] = (uint8_t)hf_rng_below(rng, 0x80);
        return 1;
    case 1:
        memcpy(out, "\xC3\xA9", 2);
        return 2;
    case 2:
        memcpy(out, "\xED\x9F\xBF", 3);
        return 3;
    default:
        memcpy(out, "\xF0\x9F\x98\x80", 4);
        return 4;
    }
}

enum { TEXT_MAX = 400 };

/* Valid text of random length, with runs of ASCII; half of the time one byte is
 * changed. */
static size_t make_text(struct hf_rng *rng, uint8_t out[TEXT_MAX + 4])
{
    size_t len = 0, want = (size_t)hf_rng_below(rng, TEXT_MAX);
    while (len < want) {
        if (hf_rng_below(rng, 16) == 0) {
            size_t run = (size_t)hf_rng_below(rng, want - len + 1);
            memset(out + len, 'a', run);
            len += run;
        } else {
            len += add_character(rng, out + len);
        }
    }
    if (len > 0 && hf_rng_below(rng, 2) == 0)
        out[hf_rng_below(rng, len)] = (uint8_t)hf_rng_u64(rng);
    return len;
}

/* How many bytes are taken one at a time before the first failure. */
static size_t good_bytes(struct hf_bytes text, bool *is_whole)
{
    struct hf_utf8 u;
    size_t i = 0;
    hf_utf8_init(&u);
    while (i < text.len && hf_utf8_step(&u, hf_bytes(text.ptr + i, 1))) i++;
    *is_whole = hf_utf8_is_whole(&u);
    return i;
}

static void the_fast_ways_agree_with_one_byte_at_a_time(void)
{
    struct hf_rng rng;
    uint8_t raw[TEXT_MAX + 4];
    hf_rng_init_number(&rng, 1);
    for (int round = 0; round < 20000; round++) {
        struct hf_bytes text = hf_bytes(raw, make_text(&rng, raw));
        bool is_whole;
        size_t good = good_bytes(text, &is_whole);
        CHECK_EQ_AT(round, hf_utf8_check(text), is_whole);
        size_t portable = hf_utf8_skip_portable(text), avx2 = hf_utf8_skip_avx2(text);
        CHECK_AT(round, portable <= good && good - portable <= 3);
        CHECK_AT(round, avx2 <= portable);
        CHECK_AT(round, avx2 == 0 || portable - avx2 < 32 + 3);
        CHECK_AT(round, hf_utf8_check(hf_bytes_head(text, portable)));
        CHECK_AT(round, hf_utf8_check(hf_bytes_head(text, avx2)));
    }
}

static void every_cut_of_a_text_gives_the_same_verdict(void)
{
    struct hf_rng rng;
    uint8_t raw[TEXT_MAX + 4];
    hf_rng_init_number(&rng, 2);
    for (int round = 0; round < 200; round++) {
        struct hf_bytes text = hf_bytes(raw, make_text(&rng, raw));
        bool is_whole;
        size_t good = good_bytes(text, &is_whole);
        for (size_t cut = 0; cut <= text.len; cut++) {
            struct hf_utf8 u;
            hf_utf8_init(&u);
            CHECK_EQ_AT(cut, hf_utf8_step(&u, hf_bytes_head(text, cut)), cut <= good);
            hf_utf8_step(&u, hf_bytes_from(text, cut));
            CHECK_EQ_AT(cut, hf_utf8_is_whole(&u), is_whole);
        }
    }
}

CHECK_MAIN(a_whole_text_is_judged_by_the_table_of_rfc_3629,
           the_first_bad_byte_fails_and_none_before_it, a_text_that_failed_stays_bad,
           every_sequence_of_two_and_three_bytes_agrees_with_arithmetic,
           every_sequence_of_four_bytes_behind_a_long_lead_agrees_with_arithmetic,
           the_fast_ways_agree_with_one_byte_at_a_time, every_cut_of_a_text_gives_the_same_verdict)
