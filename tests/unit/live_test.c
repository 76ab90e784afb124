/* `holdfast watch`, `health --watch` and `logs --follow`, in a terminal and in a pipe. */
#include "lib/daemon.h"
#include "lib/fake_gateway.h"
#include "lib/verb.h"
#include "wire/json_read.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[0m\033[?25h\033[?1049l"

enum { PATIENCE_MS = 30000, SEEN_MAX = 8 << 20 };

/* A verb that goes on, and what it has printed so far. */
struct live {
    pid_t pid;
    int out_fd, err_fd; /* a terminal has no err_fd of its own: -1 */
    struct hf_buf out, err;
};

static char url[64];

static void begin(struct live *l)
{
    hf_buf_init(&l->out, SEEN_MAX);
    hf_buf_init(&l->err, SEEN_MAX);
}

static void add_address(const struct daemon *d, const char *const words[VERB_WORDS_MAX],
                        const char *out[VERB_WORDS_MAX])
{
    size_t count = 0;
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", d->port);
    for (; words[count]; count++) out[count] = words[count];
    out[count++] = "--url";
    out[count++] = url;
    out[count++] = "--token";
    out[count] = DAEMON_TOKEN;
}

static void start_words_in_terminal(struct live *l, const char *home,
                                    const char *const all[VERB_WORDS_MAX])
{
    struct winsize size = { .ws_col = 80, .ws_row = 24 };
    begin(l);
    l->err_fd = -1;
    l->pid = forkpty(&l->out_fd, NULL, NULL, &size);
    CHECK(l->pid >= 0);
    if (l->pid > 0) return;
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    verb_main(home, all);
}

static void start_in_terminal(struct live *l, const struct daemon *d,
                              const char *const words[VERB_WORDS_MAX])
{
    const char *all[VERB_WORDS_MAX] = { NULL };
    add_address(d, words, all);
    start_words_in_terminal(l, d->scratch.dir, all);
}

static void start_words(struct live *l, const char *home, const char *const all[VERB_WORDS_MAX])
{
    int out[2], err[2];
    begin(l);
    CHECK_EQ(pipe2(out, O_CLOEXEC), 0);
    CHECK_EQ(pipe2(err, O_CLOEXEC), 0);
    l->pid = fork();
    CHECK(l->pid >= 0);
    if (l->pid == 0) {
        if (dup2(out[1], STDOUT_FILENO) < 0 || dup2(err[1], STDERR_FILENO) < 0) _exit(99);
        close(out[0]); /* it has no exec that would */
        close(out[1]);
        close(err[0]);
        close(err[1]);
        verb_main(home, all);
    }
    close(out[1]);
    close(err[1]);
    l->out_fd = out[0];
    l->err_fd = err[0];
}

static void start_in_pipe(struct live *l, const struct daemon *d,
                          const char *const words[VERB_WORDS_MAX])
{
    const char *all[VERB_WORDS_MAX] = { NULL };
    add_address(d, words, all);
    start_words(l, d->scratch.dir, all);
}

static void take(int fd, short revents, struct hf_buf *to, int *closed)
{
    char text[65536];
    if (!revents) return;
    ssize_t len = read(fd, text, sizeof text);
    if (len > 0)
        hf_buf_add(to, hf_bytes(text, (size_t)len));
    else
        ++*closed; /* the end, or EIO of a terminal whose other side is gone */
}

/* Reads what comes: false when both ends are closed. */
static bool read_more(struct live *l)
{
    struct pollfd fds[] = { { .fd = l->out_fd, .events = POLLIN },
                            { .fd = l->err_fd, .events = POLLIN } };
    int closed = (l->out_fd < 0) + (l->err_fd < 0);
    CHECK(poll(fds, 2, PATIENCE_MS) > 0);
    int closed_out = 0, closed_err = 0;
    if (l->out_fd >= 0) take(l->out_fd, fds[0].revents, &l->out, &closed_out);
    if (l->err_fd >= 0) take(l->err_fd, fds[1].revents, &l->err, &closed_err);
    if (closed_out) {
        close(l->out_fd);
        l->out_fd = -1;
    }
    if (closed_err) {
        close(l->err_fd);
        l->err_fd = -1;
    }
    return closed + closed_out + closed_err < 2;
}

