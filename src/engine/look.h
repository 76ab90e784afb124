/* engine/look.h: does what listens there answer as it should?
 *
 * One look over one connection (spec/supervisor.md 4.2): a gateway sends its
 * challenge behind a WebSocket upgrade, a web server answers a GET with 2xx, or with
 * any status when only its life is asked for.  An open port alone is no gateway.  Pure:
 * the host dials, carries the bytes and ends the look at its deadline. */
#ifndef HF_ENGINE_LOOK_H
#define HF_ENGINE_LOOK_H

#include "wire/http_response.h"
#include "wire/url.h"
#include "wire/ws_frame.h"

enum hf_look_kind {
    HF_LOOK_GATEWAY,
    HF_LOOK_HTTP_2XX,
    HF_LOOK_HTTP_ANY,
};

enum hf_look_verdict {
    HF_LOOK_WAIT, /* nothing that decides has come */
    HF_LOOK_READY,
    HF_LOOK_OTHER, /* it answers, but not so: `why` */
};

struct hf_look { /* private but for `why` */
    enum hf_look_kind kind;
    char key[HF_HTTP_KEY_CHARS];
    struct hf_http_reader http;
    struct hf_ws_reader ws;
    bool is_upgraded;
    const char *why; /* constant, for people */
};

/* Appends the request to `out`.  `key` are fresh random bytes (for GATEWAY). */
void hf_look_init(struct hf_look *l, enum hf_look_kind kind, const struct hf_url *url,
                  const uint8_t key[HF_HTTP_KEY_BYTES], struct hf_buf *out);
void hf_look_fini(struct hf_look *l);

/* The next bytes (changed in place).  After READY or OTHER no more are fed. */
enum hf_look_verdict hf_look_input(struct hf_look *l, uint8_t *data, size_t len);

#endif
