#include "base/assert.h"
#include "base/err.h"
#include "core/login/parts.h"
#include "wire/schema/hello.h"

enum { CLOSE_PROTOCOL = 1002, CLOSE_POLICY = 1008, CLOSE_TRY_LATER = 1013 };

static const int64_t store_retry_ms = 1000;

bool hf_login_is_ui(const struct hf_connect *connect)
{
    enum hf_client_id id = connect->client.id;
    return id == HF_CLIENT_ID_CONTROL_UI || id == HF_CLIENT_ID_TUI ||
           id == HF_CLIENT_ID_BROWSER_COPILOT;
}

bool hf_login_is_webchat(const struct hf_connect *connect)
{
    return connect->client.mode == HF_CLIENT_MODE_WEBCHAT ||
           connect->client.id == HF_CLIENT_ID_WEBCHAT_UI;
}

static void set_close_reason(struct hf_login_outcome *out, struct hf_bytes text)
{
    struct hf_bytes cut = hf_bytes_cut_utf8(text, sizeof out->close_reason);
    memcpy(out->close_reason, cut.ptr, cut.len);
    out->close_reason_len = cut.len;
}

void hf_login_refuse(struct hf_login_outcome *out, enum hf_code code, struct hf_bytes message,
                     uint16_t close_code, const char *cause)
{
    out->act = HF_LOGIN_REFUSED;
    out->code = code;
    out->message = message;
    out->details.count = 0;
    out->is_retryable = false;
    out->retry_after_ms = 0;
    out->close_code = close_code;
    set_close_reason(out, message);
    out->cause = cause;
}

static void add_detail_code(struct hf_login_outcome *out, enum hf_detail detail)
{
    hf_details_add_text(&out->details, "code", hf_bytes_cstr(hf_detail_name(detail)));
}

void hf_login_refuse_protocol(const struct hf_connect *connect, struct hf_login_outcome *out)
{
    hf_login_refuse(out, HF_CODE_INVALID_REQUEST, HF_LIT("protocol mismatch"), CLOSE_PROTOCOL,
                    "protocol-mismatch");
    add_detail_code(out, HF_DETAIL_PROTOCOL_MISMATCH);
    hf_details_add_int(&out->details, "clientMinProtocol", connect->min_protocol);
    hf_details_add_int(&out->details, "clientMaxProtocol", connect->max_protocol);
    hf_details_add_int(&out->details, "expectedProtocol", HF_PROTOCOL_VERSION);
    hf_details_add_int(&out->details, "minimumProbeProtocol", HF_PROTOCOL_PROBE_MIN);
}

void hf_login_refuse_origin(enum hf_origin_verdict verdict, struct hf_login_outcome *out)
{
    hf_login_refuse(out, HF_CODE_INVALID_REQUEST,
                    HF_LIT("origin not allowed (open the Control UI from the gateway host or "
                           "allow it in gateway.controlUi.allowedOrigins)"),
                    CLOSE_POLICY, "origin-mismatch");
    add_detail_code(out, HF_DETAIL_CONTROL_UI_ORIGIN_NOT_ALLOWED);
    hf_details_add_text(&out->details, "reason",
                        verdict == HF_ORIGIN_INVALID ? HF_LIT("origin missing or invalid")
                                                     : HF_LIT("origin not allowed"));
}

void hf_login_refuse_proof(enum hf_proof proof, struct hf_login_outcome *out)
{
    static const struct {
        struct hf_bytes message, reason;
        enum hf_detail detail;
    } rows[] = {
        [HF_PROOF_ID] = { HF_LIT_INIT("device identity mismatch"),
                          HF_LIT_INIT("device-id-mismatch"),
                          HF_DETAIL_DEVICE_AUTH_DEVICE_ID_MISMATCH },
        [HF_PROOF_STALE] = { HF_LIT_INIT("device signature expired"),
                             HF_LIT_INIT("device-signature-stale"),
                             HF_DETAIL_DEVICE_AUTH_SIGNATURE_EXPIRED },
        [HF_PROOF_NO_NONCE] = { HF_LIT_INIT("device nonce required"),
                                HF_LIT_INIT("device-nonce-missing"),
                                HF_DETAIL_DEVICE_AUTH_NONCE_REQUIRED },
        [HF_PROOF_OTHER_NONCE] = { HF_LIT_INIT("device nonce mismatch"),
                                   HF_LIT_INIT("device-nonce-mismatch"),
                                   HF_DETAIL_DEVICE_AUTH_NONCE_MISMATCH },
        [HF_PROOF_SIGNATURE] = { HF_LIT_INIT("device signature invalid"),
                                 HF_LIT_INIT("device-signature"),
                                 HF_DETAIL_DEVICE_AUTH_SIGNATURE_INVALID },
    };
    HF_ASSERT(proof != HF_PROOF_GOOD);
    hf_login_refuse(out, HF_CODE_INVALID_REQUEST, rows[proof].message, CLOSE_POLICY,
                    "device-auth-invalid");
    add_detail_code(out, rows[proof].detail);
    hf_details_add_text(&out->details, "reason", rows[proof].reason);
}