/* Reads on until it has printed `text` behind what `wait_for` saw before. */
static void wait_for(struct live *l, struct hf_buf *in, const char *text)
{
    size_t len = strlen(text);
    for (;;) {
        uint8_t *at = in->len ? memmem(in->ptr, in->len, text, len) : NULL;
        if (at) {
            hf_buf_take(in, (size_t)(at - in->ptr) + len);
            return;
        }
        CHECK(read_more(l));
    }
}

/* To its end: the exit code, or minus the signal. */
static int finish(struct live *l)
{
    while (read_more(l)) {
    }
    int code = verb_wait(l->pid);
    return code;
}

static void drop(struct live *l)
{
    if (l->out_fd >= 0) close(l->out_fd);
    if (l->err_fd >= 0) close(l->err_fd);
    hf_buf_fini(&l->out);
    hf_buf_fini(&l->err);
}

static bool ends_with(const struct hf_buf *text, const char *end)
{
    return hf_bytes_ends(hf_buf_view(text), hf_bytes_cstr(end));
}

static void start_daemon(struct daemon *d, const struct daemon_plan *plan)
{
    daemon_start(d, plan);
    daemon_wait_ready(d);
}

/* --- the terminal --- */

static bool is_cooked(int fd)
{
    struct termios now;
    CHECK_EQ(tcgetattr(fd, &now), 0);
    return (now.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
}

static void quitting_leaves_the_terminal_as_it_was(void)
{
    static const char *const verbs[][VERB_WORDS_MAX] = { { "watch" }, { "health", "--watch" } };
    struct daemon d;
    start_daemon(&d, &(struct daemon_plan){ 0 });
    for (size_t i = 0; i < HF_COUNT(verbs); i++) {
        struct live l;
        start_in_terminal(&l, &d, verbs[i]);
        wait_for(&l, &l.out, ENTER);
        wait_for(&l, &l.out, "connected for ");
        CHECK_AT(i, !is_cooked(l.out_fd));
        CHECK_EQ(write(l.out_fd, "q", 1), 1);
        wait_for(&l, &l.out, LEAVE);
        CHECK_AT(i, is_cooked(l.out_fd));
        CHECK_EQ_AT(i, finish(&l), 0);
        CHECK_EQ_AT(i, l.out.len, 0);
        drop(&l);
    }
    CHECK_EQ(daemon_stop(&d), 0);
}

static void a_signal_or_a_crash_leaves_the_terminal_as_it_was(void)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGSEGV, SIGABRT };
    struct daemon d;
    start_daemon(&d, &(struct daemon_plan){ 0 });
    for (size_t i = 0; i < HF_COUNT(signals); i++) {
        struct live l;
        start_in_terminal(&l, &d, VERB_WORDS("watch"));
        wait_for(&l, &l.out, "connected for ");
        CHECK_EQ(kill(l.pid, signals[i]), 0);
        wait_for(&l, &l.out, LEAVE);
        CHECK_AT(i, is_cooked(l.out_fd));
        CHECK_EQ_AT(i, finish(&l), -signals[i]);
        drop(&l);
    }
    CHECK_EQ(daemon_stop(&d), 0);
}

