/* core/keeper/phase.h: where a supervisor is, and where it may go from there.
 *
 * spec/supervisor.md section 2: the public states are those of the wire, the phases say
 * what is going on.  Pure. */
#ifndef HF_CORE_KEEPER_PHASE_H
#define HF_CORE_KEEPER_PHASE_H

#include <stdbool.h>

enum hf_keeper_state {
    HF_KEEPER_STOPPED,
    HF_KEEPER_STARTING,
    HF_KEEPER_RUNNING,
    HF_KEEPER_RECONNECTING,
    HF_KEEPER_ERROR,
};

enum hf_phase {
    HF_PHASE_IDLE,
    HF_PHASE_STOPPING,
    HF_PHASE_DETECT,
    HF_PHASE_RECLAIM,
    HF_PHASE_PORT,
    HF_PHASE_SPAWN,
    HF_PHASE_WAIT_READY,
    HF_PHASE_CONNECT,
    HF_PHASE_REPAIR,
    HF_PHASE_RETRY_WAIT,
    HF_PHASE_WARMING,
    HF_PHASE_READY,
    HF_PHASE_DRAINING,
    HF_PHASE_VERIFYING,
    HF_PHASE_BACKOFF,
    HF_PHASE_ATTEMPT, /* a new connection to somebody else's gateway, nothing else */
    HF_PHASE_FAILED,
    HF_PHASE_QUARANTINED,
    HF_PHASE_FATAL,
    HF_PHASE_COUNT,
};

enum hf_keeper_state hf_phase_state(enum hf_phase phase);

static inline bool hf_phase_is(enum hf_phase phase, enum hf_keeper_state state)
{
    return hf_phase_state(phase) == state;
}

/* Whether the transition table (2.3) has such a step.  A phase never follows itself. */
bool hf_phase_may_follow(enum hf_phase from, enum hf_phase to);

const char *hf_phase_name(enum hf_phase phase);               /* "wait_ready"; static */
const char *hf_keeper_state_name(enum hf_keeper_state state); /* "starting"; static */

#endif
