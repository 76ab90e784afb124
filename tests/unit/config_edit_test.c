#include "prog/config_edit.h"
#include "base/err.h"
#include "lib/check.h"

static struct hf_fault fault;

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
};

static void one_value_changes_and_everything_else_stays(void)
{
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 4096);
        CHECK_EQ_AT(i,
                    hf_config_edit(hf_bytes_cstr(rows[i].before), "file", rows[i].name,
                                   hf_bytes_cstr(rows[i].json), &out, &fault),
                    0);
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
        hf_config_edit(hf_bytes_cstr(rows[i].before), "file", rows[i].name,
                       hf_bytes_cstr(rows[i].json), &once, &fault);
        CHECK_EQ_AT(i,
                    hf_config_edit(hf_buf_view(&once), "file", rows[i].name,
                                   hf_bytes_cstr(rows[i].json), &twice, &fault),
                    0);
        CHECK_BYTES_AT(i, hf_buf_view(&twice), hf_buf_view(&once));
        hf_buf_fini(&once);
        hf_buf_fini(&twice);
    }
}

static void a_text_that_cannot_be_changed_is_told(void)
{
    static const struct {
        const char *before, *told;
    } bad[] = {
        { "{ gateway: ", "file:1:12: " },
        { "[]", "file:1: this is not an object" },
        { "{\n  gateway: 5 }", "file:2: this is not an object" },
    };
    for (size_t i = 0; i < HF_COUNT(bad); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 4096);
        CHECK_AT(i, hf_config_edit(hf_bytes_cstr(bad[i].before), "file", "gateway.port",
                                   HF_LIT("1"), &out, &fault) < 0);
        if (!strstr(fault.text, bad[i].told))
            CHECK_TEXT_AT(i, hf_bytes_cstr(fault.text), bad[i].told);
        hf_buf_fini(&out);
    }
}

static void a_file_that_would_become_too_large_is_refused(void)
{
    struct hf_buf out;
    hf_buf_init(&out, 23);
    CHECK_EQ(hf_config_edit(HF_LIT("{ gateway: { port: 1 } }"), "file", "gateway.port", HF_LIT("2"),
                            &out, &fault),
             HF_ERR_LIMIT);
    hf_buf_fini(&out);
    hf_buf_init(&out, 24);
    CHECK_EQ(hf_config_edit(HF_LIT("{ gateway: { port: 1 } }"), "file", "gateway.port", HF_LIT("2"),
                            &out, &fault),
             0);
    hf_buf_fini(&out);
}

CHECK_MAIN(one_value_changes_and_everything_else_stays, a_change_made_twice_is_made_once,
           a_text_that_cannot_be_changed_is_told, a_file_that_would_become_too_large_is_refused)
