/* Scenarios 39 to 46 of spec/client-lifecycle.md section 17, as far as the table goes. */
#include "core/rpc.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/rng.h"
#include "lib/check.h"

static uint64_t add(struct hf_rpc *r, uint64_t tag, hf_time deadline, bool expects_final)
{
    struct hf_rpc_call call = { .tag = tag, .deadline = deadline, .expects_final = expects_final };
    CHECK_EQ(hf_rpc_add(r, &call), 0);
    return call.number;
}

/* client-lifecycle 39 */
static void a_thousand_answers_in_any_order_each_settle_their_own(void)
{
    struct hf_rpc r;
    struct hf_rpc_call call;
    struct hf_rng rng;
    uint64_t order[1000];
    hf_rpc_init(&r);
    hf_rng_init_number(&rng, 39);
    for (size_t i = 0; i < HF_COUNT(order); i++) {
        order[i] = add(&r, 5000 + i, HF_NEVER, false);
        CHECK_EQ(order[i], i + 1);
    }
    for (size_t i = HF_COUNT(order) - 1; i > 0; i--) {
        size_t other = (size_t)hf_rng_below(&rng, i + 1);
        uint64_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    for (size_t i = 0; i < HF_COUNT(order); i++) {
        CHECK_EQ_AT(i, hf_rpc_answer(&r, order[i], false, &call), HF_RPC_SETTLED);
        CHECK_EQ_AT(i, call.tag, 4999 + order[i]);
        CHECK_EQ_AT(i, hf_rpc_answer(&r, order[i], false, &call), HF_RPC_UNKNOWN);
    }
    CHECK_EQ(r.len, 0);
    CHECK_EQ(r.late_count, 1000);
    hf_rpc_fini(&r);
}

/* client-lifecycle 40 */
static void a_deadline_settles_and_the_late_answer_is_counted(void)
{
    struct hf_rpc r;
    struct hf_rpc_call call;
    hf_rpc_init(&r);
    add(&r, 7, hf_at_ms(60000), false);
    uint64_t number = add(&r, 8, hf_at_ms(30000), false);
    CHECK(hf_time_same(hf_rpc_due(&r), hf_at_ms(30000)));
    CHECK(!hf_rpc_expire(&r, hf_at_ms(29999), &call));
    CHECK(hf_rpc_expire(&r, hf_at_ms(30000), &call));
    CHECK_EQ(call.tag, 8);
    CHECK(!hf_rpc_expire(&r, hf_at_ms(30000), &call));
    CHECK(hf_time_same(hf_rpc_due(&r), hf_at_ms(60000)));
    CHECK_EQ(hf_rpc_answer(&r, number, false, &call), HF_RPC_UNKNOWN);
    CHECK_EQ(r.late_count, 1);
    hf_rpc_fini(&r);
}

/* client-lifecycle 41 */
static void accepted_is_told_once_and_the_final_answer_settles(void)
{
    struct hf_rpc r;
    struct hf_rpc_call call;
    hf_rpc_init(&r);
    uint64_t patient = add(&r, 1, HF_NEVER, true), hasty = add(&r, 2, HF_NEVER, false);
    CHECK_EQ(hf_rpc_answer(&r, patient, true, &call), HF_RPC_ACCEPTED);
    CHECK_EQ(hf_rpc_answer(&r, patient, true, &call), HF_RPC_SWALLOWED);
    CHECK_EQ(hf_rpc_answer(&r, patient, false, &call), HF_RPC_SETTLED);
    CHECK_EQ(hf_rpc_answer(&r, hasty, true, &call), HF_RPC_SETTLED);
    CHECK(!hf_rpc_expire(&r, hf_at_ms(7200000), &call));
    hf_rpc_fini(&r);
}

/* client-lifecycle 42, 44 */
static void an_end_gives_back_the_oldest_first(void)
{
    struct hf_rpc r;
    struct hf_rpc_call call;
    hf_rpc_init(&r);
    for (uint64_t tag = 1; tag <= 4; tag++) add(&r, tag, HF_NEVER, false);
    CHECK(hf_rpc_cancel(&r, HF_RPC_CALL, 2, &call));
    CHECK(!hf_rpc_cancel(&r, HF_RPC_CALL, 2, &call));
    static const uint64_t want[] = { 1, 3, 4 };
    for (size_t i = 0; i < HF_COUNT(want); i++) {
        CHECK_AT(i, hf_rpc_pop(&r, &call));
        CHECK_EQ_AT(i, call.tag, want[i]);
    }
    CHECK(!hf_rpc_pop(&r, &call));
    hf_rpc_restart(&r);
    CHECK_EQ(add(&r, 9, HF_NEVER, false), 1);
    hf_rpc_fini(&r);
}

/* Half given back, others go on: numbers, deadlines and the bound are those of what is left. */
static void what_is_left_of_an_end_is_found_and_due(void)
{
    struct hf_rpc r;
    struct hf_rpc_call call;
    hf_rpc_init(&r);
    for (uint64_t tag = 1; tag <= 8; tag++) add(&r, tag, hf_at_ms((int64_t)tag * 1000), false);
    for (uint64_t tag = 1; tag <= 3; tag++) {
        CHECK_AT(tag, hf_rpc_pop(&r, &call));
        CHECK_EQ_AT(tag, call.tag, tag);
        CHECK_AT(tag, !hf_rpc_has(&r, tag));
    }
    CHECK_EQ(hf_rpc_count(&r, HF_RPC_CALL), 5);
    CHECK_EQ(hf_rpc_count(&r, HF_RPC_BEAT), 0);
    CHECK(hf_rpc_has(&r, 4));
    CHECK(!hf_rpc_expire(&r, hf_at_ms(3999), &call));
    CHECK(hf_time_same(hf_rpc_due(&r), hf_at_ms(4000)));
    CHECK(hf_rpc_expire(&r, hf_at_ms(4000), &call));
    CHECK_EQ(call.tag, 4);
    CHECK(hf_rpc_pop(&r, &call));
    CHECK_EQ(add(&r, 9, hf_at_ms(9000), false), 9);
    CHECK_EQ(hf_rpc_answer(&r, 9, false, &call), HF_RPC_SETTLED);
    CHECK(hf_rpc_pop(&r, &call));
    CHECK_EQ(call.tag, 6);
    CHECK(hf_rpc_cancel(&r, HF_RPC_CALL, 8, &call));
    CHECK(hf_rpc_pop(&r, &call));
    CHECK_EQ(call.tag, 7);
    CHECK(hf_time_same(hf_rpc_due(&r), HF_NEVER));
    CHECK(!hf_rpc_pop(&r, &call));
    hf_rpc_fini(&r);
}

/* client-lifecycle 51, 52 */
static void only_calls_with_deadlines_let_the_watchdog_rest(void)
{
    struct hf_rpc r;
    struct hf_rpc_call call;
    struct hf_rpc_call beat = { .kind = HF_RPC_BEAT, .deadline = HF_NEVER };
    hf_rpc_init(&r);
    CHECK(!hf_rpc_is_bounded(&r));
    CHECK_EQ(hf_rpc_add(&r, &beat), 0);
    CHECK(!hf_rpc_is_bounded(&r));
    add(&r, 1, hf_at_ms(60000), false);
    CHECK(hf_rpc_is_bounded(&r));
    uint64_t unbounded = add(&r, 2, HF_NEVER, false);
    CHECK(!hf_rpc_is_bounded(&r));
    hf_rpc_answer(&r, unbounded, false, &call);
    CHECK(hf_rpc_is_bounded(&r));
    hf_rpc_fini(&r);
}

static void the_table_is_bounded(void)
{
    struct hf_rpc r;
    struct hf_rpc_call call = { .deadline = HF_NEVER };
    hf_rpc_init(&r);
    for (int i = 0; i < HF_LIMIT_CLIENT_CALLS; i++) CHECK_EQ_AT(i, hf_rpc_add(&r, &call), 0);
    CHECK_EQ(hf_rpc_add(&r, &call), HF_ERR_LIMIT);
    CHECK(hf_rpc_pop(&r, &call));
    CHECK_EQ(hf_rpc_add(&r, &call), 0);
    hf_rpc_fini(&r);
}

/* One that could not be queued leaves the table, and the watchdog forgets it too. */
static void a_call_may_leave_again(void)
{
    struct hf_rpc r;
    struct hf_rpc_call call;
    hf_rpc_init(&r);
    uint64_t first = add(&r, 1, hf_at_ms(10), false), second = add(&r, 2, HF_NEVER, false);
    CHECK(!hf_rpc_is_bounded(&r));
    hf_rpc_ends_at(&r, first, 77);
    hf_rpc_take(&r, second, &call);
    CHECK_EQ(call.tag, 2);
    CHECK(hf_rpc_is_bounded(&r));
    CHECK(hf_rpc_has(&r, first) && !hf_rpc_has(&r, second));
    CHECK(!hf_rpc_cancel(&r, HF_RPC_SUBSCRIPTION, 1, &call));
    CHECK(hf_rpc_cancel(&r, HF_RPC_CALL, 1, &call));
    CHECK_EQ(call.end_at, 77);
    hf_rpc_fini(&r);
}

CHECK_MAIN(a_call_may_leave_again, a_thousand_answers_in_any_order_each_settle_their_own,
           a_deadline_settles_and_the_late_answer_is_counted,
           accepted_is_told_once_and_the_final_answer_settles, an_end_gives_back_the_oldest_first,
           what_is_left_of_an_end_is_found_and_due, only_calls_with_deadlines_let_the_watchdog_rest,
           the_table_is_bounded)
