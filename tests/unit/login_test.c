#include "base/err.h"
#include "lib/login_case.h"

#include <stdio.h>

/* --- clients without a device, as recorded in handshake-cases.jsonl and
 * pairing-and-rate-limit.jsonl; the number of the recording comes first --- */

#define ALL_SCOPES "[\"operator.read\",\"operator.write\",\"operator.admin\"]"
#define CLIENT(id, mode)                                                                           \
    "\"client\":{\"id\":\"" id "\",\"version\":\"0.0.1\",\"platform\":\"linux\",\"mode\":\"" mode  \
    "\"}"
#define PARAMS(min, max, client, rest)                                                             \
    "{\"minProtocol\":" min ",\"maxProtocol\":" max "," client ",\"caps\":[]" rest "}"
#define OPERATOR ",\"role\":\"operator\",\"scopes\":" ALL_SCOPES
#define NODE ",\"role\":\"node\",\"scopes\":[]"
#define TOKEN(token) ",\"auth\":{\"token\":\"" token "\"}"
#define GOOD TOKEN(LOGIN_SECRET)
#define BACKEND CLIENT("gateway-client", "backend")
#define CLI CLIENT("cli", "cli")
#define PROBE CLIENT("cli", "probe")
#define TUI CLIENT("openclaw-tui", "ui")
#define CONTROL_UI CLIENT("openclaw-control-ui", "webchat")
#define NODE_HOST CLIENT("node-host", "node")

#define OWN_ORIGIN "http://127.0.0.1:18990"
#define EVIL_ORIGIN "http://evil.example"
#define ORIGIN_TEXT                                                                                \
    "origin not allowed (open the Control UI from the gateway host or allow it in "                \
    "gateway.controlUi.allowedOrigins)"
#define ORIGIN_DETAILS(why) "{\"code\":\"CONTROL_UI_ORIGIN_NOT_ALLOWED\",\"reason\":\"" why "\"}"
#define PROTOCOL_DETAILS(min, max)                                                                 \
    "{\"code\":\"PROTOCOL_MISMATCH\",\"clientMinProtocol\":" min ",\"clientMaxProtocol\":" max     \
    ",\"expectedProtocol\":4,\"minimumProbeProtocol\":3}"
#define AUTH_DETAILS(code, reason, step)                                                           \
    "{\"code\":\"" code "\",\"authReason\":\"" reason                                              \
    "\",\"canRetryWithDeviceToken\":false,\"recommendedNextStep\":\"" step "\"}"
#define WRONG_TOKEN AUTH_DETAILS("AUTH_TOKEN_MISMATCH", "token_mismatch", "update_auth_credentials")

