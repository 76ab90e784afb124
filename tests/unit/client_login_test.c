/* The login of the client engine, byte by byte: secrets, tokens, questions, versions
 * (spec/client-lifecycle.md 6.3, 7.3-7.5, 8.4, 12 and 13). */
#include "lib/seat.h"

#define ERROR(detail)                                                                                         \
    "\"ok\":false,\"error\":{\"code\":\"INVALID_REQUEST\",\"message\":\"no\",\"details\":{\"code\":\"" detail \
    "\"}}"
#define HELLO(auth)                                                                                \
    "\"ok\":true,\"payload\":{\"type\":\"hello-ok\",\"protocol\":4,\"auth\":" auth "}"

static bool sent(const struct seat *s, const char *part)
{
    return strstr(s->params, part) != NULL;
}

static struct hf_client_config stored_config(void)
{
    struct hf_client_config config = seat_config_of();
    config.credentials =
        (struct hf_credentials){ .stored_device_token = HF_LIT("stored-1"), .is_trusted = true };
    config.stored_scopes = HF_LIT("[\"operator.admin\",\"operator.pairing\"]");
    config.has_device = true;
    config.device_secret[0] = 1;
    return config;
}

static int64_t wait_ms(const struct seat *s)
{
    return hf_span_ms(seat_last(s, HF_CLIENT_IS_RETRY)->u.retry.wait);
}

/* client-lifecycle 6.3: what is asked for without a word from the caller. */
static void scopes_are_the_callers_the_stored_ones_or_read_and_write(void)
{
    struct hf_client_config config = stored_config();
    struct seat s;
    seat_init(&s, &config);
    seat_challenged(&s);
    CHECK(sent(&s, "\"scopes\":[\"operator.admin\",\"operator.pairing\"]"));
    seat_fini(&s);
    config.connect.scopes[0] = HF_LIT("operator.talk");
    config.connect.scope_count = 1;
    seat_init(&s, &config);
    seat_challenged(&s);
    CHECK(sent(&s, "\"scopes\":[\"operator.talk\"]"));
    seat_fini(&s);
    config = seat_config_of();
    seat_init(&s, &config);
    seat_challenged(&s);
    CHECK(sent(&s, "\"scopes\":[\"operator.read\",\"operator.write\"]"));
    seat_fini(&s);
}

/* client-lifecycle 20: both tokens at +250, once; then it waits for somebody. */
static void a_wrong_token_is_tried_once_with_the_stored_one_beside_it(void)
{
    struct hf_client_config config = stored_config();
    struct seat s;
    config.credentials.token = HF_LIT("shared-1");
    seat_init(&s, &config);
    seat_refuse(&s, ERROR("AUTH_TOKEN_MISMATCH"), "unauthorized");
    CHECK(sent(&s, "\"token\":\"shared-1\"") && !sent(&s, "stored-1"));
    CHECK_EQ(wait_ms(&s), 250);
    seat_run(&s, 1250);
    seat_refuse(&s, ERROR("AUTH_TOKEN_MISMATCH"), "unauthorized");
    CHECK(sent(&s, "\"token\":\"shared-1\"") && sent(&s, "\"deviceToken\":\"stored-1\""));
    CHECK_EQ(hf_client_link(s.client)->state, HF_LINK_PAUSED);
    seat_fini(&s);
}

/* client-lifecycle 21: not where everybody can listen. */
static void an_untrusted_place_gets_no_second_token(void)
{
    struct hf_client_config config = stored_config();
    struct seat s;
    config.url = (struct hf_url){ .is_tls = true,
                                  .host = HF_LIT("gateway.example"),
                                  .place = HF_LIT("gateway.example"),
                                  .target = HF_LIT("/") };
    config.credentials.token = HF_LIT("shared-1");
    config.credentials.is_trusted = false;
    seat_init(&s, &config);
    seat_refuse(&s, ERROR("AUTH_TOKEN_MISMATCH"), "unauthorized");
    seat_run(&s, 600000);
    CHECK_EQ(s.dials, 1);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_PAUSED), 1);
    seat_fini(&s);
}

