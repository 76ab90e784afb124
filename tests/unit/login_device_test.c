#include "lib/login_case.h"

#include <stdio.h>

#define READ hf_scope_bit(HF_SCOPE_READ)
#define WRITE hf_scope_bit(HF_SCOPE_WRITE)
#define ADMIN hf_scope_bit(HF_SCOPE_ADMIN)

#define PARAMS(id, mode, rest)                                                                     \
    "{\"minProtocol\":4,\"maxProtocol\":4,\"client\":{\"id\":\"" id "\",\"version\":\"0.0.1\","    \
    "\"platform\":\"linux\",\"mode\":\"" mode "\"},\"caps\":[]" rest "}"
#define TUI(rest) PARAMS("openclaw-tui", "ui", rest)
#define CONTROL_UI(rest) PARAMS("openclaw-control-ui", "webchat", rest)
#define NODE_HOST PARAMS("node-host", "node", ",\"role\":\"node\",\"scopes\":[]" GOOD)
#define READ_WRITE ",\"scopes\":[\"operator.read\",\"operator.write\"]"
#define READ_ONLY ",\"scopes\":[\"operator.read\"]"
#define READ_ADMIN ",\"scopes\":[\"operator.read\",\"operator.admin\"]"
#define TOKEN(token) ",\"auth\":{\"token\":\"" token "\"}"
#define GOOD TOKEN(LOGIN_SECRET)

#define REQUEST_ID "5426da9d-8e5b-479f-845c-41d8b886ca9a"

/* Shows the device's token in the places that are not NULL, and signs again. */
static void show_token(struct login_case *c, bool as_token, bool as_device_token)
{
    c->connect.has_auth = true;
    c->connect.auth = (struct hf_connect_auth){ 0 };
    if (as_token) c->connect.auth.token = login_token(c);
    if (as_device_token) c->connect.auth.device_token = login_token(c);
    login_sign(c, HF_DEVICE_PAYLOAD_V3);
}

/* --- the proof: recordings 80 to 90 --- */

enum flaw {
    NO_FLAW,
    SIGNED_AS_V2,
    OTHER_ID,
    SHORT_KEY,
    OTHER_KEY,
    NO_NONCE,
    BLANK_NONCE,
    OTHER_NONCE,
    BROKEN_SIGNATURE,
    SHORT_SIGNATURE,
    OTHER_TOKEN_SIGNED,
    OTHER_SCOPES_SIGNED
};

static const struct {
    int number;
    enum flaw flaw;
    int64_t skew_ms;
    const char *message, *code, *reason; /* NULL: the proof is good */
} proofs[] = {
    { 72, NO_FLAW, 0, NULL, NULL, NULL },
    { 80, SIGNED_AS_V2, 0, NULL, NULL, NULL },
    { 86, NO_FLAW, -60000, NULL, NULL, NULL },
    { 87, NO_FLAW, -119000, NULL, NULL, NULL },
    { 0, NO_FLAW, -120000, NULL, NULL, NULL },
    { 0, NO_FLAW, 120000, NULL, NULL, NULL },
    { 0, NO_FLAW, -120001, "device signature expired", "DEVICE_AUTH_SIGNATURE_EXPIRED",
      "device-signature-stale" },
    { 0, NO_FLAW, 120001, "device signature expired", "DEVICE_AUTH_SIGNATURE_EXPIRED",
      "device-signature-stale" },
    { 88, NO_FLAW, -121000, "device signature expired", "DEVICE_AUTH_SIGNATURE_EXPIRED",
      "device-signature-stale" },
    { 0, NO_FLAW, INT64_MIN, "device signature expired", "DEVICE_AUTH_SIGNATURE_EXPIRED",
      "device-signature-stale" },
    { 81, BROKEN_SIGNATURE, 0, "device signature invalid", "DEVICE_AUTH_SIGNATURE_INVALID",
      "device-signature" },
    { 0, SHORT_SIGNATURE, 0, "device signature invalid", "DEVICE_AUTH_SIGNATURE_INVALID",
      "device-signature" },
    { 0, OTHER_TOKEN_SIGNED, 0, "device signature invalid", "DEVICE_AUTH_SIGNATURE_INVALID",
      "device-signature" },
    { 0, OTHER_SCOPES_SIGNED, 0, "device signature invalid", "DEVICE_AUTH_SIGNATURE_INVALID",
      "device-signature" },
    { 82, OTHER_NONCE, 0, "device nonce mismatch", "DEVICE_AUTH_NONCE_MISMATCH",
      "device-nonce-mismatch" },
    { 83, BLANK_NONCE, 0, "device nonce required", "DEVICE_AUTH_NONCE_REQUIRED",
      "device-nonce-missing" },
    { 0, NO_NONCE, 0, "device nonce required", "DEVICE_AUTH_NONCE_REQUIRED",
      "device-nonce-missing" },
    { 89, OTHER_ID, 0, "device identity mismatch", "DEVICE_AUTH_DEVICE_ID_MISMATCH",
      "device-id-mismatch" },
    { 90, SHORT_KEY, 0, "device identity mismatch", "DEVICE_AUTH_DEVICE_ID_MISMATCH",
      "device-id-mismatch" },
    { 0, OTHER_KEY, 0, "device identity mismatch", "DEVICE_AUTH_DEVICE_ID_MISMATCH",
      "device-id-mismatch" },
    /* The order of checks: the id before the time before the nonce. */
    { 0, OTHER_ID, -121000, "device identity mismatch", "DEVICE_AUTH_DEVICE_ID_MISMATCH",
      "device-id-mismatch" },
    { 0, OTHER_NONCE, -121000, "device signature expired", "DEVICE_AUTH_SIGNATURE_EXPIRED",
      "device-signature-stale" },
};

