/* What a client writes and reads once the WebSocket is open. */
#include "base/crypto.h"
#include "base/device.h"
#include "base/err.h"
#include "engine/client_state.h"
#include "wire/frame.h"
#include "wire/json_read.h"
#include "wire/schema/device_payload.h"

enum { CONNECT_NUMBER = 1, ID_BYTES = 64 };

/* --- the login --- */

/* "<n>:<uuid>"; the connect request is the first of a connection. */
static struct hf_bytes write_id(const struct hf_client *c, uint64_t number, char out[ID_BYTES])
{
    struct hf_buf id;
    hf_buf_init(&id, ID_BYTES);
    hf_buf_add_u64(&id, number);
    HF_BUF_LIT(&id, ":");
    hf_buf_add(&id, hf_bytes(c->call_suffix, HF_UUID_CHARS));
    size_t len = hf_buf_done(&id) == 0 ? id.len : 0;
    if (len) memcpy(out, id.ptr, len);
    hf_buf_fini(&id);
    return hf_bytes(out, len);
}

struct device_text {
    char id[HF_DEVICE_ID_CHARS];
    char key[HF_DEVICE_KEY_CHARS];
    char signature[HF_BASE64URL_CHARS(HF_ED25519_SIG_BYTES)];
};

/* Signs what the connect request says so far. */
static int sign(struct hf_client *c, struct hf_connect *connect, struct device_text *text)
{
    uint8_t key[HF_ED25519_KEY_BYTES], signature[HF_ED25519_SIG_BYTES];
    if (!c->challenge.has_ts) return HF_ERR_MISSING;
    int err = hf_ed25519_public(c->config.device_secret, key);
    if (err) return err;
    struct hf_device_id id = hf_device_id_of(key);
    hf_device_id_write(&id, text->id);
    hf_base64url_write(hf_bytes(key, sizeof key), text->key);
    connect->has_device = true;
    connect->device =
        (struct hf_connect_device){ .id = hf_bytes(text->id, sizeof text->id),
                                    .public_key = hf_bytes(text->key, sizeof text->key),
                                    .nonce = c->challenge.nonce,
                                    .signed_at_ms = c->challenge.ts_ms };
    hf_buf_reset(&c->text, SIZE_MAX);
    hf_device_payload_write(&c->text, HF_DEVICE_PAYLOAD_V3, connect);
    err = hf_buf_done(&c->text);
    if (!err) err = hf_ed25519_sign(c->config.device_secret, hf_buf_view(&c->text), signature);
    if (err) return err;
    hf_base64url_write(hf_bytes(signature, sizeof signature), text->signature);
    connect->device.signature = hf_bytes(text->signature, sizeof text->signature);
    return 0;
}

static void choose_secrets(struct hf_client *c, struct hf_connect *connect)
{
    struct hf_credential_choice choice =
        hf_credentials_choose(&c->config.credentials, c->link.uses_device_token);
    connect->auth = (struct hf_connect_auth){ .token = choice.token,
                                              .device_token = choice.device_token,
                                              .bootstrap_token = choice.bootstrap_token,
                                              .password = choice.password };
    connect->has_auth = choice.token.len || choice.device_token.len || choice.bootstrap_token.len ||
                        choice.password.len;
}

static int write_connect(struct hf_client *c)
{
    char id[ID_BYTES];
    struct device_text device;
    struct hf_connect connect = c->config.connect;
    struct hf_buf params;
    hf_buf_init(&params, HF_LIMIT_PREAUTH_FRAME_BYTES);
    choose_secrets(c, &connect);
    int err = c->config.has_device ? sign(c, &connect, &device) : 0;
    if (!err) hf_connect_write(&params, &connect);
    if (!err) err = hf_buf_done(&params);
    hf_buf_reset(&c->text, SIZE_MAX);
    if (!err)
        hf_frame_write_req(&c->text, write_id(c, CONNECT_NUMBER, id), HF_LIT("connect"),
                           hf_buf_view(&params));
    if (!err) err = hf_buf_done(&c->text);
    if (!err) err = hf_client_send(c, hf_buf_view(&c->text));
    if (params.len) hf_wipe(params.ptr, params.len);
    if (c->text.len) hf_wipe(c->text.ptr, c->text.len);
    hf_buf_fini(&params);
    hf_buf_reset(&c->text, 0);
    return err;
}

