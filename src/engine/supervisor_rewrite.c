/* The gateway's own configuration: read and changed over the control connection
 * (spec/supervisor.md 10.7), one order of core/rewrite after the other. */
#include "base/err.h"
#include "engine/supervisor_parts.h"
#include "wire/json5_edit.h"
#include "wire/json_read.h"

enum { CALL_WITHIN_MS = 30000, MESSAGE_BYTES = 2048 };

static struct hf_rewrite *front(struct hf_supervisor *s)
{
    return s->rewrites.count > 0 ? &s->rewrites.list[0] : NULL;
}

/* --- ends --- */

static const enum hf_keeper_outcome outcomes[] = {
    [HF_REWRITE_END_READ] = HF_KEEPER_EXECUTED,
    [HF_REWRITE_END_COMMITTED] = HF_KEEPER_COMMITTED,
    [HF_REWRITE_END_UNCHANGED] = HF_KEEPER_SATISFIED,
    [HF_REWRITE_END_CONFLICT] = HF_KEEPER_CONFLICT,
    [HF_REWRITE_END_REFUSED] = HF_KEEPER_REFUSED,
    [HF_REWRITE_END_UNSUPPORTED] = HF_KEEPER_UNSUPPORTED,
    [HF_REWRITE_END_FAILED] = HF_KEEPER_FAILED,
    [HF_REWRITE_END_CANCELLED] = HF_KEEPER_CANCELLED,
};

static struct hf_keeper_result *answer(struct hf_supervisor *s, uint64_t tag,
                                       enum hf_rewrite_kind kind, enum hf_keeper_outcome outcome,
                                       struct hf_bytes reason)
{
    bool is_set = kind == HF_REWRITE_SET;
    const struct hf_intent one = { .tag = tag,
                                   .verb =
                                       is_set ? HF_KEEPER_DO_CONFIG_SET : HF_KEEPER_DO_CONFIG_GET };
    struct hf_keeper_result *r = hf_keep_result(s, &one, outcome);
    r->pid_after = 0; /* no process is meant */
    if (reason.len > 0) hf_keep_reason(s, r, reason);
    return r;
}

/* The order is over.  What was written never gets into the log, its key does. */
static void settle(struct hf_supervisor *s, size_t i, struct hf_rewrite_verdict verdict,
                   struct hf_bytes word)
{
    const struct hf_rewrite *r = &s->rewrites.list[i];
    bool is_set = r->kind == HF_REWRITE_SET;
    if (verdict.why) word = hf_bytes_cstr(verdict.why);
    struct hf_keeper_result *result = answer(s, r->tag, r->kind, outcomes[verdict.end], word);
    if (verdict.end == HF_REWRITE_END_READ) result->data = hf_buf_view(&s->view);
    HF_LOG(&s->config.log, is_set ? HF_LOG_INFO : HF_LOG_DEBUG,
           is_set ? "keeper.config_set" : "keeper.config_got",
           HF_TEXT("key", hf_bytes_cut_utf8(hf_buf_view(&r->path), HF_LIMIT_NAME_BYTES)),
           HF_TEXT("result", hf_bytes_cstr(hf_rewrite_end_name(verdict.end))));
    if (i == 0) {
        s->asks[HF_ASK_CONFIG_GET] = s->asks[HF_ASK_CONFIG_SET] = 0;
        hf_draft_fini(&s->draft);
    }
    hf_rewrites_drop(&s->rewrites, i);
}

void hf_keep_rewrite_end_all(struct hf_supervisor *s, enum hf_rewrite_input why)
{
    while (front(s)) settle(s, 0, hf_rewrite_step(front(s), why), HF_EMPTY);
}

void hf_keep_rewrite_run_due(struct hf_supervisor *s)
{
    size_t before = s->rewrites.count;
    for (size_t i; (i = hf_rewrites_late(&s->rewrites, s->now.mono)) < s->rewrites.count;)
        settle(s, i, hf_rewrite_step(&s->rewrites.list[i], HF_REWRITE_TIME), HF_EMPTY);
    if (s->rewrites.count < before) hf_keep_rewrite_offer(s);
}

/* --- the order under way --- */

static void feed(struct hf_supervisor *s, enum hf_rewrite_input input, struct hf_bytes word)
{
    bool is_sent = true;
    if (!front(s)) return;
    struct hf_rewrite_verdict verdict = hf_rewrite_step(front(s), input);
    if (verdict.act == HF_REWRITE_CALL_GET)
        is_sent = hf_keep_link_call(s, HF_ASK_CONFIG_GET, HF_LIT("config.get"), HF_LIT("{}"),
                                    HF_MS(CALL_WITHIN_MS));
    else if (verdict.act == HF_REWRITE_CALL_SET)
        is_sent = hf_keep_link_call(s, HF_ASK_CONFIG_SET, HF_LIT("config.set"),
                                    hf_buf_view(&s->draft.params), HF_MS(CALL_WITHIN_MS));
    else if (verdict.act == HF_REWRITE_END)
        settle(s, 0, verdict, word);
    if (!is_sent) hf_rewrite_step(front(s), HF_REWRITE_DISCONNECTED);
}