static const struct {
    int number; /* of the recording; 0 is ours */
    const char *params;
    bool is_far;
    const char *origin;
    /* "" for message: let in with these scopes */
    const char *message, *scopes_or_details;
    enum hf_code code;
    int close_code;
} recorded[] = {
    { 29, PARAMS("4", "4", BACKEND, OPERATOR GOOD), false, NULL, "",
      "operator.read,operator.write,operator.admin", 0, 0 },
    { 30, PARAMS("4", "4", CLI, OPERATOR TOKEN("wrong")), false, NULL,
      "unauthorized: gateway token mismatch (use this gateway's gateway.auth.token or pair the "
      "device)",
      WRONG_TOKEN, HF_CODE_INVALID_REQUEST, 1008 },
    { 31, PARAMS("4", "4", CLI, OPERATOR), false, NULL, "device identity required",
      "{\"code\":\"DEVICE_IDENTITY_REQUIRED\"}", HF_CODE_NOT_PAIRED, 1008 },
    { 32, PARAMS("4", "4", BACKEND, OPERATOR ",\"auth\":{\"password\":\"" LOGIN_SECRET "\"}"),
      false, NULL, "", "operator.read,operator.write,operator.admin", 0, 0 },
    { 33, PARAMS("3", "3", BACKEND, OPERATOR GOOD), false, NULL, "protocol mismatch",
      PROTOCOL_DETAILS("3", "3"), HF_CODE_INVALID_REQUEST, 1002 },
    { 34, PARAMS("5", "6", BACKEND, OPERATOR GOOD), false, NULL, "protocol mismatch",
      PROTOCOL_DETAILS("5", "6"), HF_CODE_INVALID_REQUEST, 1002 },
    { 35, PARAMS("1", "99", BACKEND, OPERATOR GOOD), false, NULL, "",
      "operator.read,operator.write,operator.admin", 0, 0 },
    { 36, PARAMS("3", "3", PROBE, OPERATOR GOOD), false, NULL, "", "", 0, 0 },
    { 38,
      "{\"minProtocol\":4,\"maxProtocol\":4,\"client\":{\"id\":\"gateway-client\",\"version\":"
      "\"x\",\"platform\":\"p\",\"mode\":\"backend\"}" GOOD "}",
      false, NULL, "", "", 0, 0 },
    { 42, PARAMS("4", "4", BACKEND, ",\"role\":\"boss\",\"scopes\":" ALL_SCOPES GOOD), false, NULL,
      "invalid role", "", HF_CODE_INVALID_REQUEST, 1008 },
    /* Intended difference: an invented scope is not granted. */
    { 43, PARAMS("4", "4", BACKEND, ",\"scopes\":[\"operator.everything\"]" GOOD), false, NULL, "",
      "", 0, 0 },
    { 44, PARAMS("4", "4", NODE_HOST, NODE GOOD), false, NULL, "device identity required",
      "{\"code\":\"DEVICE_IDENTITY_REQUIRED\"}", HF_CODE_NOT_PAIRED, 1008 },
    { 45, PARAMS("4", "4", CLI, OPERATOR GOOD), false, NULL, "",
      "operator.read,operator.write,operator.admin", 0, 0 },
    { 46, PARAMS("4", "4", TUI, OPERATOR GOOD), false, NULL,
      "control ui requires device identity (use HTTPS or localhost secure context)",
      "{\"code\":\"CONTROL_UI_DEVICE_IDENTITY_REQUIRED\"}", HF_CODE_INVALID_REQUEST, 1008 },
    { 47, PARAMS("4", "4", PROBE, OPERATOR GOOD), false, NULL, "", "", 0, 0 },
    { 48, PARAMS("4", "4", CONTROL_UI, OPERATOR GOOD), false, OWN_ORIGIN,
      "control ui requires device identity (use HTTPS or localhost secure context)",
      "{\"code\":\"CONTROL_UI_DEVICE_IDENTITY_REQUIRED\"}", HF_CODE_INVALID_REQUEST, 1008 },
    { 49, PARAMS("4", "4", CONTROL_UI, OPERATOR GOOD), false, EVIL_ORIGIN, ORIGIN_TEXT,
      ORIGIN_DETAILS("origin not allowed"), HF_CODE_INVALID_REQUEST, 1008 },
    { 50, PARAMS("4", "4", CONTROL_UI, OPERATOR GOOD), false, NULL, ORIGIN_TEXT,
      ORIGIN_DETAILS("origin missing or invalid"), HF_CODE_INVALID_REQUEST, 1008 },
    { 51, PARAMS("4", "4", BACKEND, OPERATOR GOOD), false, EVIL_ORIGIN, ORIGIN_TEXT,
      ORIGIN_DETAILS("origin not allowed"), HF_CODE_INVALID_REQUEST, 1008 },
    { 52, PARAMS("4", "4", BACKEND, OPERATOR GOOD), false, OWN_ORIGIN, "", "", 0, 0 },
    { 76, PARAMS("4", "4", TUI, OPERATOR TOKEN("hmJHBpkAOeId7jtjSSyBdtGTWqxjrmdy5Ky-UAtEHWg")),
      false, NULL, "control ui requires device identity (use HTTPS or localhost secure context)",
      "{\"code\":\"CONTROL_UI_DEVICE_IDENTITY_REQUIRED\"}", HF_CODE_INVALID_REQUEST, 1008 },
    { 363, PARAMS("4", "4", BACKEND, OPERATOR GOOD), true, NULL, "", "", 0, 0 },
    { 364, PARAMS("4", "4", BACKEND, OPERATOR TOKEN("bad")), true, NULL,
      "unauthorized: gateway token mismatch (provide gateway auth token)", WRONG_TOKEN,
      HF_CODE_INVALID_REQUEST, 1008 },
    { 375, PARAMS("4", "4", CLI, OPERATOR TOKEN("wrong9")), true, NULL,
      "unauthorized: gateway token mismatch (set gateway.remote.token to match "
      "gateway.auth.token)",
      WRONG_TOKEN, HF_CODE_INVALID_REQUEST, 1008 },
    /* Not recorded: the corners of the version rule, doubles, a node's wrong token. */
    { 0, PARAMS("5", "4", BACKEND, OPERATOR GOOD), false, NULL, "protocol mismatch",
      PROTOCOL_DETAILS("5", "4"), HF_CODE_INVALID_REQUEST, 1002 },
    { 0, PARAMS("4", "3", PROBE, OPERATOR GOOD), false, NULL, "protocol mismatch",
      PROTOCOL_DETAILS("4", "3"), HF_CODE_INVALID_REQUEST, 1002 },
    { 0, PARAMS("1", "2", PROBE, OPERATOR GOOD), false, NULL, "protocol mismatch",
      PROTOCOL_DETAILS("1", "2"), HF_CODE_INVALID_REQUEST, 1002 },
    { 0, PARAMS("3", "3", NODE_HOST, OPERATOR GOOD), false, NULL, "protocol mismatch",
      PROTOCOL_DETAILS("3", "3"), HF_CODE_INVALID_REQUEST, 1002 },
    { 0, PARAMS("2", "3", NODE_HOST, NODE GOOD), false, NULL, "device identity required",
      "{\"code\":\"DEVICE_IDENTITY_REQUIRED\"}", HF_CODE_NOT_PAIRED, 1008 },
    { 0, PARAMS("3", "3", BACKEND, ",\"role\":\"boss\"" GOOD), false, NULL, "protocol mismatch",
      PROTOCOL_DETAILS("3", "3"), HF_CODE_INVALID_REQUEST, 1002 },
    { 0,
      PARAMS("4", "4", BACKEND,
             ",\"scopes\":[\"operator.write\",\"x\",\"operator.read\",\"operator.write\"]" GOOD),
      false, NULL, "", "operator.write,operator.read", 0, 0 },
    { 0, PARAMS("4", "4", NODE_HOST, NODE TOKEN("bad")), false, NULL,
      "unauthorized: gateway token mismatch (provide gateway auth token)", WRONG_TOKEN,
      HF_CODE_INVALID_REQUEST, 1008 },
    { 0, PARAMS("4", "4", CLI, ",\"auth\":{\"deviceToken\":\"bad\"}"), false, NULL,
      "device identity required", "{\"code\":\"DEVICE_IDENTITY_REQUIRED\"}", HF_CODE_NOT_PAIRED,
      1008 },
    { 0, PARAMS("4", "4", CLIENT("cli", "webchat"), OPERATOR TOKEN("bad")), false, NULL,
      "unauthorized: gateway token mismatch (open the dashboard URL and paste the token in "
      "Control UI settings)",
      WRONG_TOKEN, HF_CODE_INVALID_REQUEST, 1008 },
    { 0, PARAMS("4", "4", CLIENT("gateway-client", "cli"), OPERATOR GOOD), false, NULL, "", "", 0,
      0 },
    { 0, PARAMS("4", "4", CLI, OPERATOR GOOD), true, NULL, "", "", 0, 0 },
};

