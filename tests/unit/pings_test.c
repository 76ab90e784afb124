#include "core/pings.h"
#include "base/limits.h"
#include "lib/check.h"

static hf_time settled_due(struct hf_pings *p)
{
    hf_pings_settle(p);
    return hf_pings_due(p);
}

static void pop_all(struct hf_pings *p, hf_time now, size_t want)
{
    uint32_t slot;
    size_t count = 0;
    hf_pings_open(p);
    while (hf_pings_pop(p, now, &slot)) count++;
    CHECK_EQ(count, want);
}

static struct hf_pings pings_at(const int64_t *due_ms, uint32_t count)
{
    struct hf_pings p;
    hf_pings_init(&p, HF_MS(250));
    for (uint32_t i = 0; i < count; i++) {
        CHECK_EQ(hf_pings_reserve(&p, i), 0);
        hf_pings_set(&p, i, hf_at_ms(due_ms[i]));
    }
    return p;
}

static void a_lonely_ping_waits_for_the_slack_and_not_longer(void)
{
    static const int64_t due_ms[] = { 1000 };
    struct hf_pings p = pings_at(due_ms, 1);
    CHECK(hf_time_same(settled_due(&p), hf_at_ms(1250)));
    pop_all(&p, hf_at_ms(1250), 1);
    CHECK(hf_time_same(settled_due(&p), HF_NEVER));
    hf_pings_fini(&p);
}

static void pings_within_the_slack_share_one_wake_up(void)
{
    static const int64_t due_ms[] = { 1000, 1100, 1250, 1251 };
    struct hf_pings p = pings_at(due_ms, 4);
    pop_all(&p, settled_due(&p), 3);
    CHECK(hf_time_same(settled_due(&p), hf_at_ms(1501)));
    hf_pings_fini(&p);
}

static void any_turn_carries_the_pings_that_are_due(void)
{
    static const int64_t due_ms[] = { 1000, 1100 };
    struct hf_pings p = pings_at(due_ms, 2);
    CHECK(hf_time_same(settled_due(&p), hf_at_ms(1250)));
    pop_all(&p, hf_at_ms(999), 0);
    pop_all(&p, hf_at_ms(1000), 1);
    CHECK(hf_time_same(settled_due(&p), hf_at_ms(1350)));
    hf_pings_fini(&p);
}

static void a_full_batch_leaves_when_its_last_ping_is_due(void)
{
    int64_t due_ms[HF_LIMIT_PING_BATCH + 1];
    for (size_t i = 0; i < HF_COUNT(due_ms); i++) due_ms[i] = 1000 + (int64_t)i;
    struct hf_pings p = pings_at(due_ms, HF_LIMIT_PING_BATCH - 1);
    CHECK(hf_time_same(settled_due(&p), hf_at_ms(1250)));
    hf_pings_fini(&p);

    p = pings_at(due_ms, HF_LIMIT_PING_BATCH + 1);
    CHECK(hf_time_same(settled_due(&p), hf_at_ms(1063)));
    pop_all(&p, hf_at_ms(1064), HF_LIMIT_PING_BATCH);
    CHECK(hf_time_same(settled_due(&p), hf_at_ms(1314)));
    pop_all(&p, hf_at_ms(1064), 1);
    hf_pings_fini(&p);
}

static void a_connection_that_left_wakes_nobody_twice(void)
{
    static const int64_t due_ms[] = { 1000 };
    struct hf_pings p = pings_at(due_ms, 1);
    CHECK(hf_time_same(settled_due(&p), hf_at_ms(1250)));
    hf_pings_set(&p, 0, HF_NEVER);
    pop_all(&p, hf_at_ms(1250), 0);
    CHECK(hf_time_same(settled_due(&p), HF_NEVER));
    hf_pings_fini(&p);
}

static void before_it_is_settled_the_earliest_ping_is_the_due(void)
{
    static const int64_t due_ms[] = { 1000, 2000 };
    struct hf_pings p = pings_at(due_ms, 2);
    CHECK(hf_time_same(hf_pings_due(&p), hf_at_ms(1000)));
    CHECK(hf_time_same(settled_due(&p), hf_at_ms(1250)));
    hf_pings_set(&p, 1, hf_at_ms(900));
    CHECK(hf_time_same(hf_pings_due(&p), hf_at_ms(900)));
    hf_pings_fini(&p);
}

static void an_earlier_ping_and_a_new_slack_move_the_batch(void)
{
    static const int64_t due_ms[] = { 1000, 2000 };
    struct hf_pings p = pings_at(due_ms, 2);
    CHECK(hf_time_same(settled_due(&p), hf_at_ms(1250)));
    hf_pings_set(&p, 1, hf_at_ms(500));
    CHECK(hf_time_same(settled_due(&p), hf_at_ms(750)));
    hf_pings_set_slack(&p, HF_MS(10));
    CHECK(hf_time_same(settled_due(&p), hf_at_ms(510)));
    hf_pings_fini(&p);
}

/* health-connection 36: 10,000 connections registered evenly over 1 s, an hour of pings */
static void ten_thousand_connections_stay_spread(void)
{
    enum { CONNS = 10000, EVERY_MS = 25000 };
    static int64_t due_us[CONNS];
    struct hf_pings p;
    hf_pings_init(&p, HF_MS(250));
    for (uint32_t i = 0; i < CONNS; i++) {
        due_us[i] = i * 100;
        CHECK_EQ(hf_pings_reserve(&p, i), 0);
        hf_pings_set(&p, i, (hf_time){ HF_US(due_us[i]) });
    }
    int64_t batches = 0, sent = 0;
    for (;;) {
        hf_time now = settled_due(&p);
        uint32_t slot;
        size_t count = 0;
        if (!hf_time_before(now, hf_at_ms(20 * EVERY_MS))) break;
        hf_pings_open(&p);
        while (hf_pings_pop(&p, now, &slot)) {
            hf_span late = hf_time_since(now, (hf_time){ HF_US(due_us[slot]) });
            CHECK_AT(slot, late >= 0 && late <= HF_MS(250));
            due_us[slot] += EVERY_MS * 1000;
            hf_pings_set(&p, slot, (hf_time){ HF_US(due_us[slot]) });
            count++;
        }
        CHECK_AT(batches, count > 0 && count <= HF_LIMIT_PING_BATCH);
        batches++;
        sent += (int64_t)count;
    }
    CHECK_EQ(sent, 20 * CONNS);
    CHECK(batches <= 20 * (CONNS / HF_LIMIT_PING_BATCH + 2));
    hf_pings_fini(&p);
}

CHECK_MAIN(a_lonely_ping_waits_for_the_slack_and_not_longer,
           pings_within_the_slack_share_one_wake_up, any_turn_carries_the_pings_that_are_due,
           a_full_batch_leaves_when_its_last_ping_is_due, a_connection_that_left_wakes_nobody_twice,
           before_it_is_settled_the_earliest_ping_is_the_due,
           an_earlier_ping_and_a_new_slack_move_the_batch, ten_thousand_connections_stay_spread)