void hf_login_refuse_no_device(bool is_ui, struct hf_login_outcome *out)
{
    if (is_ui) {
        hf_login_refuse(out, HF_CODE_INVALID_REQUEST,
                        HF_LIT("control ui requires device identity "
                               "(use HTTPS or localhost secure context)"),
                        CLOSE_POLICY, "device-required");
        add_detail_code(out, HF_DETAIL_CONTROL_UI_DEVICE_IDENTITY_REQUIRED);
        return;
    }
    hf_login_refuse(out, HF_CODE_NOT_PAIRED, HF_LIT("device identity required"), CLOSE_POLICY,
                    "device-required");
    add_detail_code(out, HF_DETAIL_DEVICE_IDENTITY_REQUIRED);
}

/* --- credentials --- */

/* Who is told how to mend it. */
enum audience { AT_LOCAL_CLI, AT_REMOTE_CLI, AT_UI, AT_OTHERS, AUDIENCES };

static enum audience audience_of(const struct hf_login_input *in)
{
    if (in->connect->client.mode == HF_CLIENT_MODE_CLI)
        return in->peer->is_direct_local ? AT_LOCAL_CLI : AT_REMOTE_CLI;
    return hf_login_is_ui(in->connect) || hf_login_is_webchat(in->connect) ? AT_UI : AT_OTHERS;
}

#define TOKEN(what, hint) HF_LIT_INIT("unauthorized: gateway token " what " (" hint ")")
#define PASSWORD(what, hint) HF_LIT_INIT("unauthorized: gateway password " what " (" hint ")")

static const struct hf_bytes token_missing[AUDIENCES] = {
    [AT_LOCAL_CLI] = TOKEN("missing", "use this gateway's gateway.auth.token or pair the device"),
    [AT_REMOTE_CLI] = TOKEN("missing", "set gateway.remote.token to match gateway.auth.token"),
    [AT_UI] = TOKEN("missing", "paste in Control UI settings"),
    [AT_OTHERS] = TOKEN("missing", "provide gateway auth token"),
};

static const struct hf_bytes token_wrong[AUDIENCES] = {
    [AT_LOCAL_CLI] = TOKEN("mismatch", "use this gateway's gateway.auth.token or pair the device"),
    [AT_REMOTE_CLI] = TOKEN("mismatch", "set gateway.remote.token to match gateway.auth.token"),
    [AT_UI] =
        TOKEN("mismatch", "open the dashboard URL and paste the token in Control UI settings"),
    [AT_OTHERS] = TOKEN("mismatch", "provide gateway auth token"),
};

static const struct hf_bytes password_missing[AUDIENCES] = {
    [AT_LOCAL_CLI] = PASSWORD("missing", "use this gateway's gateway.auth.password"),
    [AT_REMOTE_CLI] =
        PASSWORD("missing", "set gateway.remote.password to match gateway.auth.password"),
    [AT_UI] = PASSWORD("missing", "enter the password in Control UI settings"),
    [AT_OTHERS] = PASSWORD("missing", "provide gateway auth password"),
};

static const struct hf_bytes password_wrong[AUDIENCES] = {
    [AT_LOCAL_CLI] = PASSWORD("mismatch", "use this gateway's gateway.auth.password"),
    [AT_REMOTE_CLI] =
        PASSWORD("mismatch", "set gateway.remote.password to match gateway.auth.password"),
    [AT_UI] = PASSWORD("mismatch", "enter the password in Control UI settings"),
    [AT_OTHERS] = PASSWORD("mismatch", "provide gateway auth password"),
};

