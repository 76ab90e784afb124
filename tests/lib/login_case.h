/* lib/login_case.h: one client, one gateway, one judgement, for tests of core/login. */
#ifndef HF_LIB_LOGIN_CASE_H
#define HF_LIB_LOGIN_CASE_H

#include "core/login.h"
#include "lib/identity.h"
#include "wire/schema/device_payload.h"

#define LOGIN_SECRET "secrettoken"
#define LOGIN_NONCE "1d8e3996-23ae-4743-8b62-f4c6bf5c12b3"
#define LOGIN_CHALLENGE_MS INT64_C(1795319130893)

struct login_case {
    struct hf_buf scratch, why, payload, details;
    struct hf_connect connect;
    struct hf_login_peer peer;
    struct hf_login_policy policy;
    struct hf_login_input input;
    struct hf_login_outcome out;
    struct identity who;
    char signature[HF_BASE64URL_CHARS(HF_ED25519_SIG_BYTES)];
    struct hf_device device;
    char token[HF_DEVICE_TOKEN_CHARS];
};

static const uint8_t login_state_key[32] = { 1, 2, 3 };

/* A client at direct loopback whose parameters are `params` (JSON). */
static inline void login_start(struct login_case *c, const char *params)
{
    memset(c, 0, sizeof *c);
    hf_buf_init(&c->scratch, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_buf_init(&c->why, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_buf_init(&c->payload, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_buf_init(&c->details, HF_LIMIT_PREAUTH_FRAME_BYTES);
    CHECK_EQ(hf_connect_read(hf_bytes_cstr(params), &c->scratch, &c->why, &c->connect), 0);
    c->peer = (struct hf_login_peer){ .is_direct_local = true, .host = HF_LIT("127.0.0.1:18990") };
    c->policy = (struct hf_login_policy){ .mode = HF_AUTH_TOKEN,
                                          .secret = HF_LIT(LOGIN_SECRET),
                                          .state_key = { login_state_key, sizeof login_state_key },
                                          .approves_local = true };
    hf_login_policy_derive(&c->policy);
    c->input = (struct hf_login_input){ .connect = &c->connect,
                                        .peer = &c->peer,
                                        .policy = &c->policy,
                                        .nonce = HF_LIT(LOGIN_NONCE),
                                        .challenge_ms = LOGIN_CHALLENGE_MS };
    c->who = identity_of(1);
}

static inline void login_stop(struct login_case *c)
{
    hf_buf_fini(&c->scratch);
    hf_buf_fini(&c->why);
    hf_buf_fini(&c->payload);
    hf_buf_fini(&c->details);
}

/* It comes from another machine, through a proxy that is trusted. */
static inline void login_from_afar(struct login_case *c)
{
    c->peer.is_direct_local = false;
    c->peer.remote_ip = HF_LIT("203.0.113.9");
}

static inline void login_origin(struct login_case *c, const char *origin, const char *host)
{
    c->peer.has_origin = origin != NULL;
    c->peer.origin = hf_bytes_cstr(origin);
    if (host) c->peer.host = hf_bytes_cstr(host);
}

/* Signs what stands in `connect` now, as a text of this version. */
static inline void login_sign(struct login_case *c, enum hf_device_payload_version version)
{
    uint8_t signature[HF_ED25519_SIG_BYTES];
    hf_buf_reset(&c->payload, SIZE_MAX);
    hf_device_payload_write(&c->payload, version, &c->connect);
    CHECK_EQ(hf_buf_done(&c->payload), 0);
    CHECK_EQ(hf_ed25519_sign(c->who.secret, hf_buf_view(&c->payload), signature), 0);
    hf_base64url_write(hf_bytes(signature, sizeof signature), c->signature);
    c->connect.device.signature = hf_bytes(c->signature, sizeof c->signature);
}

/* Gives the client the device identity `who`, with a good proof. */
static inline void login_show_device(struct login_case *c)
{
    c->connect.has_device = true;
    c->connect.device.id = identity_id(&c->who);
    c->connect.device.public_key = hf_bytes(c->who.key_text, sizeof c->who.key_text);
    c->connect.device.nonce = HF_LIT(LOGIN_NONCE);
    c->connect.device.signed_at_ms = LOGIN_CHALLENGE_MS;
    login_sign(c, HF_DEVICE_PAYLOAD_V3);
}

/* Makes `who` a paired device that holds `scopes` in `role`, and derives its token. */
static inline void login_pair(struct login_case *c, enum hf_role role, hf_scopes scopes)
{
    c->device.id = c->who.id;
    memcpy(c->device.public_key, c->who.public_key, sizeof c->device.public_key);
    hf_name_set(&c->device.facts.platform, HF_LIT("linux"));
    c->device.role = role;
    c->device.grants[role] =
        (struct hf_device_grant){ .scopes = scopes, .epoch = 5, .created_ms = 1000 };
    hf_device_token(hf_bytes(login_state_key, sizeof login_state_key), &c->who.id, role, 5,
                    c->token);
    c->input.device = &c->device;
}

static inline struct hf_bytes login_token(const struct login_case *c)
{
    return hf_bytes(c->token, sizeof c->token);
}

static inline enum hf_login_act login_judge(struct login_case *c)
{
    CHECK_EQ(hf_login_judge(&c->input, &c->out), 0);
    return c->out.act;
}

static inline struct hf_bytes login_details(struct login_case *c)
{
    hf_buf_reset(&c->details, SIZE_MAX);
    hf_details_write(&c->details, &c->out.details);
    CHECK_EQ(hf_buf_done(&c->details), 0);
    return hf_buf_view(&c->details);
}

static inline struct hf_bytes login_close_reason(const struct login_case *c)
{
    return hf_bytes(c->out.close_reason, c->out.close_reason_len);
}

/* The granted scopes, joined with commas. */
static inline struct hf_bytes login_scopes(struct login_case *c)
{
    hf_buf_reset(&c->details, SIZE_MAX);
    for (size_t i = 0; i < c->out.scope_count; i++) {
        if (i > 0) hf_buf_add_byte(&c->details, ',');
        hf_buf_add(&c->details, c->out.scope_names[i]);
    }
    return hf_buf_view(&c->details);
}

#endif
