#include "engine/server_rpc.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/methods/table.h"
#include "wire/schema/params.h"

/* --- answers --- */

struct hf_json_writer *hf_reply_open(struct hf_server *s, const struct hf_call *call)
{
    hf_buf_reset(&s->body, SIZE_MAX);
    hf_frame_open_res(&s->body, call->id);
    hf_json_writer_init(&s->writer, &s->body);
    return &s->writer;
}

void hf_reply_send(struct hf_server *s, const struct hf_call *call)
{
    hf_frame_close(&s->body);
    if (hf_buf_done(&s->body) != 0) {
        hf_reply_unavailable(s, call, HF_LIT("the answer is too large"), 0);
        return;
    }
    s->metrics.rpc_ok++;
    hf_conn_send_text(s, call->conn, hf_buf_view(&s->body));
    hf_buf_reset(&s->body, HF_KEEP_BYTES);
}

void hf_reply_raw(struct hf_server *s, const struct hf_call *call, struct hf_bytes json)
{
    hf_json_put_raw(hf_reply_open(s, call), json);
    hf_reply_send(s, call);
}

void hf_reply_error(struct hf_server *s, const struct hf_call *call, const struct hf_error *error)
{
    hf_buf_reset(&s->body, SIZE_MAX);
    hf_error_write_res(&s->body, call->id, error);
    if (hf_buf_done(&s->body) != 0) {
        hf_conn_kill(s, call->conn, "out-of-memory");
        return;
    }
    s->metrics.rpc_error++;
    if (call->conn->client) call->conn->client->request_errors++;
    hf_conn_send_text(s, call->conn, hf_buf_view(&s->body));
}

void hf_reply_invalid(struct hf_server *s, const struct hf_call *call, struct hf_bytes message)
{
    struct hf_error error = { .code = HF_CODE_INVALID_REQUEST, .message = message };
    hf_reply_error(s, call, &error);
}

void hf_reply_unavailable(struct hf_server *s, const struct hf_call *call, struct hf_bytes message,
                          int64_t retry_ms)
{
    struct hf_error error = { .code = HF_CODE_UNAVAILABLE,
                              .message = message,
                              .has_retryable = true,
                              .retryable = true,
                              .has_retry_after = retry_ms > 0,
                              .retry_after_ms = retry_ms };
    hf_reply_error(s, call, &error);
}

static const struct hf_bytes busy_message =
    HF_LIT_INIT("The server is busy. Please try again in a moment.");

void hf_reply_job(struct hf_server *s, const struct hf_call *call, struct hf_job *job,
                  hf_call_done *done)
{
    struct hf_wait wait = { .kind = HF_WAIT_CALL,
                            .conn = call->conn->id,
                            .method = call->method,
                            .done = done,
                            .id = hf_blob_new(call->id) };
    if (wait.id && hf_server_ask(s, &wait, job) == 0) {
        call->conn->client->in_flight++;
        return;
    }
    hf_blob_drop(wait.id);
    hf_reply_unavailable(s, call, busy_message, 0);
}

void hf_reply_plan(struct hf_server *s, const struct hf_call *call, struct hf_devices_plan *plan,
                   hf_call_done *done)
{
    struct hf_wait wait = { .kind = HF_WAIT_CALL,
                            .conn = call->conn->id,
                            .method = call->method,
                            .done = done,
                            .id = hf_blob_new(call->id) };
    if (!wait.id) {
        hf_devices_settle(&s->devices, plan, false);
        hf_mem_free(plan);
        hf_reply_unavailable(s, call, busy_message, 0);
        return;
    }
    if (hf_server_write_plan(s, &wait, plan) == 0)
        call->conn->client->in_flight++;
    else
        hf_reply_unavailable(s, call, busy_message, 0);
}

void hf_call_finish(struct hf_server *s, struct hf_conn *c, struct hf_wait *wait,
                    const struct hf_job_result *result)
{
    struct hf_call call = { .conn = c,
                            .method = wait->method,
                            .id = hf_blob_view(wait->id),
                            .plan = wait->plan,
                            .err = result->kind == HF_JOB_STORE ? result->u.store->err : 0 };
    c->client->in_flight--;
    wait->done(s, &call, result);
}