static void each_recorded_case_without_a_device_gets_its_answer(void)
{
    for (size_t i = 0; i < HF_COUNT(recorded); i++) {
        struct login_case c;
        long row = recorded[i].number ? recorded[i].number : -(long)i;
        login_start(&c, recorded[i].params);
        if (recorded[i].is_far) login_from_afar(&c);
        login_origin(&c, recorded[i].origin, NULL);
        if (recorded[i].message[0]) {
            CHECK_EQ_AT(row, login_judge(&c), HF_LOGIN_REFUSED);
            CHECK_TEXT_AT(row, c.out.message, recorded[i].message);
            CHECK_TEXT_AT(row, login_details(&c), recorded[i].scopes_or_details);
            CHECK_EQ_AT(row, c.out.code, recorded[i].code);
            CHECK_EQ_AT(row, c.out.close_code, recorded[i].close_code);
            CHECK_BYTES_AT(row, login_close_reason(&c), c.out.message);
        } else {
            CHECK_EQ_AT(row, login_judge(&c), HF_LOGIN_HELLO);
            CHECK_TEXT_AT(row, login_scopes(&c), recorded[i].scopes_or_details);
            CHECK_TEXT_AT(row, hf_bytes_cstr(c.out.method), "token");
            CHECK_AT(row, !c.out.has_device_token && !c.out.recovery_migration_allowed);
            CHECK_AT(row, c.out.has_recovery_scope);
        }
        CHECK_AT(row, c.out.close_reason_len <= HF_LIMIT_CLOSE_REASON_BYTES);
        login_stop(&c);
    }
}

