/* lib/town.h: a place kept by engine/front, and clients of it.
 *
 * The gate (one server, always in start-up) and the gateway behind (another) live in two
 * worlds on one clock; each client's connection goes through the front. */
#ifndef HF_LIB_TOWN_H
#define HF_LIB_TOWN_H

#include "engine/front.h"
#include "lib/guest.h"
#include "lib/peer.h"

#include <stdlib.h>

enum { TOWN_CLIENTS = 100, TOWN_SOCKETS = 2048 };

struct townsman { /* a client and where its one connection goes */
    struct guest guest;
    struct town *town;
    hf_id relayed;      /* the front's; 0: it is at the gate */
    int gate, upstream; /* sockets in their worlds; -1: none */
    struct hf_buf in;   /* what the front has for it */
    bool has_ended;     /* behind `in` */
    size_t ready_count, told_errors, told_starting;
    hf_time ready_at;
};

struct town {
    struct world *gate, *behind;
    struct hf_front front;
    struct townsman men[TOWN_CLIENTS];
    bool has_gate; /* false: who is not relayed is refused by the system */
};

/* --- one client's connection --- */

static inline struct hf_now town_now(const struct guest *g)
{
    const struct townsman *m = g->ctx;
    return m->town->gate->now;
}

static inline void town_leave_socket(struct world *w, int *socket, bool resets)
{
    if (*socket < 0) return;
    if (resets)
        world_reset(w, *socket);
    else
        world_end(w, *socket);
    world_release(w, *socket);
    *socket = -1;
}

static inline void town_leave(struct guest *g, bool resets)
{
    struct townsman *m = g->ctx;
    town_leave_socket(m->town->gate, &m->gate, resets);
    town_leave_socket(m->town->behind, &m->upstream, resets);
    if (m->relayed) hf_front_drop(&m->town->front, m->relayed);
    m->relayed = 0;
    m->has_ended = false;
    hf_buf_reset(&m->in, 0);
}

static inline void town_to_gate(struct townsman *m, struct hf_bytes sent)
{
    m->gate = world_connect_loopback(m->town->gate);
    WORLD_CHECK(m->town->gate, m->gate >= 0);
    world_send(m->town->gate, m->gate, sent);
}

static inline void town_carry_out(struct townsman *m, uint32_t acts)
{
    struct hf_front *f = &m->town->front;
    struct world *w = m->town->behind;
    if (acts & HF_RELAY_DO_DIAL) {
        m->upstream = w->server ? world_connect_loopback(w) : -1;
        hf_time now = town_now(&m->guest).mono;
        acts = m->upstream >= 0 ? hf_front_connected(f, now, m->relayed)
                                : hf_front_not_connected(f, now, m->relayed);
    }
    if (acts & HF_RELAY_DO_GATE) {
        town_to_gate(m, hf_relay_sent(&hf_front_find(f, m->relayed)->relay));
        hf_front_drop(f, m->relayed);
        m->relayed = 0;
        town_leave_socket(w, &m->upstream, true);
    }
    if (acts & (HF_RELAY_END_CLIENT | HF_RELAY_RESET)) m->has_ended = true;
    if (acts & HF_RELAY_END_UPSTREAM) world_end(w, m->upstream);
}

/* What waits for both sides; the networks take everything. */
static inline void town_pump(struct townsman *m)
{
    struct hf_front *f = &m->town->front;
    hf_time now = town_now(&m->guest).mono;
    struct hf_buf came;
    if (!m->relayed || m->upstream < 0) return;
    hf_buf_init(&came, HF_LIMIT_BUFFERED_BYTES);
    bool has_ended = world_receive(m->town->behind, m->upstream, &came);
    if (came.len > 0)
        town_carry_out(m,
                       hf_front_input(f, now, m->relayed, HF_RELAY_UPSTREAM, hf_buf_view(&came)));
    hf_buf_fini(&came);
    if (has_ended) town_carry_out(m, hf_front_input_end(f, now, m->relayed, HF_RELAY_UPSTREAM));
    for (int i = 0; i < 2; i++) {
        enum hf_relay_side side = (enum hf_relay_side)i;
        struct hf_bytes out;
        while (m->relayed && (out = hf_front_output(f, m->relayed, side)).len > 0) {
            if (side == HF_RELAY_CLIENT)
                hf_buf_add(&m->in, out);
            else
                world_send(m->town->behind, m->upstream, out);
            town_carry_out(m, hf_front_written(f, now, m->relayed, side, out.len));
        }
    }
}

/* --- what the client's loop asks for --- */

