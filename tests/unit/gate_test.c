#include "core/gate.h"
#include "base/limits.h"
#include "lib/check.h"

/* Scenario numbers are those of spec/pressure-backoff.md section 8. */

enum { LIMIT = HF_LIMIT_BUFFERED_BYTES };

struct step {
    size_t queued;
    enum hf_gate_kind kind;
    enum hf_gate_act want;
    bool want_report;
};

static struct hf_gate run(const struct step *steps, size_t count)
{
    struct hf_gate g;
    hf_gate_init(&g);
    for (size_t i = 0; i < count; i++) {
        struct hf_gate_verdict verdict = hf_gate_step(&g, steps[i].queued, LIMIT, steps[i].kind);
        CHECK_EQ_AT(i, verdict.act, steps[i].want);
        CHECK_EQ_AT(i, verdict.report, steps[i].want_report);
    }
    return g;
}

/* pressure-backoff 22 */
static void more_than_the_limit_is_slow_and_equal_is_not(void)
{
    static const struct step steps[] = {
        { LIMIT, HF_GATE_DROPPABLE, HF_GATE_SEND, false },
        { LIMIT + 1, HF_GATE_DROPPABLE, HF_GATE_DROP, true },
        { LIMIT, HF_GATE_MUST, HF_GATE_SEND, false },
        { LIMIT, HF_GATE_RESPONSE, HF_GATE_SEND, false },
    };
    struct hf_gate g = run(steps, HF_COUNT(steps));
    CHECK_EQ(hf_gate_dropped(&g), 1);
}

/* pressure-backoff 23, the part of the gate */
static void a_frame_that_must_not_be_lost_closes_a_slow_peer_once(void)
{
    static const enum hf_gate_kind kinds[] = { HF_GATE_MUST, HF_GATE_RESPONSE };
    for (size_t i = 0; i < HF_COUNT(kinds); i++) {
        const struct step steps[] = {
            { LIMIT + 1, kinds[i], HF_GATE_CLOSE, true },
            { LIMIT + 1, kinds[i], HF_GATE_SHUT, false },
            { 0, HF_GATE_MUST, HF_GATE_SHUT, false },
            { LIMIT + 1, HF_GATE_DROPPABLE, HF_GATE_SHUT, false },
        };
        struct hf_gate g = run(steps, HF_COUNT(steps));
        CHECK_EQ_AT(i, hf_gate_dropped(&g), 0);
    }
    CHECK_TEXT(hf_bytes_cstr(hf_gate_cause(HF_GATE_MUST)), "slow-consumer");
    CHECK_TEXT(hf_bytes_cstr(hf_gate_cause(HF_GATE_RESPONSE)), "outbound-buffer-exceeded");
}

/* pressure-backoff 24 */
static void one_report_per_slow_episode(void)
{
    static const struct step steps[] = {
        { LIMIT + 1, HF_GATE_DROPPABLE, HF_GATE_DROP, true },
        { LIMIT + 9, HF_GATE_DROPPABLE, HF_GATE_DROP, false },
        { LIMIT, HF_GATE_DROPPABLE, HF_GATE_SEND, false },    /* recovered */
        { LIMIT + 1, HF_GATE_DROPPABLE, HF_GATE_DROP, true }, /* relapse */
        { LIMIT + 1, HF_GATE_MUST, HF_GATE_CLOSE, false },    /* the same episode */
    };
    struct hf_gate g = run(steps, HF_COUNT(steps));
    CHECK_EQ(hf_gate_dropped(&g), 3);
    CHECK_TEXT(hf_bytes_cstr(hf_gate_reason(HF_GATE_DROP)), "ws_send_buffer_drop");
    CHECK_TEXT(hf_bytes_cstr(hf_gate_reason(HF_GATE_CLOSE)), "ws_send_buffer_close");
}

static void the_count_of_drops_saturates(void)
{
    struct hf_gate g = { .dropped = UINT32_MAX - 1 };
    hf_gate_step(&g, 2, 1, HF_GATE_DROPPABLE);
    hf_gate_step(&g, 2, 1, HF_GATE_DROPPABLE);
    CHECK_EQ(hf_gate_dropped(&g), UINT32_MAX);
}

CHECK_MAIN(more_than_the_limit_is_slow_and_equal_is_not,
           a_frame_that_must_not_be_lost_closes_a_slow_peer_once, one_report_per_slow_episode,
           the_count_of_drops_saturates)
