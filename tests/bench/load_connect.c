/* What does a login cost: from the accept to the last byte of hello-ok? */
#include "bench/load.h"

#include <stdio.h>

enum { SAMPLES_MAX = 64 };

int load_connect(const struct load_plan *command)
{
    double us[SAMPLES_MAX];
    struct load_plan to_hello = *command, *plan = &to_hello;
    plan->ignores_pings = true;
    unsigned samples = plan->samples < SAMPLES_MAX ? plan->samples : SAMPLES_MAX;
    size_t hello_bytes = 0;
    for (unsigned i = 0; i < samples; i++) {
        int64_t before = load_cpu_ns(plan->pid);
        struct load_client *clients = load_clients_open(plan, plan->clients);
        us[i] = (double)(load_cpu_ns(plan->pid) - before) / 1e3 / plan->clients;
        hello_bytes = clients[0].response_bytes;
        load_clients_close(clients, plan->clients);
        load_quiet(plan->pid);
    }
    load_print_samples("cpu_us", us, samples);
    printf("hello_bytes %zu\n", hello_bytes);
    return 0;
}
