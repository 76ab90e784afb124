/* A place kept by engine/front: clients, the gate (one server, always in start-up) and the
 * gateway behind (another), in two worlds on one clock. */
#include "engine/client.h"
#include "engine/front.h"
#include "lib/peer.h"

#include <stdio.h>
#include <stdlib.h>

enum { CLIENTS = 100, SOCKETS = 2048 };

struct guest { /* a client and where its one connection goes */
    struct town *town;
    struct hf_client *client;
    uint64_t generation; /* of the connection; 0: none */
    hf_id relayed;       /* the front's; 0: it is at the gate */
    int gate, upstream;  /* sockets in their worlds; -1: none */
    struct hf_buf in;
    bool has_ended; /* behind `in` */
    size_t ready_count, told_errors, told_starting;
    hf_time ready_at;
};

struct town {
    struct world *gate, *behind;
    struct hf_front front;
    struct guest guests[CLIENTS];
    bool has_gate; /* false: who is not relayed is refused by the system */
};

/* --- one client's connection --- */

static struct hf_now now_of(const struct guest *g)
{
    return g->town->gate->now;
}

static void leave(struct world *w, int *socket, bool resets)
{
    if (*socket < 0) return;
    if (resets)
        world_reset(w, *socket);
    else
        world_end(w, *socket);
    world_release(w, *socket);
    *socket = -1;
}

static void drop(struct guest *g, bool resets)
{
    leave(g->town->gate, &g->gate, resets);
    leave(g->town->behind, &g->upstream, resets);
    if (g->relayed) hf_front_drop(&g->town->front, g->relayed);
    g->relayed = 0;
    g->generation = 0;
    g->has_ended = false;
    hf_buf_reset(&g->in, 0);
}

static void to_gate(struct guest *g, struct hf_bytes sent)
{
    g->gate = world_connect_loopback(g->town->gate);
    WORLD_CHECK(g->town->gate, g->gate >= 0);
    world_send(g->town->gate, g->gate, sent);
}

static void dial_upstream(struct guest *g, uint32_t *acts)
{
    struct hf_front *f = &g->town->front;
    struct world *w = g->town->behind;
    g->upstream = w->server ? world_connect_loopback(w) : -1;
    *acts = g->upstream >= 0 ? hf_front_connected(f, now_of(g).mono, g->relayed)
                             : hf_front_not_connected(f, now_of(g).mono, g->relayed);
}

static void carry_out(struct guest *g, uint32_t acts)
{
    struct hf_front *f = &g->town->front;
    if (acts & HF_RELAY_DO_DIAL) dial_upstream(g, &acts);
    if (acts & HF_RELAY_DO_GATE) {
        to_gate(g, hf_relay_sent(&hf_front_find(f, g->relayed)->relay));
        hf_front_drop(f, g->relayed);
        g->relayed = 0;
    }
    if (acts & (HF_RELAY_END_CLIENT | HF_RELAY_RESET)) g->has_ended = true;
    if (acts & HF_RELAY_END_UPSTREAM) world_end(g->town->behind, g->upstream);
}

/* What waits for both sides; the networks take everything. */
static void pump(struct guest *g)
{
    struct hf_front *f = &g->town->front;
    struct hf_buf came;
    if (!g->relayed || g->upstream < 0) return;
    hf_buf_init(&came, HF_LIMIT_BUFFERED_BYTES);
    bool has_ended = world_receive(g->town->behind, g->upstream, &came);
    if (came.len > 0)
        carry_out(g, hf_front_input(f, now_of(g).mono, g->relayed, HF_RELAY_UPSTREAM,
                                    hf_buf_view(&came)));
    hf_buf_fini(&came);
    if (has_ended)
        carry_out(g, hf_front_input_end(f, now_of(g).mono, g->relayed, HF_RELAY_UPSTREAM));
    for (int i = 0; i < 2; i++) {
        enum hf_relay_side side = (enum hf_relay_side)i;
        struct hf_bytes out;
        while ((out = hf_front_output(f, g->relayed, side)).len > 0) {
            if (side == HF_RELAY_CLIENT)
                hf_buf_add(&g->in, out);
            else
                world_send(g->town->behind, g->upstream, out);
            carry_out(g, hf_front_written(f, now_of(g).mono, g->relayed, side, out.len));
        }
    }
}

/* --- the client --- */

static void event(struct guest *g, enum hf_client_event_kind kind, uint64_t socket)
{
    hf_client_step(g->client, now_of(g),
                   &(struct hf_client_event){ .kind = kind, .socket = socket });
}

