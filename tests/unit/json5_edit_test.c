#include "wire/json5_edit.h"
#include "base/err.h"
#include "lib/check.h"

enum { DEPTH = 64 };

static struct hf_json5_error error;

static const struct {
    const char *before, *name, *json, *after;
} rows[] = {
    { "", "gateway.port", "1", "{\n  gateway: { port: 1 },\n}\n" },
    { "{}", "holdfast.strictScopes", "true", "{\n  holdfast: { strictScopes: true },\n}" },
    { "{ gateway: { port: 1 } }", "gateway.port", "2", "{ gateway: { port: 2 } }" },
    { "{ gateway: { port: 1 } }", "gateway.bind", "\"lan\"",
      "{ gateway: {\n    bind: \"lan\", port: 1 } }" },
    { "{ // all\n  gateway: { // ours\n    port: 1, // before\n  },\n}\n", "gateway.port", "2",
      "{ // all\n  gateway: { // ours\n    port: 2, // before\n  },\n}\n" },
    { "{ // all\n  gateway: { // ours\n    port: 1,\n  },\n}\n", "gateway.bind", "\"lan\"",
      "{ // all\n  gateway: { // ours\n    bind: \"lan\",\n    port: 1,\n  },\n}\n" },
    { "/* head */ { 'gateway': { \"port\": 0x10 /* hex */ } } // end", "gateway.port", "17",
      "/* head */ { 'gateway': { \"port\": 17 /* hex */ } } // end" },
    { "{ gateway: { trustedProxies: [ 'a', // b\n 'c' ] } }", "gateway.trustedProxies", "[]",
      "{ gateway: { trustedProxies: [] } }" },
    { "{ gateway: {} }", "gateway.auth.rateLimit.maxAttempts", "5",
      "{ gateway: {\n    auth: { rateLimit: { maxAttempts: 5 } },\n  } }" },
    /* Of two members with one name the last one counts, so it is the one that changes. */
    { "{ gateway: { port: 1, port: 2 } }", "gateway.port", "3",
      "{ gateway: { port: 1, port: 3 } }" },
    /* What is no name of JSON5 stands in quotes. */
    { "{}", "agents.my-agent.2nd", "1", "{\n  agents: { \"my-agent\": { \"2nd\": 1 } },\n}" },
};

static int edit(const char *before, const char *path, const char *json, struct hf_buf *out)
{
    return hf_json5_edit(hf_bytes_cstr(before), hf_bytes_cstr(path), hf_bytes_cstr(json), DEPTH,
                         out, &error);
}

static void one_value_changes_and_everything_else_stays(void)
{
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 4096);
        CHECK_EQ_AT(i, edit(rows[i].before, rows[i].name, rows[i].json, &out), 0);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].after);
        hf_buf_fini(&out);
    }
}

static void a_change_made_twice_is_made_once(void)
{
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf once, twice;
        hf_buf_init(&once, 4096);
        hf_buf_init(&twice, 4096);
        edit(rows[i].before, rows[i].name, rows[i].json, &once);
        CHECK_EQ_AT(i,
                    hf_json5_edit(hf_buf_view(&once), hf_bytes_cstr(rows[i].name),
                                  hf_bytes_cstr(rows[i].json), DEPTH, &twice, &error),
                    0);
        CHECK_BYTES_AT(i, hf_buf_view(&twice), hf_buf_view(&once));
        hf_buf_fini(&once);
        hf_buf_fini(&twice);
    }
}

static void a_text_that_cannot_be_changed_is_told(void)
{
    static const struct {
        const char *before;
        int err;
        size_t line;
    } bad[] = {
        { "{ gateway: ", HF_ERR_SYNTAX, 1 },
        { "[]", HF_ERR_TYPE, 1 },
        { "{\n  gateway: 5 }", HF_ERR_TYPE, 2 },
    };
    for (size_t i = 0; i < HF_COUNT(bad); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 4096);
        CHECK_EQ_AT(i, edit(bad[i].before, "gateway.port", "1", &out), bad[i].err);
        CHECK_EQ_AT(i, error.code, bad[i].err);
        CHECK_EQ_AT(i, error.line, bad[i].line);
        hf_buf_fini(&out);
    }
}

static void a_text_that_would_become_too_large_is_refused(void)
{
    struct hf_buf out;
    hf_buf_init(&out, 23);
    CHECK_EQ(edit("{ gateway: { port: 1 } }", "gateway.port", "2", &out), HF_ERR_LIMIT);
    CHECK_EQ(error.line, 0);
    hf_buf_fini(&out);
    hf_buf_init(&out, 24);
    CHECK_EQ(edit("{ gateway: { port: 1 } }", "gateway.port", "2", &out), 0);
    hf_buf_fini(&out);
}

static void a_path_names_each_of_its_keys(void)
{
    static const struct {
        const char *path;
        bool is_valid;
    } paths[] = {
        { "a", true },   { "a.b", true }, { "a.b.c", true }, { "", false },
        { "a.", false }, { ".a", false }, { "a..b", false }, { ".", false },
    };
    for (size_t i = 0; i < HF_COUNT(paths); i++)
        CHECK_EQ_AT(i, hf_json5_path_is_valid(hf_bytes_cstr(paths[i].path)), paths[i].is_valid);
}

CHECK_MAIN(one_value_changes_and_everything_else_stays, a_change_made_twice_is_made_once,
           a_text_that_cannot_be_changed_is_told, a_text_that_would_become_too_large_is_refused,
           a_path_names_each_of_its_keys)
