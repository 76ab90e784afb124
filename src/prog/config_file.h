/* prog/config_file.h: reads one configuration file into a configuration.
 *
 * JSON5, with OpenClaw's `$include` (one name or a list, relative to the file, at
 * most HF_LIMIT_INCLUDE_DEPTH deep, within the directory of the first file or one of
 * OPENCLAW_INCLUDE_ROOTS; what stands beside it wins) and `${NAME}` in
 * texts (a variable of the environment; `$${NAME}` stays as it is). */
#ifndef HF_PROG_CONFIG_FILE_H
#define HF_PROG_CONFIG_FILE_H

#include "prog/config.h"

enum { HF_CONFIG_JSON_DEPTH = 64 };

/* Reads `path`.  Our own file (source OWN_FILE) may hold only keys of the table; in
 * an openclaw.json other domains are ignored, and unknown keys below `gateway.` are
 * added to the warnings.  0, HF_ERR_NOT_FOUND when the file is not there, or a
 * code; the fault names file, line and key. */
int hf_config_file_read(struct hf_config *c, const char *path, enum hf_source source,
                        struct hf_fault *fault);

/* The same for a text that is (or will be) the content of `path`. */
int hf_config_text_read(struct hf_config *c, struct hf_bytes text, const char *path,
                        enum hf_source source, struct hf_fault *fault);

#endif
