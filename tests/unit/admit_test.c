#include "core/admit.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/rng.h"
#include "lib/check.h"

static const struct hf_hash_key hash_key = { 1, 2 };

static const struct hf_admit_limits small = { .connections = 6,
                                              .per_address = 4,
                                              .preauth = 3,
                                              .preauth_per_address = 0,
                                              .head_within = HF_SECONDS(5),
                                              .hello_within = HF_SECONDS(15) };

static hf_id conn(uint32_t slot)
{
    return (hf_id)1 << 32 | slot;
}

static struct hf_admit admit_with(const struct hf_admit_limits *limits)
{
    struct hf_admit a;
    hf_admit_init(&a, limits, hash_key);
    return a;
}

static struct hf_admit_verdict accept_at(struct hf_admit *a, int64_t ms, uint32_t slot,
                                         uint8_t from)
{
    uint8_t address[HF_ADMIT_ADDRESS_BYTES] = { [10] = 0xff, [11] = 0xff, [15] = from };
    CHECK_EQ(hf_admit_reserve(a, slot), 0);
    return hf_admit_accept(a, hf_at_ms(ms), conn(slot), address);
}

/* Takes a client all the way in. */
static void let_in(struct hf_admit *a, uint32_t slot, uint8_t from)
{
    CHECK_EQ_AT(slot, accept_at(a, 0, slot, from).why, HF_ADMIT_OK);
    hf_admit_upgraded(a, hf_at_ms(0), conn(slot));
    hf_admit_asked(a, conn(slot));
    hf_admit_hello(a, conn(slot));
}

static void a_full_pool_evicts_its_oldest_silent_socket(void)
{
    struct hf_admit a = admit_with(&small);
    for (uint32_t slot = 0; slot < 3; slot++) {
        struct hf_admit_verdict verdict = accept_at(&a, slot, slot, (uint8_t)slot);
        CHECK_EQ_AT(slot, verdict.why, HF_ADMIT_OK);
        CHECK_EQ_AT(slot, verdict.evict, 0);
    }
    hf_admit_upgraded(&a, hf_at_ms(5), conn(0));
    hf_admit_asked(&a, conn(0)); /* sent `connect`: the next oldest goes */
    struct hf_admit_verdict verdict = accept_at(&a, 6, 3, 9);
    CHECK_EQ(verdict.why, HF_ADMIT_OK);
    CHECK_EQ(verdict.evict, conn(1));
    CHECK_EQ(a.preauth, 3);
    hf_admit_drop(&a, conn(1)); /* it was taken out already */
    CHECK_EQ(a.total, 3);
    hf_admit_fini(&a);
}

static void sockets_that_sent_connect_are_never_evicted(void)
{
    struct hf_admit a = admit_with(&small);
    for (uint32_t slot = 0; slot < 3; slot++) {
        accept_at(&a, 0, slot, 1);
        hf_admit_upgraded(&a, hf_at_ms(0), conn(slot));
        hf_admit_asked(&a, conn(slot));
    }
    CHECK_EQ(accept_at(&a, 1, 3, 2).why, HF_ADMIT_PREAUTH);
    hf_admit_hello(&a, conn(1));
    CHECK_EQ(accept_at(&a, 2, 3, 2).why, HF_ADMIT_OK);
    hf_admit_fini(&a);
}

static void one_address_may_have_its_own_share_of_the_pool(void)
{
    struct hf_admit_limits limits = small;
    limits.preauth_per_address = 2;
    struct hf_admit a = admit_with(&limits);
    accept_at(&a, 0, 0, 7);
    accept_at(&a, 1, 1, 8);
    CHECK_EQ(accept_at(&a, 2, 2, 8).evict, 0);
    struct hf_admit_verdict verdict = accept_at(&a, 3, 3, 8); /* its own oldest, not 7's */
    CHECK_EQ(verdict.why, HF_ADMIT_OK);
    CHECK_EQ(verdict.evict, conn(1));
    hf_admit_upgraded(&a, hf_at_ms(4), conn(2));
    hf_admit_upgraded(&a, hf_at_ms(4), conn(3));
    hf_admit_asked(&a, conn(2));
    hf_admit_asked(&a, conn(3));
    CHECK_EQ(accept_at(&a, 5, 4, 8).why, HF_ADMIT_PREAUTH_PER_ADDRESS);
    CHECK_EQ(accept_at(&a, 5, 4, 7).evict, conn(0)); /* now the pool as a whole is full */
    hf_admit_fini(&a);
}

