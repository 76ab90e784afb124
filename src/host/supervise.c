#include "host/supervise.h"
#include "base/assert.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/mem.h"
#include "host/clock.h"
#include "host/supervise_state.h"

#include <stdio.h>
#include <stdlib.h>

/* --- the queue of events --- */

enum { SPANS_MAX = 3 };

/* What an event leads to. */
static size_t spans_of(struct hf_keeper_event *e, struct hf_bytes *out[SPANS_MAX])
{
    switch (e->kind) {
    case HF_KEEPER_REQUESTED:
        out[0] = &e->u.request.reason;
        out[1] = &e->u.request.key;
        out[2] = &e->u.request.value;
        return 3;
    case HF_KEEPER_CONFIG_READ:
        out[0] = &e->u.config.text;
        return 1;
    case HF_KEEPER_DETECTED:
        out[0] = &e->u.found.program;
        out[1] = &e->u.found.unit;
        return 2;
    case HF_KEEPER_PROBED:
        out[0] = &e->u.probed.why;
        return 1;
    case HF_KEEPER_SPAWN_FAILED:
        out[0] = &e->u.spawn_failed.why;
        return 1;
    case HF_KEEPER_SURVEYED:
        out[0] = &e->u.surveyed.detail;
        return 1;
    case HF_KEEPER_LINK_READY:
        out[0] = &e->u.link_ready.hello;
        return 1;
    case HF_KEEPER_LINK_FAILED:
        out[0] = &e->u.link_failed.why;
        return 1;
    case HF_KEEPER_LINK_CLOSED:
        out[0] = &e->u.link_closed.reason;
        return 1;
    case HF_KEEPER_LINK_EVENT:
        out[0] = &e->u.link_event.name;
        out[1] = &e->u.link_event.payload;
        return 2;
    case HF_KEEPER_LINK_MESSAGE:
        out[0] = &e->u.link_message;
        return 1;
    case HF_KEEPER_LINK_RESULT:
        out[0] = &e->u.link_result.payload;
        return 1;
    case HF_KEEPER_OUTPUT:
        out[0] = &e->u.output.bytes;
        return 1;
    case HF_KEEPER_WOKE:
    case HF_KEEPER_SECRET_CHANGED:
    case HF_KEEPER_CONFIG_CHANGED:
    case HF_KEEPER_JOURNALED:
    case HF_KEEPER_PORT_CHECKED:
    case HF_KEEPER_SPAWNED:
    case HF_KEEPER_EXITED:
    case HF_KEEPER_EMPTIED:
    case HF_KEEPER_GUARDIAN_LOST:
    case HF_KEEPER_SIGNAL_FAILED:
    case HF_KEEPER_NOTIFIED_READY:
    case HF_KEEPER_MEMORY:
    case HF_KEEPER_EVIDENCE:
    case HF_KEEPER_LINK_LIFE:
        return 0;
    }
    HF_UNREACHABLE();
}

static bool copy_spans(struct hf_answer *a)
{
    struct hf_bytes *spans[SPANS_MAX];
    size_t count = spans_of(&a->event, spans), total = 0;
    for (size_t i = 0; i < count; i++) total += spans[i]->len;
    hf_buf_init(&a->text, total);
    if (total == 0) return true;
    if (hf_buf_reserve(&a->text, total) != 0) return false;
    for (size_t i = 0; i < count; i++) {
        size_t at = a->text.len, len = spans[i]->len;
        hf_buf_add(&a->text, *spans[i]);
        *spans[i] = hf_bytes(a->text.ptr + at, len);
    }
    return true;
}

static void drop_answer(struct hf_answer *a)
{
    /* What a request is to write may be a secret. */
    if (a->event.kind == HF_KEEPER_REQUESTED && a->text.ptr) hf_wipe(a->text.ptr, a->text.cap);
    hf_buf_fini(&a->text);
    hf_mem_free(a);
}

/* Without memory for an answer the engine would wait for it for ever: this process
 * ends, its guardians end the trees, and whoever keeps us starts us anew. */
void hf_sup_later(struct hf_supervise *s, const struct hf_keeper_event *event)
{
    struct hf_answer *a = hf_mem_zero(1, sizeof *a);
    if (a) a->event = *event;
    if (!a || !copy_spans(a)) {
        HF_LOG(&s->config.log, HF_LOG_ERROR, "memory.exhausted",
               HF_INT("event", (int64_t)event->kind));
        abort();
    }
    *s->last = a;
    s->last = &a->next;
}

static struct hf_answer *take_answer(struct hf_supervise *s)
{
    struct hf_answer *a = s->first;
    if (!a) return NULL;
    s->first = a->next;
    if (!s->first) s->last = &s->first;
    return a;
}

/* --- actions --- */

static void end_of(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    hf_trees_end(s->trees, a->tree);
}

/* The supervisor ends: once.  A gateway that is stopped alone is no end of ours. */
static void tell_stopping(struct hf_supervise *s)
{
    if (!s->has_told_stopping) hf_notify_send(s->config.notify, "STOPPING=1");
    s->has_told_stopping = true;
}

