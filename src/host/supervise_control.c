/* The control socket of a supervisor: requests, answers, observers, HTTP. */
#include "base/limits.h"
#include "base/mem.h"
#include "host/supervise_state.h"
#include "wire/json_write.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 1 << 19, LINES_DEFAULT = 20, HISTORY_DEFAULT = 20 };

/* --- the status record --- */

static const char *next_name(enum hf_supervisor_next next)
{
    switch (next) {
    case HF_NEXT_NOTHING:
        return NULL;
    case HF_NEXT_RECONNECT:
        return "reconnect";
    case HF_NEXT_SLOW_RETRY:
        return "slow_retry";
    case HF_NEXT_QUARANTINE:
        return "quarantine_retry";
    case HF_NEXT_RESTART:
        return "restart";
    case HF_NEXT_RELOAD:
        return "reload";
    case HF_NEXT_DEADLINE:
        return "deadline";
    case HF_NEXT_KILL:
        return "kill";
    }
    return NULL;
}

struct lines {
    const struct hf_supervisor *engine;
    size_t skip;
    struct hf_buf text; /* of the line that was asked for last */
};

static struct hf_bytes line_at(void *ctx, size_t i)
{
    struct lines *l = ctx;
    hf_buf_reset(&l->text, TEXT_BYTES);
    hf_supervisor_line(l->engine, l->skip + i, &l->text);
    return hf_buf_view(&l->text);
}

static void fill_answers(const struct hf_supervise *s, struct hf_control_status *out)
{
    for (int i = 0; i < HF_STANDING_QUESTIONS; i++) {
        enum hf_standing_question question = (enum hf_standing_question)i;
        struct hf_standing_answer a = hf_supervisor_answer(s->engine, s->now, question);
        out->answers[i] = (struct hf_control_answer){
            .name = hf_standing_name(question),
            .word = hf_standing_word_name(a.word),
            .age_ms = hf_time_same(a.seen_at, HF_NEVER)
                          ? -1
                          : hf_span_ms(hf_time_since(s->now.mono, a.seen_at)),
            .for_ms = hf_time_same(a.since_at, HF_NEVER)
                          ? -1
                          : hf_span_ms(hf_time_since(s->now.mono, a.since_at)),
        };
    }
}

static void fill_memory(const struct hf_supervise *s, struct hf_control_memory *out)
{
    const struct hf_ration *r = hf_supervisor_ration(s->engine);
    struct hf_tree_facts facts = { .group = "" };
    int64_t soft = r->limits.soft_bytes, hard = r->limits.hard_bytes;
    if (hard > 0) hf_trees_facts(s->trees, s->gateway, &facts);
    *out = (struct hf_control_memory){
        .has_limits = soft > 0 || hard > 0,
        .bytes = r->bytes,
        .peak_bytes = r->bytes < 0 ? -1 : r->peak_bytes,
        .soft_bytes = soft > 0 ? soft : -1,
        .hard_bytes = hard > 0 ? hard : -1,
        .is_held_by_kernel = facts.has_memory_max,
        .recycles = r->recycles,
        .ends = r->ends,
    };
}

static void fill_status(const struct hf_supervise *s, const struct hf_supervisor_status *st,
                        struct hf_control_status *out)
{
    int64_t now_ms = s->now.wall_ms;
    *out = (struct hf_control_status){
        .state = hf_keeper_state_name(st->state),
        .phase = hf_phase_name(st->phase),
        .at_ms = now_ms,
        .since_ms = st->phase_at_ms,
        .why = st->cause,
        .port = st->port,
        .pid = st->pid,
        .uptime_s = st->has_uptime ? st->uptime_ms / 1000 : -1,
        .connected_at_ms = st->connected_at_ms != 0 ? st->connected_at_ms : -1,
        .error = st->error,
        .version = st->version,
        .reconnect_attempts = st->reconnect_attempts,
        .ready = st->ready == HF_READY_UNTOLD ? -1 : st->ready == HF_READY_YES,
        .is_owned = st->is_owned,
        .has_pending_restart = st->is_restart_pending,
        .is_fatal = st->is_fatal,
        .epoch = st->epoch,
        .quarantined_until_ms = st->quarantined_until_ms != 0 ? st->quarantined_until_ms : -1,
        .has_exit = st->last_exit.is_set,
        .exit_code = st->last_exit.code,
        .exit_signal = st->last_exit.signal,
        .exit_word = st->last_exit.why,
        .exit_at_ms = st->last_exit.at_ms,
        .next = next_name(st->next),
        .next_at_ms = now_ms + hf_span_ms(st->next_in),
    };
    fill_answers(s, out);
    fill_memory(s, &out->memory);
}

