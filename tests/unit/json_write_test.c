#include "wire/json_write.h"
#include "base/err.h"
#include "base/rng.h"
#include "lib/check.h"
#include "wire/json_read.h"

#include <float.h>
#include <math.h>

enum { ROOM = 4096 };

static void commas_stand_where_they_must(void)
{
    struct hf_buf out;
    struct hf_json_writer w;
    hf_buf_init(&out, ROOM);
    hf_json_writer_init(&w, &out);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "text", HF_LIT("a"));
    hf_json_add_int(&w, "int", -1);
    hf_json_add_array(&w, "array");
    hf_json_open_object(&w);
    hf_json_close_object(&w);
    hf_json_put_uint(&w, UINT64_MAX);
    hf_json_open_array(&w);
    hf_json_close_array(&w);
    hf_json_put_bool(&w, false);
    hf_json_close_array(&w);
    hf_json_add_object(&w, "object");
    hf_json_add_bool(&w, "bool", true);
    hf_json_add_null(&w, "null");
    hf_json_close_object(&w);
    hf_json_add_double(&w, "double", 0.5);
    hf_json_add_uint(&w, "uint", 7);
    hf_json_add_raw(&w, "raw", HF_LIT("[1, 2]"));
    hf_json_key_text(&w, HF_LIT("a\"b"));
    CHECK(w.depth > 0);
    hf_json_put_null(&w);
    hf_json_close_object(&w);
    CHECK(w.depth == 0 && !w.has_key);
    CHECK_TEXT(hf_buf_view(&out),
               "{\"text\":\"a\",\"int\":-1,\"array\":[{},18446744073709551615,[],false],"
               "\"object\":{\"bool\":true,\"null\":null},\"double\":0.5,\"uint\":7,"
               "\"raw\":[1, 2],\"a\\\"b\":null}");
    CHECK_EQ(hf_json_check(hf_buf_view(&out), 8, NULL), 0);
    hf_buf_fini(&out);
}

static void members_of_an_encoded_object_are_spliced_in(void)
{
    static const struct {
        const char *before, *spliced, *want;
    } rows[] = {
        { NULL, "{}", "{\"z\":1}" },
        { "a", "{}", "{\"a\":null,\"z\":1}" },
        { NULL, "{\"b\":2}", "{\"b\":2,\"z\":1}" },
        { "a", "{ \"b\":2,\"c\":[3] }", "{\"a\":null,\"b\":2,\"c\":[3],\"z\":1}" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        struct hf_json_writer w;
        hf_buf_init(&out, ROOM);
        hf_json_writer_init(&w, &out);
        hf_json_open_object(&w);
        if (rows[i].before) hf_json_add_null(&w, rows[i].before);
        hf_json_put_members(&w, hf_bytes_cstr(rows[i].spliced));
        hf_json_add_int(&w, "z", 1);
        hf_json_close_object(&w);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].want);
        hf_buf_fini(&out);
    }
}

static void text_is_escaped(void)
{
    static const struct {
        struct hf_bytes text;
        const char *want;
    } rows[] = {
        { HF_LIT_INIT(""), "\"\"" },
        { HF_LIT_INIT("plain/text"), "\"plain/text\"" },
        { HF_LIT_INIT("\"\\"), "\"\\\"\\\\\"" },
        { HF_LIT_INIT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"" },
        { HF_LIT_INIT("\0\x01\x1F\x7F"), "\"\\u0000\\u0001\\u001f\x7F\"" },
        { HF_LIT_INIT("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"" },
        { HF_LIT_INIT("0123456789abcdef\n0123456789abcdef"),
          "\"0123456789abcdef\\n0123456789abcdef\"" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, ROOM);
        hf_json_quote(&out, rows[i].text);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].want);
        hf_buf_fini(&out);
    }
}

static void doubles_are_short_and_read_back_the_same(void)
{
    static const struct {
        double value;
        const char *want;
    } rows[] = {
        { 0, "0" },
        { -0.0, "0" },
        { 1, "1" },
        { -17, "-17" },
        { 0.1, "0.1" },
        { 12.3, "12.3" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { 1.0 / 3, "0.3333333333333333" },
        { 9007199254740992.0, "9007199254740992" },
        { 9007199254740994.0, "9007199254740994" },
        { 1e21, "1e+21" },
        { 5e-324, "4.94065645841247e-324" },
        { DBL_MAX, "1.7976931348623157e+308" },
        { INFINITY, "null" },
        { -INFINITY, "null" },
        { NAN, "null" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        struct hf_json_writer w;
        double back = 0;
        hf_buf_init(&out, ROOM);
        hf_json_writer_init(&w, &out);
        hf_json_put_double(&w, rows[i].value);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].want);
        if (isfinite(rows[i].value)) {
            CHECK_EQ_AT(i, hf_json_get_double(hf_buf_view(&out), &back), 0);
            CHECK_AT(i, back == rows[i].value);
        }
        hf_buf_fini(&out);
    }
}

