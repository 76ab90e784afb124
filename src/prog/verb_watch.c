/* `holdfast watch` and `holdfast health --watch`: how a gateway is, now and now. */
#include "base/glob.h"
#include "base/mem.h"
#include "host/clock.h"
#include "prog/live.h"
#include "prog/monitor/view.h"
#include "prog/show/text.h"
#include "prog/verbs.h"
#include "wire/json_write.h"

#include <stdio.h>
#include <string.h>

enum {
    SAMPLE_MS = 1000,
    DRAW_MS = 100,           /* at most ten frames a second */
    PING_MS = 1000,          /* of our own */
    HEALTH_WITHIN_MS = 5000, /* later it is a hole in the bars */
    BIG_TABLE_BYTES = 262144,
    BIG_TABLE_MS = 10000, /* then it is asked for less often */
    LINE_BYTES = 1 << 20,
    TEXT_BYTES = 256,
};

struct watch {
    const struct hf_args *args;
    struct hf_live live;
    struct hf_monitor model;
    struct hf_monitor_look look;
    struct hf_screen screen;
    struct hf_buf out;
    const char *events; /* --events: the pattern, else NULL */
    bool is_json, has_colour, is_dirty;
    bool is_line_due;   /* output by lines: a sample is complete */
    bool is_start_told; /* the wait that is told next is that for a start */
    hf_time sample_at, drawn_at, table_at;
    hf_span table_every;
    hf_time health_asked_at;
    bool is_health_asked, is_table_asked;
    char reason[TEXT_BYTES]; /* why the connection was lost */
};

/* --- asking --- */

static void on_health(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    struct watch *w = ctx;
    size_t len;
    const char *payload = holdfast_result_payload(result, &len);
    int64_t took_ms = hf_span_ms(hf_time_since(hf_clock_now().mono, w->health_asked_at));
    (void)client;
    w->is_health_asked = false;
    w->is_dirty = w->is_line_due = true;
    if (holdfast_result_outcome(result) == HOLDFAST_OUTCOME_OK)
        hf_monitor_health(&w->model, hf_bytes(payload, len), took_ms);
    else
        hf_monitor_no_health(&w->model);
}

static void on_table(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    struct watch *w = ctx;
    size_t len;
    const char *payload = holdfast_result_payload(result, &len);
    (void)client;
    w->is_table_asked = false;
    w->is_dirty = true;
    if (holdfast_result_outcome(result) == HOLDFAST_OUTCOME_OK) {
        hf_monitor_connections(&w->model, hf_clock_now().mono, hf_bytes(payload, len));
        w->table_every = HF_MS(len > BIG_TABLE_BYTES ? BIG_TABLE_MS : SAMPLE_MS);
    } else if (holdfast_result_outcome(result) == HOLDFAST_OUTCOME_SERVER_ERROR) {
        bool is_forbidden = strcmp(holdfast_result_code(result), "FORBIDDEN") == 0;
        hf_monitor_no_table(&w->model, is_forbidden ? HF_MONITOR_NOT_ALLOWED : HF_MONITOR_UNKNOWN);
        w->table_at = HF_NEVER;
    }
}

static bool call(struct watch *w, const char *method, holdfast_result_fn fn)
{
    struct holdfast_call_options options;
    holdfast_call_options_init(&options);
    options.timeout_ms = HEALTH_WITHIN_MS;
    return holdfast_client_call(w->live.ask.session.client, method, NULL, &options, fn, w, NULL) ==
           0;
}

static void ask_for_table(struct watch *w, hf_time now)
{
    static const char method[] = "diagnostics.connections";
    if (w->look.is_health || w->is_table_asked || hf_time_before(now, w->table_at)) return;
    w->table_at = hf_time_after(now, w->table_every);
    if (holdfast_client_has_method(w->live.ask.session.client, method)) {
        w->is_table_asked = call(w, method, on_table);
    } else {
        hf_monitor_no_table(&w->model, HF_MONITOR_UNKNOWN);
        w->table_at = HF_NEVER;
    }
}

/* One sample of everything. */
static void sample(struct watch *w, hf_time now)
{
    w->sample_at = hf_time_after(now, HF_MS(SAMPLE_MS));
    w->is_dirty = true;
    hf_rates_step(&w->model.events, now);
    hf_monitor_rtt(&w->model,
                   w->live.ask.session.is_ready
                       ? holdfast_client_number(w->live.ask.session.client, HOLDFAST_RTT_MS)
                       : HF_SPARK_NO_SAMPLE);
    if (w->live.ask.session.is_ready && !w->is_health_asked) {
        ask_for_table(w, now);
        w->health_asked_at = now;
        w->is_health_asked = call(w, "health", on_health);
    } else {
        hf_monitor_no_health(&w->model);
        w->is_line_due = true;
    }
}

/* --- what the client tells --- */

