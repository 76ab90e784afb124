/* Random connections through engine/front: bytes cut anywhere, sockets that take little or
 * nothing, ends and resets at any moment, upstreams that refuse, are not available or never
 * answer, and come and go, and clients that lie.  What arrives is what was sent, in order,
 * and nothing else; what was said before an end or a reset arrives; buffers keep their
 * bounds; everything ends, also when we stop.  One seed decides all. */
#include "base/crypto.h"
#include "base/limits.h"
#include "base/rng.h"

#include "engine/front.h"
#include "lib/check.h"
#include "lib/seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNS = 12,
    STEPS = 4000,
    BODY_MAX = 300000,
    SCRIPT_MAX = BODY_MAX + 4096,
    TRACE_MAX = 1 << 20,
};

#define UPGRADE                                                                                    \
    "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                   \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
#define REQUEST "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n"
#define SECOND "GET /second HTTP/1.1\r\nHost: h\r\n\r\n"
#define SWITCHED "HTTP/1.1 101 Switching Protocols\r\n\r\n"
#define REFUSED "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
#define UNAVAILABLE "HTTP/1.1 503 Service Unavailable\r\n\r\n"

struct side {
    struct hf_buf script;   /* what it will send */
    size_t sent;            /* of the script */
    struct hf_buf received; /* all that came */
    size_t stalled_steps;   /* takes nothing for so long */
    bool has_ended, saw_end;
};

struct conn {
    hf_id id; /* 0: not there */
    struct side sides[2];
    bool is_upgrade, is_switched, is_unavailable;
    bool was_broken[2];  /* the side reset it when it was open */
    size_t request_len;  /* of the client's script: its head and body */
    size_t dial_steps;   /* until the dial is answered; SIZE_MAX: none runs */
    size_t settle_steps; /* until what was written has left; SIZE_MAX: nobody asks */
};

struct run {
    uint64_t seed;
    struct hf_rng rng;
    hf_time now;
    struct hf_front front;
    struct conn conns[CONNS];
    size_t done, gated, reset;
    struct hf_buf trace;
};

static uint32_t dice(struct run *r, uint32_t below)
{
    return (uint32_t)hf_rng_below(&r->rng, below);
}

#define HOLDS(r, cond)                                                                             \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            printf("seed %llu: %s:%d: not true: %s\n", (unsigned long long)(r)->seed, __FILE__,    \
                   __LINE__, #cond);                                                               \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static void add_noise(struct run *r, struct hf_buf *out, size_t len)
{
    HOLDS(r, hf_buf_reserve(out, len) == 0);
    hf_rng_bytes(&r->rng, out->ptr + out->len, len);
    hf_buf_used(out, len);
}

static void write_scripts(struct run *r, struct conn *c)
{
    struct hf_buf *client = &c->sides[HF_RELAY_CLIENT].script;
    struct hf_buf *upstream = &c->sides[HF_RELAY_UPSTREAM].script;
    size_t bulk = dice(r, 4) == 0 ? BODY_MAX : 3000;
    c->is_upgrade = dice(r, 3) > 0;
    c->is_switched = c->is_upgrade && dice(r, 4) > 0;
    c->is_unavailable = !c->is_switched && dice(r, 4) == 0;
    if (c->is_upgrade)
        HF_BUF_LIT(client, UPGRADE);
    else
        HF_BUF_LIT(client, REQUEST);
    if (!c->is_upgrade) add_noise(r, client, 1000);
    c->request_len = client->len;
    HF_BUF_LIT(client, SECOND);
    add_noise(r, client, 1 + dice(r, (uint32_t)bulk));
    if (c->is_switched)
        HF_BUF_LIT(upstream, SWITCHED);
    else if (c->is_unavailable)
        HF_BUF_LIT(upstream, UNAVAILABLE);
    else
        HF_BUF_LIT(upstream, REFUSED);
    add_noise(r, upstream, 1 + dice(r, (uint32_t)bulk));
}