/* client-lifecycle 28: the stored token of this role goes; another secret is tried once. */
static void a_void_stored_token_is_dropped_and_another_secret_tried(void)
{
    struct hf_client_config config = stored_config();
    struct seat s;
    config.credentials.bootstrap_token = HF_LIT("bootstrap-1");
    seat_init(&s, &config);
    seat_refuse(&s, ERROR("AUTH_DEVICE_TOKEN_MISMATCH"), "unauthorized");
    CHECK(sent(&s, "\"token\":\"stored-1\""));
    CHECK_EQ(seat_count(&s, HF_CLIENT_TOKEN_DROP), 1);
    CHECK_TEXT(seat_last(&s, HF_CLIENT_TOKEN_DROP)->u.token.role, "operator");
    CHECK_EQ(wait_ms(&s), 250);
    seat_run(&s, 1250);
    seat_refuse(&s, ERROR("AUTH_DEVICE_TOKEN_MISMATCH"), "unauthorized");
    CHECK(sent(&s, "\"bootstrapToken\":\"bootstrap-1\"") && !sent(&s, "stored-1"));
    CHECK_EQ(seat_count(&s, HF_CLIENT_TOKEN_DROP), 1);
    CHECK_EQ(hf_client_link(s.client)->state, HF_LINK_PAUSED);
    seat_fini(&s);
}

/* client-lifecycle 28 on the way of 20: the shared token alone was refused already. */
static void both_tokens_wrong_end_in_one_pause(void)
{
    struct hf_client_config config = stored_config();
    struct seat s;
    config.credentials.token = HF_LIT("shared-1");
    seat_init(&s, &config);
    seat_refuse(&s, ERROR("AUTH_TOKEN_MISMATCH"), "unauthorized");
    seat_run(&s, 1250);
    seat_refuse(&s, ERROR("AUTH_DEVICE_TOKEN_MISMATCH"), "unauthorized");
    CHECK_EQ(seat_count(&s, HF_CLIENT_TOKEN_DROP), 1);
    CHECK_EQ(hf_client_link(s.client)->state, HF_LINK_PAUSED);
    seat_fini(&s);
}

/* client-lifecycle 32: the close alone says it; the retry goes without the token. */
static void a_close_may_void_the_stored_token(void)
{
    struct hf_client_config config = stored_config();
    struct seat s;
    seat_init(&s, &config);
    seat_challenged(&s);
    CHECK(sent(&s, "stored-1"));
    seat_give_frame(&s, HF_WS_OP_CLOSE,
                    HF_LIT("\x03\xF0"
                           "unauthorized: device token mismatch (rotate)"));
    CHECK_EQ(seat_count(&s, HF_CLIENT_TOKEN_DROP), 1);
    CHECK_TEXT(hf_bytes_cstr(s.log), "connecting drop error closed retry");
    seat_run(&s, 2000);
    seat_challenged(&s);
    CHECK_EQ(s.connects, 2);
    CHECK(!sent(&s, "stored-1") && !sent(&s, "\"auth\""));
    seat_fini(&s);
}

/* The same close where the application's own token was sent voids nothing. */
static void a_close_does_not_void_what_was_not_sent(void)
{
    struct hf_client_config config = stored_config();
    struct seat s;
    config.credentials.token = HF_LIT("shared-1");
    seat_init(&s, &config);
    seat_challenged(&s);
    seat_give_frame(&s, HF_WS_OP_CLOSE,
                    HF_LIT("\x03\xF0"
                           "device token mismatch"));
    CHECK_EQ(seat_count(&s, HF_CLIENT_TOKEN_DROP), 0);
    seat_fini(&s);
}

/* client-lifecycle 30: other secrets end a pause by themselves, and are what is sent. */
static void new_secrets_leave_a_pause(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    seat_init(&s, &config);
    seat_refuse(&s, ERROR("AUTH_TOKEN_MISMATCH"), "unauthorized");
    CHECK_EQ(hf_client_link(s.client)->state, HF_LINK_PAUSED);
    char token[] = "  better-1 ";
    struct hf_credentials credentials = { .token = hf_bytes_cstr(token) };
    CHECK_EQ(hf_client_set_credentials(s.client, s.now, &credentials, HF_EMPTY), 0);
    memset(token, 'x', sizeof token - 1); /* it was copied */
    seat_act(&s);
    CHECK_EQ(s.dials, 2);
    seat_login(&s, seat_hello);
    CHECK(sent(&s, "\"token\":\"better-1\""));
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_READY), 1);
    /* While it is connected they wait for the next login. */
    CHECK_EQ(hf_client_set_credentials(s.client, s.now, &credentials, HF_EMPTY), 0);
    seat_act(&s);
    CHECK_EQ(s.dials, 2);
    seat_fini(&s);
}

