/* wire/json_scan.h: is this text one JSON value?
 *
 * One pass over the bytes checks the whole grammar of RFC 8259, that the text is
 * valid UTF-8, and that the nesting stays within a cap (dependencies.md 2c).  A
 * byte order mark, a NUL byte, raw control bytes in strings and anything behind
 * the value are errors; lone surrogate escapes and \u0000 are not, as in the
 * peers' own parser.  Numbers of any size pass: they stay text until asked for.
 * Allocates nothing; its recursion is bounded by the cap.  What has passed is read
 * with wire/json_read. */
#ifndef HF_WIRE_JSON_SCAN_H
#define HF_WIRE_JSON_SCAN_H

#include "base/bytes.h"

enum { HF_JSON_DEPTH_MAX = 512 }; /* the largest cap that may be asked for */

/* Where and why a text was refused. */
struct hf_json_error {
    int code;         /* HF_ERR_SYNTAX, HF_ERR_UTF8 or HF_ERR_DEPTH */
    size_t offset;    /* of the first byte that cannot be right; the length at a missing end */
    const char *what; /* constant, for people */
};

/* One member of the outermost object.  Both spans lie in the text: the key with
 * its quotes, the value without white space around it. */
struct hf_json_member {
    struct hf_bytes key, value;
};

/* Checks `text`: 0, or the code that `error` (may be NULL) tells more about.  A
 * scalar has depth 0, each array and object adds one; `depth_max` is at most
 * HF_JSON_DEPTH_MAX. */
int hf_json_check(struct hf_bytes text, uint32_t depth_max, struct hf_json_error *error);

/* The same, and notes the members of the outermost object on the way: up to `cap`
 * of them in `members`, while `*count` counts all of them (0 when the value is no
 * object).  Outputs are unspecified on failure. */
int hf_json_check_members(struct hf_bytes text, uint32_t depth_max, struct hf_json_member *members,
                          size_t cap, size_t *count, struct hf_json_error *error);

#endif
