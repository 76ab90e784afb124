#include "prog/ask.h"
#include "core/method.h"
#include "host/clock.h"
#include "host/state_dir.h"
#include "prog/show/text.h"
#include "prog/verbs.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 65536, ERROR_MAX = 1 << 20, LINE_MAX = 1024, SECOND_LOOK_MS = 200 };

const char *hf_ask_scope(const char *method)
{
    struct hf_method_rule rule = hf_method_rule(hf_bytes_cstr(method));
    enum hf_scope scope = rule.scope == HF_SCOPE_NONE ? HF_SCOPE_ADMIN : rule.scope;
    if (rule.kind == HF_METHOD_OPEN) scope = HF_SCOPE_READ;
    return (const char *)hf_scope_name(scope).ptr; /* a literal */
}

/* --- failures --- */

/* What to do about a refusal, for people. */
static const char *advice(const char *detail)
{
    static const struct {
        const char *detail, *text;
    } rows[] = {
        { "AUTH_TOKEN_MISSING", "give --token-file or set HOLDFAST_TOKEN" },
        { "AUTH_TOKEN_MISMATCH",
          "the token is not this gateway's: give --token-file or set HOLDFAST_TOKEN" },
        { "AUTH_PASSWORD_MISSING", "give --password-file" },
        { "AUTH_PASSWORD_MISMATCH", "the password is not this gateway's" },
        { "DEVICE_IDENTITY_REQUIRED",
          "give the gateway's secret with --token-file or --password-file" },
        { "AUTH_RATE_LIMITED", "wait before trying again" },
        { "PROTOCOL_MISMATCH", "gateway and holdfast speak different versions" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        if (strcmp(detail, rows[i].detail) == 0) return rows[i].text;
    return NULL;
}

struct failure {
    char cause[32], detail[64], request_id[132];
    unsigned close_code, http_status;
    struct hf_bytes gateway; /* a server's error object, or empty */
    struct hf_buf text;      /* one line */
};

static unsigned number_of(const struct hf_session *s, enum holdfast_number_key key)
{
    int64_t number = holdfast_client_number(s->client, key);
    return number > 0 ? (unsigned)number : 0;
}

static void fill_link_failure(const struct hf_session *s, struct failure *f)
{
    hf_session_text(s, HOLDFAST_LAST_CAUSE, f->cause, sizeof f->cause);
    hf_session_text(s, HOLDFAST_LAST_DETAIL, f->detail, sizeof f->detail);
    hf_session_text(s, HOLDFAST_LAST_REQUEST_ID, f->request_id, sizeof f->request_id);
    f->close_code = number_of(s, HOLDFAST_LAST_ERROR_CLOSE_CODE);
    f->http_status = number_of(s, HOLDFAST_LAST_ERROR_HTTP_STATUS);
}

static void put_link_failure(const struct hf_ask *ask, const struct failure *f,
                             struct hf_json_writer *w)
{
    const char *hint = advice(f->detail);
    hf_json_add_text(w, "cause", hf_bytes_cstr(f->cause));
    if (f->close_code) hf_json_add_int(w, "closeCode", f->close_code);
    if (f->http_status) hf_json_add_int(w, "httpStatus", f->http_status);
    if (f->detail[0]) hf_json_add_text(w, "detail", hf_bytes_cstr(f->detail));
    if (hint) hf_json_add_text(w, "advice", hf_bytes_cstr(hint));
    if (f->request_id[0]) hf_json_add_text(w, "requestId", hf_bytes_cstr(f->request_id));
    hf_json_add_text(w, "url", hf_bytes_cstr(ask->target.url_shown));
}

static int tell_json(const struct hf_ask *ask, const struct failure *f)
{
    struct hf_buf out;
    struct hf_json_writer w;
    hf_buf_init(&out, ERROR_MAX);
    hf_json_writer_init(&w, &out);
    hf_json_open_object(&w);
    hf_json_add_bool(&w, "ok", false);
    hf_json_add_object(&w, "error");
    hf_json_add_text(&w, "type",
                     f->gateway.len ? HF_LIT("gateway_request_error")
                                    : HF_LIT("gateway_transport_error"));
    hf_json_add_text(&w, "message", hf_buf_view(&f->text));
    if (f->gateway.len)
        hf_json_add_raw(&w, "gateway", f->gateway);
    else
        put_link_failure(ask, f, &w);
    hf_json_close_object(&w);
    hf_json_close_object(&w);
    hf_verb_print(&out);
    return HF_EXIT_FAILED;
}

static int tell_people(const struct failure *f)
{
    const char *hint = advice(f->detail);
    struct hf_bytes text = hf_buf_view(&f->text);
    fprintf(stderr, "holdfast: %.*s\n", (int)text.len, (const char *)text.ptr);
    if (hint) fprintf(stderr, "holdfast: %s\n", hint);
    if (f->request_id[0])
        fprintf(stderr,
                "holdfast: approve this device on the gateway's machine: "
                "holdfast devices approve %s\n",
                f->request_id);
    return HF_EXIT_FAILED;
}

static int tell(struct hf_ask *ask, struct failure *f)
{
    int exit_code =
        ask->session.plan.args->values[HF_OPTION_JSON] ? tell_json(ask, f) : tell_people(f);
    hf_buf_fini(&f->text);
    return exit_code;
}

int hf_ask_fail(struct hf_ask *ask, const char *why)
{
    struct failure f = { 0 };
    struct hf_session *s = &ask->session;
    int64_t ms = hf_span_ms(hf_time_since(hf_clock_now().mono, s->started_at));
    hf_progress_end(&s->progress);
    fill_link_failure(s, &f);
    hf_buf_init(&f.text, TEXT_MAX);
    if (why[0])
        hf_buf_add(&f.text, hf_bytes_cstr(why));
    else
        hf_session_failure(s, &f.text);
    hf_buf_addf(&f.text, " [%s, %lld ms]", ask->target.url_shown, (long long)ms);
    return tell(ask, &f);
}

int hf_ask_fail_with(struct hf_ask *ask, const holdfast_result *result)
{
    struct failure f = { 0 };
    size_t len;
    const char *error = holdfast_result_error(result, &len);
    f.gateway = hf_bytes(error, len);
    hf_buf_init(&f.text, TEXT_MAX);
    hf_show_text(&f.text, hf_bytes_cstr(holdfast_result_code(result)), LINE_MAX);
    HF_BUF_LIT(&f.text, ": ");
    hf_show_text(&f.text, hf_bytes_cstr(holdfast_result_message(result)), LINE_MAX);
    return tell(ask, &f);
}

/* --- connecting --- */

static bool has_cause(const struct hf_ask *ask, const char *wanted)
{
    char cause[32];
    hf_session_text(&ask->session, HOLDFAST_LAST_CAUSE, cause, sizeof cause);
    return strcmp(cause, wanted) == 0;
}

bool hf_ask_has_news(struct hf_ask *ask)
{
    return ask->target.is_local && has_cause(ask, "REFUSED") && hf_target_look_again(&ask->target);
}

/* Nobody listens, or we are refused, but a gateway is being started here just now, or has
 * made its token meanwhile: it was too early. */
static bool is_too_early(struct hf_ask *ask)
{
    struct hf_target *t = &ask->target;
    if (hf_time_since(ask->session.until, hf_clock_now().mono) <= HF_MS(SECOND_LOOK_MS))
        return false; /* no time is left for it */
    if (!has_cause(ask, "DIAL")) return hf_ask_has_news(ask);
    if (!t->is_local || t->is_starting_here) return false;
    poll(NULL, 0, SECOND_LOOK_MS);
    return hf_target_look_again(t);
}

int hf_ask_connect(struct hf_ask *ask, const struct hf_session_plan *plan, bool *is_connected,
                   struct hf_fault *fault)
{
    int err = hf_session_open(&ask->session, plan, fault);
    if (err) return err;
    *is_connected = hf_session_connect(&ask->session);
    if (*is_connected || !is_too_early(ask)) return 0;
    /* The second try has what is left of the time. */
    hf_span left = hf_time_since(ask->session.until, hf_clock_now().mono);
    hf_session_close(&ask->session);
    ask->target.timeout = hf_span_max(left, HF_MS(1));
    err = hf_session_open(&ask->session, plan, fault);
    if (!err) *is_connected = hf_session_connect(&ask->session);
    return err;
}

int hf_ask_open(struct hf_ask *ask, const struct hf_args *args, const char *const *scopes,
                size_t count, bool likes_admin)
{
    struct hf_fault fault;
    bool is_connected = false;
    struct hf_session_plan plan = { .target = &ask->target,
                                    .args = args,
                                    .likes_admin = likes_admin };
    *ask = (struct hf_ask){ 0 };
    for (size_t i = 0; i < count && i < HF_SESSION_SCOPES; i++) plan.scopes[i] = scopes[i];
    int err = hf_target_read(&ask->target, args, &fault);
    if (!err) err = hf_target_check_plain(&ask->target, &fault);
    if (!err) err = hf_ask_connect(ask, &plan, &is_connected, &fault);
    if (err) return hf_verb_fail(args, &fault);
    return is_connected ? HF_EXIT_DONE : hf_ask_fail(ask, "");
}

void hf_ask_close(struct hf_ask *ask)
{
    hf_session_close(&ask->session);
    hf_target_fini(&ask->target);
}

void hf_ask_version(const struct hf_ask *ask, char *out, size_t cap)
{
    hf_session_text(&ask->session, HOLDFAST_SERVER_VERSION, out, cap);
}

/* --- calling --- */

static int tell_lost(struct hf_ask *ask, const char *message)
{
    char why[HF_SESSION_TEXT_BYTES + 64];
    snprintf(why, sizeof why, "the connection was lost before the answer came%s%s",
             message[0] ? ": " : "", message);
    return hf_ask_fail(ask, why);
}

static int take_result(struct hf_ask *ask, const holdfast_result *result, struct hf_buf *answer,
                       bool *is_error)
{
    size_t len;
    switch (holdfast_result_outcome(result)) {
    case HOLDFAST_OUTCOME_OK: {
        const char *payload = holdfast_result_payload(result, &len);
        hf_buf_add(answer, hf_bytes(payload, len));
        return HF_EXIT_DONE;
    }
    case HOLDFAST_OUTCOME_SERVER_ERROR: {
        if (!is_error) return hf_ask_fail_with(ask, result);
        const char *error = holdfast_result_error(result, &len);
        hf_buf_add(answer, hf_bytes(error, len));
        *is_error = true;
        return HF_EXIT_DONE;
    }
    case HOLDFAST_OUTCOME_TIMEOUT:
        return hf_ask_fail(ask, "the gateway did not answer in time");
    case HOLDFAST_OUTCOME_CANCELLED:
    case HOLDFAST_OUTCOME_SEND_FAILED:
    case HOLDFAST_OUTCOME_CLOSED:
    case HOLDFAST_OUTCOME_STOPPED:
    case HOLDFAST_OUTCOME_DISPOSED:
        break;
    }
    return tell_lost(ask, holdfast_result_message(result));
}

static int call(struct hf_ask *ask, const struct hf_ask_call *call, struct hf_buf *answer,
                bool *is_error)
{
    holdfast_result *result = NULL;
    hf_buf_init(answer, HF_LIMIT_BUFFERED_BYTES);
    int err =
        hf_session_call(&ask->session, call->method, call->params, call->expects_final, &result);
    if (err)
        return hf_ask_fail(ask, err == HOLDFAST_ERROR_TIMEOUT ? "the gateway did not answer in time"
                                                              : holdfast_error_text(err));
    int exit_code = take_result(ask, result, answer, is_error);
    holdfast_result_free(result);
    if (hf_buf_done(answer) == 0) return exit_code;
    return hf_ask_fail(ask, "the answer is too large");
}

int hf_ask_call(struct hf_ask *ask, const struct hf_ask_call *what, struct hf_buf *answer)
{
    return call(ask, what, answer, NULL);
}

int hf_ask_try(struct hf_ask *ask, const struct hf_ask_call *what, struct hf_buf *answer,
               bool *is_error)
{
    *is_error = false;
    return call(ask, what, answer, is_error);
}
