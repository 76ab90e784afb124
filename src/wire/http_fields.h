/* wire/http_fields.h: the lines of an HTTP/1.1 head, for requests and responses.
 *
 * Strict (dependencies.md 2d): lines end with CRLF, no folding, no space before
 * a colon, no control bytes, names are tokens.  Fields are spans into the head;
 * nothing is copied. */
#ifndef HF_WIRE_HTTP_FIELDS_H
#define HF_WIRE_HTTP_FIELDS_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/limits.h"

struct hf_http_field {
    struct hf_bytes name, value; /* value without white space at its ends */
};

struct hf_http_fields {
    size_t count;
    struct hf_http_field items[HF_LIMIT_HTTP_FIELDS];
};

/* Why a head is refused: what to answer a request with, or 0 and NULL. */
struct hf_http_fault {
    unsigned status;  /* 400, 413, 414, 431, 501, 505 */
    const char *what; /* constant text for people */
};

enum hf_http_state { HF_HTTP_NEED_MORE, HF_HTTP_HEAD, HF_HTTP_REFUSED };

/* Gathers a head that arrives in pieces.  Holds no memory when the whole head
 * comes at once. */
struct hf_http_reader {
    struct hf_buf held;
    bool is_done; /* a head was handed out or refused */
};

void hf_http_reader_init(struct hf_http_reader *r);
void hf_http_reader_fini(struct hf_http_reader *r);

/* Looks fields up by name, without case: false, or true and the first value. */
bool hf_http_find(const struct hf_http_fields *fields, struct hf_bytes name,
                  struct hf_bytes *value);

/* Walks all values of a name in order: `*at` starts at 0. */
bool hf_http_next(const struct hf_http_fields *fields, struct hf_bytes name, size_t *at,
                  struct hf_bytes *value);

/* How often the name stands in the head. */
size_t hf_http_count(const struct hf_http_fields *fields, struct hf_bytes name);

/* Whether the comma list of a name (over all its lines) holds the token, without
 * case; parameters behind `;` are not looked at. */
bool hf_http_has_token(const struct hf_http_fields *fields, struct hf_bytes name,
                       struct hf_bytes token);

/* Visible ASCII without separators, at least one byte (RFC 9110 section 5.6.2). */
bool hf_http_is_token(struct hf_bytes text);

/* Whether a field may be written as it is: a token, and a value without control bytes. */
bool hf_http_is_field(const struct hf_http_field *field);

/* --- for the two head readers --- */

struct hf_http_read {
    enum hf_http_state state;
    struct hf_http_fault fault; /* REFUSED */
    size_t used;                /* bytes of `data` that were taken */
    struct hf_bytes first_line; /* as soon as it is complete, whatever the state */
};

/* Takes `data` as the next bytes of a head.  At HEAD `fields` is filled; all
 * spans are borrowed from `data`, or from the reader when the head came in
 * pieces.  A first line over its bound is refused with `line_status`.
 * Returns 0 or HF_ERR_NOMEM. */
int hf_http_head_read(struct hf_http_reader *r, struct hf_bytes data, unsigned line_status,
                      struct hf_http_fields *fields, struct hf_http_read *out);

#endif
