/* `holdfast logs`: the end of a gateway's log, and what is added to it. */
#include "base/assert.h"
#include "host/clock.h"
#include "prog/live.h"
#include "prog/log_follow.h"
#include "prog/show/text.h"
#include "prog/verbs.h"
#include "wire/json_read.h"

#include <stdio.h>
#include <string.h>

enum {
    USUAL_LINES = 200,
    ASK_EVERY_MS = 1000,
    ANSWER_WITHIN_MS = 10000,
    PARAMS_BYTES = 256,
};

static const char method[] = "logs.tail";
static const char no_log[] = "what the gateway answers is not the end of a log";

static int read_count(const struct hf_args *args, unsigned *out, struct hf_fault *fault)
{
    const char *text = args->values[HF_OPTION_LINES];
    uint64_t count = USUAL_LINES;
    if (text && (!hf_bytes_u64(hf_bytes_cstr(text), &count) || count == 0 ||
                 count > HF_LIMIT_LOG_TAIL_LINES))
        return hf_fault_set(fault, HF_ERR_USAGE, "--lines wants 1 to %d, not \"%s\"",
                            HF_LIMIT_LOG_TAIL_LINES, text);
    *out = (unsigned)count;
    return 0;
}

/* A line of a gateway's log is a JSON object with much that people do not read. */
static void add_line(struct hf_bytes line, struct hf_buf *out)
{
    static const char *const members[] = { "time", "level", "message" };
    struct hf_buf text;
    bool is_record = line.len > 0 && line.ptr[0] == '{' &&
                     hf_json_check(line, HF_LIMIT_JSON_DEPTH, NULL) == 0 &&
                     hf_json_kind(hf_json_find(line, "message")) == HF_JSON_STRING;
    if (!is_record) {
        hf_show_text(out, line, HF_LIMIT_PAYLOAD_BYTES);
        return;
    }
    hf_buf_init(&text, HF_LIMIT_PAYLOAD_BYTES);
    for (size_t i = 0; i < HF_COUNT(members); i++) {
        if (text.len > 0) HF_BUF_LIT(&text, " ");
        hf_json_text(hf_json_find(line, members[i]), &text);
    }
    hf_show_text(out, hf_buf_view(&text), HF_LIMIT_PAYLOAD_BYTES);
    hf_buf_fini(&text);
}

/* The lines, one each; with --json as JSON texts. */
static void add_lines(struct hf_bytes lines, bool is_json, struct hf_buf *out)
{
    struct hf_json_iter it = hf_json_iter(lines);
    struct hf_bytes value;
    struct hf_buf text;
    hf_buf_init(&text, HF_LIMIT_PAYLOAD_BYTES);
    while (hf_json_next(&it, &value)) {
        hf_buf_reset(&text, text.max);
        hf_json_text(value, &text);
        if (is_json)
            hf_buf_add(out, value);
        else
            add_line(hf_buf_view(&text), out);
        HF_BUF_LIT(out, "\n");
    }
    hf_buf_fini(&text);
}

/* --- once --- */

static int print_once(const struct hf_args *args, unsigned count)
{
    struct hf_ask ask;
    struct hf_buf params, answer, out;
    struct hf_log_follow follow = { 0 };
    struct hf_bytes lines;
    unsigned notes;
    const char *scopes[] = { hf_ask_scope(method) };
    hf_buf_init(&params, PARAMS_BYTES);
    hf_buf_init(&answer, 0);
    hf_log_follow_ask(&follow, count, &params);
    const struct hf_ask_call call = { .method = method, .params = hf_buf_text(&params) };
    HF_ASSERT(call.params); /* PARAMS_BYTES is more than three numbers */
    int exit_code = hf_ask_open(&ask, args, scopes, HF_COUNT(scopes), false);
    if (exit_code == HF_EXIT_DONE) exit_code = hf_ask_call(&ask, &call, &answer);
    if (exit_code == HF_EXIT_DONE && args->values[HF_OPTION_JSON]) {
        exit_code = hf_verb_print(&answer);
    } else if (exit_code == HF_EXIT_DONE) {
        hf_buf_init(&out, HF_LIMIT_BUFFERED_BYTES);
        if (hf_log_follow_take(&follow, hf_buf_view(&answer), &lines, &notes) == 0) {
            add_lines(lines, false, &out);
            exit_code = hf_verb_print(&out);
        } else {
            exit_code = hf_ask_fail(&ask, no_log);
        }
    }
    hf_buf_fini(&answer);
    hf_buf_fini(&params);
    hf_ask_close(&ask);
    return exit_code;
}

/* --- for as long as it is wanted --- */

struct logs {
    struct hf_live live;
    struct hf_log_follow follow;
    struct hf_buf out;
    unsigned count;
    bool is_asked;
    hf_time ask_at;
};

static void tell_notes(struct logs *l, unsigned notes)
{
    if (notes & HF_LOG_OTHER_FILE)
        hf_live_tell(&l->live, "the gateway logs to %s now", l->follow.file);
    if (notes & HF_LOG_ROTATED)
        hf_live_tell(&l->live,
                     "the log was rotated: the last lines of the old file may be missing");
    if (notes & HF_LOG_LEFT_OUT)
        hf_live_tell(&l->live, "more came than one answer holds: older lines are missing");
}

