#include "base/bytes.h"
#include "lib/check.h"

static const struct {
    const char *a, *b;
    bool is_same, is_same_nocase;
    int order;
} pairs[] = {
    { "", "", true, true, 0 },
    { "a", "a", true, true, 0 },
    { "a", "A", false, true, 1 },
    { "ab", "a", false, false, 1 },
    { "a", "ab", false, false, -1 },
    { "", "a", false, false, -1 },
    { "Z[", "z{", false, false, -1 }, /* not letters: 0x5B and 0x7B differ */
    { "@", "`", false, false, -1 },
    { "AZaz", "azAZ", false, true, -1 },
    { "\xC3\x84", "\xC3\xA4", false, false, -1 },
};

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void spans_compare_by_bytes_or_without_ascii_case(void)
{
    for (size_t i = 0; i < HF_COUNT(pairs); i++) {
        struct hf_bytes a = hf_bytes_cstr(pairs[i].a), b = hf_bytes_cstr(pairs[i].b);
        CHECK_EQ_AT(i, hf_bytes_same(a, b), pairs[i].is_same);
        CHECK_EQ_AT(i, hf_bytes_same_nocase(a, b), pairs[i].is_same_nocase);
        CHECK_EQ_AT(i, sign(hf_bytes_compare(a, b)), pairs[i].order);
        CHECK_EQ_AT(i, sign(hf_bytes_compare(b, a)), -pairs[i].order);
    }
}

static void heads_and_tails_are_clamped(void)
{
    struct hf_bytes b = HF_LIT("abc");
    CHECK_TEXT(hf_bytes_head(b, 2), "ab");
    CHECK_TEXT(hf_bytes_head(b, 4), "abc");
    CHECK_TEXT(hf_bytes_from(b, 2), "c");
    CHECK_TEXT(hf_bytes_from(b, 3), "");
    CHECK_TEXT(hf_bytes_from(b, 4), "");
    CHECK_TEXT(hf_bytes_from(HF_EMPTY, 4), "");
    CHECK(hf_bytes_starts(b, HF_LIT("ab")));
    CHECK(hf_bytes_starts(b, HF_EMPTY));
    CHECK(!hf_bytes_starts(b, HF_LIT("abcd")));
    CHECK(hf_bytes_ends(b, HF_LIT("bc")));
    CHECK(!hf_bytes_ends(b, HF_LIT("ab")));
    CHECK(!hf_bytes_ends(b, HF_LIT("xabc")));
}

static void a_byte_is_found_at_or_after_a_place(void)
{
    struct hf_bytes b = HF_LIT("a,b,");
    CHECK_EQ(hf_bytes_find(b, 0, ','), 1);
    CHECK_EQ(hf_bytes_find(b, 1, ','), 1);
    CHECK_EQ(hf_bytes_find(b, 2, ','), 3);
    CHECK_EQ(hf_bytes_find(b, 4, ','), 4);
    CHECK_EQ(hf_bytes_find(b, 9, ','), 4);
    CHECK_EQ(hf_bytes_find(HF_EMPTY, 0, ','), 0);
}

static void white_space_is_trimmed_at_both_ends(void)
{
    CHECK_TEXT(hf_bytes_trim(HF_LIT(" \t\r\na b\n ")), "a b");
    CHECK_TEXT(hf_bytes_trim(HF_LIT("a")), "a");
    CHECK_TEXT(hf_bytes_trim(HF_LIT(" \n")), "");
    CHECK_TEXT(hf_bytes_trim(HF_EMPTY), "");
}

static const struct {
    const char *text;
    bool is_number;
    uint64_t value;
} numbers[] = {
    { "0", true, 0 },
    { "007", true, 7 },
    { "18446744073709551615", true, UINT64_MAX },
    { "18446744073709551616", false, 0 },
    { "99999999999999999999", false, 0 },
    { "", false, 0 },
    { "-1", false, 0 },
    { "+1", false, 0 },
    { " 1", false, 0 },
    { "1x", false, 0 },
};

static void a_number_is_all_digits_and_fits(void)
{
    for (size_t i = 0; i < HF_COUNT(numbers); i++) {
        uint64_t value = 0;
        CHECK_EQ_AT(i, hf_bytes_u64(hf_bytes_cstr(numbers[i].text), &value), numbers[i].is_number);
        CHECK_AT(i, value == numbers[i].value);
    }
}

static const struct {
    const char *text;
    size_t max;
    const char *want;
} cuts[] = {
    { "abc", 3, "abc" },
    { "abc", 2, "ab" },
    { "abc", 0, "" },
    { "a\xC3\xA9z", 2, "a" },
    { "a\xC3\xA9z", 3, "a\xC3\xA9" },
    { "\xF0\x9F\x98\x80", 3, "" },
    { "\xF0\x9F\x98\x80", 4, "\xF0\x9F\x98\x80" },
};

static void a_text_is_cut_between_characters(void)
{
    for (size_t i = 0; i < HF_COUNT(cuts); i++)
        CHECK_TEXT_AT(i, hf_bytes_cut_utf8(hf_bytes_cstr(cuts[i].text), cuts[i].max), cuts[i].want);
}

static void a_lower_case_text_is_found_in_any_case(void)
{
    static const struct {
        const char *text, *lower;
        size_t from, at;
    } rows[] = {
        { "", "a", 0, 0 },
        { "a", "ab", 0, 1 },
        { "xAbC", "abc", 0, 1 },
        { "xAbC", "abc", 1, 1 },
        { "xAbC", "abc", 2, 4 },
        { "abab", "ab", 1, 2 },
        { "ab", "ab", 9, 2 },
        { "aab", "ab", 0, 1 },
        /* First bytes in both cases before it, and none behind. */
        { "aAaAab", "ab", 0, 4 },
        { "AaAaAB", "ab", 0, 4 },
        { "AaAaAB", "ab", 4, 4 },
        { "AaAaAB", "ab", 5, 6 },
        { "abAB", "ab", 1, 2 },
        { "ABab", "ab", 1, 2 },
        { "xa", "ab", 0, 2 },
        { "{[{[a", "[a", 0, 3 }, /* 0x5B and 0x7B are no two cases */
        { "{a", "[a", 0, 2 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i,
                    hf_bytes_find_nocase(hf_bytes_cstr(rows[i].text), rows[i].from,
                                         hf_bytes_cstr(rows[i].lower)),
                    rows[i].at);
}

CHECK_MAIN(spans_compare_by_bytes_or_without_ascii_case, heads_and_tails_are_clamped,
           a_byte_is_found_at_or_after_a_place, white_space_is_trimmed_at_both_ends,
           a_number_is_all_digits_and_fits, a_text_is_cut_between_characters,
           a_lower_case_text_is_found_in_any_case)
