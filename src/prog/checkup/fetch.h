/* prog/checkup/fetch.h: one GET request, waited for, and how far it came. */
#ifndef HF_PROG_CHECKUP_FETCH_H
#define HF_PROG_CHECKUP_FETCH_H

#include "host/dial.h"
#include "host/fault.h"
#include "prog/checkup/facts.h"

/* What the requests of one check share: TLS is set up once, when it is needed first. */
struct hf_checkup_fetcher {
    uv_loop_t loop;
    struct hf_dialer dialer;
    bool is_open;
};

struct hf_checkup_fetched {
    enum hf_checkup_reach reach;
    char reach_text[HF_CHECKUP_TEXT_BYTES];
    char address[64];                /* connected: the other end or its proxy, with the port */
    bool is_proxied;                 /* a proxy of the environment is asked */
    int64_t reach_ms;                /* to the connection, TLS included; -1: none */
    bool speaks_tls;                 /* NO_TLS: there is TLS, but the certificate is not trusted */
    struct hf_checkup_answer answer; /* CONNECTED */
};

/* HF_ERR_IO with a fault: no descriptor is left.  End it with fini either way. */
int hf_checkup_fetcher_init(struct hf_checkup_fetcher *fetcher, struct hf_fault *fault);
void hf_checkup_fetcher_fini(struct hf_checkup_fetcher *fetcher); /* legal on a zeroed one */

/* Asks `url`'s host for `path` without any secret, for at most `within` in all.  A path
 * of NULL only connects.  `pin`: HF_SHA256_BYTES of the certificate, or NULL. */
void hf_checkup_fetch(struct hf_checkup_fetcher *fetcher, const struct hf_url *url,
                      const uint8_t *pin, const char *path, hf_span within,
                      struct hf_checkup_fetched *out);

#endif
