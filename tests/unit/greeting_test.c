#include "wire/schema/greeting.h"
#include "base/err.h"
#include "lib/check.h"

#include <math.h>
#include <stdio.h>

/* client-lifecycle 4, 5; startup-retry 33: nonce and ts, each way they can be wrong. */
static void a_challenge_is_read_whatever_it_holds(void)
{
    static const struct {
        const char *payload, *nonce;
        bool has_ts;
        int64_t ts_ms;
    } rows[] = {
        { "{\"nonce\":\"n1\",\"ts\":0}", "n1", true, 0 },
        { "{\"nonce\":\"  n1 \",\"ts\":1795318620974}", "n1", true, 1795318620974 },
        { "{\"nonce\":\"   \",\"ts\":1}", "", true, 1 },
        { "{\"nonce\":7,\"ts\":1}", "", true, 1 },
        { "{\"ts\":1}", "", true, 1 },
        { "{\"nonce\":\"n\"}", "n", false, 0 },
        { "{\"nonce\":\"n\",\"ts\":-1}", "n", false, 0 },
        { "{\"nonce\":\"n\",\"ts\":1.5}", "n", false, 0 },
        { "{\"nonce\":\"n\",\"ts\":\"1\"}", "n", false, 0 },
        { "{\"nonce\":\"n\",\"ts\":9007199254740992}", "n", true, 9007199254740992 },
        { "{\"nonce\":\"n\",\"ts\":9007199254740993}", "n", false, 0 },
        { "[]", "", false, 0 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_challenge c;
        hf_challenge_read(hf_bytes_cstr(rows[i].payload), &c);
        CHECK_TEXT_AT(i, c.nonce, rows[i].nonce);
        CHECK_EQ_AT(i, c.has_ts, rows[i].has_ts);
        CHECK_EQ_AT(i, c.ts_ms, rows[i].ts_ms);
    }
}

static void a_hello_gives_its_policy_and_its_features(void)
{
    struct hf_greeting g;
    CHECK_EQ(hf_greeting_read(
                 HF_LIT("{\"type\":\"hello-ok\",\"protocol\":4,\"server\":{\"version\":\"1.2\","
                        "\"connId\":\"c\"},\"features\":{\"methods\":[\"health\",\"ping\"]},"
                        "\"auth\":{\"role\":\"operator\",\"scopes\":[\"operator.read\"],"
                        "\"deviceToken\":\"t\"},\"policy\":{\"maxPayload\":1000,"
                        "\"tickIntervalMs\":15000}}"),
                 &g),
             0);
    CHECK_EQ(g.protocol, 4);
    CHECK_TEXT(g.server_version, "1.2");
    CHECK_TEXT(g.device_token, "t");
    CHECK_EQ(g.tick_ms, 15000);
    CHECK_EQ(g.max_payload, 1000);
    CHECK_EQ(g.max_buffered, 52428800);
    CHECK(hf_greeting_lists(g.methods, HF_LIT("ping")));
    CHECK(!hf_greeting_lists(g.methods, HF_LIT("pin")));
}

static void what_is_no_hello_is_refused(void)
{
    static const char *const rows[] = { "{}", "null", "{\"type\":\"hello\",\"protocol\":4}",
                                        "{\"type\":\"hello-ok\"}",
                                        "{\"type\":\"hello-ok\",\"protocol\":\"4\"}" };
    struct hf_greeting g;
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_greeting_read(hf_bytes_cstr(rows[i]), &g), HF_ERR_TYPE);
}

static void an_error_gives_what_decides_about_the_retry(void)
{
    struct hf_error_seen e;
    CHECK_EQ(hf_error_read(HF_LIT("{\"code\":\"UNAVAILABLE\",\"message\":\"m\",\"retryable\":true,"
                                  "\"retryAfterMs\":500.5,\"details\":{\"reason\":"
                                  "\"startup-sidecars\",\"pauseReconnect\":false}}"),
                           &e),
             0);
    CHECK_TEXT(e.code, "UNAVAILABLE");
    CHECK_TEXT(e.reason, "startup-sidecars");
    CHECK(e.retryable && e.is_pause_denied && e.has_retry_after);
    CHECK(fabs(e.retry_after_ms - 500.5) < 0.001);
}

/* client-lifecycle 45, startup-retry 16: wrong types. */
static void an_error_of_another_shape_is_refused(void)
{
    static const struct {
        const char *error;
        int want;
    } rows[] = {
        { "{\"code\":\"A\",\"message\":\"m\"}", 0 },
        { "{\"code\":\"A\",\"message\":\"m\",\"retryAfterMs\":\"300\"}", 0 },
        { "{\"code\":\"A\",\"message\":\"m\",\"retryAfterMs\":null}", 0 },
        { "{\"code\":\"A\",\"message\":\"m\",\"retryAfterMs\":true}", 0 },
        { "{\"code\":\"\",\"message\":\"m\"}", HF_ERR_TYPE },
        { "{\"code\":\"A\",\"message\":\"\"}", HF_ERR_TYPE },
        { "{\"code\":\"A\"}", HF_ERR_TYPE },
        { "{\"code\":\"A\",\"message\":\"m\",\"retryable\":1}", HF_ERR_TYPE },
        { "\"A\"", HF_ERR_TYPE },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_error_seen e = { 0 };
        CHECK_EQ_AT(i, hf_error_read(hf_bytes_cstr(rows[i].error), &e), rows[i].want);
        CHECK_AT(i, !e.has_retry_after);
    }
}

/* startup-retry 17: what is not exactly a start-up refusal has no reason or may not be tried
 * again; the life cycle treats it as any other failure (tests/unit/link_retry_test.c). */