static void write_status(const struct hf_supervise *s, size_t line_max, struct hf_buf *out)
{
    struct hf_supervisor_status st;
    struct hf_control_status status;
    struct lines lines = { .engine = s->engine };
    hf_supervisor_status(s->engine, s->now, &st);
    fill_status(s, &st, &status);
    size_t kept = hf_supervisor_line_count(s->engine);
    status.line_count = kept < line_max ? kept : line_max;
    lines.skip = kept - status.line_count;
    hf_buf_init(&lines.text, TEXT_BYTES);
    status.line = line_at;
    status.line_ctx = &lines;
    hf_control_write_status(out, &status);
    hf_buf_fini(&lines.text);
}

/* --- diagnostics and history --- */

/* An instant as its age; what never happened is absent. */
static void add_age(const struct hf_supervise *s, struct hf_json_writer *w, const char *name,
                    hf_time at)
{
    if (hf_time_same(at, HF_NEVER)) return;
    hf_json_add_int(w, name, hf_span_ms(hf_time_since(s->now.mono, at)));
}

static void write_health(const struct hf_supervise *s, struct hf_json_writer *w)
{
    struct hf_condition condition = hf_supervisor_condition(s->engine, s->now);
    hf_json_add_object(w, "health");
    hf_json_add_text(w, "state", hf_bytes_cstr(hf_condition_state_name(condition.state)));
    hf_json_add_array(w, "reasons");
    for (int i = 0; i < HF_CONDITION_REASON_COUNT; i++)
        if (condition.reasons >> i & 1)
            hf_json_put_text(w,
                             hf_bytes_cstr(hf_condition_reason_name((enum hf_condition_reason)i)));
    hf_json_close_array(w);
    hf_json_close_object(w);
}

static void write_sightings(const struct hf_supervise *s, struct hf_json_writer *w)
{
    const struct hf_sightings seen = hf_supervisor_sightings(s->engine);
    hf_json_add_object(w, "seen");
    add_age(s, w, "aliveAgeMs", seen.alive_at);
    add_age(s, w, "rpcOkAgeMs", seen.call_ok_at);
    add_age(s, w, "rpcFailedAgeMs", seen.call_failed_at);
    hf_json_add_text(w, "rpcFailedMethod", hf_bytes(seen.failed_method, seen.failed_method_len));
    add_age(s, w, "missedAgeMs", seen.missed_at);
    hf_json_add_uint(w, "misses", seen.misses);
    hf_json_add_uint(w, "rpcFailures", seen.call_failures);
    add_age(s, w, "closedAgeMs", seen.closed_at);
    hf_json_add_int(w, "closeCode", seen.close_code);
    hf_json_close_object(w);
}

static void write_diagnostics(const struct hf_supervise *s, struct hf_buf *out)
{
    struct hf_json_writer w;
    struct hf_supervisor_status st;
    struct hf_tree_facts facts = { .group = "" };
    struct hf_buf status;
    hf_supervisor_status(s->engine, s->now, &st);
    hf_trees_facts(s->trees, s->gateway, &facts);
    hf_buf_init(&status, TEXT_BYTES);
    write_status(s, 0, &status);
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_raw(&w, "status", hf_buf_view(&status));
    hf_json_add_uint(&w, "restartsExecuted", st.executed);
    hf_json_add_uint(&w, "restartsSuppressed", st.suppressed);
    hf_json_add_uint(&w, "connectAttempts", st.connect_attempts);
    hf_json_add_uint(&w, "connectSuccesses", st.connect_successes);
    hf_json_add_uint(&w, "crashes", st.last_exit.crashes);
    hf_json_add_bool(&w, "journalWritten", st.is_journal_written);
    hf_json_add_bool(&w, "safeMode", st.is_safe_mode);
    hf_json_add_text(&w, "containment", facts.group[0] ? HF_LIT("cgroup") : HF_LIT("subreaper"));
    hf_json_add_int(&w, "guardianPid", facts.guardian);
    hf_json_add_text(&w, "childLog", hf_bytes_cstr(s->child_log.path));
    write_health(s, &w);
    write_sightings(s, &w);
    hf_json_close_object(&w);
    hf_buf_fini(&status);
}

