/* base/glob.h: which names are meant by a pattern like "session.*,tick"? */
#ifndef HF_BASE_GLOB_H
#define HF_BASE_GLOB_H

#include "base/bytes.h"

/* Whether `name` matches one of the patterns between commas: `*` is any text, also
 * none and also with dots, `?` one byte, anything else itself.  Spaces around a
 * pattern do not count; an empty pattern matches the empty name alone.  Takes at most
 * pattern times name steps. */
bool hf_glob_match(struct hf_bytes patterns, struct hf_bytes name);

#endif