/* client-lifecycle 6.4: also when what changes it still carries the one that is used up. */
static void a_spent_bootstrap_token_does_not_come_back(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    config.credentials =
        (struct hf_credentials){ .bootstrap_token = HF_LIT("once-1"), .prefers_bootstrap = true };
    seat_init(&s, &config);
    seat_login(&s, seat_hello);
    CHECK(sent(&s, "\"bootstrapToken\":\"once-1\""));
    struct hf_credentials credentials = config.credentials;
    credentials.token = HF_LIT("better-1");
    CHECK_EQ(hf_client_set_credentials(s.client, s.now, &credentials, HF_EMPTY), 0);
    seat_give_frame(&s, HF_WS_OP_CLOSE, HF_LIT("\x03\xF4"));
    seat_redial(&s);
    seat_challenged(&s);
    CHECK(sent(&s, "better-1") && !sent(&s, "once-1"));
    /* Another one is for another login. */
    credentials.bootstrap_token = HF_LIT(" once-2");
    CHECK_EQ(hf_client_set_credentials(s.client, s.now, &credentials, HF_EMPTY), 0);
    seat_give_frame(&s, HF_WS_OP_CLOSE, HF_LIT("\x03\xF4"));
    seat_redial(&s);
    seat_challenged(&s);
    CHECK(sent(&s, "\"bootstrapToken\":\"once-2\""));
    seat_fini(&s);
}

static size_t stores(const struct seat *s)
{
    return seat_count(s, HF_CLIENT_TOKEN_STORE);
}

static char kept_token[64], kept_scopes[128];

static void keep_token(struct seat *s, const struct hf_client_news *news)
{
    (void)s;
    if (news->kind != HF_CLIENT_TOKEN_STORE) return;
    snprintf(kept_token, sizeof kept_token, "%.*s", (int)news->u.token.token.len,
             (const char *)news->u.token.token.ptr);
    snprintf(kept_scopes, sizeof kept_scopes, "%.*s", (int)news->u.token.scopes.len,
             (const char *)news->u.token.scopes.ptr);
}

/* client-lifecycle 76, 77: only a new token is stored, with its scopes; whoever cannot
 * store it goes on with the old one. */
static void a_new_token_is_told_and_used_once_it_is_stored(void)
{
    struct hf_client_config config = stored_config();
    struct seat s;
    seat_init(&s, &config);
    s.on_news = keep_token;
    seat_login(&s, HELLO("{\"role\":\"operator\",\"deviceToken\":\"stored-1\",\"scopes\":[]}"));
    CHECK_EQ(stores(&s), 0);
    seat_say(&s, HF_CLIENT_CLOSED);
    seat_redial(&s);
    seat_login(&s, HELLO("{\"role\":\"operator\",\"deviceToken\":\"fresh-1\","
                         "\"scopes\":[\"operator.read\"]}"));
    CHECK(sent(&s, "operator.pairing")); /* the narrower scopes of the hello changed nothing */
    CHECK_EQ(stores(&s), 1);
    CHECK_TEXT(hf_bytes_cstr(kept_token), "fresh-1");
    CHECK_TEXT(hf_bytes_cstr(kept_scopes), "[\"operator.read\"]");
    CHECK_EQ(hf_client_link(s.client)->state, HF_LINK_READY);
    /* The disk was full. */
    seat_say(&s, HF_CLIENT_CLOSED);
    seat_redial(&s);
    seat_challenged(&s);
    CHECK(sent(&s, "stored-1") && !sent(&s, "fresh-1"));
    /* Now it is stored. */
    CHECK_EQ(hf_client_set_stored_token(s.client, s.now, HF_LIT("fresh-1"),
                                        HF_LIT("[\"operator.read\"]")),
             0);
    seat_say(&s, HF_CLIENT_CLOSED);
    seat_redial(&s);
    seat_challenged(&s);
    CHECK(sent(&s, "fresh-1") && sent(&s, "\"scopes\":[\"operator.read\"]"));
    seat_fini(&s);
}

