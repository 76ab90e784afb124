/* Two clients and one server in bad weather, by seed.
 *
 *     clients_seeds [--seeds N] [--seed S]
 *
 * Both ends are the real engines.  Each seed decides what happens for eighty seconds of
 * virtual time: stalls, resets, cut reads and short writes, refused and slow dials,
 * server restarts and kills, freezes of either side, clock steps, answers of hooks that
 * come late, wrong or for another question, tokens that cannot be stored, secrets that
 * change, events that are lost, and owners that start, stop, reconnect, call, cancel,
 * subscribe and dispose as they like, also from within the news.  The invariants of section 16 of
 * spec/client-lifecycle.md are checked at every step.  Then the faults stop: every client
 * is ready within a minute, its calls are answered, and a disposed one is silent. */
#include "base/err.h"
#include "engine/client.h"
#include "lib/lossy.h"
#include "lib/recovery.h"
#include "lib/seeds.h"
#include "lib/world.h"
#include "wire/json_read.h"
#include "wire/ws_frame.h"

#include <stdio.h>

enum {
    GUESTS = 2,
    FAULTY_SECONDS = 80,
    HEALTHY_SECONDS = 70,
    SILENT_SECONDS = 60,
    TAGS = 2048,
    QUESTIONS = 4,
};

enum tag_state { TAG_FREE, TAG_WAITS, TAG_SETTLED };

struct answer { /* of a hook, on its way */
    bool is_there, allows;
    uint64_t asked;
    hf_time at;
};

struct crowd;

struct guest { /* a client, its host and its owner */
    struct crowd *crowd;
    struct hf_client *client;
    size_t number;
    /* The host. */
    int socket;          /* in the world; -1: none */
    uint64_t generation; /* of the socket or of the dial; 0: none */
    hf_time dial_at;     /* when a slow dial succeeds or fails; HF_NEVER: none is under way */
    bool dial_fails, wants_write, ends;
    hf_time frozen_until;
    struct hf_buf in;
    struct lossy lossy; /* what came and may be lost on the way to `in` */
    bool loses_events;
    size_t opened, closed;
    /* What left on this socket. */
    struct hf_ws_reader tap;
    size_t head_seen; /* bytes of its request's empty line; all of them: it has passed */
    size_t connects;
    /* The owner. */
    enum tag_state tags[TAGS];
    uint64_t next_tag, subscription;
    size_t waiting; /* calls without a result */
    struct answer answers[QUESTIONS];
    bool is_disposed, is_quiet;
    bool nudged;       /* it was told to try now */
    hf_time retry_at;  /* as told; HF_NEVER: none */
    uint32_t failures; /* as last seen */
    uint64_t hellos;
    size_t restored, results_ok;
    struct recovery recovery;
};

struct crowd {
    struct world *w;
    struct guest guests[GUESTS];
    hf_time next_op_at, restart_at;
    bool is_over, is_let_go[WORLD_SOCKETS];
};

static uint64_t dice(struct crowd *c, uint64_t bound)
{
    return hf_rng_below(&c->w->rng, bound);
}

static bool percent(struct crowd *c, uint64_t chance)
{
    return !c->is_over && dice(c, 100) < chance;
}

static const struct hf_link *link_of(const struct guest *g)
{
    return hf_client_link(g->client);
}

/* --- the invariants --- */

static const char *const canaries[] = { "secrettoken", "canary-wrong", "canary-stored" };

static void check_text(struct guest *g, struct hf_bytes text)
{
    for (size_t i = 0; i < HF_COUNT(canaries); i++)
        WORLD_CHECK(g->crowd->w, text.len == 0 || memmem(text.ptr, text.len, canaries[i],
                                                         strlen(canaries[i])) == NULL);
}

