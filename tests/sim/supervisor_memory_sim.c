/* Limits of memory, soft and hard: what becomes of a gateway above them. */
#include "lib/nursery_case.h"

enum { SOFT = 1000, HARD = 2000 };

static void limit(int64_t soft, int64_t hard)
{
    n.config.ration.soft_bytes = soft;
    n.config.ration.hard_bytes = hard;
}

/* The newest transition into `to`, or NULL. */
static const struct hf_transition *last_into(enum hf_phase to)
{
    for (size_t i = hf_supervisor_history_count(n.s); i > 0; i--) {
        const struct hf_transition *t = hf_supervisor_history(n.s, i - 1);
        if (t->to == to) return t;
    }
    return NULL;
}

static bool went_into(enum hf_phase to, const char *cause)
{
    const struct hf_transition *t = last_into(to);
    return t && hf_bytes_same(hf_bytes(t->cause, t->cause_len), hf_bytes_cstr(cause));
}

/* Drained as by any restart, no KILL; told as its cause; no budget is used. */
static void above_the_soft_limit_it_is_recycled(void)
{
    BEGIN({ .ready_ms = 100, .bytes_a_second = 60, .term_ms = 3000 }, { .ready_ms = 100 });
    limit(SOFT, HARD);
    be_running();
    run_ms(20000); /* above it 17 s after the start, then for 8 s */
    CHECK_EQ(n.spawns, 1);
    CHECK(hf_supervisor_condition(n.s, n.now).reasons & 1u << HF_CONDITION_MEMORY);
    run_ms(10000);
    CHECK_EQ(n.spawns, 2);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK(went_into(HF_PHASE_STOPPING, "memory_soft"));
    CHECK(n.signals[HF_KEEPER_TERM] >= 1);
    CHECK_EQ(n.actions[HF_KEEPER_END], 0);
    CHECK_EQ(nursery_status(&n).executed, 1);
    CHECK_EQ(n.s->governor.charged_count, 0);
    CHECK_EQ(hf_supervisor_ration(n.s)->recycles, 1);
    CHECK(!(hf_supervisor_condition(n.s, n.now).reasons & 1u << HF_CONDITION_MEMORY));
    end();
}

/* One whose everyday need is above its limit is not restarted in a circle. */
static void recycling_does_not_become_a_loop(void)
{
    BEGIN({ .ready_ms = 100, .bytes = SOFT + 1 });
    limit(SOFT, 0);
    be_running();
    run_ms(590000);
    CHECK_EQ(n.spawns, 2);
    CHECK(hf_supervisor_condition(n.s, n.now).reasons & 1u << HF_CONDITION_MEMORY);
    run_ms(30000);
    CHECK_EQ(n.spawns, 3);
    run_ms(3000000);
    CHECK_EQ(n.spawns, 8); /* an hour */
    CHECK_EQ(n.s->governor.charged_count, 0);
    end();
}

/* As a crash: ended at once, charged, begun anew by the ladder. */
static void above_the_hard_limit_it_is_ended(void)
{
    BEGIN({ .ready_ms = 100, .bytes_a_second = 300, .ignores_term = true }, { .ready_ms = 100 });
    limit(0, HARD);
    be_running();
    run_ms(2500);
    CHECK_EQ(phase(), HF_PHASE_BACKOFF);
    CHECK(holds(nursery_status(&n).error, "hard limit"));
    CHECK(went_into(HF_PHASE_BACKOFF, "memory_limit"));
    CHECK_EQ(n.actions[HF_KEEPER_END], 1);
    CHECK_EQ(strcmp(nursery_status(&n).last_exit.why, "memory_limit"), 0);
    run_ms(5000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK_EQ(n.s->governor.charged_count, 1);
    end();
}

static void one_that_grows_while_it_starts_is_ended_too(void)
{
    BEGIN({ .ready_ms = NURSERY_NEVER, .bytes_a_second = 1000 });
    limit(SOFT, HARD);
    ask(HF_KEEPER_DO_START);
    run_ms(3100);
    CHECK_EQ(n.actions[HF_KEEPER_END], 1);
    CHECK_EQ(phase(), HF_PHASE_RETRY_WAIT);
    run_ms(60000);
    CHECK_EQ(hf_supervisor_ration(n.s)->recycles, 0); /* what starts is not recycled */
    end();
}

/* Of a crash loop by memory the budget is used up as of any other. */
static void a_leak_that_is_ended_again_and_again_ends_in_quarantine(void)
{
    BEGIN({ .ready_ms = 100, .bytes_a_second = 350 });
    limit(0, HARD);
    be_running();
    run_ms(60000);
    CHECK_EQ(phase(), HF_PHASE_QUARANTINED);
    CHECK_EQ(n.s->governor.charged_count, NURSERY_BUDGET);
    end();
}

/* The limit holds while it drains, too: the grace is cut short. */
static void a_drain_that_eats_is_ended(void)
{
    BEGIN({ .ready_ms = 100, .bytes_a_second = 190, .term_ms = 100000 });
    limit(0, HARD);
    n.config.stop_grace = HF_MS(60000);
    be_running();
    uint64_t tag = ask(HF_KEEPER_DO_STOP);
    run_ms(4000);
    CHECK_EQ(final_of(tag), -1);
    run_ms(3000);
    CHECK_EQ(final_of(tag), HF_KEEPER_EXECUTED);
    CHECK_EQ(phase(), HF_PHASE_IDLE);
    end();
}

static void without_limits_nobody_looks(void)
{
    BEGIN({ .ready_ms = 100, .bytes_a_second = 1000000 });
    be_running();
    run_ms(100000);
    CHECK_EQ(n.actions[HF_KEEPER_READ_MEMORY], 0);
    CHECK_EQ(n.spawns, 1);
    end();
}

CHECK_MAIN(above_the_soft_limit_it_is_recycled, recycling_does_not_become_a_loop,
           above_the_hard_limit_it_is_ended, one_that_grows_while_it_starts_is_ended_too,
           a_leak_that_is_ended_again_and_again_ends_in_quarantine, a_drain_that_eats_is_ended,
           without_limits_nobody_looks)
