/* core/presence.h: who is here?
 *
 * The bounded list that `system-presence`, the `presence` event and hello-ok
 * show: the gateway itself, UI and node clients with the reason of their last
 * change, and lines of `system-event` (protocol/wire.md section 4,
 * protocol/events.md section 6).  Also the two counters of `stateVersion`.
 * Values only: the JSON is written elsewhere. */
#ifndef HF_CORE_PRESENCE_H
#define HF_CORE_PRESENCE_H

#include "base/limits.h"
#include "base/pool.h"
#include "base/scope.h"
#include "base/time.h"

/* Texts of an entry, in the order the wire shows them; empty ones are left out. */
enum hf_presence_text {
    HF_PRESENCE_CLIENT_ID,
    HF_PRESENCE_MODE,
    HF_PRESENCE_HOST,
    HF_PRESENCE_IP,
    HF_PRESENCE_VERSION,
    HF_PRESENCE_PLATFORM,
    HF_PRESENCE_DEVICE_FAMILY,
    HF_PRESENCE_MODEL_IDENTIFIER,
    HF_PRESENCE_TIME_ZONE,
    HF_PRESENCE_DEVICE_ID,
    HF_PRESENCE_INSTANCE_ID,
    HF_PRESENCE_REASON, /* "self", "connect", "disconnect", or what a system event says */
    HF_PRESENCE_LINE,   /* `text` */
    HF_PRESENCE_TEXTS,
};

enum hf_presence_kind { HF_PRESENCE_SELF, HF_PRESENCE_CLIENT, HF_PRESENCE_EVENT };

struct hf_presence_entry {
    enum hf_presence_kind kind;
    struct hf_bytes texts[HF_PRESENCE_TEXTS];
    enum hf_role role;       /* CLIENT */
    hf_scopes scopes;        /* CLIENT */
    int64_t ts_ms;           /* wall clock of the last change */
    int64_t online_since_ms; /* CLIENT; stays after the disconnect */
};

struct hf_presence_slot;

struct hf_presence { /* fields are private */
    struct hf_presence_slot *slots;
    size_t len;
    uint16_t order[HF_LIMIT_PRESENCE_ENTRIES]; /* slots: self, then by last change */
    uint64_t presence_version, health_version;
};

/* The empty list; both versions start at 1. */
int hf_presence_init(struct hf_presence *p); /* 0 or HF_ERR_NOMEM */
void hf_presence_fini(struct hf_presence *p);

/* The gateway's own entry, first in the list and never dropped.  Texts are copied
 * and cut to HF_LIMIT_NAME_BYTES.  0 or HF_ERR_NOMEM. */
int hf_presence_self(struct hf_presence *p, const struct hf_presence_entry *entry);

/* Is a client with this mode listed at all?  (UI and node clients are; cli, backend
 * and probe are not.) */
bool hf_presence_lists(struct hf_bytes mode, enum hf_role role);

/* A listed client connected.  It takes the place of an earlier entry of the same
 * instance (without an instance id: of the same device).  0 or HF_ERR_NOMEM. */
int hf_presence_connect(struct hf_presence *p, hf_id conn, const struct hf_presence_entry *entry);

/* Its connection ended: the entry stays with reason "disconnect" until its time is
 * over or its place is needed.  True when something changed. */
bool hf_presence_disconnect(struct hf_presence *p, hf_id conn, int64_t wall_ms);

/* A line of `system-event`, cut to HF_LIMIT_NAME_BYTES; the same text again only
 * moves it.  0 or HF_ERR_NOMEM. */
int hf_presence_event(struct hf_presence *p, struct hf_bytes text, int64_t wall_ms);

/* Drops entries whose connection is gone, and lines, older than 5 minutes; true
 * when any went. */
bool hf_presence_expire(struct hf_presence *p, int64_t wall_ms);

/* How many, and the i-th: self first, then the newest change first.  At most
 * HF_LIMIT_PRESENCE_ENTRIES; a further one drops the oldest whose connection is
 * gone, else the oldest client.  Borrowed until the next change. */
size_t hf_presence_count(const struct hf_presence *p);
struct hf_presence_entry hf_presence_at(const struct hf_presence *p, size_t i);

/* `stateVersion`: they only grow.  Every change above raises `presence`. */
struct hf_presence_version {
    uint64_t presence, health;
};
struct hf_presence_version hf_presence_version(const struct hf_presence *p);
void hf_presence_health_changed(struct hf_presence *p);

#endif
