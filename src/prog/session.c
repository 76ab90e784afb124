#include "prog/session.h"
#include "base/crypto.h"
#include "host/clock.h"
#include "prog/show/text.h"

#include <stdio.h>
#include <string.h>

enum {
    GOODBYE_MS = 250,
    LOCAL_START_RETRY_MS = 100, /* a gateway of this machine listens within milliseconds */
    LOCAL_START_RETRY_MAX_MS = 1000,
    LIVE_RETRY_MAX_MS = 5000,
};

/* --- options --- */

static int set_text(holdfast_options *o, enum holdfast_text_option option, struct hf_bytes value)
{
    char text[HF_LIMIT_SECRET_BYTES + 1];
    if (value.len == 0) return 0;
    if (value.len >= sizeof text) return HOLDFAST_ERROR_TOO_LARGE;
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    int err = holdfast_options_set_text(o, option, text);
    hf_wipe(text, value.len);
    return err;
}

static int set_pin(holdfast_options *o, const uint8_t pin[HF_SHA256_BYTES])
{
    char hex[HF_HEX_CHARS(HF_SHA256_BYTES)];
    hf_hex_write(hf_bytes(pin, HF_SHA256_BYTES), hex);
    return set_text(o, HOLDFAST_TLS_FINGERPRINT, hf_bytes(hex, sizeof hex));
}

/* Far away a login without a device gets no scopes (protocol/wire.md section 3); here the
 * shared secret is enough, and nothing has to be paired. */
static int set_device(holdfast_options *o, const struct hf_session *s)
{
    char directory[HF_CONFIG_PATH_BYTES + 8];
    const struct hf_target *t = s->plan.target;
    if (t->is_local || t->state_dir[0] == '\0') return 0;
    snprintf(directory, sizeof directory, "%s/client", t->state_dir);
    int err = holdfast_options_set_text(o, HOLDFAST_STATE_DIRECTORY, directory);
    return err ? err : holdfast_options_set_number(o, HOLDFAST_DEVICE, HOLDFAST_DEVICE_STORED);
}

static int set_patience(holdfast_options *o, const struct hf_session *s)
{
    const struct hf_target *t = s->plan.target;
    int64_t timeout_ms = hf_span_ms(t->timeout);
    int err =
        holdfast_options_set_number(o, HOLDFAST_PING_INTERVAL_MS, hf_span_ms(s->plan.ping_every));
    if (!err) err = holdfast_options_set_number(o, HOLDFAST_CALL_TIMEOUT_MS, timeout_ms);
    if (err) return err;
    if (s->plan.stays) /* somebody waits in front of it */
        return holdfast_options_set_number(o, HOLDFAST_BACKOFF_MAX_MS, LIVE_RETRY_MAX_MS);
    err = holdfast_options_set_number(o, HOLDFAST_BUDGET_MS, timeout_ms);
    if (!err) err = holdfast_options_set_number(o, HOLDFAST_ONE_SHOT, !t->is_starting_here);
    if (err || !t->is_starting_here) return err;
    err = holdfast_options_set_number(o, HOLDFAST_BACKOFF_INITIAL_MS, LOCAL_START_RETRY_MS);
    return err ? err
               : holdfast_options_set_number(o, HOLDFAST_BACKOFF_MAX_MS, LOCAL_START_RETRY_MAX_MS);
}

static int set_options(holdfast_options *o, const struct hf_session *s)
{
    const struct hf_target *t = s->plan.target;
    int err = holdfast_options_set_text(o, HOLDFAST_URL, t->url_text);
    if (!err) err = set_text(o, HOLDFAST_TOKEN, t->credentials.token);
    if (!err) err = set_text(o, HOLDFAST_PASSWORD, t->credentials.password);
    if (!err && t->has_pin) err = set_pin(o, t->pin);
    if (!err) err = holdfast_options_set_text(o, HOLDFAST_CLIENT_ID, "cli");
    if (!err)
        err =
            holdfast_options_set_text(o, HOLDFAST_CLIENT_MODE, s->plan.is_probe ? "probe" : "cli");
    if (!err && s->plan.is_probe) err = holdfast_options_set_number(o, HOLDFAST_MIN_PROTOCOL, 3);
    if (!err) err = holdfast_options_set_number(o, HOLDFAST_ALLOW_PLAIN, t->may_be_plain);
    for (size_t i = 0; !err && s->plan.scopes[i]; i++)
        err = holdfast_options_add(o, HOLDFAST_SCOPES, s->plan.scopes[i]);
    if (!err && s->plan.likes_admin && t->is_local)
        err = holdfast_options_add(o, HOLDFAST_SCOPES, "operator.admin");
    if (!err) err = set_device(o, s);
    return err ? err : set_patience(o, s);
}

/* --- what the client tells --- */

static int on_notice(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct hf_session *s = ctx;
    (void)client;
    switch (holdfast_notice_kind(notice)) {
    case HOLDFAST_ON_HELLO:
        s->is_ready = true;
        s->is_paused = false;
        break;
    case HOLDFAST_ON_CLOSED:
        s->is_ready = false;
        break;
    case HOLDFAST_ON_PAUSED:
        s->is_ready = false;
        s->is_paused = true;
        break;
    case HOLDFAST_ON_STARTUP_WAIT:
        s->startup_waits++;
        break;
    case HOLDFAST_ON_CONNECT_ERROR:
    case HOLDFAST_ON_STATUS:
    case HOLDFAST_ON_AUTH_ERROR:
    case HOLDFAST_ON_RETRY:
    case HOLDFAST_ON_GAP:
    case HOLDFAST_ON_RESYNC:
    case HOLDFAST_ON_STORE_ERROR:
    case HOLDFAST_ON_INSECURE:
    case HOLDFAST_ON_DISPOSING:
    case HOLDFAST_ON_DISPOSED:
        break;
    }
    return 0;
}

