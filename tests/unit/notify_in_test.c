#include "host/notify_in.h"
#include "base/limits.h"
#include "lib/check.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

static struct {
    uv_loop_t loop;
    struct hf_notify_in *in;
    size_t count;
    pid_t sender;
    struct hf_notify_text last;
} ear;

static void told(void *ctx, pid_t sender, const struct hf_notify_text *message)
{
    CHECK(ctx == &ear);
    ear.count++;
    ear.sender = sender;
    ear.last = *message;
}

static void open_ear(void)
{
    struct hf_fault fault;
    memset(&ear, 0, sizeof ear);
    CHECK_EQ(uv_loop_init(&ear.loop), 0);
    CHECK_EQ(hf_notify_in_new(&ear.in, &ear.loop, told, &ear, &fault), 0);
}

static void close_ear(void)
{
    hf_notify_in_free(ear.in);
    CHECK_EQ(uv_run(&ear.loop, UV_RUN_DEFAULT), 0);
    CHECK_EQ(uv_loop_close(&ear.loop), 0);
}

/* Sends as any program does that knows NOTIFY_SOCKET; `fd` goes along when >= 0. */
static void say(const char *message, size_t len, int fd)
{
    const char *name = hf_notify_in_name(ear.in);
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = { (void *)(uintptr_t)message, len };
    struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1, .msg_name = &to };
    memcpy(to.sun_path, name, strlen(name));
    to.sun_path[0] = '\0';
    packet.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    if (fd >= 0) {
        memset(&control, 0, sizeof control);
        control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof fd),
                                         .cmsg_level = SOL_SOCKET,
                                         .cmsg_type = SCM_RIGHTS };
        memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
        packet.msg_control = &control;
        packet.msg_controllen = sizeof control.room;
    }
    int from = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(sendmsg(from, &packet, 0), (ssize_t)len);
    close(from);
}

static void a_message_comes_with_its_sender(void)
{
    open_ear();
    CHECK_EQ(hf_notify_in_name(ear.in)[0], '@');
    say("READY=1\nSTATUS=up", 17, -1);
    uv_run(&ear.loop, UV_RUN_ONCE);
    CHECK_EQ(ear.count, 1);
    CHECK_EQ(ear.sender, getpid());
    CHECK(ear.last.is_ready);
    close_ear();
}

static void descriptors_that_come_along_are_closed(void)
{
    int ends[2];
    char byte;
    open_ear();
    CHECK_EQ(pipe(ends), 0);
    say("FDSTORE=1", 9, ends[1]);
    close(ends[1]);
    hf_notify_in_drain(ear.in);
    CHECK_EQ(ear.count, 1);
    CHECK_EQ(read(ends[0], &byte, 1), 0); /* nobody holds the other end */
    close(ends[0]);
    close_ear();
}

static void a_message_beyond_the_bound_is_dropped(void)
{
    static char text[HF_LIMIT_NOTIFY_BYTES + 1];
    open_ear();
    memset(text, 'x', sizeof text);
    memcpy(text, "READY=1\n", 8);
    say(text, HF_LIMIT_NOTIFY_BYTES, -1);
    hf_notify_in_drain(ear.in);
    CHECK_EQ(ear.count, 1);
    say(text, HF_LIMIT_NOTIFY_BYTES + 1, -1);
    hf_notify_in_drain(ear.in);
    CHECK_EQ(ear.count, 1);
    close_ear();
}

static void a_flood_waits_for_its_next_turn(void)
{
    static const size_t sent[] = { HF_LIMIT_NOTIFY_BATCH, HF_LIMIT_NOTIFY_BATCH + 1 };
    for (size_t i = 0; i < HF_COUNT(sent); i++) {
        open_ear();
        for (size_t n = 0; n < sent[i]; n++) say("WATCHDOG=1", 10, -1);
        hf_notify_in_drain(ear.in);
        CHECK_EQ_AT(i, ear.count, HF_LIMIT_NOTIFY_BATCH);
        hf_notify_in_drain(ear.in);
        CHECK_EQ_AT(i, ear.count, sent[i]);
        close_ear();
    }
}

CHECK_MAIN(a_message_comes_with_its_sender, descriptors_that_come_along_are_closed,
           a_message_beyond_the_bound_is_dropped, a_flood_waits_for_its_next_turn)
