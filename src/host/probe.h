/* host/probe.h: one look at whether something is ready, over the network.
 *
 * spec/supervisor.md 4.2.  Ends by itself, within its time, and always by a reset: a
 * look leaves nothing at the other end. */
#ifndef HF_HOST_PROBE_H
#define HF_HOST_PROBE_H

#include "engine/look.h"
#include "host/dial.h"

struct hf_probe;

enum hf_probe_kind { HF_PROBE_GATEWAY, HF_PROBE_HTTP_2XX, HF_PROBE_HTTP_ANY, HF_PROBE_TCP };

enum hf_probe_result {
    HF_PROBE_READY,
    HF_PROBE_REFUSED, /* no connection */
    HF_PROBE_SILENT,  /* a connection, and nothing of use in time */
    HF_PROBE_OTHER,   /* another answer */
};

/* Called once, from the loop; the probe is gone with it.  `why` is for people, empty when
 * READY; `peer` is the address that was connected to, NULL without a connection.  Both
 * are borrowed until return. */
typedef void (*hf_probe_done)(void *ctx, enum hf_probe_result result,
                              const struct hf_net_address *peer, struct hf_bytes why);

struct hf_probe_config {
    struct hf_dialer *dialer;
    enum hf_probe_kind kind;
    struct hf_url url; /* its texts are borrowed for the life of the probe */
    hf_span within;
    hf_probe_done done;
    void *ctx;
};

/* 0, HF_ERR_NOMEM or HF_ERR_IO, and then `done` is never called. */
int hf_probe_new(struct hf_probe **out, const struct hf_probe_config *config);

/* Ends it without an answer.  NULL is fine. */
void hf_probe_free(struct hf_probe *p);

#endif