static int listen_to(struct hf_session *s)
{
    static const enum holdfast_kind kinds[] = { HOLDFAST_ON_HELLO, HOLDFAST_ON_CLOSED,
                                                HOLDFAST_ON_PAUSED, HOLDFAST_ON_STARTUP_WAIT };
    int err = 0;
    for (size_t i = 0; !err && i < HF_COUNT(kinds); i++)
        err = holdfast_client_on(s->client, kinds[i], on_notice, s, NULL);
    return err;
}

/* --- life --- */

int hf_session_open(struct hf_session *s, const struct hf_session_plan *plan,
                    struct hf_fault *fault)
{
    holdfast_options *options = NULL;
    *s = (struct hf_session){ .plan = *plan };
    int err = holdfast_options_new(&options);
    if (!err) err = set_options(options, s);
    if (!err) err = holdfast_loop_new(&s->loop);
    if (!err) err = holdfast_client_new(&s->client, s->loop, options);
    if (!err) err = listen_to(s);
    holdfast_options_free(options);
    if (err)
        return hf_fault_set(fault, HF_ERR_IO, "the client cannot be set up: %s",
                            holdfast_error_text(err));
    return 0;
}

void hf_session_close(struct hf_session *s)
{
    hf_progress_end(&s->progress);
    if (s->client && s->is_ready) holdfast_client_stop_wait(s->client, GOODBYE_MS);
    holdfast_client_release(s->client);
    holdfast_loop_free(s->loop);
    holdfast_result_free(s->answer);
    s->answer = NULL;
    s->client = NULL;
    s->loop = NULL;
}

/* --- short verbs --- */

/* Runs it until `*is_done` or the end of the time. */
static void run(struct hf_session *s, const bool *is_done, const char *what)
{
    for (;;) {
        hf_time now = hf_clock_now().mono;
        int64_t left_ms = hf_span_ms(hf_time_since(s->until, now) + HF_MS(1) - 1);
        if (*is_done || s->is_paused || left_ms <= 0) return;
        hf_progress_show(&s->progress, now,
                         s->startup_waits > 0 && !s->is_ready ? "the gateway is starting" : what);
        if (s->progress.is_wanted && left_ms > HF_PROGRESS_EVERY_MS) left_ms = HF_PROGRESS_EVERY_MS;
        holdfast_loop_wait(s->loop, left_ms);
    }
}

bool hf_session_connect(struct hf_session *s)
{
    s->started_at = hf_clock_now().mono;
    s->until = hf_time_after(s->started_at, s->plan.target->timeout);
    hf_progress_begin(&s->progress, s->plan.args, s->started_at, s->plan.target->timeout);
    if (holdfast_client_start(s->client) != 0) return false;
    run(s, &s->is_ready, "connecting");
    return s->is_ready;
}

static void on_result(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    struct hf_session *s = ctx;
    (void)client;
    s->has_answer = holdfast_result_copy(&s->answer, result) == 0;
}

int hf_session_call(struct hf_session *s, const char *method, const char *params,
                    bool expects_final, holdfast_result **result)
{
    struct holdfast_call_options options;
    int64_t left_ms = hf_span_ms(hf_time_since(s->until, hf_clock_now().mono));
    holdfast_call_options_init(&options);
    options.timeout_ms = left_ms > 0 ? left_ms : 1;
    options.flags = expects_final ? HOLDFAST_EXPECT_FINAL : 0;
    s->has_answer = false;
    int err = holdfast_client_call(s->client, method, params, &options, on_result, s, NULL);
    if (err) return err;
    run(s, &s->has_answer, "waiting for the answer");
    if (!s->has_answer) holdfast_loop_process(s->loop); /* its time is over as well */
    hf_progress_end(&s->progress);
    if (!s->has_answer) return HOLDFAST_ERROR_TIMEOUT;
    *result = s->answer;
    s->answer = NULL;
    return 0;
}

/* --- why not --- */

void hf_session_text(const struct hf_session *s, enum holdfast_text_key key, char *out, size_t cap)
{
    char text[HF_SESSION_TEXT_BYTES];
    holdfast_client_text(s->client, key, text, sizeof text);
    hf_show_copy(out, cap, hf_bytes_cstr(text));
}

void hf_session_failure(const struct hf_session *s, struct hf_buf *out)
{
    char text[HF_SESSION_TEXT_BYTES];
    hf_session_text(s, HOLDFAST_LAST_ERROR, text, sizeof text);
    if (s->startup_waits > 0 && holdfast_client_number(s->client, HOLDFAST_COUNT_HELLOS) == 0)
        hf_buf_addf(out, "the gateway is still starting (startup-sidecars) after %u attempt%s",
                    s->startup_waits, s->startup_waits == 1 ? "" : "s");
    else if (text[0])
        hf_buf_add(out, hf_bytes_cstr(text));
    else
        HF_BUF_LIT(out, "the gateway did not answer in time");
}
