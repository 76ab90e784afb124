/* core/devices.h: which devices are paired, and what may be changed?
 *
 * The registry in memory; the store is its durable copy.  Reading is direct.  A
 * change is made in two steps, so that nothing is told to anybody before it is
 * durable and a failed write changes nothing:
 *
 *   act = hf_devices_ask(...) / _approve(...) / ...      the plan, all decided
 *   HF_DEVICES_WRITE    hand plan.changes to the store, keep the plan, and call
 *                       hf_devices_settle exactly once with the store's answer
 *   HF_DEVICES_WAIT     a change of the same device is being written: call again
 *                       after that one is settled
 *   HF_DEVICES_DONE     nothing to write; the plan's facts are valid
 *   HF_DEVICES_REFUSED  plan.message says why (INVALID_REQUEST)
 *   HF_DEVICES_FULL     a bound is full: HF_LIMIT_DEVICES (UNAVAILABLE)
 *   HF_DEVICES_NOMEM    out of memory (UNAVAILABLE)
 *
 * Everything that settling needs is reserved in the first step: settling cannot
 * fail.  At most HF_LIMIT_DEVICES devices and HF_LIMIT_PENDING_PAIRINGS pending
 * requests (the oldest is dropped; one per device however often it tries).
 * Pure: no clock, no store; dice and wall time are passed in. */
#ifndef HF_CORE_DEVICES_H
#define HF_CORE_DEVICES_H

#include "base/device.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/rng.h"

/* A pending request is forgotten so long after the device's latest try. */
#define HF_PAIRING_KEPT_MS (INT64_C(3600) * 1000)

/* HF_LIMIT_DEVICES and HF_LIMIT_PENDING_PAIRINGS; tests take smaller ones. */
struct hf_devices_limits {
    uint32_t devices, pairings;
};

struct hf_devices { /* fields are private; tests may read them */
    struct hf_devices_limits limits;
    struct hf_pool places;   /* one per known device id */
    struct hf_pool pairings; /* pending requests */
    struct hf_map by_id;     /* slots of places by device id */
    struct hf_hash_key hash_key;
    /* How many there are once everything that is being written is durable. */
    uint32_t device_count, pairing_count;
    hf_id save_cursor;
};

/* `hash_key` is random, so that nobody can choose device ids that collide.
 * 0 or HF_ERR_NOMEM; after an error hf_devices_fini is still right. */
int hf_devices_init(struct hf_devices *d, const struct hf_devices_limits *limits,
                    struct hf_hash_key hash_key);
void hf_devices_fini(struct hf_devices *d);

/* Fills an empty registry from the store's rows (copied): 0, HF_ERR_NOMEM.  Rows
 * beyond the bounds are left out, the newest are kept; rows whose id does not
 * belong to their key are left out too. */
int hf_devices_load(struct hf_devices *d, const struct hf_device *devices, size_t device_count,
                    const struct hf_pairing *pairings, size_t pairing_count);

/* --- reading; what is returned is borrowed until the next change --- */

const struct hf_device *hf_devices_find(const struct hf_devices *d, const struct hf_device_id *id);
const struct hf_pairing *hf_devices_find_pairing(const struct hf_devices *d,
                                                 struct hf_bytes request_id);

/* Newest approval (newest request) first.  `out` has room for `cap`; returns how
 * many were written.  Room for limits.devices (limits.pairings) is always enough. */
size_t hf_devices_list(const struct hf_devices *d, const struct hf_device **out, size_t cap);
size_t hf_devices_list_pairings(const struct hf_devices *d, const struct hf_pairing **out,
                                size_t cap);

/* --- changes --- */

enum hf_devices_act {
    HF_DEVICES_DONE,
    HF_DEVICES_WRITE,
    HF_DEVICES_WAIT,
    HF_DEVICES_REFUSED,
    HF_DEVICES_FULL,
    HF_DEVICES_NOMEM
};

enum hf_pair_event_kind {
    HF_PAIR_REQUESTED, /* device.pair.requested: the pairing in the plan */
    HF_PAIR_APPROVED,  /* device.pair.resolved, decision approved */
    HF_PAIR_REJECTED,  /* device.pair.resolved, decision rejected */
    HF_PAIR_CHANGED    /* device.pair.changed, payload {} */
};

/* To be broadcast to scope operator.pairing once the plan is settled as durable. */
struct hf_pair_event {
    enum hf_pair_event_kind kind;
    char request_id[HF_REQUEST_ID_CHARS];
    struct hf_device_id id;
};

enum { HF_PLAN_CHANGES = 4, HF_PLAN_EVENTS = 3 };

struct hf_devices_plan {
    struct hf_bytes message; /* REFUSED: the error's text.  Static */

    struct hf_device_id id; /* the device it is about */
    size_t change_count;
    struct hf_device_change changes[HF_PLAN_CHANGES];

