/* wire/url.h: the address of a gateway, `ws://host:port/path`.
 *
 * Strict: a known scheme, a host, a port that fits.  A fragment is refused, and so are
 * credentials in front of the host but where they are asked for, so that no secret gets
 * into what is shown. */
#ifndef HF_WIRE_URL_H
#define HF_WIRE_URL_H

#include "base/buf.h"

struct hf_url {
    bool is_tls;            /* wss or https */
    bool is_http;           /* http or https */
    bool has_port;          /* one was written */
    struct hf_bytes host;   /* without the brackets of an IPv6 address */
    struct hf_bytes place;  /* host and port as written: for the Host header */
    struct hf_bytes target; /* path and query; "/" when there is none */
    uint16_t port;          /* the scheme's when none was written */
};

/* Reads ws, wss, http and https URLs; spans lie in `text`.  0, or HF_ERR_SYNTAX and
 * `*what` says why, constant. */
int hf_url_read(struct hf_bytes text, struct hf_url *out, const char **what);

/* The same for `ws://name:password@host`: `*user` is what stands in front of the last @ of
 * the authority, as written; empty: nothing.  It is a secret. */
int hf_url_read_login(struct hf_bytes text, struct hf_url *out, struct hf_bytes *user,
                      const char **what);

/* Appends it as HTTP wants it for Basic (RFC 7617): percent signs decoded, "name:" for a
 * name alone.  0; HF_ERR_SYNTAX when it is not percent-encoded; or as hf_buf_done. */
int hf_url_user_write(struct hf_bytes user, struct hf_buf *out);

/* host, host:port, [v6] or [v6]:port: NULL and the host (without brackets) and the port
 * when there is one, else why not, constant. */
const char *hf_url_place_read(struct hf_bytes place, struct hf_bytes *host, uint16_t *port);

#endif