static void details_of_another_shape_have_no_reason(void)
{
    static const struct {
        const char *rest, *reason;
        bool is_retryable;
    } rows[] = {
        { ",\"retryable\":true,\"details\":{\"reason\":\"startup-sidecars\"}", "startup-sidecars",
          true },
        { ",\"details\":{\"reason\":\"startup-sidecars\"}", "startup-sidecars", false },
        { ",\"retryable\":true,\"details\":[\"startup-sidecars\"]", "", true },
        { ",\"retryable\":true,\"details\":null", "", true },
        { ",\"retryable\":true,\"details\":\"startup-sidecars\"", "", true },
        { ",\"retryable\":true,\"details\":{\"reason\":[\"startup-sidecars\"]}", "", true },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_error_seen e;
        char text[256];
        snprintf(text, sizeof text, "{\"code\":\"UNAVAILABLE\",\"message\":\"m\"%s}", rows[i].rest);
        CHECK_EQ_AT(i, hf_error_read(hf_bytes_cstr(text), &e), 0);
        CHECK_TEXT_AT(i, e.reason, rows[i].reason);
        CHECK_EQ_AT(i, e.retryable, rows[i].is_retryable);
    }
}

/* client-lifecycle 26: the grammar of request ids, both sides of its length. */
static void a_request_id_must_follow_the_grammar(void)
{
    char longest[129], text[256];
    memset(longest, 'a', 128);
    longest[128] = '\0';
    const struct {
        const char *id;
        bool is_kept;
    } rows[] = { { "a", true },   { "A9._:-", true }, { "a b", false },
                 { "-a", false }, { "", false },      { longest, true } };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_error_seen e;
        int len = snprintf(text, sizeof text,
                           "{\"code\":\"A\",\"message\":\"m\",\"details\":{\"requestId\":\"%s\"}}",
                           rows[i].id);
        CHECK_EQ_AT(i, hf_error_read(hf_bytes(text, (size_t)len), &e), 0);
        CHECK_TEXT_AT(i, e.request_id, rows[i].is_kept ? rows[i].id : "");
    }
    int len =
        snprintf(text, sizeof text,
                 "{\"code\":\"A\",\"message\":\"m\",\"details\":{\"requestId\":\"%sb\"}}", longest);
    struct hf_error_seen e;
    CHECK_EQ(hf_error_read(hf_bytes(text, (size_t)len), &e), 0);
    CHECK_EQ(e.request_id.len, 0);
}

/* client-lifecycle 8.4: only the words tell which field an older server does not know. */
static void an_unknown_field_is_named_by_the_message(void)
{
    static const struct {
        const char *message;
        bool names_field;
    } rows[] = {
        { "invalid connect params: at /auth: unexpected property 'approvalRuntimeToken'", true },
        { "invalid connect params: at /auth: unexpected property 'agentRuntimeIdentityToken'",
          true },
        { "invalid connect params: at /auth: unexpected property 'token'", false },
        { "unexpected property 'approvalRuntimeToken'", false },
        { "invalid connect params", false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_error_seen e;
        char text[256];
        snprintf(text, sizeof text, "{\"code\":\"INVALID_REQUEST\",\"message\":\"%s\"}",
                 rows[i].message);
        CHECK_EQ_AT(i, hf_error_read(hf_bytes_cstr(text), &e), 0);
        CHECK_EQ_AT(i, e.names_auth_field, rows[i].names_field);
    }
}

static void a_body_is_an_error_in_one_of_three_shapes(void)
{
    static const struct {
        const char *body, *code;
    } rows[] = {
        { " {\"code\":\"A\",\"message\":\"m\"} ", "A" },
        { "{\"error\":{\"code\":\"B\",\"message\":\"m\"}}", "B" },
        { "{\"error\":{\"message\":\"m\",\"type\":\"c\"}}", "c" },
        { "{\"error\":\"no\"}", NULL },
        { "{\"error\":{\"message\":\"\",\"type\":\"c\"}}", NULL },
        { "{\"code\":\"A\",\"message\":\"m\"", NULL },
        { "<html>", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_error_seen e = { 0 };
        int want = rows[i].code ? 0 : HF_ERR_TYPE;
        CHECK_EQ_AT(i, hf_error_read_body(hf_bytes_cstr(rows[i].body), &e), want);
        CHECK_TEXT_AT(i, e.code, rows[i].code ? rows[i].code : "");
    }
}

static void a_device_token_needs_its_role(void)
{
    struct hf_device_token token;
    CHECK(hf_device_token_read(HF_LIT("{\"role\":\"node\",\"deviceToken\":\"t\",\"scopes\":[]}"),
                               &token));
    CHECK_TEXT(token.role, "node");
    CHECK_TEXT(token.token, "t");
    CHECK_TEXT(token.scopes, "[]");
    CHECK(!hf_device_token_read(HF_LIT("{\"role\":\"node\"}"), &token));
    CHECK(!hf_device_token_read(HF_LIT("{\"deviceToken\":\"t\"}"), &token));
    CHECK(!hf_device_token_read(HF_LIT("7"), &token));
}

CHECK_MAIN(an_unknown_field_is_named_by_the_message, a_body_is_an_error_in_one_of_three_shapes,
           a_device_token_needs_its_role, a_challenge_is_read_whatever_it_holds,
           a_hello_gives_its_policy_and_its_features, what_is_no_hello_is_refused,
           an_error_gives_what_decides_about_the_retry, an_error_of_another_shape_is_refused,
           details_of_another_shape_have_no_reason, a_request_id_must_follow_the_grammar)
