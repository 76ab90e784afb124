#include "base/pool.h"
#include "base/err.h"
#include "lib/check.h"

static void an_id_finds_its_item_until_it_is_dropped(void)
{
    struct hf_pool p;
    hf_id id;
    void *item;
    hf_pool_init(&p, sizeof(int), 10);
    CHECK_EQ(hf_pool_new(&p, &id, &item), 0);
    CHECK(id != 0);
    CHECK(hf_pool_find(&p, id) == item);
    hf_pool_drop(&p, id);
    CHECK(hf_pool_find(&p, id) == NULL);
    hf_pool_drop(&p, id);
    hf_pool_fini(&p);
}

static void a_slot_finds_its_live_item_only(void)
{
    struct hf_pool p;
    hf_id id;
    void *item;
    hf_pool_init(&p, sizeof(int), 10);
    CHECK(hf_pool_at(&p, 0) == NULL);
    CHECK_EQ(hf_pool_new(&p, &id, &item), 0);
    CHECK(hf_pool_at(&p, hf_id_slot(id)) == item);
    CHECK(hf_pool_at(&p, hf_id_slot(id) + 1) == NULL);
    hf_pool_drop(&p, id);
    CHECK(hf_pool_at(&p, hf_id_slot(id)) == NULL);
    hf_pool_fini(&p);
}

static void a_stale_id_does_not_find_the_next_item_in_its_slot(void)
{
    struct hf_pool p;
    hf_id old_id, new_id;
    void *item;
    hf_pool_init(&p, sizeof(int), 10);
    CHECK_EQ(hf_pool_new(&p, &old_id, &item), 0);
    hf_pool_drop(&p, old_id);
    CHECK_EQ(hf_pool_new(&p, &new_id, &item), 0);
    CHECK_EQ(hf_id_slot(new_id), hf_id_slot(old_id));
    CHECK(hf_pool_find(&p, old_id) == NULL);
    CHECK(hf_pool_find(&p, new_id) == item);
    hf_pool_fini(&p);
}

static void the_bound_holds_at_n_and_refuses_at_n_plus_1(void)
{
    enum { MAX = 130 };
    struct hf_pool p;
    hf_id ids[MAX], id;
    void *item;
    hf_pool_init(&p, 40, MAX);
    for (size_t i = 0; i < MAX; i++) CHECK_EQ_AT(i, hf_pool_new(&p, &ids[i], &item), 0);
    CHECK_EQ(hf_pool_new(&p, &id, &item), HF_ERR_LIMIT);
    hf_pool_drop(&p, ids[77]);
    CHECK_EQ(hf_pool_new(&p, &id, &item), 0);
    CHECK_EQ(hf_id_slot(id), hf_id_slot(ids[77]));
    hf_pool_fini(&p);
}

static void the_walk_meets_each_live_item_once(void)
{
    enum { MAX = 200 };
    struct hf_pool p;
    hf_id ids[MAX];
    void *item;
    hf_pool_init(&p, 8, MAX);
    for (size_t i = 0; i < MAX; i++) CHECK_EQ(hf_pool_new(&p, &ids[i], &item), 0);
    for (size_t i = 0; i < MAX; i++)
        if (i % 3 != 0 || (i >= 64 && i < 128)) hf_pool_drop(&p, ids[i]);
    size_t met = 0;
    for (hf_id id = hf_pool_next(&p, 0); id; id = hf_pool_next(&p, id)) {
        CHECK(hf_pool_find(&p, id) != NULL);
        met++;
    }
    CHECK_EQ(met, p.live);
    hf_pool_fini(&p);
}

static void an_empty_chunk_is_given_back_and_its_ids_stay_stale(void)
{
    struct hf_pool p;
    hf_id first, second;
    void *item;
    hf_pool_init(&p, 8, 10);
    CHECK_EQ(hf_pool_new(&p, &first, &item), 0);
    hf_pool_drop(&p, first);
    CHECK(p.chunks[0] == NULL);
    CHECK_EQ(hf_pool_new(&p, &second, &item), 0);
    CHECK(first != second);
    CHECK(hf_pool_find(&p, first) == NULL);
    hf_pool_fini(&p);
}

CHECK_MAIN(an_id_finds_its_item_until_it_is_dropped, a_slot_finds_its_live_item_only,
           a_stale_id_does_not_find_the_next_item_in_its_slot,
           the_bound_holds_at_n_and_refuses_at_n_plus_1, the_walk_meets_each_live_item_once,
           an_empty_chunk_is_given_back_and_its_ids_stay_stale)
