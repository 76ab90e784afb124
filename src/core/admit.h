/* core/admit.h: is there room for one more socket or request?
 *
 * Counts connections in all and per address, keeps those that have not said
 * hello in one bounded pool, and holds their deadlines: accept to the end of the
 * HTTP head, then to hello (design.md sections 3 and 5).  When the pool is full
 * the oldest socket that has not sent `connect` goes, so that strangers never
 * crowd out clients.  Memory grows in reserve only. */
#ifndef HF_CORE_ADMIT_H
#define HF_CORE_ADMIT_H

#include "base/map.h"
#include "base/pool.h"
#include "base/time.h"

enum { HF_ADMIT_ADDRESS_BYTES = 16 };

struct hf_admit_limits {
    uint32_t connections;         /* HF_LIMIT_CONNECTIONS */
    uint32_t per_address;         /* HF_LIMIT_CONNECTIONS_PER_ADDRESS */
    uint32_t preauth;             /* HF_LIMIT_PREAUTH_CONNECTIONS */
    uint32_t preauth_per_address; /* 0: only the pool as a whole is bounded */
    hf_span head_within;          /* accept to the end of the HTTP head */
    hf_span hello_within;         /* from there to hello */
};

/* Where a socket stands on its way in. */
enum hf_admit_phase {
    HF_ADMIT_FREE,   /* the slot is not in use */
    HF_ADMIT_HEAD,   /* the HTTP head is awaited */
    HF_ADMIT_SILENT, /* upgraded, `connect` is awaited */
    HF_ADMIT_ASKED,  /* sent `connect`: never evicted */
    HF_ADMIT_IN,     /* said hello: out of the pool, no deadline */
};

enum hf_admit_why {
    HF_ADMIT_OK,
    HF_ADMIT_TOTAL,               /* CONNECTIONS */
    HF_ADMIT_PER_ADDRESS,         /* CONNECTIONS_PER_ADDRESS */
    HF_ADMIT_PREAUTH,             /* the pool is full of sockets that sent `connect` */
    HF_ADMIT_PREAUTH_PER_ADDRESS, /* the same for one address */
};

struct hf_admit_verdict {
    enum hf_admit_why why; /* OK: accepted; else refuse, and name this bound in the log */
    hf_id evict;           /* not 0: end this one to make the room; it was taken out already */
};

struct hf_admit_conn;
struct hf_admit_address;

struct hf_admit_list { /* slot + 1 of both ends */
    uint32_t first, last;
};

struct hf_admit { /* fields are private */
    struct hf_admit_limits limits;
    struct hf_hash_key hash_key;
    struct hf_admit_conn *conns;        /* by slot */
    struct hf_admit_address *addresses; /* as many */
    uint32_t cap;
    uint32_t free_address, used_addresses; /* first free + 1; ever used */
    struct hf_map by_address;
    struct hf_admit_list heads, hellos; /* by deadline, earliest first */
    struct hf_admit_list silent;        /* by age, oldest first: who may be evicted */
    uint32_t total, preauth;
};

void hf_admit_init(struct hf_admit *a, const struct hf_admit_limits *limits,
                   struct hf_hash_key hash_key);
void hf_admit_fini(struct hf_admit *a);

/* New limits; nobody is thrown out, deadlines that run keep their spans. */
void hf_admit_set_limits(struct hf_admit *a, const struct hf_admit_limits *limits);

/* Makes sure that `slot` can be accepted without memory: 0 or HF_ERR_NOMEM. */
int hf_admit_reserve(struct hf_admit *a, uint32_t slot);

/* A socket was accepted from `address` (IPv4 is IPv4-mapped).  The slot of `conn`
 * was reserved and is free.  Refused sockets are not counted. */
struct hf_admit_verdict hf_admit_accept(struct hf_admit *a, hf_time now, hf_id conn,
                                        const uint8_t address[HF_ADMIT_ADDRESS_BYTES]);

/* The HTTP head is complete and asked for a WebSocket: the hello deadline begins. */
void hf_admit_upgraded(struct hf_admit *a, hf_time now, hf_id conn);

/* `connect` arrived. */
void hf_admit_asked(struct hf_admit *a, hf_id conn);

/* hello-ok is queued: it leaves the pool and has no deadline any more. */
void hf_admit_hello(struct hf_admit *a, hf_id conn);

/* The close began or the socket is gone: every count it held is given back.
 * A stale id or a second call changes nothing. */
void hf_admit_drop(struct hf_admit *a, hf_id conn);

/* The earliest deadline, or HF_NEVER. */
hf_time hf_admit_due(const struct hf_admit *a);

/* The next socket whose deadline is at or before `now`; it stays counted until
 * drop but will not expire again.  `phase` says what was awaited. */
bool hf_admit_expire(struct hf_admit *a, hf_time now, hf_id *conn, enum hf_admit_phase *phase);

/* May a connection that has `in_flight` requests open and `queued_bytes` of answers
 * unread send one more?  Otherwise answer UNAVAILABLE, retryable: `The server is
 * busy` (HF_LIMIT_REQUESTS_IN_FLIGHT, HF_LIMIT_BUSY_BYTES). */
bool hf_admit_request(uint32_t in_flight, size_t queued_bytes);

#endif