static void write_history(const struct hf_supervise *s, size_t max, struct hf_buf *out)
{
    struct hf_json_writer w;
    size_t count = hf_supervisor_history_count(s->engine);
    size_t from = count > max ? count - max : 0;
    hf_json_writer_init(&w, out);
    hf_json_open_array(&w);
    for (size_t i = from; i < count; i++) {
        const struct hf_transition *t = hf_supervisor_history(s->engine, i);
        hf_json_open_object(&w);
        hf_json_add_int(&w, "at", t->at_ms);
        hf_json_add_text(&w, "from", hf_bytes_cstr(hf_phase_name(t->from)));
        hf_json_add_text(&w, "to", hf_bytes_cstr(hf_phase_name(t->to)));
        hf_json_add_text(&w, "state", hf_bytes_cstr(hf_keeper_state_name(hf_phase_state(t->to))));
        hf_json_add_uint(&w, "epoch", t->epoch);
        hf_json_add_text(&w, "cause", hf_bytes(t->cause, t->cause_len));
        hf_json_close_object(&w);
    }
    hf_json_close_array(&w);
}

/* --- requests --- */

static void answer(struct hf_supervise *s, hf_id client, const struct hf_control_request *r)
{
    struct hf_buf data, line;
    hf_buf_init(&data, TEXT_BYTES);
    hf_buf_init(&line, TEXT_BYTES);
    if (r->verb == HF_CONTROL_STATUS)
        write_status(s, r->limit > 0 ? (size_t)r->limit : LINES_DEFAULT, &data);
    else if (r->verb == HF_CONTROL_DIAGNOSTICS)
        write_diagnostics(s, &data);
    else if (r->verb == HF_CONTROL_HISTORY)
        write_history(s, r->limit > 0 ? (size_t)r->limit : HISTORY_DEFAULT, &data);
    else
        HF_BUF_LIT(&data, "{}");
    if (r->verb == HF_CONTROL_EVENTS) hf_control_observe(s->control, client);
    hf_control_write_data(&line, r->id, r->verb, hf_buf_view(&data));
    if (hf_buf_done(&data) == 0 && hf_buf_done(&line) == 0)
        hf_control_send(s->control, client, hf_buf_view(&line));
    hf_buf_fini(&line);
    hf_buf_fini(&data);
}

static void refuse(struct hf_supervise *s, hf_id client, struct hf_bytes id, const char *code,
                   const char *why)
{
    struct hf_buf line;
    hf_buf_init(&line, TEXT_BYTES);
    hf_control_write_error(&line, id, code, hf_bytes_cstr(why));
    if (hf_buf_done(&line) == 0) hf_control_send(s->control, client, hf_buf_view(&line));
    hf_buf_fini(&line);
}

static struct hf_waiter *waiter_of(struct hf_supervise *s, uint64_t tag)
{
    for (size_t i = 0; i < HF_COUNT(s->waiters); i++)
        if (s->waiters[i].tag == tag) return &s->waiters[i];
    return NULL;
}

static enum hf_keeper_verb keeper_verb(enum hf_control_verb verb)
{
    if (verb == HF_CONTROL_START) return HF_KEEPER_DO_START;
    if (verb == HF_CONTROL_STOP) return HF_KEEPER_DO_STOP;
    if (verb == HF_CONTROL_RESTART) return HF_KEEPER_DO_RESTART;
    return verb == HF_CONTROL_RELOAD ? HF_KEEPER_DO_RELOAD : HF_KEEPER_DO_QUIT;
}

