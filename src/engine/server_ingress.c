/* Who asks: the peer itself, or somebody behind a proxy that we trust. */
#include "engine/server_state.h"

enum hf_ingress hf_conn_ingress(const struct hf_server *s, struct hf_conn *c,
                                const struct hf_http_request *req)
{
    struct hf_net_address peer = hf_net_address_v6(c->peer.address);
    return hf_ingress_find(&s->ingress, &peer, &req->fields, &c->client_address);
}

/* Whom a trusted proxy names, where that is how clients come in. */
struct hf_proxy_identity hf_conn_proxy_identity(const struct hf_server *s, const struct hf_conn *c,
                                                const struct hf_http_request *req, bool is_proxied)
{
    struct hf_net_address peer = hf_net_address_v6(c->peer.address);
    struct hf_proxy_peer facts = {
        .is_trusted = hf_ingress_is_trusted(&s->ingress, &peer),
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
