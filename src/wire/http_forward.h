/* wire/http_forward.h: a request head as a relay passes it on.
 *
 * The line and all fields stay as they are, in their order, but for three things.  What
 * speaks of who asks (X-Forwarded-*, Forwarded, X-Real-IP, Tailscale-*) is taken
 * out, and written anew if the client is to be named: nobody can claim to be somebody
 * else.  What speaks of the connection that it came by is taken out, too (RFC 9110
 * section 7.6.1), but for the Upgrade of a WebSocket.  And a request that opens none gets
 * `Connection: close`, so that no second request, which nobody would attribute, can follow
 * on the same connection. */
#ifndef HF_WIRE_HTTP_FORWARD_H
#define HF_WIRE_HTTP_FORWARD_H

#include "wire/http_head.h"

struct hf_http_forward {
    bool is_upgrade;        /* hf_http_upgrade_check says 101 */
    struct hf_bytes client; /* the address to name, as text; empty: it is not named */
    bool is_tls;            /* with `client`: it came through TLS */
};

/* Appends the head with its empty line. */
void hf_http_forward_write(struct hf_buf *out, const struct hf_http_request *request,
                           const struct hf_http_forward *forward);

/* Whether a field speaks of who asks. */
bool hf_http_is_attribution(struct hf_bytes name);

#endif
