/* The login of a client: challenge, secrets, connect, hello or refusal. */
#include "base/crypto.h"
#include "base/device.h"
#include "base/err.h"
#include "engine/client_state.h"
#include "wire/json_read.h"
#include "wire/schema/device_payload.h"

/* --- the challenge --- */

void hf_client_challenged(struct hf_client *c, struct hf_bytes payload)
{
    struct hf_challenge challenge;
    hf_challenge_read(payload, &challenge);
    hf_buf_reset(&c->nonce, HF_LIMIT_NAME_BYTES);
    hf_buf_add(&c->nonce, challenge.nonce);
    c->has_challenge_ts = challenge.has_ts;
    c->challenge_ts_ms = challenge.ts_ms;
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_CHALLENGED,
                                               .generation = c->link.socket,
                                               .u.has_nonce = c->nonce.len > 0 });
}

/* --- the connect request --- */

struct device_text {
    char id[HF_DEVICE_ID_CHARS];
    char key[HF_DEVICE_KEY_CHARS];
    char signature[HF_BASE64URL_CHARS(HF_ED25519_SIG_BYTES)];
};

/* Signs what the connect request says so far. */
static int sign(struct hf_client *c, struct hf_connect *connect, struct device_text *text)
{
    uint8_t key[HF_ED25519_KEY_BYTES], signature[HF_ED25519_SIG_BYTES];
    if (!c->has_challenge_ts) return HF_ERR_MISSING;
    int err = hf_ed25519_public(c->config.device_secret, key);
    if (err) return err;
    struct hf_device_id id = hf_device_id_of(key);
    hf_device_id_write(&id, text->id);
    hf_base64url_write(hf_bytes(key, sizeof key), text->key);
    connect->has_device = true;
    connect->device =
        (struct hf_connect_device){ .id = hf_bytes(text->id, sizeof text->id),
                                    .public_key = hf_bytes(text->key, sizeof text->key),
                                    .nonce = hf_buf_view(&c->nonce),
                                    .signed_at_ms = c->challenge_ts_ms };
    hf_buf_reset(&c->text, SIZE_MAX);
    hf_device_payload_write(
        &c->text, c->link.signs_older ? HF_DEVICE_PAYLOAD_V2 : HF_DEVICE_PAYLOAD_V3, connect);
    err = hf_buf_done(&c->text);
    if (!err) err = hf_ed25519_sign(c->config.device_secret, hf_buf_view(&c->text), signature);
    if (err) return err;
    hf_base64url_write(hf_bytes(signature, sizeof signature), text->signature);
    connect->device.signature = hf_bytes(text->signature, sizeof text->signature);
    return 0;
}

static struct hf_credential_choice choose_secrets(struct hf_client *c, struct hf_connect *connect)
{
    struct hf_credential_choice choice =
        hf_credentials_choose(&c->config.credentials, c->link.uses_device_token);
    struct hf_connect_auth auth = { .token = choice.token,
                                    .device_token = choice.device_token,
                                    .bootstrap_token = choice.bootstrap_token,
                                    .password = choice.password };
    if (!c->link.drops_auth_fields) {
        auth.approval_runtime_token = connect->auth.approval_runtime_token;
        auth.agent_runtime_identity_token = connect->auth.agent_runtime_identity_token;
    }
    connect->auth = auth;
    connect->has_auth = auth.token.len || auth.device_token.len || auth.bootstrap_token.len ||
                        auth.password.len || auth.approval_runtime_token.len ||
                        auth.agent_runtime_identity_token.len;
    c->sent_bootstrap = auth.bootstrap_token.len > 0;
    return choice;
}

static void add_scope(struct hf_connect *connect, struct hf_bytes scope)
{
    if (connect->scope_count < HF_LIMIT_SCOPES) connect->scopes[connect->scope_count++] = scope;
}

/* Whoever names no scopes asks for those of the token that is stored, else to read
 * and write (6.3). */
static void choose_scopes(const struct hf_client *c, const struct hf_credential_choice *choice,
                          struct hf_connect *connect)
{
    struct hf_json_iter it = hf_json_iter(c->config.stored_scopes);
    struct hf_bytes value, scope;
    if (connect->scope_count > 0 || connect->role == HF_ROLE_NODE) return;
    while (choice->uses_stored && hf_json_next(&it, &value))
        if (hf_json_get_plain(value, &scope)) add_scope(connect, scope);
    if (connect->scope_count > 0) return;
    add_scope(connect, hf_scope_name(HF_SCOPE_READ));
    add_scope(connect, hf_scope_name(HF_SCOPE_WRITE));
}