static void spoil(struct login_case *c, enum flaw flaw)
{
    static struct identity other;
    struct hf_connect_device *device = &c->connect.device;
    switch (flaw) {
    case NO_FLAW:
        break;
    case SIGNED_AS_V2:
        login_sign(c, HF_DEVICE_PAYLOAD_V2);
        break;
    case OTHER_ID:
        device->id = HF_LIT("0000000000000000000000000000000000000000000000000000000000000000");
        login_sign(c, HF_DEVICE_PAYLOAD_V3);
        break;
    case SHORT_KEY:
        device->public_key = HF_LIT("AAAA");
        break;
    case OTHER_KEY:
        other = identity_of(2);
        device->public_key = hf_bytes(other.key_text, sizeof other.key_text);
        break;
    case NO_NONCE:
        device->nonce = HF_EMPTY;
        login_sign(c, HF_DEVICE_PAYLOAD_V3);
        break;
    case BLANK_NONCE:
        device->nonce = HF_LIT(" ");
        login_sign(c, HF_DEVICE_PAYLOAD_V3);
        break;
    case OTHER_NONCE:
        device->nonce = HF_LIT("other");
        login_sign(c, HF_DEVICE_PAYLOAD_V3);
        break;
    case BROKEN_SIGNATURE:
        c->signature[3] = c->signature[3] == 'A' ? 'B' : 'A';
        break;
    case SHORT_SIGNATURE:
        device->signature.len--;
        break;
    case OTHER_TOKEN_SIGNED:
        c->connect.auth.token = HF_LIT("other");
        login_sign(c, HF_DEVICE_PAYLOAD_V3);
        c->connect.auth.token = HF_LIT(LOGIN_SECRET);
        break;
    case OTHER_SCOPES_SIGNED:
        c->connect.scope_count--;
        login_sign(c, HF_DEVICE_PAYLOAD_V3);
        c->connect.scope_count++;
        break;
    }
}

static void the_proof_of_a_device_is_checked_in_order(void)
{
    for (size_t i = 0; i < HF_COUNT(proofs); i++) {
        struct login_case c;
        char details[200];
        long row = proofs[i].number ? proofs[i].number : -(long)i;
        login_start(&c, TUI(READ_WRITE GOOD));
        login_show_device(&c);
        login_pair(&c, HF_ROLE_OPERATOR, READ | WRITE);
        if (proofs[i].skew_ms) {
            c.connect.device.signed_at_ms =
                proofs[i].skew_ms == INT64_MIN ? INT64_MIN : LOGIN_CHALLENGE_MS + proofs[i].skew_ms;
            login_sign(&c, HF_DEVICE_PAYLOAD_V3);
        }
        spoil(&c, proofs[i].flaw);
        if (proofs[i].message) {
            CHECK_EQ_AT(row, login_judge(&c), HF_LOGIN_REFUSED);
            CHECK_TEXT_AT(row, c.out.message, proofs[i].message);
            snprintf(details, sizeof details, "{\"code\":\"%s\",\"reason\":\"%s\"}", proofs[i].code,
                     proofs[i].reason);
            CHECK_TEXT_AT(row, login_details(&c), details);
            CHECK_EQ_AT(row, c.out.code, HF_CODE_INVALID_REQUEST);
            CHECK_EQ_AT(row, c.out.close_code, 1008);
            CHECK_BYTES_AT(row, login_close_reason(&c), c.out.message);
        } else {
            CHECK_EQ_AT(row, login_judge(&c), HF_LOGIN_HELLO);
            CHECK_TEXT_AT(row, login_scopes(&c), "operator.read,operator.write");
        }
        login_stop(&c);
    }
}

