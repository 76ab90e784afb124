/* wire/http_body.h: the body of an HTTP/1.1 response as its bytes come in.
 *
 * Knows where it ends: behind its length, behind its last chunk (RFC 9112 section 7.1),
 * or with the connection.  Keeps nothing and copies nothing; what stands between the
 * chunks is bounded by HF_LIMIT_HTTP_LINE_BYTES a line and HF_LIMIT_HTTP_HEAD_BYTES in
 * trailers.  Chunks that are no chunks end the body: what came before them counts. */
#ifndef HF_WIRE_HTTP_BODY_H
#define HF_WIRE_HTTP_BODY_H

#include "wire/http_response.h"

enum hf_http_body_state {
    HF_HTTP_BODY_TO_THE_END, /* of the connection */
    HF_HTTP_BODY_DATA,       /* `left` bytes of it */
    HF_HTTP_BODY_DATA_CR,    /* behind a chunk */
    HF_HTTP_BODY_DATA_LF,
    HF_HTTP_BODY_SIZE, /* of the next chunk: hexadecimal digits */
    HF_HTTP_BODY_EXTENSION,
    HF_HTTP_BODY_SIZE_LF,
    HF_HTTP_BODY_TRAILER, /* at the begin of a line behind the last chunk */
    HF_HTTP_BODY_TRAILER_LINE,
    HF_HTTP_BODY_LAST_LF,
    HF_HTTP_BODY_DONE,
};

struct hf_http_body {
    enum hf_http_body_state state;
    bool is_chunked;
    uint64_t left;     /* DATA: bytes to come; SIZE: read so far */
    size_t line_bytes; /* of this line, or of all trailers */
};

void hf_http_body_init(struct hf_http_body *b, const struct hf_http_response *head);

/* Takes from `*data` up to the end of the next piece of the body, and returns that piece,
 * which lies in it.  Empty: nothing is left of the data, or the body is done. */
struct hf_bytes hf_http_body_next(struct hf_http_body *b, struct hf_bytes *data);

bool hf_http_body_is_done(const struct hf_http_body *b);

#endif