struct auth_words {
    struct hf_bytes message, reason, next_step;
    enum hf_detail detail;
};

/* `reason` is composed into the outcome where it names a header. */
static struct auth_words proxy_words(const struct hf_login_input *in, struct hf_login_outcome *out)
{
    static const struct hf_bytes reasons[] = {
        [HF_PROXY_NOT_ASKED] = HF_LIT_INIT("trusted_proxy_no_request"),
        [HF_PROXY_UNTRUSTED] = HF_LIT_INIT("trusted_proxy_untrusted_source"),
        [HF_PROXY_LOOPBACK] = HF_LIT_INIT("trusted_proxy_loopback_source"),
        [HF_PROXY_OWN_ADDRESS] = HF_LIT_INIT("trusted_proxy_local_interface_source"),
        [HF_PROXY_NO_HEADER] = HF_LIT_INIT("trusted_proxy_missing_header_"),
        [HF_PROXY_NO_USER] = HF_LIT_INIT("trusted_proxy_user_missing"),
        [HF_PROXY_OTHER_USER] = HF_LIT_INIT("trusted_proxy_user_not_allowed"),
        [HF_PROXY_UNATTRIBUTED] = HF_LIT_INIT("proxy_attribution_required"),
    };
    const struct hf_proxy_identity *proxy = &in->peer->proxy;
    struct auth_words words = { HF_LIT("unauthorized"), reasons[proxy->verdict],
                                HF_LIT("review_auth_configuration"), HF_DETAIL_AUTH_UNAUTHORIZED };
    if (proxy->verdict == HF_PROXY_UNATTRIBUTED)
        words.message = HF_LIT("unauthorized: proxy client attribution is required (configure "
                               "gateway.trustedProxies narrowly and make the proxy overwrite or "
                               "safely rebuild forwarded client headers)");
    if (proxy->verdict != HF_PROXY_NO_HEADER) return words;
    struct hf_bytes header =
        hf_bytes_cut_utf8(proxy->header, sizeof out->auth_reason - words.reason.len);
    memcpy(out->auth_reason, words.reason.ptr, words.reason.len);
    memcpy(out->auth_reason + words.reason.len, header.ptr, header.len);
    words.reason = hf_bytes(out->auth_reason, words.reason.len + header.len);
    words.detail = HF_DETAIL_AUTH_IDENTITY_HEADER_REQUIRED;
    if (in->connect->client.mode == HF_CLIENT_MODE_NODE)
        words.message = HF_LIT("gateway rejected this node: trusted-proxy identity-header "
                               "authentication is required and no usable machine credential was "
                               "accepted; run `openclaw doctor` on the Gateway");
    return words;
}

