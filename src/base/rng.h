/* base/rng.h: a seeded generator that is passed in.
 *
 * SHA-256 in counter mode over a 32-byte seed: whoever sees its output (nonces,
 * connection ids) cannot tell what comes next, and the same seed gives the same
 * sequence, which is what the simulator lives from.  The host seeds it from the
 * system's entropy. */
#ifndef HF_BASE_RNG_H
#define HF_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

enum { HF_RNG_SEED_BYTES = 32, HF_UUID_CHARS = 36 };

struct hf_rng {
    uint8_t seed[HF_RNG_SEED_BYTES];
    uint64_t counter;
    uint8_t block[32];
    uint32_t left; /* bytes of block not yet given out */
};

void hf_rng_init(struct hf_rng *r, const uint8_t seed[HF_RNG_SEED_BYTES]);
void hf_rng_init_number(struct hf_rng *r, uint64_t seed); /* for tests and simulation */

void hf_rng_bytes(struct hf_rng *r, uint8_t *out, size_t len);
uint64_t hf_rng_u64(struct hf_rng *r);
uint64_t hf_rng_below(struct hf_rng *r, uint64_t bound); /* 0 <= x < bound; bound > 0 */

/* A random UUID (version 4) in lower-case text, 36 characters and a zero. */
void hf_rng_uuid(struct hf_rng *r, char out[HF_UUID_CHARS + 1]);

#endif
