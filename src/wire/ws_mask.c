#include "wire/ws_mask.h"

#include <string.h>

/* The compiler turns this into the machine's 16-byte registers (SSE2, NEON) or,
 * where there are none, into words. */
typedef uint8_t lane __attribute__((vector_size(16)));

enum { LANES = 4, STRIDE = LANES * (int)sizeof(lane) };

void hf_ws_mask_portable(uint8_t *data, size_t len, const uint8_t key[HF_WS_MASK_BYTES],
                         size_t offset)
{
    for (size_t i = 0; i < len; i++) data[i] ^= key[(offset + i) % HF_WS_MASK_BYTES];
}

void hf_ws_mask(uint8_t *data, size_t len, const uint8_t key[HF_WS_MASK_BYTES], size_t offset)
{
    lane repeated, bytes[LANES];
    size_t i = 0;
    for (size_t k = 0; k < sizeof repeated; k++) repeated[k] = key[(offset + k) % HF_WS_MASK_BYTES];
    for (; len - i >= STRIDE; i += STRIDE) {
        memcpy(bytes, data + i, sizeof bytes);
        for (size_t k = 0; k < LANES; k++) bytes[k] ^= repeated;
        memcpy(data + i, bytes, sizeof bytes);
    }
    for (; len - i >= sizeof(lane); i += sizeof(lane)) {
        memcpy(bytes, data + i, sizeof(lane));
        bytes[0] ^= repeated;
        memcpy(data + i, bytes, sizeof(lane));
    }
    hf_ws_mask_portable(data + i, len - i, key, offset + i);
}
