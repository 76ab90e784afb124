/* Runs a test with temporary directories of its own, and sees to it that nothing is left.
 *
 * usage: alone COMMAND ARG...
 *
 * The command finds TMPDIR, and HOLDFAST_FAST_TMPDIR in memory where there is such a
 * place.  Files and processes that are there after its end are named, removed and ended,
 * and make a test that passed a failed one.
 *
 * A signal is passed on.  Whoever sends it may soon send KILL (`meson test` at a timeout,
 * after half a second): a command that does not end at it is killed, and nobody else is
 * waited for. */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 512, SIGNALS = 3 };
enum { STEP_MS = 10 };
enum { GRACE_STEPS = 200 }; /* for processes that are ending */
enum { ASKED_STEPS = 20 };  /* for a command that was asked to end */

static const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
static pid_t child;
static volatile sig_atomic_t was_asked;
static sigset_t unblocked; /* signals arrive only where they are waited for */

static void die(const char *what)
{
    fprintf(stderr, "alone: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void pass_on(int number)
{
    was_asked = true;
    kill(child, number);
}

static void wake(int number)
{
    (void)number;
}

static void make_place(const char *base, const char *variable, char place[PATH_BYTES])
{
    snprintf(place, PATH_BYTES, "%s/hf-XXXXXX", base);
    if (!mkdtemp(place)) die(place);
    setenv(variable, place, 1);
}

/* --- processes --- */

static void catch_signals(void)
{
    static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
    struct sigaction action = { .sa_handler = wake };
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaction(SIGCHLD, &action, NULL);
    action.sa_handler = pass_on;
    for (size_t i = 0; i < SIGNALS; i++) {
        sigaddset(&blocked, numbers[i]);
        sigaction(numbers[i], &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &blocked, &unblocked);
}

static void run(char **command)
{
    /* Whoever loses its parent below becomes our child. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) die("prctl");
    catch_signals();
    child = fork();
    if (child < 0) die("fork");
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &unblocked, NULL);
        execvp(command[0], command);
        fprintf(stderr, "alone: %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
}

static int wait_for_command(void)
{
    for (int steps = 0;; steps += was_asked) {
        int status;
        pid_t ended;
        while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
            if (ended == child)
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (ended < 0) die("waitpid");
        if (steps >= ASKED_STEPS) kill(child, SIGKILL);
        pselect(0, NULL, NULL, NULL, was_asked ? &step : NULL, &unblocked);
    }
}

static bool has_children(void)
{
    pid_t ended;
    while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) continue;
    return ended == 0;
}

static void name_process(pid_t pid)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
    FILE *in = fopen(path, "re");
    size_t len = in ? fread(line, 1, sizeof line - 1, in) : 0;
    if (in) fclose(in);
    for (size_t i = 0; i < len; i++)
        if (line[i] == '\0') line[i] = ' ';
    fprintf(stderr, "alone: left behind: process %ld %s\n", (long)pid, line);
}

/* Each that is ended may leave its own children to us. */
static void end_children(void)
{
    while (has_children()) {
        long pid;
        FILE *in = fopen("/proc/thread-self/children", "re");
        if (!in) die("/proc/thread-self/children");
        while (fscanf(in, "%ld", &pid) == 1) {
            name_process((pid_t)pid);
            kill((pid_t)pid, SIGKILL);
            waitpid((pid_t)pid, NULL, 0);
        }
        fclose(in);
    }
}

static bool leaves_processes(void)
{
    for (int i = 0; i < GRACE_STEPS && has_children(); i++) {
        if (was_asked) break;
        pselect(0, NULL, NULL, NULL, &step, &unblocked);
    }
    if (!has_children()) return false;
    end_children();
    return true;
}

/* --- files --- */

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    if (at->level == 1) fprintf(stderr, "alone: left behind: %s\n", path);
    return remove(path);
}

static bool leaves_files(const char *place)
{
    if (rmdir(place) == 0) return false;
    if (nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) die(place);
    return true;
}

int main(int argc, char **argv)
{
    char place[PATH_BYTES], fast[PATH_BYTES] = "";
    const char *base = getenv("TMPDIR");
    if (argc < 2) {
        fputs("usage: alone COMMAND ARG...\n", stderr);
        return 2;
    }
    make_place(base ? base : "/tmp", "TMPDIR", place);
    if (access("/dev/shm", W_OK) == 0) make_place("/dev/shm", "HOLDFAST_FAST_TMPDIR", fast);
    run(argv + 1);
    int status = wait_for_command();
    bool is_left = leaves_processes();
    is_left |= leaves_files(place);
    if (fast[0]) is_left |= leaves_files(fast);
    return status == 0 && is_left ? 1 : status;
}
