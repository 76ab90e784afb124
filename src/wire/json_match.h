/* wire/json_match.h: does a JSON text hold what was meant to be in it?
 *
 * For a text that somebody else wrote down again: members may have been added and
 * moved, numbers and strings may be written in another way, and what is secret may be
 * hidden by a mark.  Both texts were accepted by hf_json_check.  Pure. */
#ifndef HF_WIRE_JSON_MATCH_H
#define HF_WIRE_JSON_MATCH_H

#include "base/bytes.h"

enum hf_json_match {
    HF_JSON_MATCHES,
    HF_JSON_UNSURE, /* as far as it can be seen; or too large to be compared */
    HF_JSON_DIFFERS,
};

/* Whether every value of `wanted` stands at its place in `found`: arrays have the same
 * elements, objects at least its members.  `mark` is the text that hides a string (empty:
 * none does): a hidden string matches only itself, and for any other one is UNSURE. */
enum hf_json_match hf_json_match(struct hf_bytes wanted, struct hf_bytes found,
                                 struct hf_bytes mark);

/* The value at a path of keys with points between them (wire/json5_edit.h); the whole for
 * an empty path; empty when there is none. */
struct hf_bytes hf_json_at(struct hf_bytes root, struct hf_bytes path);

#endif