static struct auth_words words_of(const struct hf_login_input *in, enum hf_credential_fault fault,
                                  struct hf_login_outcome *out)
{
    bool is_token = in->policy->mode == HF_AUTH_TOKEN;
    enum audience who = audience_of(in);
    switch (fault) {
    case HF_CREDENTIAL_MISSING:
        if (is_token)
            return (struct auth_words){ token_missing[who], HF_LIT("token_missing"),
                                        HF_LIT("update_auth_configuration"),
                                        HF_DETAIL_AUTH_TOKEN_MISSING };
        return (struct auth_words){ password_missing[who], HF_LIT("password_missing"),
                                    HF_LIT("update_auth_configuration"),
                                    HF_DETAIL_AUTH_PASSWORD_MISSING };
    case HF_CREDENTIAL_WRONG:
        if (is_token)
            return (struct auth_words){ token_wrong[who], HF_LIT("token_mismatch"),
                                        HF_LIT("update_auth_credentials"),
                                        HF_DETAIL_AUTH_TOKEN_MISMATCH };
        return (struct auth_words){ password_wrong[who], HF_LIT("password_mismatch"),
                                    HF_LIT("update_auth_credentials"),
                                    HF_DETAIL_AUTH_PASSWORD_MISMATCH };
    case HF_CREDENTIAL_WRONG_DEVICE_TOKEN:
        return (struct auth_words){
            HF_LIT("unauthorized: device token mismatch (rotate/reissue device token)"),
            HF_LIT("device_token_mismatch"), HF_LIT("update_auth_credentials"),
            HF_DETAIL_AUTH_DEVICE_TOKEN_MISMATCH
        };
    case HF_CREDENTIAL_WRONG_BOOTSTRAP:
        return (struct auth_words){
            HF_LIT("unauthorized: setup code invalid, expired, revoked, or already used"),
            HF_LIT("bootstrap_token_invalid"), HF_LIT("review_auth_configuration"),
            HF_DETAIL_AUTH_BOOTSTRAP_TOKEN_INVALID
        };
    case HF_CREDENTIAL_NARROW:
        return (struct auth_words){ HF_LIT("unauthorized: device token scope mismatch "
                                           "(re-pair or approve scope upgrade)"),
                                    HF_LIT("scope_mismatch"), HF_LIT("review_auth_configuration"),
                                    HF_DETAIL_AUTH_SCOPE_MISMATCH };
    case HF_CREDENTIAL_LOCKED:
        return (struct auth_words){
            HF_LIT("unauthorized: too many failed authentication attempts (retry later)"),
            HF_LIT("rate_limited"), HF_LIT("wait_then_retry"), HF_DETAIL_AUTH_RATE_LIMITED
        };
    case HF_CREDENTIAL_PROXY:
        return proxy_words(in, out);
    case HF_CREDENTIAL_FINE:
        break;
    }
    HF_UNREACHABLE();
}

/* A device that showed a stale shared token may have a device token in store. */
static bool may_retry(const struct hf_login_input *in, enum hf_credential_fault fault)
{
    const struct hf_connect_auth *auth = &in->connect->auth;
    return fault == HF_CREDENTIAL_WRONG && in->policy->mode == HF_AUTH_TOKEN &&
           in->connect->has_device && auth->token.len > 0 && auth->password.len == 0 &&
           auth->device_token.len == 0;
}

static int64_t whole_ms(hf_span span)
{
    return hf_span_ms(span) + (span % HF_MS(1) > 0 ? 1 : 0);
}

void hf_login_refuse_credential(const struct hf_login_input *in,
                                const struct hf_credential *credential,
                                struct hf_login_outcome *out)
{
    struct auth_words words = words_of(in, credential->fault, out);
    bool can_retry = may_retry(in, credential->fault);
    hf_login_refuse(out, HF_CODE_INVALID_REQUEST, words.message, CLOSE_POLICY, "unauthorized");
    if (credential->fault == HF_CREDENTIAL_LOCKED) {
        out->is_retryable = true;
        out->retry_after_ms = whole_ms(credential->locked_for);
    }
    add_detail_code(out, words.detail);
    hf_details_add_text(&out->details, "authReason", words.reason);
    hf_details_add_bool(&out->details, "canRetryWithDeviceToken", can_retry);
    hf_details_add_text(&out->details, "recommendedNextStep",
                        can_retry ? HF_LIT("retry_with_device_token") : words.next_step);
}

/* --- pairing and the store --- */

#define PAIRING(why) HF_LIT_INIT("pairing required: " why)

static const struct {
    struct hf_bytes reason, message, hint;
} pairing_words[] = {
    [HF_PAIRING_NOT_PAIRED] = { HF_LIT_INIT("not-paired"), PAIRING("device is not approved yet"),
                                HF_LIT_INIT(
                                    "Approve this device from the pending pairing requests.") },
    [HF_PAIRING_ROLE_UPGRADE] = { HF_LIT_INIT("role-upgrade"),
                                  PAIRING(
                                      "device is asking for a higher role than currently approved"),
                                  HF_LIT_INIT(
                                      "Review the requested role upgrade, then approve the pending request.") },
    [HF_PAIRING_SCOPE_UPGRADE] = { HF_LIT_INIT("scope-upgrade"),
                                   PAIRING(
                                       "device is asking for more scopes than currently approved"),
                                   HF_LIT_INIT(
                                       "Review the requested scopes, then approve the pending upgrade.") },
    [HF_PAIRING_METADATA_UPGRADE] = { HF_LIT_INIT("metadata-upgrade"),
                                      PAIRING("device identity changed and must be re-approved"),
                                      HF_LIT_INIT(
                                          "Review the refreshed device details, then approve the pending request.") },
};

