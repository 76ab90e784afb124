/* `holdfast logs`: the end of a gateway's log, and what is added to it. */
#include "base/assert.h"
#include "host/clock.h"
#include "prog/ask.h"
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
            fprintf(stderr, "holdfast: %s [%s]\n", no_log, ask.target.url_shown);
            exit_code = HF_EXIT_FAILED;
        }
    }
    hf_buf_fini(&answer);
    hf_buf_fini(&params);
    hf_ask_close(&ask);
    return exit_code;
}

/* --- for as long as it is wanted --- */

struct logs {
    const struct hf_args *args;
    struct hf_target target;
    struct hf_session session;
    struct hf_live live;
    struct hf_log_follow follow;
    struct hf_buf out;
    unsigned count;
    bool is_asked, is_over, was_connected;
    hf_time ask_at;
    char failure[HF_SESSION_TEXT_BYTES]; /* a server's refusal: it will not change */
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
        !holdfast_result_is_retryable(result)) {
        hf_show_copy(l->failure, sizeof l->failure, hf_bytes_cstr(holdfast_result_message(result)));
        l->is_over = true;
    }
    if (holdfast_result_outcome(result) != HOLDFAST_OUTCOME_OK) return;
    if (hf_log_follow_take(&l->follow, hf_bytes(payload, len), &lines, &notes) != 0) {
        hf_show_copy(l->failure, sizeof l->failure, hf_bytes_cstr(no_log));
        l->is_over = true;
        return;
    }
    tell_notes(l, notes);
    if (notes & HF_LOG_OTHER_FILE) l->ask_at = hf_clock_now().mono;
    add_lines(lines, l->args->values[HF_OPTION_JSON] != NULL, &l->out);
    if (l->out.len > 0) hf_live_write(&l->live, &l->out);
}

static void ask(struct logs *l)
{
    struct hf_buf params;
    struct holdfast_call_options options;
    l->ask_at = hf_time_after(hf_clock_now().mono, HF_MS(ASK_EVERY_MS));
    if (l->is_asked || !l->session.is_ready) return;
    hf_buf_init(&params, PARAMS_BYTES);
    hf_log_follow_ask(&l->follow, l->count, &params);
    holdfast_call_options_init(&options);
    options.timeout_ms = ANSWER_WITHIN_MS;
    l->is_asked = holdfast_client_call(l->session.client, method, hf_buf_text(&params), &options,
                                       on_lines, l, NULL) == 0;
    hf_buf_fini(&params);
}

static int on_notice(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct logs *l = ctx;
    int64_t wait_ms = holdfast_notice_number(notice, HOLDFAST_NOTICE_WAIT_MS);
    char text[HF_SESSION_TEXT_BYTES];
    (void)client;
    if (holdfast_notice_kind(notice) == HOLDFAST_ON_HELLO) {
        if (l->was_connected) hf_live_tell(&l->live, "connected again");
        l->was_connected = true;
        l->ask_at = hf_clock_now().mono;
    } else if (holdfast_notice_kind(notice) == HOLDFAST_ON_PAUSED) {
        l->is_over = wait_ms < 0;
    } else {
        hf_session_text(&l->session, HOLDFAST_LAST_ERROR, text, sizeof text);
        hf_live_tell(&l->live, "not connected: %s; trying again in %lld ms",
                     text[0] ? text : "the connection ended", (long long)wait_ms);
    }
    return 0;
}

static int open_follow(struct logs *l, struct hf_fault *fault)
{
    static const enum holdfast_kind kinds[] = { HOLDFAST_ON_HELLO, HOLDFAST_ON_RETRY,
                                                HOLDFAST_ON_PAUSED };
    const struct hf_session_plan plan = { .target = &l->target,
                                          .args = l->args,
                                          .scopes = { hf_ask_scope(method) },
                                          .stays = true,
                                          .ping_every = HF_SECONDS(30) };
    int err = hf_target_read(&l->target, l->args, fault);
    if (!err) err = hf_target_check_plain(&l->target, fault);
    if (!err) err = hf_session_open(&l->session, &plan, fault);
    if (err) return err;
    for (size_t i = 0; !err && i < HF_COUNT(kinds); i++)
        err = holdfast_client_on(l->session.client, kinds[i], on_notice, l, NULL);
    if (err) return hf_fault_set(fault, HF_ERR_NOMEM, "out of memory");
    return hf_live_open(&l->live, &l->session, false, fault);
}

/* Only up to the first hello: afterwards it comes back whenever it is lost. */
static bool is_too_late(const struct logs *l)
{
    return !l->was_connected && l->args->values[HF_OPTION_TIMEOUT] &&
           hf_time_since(hf_clock_now().mono, l->session.started_at) >= l->target.timeout;
}

static int follow(struct logs *l)
{
    l->session.started_at = hf_clock_now().mono;
    l->ask_at = hf_time_after(l->session.started_at, HF_MS(ASK_EVERY_MS));
    int err = holdfast_client_start(l->session.client);
    while (!err && !l->is_over && !is_too_late(l)) {
        if (hf_live_wait(&l->live, l->ask_at) == HF_TERMINAL_END) return hf_live_end(&l->live);
        if (!hf_time_before(hf_clock_now().mono, l->ask_at)) ask(l);
    }
    struct hf_buf text;
    hf_buf_init(&text, 2 * HF_SESSION_TEXT_BYTES);
    if (l->failure[0])
        hf_buf_add(&text, hf_bytes_cstr(l->failure));
    else
        hf_session_failure(&l->session, &text);
    fprintf(stderr, "holdfast: %.*s [%s]\n", (int)text.len, (const char *)text.ptr,
            l->target.url_shown);
    hf_buf_fini(&text);
    return HF_EXIT_FAILED;
}

static int print_and_follow(const struct hf_args *args, unsigned count)
{
    struct hf_fault fault;
    struct logs l = { .args = args, .count = count };
    hf_buf_init(&l.out, HF_LIMIT_BUFFERED_BYTES);
    int exit_code = open_follow(&l, &fault) != 0 ? hf_verb_fail(args, &fault) : follow(&l);
    hf_live_close(&l.live);
    hf_session_close(&l.session);
    hf_target_fini(&l.target);
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
