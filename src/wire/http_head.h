/* wire/http_head.h: HTTP/1.1 requests as a server reads and answers them.
 *
 * Reads a request head cut anywhere and refuses what two parties could read in
 * two ways (dependencies.md 2d): bare LF, lone CR, NUL, folded lines, a space
 * before the colon, 8-bit bytes in the target, no or two Host, two
 * Content-Length, any Transfer-Encoding, versions other than 1.0 and 1.1.
 * Judges a WebSocket upgrade and writes answers.  Every connection carries one
 * request: an answer that is not 101 closes it. */
#ifndef HF_WIRE_HTTP_HEAD_H
#define HF_WIRE_HTTP_HEAD_H

#include "wire/http_fields.h"

enum { HF_HTTP_ACCEPT_CHARS = 28 };

struct hf_http_request {
    enum hf_http_state state;
    struct hf_http_fault fault; /* REFUSED: the answer to give before closing */
    struct hf_bytes method, target;
    unsigned minor;        /* HTTP/1.minor */
    size_t content_length; /* bytes; 0 when none was announced */
    struct hf_http_fields fields;
};

/* Takes the next bytes; at HEAD the rest of the request is filled and `*used`
 * bytes of `data` belonged to the head (what follows is body or frames).  Spans
 * are borrowed from `data`, or from the reader when the head came in pieces:
 * valid until either changes.  Only one head per reader.
 * Returns 0, or HF_ERR_NOMEM. */
int hf_http_request_read(struct hf_http_reader *r, struct hf_bytes data, size_t *used,
                         struct hf_http_request *out);

/* Path and query of a target; a scheme and host in front are skipped, so that
 * "http://a/b?c" gives "/b" and "c". */
struct hf_bytes hf_http_target_path(struct hf_bytes target);
struct hf_bytes hf_http_target_query(struct hf_bytes target);

struct hf_http_upgrade {
    unsigned status;  /* 0: no upgrade was asked for; 101; else the refusal: 400, 405, 426 */
    const char *what; /* why it is refused, constant */
    char accept[HF_HTTP_ACCEPT_CHARS]; /* at 101: for Sec-WebSocket-Accept, no zero */
};

/* Whether the request opens a WebSocket (RFC 6455 section 4.2.1).  Extensions
 * and subprotocols are ignored: none is ever accepted. */
void hf_http_upgrade_check(const struct hf_http_request *req, struct hf_http_upgrade *out);

/* The accept text for a client's key as it stood in its request. */
void hf_http_accept(struct hf_bytes key, char out[HF_HTTP_ACCEPT_CHARS]);

/* The 101 answer: Upgrade, Connection and Sec-WebSocket-Accept, nothing else
 * (protocol/wire.md section 1). */
void hf_http_upgrade_write(struct hf_buf *out, const char accept[HF_HTTP_ACCEPT_CHARS]);

struct hf_http_answer {
    unsigned status;
    const struct hf_http_field *fields; /* written as they are */
    size_t field_count;
    struct hf_bytes body;
    bool is_head; /* the method was HEAD: Content-Length, but no body */
};

/* Status line, the fields, Content-Length, `Connection: close`, body.  A status
 * of 426 names the version (RFC 6455 section 4.4). */
void hf_http_answer_write(struct hf_buf *out, const struct hf_http_answer *answer);

/* "Not Found" for 404; "Unknown" for a status we never send.  Static. */
const char *hf_http_status_text(unsigned status);

#endif
