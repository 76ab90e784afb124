#include "prog/ask.h"
#include "core/method.h"
#include "host/client_run.h"
#include "host/clock.h"
#include "prog/verbs.h"
#include "wire/json_read.h"
#include "wire/json_write.h"
#include "wire/schema/hello.h"

#include <stdio.h>
#include <unistd.h>

enum { TEXT_MAX = 65536, ERROR_MAX = 1 << 20 };

struct run {
    struct hf_ask *ask;
    struct hf_target target;
    struct hf_client_run *driver;
    hf_time started_at, until;
    bool has_answer, has_error, is_leaving, is_progress_shown;
    enum hf_client_outcome outcome;
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

static void make_config(struct run *r, struct hf_client_config *config)
{
    *config = (struct hf_client_config){
        .url = r->target.url,
        .connect = { .min_protocol = HF_PROTOCOL_VERSION,
                     .max_protocol = HF_PROTOCOL_VERSION,
                     .client = { .id = HF_CLIENT_ID_CLI,
                                 .mode = HF_CLIENT_MODE_CLI,
                                 .version = HF_LIT(HF_VERSION),
                                 .platform = HF_LIT("linux"),
                                 .device_family = HF_LIT("Linux") },
                     .role_name = HF_LIT("operator"),
                     .scopes = { scope_for(r->ask->method) },
                     .scope_count = 1 },
        .credentials = r->target.credentials,
        .call_within = r->target.timeout,
    };
    hf_link_limits_init(&config->link);
    config->link.budget = r->target.timeout;
    config->link.is_one_shot = true;
}

static void send_call(struct run *r, bool *done)
{
    struct hf_now now = hf_clock_now();
    struct hf_client_call call = { .method = r->ask->method,
                                   .params = r->ask->params,
                                   .expects_final = r->ask->expects_final,
                                   .within = hf_time_since(r->until, now.mono) };
    if (call.within <= 0) call.within = 1;
    *done = hf_client_call(hf_client_run_engine(r->driver), now, &call) != 0;
}

static void take_result(struct run *r, const struct hf_client_news *news)
{
    r->outcome = news->u.result.outcome;
    r->has_answer = r->outcome == HF_CLIENT_OK;
    r->has_error = r->outcome == HF_CLIENT_SERVER_ERROR;
    hf_buf_add(&r->ask->answer, news->u.result.payload);
    hf_buf_add(&r->error, news->u.result.error);
}

/* Once, and only where a person looks. */
static void show_progress(struct run *r)
{
    if (r->is_progress_shown || r->ask->args->values[HF_OPTION_QUIET] || !isatty(STDERR_FILENO))
        return;
    fputs("holdfast: the gateway is starting ...\n", stderr);
    r->is_progress_shown = true;
}

static void told(void *ctx, const struct hf_client_news *news, bool *done)
{
    struct run *r = ctx;
    if (news->kind == HF_CLIENT_IS_READY) send_call(r, done);
    if (news->kind == HF_CLIENT_IS_STARTING) show_progress(r);
    if (news->kind == HF_CLIENT_IS_RESULT) {
        take_result(r, news);
        *done = true;
    }
    if (news->kind == HF_CLIENT_IS_PAUSED) *done = true;
    if (news->kind == HF_CLIENT_IS_CLOSED && r->is_leaving) *done = true;
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
    const struct hf_client *client = hf_client_run_engine(r->driver);
    const struct hf_link *link = hf_client_link(client);
    struct hf_client_failure failure = hf_client_failure(client);
    if (r->outcome == HF_CLIENT_TIMEOUT) {
        HF_BUF_LIT(text, "the gateway did not answer in time");
    } else if (link->startup_count > 0 && link->hello_count == 0) {
        hf_buf_addf(text, "the gateway is still starting (startup-sidecars) after %u attempts",
                    link->attempt_count);
    } else if (failure.text.len > 0) {
        hf_buf_add(text, failure.text);
    } else {
        HF_BUF_LIT(text, "the gateway did not answer in time");
    }
    hf_buf_addf(text, " [%s, %lld ms]", r->target.url_text, (long long)elapsed_ms(r));
}

/* A server's error: its code and its text. */
static void write_server_error(const struct run *r, struct hf_buf *text)
{
    struct hf_bytes error = hf_buf_view(&r->error);
    hf_json_text(hf_json_find(error, "code"), text);
    HF_BUF_LIT(text, ": ");
    hf_json_text(hf_json_find(error, "message"), text);
}

static int tell_json(struct run *r, struct hf_bytes text)
{
    struct hf_buf out;
    struct hf_json_writer w;
    const struct hf_client *client = hf_client_run_engine(r->driver);
    hf_buf_init(&out, ERROR_MAX);
    hf_json_writer_init(&w, &out);
    hf_json_open_object(&w);
    hf_json_add_bool(&w, "ok", false);
    hf_json_add_object(&w, "error");
    hf_json_add_text(&w, "type",
                     r->has_error ? HF_LIT("gateway_request_error")
                                  : HF_LIT("gateway_transport_error"));
    hf_json_add_text(&w, "message", text);
    if (!r->has_error) {
        struct hf_client_failure failure = hf_client_failure(client);
        hf_json_add_text(&w, "cause", hf_bytes_cstr(hf_link_cause_name(failure.cause)));
        if (failure.close_code) hf_json_add_int(&w, "closeCode", failure.close_code);
        if (failure.http_status) hf_json_add_int(&w, "httpStatus", failure.http_status);
        if (failure.detail.len) hf_json_add_text(&w, "detail", failure.detail);
        const char *hint = advice(failure.detail);
        if (hint) hf_json_add_text(&w, "advice", hf_bytes_cstr(hint));
        if (failure.request_id.len) hf_json_add_text(&w, "requestId", failure.request_id);
        hf_json_add_text(&w, "url", hf_bytes_cstr(r->target.url_text));
    }
    if (r->has_error) hf_json_add_raw(&w, "gateway", hf_buf_view(&r->error));
    hf_json_close_object(&w);
    hf_json_close_object(&w);
    hf_verb_print(&out);
    return HF_EXIT_FAILED;
}

static void tell_people(struct run *r, struct hf_bytes text)
{
    struct hf_client_failure failure = hf_client_failure(hf_client_run_engine(r->driver));
    const char *hint = r->has_error ? NULL : advice(failure.detail);
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

/* Says goodbye, so that the gateway does not log a lost connection. */
static void leave(struct run *r)
{
    const struct hf_link *link = hf_client_link(hf_client_run_engine(r->driver));
    if (link->state != HF_LINK_READY) return;
    r->is_leaving = true;
    hf_client_run_say(r->driver, HF_CLIENT_STOP);
    hf_client_run_until(r->driver, hf_time_after(hf_clock_now().mono, link->limits.stop_grace));
}

static int talk(struct run *r, struct hf_fault *fault)
{
    struct hf_client_config config;
    make_config(r, &config);
    r->started_at = hf_clock_now().mono;
    r->until = hf_time_after(r->started_at, r->target.timeout);
    int err = hf_client_run_new(&r->driver, &config, told, r, fault);
    if (err) return err;
    hf_client_run_say(r->driver, HF_CLIENT_START);
    hf_client_run_until(r->driver, r->until);
    struct hf_bytes version = hf_client_server_version(hf_client_run_engine(r->driver));
    snprintf(r->ask->server_version, sizeof r->ask->server_version, "%.*s", (int)version.len,
             (const char *)version.ptr);
    leave(r);
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
    hf_client_run_free(r.driver);
    hf_target_fini(&r.target);
    hf_buf_fini(&r.error);
    return exit_code;
}

void hf_ask_fini(struct hf_ask *ask)
{
    hf_buf_fini(&ask->answer);
}
