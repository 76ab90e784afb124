#include "wire/ws_mask.h"
#include "base/rng.h"
#include "lib/check.h"

static const uint8_t key[HF_WS_MASK_BYTES] = { 0x37, 0xFA, 0x21, 0x3D };

static void the_example_of_rfc_6455_section_5_7_unmasks(void)
{
    uint8_t data[] = { 0x7F, 0x9F, 0x4D, 0x51, 0x58 };
    hf_ws_mask(data, sizeof data, key, 0);
    CHECK_TEXT(hf_bytes(data, sizeof data), "Hello");
}

enum { LEN_MAX = 200, SHIFT_MAX = 17, OFFSET_MAX = 6 };

static void the_fast_way_agrees_with_the_plain_one(void)
{
    uint8_t fast[LEN_MAX + SHIFT_MAX + 1], plain[sizeof fast];
    struct hf_rng rng;
    hf_rng_init_number(&rng, 1);
    for (size_t len = 0; len <= LEN_MAX; len++) {
        for (size_t shift = 0; shift < SHIFT_MAX; shift++) {
            for (size_t offset = 0; offset < OFFSET_MAX; offset++) {
                hf_rng_bytes(&rng, fast, 32);
                memcpy(plain, fast, sizeof fast);
                hf_ws_mask(fast + shift, len, key, offset);
                hf_ws_mask_portable(plain + shift, len, key, offset);
                CHECK_AT(len, memcmp(fast, plain, sizeof fast) == 0);
            }
        }
    }
}

static void pieces_give_what_the_whole_gives(void)
{
    uint8_t whole[LEN_MAX], pieces[LEN_MAX];
    for (size_t cut = 0; cut <= LEN_MAX; cut++) {
        memset(whole, 'x', sizeof whole);
        memset(pieces, 'x', sizeof pieces);
        hf_ws_mask(whole, sizeof whole, key, 0);
        hf_ws_mask(pieces, cut, key, 0);
        hf_ws_mask(pieces + cut, sizeof pieces - cut, key, cut);
        CHECK_AT(cut, memcmp(whole, pieces, sizeof whole) == 0);
    }
}

static void masking_twice_gives_the_text_back(void)
{
    uint8_t data[LEN_MAX] = "a text and many zeros";
    uint8_t before[LEN_MAX];
    memcpy(before, data, sizeof data);
    hf_ws_mask(data, sizeof data, key, 3);
    CHECK(memcmp(data, before, sizeof data) != 0);
    hf_ws_mask(data, sizeof data, key, 3);
    CHECK(memcmp(data, before, sizeof data) == 0);
}

CHECK_MAIN(the_example_of_rfc_6455_section_5_7_unmasks, the_fast_way_agrees_with_the_plain_one,
           pieces_give_what_the_whole_gives, masking_twice_gives_the_text_back)
