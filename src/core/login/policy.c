/* The policy of a configuration: what is derived from it, and who outlives its change. */
#include "core/login/parts.h"

#include <stdio.h>
#include <string.h>

void hf_login_write_scope(const struct hf_login_policy *policy, struct hf_bytes words,
                          char out[HF_LOGIN_SCOPE_CHARS])
{
    uint8_t digest[HF_SHA256_BYTES];
    hf_hmac_sha256(policy->state_key, words, digest);
    hf_base64url_write(hf_bytes(digest, sizeof digest), out);
}

void hf_login_policy_derive(struct hf_login_policy *policy)
{
    char words[HF_LOGIN_SCOPE_WORDS_BYTES], hex[HF_HEX_CHARS(HF_SHA256_BYTES)];
    hf_sha256(policy->secret, policy->secret_digest);
    hf_hex_write(hf_bytes(policy->secret_digest, sizeof policy->secret_digest), hex);
    int len = snprintf(words, sizeof words, "recovery-scope|shared|%.*s", (int)sizeof hex, hex);
    hf_login_write_scope(policy, hf_bytes(words, (size_t)len), policy->secret_scope);
    hf_wipe(words, sizeof words);
    hf_wipe(hex, sizeof hex);
}

static bool is_same_secret(const struct hf_login_policy *a, const struct hf_login_policy *b)
{
    return a->mode == b->mode && (a->mode == HF_AUTH_NONE ||
                                  memcmp(a->secret_digest, b->secret_digest, HF_SHA256_BYTES) == 0);
}

bool hf_login_policy_keeps(const struct hf_login_policy *before,
                           const struct hf_login_policy *after, struct hf_bytes method)
{
    return hf_bytes_same(method, HF_LIT("device-token")) || is_same_secret(before, after);
}
