/* prog/checkup/answer.h: what did the other end say to `GET /healthz` and its like?
 *
 * Judges the first bytes of whoever listens: a gateway's answer (docs/protocol.md
 * section 9), somebody else's HTTP, TLS, or something that is none of these.  Pure. */
#ifndef HF_PROG_CHECKUP_ANSWER_H
#define HF_PROG_CHECKUP_ANSWER_H

#include "base/bytes.h"

enum hf_checkup_speech {
    HF_CHECKUP_NOT_ASKED,
    HF_CHECKUP_SILENT, /* not a byte */
    HF_CHECKUP_HTTP,
    HF_CHECKUP_TLS, /* it wants TLS: an alert, or a text that says so */
    HF_CHECKUP_OTHER,
};

struct hf_checkup_answer {
    enum hf_checkup_speech speech;
    unsigned status;   /* HTTP */
    bool is_gateway;   /* JSON with the members of a gateway's answer */
    bool is_positive;  /* ok or ready: true */
    char says[24];     /* "live", "starting", "draining", "started", "ready", "not ready" */
    char reason[96];   /* what it waits for: "startup-sidecars" */
    char version[64];  /* of the gateway; empty when it does not tell */
    int64_t uptime_ms; /* -1: not told */
    bool is_html;
    char server[64];    /* the Server field: a proxy's name */
    char location[128]; /* of a redirect, without path and query */
    int64_t took_ms;    /* set by whoever asked */
};

enum { HF_CHECKUP_ANSWER_BYTES = 16384 }; /* of an answer that are looked at */

/* `text` is what came before the end of the connection or of the patience. */
void hf_checkup_answer_read(struct hf_bytes text, struct hf_checkup_answer *out);

#endif
