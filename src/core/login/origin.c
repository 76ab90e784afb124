#include "core/login/parts.h"
#include "wire/net_host.h"

struct web_origin {
    struct hf_bytes scheme, authority; /* authority without the scheme's own port */
};

static struct hf_bytes without_port(struct hf_bytes authority, struct hf_bytes scheme)
{
    static const struct {
        struct hf_bytes scheme, port;
    } own[] = {
        { HF_LIT_INIT("http"), HF_LIT_INIT(":80") },
        { HF_LIT_INIT("https"), HF_LIT_INIT(":443") },
    };
    for (size_t i = 0; i < HF_COUNT(own); i++)
        if (hf_bytes_same_nocase(scheme, own[i].scheme) && hf_bytes_ends(authority, own[i].port))
            return hf_bytes_head(authority, authority.len - own[i].port.len);
    return authority;
}

/* `scheme://host[:port]`, perhaps with one slash behind it; nothing else. */
static bool read_origin(struct hf_bytes text, struct web_origin *out)
{
    text = hf_bytes_trim(text);
    size_t colon = hf_bytes_find(text, 0, ':');
    struct hf_bytes rest = hf_bytes_from(text, colon);
    if (colon == 0 || !hf_bytes_starts(rest, HF_LIT("://"))) return false;
    rest = hf_bytes_from(rest, 3);
    if (hf_bytes_ends(rest, HF_LIT("/"))) rest.len--;
    if (rest.len == 0) return false;
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i] <= ' ' || memchr("/\\?#@", rest.ptr[i], 5)) return false;
    out->scheme = hf_bytes_head(text, colon);
    out->authority = without_port(rest, out->scheme);
    return true;
}

static bool is_listed(const struct web_origin *origin, const struct hf_login_policy *policy)
{
    for (size_t i = 0; i < policy->allowed_origin_count; i++) {
        struct web_origin allowed;
        if (hf_bytes_same(policy->allowed_origins[i], HF_LIT("*"))) return true;
        if (read_origin(policy->allowed_origins[i], &allowed) &&
            hf_bytes_same_nocase(allowed.scheme, origin->scheme) &&
            hf_bytes_same_nocase(allowed.authority, origin->authority))
            return true;
    }
    return false;
}

static struct hf_bytes host_name(struct hf_bytes authority)
{
    if (authority.len > 0 && authority.ptr[0] == '[')
        return hf_bytes_head(authority, hf_bytes_find(authority, 0, ']') + 1);
    return hf_bytes_head(authority, hf_bytes_find(authority, 0, ':'));
}

enum hf_origin_verdict hf_login_origin(const struct hf_login_peer *peer,
                                       const struct hf_login_policy *policy)
{
    struct web_origin origin;
    if (!peer->has_origin || !read_origin(peer->origin, &origin)) return HF_ORIGIN_INVALID;
    if (is_listed(&origin, policy)) return HF_ORIGIN_FINE;
    struct hf_bytes host = without_port(hf_bytes_trim(peer->host), origin.scheme);
    bool is_same = hf_bytes_same_nocase(host, origin.authority);
    if (is_same && policy->allows_host_origin) return HF_ORIGIN_FINE;
    /* A page of this very machine, whatever served it, if the browser runs here, too. */
    struct hf_bytes name = host_name(origin.authority);
    if (hf_net_host_is_loopback(name))
        return peer->is_direct_local ? HF_ORIGIN_FINE : HF_ORIGIN_FOREIGN;
    /* A page from a name that anybody can register may point its name at this server
     * (DNS rebinding), so that Origin and Host agree: only a host that cannot be had
     * that way counts as ours, all others must be listed. */
    return is_same && hf_net_host_is_near(name) ? HF_ORIGIN_FINE : HF_ORIGIN_FOREIGN;
}
