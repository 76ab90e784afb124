/* port/store.h: what an engine asks the store, and what comes back.
 *
 * A request is carried out as a whole: either everything in it is durable when
 * its result says 0, or nothing of it is kept.  Requests run one after the other.
 *
 * Ownership.  The request and all it points to belong to the engine and stay
 * untouched from HF_ACTION_JOB until its result.  The result and all it points to
 * belong to whoever ran the request (the host, the simulator) and are borrowed
 * until the step that delivers it returns. */
#ifndef HF_PORT_STORE_H
#define HF_PORT_STORE_H

#include "base/device.h"

enum hf_store_kind {
    HF_STORE_LOAD, /* everything, once at start; opens and migrates the file if need be */
    HF_STORE_WRITE /* the changes and records below, in one transaction */
};

enum { HF_STORE_CHANGES_MAX = 8 };

/* One row of the stability log.  Only the newest HF_LIMIT_STABILITY_RECORDS are
 * kept; the older ones go in the same transaction. */
struct hf_stability_row {
    int64_t seq; /* grows by one per record; an existing one is replaced */
    int64_t at_ms;
    struct hf_bytes record; /* one JSON object */
};

struct hf_store_request {
    enum hf_store_kind kind;
    size_t change_count; /* WRITE: at most HF_STORE_CHANGES_MAX, applied in order */
    struct hf_device_change changes[HF_STORE_CHANGES_MAX];
    size_t stability_count;
    const struct hf_stability_row *stability;
};

/* `err` is 0 or
 *   HF_ERR_FULL, HF_ERR_READONLY, HF_ERR_DENIED, HF_ERR_IO   the disk
 *   HF_ERR_BUSY      another process holds the file
 *   HF_ERR_CORRUPT   the file is damaged; it is left as it is
 *   HF_ERR_NEWER     the file belongs to a newer version
 *   HF_ERR_NOMEM
 * After an error nothing of the request is kept and the store stays usable: a
 * later request is tried again from the start. */
struct hf_store_result {
    enum hf_store_kind kind;
    int err;
    /* LOAD only; oldest first. */
    const struct hf_device *devices;
    size_t device_count;
    const struct hf_pairing *pairings;
    size_t pairing_count;
    const struct hf_stability_row *stability;
    size_t stability_count;
};

#endif
