/* prog/size_text.h: sizes of memory as people write them. */
#ifndef HF_PROG_SIZE_TEXT_H
#define HF_PROG_SIZE_TEXT_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

/* "1073741824", "512M", "2g", "2GiB": K, M, G and T count 1024 each, "B" and "iB" may
 * follow them.  True and the bytes, at least 1; false leaves `out` as it is. */
bool hf_size_read(struct hf_bytes text, int64_t *out);

#endif
