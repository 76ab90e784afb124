#include "wire/schema/control.h"

#include "base/err.h"
#include "base/limits.h"
#include "wire/json_read.h"

enum { DELAY_MS_MAX = 60000, LIMIT_MAX = 1000 };

static const char *const verb_names[HF_CONTROL_VERB_COUNT] = {
#define HF_CONTROL_NAME(name, text) text,
    HF_CONTROL_VERBS(HF_CONTROL_NAME)
#undef HF_CONTROL_NAME
};

static const char *const outcome_names[HF_OUTCOME_COUNT] = {
#define HF_CONTROL_NAME(name, text) text,
    HF_CONTROL_OUTCOMES(HF_CONTROL_NAME)
#undef HF_CONTROL_NAME
};

const char *hf_control_verb_name(enum hf_control_verb verb)
{
    return verb_names[verb];
}

const char *hf_control_outcome_name(enum hf_control_outcome outcome)
{
    return outcome_names[outcome];
}

static bool name_find(const char *const *names, size_t count, struct hf_bytes name, size_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (!hf_bytes_same(name, hf_bytes_cstr(names[i]))) continue;
        *out = i;
        return true;
    }
    return false;
}

bool hf_control_verb_find(struct hf_bytes name, enum hf_control_verb *out)
{
    size_t i;
    if (!name_find(verb_names, HF_CONTROL_VERB_COUNT, name, &i)) return false;
    *out = (enum hf_control_verb)i;
    return true;
}

/* --- reading --- */

/* A checked line of our version, ready for its members. */
static int open_line(struct hf_bytes line, struct hf_buf *scratch, struct hf_bytes *root,
                     const char **what)
{
    int64_t version;
    int err = hf_json_check(line, HF_LIMIT_JSON_DEPTH_PREAUTH, NULL);
    if (err != 0) return err;
    *root = hf_json_root(line);
    *what = "a line is a JSON object";
    if (hf_json_kind(*root) != HF_JSON_OBJECT) return HF_ERR_TYPE;
    *what = "v is not 1";
    if (hf_json_get_int(hf_json_find(*root, "v"), &version) != 0 || version != HF_CONTROL_VERSION)
        return HF_ERR_TYPE;
    /* Decoded text must stay where it is while more is decoded behind it. */
    return hf_buf_reserve(scratch, line.len);
}

static struct hf_bytes find_id(struct hf_bytes root)
{
    struct hf_bytes id = hf_json_find(root, "id");
    bool is_id = hf_json_kind(id) == HF_JSON_STRING || hf_json_kind(id) == HF_JSON_NUMBER;
    return is_id && id.len <= HF_LIMIT_CONTROL_ID_BYTES ? id : HF_EMPTY;
}

/* A member that may be absent.  False when it is there and no whole number in range. */
static bool read_range(struct hf_bytes value, int64_t max, bool *has, int64_t *out)
{
    *has = value.len > 0;
    if (!*has) return true;
    return hf_json_get_whole(value, out) == 0 && *out >= 0 && *out <= max;
}

static bool read_flag(struct hf_bytes value, bool *out)
{
    return value.len == 0 || hf_json_get_bool(value, out) == 0;
}

/* What config.get and config.set want. */
static const char *read_key(struct hf_bytes root, struct hf_buf *scratch,
                            struct hf_control_request *out)
{
    struct hf_bytes key = hf_json_find(root, "key");
    if (key.len > 0 && hf_json_kind(key) != HF_JSON_STRING) return "key is no string";
    out->key = hf_json_get_text(key, scratch);
    out->value = hf_json_find(root, "value");
    if (out->verb != HF_CONTROL_CONFIG_SET) return NULL;
    if (out->key.len == 0) return "key is missing";
    return out->value.len == 0 ? "value is missing" : NULL;
}

