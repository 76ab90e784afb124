#include "base/assert.h"
#include "base/err.h"
#include "core/login/parts.h"
#include "wire/schema/hello.h"

#include <stdio.h>

/* The version rule of protocol/wire.md section 3: 4; probes and nodes also 3. */
static bool speaks_ours(const struct hf_connect *connect)
{
    int64_t lowest = HF_PROTOCOL_VERSION;
    enum hf_client_mode mode = connect->client.mode;
    bool is_node = connect->has_known_role && connect->role == HF_ROLE_NODE;
    if (mode == HF_CLIENT_MODE_PROBE || (mode == HF_CLIENT_MODE_NODE && is_node))
        lowest = HF_PROTOCOL_PROBE_MIN;
    return connect->min_protocol <= connect->max_protocol &&
           connect->min_protocol <= HF_PROTOCOL_VERSION && connect->max_protocol >= lowest;
}

/* --- what a device-less client keeps --- */

static bool is_backend(const struct hf_connect *connect)
{
    return connect->client.id == HF_CLIENT_ID_GATEWAY_CLIENT &&
           connect->client.mode == HF_CLIENT_MODE_BACKEND;
}

static bool is_cli(const struct hf_connect *connect)
{
    return connect->client.id == HF_CLIENT_ID_CLI && connect->client.mode == HF_CLIENT_MODE_CLI;
}

/* May it declare its own scopes?  Only the owner's own tools on the owner's machine. */
static bool may_declare(const struct hf_login_input *in)
{
    return in->peer->is_direct_local && !in->peer->has_origin && !in->policy->is_strict &&
           in->connect->role == HF_ROLE_OPERATOR &&
           (is_backend(in->connect) || is_cli(in->connect));
}

/* --- hello --- */

static void grant_scopes(const struct hf_connect *connect, hf_scopes granted,
                         struct hf_login_outcome *out)
{
    for (size_t i = 0; i < connect->scope_count; i++) {
        enum hf_scope scope;
        if (!hf_scope_find(connect->scopes[i], &scope)) continue;
        hf_scopes bit = hf_scope_bit(scope);
        if (!(granted & bit) || (out->scopes & bit)) continue;
        out->scopes |= bit;
        out->scope_names[out->scope_count++] = hf_scope_name(scope);
    }
}

static void set_recovery_scope(const struct hf_login_input *in, const struct hf_device *device,
                               struct hf_login_outcome *out)
{
    char words[HF_LOGIN_SCOPE_WORDS_BYTES], hex[HF_HEX_CHARS(HF_SHA256_BYTES)];
    if (device && out->has_device_token) {
        hf_device_id_write(&device->id, hex);
        int len = snprintf(words, sizeof words, "recovery-scope|device|%.*s|%lld", (int)sizeof hex,
                           hex, (long long)device->grants[HF_ROLE_OPERATOR].epoch);
        hf_login_write_scope(in->policy, hf_bytes(words, (size_t)len), out->recovery_scope);
    } else if (in->policy->mode != HF_AUTH_NONE) {
        memcpy(out->recovery_scope, in->policy->secret_scope, sizeof out->recovery_scope);
    } else {
        return;
    }
    out->has_recovery_scope = true;
}

static void say_hello(const struct hf_login_input *in, const struct hf_device *device,
                      const struct hf_credential *credential, hf_scopes granted,
                      struct hf_login_outcome *out)
{
    enum hf_role role = in->connect->role;
    out->act = HF_LOGIN_HELLO;
    out->role = role;
    out->method = credential->method;
    grant_scopes(in->connect, granted, out);
    out->is_paired = device != NULL;
    if (device && hf_device_has_role(device, role)) {
        const struct hf_device_grant *grant = &device->grants[role];
        hf_device_token(in->policy->state_key, &device->id, role, grant->epoch, out->device_token);
        out->has_device_token = true;
        out->issued_at_ms = grant->rotated_ms ? grant->rotated_ms : grant->created_ms;
    }
    if (role != HF_ROLE_OPERATOR) return;
    out->recovery_migration_allowed = out->has_device_token;
    set_recovery_scope(in, device, out);
}

