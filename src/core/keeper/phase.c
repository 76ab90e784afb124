#include "core/keeper/phase.h"
#include "base/assert.h"
#include "base/bytes.h"

#include <stdint.h>

#define BIT(phase) (UINT32_C(1) << HF_PHASE_##phase)

enum {
    /* Steps of a start operation that any other step of it may lead back to. */
    ENDS = BIT(STOPPING) | BIT(IDLE) | BIT(BACKOFF) | BIT(FAILED) | BIT(QUARANTINED) | BIT(FATAL),
    FAILS = ENDS | BIT(RETRY_WAIT) | BIT(REPAIR) | BIT(RECLAIM),
    RUNS = BIT(WARMING) | BIT(READY),
    LEAVES = ENDS | BIT(DETECT), /* a restart hint or exit 78 looks again at once */
};

static const struct {
    enum hf_keeper_state state;
    const char *name;
    uint32_t next;
} phases[HF_PHASE_COUNT] = {
    [HF_PHASE_IDLE] = { HF_KEEPER_STOPPED, "idle", BIT(STOPPING) | BIT(DETECT) | BIT(FAILED) },
    [HF_PHASE_STOPPING] = { HF_KEEPER_STOPPED, "stopping",
                            BIT(IDLE) | BIT(DETECT) | BIT(FAILED) | BIT(QUARANTINED) },
    [HF_PHASE_DETECT] = { HF_KEEPER_STARTING, "detect",
                          FAILS | BIT(PORT) | BIT(SPAWN) | BIT(WAIT_READY) | BIT(CONNECT) |
                              BIT(WARMING) },
    [HF_PHASE_RECLAIM] = { HF_KEEPER_STARTING, "reclaim",
                           ENDS | BIT(RETRY_WAIT) | BIT(REPAIR) | BIT(DETECT) | BIT(PORT) },
    [HF_PHASE_PORT] = { HF_KEEPER_STARTING, "port", FAILS | BIT(SPAWN) | BIT(DETECT) },
    [HF_PHASE_SPAWN] = { HF_KEEPER_STARTING, "spawn", FAILS | BIT(WAIT_READY) },
    [HF_PHASE_WAIT_READY] = { HF_KEEPER_STARTING, "wait_ready",
                              FAILS | BIT(CONNECT) | BIT(DETECT) | RUNS },
    [HF_PHASE_CONNECT] = { HF_KEEPER_STARTING, "connect", FAILS | BIT(DETECT) | RUNS },
    [HF_PHASE_REPAIR] = { HF_KEEPER_STARTING, "repair", ENDS | BIT(DETECT) },
    [HF_PHASE_RETRY_WAIT] = { HF_KEEPER_STARTING, "retry_wait", ENDS | BIT(DETECT) },
    [HF_PHASE_WARMING] = { HF_KEEPER_RUNNING, "warming",
                           LEAVES | BIT(READY) | BIT(DRAINING) | BIT(VERIFYING) },
    [HF_PHASE_READY] = { HF_KEEPER_RUNNING, "ready", LEAVES | BIT(DRAINING) | BIT(VERIFYING) },
    [HF_PHASE_DRAINING] = { HF_KEEPER_RUNNING, "draining", LEAVES | BIT(VERIFYING) | RUNS },
    [HF_PHASE_VERIFYING] = { HF_KEEPER_RUNNING, "verifying", LEAVES | RUNS | BIT(DRAINING) },
    [HF_PHASE_BACKOFF] = { HF_KEEPER_RECONNECTING, "backoff", ENDS | BIT(DETECT) | BIT(ATTEMPT) },
    [HF_PHASE_ATTEMPT] = { HF_KEEPER_RECONNECTING, "attempt", ENDS | BIT(DETECT) | RUNS },
    [HF_PHASE_FAILED] = { HF_KEEPER_ERROR, "failed", ENDS | BIT(DETECT) | BIT(ATTEMPT) },
    [HF_PHASE_QUARANTINED] = { HF_KEEPER_ERROR, "quarantined", ENDS | BIT(DETECT) | BIT(ATTEMPT) },
    [HF_PHASE_FATAL] = { HF_KEEPER_ERROR, "fatal", ENDS | BIT(DETECT) },
};

enum hf_keeper_state hf_phase_state(enum hf_phase phase)
{
    HF_ASSERT(phase < HF_PHASE_COUNT);
    return phases[phase].state;
}

bool hf_phase_may_follow(enum hf_phase from, enum hf_phase to)
{
    HF_ASSERT(from < HF_PHASE_COUNT && to < HF_PHASE_COUNT);
    return from != to && (phases[from].next & (UINT32_C(1) << to)) != 0;
}

const char *hf_phase_name(enum hf_phase phase)
{
    HF_ASSERT(phase < HF_PHASE_COUNT);
    return phases[phase].name;
}

const char *hf_keeper_state_name(enum hf_keeper_state state)
{
    static const char *const names[] = { "stopped", "starting", "running", "reconnecting",
                                         "error" };
    HF_ASSERT(state < HF_COUNT(names));
    return names[state];
}
