/* base/iso.h: a wall clock instant as text, as peers and logs show it. */
#ifndef HF_BASE_ISO_H
#define HF_BASE_ISO_H

#include <stddef.h>
#include <stdint.h>

enum { HF_ISO_CHARS = 32 };

/* "2026-11-23T04:15:09.693Z" for milliseconds since 1970 (UTC).  What is before the year 0 or
 * behind 9999 is told as the first or the last instant of them.  Returns the length; no zero is added. */
size_t hf_iso_write(int64_t wall_ms, char out[HF_ISO_CHARS]);

#endif