static const char *read_members(struct hf_bytes root, struct hf_buf *scratch,
                                struct hf_control_request *out)
{
    struct hf_bytes id = hf_json_find(root, "id"), class = hf_json_find(root, "class");
    struct hf_bytes reason = hf_json_find(root, "reason");
    bool has_limit;
    if (id.len > 0 && out->id.len == 0) return "id is no string or number of 128 bytes at most";
    if (!hf_control_verb_find(hf_json_get_text(hf_json_find(root, "verb"), scratch), &out->verb))
        return "verb is not known";
    if (!read_range(hf_json_find(root, "delayMs"), DELAY_MS_MAX, &out->has_delay, &out->delay_ms))
        return "delayMs is no whole number of 0 to 60000";
    if (!read_range(hf_json_find(root, "limit"), LIMIT_MAX, &has_limit, &out->limit))
        return "limit is no whole number of 0 to 1000";
    if (!read_flag(hf_json_find(root, "debounced"), &out->is_debounced))
        return "debounced is no boolean";
    if (!read_flag(hf_json_find(root, "reclaimPort"), &out->reclaims_port))
        return "reclaimPort is no boolean";
    if (reason.len > 0 && hf_json_kind(reason) != HF_JSON_STRING) return "reason is no string";
    out->is_config = hf_json_is(class, HF_LIT("config"));
    if (class.len > 0 && !out->is_config && !hf_json_is(class, HF_LIT("operator")))
        return "class is not operator or config";
    out->reason = hf_bytes_cut_utf8(hf_json_get_text(reason, scratch), HF_LIMIT_NAME_BYTES);
    return read_key(root, scratch, out);
}

int hf_control_read_request(struct hf_bytes line, struct hf_buf *scratch,
                            struct hf_control_request *out, const char **what)
{
    struct hf_bytes root = HF_EMPTY;
    *out = (struct hf_control_request){ .verb = HF_CONTROL_STATUS };
    *what = "";
    int err = open_line(line, scratch, &root, what);
    if (err == 0 || err == HF_ERR_TYPE) out->id = find_id(root);
    if (err != 0) return err;
    *what = read_members(root, scratch, out);
    if (*what) return HF_ERR_TYPE;
    *what = "";
    return hf_buf_done(scratch);
}

static bool read_result(struct hf_bytes root, struct hf_buf *scratch, struct hf_control_result *out)
{
    size_t outcome;
    struct hf_bytes name = hf_json_get_text(hf_json_find(root, "outcome"), scratch);
    struct hf_bytes verb = hf_json_get_text(hf_json_find(root, "verb"), scratch);
    if (!name_find(outcome_names, HF_OUTCOME_COUNT, name, &outcome)) return false;
    if (!hf_control_verb_find(verb, &out->verb)) return false;
    out->outcome = (enum hf_control_outcome)outcome;
    out->retry_after_ms = -1;
    if (hf_json_get_bool(hf_json_find(root, "final"), &out->is_final) != 0) return false;
    /* What is absent stays as it is. */
    (void)hf_json_get_int(hf_json_find(root, "pidBefore"), &out->pid_before);
    (void)hf_json_get_int(hf_json_find(root, "pidAfter"), &out->pid_after);
    (void)hf_json_get_int(hf_json_find(root, "retryAfterMs"), &out->retry_after_ms);
    out->reason = hf_json_get_text(hf_json_find(root, "reason"), scratch);
    return true;
}

static bool read_reply(struct hf_bytes root, struct hf_buf *scratch, struct hf_control_reply *out)
{
    struct hf_bytes kind = hf_json_find(root, "type");
    if (hf_json_is(kind, HF_LIT("result"))) {
        out->kind = HF_CONTROL_IS_RESULT;
        out->result.id = out->id;
        return read_result(root, scratch, &out->result);
    }
    if (hf_json_is(kind, HF_LIT("data"))) {
        out->kind = HF_CONTROL_IS_DATA;
        out->data = hf_json_find(root, "data");
        return out->data.len > 0;
    }
    if (hf_json_is(kind, HF_LIT("error"))) {
        out->kind = HF_CONTROL_IS_ERROR;
        out->name = hf_json_get_text(hf_json_find(root, "code"), scratch);
        out->message = hf_json_get_text(hf_json_find(root, "message"), scratch);
        return out->name.len > 0;
    }
    if (!hf_json_is(kind, HF_LIT("event"))) return false;
    out->kind = HF_CONTROL_IS_EVENT;
    out->name = hf_json_get_text(hf_json_find(root, "event"), scratch);
    out->data = hf_json_find(root, "payload");
    return out->name.len > 0 && hf_json_get_int(hf_json_find(root, "at"), &out->at_ms) == 0;
}

int hf_control_read_reply(struct hf_bytes line, struct hf_buf *scratch,
                          struct hf_control_reply *out)
{
    struct hf_bytes root = HF_EMPTY;
    const char *what = "";
    *out = (struct hf_control_reply){ .kind = HF_CONTROL_IS_ERROR };
    int err = open_line(line, scratch, &root, &what);
    if (err != 0) return err;
    out->id = find_id(root);
    if (!read_reply(root, scratch, out)) return HF_ERR_TYPE;
    return hf_buf_done(scratch);
}