static void connections_are_bounded_in_all_and_per_address(void)
{
    struct hf_admit a = admit_with(&small);
    for (uint32_t slot = 0; slot < 4; slot++) let_in(&a, slot, 1);
    CHECK_EQ(accept_at(&a, 1, 4, 1).why, HF_ADMIT_PER_ADDRESS);
    let_in(&a, 4, 2);
    let_in(&a, 5, 2);
    CHECK_EQ(accept_at(&a, 1, 6, 3).why, HF_ADMIT_TOTAL);
    CHECK_EQ(a.total, 6);
    CHECK_EQ(a.preauth, 0);
    hf_admit_drop(&a, conn(0));
    CHECK_EQ(accept_at(&a, 2, 0, 1).why, HF_ADMIT_OK);
    hf_admit_fini(&a);
}

/* The eviction of the last socket of an address frees its entry, even when the new
 * socket comes from there. */
static void an_address_can_evict_its_own_only_socket(void)
{
    struct hf_admit_limits limits = small;
    limits.preauth = 1;
    struct hf_admit a = admit_with(&limits);
    accept_at(&a, 0, 0, 1);
    CHECK_EQ(accept_at(&a, 1, 1, 1).evict, conn(0));
    CHECK_EQ(a.by_address.len, 1);
    CHECK_EQ(a.preauth, 1);
    hf_admit_fini(&a);
}

static void hello_gives_the_share_of_the_pool_back(void)
{
    struct hf_admit_limits limits = small;
    limits.preauth_per_address = 1;
    struct hf_admit a = admit_with(&limits);
    for (uint32_t slot = 0; slot < 3; slot++) let_in(&a, slot, 1);
    CHECK_EQ(accept_at(&a, 1, 3, 1).evict, 0);
    hf_admit_fini(&a);
}

static void the_place_of_an_address_is_used_again(void)
{
    struct hf_admit a = admit_with(&small);
    for (uint8_t from = 0; from < 200; from++) {
        CHECK_EQ_AT(from, accept_at(&a, 0, 0, from).why, HF_ADMIT_OK);
        CHECK_EQ_AT(from, accept_at(&a, 0, 1, (uint8_t)(from + 50)).why, HF_ADMIT_OK);
        hf_admit_drop(&a, conn(0));
        hf_admit_drop(&a, conn(1));
    }
    CHECK_EQ(a.used_addresses, 2);
    CHECK_EQ(a.by_address.len, 0);
    hf_admit_fini(&a);
}

/* startup-retry 14, the part of the room: the deadlines do not look at the stage */
static void one_deadline_to_the_head_and_one_to_hello(void)
{
    struct hf_admit a = admit_with(&small);
    hf_id who;
    enum hf_admit_phase phase;
    accept_at(&a, 0, 0, 1);
    accept_at(&a, 100, 1, 1);
    CHECK(hf_time_same(hf_admit_due(&a), hf_at_ms(5000)));
    hf_admit_upgraded(&a, hf_at_ms(4999), conn(0));
    CHECK(hf_time_same(hf_admit_due(&a), hf_at_ms(5100)));
    CHECK(!hf_admit_expire(&a, hf_at_ms(5099), &who, &phase));
    CHECK(hf_admit_expire(&a, hf_at_ms(5100), &who, &phase));
    CHECK_EQ(who, conn(1));
    CHECK_EQ(phase, HF_ADMIT_HEAD);
    CHECK(!hf_admit_expire(&a, hf_at_ms(5100), &who, &phase));
    CHECK_EQ(a.preauth, 2);
    hf_admit_drop(&a, conn(1));

    hf_admit_asked(&a, conn(0)); /* asking does not move the deadline */
    CHECK(hf_time_same(hf_admit_due(&a), hf_at_ms(19999)));
    CHECK(hf_admit_expire(&a, hf_at_ms(20000), &who, &phase));
    CHECK_EQ(who, conn(0));
    CHECK_EQ(phase, HF_ADMIT_ASKED);
    hf_admit_fini(&a);
}