/* 1 and 7: one socket, one of attempt and timer; no timer in a pause for good. */
static void check_link(struct guest *g)
{
    struct world *w = g->crowd->w;
    const struct hf_link *l = link_of(g);
    bool waits = l->state == HF_LINK_BACKOFF || l->state == HF_LINK_PAUSED;
    bool is_idle = waits || l->state == HF_LINK_IDLE || l->state == HF_LINK_REAUTH ||
                   l->state == HF_LINK_DISPOSED;
    WORLD_CHECK(w, (l->socket == 0) == is_idle);
    WORLD_CHECK(w, g->generation == l->socket || g->generation == 0);
    if (is_idle && !waits) WORLD_CHECK(w, hf_time_same(hf_link_due(l), HF_NEVER));
    if (l->state == HF_LINK_BACKOFF) WORLD_CHECK(w, !hf_time_same(hf_link_due(l), HF_NEVER));
    bool is_for_good = l->state == HF_LINK_PAUSED && l->pause != HF_LINK_PAUSE_RATE_LIMITED;
    if (is_for_good) WORLD_CHECK(w, hf_time_same(hf_link_due(l), HF_NEVER));
    if (l->state != HF_LINK_READY) WORLD_CHECK(w, hf_client_link(g->client)->socket == l->socket);
}

/* 5: failures are forgotten after a hello, or when a retry is expected to work. */
static void check_attempts(struct guest *g)
{
    const struct hf_link *l = link_of(g);
    bool may_fall = l->hello_count > g->hellos || l->is_hello ||
                    l->backoff.initial != l->limits.backoff.initial;
    if (l->backoff.failures < g->failures) WORLD_CHECK(g->crowd->w, may_fall);
    if (l->backoff.failures != g->failures) g->hellos = l->hello_count;
    g->failures = l->backoff.failures;
}

/* 3 and 8, and that the books agree. */
static void check_books(struct guest *g)
{
    struct hf_client_diagnostics d;
    hf_client_diagnose(g->client, g->crowd->w->now, &d);
    WORLD_CHECK(g->crowd->w, d.pending_count == g->waiting);
    check_text(g, d.last_error.text);
    check_text(g, d.last_error.location);
    check_text(g, d.last_close_reason);
}

static void check(struct guest *g)
{
    check_link(g);
    check_attempts(g);
    check_books(g);
}

/* 9: one connect per socket, after its challenge, and nothing before it. */
static void tap(struct guest *g, struct hf_bytes bytes)
{
    struct world *w = g->crowd->w;
    uint8_t copy[HF_LIMIT_WRITE_BYTES];
    size_t at = 0;
    memcpy(copy, bytes.ptr, bytes.len);
    /* The upgrade request, which short writes may cut anywhere. */
    for (; g->head_seen < 4 && at < bytes.len; at++)
        g->head_seen = copy[at] == "\r\n\r\n"[g->head_seen] ? g->head_seen + 1 : copy[at] == '\r';
    while (at < bytes.len) {
        struct hf_ws_item item;
        size_t used;
        WORLD_CHECK(w, hf_ws_read(&g->tap, copy + at, bytes.len - at, &used, &item) == 0);
        WORLD_CHECK(w, item.kind != HF_WS_ERROR);
        at += used;
        if (item.kind != HF_WS_TEXT) continue;
        bool is_connect = hf_json_is(hf_json_find(item.bytes, "method"), HF_LIT("connect"));
        g->recovery.asked += recovery_is_subscription(item.bytes);
        g->connects += is_connect;
        WORLD_CHECK(w, g->connects == 1);
        WORLD_CHECK(w, !is_connect || link_of(g)->state != HF_LINK_AWAIT_CHALLENGE);
    }
}

/* --- the host --- */

static void event(struct guest *g, enum hf_client_event_kind kind)
{
    hf_client_step(g->client, g->crowd->w->now,
                   &(struct hf_client_event){ .kind = kind, .socket = g->generation });
}

static void drop(struct guest *g, bool resets)
{
    struct crowd *c = g->crowd;
    g->generation = 0;
    g->dial_at = HF_NEVER;
    g->wants_write = g->ends = false;
    hf_buf_reset(&g->in, 0);
    lossy_reset(&g->lossy);
    if (g->socket < 0) return;
    if (resets)
        world_reset(c->w, g->socket);
    else
        world_end(c->w, g->socket);
    c->is_let_go[g->socket] = true;
    g->closed++;
    g->socket = -1;
}

static void let_go(struct crowd *c)
{
    for (int i = 0; i < WORLD_SOCKETS; i++) {
        if (!c->is_let_go[i]) continue;
        world_release(c->w, i);
        if (c->w->sockets[i].state == WORLD_FREE) c->is_let_go[i] = false;
    }
}

