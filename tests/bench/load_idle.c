/* What does an idle authenticated connection cost in the server's own memory? */
#include "bench/load.h"

#include <stdio.h>
#include <unistd.h>

enum { SETTLE_SECONDS = 1 };

int load_idle(const struct load_plan *plan)
{
    struct load_client first;
    load_client_open(&first, plan);
    sleep(SETTLE_SECONDS);
    struct load_memory before = load_memory(plan->pid);
    struct load_client *clients = load_clients_open(plan, plan->clients);
    /* The first pings are answered before anybody looks. */
    load_clients_settle(clients, plan->clients, plan);
    load_quiet(plan->pid);
    load_clients_settle(clients, plan->clients, plan);
    struct load_memory after = load_memory(plan->pid);
    int64_t grown_kb = after.private_dirty_kb - before.private_dirty_kb;
    printf("resident_mb %.2f\nprivate_dirty_mb %.2f\nbytes_per_client %.0f\n",
           (double)before.resident_kb / 1024, (double)before.private_dirty_kb / 1024,
           (double)grown_kb * 1024 / plan->clients);
    load_clients_close(clients, plan->clients);
    load_client_close(&first);
    return 0;
}