static void a_socket_that_waits_for_its_end_is_not_evicted_again(void)
{
    struct hf_admit a = admit_with(&small);
    hf_id who;
    enum hf_admit_phase phase;
    for (uint32_t slot = 0; slot < 3; slot++) accept_at(&a, slot, slot, 1);
    CHECK(hf_admit_expire(&a, hf_at_ms(5000), &who, &phase));
    CHECK_EQ(who, conn(0));
    CHECK_EQ(accept_at(&a, 5000, 3, 1).evict, conn(1));
    hf_admit_fini(&a);
}

static void hello_ends_the_deadline(void)
{
    struct hf_admit a = admit_with(&small);
    accept_at(&a, 0, 0, 1);
    hf_admit_upgraded(&a, hf_at_ms(4000), conn(0));
    hf_admit_upgraded(&a, hf_at_ms(9000), conn(0)); /* once is enough */
    CHECK(hf_time_same(hf_admit_due(&a), hf_at_ms(19000)));
    hf_admit_hello(&a, conn(0));
    CHECK(hf_time_same(hf_admit_due(&a), HF_NEVER));
    hf_admit_hello(&a, conn(0));
    CHECK_EQ(a.preauth, 0);
    hf_admit_fini(&a);
}

static void shorter_spans_after_a_reload_expire_first(void)
{
    struct hf_admit_limits limits = small;
    struct hf_admit a = admit_with(&limits);
    hf_id who;
    enum hf_admit_phase phase;
    accept_at(&a, 0, 0, 1);
    limits.head_within = HF_SECONDS(1);
    hf_admit_set_limits(&a, &limits);
    accept_at(&a, 100, 1, 1);
    CHECK(hf_time_same(hf_admit_due(&a), hf_at_ms(1100)));
    CHECK(hf_admit_expire(&a, hf_at_ms(1100), &who, &phase));
    CHECK_EQ(who, conn(1));
    CHECK(hf_time_same(hf_admit_due(&a), hf_at_ms(5000)));
    hf_admit_fini(&a);
}

static void a_stale_id_changes_nothing(void)
{
    struct hf_admit a = admit_with(&small);
    hf_id stale = (hf_id)2 << 32;
    accept_at(&a, 0, 0, 1);
    hf_admit_upgraded(&a, hf_at_ms(1), stale);
    hf_admit_asked(&a, stale);
    hf_admit_hello(&a, stale);
    hf_admit_drop(&a, stale);
    hf_admit_drop(&a, conn(5000));
    CHECK_EQ(a.total, 1);
    CHECK(hf_time_same(hf_admit_due(&a), hf_at_ms(5000)));
    hf_admit_fini(&a);
}