static void tell_lost(struct watch *w, enum hf_monitor_link link, const char *text, int64_t wait_ms)
{
    char shown[TEXT_BYTES];
    hf_show_copy(shown, sizeof shown, hf_bytes_cstr(text[0] ? text : w->reason));
    hf_monitor_lost(&w->model, hf_clock_now().mono, link, hf_bytes_cstr(shown), wait_ms);
    if (wait_ms >= 0)
        hf_live_tell(&w->live, "%s: %s; trying again in %lld ms",
                     link == HF_MONITOR_STARTING ? "the gateway is starting" : "not connected",
                     shown[0] ? shown : "the connection ended", (long long)wait_ms);
}

static void note_reason(struct watch *w, const holdfast_notice *notice)
{
    int64_t code = holdfast_notice_number(notice, HOLDFAST_NOTICE_CLOSE_CODE);
    const char *text = holdfast_notice_text(notice, HOLDFAST_NOTICE_TEXT);
    if (!text[0] && code > 0) text = holdfast_close_code_name((unsigned)code);
    snprintf(w->reason, sizeof w->reason, "%s", text);
}

static void told_hello(struct watch *w, const holdfast_notice *notice)
{
    const char *version = holdfast_notice_text(notice, HOLDFAST_NOTICE_SERVER_VERSION);
    bool is_first = !w->live.was_connected;
    w->live.was_connected = true;
    hf_monitor_connected(
        &w->model, hf_clock_now().mono, hf_bytes_cstr(version),
        hf_bytes_cstr(holdfast_notice_text(notice, HOLDFAST_NOTICE_CONNECTION_ID)));
    w->sample_at = w->table_at = hf_clock_now().mono;
    w->is_health_asked = w->is_table_asked = false;
    if (!is_first || w->events)
        hf_live_tell(&w->live, "connected to %s", w->live.ask.target.url_shown);
}

static int on_notice(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct watch *w = ctx;
    int64_t wait_ms = holdfast_notice_number(notice, HOLDFAST_NOTICE_WAIT_MS);
    (void)client;
    w->is_dirty = true;
    switch (holdfast_notice_kind(notice)) {
    case HOLDFAST_ON_HELLO:
        told_hello(w, notice);
        break;
    case HOLDFAST_ON_CONNECT_ERROR:
    case HOLDFAST_ON_CLOSED:
        note_reason(w, notice);
        break;
    case HOLDFAST_ON_RETRY:
        if (!w->is_start_told) tell_lost(w, HF_MONITOR_LOST, "", wait_ms);
        w->is_start_told = false;
        break;
    case HOLDFAST_ON_STARTUP_WAIT:
        w->is_start_told = true;
        tell_lost(w, HF_MONITOR_STARTING, "startup-sidecars", wait_ms);
        break;
    case HOLDFAST_ON_PAUSED:
        tell_lost(w, HF_MONITOR_PAUSED, holdfast_notice_text(notice, HOLDFAST_NOTICE_TEXT),
                  wait_ms);
        w->live.is_over = wait_ms < 0;
        break;
    case HOLDFAST_ON_GAP:
        hf_monitor_gap(&w->model);
        if (w->events) hf_live_tell(&w->live, "events were missed");
        break;
    case HOLDFAST_ON_STATUS:
    case HOLDFAST_ON_AUTH_ERROR:
    case HOLDFAST_ON_RESYNC:
    case HOLDFAST_ON_STORE_ERROR:
    case HOLDFAST_ON_INSECURE:
    case HOLDFAST_ON_DISPOSING:
    case HOLDFAST_ON_DISPOSED:
        break;
    }
    return 0;
}

static void print_event(struct watch *w, struct hf_bytes name, struct hf_bytes payload, int64_t seq)
{
    struct hf_json_writer j;
    int64_t wall_ms = hf_clock_now().wall_ms;
    if (w->is_json) {
        hf_json_writer_init(&j, &w->out);
        hf_json_open_object(&j);
        hf_json_add_int(&j, "ts", wall_ms);
        hf_json_add_text(&j, "event", name);
        if (seq > 0) hf_json_add_int(&j, "seq", seq);
        hf_json_add_raw(&j, "payload", payload.len ? payload : HF_LIT("null"));
        hf_json_close_object(&j);
        HF_BUF_LIT(&w->out, "\n");
    } else {
        hf_monitor_event_line(wall_ms, name, payload, seq, &w->out);
    }
    hf_live_write(&w->live, &w->out);
}

static int on_event(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    struct watch *w = ctx;
    size_t len;
    const char *payload = holdfast_event_payload(event, &len);
    struct hf_bytes name = hf_bytes_cstr(holdfast_event_name(event));
    (void)client;
    hf_monitor_event(&w->model, hf_clock_now().mono, name);
    if (w->events && hf_glob_match(hf_bytes_cstr(w->events), name))
        print_event(w, name, hf_bytes(payload, len), holdfast_event_seq(event));
    return 0;
}

/* --- showing --- */

static void draw(struct watch *w, struct hf_now now)
{
    w->is_dirty = false;
    w->drawn_at = now.mono;
    hf_monitor_draw(&w->model, now, &w->look, &w->screen);
    hf_screen_draw(&w->screen, &w->out, w->has_colour);
    hf_live_write(&w->live, &w->out);
}

