/* core/holder.h: who holds the place that our gateway is to listen on, and what may be done?
 *
 * spec/supervisor.md section 5.  Only what is proven ours is ever signalled: a
 * process of our ledger, or one that the journal names with equal pid, start time,
 * boot and executable.  A gateway that lets us in is used and left alone; anything
 * else is a conflict that names it.  Pure. */
#ifndef HF_CORE_HOLDER_H
#define HF_CORE_HOLDER_H

#include "base/bytes.h"

enum hf_holder_class {
    HF_HOLDER_NONE, /* nobody listens, nothing of ours lives */
    HF_HOLDER_OWNED,
    HF_HOLDER_ADOPTABLE, /* of the journal: we lost the handle */
    HF_HOLDER_EXTERNAL,
    HF_HOLDER_FOREIGN, /* a gateway that refuses our credential */
    HF_HOLDER_STRANGER,
};

enum hf_holder_act {
    HF_HOLDER_SPAWN,
    HF_HOLDER_CONNECT, /* ours already */
    HF_HOLDER_ADOPT,
    /* Ours, silent: it is taken over and probed until the re-attach deadline.  Beyond that it is
     * what 5.1 calls `stale_own`; whether it is ended then is said by what its process does
     * (core/vigil), not by the clock alone. */
    HF_HOLDER_WAIT,
    HF_HOLDER_KILL,   /* the whole tree, then the port, then spawn */
    HF_HOLDER_PROBE,  /* does it answer?  Judge again */
    HF_HOLDER_LOGIN,  /* does it let us in?  Judge again */
    HF_HOLDER_ATTACH, /* as external */
    HF_HOLDER_CONFLICT,
};

enum hf_holder_known { HF_HOLDER_UNKNOWN, HF_HOLDER_NO, HF_HOLDER_YES };

struct hf_holder_facts {
    bool is_listening;   /* on an address that blocks ours */
    bool is_ours;        /* its process belongs to our ledger or cgroup */
    bool is_recorded;    /* the journal names it: pid, start time, boot and executable agree */
    bool lives_recorded; /* the process of the journal lives, whether it listens or not */
    bool is_same_user;   /* false also when its owner cannot be found out */
    enum hf_holder_known answers; /* the challenge */
    enum hf_holder_known lets_in; /* accepts our credential */
    bool is_gateway_program;      /* its executable looks like a gateway's */
    bool is_unit;                 /* its cgroup is another service's */
    bool may_reclaim;             /* --force-reclaim: the operator's word (5.3) */
};

struct hf_holder_verdict {
    enum hf_holder_class class;
    enum hf_holder_act act;
};

/* Whether a unit of the service manager is one that would come back by itself: a scope (a
 * terminal's, an application's) is not. */
bool hf_holder_is_service(struct hf_bytes unit);

/* PROBE and LOGIN want the facts that are missing; every other act is the answer. */
struct hf_holder_verdict hf_holder_judge(const struct hf_holder_facts *f);

const char *hf_holder_class_name(enum hf_holder_class class); /* "adoptable"; static */

#endif
