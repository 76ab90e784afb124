/* engine/supervisor_state.h: what a supervisor knows, for its own files.
 *
 * Nobody outside src/engine includes this (tests may); engine/supervisor_parts.h says which
 * file does what. */
#ifndef HF_ENGINE_SUPERVISOR_STATE_H
#define HF_ENGINE_SUPERVISOR_STATE_H

#include "base/buf.h"
#include "base/ring.h"
#include "core/failure.h"
#include "core/holder.h"
#include "core/ration.h"
#include "core/reload.h"
#include "core/rewrite.h"
#include "engine/supervisor.h"
#include "wire/schema/gateway_config.h"

enum { HF_SUPERVISOR_MAGIC = 0x6b656570, HF_SUPERVISOR_WORD_BYTES = 128 };

/* Questions that are open, at most one of each. */
enum hf_ask {
    HF_ASK_DETECT,
    HF_ASK_PORT,
    HF_ASK_PROBE,
    HF_ASK_CONFIG,
    HF_ASK_JOURNAL,
    HF_ASK_SURVEY,
    HF_ASK_EVIDENCE,
    HF_ASK_MEMORY,
    HF_ASK_ALIVE,  /* the HTTP half of the liveness probe */
    HF_ASK_SIGNAL, /* of a reload */
    /* Calls over the control connection. */
    HF_ASK_VIGIL,
    HF_ASK_STANDING,
    HF_ASK_READY,
    HF_ASK_SHUTDOWN,
    HF_ASK_BUDGET,
    HF_ASK_RELOAD,
    HF_ASK_REVISION,      /* in effect: the proof of a reload */
    HF_ASK_FILE_REVISION, /* and in its file: is there anything to reload? */
    HF_ASK_CHANNELS,
    HF_ASK_CONFIG_GET, /* of an order of core/rewrite */
    HF_ASK_CONFIG_SET,
    HF_ASK_COUNT,
};

enum hf_timer {
    HF_TIMER_STEP, /* the deadline of the phase */
    HF_TIMER_POLL, /* look again, try again */
    HF_TIMER_RECONNECT,
    HF_TIMER_COOLDOWN,
    HF_TIMER_READY_PROBE,
    HF_TIMER_CHECK,    /* the transport, every 30 s */
    HF_TIMER_CHANNELS, /* their status, while it is ready */
    HF_TIMER_EVIDENCE, /* of a reload: the end of the wait */
    HF_TIMER_REVISION, /* of a reload: ask again */
    HF_TIMER_WATCHDOG,
    HF_TIMER_COUNT,
};

enum hf_retry_kind { HF_RETRY_LADDER, HF_RETRY_SLOW, HF_RETRY_QUARANTINE };

/* Why a start operation begins. */
struct hf_start_how {
    bool is_auto;      /* by ourselves: nothing is forgotten or forgiven */
    bool is_uncharged; /* what it spawns costs no budget */
    bool is_single;    /* one attempt */
    bool forgives;     /* an operator's wish */
    bool reclaims_port;
    bool is_cycle; /* the second half of a restart */
};

struct hf_start { /* the start operation */
    bool is_open;
    struct hf_start_how how;
    uint64_t epoch;
    uint32_t attempt;
    hf_time begun_at, spawned_at, ready_at; /* HF_NEVER: that did not happen */
    hf_time deadline;                       /* of the whole */
    hf_time taken_at; /* since then somebody else answers in the place; HF_NEVER */
    bool is_reattach; /* waits for one that lives already */
    bool was_charged, has_spawned, has_doctored;
    bool must_be_free;   /* nobody could say who listens: only a free port is proof */
    bool is_looking;     /* exit 78: who owns the place? */
    bool is_candidate;   /* logs in to see whether a gateway that is not ours lets us */
    bool doctor_follows; /* as soon as the old tree is gone */
    bool doctor_is_late; /* it was killed at its limit */
    uint32_t startup_step;
    struct hf_holder_facts facts;
    int64_t found_pid;
    struct hf_failure failure; /* the one that is being judged */
};

struct hf_stop {
    bool is_open;
    bool is_cycle; /* the first half of a restart */
    bool is_quit;
    bool is_asking; /* an outsider was asked to shut down */
    bool had_tree;
    hf_span grace;
};

