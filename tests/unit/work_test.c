#include "core/work.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/rng.h"
#include "lib/check.h"

#include <stdio.h>

/* Scenario numbers are those of spec/pressure-backoff.md section 8. */

static const struct hf_hash_key hash_key = { 3, 4 };

static struct hf_work new_work(void)
{
    struct hf_work w;
    hf_work_init(&w, hash_key);
    return w;
}

static int set(struct hf_work *w, int64_t ms, int number, enum hf_work_state state, uint32_t depth)
{
    char key[40];
    int len = snprintf(key, sizeof key, "agent:main:session-%d", number);
    return hf_work_set(w, hf_at_ms(ms), hf_bytes(key, (size_t)len), state, depth, true);
}

static void check_counts(const struct hf_work *w, uint32_t active, uint32_t waiting,
                         uint32_t queued)
{
    struct hf_work_counts counts = hf_work_counts(w);
    CHECK_EQ(counts.active, active);
    CHECK_EQ(counts.waiting, waiting);
    CHECK_EQ(counts.queued, queued);
}

/* pressure-backoff 37 */
static void the_running_turn_of_a_queue_is_not_queued(void)
{
    static const struct {
        enum hf_work_state state;
        uint32_t depth;
        bool is_from_queue;
        uint32_t active, waiting, queued;
    } rows[] = {
        { HF_WORK_PROCESSING, 3, true, 1, 0, 2 }, { HF_WORK_PROCESSING, 3, false, 1, 0, 3 },
        { HF_WORK_PROCESSING, 1, true, 1, 0, 0 }, { HF_WORK_PROCESSING, 0, true, 1, 0, 0 },
        { HF_WORK_IDLE, 1, false, 0, 0, 1 },      { HF_WORK_IDLE, 1, true, 0, 0, 1 },
        { HF_WORK_WAITING, 2, true, 0, 1, 2 },    { HF_WORK_IDLE, 0, false, 0, 0, 0 },
    };
    struct hf_work w = new_work();
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        CHECK_EQ_AT(i,
                    hf_work_set(&w, hf_at_ms(1), HF_LIT("s"), rows[i].state, rows[i].depth,
                                rows[i].is_from_queue),
                    0);
        check_counts(&w, rows[i].active, rows[i].waiting, rows[i].queued);
    }
    hf_work_fini(&w);
}

static void counts_add_up_over_sessions_and_go_with_them(void)
{
    struct hf_work w = new_work();
    set(&w, 1, 1, HF_WORK_PROCESSING, 3);
    set(&w, 1, 2, HF_WORK_WAITING, 1);
    set(&w, 1, 3, HF_WORK_IDLE, 1);
    check_counts(&w, 1, 1, 4);
    hf_work_drop(&w, HF_LIT("agent:main:session-1"));
    hf_work_drop(&w, HF_LIT("nobody"));
    check_counts(&w, 0, 1, 2);
    hf_work_fini(&w);
}

/* pressure-backoff 37: at N, and at N + 1 the oldest idle one goes */
static void the_table_is_full_at_2000_and_evicts_the_oldest_idle_one(void)
{
    enum { MAX = HF_LIMIT_SESSION_STATES };
    struct hf_work w = new_work();
    for (int i = 0; i < MAX; i++)
        CHECK_EQ_AT(i, set(&w, i, i, i == 3 || i == 5 ? HF_WORK_IDLE : HF_WORK_WAITING, 0), 0);
    check_counts(&w, 0, MAX - 2, 0);
    CHECK_EQ(set(&w, MAX, MAX, HF_WORK_WAITING, 0), 0); /* in place of 3 */
    check_counts(&w, 0, MAX - 1, 0);
    CHECK_EQ(set(&w, MAX + 1, 5, HF_WORK_WAITING, 0), 0); /* 5 is still known */
    check_counts(&w, 0, MAX, 0);
    CHECK_EQ(set(&w, MAX + 2, MAX + 1, HF_WORK_WAITING, 0), HF_ERR_LIMIT);
    CHECK_EQ(set(&w, MAX + 2, 3, HF_WORK_IDLE, 0), HF_ERR_LIMIT);
    check_counts(&w, 0, MAX, 0);
    hf_work_fini(&w);
}

static void idle_sessions_expire_after_30_minutes(void)
{
    enum { MINUTES_30 = 1800000 };
    struct hf_work w = new_work();
    set(&w, 0, 1, HF_WORK_IDLE, 0);
    set(&w, 1000, 2, HF_WORK_IDLE, 0);
    set(&w, 0, 3, HF_WORK_WAITING, 0);
    set(&w, 0, 4, HF_WORK_IDLE, 2); /* turns are queued: not without work */
    hf_work_expire(&w, hf_at_ms(MINUTES_30 - 1));
    CHECK_EQ(w.by_key.len, 4);
    hf_work_expire(&w, hf_at_ms(MINUTES_30));
    CHECK_EQ(w.by_key.len, 3);
    set(&w, MINUTES_30, 2, HF_WORK_IDLE, 0); /* seen again */
    hf_work_expire(&w, hf_at_ms(MINUTES_30 + 1000));
    CHECK_EQ(w.by_key.len, 3);
    hf_work_expire(&w, hf_at_ms(10 * MINUTES_30));
    CHECK_EQ(w.by_key.len, 2);
    check_counts(&w, 0, 1, 2);
    hf_work_fini(&w);
}

