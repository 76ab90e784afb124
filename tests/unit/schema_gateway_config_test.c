#include "base/limits.h"
#include "lib/check.h"
#include "wire/schema/gateway_config.h"

/* As the real gateway answers config.get, without what nobody here reads. */
#define ANSWER(raw, parsed)                                                                        \
    "{\"path\":\"/c.json\",\"exists\":true,\"valid\":true,\"hash\":\"h1\",\"raw\":" raw            \
    ",\"parsed\":" parsed "}"

static struct hf_draft draft;

static enum hf_draft_fit write(const char *payload, const char *path, const char *value)
{
    return hf_draft_write(&draft, hf_bytes_cstr(payload), hf_bytes_cstr(path),
                          hf_bytes_cstr(value));
}

static void a_value_is_written_upon_what_was_read(void)
{
    static const struct {
        const char *payload, *path, *value;
        enum hf_draft_fit fit;
        const char *params; /* FITS */
    } rows[] = {
        { ANSWER("\"// mine\\n{a:{b:1}}\"", "{\"a\":{\"b\":1}}"), "a.b", "2", HF_DRAFT_FITS,
          "{\"raw\":\"// mine\\n{a:{b:2}}\",\"baseHash\":\"h1\"}" },
        { ANSWER("\"{a:{b:1}}\"", "{\"a\":{\"b\":1}}"), "a.c", "\"x\"", HF_DRAFT_FITS,
          "{\"raw\":\"{a:{\\n    c: \\\"x\\\",b:1}}\",\"baseHash\":\"h1\"}" },
        /* A text that hides no secret in place is null: the values stand for it. */
        { ANSWER("null", "{\"a\":{\"b\":1}}"), "a.b", "2", HF_DRAFT_FITS,
          "{\"raw\":\"{\\\"a\\\":{\\\"b\\\":2}}\",\"baseHash\":\"h1\"}" },
        /* A file that is not there yet. */
        { "{\"exists\":false,\"valid\":true,\"raw\":null,\"parsed\":{}}", "a", "1", HF_DRAFT_FITS,
          "{\"raw\":\"{\\n  a: 1,\\n}\\n\"}" },
        { ANSWER("\"{a:{b:1}}\"", "{\"a\":{\"b\":1}}"), "a.b", "1.0", HF_DRAFT_SAME, "" },
        { ANSWER("\"{a:{b:1,c:2}}\"", "{\"a\":{\"b\":1,\"c\":2}}"), "a", "{\"b\":1}", HF_DRAFT_FITS,
          "{\"raw\":\"{a:{\\\"b\\\":1}}\",\"baseHash\":\"h1\"}" },
        { ANSWER("\"{a:{b:1}}\"", "{\"a\":{\"b\":1}}"), "a.b.c", "1", HF_DRAFT_NO_PLACE, "" },
        { ANSWER("null", "null"), "a", "1", HF_DRAFT_INVALID, "" },
        { "{\"exists\":true,\"valid\":false,\"hash\":\"h\",\"raw\":\"{}\",\"parsed\":{}}", "a", "1",
          HF_DRAFT_INVALID, "" },
        { "{\"exists\":true,\"valid\":true,\"raw\":\"{}\",\"parsed\":{}}", "a", "1",
          HF_DRAFT_UNNAMED, "" },
        { ANSWER("\"{a\"", "{}"), "a", "1", HF_DRAFT_INVALID, "" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        CHECK_EQ_AT(i, write(rows[i].payload, rows[i].path, rows[i].value), rows[i].fit);
        if (rows[i].fit == HF_DRAFT_FITS)
            CHECK_TEXT_AT(i, hf_buf_view(&draft.params), rows[i].params);
        CHECK_AT(i, hf_draft_fit_text(rows[i].fit)[0] != '\0');
    }
    hf_draft_fini(&draft);
}

/* supervisor 66: what the gateway writes may hold more, but never less or something else. */
static void the_file_is_what_was_sent_or_it_is_not(void)
{
#define NOW(hash, parsed) "{\"hash\":\"" hash "\",\"raw\":null,\"parsed\":" parsed "}"
    static const struct {
        const char *value, *now;
        enum hf_json_match want;
    } rows[] = {
        { "2", NOW("h2", "{\"a\":{\"b\":2},\"s\":\"__OPENCLAW_REDACTED__\"}"), HF_JSON_MATCHES },
        { "2", NOW("h2", "{\"meta\":{\"v\":1},\"s\":\"__OPENCLAW_REDACTED__\",\"a\":{\"b\":2}}"),
          HF_JSON_MATCHES },
        { "2", NOW("h2", "{\"a\":{\"b\":1},\"s\":\"__OPENCLAW_REDACTED__\"}"), HF_JSON_DIFFERS },
        { "2", NOW("h2", "{\"a\":{\"b\":2}}"), HF_JSON_DIFFERS }, /* somebody took the secret out */
        { "2", NOW("h1", "{\"a\":{\"b\":2},\"s\":\"__OPENCLAW_REDACTED__\"}"), HF_JSON_DIFFERS },
        { "2", "{\"hash\":\"h2\",\"parsed\":null,\"raw\":null}", HF_JSON_DIFFERS },
        { "2", "{\"hash\":\"h2\",\"raw\":\"{s:'__OPENCLAW_REDACTED__',a:{b:2}}\"}",
          HF_JSON_MATCHES },
        /* A secret that is new cannot be seen. */
        { "\"new secret\"",
          NOW("h2", "{\"a\":{\"b\":\"__OPENCLAW_REDACTED__\"},\"s\":\"__OPENCLAW_REDACTED__\"}"),
          HF_JSON_UNSURE },
        /* What an object held before must be gone. */
        { "{}", NOW("h2", "{\"a\":{\"b\":{}},\"s\":\"__OPENCLAW_REDACTED__\"}"), HF_JSON_MATCHES },
        { "{}", NOW("h2", "{\"a\":{\"b\":{\"old\":1}},\"s\":\"__OPENCLAW_REDACTED__\"}"),
          HF_JSON_UNSURE },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        CHECK_EQ_AT(i,
                    write(ANSWER("\"{a:{b:1},s:'__OPENCLAW_REDACTED__'}\"",
                                 "{\"a\":{\"b\":1},\"s\":\"__OPENCLAW_REDACTED__\"}"),
                          "a.b", rows[i].value),
                    HF_DRAFT_FITS);
        CHECK_EQ_AT(i, hf_draft_check(&draft, hf_bytes_cstr(rows[i].now), HF_LIT("a.b")),
                    rows[i].want);
    }
    hf_draft_fini(&draft);
}

/* A text of `len` bytes in an answer: {a:1,x:"..."}. */
static enum hf_draft_fit write_large(size_t len, const char *value)
{
    static const char head[] = "{a:1,x:'", tail[] = "'}";
    struct hf_buf payload;
    hf_buf_init(&payload, 2 * HF_LIMIT_CONFIG_BYTES);
    HF_BUF_LIT(&payload,
               "{\"exists\":true,\"valid\":true,\"hash\":\"h1\",\"parsed\":{},\"raw\":\"");
    hf_buf_add(&payload, hf_bytes_cstr(head));
    for (size_t i = sizeof head + sizeof tail - 2; i < len; i++) hf_buf_add_byte(&payload, 'x');
    hf_buf_add(&payload, hf_bytes_cstr(tail));
    HF_BUF_LIT(&payload, "\"}");
    CHECK_EQ(hf_buf_done(&payload), 0);
    enum hf_draft_fit fit =
        hf_draft_write(&draft, hf_buf_view(&payload), HF_LIT("a"), hf_bytes_cstr(value));
    hf_buf_fini(&payload);
    return fit;
}

static void a_configuration_has_its_bound_before_and_after(void)
{
    CHECK_EQ(write_large(HF_LIMIT_CONFIG_BYTES, "2"), HF_DRAFT_FITS);
    CHECK_EQ(write_large(HF_LIMIT_CONFIG_BYTES, "22"), HF_DRAFT_TOO_LARGE);
    CHECK_EQ(write_large(HF_LIMIT_CONFIG_BYTES - 1, "22"), HF_DRAFT_FITS);
    CHECK_EQ(write_large(HF_LIMIT_CONFIG_BYTES + 1, "2"), HF_DRAFT_TOO_LARGE);
    hf_draft_fini(&draft);
}

static void a_view_shows_what_was_asked_for(void)
{
    static const struct {
        const char *payload, *path, *want;
    } rows[] = {
        { ANSWER("\"// c\\n{a:1}\"", "{\"a\":1}"), "",
          "{\"file\":\"/c.json\",\"exists\":true,\"valid\":true,\"hash\":\"h1\","
          "\"raw\":\"// c\\n{a:1}\"}" },
        { ANSWER("null", "{\"a\":1}"), "",
          "{\"file\":\"/c.json\",\"exists\":true,\"valid\":true,\"hash\":\"h1\","
          "\"value\":{\"a\":1}}" },
        { ANSWER("null", "{\"a\":{\"b\":[1]}}"), "a.b",
          "{\"file\":\"/c.json\",\"exists\":true,\"valid\":true,\"hash\":\"h1\",\"key\":\"a.b\","
          "\"value\":[1]}" },
        { ANSWER("null", "{\"a\":1}"), "b",
          "{\"file\":\"/c.json\",\"exists\":true,\"valid\":true,\"hash\":\"h1\",\"key\":\"b\"}" },
        { "{}", "", "{}" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 4096);
        hf_gateway_config_view(hf_bytes_cstr(rows[i].payload), hf_bytes_cstr(rows[i].path), &out);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].want);
        hf_buf_fini(&out);
    }
}

