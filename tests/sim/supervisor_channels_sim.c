/* The status of a gateway's channels: spec/supervisor.md section 13, scenario 84. */
#include "lib/nursery_case.h"

#define CHANNELS .methods = ",\"channels.status\"", .ready_ms = 100, .says_ready = true

enum { EVERY_MS = 60000, WITHIN_MS = 10000 };

static struct hf_condition condition(void)
{
    return hf_supervisor_condition(n.s, n.now);
}

static bool has_reason(enum hf_condition_reason reason)
{
    return condition().reasons >> reason & 1;
}

/* Since the gateway became ready. */
static void run_to(int64_t ms)
{
    hf_time at = hf_time_after(n.s->governor.ready_at, HF_MS(ms));
    nursery_run(&n, hf_time_since(at, n.now.mono));
}

/* supervisor 84: a lasting silence of the channels is told, and nothing else comes of it. */
static void channels_that_do_not_answer_are_told(void)
{
    BEGIN({ CHANNELS, .mutes_channels = true });
    be_running();
    run_to(EVERY_MS - 1);
    CHECK_EQ(n.calls_channels, 0);
    run_to(EVERY_MS + 5);
    CHECK_EQ(n.calls_channels, 1);
    run_to(EVERY_MS + WITHIN_MS - 1);
    CHECK_EQ(condition().state, HF_CONDITION_HEALTHY);
    run_to(EVERY_MS + WITHIN_MS + 5);
    CHECK_EQ(condition().state, HF_CONDITION_IS_DEGRADED);
    CHECK_EQ(condition().reasons, 1u << HF_CONDITION_CHANNELS);
    run_to(10 * EVERY_MS);
    CHECK(has_reason(HF_CONDITION_CHANNELS));
    CHECK_EQ(n.s->sightings.call_failures, 0); /* no failure of the transport (85) */
    CHECK_EQ(hf_supervisor_answer(n.s, n.now, HF_STANDING_RESPONSIVE).word, HF_STANDING_YES);
    CHECK_EQ(n.spawns, 1);
    nursery_gateway(&n)->child.mutes_channels = false;
    run_to(11 * EVERY_MS + 5);
    CHECK_EQ(condition().state, HF_CONDITION_HEALTHY);
    end();
}

/* One failure is forgotten after 120 s, when nobody asks any more. */
static void an_old_silence_is_forgotten(void)
{
    BEGIN({ CHANNELS, .mutes_channels = true });
    be_running();
    run_to(EVERY_MS + WITHIN_MS + 5);
    hf_time failed_at = n.s->sightings.channels_failed_at;
    nursery_gateway(&n)->child.mutes_channels = false;
    nursery_gateway(&n)->child.hides_channels = true;
    run_to(3 * EVERY_MS);
    CHECK(hf_time_same(failed_at, n.s->sightings.channels_failed_at));
    nursery_run(&n, hf_time_since(hf_time_after(failed_at, HF_MS(120000)), n.now.mono));
    CHECK(has_reason(HF_CONDITION_CHANNELS));
    run_ms(1);
    CHECK(!has_reason(HF_CONDITION_CHANNELS));
    end();
}

static void a_gateway_that_refuses_is_not_asked_again(void)
{
    BEGIN({ CHANNELS, .hides_channels = true });
    be_running();
    run_to(10 * EVERY_MS);
    CHECK_EQ(n.calls_channels, 1);
    CHECK_EQ(condition().state, HF_CONDITION_HEALTHY);
    end();
}

static void a_gateway_that_does_not_list_it_is_not_asked(void)
{
    BEGIN({ .ready_ms = 100, .says_ready = true });
    be_running();
    run_to(10 * EVERY_MS);
    CHECK_EQ(n.calls_channels, 0);
    end();
}

/* Neither while it warms up nor while it is silent; nursery.c checks it for every call. */
static void a_gateway_with_other_worries_is_not_asked(void)
{
    BEGIN({ .methods = ",\"channels.status\"",
            .ready_ms = 100,
            .hides_presence = true,
            .hang_ms = 100000,
            .hang_for_ms = 120000,
            .hangs_busy = true });
    ask(HF_KEEPER_DO_START);
    run_ms(29000);
    CHECK_EQ(phase(), HF_PHASE_WARMING);
    run_ms(2000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    run_ms(155000); /* its 90 s of silence are over, and so is the second period */
    CHECK_EQ(phase(), HF_PHASE_VERIFYING);
    size_t asked = n.calls_channels;
    CHECK_EQ(asked, 2);
    run_ms(30000);
    CHECK_EQ(phase(), HF_PHASE_VERIFYING);
    CHECK_EQ(n.calls_channels, asked);
    run_ms(120000);
    CHECK_EQ(phase(), HF_PHASE_READY);
    CHECK(n.calls_channels > asked);
    end();
}

CHECK_MAIN(channels_that_do_not_answer_are_told, an_old_silence_is_forgotten,
           a_gateway_that_refuses_is_not_asked_again, a_gateway_that_does_not_list_it_is_not_asked,
           a_gateway_with_other_worries_is_not_asked)
