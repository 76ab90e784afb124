#include "wire/json_scan.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/rng.h"
#include "lib/check.h"
#include "wire/json_run.h"

enum { DEPTH = 8 };

/* What other parsers get wrong (dependencies.md 2c) is marked with who does. */
static const struct {
    struct hf_bytes text;
    int want;
} texts[] = {
    /* values */
    { HF_LIT_INIT("{}"), 0 },
    { HF_LIT_INIT("[]"), 0 },
    { HF_LIT_INIT("null"), 0 },
    { HF_LIT_INIT("true"), 0 },
    { HF_LIT_INIT("false"), 0 },
    { HF_LIT_INIT("\"\""), 0 },
    { HF_LIT_INIT("0"), 0 },
    { HF_LIT_INIT(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n"), 0 },
    { HF_LIT_INIT("{\"a\":1,\"a\":2}"), 0 },
    { HF_LIT_INIT("{\"\":1}"), 0 },
    { HF_LIT_INIT(""), HF_ERR_SYNTAX }, /* jsmn */
    { HF_LIT_INIT("  "), HF_ERR_SYNTAX },
    { HF_LIT_INIT("hello"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("nul"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("nulL"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("True"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("NaN"), HF_ERR_SYNTAX }, /* json-c */
    { HF_LIT_INIT("Infinity"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("undefined"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("{} x"), HF_ERR_SYNTAX }, /* cJSON */
    { HF_LIT_INIT("{}{}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("1 2"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("{}\0"), HF_ERR_SYNTAX }, /* rapidjson */
    { HF_LIT_INIT("\0{}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("\xEF\xBB\xBF{}"), HF_ERR_SYNTAX }, /* rapidjson, cJSON: byte order mark */
    { HF_LIT_INIT("\f{}"), HF_ERR_SYNTAX },           /* yajl: form feed */
    { HF_LIT_INIT("\xC2\xA0{}"), HF_ERR_SYNTAX },     /* a no-break space */
    { HF_LIT_INIT("/* c */ {}"), HF_ERR_SYNTAX },
    /* containers */
    { HF_LIT_INIT("{"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("["), HF_ERR_SYNTAX },
    { HF_LIT_INIT("}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("[}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("{]"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("[1}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("[1,]"), HF_ERR_SYNTAX }, /* jsmn */
    { HF_LIT_INIT("[,1]"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("[1 2]"), HF_ERR_SYNTAX }, /* jsmn */
    { HF_LIT_INIT("{\"a\":1,}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("{,}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("{\"a\"}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("{\"a\" 1}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("{\"a\":}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("{\"a\":1 \"b\":2}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("{a:1}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("{'a':1}"), HF_ERR_SYNTAX }, /* json-c */
    { HF_LIT_INIT("{1:1}"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("{\"type\":\"req\""), HF_ERR_SYNTAX },
    /* numbers */
    { HF_LIT_INIT("-0"), 0 },
    { HF_LIT_INIT("-1.25e+10"), 0 },
    { HF_LIT_INIT("1E400"), 0 },                /* refused by jansson, simdjson */
    { HF_LIT_INIT("18446744073709551616"), 0 }, /* refused by simdjson, jansson */
    { HF_LIT_INIT("0.00000000000000000001"), 0 },
    { HF_LIT_INIT("01"), HF_ERR_SYNTAX }, /* cJSON, jsmn */
    { HF_LIT_INIT("-"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("-a"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("+1"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("1."), HF_ERR_SYNTAX }, /* json-c */
    { HF_LIT_INIT(".5"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("1e"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("1e+"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("0x10"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("1_000"), HF_ERR_SYNTAX },
    /* strings */
    { HF_LIT_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""), 0 },
    { HF_LIT_INIT("\"\\u0000\""), 0 }, /* refused by jansson */
    { HF_LIT_INIT("\"\\ud800\""), 0 }, /* refused by jansson, simdjson */
    { HF_LIT_INIT("\"\\udc00\\ud800\""), 0 },
    { HF_LIT_INIT("\"\x7F\""), 0 },
    { HF_LIT_INIT("\""), HF_ERR_SYNTAX },
    { HF_LIT_INIT("\"a"), HF_ERR_SYNTAX },
    { HF_LIT_INIT("\"\\\""), HF_ERR_SYNTAX },
    { HF_LIT_INIT("\"\\a\""), HF_ERR_SYNTAX },
    { HF_LIT_INIT("\"\\'\""), HF_ERR_SYNTAX },
    { HF_LIT_INIT("\"\\u12\""), HF_ERR_SYNTAX },
    { HF_LIT_INIT("\"\\u12g4\""), HF_ERR_SYNTAX }, /* cJSON */
    { HF_LIT_INIT("\"\\U0041\""), HF_ERR_SYNTAX },
    { HF_LIT_INIT("\"\\x41\""), HF_ERR_SYNTAX },
    { HF_LIT_INIT("\"a\tb\""), HF_ERR_SYNTAX }, /* cJSON, json-c: a raw control byte */
    { HF_LIT_INIT("\"a\nb\""), HF_ERR_SYNTAX },
    { HF_LIT_INIT("\"a\0b\""), HF_ERR_SYNTAX },
    { HF_LIT_INIT("\"\x1F\""), HF_ERR_SYNTAX },
    { HF_LIT_INIT("'a'"), HF_ERR_SYNTAX },
    /* UTF-8 (cJSON and json-c accept most of the bad ones) */
    { HF_LIT_INIT("\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\""), 0 },
    { HF_LIT_INIT("\"\xF4\x8F\xBF\xBF\""), 0 },
    { HF_LIT_INIT("\"\xE2\x80\xA8\""), 0 },               /* a line separator */
    { HF_LIT_INIT("\"\xC0\x80\""), HF_ERR_UTF8 },         /* overlong */
    { HF_LIT_INIT("\"\xE0\x80\x80\""), HF_ERR_UTF8 },     /* overlong */
    { HF_LIT_INIT("\"\xED\xA0\x80\""), HF_ERR_UTF8 },     /* a surrogate */
    { HF_LIT_INIT("\"\xF4\x90\x80\x80\""), HF_ERR_UTF8 }, /* above U+10FFFF */
    { HF_LIT_INIT("\"\xF5\x80\x80\x80\""), HF_ERR_UTF8 },
    { HF_LIT_INIT("\"\x80\""), HF_ERR_UTF8 },
    { HF_LIT_INIT("\"\xE2\x82\""), HF_ERR_UTF8 }, /* cut by the quote */
    { HF_LIT_INIT("\"\xE2\x82"), HF_ERR_UTF8 },   /* cut by the end */
    { HF_LIT_INIT("{\"\xFF\":1}"), HF_ERR_UTF8 },
    /* depth: DEPTH levels pass */
    { HF_LIT_INIT("[[[[[[[[1]]]]]]]]"), 0 },
    { HF_LIT_INIT("[[[[[[[[[1]]]]]]]]]"), HF_ERR_DEPTH },
    { HF_LIT_INIT("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}"), 0 },
    { HF_LIT_INIT("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}"),
      HF_ERR_DEPTH },
    { HF_LIT_INIT("[[[[[[[[]]]]]]],[[[[[[[]]]]]]]]"), 0 }, /* side by side is not deep */
};

static void the_grammar_is_exactly_rfc_8259(void)
{
    for (size_t i = 0; i < HF_COUNT(texts); i++)
        CHECK_EQ_AT(i, hf_json_check(texts[i].text, DEPTH, NULL), texts[i].want);
}

/* A copy on the heap that ends where the text ends, so that a sanitizer sees one byte too far. */
static int check_exact(struct hf_bytes text)
{
    uint8_t *copy = hf_mem_new(text.len + 1);
    CHECK(copy != NULL);
    uint8_t *at = copy + 1;
    if (text.len > 0) memcpy(at, text.ptr, text.len);
    int err = hf_json_check(hf_bytes(at, text.len), DEPTH, NULL);
    hf_mem_free(copy);
    return err;
}

static void a_cut_text_is_refused_wherever_it_is_cut(void)
{
    struct hf_bytes text =
        HF_LIT("{\"id\":\"1:\\u00e9\xC3\xA9\xE2\x82\xAC\",\"n\":[-1.5e+3,true,false,null,{}]}");
    CHECK_EQ(check_exact(text), 0);
    for (size_t len = 0; len < text.len; len++)
        CHECK_AT(len, check_exact(hf_bytes_head(text, len)) != 0);
}

static void an_error_says_where_and_why(void)
{
    static const struct {
        const char *text;
        size_t offset;
        const char *what;
    } rows[] = {
        { "", 0, "the text ends too early" },
        { "{\"a\":1", 6, "the text ends too early" },
        { "[1,2,x]", 5, "a value is missing" },
        { "{\"a\" 1}", 5, "a colon is missing" },
        { "{\"a\":1 2}", 7, "a comma or } is missing" },
        { "[1 2]", 3, "a comma or ] is missing" },
        { "{1}", 1, "a key in quotes is missing" },
        { "{} {}", 3, "something stands behind the value" },
        { "truE", 3, "no such word" },
        { "[-]", 2, "a digit is missing" },
        { "\"\\x\"", 2, "no such escape" },
        { "\"\\u00G0\"", 5, "\\u wants four hex digits" },
        { "\"a\x01\"", 2, "a control byte in a string" },
        { "\"a\xC3\xA9\xC3(\"", 5, "not valid UTF-8" },
        { "\"a\xC3\xA9\xFF\"", 4, "not valid UTF-8" },
        { "[[[[[[[[[]]]]]]]]]", 8, "nested too deeply" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_json_error error = { 0 };
        int err = hf_json_check(hf_bytes_cstr(rows[i].text), DEPTH, &error);
        CHECK_AT(i, err != 0);
        CHECK_EQ_AT(i, error.code, err);
        CHECK_EQ_AT(i, error.offset, rows[i].offset);
        CHECK_TEXT_AT(i, hf_bytes_cstr(error.what), rows[i].what);
    }
}

static void the_depth_caps_of_the_protocol_pass_at_n_and_not_at_n_plus_1(void)
{
    static const uint32_t caps[] = { HF_LIMIT_JSON_DEPTH_PREAUTH, HF_LIMIT_JSON_DEPTH,
                                     HF_JSON_DEPTH_MAX };
    char text[2 * (HF_JSON_DEPTH_MAX + 1)];
    for (size_t i = 0; i < HF_COUNT(caps); i++)
        for (size_t more = 0; more <= 1; more++) {
            size_t depth = caps[i] + more;
            memset(text, '[', depth);
            memset(text + depth, ']', depth);
            CHECK_EQ_AT(i, hf_json_check(hf_bytes(text, 2 * depth), caps[i], NULL),
                        more ? HF_ERR_DEPTH : 0);
        }
}

static void a_scalar_has_no_depth(void)
{
    CHECK_EQ(hf_json_check(HF_LIT("7"), 0, NULL), 0);
    CHECK_EQ(hf_json_check(HF_LIT("[]"), 0, NULL), HF_ERR_DEPTH);
}

static void the_members_of_the_outermost_object_are_noted(void)
{
    struct hf_json_member m[3];
    size_t count;
    struct hf_bytes text = HF_LIT(" { \"a\" : {\"x\":1} , \"b\":[ 1 ],\"a\": \"}\" } ");
    CHECK_EQ(hf_json_check_members(text, DEPTH, m, HF_COUNT(m), &count, NULL), 0);
    CHECK_EQ(count, 3);
    CHECK_TEXT(m[0].key, "\"a\"");
    CHECK_TEXT(m[0].value, "{\"x\":1}");
    CHECK_TEXT(m[1].key, "\"b\"");
    CHECK_TEXT(m[1].value, "[ 1 ]");
    CHECK_TEXT(m[2].key, "\"a\"");
    CHECK_TEXT(m[2].value, "\"}\"");
}

static void more_members_than_room_are_counted_and_an_array_has_none(void)
{
    struct hf_json_member m[1];
    size_t count;
    CHECK_EQ(hf_json_check_members(HF_LIT("{\"a\":1,\"b\":2}"), DEPTH, m, 1, &count, NULL), 0);
    CHECK_EQ(count, 2);
    CHECK_TEXT(m[0].key, "\"a\"");
    CHECK_EQ(hf_json_check_members(HF_LIT("[{\"a\":1}]"), DEPTH, m, 1, &count, NULL), 0);
    CHECK_EQ(count, 0);
}

/* The two ways to find the end of a run, against a plain loop, at every length and place. */
static void all_ways_to_run_over_text_agree(void)
{
    enum { LEN = 48, ROUNDS = 20000 };
    static const enum hf_json_run runs[] = { HF_JSON_RUN_ASCII, HF_JSON_RUN_TEXT };
    struct hf_rng rng;
    uint8_t text[LEN];
    hf_rng_init_number(&rng, 7);
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t len = hf_rng_below(&rng, LEN + 1);
        memset(text, 'a', LEN);
        for (size_t n = hf_rng_below(&rng, 4); n > 0 && len > 0; n--)
            text[hf_rng_below(&rng, len)] = (uint8_t)hf_rng_below(&rng, 256);
        for (size_t k = 0; k < HF_COUNT(runs); k++) {
            const uint8_t *end = text + len, *want = text;
            while (want < end && !hf_json_is_special(*want, runs[k])) want++;
            CHECK_AT(round, hf_json_run_portable(text, end, runs[k]) == want);
            CHECK_AT(round, hf_json_run(text, end, runs[k]) == want);
        }
    }
}

CHECK_MAIN(the_grammar_is_exactly_rfc_8259, a_cut_text_is_refused_wherever_it_is_cut,
           an_error_says_where_and_why,
           the_depth_caps_of_the_protocol_pass_at_n_and_not_at_n_plus_1, a_scalar_has_no_depth,
           the_members_of_the_outermost_object_are_noted,
           more_members_than_room_are_counted_and_an_array_has_none,
           all_ways_to_run_over_text_agree)