static void open_socket(struct guest *g)
{
    struct crowd *c = g->crowd;
    g->dial_at = HF_NEVER;
    bool is_up = c->w->server && !g->dial_fails;
    g->socket = is_up ? world_connect_loopback(c->w) : -1;
    if (g->socket >= 0) {
        g->opened++;
        event(g, HF_CLIENT_DIALED);
        return;
    }
    hf_client_step(g->client, c->w->now,
                   &(struct hf_client_event){ .kind = HF_CLIENT_DIAL_FAILED,
                                              .socket = g->generation,
                                              .u.dial_failed.why = HF_LIT("refused") });
    g->generation = 0;
}

/* 1, and the law of the waits: by its timer, or because somebody said so. */
static void dial(struct guest *g, uint64_t generation)
{
    struct crowd *c = g->crowd;
    WORLD_CHECK(c->w, generation != 0 && g->generation == 0 && g->socket < 0);
    WORLD_CHECK(c->w, !g->is_disposed);
    bool is_time =
        hf_time_same(g->retry_at, HF_NEVER) || !hf_time_before(c->w->now.mono, g->retry_at);
    WORLD_CHECK(c->w, is_time || g->nudged);
    g->retry_at = HF_NEVER;
    g->nudged = false;
    g->generation = generation;
    g->head_seen = 0;
    g->connects = 0;
    g->recovery = (struct recovery){ 0 };
    hf_ws_reader_fini(&g->tap);
    hf_ws_reader_init(&g->tap, HF_WS_SERVER, HF_LIMIT_PAYLOAD_BYTES);
    g->dial_fails = percent(c, 10);
    g->dial_at = c->w->now.mono;
    if (percent(c, 30)) g->dial_at = hf_time_after(c->w->now.mono, HF_MS(dice(c, 200)));
    if (percent(c, 5)) g->dial_at = hf_time_after(c->w->now.mono, HF_MS(dice(c, 20000)));
    if (!hf_time_before(c->w->now.mono, g->dial_at)) open_socket(g);
}

static void write_some(struct guest *g)
{
    struct crowd *c = g->crowd;
    struct hf_output out;
    g->wants_write = false;
    hf_client_output(g->client, &out);
    if (out.count == 0 || g->socket < 0) return;
    size_t len = out.spans[0].len;
    if (dice(c, 4) == 0 && percent(c, 1)) {
        hf_client_step(g->client, c->w->now,
                       &(struct hf_client_event){ .kind = HF_CLIENT_WRITE_FAILED,
                                                  .socket = g->generation,
                                                  .u.why = HF_LIT("broken pipe") });
        return;
    }
    if (len > 1 && percent(c, c->w->weather.split_percent)) len = 1 + (size_t)dice(c, len);
    struct hf_bytes some = hf_bytes_head(out.spans[0], len);
    world_send(c->w, g->socket, some);
    tap(g, some);
    g->wants_write = len < out.spans[0].len;
    hf_client_step(g->client, c->w->now,
                   &(struct hf_client_event){ .kind = HF_CLIENT_WRITTEN,
                                              .socket = g->generation,
                                              .u.written_bytes = len });
}

static void end_socket(struct guest *g)
{
    uint64_t generation = g->generation;
    drop(g, false);
    hf_client_step(g->client, g->crowd->w->now,
                   &(struct hf_client_event){ .kind = HF_CLIENT_CLOSED, .socket = generation });
}

/* --- the owner --- */

static void call(struct guest *g, struct hf_bytes method, hf_span within)
{
    struct crowd *c = g->crowd;
    struct hf_client_call one = {
        .method = method, .tag = g->next_tag, .within = within, .expects_final = percent(c, 12)
    };
    if (g->next_tag == TAGS) return;
    int err = hf_client_call(g->client, c->w->now, &one);
    bool is_ready = link_of(g)->state == HF_LINK_READY;
    WORLD_CHECK(c->w, is_ready || err == HF_ERR_STATE || err == HF_ERR_CLOSED);
    WORLD_CHECK(c->w, !is_ready || err == 0);
    if (err) return;
    g->tags[g->next_tag++] = TAG_WAITS;
    g->waiting++;
}

