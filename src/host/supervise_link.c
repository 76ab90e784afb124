/* The control connection of a supervisor: one try of one client engine at a time. */
#include "base/limits.h"
#include "host/entropy.h"
#include "host/supervise_state.h"
#include "wire/schema/hello.h"

#include <stdio.h>
#include <string.h>

/* The engine asks for each ping and judges what comes of it: the client closes nothing for
 * a pong, a tick or a heartbeat that is missing. */
#define NOT_JUDGED HF_SECONDS(86400)

/* --- news --- */

static void tell(struct hf_sup_link *l, enum hf_keeper_event_kind kind)
{
    hf_sup_later(l->s, &(struct hf_keeper_event){ .kind = kind, .link = l->id });
}

/* Whether the refusal is about who we are. */
static bool is_credential(const struct hf_client_failure *f)
{
    static const struct hf_bytes heads[] = { HF_LIT_INIT("AUTH_"), HF_LIT_INIT("DEVICE_"),
                                             HF_LIT_INIT("PAIRING_") };
    for (size_t i = 0; i < HF_COUNT(heads); i++)
        if (hf_bytes_starts(f->detail, heads[i])) return true;
    return hf_bytes_same(f->code, HF_LIT("NOT_PAIRED")) ||
           hf_bytes_same(f->code, HF_LIT("UNAUTHORIZED"));
}

static enum hf_keeper_link_failure kind_of(const struct hf_client_failure *f)
{
    static const struct {
        enum hf_link_cause cause;
        enum hf_keeper_link_failure failure;
    } rows[] = {
        { HF_LINK_CAUSE_STARTING, HF_KEEPER_LINK_STARTING },
        { HF_LINK_CAUSE_UPGRADE_TIMEOUT, HF_KEEPER_LINK_TIMEOUT },
        { HF_LINK_CAUSE_CHALLENGE_TIMEOUT, HF_KEEPER_LINK_TIMEOUT },
        { HF_LINK_CAUSE_CONNECT_TIMEOUT, HF_KEEPER_LINK_TIMEOUT },
        { HF_LINK_CAUSE_CONFIG, HF_KEEPER_LINK_UNUSABLE },
        { HF_LINK_CAUSE_INSECURE, HF_KEEPER_LINK_UNUSABLE },
    };
    if (f->cause == HF_LINK_CAUSE_REFUSED)
        return is_credential(f) ? HF_KEEPER_LINK_CREDENTIAL : HF_KEEPER_LINK_REFUSED;
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        if (rows[i].cause == f->cause) return rows[i].failure;
    return HF_KEEPER_LINK_UNREACHABLE;
}

/* The one end of a link. */
static void tell_end(struct hf_sup_link *l, uint16_t code, struct hf_bytes reason, hf_span hint)
{
    struct hf_client_failure failure = hf_client_failure(l->client);
    struct hf_keeper_event event = { .kind = HF_KEEPER_LINK_CLOSED, .link = l->id };
    char elsewhere[HF_SUP_ELSEWHERE_BYTES];
    if (l->is_over) return;
    l->is_over = true;
    if (l->is_ready) {
        event.u.link_closed.code = code;
        event.u.link_closed.reason = reason;
    } else {
        event.kind = HF_KEEPER_LINK_FAILED;
        event.u.link_failed.failure = hint >= 0 ? HF_KEEPER_LINK_STARTING : kind_of(&failure);
        event.u.link_failed.has_hint = hint >= 0;
        event.u.link_failed.hint_ms = hint >= 0 ? (double)hf_span_ms(hint) : 0;
        event.u.link_failed.why = failure.text;
        /* One that says READY=1 is not looked for at all: this is the first that is seen. */
        bool is_there = event.u.link_failed.failure != HF_KEEPER_LINK_UNREACHABLE;
        if (!is_there && hf_sup_elsewhere(l->s, elsewhere) != 0)
            event.u.link_failed.why = hf_bytes_cstr(elsewhere);
    }
    hf_sup_later(l->s, &event);
}

