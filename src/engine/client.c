#include "engine/client.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/client_state.h"

_Static_assert((int)HF_CLIENT_DISCONNECTED == (int)HF_LINK_IS_DISCONNECTED, "one order");
_Static_assert((int)HF_CLIENT_CONNECTED == (int)HF_LINK_IS_CONNECTED, "one order");
_Static_assert((int)HF_CLIENT_FAILED == (int)HF_LINK_IS_FAILED, "one order");
_Static_assert((int)HF_CLIENT_GONE == (int)HF_LINK_IS_CLOSED, "one order");

enum { CALL_WITHIN_MS = 30000 };

/* --- life --- */

static struct hf_endpoint endpoint_of(const struct hf_client_config *config)
{
    return (struct hf_endpoint){ .host = config->url.host,
                                 .is_tls = config->url.is_tls,
                                 .allows_plain = config->allows_plain,
                                 .has_headers = config->header_count > 0,
                                 .fingerprint = config->fingerprint };
}

const char *hf_client_config_fault(const struct hf_client_config *config)
{
    struct hf_endpoint endpoint = endpoint_of(config);
    if (config->header_count > HF_LIMIT_CLIENT_HEADERS)
        return "there are too many headers for the way to the gateway";
    for (size_t i = 0; i < config->header_count; i++)
        if (!hf_http_is_field(&config->headers[i]))
            return "a header for the way to the gateway is no header";
    return hf_endpoint_fault(&endpoint);
}

