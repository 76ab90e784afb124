/* What does an event cost per receiver, and in how many writes does it reach one? */
#include "bench/load.h"

#include <errno.h>
#include <linux/tcp.h> /* netinet/tcp.h has an older tcp_info */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SAMPLES_MAX = 64, READY_MAX = 256 };

/* Segments with data that reached the client: one per write of the server, as long
 * as a write fits a segment of loopback (64 KiB). */
static unsigned segments(const struct load_client *c)
{
    struct tcp_info info = { 0 };
    socklen_t len = sizeof info;
    if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        load_die("TCP_INFO: %s", strerror(errno));
    return info.tcpi_data_segs_in;
}

static int watch(struct load_client *clients, unsigned count)
{
    int poll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &clients[i] };
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, clients[i].fd, &event) != 0)
            load_die("epoll: %s", strerror(errno));
    }
    return poll_fd;
}

/* `batch` requests in one write; waits until every receiver has that many events. */
static void run_round(const struct load_plan *plan, int poll_fd, struct load_client *asker)
{
    unsigned long wanted = (unsigned long)plan->clients * plan->batch, got = 0;
    unsigned answers = asker->responses + plan->batch;
    struct epoll_event ready[READY_MAX];
    load_client_ask(asker, plan, plan->batch);
    while (got < wanted) {
        int count = epoll_wait(poll_fd, ready, READY_MAX, -1);
        for (int i = 0; i < count; i++) {
            struct load_client *c = ready[i].data.ptr;
            unsigned before = c->events;
            load_client_read(c, plan);
            got += c->events - before;
        }
    }
    while (asker->responses < answers) load_client_read(asker, plan);
}

static unsigned long all_segments(const struct load_client *clients, unsigned count)
{
    unsigned long sum = 0;
    for (unsigned i = 0; i < count; i++) sum += segments(&clients[i]);
    return sum;
}

int load_fanout(const struct load_plan *plan)
{
    double us[SAMPLES_MAX];
    unsigned samples = plan->samples < SAMPLES_MAX ? plan->samples : SAMPLES_MAX;
    struct load_client asker, *clients = load_clients_open(plan, plan->clients);
    load_client_open(&asker, plan);
    int poll_fd = watch(clients, plan->clients);
    run_round(plan, poll_fd, &asker);
    double events = (double)plan->clients * plan->rounds * plan->batch;
    unsigned long segments_before = all_segments(clients, plan->clients);
    for (unsigned i = 0; i < samples; i++) {
        int64_t before = load_cpu_ns(plan->pid);
        for (unsigned round = 0; round < plan->rounds; round++) run_round(plan, poll_fd, &asker);
        us[i] = (double)(load_cpu_ns(plan->pid) - before) / 1e3 / events;
    }
    unsigned long segments_after = all_segments(clients, plan->clients);
    load_print_samples("cpu_us", us, samples);
    printf("event_bytes %zu\nwrites_per_event %.3f\n", clients[0].event_bytes,
           (double)(segments_after - segments_before) / (events * samples));
    close(poll_fd);
    load_clients_close(clients, plan->clients);
    load_client_close(&asker);
    return 0;
}
