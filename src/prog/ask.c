#include "prog/ask.h"
#include "base/crypto.h"
#include "core/method.h"
#include "host/clock.h"
#include "prog/verbs.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#include <holdfast/holdfast.h>

#include <stdio.h>
#include <unistd.h>

enum { TEXT_MAX = 65536, TEXT_BYTES = 1024, ERROR_MAX = 1 << 20, GOODBYE_MS = 250 };

struct run {
    struct hf_ask *ask;
    struct hf_target target;
    holdfast_loop *loop;
    holdfast_options *options;
    holdfast_client *client;
    hf_time started_at, until;
    int64_t startup_waits;
    bool has_answer, has_error, is_late, is_progress_shown;
    struct hf_buf error; /* the server's, JSON */
};

/* --- the conversation --- */

/* The least scope that the method needs (protocol/wire.md section 3). */
static struct hf_bytes scope_for(struct hf_bytes method)
{
    struct hf_method_rule rule = hf_method_rule(method);
    if (rule.kind == HF_METHOD_OPEN) return hf_scope_name(HF_SCOPE_READ);
    if (rule.scope == HF_SCOPE_NONE) return hf_scope_name(HF_SCOPE_ADMIN);
    return hf_scope_name(rule.scope);
}

/* The span with a zero behind it, in `out`, which is the caller's to end. */
static const char *text_of(struct hf_bytes bytes, struct hf_buf *out)
{
    hf_buf_init(out, bytes.len + 1);
    hf_buf_add(out, bytes);
    hf_buf_add_byte(out, '\0');
    return hf_buf_done(out) == 0 ? (const char *)out->ptr : NULL;
}

static int set_text(struct run *r, enum holdfast_text_option option, struct hf_bytes value)
{
    struct hf_buf text;
    const char *copy = text_of(value, &text);
    int err = copy ? holdfast_options_set_text(r->options, option, copy) : HF_ERR_NOMEM;
    if (text.ptr) hf_wipe(text.ptr, text.cap);
    hf_buf_fini(&text);
    return err;
}

static int set_pin(struct run *r)
{
    char hex[HF_HEX_CHARS(HF_SHA256_BYTES)];
    hf_hex_write(hf_bytes(r->target.pin, sizeof r->target.pin), hex);
    return set_text(r, HOLDFAST_TLS_FINGERPRINT, hf_bytes(hex, sizeof hex));
}

static int set_options(struct run *r)
{
    const struct hf_credentials *secrets = &r->target.credentials;
    const struct hf_bytes scope = scope_for(r->ask->method);
    int64_t timeout_ms = hf_span_ms(r->target.timeout);
    struct hf_buf text;
    int err = set_text(r, HOLDFAST_URL, hf_bytes_cstr(r->target.url_text));
    if (!err) err = set_text(r, HOLDFAST_TOKEN, secrets->token);
    if (!err) err = set_text(r, HOLDFAST_PASSWORD, secrets->password);
    if (!err && r->target.has_pin) err = set_pin(r);
    if (!err) err = set_text(r, HOLDFAST_CLIENT_ID, HF_LIT("cli"));
    if (!err) err = set_text(r, HOLDFAST_CLIENT_MODE, HF_LIT("cli"));
    if (err) return err;
    err = holdfast_options_add(r->options, HOLDFAST_SCOPES, text_of(scope, &text));
    hf_buf_fini(&text);
    if (!err) err = holdfast_options_set_number(r->options, HOLDFAST_BUDGET_MS, timeout_ms);
    if (!err) err = holdfast_options_set_number(r->options, HOLDFAST_ONE_SHOT, 1);
    return err;
}

/* Once, and only where a person looks. */
static int show_progress(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct run *r = ctx;
    (void)client;
    r->startup_waits = holdfast_notice_number(notice, HOLDFAST_NOTICE_ATTEMPT);
    if (r->is_progress_shown || r->ask->args->values[HF_OPTION_QUIET] || !isatty(STDERR_FILENO))
        return 0;
    fputs("holdfast: the gateway is starting ...\n", stderr);
    r->is_progress_shown = true;
    return 0;
}

static void take_result(struct run *r, holdfast_result *result)
{
    size_t len;
    enum holdfast_outcome outcome = holdfast_result_outcome(result);
    r->has_answer = outcome == HOLDFAST_OUTCOME_OK;
    r->has_error = outcome == HOLDFAST_OUTCOME_SERVER_ERROR;
    r->is_late = outcome == HOLDFAST_OUTCOME_TIMEOUT;
    const char *payload = holdfast_result_payload(result, &len);
    hf_buf_add(&r->ask->answer, hf_bytes(payload, len));
    const char *error = holdfast_result_error(result, &len);
    hf_buf_add(&r->error, hf_bytes(error, len));
    holdfast_result_free(result);
}

