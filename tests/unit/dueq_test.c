#include "base/dueq.h"
#include "base/rng.h"
#include "lib/check.h"

static void the_earliest_comes_first(void)
{
    static const struct {
        uint32_t slot;
        int64_t ms;
    } rows[] = { { 3, 30 }, { 1, 10 }, { 200, 20 }, { 0, 40 } };
    static const uint32_t want[] = { 1, 200, 3, 0 };
    struct hf_dueq q;
    hf_dueq_init(&q);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        CHECK_EQ(hf_dueq_reserve(&q, rows[i].slot), 0);
        hf_dueq_set(&q, rows[i].slot, hf_at_ms(rows[i].ms));
    }
    for (size_t i = 0; i < HF_COUNT(want); i++) {
        uint32_t slot = UINT32_MAX;
        CHECK_AT(i, hf_dueq_pop(&q, hf_at_ms(100), &slot));
        CHECK_EQ_AT(i, slot, want[i]);
    }
    CHECK(hf_time_same(hf_dueq_due(&q), HF_NEVER));
    hf_dueq_fini(&q);
}

static void a_deadline_is_due_at_its_instant_and_not_before(void)
{
    struct hf_dueq q;
    uint32_t slot;
    hf_dueq_init(&q);
    CHECK_EQ(hf_dueq_reserve(&q, 5), 0);
    hf_dueq_set(&q, 5, hf_at_ms(10));
    CHECK(!hf_dueq_pop(&q, (hf_time){ hf_at_ms(10).ns - 1 }, &slot));
    CHECK(hf_dueq_pop(&q, hf_at_ms(10), &slot));
    CHECK_EQ(slot, 5);
    hf_dueq_fini(&q);
}

static void a_slot_has_one_deadline_and_never_clears_it(void)
{
    struct hf_dueq q;
    hf_dueq_init(&q);
    CHECK_EQ(hf_dueq_reserve(&q, 1), 0);
    hf_dueq_set(&q, 1, hf_at_ms(10));
    hf_dueq_set(&q, 1, hf_at_ms(30));
    CHECK(hf_time_same(hf_dueq_due(&q), hf_at_ms(30)));
    hf_dueq_set(&q, 1, hf_at_ms(5));
    CHECK(hf_time_same(hf_dueq_due(&q), hf_at_ms(5)));
    hf_dueq_set(&q, 1, HF_NEVER);
    hf_dueq_set(&q, 1, HF_NEVER);
    CHECK(hf_time_same(hf_dueq_due(&q), HF_NEVER));
    hf_dueq_fini(&q);
}

/* Against a plain array as the model. */
static void many_random_changes_keep_the_order(void)
{
    enum { SLOTS = 150, STEPS = 20000 };
    hf_time model[SLOTS];
    struct hf_rng rng;
    struct hf_dueq q;
    hf_rng_init_number(&rng, 1);
    hf_dueq_init(&q);
    for (uint32_t i = 0; i < SLOTS; i++) {
        CHECK_EQ(hf_dueq_reserve(&q, i), 0);
        model[i] = HF_NEVER;
    }
    for (int step = 0; step < STEPS; step++) {
        uint32_t slot = (uint32_t)hf_rng_below(&rng, SLOTS);
        hf_time at =
            hf_rng_below(&rng, 4) == 0 ? HF_NEVER : hf_at_ms((int64_t)hf_rng_below(&rng, 999));
        hf_dueq_set(&q, slot, at);
        model[slot] = at;
        hf_time earliest = HF_NEVER;
        for (size_t i = 0; i < SLOTS; i++) earliest = hf_time_min(earliest, model[i]);
        CHECK_AT(step, hf_time_same(hf_dueq_due(&q), earliest));
        if (hf_rng_below(&rng, 3) == 0 && hf_dueq_pop(&q, earliest, &slot)) {
            CHECK_AT(step, hf_time_same(model[slot], earliest));
            model[slot] = HF_NEVER;
        }
    }
    hf_dueq_fini(&q);
}

static void the_nth_earliest_is_found_without_taking_any(void)
{
    enum { SLOTS = 200 };
    struct hf_dueq q;
    hf_dueq_init(&q);
    CHECK(hf_time_same(hf_dueq_nth(&q, 1), HF_NEVER));
    for (uint32_t i = 0; i < SLOTS; i++) {
        CHECK_EQ(hf_dueq_reserve(&q, i), 0);
        hf_dueq_set(&q, i, hf_at_ms(i * 77 % SLOTS)); /* 77 and 200 share no factor: 0 to 199 */
    }
    for (uint32_t n = 1; n <= HF_DUEQ_NTH_MAX; n++)
        CHECK_AT(n, hf_time_same(hf_dueq_nth(&q, n), hf_at_ms(n - 1)));
    hf_dueq_fini(&q);
}

static void fewer_than_n_deadlines_have_no_nth(void)
{
    struct hf_dueq q;
    hf_dueq_init(&q);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_EQ(hf_dueq_reserve(&q, i), 0);
        hf_dueq_set(&q, i, hf_at_ms(5));
    }
    CHECK(hf_time_same(hf_dueq_nth(&q, 3), hf_at_ms(5)));
    CHECK(hf_time_same(hf_dueq_nth(&q, 4), HF_NEVER));
    hf_dueq_fini(&q);
}

CHECK_MAIN(the_earliest_comes_first, a_deadline_is_due_at_its_instant_and_not_before,
           a_slot_has_one_deadline_and_never_clears_it, many_random_changes_keep_the_order,
           the_nth_earliest_is_found_without_taking_any, fewer_than_n_deadlines_have_no_nth)
