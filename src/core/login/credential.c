#include "base/err.h"
#include "core/login/parts.h"
#include "wire/schema/device_payload.h"

/* The longest connect frame bounds the text that is signed. */
enum { PAYLOAD_BYTES_MAX = HF_LIMIT_PREAUTH_FRAME_BYTES };

static bool is_fresh(int64_t signed_at_ms, int64_t challenge_ms)
{
    int64_t apart;
    if (__builtin_sub_overflow(signed_at_ms, challenge_ms, &apart)) return false;
    return apart <= HF_LOGIN_SKEW_MS && apart >= -HF_LOGIN_SKEW_MS;
}

static int verify(const struct hf_connect *connect, const uint8_t *public_key, bool *is_good)
{
    static const enum hf_device_payload_version versions[] = { HF_DEVICE_PAYLOAD_V3,
                                                               HF_DEVICE_PAYLOAD_V2 };
    uint8_t signature[HF_ED25519_SIG_BYTES];
    size_t len;
    *is_good = false;
    if (hf_base64url_read(connect->device.signature, signature, sizeof signature, &len) != 0 ||
        len != sizeof signature)
        return 0;
    struct hf_buf text;
    hf_buf_init(&text, PAYLOAD_BYTES_MAX);
    for (size_t i = 0; i < HF_COUNT(versions) && !*is_good && text.err == 0; i++) {
        hf_buf_reset(&text, PAYLOAD_BYTES_MAX);
        hf_device_payload_write(&text, versions[i], connect);
        *is_good = text.err == 0 && hf_ed25519_verify(public_key, hf_buf_view(&text), signature);
    }
    int err = hf_buf_done(&text);
    hf_buf_fini(&text);
    return err == HF_ERR_NOMEM ? err : 0;
}

int hf_login_proof(const struct hf_login_input *in, enum hf_proof *proof,
                   uint8_t public_key[HF_ED25519_KEY_BYTES])
{
    const struct hf_connect_device *device = &in->connect->device;
    struct hf_device_id claimed, own;
    size_t len;
    *proof = HF_PROOF_ID;
    if (hf_base64url_read(device->public_key, public_key, HF_ED25519_KEY_BYTES, &len) != 0 ||
        len != HF_ED25519_KEY_BYTES || !hf_device_id_read(device->id, &claimed))
        return 0;
    own = hf_device_id_of(public_key);
    if (!hf_device_id_same(&own, &claimed)) return 0;
    *proof = HF_PROOF_STALE;
    if (!is_fresh(device->signed_at_ms, in->challenge_ms)) return 0;
    *proof = HF_PROOF_NO_NONCE;
    if (hf_bytes_trim(device->nonce).len == 0) return 0;
    *proof = HF_PROOF_OTHER_NONCE;
    if (!hf_bytes_same(device->nonce, in->nonce)) return 0;
    bool is_good;
    int err = verify(in->connect, public_key, &is_good);
    *proof = is_good ? HF_PROOF_GOOD : HF_PROOF_SIGNATURE;
    return err;
}

/* By digest: the time tells neither the length nor the bytes. */
static bool is_secret(const struct hf_login_policy *policy, struct hf_bytes shown)
{
    uint8_t digest[HF_SHA256_BYTES];
    if (shown.len == 0) return false;
    hf_sha256(shown, digest);
    return hf_secret_same(hf_bytes(digest, sizeof digest),
                          hf_bytes(policy->secret_digest, sizeof policy->secret_digest));
}

/* One digest of everything that was shown, so that nobody guesses in one place
 * while another one stays the same. */
static void digest_all(const struct hf_connect_auth *auth, uint8_t out[HF_SHA256_BYTES])
{
    const struct hf_bytes shown[] = { auth->token, auth->password, auth->device_token,
                                      auth->bootstrap_token };
    uint8_t digests[HF_COUNT(shown)][HF_SHA256_BYTES];
    for (size_t i = 0; i < HF_COUNT(shown); i++) hf_sha256(shown[i], digests[i]);
    hf_sha256(hf_bytes(digests, sizeof digests), out);
}