void hf_client_plan(struct hf_client *c)
{
    int err = write_connect(c);
    if (err == HF_ERR_MISSING)
        hf_client_note(c, HF_LINK_CAUSE_PLAN,
                       HF_LIT("the gateway's challenge has no valid time to sign"));
    else if (err)
        hf_client_note(c, HF_LINK_CAUSE_PLAN, hf_bytes_cstr(hf_err_text(err)));
    hf_client_say(c, err ? HF_LINK_PLAN_FAILED : HF_LINK_PLANNED);
}

/* --- calls --- */

static void mind_watchdog(struct hf_client *c)
{
    hf_link_rest_tick(&c->link, hf_rpc_is_bounded(&c->rpc));
}

static int write_call(struct hf_client *c, struct hf_rpc_call *call, struct hf_bytes method,
                      struct hf_bytes params)
{
    char id[ID_BYTES];
    hf_buf_reset(&c->text, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_frame_write_req(&c->text, write_id(c, c->rpc.last_number + CONNECT_NUMBER + 1, id), method,
                       params);
    int err = hf_buf_done(&c->text);
    if (err) return err == HF_ERR_LIMIT ? HF_ERR_TOO_LARGE : err;
    if ((int64_t)c->text.len > c->max_payload) return HF_ERR_TOO_LARGE;
    if ((int64_t)(c->out.len - c->out_sent + c->text.len) > c->max_buffered) return HF_ERR_LIMIT;
    call->end_at = c->out_before + c->out.len + c->text.len;
    err = hf_rpc_add(&c->rpc, call);
    if (!err) err = hf_client_send(c, hf_buf_view(&c->text));
    mind_watchdog(c);
    return err;
}

int hf_client_call(struct hf_client *c, struct hf_now now, const struct hf_client_call *call)
{
    hf_span within = call->within;
    if (c->link.state != HF_LINK_READY) return HF_ERR_STATE;
    if (call->method.len == 0) return HF_ERR_USAGE;
    if (within == 0) within = call->expects_final ? HF_SPAN_MAX : c->config.call_within;
    struct hf_rpc_call entry = {
        .tag = call->tag,
        .asked_at = now.mono,
        .deadline = within == HF_SPAN_MAX ? HF_NEVER : hf_time_after(now.mono, within),
        .expects_final = call->expects_final,
    };
    return write_call(c, &entry, call->method, call->params);
}

int hf_client_cancel(struct hf_client *c, uint64_t tag)
{
    struct hf_rpc_call call;
    if (c->news_len >= HF_CLIENT_NEWS / 2) return HF_ERR_LIMIT;
    if (!hf_rpc_cancel(&c->rpc, tag, &call)) return HF_ERR_NOT_FOUND;
    mind_watchdog(c);
    hf_client_tell(c, &(struct hf_client_news){
                          .kind = HF_CLIENT_IS_RESULT,
                          .u.result = { .tag = tag,
                                        .outcome = HF_CLIENT_CANCELLED,
                                        .was_sent = call.end_at <= c->out_before + c->out_sent } });
    return 0;
}

void hf_client_beat(struct hf_client *c)
{
    struct hf_rpc_call call = { .is_internal = true,
                                .deadline = HF_NEVER,
                                .asked_at = c->now.mono };
    bool is_health = hf_bytes_same(c->beat_method, HF_LIT("health"));
    write_call(c, &call, c->beat_method, is_health ? HF_LIT("{\"probe\":false}") : HF_EMPTY);
}

/* --- what the server says --- */

static void got_challenge(struct hf_client *c, const struct hf_frame_event *event)
{
    hf_challenge_read(event->payload, &c->challenge);
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_CHALLENGED,
                                               .generation = c->link.socket,
                                               .u.has_nonce = c->challenge.nonce.len > 0 });
    c->challenge = (struct hf_challenge){ 0 };
}