static void add_approved(const struct hf_device *device, struct hf_login_outcome *out)
{
    size_t roles = 0, scopes = 0;
    for (int role = 0; role < HF_ROLES; role++)
        if (device->grants[role].epoch != 0)
            out->roles_text[roles++] = hf_role_name((enum hf_role)role);
    for (int scope = 0; scope < HF_SCOPE_COUNT; scope++)
        if (device->grants[HF_ROLE_OPERATOR].scopes & hf_scope_bit((enum hf_scope)scope))
            out->scopes_text[scopes++] = hf_scope_name((enum hf_scope)scope);
    if (roles > 0) hf_details_add_list(&out->details, "approvedRoles", out->roles_text, roles);
    if (scopes > 0) hf_details_add_list(&out->details, "approvedScopes", out->scopes_text, scopes);
}

static void add_request_id(struct hf_login_outcome *out, struct hf_bytes request_id)
{
    static const struct hf_bytes lead = HF_LIT_INIT(" (requestId: ");
    char text[2 * HF_LIMIT_CLOSE_REASON_BYTES];
    size_t len = out->close_reason_len;
    HF_ASSERT(len + lead.len + request_id.len + 1 <= sizeof text);
    memcpy(text, out->close_reason, len);
    memcpy(text + len, lead.ptr, lead.len);
    len += lead.len;
    memcpy(text + len, request_id.ptr, request_id.len);
    len += request_id.len;
    text[len++] = ')';
    set_close_reason(out, hf_bytes(text, len));
}

void hf_login_refuse_pairing(const struct hf_login_input *in, struct hf_bytes request_id,
                             struct hf_login_outcome *out)
{
    const struct hf_connect *connect = in->connect;
    HF_ASSERT(out->act == HF_LOGIN_PAIR && request_id.len == HF_REQUEST_ID_CHARS);
    enum hf_pairing_reason reason = out->reason;
    hf_login_refuse(out, HF_CODE_NOT_PAIRED, pairing_words[reason].message, CLOSE_POLICY,
                    "pairing-required");
    add_request_id(out, request_id);
    struct hf_details *details = &out->details;
    add_detail_code(out, HF_DETAIL_PAIRING_REQUIRED);
    hf_details_add_text(details, "reason", pairing_words[reason].reason);
    hf_details_add_text(details, "requestId", request_id);
    hf_details_add_text(details, "remediationHint", pairing_words[reason].hint);
    /* A person sits in front of these and waits; all others pause until told. */
    if (connect->role == HF_ROLE_OPERATOR && hf_login_is_ui(connect)) {
        hf_details_add_text(details, "recommendedNextStep", HF_LIT("wait_then_retry"));
        hf_details_add_bool(details, "retryable", true);
        hf_details_add_bool(details, "pauseReconnect", false);
    }
    hf_details_add_text(details, "deviceId", connect->device.id);
    hf_details_add_text(details, "requestedRole", hf_role_name(connect->role));
    if (connect->scope_count > 0)
        hf_details_add_list(details, "requestedScopes", connect->scopes, connect->scope_count);
    if (in->device) add_approved(in->device, out);
}

void hf_login_refuse_store(int err, struct hf_login_outcome *out)
{
    if (err == HF_ERR_LIMIT) {
        hf_login_refuse(out, HF_CODE_UNAVAILABLE, HF_LIT("too many paired devices"), CLOSE_POLICY,
                        "devices-full");
        hf_details_add_text(&out->details, "limit", HF_LIT("DEVICES"));
        hf_details_add_int(&out->details, "max", HF_LIMIT_DEVICES);
        return;
    }
    hf_login_refuse(out, HF_CODE_UNAVAILABLE, HF_LIT("device store unavailable; retry shortly"),
                    CLOSE_TRY_LATER, "store-unavailable");
    set_close_reason(out, HF_LIT("device store unavailable"));
    out->is_retryable = true;
    out->retry_after_ms = store_retry_ms;
    hf_details_add_text(&out->details, "reason", HF_LIT("store-unavailable"));
    hf_details_add_text(&out->details, "error", hf_bytes_cstr(hf_err_name(err)));
}
