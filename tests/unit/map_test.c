#include "base/map.h"
#include "base/err.h"
#include "base/rng.h"
#include "lib/check.h"

static const struct hf_hash_key key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

/* Message 00 01 02 ... of each length; the values come from a second
 * implementation that was itself checked with the vector of the SipHash paper. */
static void the_hash_is_siphash_1_3(void)
{
    static const struct {
        size_t len;
        uint64_t want;
    } rows[] = {
        { 0, 0xabac0158050fc4dc }, { 1, 0xc9f49bf37d57ca93 },  { 7, 0xd3927d989bb11140 },
        { 8, 0x369095118d299a8e }, { 15, 0xd320d86d2a519956 },
    };
    uint8_t message[16];
    for (size_t i = 0; i < sizeof message; i++) message[i] = (uint8_t)i;
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_AT(i, hf_hash(key, hf_bytes(message, rows[i].len)) == rows[i].want);
}

static size_t count_of(const struct hf_map *m, uint64_t hash, uint32_t wanted)
{
    size_t count = 0;
    uint32_t at = hf_map_start(m, hash), value;
    while (hf_map_next(m, hash, &at, &value)) count += value == wanted;
    return count;
}

static void a_zeroed_map_finds_nothing(void)
{
    struct hf_map m = { 0 };
    CHECK_EQ(count_of(&m, 5, 0), 0);
    hf_map_fini(&m);
}

static void entries_that_share_a_hash_are_all_met(void)
{
    struct hf_map m;
    CHECK_EQ(hf_map_init(&m, 8), 0);
    for (uint32_t i = 0; i < 5; i++) CHECK_EQ(hf_map_put(&m, 15, i), 0);
    for (uint32_t i = 0; i < 5; i++) CHECK_EQ_AT(i, count_of(&m, 15, i), 1);
    hf_map_drop(&m, 15, 2);
    CHECK_EQ(count_of(&m, 15, 2), 0);
    CHECK_EQ(count_of(&m, 15, 4), 1);
    hf_map_fini(&m);
}

static void the_bound_holds_at_n_and_refuses_at_n_plus_1(void)
{
    struct hf_map m;
    CHECK_EQ(hf_map_init(&m, 3), 0);
    for (uint32_t i = 0; i < 3; i++) CHECK_EQ_AT(i, hf_map_put(&m, i, i), 0);
    CHECK_EQ(hf_map_put(&m, 3, 3), HF_ERR_LIMIT);
    hf_map_drop(&m, 1, 1);
    CHECK_EQ(hf_map_put(&m, 3, 3), 0);
    hf_map_fini(&m);
}

/* Few different hashes at the end of the table, so that runs wrap around and gaps
 * close over it; a plain array is the model. */
static void many_random_changes_lose_nothing(void)
{
    enum { VALUES = 60, STEPS = 50000 };
    uint64_t hashes[VALUES];
    bool is_in[VALUES] = { false };
    struct hf_rng rng;
    struct hf_map m;
    hf_rng_init_number(&rng, 7);
    CHECK_EQ(hf_map_init(&m, VALUES), 0);
    for (int step = 0; step < STEPS; step++) {
        uint32_t value = (uint32_t)hf_rng_below(&rng, VALUES);
        if (is_in[value]) {
            hf_map_drop(&m, hashes[value], value);
        } else {
            hashes[value] = 100 + hf_rng_below(&rng, 40);
            CHECK_EQ_AT(step, hf_map_put(&m, hashes[value], value), 0);
        }
        is_in[value] = !is_in[value];
        uint32_t probe = (uint32_t)hf_rng_below(&rng, VALUES);
        CHECK_EQ_AT(step, count_of(&m, hashes[probe], probe), is_in[probe]);
    }
    for (uint32_t i = 0; i < VALUES; i++) CHECK_EQ_AT(i, count_of(&m, hashes[i], i), is_in[i]);
    hf_map_fini(&m);
}

CHECK_MAIN(the_hash_is_siphash_1_3, a_zeroed_map_finds_nothing,
           entries_that_share_a_hash_are_all_met, the_bound_holds_at_n_and_refuses_at_n_plus_1,
           many_random_changes_lose_nothing)