static void call(struct run *r)
{
    struct hf_buf method, params;
    struct holdfast_call_options options;
    holdfast_result *result;
    int64_t left_ms = hf_span_ms(hf_time_since(r->until, hf_clock_now().mono));
    holdfast_call_options_init(&options);
    options.timeout_ms = left_ms > 0 ? left_ms : 1;
    if (r->ask->expects_final) options.flags |= HOLDFAST_EXPECT_FINAL;
    const char *name = text_of(r->ask->method, &method);
    const char *text = text_of(r->ask->params, &params);
    bool has_params = r->ask->params.len > 0;
    if (name && text &&
        holdfast_client_call_wait(r->client, name, has_params ? text : NULL, &options, &result) ==
            0)
        take_result(r, result);
    hf_buf_fini(&method);
    hf_buf_fini(&params);
}

/* --- failures --- */

/* What to do about a refusal, for people. */
static const char *advice(struct hf_bytes detail)
{
    static const struct {
        struct hf_bytes detail;
        const char *text;
    } rows[] = {
        { HF_LIT_INIT("AUTH_TOKEN_MISSING"), "give --token-file or set HOLDFAST_TOKEN" },
        { HF_LIT_INIT("AUTH_TOKEN_MISMATCH"),
          "the token is not this gateway's: give --token-file or set HOLDFAST_TOKEN" },
        { HF_LIT_INIT("AUTH_PASSWORD_MISSING"), "give --password-file" },
        { HF_LIT_INIT("AUTH_PASSWORD_MISMATCH"), "the password is not this gateway's" },
        { HF_LIT_INIT("DEVICE_IDENTITY_REQUIRED"),
          "give the gateway's secret with --token-file or --password-file" },
        { HF_LIT_INIT("AUTH_RATE_LIMITED"), "wait before trying again" },
        { HF_LIT_INIT("PROTOCOL_MISMATCH"), "gateway and holdfast speak different versions" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        if (hf_bytes_same(detail, rows[i].detail)) return rows[i].text;
    return NULL;
}

static int64_t elapsed_ms(const struct run *r)
{
    return hf_span_ms(hf_time_since(hf_clock_now().mono, r->started_at));
}

/* The text of a failure of the link. */
static void write_link_failure(struct run *r, struct hf_buf *text)
{
    char error[TEXT_BYTES];
    int64_t waits = r->startup_waits;
    holdfast_client_text(r->client, HOLDFAST_LAST_ERROR, error, sizeof error);
    if (r->is_late) {
        HF_BUF_LIT(text, "the gateway did not answer in time");
    } else if (waits > 0 && holdfast_client_number(r->client, HOLDFAST_COUNT_HELLOS) == 0) {
        hf_buf_addf(text, "the gateway is still starting (startup-sidecars) after %lld attempts",
                    (long long)waits);
    } else if (error[0]) {
        hf_buf_add(text, hf_bytes_cstr(error));
    } else {
        HF_BUF_LIT(text, "the gateway did not answer in time");
    }
    hf_buf_addf(text, " [%s, %lld ms]", r->target.url_shown, (long long)elapsed_ms(r));
}

/* A server's error: its code and its text. */
static void write_server_error(const struct run *r, struct hf_buf *text)
{
    struct hf_bytes error = hf_buf_view(&r->error);
    hf_json_text(hf_json_find(error, "code"), text);
    HF_BUF_LIT(text, ": ");
    hf_json_text(hf_json_find(error, "message"), text);
}

static void add_text(struct run *r, struct hf_json_writer *w, const char *name,
                     enum holdfast_text_key key)
{
    char text[TEXT_BYTES];
    if (holdfast_client_text(r->client, key, text, sizeof text) > 0)
        hf_json_add_text(w, name, hf_bytes_cstr(text));
}

static void add_number(struct run *r, struct hf_json_writer *w, const char *name,
                       enum holdfast_number_key key)
{
    int64_t number = holdfast_client_number(r->client, key);
    if (number > 0) hf_json_add_int(w, name, number);
}

static const char *hint_for(struct run *r)
{
    char detail[TEXT_BYTES];
    holdfast_client_text(r->client, HOLDFAST_LAST_DETAIL, detail, sizeof detail);
    return advice(hf_bytes_cstr(detail));
}

static void add_link_failure(struct run *r, struct hf_json_writer *w)
{
    const char *hint = hint_for(r);
    add_text(r, w, "cause", HOLDFAST_LAST_CAUSE);
    add_number(r, w, "closeCode", HOLDFAST_LAST_ERROR_CLOSE_CODE);
    add_number(r, w, "httpStatus", HOLDFAST_LAST_ERROR_HTTP_STATUS);
    add_text(r, w, "detail", HOLDFAST_LAST_DETAIL);
    if (hint) hf_json_add_text(w, "advice", hf_bytes_cstr(hint));
    add_text(r, w, "requestId", HOLDFAST_LAST_REQUEST_ID);
    hf_json_add_text(w, "url", hf_bytes_cstr(r->target.url_shown));
}

static int tell_json(struct run *r, struct hf_bytes text)
{
    struct hf_buf out;
    struct hf_json_writer w;
    hf_buf_init(&out, ERROR_MAX);
    hf_json_writer_init(&w, &out);
    hf_json_open_object(&w);
    hf_json_add_bool(&w, "ok", false);
    hf_json_add_object(&w, "error");
    hf_json_add_text(&w, "type",
                     r->has_error ? HF_LIT("gateway_request_error")
                                  : HF_LIT("gateway_transport_error"));
    hf_json_add_text(&w, "message", text);
    if (r->has_error)
        hf_json_add_raw(&w, "gateway", hf_buf_view(&r->error));
    else
        add_link_failure(r, &w);
    hf_json_close_object(&w);
    hf_json_close_object(&w);
    hf_verb_print(&out);
    return HF_EXIT_FAILED;
}

static void tell_people(struct run *r, struct hf_bytes text)
{
    const char *hint = r->has_error ? NULL : hint_for(r);
    fprintf(stderr, "holdfast: %.*s\n", (int)text.len, (const char *)text.ptr);
    if (hint) fprintf(stderr, "holdfast: %s\n", hint);
}

static int tell_failure(struct run *r)
{
    struct hf_buf text;
    int exit_code = HF_EXIT_FAILED;
    hf_buf_init(&text, TEXT_MAX);
    if (r->has_error)
        write_server_error(r, &text);
    else
        write_link_failure(r, &text);
    if (r->ask->args->values[HF_OPTION_JSON])
        exit_code = tell_json(r, hf_buf_view(&text));
    else
        tell_people(r, hf_buf_view(&text));
    hf_buf_fini(&text);
    return exit_code;
}

/* --- the whole --- */

static int open_client(struct run *r)
{
    int err = holdfast_loop_new(&r->loop);
    if (!err) err = holdfast_options_new(&r->options);
    if (!err) err = set_options(r);
    if (!err) err = holdfast_client_new(&r->client, r->loop, r->options);
    if (!err) err = holdfast_client_on(r->client, HOLDFAST_ON_STARTUP_WAIT, show_progress, r, NULL);
    return err;
}

static int talk(struct run *r, struct hf_fault *fault)
{
    r->started_at = hf_clock_now().mono;
    r->until = hf_time_after(r->started_at, r->target.timeout);
    int err = open_client(r);
    if (err)
        return hf_fault_set(fault, err, "the client cannot be set up: %s",
                            holdfast_error_text(err));
    holdfast_client_start(r->client);
    if (holdfast_client_wait_ready(r->client, hf_span_ms(r->target.timeout)) == 0) call(r);
    holdfast_client_text(r->client, HOLDFAST_SERVER_VERSION, r->ask->server_version,
                         sizeof r->ask->server_version);
    /* Says goodbye, so that the gateway does not log a lost connection. */
    if (holdfast_client_number(r->client, HOLDFAST_STATUS) == HOLDFAST_CONNECTED)
        holdfast_client_stop_wait(r->client, GOODBYE_MS);
    return 0;
}

int hf_ask(struct hf_ask *ask)
{
    struct hf_fault fault;
    struct run r = { .ask = ask };
    int exit_code = HF_EXIT_DONE;
    hf_buf_init(&ask->answer, HF_LIMIT_PAYLOAD_BYTES);
    hf_buf_init(&r.error, HF_LIMIT_PAYLOAD_BYTES);
    if (hf_target_read(&r.target, ask->args, &fault) != 0 || talk(&r, &fault) != 0)
        exit_code = hf_verb_fail(&fault);
    else if (!r.has_answer)
        exit_code = tell_failure(&r);
    holdfast_client_release(r.client);
    holdfast_options_free(r.options);
    holdfast_loop_free(r.loop);
    hf_target_fini(&r.target);
    hf_buf_fini(&r.error);
    return exit_code;
}

void hf_ask_fini(struct hf_ask *ask)
{
    hf_buf_fini(&ask->answer);
}
