/* wire/json_read.h: reads values out of a JSON text that hf_json_check accepted.
 *
 * A value is its span in the text, without white space around it (a string with
 * its quotes); the empty span is a value that is not there.  Nothing is checked
 * again, built or kept: each getter walks the bytes it needs.  Given anything but
 * a span of an accepted text, the answers are wrong but no byte outside of the
 * span is read.  Spans are borrowed from the text. */
#ifndef HF_WIRE_JSON_READ_H
#define HF_WIRE_JSON_READ_H

#include "base/buf.h"
#include "wire/json_scan.h"

enum hf_json_kind {
    HF_JSON_NONE, /* not there */
    HF_JSON_NULL,
    HF_JSON_BOOL,
    HF_JSON_NUMBER,
    HF_JSON_STRING,
    HF_JSON_ARRAY,
    HF_JSON_OBJECT,
};

/* The value of a whole text: the text without white space at its ends. */
struct hf_bytes hf_json_root(struct hf_bytes text);

enum hf_json_kind hf_json_kind(struct hf_bytes value);

/* --- members and elements --- */

/* Walks an array or an object; over any other value it ends at once. */
struct hf_json_iter {
    const uint8_t *at, *end;
};

struct hf_json_iter hf_json_iter(struct hf_bytes container);

/* The next element of an array: false at the end. */
bool hf_json_next(struct hf_json_iter *it, struct hf_bytes *value);

/* The next member of an object, its key as a string value: false at the end. */
bool hf_json_next_member(struct hf_json_iter *it, struct hf_json_member *member);

/* The member `name` of an object, or the empty span when there is none or
 * `object` is none.  Of several members with one name the last one counts. */
struct hf_bytes hf_json_find(struct hf_bytes object, const char *name);
struct hf_bytes hf_json_find_key(struct hf_bytes object, struct hf_bytes name);

/* How many elements or members. */
size_t hf_json_count(struct hf_bytes container);

/* --- scalars: 0 and `*out`, else a code and `*out` is as before --- */

/* HF_ERR_TYPE for anything but a number without fraction and exponent,
 * HF_ERR_RANGE beyond 64 bits. */
int hf_json_get_int(struct hf_bytes value, int64_t *out);

/* A number that is whole however it is written (4, 4.0, 4e0), as the protocol's
 * "integer" means it; beyond 64 bits it is the nearest end.  HF_ERR_TYPE for a
 * fraction, for anything else, and for what a double cannot hold (1e400);
 * HF_ERR_TOO_LARGE as below. */
int hf_json_get_whole(struct hf_bytes value, int64_t *out);

/* HF_ERR_TYPE for anything but a number, HF_ERR_TOO_LARGE for one of more than
 * HF_LIMIT_JSON_NUMBER_BYTES; 1e400 is infinite. */
int hf_json_get_double(struct hf_bytes value, double *out);

int hf_json_get_bool(struct hf_bytes value, bool *out); /* HF_ERR_TYPE */

/* --- strings --- */

/* Whether the value is the string `text` (UTF-8), escapes resolved. */
bool hf_json_is(struct hf_bytes value, struct hf_bytes text);

/* The inside of a string that has no escapes: true and the span, else false. */
bool hf_json_get_plain(struct hf_bytes value, struct hf_bytes *out);

/* Unicode characters in a string, each escape or surrogate pair as one; 0 for
 * other values. */
size_t hf_json_chars(struct hf_bytes value);

/* Appends the string's text as UTF-8, which is never longer than the value; a
 * lone surrogate becomes U+FFFD.  Appends nothing for other values. */
void hf_json_text(struct hf_bytes value, struct hf_buf *out);

/* The string's text: a span of `value` if it has no escape, else decoded behind
 * what `scratch` holds.  Further calls keep the span in place only if room was
 * made before: hf_buf_reserve(scratch, length of the whole text).  Empty for
 * other values, and when scratch is full (it says so itself). */
struct hf_bytes hf_json_get_text(struct hf_bytes value, struct hf_buf *scratch);

/* Copies the string's text to `out`: 0 and `*len`, HF_ERR_TYPE for anything but a
 * string, HF_ERR_TOO_LARGE above `cap` bytes (`out` then holds a part of it). */
int hf_json_copy_text(struct hf_bytes value, uint8_t *out, size_t cap, size_t *len);

#endif
