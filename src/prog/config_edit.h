/* prog/config_edit.h: changes one value in a JSON5 text and nothing else.
 *
 * Comments, order and layout of everything else stay as they are.  Pure. */
#ifndef HF_PROG_CONFIG_EDIT_H
#define HF_PROG_CONFIG_EDIT_H

#include "base/buf.h"
#include "host/fault.h"

/* Writes `text` with the key `name` ("gateway.port") set to `json` into `out`, which
 * is empty.  Objects that are missing on the way are made.  An empty text counts as
 * an empty object.  On failure the fault begins with `path`. */
int hf_config_edit(struct hf_bytes text, const char *path, const char *name, struct hf_bytes json,
                   struct hf_buf *out, struct hf_fault *fault);

#endif
