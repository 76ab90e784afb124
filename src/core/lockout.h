/* core/lockout.h: has somebody guessed too many secrets?
 *
 * Counts DISTINCT wrong secrets (as digests) that a source tried for the first
 * time within a window.  The same wrong secret tried a thousand times, by one
 * client or by many, counts once; one that is known from before does not count
 * again.  At `attempts_max` the source is locked for `locked_for`; the attempt that
 * reaches the bound still gets its own answer, the next one is refused unread.
 *
 * The rule for neighbours (users.md P14, design.md section 3).  What counts is
 * the source of an attempt, and a source is one of two:
 *   - an address: all who have shown no proof.  IPv6 counts by its /64, because
 *     one customer owns that many addresses.
 *   - a paired device whose signature was valid.  It is judged by its own count:
 *     its neighbours cannot lock it out and it cannot lock them out.
 * A signature by an unknown key proves nothing (keys are free) and counts for the
 * address.  While an address is locked, its secrets are not looked at, so a right
 * one gets the same answer as a wrong one: a lock that let the right guess in
 * would be none.  Honest clients with stale secrets cannot bring a lock about
 * (one distinct secret each), and devices that are paired pass through it.
 *
 * Bounded: HF_LIMIT_AUTH_ADDRESSES sources (the one idle for longest is
 * forgotten, locked ones last), at most HF_LIMIT_AUTH_SECRETS_PER_ADDRESS digests
 * each (the one unused for longest is forgotten).  Pure; digests only. */
#ifndef HF_CORE_LOCKOUT_H
#define HF_CORE_LOCKOUT_H

#include "base/crypto.h"
#include "base/device.h"
#include "base/map.h"
#include "base/time.h"

struct hf_lockout_limits {
    uint32_t attempts_max; /* 1..HF_LIMIT_AUTH_SECRETS_PER_ADDRESS; 10 */
    hf_span window;        /* how long a new wrong secret counts; 60 s */
    hf_span locked_for;    /* 300 s */
    bool exempts_loopback; /* direct loopback is never locked; true */
};

/* How late a wrong secret over direct loopback is answered, a device's too
 * (protocol/wire.md section 3). */
#define HF_LOCKOUT_LOOPBACK_DELAY HF_MS(250)

enum hf_source_kind { HF_SOURCE_LOOPBACK, HF_SOURCE_ADDRESS, HF_SOURCE_DEVICE };

struct hf_source {
    enum hf_source_kind kind;
    bool is_near; /* over direct loopback: it is answered late; not a part of who it is */
    uint8_t bytes[HF_DEVICE_ID_BYTES]; /* zero padded */
};

struct hf_lockout_entry;

struct hf_lockout { /* fields are private; tests may read them */
    struct hf_lockout_limits limits;
    struct hf_lockout_entry *entries; /* reserved in one block, touched as used */
    struct hf_map by_source;
    struct hf_hash_key hash_key;
    uint32_t len, max;
    uint32_t newest, oldest; /* entries by latest use; index + 1, 0 is none */
};

/* The source behind an address: direct loopback, or an IPv4-mapped or IPv6 address. */
struct hf_source hf_source_address(const uint8_t address[16], bool is_direct_loopback);

/* The source of a paired device whose signature was checked. */
struct hf_source hf_source_device(const struct hf_device_id *id, bool is_direct_loopback);

/* At most `sources_max` sources (HF_LIMIT_AUTH_ADDRESSES).  `hash_key` is random.
 * 0 or HF_ERR_NOMEM; after an error hf_lockout_fini is still right. */
int hf_lockout_init(struct hf_lockout *l, const struct hf_lockout_limits *limits,
                    uint32_t sources_max, struct hf_hash_key hash_key);
void hf_lockout_fini(struct hf_lockout *l);

/* New limits; counts and running locks stay. */
void hf_lockout_set(struct hf_lockout *l, const struct hf_lockout_limits *limits);

/* How long the source stays locked, or 0 when it may try. */
hf_span hf_lockout_left(const struct hf_lockout *l, hf_time now, const struct hf_source *source);

struct hf_lockout_failure {
    bool is_locked_now; /* this secret was the one too many: say it once in the log */
    hf_time answer_at;  /* when the refusal may be sent: `now`, or later for loopback */
};

/* A wrong secret was tried; `digest` is its SHA-256. */
struct hf_lockout_failure hf_lockout_failed(struct hf_lockout *l, hf_time now,
                                            const struct hf_source *source,
                                            const uint8_t digest[HF_SHA256_BYTES]);

#endif
