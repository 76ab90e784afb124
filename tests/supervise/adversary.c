/* A child of every unpleasant kind, for tests of who keeps it.
 *
 *     adversary MODE [NUMBER [NUMBER]]
 *
 * Each process of it carries HF_MARK of its environment, or stands with it in its
 * arguments, so that a test can look for what was left behind. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *self;

static void nap(long ms)
{
    struct timespec rest = { ms / 1000, ms % 1000 * 1000000 };
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}

__attribute__((noreturn)) static void stay(void)
{
    for (;;) pause();
}

static void say(const char *message)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    if (!name || strlen(name) >= sizeof to.sun_path) return;
    memcpy(to.sun_path, name, strlen(name));
    if (name[0] == '@') to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sendto(fd, message, strlen(message), 0, (struct sockaddr *)&to,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name)));
    close(fd);
}

/* --- processes --- */

static void ignore_term(void)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

/* A process without parent, session and environment of ours; its mark is an argument. */
static void daemonize(bool keeps_environment)
{
    char *argv[] = { self, "stay", getenv("HF_MARK"), NULL };
    char *envp[] = { NULL };
    if (fork() != 0) {
        wait(NULL);
        return;
    }
    setsid();
    if (fork() != 0) _exit(0);
    ignore_term();
    if (keeps_environment) stay();
    execve(self, argv, envp);
    _exit(1);
}

static void fork_many(long count)
{
    for (long i = 0; i < count; i++)
        if (fork() == 0) stay();
}

static void bomb(long count)
{
    long *total =
        mmap(NULL, sizeof *total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ignore_term();
    say("READY=1");
    while (__atomic_fetch_add(total, 1, __ATOMIC_RELAXED) < count)
        if (fork() < 0) nap(1);
    stay();
}

static void leave_zombies(long count)
{
    for (long i = 0; i < count; i++)
        if (fork() == 0) _exit(0);
}

static void leave_group(void)
{
    const char *path = getenv("HF_ROOT_GROUP");
    int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && write(fd, "0", 1) != 1) _exit(9);
}

/* --- sockets --- */

static int listen_on(long port)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 16) != 0) _exit(98);
    return fd;
}

/* Leaves a daemon behind that goes on listening. */
static void leave_listener(long port)
{
    int fd = listen_on(port);
    if (fork() == 0) {
        setsid();
        signal(SIGTERM, SIG_IGN);
        stay();
    }
    close(fd);
    _exit(1);
}

/* Answers `count` requests (0: all), then goes on listening without a word. */
static void serve_http(long port, long count)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    int fd = listen_on(port);
    for (long i = 0; count == 0 || i < count; i++) {
        char request[4096];
        int peer = accept(fd, NULL, NULL);
        if (read(peer, request, sizeof request) > 0 && write(peer, answer, sizeof answer - 1) < 0) {
        }
        close(peer);
    }
    stay();
}

/* --- output --- */

static void chatter(int fd, long bytes)
{
    static char block[65536];
    for (size_t i = 0; i < sizeof block; i++) block[i] = i % 64 == 63 ? '\n' : (char)('a' + i % 26);
    while (bytes > 0) {
        ssize_t done = write(fd, block, bytes < (long)sizeof block ? (size_t)bytes : sizeof block);
        if (done < 0 && errno != EINTR) _exit(3);
        if (done > 0) bytes -= done;
    }
}

/* Lines of which none is like another, also without their digits. */
static void differ(long count, long length)
{
    for (long i = 0; i < count; i++) {
        fprintf(stderr, "line %ld ", i);
        for (int at = 0; at < 8; at++) fputc('a' + (int)(i >> 4 * at & 15), stderr);
        for (long at = 0; at < length; at++) fputc(at % 8 == 0 ? ' ' : 'x', stderr);
        fputc('\n', stderr);
    }
}

/* What a program finds itself with, one line each, on stdout. */
static void report(void)
{
    char line[256];
    for (int fd = 0; fd < 256; fd++)
        if (fcntl(fd, F_GETFD) >= 0) printf("fd %d\n", fd);
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "Sig", 3) == 0) fputs(line, stdout);
    if (status) fclose(status);
    printf("session %s\nstdin %zd\n", getsid(0) == getpid() ? "own" : "shared",
           read(0, line, sizeof line));
    fflush(stdout);
}

static void burn(long ms)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long until = now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
    do clock_gettime(CLOCK_MONOTONIC, &now);
    while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < until);
}