static void init(struct hf_client *c, const struct hf_client_config *config)
{
    struct hf_link_limits limits = config->link;
    const struct hf_connect *connect = &config->connect;
    bool is_node = connect->role == HF_ROLE_NODE && connect->client.mode == HF_CLIENT_MODE_NODE;
    limits.may_offer_older = is_node && connect->min_protocol < connect->max_protocol;
    c->magic = HF_CLIENT_MAGIC;
    c->config = *config;
    if (c->config.call_within == 0) c->config.call_within = HF_MS(CALL_WITHIN_MS);
    c->rtt_ms = -1;
    c->hello_at = c->last_ping_at = c->last_pong_at = c->last_beat_at = HF_NEVER;
    c->failure_at = c->last_close_at = HF_NEVER;
    hf_rng_init(&c->rng, config->seed);
    hf_link_init(&c->link, &limits, &c->rng);
    hf_rpc_init(&c->rpc);
    hf_http_reader_init(&c->http);
    hf_ws_reader_init(&c->ws, HF_WS_CLIENT, HF_LIMIT_PAYLOAD_BYTES);
    hf_buf_init(&c->out, HF_LIMIT_BUFFERED_BYTES);
    hf_buf_init(&c->text, HF_LIMIT_PAYLOAD_BYTES);
    hf_buf_init(&c->nonce, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_buf_init(&c->lists, HF_LIMIT_CLIENT_HELLO_BYTES);
    hf_buf_init(&c->refusal.body, HF_LIMIT_UPGRADE_BODY_BYTES);
    hf_buf_init(&c->failure_text, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_buf_init(&c->failure_location, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_buf_init(&c->close_reason, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_buf_init(&c->last_close_reason, HF_LIMIT_PREAUTH_FRAME_BYTES);
}

int hf_client_new(struct hf_client **out, const struct hf_client_config *config)
{
    struct hf_client *c = hf_mem_zero(1, sizeof *c);
    if (!c) return HF_ERR_NOMEM;
    init(c, config);
    int err = hf_client_keep_secrets(c, &config->credentials, config->stored_scopes);
    if (err) {
        hf_client_free(c);
        return err;
    }
    *out = c;
    return 0;
}

void hf_client_free(struct hf_client *c)
{
    if (!c) return;
    HF_ASSERT(c->magic == HF_CLIENT_MAGIC);
    hf_rpc_fini(&c->rpc);
    hf_client_socket_fini(c);
    hf_client_restore_fini(c);
    hf_client_wipe_secrets(c);
    hf_ring_fini(&c->timings);
    hf_buf_fini(&c->text);
    hf_buf_fini(&c->lists);
    hf_buf_fini(&c->failure_text);
    hf_buf_fini(&c->failure_location);
    hf_buf_fini(&c->last_close_reason);
    hf_wipe(c, sizeof *c);
    hf_mem_free(c);
}

/* --- the link --- */

/* What was wanted of a socket that is given up is not wanted any more; one that the
 * host has not been asked for yet needs no end. */
static void forget_socket(struct hf_client *c, uint64_t socket, bool resets)
{
    if (resets && !c->dials) {
        c->kill_socket = socket;
        c->counters.aborts++;
    }
    c->dials = c->has_output = c->ends = false;
    hf_client_restore_stop(c);
}

static void dial(struct hf_client *c)
{
    const char *fault = hf_client_config_fault(&c->config);
    hf_client_begin_socket(c);
    c->counters.connects++;
    c->dials = true;
    if (!fault) return;
    c->dials = false;
    hf_client_note(c, HF_LINK_CAUSE_CONFIG, hf_bytes_cstr(fault));
    hf_client_dial_failed(c, HF_LINK_CAUSE_CONFIG, false);
}

static void ask(struct hf_client *c, enum hf_client_news_kind question)
{
    hf_client_tell(c, &(struct hf_client_news){ .kind = question });
}

void hf_client_feed(struct hf_client *c, const struct hf_link_input *input)
{
    struct hf_link_todo todo;
    uint64_t socket = c->link.socket;
    if (c->link.state != HF_LINK_CLOSING) c->phase = c->link.state;
    hf_link_step(&c->link, c->now.mono, input, &todo);
    if (todo.cause == HF_LINK_CAUSE_UPGRADE && c->refusal.status) hf_client_note_upgrade(c);
    if (todo.cause != HF_LINK_CAUSE_NONE) hf_client_note_cause(c, todo.cause, todo.close.reason);
    if (todo.has_rtt) c->rtt_ms = hf_span_ms(todo.rtt);
    if (todo.acts & (HF_LINK_DO_CLOSE | HF_LINK_DO_END)) hf_client_send_close(c, &todo.close);
    if (todo.acts & HF_LINK_DO_END) c->ends = true;
    hf_client_tell_end(c, &todo);
    if (socket && c->link.socket != socket) forget_socket(c, socket, todo.acts & HF_LINK_DO_ABORT);
    if (todo.acts & HF_LINK_TELL_STATUS)
        hf_client_tell(c, &(struct hf_client_news){ .kind = HF_CLIENT_IS_STATUS,
                                                    .u.status = hf_client_status(c) });
    if (todo.acts & HF_LINK_TELL_READY) hf_client_tell_ready(c);
    if (todo.acts & HF_LINK_DO_PLAN) hf_client_plan(c);
    if (todo.acts & HF_LINK_DO_PING) hf_client_send_ping(c);
    if (todo.acts & HF_LINK_DO_BEAT) hf_client_beat(c);
    if (todo.acts & HF_LINK_ASK_RECONNECT) ask(c, HF_CLIENT_ASK_RECONNECT);
    if (todo.acts & HF_LINK_ASK_LOGIN) ask(c, HF_CLIENT_ASK_HANDSHAKE);
    if (todo.acts & HF_LINK_DO_DIAL) dial(c);
}

void hf_client_say(struct hf_client *c, enum hf_link_input_kind kind)
{
    hf_client_feed(c, &(struct hf_link_input){ .kind = kind, .generation = c->link.socket });
}

/* --- events --- */

static void dial_failed_event(struct hf_client *c, const struct hf_client_event *event)
{
    enum hf_link_cause cause = event->u.dial_failed.is_config     ? HF_LINK_CAUSE_CONFIG
                               : event->u.dial_failed.is_insecure ? HF_LINK_CAUSE_INSECURE
                                                                  : HF_LINK_CAUSE_DIAL;
    hf_client_note(c, cause, event->u.dial_failed.why);
    hf_client_dial_failed(c, cause, false);
}

static void write_failed(struct hf_client *c, struct hf_bytes why)
{
    hf_client_note(c, HF_LINK_CAUSE_LOST, HF_LIT("cannot send: "));
    hf_client_add_text(c, &c->failure_text, why);
    c->has_write_failed = true;
    uint64_t socket = c->link.socket;
    hf_client_say(c, HF_LINK_GONE);
    c->kill_socket = socket;
}

static size_t socket_event(struct hf_client *c, const struct hf_client_event *event)
{
    bool is_input = event->kind == HF_CLIENT_INPUT;
    if (!c->link.socket || event->socket != c->link.socket) {
        c->counters.stale_events++;
        return is_input ? event->u.input.len : 0;
    }
    if (is_input) return hf_client_input(c, event->u.input.data, event->u.input.len);
    if (event->kind == HF_CLIENT_DIALED)
        hf_client_dialed(c);
    else if (event->kind == HF_CLIENT_DIAL_FAILED)
        dial_failed_event(c, event);
    else if (event->kind == HF_CLIENT_WRITTEN)
        hf_client_take_written(c, event->u.written_bytes);
    else if (event->kind == HF_CLIENT_WRITE_FAILED)
        write_failed(c, event->u.why);
    else
        hf_client_say(c, HF_LINK_GONE);
    return 0;
}

/* Only what settles a call is still told once disposal began (section 5). */
static void dispose(struct hf_client *c)
{
    if (c->link.state == HF_LINK_DISPOSED) return;
    hf_client_keep_results(c);
    hf_client_say(c, HF_LINK_DISPOSE);
    hf_client_wipe_secrets(c);
}

static void answered(struct hf_client *c, const struct hf_client_event *event)
{
    bool is_allowed = event->kind == HF_CLIENT_ALLOWED;
    hf_client_feed(c,
                   &(struct hf_link_input){ .kind = is_allowed ? HF_LINK_ALLOWED : HF_LINK_REJECTED,
                                            .generation = event->u.asked });
}

static void reconnect(struct hf_client *c, const struct hf_client_event *event)
{
    struct hf_bytes reason =
        hf_bytes_cut_utf8(event->u.reconnect.reason, HF_LIMIT_CLOSE_REASON_BYTES);
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_RECONNECT,
                                               .u.close = { event->u.reconnect.code, reason } });
}

size_t hf_client_step(struct hf_client *c, struct hf_now now, const struct hf_client_event *event)
{
    static const enum hf_link_input_kind same[] = {
        [HF_CLIENT_START] = HF_LINK_START,
        [HF_CLIENT_KICK] = HF_LINK_KICK,
        [HF_CLIENT_NETWORK] = HF_LINK_NETWORK,
        [HF_CLIENT_RESUME] = HF_LINK_RESUME,
        [HF_CLIENT_STOP] = HF_LINK_STOP,
        [HF_CLIENT_WOKE] = HF_LINK_WOKE,
        [HF_CLIENT_BACKGROUND] = HF_LINK_BACKGROUND,
        [HF_CLIENT_FOREGROUND] = HF_LINK_FOREGROUND,
    };
    HF_ASSERT(c->magic == HF_CLIENT_MAGIC);
    c->now = now;
    switch (event->kind) {
    case HF_CLIENT_START:
    case HF_CLIENT_KICK:
    case HF_CLIENT_NETWORK:
    case HF_CLIENT_RESUME:
    case HF_CLIENT_STOP:
    case HF_CLIENT_WOKE:
    case HF_CLIENT_BACKGROUND:
    case HF_CLIENT_FOREGROUND:
        hf_client_say(c, same[event->kind]);
        return 0;
    case HF_CLIENT_RECONNECT:
        reconnect(c, event);
        return 0;
    case HF_CLIENT_DISPOSE:
        dispose(c);
        return 0;
    case HF_CLIENT_ALLOWED:
    case HF_CLIENT_REJECTED:
        answered(c, event);
        return 0;
    case HF_CLIENT_DIALED:
    case HF_CLIENT_DIAL_FAILED:
    case HF_CLIENT_INPUT:
    case HF_CLIENT_WRITTEN:
    case HF_CLIENT_WRITE_FAILED:
    case HF_CLIENT_CLOSED:
        return socket_event(c, event);
    }
    HF_UNREACHABLE();
}

/* --- an owner that is behind --- */

void hf_client_hold_input(struct hf_client *c, struct hf_now now, bool is_held)
{
    c->now = now;
    hf_link_hold(&c->link, now.mono, is_held);
}

/* The handshake and the end of a connection are few words. */
bool hf_client_wants_input(const struct hf_client *c)
{
    return !c->link.is_held || c->link.state != HF_LINK_READY;
}

/* --- deadlines --- */

void hf_client_run_due(struct hf_client *c, struct hf_now now)
{
    struct hf_rpc_call call;
    c->now = now;
    if (!hf_time_before(now.mono, hf_link_due(&c->link))) hf_client_say(c, HF_LINK_TIME);
    while (c->news_len < HF_CLIENT_NEWS / 2 && hf_rpc_expire(&c->rpc, now.mono, &call)) {
        struct hf_client_news news =
            hf_client_end_of(c, &call, HF_CLIENT_TIMEOUT, hf_client_written(c));
        hf_client_settle(c, &call, &news);
    }
    hf_client_mind_watchdog(c);
}

hf_time hf_client_due(const struct hf_client *c)
{
    return hf_time_min(hf_link_due(&c->link), hf_rpc_due(&c->rpc));
}

/* --- actions --- */

bool hf_client_action(struct hf_client *c, struct hf_client_action *out)
{
    HF_ASSERT(c->magic == HF_CLIENT_MAGIC);
    *out = (struct hf_client_action){ .socket = c->link.socket };
    if (c->kill_socket) {
        out->kind = HF_CLIENT_DO_KILL;
        out->socket = c->kill_socket;
        c->kill_socket = 0;
    } else if (hf_client_next_news(c, &out->news)) {
        out->kind = HF_CLIENT_DO_TELL;
    } else if (c->dials) {
        out->kind = HF_CLIENT_DO_DIAL;
        c->dials = false;
    } else if (c->has_output && c->link.socket) {
        out->kind = HF_CLIENT_DO_OUTPUT;
        c->has_output = false;
    } else if (c->ends && c->link.socket) {
        out->kind = HF_CLIENT_DO_END;
        c->ends = false;
    } else {
        return false;
    }
    return true;
}