static void begin(struct run *r, struct conn *c)
{
    struct hf_peer peer = { .address = { [10] = 0xff, [11] = 0xff, [12] = 192, [15] = 7 } };
    hf_id id = 0;
    enum hf_front_verdict verdict = hf_front_accept(&r->front, r->now, &peer, &id);
    HOLDS(r, verdict == (r->front.is_ready ? HF_FRONT_RELAY : HF_FRONT_GATE));
    if (verdict == HF_FRONT_GATE) return;
    *c = (struct conn){ .id = id, .dial_steps = SIZE_MAX, .settle_steps = SIZE_MAX };
    for (int i = 0; i < 2; i++) {
        hf_buf_init(&c->sides[i].script, SCRIPT_MAX);
        hf_buf_init(&c->sides[i].received, SCRIPT_MAX + 4096);
    }
    write_scripts(r, c);
}

/* What the upstream must have got is the beginning of this: the head as it is passed on,
 * then the body, or with 101 everything. */
static void check_upstream(struct run *r, const struct conn *c)
{
    struct hf_bytes got = hf_buf_view(&c->sides[HF_RELAY_UPSTREAM].received);
    struct hf_bytes sent = hf_buf_view(&c->sides[HF_RELAY_CLIENT].script);
    size_t head_end = 0;
    while (head_end < got.len && !hf_bytes_starts(hf_bytes_from(got, head_end), HF_LIT("\r\n\r\n")))
        head_end++;
    if (head_end == got.len) return;
    struct hf_bytes head = hf_bytes_head(got, head_end + 4),
                    rest = hf_bytes_from(got, head_end + 4);
    HOLDS(r, hf_bytes_find_nocase(head, 0, HF_LIT("x-forwarded-for: 192.0.0.7\r\n")) < head.len);
    size_t own_head = c->is_upgrade ? sizeof UPGRADE - 1 : sizeof REQUEST - 1;
    size_t allowed = c->is_switched ? sent.len - own_head : c->request_len - own_head;
    HOLDS(r, rest.len <= allowed);
    HOLDS(r, hf_bytes_same(rest, hf_bytes_head(hf_bytes_from(sent, own_head), rest.len)));
}

static void check_client(struct run *r, const struct conn *c)
{
    struct hf_bytes got = hf_buf_view(&c->sides[HF_RELAY_CLIENT].received);
    struct hf_bytes sent = hf_buf_view(&c->sides[HF_RELAY_UPSTREAM].script);
    HOLDS(r, hf_bytes_starts(sent, got));
}

static void check_bounds(struct run *r, const struct conn *c)
{
    const struct hf_relay *relay = &hf_front_find(&r->front, c->id)->relay;
    for (int i = 0; i < 2; i++) HOLDS(r, relay->waiting[i].len <= 2 * HF_LIMIT_RELAY_BUFFER_BYTES);
    HOLDS(r, relay->sent.len <= HF_LIMIT_HTTP_HEAD_BYTES + 2 * HF_LIMIT_RELAY_BUFFER_BYTES);
}

/* Of the client's script; the head counts once it is there. */
static size_t passed_to_upstream(const struct conn *c)
{
    struct hf_bytes got = hf_buf_view(&c->sides[HF_RELAY_UPSTREAM].received);
    size_t head_len = hf_bytes_find_nocase(got, 0, HF_LIT("\r\n\r\n")) + 4;
    return head_len > got.len ? 0 : got.len - head_len + sizeof UPGRADE - 1;
}