/* --- secrets --- */

static void a_wrong_secret_is_reported_for_the_address_and_a_right_one_is_not(void)
{
    struct login_case c;
    login_start(&c, PARAMS("4", "4", CLI, OPERATOR TOKEN("wrong")));
    login_judge(&c);
    CHECK(c.out.has_wrong_secret);
    CHECK(!c.out.is_proven);
    login_stop(&c);
    login_start(&c, PARAMS("4", "4", CLI, OPERATOR GOOD));
    login_judge(&c);
    CHECK(!c.out.has_wrong_secret);
    login_stop(&c);
    login_start(&c, PARAMS("4", "4", CLI, OPERATOR));
    login_judge(&c);
    CHECK(!c.out.has_wrong_secret);
    login_stop(&c);
}

/* Nobody guesses in one place while another place stays the same. */
static void a_guess_in_any_place_is_a_distinct_secret(void)
{
    static const char *const guesses[] = {
        "\"token\":\"a\"",
        "\"token\":\"b\"",
        "\"token\":\"a\",\"password\":\"a\"",
        "\"token\":\"a\",\"password\":\"b\"",
        "\"token\":\"a\",\"deviceToken\":\"b\"",
        "\"token\":\"a\",\"bootstrapToken\":\"b\"",
        "\"password\":\"a\"",
    };
    uint8_t digests[HF_COUNT(guesses)][HF_SHA256_BYTES];
    for (size_t i = 0; i < HF_COUNT(guesses); i++) {
        struct login_case c;
        char params[400];
        snprintf(params, sizeof params, PARAMS("4", "4", CLI, ",\"auth\":{%s}"), guesses[i]);
        login_start(&c, params);
        login_judge(&c);
        CHECK_AT(i, c.out.has_wrong_secret);
        memcpy(digests[i], c.out.wrong_digest, sizeof digests[i]);
        for (size_t j = 0; j < i; j++)
            CHECK_AT(i, memcmp(digests[i], digests[j], sizeof digests[i]) != 0);
        login_stop(&c);
    }
}

/* A locked address learns nothing: the right secret gets the same answer. */
static void a_locked_address_is_refused_unread(void)
{
    static const char *const params[] = { PARAMS("4", "4", CLI, OPERATOR TOKEN("wrong10")),
                                          PARAMS("4", "4", CLI, OPERATOR GOOD) };
    for (size_t i = 0; i < HF_COUNT(params); i++) {
        struct login_case c;
        login_start(&c, params[i]);
        login_from_afar(&c);
        c.input.address_locked_for = HF_MS(299987) + 1;
        CHECK_EQ_AT(i, login_judge(&c), HF_LOGIN_REFUSED);
        CHECK_TEXT_AT(i, c.out.message,
                      "unauthorized: too many failed authentication attempts (retry later)");
        CHECK_TEXT_AT(i, login_details(&c),
                      AUTH_DETAILS("AUTH_RATE_LIMITED", "rate_limited", "wait_then_retry"));
        CHECK_EQ_AT(i, c.out.code, HF_CODE_INVALID_REQUEST);
        CHECK_AT(i, c.out.is_retryable);
        CHECK_EQ_AT(i, c.out.retry_after_ms, 299988);
        CHECK_AT(i, !c.out.has_wrong_secret);
        login_stop(&c);
    }
}

