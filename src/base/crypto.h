/* base/crypto.h: digests, text encodings of bytes, signatures, secrets.
 *
 * The only room that includes the crypto library.  Nothing here keeps state.  The
 * library sets itself up when the first signature needs it, on whatever thread: a
 * client of a ws:// gateway without a device never does. */
#ifndef HF_BASE_CRYPTO_H
#define HF_BASE_CRYPTO_H

#include "base/bytes.h"

enum {
    HF_SHA1_BYTES = 20,
    HF_SHA256_BYTES = 32,
    HF_ED25519_KEY_BYTES = 32,
    HF_ED25519_SIG_BYTES = 64,
};

/* Characters needed for `len` bytes, without a zero. */
#define HF_BASE64_CHARS(len) (((len) + 2) / 3 * 4)
#define HF_BASE64URL_CHARS(len) (((len)*4 + 2) / 3)
#define HF_HEX_CHARS(len) ((len)*2)

/* For programs that sign or verify: sets the library up now, and without its configuration
 * file.  Not for a library inside of somebody else's program. */
void hf_crypto_start(void);

/* These three do without the library. */
void hf_sha1(struct hf_bytes data, uint8_t out[HF_SHA1_BYTES]);
void hf_sha256(struct hf_bytes data, uint8_t out[HF_SHA256_BYTES]);
void hf_hmac_sha256(struct hf_bytes key, struct hf_bytes data, uint8_t out[HF_SHA256_BYTES]);

/* Whether `sig` is the Ed25519 signature of `data` under the raw public key. */
bool hf_ed25519_verify(const uint8_t key[HF_ED25519_KEY_BYTES], struct hf_bytes data,
                       const uint8_t sig[HF_ED25519_SIG_BYTES]);

/* Public key and signature of a raw 32-byte private key: 0 or HF_ERR_CRYPTO. */
int hf_ed25519_public(const uint8_t secret[HF_ED25519_KEY_BYTES],
                      uint8_t out[HF_ED25519_KEY_BYTES]);
int hf_ed25519_sign(const uint8_t secret[HF_ED25519_KEY_BYTES], struct hf_bytes data,
                    uint8_t out[HF_ED25519_SIG_BYTES]);

/* Text forms; `out` has room for the characters above and no zero is added.
 * Return the number of characters written. */
size_t hf_base64_write(struct hf_bytes data, char *out);
size_t hf_base64url_write(struct hf_bytes data, char *out); /* no padding */
size_t hf_hex_write(struct hf_bytes data, char *out);       /* lower case */

/* Strict readers: exactly the alphabet, no white space, no stray bits; base64
 * wants its padding, base64url takes none.  `out` has room for `cap` bytes.
 * 0 and `*len`, or HF_ERR_SYNTAX, or HF_ERR_TOO_LARGE. */
int hf_base64_read(struct hf_bytes text, uint8_t *out, size_t cap, size_t *len);
int hf_base64url_read(struct hf_bytes text, uint8_t *out, size_t cap, size_t *len);

/* Same length and bytes, in time that depends on the lengths only. */
bool hf_secret_same(struct hf_bytes a, struct hf_bytes b);

/* Overwrites in a way the compiler keeps. */
void hf_wipe(void *ptr, size_t len);

#endif
