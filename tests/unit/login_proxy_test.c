/* gateway.auth.mode "trusted-proxy", as core/login judges it. */
#include "lib/check.h"
#include "lib/login_case.h"

static const struct hf_bytes required[] = { HF_LIT_INIT("x-forwarded-proto") };
static const struct hf_bytes users[] = { HF_LIT_INIT("nick@example.com") };

static struct hf_login_policy proxy_policy(void)
{
    struct hf_login_policy policy = {
        .mode = HF_AUTH_TRUSTED_PROXY,
        .state_key = { login_state_key, sizeof login_state_key },
        .proxy = { .user_header = HF_LIT("X-Forwarded-User"),
                   .required = required,
                   .required_count = HF_COUNT(required),
                   .users = users,
                   .user_count = HF_COUNT(users) },
    };
    hf_login_policy_derive(&policy);
    return policy;
}

/* --- whom does it name? --- */

#define PROTO "x-forwarded-proto", "https"
#define USER "x-forwarded-user", "nick@example.com"

static const struct {
    struct hf_proxy_peer peer;
    bool allows_loopback;
    const char *fields[6]; /* name, value, ... */
    enum hf_proxy_verdict want;
} rows[] = {
    { { .is_trusted = true, .is_attributed = true }, false, { PROTO, USER }, HF_PROXY_NAMED },
    { { .is_trusted = true, .is_attributed = true },
      false,
      { "X-FORWARDED-PROTO", "x", "X-forwarded-USER", " nick@example.com " },
      HF_PROXY_NAMED },
    { { .is_attributed = true }, false, { PROTO, USER }, HF_PROXY_UNTRUSTED },
    { { .is_trusted = true, .is_loopback = true, .is_attributed = true },
      false,
      { PROTO, USER },
      HF_PROXY_LOOPBACK },
    { { .is_trusted = true, .is_loopback = true, .is_attributed = true },
      true,
      { PROTO, USER },
      HF_PROXY_NAMED },
    { { .is_trusted = true, .is_own_address = true, .is_attributed = true },
      true,
      { PROTO, USER },
      HF_PROXY_OWN_ADDRESS },
    { { .is_trusted = true, .is_loopback = true, .is_own_address = true, .is_attributed = true },
      true,
      { PROTO, USER },
      HF_PROXY_NAMED },
    { { .is_trusted = true, .is_attributed = true }, false, { USER }, HF_PROXY_NO_HEADER },
    { { .is_trusted = true, .is_attributed = true },
      false,
      { "x-forwarded-proto", " ", USER },
      HF_PROXY_NO_HEADER },
    { { .is_trusted = true, .is_attributed = true }, false, { PROTO }, HF_PROXY_NO_USER },
    /* A second line of it may be somebody else's. */
    { { .is_trusted = true, .is_attributed = true },
      false,
      { PROTO, USER, USER },
      HF_PROXY_NO_USER },
    { { .is_trusted = true, .is_attributed = true },
      false,
      { PROTO, "x-forwarded-user", "Nick@example.com" },
      HF_PROXY_OTHER_USER },
    { { .is_trusted = true }, false, { PROTO, USER }, HF_PROXY_UNATTRIBUTED },
};

static void each_fault_of_the_proxy_has_its_name(void)
{
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_login_policy policy = proxy_policy();
        struct hf_http_fields fields = { 0 };
        policy.proxy.allows_loopback = rows[i].allows_loopback;
        for (size_t k = 0; k + 1 < HF_COUNT(rows[i].fields) && rows[i].fields[k]; k += 2)
            fields.items[fields.count++] =
                (struct hf_http_field){ hf_bytes_cstr(rows[i].fields[k]),
                                        hf_bytes_cstr(rows[i].fields[k + 1]) };
        struct hf_proxy_identity identity = hf_login_proxy(&policy, &rows[i].peer, &fields);
        CHECK_EQ_AT(i, identity.verdict, rows[i].want);
        CHECK_TEXT_AT(i, identity.user, rows[i].want == HF_PROXY_NAMED ? "nick@example.com" : "");
        CHECK_TEXT_AT(i, identity.header,
                      rows[i].want == HF_PROXY_NO_HEADER ? "x-forwarded-proto" : "");
        policy.mode = HF_AUTH_TOKEN;
        CHECK_EQ_AT(i, hf_login_proxy(&policy, &rows[i].peer, &fields).verdict, HF_PROXY_NOT_ASKED);
    }
}

/* --- what that means for the login --- */