/* --- devices --- */

static void fill_ask(const struct hf_login_input *in, const uint8_t *public_key,
                     struct hf_login_outcome *out)
{
    const struct hf_connect_client *client = &in->connect->client;
    struct hf_pairing_ask *ask = &out->ask;
    memcpy(ask->public_key, public_key, sizeof ask->public_key);
    ask->id = hf_device_id_of(public_key);
    ask->role = in->connect->role;
    ask->scopes = ask->role == HF_ROLE_OPERATOR ? in->connect->scope_set : 0;
    ask->display_name = client->display_name;
    ask->platform = client->platform;
    ask->device_family = client->device_family;
    ask->client_id = hf_bytes_cstr(hf_client_id_name(client->id));
    ask->client_mode = hf_bytes_cstr(hf_client_mode_name(client->mode));
    ask->remote_ip = in->peer->remote_ip;
}

/* The system's name without its version: an update of it is the same device. */
static struct hf_bytes system_name(struct hf_bytes platform)
{
    platform = hf_bytes_trim(platform);
    struct hf_bytes word = hf_bytes_head(platform, hf_bytes_find(platform, 0, ' '));
    return hf_bytes_same_nocase(word, HF_LIT("darwin")) ? HF_LIT("macos") : word;
}

static bool is_same_machine(const struct hf_device_facts *known, const struct hf_pairing_ask *ask)
{
    struct hf_name family;
    hf_name_set(&family, ask->device_family);
    if (known->platform.len > 0 &&
        !hf_bytes_same_nocase(system_name(hf_name_view(&known->platform)),
                              system_name(ask->platform)))
        return false;
    return known->device_family.len == 0 ||
           hf_bytes_same_nocase(hf_bytes_trim(hf_name_view(&known->device_family)),
                                hf_bytes_trim(hf_name_view(&family)));
}

/* The owner's own device on the owner's machine, with the secret: there is nobody
 * else to ask.  A device token that asks for more never comes this far. */
static bool may_pair_silently(const struct hf_login_input *in, const struct hf_device *device,
                              enum hf_pairing_reason reason)
{
    const struct hf_connect *connect = in->connect;
    bool is_page = hf_login_is_ui(connect) || hf_login_is_webchat(connect);
    if (!in->peer->is_direct_local || (in->peer->has_origin && !is_page)) return false;
    if (reason == HF_PAIRING_METADATA_UPGRADE) return !in->peer->has_origin && !is_page;
    if (!in->policy->approves_local) return false;
    return !device || connect->role == HF_ROLE_OPERATOR;
}

/* Everything for which the device needs an approval.  Returns how many. */
static size_t list_reasons(const struct hf_device *device, const struct hf_pairing_ask *ask,
                           enum hf_pairing_reason out[HF_PAIRING_METADATA_UPGRADE + 1])
{
    size_t count = 0;
    if (!device) {
        out[count++] = HF_PAIRING_NOT_PAIRED;
        return count;
    }
    if (!is_same_machine(&device->facts, ask)) out[count++] = HF_PAIRING_METADATA_UPGRADE;
    if (!hf_device_has_role(device, ask->role))
        out[count++] = HF_PAIRING_ROLE_UPGRADE;
    else if (!hf_scopes_cover(device->grants[ask->role].scopes, ask->scopes))
        out[count++] = HF_PAIRING_SCOPE_UPGRADE;
    return count;
}

static void admit_device(const struct hf_login_input *in, const struct hf_device *device,
                         const struct hf_credential *credential, struct hf_login_outcome *out)
{
    enum hf_pairing_reason reasons[HF_PAIRING_METADATA_UPGRADE + 1];
    /* It may come in without a device, so the device takes nothing away from it. */
    if (may_declare(in) && is_backend(in->connect)) {
        say_hello(in, device, credential, in->connect->scope_set, out);
        return;
    }
    size_t count = list_reasons(device, &out->ask, reasons);
    if (count == 0) {
        say_hello(in, device, credential, out->ask.scopes, out);
        return;
    }
    out->act = HF_LOGIN_PAIR;
    out->reason = reasons[0];
    out->is_silent = true;
    for (size_t i = 0; i < count; i++) {
        if (may_pair_silently(in, device, reasons[i])) continue;
        if (out->is_silent) out->reason = reasons[i];
        out->is_silent = false;
    }
}

