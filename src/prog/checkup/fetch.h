/* prog/checkup/fetch.h: one GET request, waited for, and how far it came. */
#ifndef HF_PROG_CHECKUP_FETCH_H
#define HF_PROG_CHECKUP_FETCH_H

#include "base/time.h"
#include "prog/checkup/facts.h"
#include "wire/url.h"

struct hf_checkup_fetched {
    enum hf_checkup_reach reach;
    char reach_text[HF_CHECKUP_TEXT_BYTES];
    char address[64];                /* connected: the other end, with its port */
    int64_t reach_ms;                /* to the connection, TLS included; -1: none */
    bool speaks_tls;                 /* NO_TLS: there is TLS, but the certificate is not trusted */
    struct hf_checkup_answer answer; /* CONNECTED */
};

/* Asks `url`'s host for `path` without any secret, for at most `within` in all.  A path
 * of NULL only connects.  `pin`: HF_SHA256_BYTES of the certificate, or NULL. */
void hf_checkup_fetch(const struct hf_url *url, const uint8_t *pin, const char *path,
                      hf_span within, struct hf_checkup_fetched *out);

#endif