/* The messages of the real gateway. */
static void an_error_is_a_conflict_a_refusal_or_none_of_them(void)
{
    static const struct {
        const char *error;
        enum hf_gateway_config_error want;
    } rows[] = {
        { "{\"code\":\"INVALID_REQUEST\",\"message\":\"config changed since last load; re-run "
          "config.get and retry\"}",
          HF_GATEWAY_CONFIG_CONFLICT },
        { "{\"code\":\"INVALID_REQUEST\",\"message\":\"invalid config: gateway.mode: Invalid "
          "input\"}",
          HF_GATEWAY_CONFIG_REFUSED },
        { "{\"code\":\"UNAVAILABLE\",\"message\":\"draining\"}", HF_GATEWAY_CONFIG_CANNOT },
        { "{}", HF_GATEWAY_CONFIG_REFUSED },
        { "", HF_GATEWAY_CONFIG_REFUSED },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_gateway_config_error(hf_bytes_cstr(rows[i].error)), rows[i].want);
}

CHECK_MAIN(a_value_is_written_upon_what_was_read, the_file_is_what_was_sent_or_it_is_not,
           a_configuration_has_its_bound_before_and_after, a_view_shows_what_was_asked_for,
           an_error_is_a_conflict_a_refusal_or_none_of_them)