/* Some at once, which may run out of time together. */
static void call_some(struct guest *g)
{
    static const char *const methods[] = { "health",    "status",        "system-presence",
                                           "no.such",   "sessions.list", "models.list",
                                           "logs.tail", "config.get" };
    struct crowd *c = g->crowd;
    hf_span within = dice(c, 3) == 0 ? 1 + HF_MS(dice(c, 3000)) : 0;
    for (uint64_t n = 1 + dice(c, 4); n > 0; n--)
        call(g, hf_bytes_cstr(methods[dice(c, HF_COUNT(methods))]), within);
}

static void subscribe(struct guest *g)
{
    struct crowd *c = g->crowd;
    struct hf_client_subscription one = { .method = HF_LIT("sessions.messages.subscribe"),
                                          .params = HF_LIT("{\"key\":\"agent:main:main\"}"),
                                          .tag = ++g->subscription };
    if (dice(c, 2)) one.method = HF_LIT("sessions.subscribe"), one.params = HF_LIT("{}");
    int err = hf_client_subscribe(g->client, c->w->now, &one);
    WORLD_CHECK(c->w, err == 0 || err == HF_ERR_LIMIT || err == HF_ERR_CLOSED);
    if (err == 0 && link_of(g)->state == HF_LINK_READY) recovery_begin_round(&g->recovery, false);
    if (g->subscription > 3) hf_client_unsubscribe(g->client, g->subscription - dice(c, 3));
}

static void change_secrets(struct guest *g, bool is_right)
{
    struct hf_credentials credentials = { .is_trusted = true };
    credentials.token = is_right ? HF_LIT("secrettoken") : HF_LIT("canary-wrong");
    int err = hf_client_set_credentials(g->client, g->crowd->w->now, &credentials, HF_EMPTY);
    WORLD_CHECK(g->crowd->w, err == 0 || err == HF_ERR_CLOSED);
    g->nudged = true;
}

static void dispose(struct guest *g)
{
    event(g, HF_CLIENT_DISPOSE);
    g->is_disposed = true;
}

static void do_something(struct guest *g)
{
    struct crowd *c = g->crowd;
    static const enum hf_client_event_kind nudges[] = {
        HF_CLIENT_START,      HF_CLIENT_KICK,       HF_CLIENT_NETWORK, HF_CLIENT_RESUME,
        HF_CLIENT_BACKGROUND, HF_CLIENT_FOREGROUND, HF_CLIENT_WOKE,
    };
    uint64_t what = dice(c, 1000);
    if (what < 700) {
        call_some(g);
    } else if (what < 760 && g->next_tag > 0) {
        int err = hf_client_cancel(g->client, dice(c, g->next_tag));
        WORLD_CHECK(c->w, err == 0 || err == HF_ERR_NOT_FOUND || err == HF_ERR_LIMIT);
    } else if (what < 790) {
        subscribe(g);
    } else if (what < 810) {
        int err = hf_client_restore(g->client, c->w->now);
        WORLD_CHECK(c->w, err == 0 || err == HF_ERR_STATE);
        if (err == 0) recovery_begin_round(&g->recovery, true);
    } else if (what < 900) {
        g->nudged = true;
        event(g, nudges[dice(c, HF_COUNT(nudges))]);
    } else if (what < 915) {
        event(g, HF_CLIENT_STOP);
    } else if (what < 975) {
        g->nudged = true;
        event(g, HF_CLIENT_START);
    } else if (what < 982) {
        hf_client_step(g->client, c->w->now,
                       &(struct hf_client_event){ .kind = HF_CLIENT_RECONNECT,
                                                  .u.reconnect.code = dice(c, 2) ? 0 : 4100 });
    } else if (what < 992) {
        change_secrets(g, dice(c, 4) > 0);
    } else if (what < 994) {
        dispose(g);
    }
}

static void ask(struct guest *g, uint64_t asked)
{
    struct crowd *c = g->crowd;
    for (size_t i = 0; i < QUESTIONS; i++) {
        if (g->answers[i].is_there) continue;
        bool is_late = percent(c, 40);
        if (percent(c, 4)) return; /* it never answers */
        g->answers[i] = (struct answer){
            .is_there = true,
            .allows = !percent(c, 8),
            .asked = percent(c, 20) ? asked - 1 : asked,
            .at = hf_time_after(c->w->now.mono, is_late ? HF_MS(dice(c, 20000)) : 0),
        };
        return;
    }
}

