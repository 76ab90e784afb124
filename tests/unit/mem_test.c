#include "base/mem.h"
#include "lib/check.h"

static void cleared_memory_is_zero(void)
{
    enum { BYTES = 64 };
    static const uint8_t zeros[BYTES];
    uint8_t *block = hf_mem_zero(8, BYTES / 8);
    CHECK(block != NULL);
    CHECK(memcmp(block, zeros, BYTES) == 0);
    hf_mem_free(block);
}

static void growing_keeps_what_was_there(void)
{
    uint8_t *block = hf_mem_grow(NULL, 4);
    CHECK(block != NULL);
    memcpy(block, "abcd", 4);
    block = hf_mem_grow(block, 100000);
    CHECK(block != NULL);
    CHECK(memcmp(block, "abcd", 4) == 0);
    hf_mem_free(block);
}

static void a_size_that_would_wrap_is_no_memory(void)
{
    CHECK(hf_mem_zero(SIZE_MAX / 2 + 1, 2) == NULL);
}

static void freeing_nothing_and_trimming_are_fine(void)
{
    hf_mem_free(NULL);
    hf_mem_trim();
    void *block = hf_mem_new(1);
    CHECK(block != NULL);
    hf_mem_free(block);
}

CHECK_MAIN(cleared_memory_is_zero, growing_keeps_what_was_there,
           a_size_that_would_wrap_is_no_memory, freeing_nothing_and_trimming_are_fine)