static void who_shows_nothing_is_not_told_about_a_lock(void)
{
    struct login_case c;
    login_start(&c, PARAMS("4", "4", CLI, OPERATOR));
    c.input.address_locked_for = HF_MS(1);
    CHECK_EQ(login_judge(&c), HF_LOGIN_REFUSED);
    CHECK_TEXT(c.out.message, "device identity required");
    login_stop(&c);
}

static void in_password_mode_the_texts_speak_of_passwords(void)
{
    static const struct {
        const char *params;
        bool is_far;
        const char *message;
    } rows[] = {
        { PARAMS("4", "4", CLI, OPERATOR TOKEN("x")), false,
          "unauthorized: gateway password mismatch (use this gateway's gateway.auth.password)" },
        { PARAMS("4", "4", CLI, OPERATOR TOKEN("x")), true,
          "unauthorized: gateway password mismatch (set gateway.remote.password to match "
          "gateway.auth.password)" },
        { PARAMS("4", "4", BACKEND, OPERATOR TOKEN("x")), false,
          "unauthorized: gateway password mismatch (provide gateway auth password)" },
        { PARAMS("4", "4", CLIENT("webchat-ui", "ui"), OPERATOR TOKEN("x")), false,
          "unauthorized: gateway password mismatch (enter the password in Control UI settings)" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct login_case c;
        login_start(&c, rows[i].params);
        if (rows[i].is_far) login_from_afar(&c);
        c.policy.mode = HF_AUTH_PASSWORD;
        CHECK_EQ_AT(i, login_judge(&c), HF_LOGIN_REFUSED);
        CHECK_TEXT_AT(i, c.out.message, rows[i].message);
        CHECK_TEXT_AT(
            i, login_details(&c),
            AUTH_DETAILS("AUTH_PASSWORD_MISMATCH", "password_mismatch", "update_auth_credentials"));
        login_stop(&c);
    }
    struct login_case c;
    login_start(&c, PARAMS("4", "4", CLI, OPERATOR GOOD));
    c.policy.mode = HF_AUTH_PASSWORD;
    CHECK_EQ(login_judge(&c), HF_LOGIN_HELLO);
    CHECK_TEXT(hf_bytes_cstr(c.out.method), "password");
    login_stop(&c);
}

static void without_auth_everybody_is_known_and_the_rule_for_scopes_stays(void)
{
    static const struct {
        const char *params;
        bool is_far;
        const char *scopes;
    } rows[] = {
        { PARAMS("4", "4", CLI, OPERATOR), false, "operator.read,operator.write,operator.admin" },
        { PARAMS("4", "4", CLI, OPERATOR TOKEN("any")), false,
          "operator.read,operator.write,operator.admin" },
        { PARAMS("4", "4", CLI, OPERATOR), true, "" },
        { PARAMS("4", "4", PROBE, OPERATOR), false, "" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct login_case c;
        login_start(&c, rows[i].params);
        if (rows[i].is_far) login_from_afar(&c);
        c.policy.mode = HF_AUTH_NONE;
        c.policy.secret = HF_EMPTY;
        c.input.address_locked_for = HF_MS(1);
        CHECK_EQ_AT(i, login_judge(&c), HF_LOGIN_HELLO);
        CHECK_TEXT_AT(i, hf_bytes_cstr(c.out.method), "none");
        CHECK_TEXT_AT(i, login_scopes(&c), rows[i].scopes);
        CHECK_AT(i, !c.out.has_recovery_scope);
        login_stop(&c);
    }
}

static void strict_scopes_refuse_what_a_client_declares_itself(void)
{
    static const char *const params[] = { PARAMS("4", "4", CLI, OPERATOR GOOD),
                                          PARAMS("4", "4", BACKEND, OPERATOR GOOD) };
    for (size_t i = 0; i < HF_COUNT(params); i++) {
        struct login_case c;
        login_start(&c, params[i]);
        c.policy.is_strict = true;
        CHECK_EQ_AT(i, login_judge(&c), HF_LOGIN_HELLO);
        CHECK_EQ_AT(i, c.out.scopes, 0);
        CHECK_EQ_AT(i, c.out.scope_count, 0);
        login_stop(&c);
    }
}

/* The recovery scope names the authority: the same secret, the same name. */
static void a_recovery_scope_is_stable_and_belongs_to_the_secret(void)
{
    struct login_case a, b;
    login_start(&a, PARAMS("4", "4", CLI, OPERATOR GOOD));
    login_start(&b, PARAMS("4", "4", BACKEND, GOOD));
    CHECK_EQ(login_judge(&a), HF_LOGIN_HELLO);
    CHECK_EQ(login_judge(&b), HF_LOGIN_HELLO);
    CHECK(memcmp(a.out.recovery_scope, b.out.recovery_scope, sizeof a.out.recovery_scope) == 0);
    b.policy.secret = HF_LIT("another");
    hf_login_policy_derive(&b.policy);
    b.connect.auth.token = HF_LIT("another");
    CHECK_EQ(login_judge(&b), HF_LOGIN_HELLO);
    CHECK(memcmp(a.out.recovery_scope, b.out.recovery_scope, sizeof a.out.recovery_scope) != 0);
    login_stop(&a);
    login_stop(&b);
}

/* --- origins --- */

static const struct hf_bytes listed[] = { HF_LIT_INIT("https://app.example"),
                                          HF_LIT_INIT("http://dev.example:3000/") };

static const struct {
    const char *origin, *host;
    bool is_far;
    bool is_fine;
} origins[] = {
    { "http://127.0.0.1:18990", "127.0.0.1:18990", false, true },
    { "http://127.0.0.1:18990/", "127.0.0.1:18990", false, true },
    { "http://127.0.0.1:18991", "127.0.0.1:18990", false, true },
    { "http://localhost:5173", "127.0.0.1:18990", false, true },
    { "https://[::1]:5173", "127.0.0.1:18990", false, true },
    { "http://127.5.5.5:5173", "gateway.example", false, true },
    { "http://localhost.:5173", "127.0.0.1:18990", false, true },
    { "http://localhost:5173", "192.0.2.7:18990", true, false },
    { "http://localhost:18990", "localhost:18990", false, true },
    { "http://LOCALHOST:18990", "localhost:18990", false, true },
    { "http://a.localhost:18990", "a.localhost:18990", false, false },
    { "http://localhost:18990", "localhost:18990", true, false }, /* only a local browser */
    { "http://127.0.0.1:18990", "127.0.0.1:18990", true, false },
    { "http://[::1]:18990", "[::1]:18990", false, true },
    { "http://192.168.2.7:18990", "192.168.2.7:18990", true, true },
    { "http://100.64.2.7:18990", "100.64.2.7:18990", true, true },
    { "http://192.168.2.7:18990", "192.168.2.8:18990", true, false },
    { "http://192.0.2.7:18990", "192.0.2.7:18990", true, false }, /* of the Internet */
    { "https://10.0.2.7", "10.0.2.7", true, true },
    { "https://10.0.2.7:443", "10.0.2.7", true, true },
    { "https://10.0.2.7", "10.0.2.7:443", true, true },
    { "http://10.0.2.7", "10.0.2.7:443", true, false },
    { "http://box.local:18990", "box.local:18990", true, true },
    { "https://box.tail1234.ts.net", "box.tail1234.ts.net", true, true },
    { "http://evil.example:18990", "evil.example:18990", false, false }, /* DNS rebinding */
    { "http://localhost.evil.example", "localhost.evil.example", false, false },
    { "http://127.0.0.1.evil.example", "127.0.0.1.evil.example", false, false },
    { "https://app.example", "gateway.example", true, true },
    { "HTTPS://App.Example:443", "gateway.example", true, true },
    { "http://app.example", "gateway.example", true, false },
    { "https://app.example:8443", "gateway.example", true, false },
    { "http://dev.example:3000", "gateway.example", true, true },
    { "null", "127.0.0.1:18990", false, false },
    { "", "127.0.0.1:18990", false, false },
    { "http://", "127.0.0.1:18990", false, false },
    { "://127.0.0.1:18990", "127.0.0.1:18990", false, false },
    { "http://127.0.0.1:18990/path", "127.0.0.1:18990", false, false },
    { "http://user@127.0.0.1:18990", "127.0.0.1:18990", false, false },
    { "http://127.0.0.1:18990?x", "127.0.0.1:18990", false, false },
};

static void an_origin_is_ours_or_listed(void)
{
    for (size_t i = 0; i < HF_COUNT(origins); i++) {
        struct login_case c;
        login_start(&c, PARAMS("4", "4", BACKEND, OPERATOR GOOD));
        if (origins[i].is_far) login_from_afar(&c);
        login_origin(&c, origins[i].origin, origins[i].host);
        c.policy.allowed_origins = listed;
        c.policy.allowed_origin_count = HF_COUNT(listed);
        CHECK_EQ_AT(i, login_judge(&c), origins[i].is_fine ? HF_LOGIN_HELLO : HF_LOGIN_REFUSED);
        login_stop(&c);
    }
}

static void the_dangerous_switches_do_what_they_say(void)
{
    static const struct hf_bytes any[] = { HF_LIT_INIT("*") };
    struct login_case c;
    login_start(&c, PARAMS("4", "4", BACKEND, OPERATOR GOOD));
    login_origin(&c, "http://evil.example:18990", "evil.example:18990");
    CHECK_EQ(login_judge(&c), HF_LOGIN_REFUSED);
    c.policy.allows_host_origin = true;
    CHECK_EQ(login_judge(&c), HF_LOGIN_HELLO);
    login_origin(&c, "http://evil.example:1", "evil.example:18990");
    CHECK_EQ(login_judge(&c), HF_LOGIN_REFUSED);
    c.policy.allowed_origins = any;
    c.policy.allowed_origin_count = 1;
    CHECK_EQ(login_judge(&c), HF_LOGIN_HELLO);
    CHECK_EQ(c.out.scope_count, 0);
    login_stop(&c);
}

/* --- what the store and the registry may answer --- */

static void a_full_registry_and_a_failing_store_are_unavailable(void)
{
    struct hf_login_outcome out;
    memset(&out, 0, sizeof out);
    hf_login_refuse_store(HF_ERR_LIMIT, &out);
    CHECK_EQ(out.code, HF_CODE_UNAVAILABLE);
    CHECK_TEXT(out.message, "too many paired devices");
    CHECK(!out.is_retryable);
    CHECK_EQ(out.close_code, 1008);
    CHECK_TEXT(out.details.members[0].text, "DEVICES");
    hf_login_refuse_store(HF_ERR_FULL, &out);
    CHECK_TEXT(out.message, "device store unavailable; retry shortly");
    CHECK(out.is_retryable);
    CHECK_EQ(out.retry_after_ms, 1000);
    CHECK_EQ(out.close_code, 1013);
    CHECK_TEXT(out.details.members[1].text, "FULL");
}

CHECK_MAIN(each_recorded_case_without_a_device_gets_its_answer,
           a_wrong_secret_is_reported_for_the_address_and_a_right_one_is_not,
           a_guess_in_any_place_is_a_distinct_secret, a_locked_address_is_refused_unread,
           who_shows_nothing_is_not_told_about_a_lock,
           in_password_mode_the_texts_speak_of_passwords,
           without_auth_everybody_is_known_and_the_rule_for_scopes_stays,
           strict_scopes_refuse_what_a_client_declares_itself,
           a_recovery_scope_is_stable_and_belongs_to_the_secret, an_origin_is_ours_or_listed,
           the_dangerous_switches_do_what_they_say,
           a_full_registry_and_a_failing_store_are_unavailable)
