/* prog/config_json.h: a configuration as one JSON object, secrets hidden. */
#ifndef HF_PROG_CONFIG_JSON_H
#define HF_PROG_CONFIG_JSON_H

#include "prog/config.h"

enum { HF_CONFIG_TEXT_BYTES_MAX = 1 << 20 };

/* Replaces what `out` holds: {"gateway":{"port":18789,...},...}. */
void hf_config_json(const struct hf_config *c, struct hf_buf *out);

/* A text as others may see it: of a URL without its credentials and what in its query sounds
 * secret. */
struct hf_json_writer;
void hf_config_put_shown(struct hf_json_writer *w, struct hf_bytes text);
void hf_config_add_shown(struct hf_buf *out, struct hf_bytes text); /* appended, without quotes */

/* The same for what one file holds: its object as it stands there, with what it
 * includes and the variables it names not looked up, and without what sounds secret in the
 * parts that are not ours.  The whole file is plain JSON. */
void hf_config_json_of_file(struct hf_bytes object, struct hf_buf *out);

#endif
