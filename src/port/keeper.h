/* port/keeper.h: what the supervisor engine and its host tell each other.
 *
 * One event in, then the host carries out the actions (at most HF_LIMIT_KEEPER_ACTIONS)
 * in their order, before the next event; none of them calls back.  spec/supervisor.md.
 *
 * Life of spans.  What an event leads to stays valid until the actions of its step were
 * taken; what an action leads to is valid until the next step.
 *
 * Names.  A *tree* is a process made for us with everything that comes of it (its
 * cgroup, or what a scan finds); the engine numbers them, never twice, before they
 * exist.  An *ask* numbers one question; the answer brings it back, and the answer to a
 * question that is no longer open changes nothing.  A *link* numbers one try of the
 * control connection.  0 is nobody. */
#ifndef HF_PORT_KEEPER_H
#define HF_PORT_KEEPER_H

#include "base/bytes.h"
#include "base/time.h"

enum hf_keeper_signal {
    HF_KEEPER_TERM,
    HF_KEEPER_KILL,
    HF_KEEPER_CONT,
    HF_KEEPER_USR1,
    HF_KEEPER_USR2,
    HF_KEEPER_HUP,
};

/* --- requests --- */

enum hf_keeper_verb {
    HF_KEEPER_DO_START,
    HF_KEEPER_DO_STOP,
    HF_KEEPER_DO_RESTART,
    HF_KEEPER_DO_RELOAD,
    HF_KEEPER_DO_QUIT,       /* end it now, within 3 s (spec/supervisor.md 8.4) */
    HF_KEEPER_DO_CONFIG_GET, /* show the gateway's configuration, or `key` of it */
    HF_KEEPER_DO_CONFIG_SET, /* write `value` at `key` of it (10.7) */
};

/* Who wants it: an operator and a changed configuration are never refused by the
 * governor, ourselves are. */
enum hf_keeper_class { HF_KEEPER_OPERATOR, HF_KEEPER_CONFIG, HF_KEEPER_AUTO };

struct hf_keeper_request {
    uint64_t tag; /* the host's; comes back in every RESULT; 0: nobody waits */
    enum hf_keeper_verb verb;
    enum hf_keeper_class class;
    bool is_debounced; /* RESTART and RELOAD: after a quiet time */
    bool has_delay;    /* else the default of the verb or of the policy */
    hf_span delay;
    bool reclaims_port;     /* START, RESTART: --force-reclaim (5.3) */
    struct hf_bytes reason; /* for people and records; cut at HF_LIMIT_NAME_BYTES */
    struct hf_bytes key;    /* CONFIG_...: keys with points between them; empty: the whole */
    struct hf_bytes value;  /* CONFIG_SET: JSON */
};

/* How a request ended.  DEFERRED, DELAYED are told at once and followed by exactly one
 * of the others; every request that has a tag ends in exactly one of the others. */
enum hf_keeper_outcome {
    HF_KEEPER_DEFERRED,  /* a start is under way: decided when it ends */
    HF_KEEPER_DELAYED,   /* the cooldown or the debounce runs for `retry_after` */
    HF_KEEPER_EXECUTED,  /* done, by a cycle or step of its own */
    HF_KEEPER_JOINED,    /* done by what was under way already */
    HF_KEEPER_SATISFIED, /* what it wants has happened meanwhile, or was so before */
    HF_KEEPER_REFUSED,   /* `reason` says why; nothing was done */
    HF_KEEPER_CANCELLED, /* CANCELLED_BY_STOP */
    HF_KEEPER_SUPERSEDED,
    HF_KEEPER_DISABLED,   /* RELOAD_DISABLED: the policy says off */
    HF_KEEPER_UNKILLABLE, /* a stop after which processes are left: `reason` names them */
    HF_KEEPER_FAILED,     /* `reason` is the error */
    /* Of CONFIG_... alone; what was read is EXECUTED. */
    HF_KEEPER_COMMITTED, /* the gateway's file is what was meant */
    HF_KEEPER_CONFLICT,  /* somebody else changed it meanwhile, twice */
    HF_KEEPER_UNSUPPORTED,
};

struct hf_keeper_result {
    uint64_t tag;
    enum hf_keeper_verb verb;
    enum hf_keeper_outcome outcome;
    bool is_final;
    int64_t pid_before, pid_after; /* 0: none, or not ours */
    hf_span retry_after;           /* DELAYED, REFUSED; 0: not said */
    struct hf_bytes reason;        /* a fixed word or a sentence, redacted; may be empty */
    struct hf_bytes data;          /* JSON: what CONFIG_GET read; else empty */
};

