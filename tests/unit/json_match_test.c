#include "wire/json_match.h"
#include "base/buf.h"
#include "lib/check.h"

static const struct {
    const char *wanted, *found;
    enum hf_json_match want;
} rows[] = {
    { "1", "1", HF_JSON_MATCHES },
    { "1", "1.0", HF_JSON_MATCHES },
    { "1", "2", HF_JSON_DIFFERS },
    { "1", "\"1\"", HF_JSON_DIFFERS },
    { "true", "true", HF_JSON_MATCHES },
    { "true", "false", HF_JSON_DIFFERS },
    { "null", "null", HF_JSON_MATCHES },
    { "null", "", HF_JSON_DIFFERS },
    { "\"a\"", "\"\\u0061\"", HF_JSON_MATCHES },
    { "\"a\"", "\"b\"", HF_JSON_DIFFERS },
    { "[1,2]", "[1, 2]", HF_JSON_MATCHES },
    { "[1,2]", "[2,1]", HF_JSON_DIFFERS },
    { "[1]", "[1,2]", HF_JSON_DIFFERS },
    { "[1,2]", "[1]", HF_JSON_DIFFERS },
    { "{}", "[]", HF_JSON_DIFFERS },
    /* Members may be added and moved, but none may be missing or another. */
    { "{\"a\":1}", "{\"a\":1,\"b\":2}", HF_JSON_MATCHES },
    { "{\"a\":1,\"b\":{\"c\":2}}", "{\"new\":0,\"b\":{\"d\":4,\"c\":2},\"a\":1}", HF_JSON_MATCHES },
    { "{\"a\":1,\"b\":2}", "{\"a\":1}", HF_JSON_DIFFERS },
    { "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":3}", HF_JSON_DIFFERS },
    { "{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"c\":2}}}", HF_JSON_DIFFERS },
    { "[{\"a\":1}]", "[{\"a\":1,\"b\":2}]", HF_JSON_MATCHES },
    /* Of two members with one name the last one counts. */
    { "{\"a\":1,\"a\":2}", "{\"a\":2}", HF_JSON_MATCHES },
    { "{\"a\":1,\"a\":2}", "{\"a\":1}", HF_JSON_DIFFERS },
    { "{\"a\":2}", "{\"a\":1,\"a\":2}", HF_JSON_DIFFERS }, /* the first is where it was */
    /* What is hidden cannot be seen, but what can be seen decides. */
    { "\"HIDDEN\"", "\"HIDDEN\"", HF_JSON_MATCHES },
    { "\"new\"", "\"HIDDEN\"", HF_JSON_UNSURE },
    { "{\"id\":\"x\"}", "\"HIDDEN\"", HF_JSON_UNSURE },
    { "\"HIDDEN\"", "\"seen\"", HF_JSON_DIFFERS },
    { "{\"a\":\"new\",\"b\":1}", "{\"a\":\"HIDDEN\",\"b\":1}", HF_JSON_UNSURE },
    { "{\"a\":\"new\",\"b\":1}", "{\"a\":\"HIDDEN\",\"b\":2}", HF_JSON_DIFFERS },
};

static void what_was_meant_is_found_however_it_is_written(void)
{
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i,
                    hf_json_match(hf_bytes_cstr(rows[i].wanted), hf_bytes_cstr(rows[i].found),
                                  HF_LIT("HIDDEN")),
                    rows[i].want);
}

static void without_a_mark_nothing_is_hidden(void)
{
    CHECK_EQ(hf_json_match(HF_LIT("\"a\""), HF_LIT("\"\""), HF_EMPTY), HF_JSON_DIFFERS);
    CHECK_EQ(hf_json_match(HF_LIT("\"\""), HF_LIT("\"\""), HF_EMPTY), HF_JSON_MATCHES);
}

static void add_members(struct hf_buf *out, int count, bool is_reversed)
{
    hf_buf_add_byte(out, '{');
    for (int i = 0; i < count; i++)
        hf_buf_addf(out, "%s\"%06d\":1", i ? "," : "", is_reversed ? count - i : i + 1);
    hf_buf_add_byte(out, '}');
}

/* Searching for each of many moved members would take for ever. */
static void what_is_too_large_to_be_compared_is_not_judged(void)
{
    enum { FEW = 1000, MANY = 60000 };
    static const struct {
        int count;
        enum hf_json_match want;
    } sizes[] = { { FEW, HF_JSON_MATCHES }, { MANY, HF_JSON_UNSURE } };
    for (size_t i = 0; i < HF_COUNT(sizes); i++) {
        struct hf_buf wanted, found;
        hf_buf_init(&wanted, 1 << 20);
        hf_buf_init(&found, 1 << 20);
        add_members(&wanted, sizes[i].count, false);
        add_members(&found, sizes[i].count, true);
        CHECK_EQ(hf_buf_done(&wanted), 0);
        CHECK_EQ_AT(i, hf_json_match(hf_buf_view(&wanted), hf_buf_view(&found), HF_EMPTY),
                    sizes[i].want);
        hf_buf_fini(&wanted);
        hf_buf_fini(&found);
    }
}

static void a_path_leads_to_a_value(void)
{
    static const struct {
        const char *path, *want;
    } paths[] = {
        { "", "{\"a\":{\"b\":[1],\"\\u0063\":2},\"a.b\":3}" },
        { "a", "{\"b\":[1],\"\\u0063\":2}" },
        { "a.b", "[1]" },
        { "a.c", "2" },
        { "a.d", "" },
        { "a.b.c", "" },
        { "b", "" },
    };
    for (size_t i = 0; i < HF_COUNT(paths); i++)
        CHECK_TEXT_AT(i,
                      hf_json_at(HF_LIT("{\"a\":{\"b\":[1],\"\\u0063\":2},\"a.b\":3}"),
                                 hf_bytes_cstr(paths[i].path)),
                      paths[i].want);
}

CHECK_MAIN(what_was_meant_is_found_however_it_is_written, without_a_mark_nothing_is_hidden,
           what_is_too_large_to_be_compared_is_not_judged, a_path_leads_to_a_value)