static void print_line(struct watch *w, struct hf_now now)
{
    if (w->is_json)
        hf_monitor_json(&w->model, now, w->look.is_health, &w->out);
    else
        hf_monitor_line(&w->model, now, w->look.is_health, &w->out);
    hf_live_write(&w->live, &w->out);
}

static int resize(struct watch *w)
{
    const struct hf_terminal *t = &w->live.terminal;
    int err = hf_screen_resize(&w->screen, t->columns, t->rows);
    if (err) return err;
    hf_buf_fini(&w->out);
    hf_buf_init(&w->out, hf_screen_draw_max(&w->screen));
    w->is_dirty = true;
    return 0;
}

/* --- the whole --- */

static int listen_to(holdfast_client *client, void *ctx)
{
    static const enum holdfast_kind kinds[] = { HOLDFAST_ON_HELLO,        HOLDFAST_ON_CONNECT_ERROR,
                                                HOLDFAST_ON_CLOSED,       HOLDFAST_ON_RETRY,
                                                HOLDFAST_ON_STARTUP_WAIT, HOLDFAST_ON_PAUSED,
                                                HOLDFAST_ON_GAP };
    int err = 0;
    for (size_t i = 0; !err && i < HF_COUNT(kinds); i++)
        err = holdfast_client_on(client, kinds[i], on_notice, ctx, NULL);
    return err ? err : holdfast_client_on_event(client, "*", on_event, ctx, NULL);
}

static void begin(struct watch *w, hf_time now)
{
    hf_monitor_init(&w->model, now);
    w->drawn_at = hf_time_after(now, -HF_MS(DRAW_MS));
    w->sample_at = hf_time_after(now, HF_MS(SAMPLE_MS));
    w->table_at = now;
    w->table_every = HF_MS(SAMPLE_MS);
    w->is_dirty = true;
}

static int open_view(struct watch *w, struct hf_fault *fault)
{
    const struct hf_live_plan plan = { .args = w->args,
                                       .scope = "operator.read",
                                       .likes_admin = !w->look.is_health,
                                       .ping_every = HF_MS(PING_MS),
                                       .listen = listen_to,
                                       .ctx = w };
    bool is_screen = !w->events && !w->is_json && hf_terminal_is_usable();
    int err = hf_live_open(&w->live, &plan, fault);
    if (err) return err;
    w->look.url = w->live.ask.target.url_shown;
    w->look.has_unicode = hf_terminal_has_unicode();
    w->has_colour = hf_terminal_has_colour(STDOUT_FILENO, w->args);
    hf_buf_init(&w->out, LINE_BYTES + HF_LIMIT_PAYLOAD_BYTES);
    begin(w, hf_clock_now().mono);
    err = hf_live_start(&w->live, is_screen, fault);
    if (!err && is_screen && resize(w) != 0)
        err = hf_fault_set(fault, HF_ERR_NOMEM, "out of memory");
    return err;
}

static hf_time next_turn(const struct watch *w)
{
    hf_time at = w->sample_at;
    if (w->live.terminal.is_screen && w->is_dirty)
        at = hf_time_min(at, hf_time_after(w->drawn_at, HF_MS(DRAW_MS)));
    return at;
}

/* One turn: false at the end. */
static bool turn(struct watch *w)
{
    enum hf_terminal_news news = hf_live_wait(&w->live, next_turn(w));
    struct hf_now now = hf_clock_now();
    if (news == HF_TERMINAL_END) return false;
    if (news == HF_TERMINAL_REDRAW && (w->live.write_err = resize(w)) != 0) return false;
    if (!hf_time_before(now.mono, w->sample_at)) sample(w, now.mono);
    if (w->is_line_due && !w->live.terminal.is_screen && !w->events) print_line(w, now);
    w->is_line_due = false;
    if (w->live.terminal.is_screen && w->is_dirty &&
        hf_time_since(now.mono, w->drawn_at) >= HF_MS(DRAW_MS))
        draw(w, now);
    return true;
}

int hf_verb_watch(const struct hf_args *args)
{
    struct hf_fault fault;
    struct watch *w = hf_mem_zero(1, sizeof *w);
    if (!w) {
        hf_fault_set(&fault, HF_ERR_NOMEM, "out of memory");
        return hf_verb_fail(args, &fault);
    }
    w->args = args;
    w->events = args->values[HF_OPTION_EVENTS];
    w->is_json = args->values[HF_OPTION_JSON] != NULL;
    w->look.is_health = args->verb->run == hf_verb_health;
    int err = open_view(w, &fault);
    while (!err && turn(w)) {
    }
    int exit_code = err ? HF_EXIT_FAILED : hf_live_end(&w->live);
    struct hf_terminal terminal = w->live.terminal;
    hf_live_close(&w->live);
    if (err) exit_code = hf_verb_fail(args, &fault); /* not on a screen that is gone then */
    hf_screen_fini(&w->screen);
    hf_buf_fini(&w->out);
    hf_mem_free(w);
    hf_terminal_obey(&terminal);
    return exit_code;
}
