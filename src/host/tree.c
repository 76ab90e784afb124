/* The life of one tree: watched, killed, adopted. */
#include "base/assert.h"
#include "host/proc_file.h"
#include "host/trees_state.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between two rounds of killing or looking; a kernel needs a moment to end a process. */
enum { ROUND_MS = 5, QUIET_ROUNDS = 2 };

/* --- news --- */

static void tell(struct hf_tree *t, const struct hf_tree_news *news)
{
    if (t->is_silent || t->trees->is_closing) return;
    struct hf_tree_news whole = *news;
    whole.tree = t->id;
    t->trees->config.told(t->trees->config.ctx, &whole);
}

/* The program never ran: whatever was made for it goes away unseen. */
static void tell_failed(struct hf_tree *t, int number)
{
    tell(t, &(struct hf_tree_news){ .kind = HF_TREE_FAILED, .number = number });
    t->is_silent = true;
    hf_tree_end(t);
}

/* --- handles --- */

static void on_closed(uv_handle_t *handle)
{
    struct hf_tree *t = handle->data;
    HF_ASSERT(t->open_handles > 0);
    if (--t->open_handles > 0 || t->id != 0) return;
    hf_tree_close_fd(&t->channel_fd);
    hf_tree_close_fd(&t->gate_fd);
    hf_tree_close_fd(&t->pidfd);
    t->trees = NULL;
}

static void close_handle(bool *is_open, uv_handle_t *handle)
{
    if (*is_open) uv_close(handle, on_closed);
    *is_open = false;
}

int hf_tree_watch(struct hf_tree *t, uv_poll_t *handle, bool *is_open, int fd, uv_poll_cb on_event)
{
    int err = uv_poll_init(t->trees->config.loop, handle, fd);
    if (err) return err;
    handle->data = t;
    *is_open = true;
    t->open_handles++;
    return uv_poll_start(handle, UV_READABLE | UV_DISCONNECT, on_event);
}

void hf_tree_close(struct hf_tree *t)
{
    t->id = 0;
    hf_tree_close_fd(&t->lifeline_fd); /* the guardian's sign to end what is left */
    hf_cgroup_close(&t->group);
    close_handle(&t->has_channel, (uv_handle_t *)&t->channel);
    close_handle(&t->has_gate, (uv_handle_t *)&t->gate);
    close_handle(&t->has_exit_watch, (uv_handle_t *)&t->exit_watch);
    close_handle(&t->has_round, (uv_handle_t *)&t->round);
    if (t->open_handles > 0) return;
    hf_tree_close_fd(&t->channel_fd);
    hf_tree_close_fd(&t->gate_fd);
    hf_tree_close_fd(&t->pidfd);
    t->trees = NULL;
}

/* --- beginning and end of the main process --- */

static void start_running(struct hf_tree *t)
{
    t->runs = true;
    tell(t, &(struct hf_tree_news){ .kind = HF_TREE_RUNS, .pid = t->main });
}

/* The child's last word before its program: an error, or the end of the file when the
 * descriptor closed at exec (or with the process). */
