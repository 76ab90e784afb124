/* fuzz/fuzz.h: what every target shares.
 *
 * A target gets an input, takes a few bytes of it for its choices and gives the
 * rest to a decoder.  It checks properties, not results: nothing outside of the
 * given bytes is touched (the sanitizers see to that), the way the bytes are cut
 * changes nothing, what was accepted can be written and read back. */
#ifndef HF_FUZZ_FUZZ_H
#define HF_FUZZ_FUZZ_H

#include "base/assert.h"
#include "base/bytes.h"
#include "base/mem.h"

/* The target; the name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A property that must hold; ends the process. */
#define FUZZ_CHECK(cond) HF_ASSERT(cond)

/* Takes the first byte of the input, 0 when there is none. */
static inline uint8_t fuzz_take(struct hf_bytes *input)
{
    uint8_t byte = input->len > 0 ? input->ptr[0] : 0;
    *input = hf_bytes_from(*input, 1);
    return byte;
}

/* The length of the next chunk of a stream with `left` > 0 bytes: all of it when
 * `*cuts` is 0, always one byte when it is 1, else a mixture that `*cuts` decides. */
static inline size_t fuzz_chunk(uint32_t *cuts, size_t left)
{
    if (*cuts == 0) return left;
    if (*cuts == 1) return 1;
    *cuts = *cuts * 1664525u + 1013904223u;
    size_t len = 1 + (*cuts >> 24) % (*cuts >> 31 ? 64 : 8);
    if (*cuts < 2) *cuts = 2;
    return len < left ? len : left;
}

/* A copy of its exact size, so that a step outside shows; freed by the caller
 * with hf_mem_free. */
static inline uint8_t *fuzz_copy(struct hf_bytes bytes)
{
    uint8_t *copy = hf_mem_new(bytes.len ? bytes.len : 1);
    FUZZ_CHECK(copy != NULL);
    if (bytes.len > 0) memcpy(copy, bytes.ptr, bytes.len);
    return copy;
}

#endif
