#include "base/ring.h"
#include "base/err.h"
#include "lib/check.h"

enum { CAP = 3 };

static void push(struct hf_ring *r, int value)
{
    int *item = hf_ring_push(r);
    CHECK(item != NULL);
    *item = value;
}

static int at(const struct hf_ring *r, size_t i)
{
    return *(const int *)hf_ring_at(r, i);
}

static void items_come_out_oldest_first_round_and_round(void)
{
    struct hf_ring r;
    CHECK_EQ(hf_ring_init(&r, sizeof(int), CAP), 0);
    for (int i = 0; i < 10; i++) {
        push(&r, i);
        push(&r, i + 100);
        CHECK_EQ(at(&r, 0), i);
        CHECK_EQ(at(&r, 1), i + 100);
        hf_ring_pop(&r, 2);
        CHECK_EQ(r.len, 0);
    }
    hf_ring_pop(&r, 0);
    hf_ring_fini(&r);
}

static void the_bound_holds_at_n_and_refuses_at_n_plus_1(void)
{
    struct hf_ring r;
    CHECK_EQ(hf_ring_init(&r, sizeof(int), CAP), 0);
    for (int i = 0; i < CAP; i++) push(&r, i);
    CHECK(hf_ring_push(&r) == NULL);
    CHECK_EQ(r.len, CAP);
    hf_ring_pop(&r, 1);
    push(&r, 9);
    CHECK_EQ(at(&r, 0), 1);
    CHECK_EQ(at(&r, CAP - 1), 9);
    hf_ring_fini(&r);
}

static void pushing_over_drops_the_oldest_and_tells(void)
{
    struct hf_ring r;
    bool was_full;
    CHECK_EQ(hf_ring_init(&r, sizeof(int), CAP), 0);
    for (int i = 0; i < CAP + 2; i++) {
        *(int *)hf_ring_push_over(&r, &was_full) = i;
        CHECK_EQ_AT(i, was_full, i >= CAP);
    }
    for (size_t i = 0; i < CAP; i++) CHECK_EQ_AT(i, at(&r, i), (int)i + 2);
    *(int *)hf_ring_push_over(&r, NULL) = 7;
    CHECK_EQ(at(&r, CAP - 1), 7);
    hf_ring_fini(&r);
}

static void finishing_a_zeroed_ring_is_fine(void)
{
    struct hf_ring r = { 0 };
    hf_ring_fini(&r);
}

CHECK_MAIN(items_come_out_oldest_first_round_and_round,
           the_bound_holds_at_n_and_refuses_at_n_plus_1, pushing_over_drops_the_oldest_and_tells,
           finishing_a_zeroed_ring_is_fine)
