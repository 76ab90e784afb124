#include "wire/json5.h"
#include "base/err.h"
#include "base/mem.h"
#include "lib/check.h"
#include "wire/json_scan.h"

enum { ROOM = 4096, DEPTH = 4 };

/* The left text is read as the right one. */
static const struct {
    struct hf_bytes text;
    const char *want;
} accepted[] = {
    /* plain JSON stays what it is, without white space */
    { HF_LIT_INIT("{}"), "{}" },
    { HF_LIT_INIT(" [ 1 , true , false , null , \"a\" ] \n"), "[1,true,false,null,\"a\"]" },
    { HF_LIT_INIT("{\"a\":{\"b\":[]}}"), "{\"a\":{\"b\":[]}}" },
    { HF_LIT_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u00e9\"" },
    { HF_LIT_INIT("-1.5E+10"), "-1.5e+10" },
    /* comments and white space */
    { HF_LIT_INIT("// one\n{ /* two */ a: 1, // three\r\n /* ** / */ }"), "{\"a\":1}" },
    { HF_LIT_INIT("1 // no line end"), "1" },
    { HF_LIT_INIT("1 /**/"), "1" },
    { HF_LIT_INIT("\xEF\xBB\xBF{\xC2\xA0\t\v\f\xE2\x80\xA8\xE3\x80\x80}"), "{}" },
    { HF_LIT_INIT("[\xE2\x80\x80\xE2\x80\x8A\xE1\x9A\x80\xE2\x80\xAF\xE2\x81\x9F]"), "[]" },
    { HF_LIT_INIT("//\xE2\x80\xA9"
                  "1"),
      "1" },
    /* commas at the end */
    { HF_LIT_INIT("[1,2,]"), "[1,2]" },
    { HF_LIT_INIT("{a:1,}"), "{\"a\":1}" },
    /* keys */
    { HF_LIT_INIT("{a:1,$b_2:2,_:3}"), "{\"a\":1,\"$b_2\":2,\"_\":3}" },
    { HF_LIT_INIT("{AaZz:1,a09:2}"), "{\"AaZz\":1,\"a09\":2}" },
    { HF_LIT_INIT("{null:1,true:2,Infinity:3}"), "{\"null\":1,\"true\":2,\"Infinity\":3}" },
    { HF_LIT_INIT("{'a b':1,\"c\":2}"), "{\"a b\":1,\"c\":2}" },
    { HF_LIT_INIT("{\xC3\xA9t\xC3\xA9:1}"), "{\"\xC3\xA9t\xC3\xA9\":1}" },
    { HF_LIT_INIT("{\\u0061b:1}"), "{\"\\u0061b\":1}" },
    { HF_LIT_INIT("{a\n:\n1}"), "{\"a\":1}" },
    /* strings */
    { HF_LIT_INIT("'it is \"so\"'"), "\"it is \\\"so\\\"\"" },
    { HF_LIT_INIT("'\\''"), "\"'\"" },
    { HF_LIT_INIT("\"'\""), "\"'\"" },
    { HF_LIT_INIT("'a\tb'"), "\"a\\tb\"" },
    { HF_LIT_INIT("'a\0b'"), "\"a\\u0000b\"" },
    { HF_LIT_INIT("'\\x41\\v\\0\\a\\-'"), "\"\\u0041\\u000b\\u0000a-\"" },
    { HF_LIT_INIT("'\\\xC3\xA9'"), "\"\xC3\xA9\"" },
    { HF_LIT_INIT("'a\\\nb\\\r\nc\\\rd\\\xE2\x80\xA8"
                  "e'"),
      "\"abcde\"" },
    { HF_LIT_INIT("'\xE2\x80\xA8'"), "\"\xE2\x80\xA8\"" },
    { HF_LIT_INIT("'\\ud800'"), "\"\\ud800\"" },
    /* numbers */
    { HF_LIT_INIT("[+1,-0,.5,-.5,5.,5.e3,0.,+.0]"), "[1,-0,0.5,-0.5,5,5e3,0,0.0]" },
    { HF_LIT_INIT("[0x0,0xFF,-0Xa,0x00000000000000001,0xFFFFFFFFFFFFFFFF]"),
      "[0,255,-10,1,18446744073709551615]" },
    { HF_LIT_INIT("[Infinity,-Infinity,+Infinity,NaN,-NaN]"), "[1e999,-1e999,1e999,null,null]" },
    /* depth */
    { HF_LIT_INIT("[[[[]]]]"), "[[[[]]]]" },
};

