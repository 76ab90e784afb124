/* host/dial.h: one outgoing connection, from a URL to a stream that carries bytes.
 *
 * Resolves the name, tries its addresses in turn, asks an HTTP proxy for a tunnel when a
 * wss has one, and with wss ends with a TLS handshake: by the system's trust, or by the
 * pin alone (spec/client-lifecycle.md 7.1).  Nothing of HTTP goes to the gateway before
 * that.  Never blocks; everything runs on the loop's thread but the resolver, which has
 * threads of its own and is never waited for.
 *
 * TLS is set up when the first wss is dialled. */
#ifndef HF_HOST_DIAL_H
#define HF_HOST_DIAL_H

#include "base/crypto.h"
#include "base/time.h"
#include "host/stream.h"
#include "wire/net_address.h"
#include "wire/url.h"

#include <uv.h>

struct hf_dial;
struct hf_tls;

/* What the dials of one loop share.  Must outlive them. */
struct hf_dialer {
    uv_loop_t *loop;
    struct hf_tls *trusting, *pinning; /* owned; NULL until needed */
    uint8_t *scratch;                  /* owned; NULL until needed */
    hf_span patience;                  /* with one address of several: HF_LIMIT_DIAL_ADDRESS_MS */
};

void hf_dialer_init(struct hf_dialer *d, uv_loop_t *loop);
void hf_dialer_fini(struct hf_dialer *d); /* sessions in use live on */

/* Everything is copied. */
struct hf_dial_config {
    struct hf_url url;
    const uint8_t *pin;     /* HF_SHA256_BYTES of the gateway's certificate, or NULL; wss only */
    struct hf_bytes proxy;  /* for wss, as HTTPS_PROXY is written; empty: none */
    struct hf_bytes exempt; /* whom it is not for, as NO_PROXY is written */
    hf_span within;         /* for all of it, > 0 */
};

enum hf_dial_stage {
    HF_DIAL_RESOLVING,
    HF_DIAL_CONNECTING,
    HF_DIAL_PROXY, /* connected to it, no tunnel yet */
    HF_DIAL_TLS,
};

/* The name of a stage for logs: "resolving".  Static. */
const char *hf_dial_stage_name(enum hf_dial_stage stage);

struct hf_dial_result {
    int err;                       /* 0: connected */
    struct hf_stream *stream;      /* connected: the callee moves it out */
    struct hf_net_address address; /* connected: the other end, or its proxy */
    uint16_t port;                 /* of the address, or of the last one that was tried */
    bool is_proxied;               /* address and port are a proxy's */
    bool has_cert_hash;            /* connected through TLS */
    uint8_t cert_hash[HF_SHA256_BYTES];

    enum hf_dial_stage stage; /* where it ended */
    struct hf_bytes why;      /* failed: one line for people, without secrets */
    bool is_config;           /* failed: it cannot work however often it is tried */
    bool is_security;         /* failed: the pin does not match, or there is nothing to compare */
    bool is_refused;          /* failed: nobody listens at the last address that was tried */
    unsigned http_status;     /* failed: how the proxy answered, else 0 */
};

/* Called once, from the loop, never from within a call; the dial is gone with it.  The
 * result is borrowed until return. */
typedef void (*hf_dial_done)(void *ctx, const struct hf_dial_result *result);

/* 0, or HF_ERR_NOMEM and `done` is never called. */
int hf_dial_new(struct hf_dial **out, struct hf_dialer *dialer, const struct hf_dial_config *config,
                hf_dial_done done, void *ctx);

/* Ends it at any moment: the socket is reset, `done` is not called, and the memory goes
 * with the loop's next turn.  NULL is fine. */
void hf_dial_free(struct hf_dial *d);

/* What the environment says of proxies for wss: https_proxy, HTTPS_PROXY, all_proxy or
 * ALL_PROXY, the first that is not empty; and no_proxy or NO_PROXY.  Borrowed from it. */
void hf_dial_environment(struct hf_bytes *proxy, struct hf_bytes *exempt);

#endif