struct hf_bytes hf_call_text(struct hf_server *s, struct hf_bytes value)
{
    return hf_json_get_text(value, &s->text);
}

/* --- refusals before a handler runs --- */

static void refuse_scope(struct hf_server *s, struct hf_call *call, enum hf_scope missing)
{
    struct hf_bytes name = hf_scope_name(missing);
    struct hf_details details = { .count = 0 };
    hf_details_add_text(&details, "code", HF_LIT("MISSING_SCOPE"));
    hf_details_add_text(&details, "missingScope", name);
    hf_details_add_list(&details, "requiredScopes", &name, 1);
    hf_buf_reset(&s->why, SIZE_MAX);
    HF_BUF_LIT(&s->why, "missing scope: ");
    hf_buf_add(&s->why, name);
    size_t message_len = s->why.len;
    hf_details_write(&s->why, &details);
    struct hf_bytes all = hf_buf_view(&s->why);
    struct hf_error error = { .code = HF_CODE_FORBIDDEN,
                              .message = hf_bytes_head(all, message_len),
                              .details = hf_bytes_from(all, message_len) };
    hf_reply_error(s, call, &error);
}

static void refuse_role(struct hf_server *s, struct hf_call *call)
{
    struct hf_bytes role = hf_role_name((enum hf_role)call->conn->client->role);
    hf_buf_reset(&s->why, SIZE_MAX);
    HF_BUF_LIT(&s->why, "unauthorized role: ");
    hf_buf_add(&s->why, role);
    hf_reply_invalid(s, call, hf_buf_view(&s->why));
}

static bool is_allowed(struct hf_server *s, struct hf_call *call, struct hf_bytes method)
{
    enum hf_scope missing = HF_SCOPE_ADMIN;
    const struct hf_conn_client *client = call->conn->client;
    switch (hf_method_check(method, (enum hf_role)client->role, client->scopes, &missing)) {
    case HF_METHOD_ALLOWED:
        return true;
    case HF_METHOD_MISSING_SCOPE:
        refuse_scope(s, call, missing);
        return false;
    case HF_METHOD_WRONG_ROLE:
        refuse_role(s, call);
        return false;
    }
    HF_UNREACHABLE();
}

/* Start-up and draining hold some families back (spec/startup-retry.md 2.5). */
static bool is_open(struct hf_server *s, struct hf_call *call, struct hf_bytes method)
{
    struct hf_stage_refusal refusal = hf_stage_method(&s->stage, method);
    if (!refusal.is_refused) return true;
    struct hf_details details = { .count = 0 };
    hf_buf_reset(&s->why, SIZE_MAX);
    hf_buf_add(&s->why, method);
    hf_buf_add(&s->why, refusal.message);
    size_t message_len = s->why.len;
    hf_details_add_text(&details, "method", method);
    hf_details_add_text(&details, "reason", refusal.reason);
    if (refusal.phase.len > 0) hf_details_add_text(&details, "phase", refusal.phase);
    hf_details_write(&s->why, &details);
    struct hf_bytes all = hf_buf_view(&s->why);
    struct hf_error error = { .code = HF_CODE_UNAVAILABLE,
                              .message = hf_bytes_head(all, message_len),
                              .details = hf_bytes_from(all, message_len),
                              .has_retryable = true,
                              .retryable = true,
                              .has_retry_after = true,
                              .retry_after_ms = refusal.retry_after_ms };
    hf_reply_error(s, call, &error);
    return false;
}

/* Nobody has an account here: a request that names one is meant for another gateway and
 * must not run (spec/edge.md 5.1). */
static void refuse_profile(struct hf_server *s, struct hf_call *call)
{
    struct hf_error error = {
        .code = HF_CODE_INVALID_REQUEST,
        .message = HF_LIT("Selected account changed or is unavailable. Select the account again "
                          "before retrying."),
        .details = HF_LIT("{\"reason\":\"EXPECTED_PROFILE_MISMATCH\","
                          "\"execution\":\"not_started\"}"),
    };
    hf_reply_error(s, call, &error);
}

