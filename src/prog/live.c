#include "prog/live.h"
#include "host/clock.h"
#include "host/file.h"

#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { POLL_LOOP, POLL_SIGNALS, POLL_STDOUT, POLL_STDIN, POLLS };

int hf_live_open(struct hf_live *l, struct hf_session *session, bool is_screen,
                 struct hf_fault *fault)
{
    *l = (struct hf_live){ .session = session };
    return hf_terminal_open(&l->terminal, is_screen, fault);
}

void hf_live_close(struct hf_live *l)
{
    hf_terminal_close(&l->terminal);
}

static int wait_ms(const struct hf_live *l, hf_time until)
{
    int library_ms = holdfast_loop_timeout_ms(l->session->loop);
    int64_t ms = hf_span_ms(hf_time_since(until, hf_clock_now().mono) + HF_MS(1) - 1);
    if (ms < 0) ms = 0;
    if (library_ms >= 0 && library_ms < ms) return library_ms;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

enum hf_terminal_news hf_live_wait(struct hf_live *l, hf_time until)
{
    struct pollfd fds[POLLS] = {
        [POLL_LOOP] = { .fd = holdfast_loop_fd(l->session->loop), .events = POLLIN },
        [POLL_SIGNALS] = { .fd = l->terminal.signal_fd, .events = POLLIN },
        [POLL_STDOUT] = { .fd = STDOUT_FILENO }, /* hang-ups are always told */
        [POLL_STDIN] = { .fd = STDIN_FILENO, .events = POLLIN },
    };
    if (l->is_reader_gone || l->write_err) return HF_TERMINAL_END;
    poll(fds, l->terminal.is_screen ? POLLS : POLL_STDIN, wait_ms(l, until));
    holdfast_loop_process(l->session->loop);
    if (fds[POLL_STDOUT].revents & (POLLERR | POLLHUP | POLLNVAL)) l->is_reader_gone = true;
    if (l->is_reader_gone || l->write_err) return HF_TERMINAL_END;
    return hf_terminal_take(&l->terminal);
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

int hf_live_end(const struct hf_live *l)
{
    if (!l->write_err) return HF_EXIT_DONE;
    fprintf(stderr, "holdfast: cannot write to stdout: %s\n", hf_err_text(l->write_err));
    return HF_EXIT_FAILED;
}

void hf_live_tell(const struct hf_live *l, const char *format, ...)
{
    va_list args;
    if (l->terminal.is_screen || l->session->plan.args->values[HF_OPTION_QUIET]) return;
    va_start(args, format);
    fputs("holdfast: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}