/* A node offers one version of its range, the older one when the link says so (8.4). */
static void choose_version(const struct hf_client *c, struct hf_connect *connect)
{
    if (!c->link.limits.may_offer_older) return;
    if (c->link.offers_older)
        connect->max_protocol = connect->min_protocol;
    else
        connect->min_protocol = connect->max_protocol;
}

static int write_connect(struct hf_client *c)
{
    char id[HF_CLIENT_ID_BYTES];
    struct device_text device;
    struct hf_connect connect = c->config.connect;
    struct hf_buf params;
    hf_buf_init(&params, HF_LIMIT_PREAUTH_FRAME_BYTES);
    struct hf_credential_choice choice = choose_secrets(c, &connect);
    choose_scopes(c, &choice, &connect);
    choose_version(c, &connect);
    int err = c->config.has_device ? sign(c, &connect, &device) : 0;
    if (!err) hf_connect_write(&params, &connect);
    if (!err) err = hf_buf_done(&params);
    hf_buf_reset(&c->text, SIZE_MAX);
    if (!err)
        hf_frame_write_req(&c->text, hf_client_write_id(c, HF_CLIENT_CONNECT_NUMBER, id),
                           HF_LIT("connect"), hf_buf_view(&params));
    if (!err) err = hf_buf_done(&c->text);
    if (!err) err = hf_client_send(c, hf_buf_view(&c->text));
    if (params.len) hf_wipe(params.ptr, params.len);
    if (c->text.len) hf_wipe(c->text.ptr, c->text.len);
    hf_buf_fini(&params);
    hf_buf_reset(&c->text, 0);
    return err;
}

void hf_client_plan(struct hf_client *c)
{
    uint64_t socket = c->link.socket;
    int err = write_connect(c);
    if (c->link.socket != socket) return; /* there was no memory to send it with */
    if (err == HF_ERR_NOMEM) {
        hf_client_give_up(c); /* this passes; a plan that cannot be made does not */
        return;
    }
    if (err == HF_ERR_MISSING)
        hf_client_note(c, HF_LINK_CAUSE_PLAN,
                       HF_LIT("the gateway's challenge has no valid time to sign"));
    else if (err)
        hf_client_note(c, HF_LINK_CAUSE_PLAN, hf_bytes_cstr(hf_err_text(err)));
    hf_client_say(c, err ? HF_LINK_PLAN_FAILED : HF_LINK_PLANNED);
}

/* --- the hello --- */

static bool offers_version(const struct hf_client *c, int64_t protocol)
{
    return protocol >= c->config.connect.min_protocol && protocol <= c->config.connect.max_protocol;
}

/* Only for roles that there are: what is kept for each must not grow as a server likes. */
static bool tell_token(struct hf_client *c, const struct hf_device_token *token)
{
    enum hf_role role;
    if (!hf_role_find(token->role, &role)) return false;
    hf_client_tell(
        c, &(struct hf_client_news){ .kind = HF_CLIENT_TOKEN_STORE,
                                     .u.token = { token->role, token->token, token->scopes } });
    return true;
}

/* The device token of this login; one that is stored already keeps its scopes (13). */
static void tell_own_token(struct hf_client *c, const struct hf_greeting *greeting)
{
    struct hf_bytes role = greeting->role.len ? greeting->role : c->config.connect.role_name;
    struct hf_device_token token = { role, greeting->device_token, greeting->scopes };
    bool is_ours = hf_bytes_same(role, c->config.connect.role_name);
    bool is_stored =
        is_ours && hf_bytes_same(token.token, c->config.credentials.stored_device_token);
    if (token.token.len > 0 && !is_stored) tell_token(c, &token);
}

/* Those of other roles, which only a device that was just set up may take, over a
 * way that nobody else can read. */
static void tell_other_tokens(struct hf_client *c, const struct hf_greeting *greeting)
{
    struct hf_json_iter it = hf_json_iter(greeting->device_tokens);
    struct hf_bytes role = greeting->role.len ? greeting->role : c->config.connect.role_name;
    struct hf_device_token token;
    struct hf_bytes value;
    if (!c->sent_bootstrap || !c->config.credentials.is_trusted) return;
    for (size_t n = 1; n < HF_LIMIT_CLIENT_TOKENS && hf_json_next(&it, &value);)
        if (hf_device_token_read(value, &token) && !hf_bytes_same(token.role, role))
            n += tell_token(c, &token);
}

