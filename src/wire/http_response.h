/* wire/http_response.h: HTTP/1.1 responses as a client reads them.
 *
 * As strict as the request reader.  Also the client's half of the WebSocket
 * upgrade. */
#ifndef HF_WIRE_HTTP_RESPONSE_H
#define HF_WIRE_HTTP_RESPONSE_H

#include "wire/http_fields.h"
#include "wire/http_head.h"

enum { HF_HTTP_KEY_CHARS = 24, HF_HTTP_KEY_BYTES = 16 };

struct hf_http_response {
    enum hf_http_state state;
    struct hf_http_fault fault; /* REFUSED: `what` tells why, the status means nothing */
    unsigned status;            /* 100-599 */
    unsigned minor;             /* HTTP/1.minor */
    struct hf_bytes reason;     /* may be empty */
    bool has_length;
    bool is_chunked;         /* Transfer-Encoding: chunked and nothing else */
    uint64_t content_length; /* bytes, when has_length */
    struct hf_http_fields fields;
};

/* As hf_http_request_read. */
int hf_http_response_read(struct hf_http_reader *r, struct hf_bytes data, size_t *used,
                          struct hf_http_response *out);

struct hf_http_ask {
    struct hf_bytes host;   /* for the Host field, with port when it is not the scheme's */
    struct hf_bytes target; /* "/" and what follows */
    const struct hf_http_field *fields; /* more fields, written as they are */
    size_t field_count;
};

/* The client's key of 16 fresh random bytes, as text. */
void hf_http_key_write(const uint8_t random[HF_HTTP_KEY_BYTES], char out[HF_HTTP_KEY_CHARS]);

/* A WebSocket upgrade request. */
void hf_http_ask_upgrade_write(struct hf_buf *out, const struct hf_http_ask *ask,
                               const char key[HF_HTTP_KEY_CHARS]);

/* A plain GET request that closes its connection after the answer. */
void hf_http_ask_write(struct hf_buf *out, const struct hf_http_ask *ask);

/* A request for a tunnel through a proxy (RFC 9110 section 9.3.6).  `host` without
 * brackets; `authorization` is the value of Proxy-Authorization, or empty. */
void hf_http_ask_tunnel_write(struct hf_buf *out, struct hf_bytes host, uint16_t port,
                              struct hf_bytes authorization);

/* NULL when the response opens the WebSocket that was asked for with `key`
 * (RFC 6455 section 4.1), else why not, constant. */
const char *hf_http_upgrade_fault(const struct hf_http_response *res,
                                  const char key[HF_HTTP_KEY_CHARS]);

#endif