static void admit_without_device(const struct hf_login_input *in,
                                 const struct hf_credential *credential,
                                 struct hf_login_outcome *out)
{
    const struct hf_connect_auth *auth = &in->connect->auth;
    bool is_fine = credential->fault == HF_CREDENTIAL_FINE;
    bool is_shown = auth->token.len > 0 || auth->password.len > 0;
    bool is_named = in->peer->proxy.verdict == HF_PROXY_NAMED;
    if (hf_login_is_ui(in->connect) && !(is_named && in->connect->role == HF_ROLE_OPERATOR)) {
        hf_login_refuse_no_device(true, out);
    } else if (is_fine && in->connect->role == HF_ROLE_OPERATOR) {
        hf_scopes granted = may_declare(in) ? in->connect->scope_set : 0;
        say_hello(in, NULL, credential, granted, out);
    } else if (!is_fine && is_shown) {
        hf_login_refuse_credential(in, credential, out);
    } else {
        hf_login_refuse_no_device(false, out);
    }
}

/* --- the order of checks --- */

static bool passes_doors(const struct hf_login_input *in, struct hf_login_outcome *out)
{
    if (!speaks_ours(in->connect)) {
        hf_login_refuse_protocol(in->connect, out);
        return false;
    }
    if (!in->connect->has_known_role) {
        hf_login_refuse(out, HF_CODE_INVALID_REQUEST, HF_LIT("invalid role"), 1008, "invalid-role");
        return false;
    }
    if (!in->peer->has_origin && in->connect->client.id != HF_CLIENT_ID_CONTROL_UI) return true;
    enum hf_origin_verdict verdict = hf_login_origin(in->peer, in->policy);
    if (verdict == HF_ORIGIN_FINE) return true;
    hf_login_refuse_origin(verdict, out);
    return false;
}

static const struct hf_device *paired_device(const struct hf_login_input *in, enum hf_proof proof,
                                             const uint8_t *public_key)
{
    if (proof != HF_PROOF_GOOD || !in->device) return NULL;
    bool is_same = memcmp(in->device->public_key, public_key, HF_ED25519_KEY_BYTES) == 0;
    return is_same ? in->device : NULL;
}

int hf_login_judge(const struct hf_login_input *in, struct hf_login_outcome *out)
{
    HF_ASSERT(in->policy->mode == HF_AUTH_NONE || in->policy->mode == HF_AUTH_TRUSTED_PROXY ||
              in->policy->secret.len > 0);
    uint8_t public_key[HF_ED25519_KEY_BYTES];
    enum hf_proof proof = HF_PROOF_GOOD;
    const struct hf_device *device = NULL;
    memset(out, 0, sizeof *out);
    if (!passes_doors(in, out)) return 0;
    if (in->connect->has_device) {
        int err = hf_login_proof(in, &proof, public_key);
        if (err) return err;
        device = paired_device(in, proof, public_key);
    }
    struct hf_credential credential = hf_login_credential(in, device);
    out->has_wrong_secret = credential.is_wrong;
    out->is_proven = device != NULL;
    memcpy(out->wrong_digest, credential.digest, sizeof out->wrong_digest);
    if (!in->connect->has_device) {
        admit_without_device(in, &credential, out);
    } else if (proof != HF_PROOF_GOOD) {
        hf_login_refuse_proof(proof, out);
    } else if (credential.fault != HF_CREDENTIAL_FINE) {
        hf_login_refuse_credential(in, &credential, out);
    } else {
        fill_ask(in, public_key, out);
        admit_device(in, device, &credential, out);
    }
    return 0;
}