static void a_stop_gives_the_terminal_back_until_it_goes_on(void)
{
    struct daemon d;
    struct live l;
    int status;
    start_daemon(&d, &(struct daemon_plan){ 0 });
    start_in_terminal(&l, &d, VERB_WORDS("watch"));
    wait_for(&l, &l.out, "connected for ");
    CHECK_EQ(kill(l.pid, SIGTSTP), 0);
    wait_for(&l, &l.out, LEAVE);
    CHECK_EQ(waitpid(l.pid, &status, WUNTRACED), l.pid);
    CHECK(WIFSTOPPED(status));
    CHECK(is_cooked(l.out_fd));
    CHECK_EQ(kill(l.pid, SIGCONT), 0);
    wait_for(&l, &l.out, ENTER);
    wait_for(&l, &l.out, "holdfast watch"); /* all of it is drawn again */
    CHECK(!is_cooked(l.out_fd));
    CHECK_EQ(write(l.out_fd, "q", 1), 1);
    CHECK_EQ(finish(&l), 0);
    CHECK(ends_with(&l.out, LEAVE));
    drop(&l);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void another_size_is_drawn_anew(void)
{
    struct winsize size = { .ws_col = 100, .ws_row = 30 };
    struct daemon d;
    struct live l;
    start_daemon(&d, &(struct daemon_plan){ 0 });
    start_in_terminal(&l, &d, VERB_WORDS("watch"));
    wait_for(&l, &l.out, "\033[24;1H"); /* the last row, with the keys */
    CHECK_EQ(ioctl(l.out_fd, TIOCSWINSZ, &size), 0);
    wait_for(&l, &l.out, "\033[0m\033[2J");
    wait_for(&l, &l.out, "\033[30;1H");
    CHECK_EQ(write(l.out_fd, "q", 1), 1);
    CHECK_EQ(finish(&l), 0);
    drop(&l);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void a_terminal_that_is_closed_ends_it(void)
{
    struct daemon d;
    struct live l;
    start_daemon(&d, &(struct daemon_plan){ 0 });
    start_in_terminal(&l, &d, VERB_WORDS("watch"));
    wait_for(&l, &l.out, "connected for ");
    close(l.out_fd);
    l.out_fd = -1;
    int code = verb_wait(l.pid);
    CHECK(code == -SIGHUP || code == 0); /* the signal, or the first write to nowhere */
    drop(&l);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void colour_is_for_those_who_want_it(void)
{
    struct daemon d;
    struct live l;
    start_daemon(&d, &(struct daemon_plan){ 0 });
    start_in_terminal(&l, &d, VERB_WORDS("watch"));
    wait_for(&l, &l.out, "\033[0;32mconnected for ");
    kill(l.pid, SIGTERM);
    finish(&l);
    drop(&l);
    start_in_terminal(&l, &d, VERB_WORDS("watch", "--no-color"));
    wait_for(&l, &l.out, ENTER);
    wait_for(&l, &l.out, "\033[0m\033[2J");
    while (!verb_has(&l.out, "connected for ")) CHECK(read_more(&l));
    CHECK(!verb_has(&l.out, "\033[0;"));
    kill(l.pid, SIGTERM);
    finish(&l);
    drop(&l);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* Asks for whole frames (only what differs is drawn otherwise) until one has `text`. */
static void wait_for_frame(struct live *l, const char *text)
{
    bool has_it = false;
    while (!has_it) {
        CHECK_EQ(write(l->out_fd, "\f", 1), 1);
        wait_for(l, &l->out, "\033[0m\033[2J");
        while (!verb_has(&l->out, "q quits")) CHECK(read_more(l));
        has_it = verb_has(&l->out, text);
    }
}

/* The gateway goes, says so, comes back: the view stays and tells. */
static void a_gateway_that_goes_is_seen_going_and_coming(void)
{
    struct daemon d;
    struct live l;
    start_daemon(&d, &(struct daemon_plan){ 0 });
    start_in_terminal(&l, &d, VERB_WORDS("watch"));
    wait_for(&l, &l.out, "connected for ");
    uint16_t port = d.port;
    kill(d.pid, SIGKILL);
    CHECK_EQ(daemon_wait_end(&d), -SIGKILL);
    scratch_drop(&d.scratch);
    wait_for_frame(&l, "lost for ");
    start_daemon(&d, &(struct daemon_plan){ .port = port });
    wait_for_frame(&l, " 1 reconnect, ");
    CHECK_EQ(write(l.out_fd, "q", 1), 1);
    CHECK_EQ(finish(&l), 0);
    drop(&l);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* One wait is told once, and as what it is. */
static void a_start_is_shown_as_a_start(void)
{
    struct daemon d;
    struct live l;
    daemon_start(&d, &(struct daemon_plan){ .startup_delay = HF_MS(2500) });
    start_in_pipe(&l, &d, VERB_WORDS("watch", "--json"));
    wait_for(&l, &l.out, "\"link\":\"starting\"");
    kill(l.pid, SIGTERM);
    CHECK_EQ(finish(&l), -SIGTERM);
    CHECK(
        verb_has(&l.err, "holdfast: the gateway is starting: startup-sidecars; trying again in "));
    CHECK(!verb_has(&l.err, "the connection ended"));
    drop(&l);
    kill(d.pid, SIGKILL);
    CHECK_EQ(daemon_wait_end(&d), -SIGKILL);
    scratch_drop(&d.scratch);
}

/* dependencies.md 7: progress where a person looks, and nothing of it stays. */
static void what_takes_long_is_told_in_a_terminal(void)
{
    static const char *const quiet[VERB_WORDS_MAX] = { "health", "--quiet" };
    struct daemon d;
    struct live l;
    daemon_start(&d, &(struct daemon_plan){ .startup_delay = HF_MS(2500) });
    start_in_terminal(&l, &d, VERB_WORDS("health"));
    wait_for(&l, &l.out, "\rholdfast: the gateway is starting (1 s of 10 s)\033[K");
    wait_for(&l, &l.out, "\r\033[Kgateway: ok, ");
    CHECK_EQ(finish(&l), 0);
    drop(&l);
    CHECK_EQ(daemon_stop(&d), 0);
    daemon_start(&d, &(struct daemon_plan){ .startup_delay = HF_MS(1500) });
    start_in_terminal(&l, &d, quiet);
    CHECK_EQ(finish(&l), 0);
    CHECK(hf_bytes_starts(hf_buf_view(&l.out), HF_LIT("gateway: ok, ")));
    drop(&l);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* --- lines --- */

static void in_a_pipe_there_are_lines(void)
{
    struct daemon d;
    struct live l;
    start_daemon(&d, &(struct daemon_plan){ 0 });
    start_in_pipe(&l, &d, VERB_WORDS("health", "--watch"));
    for (int i = 0; i < 2; i++) {
        wait_for(&l, &l.out, "connected for ");
        wait_for(&l, &l.out, "health ok in ");
        wait_for(&l, &l.out, ", reconnects 0\n");
    }
    CHECK(l.out.len == 0 || l.out.ptr[0] == '2'); /* the year of the next line */
    kill(l.pid, SIGTERM);
    CHECK_EQ(finish(&l), -SIGTERM);
    CHECK_EQ(l.err.len, 0);
    drop(&l);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* As in `holdfast watch | head -1`: the end without a word, also while nothing is printed. */
static void a_reader_that_leaves_ends_it(void)
{
    static const char *const verbs[][VERB_WORDS_MAX] = {
        { "watch" }, { "watch", "--events", "no.such" }, { "logs", "--follow" }
    };
    struct daemon d;
    start_daemon(&d, &(struct daemon_plan){ 0 });
    for (size_t i = 0; i < HF_COUNT(verbs); i++) {
        struct live l;
        start_in_pipe(&l, &d, verbs[i]);
        if (i == 0) wait_for(&l, &l.out, "\n");
        close(l.out_fd);
        l.out_fd = -1;
        CHECK_EQ_AT(i, finish(&l), 0);
        CHECK_AT(i, !verb_has(&l.err, "cannot"));
        drop(&l);
    }
    CHECK_EQ(daemon_stop(&d), 0);
}

static void tick_often(struct hf_settings *settings)
{
    settings->tick_interval_ms = 100;
}

static void events_are_printed_by_their_names(void)
{
    struct daemon d;
    struct live l;
    start_daemon(&d, &(struct daemon_plan){ .adjust = tick_often });
    start_in_pipe(&l, &d, VERB_WORDS("watch", "--events", "no.such, t*ck"));
    wait_for(&l, &l.out, "Z tick #");
    wait_for(&l, &l.out, " {\"ts\":");
    wait_for(&l, &l.out, "Z tick #");
    kill(l.pid, SIGTERM);
    CHECK_EQ(finish(&l), -SIGTERM);
    CHECK(verb_has(&l.err, "connected to ws://127.0.0.1:"));
    drop(&l);
    start_in_pipe(&l, &d, VERB_WORDS("watch", "--events", "tick", "--json", "--quiet"));
    wait_for(&l, &l.out, "\n");
    while (memchr(l.out.ptr, '\n', l.out.len) == NULL) CHECK(read_more(&l));
    size_t len = hf_bytes_find(hf_buf_view(&l.out), 0, '\n');
    struct hf_bytes line = hf_bytes_head(hf_buf_view(&l.out), len);
    CHECK_EQ(hf_json_check(line, 64, NULL), 0);
    CHECK_TEXT(hf_json_find(line, "event"), "\"tick\"");
    CHECK_EQ(hf_json_kind(hf_json_find(hf_json_find(line, "payload"), "ts")), HF_JSON_NUMBER);
    kill(l.pid, SIGTERM);
    CHECK_EQ(finish(&l), -SIGTERM);
    CHECK_EQ(l.err.len, 0);
    drop(&l);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void a_refused_login_ends_it_with_the_reason(void)
{
    static const char *const verbs[][VERB_WORDS_MAX] = {
        { "watch", "--token", "canary" },
        { "health", "--watch", "--json", "--token", "canary" },
        { "logs", "--follow", "--token", "canary" },
    };
    struct daemon d;
    char place[64];
    start_daemon(&d, &(struct daemon_plan){ 0 });
    snprintf(place, sizeof place, "ws://127.0.0.1:%u", d.port);
    for (size_t i = 0; i < HF_COUNT(verbs); i++) {
        const char *all[VERB_WORDS_MAX] = { NULL };
        size_t count = 0;
        for (; verbs[i][count]; count++) all[count] = verbs[i][count];
        all[count++] = "--url";
        all[count] = place;
        struct verb_outcome o = verb_run(d.scratch.dir, all);
        CHECK_EQ_AT(i, o.exit_code, 1);
        const struct hf_buf *told = i == 1 ? &o.out : &o.err; /* with --json on stdout */
        CHECK_AT(i, verb_has(told, "token mismatch") && verb_has(told, "give --token-file"));
        CHECK_AT(i, !verb_has(&o.out, "canary") && !verb_has(&o.err, "canary"));
        verb_drop(&o);
    }
    CHECK_EQ(daemon_stop(&d), 0);
}

/* Told on the alternate screen it would be gone with it. */
static void a_refused_login_is_told_where_it_can_be_read(void)
{
    struct daemon d;
    struct live l;
    start_daemon(&d, &(struct daemon_plan){ 0 });
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", d.port);
    start_words_in_terminal(&l, d.scratch.dir,
                            VERB_WORDS("watch", "--url", url, "--token", "canary"));
    CHECK_EQ(finish(&l), 1);
    wait_for(&l, &l.out, LEAVE);
    CHECK(verb_has(&l.out, "token mismatch") && verb_has(&l.out, "give --token-file"));
    drop(&l);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* --- a gateway that makes its token --- */

static const char first_token[] = "a-token-that-was-not-there-before-000000000";
static char token_path[SCRATCH_PATH_BYTES];
static const char *asked; /* the method that the verb asks for */

static void makes_its_token(int listener)
{
    struct fake_conn c;
    char id[128];
    fake_accept(&c, listener); /* "not yet" is no reason to give up */
    fake_close(&c);
    fake_login_late(&c, listener, token_path, first_token);
    fake_want(&c, asked, id);
    fake_answer(&c, id, "{\"ok\":true,\"cursor\":1,\"lines\":[\"ok\"]}");
    fake_drain(&c);
    fake_close(&c);
}

/* startup-retry 35 */
static void a_verb_that_stays_reads_a_token_that_was_made_later(void)
{
    static const struct {
        const char *const words[VERB_WORDS_MAX];
        const char *asks;
    } verbs[] = {
        { { "watch" }, "health" },
        { { "logs", "--follow" }, "logs.tail" },
    };
    for (size_t i = 0; i < HF_COUNT(verbs); i++) {
        struct scratch s;
        struct fake gateway;
        struct live l;
        char port[8];
        const char *all[VERB_WORDS_MAX] = { NULL };
        size_t count = 0;
        scratch_make(&s);
        snprintf(token_path, sizeof token_path, "%s/token", s.dir);
        asked = verbs[i].asks;
        fake_start(&gateway, makes_its_token);
        snprintf(port, sizeof port, "%u", gateway.port);
        for (; verbs[i].words[count]; count++) all[count] = verbs[i].words[count];
        all[count++] = "--port";
        all[count] = port;
        setenv("HOLDFAST_STATE_DIR", s.dir, 1);
        start_words(&l, s.dir, all);
        unsetenv("HOLDFAST_STATE_DIR");
        wait_for(&l, &l.out, "ok");
        kill(l.pid, SIGTERM);
        CHECK_EQ_AT(i, finish(&l), -SIGTERM);
        CHECK_EQ_AT(i, fake_end(&gateway), 0);
        drop(&l);
        scratch_drop(&s);
    }
}

/* --- the log --- */

/* Over a restart no line comes twice; that the new process logs elsewhere is told. */
static void a_log_is_followed_over_a_restart(void)
{
    struct daemon d;
    struct live l;
    start_daemon(&d, &(struct daemon_plan){ 0 });
    start_in_pipe(&l, &d, VERB_WORDS("logs", "--follow"));
    wait_for(&l, &l.out, " info conn.opened ");
    uint16_t port = d.port;
    CHECK_EQ(daemon_stop(&d), 0);
    wait_for(&l, &l.err, "not connected: ");
    start_daemon(&d, &(struct daemon_plan){ .port = port });
    wait_for(&l, &l.err, "connected again");
    wait_for(&l, &l.err, "the gateway logs to ");
    wait_for(&l, &l.out, " info server.started ");
    kill(l.pid, SIGTERM);
    CHECK_EQ(finish(&l), -SIGTERM);
    CHECK(!verb_has(&l.out, "server.started"));
    drop(&l);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* A full disk is a failure, not the end of an interest. */
static void what_cannot_be_written_is_told(void)
{
    static const char *const verbs[][VERB_WORDS_MAX] = { { "watch" }, { "logs", "--follow" } };
    struct daemon d;
    start_daemon(&d, &(struct daemon_plan){ 0 });
    for (size_t i = 0; i < HF_COUNT(verbs); i++) {
        struct live l;
        int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
        const char *all[VERB_WORDS_MAX] = { NULL };
        int err[2];
        begin(&l);
        add_address(&d, verbs[i], all);
        CHECK_EQ(pipe2(err, O_CLOEXEC), 0);
        fflush(NULL);
        l.pid = fork();
        if (l.pid == 0) {
            if (dup2(full, STDOUT_FILENO) < 0 || dup2(err[1], STDERR_FILENO) < 0) _exit(99);
            close(err[0]);
            close(err[1]);
            verb_main(d.scratch.dir, all);
        }
        close(full);
        close(err[1]);
        l.out_fd = -1;
        l.err_fd = err[0];
        CHECK_EQ_AT(i, finish(&l), 1);
        CHECK_AT(i, verb_has(&l.err, "cannot write to stdout: no space is left"));
        drop(&l);
    }
    CHECK_EQ(daemon_stop(&d), 0);
}

CHECK_MAIN(what_cannot_be_written_is_told, quitting_leaves_the_terminal_as_it_was,
           a_signal_or_a_crash_leaves_the_terminal_as_it_was,
           a_stop_gives_the_terminal_back_until_it_goes_on, another_size_is_drawn_anew,
           a_terminal_that_is_closed_ends_it, colour_is_for_those_who_want_it,
           a_gateway_that_goes_is_seen_going_and_coming, a_start_is_shown_as_a_start,
           what_takes_long_is_told_in_a_terminal, in_a_pipe_there_are_lines,
           a_reader_that_leaves_ends_it, events_are_printed_by_their_names,
           a_refused_login_ends_it_with_the_reason, a_refused_login_is_told_where_it_can_be_read,
           a_verb_that_stays_reads_a_token_that_was_made_later, a_log_is_followed_over_a_restart)
