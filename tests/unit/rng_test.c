#include "base/rng.h"
#include "base/crypto.h"
#include "lib/check.h"

static void the_same_seed_gives_the_same_sequence(void)
{
    struct hf_rng a, b, c;
    hf_rng_init_number(&a, 7);
    hf_rng_init_number(&b, 7);
    hf_rng_init_number(&c, 8);
    bool is_other = false;
    for (int i = 0; i < 100; i++) {
        uint64_t value = hf_rng_u64(&a);
        CHECK_AT(i, value == hf_rng_u64(&b));
        is_other |= value != hf_rng_u64(&c);
    }
    CHECK(is_other);
}

static void the_first_block_is_the_digest_of_seed_and_counter(void)
{
    uint8_t input[HF_RNG_SEED_BYTES + 8] = "a seed", want[HF_SHA256_BYTES], got[HF_SHA256_BYTES];
    struct hf_rng r;
    hf_rng_init(&r, input);
    hf_rng_bytes(&r, got, sizeof got);
    hf_sha256(hf_bytes(input, sizeof input), want);
    CHECK(memcmp(got, want, sizeof got) == 0);
}

static void pieces_give_what_the_whole_gives(void)
{
    enum { LEN = 100 };
    uint8_t whole[LEN], pieces[LEN];
    for (size_t cut = 0; cut <= LEN; cut++) {
        struct hf_rng a, b;
        hf_rng_init_number(&a, 1);
        hf_rng_init_number(&b, 1);
        hf_rng_bytes(&a, whole, LEN);
        hf_rng_bytes(&b, pieces, cut);
        hf_rng_bytes(&b, pieces + cut, LEN - cut);
        CHECK_AT(cut, memcmp(whole, pieces, LEN) == 0);
    }
}

static void a_bounded_number_stays_below_and_reaches_every_value(void)
{
    struct hf_rng r;
    int met[10] = { 0 };
    hf_rng_init_number(&r, 3);
    for (int i = 0; i < 10000; i++) met[hf_rng_below(&r, HF_COUNT(met))]++;
    for (size_t i = 0; i < HF_COUNT(met); i++) CHECK_AT(i, met[i] > 850 && met[i] < 1150);
    CHECK_EQ(hf_rng_below(&r, 1), 0);
    CHECK(hf_rng_below(&r, UINT64_MAX) < UINT64_MAX);
}

static void a_uuid_has_the_form_of_version_4_and_does_not_come_twice(void)
{
    struct hf_rng r;
    char uuid[HF_UUID_CHARS + 1], before[HF_UUID_CHARS + 1] = "";
    hf_rng_init_number(&r, 4);
    for (int i = 0; i < 100; i++) {
        hf_rng_uuid(&r, uuid);
        CHECK_EQ(strlen(uuid), HF_UUID_CHARS);
        for (size_t k = 0; k < HF_UUID_CHARS; k++) {
            bool is_dash = k == 8 || k == 13 || k == 18 || k == 23;
            CHECK_AT(k, is_dash ? uuid[k] == '-' : strchr("0123456789abcdef", uuid[k]) != NULL);
        }
        CHECK_EQ(uuid[14], '4');
        CHECK(strchr("89ab", uuid[19]) != NULL);
        CHECK(strcmp(uuid, before) != 0);
        memcpy(before, uuid, sizeof uuid);
    }
}

CHECK_MAIN(the_same_seed_gives_the_same_sequence, the_first_block_is_the_digest_of_seed_and_counter,
           pieces_give_what_the_whole_gives, a_bounded_number_stays_below_and_reaches_every_value,
           a_uuid_has_the_form_of_version_4_and_does_not_come_twice)