/* client-lifecycle 78: the tokens of other roles come with a set-up only, and over a
 * trusted way only; both sides of their bound. */
static void tokens_of_other_roles_come_with_a_bootstrap(void)
{
    static const struct {
        bool has_bootstrap, is_trusted;
        size_t stores;
    } rows[] = { { true, true, 1 + 7 }, { true, false, 1 }, { false, true, 1 } };
    char hello[SEAT_TEXT_MAX] =
        "\"ok\":true,\"payload\":{\"type\":\"hello-ok\",\"protocol\":4,"
        "\"auth\":{\"role\":\"operator\",\"deviceToken\":\"t\",\"deviceTokens\":["
        "{\"role\":\"operator\",\"deviceToken\":\"never\"},{\"role\":\"node\"},"
        "{\"role\":\"a new one each time\",\"deviceToken\":\"never\"}";
    for (int i = 0; i < HF_LIMIT_CLIENT_TOKENS; i++)
        snprintf(hello + strlen(hello), sizeof hello - strlen(hello),
                 ",{\"role\":\"node\",\"deviceToken\":\"t%d\",\"scopes\":[]}", i);
    strcat(hello, "]}}");
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_client_config config = stored_config();
        struct seat s;
        config.credentials = (struct hf_credentials){ .is_trusted = rows[i].is_trusted };
        if (rows[i].has_bootstrap)
            config.credentials.bootstrap_token = HF_LIT("bootstrap-1");
        else
            config.credentials.token = HF_LIT("shared-1");
        seat_init(&s, &config);
        seat_login(&s, hello);
        CHECK_EQ_AT(i, stores(&s), rows[i].stores);
        /* 6.4: what set it up is not sent again. */
        seat_say(&s, HF_CLIENT_CLOSED);
        seat_redial(&s);
        seat_challenged(&s);
        CHECK_AT(i, !sent(&s, "bootstrap-1"));
        seat_fini(&s);
    }
}

/* client-lifecycle 72: no byte of connect, a reset, a pause that says who said no. */
static void a_denied_handshake_sends_no_secret(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    config.link.asks_before_login = true;
    seat_init(&s, &config);
    seat_upgrade(&s);
    size_t len = s.sent.len;
    seat_give_text(&s, seat_challenge);
    CHECK_EQ(seat_count(&s, HF_CLIENT_ASK_HANDSHAKE), 1);
    seat_answer_question(&s, false, s.asked);
    CHECK_EQ(s.sent.len, len);
    CHECK_EQ(s.kills, 1);
    CHECK_TEXT(hf_bytes_cstr(s.log), "connecting ask-handshake error closed paused failed-status");
    CHECK_TEXT(hf_client_failure(s.client).code, "authorization_denied");
    CHECK_EQ(seat_last(&s, HF_CLIENT_IS_PAUSED)->u.paused.wait, HF_SPAN_MAX);
    seat_fini(&s);
}

/* client-lifecycle 72: the challenge is still signed when the answer comes late, and an
 * answer that never comes ends with the connect timeout. */
static void a_handshake_waits_for_its_answer(void)
{
    struct hf_client_config config = stored_config();
    struct seat s;
    config.link.asks_before_login = true;
    seat_init(&s, &config);
    seat_challenged(&s);
    seat_run(&s, 9000);
    CHECK_EQ(s.connects, 0);
    seat_answer_question(&s, true, s.asked);
    seat_read_sent(&s);
    CHECK_EQ(s.connects, 1);
    CHECK(sent(&s, "\"nonce\":\"n\"") && sent(&s, "\"signedAt\":5"));
    seat_answer(&s, seat_hello);
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_READY), 1);
    seat_say(&s, HF_CLIENT_CLOSED);
    seat_run(&s, 11000);
    seat_challenged(&s);
    uint64_t asked = s.asked;
    seat_run(&s, 26000);
    CHECK_TEXT(hf_client_failure(s.client).text, "connect timeout");
    seat_answer_question(&s, true, asked);
    seat_read_sent(&s);
    CHECK_EQ(s.connects, 1);
    CHECK_EQ(s.close_code, 4000);
    seat_fini(&s);
}