static void tell_ready(struct hf_sup_link *l, struct hf_bytes hello)
{
    struct hf_keeper_event event = { .kind = HF_KEEPER_LINK_READY, .link = l->id };
    struct hf_client_peer peer;
    l->is_ready = true;
    event.u.link_ready.hello = hello;
    if (hf_client_seat_peer(l->seat, &peer)) event.tree = hf_sup_answering(l->s, &peer.address);
    event.is_holdfast = hf_sup_is_holdfast(l->s, event.tree);
    hf_sup_later(l->s, &event);
}

static void tell_event(struct hf_sup_link *l, const struct hf_client_news *news)
{
    struct hf_keeper_event event = { .kind = HF_KEEPER_LINK_EVENT, .link = l->id };
    event.u.link_event.name = news->u.event.name;
    event.u.link_event.payload = news->u.event.payload;
    event.u.link_event.is_notification = news->kind == HF_CLIENT_IS_NOTIFICATION;
    hf_sup_later(l->s, &event);
}

static void tell_result(struct hf_sup_link *l, const struct hf_client_news *news)
{
    struct hf_keeper_event event = { .kind = HF_KEEPER_LINK_RESULT,
                                     .link = l->id,
                                     .ask = news->u.result.tag };
    event.u.link_result.outcome = HF_KEEPER_CALL_NOT_SENT;
    if (news->u.result.outcome == HF_CLIENT_OK) {
        event.u.link_result.outcome = HF_KEEPER_CALL_OK;
        event.u.link_result.payload = news->u.result.payload;
    } else if (news->u.result.outcome == HF_CLIENT_SERVER_ERROR) {
        event.u.link_result.outcome = HF_KEEPER_CALL_ERROR;
        event.u.link_result.payload = news->u.result.error;
    } else if (news->u.result.outcome == HF_CLIENT_TIMEOUT) {
        event.u.link_result.outcome = HF_KEEPER_CALL_TIMEOUT;
    }
    hf_sup_later(l->s, &event);
}

static void tell_message(struct hf_sup_link *l, const struct hf_client_news *news)
{
    struct hf_keeper_event event = { .kind = HF_KEEPER_LINK_MESSAGE, .link = l->id };
    event.u.link_message = news->u.event.payload;
    hf_sup_later(l->s, &event);
}

/* News that a link ends with: it is not left to the client to try again. */
static void tell_if_end(struct hf_sup_link *l, const struct hf_client_news *news)
{
    if (news->kind == HF_CLIENT_IS_STARTING)
        tell_end(l, 0, HF_EMPTY, news->u.retry.wait);
    else if (news->kind == HF_CLIENT_IS_CLOSED)
        tell_end(l, news->u.closed.code, news->u.closed.reason, -1);
    else if (news->kind == HF_CLIENT_IS_PAUSED || news->kind == HF_CLIENT_IS_RETRY)
        tell_end(l, HF_WS_CODE_ABNORMAL, HF_EMPTY, -1);
}

/* Under the lock of the client loop: only copies, nothing of the client is called. */
static void told(void *ctx, void *client, const struct hf_client_news *news)
{
    struct hf_sup_link *l = ctx;
    if (client != l || l->id == 0) return;
    if (news->kind == HF_CLIENT_IS_READY)
        tell_ready(l, news->u.ready.hello);
    else if (news->kind == HF_CLIENT_IS_EVENT || news->kind == HF_CLIENT_IS_NOTIFICATION)
        tell_event(l, news);
    else if (news->kind == HF_CLIENT_IS_MESSAGE)
        tell_message(l, news);
    else if (news->kind == HF_CLIENT_IS_RESULT)
        tell_result(l, news);
    else if (news->kind == HF_CLIENT_IS_UNREADABLE)
        HF_LOG(&l->s->config.log, HF_LOG_DEBUG, "gateway.message_dropped",
               HF_TEXT("why", HF_LIT("no JSON object")));
    else
        tell_if_end(l, news);
}

