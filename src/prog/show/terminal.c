#include "prog/show/terminal.h"
#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { USUAL_COLUMNS = 80, USUAL_ROWS = 24, KEYS_BYTES = 32, KEY_END = 4, KEY_INTERRUPT = 3 };

/* Alternate screen and hidden cursor, and back; attributes off first. */
static const char enter_text[] = "\033[?1049h\033[?25l";
static const char leave_text[] = "\033[0m\033[?25h\033[?1049l";

/* The first ones ask for the end; the others matter to a screen only. */
static const int taken_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH };
enum { END_SIGNALS = 4 };
static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };

/* For the crash handler, which is given nothing else. */
static struct hf_terminal *taken;

/* --- what it can do --- */

static bool is_dumb(void)
{
    const char *term = getenv("TERM");
    return !term || !term[0] || strcmp(term, "dumb") == 0;
}

bool hf_terminal_is_usable(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !is_dumb();
}

bool hf_terminal_has_colour(int fd, const struct hf_args *args)
{
    const char *no_colour = getenv("NO_COLOR");
    return !args->values[HF_OPTION_NO_COLOR] && !(no_colour && no_colour[0]) && !is_dumb() &&
           isatty(fd);
}

bool hf_terminal_has_unicode(void)
{
    static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };
    for (size_t i = 0; i < HF_COUNT(variables); i++) {
        const char *text = getenv(variables[i]);
        if (!text || !text[0]) continue;
        return strcasestr(text, "utf-8") || strcasestr(text, "utf8");
    }
    return false;
}

/* --- taking and giving back --- */

static void write_text(const char *text, size_t len)
{
    /* A terminal that is gone needs nothing put back. */
    while (len > 0) {
        ssize_t done = write(STDOUT_FILENO, text, len);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return;
        text += done;
        len -= (size_t)done;
    }
}

/* Only calls that are safe in a signal handler. */
static void give_back(const struct hf_terminal *t)
{
    if (t->has_saved) tcsetattr(STDIN_FILENO, TCSANOW, &t->saved);
    write_text(leave_text, sizeof leave_text - 1);
}

static void crashed(int signal_number)
{
    if (taken) give_back(taken);
    /* SA_RESETHAND: this time it does what it does without us. */
    raise(signal_number);
}

static void read_size(struct hf_terminal *t)
{
    struct winsize size = { 0 };
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    t->columns = size.ws_col ? size.ws_col : USUAL_COLUMNS;
    t->rows = size.ws_row ? size.ws_row : USUAL_ROWS;
}

static void take_over(struct hf_terminal *t)
{
    struct termios raw = t->saved;
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (t->has_saved) tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    write_text(enter_text, sizeof enter_text - 1);
    read_size(t);
}

static void handle_crashes(void (*handler)(int), int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < HF_COUNT(crash_signals); i++) sigaction(crash_signals[i], &action, NULL);
}

int hf_terminal_open(struct hf_terminal *t, bool is_screen, struct hf_fault *fault)
{
    sigset_t mask;
    size_t count = is_screen ? HF_COUNT(taken_signals) : END_SIGNALS;
    *t = (struct hf_terminal){ .signal_fd = -1, .is_screen = is_screen };
    sigemptyset(&mask);
    for (size_t i = 0; i < count; i++) sigaddset(&mask, taken_signals[i]);
    t->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (t->signal_fd < 0)
        return hf_fault_set(fault, HF_ERR_IO, "cannot watch signals: %s", strerror(errno));
    sigprocmask(SIG_BLOCK, &mask, &t->saved_mask);
    t->is_open = true;
    if (!is_screen) return 0;
    t->has_saved = tcgetattr(STDIN_FILENO, &t->saved) == 0;
    taken = t;
    handle_crashes(crashed, (int)SA_RESETHAND | SA_NODEFER);
    take_over(t);
    return 0;
}

void hf_terminal_close(struct hf_terminal *t)
{
    if (!t->is_open) return;
    if (t->is_screen) {
        give_back(t);
        taken = NULL;
        handle_crashes(SIG_DFL, 0);
    }
    sigprocmask(SIG_SETMASK, &t->saved_mask, NULL);
    close(t->signal_fd);
    t->is_open = false;
    t->signal_fd = -1;
}

void hf_terminal_obey(const struct hf_terminal *t)
{
    if (t->ended_by == 0) return;
    signal(t->ended_by, SIG_DFL);
    raise(t->ended_by);
}

/* --- what happens --- */

/* Stops as if TSTP were not taken, and comes back at CONT. */
static void stop_here(struct hf_terminal *t)
{
    give_back(t);
    raise(SIGSTOP);
    take_over(t);
}

static enum hf_terminal_news take_signal(struct hf_terminal *t, uint32_t number)
{
    switch (number) {
    case SIGWINCH:
        read_size(t);
        return HF_TERMINAL_REDRAW;
    case SIGTSTP:
        stop_here(t);
        return HF_TERMINAL_REDRAW;
    case SIGCONT: /* also after a SIGSTOP, of which nothing was told */
        take_over(t);
        return HF_TERMINAL_REDRAW;
    default:
        t->ended_by = (int)number;
        return HF_TERMINAL_END;
    }
}

static enum hf_terminal_news take_keys(void)
{
    char keys[KEYS_BYTES];
    struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
    if (poll(&in, 1, 0) <= 0) return HF_TERMINAL_NOTHING;
    ssize_t len = read(STDIN_FILENO, keys, sizeof keys);
    if (len == 0 || (len < 0 && errno != EINTR && errno != EAGAIN)) return HF_TERMINAL_END;
    for (ssize_t i = 0; i < len; i++) {
        if (keys[i] == 'q' || keys[i] == KEY_END || keys[i] == KEY_INTERRUPT)
            return HF_TERMINAL_END;
        if (keys[i] == 'l' - 'a' + 1) return HF_TERMINAL_REDRAW; /* ^L, as everywhere */
    }
    return HF_TERMINAL_NOTHING;
}

enum hf_terminal_news hf_terminal_take(struct hf_terminal *t)
{
    struct signalfd_siginfo info;
    enum hf_terminal_news news = HF_TERMINAL_NOTHING;
    while (read(t->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        enum hf_terminal_news next = take_signal(t, info.ssi_signo);
        if (next > news) news = next;
    }
    enum hf_terminal_news next = t->is_screen ? take_keys() : HF_TERMINAL_NOTHING;
    return next > news ? next : news;
}