/* client-lifecycle 71: an answer to an older question harms no newer connection. */
static void a_late_answer_is_ignored(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    config.link.asks_before_reconnect = true;
    config.link.asks_before_login = true;
    seat_init(&s, &config);
    CHECK_EQ(seat_count(&s, HF_CLIENT_ASK_RECONNECT), 0); /* not for the first one */
    seat_challenged(&s);
    uint64_t first = s.asked;
    seat_say(&s, HF_CLIENT_CLOSED);
    seat_run(&s, 2000);
    CHECK_EQ(seat_count(&s, HF_CLIENT_ASK_RECONNECT), 1);
    CHECK_EQ(s.dials, 1);
    uint64_t second = s.asked;
    seat_answer_question(&s, false, first);
    seat_answer_question(&s, true, second);
    CHECK_EQ(s.dials, 2);
    seat_challenged(&s);
    seat_answer_question(&s, false, second);
    seat_answer_question(&s, true, s.asked);
    seat_answer(&s, seat_hello);
    seat_answer_question(&s, false, second);
    seat_answer_question(&s, false, s.asked);
    CHECK_EQ(hf_client_link(s.client)->state, HF_LINK_READY);
    seat_fini(&s);
}

static struct hf_client_config node_config(void)
{
    struct hf_client_config config = stored_config();
    config.connect.role_name = HF_LIT("node");
    config.connect.role = HF_ROLE_NODE;
    config.connect.has_known_role = true;
    config.connect.client.id = HF_CLIENT_ID_NODE_HOST;
    config.connect.client.mode = HF_CLIENT_MODE_NODE;
    config.connect.min_protocol = 3;
    return config;
}

/* client-lifecycle 7.3, 8.4: a node offers 4, then 3, each soon, and then waits; a hello
 * gives the switch back. */
static void a_node_offers_the_older_version_once(void)
{
    struct hf_client_config config = node_config();
    struct seat s;
    seat_init(&s, &config);
    seat_refuse(&s, ERROR("PROTOCOL_MISMATCH"), "protocol mismatch");
    CHECK(sent(&s, "\"minProtocol\":4,\"maxProtocol\":4") && sent(&s, "\"scopes\":[]"));
    CHECK_EQ(wait_ms(&s), 250);
    seat_run(&s, 1250);
    seat_login(&s, "\"ok\":true,\"payload\":{\"type\":\"hello-ok\",\"protocol\":3}");
    CHECK(sent(&s, "\"minProtocol\":3,\"maxProtocol\":3"));
    CHECK_EQ(seat_count(&s, HF_CLIENT_IS_READY), 1);
    CHECK_EQ(hf_client_hello(s.client).protocol, 3);
    seat_run(&s, 8000);
    seat_say(&s, HF_CLIENT_CLOSED);
    seat_run(&s, 10000);
    seat_refuse(&s, ERROR("PROTOCOL_MISMATCH"), "protocol mismatch"); /* it was updated */
    seat_run(&s, 10500);
    seat_refuse(&s, ERROR("PROTOCOL_MISMATCH"), "protocol mismatch");
    CHECK(sent(&s, "\"minProtocol\":4,\"maxProtocol\":4"));
    CHECK_EQ(hf_client_link(s.client)->state, HF_LINK_PAUSED);
    seat_fini(&s);
}

static void an_operator_offers_what_it_speaks_and_pauses(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    config.connect.min_protocol = 3;
    seat_init(&s, &config);
    seat_refuse(&s, ERROR("PROTOCOL_MISMATCH"), "protocol mismatch");
    CHECK(sent(&s, "\"minProtocol\":3,\"maxProtocol\":4"));
    CHECK_EQ(hf_client_link(s.client)->state, HF_LINK_PAUSED);
    seat_fini(&s);
}

