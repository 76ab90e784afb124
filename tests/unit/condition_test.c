#include "core/condition.h"
#include "base/bytes.h"
#include "lib/check.h"

#define BIT(name) (1u << HF_CONDITION_##name)
#define NOW hf_at_ms(1000000)

/* One fact that adds one reason while the gateway runs. */
static const struct {
    struct hf_condition_facts facts;
    uint32_t reason;
} facts[] = {
    { { .is_unresponsive = true }, BIT(UNRESPONSIVE) },
    { { .misses = 1 }, BIT(DEGRADED) },
    { { .misses = 1000 }, BIT(DEGRADED) }, /* never more than that */
    { { .is_verifying = true }, BIT(VERIFYING) },
    { { .is_external_silent = true }, BIT(EXTERNAL) },
    { { .call_failures = 1 }, BIT(CALLS) },
    { { .channels_failed_at = { 999999000000 } }, BIT(CHANNELS) },
    { { .is_suspended = true }, BIT(SUSPENDED) },
    { { .is_busy = true }, BIT(BUSY) },
    { { .is_safe_mode = true }, BIT(SAFE_MODE) },
    { { .has_pending_restart = true }, BIT(RESTART_PENDING) },
    { { .has_broken_journal = true }, BIT(JOURNAL) },
    { { .is_over_memory = true }, BIT(MEMORY) },
};

static hf_time newer(hf_time a, hf_time b)
{
    return a.ns == 0 ? b : a;
}

static struct hf_condition_facts both(const struct hf_condition_facts *a,
                                      const struct hf_condition_facts *b)
{
    return (struct hf_condition_facts){
        .misses = a->misses + b->misses,
        .is_verifying = a->is_verifying || b->is_verifying,
        .is_suspended = a->is_suspended || b->is_suspended,
        .is_busy = a->is_busy || b->is_busy,
        .is_unresponsive = a->is_unresponsive || b->is_unresponsive,
        .is_external_silent = a->is_external_silent || b->is_external_silent,
        .call_failures = a->call_failures + b->call_failures,
        .channels_ok_at = HF_NEVER,
        .channels_failed_at = newer(a->channels_failed_at, newer(b->channels_failed_at, HF_NEVER)),
        .is_safe_mode = a->is_safe_mode || b->is_safe_mode,
        .has_pending_restart = a->has_pending_restart || b->has_pending_restart,
        .has_broken_journal = a->has_broken_journal || b->has_broken_journal,
        .is_over_memory = a->is_over_memory || b->is_over_memory,
    };
}

/* supervisor 84 */
static void every_fact_alone_and_every_pair_adds_its_reasons(void)
{
    for (size_t i = 0; i < HF_COUNT(facts); i++)
        for (size_t k = 0; k < HF_COUNT(facts); k++) {
            struct hf_condition_facts f = both(&facts[i].facts, &facts[k].facts);
            uint32_t want = facts[i].reason | facts[k].reason;
            bool is_dead = want & BIT(UNRESPONSIVE);
            f.is_running = true;
            struct hf_condition got = hf_condition(&f, NOW);
            CHECK_EQ_AT(i * 100 + k, got.reasons, want);
            CHECK_EQ_AT(i * 100 + k, got.state,
                        is_dead ? HF_CONDITION_IS_DEAD : HF_CONDITION_IS_DEGRADED);
        }
}

/* supervisor 84: the first row, with every other and every pair of them. */
static void a_gateway_that_does_not_run_has_one_reason(void)
{
    for (size_t i = 0; i < HF_COUNT(facts); i++)
        for (size_t k = 0; k < HF_COUNT(facts); k++) {
            struct hf_condition_facts f = both(&facts[i].facts, &facts[k].facts);
            struct hf_condition got = hf_condition(&f, NOW);
            uint32_t silent = BIT(SUSPENDED) | BIT(BUSY) | BIT(EXTERNAL); /* though it lives */
            uint32_t why = (facts[i].reason | facts[k].reason) & silent;
            size_t at = i * 100 + k;
            CHECK_EQ_AT(at, got.reasons, BIT(NOT_RUNNING) | why);
            CHECK_EQ_AT(at, got.state, HF_CONDITION_IS_DEGRADED);
            f.is_error = true;
            CHECK_EQ_AT(at, hf_condition(&f, NOW).reasons, BIT(ERROR) | why);
            f.is_quarantined = true;
            CHECK_EQ_AT(at, hf_condition(&f, NOW).reasons, BIT(ERROR) | BIT(QUARANTINED) | why);
        }
}

static void nothing_to_say_is_healthy(void)
{
    struct hf_condition_facts f = { .is_running = true,
                                    .channels_ok_at = HF_NEVER,
                                    .channels_failed_at = HF_NEVER };
    struct hf_condition got = hf_condition(&f, NOW);
    CHECK_EQ(got.reasons, 0);
    CHECK_EQ(got.state, HF_CONDITION_HEALTHY);
}

static void a_failure_of_the_channels_is_remembered_for_120_s(void)
{
    static const struct {
        int64_t ok_ms, failed_ms; /* -1: never */
        bool is_told;
    } rows[] = {
        { -1, 880000, true },      { -1, 879999, false },     { 879999, 880000, true },
        { 880000, 880000, false }, { 900000, 880000, false }, { 1, 1000000, true },
        { 1000000, -1, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_condition_facts f = {
            .is_running = true,
            .channels_ok_at = rows[i].ok_ms < 0 ? HF_NEVER : hf_at_ms(rows[i].ok_ms),
            .channels_failed_at = rows[i].failed_ms < 0 ? HF_NEVER : hf_at_ms(rows[i].failed_ms),
        };
        CHECK_EQ_AT(i, hf_condition(&f, NOW).reasons, rows[i].is_told ? BIT(CHANNELS) : 0);
    }
}

static void names_are_those_of_the_specification(void)
{
    static const char *const states[] = { "healthy", "degraded", "unresponsive" };
    for (size_t i = 0; i < HF_COUNT(states); i++)
        CHECK_TEXT_AT(i, hf_bytes_cstr(hf_condition_state_name((enum hf_condition_state)i)),
                      states[i]);
    CHECK_TEXT(hf_bytes_cstr(hf_condition_reason_name(HF_CONDITION_CALLS)), "rpc_timeout");
    CHECK_TEXT(hf_bytes_cstr(hf_condition_reason_name(HF_CONDITION_JOURNAL)), "journal_unwritable");
    CHECK_TEXT(hf_bytes_cstr(hf_condition_reason_name(HF_CONDITION_MEMORY)), "memory_high");
}

CHECK_MAIN(every_fact_alone_and_every_pair_adds_its_reasons,
           a_gateway_that_does_not_run_has_one_reason, nothing_to_say_is_healthy,
           a_failure_of_the_channels_is_remembered_for_120_s, names_are_those_of_the_specification)