#define CONNECT(id, mode, rest)                                                                    \
    "{\"minProtocol\":4,\"maxProtocol\":4,\"client\":{\"id\":\"" id                                \
    "\",\"version\":\"1\",\"platform\":\"linux\",\"mode\":\"" mode                                 \
    "\"},\"role\":\"operator\",\"scopes\":[\"operator.read\"]" rest "}"

static void start(struct login_case *c, const char *params, enum hf_proxy_verdict verdict)
{
    login_start(c, params);
    login_from_afar(c);
    c->policy = proxy_policy();
    c->peer.proxy = (struct hf_proxy_identity){ .verdict = verdict };
    if (verdict == HF_PROXY_NO_HEADER) c->peer.proxy.header = HF_LIT("x-forwarded-proto");
}

static const struct {
    const char *params;
    enum hf_proxy_verdict verdict;
    const char *message, *details; /* NULL: let in with no scopes */
} logins[] = {
    { CONNECT("cli", "cli", ""), HF_PROXY_NAMED, NULL, NULL },
    { CONNECT("gateway-client", "backend", ""), HF_PROXY_NAMED, NULL, NULL },
    { CONNECT("openclaw-tui", "ui", ""), HF_PROXY_NAMED, NULL, NULL },
    { CONNECT("openclaw-tui", "ui", ""), HF_PROXY_NO_USER,
      "control ui requires device identity (use HTTPS or localhost secure context)",
      "{\"code\":\"CONTROL_UI_DEVICE_IDENTITY_REQUIRED\"}" },
    { CONNECT("cli", "cli", ""), HF_PROXY_NO_USER, "device identity required",
      "{\"code\":\"DEVICE_IDENTITY_REQUIRED\"}" },
    { CONNECT("cli", "cli", ",\"auth\":{\"token\":\"x\"}"), HF_PROXY_NO_USER, "unauthorized",
      "{\"code\":\"AUTH_UNAUTHORIZED\",\"authReason\":\"trusted_proxy_user_missing\","
      "\"canRetryWithDeviceToken\":false,\"recommendedNextStep\":\"review_auth_configuration\"}" },
    { CONNECT("cli", "cli", ",\"auth\":{\"token\":\"x\"}"), HF_PROXY_NO_HEADER, "unauthorized",
      "{\"code\":\"AUTH_IDENTITY_HEADER_REQUIRED\","
      "\"authReason\":\"trusted_proxy_missing_header_x-forwarded-proto\","
      "\"canRetryWithDeviceToken\":false,\"recommendedNextStep\":\"review_auth_configuration\"}" },
    /* A password is for this machine only. */
    { CONNECT("cli", "cli", ",\"auth\":{\"password\":\"local\"}"), HF_PROXY_UNTRUSTED,
      "unauthorized",
      "{\"code\":\"AUTH_UNAUTHORIZED\",\"authReason\":\"trusted_proxy_untrusted_source\","
      "\"canRetryWithDeviceToken\":false,\"recommendedNextStep\":\"review_auth_configuration\"}" },
};

static void who_is_named_comes_in_and_brings_no_scopes(void)
{
    for (size_t i = 0; i < HF_COUNT(logins); i++) {
        struct login_case c;
        start(&c, logins[i].params, logins[i].verdict);
        c.policy.secret = HF_LIT("local");
        hf_login_policy_derive(&c.policy);
        enum hf_login_act act = login_judge(&c);
        CHECK_EQ_AT(i, act, logins[i].message ? HF_LOGIN_REFUSED : HF_LOGIN_HELLO);
        if (logins[i].message) {
            CHECK_TEXT_AT(i, c.out.message, logins[i].message);
            CHECK_TEXT_AT(i, login_details(&c), logins[i].details);
        } else {
            CHECK_TEXT_AT(i, hf_bytes_cstr(c.out.method), "trusted-proxy");
            CHECK_EQ_AT(i, c.out.scope_count, 0);
        }
        login_stop(&c);
    }
}

/* The Control UI's origin is listed, as its users' proxy has another name than we. */
static void the_control_ui_needs_no_device_when_the_proxy_names_its_user(void)
{
    static const struct hf_bytes origins[] = { HF_LIT_INIT("https://gateway.example") };
    struct login_case c;
    start(&c, CONNECT("openclaw-control-ui", "webchat", ""), HF_PROXY_NAMED);
    c.policy.allowed_origins = origins;
    c.policy.allowed_origin_count = 1;
    login_origin(&c, "https://gateway.example", "gateway.example");
    CHECK_EQ(login_judge(&c), HF_LOGIN_HELLO);
    CHECK_EQ(c.out.scope_count, 0);
    c.peer.proxy.verdict = HF_PROXY_OTHER_USER;
    CHECK_EQ(login_judge(&c), HF_LOGIN_REFUSED);
    login_stop(&c);
}