static void pass_on(struct hf_supervise *s, hf_id client, const struct hf_control_request *r)
{
    struct hf_waiter *w = waiter_of(s, 0);
    struct hf_keeper_event event = { .kind = HF_KEEPER_REQUESTED };
    if (!w) {
        refuse(s, client, r->id, "TOO_MANY", "too many requests wait for their results");
        return;
    }
    *w = (struct hf_waiter){ .tag = ++s->last_tag, .client = client, .verb = r->verb };
    hf_buf_init(&w->id, HF_LIMIT_CONTROL_LINE_BYTES);
    hf_buf_add(&w->id, r->id);
    event.u.request = (struct hf_keeper_request){
        .tag = w->tag,
        .verb = keeper_verb(r->verb),
        .class = r->is_config ? HF_KEEPER_CONFIG : HF_KEEPER_OPERATOR,
        .is_debounced = r->is_debounced,
        .has_delay = r->has_delay,
        .delay = HF_MS(r->delay_ms),
        .reclaims_port = r->reclaims_port,
        .reason = r->reason,
    };
    if (r->verb == HF_CONTROL_QUIT) {
        s->stops = s->is_hasty = true;
        s->stop_tag = w->tag;
    }
    hf_sup_event(s, &event);
}

static void on_asked(void *ctx, hf_id client, const struct hf_control_request *r)
{
    struct hf_supervise *s = ctx;
    hf_sup_turn(s);
    switch (r->verb) {
    case HF_CONTROL_STATUS:
    case HF_CONTROL_DIAGNOSTICS:
    case HF_CONTROL_HISTORY:
    case HF_CONTROL_EVENTS:
        answer(s, client, r);
        return;
    case HF_CONTROL_START:
    case HF_CONTROL_STOP:
    case HF_CONTROL_RESTART:
    case HF_CONTROL_RELOAD:
    case HF_CONTROL_QUIT:
        pass_on(s, client, r);
        return;
    case HF_CONTROL_VERB_COUNT:
        return;
    }
}

static enum hf_control_outcome outcome_of(enum hf_keeper_outcome outcome)
{
    static const enum hf_control_outcome outcomes[] = {
        [HF_KEEPER_DEFERRED] = HF_OUTCOME_DEFERRED,
        [HF_KEEPER_DELAYED] = HF_OUTCOME_DELAYED,
        [HF_KEEPER_EXECUTED] = HF_OUTCOME_EXECUTED,
        [HF_KEEPER_JOINED] = HF_OUTCOME_JOINED,
        [HF_KEEPER_SATISFIED] = HF_OUTCOME_SATISFIED,
        [HF_KEEPER_REFUSED] = HF_OUTCOME_REFUSED,
        [HF_KEEPER_CANCELLED] = HF_OUTCOME_CANCELLED,
        [HF_KEEPER_SUPERSEDED] = HF_OUTCOME_SUPERSEDED,
        [HF_KEEPER_DISABLED] = HF_OUTCOME_DISABLED,
        [HF_KEEPER_UNKILLABLE] = HF_OUTCOME_UNKILLABLE,
        [HF_KEEPER_FAILED] = HF_OUTCOME_FAILED,
    };
    return outcomes[outcome];
}

static void send_result(struct hf_supervise *s, struct hf_waiter *w,
                        const struct hf_keeper_result *result)
{
    struct hf_buf line;
    const struct hf_control_result out = {
        .id = hf_buf_view(&w->id),
        .verb = w->verb,
        .outcome = outcome_of(result->outcome),
        .is_final = result->is_final,
        .pid_before = result->pid_before,
        .pid_after = result->pid_after,
        .retry_after_ms = result->retry_after > 0 ? hf_span_ms(result->retry_after) : -1,
        .reason = result->reason,
    };
    hf_buf_init(&line, TEXT_BYTES);
    hf_control_write_result(&line, &out);
    if (hf_buf_done(&line) == 0) hf_control_send(s->control, w->client, hf_buf_view(&line));
    hf_buf_fini(&line);
}

void hf_sup_result(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    const struct hf_keeper_result *result = &a->u.result;
    struct hf_waiter *w = result->tag != 0 ? waiter_of(s, result->tag) : NULL;
    if (w) send_result(s, w, result);
    if (w && result->is_final) {
        hf_buf_fini(&w->id);
        *w = (struct hf_waiter){ 0 };
    }
    if (!s->stops || result->tag != s->stop_tag || !result->is_final) return;
    if (s->config.hooks.ended) s->config.hooks.ended(s->config.hooks.ctx);
}

