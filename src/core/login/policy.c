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

/* One more part into a chain of digests, in which no two lists read the same. */
static void add_part(uint8_t chain[HF_SHA256_BYTES], struct hf_bytes part)
{
    uint8_t both[2 * HF_SHA256_BYTES];
    memcpy(both, chain, HF_SHA256_BYTES);
    hf_sha256(part, both + HF_SHA256_BYTES);
    hf_sha256(hf_bytes(both, sizeof both), chain);
}

static void add_parts(uint8_t chain[HF_SHA256_BYTES], const struct hf_bytes *parts, size_t count)
{
    add_part(chain, hf_bytes(&count, sizeof count));
    for (size_t i = 0; i < count; i++) add_part(chain, parts[i]);
}

static void digest_shown(struct hf_login_policy *policy)
{
    const struct hf_proxy_policy *proxy = &policy->proxy;
    uint8_t mode = (uint8_t)policy->mode, allows = proxy->allows_loopback;
    hf_sha256(hf_bytes(&mode, 1), policy->digest);
    if (policy->mode != HF_AUTH_NONE) add_part(policy->digest, policy->secret);
    if (policy->mode != HF_AUTH_TRUSTED_PROXY) return;
    add_part(policy->digest, proxy->user_header);
    add_parts(policy->digest, proxy->required, proxy->required_count);
    add_parts(policy->digest, proxy->users, proxy->user_count);
    add_parts(policy->digest, proxy->networks, proxy->network_count);
    add_part(policy->digest, hf_bytes(&allows, 1));
}

void hf_login_policy_derive(struct hf_login_policy *policy)
{
    char words[HF_LOGIN_SCOPE_WORDS_BYTES], hex[HF_HEX_CHARS(HF_SHA256_BYTES)];
    bool is_proxy = policy->mode == HF_AUTH_TRUSTED_PROXY;
    hf_sha256(policy->secret, policy->secret_digest);
    digest_shown(policy);
    const uint8_t *shown = is_proxy ? policy->digest : policy->secret_digest;
    hf_hex_write(hf_bytes(shown, HF_SHA256_BYTES), hex);
    int len = snprintf(words, sizeof words, "recovery-scope|shared|%.*s", (int)sizeof hex, hex);
    hf_login_write_scope(policy, hf_bytes(words, (size_t)len), policy->secret_scope);
    hf_wipe(words, sizeof words);
    hf_wipe(hex, sizeof hex);
}

bool hf_login_policy_keeps(const struct hf_login_policy *before,
                           const struct hf_login_policy *after, struct hf_bytes method)
{
    return hf_bytes_same(method, HF_LIT("device-token")) ||
           memcmp(before->digest, after->digest, sizeof before->digest) == 0;
}