static int read(struct hf_bytes text, struct hf_buf *out, struct hf_json5_error *error)
{
    hf_buf_reset(out, SIZE_MAX);
    return hf_json5_read(text, DEPTH, out, error);
}

static void everything_json5_allows_becomes_plain_json(void)
{
    struct hf_buf out;
    struct hf_json5_error error;
    hf_buf_init(&out, ROOM);
    for (size_t i = 0; i < HF_COUNT(accepted); i++) {
        CHECK_EQ_AT(i, read(accepted[i].text, &out, &error), 0);
        CHECK_TEXT_AT(i, hf_buf_view(&out), accepted[i].want);
        CHECK_EQ_AT(i, hf_json_check(hf_buf_view(&out), DEPTH, NULL), 0);
    }
    hf_buf_fini(&out);
}

static void an_error_names_line_column_and_reason(void)
{
    static const struct {
        struct hf_bytes text;
        int code;
        size_t line, column;
        const char *what;
    } rows[] = {
        { HF_LIT_INIT(""), HF_ERR_SYNTAX, 1, 1, "the text ends too early" },
        { { NULL, 0 }, HF_ERR_SYNTAX, 1, 1, "the text ends too early" },
        { HF_LIT_INIT("// only\n"), HF_ERR_SYNTAX, 2, 1, "the text ends too early" },
        { HF_LIT_INIT("{\n  a: 1\n  b: 2\n}"), HF_ERR_SYNTAX, 3, 3,
          "a comma or the end bracket is missing" },
        { HF_LIT_INIT("{\r\n  a: 1\r\n  b: 2\r\n}"), HF_ERR_SYNTAX, 3, 3,
          "a comma or the end bracket is missing" },
        { HF_LIT_INIT("{\r a: 1\r b: 2}"), HF_ERR_SYNTAX, 3, 2,
          "a comma or the end bracket is missing" },
        { HF_LIT_INIT("{'\xC3\xA9\xF0\x9F\x98\x80' 1}"), HF_ERR_SYNTAX, 1, 7,
          "a colon is missing" },
        { HF_LIT_INIT("{a 1}"), HF_ERR_SYNTAX, 1, 4, "a colon is missing" },
        { HF_LIT_INIT("{,}"), HF_ERR_SYNTAX, 1, 2, "a key is missing" },
        { HF_LIT_INIT("{1:2}"), HF_ERR_SYNTAX, 1, 2, "a key is missing" },
        { HF_LIT_INIT("{a:1,,}"), HF_ERR_SYNTAX, 1, 6, "a key is missing" },
        { HF_LIT_INIT("{a:}"), HF_ERR_SYNTAX, 1, 4, "a value is missing" },
        { HF_LIT_INIT("[1,,2]"), HF_ERR_SYNTAX, 1, 4, "a value is missing" },
        { HF_LIT_INIT("[,]"), HF_ERR_SYNTAX, 1, 2, "a value is missing" },
        { HF_LIT_INIT("[\0]"), HF_ERR_SYNTAX, 1, 2, "a value is missing" },
        { HF_LIT_INIT("[1}"), HF_ERR_SYNTAX, 1, 3, "a comma or the end bracket is missing" },
        { HF_LIT_INIT("{a:1]"), HF_ERR_SYNTAX, 1, 5, "a comma or the end bracket is missing" },
        { HF_LIT_INIT("[1"), HF_ERR_SYNTAX, 1, 3, "the text ends too early" },
        { HF_LIT_INIT("1 2"), HF_ERR_SYNTAX, 1, 3, "something stands behind the value" },
        { HF_LIT_INIT("'a"), HF_ERR_SYNTAX, 1, 3, "the text ends too early" },
        { HF_LIT_INIT("'a\nb'"), HF_ERR_SYNTAX, 1, 3, "a string has no end" },
        { HF_LIT_INIT("'\\1'"), HF_ERR_SYNTAX, 1, 3, "no such escape" },
        { HF_LIT_INIT("'\\01'"), HF_ERR_SYNTAX, 1, 3, "no such escape" },
        { HF_LIT_INIT("'\\x4'"), HF_ERR_SYNTAX, 1, 5, "an escape wants hex digits" },
        { HF_LIT_INIT("'\\u12'"), HF_ERR_SYNTAX, 1, 6, "an escape wants hex digits" },
        { HF_LIT_INIT("'\\"), HF_ERR_SYNTAX, 1, 3, "the text ends too early" },
        { HF_LIT_INIT("{\\x41:1}"), HF_ERR_SYNTAX, 1, 2, "a key is missing" },
        { HF_LIT_INIT("/* no end"), HF_ERR_SYNTAX, 1, 1, "a comment has no end" },
        { HF_LIT_INIT("1 /*/"), HF_ERR_SYNTAX, 1, 3, "a comment has no end" },
        { HF_LIT_INIT("/* no end *"), HF_ERR_SYNTAX, 1, 1, "a comment has no end" },
        { HF_LIT_INIT("{[:1}"), HF_ERR_SYNTAX, 1, 2, "a key is missing" },
        { HF_LIT_INIT("{`:1}"), HF_ERR_SYNTAX, 1, 2, "a key is missing" },
        { HF_LIT_INIT("1 /"), HF_ERR_SYNTAX, 1, 3, "something stands behind the value" },
        { HF_LIT_INIT("01"), HF_ERR_SYNTAX, 1, 3, "a number starts with 0" },
        { HF_LIT_INIT("."), HF_ERR_SYNTAX, 1, 2, "the text ends too early" },
        { HF_LIT_INIT("[.]"), HF_ERR_SYNTAX, 1, 3, "a digit is missing" },
        { HF_LIT_INIT("[1e]"), HF_ERR_SYNTAX, 1, 4, "a digit is missing" },
        { HF_LIT_INIT("0x"), HF_ERR_SYNTAX, 1, 3, "the text ends too early" },
        { HF_LIT_INIT("[0xg]"), HF_ERR_SYNTAX, 1, 4, "a hex digit is missing" },
        { HF_LIT_INIT("0x10000000000000000"), HF_ERR_SYNTAX, 1, 19, "more than 64 bits" },
        { HF_LIT_INIT("--1"), HF_ERR_SYNTAX, 1, 2, "a value is missing" },
        { HF_LIT_INIT("trueish"), HF_ERR_SYNTAX, 1, 1, "no such word or number" },
        { HF_LIT_INIT("12px"), HF_ERR_SYNTAX, 1, 1, "no such word or number" },
        { HF_LIT_INIT("nope"), HF_ERR_SYNTAX, 1, 1, "a value is missing" },
        { HF_LIT_INIT("{\n'\xC3('}"), HF_ERR_UTF8, 2, 3, "not valid UTF-8" },
        { HF_LIT_INIT("// \xFF"), HF_ERR_UTF8, 1, 4, "not valid UTF-8" },
        { HF_LIT_INIT("'\xC3"), HF_ERR_UTF8, 1, 3, "not valid UTF-8" },
        { HF_LIT_INIT("[[[[[]]]]]"), HF_ERR_DEPTH, 1, 5, "nested too deeply" },
        { HF_LIT_INIT("{a:{a:{a:{a:{}}}}}"), HF_ERR_DEPTH, 1, 13, "nested too deeply" },
    };
    struct hf_buf out;
    hf_buf_init(&out, ROOM);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_json5_error error = { 0 };
        int err = read(rows[i].text, &out, &error);
        CHECK_EQ_AT(i, err, rows[i].code);
        CHECK_TEXT_AT(i, hf_bytes_cstr(error.what), rows[i].what);
        CHECK_EQ_AT(i, error.code, rows[i].code);
        CHECK_EQ_AT(i, error.line, rows[i].line);
        CHECK_EQ_AT(i, error.column, rows[i].column);
    }
    hf_buf_fini(&out);
}