static void integers_keep_every_digit(void)
{
    static const int64_t rows[] = { 0, 1, -1, INT64_C(9007199254740993), INT64_MAX, INT64_MIN };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        struct hf_json_writer w;
        int64_t back = 1;
        hf_buf_init(&out, ROOM);
        hf_json_writer_init(&w, &out);
        hf_json_put_int(&w, rows[i]);
        CHECK_EQ_AT(i, hf_json_get_int(hf_buf_view(&out), &back), 0);
        CHECK_EQ_AT(i, back, rows[i]);
        hf_buf_fini(&out);
    }
}

/* Characters of every length, and all that is escaped. */
static void add_random_text(struct hf_rng *rng, struct hf_buf *text)
{
    static const struct hf_bytes pieces[] = {
        HF_LIT_INIT("a"),
        HF_LIT_INIT("\""),
        HF_LIT_INIT("\\"),
        HF_LIT_INIT("\n"),
        HF_LIT_INIT("\0"),
        HF_LIT_INIT("\x1F"),
        HF_LIT_INIT("\xC3\xA9"),
        HF_LIT_INIT("\xE2\x80\xA8"),
        HF_LIT_INIT("\xF0\x9F\x98\x80"),
        HF_LIT_INIT("twenty plain letters"),
    };
    for (uint64_t n = hf_rng_below(rng, 12); n > 0; n--)
        hf_buf_add(text, pieces[hf_rng_below(rng, HF_COUNT(pieces))]);
}

static void what_is_written_reads_back_the_same(void)
{
    enum { ROUNDS = 3000 };
    struct hf_rng rng;
    hf_rng_init_number(&rng, 3);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct hf_buf text, out, back;
        struct hf_json_writer w;
        hf_buf_init(&text, ROOM);
        hf_buf_init(&out, ROOM);
        hf_buf_init(&back, ROOM);
        add_random_text(&rng, &text);
        hf_json_writer_init(&w, &out);
        hf_json_open_object(&w);
        hf_json_key_text(&w, hf_buf_view(&text));
        hf_json_put_text(&w, hf_buf_view(&text));
        hf_json_close_object(&w);
        CHECK_EQ_AT(round, hf_json_check(hf_buf_view(&out), 1, NULL), 0);
        struct hf_json_iter it = hf_json_iter(hf_buf_view(&out));
        struct hf_json_member member;
        CHECK_AT(round, hf_json_next_member(&it, &member));
        CHECK_AT(round, hf_json_is(member.key, hf_buf_view(&text)));
        hf_json_text(member.value, &back);
        CHECK_BYTES_AT(round, hf_buf_view(&back), hf_buf_view(&text));
        hf_buf_fini(&text);
        hf_buf_fini(&out);
        hf_buf_fini(&back);
    }
}

static void the_nesting_may_fill_its_bound(void)
{
    struct hf_buf out;
    struct hf_json_writer w;
    hf_buf_init(&out, ROOM);
    hf_json_writer_init(&w, &out);
    for (size_t i = 0; i < HF_JSON_WRITE_DEPTH; i++)
        if (i % 2 == 0)
            hf_json_open_array(&w);
        else
            hf_json_open_object(&w), hf_json_key(&w, "k");
    hf_json_put_null(&w);
    for (size_t i = HF_JSON_WRITE_DEPTH; i-- > 0;)
        if (i % 2 == 0)
            hf_json_close_array(&w);
        else
            hf_json_close_object(&w);
    CHECK(w.depth == 0 && !w.has_key);
    CHECK_EQ(hf_json_check(hf_buf_view(&out), HF_JSON_WRITE_DEPTH, NULL), 0);
    hf_buf_fini(&out);
}

static void a_full_buffer_is_said_once_at_the_end(void)
{
    struct hf_buf out;
    struct hf_json_writer w;
    hf_buf_init(&out, 10);
    hf_json_writer_init(&w, &out);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "key", HF_LIT("much too long"));
    hf_json_close_object(&w);
    CHECK_EQ(hf_buf_done(&out), HF_ERR_LIMIT);
    hf_buf_fini(&out);
}

CHECK_MAIN(commas_stand_where_they_must, members_of_an_encoded_object_are_spliced_in,
           text_is_escaped, doubles_are_short_and_read_back_the_same, integers_keep_every_digit,
           what_is_written_reads_back_the_same, the_nesting_may_fill_its_bound,
           a_full_buffer_is_said_once_at_the_end)
