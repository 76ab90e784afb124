/* lib/guest.h: a client engine and its one connection, wherever that goes.
 *
 * The loop of a host: dials, bytes out, bytes in, ends.  What a connection is stands in
 * `wires`; what the client tells goes to `told`. */
#ifndef HF_LIB_GUEST_H
#define HF_LIB_GUEST_H

#include "base/limits.h"
#include "engine/client.h"
#include "lib/check.h"

struct guest;

struct guest_wires {
    bool (*dial)(struct guest *g); /* false: refused */
    void (*send)(struct guest *g, struct hf_bytes bytes);
    bool (*receive)(struct guest *g, struct hf_buf *out); /* true: it has ended behind that */
    void (*leave)(struct guest *g, bool resets);
    struct hf_now (*now)(const struct guest *g);
    void (*told)(struct guest *g, const struct hf_client_news *news);
};

struct guest {
    const struct guest_wires *wires;
    void *ctx;
    struct hf_client *client;
    uint64_t generation; /* of the connection; 0: none */
    struct hf_buf in;
};

static inline struct hf_now guest_now(const struct guest *g)
{
    return g->wires->now(g);
}

static inline void guest_event(struct guest *g, enum hf_client_event_kind kind, uint64_t socket)
{
    hf_client_step(g->client, guest_now(g),
                   &(struct hf_client_event){ .kind = kind, .socket = socket });
}

static inline void guest_drop(struct guest *g, bool resets)
{
    if (!g->generation) return;
    g->wires->leave(g, resets);
    g->generation = 0;
    hf_buf_reset(&g->in, 0);
}

static inline void guest_end(struct guest *g)
{
    uint64_t generation = g->generation;
    guest_drop(g, false);
    guest_event(g, HF_CLIENT_CLOSED, generation);
}

static inline void guest_dial(struct guest *g, uint64_t generation)
{
    CHECK_EQ(g->generation, 0); /* at most one */
    g->generation = generation;
    if (g->wires->dial(g)) {
        guest_event(g, HF_CLIENT_DIALED, generation);
        return;
    }
    g->generation = 0;
    hf_client_step(g->client, guest_now(g),
                   &(struct hf_client_event){ .kind = HF_CLIENT_DIAL_FAILED,
                                              .socket = generation,
                                              .u.dial_failed.why = HF_LIT("refused") });
}

static inline void guest_write(struct guest *g)
{
    struct hf_output out;
    hf_client_output(g->client, &out);
    if (out.count == 0) return;
    g->wires->send(g, out.spans[0]);
    hf_client_step(g->client, guest_now(g),
                   &(struct hf_client_event){ .kind = HF_CLIENT_WRITTEN,
                                              .socket = g->generation,
                                              .u.written_bytes = out.total_bytes });
}

static inline void guest_act(struct guest *g)
{
    struct hf_client_action action;
    while (hf_client_action(g->client, &action)) {
        if (action.kind == HF_CLIENT_DO_DIAL) guest_dial(g, action.socket);
        if (action.kind == HF_CLIENT_DO_TELL) g->wires->told(g, &action.news);
        if (action.kind == HF_CLIENT_DO_OUTPUT) guest_write(g);
        if (action.kind == HF_CLIENT_DO_KILL && action.socket == g->generation) guest_drop(g, true);
        if (action.kind == HF_CLIENT_DO_END) guest_end(g);
    }
}

static inline void guest_read(struct guest *g)
{
    bool has_ended = g->wires->receive(g, &g->in);
    while (g->generation && g->in.len > 0) {
        struct hf_client_event event = { .kind = HF_CLIENT_INPUT, .socket = g->generation };
        event.u.input.data = g->in.ptr;
        event.u.input.len = g->in.len;
        size_t used = hf_client_step(g->client, guest_now(g), &event);
        guest_act(g); /* news lie in the bytes */
        if (g->generation == event.socket) hf_buf_take(&g->in, used);
    }
    if (has_ended && g->generation) guest_end(g);
}

/* What came, and what is due. */
static inline void guest_run(struct guest *g)
{
    if (g->generation) guest_read(g);
    if (!hf_time_before(guest_now(g).mono, hf_client_due(g->client)))
        hf_client_run_due(g->client, guest_now(g));
    guest_act(g);
}

static inline void guest_start(struct guest *g, const struct guest_wires *wires, void *ctx,
                               const struct hf_client_config *config)
{
    *g = (struct guest){ .wires = wires, .ctx = ctx };
    hf_buf_init(&g->in, HF_LIMIT_BUFFERED_BYTES);
    CHECK_EQ(hf_client_new(&g->client, config), 0);
    guest_event(g, HF_CLIENT_START, 0);
    guest_act(g);
}

static inline void guest_finish(struct guest *g)
{
    guest_drop(g, true);
    hf_client_free(g->client);
    hf_buf_fini(&g->in);
}

/* An operator who may read, with the worlds' token. */
static inline struct hf_client_config guest_config(uint8_t seed)
{
    struct hf_client_config config = {
        .seed = { seed },
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

#endif