/* --- the device token: recordings 73 to 79 --- */

static void a_paired_device_gets_its_token_at_every_login(void)
{
    struct login_case c;
    login_start(&c, TUI(READ_WRITE GOOD));
    login_show_device(&c);
    login_pair(&c, HF_ROLE_OPERATOR, READ | WRITE | ADMIN);
    for (int round = 0; round < 2; round++) {
        CHECK_EQ_AT(round, login_judge(&c), HF_LOGIN_HELLO);
        CHECK_TEXT_AT(round, hf_bytes_cstr(c.out.method), "token");
        CHECK_AT(round, c.out.is_paired && c.out.has_device_token);
        CHECK_BYTES_AT(round, hf_bytes(c.out.device_token, sizeof c.out.device_token),
                       login_token(&c));
        CHECK_EQ_AT(round, c.out.issued_at_ms, 1000);
        CHECK_AT(round, c.out.recovery_migration_allowed && c.out.has_recovery_scope);
        CHECK_TEXT_AT(round, login_scopes(&c), "operator.read,operator.write");
    }
    c.device.grants[HF_ROLE_OPERATOR].rotated_ms = 2000;
    CHECK_EQ(login_judge(&c), HF_LOGIN_HELLO);
    CHECK_EQ(c.out.issued_at_ms, 2000);
    login_stop(&c);
}

static void the_device_token_opens_in_either_place_and_for_less(void)
{
    for (int places = 1; places < 4; places++) {
        struct login_case c;
        login_start(&c, TUI(READ_ONLY));
        login_show_device(&c);
        login_pair(&c, HF_ROLE_OPERATOR, READ | WRITE);
        show_token(&c, places & 1, places & 2);
        CHECK_EQ_AT(places, login_judge(&c), HF_LOGIN_HELLO);
        CHECK_TEXT_AT(places, hf_bytes_cstr(c.out.method), "device-token");
        CHECK_TEXT_AT(places, login_scopes(&c), "operator.read");
        CHECK_AT(places, c.out.has_device_token && !c.out.has_wrong_secret);
        login_stop(&c);
    }
}

#define AUTH_DETAILS(code, reason, can_retry, step)                                                \
    "{\"code\":\"" code "\",\"authReason\":\"" reason "\",\"canRetryWithDeviceToken\":" can_retry  \
    ",\"recommendedNextStep\":\"" step "\"}"
#define DEVICE_MISMATCH_TEXT "unauthorized: device token mismatch (rotate/reissue device token)"
#define DEVICE_MISMATCH                                                                            \
    AUTH_DETAILS("AUTH_DEVICE_TOKEN_MISMATCH", "device_token_mismatch", "false",                   \
                 "update_auth_credentials")
#define UI_TEXT(what, hint) "unauthorized: gateway token " what " (" hint ")"

static const struct {
    int number;
    const char *auth; /* %s is the device's right token */
    const char *scopes;
    const char *message, *details;
    bool is_wrong_secret;
} refusals[] = {
    { 75, "\"token\":\"%s\",\"deviceToken\":\"%s\"", "\"operator.admin\"",
      "unauthorized: device token scope mismatch (re-pair or approve scope upgrade)",
      AUTH_DETAILS("AUTH_SCOPE_MISMATCH", "scope_mismatch", "false", "review_auth_configuration"),
      false },
    { 78, "\"token\":\"bad\",\"deviceToken\":\"bad\"", "\"operator.read\"", DEVICE_MISMATCH_TEXT,
      DEVICE_MISMATCH, true },
    { 79, "\"token\":\"wrong\",\"deviceToken\":\"stale\"", "\"operator.read\"",
      DEVICE_MISMATCH_TEXT, DEVICE_MISMATCH, true },
    { 0, "\"deviceToken\":\"bad\"", "\"operator.read\"", DEVICE_MISMATCH_TEXT, DEVICE_MISMATCH,
      true },
    { 0, "\"token\":\"bad\"", "\"operator.read\"",
      UI_TEXT("mismatch", "open the dashboard URL and paste the token in Control UI settings"),
      AUTH_DETAILS("AUTH_TOKEN_MISMATCH", "token_mismatch", "true", "retry_with_device_token"),
      true },
    { 0, "\"token\":\"bad\",\"password\":\"bad\"", "\"operator.read\"",
      UI_TEXT("mismatch", "open the dashboard URL and paste the token in Control UI settings"),
      AUTH_DETAILS("AUTH_TOKEN_MISMATCH", "token_mismatch", "false", "update_auth_credentials"),
      true },
    { 0, "", "\"operator.read\"", UI_TEXT("missing", "paste in Control UI settings"),
      AUTH_DETAILS("AUTH_TOKEN_MISSING", "token_missing", "false", "update_auth_configuration"),
      false },
    { 0, "\"bootstrapToken\":\"x\"", "\"operator.read\"",
      "unauthorized: setup code invalid, expired, revoked, or already used",
      AUTH_DETAILS("AUTH_BOOTSTRAP_TOKEN_INVALID", "bootstrap_token_invalid", "false",
                   "review_auth_configuration"),
      true },
};

