/* wire/url.h: the address of a gateway, `ws://host:port/path`.
 *
 * Strict: a known scheme, a host, a port that fits.  A fragment and credentials in
 * front of the host are refused, so that no secret gets into what is shown. */
#ifndef HF_WIRE_URL_H
#define HF_WIRE_URL_H

#include "base/bytes.h"

struct hf_url {
    bool is_tls;            /* wss or https */
    struct hf_bytes host;   /* without the brackets of an IPv6 address */
    struct hf_bytes place;  /* host and port as written: for the Host header */
    struct hf_bytes target; /* path and query; "/" when there is none */
    uint16_t port;          /* the scheme's when none was written */
};

/* Reads ws, wss, http and https URLs; spans lie in `text`.  0, or HF_ERR_SYNTAX and
 * `*what` says why, constant. */
int hf_url_read(struct hf_bytes text, struct hf_url *out, const char **what);

/* host, host:port, [v6] or [v6]:port: NULL and the host (without brackets) and the port
 * when there is one, else why not, constant. */
const char *hf_url_place_read(struct hf_bytes place, struct hf_bytes *host, uint16_t *port);

#endif
