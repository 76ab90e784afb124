#include "base/err.h"
#include "core/admit.h"
#include "core/output/lines.h"
#include "core/pings.h"
#include "core/presence.h"
#include "core/stability.h"
#include "core/work.h"
#include "lib/check.h"
#include "lib/fault.h"

static const struct hf_hash_key hash_key = { 5, 6 };

static int first_error(int first, int next)
{
    return first ? first : next;
}

/* A slot that could not be reserved is not used; those before it stay. */
static int admit(void)
{
    static const struct hf_admit_limits limits = { .connections = 1000,
                                                   .per_address = 1000,
                                                   .preauth = 1000,
                                                   .head_within = HF_MS(1),
                                                   .hello_within = HF_MS(1) };
    static const uint8_t address[HF_ADMIT_ADDRESS_BYTES] = { 1 };
    struct hf_admit a;
    int err = 0;
    hf_admit_init(&a, &limits, hash_key);
    for (uint32_t slot = 0; slot < 200; slot++) {
        int got = hf_admit_reserve(&a, slot);
        err = first_error(err, got);
        if (got == 0)
            CHECK_EQ(hf_admit_accept(&a, hf_at_ms(0), (hf_id)1 << 32 | slot, address).why,
                     HF_ADMIT_OK);
    }
    CHECK(a.total >= 199);
    hf_admit_fini(&a);
    return err;
}

static int pings(void)
{
    struct hf_pings p;
    hf_pings_init(&p, HF_MS(250));
    int err = hf_pings_reserve(&p, 5);
    if (err == 0) hf_pings_set(&p, 5, hf_at_ms(1));
    hf_pings_fini(&p);
    return err;
}

static int work(void)
{
    struct hf_work w;
    hf_work_init(&w, hash_key);
    int err = hf_work_set(&w, hf_at_ms(1), HF_LIT("a"), HF_WORK_WAITING, 0, false);
    CHECK_EQ(hf_work_counts(&w).waiting, err == 0);
    err = first_error(err, hf_work_set(&w, hf_at_ms(2), HF_LIT("b"), HF_WORK_WAITING, 0, false));
    hf_work_fini(&w);
    return err;
}

static int stability(void)
{
    struct hf_stability s;
    int err = hf_stability_init(&s);
    hf_stability_fini(&s);
    return err;
}

/* An entry that could not be copied leaves the list as it was. */
static int presence(void)
{
    struct hf_presence p;
    struct hf_presence_entry entry = { .kind = HF_PRESENCE_CLIENT };
    entry.texts[HF_PRESENCE_INSTANCE_ID] = HF_LIT("ui-1");
    int err = hf_presence_init(&p);
    if (err == 0) {
        err = hf_presence_connect(&p, 1, &entry);
        size_t count = hf_presence_count(&p);
        CHECK_EQ(count, err == 0);
        int again = hf_presence_connect(&p, 2, &entry);
        CHECK_EQ(hf_presence_count(&p), count + (err != 0 && again == 0));
        err = first_error(err, again);
        err = first_error(err, hf_presence_event(&p, HF_LIT("line"), 1));
    }
    hf_presence_fini(&p);
    return err;
}

static void each_failed_allocation_is_an_error_and_leaks_nothing(void)
{
    fault_each(admit);
    fault_each(pings);
    fault_each(work);
    fault_each(stability);
    fault_each(presence);
}

/* A line that could not be carried once is in two; the next one is whole again. */
static void memory_that_failed_once_tears_one_line(void)
{
    struct hf_lines l;
    struct hf_bytes line, parts[] = { HF_LIT("ab"), HF_LIT("c\nde"), HF_LIT("f\n") };
    static const char *const want[] = { "ab", "c", "def" };
    size_t count = 0;
    hf_lines_init(&l);
    fault_arm(1);
    for (size_t i = 0; i < HF_COUNT(parts); i++)
        while (hf_lines_next(&l, &parts[i], &line)) {
            CHECK_AT(count, count < HF_COUNT(want));
            CHECK_TEXT_AT(count, line, want[count]);
            count++;
        }
    CHECK(fault_was_hit());
    CHECK_EQ(count, HF_COUNT(want));
    fault_arm(0);
    hf_lines_fini(&l);
}

CHECK_MAIN(memory_that_failed_once_tears_one_line,
           each_failed_allocation_is_an_error_and_leaks_nothing)