static void a_wrong_or_narrow_token_of_a_device_is_named(void)
{
    for (size_t i = 0; i < HF_COUNT(refusals); i++) {
        struct login_case c, derived;
        char auth[300], params[600], token[HF_DEVICE_TOKEN_CHARS + 1] = { 0 };
        long row = refusals[i].number ? refusals[i].number : -(long)i;
        login_start(&derived, TUI(""));
        login_pair(&derived, HF_ROLE_OPERATOR, READ | WRITE);
        memcpy(token, derived.token, sizeof derived.token);
        login_stop(&derived);
        if (strchr(refusals[i].auth, '%'))
            snprintf(auth, sizeof auth, "\"token\":\"%s\",\"deviceToken\":\"%s\"", token, token);
        else
            snprintf(auth, sizeof auth, "%s", refusals[i].auth);
        snprintf(params, sizeof params, TUI(",\"scopes\":[%s],\"auth\":{%s}"), refusals[i].scopes,
                 auth);
        login_start(&c, params);
        login_pair(&c, HF_ROLE_OPERATOR, READ | WRITE);
        login_show_device(&c);
        CHECK_EQ_AT(row, login_judge(&c), HF_LOGIN_REFUSED);
        CHECK_TEXT_AT(row, c.out.message, refusals[i].message);
        CHECK_TEXT_AT(row, login_details(&c), refusals[i].details);
        CHECK_EQ_AT(row, c.out.has_wrong_secret, refusals[i].is_wrong_secret);
        CHECK_AT(row, c.out.is_proven);
        login_stop(&c);
    }
}

static void an_old_token_does_not_open_after_rotation_or_revocation(void)
{
    struct login_case c;
    login_start(&c, TUI(READ_ONLY));
    login_pair(&c, HF_ROLE_OPERATOR, READ);
    login_show_device(&c);
    show_token(&c, true, true);
    CHECK_EQ(login_judge(&c), HF_LOGIN_HELLO);
    c.device.grants[HF_ROLE_OPERATOR].epoch++;
    CHECK_EQ(login_judge(&c), HF_LOGIN_REFUSED);
    CHECK_TEXT(c.out.message, DEVICE_MISMATCH_TEXT);
    c.device.grants[HF_ROLE_OPERATOR].epoch--;
    c.device.grants[HF_ROLE_OPERATOR].revoked_ms = 1;
    CHECK_EQ(login_judge(&c), HF_LOGIN_REFUSED);
    CHECK_TEXT(c.out.message, DEVICE_MISMATCH_TEXT);
    login_stop(&c);
}

static void a_token_of_one_device_does_not_open_for_another(void)
{
    struct login_case c;
    login_start(&c, TUI(READ_ONLY));
    login_pair(&c, HF_ROLE_OPERATOR, READ);
    c.who = identity_of(2);
    login_show_device(&c);
    show_token(&c, true, true);
    c.input.device = NULL; /* the registry knows nobody with the second id */
    CHECK_EQ(login_judge(&c), HF_LOGIN_REFUSED);
    CHECK_TEXT(c.out.message, DEVICE_MISMATCH_TEXT);
    login_stop(&c);
}

/* The row is found by the id that a client claims: it counts only with the proof. */
static void a_row_without_the_proof_is_nobodys(void)
{
    struct login_case c;
    login_start(&c, TUI(READ_ONLY));
    login_pair(&c, HF_ROLE_OPERATOR, READ);
    login_show_device(&c);
    show_token(&c, true, true);
    c.signature[3] = c.signature[3] == 'A' ? 'B' : 'A';
    CHECK_EQ(login_judge(&c), HF_LOGIN_REFUSED);
    CHECK_TEXT(c.out.message, "device signature invalid");
    CHECK(!c.out.is_proven);
    login_stop(&c);
}