/* 4: one to another question changes nothing. */
static void give_answer(struct guest *g, const struct answer *a)
{
    struct crowd *c = g->crowd;
    struct hf_link before = *link_of(g);
    hf_client_step(
        g->client, c->w->now,
        &(struct hf_client_event){ .kind = a->allows ? HF_CLIENT_ALLOWED : HF_CLIENT_REJECTED,
                                   .u.asked = a->asked });
    if (a->asked == before.generation) return;
    before.stale_count = link_of(g)->stale_count;
    WORLD_CHECK(c->w, memcmp(&before, link_of(g), sizeof before) == 0);
}

static void give_answers(struct guest *g)
{
    for (size_t i = 0; i < QUESTIONS; i++) {
        struct answer *a = &g->answers[i];
        if (!a->is_there || hf_time_before(g->crowd->w->now.mono, a->at)) continue;
        a->is_there = false;
        give_answer(g, a);
    }
}

static void settle(struct guest *g, const struct hf_client_news *news)
{
    struct world *w = g->crowd->w;
    uint64_t tag = news->u.result.tag;
    enum hf_client_outcome outcome = news->u.result.outcome;
    WORLD_CHECK(w, tag < g->next_tag && g->tags[tag] == TAG_WAITS);
    bool was_answered = outcome == HF_CLIENT_OK || outcome == HF_CLIENT_SERVER_ERROR;
    if (was_answered) WORLD_CHECK(w, news->u.result.was_sent);
    if (outcome == HF_CLIENT_DISPOSED) WORLD_CHECK(w, g->is_disposed);
    g->tags[tag] = TAG_SETTLED;
    g->waiting--;
    g->results_ok += outcome == HF_CLIENT_OK;
    check_text(g, news->u.result.why);
}

static void store(struct guest *g, const struct hf_client_news *news)
{
    struct crowd *c = g->crowd;
    if (percent(c, 40)) return; /* the disk is full */
    int err =
        hf_client_set_stored_token(g->client, c->w->now, news->u.token.token, news->u.token.scopes);
    WORLD_CHECK(c->w, err == 0);
    g->nudged = true;
}

/* 2 and 3; and now and then the owner does something from within. */
static void told(struct guest *g, const struct hf_client_news *news)
{
    struct crowd *c = g->crowd;
    WORLD_CHECK(c->w, !g->is_quiet);
    WORLD_CHECK(c->w, !g->is_disposed || news->kind == HF_CLIENT_IS_RESULT);
    if (news->kind == HF_CLIENT_IS_RESULT) settle(g, news);
    g->restored += news->kind == HF_CLIENT_IS_RESTORED;
    recovery_note(&g->recovery, c->w, news);
    if (news->kind == HF_CLIENT_TOKEN_STORE) store(g, news);
    if (news->kind == HF_CLIENT_IS_CLOSED) check_text(g, news->u.closed.reason);
    if (news->kind == HF_CLIENT_IS_PAUSED) check_text(g, news->u.paused.reason);
    if (news->kind == HF_CLIENT_IS_RETRY)
        g->retry_at = hf_time_after(c->w->now.mono, news->u.retry.wait);
    if (news->kind == HF_CLIENT_ASK_RECONNECT || news->kind == HF_CLIENT_ASK_HANDSHAKE)
        ask(g, news->generation);
    if (percent(c, 2)) do_something(g);
    if (!c->is_over && dice(c, 300) == 0) dispose(g);
}

static void act(struct guest *g)
{
    struct hf_client_action action;
    while (hf_client_action(g->client, &action)) {
        switch (action.kind) {
        case HF_CLIENT_DO_KILL:
            WORLD_CHECK(g->crowd->w, action.socket == g->generation || g->generation == 0);
            if (action.socket == g->generation) drop(g, true);
            break;
        case HF_CLIENT_DO_DIAL:
            dial(g, action.socket);
            break;
        case HF_CLIENT_DO_OUTPUT:
            write_some(g);
            break;
        case HF_CLIENT_DO_END:
            g->ends = true;
            break;
        case HF_CLIENT_DO_TELL:
            told(g, &action.news);
            break;
        }
        if (g->ends && !g->wants_write && g->generation) end_socket(g);
    }
    if (g->is_disposed) g->is_quiet = true;
    check(g);
}