static bool waits(const struct hf_rewrite *r)
{
    return r && (r->state == HF_REWRITE_WAITS || r->state == HF_REWRITE_IS_LOST);
}

/* One that drains refuses everything: its next connection is waited for. */
void hf_keep_rewrite_offer(struct hf_supervisor *s)
{
    bool is_up = s->link.is_ready && hf_keep_state_is(s, HF_KEEPER_RUNNING) && !s->is_draining;
    while (is_up && waits(front(s))) {
        bool has_all =
            s->link.has_config && (front(s)->kind == HF_REWRITE_GET || s->link.has_config_set);
        feed(s, has_all ? HF_REWRITE_CONNECTED : HF_REWRITE_UNSUPPORTED, HF_EMPTY);
    }
}

void hf_keep_rewrite_lost(struct hf_supervisor *s)
{
    feed(s, HF_REWRITE_DISCONNECTED, HF_EMPTY);
}

/* --- what the gateway says --- */

/* What is to be written may be a secret, and the gateway may say it again. */
static void censor_value(struct hf_supervisor *s, struct hf_bytes value, struct hf_buf *text)
{
    struct hf_buf secret, clean;
    struct hf_json_iter it = hf_json_iter(value);
    struct hf_json_member member;
    struct hf_bytes item;
    if (hf_json_kind(value) == HF_JSON_OBJECT)
        while (hf_json_next_member(&it, &member)) censor_value(s, member.value, text);
    else if (hf_json_kind(value) == HF_JSON_ARRAY)
        while (hf_json_next(&it, &item)) censor_value(s, item, text);
    if (hf_json_kind(value) != HF_JSON_STRING) return;
    hf_buf_init(&secret, value.len);
    hf_buf_init(&clean, MESSAGE_BYTES);
    hf_json_text(value, &secret);
    const struct hf_bytes view = hf_buf_view(&secret);
    hf_censor_text(hf_buf_view(text), &(struct hf_censor_known){ &view, 1 }, &clean);
    hf_buf_reset(text, SIZE_MAX);
    hf_buf_add(text, hf_buf_view(&clean));
    hf_buf_fini(&secret);
    hf_buf_fini(&clean);
}

/* The gateway's own words about the order under way, appended to `out`. */
static void read_message(struct hf_supervisor *s, struct hf_bytes error, struct hf_buf *out)
{
    struct hf_buf whole, message;
    struct hf_bytes text = hf_json_find(error, "message");
    hf_buf_init(&whole, text.len);
    hf_buf_init(&message, MESSAGE_BYTES);
    hf_json_text(text, &whole);
    hf_buf_add(&message, hf_bytes_cut_utf8(hf_buf_view(&whole), MESSAGE_BYTES));
    hf_buf_fini(&whole);
    if (message.len == 0) HF_BUF_LIT(&message, "the gateway gave an error without a word");
    censor_value(s, hf_buf_view(&front(s)->value), &message);
    hf_censor_text(hf_buf_view(&message), s->config.known, out);
    hf_buf_fini(&message);
}

static void refused(struct hf_supervisor *s, enum hf_rewrite_input input, struct hf_bytes error)
{
    struct hf_buf words;
    hf_buf_init(&words, 2 * MESSAGE_BYTES);
    read_message(s, error, &words);
    feed(s, input, hf_buf_view(&words));
    hf_buf_fini(&words);
}

static void read_whole(struct hf_supervisor *s, struct hf_bytes payload)
{
    struct hf_rewrite *r = front(s);
    hf_buf_fini(&s->view);
    hf_buf_init(&s->view, HF_LIMIT_CONFIG_VIEW_BYTES);
    hf_gateway_config_view(payload, hf_buf_view(&r->path), &s->view);
    if (hf_buf_done(&s->view) != 0)
        feed(s, HF_REWRITE_UNFIT, HF_LIT("larger than CONFIG_VIEW_BYTES: ask for a part of it"));
    else
        feed(s, HF_REWRITE_GOT, HF_EMPTY);
}

static void write_upon(struct hf_supervisor *s, struct hf_bytes payload)
{
    struct hf_rewrite *r = front(s);
    enum hf_draft_fit fit =
        hf_draft_write(&s->draft, payload, hf_buf_view(&r->path), hf_buf_view(&r->value));
    enum hf_rewrite_input input = HF_REWRITE_UNFIT;
    if (fit == HF_DRAFT_FITS) input = HF_REWRITE_GOT;
    if (fit == HF_DRAFT_SAME) input = HF_REWRITE_IS_SAME;
    feed(s, input, hf_bytes_cstr(hf_draft_fit_text(fit)));
}