static void a_row_with_another_key_is_nobodys(void)
{
    struct login_case c;
    login_start(&c, TUI(READ_ONLY GOOD));
    login_pair(&c, HF_ROLE_OPERATOR, READ);
    login_show_device(&c);
    c.device.public_key[0] ^= 1;
    CHECK_EQ(login_judge(&c), HF_LOGIN_PAIR);
    CHECK_EQ(c.out.reason, HF_PAIRING_NOT_PAIRED);
    login_stop(&c);
}

/* --- the lock --- */

static void a_paired_device_passes_where_its_neighbours_locked_the_address(void)
{
    struct login_case c;
    login_start(&c, TUI(READ_ONLY));
    login_from_afar(&c);
    login_pair(&c, HF_ROLE_OPERATOR, READ);
    login_show_device(&c);
    show_token(&c, true, true);
    c.input.address_locked_for = HF_SECONDS(300);
    CHECK_EQ(login_judge(&c), HF_LOGIN_HELLO);
    c.connect.auth.token = HF_LIT(LOGIN_SECRET);
    c.connect.auth.device_token = HF_EMPTY;
    login_sign(&c, HF_DEVICE_PAYLOAD_V3);
    CHECK_EQ(login_judge(&c), HF_LOGIN_HELLO);
    c.input.device_locked_for = HF_SECONDS(300);
    CHECK_EQ(login_judge(&c), HF_LOGIN_REFUSED);
    CHECK_EQ(c.out.retry_after_ms, 300000);
    login_stop(&c);
}

/* Keys are free: a good signature by an unknown key proves nothing. */
static void an_unknown_device_is_locked_with_its_address(void)
{
    struct login_case c;
    login_start(&c, TUI(READ_ONLY GOOD));
    login_from_afar(&c);
    login_show_device(&c);
    c.input.address_locked_for = HF_SECONDS(300);
    CHECK_EQ(login_judge(&c), HF_LOGIN_REFUSED);
    CHECK(c.out.is_retryable);
    CHECK(!c.out.is_proven);
    login_stop(&c);
}

/* --- pairing: recordings 72, 77, 92, 359 to 365 --- */

static const char *const reason_names[] = { "not-paired", "role-upgrade", "scope-upgrade",
                                            "metadata-upgrade" };

/* What the registry knows about the device. */
enum known { STRANGER, OPERATOR, NODE, REVOKED, OTHER_PLATFORM, OTHER_FAMILY };

/* What a device that is paired for `held` needs when it asks for `params`. */
static const struct {
    const char *what;
    const char *params;
    enum known known;
    hf_scopes held;
    bool is_far, has_origin, is_manual; /* is_manual: approves_local is off */
    enum { HELLO, SILENT, ASK } want;
    const char *reason;
} pairings[] = {
    { "72 unknown, local", TUI(READ_WRITE GOOD), STRANGER, 0, false, false, false, SILENT,
      "not-paired" },
    { "359 unknown, far", TUI(READ_ONLY GOOD), STRANGER, 0, true, false, false, ASK, "not-paired" },
    { "unknown, approval by hand", TUI(READ_ONLY GOOD), STRANGER, 0, false, false, true, ASK,
      "not-paired" },
    { "unknown, a page of ours", CONTROL_UI(READ_ONLY GOOD), STRANGER, 0, false, true, false,
      SILENT, "not-paired" },
    { "unknown, another page", PARAMS("cli", "cli", READ_ONLY GOOD), STRANGER, 0, false, true,
      false, ASK, "not-paired" },
    { "361 approved, far", TUI(READ_ONLY GOOD), OPERATOR, 1u << HF_SCOPE_READ, true, false, false,
      HELLO, NULL },
    { "77 wider, local, secret", TUI(READ_ADMIN GOOD), OPERATOR, 1u << HF_SCOPE_READ, false, false,
      false, SILENT, "scope-upgrade" },
    { "362 wider, far, secret", TUI(READ_ADMIN GOOD), OPERATOR, 1u << HF_SCOPE_READ, true, false,
      false, ASK, "scope-upgrade" },
    { "admin covers all", TUI(READ_WRITE GOOD), OPERATOR, 1u << HF_SCOPE_ADMIN, true, false, false,
      HELLO, NULL },
    { "no scopes asked for", TUI(GOOD), OPERATOR, 0, true, false, false, HELLO, NULL },
    { "92 unknown node, local", NODE_HOST, STRANGER, 0, false, false, false, SILENT, "not-paired" },
    { "365 unknown node, far", NODE_HOST, STRANGER, 0, true, false, false, ASK, "not-paired" },
    { "known node", NODE_HOST, NODE, 0, true, false, false, HELLO, NULL },
    { "operator becomes node", NODE_HOST, OPERATOR, 1u << HF_SCOPE_READ, false, false, false, ASK,
      "role-upgrade" },
    { "node becomes operator, local", TUI(READ_ONLY GOOD), NODE, 0, false, false, false, SILENT,
      "role-upgrade" },
    { "revoked, far", TUI(READ_ONLY GOOD), REVOKED, 1u << HF_SCOPE_READ, true, false, false, ASK,
      "role-upgrade" },
    { "revoked, local", TUI(READ_ONLY GOOD), REVOKED, 1u << HF_SCOPE_READ, false, false, false,
      SILENT, "role-upgrade" },
    { "other machine, far", TUI(READ_ONLY GOOD), OTHER_PLATFORM, 1u << HF_SCOPE_READ, true, false,
      false, ASK, "metadata-upgrade" },
    { "other machine, local page", TUI(READ_ONLY GOOD), OTHER_PLATFORM, 1u << HF_SCOPE_READ, false,
      false, false, ASK, "metadata-upgrade" },
    { "other machine, local tool", PARAMS("cli", "cli", READ_ONLY GOOD), OTHER_PLATFORM,
      1u << HF_SCOPE_READ, false, false, false, SILENT, "metadata-upgrade" },
    { "other family, far", TUI(READ_ONLY GOOD), OTHER_FAMILY, 1u << HF_SCOPE_READ, true, false,
      false, ASK, "metadata-upgrade" },
    { "other machine and wider, local tool", PARAMS("cli", "cli", READ_ADMIN GOOD), OTHER_PLATFORM,
      1u << HF_SCOPE_READ, false, false, true, ASK, "scope-upgrade" },
    { "a local backend needs no pairing", PARAMS("gateway-client", "backend", READ_WRITE GOOD),
      STRANGER, 0, false, false, false, HELLO, NULL },
    { "a far backend does", PARAMS("gateway-client", "backend", READ_WRITE GOOD), STRANGER, 0, true,
      false, false, ASK, "not-paired" },
};