static void dial(struct guest *g, uint64_t generation)
{
    struct hf_peer peer = { .address = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 } };
    enum hf_front_verdict verdict =
        hf_front_accept(&g->town->front, now_of(g).mono, &peer, &g->relayed);
    if (verdict != HF_FRONT_RELAY) g->relayed = 0;
    if (verdict == HF_FRONT_GATE && !g->town->has_gate) {
        struct hf_client_event failed = { .kind = HF_CLIENT_DIAL_FAILED, .socket = generation };
        failed.u.dial_failed.why = HF_LIT("refused");
        hf_client_step(g->client, now_of(g), &failed);
        return;
    }
    g->generation = generation;
    if (verdict == HF_FRONT_GATE) to_gate(g, HF_EMPTY);
    event(g, HF_CLIENT_DIALED, generation);
}

static void write_out(struct guest *g)
{
    struct hf_output out;
    hf_client_output(g->client, &out);
    if (out.count == 0) return;
    if (g->relayed)
        carry_out(g, hf_front_input(&g->town->front, now_of(g).mono, g->relayed, HF_RELAY_CLIENT,
                                    out.spans[0]));
    else
        world_send(g->town->gate, g->gate, out.spans[0]);
    struct hf_client_event written = { .kind = HF_CLIENT_WRITTEN, .socket = g->generation };
    written.u.written_bytes = out.total_bytes;
    hf_client_step(g->client, now_of(g), &written);
}

static void told(struct guest *g, const struct hf_client_news *news)
{
    if (news->kind == HF_CLIENT_IS_ERROR) g->told_errors++;
    if (news->kind == HF_CLIENT_IS_STARTING) g->told_starting++;
    if (news->kind != HF_CLIENT_IS_READY) return;
    g->ready_count++;
    g->ready_at = now_of(g).mono;
}

static void act(struct guest *g)
{
    struct hf_client_action action;
    while (hf_client_action(g->client, &action)) {
        if (action.kind == HF_CLIENT_DO_DIAL) dial(g, action.socket);
        if (action.kind == HF_CLIENT_DO_TELL) told(g, &action.news);
        if (action.kind == HF_CLIENT_DO_OUTPUT) write_out(g);
        if (action.kind == HF_CLIENT_DO_KILL && action.socket == g->generation) drop(g, true);
        if (action.kind != HF_CLIENT_DO_END) continue;
        uint64_t generation = g->generation;
        drop(g, false);
        event(g, HF_CLIENT_CLOSED, generation);
    }
}

static void read_in(struct guest *g)
{
    if (g->gate >= 0 && world_receive(g->town->gate, g->gate, &g->in)) g->has_ended = true;
    while (g->generation && g->in.len > 0) {
        struct hf_client_event input = { .kind = HF_CLIENT_INPUT, .socket = g->generation };
        input.u.input.data = g->in.ptr;
        input.u.input.len = g->in.len;
        size_t used = hf_client_step(g->client, now_of(g), &input);
        act(g); /* news lie in the bytes */
        if (g->generation == input.socket) hf_buf_take(&g->in, used);
    }
    if (!g->has_ended || !g->generation) return;
    uint64_t generation = g->generation;
    drop(g, false);
    event(g, HF_CLIENT_CLOSED, generation);
}

static void guest_run(struct guest *g)
{
    pump(g);
    if (g->generation) read_in(g);
    if (!hf_time_before(now_of(g).mono, hf_client_due(g->client)))
        hf_client_run_due(g->client, now_of(g));
    act(g);
    pump(g);
}

/* --- the town --- */

static struct hf_client_config plain_config(size_t i)
{
    struct hf_client_config config = {
        .seed = { (uint8_t)i, 7 },
        .url = { .host = HF_LIT("localhost"),
                 .place = HF_LIT("localhost:18789"),
                 .target = HF_LIT("/") },
        .connect = { .min_protocol = 4,
                     .max_protocol = 4,
                     .client = { .id = HF_CLIENT_ID_CLI,
                                 .mode = HF_CLIENT_MODE_CLI,
                                 .version = HF_LIT("1"),
                                 .platform = HF_LIT("linux") },
                     .role_name = HF_LIT("operator"),
                     .scopes = { HF_LIT("operator.read") },
                     .scope_count = 1 },
        .credentials = { .token = HF_LIT("secrettoken"), .is_trusted = true },
        .call_within = HF_MS(30000),
    };
    hf_link_limits_init(&config.link);
    return config;
}

