/* core/pin.h: the fingerprint that a gateway's certificate must have. */
#ifndef HF_CORE_PIN_H
#define HF_CORE_PIN_H

#include "base/crypto.h"

/* SHA-256 as 64 hexadecimal digits or 32 pairs with colons between them, "sha256:" may
 * stand in front (spec/client-lifecycle.md 7.1).  False when it is none. */
bool hf_pin_read(struct hf_bytes text, uint8_t out[HF_SHA256_BYTES]);

#endif