struct hf_cycle { /* a restart, until the control connection is up again */
    bool is_open;
    bool is_auto;
    bool is_uncounted; /* until READY it is not executed */
    bool reclaims_port;
    int64_t pid_before;
};

struct hf_reloading {
    bool is_open;
    bool is_signalled;
    uint64_t mark;
    uint64_t tree;
    bool is_closed; /* 1012 was seen: the next hello is the proof */
    int64_t pid_before;
    enum hf_reload_way way;
};

struct hf_word { /* a short text that outlives its event */
    uint8_t len;
    uint8_t ptr[HF_SUPERVISOR_WORD_BYTES];
};

struct hf_keeper_link {   /* the control connection */
    uint64_t id, last_id; /* 0: none */
    bool is_ready;
    bool is_owned;
    bool lists_methods, has_shutdown, has_restart, has_config, has_config_set, has_presence,
        has_channels;
    bool will_restart; /* a `shutdown` event with a restart hint */
    struct hf_word version, boot_id, applied;
    hf_span budget; /* -1: not told */
};

struct hf_supervisor {
    uint32_t magic;
    struct hf_supervisor_config config;
    struct hf_now now;
    struct hf_rng rng;
    /* Where it is. */
    enum hf_phase phase;
    hf_time phase_at;
    int64_t phase_at_ms;
    uint64_t epoch;
    bool is_wanted;
    bool is_fatal;
    bool is_transport_only; /* somebody else's gateway: reconnect, never spawn */
    struct hf_ledger ledger;
    struct hf_start start;
    struct hf_stop stop;
    struct hf_cycle cycle;
    struct hf_reloading reload;
    struct hf_intents intents;
    struct hf_rewrites rewrites;
    struct hf_draft draft; /* of the order under way */
    struct hf_buf view;    /* what it read */
    struct hf_governor governor;
    struct hf_debounce restart_debounce, reload_debounce;
    struct hf_outsider outsider;
    struct hf_vigil vigil;
    struct hf_ration ration;
    uint64_t memory_tree; /* was ended for its memory; 0: none */
    struct hf_output_room output;
    struct hf_sightings sightings;
    struct hf_standing standing;
    struct hf_keeper_link link;
    struct hf_word boot_before; /* of the newest hello */
    struct hf_word release;     /* the version in the newest hello of a gateway of ours */
    /* Running. */
    hf_time connected_at; /* HF_NEVER: not */
    int64_t connected_at_ms;
    bool is_ready, has_ready_event, is_draining, was_ready_notified;
    bool is_attached; /* running without control connection: a place that has none */
    uint32_t ready_probes;
    uint64_t gateway; /* the newest tree of a gateway; its exit is told */
    /* Reconnecting. */
    uint32_t attempts;
    enum hf_retry_kind retry;
    uint64_t retry_epoch;
    hf_span retry_delay;
    uint32_t reattach_failures; /* operations in a row that could not get in although it lives */
    uint64_t connect_attempts, connect_successes;
    int64_t quarantined_until_ms;
    /* What was seen. */
    struct hf_last_exit last_exit;
    struct hf_stops stops;
    uint64_t mark_at_1012;
    uint64_t tree_at_1012; /* 0: no 1012 waits for its hello */
    struct hf_reload_policy policy;
    hf_time policy_at;                 /* HF_NEVER: never read */
    uint64_t revision, spawn_revision; /* of the file; 0: unknown */
    bool has_new_secret;               /* for the next spawn */
    hf_time doctored_at;               /* HF_NEVER: never */
    uint64_t doctor_revision;
    bool journal_failed;
    uint64_t stale_count;
    char error[HF_LIMIT_NAME_BYTES];
    size_t error_len;
    char cause[HF_CAUSE_BYTES];
    size_t cause_len;
    /* Out. */
    hf_time timers[HF_TIMER_COUNT];
    uint64_t asks[HF_ASK_COUNT], last_ask;
    struct hf_ring actions, history;
    struct hf_buf words; /* texts of the actions of this step; never grows, never moves */
    bool status_changed;
    struct hf_keeper_result unheard; /* of a request for which nobody waits */
};

#endif