static void compare(struct hf_supervisor *s, struct hf_bytes payload)
{
    static const enum hf_rewrite_input inputs[] = {
        [HF_JSON_MATCHES] = HF_REWRITE_HOLDS,
        [HF_JSON_UNSURE] = HF_REWRITE_UNSURE,
        [HF_JSON_DIFFERS] = HF_REWRITE_DIFFERS,
    };
    feed(s, inputs[hf_draft_check(&s->draft, payload, hf_buf_view(&front(s)->path))], HF_EMPTY);
}

/* Whatever is no good answer.  Of one that could not be sent the connection is lost, or will
 * be: it waits for the next, lest it be tried without end. */
static void unheard(struct hf_supervisor *s, const struct hf_keeper_event *event, bool is_set)
{
    static const enum hf_rewrite_input inputs[] = {
        [HF_GATEWAY_CONFIG_REFUSED] = HF_REWRITE_REFUSED,
        [HF_GATEWAY_CONFIG_CONFLICT] = HF_REWRITE_CONFLICT,
        [HF_GATEWAY_CONFIG_CANNOT] = HF_REWRITE_CANNOT,
    };
    struct hf_bytes error = event->u.link_result.payload;
    if (event->u.link_result.outcome == HF_KEEPER_CALL_NOT_SENT) {
        feed(s, HF_REWRITE_DISCONNECTED, HF_EMPTY);
        return;
    }
    if (event->u.link_result.outcome == HF_KEEPER_CALL_TIMEOUT)
        feed(s, HF_REWRITE_UNANSWERED, HF_EMPTY);
    else
        refused(s, is_set ? inputs[hf_gateway_config_error(error)] : HF_REWRITE_REFUSED, error);
    hf_keep_rewrite_offer(s);
}

void hf_keep_rewrite_got(struct hf_supervisor *s, const struct hf_keeper_event *event)
{
    struct hf_rewrite *r = front(s);
    struct hf_bytes payload = event->u.link_result.payload;
    if (event->u.link_result.outcome != HF_KEEPER_CALL_OK) {
        unheard(s, event, false);
        return;
    }
    if (r->state == HF_REWRITE_CHECKS)
        compare(s, payload);
    else if (r->kind == HF_REWRITE_GET)
        read_whole(s, payload);
    else
        write_upon(s, payload);
    hf_keep_rewrite_offer(s);
}

void hf_keep_rewrite_set(struct hf_supervisor *s, const struct hf_keeper_event *event)
{
    if (event->u.link_result.outcome != HF_KEEPER_CALL_OK) {
        unheard(s, event, true);
        return;
    }
    feed(s, HF_REWRITE_DONE, HF_EMPTY);
    hf_keep_rewrite_offer(s);
}

/* --- requests --- */

static bool is_gone(const struct hf_supervisor *s)
{
    return hf_keep_state_is(s, HF_KEEPER_STOPPED) || hf_keep_state_is(s, HF_KEEPER_ERROR) ||
           !s->is_wanted;
}

void hf_keep_rewrite_ask(struct hf_supervisor *s, const struct hf_keeper_request *request)
{
    enum hf_rewrite_kind kind =
        request->verb == HF_KEEPER_DO_CONFIG_SET ? HF_REWRITE_SET : HF_REWRITE_GET;
    bool is_key =
        hf_json5_path_is_valid(request->key) || (kind == HF_REWRITE_GET && request->key.len == 0);
    if (s->config.place != HF_PLACE_GATEWAY) {
        answer(s, request->tag, kind, HF_KEEPER_UNSUPPORTED, HF_LIT("this is no gateway"));
        return;
    }
    if (!is_key) {
        answer(s, request->tag, kind, HF_KEEPER_REFUSED, HF_LIT("this is no key"));
        return;
    }
    int err = hf_rewrites_add(&s->rewrites, s->now.mono, request->tag, kind, request->key,
                              request->value);
    if (err) {
        bool is_full = err == HF_ERR_LIMIT;
        answer(s, request->tag, kind, HF_KEEPER_REFUSED,
               is_full ? HF_LIT("too_many_requests") : hf_bytes_cstr(hf_err_text(err)));
        return;
    }
    if (is_gone(s)) {
        hf_keep_rewrite_end_all(s, HF_REWRITE_GONE);
        return;
    }
    size_t before = s->rewrites.count;
    hf_keep_rewrite_offer(s);
    bool is_there = before == s->rewrites.count;
    if (is_there && s->rewrites.list[before - 1].state == HF_REWRITE_WAITS)
        answer(s, request->tag, kind, HF_KEEPER_DEFERRED, HF_EMPTY);
}