/* --- observers --- */

static const char *name_of(const struct hf_keeper_action *a)
{
    switch (a->u.tell.kind) {
    case HF_KEEPER_TELL_STATUS:
        return "status";
    case HF_KEEPER_TELL_EXIT:
        return "exit";
    case HF_KEEPER_TELL_ERROR:
        return "error";
    case HF_KEEPER_TELL_CHANNEL_STATUS:
        return "channel:status";
    case HF_KEEPER_TELL_CHAT_MESSAGE:
        return "chat:message";
    case HF_KEEPER_TELL_GATEWAY_READY:
        return "gateway:ready";
    case HF_KEEPER_TELL_NOTIFICATION:
        return "notification";
    case HF_KEEPER_TELL_MESSAGE:
        return "message";
    case HF_KEEPER_TELL_RESTART_EXECUTED:
        return "gateway.restart.executed";
    case HF_KEEPER_TELL_RESTART_SUPPRESSED:
        return "gateway.restart.suppressed";
    case HF_KEEPER_TELL_RECONNECT:
        return "gateway.reconnect";
    case HF_KEEPER_TELL_STARTUP:
        return "gateway.startup";
    }
    return "message";
}

static void write_payload(struct hf_supervise *s, const struct hf_keeper_action *a,
                          struct hf_buf *out)
{
    if (a->u.tell.kind == HF_KEEPER_TELL_STATUS)
        write_status(s, 0, out);
    else if (a->u.tell.kind == HF_KEEPER_TELL_EXIT)
        hf_control_write_exit(out, a->u.tell.code, a->u.tell.signal);
    else if (a->u.tell.kind == HF_KEEPER_TELL_ERROR)
        hf_control_write_text(out, "message", a->u.tell.payload);
    else if (a->u.tell.kind == HF_KEEPER_TELL_NOTIFICATION)
        hf_control_write_notification(out, a->u.tell.name, a->u.tell.payload);
    else
        hf_buf_add(out, a->u.tell.payload);
}

/* The service manager shows one line of what we do. */
void hf_sup_tell_manager(struct hf_supervise *s)
{
    char text[256];
    struct hf_supervisor_status st;
    hf_supervisor_status(s->engine, s->now, &st);
    if (st.phase == s->told_phase) return;
    s->told_phase = st.phase;
    snprintf(text, sizeof text, "STATUS=gateway %s (%s): %.*s", hf_keeper_state_name(st.state),
             hf_phase_name(st.phase), (int)st.cause.len, (const char *)st.cause.ptr);
    hf_notify_hint(s->config.notify, text);
}

void hf_sup_tell(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    struct hf_buf payload, line;
    if (a->u.tell.kind == HF_KEEPER_TELL_STATUS && s->config.hooks.changed)
        s->config.hooks.changed(s->config.hooks.ctx);
    hf_buf_init(&payload, HF_LIMIT_PAYLOAD_BYTES);
    hf_buf_init(&line, HF_LIMIT_PAYLOAD_BYTES);
    write_payload(s, a, &payload);
    hf_control_write_event(&line, name_of(a), s->now.wall_ms, hf_buf_view(&payload));
    if (hf_buf_done(&payload) == 0 && hf_buf_done(&line) == 0)
        hf_control_tell(s->control, hf_buf_view(&line));
    hf_buf_fini(&line);
    hf_buf_fini(&payload);
}

/* --- HTTP --- */

static bool is_yes(const struct hf_supervise *s, enum hf_standing_question question)
{
    return hf_supervisor_answer(s->engine, s->now, question).word == HF_STANDING_YES;
}

static void write_answer(const struct hf_supervise *s, enum hf_standing_question question,
                         struct hf_buf *body)
{
    struct hf_json_writer w;
    struct hf_standing_answer a = hf_supervisor_answer(s->engine, s->now, question);
    hf_json_writer_init(&w, body);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "question", hf_bytes_cstr(hf_standing_name(question)));
    hf_json_add_text(&w, "answer", hf_bytes_cstr(hf_standing_word_name(a.word)));
    if (!hf_time_same(a.seen_at, HF_NEVER))
        hf_json_add_int(&w, "ageMs", hf_span_ms(hf_time_since(s->now.mono, a.seen_at)));
    hf_json_close_object(&w);
}