static void the_owner_on_this_machine_may_show_the_password(void)
{
    struct login_case c;
    start(&c, CONNECT("cli", "cli", ",\"auth\":{\"password\":\"local\"}"), HF_PROXY_UNTRUSTED);
    c.peer.is_direct_local = true;
    c.peer.remote_ip = HF_EMPTY;
    c.policy.secret = HF_LIT("local");
    hf_login_policy_derive(&c.policy);
    CHECK_EQ(login_judge(&c), HF_LOGIN_HELLO);
    CHECK_TEXT(hf_bytes_cstr(c.out.method), "password");
    CHECK_TEXT(login_scopes(&c), "operator.read");
    c.policy.secret = HF_LIT("another");
    hf_login_policy_derive(&c.policy);
    CHECK_EQ(login_judge(&c), HF_LOGIN_REFUSED);
    CHECK(c.out.has_wrong_secret);
    CHECK_TEXT(
        c.out.message,
        "unauthorized: gateway password mismatch (use this gateway's gateway.auth.password)");
    login_stop(&c);
}

static void a_device_is_paired_first_and_shows_its_token_without_the_proxy(void)
{
    struct login_case c;
    start(&c, CONNECT("openclaw-tui", "ui", ""), HF_PROXY_NAMED);
    login_show_device(&c);
    CHECK_EQ(login_judge(&c), HF_LOGIN_PAIR);
    CHECK(!c.out.is_silent);
    login_pair(&c, HF_ROLE_OPERATOR, hf_scope_bit(HF_SCOPE_READ));
    CHECK_EQ(login_judge(&c), HF_LOGIN_HELLO);
    CHECK_TEXT(login_scopes(&c), "operator.read");
    c.peer.proxy.verdict = HF_PROXY_UNTRUSTED;
    c.connect.auth.device_token = login_token(&c);
    login_sign(&c, HF_DEVICE_PAYLOAD_V3);
    CHECK_EQ(login_judge(&c), HF_LOGIN_HELLO);
    CHECK_TEXT(hf_bytes_cstr(c.out.method), "device-token");
    c.connect.auth.device_token = HF_LIT("wrong");
    login_sign(&c, HF_DEVICE_PAYLOAD_V3);
    CHECK_EQ(login_judge(&c), HF_LOGIN_REFUSED);
    CHECK_TEXT(c.out.message, "unauthorized: device token mismatch (rotate/reissue device token)");
    login_stop(&c);
}

/* --- who outlives a change --- */

static void every_part_of_the_policy_is_what_a_client_had_to_show(void)
{
    static const struct hf_bytes others[] = { HF_LIT_INIT("x"), HF_LIT_INIT("y") };
    struct hf_login_policy before = proxy_policy(), rest[6];
    for (size_t i = 0; i < HF_COUNT(rest); i++) rest[i] = proxy_policy();
    rest[0].proxy.user_header = HF_LIT("x-user");
    rest[1].proxy.required_count = 0;
    rest[2].proxy.users = others;
    rest[3].proxy.networks = others;
    rest[3].proxy.network_count = 2;
    rest[4].proxy.allows_loopback = true;
    rest[5].secret = HF_LIT("a password");
    for (size_t i = 0; i < HF_COUNT(rest); i++) {
        hf_login_policy_derive(&rest[i]);
        CHECK_AT(i, !hf_login_policy_keeps(&before, &rest[i], HF_LIT("trusted-proxy")));
        CHECK_AT(i, hf_login_policy_keeps(&before, &rest[i], HF_LIT("device-token")));
    }
    struct hf_login_policy same = proxy_policy();
    same.is_strict = true;
    hf_login_policy_derive(&same);
    CHECK(hf_login_policy_keeps(&before, &same, HF_LIT("trusted-proxy")));
}

CHECK_MAIN(each_fault_of_the_proxy_has_its_name, who_is_named_comes_in_and_brings_no_scopes,
           the_control_ui_needs_no_device_when_the_proxy_names_its_user,
           the_owner_on_this_machine_may_show_the_password,
           a_device_is_paired_first_and_shows_its_token_without_the_proxy,
           every_part_of_the_policy_is_what_a_client_had_to_show)