static void up_to_five_labels_per_category_are_given(void)
{
    struct hf_work w = new_work();
    CHECK_EQ(hf_work_labels(&w, HF_WORK_ACTIVE_LABELS).count, 0);
    for (int i = 0; i < 6; i++) set(&w, 1, i, HF_WORK_PROCESSING, 1);
    set(&w, 1, 6, HF_WORK_WAITING, 0);
    CHECK_EQ(hf_work_labels(&w, HF_WORK_ACTIVE_LABELS).count, HF_WORK_LABELS);
    struct hf_work_labels waiting = hf_work_labels(&w, HF_WORK_WAITING_LABELS);
    CHECK_EQ(waiting.count, 1);
    CHECK_TEXT(waiting.labels[0], "agent:main:session-6");
    CHECK_EQ(hf_work_labels(&w, HF_WORK_QUEUED_LABELS).count, 0);
    hf_work_drop(&w, waiting.labels[0]);
    CHECK_EQ(hf_work_labels(&w, HF_WORK_WAITING_LABELS).count, 0);
    hf_work_fini(&w);
}

static void keys_are_bounded_and_labels_are_cut(void)
{
    char key[HF_LIMIT_NAME_BYTES + 1];
    struct hf_work w = new_work();
    memset(key, 'k', sizeof key);
    hf_time now = hf_at_ms(1);
    CHECK_EQ(hf_work_set(&w, now, hf_bytes(key, sizeof key), HF_WORK_WAITING, 0, false),
             HF_ERR_TOO_LARGE);
    CHECK_EQ(hf_work_set(&w, now, hf_bytes(key, sizeof key - 1), HF_WORK_WAITING, 0, false), 0);
    CHECK_EQ(hf_work_labels(&w, HF_WORK_WAITING_LABELS).labels[0].len, HF_WORK_LABEL_BYTES);
    hf_work_fini(&w);
}

static void the_last_change_is_remembered(void)
{
    struct hf_work w = new_work();
    CHECK(hf_time_same(hf_work_changed_at(&w), HF_NEVER));
    set(&w, 77, 1, HF_WORK_IDLE, 0);
    CHECK(hf_time_same(hf_work_changed_at(&w), hf_at_ms(77)));
    hf_work_fini(&w);
}

/* Against sums over a plain array. */
static void many_random_changes_keep_the_counts(void)
{
    enum { SESSIONS = 40, STEPS = 30000 };
    struct {
        bool is_known;
        enum hf_work_state state;
        uint32_t depth;
    } model[SESSIONS] = { 0 };
    struct hf_work w = new_work();
    struct hf_rng rng;
    hf_rng_init_number(&rng, 11);
    for (int step = 0; step < STEPS; step++) {
        int i = (int)hf_rng_below(&rng, SESSIONS);
        if (hf_rng_below(&rng, 5) == 0) {
            char key[40];
            int len = snprintf(key, sizeof key, "agent:main:session-%d", i);
            hf_work_drop(&w, hf_bytes(key, (size_t)len));
            model[i].is_known = false;
        } else {
            model[i].is_known = true;
            model[i].state = (enum hf_work_state)hf_rng_below(&rng, 3);
            model[i].depth = (uint32_t)hf_rng_below(&rng, 3);
            CHECK_EQ_AT(step, set(&w, step, i, model[i].state, model[i].depth), 0);
        }
        struct hf_work_counts want = { 0 };
        uint32_t known = 0;
        for (size_t k = 0; k < SESSIONS; k++) {
            if (!model[k].is_known) continue;
            bool is_active = model[k].state == HF_WORK_PROCESSING;
            known++;
            want.active += is_active;
            want.waiting += model[k].state == HF_WORK_WAITING;
            want.queued += model[k].depth - (is_active && model[k].depth > 0);
        }
        check_counts(&w, want.active, want.waiting, want.queued);
        CHECK_EQ_AT(step, w.by_key.len, known);
    }
    hf_work_fini(&w);
}

CHECK_MAIN(the_running_turn_of_a_queue_is_not_queued, counts_add_up_over_sessions_and_go_with_them,
           the_table_is_full_at_2000_and_evicts_the_oldest_idle_one,
           idle_sessions_expire_after_30_minutes, up_to_five_labels_per_category_are_given,
           keys_are_bounded_and_labels_are_cut, the_last_change_is_remembered,
           many_random_changes_keep_the_counts)