static void refuse_unknown(struct hf_server *s, struct hf_call *call, struct hf_bytes method)
{
    hf_buf_reset(&s->why, SIZE_MAX);
    HF_BUF_LIT(&s->why, "unknown method: ");
    hf_buf_add(&s->why, method);
    hf_reply_invalid(s, call, hf_buf_view(&s->why));
}

static bool are_params_right(struct hf_server *s, struct hf_call *call, struct hf_bytes params)
{
    const struct hf_method *method = call->method;
    hf_buf_reset(&s->why, SIZE_MAX);
    if (params.len > method->params_bytes_max) {
        hf_buf_addf(&s->why, "invalid %s params: must NOT have more than %u bytes", method->name,
                    method->params_bytes_max);
        hf_reply_invalid(s, call, hf_buf_view(&s->why));
        return false;
    }
    call->params = params;
    if (!method->params) return true;
    if (hf_params_read(method->name, method->params, params, call->values, &s->why) == 0)
        return true;
    hf_reply_invalid(s, call, hf_buf_view(&s->why));
    return false;
}

/* A handler may decode several texts of its parameters (hf_call_text); none of them may move
 * another.  Most have no escape and are not decoded at all. */
static bool make_text_room(struct hf_server *s, struct hf_call *call)
{
    if (hf_bytes_find(call->params, 0, '\\') == call->params.len) return true;
    if (hf_buf_reserve(&s->text, call->params.len) == 0) return true;
    hf_reply_unavailable(s, call, HF_LIT("out of memory"), 0);
    return false;
}

/* --- requests --- */

static bool read_request(struct hf_server *s, struct hf_conn *c, struct hf_bytes text,
                         struct hf_req *req)
{
    hf_buf_reset(&s->text, HF_KEEP_BYTES);
    hf_buf_reset(&s->why, SIZE_MAX);
    int err = hf_frame_read_req(text, HF_LIMIT_JSON_DEPTH, &s->text, &s->why, req);
    if (err == 0) return true;
    if (err != HF_ERR_TYPE) {
        /* As the real gateway: what is no JSON is not answered (wire.md section 5). */
        if (err == HF_ERR_NOMEM) hf_conn_kill(s, c, "out-of-memory");
        return false;
    }
    struct hf_call call = { .conn = c, .id = req->id };
    hf_reply_invalid(s, &call, hf_buf_view(&s->why));
    return false;
}

static bool has_room(struct hf_server *s, struct hf_call *call)
{
    const struct hf_conn *c = call->conn;
    if (hf_admit_request(c->client->in_flight, c->out.queued_bytes)) return true;
    s->metrics.rpc_refused++;
    hf_reply_unavailable(s, call, busy_message, 0);
    return false;
}

void hf_conn_request(struct hf_server *s, struct hf_conn *c, struct hf_bytes text)
{
    struct hf_req req;
    if (!read_request(s, c, text, &req)) return;
    struct hf_call call = { .conn = c, .id = req.id };
    c->client->requests++;
    if (!has_room(s, &call)) return;
    if (hf_bytes_same(req.method, HF_LIT("connect"))) {
        hf_reply_invalid(s, &call, HF_LIT("connect is only valid as the first request"));
        return;
    }
    if (req.expected_profile_id.len > 0) {
        refuse_profile(s, &call);
        return;
    }
    if (!is_allowed(s, &call, req.method) || !is_open(s, &call, req.method)) return;
    call.method = hf_method_find(req.method);
    s->metrics.requests[call.method ? hf_method_row(call.method) : HF_METRIC_METHODS]++;
    if (!call.method) {
        refuse_unknown(s, &call, req.method);
        return;
    }
    if (!are_params_right(s, &call, req.params) || !make_text_room(s, &call)) return;
    call.method->run(s, &call);
}