    /* Facts, valid with DONE, and with WRITE once it is settled as durable. */
    char request_id[HF_REQUEST_ID_CHARS]; /* ask, approve, reject: the request */
    size_t event_count;
    struct hf_pair_event events[HF_PLAN_EVENTS];
    bool ends_sessions[HF_ROLES]; /* close the device's connections in these roles:
                                     4001 `device removed` */
    int64_t at_ms;                /* rotatedAtMs, revokedAtMs, ts of the events */
    enum hf_role role;            /* rotate, revoke */
    hf_scopes scopes;             /* rotate: what the new token carries */

    /* Private: what is being written, and by how much the counts change. */
    hf_id places[HF_PLAN_CHANGES];
    size_t place_count;
    int device_delta, pairing_delta;
};

/* Who asks for a change over an open connection. */
struct hf_devices_caller {
    hf_scopes scopes;
    bool is_device;         /* logged in with a device token, not with the shared secret */
    struct hf_device_id id; /* only if is_device */
};

/* A device asks to be approved by an operator: files a request, or refreshes the
 * one it has when that covers what is asked for now.  A wider ask gets a new
 * request id (what an operator approves is what was shown to them) that covers
 * both, and the old one is told as rejected. */
enum hf_devices_act hf_devices_ask(struct hf_devices *d, int64_t now_ms,
                                   const struct hf_pairing_ask *ask, struct hf_rng *rng,
                                   struct hf_devices_plan *plan);

/* The same, approved at once (direct loopback with the shared secret). */
enum hf_devices_act hf_devices_ask_silent(struct hf_devices *d, int64_t now_ms,
                                          const struct hf_pairing_ask *ask, struct hf_rng *rng,
                                          struct hf_devices_plan *plan);

/* device.pair.approve, .reject: by request id.  A caller without operator.admin
 * that is itself a device may only answer for itself; nobody grants a scope that
 * they do not hold; only an admin approves a node. */
enum hf_devices_act hf_devices_approve(struct hf_devices *d, int64_t now_ms,
                                       const struct hf_devices_caller *caller,
                                       struct hf_bytes request_id, struct hf_rng *rng,
                                       struct hf_devices_plan *plan);
enum hf_devices_act hf_devices_reject(struct hf_devices *d, int64_t now_ms,
                                      const struct hf_devices_caller *caller,
                                      struct hf_bytes request_id, struct hf_devices_plan *plan);

/* device.pair.remove, .rename; `device_id` is text from the parameters.  The label
 * is trimmed and may not be empty. */
enum hf_devices_act hf_devices_remove(struct hf_devices *d, int64_t now_ms,
                                      const struct hf_devices_caller *caller,
                                      struct hf_bytes device_id, struct hf_devices_plan *plan);
enum hf_devices_act hf_devices_rename(struct hf_devices *d, const struct hf_devices_caller *caller,
                                      struct hf_bytes device_id, struct hf_bytes label,
                                      struct hf_devices_plan *plan);

/* device.token.rotate, .revoke; `role` is text from the parameters.  `scopes` is
 * NULL to keep what the token carries; a wider set is refused. */
enum hf_devices_act hf_devices_rotate(struct hf_devices *d, int64_t now_ms,
                                      const struct hf_devices_caller *caller,
                                      struct hf_bytes device_id, struct hf_bytes role,
                                      const hf_scopes *scopes, struct hf_rng *rng,
                                      struct hf_devices_plan *plan);
enum hf_devices_act hf_devices_revoke(struct hf_devices *d, int64_t now_ms,
                                      const struct hf_devices_caller *caller,
                                      struct hf_bytes device_id, struct hf_bytes role,
                                      struct hf_rng *rng, struct hf_devices_plan *plan);

/* The store's answer to a plan that was WRITE: makes it true, or forgets it.
 * Whoever was told WAIT may try again now. */
void hf_devices_settle(struct hf_devices *d, struct hf_devices_plan *plan, bool is_durable);

/* --- upkeep --- */

/* A paired device logged in: its facts and last seen change at once in memory
 * and are stored later (hf_devices_save); losing them costs nothing. */
void hf_devices_seen(struct hf_devices *d, int64_t now_ms, const struct hf_pairing_ask *facts);

/* Plans to store up to HF_PLAN_CHANGES devices whose last seen is unsaved.  DONE
 * when there is none, WAIT when all of them are being written. */
enum hf_devices_act hf_devices_save(struct hf_devices *d, struct hf_devices_plan *plan);

/* Plans to drop one pending request that is too old; told as rejected.  DONE when
 * there is none. */
enum hf_devices_act hf_devices_expire(struct hf_devices *d, int64_t now_ms,
                                      struct hf_devices_plan *plan);

/* Wall clock of the next expiry, or INT64_MAX. */
int64_t hf_devices_expire_due_ms(const struct hf_devices *d);

#endif