static void finish(struct run *r, struct conn *c)
{
    check_upstream(r, c);
    check_client(r, c);
    /* An orderly end loses nothing of the answer. */
    const struct hf_relay *relay = &hf_front_find(&r->front, c->id)->relay;
    if (relay->cause == HF_RELAY_ENDED && c->sides[HF_RELAY_UPSTREAM].has_ended)
        HOLDS(r, c->sides[HF_RELAY_CLIENT].received.len == c->sides[HF_RELAY_UPSTREAM].sent);
    bool was_first = c->was_broken[HF_RELAY_UPSTREAM] && !c->was_broken[HF_RELAY_CLIENT];
    if (relay->cause == HF_RELAY_RESET_BY_UPSTREAM && was_first) {
        HOLDS(r, c->sides[HF_RELAY_CLIENT].received.len == c->sides[HF_RELAY_UPSTREAM].sent);
        /* Who has said its goodbye and then refuses what still comes has not reset anybody. */
        HOLDS(r, !relay->has_ended[HF_RELAY_UPSTREAM]);
    }
    was_first = c->was_broken[HF_RELAY_CLIENT] && !c->was_broken[HF_RELAY_UPSTREAM];
    if (relay->cause == HF_RELAY_RESET_BY_CLIENT && was_first && c->is_switched)
        HOLDS(r, passed_to_upstream(c) == c->sides[HF_RELAY_CLIENT].sent);
    /* An upgrade that is not available is nobody's answer but the gate's. */
    if (c->is_upgrade && c->is_unavailable)
        HOLDS(r, relay->cause != HF_RELAY_ENDED || !relay->has_ended[HF_RELAY_UPSTREAM]);
    hf_buf_addf(&r->trace, "%s %zu %zu\n", hf_relay_cause_name(relay->cause),
                c->sides[0].received.len, c->sides[1].received.len);
    hf_front_drop(&r->front, c->id);
    for (int i = 0; i < 2; i++) {
        hf_buf_fini(&c->sides[i].script);
        hf_buf_fini(&c->sides[i].received);
    }
    c->id = 0;
    r->done++;
}

static void carry_out(struct run *r, struct conn *c, uint32_t acts)
{
    if (acts & HF_RELAY_DO_DIAL) c->dial_steps = dice(r, 20);
    if (acts & HF_RELAY_END_CLIENT) c->sides[HF_RELAY_CLIENT].saw_end = true;
    if (acts & HF_RELAY_END_UPSTREAM) c->sides[HF_RELAY_UPSTREAM].saw_end = true;
    if (acts & HF_RELAY_DO_GATE) {
        const struct side *client = &c->sides[HF_RELAY_CLIENT];
        HOLDS(r, hf_bytes_same(hf_relay_sent(&hf_front_find(&r->front, c->id)->relay),
                               hf_bytes_head(hf_buf_view(&client->script), client->sent)));
        r->gated++;
    }
    r->reset += (acts & HF_RELAY_RESET) != 0;
    if (acts & (HF_RELAY_SETTLE_CLIENT | HF_RELAY_SETTLE_UPSTREAM)) {
        enum hf_relay_side side =
            acts & HF_RELAY_SETTLE_CLIENT ? HF_RELAY_CLIENT : HF_RELAY_UPSTREAM;
        HOLDS(r, hf_front_output(&r->front, c->id, side).len == 0);
        c->settle_steps = dice(r, 20);
    }
    if (acts & (HF_RELAY_DO_GATE | HF_RELAY_RESET | HF_RELAY_CLOSE)) finish(r, c);
}

/* One socket of one connection does one thing. */
static void send_some(struct run *r, struct conn *c, enum hf_relay_side side)
{
    struct side *s = &c->sides[side];
    if (!hf_front_wants(&r->front, c->id, side)) return;
    if (s->sent == s->script.len && !s->has_ended) {
        s->has_ended = dice(r, 4) == 0;
        if (s->has_ended) carry_out(r, c, hf_front_input_end(&r->front, r->now, c->id, side));
        return;
    }
    if (s->has_ended) return;
    size_t len = dice(r, 8) == 0 ? HF_LIMIT_READ_BYTES : 1 + dice(r, 300);
    if (len > s->script.len - s->sent) len = s->script.len - s->sent;
    struct hf_bytes part = hf_bytes(s->script.ptr + s->sent, len);
    s->sent += len;
    carry_out(r, c, hf_front_input(&r->front, r->now, c->id, side, part));
}

static void take_some(struct run *r, struct conn *c, enum hf_relay_side side)
{
    struct side *s = &c->sides[side];
    struct hf_bytes out = hf_front_output(&r->front, c->id, side);
    if (s->stalled_steps > 0) {
        s->stalled_steps--;
        return;
    }
    if (dice(r, 50) == 0) s->stalled_steps = dice(r, 100);
    if (out.len == 0) return;
    out = hf_bytes_head(out, dice(r, 3) == 0 ? 1 + dice(r, 50) : out.len);
    hf_buf_add(&s->received, out);
    HOLDS(r, hf_buf_done(&s->received) == 0);
    carry_out(r, c, hf_front_written(&r->front, r->now, c->id, side, out.len));
}