static void on_lines(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    struct logs *l = ctx;
    size_t len;
    unsigned notes = 0;
    struct hf_bytes lines;
    const char *payload = holdfast_result_payload(result, &len);
    (void)client;
    l->is_asked = false;
    if (holdfast_result_outcome(result) == HOLDFAST_OUTCOME_SERVER_ERROR &&
        !holdfast_result_is_retryable(result)) { /* it will not change */
        hf_ask_fail_with(&l->live.ask, result);
        hf_live_stop(&l->live);
    }
    if (holdfast_result_outcome(result) != HOLDFAST_OUTCOME_OK) return;
    if (hf_log_follow_take(&l->follow, hf_bytes(payload, len), &lines, &notes) != 0) {
        hf_ask_fail(&l->live.ask, no_log);
        hf_live_stop(&l->live);
        return;
    }
    tell_notes(l, notes);
    if (notes & HF_LOG_OTHER_FILE) l->ask_at = hf_clock_now().mono;
    add_lines(lines, l->live.plan.args->values[HF_OPTION_JSON] != NULL, &l->out);
    if (l->out.len > 0) hf_live_write(&l->live, &l->out);
}

static void ask(struct logs *l)
{
    struct hf_buf params;
    struct holdfast_call_options options;
    l->ask_at = hf_time_after(hf_clock_now().mono, HF_MS(ASK_EVERY_MS));
    if (l->is_asked || !l->live.ask.session.is_ready) return;
    hf_buf_init(&params, PARAMS_BYTES);
    hf_log_follow_ask(&l->follow, l->count, &params);
    holdfast_call_options_init(&options);
    options.timeout_ms = ANSWER_WITHIN_MS;
    l->is_asked = holdfast_client_call(l->live.ask.session.client, method, hf_buf_text(&params),
                                       &options, on_lines, l, NULL) == 0;
    hf_buf_fini(&params);
}

static int on_notice(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct logs *l = ctx;
    int64_t wait_ms = holdfast_notice_number(notice, HOLDFAST_NOTICE_WAIT_MS);
    char text[HF_SESSION_TEXT_BYTES];
    (void)client;
    if (holdfast_notice_kind(notice) == HOLDFAST_ON_HELLO) {
        if (l->live.was_connected) hf_live_tell(&l->live, "connected again");
        l->live.was_connected = true;
        l->is_asked = false;
        l->ask_at = hf_clock_now().mono;
    } else if (holdfast_notice_kind(notice) == HOLDFAST_ON_PAUSED) {
        l->live.is_over = wait_ms < 0;
    } else {
        hf_session_text(&l->live.ask.session, HOLDFAST_LAST_ERROR, text, sizeof text);
        hf_live_tell(&l->live, "not connected: %s; trying again in %lld ms",
                     text[0] ? text : "the connection ended", (long long)wait_ms);
    }
    return 0;
}

static int listen_to(holdfast_client *client, void *ctx)
{
    static const enum holdfast_kind kinds[] = { HOLDFAST_ON_HELLO, HOLDFAST_ON_RETRY,
                                                HOLDFAST_ON_PAUSED };
    int err = 0;
    for (size_t i = 0; !err && i < HF_COUNT(kinds); i++)
        err = holdfast_client_on(client, kinds[i], on_notice, ctx, NULL);
    return err;
}

static int follow(struct logs *l)
{
    l->ask_at = hf_time_after(hf_clock_now().mono, HF_MS(ASK_EVERY_MS));
    while (hf_live_wait(&l->live, l->ask_at) != HF_TERMINAL_END)
        if (!hf_time_before(hf_clock_now().mono, l->ask_at)) ask(l);
    return hf_live_end(&l->live);
}

static int print_and_follow(const struct hf_args *args, unsigned count)
{
    struct hf_fault fault;
    struct logs l = { .count = count };
    const struct hf_live_plan plan = { .args = args,
                                       .scope = hf_ask_scope(method),
                                       .ping_every = HF_SECONDS(30),
                                       .listen = listen_to,
                                       .ctx = &l };
    hf_buf_init(&l.out, HF_LIMIT_BUFFERED_BYTES);
    int err = hf_live_open(&l.live, &plan, &fault);
    if (!err) err = hf_live_start(&l.live, false, &fault);
    int exit_code = err ? hf_verb_fail(args, &fault) : follow(&l);
    hf_live_close(&l.live);
    hf_buf_fini(&l.out);
    hf_terminal_obey(&l.live.terminal);
    return exit_code;
}

int hf_verb_logs(const struct hf_args *args)
{
    struct hf_fault fault;
    unsigned count = USUAL_LINES;
    if (read_count(args, &count, &fault) != 0) return hf_verb_fail(args, &fault);
    return args->values[HF_OPTION_FOLLOW] ? print_and_follow(args, count) : print_once(args, count);
}
