/* Who asks: the peer itself, or somebody behind a proxy that we trust. */
#include "engine/server_state.h"
#include "wire/http_forward.h"

enum { FORWARDED_LINES_MAX = 16 };

/* Whether this header of a trusted peer names the client. */
static bool names_client(const struct hf_server *s, const struct hf_conn *c,
                         const struct hf_http_request *req, struct hf_bytes name,
                         enum hf_net_list list, struct hf_net_address *client)
{
    struct hf_bytes values[FORWARDED_LINES_MAX];
    size_t count = 0, at = 0;
    if (hf_http_count(&req->fields, name) > FORWARDED_LINES_MAX) return false;
    while (count < FORWARDED_LINES_MAX && hf_http_next(&req->fields, name, &at, &values[count]))
        count++;
    struct hf_net_address peer = hf_net_address_v6(c->peer.address);
    return hf_net_client_find(&peer, s->trusted, s->trusted_count, list, values, count, client) ==
           HF_NET_HOPS_CLIENT;
}

static bool names_real_ip(const struct hf_server *s, const struct hf_http_request *req,
                          struct hf_net_address *client)
{
    struct hf_bytes value;
    return s->settings.allow_real_ip_fallback &&
           hf_http_find(&req->fields, HF_LIT("X-Real-IP"), &value) &&
           hf_net_address_read(value, client) && !hf_net_is_loopback(client);
}

static bool is_trusted_peer(const struct hf_server *s, const struct hf_conn *c)
{
    struct hf_net_address peer = hf_net_address_v6(c->peer.address);
    for (size_t i = 0; i < s->trusted_count; i++)
        if (hf_net_range_has(&s->trusted[i], &peer)) return true;
    return false;
}

static bool has_attribution(const struct hf_http_request *req)
{
    for (size_t i = 0; i < req->fields.count; i++)
        if (hf_http_is_attribution(req->fields.items[i].name)) return true;
    return false;
}

/* The first kind of header that is there decides, also when it names nobody: a client can
 * add one of another kind that its proxy passes on untouched. */
static bool find_client(const struct hf_server *s, const struct hf_conn *c,
                        const struct hf_http_request *req, struct hf_net_address *client)
{
    const struct hf_bytes x_forwarded_for = HF_LIT("X-Forwarded-For");
    const struct hf_bytes forwarded = HF_LIT("Forwarded");
    if (hf_http_count(&req->fields, x_forwarded_for) > 0)
        return names_client(s, c, req, x_forwarded_for, HF_NET_X_FORWARDED_FOR, client);
    if (hf_http_count(&req->fields, forwarded) > 0)
        return names_client(s, c, req, forwarded, HF_NET_FORWARDED, client);
    return names_real_ip(s, req, client);
}

/* A remote peer never looks local: whoever sends a forwarding header that we cannot
 * attribute is refused (protocol/wire.md section 1), and so is a trusted proxy on
 * another machine that does not say for whom it asks. */
enum hf_ingress hf_conn_ingress(const struct hf_server *s, struct hf_conn *c,
                                const struct hf_http_request *req)
{
    struct hf_net_address peer = hf_net_address_v6(c->peer.address), client;
    bool is_told = has_attribution(req), is_trusted = is_trusted_peer(s, c);
    if (!is_told && !(is_trusted && !hf_net_is_loopback(&peer))) return HF_INGRESS_DIRECT;
    if (!is_trusted) return HF_INGRESS_UNATTRIBUTABLE;
    if (!find_client(s, c, req, &client)) return HF_INGRESS_UNATTRIBUTABLE;
    c->client_address = client;
    return HF_INGRESS_PROXIED;
}

/* Whom a trusted proxy names, where that is how clients come in. */
struct hf_proxy_identity hf_conn_proxy_identity(const struct hf_server *s, const struct hf_conn *c,
                                                const struct hf_http_request *req, bool is_proxied)
{
    struct hf_net_address peer = hf_net_address_v6(c->peer.address);
    struct hf_proxy_peer facts = {
        .is_trusted = is_trusted_peer(s, c),
        .is_loopback = hf_net_is_loopback(&peer),
        /* A program of this machine that uses one of its other addresses comes from
         * the one that it connects to. */
        .is_own_address =
            memcmp(c->peer.address, c->peer.local_address, sizeof c->peer.address) == 0,
        .is_attributed = is_proxied,
    };
    return hf_login_proxy(&s->policy, &facts, &req->fields);
}

static bool is_authorized(const struct hf_server *s, const struct hf_conn *c,
                          const struct hf_http_request *req, bool is_proxied)
{
    struct hf_bytes value;
    if (s->policy.mode == HF_AUTH_NONE) return true;
    if (s->policy.mode == HF_AUTH_TRUSTED_PROXY)
        return hf_conn_proxy_identity(s, c, req, is_proxied).verdict == HF_PROXY_NAMED;
    if (!hf_http_find(&req->fields, HF_LIT("Authorization"), &value)) return false;
    if (value.len < 7 || !hf_bytes_same_nocase(hf_bytes_head(value, 7), HF_LIT("Bearer ")))
        return false;
    return hf_secret_same(hf_bytes_trim(hf_bytes_from(value, 7)), s->policy.secret);
}

enum hf_shown hf_conn_judge_secret(struct hf_server *s, struct hf_conn *c,
                                   const struct hf_http_request *req, bool is_proxied,
                                   hf_span *locked_for)
{
    struct hf_source source = hf_source_address(c->client_address.bytes, false);
    struct hf_bytes value;
    uint8_t digest[HF_SHA256_BYTES];
    *locked_for = hf_lockout_left(&s->lockout, s->now.mono, &source);
    if (*locked_for > 0) return HF_SHOWN_LOCKED;
    if (is_authorized(s, c, req, is_proxied)) return HF_SHOWN_RIGHT;
    if (hf_http_find(&req->fields, HF_LIT("Authorization"), &value)) {
        hf_sha256(value, digest);
        hf_lockout_failed(&s->lockout, s->now.mono, &source, digest);
    }
    return HF_SHOWN_WRONG;
}