/* --- writing lines --- */

static void open_object(struct hf_json_writer *w, struct hf_buf *out)
{
    hf_json_writer_init(w, out);
    hf_json_open_object(w);
}

static void start_line(struct hf_json_writer *w, struct hf_buf *out, const char *type,
                       struct hf_bytes id)
{
    open_object(w, out);
    hf_json_add_int(w, "v", HF_CONTROL_VERSION);
    if (type) hf_json_add_text(w, "type", hf_bytes_cstr(type));
    if (id.len > 0) hf_json_add_raw(w, "id", id);
}

static void finish_line(struct hf_json_writer *w)
{
    hf_json_close_object(w);
    hf_buf_add_byte(w->out, '\n');
}

static void add_name(struct hf_json_writer *w, const char *key, const char *name)
{
    hf_json_add_text(w, key, hf_bytes_cstr(name));
}

/* Not below 0. */
static void add_int_if(struct hf_json_writer *w, const char *key, int64_t value)
{
    if (value >= 0) hf_json_add_int(w, key, value);
}

static void add_true_if(struct hf_json_writer *w, const char *key, bool value)
{
    if (value) hf_json_add_bool(w, key, true);
}

void hf_control_write_request(struct hf_buf *out, const struct hf_control_request *request)
{
    struct hf_json_writer w;
    start_line(&w, out, NULL, request->id);
    add_name(&w, "verb", hf_control_verb_name(request->verb));
    hf_json_add_text_if(&w, "reason", request->reason);
    if (request->has_delay) hf_json_add_int(&w, "delayMs", request->delay_ms);
    add_true_if(&w, "debounced", request->is_debounced);
    if (request->is_config) add_name(&w, "class", "config");
    add_true_if(&w, "reclaimPort", request->reclaims_port);
    if (request->limit > 0) hf_json_add_int(&w, "limit", request->limit);
    hf_json_add_text_if(&w, "key", request->key);
    if (request->value.len > 0) hf_json_add_raw(&w, "value", request->value);
    finish_line(&w);
}

void hf_control_write_result(struct hf_buf *out, const struct hf_control_result *result)
{
    struct hf_json_writer w;
    start_line(&w, out, "result", result->id);
    add_name(&w, "verb", hf_control_verb_name(result->verb));
    add_name(&w, "outcome", hf_control_outcome_name(result->outcome));
    hf_json_add_bool(&w, "final", result->is_final);
    if (result->pid_before > 0) hf_json_add_int(&w, "pidBefore", result->pid_before);
    if (result->pid_after > 0) hf_json_add_int(&w, "pidAfter", result->pid_after);
    add_int_if(&w, "retryAfterMs", result->retry_after_ms);
    hf_json_add_text_if(&w, "reason", result->reason);
    finish_line(&w);
}

void hf_control_write_data(struct hf_buf *out, struct hf_bytes id, enum hf_control_verb verb,
                           struct hf_bytes data)
{
    struct hf_json_writer w;
    start_line(&w, out, "data", id);
    add_name(&w, "verb", hf_control_verb_name(verb));
    hf_json_add_raw(&w, "data", data);
    finish_line(&w);
}

void hf_control_write_error(struct hf_buf *out, struct hf_bytes id, const char *code,
                            struct hf_bytes message)
{
    struct hf_json_writer w;
    start_line(&w, out, "error", id);
    add_name(&w, "code", code);
    hf_json_add_text(&w, "message", message);
    finish_line(&w);
}

void hf_control_write_event(struct hf_buf *out, const char *name, int64_t at_ms,
                            struct hf_bytes payload)
{
    struct hf_json_writer w;
    start_line(&w, out, "event", HF_EMPTY);
    add_name(&w, "event", name);
    hf_json_add_int(&w, "at", at_ms);
    if (payload.len > 0) hf_json_add_raw(&w, "payload", payload);
    finish_line(&w);
}

/* --- payloads --- */

static void add_exit(struct hf_json_writer *w, int code, int signal)
{
    if (code >= 0)
        hf_json_add_int(w, "code", code);
    else
        hf_json_add_null(w, "code");
    if (signal > 0)
        hf_json_add_int(w, "signal", signal);
    else
        hf_json_add_null(w, "signal");
}

void hf_control_write_exit(struct hf_buf *out, int code, int signal)
{
    struct hf_json_writer w;
    open_object(&w, out);
    add_exit(&w, code, signal);
    hf_json_close_object(&w);
}

