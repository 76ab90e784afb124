#include "base/blob.h"
#include "base/buf.h"
#include "base/dueq.h"
#include "base/err.h"
#include "base/log.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/ring.h"
#include "lib/check.h"
#include "lib/fault.h"

static int blob(void)
{
    struct hf_blob *b = hf_blob_new(HF_LIT("body"));
    if (!b) return HF_ERR_NOMEM;
    hf_blob_drop(b);
    return 0;
}

/* Grows several times; what was there before the failure stays. */
static int buf(void)
{
    struct hf_buf b;
    hf_buf_init(&b, 100000);
    for (int i = 0; i < 1000; i++) hf_buf_addf(&b, "%d,", i);
    CHECK(b.len == 0 || hf_bytes_starts(hf_buf_view(&b), HF_LIT("0,1,2,3,4,5,6,7,8,9,10,")));
    int err = hf_buf_done(&b);
    hf_buf_fini(&b);
    return err;
}

static int log_line(void)
{
    struct hf_log_field field = HF_TEXT("key", HF_LIT("needs quotes"));
    struct hf_log_record record = { .event = "e", .fields = &field, .field_count = 1 };
    struct hf_buf b;
    hf_buf_init(&b, 1000);
    hf_log_format(&b, &record);
    int err = hf_buf_done(&b);
    hf_buf_fini(&b);
    return err;
}

static int ring(void)
{
    struct hf_ring r = { 0 };
    int err = hf_ring_init(&r, 8, 10);
    if (err == 0) CHECK(hf_ring_push(&r) != NULL);
    hf_ring_fini(&r);
    return err;
}

static int map(void)
{
    struct hf_map m = { 0 };
    int err = hf_map_init(&m, 10);
    if (err == 0) CHECK_EQ(hf_map_put(&m, 1, 1), 0);
    hf_map_fini(&m);
    return err;
}

enum { ITEMS = 200 };

/* A failed call changes nothing: the next one succeeds. */
static int pool(void)
{
    struct hf_pool p;
    hf_id id;
    void *item;
    int first_err = 0;
    hf_pool_init(&p, 40, ITEMS);
    for (uint32_t i = 0; i < ITEMS; i++) {
        int err = hf_pool_new(&p, &id, &item);
        if (err != 0) {
            CHECK_EQ(p.live, i);
            first_err = err;
            CHECK_EQ(hf_pool_new(&p, &id, &item), 0);
        }
        CHECK(hf_pool_find(&p, id) == item);
    }
    CHECK_EQ(p.live, ITEMS);
    hf_pool_fini(&p);
    return first_err;
}

static int dueq(void)
{
    struct hf_dueq q;
    uint32_t slot;
    int first_err = 0;
    hf_dueq_init(&q);
    for (uint32_t i = 0; i < ITEMS; i++) {
        int err = hf_dueq_reserve(&q, i);
        if (err != 0) {
            first_err = err;
            CHECK_EQ(hf_dueq_reserve(&q, i), 0);
        }
        hf_dueq_set(&q, i, hf_at_ms(ITEMS - i));
    }
    for (uint32_t i = ITEMS; i-- > 0;) {
        CHECK(hf_dueq_pop(&q, HF_NEVER, &slot));
        CHECK_EQ(slot, i);
    }
    hf_dueq_fini(&q);
    return first_err;
}

static void each_failed_allocation_is_an_error_and_leaks_nothing(void)
{
    fault_each(blob);
    fault_each(buf);
    fault_each(log_line);
    fault_each(ring);
    fault_each(map);
    fault_each(pool);
    fault_each(dueq);
}

CHECK_MAIN(each_failed_allocation_is_an_error_and_leaks_nothing)