/* --- events --- */

enum hf_keeper_event_kind {
    HF_KEEPER_REQUESTED,
    HF_KEEPER_WOKE, /* the machine slept: the clocks drifted apart */
    /* The configuration file of the child, watched by the host. */
    HF_KEEPER_CONFIG_CHANGED,
    HF_KEEPER_CONFIG_READ, /* answers READ_CONFIG */
    HF_KEEPER_JOURNALED,   /* answers JOURNAL */
    /* The secret in the environment of the next child is another one than this one has. */
    HF_KEEPER_SECRET_CHANGED,
    /* The place. */
    HF_KEEPER_DETECTED,     /* answers DETECT */
    HF_KEEPER_PORT_CHECKED, /* answers CHECK_PORT */
    HF_KEEPER_PROBED,       /* answers PROBE */
    /* Trees. */
    HF_KEEPER_SPAWNED,      /* answers SPAWN and ADOPT: it runs and is watched */
    HF_KEEPER_SPAWN_FAILED, /* answers SPAWN and ADOPT: there is no such tree */
    /* The main process ended; others may live.  Once per tree, behind the OUTPUT of all
     * that it had written: its last lines tell why it failed. */
    HF_KEEPER_EXITED,
    HF_KEEPER_EMPTIED,        /* nothing of it lives, everything is reaped; after EXITED */
    HF_KEEPER_GUARDIAN_LOST,  /* the guardian of a living tree is gone */
    HF_KEEPER_SIGNAL_FAILED,  /* SIGNAL could not be carried out */
    HF_KEEPER_SURVEYED,       /* answers SURVEY */
    HF_KEEPER_NOTIFIED_READY, /* READY=1 of the child itself */
    HF_KEEPER_OUTPUT,         /* bytes of its stdout or stderr */
    HF_KEEPER_MEMORY,         /* answers READ_MEMORY */
    HF_KEEPER_EVIDENCE,       /* answers READ_EVIDENCE */
    /* The control connection. */
    HF_KEEPER_LINK_READY,
    HF_KEEPER_LINK_FAILED, /* the one end of a link that never became ready */
    HF_KEEPER_LINK_CLOSED, /* the one end of a link that was ready */
    HF_KEEPER_LINK_LIFE,   /* a pong, or any frame that is none of the following */
    HF_KEEPER_LINK_EVENT,
    HF_KEEPER_LINK_MESSAGE, /* whole JSON that is neither event nor awaited answer */
    HF_KEEPER_LINK_RESULT,  /* answers LINK_CALL; exactly one unless the link ends first */
};

/* Who listens on our port, or holds our journal's place. */
struct hf_keeper_found {
    bool is_listening; /* somebody does, on an address that blocks ours */
    bool is_known;     /* its process could be found; else only that it listens */
    uint64_t tree;     /* it belongs to this tree of ours; 0: to none */
    bool is_recorded;  /* the journal names it: equal pid, start time, boot, executable */
    bool is_same_user;
    bool is_gateway_program; /* its executable looks like a gateway's (--force-reclaim) */
    int64_t pid, uid;        /* when is_known */
    struct hf_bytes program; /* executable name; redacted by the host, cut */
    struct hf_bytes unit;    /* of the service manager; empty: none */
    /* The journal's process lives, whether it listens or not. */
    int64_t recorded_pid; /* 0: none */
};

enum hf_keeper_probe {
    HF_KEEPER_PROBE_READY,   /* challenge seen; 2xx; accepted; by the kind of the place */
    HF_KEEPER_PROBE_REFUSED, /* nobody listens */
    HF_KEEPER_PROBE_SILENT,  /* accepted, and then nothing of use within the deadline */
    HF_KEEPER_PROBE_OTHER,   /* answered, but not as a gateway does */
};

enum hf_keeper_link_failure {
    HF_KEEPER_LINK_STARTING,    /* "gateway starting", structured or as text; maybe a hint */
    HF_KEEPER_LINK_CREDENTIAL,  /* it refuses who we are: token, password, pairing, origin */
    HF_KEEPER_LINK_REFUSED,     /* any other error response */
    HF_KEEPER_LINK_UNREACHABLE, /* connection refused, reset, no WebSocket */
    HF_KEEPER_LINK_TIMEOUT,     /* challenge or connect deadline */
    HF_KEEPER_LINK_UNUSABLE,    /* it cannot work as configured */
};

