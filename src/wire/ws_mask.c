#include "wire/ws_mask.h"

#include <string.h>

/* The compiler turns this into the machine's 16-byte registers (SSE2, NEON) or,
 * where there are none, into words. */
typedef uint32_t lane __attribute__((vector_size(16)));

enum { LANES = 4, STRIDE = LANES * (int)sizeof(lane) };

void hf_ws_mask_portable(uint8_t *data, size_t len, const uint8_t key[HF_WS_MASK_BYTES],
                         size_t offset)
{
    for (size_t i = 0; i < len; i++) data[i] ^= key[(offset + i) % HF_WS_MASK_BYTES];
}

static inline void mask_lane(uint8_t *data, lane key)
{
    lane bytes;
    memcpy(&bytes, data, sizeof bytes);
    bytes ^= key;
    memcpy(data, &bytes, sizeof bytes);
}

static inline void mask_word(uint8_t *data, uint32_t key)
{
    uint32_t bytes;
    memcpy(&bytes, data, sizeof bytes);
    bytes ^= key;
    memcpy(data, &bytes, sizeof bytes);
}

/* The key as it meets the first byte of `data`. */
static uint32_t turned_key(const uint8_t key[HF_WS_MASK_BYTES], size_t offset)
{
    uint8_t turned[HF_WS_MASK_BYTES];
    uint32_t word;
    for (size_t i = 0; i < sizeof turned; i++) turned[i] = key[(offset + i) % HF_WS_MASK_BYTES];
    memcpy(&word, turned, sizeof word);
    return word;
}

void hf_ws_mask(uint8_t *data, size_t len, const uint8_t key[HF_WS_MASK_BYTES], size_t offset)
{
    uint32_t word = turned_key(key, offset);
    lane words = { word, word, word, word };
    size_t i = 0;
    for (; len - i >= STRIDE; i += STRIDE)
        for (size_t k = 0; k < LANES; k++) mask_lane(data + i + k * sizeof words, words);
    for (; len - i >= sizeof words; i += sizeof words) mask_lane(data + i, words);
    for (; len - i >= sizeof word; i += sizeof word) mask_word(data + i, word);
    hf_ws_mask_portable(data + i, len - i, key, offset + i);
}
