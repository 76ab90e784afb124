/* Runs a test with temporary directories of its own, and sees to it that nothing is left.
 *
 * usage: alone COMMAND ARG...
 *
 * The command finds TMPDIR, and HOLDFAST_FAST_TMPDIR in memory where there is such a
 * place.  Files and processes that are there after its end are named, removed and ended,
 * and make a test that passed a failed one. */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 512, SIGNALS = 3 };
enum { GRACE_STEPS = 200, GRACE_STEP_MS = 10 }; /* for processes that are ending */

static volatile sig_atomic_t child;

static void die(const char *what)
{
    fprintf(stderr, "alone: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void pass_on(int number)
{
    if (child > 0) kill((pid_t)child, number);
}

static void make_place(const char *base, const char *variable, char place[PATH_BYTES])
{
    snprintf(place, PATH_BYTES, "%s/hf-XXXXXX", base);
    if (!mkdtemp(place)) die(place);
    setenv(variable, place, 1);
}

/* --- processes --- */

static void run(char **command)
{
    static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };
    struct sigaction action = { .sa_handler = pass_on };
    /* Whoever loses its parent below becomes our child. */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) die("prctl");
    pid_t pid = fork();
    if (pid < 0) die("fork");
    if (pid == 0) {
        execvp(command[0], command);
        fprintf(stderr, "alone: %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    child = pid;
    for (size_t i = 0; i < SIGNALS; i++) sigaction(numbers[i], &action, NULL);
}

static int wait_for_command(void)
{
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, 0);
        if (ended < 0 && errno != EINTR) die("waitpid");
        if (ended != child) continue;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
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
    const struct timespec step = { .tv_nsec = GRACE_STEP_MS * 1000000L };
    for (int i = 0; i < GRACE_STEPS; i++) {
        if (!has_children()) return false;
        nanosleep(&step, NULL);
    }
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