enum hf_keeper_call_outcome {
    HF_KEEPER_CALL_OK,
    HF_KEEPER_CALL_ERROR,    /* the gateway's own error response */
    HF_KEEPER_CALL_TIMEOUT,  /* no answer within the deadline */
    HF_KEEPER_CALL_NOT_SENT, /* not connected, too large, too much waits */
};

struct hf_keeper_event {
    enum hf_keeper_event_kind kind;
    uint64_t ask; /* the number of the action that it answers */
    /* SPAWNED .. EVIDENCE; PROBED with READY and LINK_READY: of ours, that whose process
     * answers; 0: none, or nobody can tell. */
    uint64_t tree;
    uint64_t link; /* LINK_... */
    /* SPAWNED, NOTIFIED_READY, PROBED, LINK_READY: the main process of `tree` runs this
     * very program.  A launcher may have become it since the last one of them. */
    bool is_holdfast;
    union {
        struct hf_keeper_request request;
        struct hf_keeper_found found; /* DETECTED */
        struct {
            int err; /* 0, or why it could not be read */
            /* As it stands in the file (JSON5); empty with `err`. */
            struct hf_bytes text;
            uint64_t revision; /* of its content; equal content, equal number; 0: no file */
        } config;              /* CONFIG_CHANGED (revision only), CONFIG_READ */
        int err;               /* JOURNALED, SIGNAL_FAILED */
        bool is_free;          /* PORT_CHECKED: bindable on every address that is used */
        struct {
            enum hf_keeper_probe result;
            unsigned other_port; /* the tree listens there instead of on ours; 0: no */
            struct hf_bytes why; /* for people */
        } probed;
        struct {
            int64_t pid;
        } spawned;
        struct {
            int err;             /* HF_ERR_NOT_FOUND, HF_ERR_DENIED, HF_ERR_DESCRIPTORS, ... */
            struct hf_bytes why; /* for people, with the program's name; redacted */
        } spawn_failed;
        struct {
            bool is_known;     /* false: not our child (adopted), only that it ended */
            int code;          /* exit code, or -1 */
            int signal;        /* as the system numbers it, or 0 */
            int64_t oom_kills; /* of its cgroup since it was made; 0 also when not known */
        } exited;
        struct {
            uint32_t count;         /* processes left */
            struct hf_bytes detail; /* "pid 12 in d_wait, ..." */
        } surveyed;
        struct {
            bool is_stderr;
            struct hf_bytes bytes;
        } output;
        struct {
            int64_t bytes; /* of all its processes; -1: it cannot be said */
        } memory;
        struct {
            char state;     /* of who listens, else of the main process: R S D T Z; 0: not known */
            bool is_frozen; /* its cgroup */
            hf_span cpu_used; /* of a processor, used by the tree or waited for in the queue for
                                 one, since some instant: it never falls; -1: not known */
        } evidence;
        struct {
            struct hf_bytes hello; /* the payload of hello-ok, JSON */
        } link_ready;
        struct {
            enum hf_keeper_link_failure failure;
            bool has_hint;
            double hint_ms;      /* STARTING: retryAfterMs as it came */
            struct hf_bytes why; /* for people; redacted */
        } link_failed;
        struct {
            uint16_t code; /* 1006 without a close frame */
            struct hf_bytes reason;
        } link_closed;
        struct {
            struct hf_bytes name, payload; /* JSON; may be empty */
            bool is_notification;          /* of JSON-RPC, legacy: method and params */
        } link_event;
        struct hf_bytes link_message;
        struct {
            enum hf_keeper_call_outcome outcome;
            struct hf_bytes payload; /* OK: JSON; ERROR: the error object */
        } link_result;               /* `ask` names the call */
    } u;
};

/* --- actions --- */