static bool is_device_token(const struct hf_login_input *in, const struct hf_device *device)
{
    const struct hf_connect *connect = in->connect;
    struct hf_bytes shown = connect->auth.device_token;
    char token[HF_DEVICE_TOKEN_CHARS];
    if (shown.len == 0) shown = connect->auth.token;
    if (!device || !hf_device_has_role(device, connect->role)) return false;
    hf_device_token(in->policy->state_key, &device->id, connect->role,
                    device->grants[connect->role].epoch, token);
    bool is_same = hf_secret_same(shown, hf_bytes(token, sizeof token));
    hf_wipe(token, sizeof token);
    return is_same;
}

/* Behind a trusted proxy the owner's own tools know a password (real gateway: "local
 * direct fallback"). */
static bool tries_local_password(const struct hf_login_input *in)
{
    return in->peer->is_direct_local && in->policy->secret.len > 0 &&
           in->connect->auth.password.len > 0;
}

static bool knows_secret(const struct hf_login_input *in)
{
    const struct hf_connect_auth *auth = &in->connect->auth;
    if (in->policy->mode == HF_AUTH_TRUSTED_PROXY)
        return tries_local_password(in) && is_secret(in->policy, auth->password);
    return is_secret(in->policy, auth->token) || is_secret(in->policy, auth->password);
}

/* Nothing that was shown is right: what is it called? */
static enum hf_credential_fault fault_of(const struct hf_login_input *in)
{
    const struct hf_connect *connect = in->connect;
    bool is_explicit = connect->has_device && connect->auth.device_token.len > 0;
    if (in->policy->mode == HF_AUTH_TRUSTED_PROXY && !is_explicit && !tries_local_password(in))
        return HF_CREDENTIAL_PROXY;
    if (connect->has_device && connect->auth.device_token.len > 0)
        return HF_CREDENTIAL_WRONG_DEVICE_TOKEN;
    if (connect->auth.token.len > 0 || connect->auth.password.len > 0) return HF_CREDENTIAL_WRONG;
    return connect->auth.bootstrap_token.len > 0 ? HF_CREDENTIAL_WRONG_BOOTSTRAP
                                                 : HF_CREDENTIAL_WRONG_DEVICE_TOKEN;
}

struct hf_credential hf_login_credential(const struct hf_login_input *in,
                                         const struct hf_device *device)
{
    const struct hf_connect *connect = in->connect;
    const struct hf_connect_auth *auth = &connect->auth;
    const struct hf_login_policy *policy = in->policy;
    struct hf_credential credential = { .fault = HF_CREDENTIAL_FINE };
    if (policy->mode == HF_AUTH_NONE) {
        credential.method = "none";
        return credential;
    }
    if (in->peer->proxy.verdict == HF_PROXY_NAMED) {
        credential.method = "trusted-proxy";
        return credential;
    }
    if (auth->token.len == 0 && auth->password.len == 0 && auth->device_token.len == 0 &&
        auth->bootstrap_token.len == 0) {
        credential.fault =
            policy->mode == HF_AUTH_TRUSTED_PROXY ? HF_CREDENTIAL_PROXY : HF_CREDENTIAL_MISSING;
        return credential;
    }
    credential.locked_for = device ? in->device_locked_for : in->address_locked_for;
    if (credential.locked_for > 0) {
        credential.fault = HF_CREDENTIAL_LOCKED;
        return credential;
    }
    if (knows_secret(in)) {
        credential.method = policy->mode == HF_AUTH_TOKEN ? "token" : "password";
        return credential;
    }
    if (is_device_token(in, device)) {
        credential.method = "device-token";
        if (!hf_scopes_cover(device->grants[connect->role].scopes, connect->scope_set))
            credential.fault = HF_CREDENTIAL_NARROW;
        return credential;
    }
    credential.fault = fault_of(in);
    credential.is_wrong = true;
    digest_all(auth, credential.digest);
    return credential;
}