static void notify(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    char text[HF_LIMIT_NOTIFY_BYTES];
    switch (a->u.notify.kind) {
    case HF_KEEPER_NOTICE_READY:
        hf_notify_send(s->config.notify, "READY=1");
        return;
    case HF_KEEPER_NOTICE_RELOADING:
        hf_notify_reloading(s->config.notify, s->now);
        return;
    case HF_KEEPER_NOTICE_STOPPING:
        tell_stopping(s);
        return;
    case HF_KEEPER_NOTICE_STATUS:
        hf_sup_tell_manager(s);
        return;
    case HF_KEEPER_NOTICE_WATCHDOG:
        hf_notify_hint(s->config.notify, "WATCHDOG=1");
        return;
    case HF_KEEPER_NOTICE_EXTEND:
        snprintf(text, sizeof text, "EXTEND_TIMEOUT_USEC=%lld", (long long)(a->within / HF_US(1)));
        break;
    }
    hf_notify_send(s->config.notify, text);
}

static void perform(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    static void (*const acts[])(struct hf_supervise * s, const struct hf_keeper_action *a) = {
        [HF_KEEPER_DETECT] = hf_sup_detect,
        [HF_KEEPER_CHECK_PORT] = hf_sup_check_port,
        [HF_KEEPER_PROBE] = hf_sup_probe,
        [HF_KEEPER_STOP_PROBE] = hf_sup_stop_probe,
        [HF_KEEPER_READ_CONFIG] = hf_sup_read_config,
        [HF_KEEPER_JOURNAL] = hf_sup_journal,
        [HF_KEEPER_SPAWN] = hf_sup_spawn,
        [HF_KEEPER_ADOPT] = hf_sup_adopt,
        [HF_KEEPER_SIGNAL] = hf_sup_signal,
        [HF_KEEPER_END] = end_of,
        [HF_KEEPER_SURVEY] = hf_sup_survey,
        [HF_KEEPER_READ_EVIDENCE] = hf_sup_evidence,
        [HF_KEEPER_READ_MEMORY] = hf_sup_memory,
        [HF_KEEPER_DUMP] = hf_sup_dump,
        [HF_KEEPER_LINK_OPEN] = hf_sup_link_open,
        [HF_KEEPER_LINK_ABORT] = hf_sup_link_abort,
        [HF_KEEPER_LINK_CALL] = hf_sup_link_call,
        [HF_KEEPER_LINK_PING] = hf_sup_link_ping,
        [HF_KEEPER_TELL] = hf_sup_tell,
        [HF_KEEPER_RESULT] = hf_sup_result,
        [HF_KEEPER_NOTIFY] = notify,
    };
    HF_ASSERT(a->kind < HF_COUNT(acts) && acts[a->kind]);
    acts[a->kind](s, a);
}

static void carry_out(struct hf_supervise *s)
{
    struct hf_keeper_action action;
    while (hf_supervisor_action(s->engine, &action)) perform(s, &action);
}

void hf_sup_run(struct hf_supervise *s)
{
    if (s->in_step) return;
    s->in_step = true;
    carry_out(s);
    for (struct hf_answer *a; !s->is_closing && (a = take_answer(s)) != NULL;) {
        hf_supervisor_step(s->engine, s->now, &a->event);
        carry_out(s);
        drop_answer(a);
    }
    s->in_step = false;
}

void hf_sup_event(struct hf_supervise *s, const struct hf_keeper_event *event)
{
    if (s->is_closing) return;
    hf_sup_turn(s);
    hf_sup_later(s, event);
    hf_sup_run(s);
}

/* --- turns --- */

/* What was silent while the machine slept is told before it is judged. */
static void look_for_sleep(struct hf_supervise *s)
{
    hf_span before = s->slept;
    if (!hf_clock_has_slept(&s->slept) || s->is_closing) return;
    HF_LOG(&s->config.log, HF_LOG_INFO, "machine.woke",
           HF_INT("slept_ms", hf_span_ms(s->slept - before)));
    hf_sup_later(s, &(struct hf_keeper_event){ .kind = HF_KEEPER_WOKE });
}

static void on_awake(uv_idle_t *idle)
{
    (void)idle;
}

/* libuv runs timers before it polls: whatever a turn began with, this poll returns at
 * once, so that the deadlines that it changed are armed before the next wait. */
void hf_sup_turn(struct hf_supervise *s)
{
    if (s->in_turn) return;
    s->in_turn = true;
    s->now = hf_clock_now();
    look_for_sleep(s);
    uv_idle_start(&s->awake, on_awake);
}

static void on_timer(uv_timer_t *timer)
{
    struct hf_supervise *s = timer->data;
    s->armed_for = HF_NEVER;
    hf_sup_turn(s);
}