static void know(struct login_case *c, enum known known, hf_scopes held)
{
    if (known == STRANGER) return;
    login_pair(c, known == NODE ? HF_ROLE_NODE : HF_ROLE_OPERATOR, held);
    if (known == REVOKED) c->device.grants[HF_ROLE_OPERATOR].revoked_ms = 1;
    if (known == OTHER_PLATFORM) hf_name_set(&c->device.facts.platform, HF_LIT("macos"));
    if (known == OTHER_FAMILY) hf_name_set(&c->device.facts.device_family, HF_LIT("Mac"));
}

static void who_needs_an_approval_and_who_gives_it(void)
{
    for (size_t i = 0; i < HF_COUNT(pairings); i++) {
        struct login_case c;
        login_start(&c, pairings[i].params);
        if (pairings[i].is_far) login_from_afar(&c);
        if (pairings[i].has_origin) login_origin(&c, "http://127.0.0.1:18990", NULL);
        c.policy.approves_local = !pairings[i].is_manual;
        know(&c, pairings[i].known, pairings[i].held);
        login_show_device(&c);
        enum hf_login_act act = login_judge(&c);
        if (pairings[i].want == HELLO) {
            CHECK_EQ_AT(i, act, HF_LOGIN_HELLO);
        } else {
            CHECK_EQ_AT(i, act, HF_LOGIN_PAIR);
            CHECK_EQ_AT(i, c.out.is_silent, pairings[i].want == SILENT);
            CHECK_TEXT_AT(i, hf_bytes_cstr(reason_names[c.out.reason]), pairings[i].reason);
            CHECK_AT(i, hf_device_id_same(&c.out.ask.id, &c.who.id));
        }
        login_stop(&c);
    }
}

