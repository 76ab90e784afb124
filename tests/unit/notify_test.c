#include "host/notify.h"
#include "lib/check.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A manager's socket under a name of this process; '@' stands for the leading zero
 * of an abstract name. */
static int open_manager(char name[64], bool is_abstract)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    snprintf(name, 64, "%sholdfast-notify-%ld", is_abstract ? "@" : "/tmp/", (long)getpid());
    memcpy(at.sun_path, name, strlen(name));
    if (is_abstract) at.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(fd >= 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&at,
                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
             0);
    return fd;
}

static void check_message(int fd, const char *want)
{
    char got[256];
    ssize_t len = recv(fd, got, sizeof got, MSG_DONTWAIT);
    CHECK(len > 0);
    CHECK_TEXT(hf_bytes(got, (size_t)len), want);
}

static void the_manager_hears_every_message(void)
{
    for (int is_abstract = 0; is_abstract <= 1; is_abstract++) {
        struct hf_notify n;
        char name[64];
        int fd = open_manager(name, is_abstract);
        setenv("NOTIFY_SOCKET", name, 1);
        hf_notify_init(&n);
        CHECK(getenv("NOTIFY_SOCKET") == NULL);
        hf_notify_send(&n, "READY=1\nSTATUS=serving");
        check_message(fd, "READY=1\nSTATUS=serving");
        hf_notify_reloading(&n, (struct hf_now){ .mono = { HF_MS(5) } });
        check_message(fd, "RELOADING=1\nMONOTONIC_USEC=5000");
        hf_notify_fini(&n);
        close(fd);
        if (!is_abstract) unlink(name);
    }
}

static void *read_until_ready(void *arg)
{
    const int *fd = arg;
    char got[256];
    ssize_t len;
    do len = recv(*fd, got, sizeof got, 0);
    while (len > 0 && memcmp(got, "READY=1", 7) != 0);
    return NULL;
}

/* The kernel's queue is short: a hint is lost where it is full, what counts waits. */
static void what_counts_is_not_lost_in_a_full_queue(void)
{
    enum { MANY = 100000 };
    struct hf_notify n;
    char name[64];
    pthread_t reader;
    int fd = open_manager(name, true), sent = 0, read = 0;
    setenv("NOTIFY_SOCKET", name, 1);
    hf_notify_init(&n);
    while (sent < MANY && send(n.fd, "STATUS=x", 8, MSG_DONTWAIT) == 8) sent++;
    CHECK(sent < MANY);
    hf_notify_hint(&n, "STATUS=lost");
    char got[64];
    CHECK_EQ(recv(fd, got, sizeof got, MSG_DONTWAIT), 8);
    hf_notify_hint(&n, "STATUS=kept");
    hf_notify_hint(&n, "STATUS=lost");
    for (ssize_t len; (len = recv(fd, got, sizeof got, MSG_DONTWAIT)) > 0; read++)
        if (len == 11) CHECK_TEXT(hf_bytes(got, 11), "STATUS=kept");
    CHECK_EQ(read, sent);
    while (send(n.fd, "STATUS=x", 8, MSG_DONTWAIT) == 8) continue;
    CHECK_EQ(pthread_create(&reader, NULL, read_until_ready, &fd), 0);
    hf_notify_send(&n, "READY=1");
    CHECK_EQ(pthread_join(reader, NULL), 0);
    hf_notify_fini(&n);
    close(fd);
}

static void nobody_to_tell_is_fine(void)
{
    static const char *const names[] = { NULL, "", "relative", "/no/such/socket" };
    for (size_t i = 0; i < HF_COUNT(names); i++) {
        struct hf_notify n;
        unsetenv("NOTIFY_SOCKET");
        if (names[i]) setenv("NOTIFY_SOCKET", names[i], 1);
        hf_notify_init(&n);
        CHECK_EQ_AT(i, n.fd, -1);
        CHECK_EQ_AT(i, n.watchdog_every, 0);
        hf_notify_send(&n, "READY=1");
        hf_notify_fini(&n);
    }
}

static void the_watchdog_is_fed_at_half_its_time(void)
{
    static const struct {
        const char *usec;
        long pid_offset; /* from our own; -1: the variable is not set */
        hf_span want;
    } rows[] = {
        { "30000000", 0, HF_SECONDS(15) },
        { "30000000", -1, HF_SECONDS(15) },
        { "30000000", 1, 0 }, /* meant for another process */
        { "0", 0, 0 },
        { "soon", 0, 0 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_notify n;
        char name[64], pid[32];
        int fd = open_manager(name, true);
        snprintf(pid, sizeof pid, "%ld", (long)getpid() + rows[i].pid_offset);
        setenv("NOTIFY_SOCKET", name, 1);
        setenv("WATCHDOG_USEC", rows[i].usec, 1);
        unsetenv("WATCHDOG_PID");
        if (rows[i].pid_offset >= 0) setenv("WATCHDOG_PID", pid, 1);
        hf_notify_init(&n);
        CHECK_EQ_AT(i, n.watchdog_every, rows[i].want);
        hf_notify_fini(&n);
        close(fd);
    }
}

CHECK_MAIN(the_manager_hears_every_message, what_counts_is_not_lost_in_a_full_queue,
           nobody_to_tell_is_fine, the_watchdog_is_fed_at_half_its_time)