static void arm(struct hf_supervise *s, hf_time due)
{
    if (hf_time_same(due, s->armed_for)) return;
    s->armed_for = due;
    if (hf_time_same(due, HF_NEVER)) {
        uv_timer_stop(&s->timer);
        return;
    }
    /* libuv counts whole milliseconds of the same clock: round up, never early. */
    int64_t due_ms = due.ns / HF_MS(1) + (due.ns % HF_MS(1) > 0 ? 1 : 0);
    int64_t wait_ms = due_ms - (int64_t)uv_now(s->loop);
    uv_timer_start(&s->timer, on_timer, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

/* After the input of this poll: what is due, then when to wake up next. */
static void on_check(uv_check_t *check)
{
    struct hf_supervise *s = check->data;
    if (s->is_closing) return;
    hf_sup_turn(s);
    hf_sup_link_look(s);
    hf_sup_run(s);
    hf_supervisor_run_due(s->engine, s->now);
    hf_sup_run(s);
    if (s->is_closing) return;
    hf_sup_log_flush(s);
    arm(s, hf_supervisor_due(s->engine));
    uv_idle_stop(&s->awake);
    s->in_turn = false;
}

/* --- life --- */

static int open_all(struct hf_supervise *s, struct hf_fault *fault)
{
    struct hf_supervisor_config config = s->config.supervisor;
    hf_sup_secrets_open(s);
    config.known = &s->secrets.known;
    config.log = hf_sup_log(s);
    int err = hf_supervisor_new(&s->engine, &config, s->now);
    if (err) return hf_fault_set(fault, err, "out of memory");
    err = hf_sup_log_open(s, fault);
    if (!err) err = hf_sup_place_open(s, fault);
    if (!err) err = hf_sup_trees_open(s, fault);
    if (!err) err = hf_sup_control_open(s, fault);
    return err;
}

int hf_supervise_new(struct hf_supervise **out, struct uv_loop_s *loop,
                     const struct hf_supervise_config *config, struct hf_fault *fault)
{
    struct hf_supervise *s = hf_mem_zero(1, sizeof *s);
    if (!s) return hf_fault_set(fault, HF_ERR_NOMEM, "out of memory");
    s->config = *config;
    s->loop = loop;
    s->last = &s->first;
    s->armed_for = HF_NEVER;
    s->now = hf_clock_now();
    s->slept = hf_clock_slept();
    s->link.s = s;
    hf_buf_init(&s->child_lines, HF_LIMIT_LOG_BUFFER_BYTES);
    uv_timer_init(loop, &s->timer);
    uv_check_init(loop, &s->check);
    uv_idle_init(loop, &s->awake);
    s->timer.data = s->check.data = s;
    uv_check_start(&s->check, on_check);
    int err = open_all(s, fault);
    *out = s;
    return err;
}

static uint64_t request(struct hf_supervise *s, enum hf_keeper_verb verb, const char *reason)
{
    struct hf_keeper_event event = { .kind = HF_KEEPER_REQUESTED };
    event.u.request = (struct hf_keeper_request){ .tag = ++s->last_tag,
                                                  .verb = verb,
                                                  .class = HF_KEEPER_OPERATOR,
                                                  .reason = hf_bytes_cstr(reason) };
    hf_sup_event(s, &event);
    return s->last_tag;
}

void hf_supervise_start(struct hf_supervise *s)
{
    request(s, HF_KEEPER_DO_START, "supervise");
}

void hf_supervise_hand(struct hf_supervise *s, struct hf_bytes token)
{
    hf_sup_turn(s);
    hf_sup_secrets_renew(s, token);
}

void hf_supervise_reload(struct hf_supervise *s)
{
    hf_sup_turn(s);
    hf_sup_secrets_reread(s);
    request(s, HF_KEEPER_DO_RELOAD, "SIGHUP");
}

void hf_supervise_stop(struct hf_supervise *s)
{
    bool is_quit = s->stops;
    if (s->is_hasty) return;
    s->is_hasty = s->stops;
    s->stops = true;
    tell_stopping(s);
    if (s->config.survives) {
        /* It is let go as it stands; the journal names it to the next supervisor. */
        s->config.hooks.ended(s->config.hooks.ctx);
        return;
    }
    /* The tag is known before the step that may end it at once. */
    s->stop_tag = s->last_tag + 1;
    request(s, is_quit ? HF_KEEPER_DO_QUIT : HF_KEEPER_DO_STOP, "signal");
}

void hf_supervise_status(const struct hf_supervise *s, struct hf_supervisor_status *out)
{
    hf_supervisor_status(s->engine, s->now, out);
}

void hf_supervise_close(struct hf_supervise *s)
{
    if (!s || s->is_closing) return;
    s->is_closing = true;
    hf_sup_link_close(s);
    hf_sup_control_close(s);
    hf_sup_place_close(s);
    hf_sup_trees_close(s);
    hf_sup_log_close(s);
    uv_close((uv_handle_t *)&s->timer, NULL);
    uv_close((uv_handle_t *)&s->check, NULL);
    uv_close((uv_handle_t *)&s->awake, NULL);
}

void hf_supervise_free(struct hf_supervise *s)
{
    if (!s) return;
    for (struct hf_answer *a; (a = take_answer(s)) != NULL;) drop_answer(a);
    hf_supervisor_free(s->engine);
    hf_trees_free(s->trees);
    hf_dialer_fini(&s->dialer);
    hf_sup_secrets_close(s);
    hf_mem_free(s);
}
