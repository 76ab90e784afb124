#include "wire/json_read.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "lib/check.h"

#include <math.h>

static struct hf_bytes accepted(const char *text)
{
    struct hf_bytes bytes = hf_bytes_cstr(text);
    CHECK_EQ(hf_json_check(bytes, HF_JSON_DEPTH_MAX, NULL), 0);
    return hf_json_root(bytes);
}

static void the_first_byte_tells_the_kind(void)
{
    static const struct {
        const char *text;
        enum hf_json_kind want;
    } rows[] = {
        { " null ", HF_JSON_NULL }, { "true", HF_JSON_BOOL },  { "false", HF_JSON_BOOL },
        { "-1", HF_JSON_NUMBER },   { "0", HF_JSON_NUMBER },   { "\"\"", HF_JSON_STRING },
        { "\n[]", HF_JSON_ARRAY },  { "{} ", HF_JSON_OBJECT },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_json_kind(accepted(rows[i].text)), rows[i].want);
    CHECK_EQ(hf_json_kind(HF_EMPTY), HF_JSON_NONE);
}

static void find_takes_the_last_of_several_members_and_may_miss(void)
{
    static const struct {
        const char *object, *name, *want; /* want "" is a miss */
    } rows[] = {
        { "{\"a\":1,\"b\":2}", "b", "2" },
        { "{\"a\":1,\"a\":2,\"a\":3}", "a", "3" },
        { "{\"a\":1}", "A", "" },
        { "{\"a\":1}", "", "" },
        { "{\"\":1}", "", "1" },
        { "{}", "a", "" },
        { "[\"a\",1]", "a", "" },
        { "\"a\"", "a", "" },
        { " { \"x\" : { \"a\" : 1 } , \"a\" : [ { } , \"}\" ] } ", "a", "[ { } , \"}\" ]" },
        { "{\"q\":\"\\\\\",\"a\":\"\\\"a\\\":\"}", "a", "\"\\\"a\\\":\"" },
        { "{\"\\u0061\":1}", "a", "1" },
        { "{\"\\u00e9\":1}", "\xC3\xA9", "1" },
        { "{\"\xC3\xA9\":1}", "\xC3\xA9", "1" },
        { "{\"a\\u0000\":1,\"a\":2}", "a", "2" },
        { "{\"type\":\"x\",\"typ\":1,\"types\":2}", "typ", "1" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_TEXT_AT(i, hf_json_find(accepted(rows[i].object), rows[i].name), rows[i].want);
    CHECK_EQ(hf_json_find(HF_EMPTY, "a").len, 0);
}

static void elements_come_in_order_whatever_stands_between_them(void)
{
    static const char *const want[] = { "1",        "\"],\"", "[2, [3]]", "{\"a\":[4]}",
                                        "\"\\\\\"", "null",   "-5e1" };
    struct hf_bytes array = accepted(" [1 ,\"],\",\n[2, [3]],{\"a\":[4]} , \"\\\\\",null,\t-5e1 ]");
    struct hf_json_iter it = hf_json_iter(array);
    struct hf_bytes value;
    size_t i = 0;
    for (; hf_json_next(&it, &value); i++) CHECK_TEXT_AT(i, value, want[i]);
    CHECK_EQ(i, HF_COUNT(want));
    CHECK(!hf_json_next(&it, &value));
}

static void members_come_in_order_doubles_too(void)
{
    struct hf_json_iter it = hf_json_iter(accepted("{\"a\" :1 , \"b\":{}, \"a\":\"x\"}"));
    struct hf_json_member m;
    CHECK(hf_json_next_member(&it, &m));
    CHECK_TEXT(m.key, "\"a\"");
    CHECK_TEXT(m.value, "1");
    CHECK(hf_json_next_member(&it, &m));
    CHECK_TEXT(m.key, "\"b\"");
    CHECK_TEXT(m.value, "{}");
    CHECK(hf_json_next_member(&it, &m));
    CHECK_TEXT(m.value, "\"x\"");
    CHECK(!hf_json_next_member(&it, &m));
}

static void empty_containers_and_scalars_have_nothing_to_walk(void)
{
    static const char *const rows[] = { "[]", " [ ] ", "{}", "{ }", "1", "\"[1]\"", "null" };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_json_iter it = hf_json_iter(accepted(rows[i]));
        struct hf_bytes value;
        CHECK_AT(i, !hf_json_next(&it, &value));
        CHECK_EQ_AT(i, hf_json_count(accepted(rows[i])), 0);
    }
    CHECK_EQ(hf_json_count(accepted("[1,[2,3],{}]")), 3);
    CHECK_EQ(hf_json_count(accepted("{\"a\":1,\"b\":[1,2,3]}")), 2);
}

static void integers_are_exact_or_refused(void)
{
    static const struct {
        const char *text;
        int err;
        int64_t want;
    } rows[] = {
        { "0", 0, 0 },
        { "-0", 0, 0 },
        { "9007199254740993", 0, INT64_C(9007199254740993) },
        { "9223372036854775807", 0, INT64_MAX },
        { "9223372036854775808", HF_ERR_RANGE, 0 },
        { "-9223372036854775808", 0, INT64_MIN },
        { "-9223372036854775809", HF_ERR_RANGE, 0 },
        { "18446744073709551616", HF_ERR_RANGE, 0 },
        { "1.0", HF_ERR_TYPE, 0 },
        { "1e2", HF_ERR_TYPE, 0 },
        { "\"1\"", HF_ERR_TYPE, 0 },
        { "null", HF_ERR_TYPE, 0 },
        { "[1]", HF_ERR_TYPE, 0 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        int64_t got = 0;
        CHECK_EQ_AT(i, hf_json_get_int(accepted(rows[i].text), &got), rows[i].err);
        CHECK_EQ_AT(i, got, rows[i].want);
    }
    int64_t kept = 5;
    CHECK_EQ(hf_json_get_int(HF_EMPTY, &kept), HF_ERR_TYPE);
    CHECK_EQ(kept, 5);
}

static void whole_numbers_may_be_written_with_fraction_and_exponent(void)
{
    static const struct {
        const char *text;
        int err;
        int64_t want;
    } rows[] = {
        { "4", 0, 4 },
        { "4.0", 0, 4 },
        { "4e0", 0, 4 },
        { "-12.50e1", 0, -125 },
        { "1e18", 0, INT64_C(1000000000000000000) },
        { "1e19", 0, INT64_MAX },
        { "-1e300", 0, INT64_MIN },
        { "9223372036854775808", 0, INT64_MAX },
        { "4.5", HF_ERR_TYPE, 0 },
        { "1e-1", HF_ERR_TYPE, 0 },
        { "1e400", HF_ERR_TYPE, 0 },
        { "\"4\"", HF_ERR_TYPE, 0 },
        { "true", HF_ERR_TYPE, 0 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        int64_t got = 0;
        CHECK_EQ_AT(i, hf_json_get_whole(accepted(rows[i].text), &got), rows[i].err);
        CHECK_EQ_AT(i, got, rows[i].want);
    }
}

static void doubles_are_the_nearest(void)
{
    static const struct {
        const char *text;
        double want;
    } rows[] = {
        { "0", 0 },
        { "-1.5", -1.5 },
        { "0.1", 0.1 },
        { "1e400", INFINITY },
        { "-1e400", -INFINITY },
        { "1e-400", 0 },
        { "179769313486231570000e288", 1.7976931348623157e308 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        double got = NAN;
        CHECK_EQ_AT(i, hf_json_get_double(accepted(rows[i].text), &got), 0);
        CHECK_AT(i, got == rows[i].want);
    }
    double kept = 2;
    CHECK_EQ(hf_json_get_double(accepted("\"1\""), &kept), HF_ERR_TYPE);
    CHECK(kept == 2);
}

static void a_number_is_read_up_to_its_bound_and_stays_text_beyond(void)
{
    char text[HF_LIMIT_JSON_NUMBER_BYTES + 1];
    double real;
    int64_t whole;
    memset(text, '1', sizeof text);
    text[1] = '.';
    CHECK_EQ(hf_json_check(hf_bytes(text, sizeof text), 0, NULL), 0);
    CHECK_EQ(hf_json_get_double(hf_bytes(text, sizeof text - 1), &real), 0);
    CHECK(fabs(real - 1.1111111111111111) < 1e-15);
    CHECK_EQ(hf_json_get_double(hf_bytes(text, sizeof text), &real), HF_ERR_TOO_LARGE);
    CHECK_EQ(hf_json_get_whole(hf_bytes(text, sizeof text), &whole), HF_ERR_TOO_LARGE);
}

static void booleans_are_only_true_and_false(void)
{
    bool got = false;
    CHECK_EQ(hf_json_get_bool(accepted("true"), &got), 0);
    CHECK(got);
    CHECK_EQ(hf_json_get_bool(accepted("false"), &got), 0);
    CHECK(!got);
    CHECK_EQ(hf_json_get_bool(accepted("0"), &got), HF_ERR_TYPE);
    CHECK_EQ(hf_json_get_bool(HF_EMPTY, &got), HF_ERR_TYPE);
}

static const struct {
    const char *json;
    struct hf_bytes text;
    size_t chars;
    bool is_plain;
} strings[] = {
    { "\"\"", HF_LIT_INIT(""), 0, true },
    { "\"abc\"", HF_LIT_INIT("abc"), 3, true },
    { "\"\xC3\xA9\xF0\x9F\x98\x80\"", HF_LIT_INIT("\xC3\xA9\xF0\x9F\x98\x80"), 2, true },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", HF_LIT_INIT("\"\\/\b\f\n\r\t"), 8, false },
    { "\"\\u0041\\u00e9\\u20AC\"", HF_LIT_INIT("A\xC3\xA9\xE2\x82\xAC"), 3, false },
    { "\"\\u0000x\"", HF_LIT_INIT("\0x"), 2, false },
    { "\"\\uD83D\\uDE00\"", HF_LIT_INIT("\xF0\x9F\x98\x80"), 1, false },
    { "\"\\uDBFF\\uDFFF\"", HF_LIT_INIT("\xF4\x8F\xBF\xBF"), 1, false },
    { "\"\\ud83d\"", HF_LIT_INIT("\xEF\xBF\xBD"), 1, false },
    { "\"\\ud83dx\"", HF_LIT_INIT("\xEF\xBF\xBDx"), 2, false },
    { "\"\\ud83d\\n\"", HF_LIT_INIT("\xEF\xBF\xBD\n"), 2, false },
    { "\"\\ud83d\\u0041\"",
      HF_LIT_INIT("\xEF\xBF\xBD"
                  "A"),
      2, false },
    { "\"\\ude00\\ud83d\"", HF_LIT_INIT("\xEF\xBF\xBD\xEF\xBF\xBD"), 2, false },
    { "\"\\ud83d\\ud83d\\ude00\"", HF_LIT_INIT("\xEF\xBF\xBD\xF0\x9F\x98\x80"), 2, false },
};

static void strings_are_decoded(void)
{
    for (size_t i = 0; i < HF_COUNT(strings); i++) {
        struct hf_bytes value = accepted(strings[i].json), plain;
        struct hf_buf out;
        hf_buf_init(&out, 100);
        hf_json_text(value, &out);
        CHECK_BYTES_AT(i, hf_buf_view(&out), strings[i].text);
        CHECK_EQ_AT(i, hf_json_chars(value), strings[i].chars);
        CHECK_EQ_AT(i, hf_json_get_plain(value, &plain), strings[i].is_plain);
        if (strings[i].is_plain) CHECK_BYTES_AT(i, plain, strings[i].text);
        CHECK_AT(i, hf_json_is(value, strings[i].text));
        hf_buf_fini(&out);
    }
}

static void what_is_no_string_has_no_text(void)
{
    static const char *const rows[] = { "12345", "[\"a\"]", "{\"a\":1}", "null", "true" };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_bytes value = accepted(rows[i]), plain;
        struct hf_buf out;
        hf_buf_init(&out, 100);
        hf_json_text(value, &out);
        CHECK_EQ_AT(i, out.len, 0);
        CHECK_EQ_AT(i, hf_json_chars(value), 0);
        CHECK_AT(i, !hf_json_get_plain(value, &plain));
        hf_buf_fini(&out);
    }
}

static void a_string_is_compared_by_its_text(void)
{
    static const struct {
        const char *json, *text;
        bool want;
    } rows[] = {
        { "\"req\"", "req", true },
        { "\"req\"", "re", false },
        { "\"req\"", "reqs", false },
        { "\"\\u0072eq\"", "req", true },
        { "\"\\u0072eq\"", "reqs", false },
        { "\"\\u0072eq\"", "re", false },
        { "\"\\\\\"", "\\", true },
        { "\"\\\\\"", "\\\\", false },
        { "\"\"", "", true },
        { "1", "1", false },
        { "null", "null", false },
        { "\"\\n\"", "\\n", false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_json_is(accepted(rows[i].json), hf_bytes_cstr(rows[i].text)),
                    rows[i].want);
    CHECK(!hf_json_is(HF_EMPTY, HF_LIT("")));
}

static void text_is_borrowed_when_it_can_be_and_stays_in_place_when_not(void)
{
    struct hf_bytes array = accepted("[\"plain\",\"\\u0041\",\"\\u0042b\"]");
    struct hf_json_iter it = hf_json_iter(array);
    struct hf_bytes value, text[3];
    struct hf_buf scratch;
    hf_buf_init(&scratch, array.len);
    CHECK_EQ(hf_buf_reserve(&scratch, array.len), 0);
    for (size_t i = 0; hf_json_next(&it, &value); i++) text[i] = hf_json_get_text(value, &scratch);
    CHECK(text[0].ptr == array.ptr + 2);
    CHECK_TEXT(text[0], "plain");
    CHECK_TEXT(text[1], "A");
    CHECK_TEXT(text[2], "Bb");
    CHECK_EQ(hf_json_get_text(accepted("17"), &scratch).len, 0);
    hf_buf_fini(&scratch);
}

static void a_full_scratch_yields_no_text_and_says_so(void)
{
    struct hf_buf scratch;
    hf_buf_init(&scratch, 2);
    CHECK_TEXT(hf_json_get_text(accepted("\"\\u0041b\""), &scratch), "Ab");
    CHECK_EQ(hf_json_get_text(accepted("\"\\u0041\""), &scratch).len, 0);
    CHECK_EQ(hf_buf_done(&scratch), HF_ERR_LIMIT);
    hf_buf_fini(&scratch);
}

static void a_copy_fits_exactly_or_is_refused(void)
{
    uint8_t out[4];
    size_t len = 0;
    CHECK_EQ(hf_json_copy_text(accepted("\"a\\u00e9b\""), out, 4, &len), 0);
    CHECK_BYTES(hf_bytes(out, len), HF_LIT("a\xC3\xA9"
                                           "b"));
    CHECK_EQ(hf_json_copy_text(accepted("\"a\\u00e9b\""), out, 3, &len), HF_ERR_TOO_LARGE);
    CHECK_EQ(hf_json_copy_text(accepted("{}"), out, 4, &len), HF_ERR_TYPE);
    CHECK_EQ(len, 4);
    CHECK_EQ(hf_json_copy_text(accepted("\"\""), out, 0, &len), 0);
    CHECK_EQ(len, 0);
}

/* Every getter over every cut of a text, each on the heap so that a sanitizer sees one byte too
 * far: the answers do not matter. */
static void no_getter_reads_outside_of_a_broken_span(void)
{
    struct hf_bytes text =
        HF_LIT("{\"a\\u0041\":\"\\ud83d\\ude00\\n\",\"b\":[1,{\"c\":\"\\\\\"}],\"c\":-1.5e3}");
    for (size_t from = 0; from < text.len; from++)
        for (size_t len = 1; len <= text.len - from; len++) {
            uint8_t *copy = hf_mem_new(len);
            CHECK(copy != NULL);
            memcpy(copy, text.ptr + from, len);
            struct hf_bytes span = hf_bytes(copy, len), plain;
            struct hf_buf out;
            int64_t whole;
            double real;
            bool flag;
            hf_buf_init(&out, 1000);
            hf_json_find(span, "c");
            hf_json_count(span);
            hf_json_get_int(span, &whole);
            hf_json_get_whole(span, &whole);
            hf_json_get_double(span, &real);
            hf_json_get_bool(span, &flag);
            hf_json_get_plain(span, &plain);
            hf_json_chars(span);
            hf_json_is(span, HF_LIT("a"));
            hf_json_text(span, &out);
            hf_buf_fini(&out);
            hf_mem_free(copy);
        }
}

CHECK_MAIN(the_first_byte_tells_the_kind, find_takes_the_last_of_several_members_and_may_miss,
           elements_come_in_order_whatever_stands_between_them, members_come_in_order_doubles_too,
           empty_containers_and_scalars_have_nothing_to_walk, integers_are_exact_or_refused,
           whole_numbers_may_be_written_with_fraction_and_exponent, doubles_are_the_nearest,
           a_number_is_read_up_to_its_bound_and_stays_text_beyond, booleans_are_only_true_and_false,
           strings_are_decoded, what_is_no_string_has_no_text, a_string_is_compared_by_its_text,
           text_is_borrowed_when_it_can_be_and_stays_in_place_when_not,
           a_full_scratch_yields_no_text_and_says_so, a_copy_fits_exactly_or_is_refused,
           no_getter_reads_outside_of_a_broken_span)