/* It worked: what it took is not sent again. */
static void forget_bootstrap(struct hf_client *c)
{
    struct hf_credentials *own = &c->config.credentials;
    if (own->bootstrap_token.len) c->spent_bootstrap = own->bootstrap_token;
    own->bootstrap_token = HF_EMPTY;
    own->prefers_bootstrap = false;
    hf_client_know_secrets(c);
}

/* The first method that the server offers to probe with (11.4). */
static struct hf_bytes choose_beat(struct hf_client *c, const struct hf_greeting *greeting)
{
    const struct hf_bytes candidates[] = { c->config.beat_method, HF_LIT("ping"),
                                           HF_LIT("system-presence"), HF_LIT("last-heartbeat"),
                                           HF_LIT("health") };
    c->beat_off_reason = "the role is node";
    if (c->config.connect.role == HF_ROLE_NODE) return HF_EMPTY;
    c->beat_off_reason = "the gateway offers no method to probe with";
    for (size_t i = 0; i < HF_COUNT(candidates); i++) {
        if (candidates[i].len == 0 || !hf_greeting_lists(greeting->methods, candidates[i]))
            continue;
        c->beat_off_reason = NULL;
        return candidates[i];
    }
    return HF_EMPTY;
}

static bool is_acceptable(const struct hf_client *c, int err, const struct hf_greeting *greeting)
{
    bool is_probe = c->config.connect.client.mode == HF_CLIENT_MODE_PROBE;
    return err == 0 && (offers_version(c, greeting->protocol) || is_probe);
}

void hf_client_got_hello(struct hf_client *c, struct hf_bytes payload)
{
    struct hf_greeting greeting;
    if (!is_acceptable(c, hf_greeting_read(payload, &greeting), &greeting)) {
        hf_client_note(c, HF_LINK_CAUSE_BAD_HELLO,
                       HF_LIT("the gateway's hello is not one of this protocol"));
        hf_client_say(c, HF_LINK_HELLO_BROKEN);
        return;
    }
    c->max_payload = greeting.max_payload;
    c->max_buffered = greeting.max_buffered;
    if (c->max_buffered > HF_LIMIT_BUFFERED_BYTES) c->max_buffered = HF_LIMIT_BUFFERED_BYTES;
    hf_client_word_set(&c->beat_method, choose_beat(c, &greeting));
    hf_client_keep_hello(c, &greeting);
    tell_own_token(c, &greeting);
    tell_other_tokens(c, &greeting);
    forget_bootstrap(c);
    c->hello_payload = payload;
    hf_client_feed(c,
                   &(struct hf_link_input){ .kind = HF_LINK_HELLO,
                                            .generation = c->link.socket,
                                            .u.hello = { c->tick_every, c->beat_method.len > 0 } });
    c->hello_payload = HF_EMPTY;
}

/* --- a refusal --- */

void hf_client_got_refusal(struct hf_client *c, const struct hf_error_seen *error)
{
    struct hf_buf message;
    hf_buf_init(&message, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_json_text(error->message, &message);
    hf_client_note(c, HF_LINK_CAUSE_REFUSED, hf_buf_view(&message));
    hf_buf_fini(&message);
    hf_client_word_set(&c->failure_code, error->code);
    hf_client_word_set(&c->failure_detail, error->detail);
    hf_client_word_set(&c->failure_request_id, error->request_id);
    hf_client_word_set(&c->failure_next_step, error->next_step);
    struct hf_link_input input = {
        .kind = HF_LINK_REFUSED,
        .generation = c->link.socket,
        .u.refusal = { .code = error->code,
                       .detail = error->detail,
                       .reason = error->reason,
                       .next_step = error->next_step,
                       .is_retryable = error->retryable,
                       .keeps_trying = error->is_pause_denied,
                       .advises_device_token = error->advises_device_token,
                       .names_auth_field = error->names_auth_field,
                       .has_retry_after = error->has_retry_after,
                       .retry_after_ms = error->retry_after_ms },
    };
    hf_client_feed(c, &input);
}
