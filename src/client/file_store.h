/* client/file_store.h: identity and tokens as files, the default store.
 *
 * One directory, made 0700 when something is first written; files are 0600 and replaced
 * in one durable step.  A file that others can read is refused. */
#ifndef HF_CLIENT_FILE_STORE_H
#define HF_CLIENT_FILE_STORE_H

#include "base/bytes.h"
#include "holdfast/options.h"

/* The directory to use: `given`, or the one of the environment; owned by the caller.  0,
 * HF_ERR_NOMEM, or HF_ERR_USAGE when there is none or its name is too long. */
int hf_file_store_directory(struct hf_bytes given, char **out);

/* The hooks of a store in this directory, which is borrowed. */
struct holdfast_store hf_file_store(char *directory);

#endif
