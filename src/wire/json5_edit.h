/* wire/json5_edit.h: changes one value in a JSON5 text and nothing else.
 *
 * Comments, order and layout of everything else stay as they are.  Pure.
 *
 * A path is keys with points between them ("gateway.port"); a key with a point in it
 * and the elements of an array have none. */
#ifndef HF_WIRE_JSON5_EDIT_H
#define HF_WIRE_JSON5_EDIT_H

#include "wire/json5.h"

/* Whether every key of the path has a name. */
bool hf_json5_path_is_valid(struct hf_bytes path);

/* Appends `text` with the value at `path` set to `json` to `out`.  Objects that are
 * missing on the way are made.  An empty text counts as an empty object.  0, or the
 * code that `error` tells more about: those of hf_json5_read, HF_ERR_TYPE when something on
 * the way is no object, HF_ERR_LIMIT and HF_ERR_NOMEM of `out` (at line 0). */
int hf_json5_edit(struct hf_bytes text, struct hf_bytes path, struct hf_bytes json,
                  uint32_t depth_max, struct hf_buf *out, struct hf_json5_error *error);

#endif