/* Gaps are told before the event that showed them (9.1). */
static void note_seq(struct hf_client *c, int64_t seq)
{
    if (c->last_seq > 0 && seq > c->last_seq + 1) {
        c->gap_count++;
        hf_client_tell(c, &(struct hf_client_news){ .kind = HF_CLIENT_IS_GAP,
                                                    .u.gap = { c->last_seq + 1, seq } });
    }
    if (seq <= c->last_seq)
        c->seq_regression_count++;
    else
        c->last_seq = seq;
}

static void note_shutdown(struct hf_client *c, struct hf_bytes payload)
{
    double ms = 0;
    bool will_restart = hf_json_get_double(hf_json_find(payload, "restartExpectedMs"), &ms) == 0;
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_SHUTDOWN,
                                               .generation = c->link.socket,
                                               .u.shutdown = { will_restart, ms } });
}

static void got_event(struct hf_client *c, const struct hf_frame_event *event)
{
    bool is_challenge = hf_json_is(event->name, HF_LIT("connect.challenge"));
    if (is_challenge && c->link.state == HF_LINK_AWAIT_CHALLENGE) {
        got_challenge(c, event);
        return;
    }
    if (is_challenge || c->link.state != HF_LINK_READY) {
        c->dropped_count++;
        return;
    }
    hf_client_say(c, HF_LINK_FRAME);
    if (hf_json_is(event->name, HF_LIT("shutdown"))) note_shutdown(c, event->payload);
    if (event->has_seq) note_seq(c, event->seq);
    hf_client_tell(c, &(struct hf_client_news){ .kind = HF_CLIENT_IS_EVENT,
                                                .u.event = { event->name, event->payload,
                                                             event->has_seq ? event->seq : 0 } });
}

/* The number of an id of this connection, or 0. */
static uint64_t read_id(const struct hf_client *c, struct hf_bytes id)
{
    struct hf_bytes text;
    uint64_t number;
    if (!hf_json_get_plain(id, &text)) return 0;
    size_t colon = hf_bytes_find(text, 0, ':');
    if (!hf_bytes_same(hf_bytes_from(text, colon + 1), hf_bytes(c->call_suffix, HF_UUID_CHARS)))
        return 0;
    return hf_bytes_u64(hf_bytes_head(text, colon), &number) ? number : 0;
}

static bool offers(const struct hf_client *c, int64_t protocol)
{
    return protocol >= c->config.connect.min_protocol && protocol <= c->config.connect.max_protocol;
}

/* The first method that the server offers to probe with (11.4). */
static struct hf_bytes beat_method(const struct hf_client *c, const struct hf_greeting *greeting)
{
    static const struct hf_bytes candidates[] = { HF_LIT_INIT("ping"),
                                                  HF_LIT_INIT("system-presence"),
                                                  HF_LIT_INIT("last-heartbeat"),
                                                  HF_LIT_INIT("health") };
    if (c->config.connect.role == HF_ROLE_NODE) return HF_EMPTY;
    for (size_t i = 0; i < HF_COUNT(candidates); i++)
        if (hf_greeting_lists(greeting->methods, candidates[i])) return candidates[i];
    return HF_EMPTY;
}

static void got_hello(struct hf_client *c, struct hf_bytes payload)
{
    struct hf_greeting greeting;
    bool is_probe = c->config.connect.client.mode == HF_CLIENT_MODE_PROBE;
    int err = hf_greeting_read(payload, &greeting);
    if (err || (!offers(c, greeting.protocol) && !is_probe)) {
        hf_client_note(c, HF_LINK_CAUSE_BAD_HELLO,
                       HF_LIT("the gateway's hello is not one of this protocol"));
        hf_client_say(c, HF_LINK_HELLO_BROKEN);
        return;
    }
    c->max_payload = greeting.max_payload;
    c->max_buffered = greeting.max_buffered;
    c->beat_method = beat_method(c, &greeting);
    hf_client_word_set(&c->server_version, greeting.server_version);
    hf_client_feed(c, &(struct hf_link_input){
                          .kind = HF_LINK_HELLO,
                          .generation = c->link.socket,
                          .u.hello = { HF_MS(greeting.tick_ms), c->beat_method.len > 0 } });
}

