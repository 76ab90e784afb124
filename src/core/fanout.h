/* core/fanout.h: who gets which event, and with which sequence number?
 *
 * One closed table of event names says the scope, the class under pressure and
 * the target of each (protocol/events.md section 1, spec/pressure-backoff.md
 * sections 1.1 and 1.5).  A name that is not in it reaches nobody.  Filters run
 * in the order scope, target, session visibility.  Pure and constant. */
#ifndef HF_CORE_FANOUT_H
#define HF_CORE_FANOUT_H

#include "base/scope.h"

/* Spec 1.5: what happens to the event when a peer or the gateway is slow. */
enum hf_fanout_class {
    HF_FANOUT_C0,  /* control: always sent, a slow peer is closed */
    HF_FANOUT_C1,  /* authoritative: the same */
    HF_FANOUT_C1T, /* terminal mirror: dropped for a slow peer, sent under pressure */
    HF_FANOUT_C2,  /* refreshable: dropped for a slow peer */
    HF_FANOUT_C3,  /* mirror: dropped for a slow peer, held back under pressure */
};

enum hf_fanout_target {
    HF_TARGET_ALL,          /* everybody with the scope */
    HF_TARGET_ONE,          /* only the connections that the event is addressed to */
    HF_TARGET_RUN,          /* members of the run with cap tool-events */
    HF_TARGET_MIRROR,       /* sessions.subscribe, minus RUN */
    HF_TARGET_INDEX,        /* sessions.subscribe */
    HF_TARGET_INDEX_OR_KEY, /* sessions.subscribe, or the key's sessions.messages.subscribe */
    HF_TARGET_KEY,          /* sessions.messages.subscribe of the event's key */
    HF_TARGET_UI_COMMANDS,  /* cap ui-commands */
};

enum hf_fanout_nodes {
    HF_NODES_NEVER, /* operators only */
    HF_NODES_TOO,   /* operators and nodes */
    HF_NODES_ONLY,  /* addressed to a node */
};

struct hf_fanout_rule {
    struct hf_bytes name;
    enum hf_scope scope; /* HF_SCOPE_NONE: no scope is needed */
    enum hf_fanout_class class;
    enum hf_fanout_target target;
    enum hf_fanout_nodes nodes;
    bool is_key_scoped; /* cap session-scoped-events: only with a subscription of the key */
    bool is_unnumbered; /* carries no seq: connect.challenge */
};

/* What the body of one event says beside its name; zeroed is the usual case. */
struct hf_fanout_facts {
    bool is_tool;     /* `agent`: its stream is tool */
    bool is_hidden;   /* `agent`: the run is not visible to users */
    bool is_terminal; /* `session.tool`: phase end, error, result; `chat`: final, aborted, error */
};

/* The rule of this event, or NULL: nobody gets it.  `agent`, `chat` and
 * `session.tool` are split by the facts; `plugin.*` names that have no row of
 * their own share one.  Static. */
const struct hf_fanout_rule *hf_fanout_rule(struct hf_bytes name,
                                            const struct hf_fanout_facts *facts);

/* May the event be skipped for a slow peer (dropIfSlow)? */
bool hf_fanout_may_drop(const struct hf_fanout_rule *rule);

/* One connection as the fan-out sees it for one event. */
struct hf_fanout_view {
    bool is_registered; /* its hello-ok was sent; nobody else gets an event */
    enum hf_role role;
    hf_scopes scopes;
    bool has_index_subscription; /* sessions.subscribe */
    bool has_key_subscription;   /* sessions.messages.subscribe of this event's key */
    bool has_session_scoped_cap; /* declared session-scoped-events */
    bool has_tool_events_cap;
    bool has_ui_commands_cap;
    bool is_run_member; /* started or joined the event's run */
    bool is_addressed;  /* for ONE */
    bool is_hidden;     /* session visibility hides the event from this identity */
};

/* Does this connection get the event?  A frame withheld here consumes no seq. */
bool hf_fanout_reaches(const struct hf_fanout_rule *rule, const struct hf_fanout_view *view);

/* The counter of one connection (spec 1.4): from 1; taken by each frame that is
 * sent or dropped because the peer is slow, by nothing else.  Zeroed is new. */
struct hf_seq {
    uint64_t last;
};

uint64_t hf_seq_next(struct hf_seq *seq);

#endif