/* 4: an older socket may say what it likes. */
static void say_something_stale(struct guest *g)
{
    struct crowd *c = g->crowd;
    struct hf_link before = *link_of(g);
    uint64_t older = g->generation ? g->generation - 1 : before.generation;
    enum hf_client_event_kind kind = (enum hf_client_event_kind)(
        HF_CLIENT_DIALED + dice(c, HF_CLIENT_CLOSED - HF_CLIENT_DIALED + 1));
    uint8_t byte = 0x81;
    struct hf_client_event event = { .kind = kind, .socket = older };
    if (kind == HF_CLIENT_INPUT) event.u.input.data = &byte, event.u.input.len = 1;
    if (older == before.socket) return;
    hf_client_step(g->client, c->w->now, &event);
    WORLD_CHECK(c->w, memcmp(&before, link_of(g), sizeof before) == 0);
}

static bool receive(struct guest *g)
{
    static const struct lossy_odds odds = { .lost = 15, .late = 3 };
    struct world *w = g->crowd->w;
    if (!g->loses_events) return world_receive(w, g->socket, &g->in);
    bool has_ended = world_receive(w, g->socket, &g->lossy.raw);
    lossy_pass(&g->lossy, w, g->crowd->is_over ? (struct lossy_odds){ 0 } : odds, &g->in);
    if (has_ended) lossy_end(&g->lossy, &g->in);
    return has_ended;
}

static void read_some(struct guest *g)
{
    bool has_ended = receive(g);
    while (g->generation && g->socket >= 0 && g->in.len > 0) {
        struct hf_client_event event = { .kind = HF_CLIENT_INPUT, .socket = g->generation };
        event.u.input.data = g->in.ptr;
        event.u.input.len = g->in.len;
        size_t used = hf_client_step(g->client, g->crowd->w->now, &event);
        act(g); /* news lie in the bytes */
        if (g->generation == event.socket) hf_buf_take(&g->in, used);
    }
    if (has_ended && g->generation && g->socket >= 0) end_socket(g);
}

static void run_guest(struct guest *g)
{
    struct world *w = g->crowd->w;
    if (hf_time_before(w->now.mono, g->frozen_until)) return;
    if (!hf_time_before(w->now.mono, g->dial_at)) open_socket(g);
    act(g);
    if (g->socket >= 0) read_some(g);
    give_answers(g);
    if (!hf_time_before(w->now.mono, hf_client_due(g->client)))
        hf_client_run_due(g->client, w->now);
    act(g);
    if (g->wants_write) write_some(g);
    act(g);
}

static hf_time guest_due(const struct guest *g)
{
    hf_time due = hf_time_min(hf_client_due(g->client), g->dial_at);
    for (size_t i = 0; i < QUESTIONS; i++)
        if (g->answers[i].is_there) due = hf_time_min(due, g->answers[i].at);
    if (g->wants_write) due = g->crowd->w->now.mono;
    return hf_time_max(due, g->frozen_until);
}

/* --- a life --- */

static struct hf_client_config config_of(struct crowd *c, size_t number)
{
    struct hf_client_config config = {
        .url = { .host = HF_LIT("localhost"),
                 .place = HF_LIT("localhost:18789"),
                 .target = HF_LIT("/") },
        .connect = { .min_protocol = 4,
                     .max_protocol = 4,
                     .client = { .id = HF_CLIENT_ID_GATEWAY_CLIENT,
                                 .mode = HF_CLIENT_MODE_BACKEND,
                                 .version = HF_LIT("1"),
                                 .platform = HF_LIT("linux") },
                     .role_name = HF_LIT("operator") },
        .credentials = { .token = HF_LIT("secrettoken"), .is_trusted = true },
        .call_within = HF_MS(20000),
        .has_device = number == 1,
        .device_secret = { 7 },
        .keeps_hello = dice(c, 2) != 0,
        .speaks_legacy = dice(c, 2) != 0,
    };
    hf_rng_bytes(&c->w->rng, config.seed, sizeof config.seed);
    hf_link_limits_init(&config.link);
    if (dice(c, 4) == 0) hf_link_limits_mobile(&config.link);
    config.link.asks_before_reconnect = dice(c, 4) == 0;
    config.link.asks_before_login = dice(c, 4) == 0;
    if (dice(c, 2)) config.link.stable_after = 0;
    return config;
}