void hf_control_write_text(struct hf_buf *out, const char *name, struct hf_bytes text)
{
    struct hf_json_writer w;
    open_object(&w, out);
    hf_json_add_text(&w, name, text);
    hf_json_close_object(&w);
}

void hf_control_write_notification(struct hf_buf *out, struct hf_bytes method,
                                   struct hf_bytes params)
{
    struct hf_json_writer w;
    open_object(&w, out);
    hf_json_add_text(&w, "method", method);
    if (params.len > 0) hf_json_add_raw(&w, "params", params);
    hf_json_close_object(&w);
}

/* --- status --- */

static void add_answers(struct hf_json_writer *w, const struct hf_control_status *status)
{
    hf_json_add_object(w, "answers");
    for (size_t i = 0; i < HF_CONTROL_ANSWERS; i++) {
        const struct hf_control_answer *answer = &status->answers[i];
        if (!answer->name) continue;
        hf_json_add_object(w, answer->name);
        add_name(w, "answer", answer->word);
        add_int_if(w, "ageMs", answer->age_ms);
        add_int_if(w, "forMs", answer->for_ms);
        hf_json_close_object(w);
    }
    hf_json_close_object(w);
}

static void add_memory(struct hf_json_writer *w, const struct hf_control_memory *memory)
{
    if (!memory->has_limits) return;
    hf_json_add_object(w, "memory");
    add_int_if(w, "bytes", memory->bytes);
    add_int_if(w, "peakBytes", memory->peak_bytes);
    add_int_if(w, "softBytes", memory->soft_bytes);
    add_int_if(w, "hardBytes", memory->hard_bytes);
    if (memory->hard_bytes >= 0)
        add_name(w, "heldBy", memory->is_held_by_kernel ? "kernel" : "looks");
    hf_json_add_uint(w, "recycles", memory->recycles);
    hf_json_add_uint(w, "ends", memory->ends);
    hf_json_close_object(w);
}

static void add_last_exit(struct hf_json_writer *w, const struct hf_control_status *status)
{
    if (!status->has_exit) return;
    hf_json_add_object(w, "lastExit");
    add_exit(w, status->exit_code, status->exit_signal);
    add_name(w, "kind", status->exit_word);
    hf_json_add_int(w, "at", status->exit_at_ms);
    hf_json_close_object(w);
}

static void add_lines(struct hf_json_writer *w, const struct hf_control_status *status)
{
    hf_json_add_array(w, "lines");
    for (size_t i = 0; i < status->line_count; i++)
        hf_json_put_text(w, status->line(status->line_ctx, i));
    hf_json_close_array(w);
}

static void add_seed_members(struct hf_json_writer *w, const struct hf_control_status *status)
{
    add_name(w, "state", status->state);
    hf_json_add_int(w, "port", status->port);
    if (status->pid > 0) hf_json_add_int(w, "pid", status->pid);
    add_int_if(w, "uptime", status->uptime_s);
    hf_json_add_text_if(w, "error", status->error);
    add_int_if(w, "connectedAt", status->connected_at_ms);
    hf_json_add_text_if(w, "version", status->version);
    add_int_if(w, "reconnectAttempts", status->reconnect_attempts);
    if (status->ready >= 0) hf_json_add_bool(w, "gatewayReady", status->ready > 0);
}

void hf_control_write_status(struct hf_buf *out, const struct hf_control_status *status)
{
    struct hf_json_writer w;
    open_object(&w, out);
    add_seed_members(&w, status);
    add_name(&w, "phase", status->phase);
    hf_json_add_int(&w, "at", status->at_ms);
    hf_json_add_int(&w, "since", status->since_ms);
    hf_json_add_text_if(&w, "why", status->why);
    hf_json_add_bool(&w, "owned", status->is_owned);
    hf_json_add_uint(&w, "epoch", status->epoch);
    hf_json_add_bool(&w, "restart_pending", status->has_pending_restart);
    add_int_if(&w, "quarantined_until", status->quarantined_until_ms);
    add_int_if(&w, "circuit_open_until", status->circuit_open_until_ms);
    add_true_if(&w, "fatal", status->is_fatal);
    add_last_exit(&w, status);
    if (status->next) {
        hf_json_add_object(&w, "next");
        add_name(&w, "action", status->next);
        hf_json_add_int(&w, "at", status->next_at_ms);
        hf_json_close_object(&w);
    }
    add_answers(&w, status);
    add_memory(&w, &status->memory);
    add_lines(&w, status);
    hf_json_close_object(&w);
}
