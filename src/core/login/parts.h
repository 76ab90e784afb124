/* core/login/parts.h: the parts of the decision.  Private to the room. */
#ifndef HF_CORE_LOGIN_PARTS_H
#define HF_CORE_LOGIN_PARTS_H

#include "core/login.h"

enum hf_origin_verdict { HF_ORIGIN_FINE, HF_ORIGIN_INVALID, HF_ORIGIN_FOREIGN };

/* The browser origin against the policy (protocol/wire.md section 3 "Origin"). */
enum hf_origin_verdict hf_login_origin(const struct hf_login_peer *peer,
                                       const struct hf_login_policy *policy);

/* What was wrong with a device's proof of identity; 0 is a good one. */
enum hf_proof {
    HF_PROOF_GOOD,
    HF_PROOF_ID,
    HF_PROOF_STALE,
    HF_PROOF_NO_NONCE,
    HF_PROOF_OTHER_NONCE,
    HF_PROOF_SIGNATURE
};

/* Checks id, time, nonce and signature, in this order.  0 and the verdict and,
 * unless it is HF_PROOF_ID, the key; or HF_ERR_NOMEM. */
int hf_login_proof(const struct hf_login_input *in, enum hf_proof *proof,
                   uint8_t public_key[HF_ED25519_KEY_BYTES]);

/* Why the credentials did not do; 0 when they did. */
enum hf_credential_fault {
    HF_CREDENTIAL_FINE,
    HF_CREDENTIAL_MISSING,
    HF_CREDENTIAL_WRONG,
    HF_CREDENTIAL_WRONG_DEVICE_TOKEN,
    HF_CREDENTIAL_WRONG_BOOTSTRAP,
    HF_CREDENTIAL_NARROW, /* the device token is right and too narrow */
    HF_CREDENTIAL_LOCKED,
    HF_CREDENTIAL_PROXY /* the proxy did not name anybody who may come */
};

struct hf_credential {
    enum hf_credential_fault fault;
    const char *method; /* when FINE */
    bool is_wrong;      /* a secret was shown and it is wrong: it counts */
    uint8_t digest[HF_SHA256_BYTES];
    hf_span locked_for;
};

/* `device` is the paired device whose proof was good, or NULL. */
struct hf_credential hf_login_credential(const struct hf_login_input *in,
                                         const struct hf_device *device);

/* --- recovery scopes --- */

enum {
    HF_LOGIN_SCOPE_CHARS = HF_BASE64URL_CHARS(HF_SHA256_BYTES),
    HF_LOGIN_SCOPE_WORDS_BYTES = 256
};

/* An opaque name for the authority that the words describe: the same as long as that
 * authority is, and nothing can be derived from it. */
void hf_login_write_scope(const struct hf_login_policy *policy, struct hf_bytes words,
                          char out[HF_LOGIN_SCOPE_CHARS]);

/* --- who is it? --- */

bool hf_login_is_ui(const struct hf_connect *connect);      /* Control UI, TUI, copilot */
bool hf_login_is_webchat(const struct hf_connect *connect); /* any web chat */

/* --- refusals --- */

void hf_login_refuse(struct hf_login_outcome *out, enum hf_code code, struct hf_bytes message,
                     uint16_t close_code, const char *cause);
void hf_login_refuse_protocol(const struct hf_connect *connect, struct hf_login_outcome *out);
void hf_login_refuse_origin(enum hf_origin_verdict verdict, struct hf_login_outcome *out);
void hf_login_refuse_proof(enum hf_proof proof, struct hf_login_outcome *out);
void hf_login_refuse_no_device(bool is_ui, struct hf_login_outcome *out);
void hf_login_refuse_credential(const struct hf_login_input *in,
                                const struct hf_credential *credential,
                                struct hf_login_outcome *out);

#endif