static void settle_gate(struct hf_tree *t)
{
    int number = 0;
    ssize_t got = recv(t->gate_fd, &number, sizeof number, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    close_handle(&t->has_gate, (uv_handle_t *)&t->gate);
    if (got == sizeof number)
        tell_failed(t, number);
    else if (!t->is_ending)
        start_running(t);
}

static void on_gate(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    settle_gate(handle->data);
}

static void tell_exit(struct hf_tree *t, bool is_known, int status)
{
    if (t->has_exited) return;
    if (t->has_gate) settle_gate(t); /* both came in one turn of the loop */
    t->has_exited = true;
    t->main = 0;
    if (!t->runs) return; /* FAILED tells of it */
    struct hf_tree_news news = { .kind = HF_TREE_EXITED,
                                 .is_known = is_known,
                                 .code = is_known && WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                                 .signal = is_known && WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                                 .oom_kills = hf_cgroup_oom_kills(&t->group) };
    tell(t, &news);
}

/* --- emptiness --- */

/* A guarded tree is told of by its guardian; of any other we look ourselves. */
static bool has_kin(struct hf_tree *t)
{
    if (t->kind == HF_TREE_GUARDED) return t->guardian != 0;
    if (!hf_tree_kin(t)) return false;
    hf_kin_list(&t->trees->kin);
    return t->trees->kin.count > 0;
}

static void finish(struct hf_tree *t)
{
    tell_exit(t, false, 0);
    if (t->runs)
        tell(t, &(struct hf_tree_news){ .kind = HF_TREE_EMPTIED });
    else
        tell(t, &(struct hf_tree_news){ .kind = HF_TREE_FAILED, .number = ECANCELED });
    hf_tree_close(t);
}

void hf_tree_look(struct hf_tree *t)
{
    /* Between two rounds of killing the rounds decide, which count the quiet ones. */
    if (t->main != 0 || t->guardian != 0) return;
    if (t->is_ending && t->kind == HF_TREE_OURS && t->quiet_rounds < QUIET_ROUNDS) return;
    if (hf_cgroup_is_populated(&t->group) || has_kin(t)) return;
    finish(t);
}

bool hf_tree_kin(struct hf_tree *t)
{
    struct hf_trees *all = t->trees;
    size_t count = 0;
    if (t->kind == HF_TREE_GUARDED || t->kind == HF_TREE_ADOPTED) {
        pid_t root = t->kind == HF_TREE_GUARDED ? t->guardian : t->main;
        hf_kin_init(&all->kin, root, NULL, 0);
        return root != 0;
    }
    /* From this process down, without the other trees. */
    for (size_t i = 0; i < HF_COUNT(all->slots); i++) {
        const struct hf_tree *other = &all->slots[i];
        if (other == t || other->id == 0) continue;
        pid_t top = other->guardian != 0 ? other->guardian : other->main;
        if (top != 0) all->others[count++] = top;
    }
    hf_kin_init(&all->kin, getpid(), all->others, count);
    all->kin.since = t->started; /* as PID 1 of a container we inherit also from others */
    return true;
}

/* --- killing --- */

/* An adopted main process is stopped first, so that it makes no orphans which would
 * not be ours, and killed when nothing descends from it any more. */
static void kill_adopted(struct hf_tree *t)
{
    if (t->main == 0) return;
    pidfd_send_signal(t->pidfd, SIGSTOP, NULL, 0);
    hf_tree_kin(t);
    t->quiet_rounds = hf_kin_kill(&t->trees->kin) > 0 ? 0 : t->quiet_rounds + 1;
    if (t->quiet_rounds >= QUIET_ROUNDS) pidfd_send_signal(t->pidfd, SIGKILL, NULL, 0);
}

static void order(struct hf_tree *t, enum hf_guardian_order what)
{
    char byte = (char)what;
    /* Whoever stopped the guardian shall not keep it from its duty. */
    kill(t->guardian, SIGCONT);
    send(t->channel_fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void run_round(struct hf_tree *t)
{
    hf_cgroup_kill(&t->group);
    switch (t->kind) {
    case HF_TREE_GUARDED:
        if (t->guardian != 0) order(t, HF_GUARDIAN_KILL);
        break;
    case HF_TREE_OURS:
        hf_tree_kin(t);
        t->quiet_rounds = hf_kin_kill(&t->trees->kin) > 0 ? 0 : t->quiet_rounds + 1;
        break;
    case HF_TREE_ADOPTED:
        kill_adopted(t);
        break;
    }
    hf_tree_look(t);
}

static void on_round(uv_timer_t *timer)
{
    run_round(timer->data);
}

void hf_tree_end(struct hf_tree *t)
{
    if (t->is_ending) return;
    t->is_ending = true;
    uv_timer_start(&t->round, on_round, 0, ROUND_MS);
}

/* --- the way to running --- */

/* The main process is known and watched: its program may begin. */
void hf_tree_open_gate(struct hf_tree *t, int pidfd, pid_t pid)
{
    char text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    t->pidfd = pidfd;
    t->main = pid;
    if (hf_proc_stat(pid, text, &stat)) t->started = stat.started;
    if (t->is_ending) return;
    int err = hf_tree_watch(t, &t->gate, &t->has_gate, t->gate_fd, on_gate);
    if (err || send(t->gate_fd, "", 1, MSG_NOSIGNAL) != 1) tell_failed(t, err ? -err : EPIPE);
}

/* --- the guardian --- */

static bool receive(int fd, struct hf_guardian_message *message, int *pidfd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = { message, sizeof *message };
    struct msghdr packet = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    *pidfd = -1;
    ssize_t got = recvmsg(fd, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got != sizeof *message) return false;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&packet);
    if (head && head->cmsg_type == SCM_RIGHTS) memcpy(pidfd, CMSG_DATA(head), sizeof *pidfd);
    return true;
}

static void on_word(struct hf_tree *t, const struct hf_guardian_message *message, int pidfd)
{
    switch ((enum hf_guardian_word)message->word) {
    case HF_GUARDIAN_BORN:
        hf_tree_open_gate(t, pidfd, message->pid);
        return;
    case HF_GUARDIAN_FAILED:
        tell_failed(t, message->number);
        return;
    case HF_GUARDIAN_EXITED:
        tell_exit(t, true, message->number);
        return;
    case HF_GUARDIAN_EMPTY:
        t->was_emptied = true; /* finished when the guardian itself is reaped */
        return;
    }
}

static void read_channel(struct hf_tree *t)
{
    struct hf_guardian_message message;
    int pidfd;
    while (t->id != 0 && receive(t->channel_fd, &message, &pidfd)) on_word(t, &message, pidfd);
}

void hf_tree_on_channel(uv_poll_t *handle, int status, int events)
{
    struct hf_tree *t = handle->data;
    (void)status;
    read_channel(t);
    /* The end is seen when the guardian is reaped. */
    if (events & UV_DISCONNECT) uv_poll_stop(handle);
}

/* Its death does not free its tree: we are the subreaper above it. */
static void on_guardian_gone(struct hf_tree *t)
{
    read_channel(t); /* what it said before */
    t->guardian = 0;
    if (t->was_emptied && !hf_cgroup_is_populated(&t->group)) return;
    t->kind = HF_TREE_OURS;
    if (!t->runs)
        tell_failed(t, ECHILD);
    else if (!t->was_emptied)
        tell(t, &(struct hf_tree_news){ .kind = HF_TREE_GUARDIAN_LOST });
    hf_tree_end(t);
}

bool hf_tree_reaped(struct hf_tree *t, pid_t pid, int status)
{
    if (pid == t->guardian) {
        on_guardian_gone(t);
        return true;
    }
    if (pid != t->main || t->kind == HF_TREE_ADOPTED) return false;
    tell_exit(t, true, status);
    return true;
}

/* --- adoption --- */

static void on_adopted_exit(uv_poll_t *handle, int status, int events)
{
    struct hf_tree *t = handle->data;
    (void)status;
    (void)events;
    close_handle(&t->has_exit_watch, (uv_handle_t *)&t->exit_watch);
    tell_exit(t, false, 0);
    /* What is left in its group is found by looking, not by reaping. */
    if (hf_cgroup_is_populated(&t->group))
        hf_tree_end(t);
    else
        finish(t);
}

static bool is_same_process(pid_t pid, uint64_t started)
{
    char text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    return hf_proc_stat(pid, text, &stat) && stat.started == started && stat.state != 'Z';
}

static void on_adopted(uv_timer_t *timer)
{
    struct hf_tree *t = timer->data;
    if (!t->is_ending) start_running(t);
}

/* Its group, and the limit that is wished now: perhaps another one than it was made with. */
static void adopt_group(struct hf_tree *t, const struct hf_tree_orphan *orphan)
{
    const char *home = t->trees->config.cgroup_home;
    if (!orphan->group[0] || !home || hf_cgroup_open(&t->group, home, orphan->group) != 0) return;
    t->has_memory_max =
        orphan->memory_max > 0 && hf_cgroup_limit_memory(&t->group, orphan->memory_max) == 0;
}

int hf_tree_adopt(struct hf_tree *t, const struct hf_tree_orphan *orphan, struct hf_fault *fault)
{
    pid_t pid = orphan->pid;
    t->kind = HF_TREE_ADOPTED;
    t->pidfd = pidfd_open(pid, 0);
    /* The descriptor first, then the look: it cannot become another process between. */
    if (t->pidfd < 0 || !is_same_process(pid, orphan->started)) {
        hf_tree_close(t);
        return hf_fault_set(fault, HF_ERR_NOT_FOUND, "the recorded process %ld is gone", (long)pid);
    }
    adopt_group(t, orphan);
    t->main = pid;
    t->started = orphan->started;
    int err = hf_tree_watch(t, &t->exit_watch, &t->has_exit_watch, t->pidfd, on_adopted_exit);
    if (err) {
        hf_tree_close(t);
        return hf_fault_set(fault, HF_ERR_IO, "cannot watch process %ld: %s", (long)pid,
                            uv_strerror(err));
    }
    uv_timer_start(&t->round, on_adopted, 0, 0);
    return 0;
}
