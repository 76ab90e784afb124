/* wire/ws_mask.h: the masking of WebSocket payloads (RFC 6455 section 5.3).
 *
 * Masking and unmasking are the same exclusive or with a key of four bytes that
 * repeats over the payload of one frame.  In place, any alignment. */
#ifndef HF_WIRE_WS_MASK_H
#define HF_WIRE_WS_MASK_H

#include <stddef.h>
#include <stdint.h>

enum { HF_WS_MASK_BYTES = 4 };

/* `offset` is how many bytes of the same payload came before `data`. */
void hf_ws_mask(uint8_t *data, size_t len, const uint8_t key[HF_WS_MASK_BYTES], size_t offset);

/* The same one byte at a time: what tests compare the fast way with. */
void hf_ws_mask_portable(uint8_t *data, size_t len, const uint8_t key[HF_WS_MASK_BYTES],
                         size_t offset);

#endif