static void born(struct guest *g)
{
    struct crowd *c = g->crowd;
    struct hf_client_config config = config_of(c, g->number);
    *g = (struct guest){ .crowd = c,
                         .number = g->number,
                         .socket = -1,
                         .dial_at = HF_NEVER,
                         .retry_at = HF_NEVER,
                         .frozen_until = c->w->now.mono };
    g->loses_events = dice(c, 2) != 0;
    hf_buf_init(&g->in, HF_LIMIT_BUFFERED_BYTES);
    lossy_init(&g->lossy);
    hf_ws_reader_init(&g->tap, HF_WS_SERVER, HF_LIMIT_PAYLOAD_BYTES);
    WORLD_CHECK(c->w, hf_client_new(&g->client, &config) == 0);
    event(g, HF_CLIENT_START);
}

/* 3 and 6: a disposed client owes nothing and holds nothing. */
static void finish(struct guest *g)
{
    WORLD_CHECK(g->crowd->w, g->is_quiet && g->waiting == 0);
    WORLD_CHECK(g->crowd->w, g->opened == g->closed && g->socket < 0);
    hf_client_free(g->client);
    hf_buf_fini(&g->in);
    lossy_fini(&g->lossy);
    hf_ws_reader_fini(&g->tap);
}

/* --- what may happen --- */

static void freeze(struct guest *g)
{
    struct crowd *c = g->crowd;
    g->frozen_until = hf_time_after(c->w->now.mono, HF_MS(dice(c, 40000)));
    if (dice(c, 2)) event(g, HF_CLIENT_WOKE); /* the clocks may drift apart or not */
}

static void restart_server(struct crowd *c, bool is_kill)
{
    if (!c->w->server) return;
    if (is_kill)
        world_kill(c->w);
    else
        world_stop(c->w, dice(c, 2) != 0, (int64_t)dice(c, 5000));
    c->restart_at = hf_time_after(c->w->now.mono, HF_MS(dice(c, 6000)));
}

static void happen(struct crowd *c)
{
    struct world *w = c->w;
    struct guest *g = &c->guests[dice(c, GUESTS)];
    bool is_up = g->socket >= 0 && world_is_open(w, g->socket);
    uint64_t what = dice(c, 1000);
    if (g->is_quiet && dice(c, 20) == 0) {
        finish(g);
        born(g);
    }
    if (what < 800)
        do_something(g);
    else if (what < 850)
        say_something_stale(g);
    else if (what < 856 && is_up)
        world_stall(w, g->socket, dice(c, 2) != 0, dice(c, 2) != 0);
    else if (what < 950 && is_up)
        world_resume(w, g->socket);
    else if (what < 965 && is_up)
        w->sockets[g->socket].peer_saw_end = true; /* the way broke on our side */
    else if (what < 970)
        freeze(g);
    else if (what < 975)
        world_freeze(w, HF_MS(dice(c, 20000)));
    else if (what < 985)
        world_step_wall(w, (int64_t)dice(c, 7200000) - 3600000);
    else if (what < 990)
        restart_server(c, dice(c, 2) != 0);
}

static void run(void *ctx, struct world *w)
{
    struct crowd *c = ctx;
    for (size_t i = 0; i < GUESTS; i++) run_guest(&c->guests[i]);
    let_go(c);
    if (hf_time_before(w->now.mono, c->next_op_at)) return;
    c->next_op_at = hf_time_after(w->now.mono, HF_MS(1 + (c->is_over ? 500 : dice(c, 250))));
    if (!w->server && !hf_time_before(w->now.mono, c->restart_at)) world_start(w);
    if (!c->is_over) happen(c);
    for (size_t i = 0; i < GUESTS; i++) act(&c->guests[i]);
}

static hf_time due(void *ctx, struct world *w)
{
    const struct crowd *c = ctx;
    hf_time due = c->next_op_at;
    (void)w;
    for (size_t i = 0; i < GUESTS; i++) due = hf_time_min(due, guest_due(&c->guests[i]));
    return due;
}

/* --- one seed --- */

static void make_weather(struct crowd *c)
{
    static const hf_span latencies[] = { 0, HF_MS(5), HF_MS(80) };
    static const unsigned fails[] = { 0, 0, 30 };
    struct world *w = c->w;
    w->weather.latency_max = latencies[dice(c, 3)];
    w->weather.split_percent = (unsigned)dice(c, 3) * 25;
    w->weather.job_max = HF_MS(dice(c, 3) * 400);
    w->weather.job_fail_percent = fails[dice(c, 3)];
    w->settings.tick_interval_ms = 2000;
    w->settings.handshake_timeout_ms = 4000;
    w->settings.drain_timeout_ms = 1500;
}

