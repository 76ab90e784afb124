/* gateway.auth.mode "trusted-proxy": whom does the proxy in front of us name? */
#include "core/login.h"

static struct hf_proxy_identity refused(enum hf_proxy_verdict verdict)
{
    return (struct hf_proxy_identity){ .verdict = verdict };
}

/* The value of a header that stands there once: whoever can add a second line of it
 * could speak for somebody else. */
static struct hf_bytes only_value(const struct hf_http_fields *fields, struct hf_bytes name)
{
    struct hf_bytes value = HF_EMPTY;
    if (hf_http_count(fields, name) != 1) return HF_EMPTY;
    hf_http_find(fields, name, &value);
    return hf_bytes_trim(value);
}

static bool is_user_of(const struct hf_proxy_policy *proxy, struct hf_bytes user)
{
    for (size_t i = 0; i < proxy->user_count; i++)
        if (hf_bytes_same(proxy->users[i], user)) return true;
    return proxy->user_count == 0;
}

/* In the order of the real gateway, so that a fault gets the same name. */
struct hf_proxy_identity hf_login_proxy(const struct hf_login_policy *policy,
                                        const struct hf_proxy_peer *peer,
                                        const struct hf_http_fields *fields)
{
    const struct hf_proxy_policy *proxy = &policy->proxy;
    if (policy->mode != HF_AUTH_TRUSTED_PROXY) return refused(HF_PROXY_NOT_ASKED);
    if (!peer->is_trusted) return refused(HF_PROXY_UNTRUSTED);
    if (peer->is_loopback && !proxy->allows_loopback) return refused(HF_PROXY_LOOPBACK);
    if (!peer->is_loopback && peer->is_own_address) return refused(HF_PROXY_OWN_ADDRESS);
    for (size_t i = 0; i < proxy->required_count; i++) {
        if (only_value(fields, proxy->required[i]).len > 0) continue;
        return (struct hf_proxy_identity){ .verdict = HF_PROXY_NO_HEADER,
                                           .header = proxy->required[i] };
    }
    struct hf_bytes user = only_value(fields, proxy->user_header);
    if (user.len == 0) return refused(HF_PROXY_NO_USER);
    if (!is_user_of(proxy, user)) return refused(HF_PROXY_OTHER_USER);
    if (!peer->is_attributed) return refused(HF_PROXY_UNATTRIBUTED);
    return (struct hf_proxy_identity){ .verdict = HF_PROXY_NAMED, .user = user };
}