/* --- the client loop inside of ours --- */

static void turn(struct hf_supervise *s)
{
    struct hf_sup_link *l = &s->link;
    if (s->is_closing || !l->loop) return;
    hf_sup_turn(s);
    hf_client_loop_turn(l->loop);
    hf_sup_run(s);
}

static void on_timer(uv_timer_t *timer)
{
    turn(timer->data);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    turn(handle->data);
}

static int open_loop(struct hf_supervise *s)
{
    struct hf_sup_link *l = &s->link;
    const struct hf_client_loop_hooks hooks = { .ctx = l, .told = told };
    if (l->loop) return 0;
    int err = hf_client_loop_new(&l->loop, &hooks);
    if (err) return err;
    hf_client_loop_lock(l->loop);
    hf_client_loop_adopt(l->loop);
    hf_client_loop_unlock(l->loop);
    uv_poll_init(s->loop, &l->poll, hf_client_loop_fd(l->loop));
    uv_timer_init(s->loop, &l->timer);
    l->poll.data = l->timer.data = s;
    uv_poll_start(&l->poll, UV_READABLE, on_poll);
    return 0;
}

/* --- life --- */

void hf_sup_link_look(struct hf_supervise *s)
{
    struct hf_sup_link *l = &s->link;
    if (!l->loop) return;
    int wait_ms = hf_client_loop_timeout_ms(l->loop);
    if (wait_ms >= 0)
        uv_timer_start(&l->timer, on_timer, (uint64_t)wait_ms, 0);
    else
        uv_timer_stop(&l->timer);
    if (!l->client || !l->is_ready || l->is_over) return;
    hf_time byte_at = hf_client_link(l->client)->watch.byte_at;
    if (hf_time_same(byte_at, l->byte_at)) return;
    l->byte_at = byte_at;
    tell(l, HF_KEEPER_LINK_LIFE);
}

/* --- opening and closing --- */

static struct hf_client_config client_config(struct hf_supervise *s,
                                             const struct hf_keeper_action *a)
{
    struct hf_client_config c = {
        .url = s->config.url,
        .connect = { .min_protocol = HF_PROTOCOL_VERSION,
                     .max_protocol = HF_PROTOCOL_VERSION,
                     .client = { .id = HF_CLIENT_ID_GATEWAY_CLIENT,
                                 .mode = HF_CLIENT_MODE_BACKEND,
                                 .version = HF_LIT(HF_VERSION),
                                 .platform = HF_LIT("linux"),
                                 .display_name = HF_LIT("holdfast supervise") },
                     .role_name = HF_LIT("operator"),
                     .has_known_role = true,
                     .role = HF_ROLE_OPERATOR,
                     .scopes = { HF_LIT("operator.admin"), HF_LIT("operator.read"),
                                 HF_LIT("operator.write") },
                     .scope_count = 3 },
        .credentials = { .token = hf_sup_read_token(s, s->link.token),
                         .password = hf_bytes_cstr(s->config.password),
                         .is_trusted = true },
        .has_device = s->config.has_identity,
        .speaks_legacy = true,
        .keeps_hello = true,
    };
    memcpy(c.device_secret, s->config.identity, sizeof c.device_secret);
    hf_link_limits_init(&c.link);
    c.link.challenge_within = a->within;
    c.link.upgrade_within = a->within;
    c.link.connect_within = a->u.link_open.connect_within;
    c.link.attempts_max = 1;
    c.link.is_one_shot = true;
    c.link.watch.ping_every = NOT_JUDGED;
    c.link.watch.pong_within = NOT_JUDGED;
    c.link.watch.tick_check_min = NOT_JUDGED;
    c.link.watch.beat_every = 0;
    return c;
}

