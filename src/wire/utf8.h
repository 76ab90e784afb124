/* wire/utf8.h: is this text valid UTF-8?
 *
 * Checks text as it arrives: a machine of four bytes carries a sequence over the
 * border of two chunks and says no at the first byte that cannot belong to valid
 * text (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
 * Uses the machine's vector instructions for long runs.  Pure, no memory. */
#ifndef HF_WIRE_UTF8_H
#define HF_WIRE_UTF8_H

#include "base/bytes.h"

struct hf_utf8 {       /* zeroed is the start of a text */
    uint8_t missing;   /* continuation bytes still to come; 0 between characters */
    uint8_t low, high; /* the next one's bounds, when any is missing */
    bool is_bad;
};

void hf_utf8_init(struct hf_utf8 *u);

/* Takes the next chunk: false as soon as the text cannot be valid, and ever
 * after. */
bool hf_utf8_step(struct hf_utf8 *u, struct hf_bytes chunk);

/* Whether the text may end here: valid so far and no sequence half taken. */
bool hf_utf8_is_whole(const struct hf_utf8 *u);

/* Whether `text` as a whole is valid. */
bool hf_utf8_check(struct hf_bytes text);

/* The two ways in which step skips valid text, for tests and measurements.  Each
 * returns how many bytes at the head are surely whole valid characters; it may
 * stop early, never late.  A way that this machine lacks returns 0. */
size_t hf_utf8_skip_portable(struct hf_bytes text);
size_t hf_utf8_skip_avx2(struct hf_bytes text);

#endif