enum hf_keeper_action_kind {
    /* The place. */
    HF_KEEPER_DETECT,      /* DETECTED follows */
    HF_KEEPER_CHECK_PORT,  /* PORT_CHECKED follows */
    HF_KEEPER_PROBE,       /* one look within `within`; PROBED follows */
    HF_KEEPER_STOP_PROBE,  /* abort that PROBE; no answer follows */
    HF_KEEPER_READ_CONFIG, /* CONFIG_READ follows */
    HF_KEEPER_JOURNAL,     /* record `tree` for a next supervisor, or with 0 that there is none;
                              JOURNALED follows */
    /* Trees. */
    HF_KEEPER_SPAWN, /* make `tree`; SPAWNED or SPAWN_FAILED follows */
    HF_KEEPER_ADOPT, /* a process that lives becomes `tree`; the same answers */
    /* To the main process, or TERM or CONT to all others of the tree.  USR1, USR2 and HUP only to one
     * that has a handler: without, they would end it.  SIGNAL_FAILED when it was not sent. */
    HF_KEEPER_SIGNAL,
    HF_KEEPER_END,           /* kill all of the tree until nothing of it is left; EMPTIED follows */
    HF_KEEPER_SURVEY,        /* what is left of it; SURVEYED follows */
    HF_KEEPER_READ_EVIDENCE, /* EVIDENCE follows */
    HF_KEEPER_READ_MEMORY,   /* MEMORY follows */
    HF_KEEPER_DUMP,          /* write down what it hangs in, before the next action */
    /* The control connection: at most one at a time. */
    HF_KEEPER_LINK_OPEN,  /* with credentials read now; one end or LINK_READY follows */
    HF_KEEPER_LINK_ABORT, /* reset it; nothing of it follows */
    HF_KEEPER_LINK_CALL,  /* LINK_RESULT follows */
    HF_KEEPER_LINK_PING,  /* unless one waits for its pong; that is LINK_LIFE */
    /* Up. */
    HF_KEEPER_TELL,   /* an observer event (spec/supervisor.md 11.5) */
    HF_KEEPER_RESULT, /* of a request */
    HF_KEEPER_NOTIFY, /* the service manager above us */
};

enum hf_keeper_what { HF_KEEPER_GATEWAY, HF_KEEPER_DOCTOR };

enum hf_keeper_look {
    HF_KEEPER_LOOK_READY, /* by the kind of the place (design.md section 4): is it ready? */
    HF_KEEPER_LOOK_ALIVE, /* GET /healthz: any HTTP answer is READY */
};

enum hf_keeper_notice {
    HF_KEEPER_NOTICE_READY,
    HF_KEEPER_NOTICE_RELOADING,
    HF_KEEPER_NOTICE_STOPPING,
    HF_KEEPER_NOTICE_STATUS,   /* STATUS= of the status record, which changed */
    HF_KEEPER_NOTICE_WATCHDOG, /* WATCHDOG=1 */
    HF_KEEPER_NOTICE_EXTEND,   /* EXTEND_TIMEOUT_USEC: `within` more */
};

/* The observer events of 11.5. */
enum hf_keeper_tell {
    HF_KEEPER_TELL_STATUS, /* the status record, hf_supervisor_status, changed */
    HF_KEEPER_TELL_EXIT,
    HF_KEEPER_TELL_ERROR,
    HF_KEEPER_TELL_CHANNEL_STATUS,
    HF_KEEPER_TELL_CHAT_MESSAGE,
    HF_KEEPER_TELL_GATEWAY_READY,
    HF_KEEPER_TELL_NOTIFICATION,
    HF_KEEPER_TELL_MESSAGE,
    /* Records of our own (10.5, 11.3, 4.1); JSON. */
    HF_KEEPER_TELL_RESTART_EXECUTED,
    HF_KEEPER_TELL_RESTART_SUPPRESSED,
    HF_KEEPER_TELL_RECONNECT,
    HF_KEEPER_TELL_STARTUP,
};

struct hf_keeper_action {
    enum hf_keeper_action_kind kind;
    uint64_t ask;
    uint64_t tree;
    uint64_t link;
    hf_span within; /* PROBE, LINK_OPEN (challenge), LINK_CALL, NOTICE_EXTEND */
    union {
        enum hf_keeper_what spawn; /* SPAWN */
        enum hf_keeper_look probe; /* PROBE */
        struct {
            int64_t pid;     /* as DETECTED told, and proven again */
            bool is_reclaim; /* not the recorded one, but the gateway that holds the port */
        } adopt;
        struct {
            enum hf_keeper_signal signal;
            bool to_others; /* to all but the main process */
        } signal;
        struct {
            hf_span connect_within; /* from the connect request to hello */
        } link_open;
        struct {
            struct hf_bytes method, params; /* JSON, or empty */
        } link_call;
        struct {
            enum hf_keeper_tell kind;
            struct hf_bytes name;    /* NOTIFICATION: the method */
            struct hf_bytes payload; /* text of ERROR; else JSON, may be empty */
            int code;                /* EXIT: -1: null */
            int signal;              /* EXIT: 0: none */
        } tell;
        struct hf_keeper_result result;
        struct {
            enum hf_keeper_notice kind;
        } notify;
    } u;
};

#endif