static void close_client(struct hf_sup_link *l)
{
    if (!l->client) return;
    l->id = 0; /* nothing of it follows */
    hf_client_loop_lock(l->loop);
    if (l->seat) hf_client_seat_leave(l->seat);
    hf_client_loop_unlock(l->loop);
    hf_client_free(l->client);
    l->client = NULL;
    l->seat = NULL;
    hf_wipe(l->token, sizeof l->token);
}

static int open_client(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    struct hf_sup_link *l = &s->link;
    struct hf_client_config config = client_config(s, a);
    int err = open_loop(s);
    if (!err) err = hf_entropy(config.seed, sizeof config.seed);
    if (!err) err = hf_client_new(&l->client, &config);
    hf_wipe(config.device_secret, sizeof config.device_secret);
    if (err) return err;
    const struct hf_client_seat_config seat = {
        .engine = l->client, .client = l, .url = s->config.url, .within = a->within
    };
    hf_client_loop_lock(l->loop);
    err = hf_client_seat_new(&l->seat, l->loop, &seat);
    if (!err) hf_client_seat_step(l->seat, &(struct hf_client_event){ .kind = HF_CLIENT_START });
    hf_client_loop_unlock(l->loop);
    return err;
}

void hf_sup_link_open(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    struct hf_sup_link *l = &s->link;
    close_client(l);
    l->id = a->link;
    l->is_ready = l->is_over = false;
    l->byte_at = HF_NEVER;
    int err = open_client(s, a);
    if (!err) return;
    struct hf_keeper_event event = { .kind = HF_KEEPER_LINK_FAILED, .link = a->link };
    event.u.link_failed.failure = HF_KEEPER_LINK_UNREACHABLE;
    event.u.link_failed.why = hf_bytes_cstr(hf_err_text(err));
    hf_sup_later(s, &event);
}

void hf_sup_link_abort(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    if (s->link.id == a->link) close_client(&s->link);
}

static int call(struct hf_supervise *s, const struct hf_client_call *call)
{
    struct hf_sup_link *l = &s->link;
    hf_client_loop_lock(l->loop);
    int err = hf_client_call(l->client, hf_client_loop_now(l->loop), call);
    hf_client_seat_touch(l->seat);
    hf_client_loop_unlock(l->loop);
    return err;
}

void hf_sup_link_call(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    struct hf_sup_link *l = &s->link;
    const struct hf_client_call wanted = { .method = a->u.link_call.method,
                                           .params = a->u.link_call.params,
                                           .tag = a->ask,
                                           .within = a->within };
    if (l->client && l->id == a->link && call(s, &wanted) == 0) return;
    struct hf_keeper_event event = { .kind = HF_KEEPER_LINK_RESULT,
                                     .link = a->link,
                                     .ask = a->ask };
    event.u.link_result.outcome = HF_KEEPER_CALL_NOT_SENT;
    hf_sup_later(s, &event);
}

/* A client that is told of its network looks whether its connection still is one. */
void hf_sup_link_ping(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    struct hf_sup_link *l = &s->link;
    if (!l->client || l->id != a->link) return;
    hf_client_loop_lock(l->loop);
    hf_client_seat_step(l->seat, &(struct hf_client_event){ .kind = HF_CLIENT_NETWORK });
    hf_client_loop_unlock(l->loop);
}

static void on_closed(uv_handle_t *handle)
{
    struct hf_supervise *s = handle->data;
    hf_client_loop_free(s->link.loop);
    s->link.loop = NULL;
}

void hf_sup_link_close(struct hf_supervise *s)
{
    struct hf_sup_link *l = &s->link;
    if (!l->loop) return;
    close_client(l);
    hf_client_loop_close(l->loop);
    uv_close((uv_handle_t *)&l->timer, NULL);
    uv_close((uv_handle_t *)&l->poll, on_closed);
}