static void write_metrics(const struct hf_supervise *s, struct hf_buf *body)
{
    struct hf_supervisor_status st;
    hf_supervisor_status(s->engine, s->now, &st);
    HF_BUF_LIT(body, "# TYPE holdfast_supervisor_answer gauge\n");
    for (int i = 0; i < HF_STANDING_QUESTIONS; i++) {
        enum hf_standing_question question = (enum hf_standing_question)i;
        hf_buf_addf(body, "holdfast_supervisor_answer{question=\"%s\"} %d\n",
                    hf_standing_name(question), is_yes(s, question) ? 1 : 0);
    }
    hf_buf_addf(body,
                "# TYPE holdfast_supervisor_restarts_total counter\n"
                "holdfast_supervisor_restarts_total{result=\"executed\"} %llu\n"
                "holdfast_supervisor_restarts_total{result=\"suppressed\"} %llu\n"
                "# TYPE holdfast_supervisor_crashes_total counter\n"
                "holdfast_supervisor_crashes_total %llu\n"
                "# TYPE holdfast_supervisor_quarantined gauge\n"
                "holdfast_supervisor_quarantined %d\n",
                (unsigned long long)st.executed, (unsigned long long)st.suppressed,
                (unsigned long long)st.last_exit.crashes, st.is_quarantined ? 1 : 0);
}

static void write_memory_metrics(const struct hf_supervise *s, struct hf_buf *body)
{
    struct hf_control_memory memory;
    fill_memory(s, &memory);
    if (!memory.has_limits) return;
    hf_buf_addf(body,
                "# TYPE holdfast_supervisor_memory_bytes gauge\n"
                "holdfast_supervisor_memory_bytes %lld\n"
                "# TYPE holdfast_supervisor_memory_acts_total counter\n"
                "holdfast_supervisor_memory_acts_total{act=\"recycled\"} %llu\n"
                "holdfast_supervisor_memory_acts_total{act=\"ended\"} %llu\n",
                (long long)(memory.bytes < 0 ? 0 : memory.bytes),
                (unsigned long long)memory.recycles, (unsigned long long)memory.ends);
}

static unsigned on_got(void *ctx, struct hf_bytes path, struct hf_buf *body, const char **type)
{
    static const struct {
        struct hf_bytes path;
        enum hf_standing_question question;
    } rows[] = {
        { HF_LIT_INIT("/alive"), HF_STANDING_ALIVE },
        { HF_LIT_INIT("/healthz"), HF_STANDING_ALIVE },
        { HF_LIT_INIT("/reachable"), HF_STANDING_REACHABLE },
        { HF_LIT_INIT("/responsive"), HF_STANDING_RESPONSIVE },
        { HF_LIT_INIT("/ready"), HF_STANDING_READY },
        { HF_LIT_INIT("/readyz"), HF_STANDING_READY },
    };
    struct hf_supervise *s = ctx;
    hf_sup_turn(s);
    if (hf_bytes_same(path, HF_LIT("/metrics"))) {
        *type = "text/plain; version=0.0.4";
        write_metrics(s, body);
        write_memory_metrics(s, body);
        return 200;
    }
    if (hf_bytes_same(path, HF_LIT("/status"))) {
        write_status(s, LINES_DEFAULT, body);
        return 200;
    }
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        if (!hf_bytes_same(path, rows[i].path)) continue;
        write_answer(s, rows[i].question, body);
        return is_yes(s, rows[i].question) ? 200 : 503;
    }
    return 404;
}

/* --- life --- */

int hf_sup_control_open(struct hf_supervise *s, struct hf_fault *fault)
{
    const struct hf_control_hooks hooks = { .ctx = s, .asked = on_asked, .got = on_got };
    return hf_control_new(&s->control, s->loop, s->config.control_path, &hooks, fault);
}

void hf_sup_control_close(struct hf_supervise *s)
{
    for (size_t i = 0; i < HF_COUNT(s->waiters); i++) hf_buf_fini(&s->waiters[i].id);
    hf_control_free(s->control);
    s->control = NULL;
}
