/* engine/front.h: the place of a gateway, kept whether the gateway is there or not.
 *
 * `run --mode relay` (issue 4 part 4).  While the upstream behind us is ready, each new
 * client is relayed to it (core/relay), named by the address that it really has; while
 * it is not, the client goes to the gate: our own server, which stays in start-up, so
 * that it answers with the documented refusal and the probes tell the truth.  What
 * cannot be relayed goes to the gate too, with the bytes that came so far.
 *
 * Who is named.  A peer that is one of the trusted proxies is replaced by the client that
 * it names (core/ingress, as the gate does it).  A client on this machine that comes directly is not named: the upstream
 * sees us in its place, on the same machine.  Everybody else is named in
 * X-Forwarded-For, so that the upstream never takes a remote client for a local one; it
 * must trust our address (its `gateway.trustedProxies`), else it refuses them.
 * Who cannot be attributed goes to the gate, which says only that the process lives and
 * refuses everything else.
 *
 * Pure: the host owns sockets, and gives and carries out what core/relay says. */
#ifndef HF_ENGINE_FRONT_H
#define HF_ENGINE_FRONT_H

#include "base/dueq.h"
#include "core/admit.h"
#include "core/ingress.h"
#include "core/relay.h"
#include "engine/settings.h"
#include "engine/supervisor.h"
#include "port/event.h"

struct hf_front_config {
    struct hf_relay_limits limits;
    hf_span dial_within; /* the upstream, for one client: then the client goes to the gate */
    hf_span probe_every; /* while it is not there and nobody tells */
    struct hf_hash_key hash_key;
};

struct hf_front_counts {
    uint64_t accepted, gated, refused; /* of all clients; gated: sent to the gate */
    uint64_t fell_back;                /* of those: after the upstream did not take them */
    uint64_t bytes[2];                 /* written to the clients, to the upstream */
    uint32_t open;
};

struct hf_front { /* fields are private; `counts` may be read */
    struct hf_front_config config;
    struct hf_ingress_rules ingress;
    bool is_ready;
    struct hf_admit admit;
    struct hf_pool conns; /* struct hf_front_conn */
    struct hf_dueq due;   /* by slot */
    struct hf_front_counts counts;
};

struct hf_front_conn {
    hf_id self;
    struct hf_relay relay;
    struct hf_peer peer;
    struct hf_net_address client; /* whom it is named as, or the peer */
    hf_time accepted_at;
};

/* The limits of the relay as the house has them. */
void hf_front_config_init(struct hf_front_config *config);

/* `settings`: what hf_front_set takes. */
void hf_front_init(struct hf_front *f, const struct hf_front_config *config,
                   const struct hf_settings *settings);
void hf_front_fini(struct hf_front *f);

/* Which proxies are trusted (core/ingress), for clients from now on. */
void hf_front_set(struct hf_front *f, const struct hf_settings *settings);

/* Whether new clients are relayed.  Those that are stay until one of their ends ends. */
void hf_front_set_ready(struct hf_front *f, bool is_ready);

enum hf_front_verdict {
    HF_FRONT_GATE,   /* give the socket to the gate */
    HF_FRONT_RELAY,  /* `*id` is its connection */
    HF_FRONT_REFUSE, /* a bound is reached: close it */
};
enum hf_front_verdict hf_front_accept(struct hf_front *f, hf_time now, const struct hf_peer *peer,
                                      hf_id *id);

/* What clients are to be told, by what the keeper of the upstream says: relayed while it
 * runs (a hello was seen, so that clients get one, too) and does not drain; else the gate,
 * which tells them when to come back: not before `expected_at` (HF_NEVER: nobody knows). */
struct hf_front_outlook {
    bool is_ready;
    hf_time expected_at;
};
struct hf_front_outlook hf_front_outlook(const struct hf_supervisor_status *status, hf_time now);

/* The connection, or NULL when it is gone; for reading. */
const struct hf_front_conn *hf_front_find(const struct hf_front *f, hf_id id);

/* As the functions of core/relay; they return its acts but DO_JUDGE, which is answered here.
 * 0 for a connection that is gone. */
uint32_t hf_front_input(struct hf_front *f, hf_time now, hf_id id, enum hf_relay_side side,
                        struct hf_bytes bytes);
uint32_t hf_front_input_end(struct hf_front *f, hf_time now, hf_id id, enum hf_relay_side side);
uint32_t hf_front_reset(struct hf_front *f, hf_time now, hf_id id, enum hf_relay_side side);
uint32_t hf_front_settled(struct hf_front *f, hf_id id);
uint32_t hf_front_connected(struct hf_front *f, hf_time now, hf_id id);
uint32_t hf_front_not_connected(struct hf_front *f, hf_time now, hf_id id);
struct hf_bytes hf_front_output(const struct hf_front *f, hf_id id, enum hf_relay_side side);
uint32_t hf_front_written(struct hf_front *f, hf_time now, hf_id id, enum hf_relay_side side,
                          size_t count);
bool hf_front_wants(const struct hf_front *f, hf_id id, enum hf_relay_side side);
bool hf_front_holds(const struct hf_front *f, hf_id id, enum hf_relay_side side);
uint32_t hf_front_end(struct hf_front *f, hf_id id);

/* The upstream is going, and so are we: nobody new is relayed, those that are have
 * `finish_within` for what was said to them. */
void hf_front_finish(struct hf_front *f, hf_time now);

/* The next connection whose time is up, and its acts: until 0. */
hf_id hf_front_expire(struct hf_front *f, hf_time now, uint32_t *acts);
hf_time hf_front_due(const struct hf_front *f);

/* The host has carried out the last acts of the connection: its record ends. */
void hf_front_drop(struct hf_front *f, hf_id id);

#endif