static void a_system_update_is_the_same_machine(void)
{
    static const struct {
        const char *known, *claimed;
        bool is_same;
    } rows[] = {
        { "linux", "linux", true },
        { "linux", "Linux x86_64", true },
        { "macOS 26.1", "macOS 26.2", true },
        { "darwin", "macos 26.2", true },
        { "", "anything", true },
        { "linux", "windows", false },
        { "linux", "", false },
        { "ios 19", "ipados 19", false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct login_case c;
        login_start(&c, TUI(READ_ONLY GOOD));
        login_from_afar(&c);
        login_pair(&c, HF_ROLE_OPERATOR, READ);
        hf_name_set(&c.device.facts.platform, hf_bytes_cstr(rows[i].known));
        c.connect.client.platform = hf_bytes_cstr(rows[i].claimed);
        login_show_device(&c);
        CHECK_EQ_AT(i, login_judge(&c), rows[i].is_same ? HF_LOGIN_HELLO : HF_LOGIN_PAIR);
        login_stop(&c);
    }
}

/* The tables below are the recorded errors, byte for byte but for the ids. */
static const struct {
    int number;
    const char *params;
    enum known known;
    const char *message, *details; /* %s is the device id */
    const char *close_reason;
} required[] = {
    { 359, TUI(READ_ONLY GOOD), STRANGER, "pairing required: device is not approved yet",
      "{\"code\":\"PAIRING_REQUIRED\",\"reason\":\"not-paired\",\"requestId\":\"" REQUEST_ID
      "\",\"remediationHint\":\"Approve this device from the pending pairing requests.\","
      "\"recommendedNextStep\":\"wait_then_retry\",\"retryable\":true,\"pauseReconnect\":false,"
      "\"deviceId\":\"%s\",\"requestedRole\":\"operator\","
      "\"requestedScopes\":[\"operator.read\"]}",
      "pairing required: device is not approved yet (requestId: " REQUEST_ID ")" },
    { 362, TUI(READ_ADMIN GOOD), OPERATOR,
      "pairing required: device is asking for more scopes than currently approved",
      "{\"code\":\"PAIRING_REQUIRED\",\"reason\":\"scope-upgrade\",\"requestId\":\"" REQUEST_ID
      "\",\"remediationHint\":\"Review the requested scopes, then approve the pending upgrade.\","
      "\"recommendedNextStep\":\"wait_then_retry\",\"retryable\":true,\"pauseReconnect\":false,"
      "\"deviceId\":\"%s\",\"requestedRole\":\"operator\","
      "\"requestedScopes\":[\"operator.read\",\"operator.admin\"],"
      "\"approvedRoles\":[\"operator\"],\"approvedScopes\":[\"operator.read\"]}",
      "pairing required: device is asking for more scopes than currently approved (requestId: "
      "5426da9d-8e5b-479f-845c-41d8b886c" },
    { 365, NODE_HOST, STRANGER, "pairing required: device is not approved yet",
      "{\"code\":\"PAIRING_REQUIRED\",\"reason\":\"not-paired\",\"requestId\":\"" REQUEST_ID
      "\",\"remediationHint\":\"Approve this device from the pending pairing requests.\","
      "\"deviceId\":\"%s\",\"requestedRole\":\"node\"}",
      "pairing required: device is not approved yet (requestId: " REQUEST_ID ")" },
    /* Nobody sits in front of it: no word about waiting. */
    { 0, PARAMS("gateway-client", "backend", GOOD), STRANGER,
      "pairing required: device is not approved yet",
      "{\"code\":\"PAIRING_REQUIRED\",\"reason\":\"not-paired\",\"requestId\":\"" REQUEST_ID
      "\",\"remediationHint\":\"Approve this device from the pending pairing requests.\","
      "\"deviceId\":\"%s\",\"requestedRole\":\"operator\"}",
      "pairing required: device is not approved yet (requestId: " REQUEST_ID ")" },
    { 0, TUI(READ_ONLY GOOD), REVOKED,
      "pairing required: device is asking for a higher role than currently approved",
      "{\"code\":\"PAIRING_REQUIRED\",\"reason\":\"role-upgrade\",\"requestId\":\"" REQUEST_ID
      "\",\"remediationHint\":\"Review the requested role upgrade, then approve the pending "
      "request.\",\"recommendedNextStep\":\"wait_then_retry\",\"retryable\":true,"
      "\"pauseReconnect\":false,\"deviceId\":\"%s\",\"requestedRole\":\"operator\","
      "\"requestedScopes\":[\"operator.read\"],\"approvedRoles\":[\"operator\"],"
      "\"approvedScopes\":[\"operator.read\"]}",
      "pairing required: device is asking for a higher role than currently approved (requestId: "
      "5426da9d-8e5b-479f-845c-41d8b88" },
    { 0, TUI(READ_ONLY GOOD), OTHER_PLATFORM,
      "pairing required: device identity changed and must be re-approved",
      "{\"code\":\"PAIRING_REQUIRED\",\"reason\":\"metadata-upgrade\",\"requestId\":\"" REQUEST_ID
      "\",\"remediationHint\":\"Review the refreshed device details, then approve the pending "
      "request.\",\"recommendedNextStep\":\"wait_then_retry\",\"retryable\":true,"
      "\"pauseReconnect\":false,\"deviceId\":\"%s\",\"requestedRole\":\"operator\","
      "\"requestedScopes\":[\"operator.read\"],\"approvedRoles\":[\"operator\"],"
      "\"approvedScopes\":[\"operator.read\"]}",
      "pairing required: device identity changed and must be re-approved (requestId: "
      "5426da9d-8e5b-479f-845c-41d8b886ca9a)" },
};

static void each_pairing_error_has_its_members(void)
{
    for (size_t i = 0; i < HF_COUNT(required); i++) {
        struct login_case c;
        char details[900];
        long row = required[i].number ? required[i].number : -(long)i;
        login_start(&c, required[i].params);
        login_from_afar(&c);
        know(&c, required[i].known, READ);
        login_show_device(&c);
        CHECK_EQ_AT(row, login_judge(&c), HF_LOGIN_PAIR);
        hf_login_refuse_pairing(&c.input, HF_LIT(REQUEST_ID), &c.out);
        CHECK_EQ_AT(row, c.out.act, HF_LOGIN_REFUSED);
        CHECK_EQ_AT(row, c.out.code, HF_CODE_NOT_PAIRED);
        CHECK_TEXT_AT(row, c.out.message, required[i].message);
        char id[HF_DEVICE_ID_CHARS + 1] = { 0 };
        memcpy(id, c.who.id_text, sizeof c.who.id_text);
        const char *place = strstr(required[i].details, "%s");
        snprintf(details, sizeof details, "%.*s%s%s", (int)(place - required[i].details),
                 required[i].details, id, place + 2);
        CHECK_TEXT_AT(row, login_details(&c), details);
        CHECK_EQ_AT(row, c.out.close_code, 1008);
        CHECK_TEXT_AT(row, login_close_reason(&c), required[i].close_reason);
        CHECK_AT(row, !c.out.is_retryable);
        login_stop(&c);
    }
}

static void an_ask_carries_what_an_operator_is_shown(void)
{
    struct login_case c;
    login_start(&c, TUI(READ_WRITE GOOD));
    login_from_afar(&c);
    login_show_device(&c);
    CHECK_EQ(login_judge(&c), HF_LOGIN_PAIR);
    CHECK_BYTES(hf_bytes(c.out.ask.public_key, sizeof c.out.ask.public_key),
                hf_bytes(c.who.public_key, sizeof c.who.public_key));
    CHECK_EQ(c.out.ask.role, HF_ROLE_OPERATOR);
    CHECK_EQ(c.out.ask.scopes, READ | WRITE);
    CHECK_TEXT(c.out.ask.client_id, "openclaw-tui");
    CHECK_TEXT(c.out.ask.client_mode, "ui");
    CHECK_TEXT(c.out.ask.platform, "linux");
    CHECK_TEXT(c.out.ask.remote_ip, "203.0.113.9");
    login_stop(&c);
}

/* recovery_scope and its migration are for operators; the recorded node had none. */
static void a_node_gets_a_token_and_no_recovery_scope(void)
{
    struct login_case c;
    login_start(&c, NODE_HOST);
    login_pair(&c, HF_ROLE_NODE, 0);
    login_show_device(&c);
    CHECK_EQ(login_judge(&c), HF_LOGIN_HELLO);
    CHECK_EQ(c.out.role, HF_ROLE_NODE);
    CHECK(c.out.has_device_token);
    CHECK(!c.out.has_recovery_scope && !c.out.recovery_migration_allowed);
    CHECK_EQ(c.out.scope_count, 0);
    login_stop(&c);
}

static void strict_scopes_send_a_local_backend_with_a_device_to_pairing(void)
{
    struct login_case c;
    login_start(&c, PARAMS("gateway-client", "backend", READ_WRITE GOOD));
    login_show_device(&c);
    c.policy.is_strict = true;
    CHECK_EQ(login_judge(&c), HF_LOGIN_PAIR);
    CHECK(c.out.is_silent);
    login_stop(&c);
}

CHECK_MAIN(the_proof_of_a_device_is_checked_in_order, a_paired_device_gets_its_token_at_every_login,
           the_device_token_opens_in_either_place_and_for_less,
           a_wrong_or_narrow_token_of_a_device_is_named,
           an_old_token_does_not_open_after_rotation_or_revocation,
           a_token_of_one_device_does_not_open_for_another, a_row_without_the_proof_is_nobodys,
           a_row_with_another_key_is_nobodys,
           a_paired_device_passes_where_its_neighbours_locked_the_address,
           an_unknown_device_is_locked_with_its_address, who_needs_an_approval_and_who_gives_it,
           a_system_update_is_the_same_machine, each_pairing_error_has_its_members,
           an_ask_carries_what_an_operator_is_shown, a_node_gets_a_token_and_no_recovery_scope,
           strict_scopes_send_a_local_backend_with_a_device_to_pairing)
