#include "prog/live.h"
#include "host/clock.h"
#include "host/file.h"
#include "prog/verbs.h"

#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { POLL_LOOP, POLL_SIGNALS, POLL_STDOUT, POLL_STDIN, POLLS };

static int open_session(struct hf_live *l, struct hf_fault *fault)
{
    struct hf_session *s = &l->ask.session;
    const struct hf_session_plan plan = { .target = &l->ask.target,
                                          .args = l->plan.args,
                                          .scopes = { l->plan.scope },
                                          .likes_admin = l->plan.likes_admin,
                                          .stays = true,
                                          .ping_every = l->plan.ping_every };
    int err = hf_session_open(s, &plan, fault);
    if (err) return err;
    if (l->plan.listen(s->client, l->plan.ctx) != 0)
        return hf_fault_set(fault, HF_ERR_NOMEM, "out of memory");
    return 0;
}

int hf_live_open(struct hf_live *l, const struct hf_live_plan *plan, struct hf_fault *fault)
{
    *l = (struct hf_live){ .plan = *plan, .until = HF_NEVER };
    int err = hf_target_read(&l->ask.target, plan->args, fault);
    if (!err) err = hf_target_check_plain(&l->ask.target, fault);
    return err ? err : open_session(l, fault);
}

static int start_session(struct hf_live *l, struct hf_fault *fault)
{
    int err = holdfast_client_start(l->ask.session.client);
    if (err) return hf_fault_set(fault, HF_ERR_IO, "%s", holdfast_error_text(err));
    return 0;
}

int hf_live_start(struct hf_live *l, bool is_screen, struct hf_fault *fault)
{
    hf_time now = hf_clock_now().mono;
    l->ask.session.started_at = now;
    if (l->plan.args->values[HF_OPTION_TIMEOUT])
        l->until = hf_time_after(now, l->ask.target.timeout);
    int err = hf_terminal_open(&l->terminal, is_screen, fault);
    return err ? err : start_session(l, fault);
}

void hf_live_close(struct hf_live *l)
{
    hf_terminal_close(&l->terminal);
    hf_ask_close(&l->ask);
}

/* Another client, with the token that was made meanwhile. */
static void begin_again(struct hf_live *l)
{
    hf_time started_at = l->ask.session.started_at;
    hf_session_close(&l->ask.session);
    l->is_over = open_session(l, &l->fault) != 0 || start_session(l, &l->fault) != 0;
    l->ask.session.started_at = started_at;
}

static bool is_late(const struct hf_live *l)
{
    return !l->was_connected && !hf_time_before(hf_clock_now().mono, l->until);
}

/* Whether it ends; a client that gave up gets another chance when there is one. */
static bool is_at_end(struct hf_live *l)
{
    if (l->is_reader_gone || l->write_err || l->is_stopped || is_late(l)) return true;
    if (l->is_over && l->fault.err == 0 && hf_ask_has_news(&l->ask)) begin_again(l);
    return l->is_over;
}

static int wait_ms(const struct hf_live *l, hf_time until)
{
    int library_ms = holdfast_loop_timeout_ms(l->ask.session.loop);
    if (!l->was_connected) until = hf_time_min(until, l->until);
    int64_t ms = hf_span_ms(hf_time_since(until, hf_clock_now().mono) + HF_MS(1) - 1);
    if (ms < 0) ms = 0;
    if (library_ms >= 0 && library_ms < ms) return library_ms;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

enum hf_terminal_news hf_live_wait(struct hf_live *l, hf_time until)
{
    struct pollfd fds[POLLS] = {
        [POLL_LOOP] = { .fd = holdfast_loop_fd(l->ask.session.loop), .events = POLLIN },
        [POLL_SIGNALS] = { .fd = l->terminal.signal_fd, .events = POLLIN },
        [POLL_STDOUT] = { .fd = STDOUT_FILENO }, /* hang-ups are always told */
        [POLL_STDIN] = { .fd = STDIN_FILENO, .events = POLLIN },
    };
    if (is_at_end(l)) return HF_TERMINAL_END;
    poll(fds, l->terminal.is_screen ? POLLS : POLL_STDIN, wait_ms(l, until));
    holdfast_loop_process(l->ask.session.loop);
    if (fds[POLL_STDOUT].revents & (POLLERR | POLLHUP | POLLNVAL)) l->is_reader_gone = true;
    return is_at_end(l) ? HF_TERMINAL_END : hf_terminal_take(&l->terminal);
}

void hf_live_stop(struct hf_live *l)
{
    l->is_stopped = true;
}

void hf_live_write(struct hf_live *l, struct hf_buf *text)
{
    int err = hf_buf_done(text);
    if (!err) err = hf_file_write_all(STDOUT_FILENO, hf_buf_view(text));
    if (err == HF_ERR_CLOSED)
        l->is_reader_gone = true;
    else if (err)
        l->write_err = err;
    hf_buf_reset(text, text->max);
}

int hf_live_end(struct hf_live *l)
{
    hf_terminal_close(&l->terminal); /* on its screen nothing would be seen */
    if (l->is_stopped) return HF_EXIT_FAILED;
    if (l->is_reader_gone) return HF_EXIT_DONE;
    if (l->write_err) {
        fprintf(stderr, "holdfast: cannot write to stdout: %s\n", hf_err_text(l->write_err));
        return HF_EXIT_FAILED;
    }
    if (l->fault.err) return hf_verb_fail(l->plan.args, &l->fault);
    return l->is_over || is_late(l) ? hf_ask_fail(&l->ask, "") : HF_EXIT_DONE;
}

void hf_live_tell(const struct hf_live *l, const char *format, ...)
{
    va_list args;
    if (l->terminal.is_screen || l->plan.args->values[HF_OPTION_QUIET]) return;
    va_start(args, format);
    fputs("holdfast: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}