static void step(struct run *r, struct conn *c)
{
    enum hf_relay_side side = (enum hf_relay_side)dice(r, 2);
    if (c->id == 0) {
        begin(r, c);
        return;
    }
    check_bounds(r, c);
    if (c->dial_steps != SIZE_MAX && c->dial_steps-- == 0) {
        c->dial_steps = SIZE_MAX;
        carry_out(r, c,
                  dice(r, 8) == 0 ? hf_front_not_connected(&r->front, r->now, c->id)
                                  : hf_front_connected(&r->front, r->now, c->id));
        return;
    }
    if (c->settle_steps != SIZE_MAX && c->settle_steps-- == 0) {
        c->settle_steps = SIZE_MAX;
        carry_out(r, c, hf_front_settled(&r->front, c->id));
        return;
    }
    if (dice(r, 3000) == 0) {
        const struct hf_relay *relay = &hf_front_find(&r->front, c->id)->relay;
        if (relay->state == HF_RELAY_OPEN) c->was_broken[side] = true;
        carry_out(r, c, hf_front_reset(&r->front, r->now, c->id, side));
        return;
    }
    if (dice(r, 2) == 0)
        send_some(r, c, side);
    else
        take_some(r, c, side);
}

static void expire(struct run *r)
{
    uint32_t acts;
    hf_id id;
    while ((id = hf_front_expire(&r->front, r->now, &acts)) != 0)
        for (size_t i = 0; i < CONNS; i++)
            if (r->conns[i].id == id) carry_out(r, &r->conns[i], acts);
}

/* In half of the worlds the upstream goes with us: all that is left ends within 2 s. */
static void stop(struct run *r)
{
    if (dice(r, 2) == 0) return;
    hf_front_finish(&r->front, r->now);
    hf_time until = hf_time_after(r->now, r->front.config.limits.finish_within);
    while (hf_time_before(r->now, until)) {
        r->now = hf_time_after(r->now, HF_MS(dice(r, 20)));
        struct conn *c = &r->conns[dice(r, CONNS)];
        if (c->id != 0) step(r, c);
        expire(r);
    }
    HOLDS(r, r->front.counts.open == 0);
}

/* Nobody does anything any more: the deadlines end everything. */
static void wind_up(struct run *r)
{
    for (int i = 0; r->front.counts.open > 0; i++) {
        HOLDS(r, i < 10 * CONNS);
        hf_time due = hf_front_due(&r->front);
        HOLDS(r, !hf_time_same(due, HF_NEVER));
        HOLDS(r, hf_time_since(due, r->now) <= r->front.config.limits.idle_for);
        r->now = hf_time_max(r->now, due);
        expire(r);
    }
}

static void run_seed(uint64_t seed, uint8_t digest[SEEDS_DIGEST_BYTES])
{
    static const struct hf_settings nobody = { .trusted_proxies.count = 0 };
    struct run *r = calloc(1, sizeof *r);
    struct hf_front_config config;
    r->seed = seed;
    hf_buf_init(&r->trace, TRACE_MAX);
    hf_rng_init_number(&r->rng, seed);
    hf_front_config_init(&config);
    hf_front_init(&r->front, &config, &nobody);
    hf_front_set_ready(&r->front, true);
    for (int i = 0; i < STEPS; i++) {
        r->now = hf_time_after(r->now, HF_MS(dice(r, 20)));
        if (dice(r, 500) == 0) hf_front_set_ready(&r->front, dice(r, 3) > 0);
        step(r, &r->conns[dice(r, CONNS)]);
        expire(r);
    }
    stop(r);
    wind_up(r);
    HOLDS(r, r->done > 0 && hf_buf_done(&r->trace) == 0);
    hf_sha256(hf_buf_view(&r->trace), digest);
    hf_buf_fini(&r->trace);
    hf_front_fini(&r->front);
    free(r);
}

int main(int argc, char **argv)
{
    return seeds_main(argc, argv, run_seed);
}