/* Against counters that are kept the simple way. */
static void many_random_lives_keep_the_counts(void)
{
    enum { SLOTS = 200, STEPS = 40000, ADDRESSES = 7 };
    static const struct hf_admit_limits limits = { .connections = 150,
                                                   .per_address = 40,
                                                   .preauth = 60,
                                                   .preauth_per_address = 12,
                                                   .head_within = HF_MS(50),
                                                   .hello_within = HF_MS(90) };
    struct hf_admit a = admit_with(&limits);
    struct hf_rng rng;
    enum hf_admit_phase model[SLOTS] = { HF_ADMIT_FREE };
    uint8_t from[SLOTS];
    hf_rng_init_number(&rng, 3);
    for (int64_t step = 0; step < STEPS; step++) {
        uint32_t slot = (uint32_t)hf_rng_below(&rng, SLOTS);
        switch (model[slot]) {
        case HF_ADMIT_FREE: {
            uint8_t address = (uint8_t)hf_rng_below(&rng, ADDRESSES);
            struct hf_admit_verdict verdict = accept_at(&a, step, slot, address);
            if (verdict.why != HF_ADMIT_OK) break;
            if (verdict.evict) {
                CHECK_AT(step, model[hf_id_slot(verdict.evict)] < HF_ADMIT_ASKED);
                model[hf_id_slot(verdict.evict)] = HF_ADMIT_FREE;
            }
            model[slot] = HF_ADMIT_HEAD;
            from[slot] = address;
            break;
        }
        case HF_ADMIT_HEAD:
            hf_admit_upgraded(&a, hf_at_ms(step), conn(slot));
            model[slot] = HF_ADMIT_SILENT;
            break;
        case HF_ADMIT_SILENT:
            hf_admit_asked(&a, conn(slot));
            model[slot] = HF_ADMIT_ASKED;
            break;
        case HF_ADMIT_ASKED:
            hf_admit_hello(&a, conn(slot));
            model[slot] = HF_ADMIT_IN;
            break;
        case HF_ADMIT_IN:
            hf_admit_drop(&a, conn(slot));
            model[slot] = HF_ADMIT_FREE;
            break;
        }
        hf_id who;
        enum hf_admit_phase phase;
        while (hf_admit_expire(&a, hf_at_ms(step), &who, &phase)) {
            CHECK_EQ_AT(step, phase, model[hf_id_slot(who)]);
            hf_admit_drop(&a, who);
            model[hf_id_slot(who)] = HF_ADMIT_FREE;
        }
        uint32_t total = 0, preauth = 0, addresses = 0;
        bool is_seen[ADDRESSES] = { false };
        for (size_t i = 0; i < SLOTS; i++) {
            total += model[i] != HF_ADMIT_FREE;
            preauth += model[i] != HF_ADMIT_FREE && model[i] != HF_ADMIT_IN;
            if (model[i] != HF_ADMIT_FREE && !is_seen[from[i]]) addresses++;
            if (model[i] != HF_ADMIT_FREE) is_seen[from[i]] = true;
        }
        CHECK_EQ_AT(step, a.total, total);
        CHECK_EQ_AT(step, a.preauth, preauth);
        CHECK_EQ_AT(step, a.by_address.len, addresses);
    }
    hf_admit_fini(&a);
}

static void a_request_needs_room_in_flight_and_in_the_queue(void)
{
    CHECK(hf_admit_request(HF_LIMIT_REQUESTS_IN_FLIGHT - 1, 0));
    CHECK(!hf_admit_request(HF_LIMIT_REQUESTS_IN_FLIGHT, 0));
    CHECK(hf_admit_request(0, HF_LIMIT_BUSY_BYTES));
    CHECK(!hf_admit_request(0, HF_LIMIT_BUSY_BYTES + 1));
}

CHECK_MAIN(a_full_pool_evicts_its_oldest_silent_socket, sockets_that_sent_connect_are_never_evicted,
           one_address_may_have_its_own_share_of_the_pool,
           connections_are_bounded_in_all_and_per_address, an_address_can_evict_its_own_only_socket,
           hello_gives_the_share_of_the_pool_back, the_place_of_an_address_is_used_again,
           one_deadline_to_the_head_and_one_to_hello,
           a_socket_that_waits_for_its_end_is_not_evicted_again, hello_ends_the_deadline,
           shorter_spans_after_a_reload_expire_first, a_stale_id_changes_nothing,
           many_random_lives_keep_the_counts, a_request_needs_room_in_flight_and_in_the_queue)