static void begin(struct crowd *c, uint64_t seed)
{
    *c = (struct crowd){ .w = world_new(seed) };
    make_weather(c);
    c->next_op_at = c->w->now.mono;
    world_start(c->w);
    for (size_t i = 0; i < GUESTS; i++) {
        c->guests[i].crowd = c;
        c->guests[i].number = i;
        born(&c->guests[i]);
    }
}

static void stop_faults(struct crowd *c)
{
    c->is_over = true;
    c->w->weather = (struct world_weather){ 0 };
    c->w->frozen_until = c->w->now.mono;
    for (int i = 0; i < WORLD_SOCKETS; i++)
        if (c->w->sockets[i].state != WORLD_FREE) world_resume(c->w, i);
    for (size_t i = 0; i < GUESTS; i++) {
        struct guest *g = &c->guests[i];
        g->frozen_until = c->w->now.mono;
        memset(g->answers, 0, sizeof g->answers);
        if (g->is_disposed) continue;
        change_secrets(g, true);
        /* A question that nobody answered any more is asked again by a stop. */
        if (link_of(g)->state == HF_LINK_REAUTH) event(g, HF_CLIENT_STOP);
        event(g, HF_CLIENT_FOREGROUND);
        event(g, HF_CLIENT_START);
        act(g);
    }
    world_note(c->w, "clients: the faults have stopped");
}

/* A stop under way when the faults ended wants one more start. */
static void start_again(struct crowd *c)
{
    for (size_t i = 0; i < GUESTS; i++) {
        struct guest *g = &c->guests[i];
        g->nudged = true;
        if (!g->is_disposed && link_of(g)->state != HF_LINK_READY) event(g, HF_CLIENT_START);
        act(g);
    }
}

static void check_healthy(struct crowd *c, const struct world_peers *peers)
{
    size_t ok[GUESTS];
    for (size_t i = 0; i < GUESTS; i++) {
        struct guest *g = &c->guests[i];
        if (!g->is_disposed && link_of(g)->state != HF_LINK_READY)
            world_fail(c->w, "client %zu is not ready but %s, pause %d", i,
                       hf_link_state_name(link_of(g)->state), (int)link_of(g)->pause);
        ok[i] = g->results_ok;
        if (!g->is_disposed) call(g, HF_LIT("health"), 0);
    }
    world_run(c->w, HF_SECONDS(25), peers);
    for (size_t i = 0; i < GUESTS; i++) {
        const struct guest *g = &c->guests[i];
        if (g->is_disposed) continue;
        WORLD_CHECK(c->w, g->results_ok > ok[i] || g->next_tag == TAGS);
        WORLD_CHECK(c->w, g->restored >= 1);
        WORLD_CHECK(c->w, !g->recovery.round.is_under_way && g->recovery.gap_to == 0);
    }
}

/* 2: not a word in a minute. */
static void check_silence(struct crowd *c, const struct world_peers *peers)
{
    for (size_t i = 0; i < GUESTS; i++) {
        dispose(&c->guests[i]);
        act(&c->guests[i]);
    }
    world_run(c->w, HF_SECONDS(SILENT_SECONDS), peers);
    for (size_t i = 0; i < GUESTS; i++) finish(&c->guests[i]);
}

static void run_seed(uint64_t seed, uint8_t digest[32])
{
    static struct crowd c;
    begin(&c, seed);
    struct world_peers peers = { .run = run, .due = due, .ctx = &c };
    world_run(c.w, HF_SECONDS(FAULTY_SECONDS), &peers);
    stop_faults(&c);
    world_run(c.w, HF_SECONDS(5), &peers);
    start_again(&c);
    world_run(c.w, HF_SECONDS(HEALTHY_SECONDS), &peers);
    check_healthy(&c, &peers);
    check_silence(&c, &peers);
    memcpy(digest, c.w->digest, 32);
    world_free(c.w);
}

int main(int argc, char **argv)
{
    return seeds_main(argc, argv, run_seed);
}