static struct town *town_new(uint64_t seed, bool has_gate)
{
    static const struct hf_text_list nobody = { .count = 0 };
    struct town *t = calloc(1, sizeof *t);
    struct hf_front_config config;
    CHECK(t != NULL);
    t->has_gate = has_gate;
    t->gate = world_new_for(seed, SOCKETS);
    t->behind = world_new_for(seed + 1, SOCKETS);
    t->gate->config.start_items[t->gate->config.start_item_count++] = HF_LIT("upstream");
    world_start(t->gate);
    world_start(t->behind);
    world_run(t->gate, HF_MS(1), NULL);
    world_run(t->behind, HF_MS(1), NULL);
    hf_front_config_init(&config);
    hf_front_init(&t->front, &config, &nobody);
    hf_front_set_ready(&t->front, true);
    for (size_t i = 0; i < CLIENTS; i++) {
        struct guest *g = &t->guests[i];
        struct hf_client_config client = plain_config(i);
        *g = (struct guest){ .town = t, .gate = -1, .upstream = -1 };
        hf_buf_init(&g->in, HF_LIMIT_BUFFERED_BYTES);
        CHECK_EQ(hf_client_new(&g->client, &client), 0);
        event(g, HF_CLIENT_START, 0);
        act(g);
    }
    return t;
}

static void town_free(struct town *t)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        drop(&t->guests[i], true);
        hf_client_free(t->guests[i].client);
        hf_buf_fini(&t->guests[i].in);
    }
    hf_front_fini(&t->front);
    world_free(t->gate);
    world_free(t->behind);
    free(t);
}

/* Both worlds and everybody, millisecond by millisecond. */
static void town_run(struct town *t, int64_t ms)
{
    for (int64_t i = 0; i < ms; i++) {
        uint32_t acts;
        hf_id id;
        world_run(t->gate, HF_MS(1), NULL);
        world_run(t->behind, HF_MS(1), NULL);
        for (size_t k = 0; k < CLIENTS; k++) guest_run(&t->guests[k]);
        while ((id = hf_front_expire(&t->front, t->gate->now.mono, &acts)) != 0)
            for (size_t k = 0; k < CLIENTS; k++)
                if (t->guests[k].relayed == id) carry_out(&t->guests[k], acts);
    }
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The gateway is killed and back after 5 s: how long after that each client was ready
 * again, in ms, sorted. */
static void restart(struct town *t, int64_t back_ms[CLIENTS])
{
    town_run(t, 2000);
    for (size_t i = 0; i < CLIENTS; i++) CHECK_EQ_AT(i, t->guests[i].ready_count, 1);
    world_kill(t->behind);
    hf_front_set_ready(&t->front, false);
    town_run(t, 5000);
    world_start(t->behind);
    world_run(t->behind, HF_MS(1), NULL);
    world_run(t->gate, HF_MS(1), NULL);
    hf_front_set_ready(&t->front, true);
    hf_time ready_at = t->gate->now.mono;
    town_run(t, 60000);
    for (size_t i = 0; i < CLIENTS; i++) {
        CHECK_EQ_AT(i, t->guests[i].ready_count, 2);
        back_ms[i] = hf_span_ms(hf_time_since(t->guests[i].ready_at, ready_at));
    }
    qsort(back_ms, CLIENTS, sizeof *back_ms, by_value);
}

/* supervisor 99 */
static void a_hundred_clients_are_back_within_2500_ms_of_ready(void)
{
    int64_t kept[CLIENTS], lost[CLIENTS];
    struct town *t = town_new(99, true);
    restart(t, kept);
    CHECK(kept[0] >= 0);
    CHECK(kept[CLIENTS - 1] <= 2500);
    /* They saw a start, and no failure but the end of the connection. */
    for (size_t i = 0; i < CLIENTS; i++) {
        CHECK_AT(i, t->guests[i].told_starting > 0);
        CHECK_EQ_AT(i, t->guests[i].told_errors, 0);
    }
    CHECK(t->front.counts.gated > CLIENTS);
    town_free(t);

    /* Without anybody in the place the ladder decides. */
    t = town_new(99, false);
    restart(t, lost);
    printf("# ms after READY, median and last: gate %lld %lld, none %lld %lld\n",
           (long long)kept[CLIENTS / 2], (long long)kept[CLIENTS - 1], (long long)lost[CLIENTS / 2],
           (long long)lost[CLIENTS - 1]);
    CHECK(lost[CLIENTS / 2] > kept[CLIENTS / 2]);
    town_free(t);
}

CHECK_MAIN(a_hundred_clients_are_back_within_2500_ms_of_ready)
