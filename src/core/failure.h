/* core/failure.h: what does this failure of a supervised gateway ask for?
 *
 * spec/supervisor.md 7.1 (a start that failed) and 7.3 (exit codes), both columns.
 * The exit code decides before any text; text of the child's last lines only tells
 * what the code leaves open.  Also tells when somebody else seems to stop the same
 * process.  Pure. */
#ifndef HF_CORE_FAILURE_H
#define HF_CORE_FAILURE_H

#include "base/bytes.h"
#include "base/time.h"

enum { HF_EXIT_CONFIG = 78, HF_EXIT_PARKED = 79 };
enum { HF_SIGNAL_INT = 2, HF_SIGNAL_KILL = 9, HF_SIGNAL_TERM = 15 }; /* as POSIX numbers them */

/* How a process ended. */
struct hf_exit {
    bool is_known;       /* false: an adopted one, whose status nobody can read */
    int code;            /* when no signal ended it */
    int signal;          /* as the system numbers it; 0: it exited */
    bool is_asked;       /* we sent that signal, or asked it to stop */
    bool has_hint;       /* a `shutdown` event said that it restarts, or a handoff record */
    int64_t oom_kills;   /* of its cgroup while it lived */
    bool is_over_memory; /* asked, because it took more than its hard limit */
};

enum hf_exit_kind {
    HF_EXIT_CLEAN,    /* 0 */
    HF_EXIT_HANDOVER, /* 0, and it had said that it wants a successor */
    HF_EXIT_ASKED,    /* as we asked */
    HF_EXIT_FAILED,   /* any other code, or not known */
    HF_EXIT_REFUSED,  /* 78: configuration, or another healthy gateway owns the place */
    HF_EXIT_TO_PARK,  /* 79 */
    HF_EXIT_STOPPED,  /* INT or TERM that we did not send */
    HF_EXIT_KILLED,   /* KILL that we did not send */
    HF_EXIT_CRASHED,  /* any other signal */
};
enum hf_exit_kind hf_exit_kind(const struct hf_exit *e);

/* One word for records: "clean", "handover", "external_stop", "oom_kill", ...; static. */
const char *hf_exit_word(const struct hf_exit *e);

/* --- while it was running --- */

enum hf_exit_act {
    HF_EXIT_DONE,    /* expected: stopped */
    HF_EXIT_RESPAWN, /* at once */
    HF_EXIT_LADDER,  /* after the next delay of the reconnect ladder */
    HF_EXIT_LOOK,    /* see who owns the place; nobody healthy: FATAL until the config changes */
    HF_EXIT_FATAL,
};

struct hf_exit_verdict {
    enum hf_exit_act act;
    bool is_charged; /* to the budget of automatic restarts */
    const char *why; /* hf_exit_word */
};
struct hf_exit_verdict hf_exit_judge(const struct hf_exit *e);

/* --- while it was starting --- */

/* What the child's lines say, as bits. */
enum hf_failure_mark {
    HF_MARK_RUNTIME = 1 << 0,   /* this Node or SQLite cannot run it */
    HF_MARK_MIGRATION = 1 << 1, /* another process migrates: come back later */
    HF_MARK_CONFIG = 1 << 2,    /* its configuration is not valid */
};
uint32_t hf_failure_marks(struct hf_bytes line);

enum hf_failure_kind {
    HF_FAILED_EXITED,      /* before it was ready: `exit` */
    HF_FAILED_NOT_READY,   /* at the deadline of the whole wait */
    HF_FAILED_STARTING,    /* "gateway starting" until the retries were used up */
    HF_FAILED_UNREACHABLE, /* closed before the handshake, refused, reset */
    HF_FAILED_TIMEOUT,     /* no challenge, no hello in time */
    HF_FAILED_CREDENTIAL,  /* it does not want who we are */
    HF_FAILED_REFUSED,     /* any other error response */
    HF_FAILED_UNUSABLE,    /* cannot work as configured */
    HF_FAILED_PORT,        /* the port stayed occupied by what dies */
    HF_FAILED_ELSEWHERE,   /* the child listens on another port */
    HF_FAILED_NO_PROGRAM,  /* it cannot be executed */
    HF_FAILED_NO_MEANS,    /* no process or descriptor is to be had now */
    HF_FAILED_CONTAINMENT, /* its guardian died first */
    HF_FAILED_MEMORY,      /* it took more than its hard limit */
};

/* Who owns the place, after a look that LOOK asked for. */
enum hf_failure_owner {
    HF_OWNER_NOT_LOOKED,
    HF_OWNER_NOBODY,
    HF_OWNER_USABLE, /* a healthy gateway that lets us in */
    HF_OWNER_OTHER,  /* a healthy gateway that does not, or a stranger */
};

struct hf_failure {
    enum hf_failure_kind kind;
    struct hf_exit exit;            /* EXITED */
    uint32_t marks;                 /* of the lines since the attempt began */
    struct hf_bytes version;        /* that it had when it ran last; empty: not known */
    uint32_t attempt, attempts_max; /* this one, from 1 */
    bool may_repair;                /* a doctor is there and it may run now */
    enum hf_failure_owner owner;
};

enum hf_failure_act {
    HF_FAILURE_LOOK, /* who owns the place?  Judge again with `owner` */
    HF_FAILURE_ATTACH,
    HF_FAILURE_CONFLICT, /* port_conflict */
    HF_FAILURE_REPAIR,
    HF_FAILURE_RETRY, /* in this start, after `wait` */
    HF_FAILURE_LATER, /* not in this start; the ladder goes on after `wait` */
    HF_FAILURE_FAIL,  /* the ladder goes on */
    HF_FAILURE_FATAL,
};

struct hf_failure_verdict {
    enum hf_failure_act act;
    hf_span wait;
    const char *why; /* one word, static */
};
struct hf_failure_verdict hf_failure_judge(const struct hf_failure *f);

/* --- somebody else's hand --- */

enum { HF_STOPS_TOLD = 3 };

struct hf_stops { /* a zeroed one is empty */
    hf_time at[HF_STOPS_TOLD];
    uint32_t len;
};

/* One STOPPED exit.  True when it is the third within 300 s: a competing supervisor is
 * likely; then it counts anew. */
bool hf_stops_add(struct hf_stops *s, hf_time now);

#endif