static void a_cut_text_is_refused_wherever_it_is_cut(void)
{
    struct hf_bytes text =
        HF_LIT("{/*c*/k\xC3\xA9y:['\\u0041\\\r\n\xE2\x82\xAC',-0x1F,+.5e-3,null,],}");
    struct hf_json5_error error;
    struct hf_buf out;
    hf_buf_init(&out, ROOM);
    CHECK_EQ(read(text, &out, &error), 0);
    for (size_t len = 0; len < text.len; len++) {
        uint8_t *copy = hf_mem_new(len + 1);
        CHECK(copy != NULL);
        memcpy(copy + 1, text.ptr, len);
        CHECK_AT(len, read(hf_bytes(copy + 1, len), &out, &error) != 0);
        hf_mem_free(copy);
    }
    hf_buf_fini(&out);
}

static void the_output_stands_behind_what_was_there_and_is_bounded(void)
{
    struct hf_json5_error error;
    struct hf_buf out;
    hf_buf_init(&out, 8);
    hf_buf_add_byte(&out, '>');
    CHECK_EQ(hf_json5_read(HF_LIT("[1,2,3]"), DEPTH, &out, &error), 0);
    CHECK_TEXT(hf_buf_view(&out), ">[1,2,3]");
    hf_buf_cut(&out, 1);
    CHECK_EQ(hf_json5_read(HF_LIT("[1,2,30]"), DEPTH, &out, &error), HF_ERR_LIMIT);
    CHECK_EQ(error.code, HF_ERR_LIMIT);
    hf_buf_fini(&out);
}

