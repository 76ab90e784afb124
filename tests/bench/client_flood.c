/* What does a crowd cost that comes while the gateway starts (startup-retry 34)?  The
 * library's own clients, which come again as they are told to. */
#include "bench/client.h"
#include "bench/load.h"

#include <holdfast/holdfast.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUCKET_MS = 10, BUCKETS = 1000, READY_SECONDS_MAX = 120 };

struct flood {
    pid_t server;
    int64_t began_ns, ready_ns, last_ns; /* ready: the first hello */
    int64_t cpu_ns;                      /* of the server: before, then while it started */
    unsigned ready;
    unsigned buckets[BUCKETS]; /* hellos by the time since the first one */
};

static void must(int error, const char *what)
{
    if (error != 0) load_die("%s: %s", what, holdfast_error_text(error));
}

static int on_hello(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct flood *flood = ctx;
    (void)client;
    (void)notice;
    flood->last_ns = load_now_ns();
    if (flood->ready++ == 0) {
        flood->ready_ns = flood->last_ns;
        flood->cpu_ns = load_cpu_ns(flood->server) - flood->cpu_ns;
    }
    int64_t bucket = (flood->last_ns - flood->ready_ns) / 1000000 / BUCKET_MS;
    if (bucket < BUCKETS) flood->buckets[bucket]++;
    return 0;
}

static holdfast_client *add(holdfast_loop *loop, const holdfast_options *options,
                            struct flood *flood)
{
    holdfast_client *client;
    must(holdfast_client_new(&client, loop, options), "no client");
    must(holdfast_client_on(client, HOLDFAST_ON_HELLO, on_hello, flood, NULL), "on hello");
    must(holdfast_client_start(client), "start");
    return client;
}

static void run(holdfast_loop *loop, const struct flood *flood, unsigned wanted)
{
    int64_t until = load_now_ns() + (int64_t)READY_SECONDS_MAX * 1000000000;
    while (flood->ready < wanted) {
        must(holdfast_loop_wait(loop, 1000), "the loop");
        if (load_now_ns() > until) load_die("%u of %u are connected", flood->ready, wanted);
    }
}

static void print_figures(const struct flood *flood, unsigned clients, double connects)
{
    double started_for_ns = (double)(flood->ready_ns - flood->began_ns);
    unsigned fullest = 0;
    for (size_t i = 0; i < BUCKETS; i++)
        if (flood->buckets[i] > fullest) fullest = flood->buckets[i];
    printf("seconds %.3f\ncpu_percent %.3f\nconnects_per_second %.3f\n", started_for_ns / 1e9,
           (double)flood->cpu_ns * 100 / started_for_ns, connects / (started_for_ns / 1e9));
    printf("cpu_us_per_connect %.3f\nall_in_ms %.1f\nfullest_percent %.2f\n",
           (double)flood->cpu_ns / 1e3 / connects / clients,
           (double)(flood->last_ns - flood->ready_ns) / 1e6, fullest * 100.0 / clients);
}

void client_flood(const struct load_plan *plan)
{
    char url[64];
    holdfast_loop *loop;
    holdfast_options *options;
    static struct flood flood;
    double connects = 0;
    holdfast_client **clients = calloc(plan->clients, sizeof *clients);
    if (!clients) load_die("out of memory");
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", plan->port);
    must(holdfast_loop_new(&loop), "no loop");
    must(holdfast_options_new(&options), "no options");
    must(holdfast_options_set_text(options, HOLDFAST_URL, url), "address");
    must(holdfast_options_set_text(options, HOLDFAST_TOKEN, plan->token), "token");
    flood = (struct flood){ .server = plan->pid,
                            .began_ns = load_now_ns(),
                            .cpu_ns = load_cpu_ns(plan->pid) };
    for (unsigned i = 0; i < plan->clients; i++) clients[i] = add(loop, options, &flood);
    run(loop, &flood, 1);
    for (unsigned i = 0; i < plan->clients; i++)
        connects += (double)holdfast_client_number(clients[i], HOLDFAST_COUNT_CONNECTS);
    run(loop, &flood, plan->clients);
    print_figures(&flood, plan->clients, connects / plan->clients);
    for (unsigned i = 0; i < plan->clients; i++) {
        holdfast_client_dispose(clients[i]);
        holdfast_client_release(clients[i]);
    }
    holdfast_options_free(options);
    holdfast_loop_free(loop);
    free(clients);
}