static inline bool town_dial(struct guest *g)
{
    struct townsman *m = g->ctx;
    struct hf_peer peer = { .address = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 } };
    enum hf_front_verdict verdict =
        hf_front_accept(&m->town->front, town_now(g).mono, &peer, &m->relayed);
    if (verdict == HF_FRONT_RELAY) return true;
    m->relayed = 0;
    if (verdict == HF_FRONT_REFUSE || !m->town->has_gate) return false;
    town_to_gate(m, HF_EMPTY);
    return true;
}

static inline void town_send(struct guest *g, struct hf_bytes bytes)
{
    struct townsman *m = g->ctx;
    if (m->relayed)
        town_carry_out(m, hf_front_input(&m->town->front, town_now(g).mono, m->relayed,
                                         HF_RELAY_CLIENT, bytes));
    else if (m->gate >= 0)
        world_send(m->town->gate, m->gate, bytes);
}

static inline bool town_receive(struct guest *g, struct hf_buf *out)
{
    struct townsman *m = g->ctx;
    hf_buf_add(out, hf_buf_view(&m->in));
    hf_buf_reset(&m->in, 0);
    return (m->gate >= 0 && world_receive(m->town->gate, m->gate, out)) || m->has_ended;
}

static inline void town_told(struct guest *g, const struct hf_client_news *news)
{
    struct townsman *m = g->ctx;
    if (news->kind == HF_CLIENT_IS_ERROR) m->told_errors++;
    if (news->kind == HF_CLIENT_IS_STARTING) m->told_starting++;
    if (news->kind != HF_CLIENT_IS_READY) return;
    m->ready_count++;
    m->ready_at = town_now(g).mono;
}

static const struct guest_wires town_wires = { .dial = town_dial,
                                               .send = town_send,
                                               .receive = town_receive,
                                               .leave = town_leave,
                                               .now = town_now,
                                               .told = town_told };

/* --- the town --- */

/* Its gateway is not there yet; nobody is relayed. */
static inline struct town *town_new(uint64_t seed, bool has_gate)
{
    static const struct hf_settings nobody = { .trusted_proxies.count = 0 };
    struct town *t = calloc(1, sizeof *t);
    struct hf_front_config config;
    CHECK(t != NULL);
    t->has_gate = has_gate;
    t->gate = world_new_for(seed, TOWN_SOCKETS);
    t->behind = world_new_for(seed + 1, TOWN_SOCKETS);
    t->gate->config.start_items[t->gate->config.start_item_count++] = HF_LIT("upstream");
    world_start(t->gate);
    world_run(t->gate, HF_MS(1), NULL);
    world_run(t->behind, HF_MS(1), NULL);
    hf_front_config_init(&config);
    hf_front_init(&t->front, &config, &nobody);
    for (size_t i = 0; i < TOWN_CLIENTS; i++) {
        struct townsman *m = &t->men[i];
        struct hf_client_config client = guest_config((uint8_t)i);
        *m = (struct townsman){ .town = t, .gate = -1, .upstream = -1 };
        hf_buf_init(&m->in, HF_LIMIT_BUFFERED_BYTES);
        guest_start(&m->guest, &town_wires, m, &client);
    }
    return t;
}

static inline void town_free(struct town *t)
{
    for (size_t i = 0; i < TOWN_CLIENTS; i++) {
        guest_finish(&t->men[i].guest);
        hf_buf_fini(&t->men[i].in);
    }
    hf_front_fini(&t->front);
    world_free(t->gate);
    world_free(t->behind);
    free(t);
}

/* The gateway is there, or not any more. */
static inline void town_raise(struct town *t)
{
    world_start(t->behind);
    world_run(t->behind, HF_MS(1), NULL);
    world_run(t->gate, HF_MS(1), NULL);
}

/* Both worlds and everybody for a millisecond. */
static inline void town_turn(struct town *t)
{
    uint32_t acts;
    hf_id id;
    world_run(t->gate, HF_MS(1), NULL);
    world_run(t->behind, HF_MS(1), NULL);
    for (size_t i = 0; i < TOWN_CLIENTS; i++) {
        town_pump(&t->men[i]);
        guest_run(&t->men[i].guest);
        town_pump(&t->men[i]);
    }
    while ((id = hf_front_expire(&t->front, t->gate->now.mono, &acts)) != 0)
        for (size_t i = 0; i < TOWN_CLIENTS; i++)
            if (t->men[i].relayed == id) town_carry_out(&t->men[i], acts);
}

static inline void town_run(struct town *t, int64_t ms)
{
    for (int64_t i = 0; i < ms; i++) town_turn(t);
}

#endif
