/* core/proxy.h: does a connection go through an HTTP proxy, and through which?
 *
 * Reads what the environment says (HTTPS_PROXY, NO_PROXY) as curl and most others do.
 * The credentials of a proxy are a secret: they leave in one header field and nowhere
 * else.  Pure; spans lie in what was read. */
#ifndef HF_CORE_PROXY_H
#define HF_CORE_PROXY_H

#include "base/buf.h"

struct hf_proxy {
    struct hf_bytes host;  /* without the brackets of an IPv6 address */
    struct hf_bytes place; /* host and port as written: for people */
    uint16_t port;         /* 80 when none was written */
    struct hf_bytes user;  /* "name:password" as written, percent-encoded; empty: none */
};

/* "http://name:password@host:port", scheme and port may be missing.  0, or
 * HF_ERR_SYNTAX and `*what` says why, constant and without what was written: another
 * scheme (a TLS or SOCKS proxy) is one of the reasons. */
int hf_proxy_read(struct hf_bytes text, struct hf_proxy *out, const char **what);

/* Whether `host` is dialled directly: the loopback always, and what the list names.
 * Entries stand between commas or spaces: "*" is everything, "a.example" (or with a dot
 * or "*." in front) that name and all below it, an address itself, "10.0.0.0/8" a range
 * for hosts written as addresses; ":port" behind a name or address narrows it down. */
bool hf_proxy_is_exempt(struct hf_bytes list, struct hf_bytes host, uint16_t port);

/* The value of Proxy-Authorization (Basic, RFC 7617): 0; HF_ERR_MISSING when there are
 * no credentials; HF_ERR_SYNTAX when they are not percent-encoded. */
int hf_proxy_authorization_write(const struct hf_proxy *proxy, struct hf_buf *out);

#endif
