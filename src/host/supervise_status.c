/* What a supervisor shows: the status record, diagnostics, history, HTTP, metrics. */
#include "host/supervise_state.h"
#include "wire/json_write.h"

enum { TEXT_BYTES = 1 << 19 };

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
    int64_t soft = r->limits.soft_bytes, hard = r->limits.hard_bytes;
    *out = (struct hf_control_memory){
        .has_limits = soft > 0 || hard > 0,
        .bytes = r->bytes,
        .peak_bytes = r->bytes < 0 ? -1 : r->peak_bytes,
        .soft_bytes = soft > 0 ? soft : -1,
        .hard_bytes = hard > 0 ? hard : -1,
        .is_held_by_kernel = hard > 0 && hf_trees_has_memory_max(s->trees, s->gateway),
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
        .circuit_open_until_ms = st->circuit_open_until_ms != 0 ? st->circuit_open_until_ms : -1,
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

void hf_sup_write_status(const struct hf_supervise *s, size_t line_max, struct hf_buf *out)
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
    add_age(s, w, "channelsOkAgeMs", seen.channels_ok_at);
    add_age(s, w, "channelsFailedAgeMs", seen.channels_failed_at);
    add_age(s, w, "closedAgeMs", seen.closed_at);
    hf_json_add_int(w, "closeCode", seen.close_code);
    hf_json_close_object(w);
}

static void add_word(struct hf_json_writer *w, const char *name, const char *word)
{
    if (word) hf_json_add_text(w, name, hf_bytes_cstr(word));
}

/* The liveness ladder (spec/supervisor.md 12.3). */
static void write_recovery(const struct hf_supervise *s, struct hf_json_writer *w)
{
    const struct hf_vigil_view view = hf_vigil_view(hf_supervisor_vigil(s->engine));
    hf_json_add_object(w, "recovery");
    add_word(w, "state", view.state);
    add_age(s, w, "aliveAgeMs", view.alive_at);
    if (!hf_time_same(view.deadline_at, HF_NEVER))
        hf_json_add_int(w, "deadlineInMs",
                        hf_span_ms(hf_time_since(view.deadline_at, s->now.mono)));
    add_age(s, w, "probedAgeMs", view.probed_at);
    add_word(w, "probeResult", view.result);
    add_word(w, "probeError", view.error);
    add_word(w, "reason", view.reason);
    hf_json_add_bool(w, "externallyManaged", view.is_external);
    hf_json_close_object(w);
}

void hf_sup_write_diagnostics(const struct hf_supervise *s, struct hf_buf *out)
{
    struct hf_json_writer w;
    struct hf_supervisor_status st;
    struct hf_tree_facts facts = { .group = "" };
    struct hf_buf status;
    hf_supervisor_status(s->engine, s->now, &st);
    hf_trees_facts(s->trees, s->gateway, &facts);
    hf_buf_init(&status, TEXT_BYTES);
    hf_sup_write_status(s, 0, &status);
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
    hf_json_add_text(&w, "childLog", hf_bytes_cstr(s->child_log_path));
    write_health(s, &w);
    write_sightings(s, &w);
    write_recovery(s, &w);
    hf_json_close_object(&w);
    hf_buf_fini(&status);
}

void hf_sup_write_history(const struct hf_supervise *s, size_t max, struct hf_buf *out)
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

unsigned hf_sup_got(void *ctx, struct hf_bytes path, struct hf_buf *body, const char **type)
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
        hf_sup_write_status(s, HF_SUP_LINES_DEFAULT, body);
        return 200;
    }
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        if (!hf_bytes_same(path, rows[i].path)) continue;
        write_answer(s, rows[i].question, body);
        return is_yes(s, rows[i].question) ? 200 : 503;
    }
    return 404;
}
