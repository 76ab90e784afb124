/* host/identity.h: a device's private key as a file holds it.
 *
 * An Ed25519 key in PEM form, PKCS #8 (RFC 8410 section 7). */
#ifndef HF_HOST_IDENTITY_H
#define HF_HOST_IDENTITY_H

#include "base/crypto.h"

enum { HF_IDENTITY_PEM_BYTES = 256 };

/* The key of a PEM text: true and it, or false. */
bool hf_identity_read(struct hf_bytes pem, uint8_t out[HF_ED25519_KEY_BYTES]);

/* Writes the text without a zero; returns its length. */
size_t hf_identity_write(const uint8_t key[HF_ED25519_KEY_BYTES], char out[HF_IDENTITY_PEM_BYTES]);

#endif