/* Members are found by the place of their value in the JSON; keys have no place of their own. */
static void every_value_has_its_place_in_both_texts(void)
{
    static const struct {
        const char *json, *text;
    } rows[] = {
        { "1", "+1" }, { "\"x\"", "'x'" }, { "[2,{}]", "[ 2, {} ]" }, { "{}", "{}" }, { "2", "2" },
    };
    struct hf_bytes text = HF_LIT("// c\n{ a: +1,\n b: 'x', c: [ 2, {} ] }");
    struct hf_json5_error error;
    struct hf_buf out, places;
    hf_buf_init(&out, ROOM);
    hf_buf_init(&places, ROOM);
    HF_BUF_LIT(&out, "before");
    CHECK_EQ(hf_json5_read_places(text, DEPTH, &out, &places, &error), 0);
    struct hf_bytes json = hf_bytes_from(hf_buf_view(&out), 6);
    CHECK_TEXT(json, "{\"a\":1,\"b\":\"x\",\"c\":[2,{}]}");
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_bytes wanted = hf_bytes_cstr(rows[i].json);
        const uint8_t *at = memmem(json.ptr, json.len, wanted.ptr, wanted.len);
        const struct hf_json5_place *p = hf_json5_place_find(&places, (size_t)(at - json.ptr));
        CHECK_AT(i, p != NULL);
        CHECK_BYTES_AT(i, hf_bytes(json.ptr + p->json_from, p->json_to - p->json_from), wanted);
        CHECK_TEXT_AT(i, hf_bytes(text.ptr + p->text_from, p->text_to - p->text_from),
                      rows[i].text);
    }
    const struct hf_json5_place *whole = hf_json5_place_find(&places, 0);
    CHECK(whole != NULL);
    CHECK_EQ(whole->text_to, text.len);
    CHECK(hf_json5_place_find(&places, 1) == NULL);
    CHECK_EQ(hf_json5_line(text, 0), 1);
    CHECK_EQ(hf_json5_line(text, whole->text_from), 2);
    CHECK_EQ(hf_json5_line(text, text.len), 3);
    hf_buf_fini(&out);
    hf_buf_fini(&places);
}

static void places_are_bounded_by_their_buffer(void)
{
    struct hf_json5_error error;
    struct hf_buf out, places;
    hf_buf_init(&out, ROOM);
    hf_buf_init(&places, 3 * sizeof(struct hf_json5_place));
    CHECK_EQ(hf_json5_read_places(HF_LIT("[1,2]"), DEPTH, &out, &places, &error), 0);
    hf_buf_cut(&out, 0);
    hf_buf_cut(&places, 0);
    CHECK_EQ(hf_json5_read_places(HF_LIT("[1,2,3]"), DEPTH, &out, &places, &error), HF_ERR_LIMIT);
    CHECK_TEXT(hf_bytes_cstr(error.what), "too many values");
    hf_buf_fini(&out);
    hf_buf_fini(&places);
}

CHECK_MAIN(everything_json5_allows_becomes_plain_json, an_error_names_line_column_and_reason,
           a_cut_text_is_refused_wherever_it_is_cut,
           the_output_stands_behind_what_was_there_and_is_bounded,
           every_value_has_its_place_in_both_texts, places_are_bounded_by_their_buffer)