static void progress(long ms)
{
    for (long done = 0; done < ms; done += 100) {
        say("STATUS=still on it\nEXTEND_TIMEOUT_USEC=10000000");
        nap(100);
    }
    say("READY=1");
    stay();
}

static void on_term(int number)
{
    (void)number;
    say("STOPPING=1");
    _exit(0);
}

/* Takes a step of memory in each `ms`, for ever: `mb` in all when it may. */
static void grow(long mb, long ms)
{
    enum { STEP_MB = 4, MB = 1 << 20 };
    say("READY=1");
    for (long taken = 0; taken < mb; taken += STEP_MB) {
        void *block =
            mmap(NULL, STEP_MB * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED) _exit(12);
        memset(block, 1, STEP_MB * MB);
        nap(ms);
    }
}

/* --- the modes --- */

static void run_process(const char *mode, long a, long b)
{
    if (strcmp(mode, "exit") == 0) {
        nap(b);
        _exit((int)a);
    } else if (strcmp(mode, "signal") == 0) {
        signal((int)a, SIG_DFL); /* a sanitizer would make an exit of it */
        kill(getpid(), (int)a);
    } else if (strcmp(mode, "ignore_term") == 0) {
        ignore_term();
        say("READY=1");
    } else if (strcmp(mode, "forker") == 0) {
        fork_many(a);
        say("READY=1");
    } else if (strcmp(mode, "daemons") == 0 || strcmp(mode, "leaver") == 0) {
        for (long i = 0; i < a; i++) daemonize(b != 0);
        say("READY=1");
        if (mode[0] == 'l') _exit(0);
    } else if (strcmp(mode, "stubborn") == 0) {
        ignore_term();
        for (long i = 0; i < a; i++) daemonize(false);
        say("READY=1");
    } else if (strcmp(mode, "bomb") == 0) {
        bomb(a);
    } else if (strcmp(mode, "zombies") == 0) {
        leave_zombies(a);
        say("READY=1");
    } else if (strcmp(mode, "kill_parent") == 0 || strcmp(mode, "stop_parent") == 0) {
        fork_many(a);
        say("READY=1");
        nap(b);
        kill(getppid(), mode[0] == 'k' ? SIGKILL : SIGSTOP);
    } else if (strcmp(mode, "leave_group") == 0) {
        leave_group();
        daemonize(true);
        say("READY=1");
    } else if (strcmp(mode, "reaper") == 0) {
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        for (long i = 0; i < a; i++) daemonize(false);
        say("READY=1");
    } else if (strcmp(mode, "stop_self") == 0) {
        if (a != 0) signal(SIGTERM, on_term);
        say("READY=1");
        kill(getpid(), SIGSTOP);
    }
}

static void run_other(const char *mode, long a, long b)
{
    if (strcmp(mode, "listen") == 0) {
        listen_on(a);
    } else if (strcmp(mode, "leave_listener") == 0) {
        leave_listener(a);
    } else if (strcmp(mode, "http") == 0) {
        nap(b);
        serve_http(a, 0);
    } else if (strcmp(mode, "http_then_hang") == 0) {
        serve_http(a, b);
    } else if (strcmp(mode, "notify") == 0) {
        signal(SIGTERM, on_term);
        nap(a);
        say("READY=1\nSTATUS=at work");
    } else if (strcmp(mode, "flap") == 0) {
        say("READY=1");
        nap(a);
        _exit((int)b);
    } else if (strcmp(mode, "chatty") == 0) {
        chatter((int)a, b);
        say("READY=1");
    } else if (strcmp(mode, "lines") == 0) {
        differ(a, b);
        say("READY=1");
    } else if (strcmp(mode, "close_pipes") == 0) {
        for (int fd = 0; fd < 3; fd++) close(fd);
        say("READY=1");
    } else if (strcmp(mode, "descriptors") == 0) {
        while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) {
        }
        close(3);
        say("READY=1");
    } else if (strcmp(mode, "grow") == 0) {
        signal(SIGTERM, on_term);
        grow(a, b);
    } else if (strcmp(mode, "grow_apart") == 0) {
        if (fork() == 0) grow(a, b);
        stay();
    } else if (strcmp(mode, "busy") == 0) {
        say("READY=1");
        burn(a);
    } else if (strcmp(mode, "progress") == 0) {
        progress(a);
    } else if (strcmp(mode, "report") == 0) {
        report();
        _exit(0);
    } else if (strcmp(mode, "touch") == 0) {
        close(open(getenv("HF_TOUCH"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "stay";
    long a = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    long b = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
    self = argv[0];
    run_process(mode, a, b);
    run_other(mode, a, b);
    stay();
}