static void got_refusal(struct hf_client *c, const struct hf_error_seen *error)
{
    struct hf_buf message;
    hf_buf_init(&message, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_json_text(error->message, &message);
    hf_client_note(c, HF_LINK_CAUSE_REFUSED, hf_buf_view(&message));
    hf_buf_fini(&message);
    hf_client_word_set(&c->failure_code, error->code);
    hf_client_word_set(&c->failure_detail, error->detail);
    hf_client_word_set(&c->failure_request_id, error->request_id);
    struct hf_link_input input = {
        .kind = HF_LINK_REFUSED,
        .generation = c->link.socket,
        .u.refusal = { .code = error->code,
                       .detail = error->detail,
                       .reason = error->reason,
                       .next_step = error->next_step,
                       .is_retryable = error->retryable,
                       .keeps_trying = error->is_pause_denied,
                       .advises_device_token = error->advises_device_token,
                       .has_retry_after = error->has_retry_after,
                       .retry_after_ms = error->retry_after_ms },
    };
    hf_client_feed(c, &input);
}

static void answer_beat(struct hf_client *c, bool is_ok)
{
    /* A server that refuses the probe is alive, and is not asked again. */
    hf_client_feed(c, &(struct hf_link_input){ .kind = HF_LINK_BEAT_ANSWERED,
                                               .generation = c->link.socket,
                                               .u.is_unsupported = !is_ok });
}

static void got_answer(struct hf_client *c, uint64_t number, const struct hf_frame_res *res)
{
    struct hf_rpc_call call;
    bool says_accepted =
        res->ok && hf_json_is(hf_json_find(res->payload, "status"), HF_LIT("accepted"));
    hf_client_say(c, HF_LINK_FRAME);
    enum hf_rpc_answer answer =
        hf_rpc_answer(&c->rpc, number - CONNECT_NUMBER, says_accepted, &call);
    mind_watchdog(c);
    if (answer == HF_RPC_UNKNOWN || answer == HF_RPC_SWALLOWED) return;
    if (call.is_internal) {
        answer_beat(c, res->ok);
        return;
    }
    hf_client_tell(
        c, &(struct hf_client_news){
               .kind = answer == HF_RPC_ACCEPTED ? HF_CLIENT_IS_ACCEPTED : HF_CLIENT_IS_RESULT,
               .u.result = { .tag = call.tag,
                             .outcome = res->ok ? HF_CLIENT_OK : HF_CLIENT_SERVER_ERROR,
                             .payload = res->payload,
                             .error = res->error,
                             .was_sent = true } });
}

static void got_response(struct hf_client *c, const struct hf_frame_res *res)
{
    struct hf_error_seen error = { 0 };
    uint64_t number = read_id(c, res->id);
    bool has_error = res->error.len > 0;
    if ((has_error || !res->ok) && hf_error_read(res->error, &error) != 0) {
        c->invalid_count++;
        return;
    }
    if (c->link.state == HF_LINK_READY && number > CONNECT_NUMBER)
        got_answer(c, number, res);
    else if (c->link.state != HF_LINK_AWAIT_HELLO || number != CONNECT_NUMBER)
        c->dropped_count++;
    else if (res->ok)
        got_hello(c, res->payload);
    else
        got_refusal(c, &error);
}

void hf_client_message(struct hf_client *c, struct hf_bytes text)
{
    struct hf_frame frame;
    if (hf_frame_read(text, HF_LIMIT_JSON_DEPTH, &frame) != 0)
        c->invalid_count++;
    else if (frame.kind == HF_FRAME_RES)
        got_response(c, &frame.res);
    else
        got_event(c, &frame.event);
}
