/* What does a call cost when every client keeps `batch` of them under way? */
#include "bench/load.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

enum { CLIENTS_MAX = 64, SAMPLES_MAX = 64 };

/* Each client asks again as soon as it is answered, until all calls are made. */
static void run(struct load_client *clients, const struct load_plan *plan)
{
    unsigned long wanted = (unsigned long)plan->rounds * plan->clients, asked = 0, answered = 0;
    struct pollfd polled[CLIENTS_MAX];
    for (unsigned i = 0; i < plan->clients; i++) {
        polled[i] = (struct pollfd){ .fd = clients[i].fd, .events = POLLIN };
        load_client_ask(&clients[i], plan, plan->batch);
        asked += plan->batch;
    }
    while (answered < asked) {
        if (poll(polled, plan->clients, -1) < 0) load_die("poll: %s", strerror(errno));
        for (unsigned i = 0; i < plan->clients; i++) {
            if (!polled[i].revents) continue;
            unsigned before = clients[i].responses;
            load_client_read(&clients[i], plan);
            unsigned fresh = clients[i].responses - before;
            answered += fresh;
            if (asked >= wanted || fresh == 0) continue;
            load_client_ask(&clients[i], plan, fresh);
            asked += fresh;
        }
    }
}

int load_calls(const struct load_plan *plan)
{
    double us[SAMPLES_MAX];
    unsigned samples = plan->samples < SAMPLES_MAX ? plan->samples : SAMPLES_MAX;
    if (plan->clients > CLIENTS_MAX) load_die("at most %d clients", CLIENTS_MAX);
    struct load_client *clients = load_clients_open(plan, plan->clients);
    for (unsigned i = 0; i < samples; i++) {
        int64_t before = load_cpu_ns(plan->pid);
        run(clients, plan);
        us[i] = (double)(load_cpu_ns(plan->pid) - before) / 1e3 /
                ((double)plan->rounds * plan->clients);
    }
    load_print_samples("cpu_us", us, samples);
    printf("response_bytes %zu\n", clients[0].response_bytes);
    load_clients_close(clients, plan->clients);
    return 0;
}
