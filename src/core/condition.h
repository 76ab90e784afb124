/* core/condition.h: is the supervised gateway well, and if not, why?
 *
 * The health summary of spec/supervisor.md section 13: a table from facts to
 * reasons.  No machine, no memory: who asks gathers the facts.  Pure. */
#ifndef HF_CORE_CONDITION_H
#define HF_CORE_CONDITION_H

#include "base/time.h"

#include <stddef.h>

/* In this order in the list of reasons. */
#define HF_CONDITION_REASONS(X)                                                                    \
    X(ERROR, "gateway_error")                                                                      \
    X(NOT_RUNNING, "gateway_not_running")                                                          \
    X(UNRESPONSIVE, "gateway_unresponsive")                                                        \
    X(DEGRADED, "gateway_degraded")                                                                \
    X(VERIFYING, "gateway_verifying")                                                              \
    X(EXTERNAL, "external_gateway_unavailable")                                                    \
    X(CALLS, "rpc_timeout")                                                                        \
    X(CHANNELS, "channels_status_timeout")                                                         \
    X(SUSPENDED, "gateway_suspended")                                                              \
    X(BUSY, "gateway_busy")                                                                        \
    X(SAFE_MODE, "safe_mode")                                                                      \
    X(QUARANTINED, "quarantined")                                                                  \
    X(RESTART_PENDING, "restart_pending")                                                          \
    X(JOURNAL, "journal_unwritable")                                                               \
    X(MEMORY, "memory_high")

enum hf_condition_reason {
#define HF_CONDITION_ENUM(name, text) HF_CONDITION_##name,
    HF_CONDITION_REASONS(HF_CONDITION_ENUM)
#undef HF_CONDITION_ENUM
        HF_CONDITION_REASON_COUNT,
};

enum hf_condition_state { HF_CONDITION_HEALTHY, HF_CONDITION_IS_DEGRADED, HF_CONDITION_IS_DEAD };

struct hf_condition_facts {
    bool is_running;                            /* the public state */
    bool is_error;                              /* the public state; not with is_running */
    bool is_quarantined;                        /* the phase */
    uint32_t misses;                            /* beats in a row: shown, never more */
    bool is_verifying;                          /* a silence is looked into */
    bool is_suspended;                          /* stopped or frozen; also while not running */
    bool is_busy;                               /* silent but working; the same */
    bool is_unresponsive;                       /* a restart for silence waits or runs */
    bool is_external_silent;                    /* not ours, and mute; also while not running */
    uint32_t call_failures;                     /* of the transport, in a row */
    hf_time channels_ok_at, channels_failed_at; /* HF_NEVER: never */
    bool is_safe_mode;                          /* the gateway's own breaker is open */
    bool has_pending_restart;                   /* deferred or delayed */
    bool has_broken_journal;
    bool is_over_memory; /* above its soft limit */
};

struct hf_condition {
    enum hf_condition_state state;
    uint32_t reasons; /* bits 1 << enum hf_condition_reason */
};

struct hf_condition hf_condition(const struct hf_condition_facts *f, hf_time now);

const char *hf_condition_state_name(enum hf_condition_state state); /* "unresponsive"; static */
const char *hf_condition_reason_name(enum hf_condition_reason reason);

#endif