/* client-lifecycle 7.3: the older text is signed once when the application wants it. */
static void a_refused_signature_is_tried_once_with_the_older_text(void)
{
    for (int may_sign_older = 0; may_sign_older < 2; may_sign_older++) {
        struct hf_client_config config = stored_config();
        struct seat s;
        config.link.may_sign_older = may_sign_older;
        seat_init(&s, &config);
        int64_t want_ms[] = { 1000, 2000 };
        if (may_sign_older) want_ms[0] = 250, want_ms[1] = 500;
        for (size_t i = 0; i < 2; i++) {
            CHECK_EQ(hf_client_link(s.client)->signs_older, may_sign_older && i == 1);
            seat_refuse(&s, ERROR("DEVICE_AUTH_SIGNATURE_INVALID"), "device signature invalid");
            CHECK_EQ_AT(i, wait_ms(&s), want_ms[i]);
            seat_redial(&s);
        }
        CHECK(!hf_client_link(s.client)->signs_older);
        seat_fini(&s);
    }
}

/* client-lifecycle 8.4: an optional field that the server does not know is left out. */
static void an_unknown_auth_field_is_dropped_once(void)
{
    static const char refusal[] =
        "\"ok\":false,\"error\":{\"code\":\"INVALID_REQUEST\",\"message\":\"invalid connect "
        "params: at /auth: unexpected property 'approvalRuntimeToken'\"}";
    struct hf_client_config config = seat_config_of();
    struct seat s;
    config.connect.auth.approval_runtime_token = HF_LIT("approval-1");
    seat_init(&s, &config);
    seat_refuse(&s, refusal, "invalid connect params");
    CHECK(sent(&s, "\"approvalRuntimeToken\":\"approval-1\""));
    CHECK_EQ(wait_ms(&s), 250);
    seat_run(&s, 1250);
    seat_refuse(&s, refusal, "invalid connect params");
    CHECK(!sent(&s, "approvalRuntimeToken") && sent(&s, "canary-token"));
    CHECK_EQ(wait_ms(&s), 500); /* nothing more to leave out: as any failure */
    seat_fini(&s);
}

/* client-lifecycle 7.4: what a pause says. */
static void a_pause_tells_what_to_do(void)
{
    struct hf_client_config config = seat_config_of();
    struct seat s;
    struct hf_client_news paused;
    seat_init(&s, &config);
    seat_refuse(&s,
                "\"ok\":false,\"error\":{\"code\":\"NOT_PAIRED\",\"message\":\"pairing required\","
                "\"details\":{\"code\":\"PAIRING_REQUIRED\",\"requestId\":\"5426-a\","
                "\"recommendedNextStep\":\"approve_device\"}}",
                "pairing required (requestId: 5426-a)");
    paused = *seat_last(&s, HF_CLIENT_IS_PAUSED);
    CHECK_EQ(paused.u.paused.close_code, 1008);
    CHECK_TEXT(paused.u.paused.detail, "PAIRING_REQUIRED");
    CHECK_TEXT(paused.u.paused.request_id, "5426-a");
    CHECK_TEXT(paused.u.paused.next_step, "approve_device");
    CHECK_TEXT(paused.u.paused.reason, "pairing required");
    CHECK_EQ(paused.u.paused.wait, HF_SPAN_MAX);
    CHECK_EQ(hf_client_status(s.client), HF_CLIENT_PAUSED);
    seat_fini(&s);
}

CHECK_MAIN(scopes_are_the_callers_the_stored_ones_or_read_and_write,
           a_wrong_token_is_tried_once_with_the_stored_one_beside_it,
           an_untrusted_place_gets_no_second_token,
           a_void_stored_token_is_dropped_and_another_secret_tried,
           both_tokens_wrong_end_in_one_pause, a_close_may_void_the_stored_token,
           a_close_does_not_void_what_was_not_sent, new_secrets_leave_a_pause,
           a_spent_bootstrap_token_does_not_come_back,
           a_new_token_is_told_and_used_once_it_is_stored,
           tokens_of_other_roles_come_with_a_bootstrap, a_denied_handshake_sends_no_secret,
           a_handshake_waits_for_its_answer, a_late_answer_is_ignored,
           a_node_offers_the_older_version_once, an_operator_offers_what_it_speaks_and_pauses,
           a_refused_signature_is_tried_once_with_the_older_text,
           an_unknown_auth_field_is_dropped_once, a_pause_tells_what_to_do)
