/* wire/json5.h: reads a JSON5 text (configuration files) and writes plain JSON.
 *
 * Takes comments, trailing commas, unquoted and single-quoted keys and strings,
 * escapes and line continuations, hexadecimal numbers, signs, leading and
 * trailing points, Infinity and NaN.  What comes out passes hf_json_check and
 * says the same; Infinity becomes 1e999 and NaN null, which is how the peers'
 * own parser and printer see them.  Unquoted keys take ASCII letters, digits, _
 * and $, every character beyond ASCII, and \u escapes. */
#ifndef HF_WIRE_JSON5_H
#define HF_WIRE_JSON5_H

#include "base/buf.h"

struct hf_json5_error {
    int code;      /* HF_ERR_SYNTAX, HF_ERR_UTF8, HF_ERR_DEPTH; HF_ERR_LIMIT, HF_ERR_NOMEM of out */
    size_t line;   /* from 1 */
    size_t column; /* from 1, in characters */
    const char *what; /* constant, for people */
};

/* Appends to `out`: 0, or the code that `error` tells more about (`out` then ends
 * in the middle).  `depth_max` is at most HF_JSON_DEPTH_MAX. */
int hf_json5_read(struct hf_bytes text, uint32_t depth_max, struct hf_buf *out,
                  struct hf_json5_error *error);

/* Where one value stands in both texts; offsets are relative to the JSON5 text and
 * to what was appended.  A string's place includes its quotes. */
struct hf_json5_place {
    uint32_t json_from, json_to;
    uint32_t text_from, text_to;
};

/* As hf_json5_read; appends a struct hf_json5_place per value to `places`, inner
 * values before those that hold them.  For tools that name or change a place in
 * the text. */
int hf_json5_read_places(struct hf_bytes text, uint32_t depth_max, struct hf_buf *out,
                         struct hf_buf *places, struct hf_json5_error *error);

/* The place of the value that begins at `json_from`, or NULL. */
const struct hf_json5_place *hf_json5_place_find(const struct hf_buf *places, size_t json_from);

/* The line of the text, from 1, in which the byte `at` stands. */
size_t hf_json5_line(struct hf_bytes text, size_t at);

#endif
