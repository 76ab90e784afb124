/* What do readers that stopped cost: the others' time, and the server's memory?
 *
 * A round of events to all readers is timed with nobody stopped and with one reader
 * stopped.  Then memory is read while many events wait for one and for several
 * stopped readers: what is shared grows once, the rest by reader. */
#include "bench/load.h"

#include <stdio.h>

enum { STOPPED = 20, RECEIVE_BYTES = 4096, ROUNDS_MAX = 4096 };

/* What the system takes of a connection before anything waits in the server. */
enum { SYSTEM_BYTES = 6 << 20 };

struct scene {
    const struct load_plan *plan;
    struct load_client asker, *readers;
    struct load_client stopped[STOPPED];
    unsigned stopped_count;
};

static void run_round(struct scene *s, unsigned batch)
{
    unsigned answers = s->asker.responses + batch;
    load_client_ask(&s->asker, s->plan, batch);
    for (unsigned i = 0; i < s->plan->clients; i++) {
        unsigned wanted = s->readers[i].events + batch;
        while (s->readers[i].events < wanted) load_client_read(&s->readers[i], s->plan);
    }
    while (s->asker.responses < answers) load_client_read(&s->asker, s->plan);
}

static void stop_reading(struct scene *s, unsigned count)
{
    for (; s->stopped_count < count; s->stopped_count++)
        if (load_client_try(&s->stopped[s->stopped_count], s->plan, RECEIVE_BYTES) !=
            LOAD_LOGIN_DONE)
            load_die("no hello-ok");
}

static void let_go(struct scene *s)
{
    load_clients_settle(s->readers, s->plan->clients, s->plan);
    while (s->stopped_count > 0) load_client_close(&s->stopped[--s->stopped_count]);
    load_quiet(s->plan->pid);
}

/* From the request until the last reader has its event. */
static void time_rounds(struct scene *s, const char *name)
{
    static double us[ROUNDS_MAX];
    unsigned rounds = s->plan->rounds < ROUNDS_MAX ? s->plan->rounds : ROUNDS_MAX;
    for (unsigned i = 0; i < rounds; i++) {
        int64_t began = load_now_ns();
        run_round(s, 1);
        us[i] = (double)(load_now_ns() - began) / 1e3;
    }
    load_print_samples(name, us, rounds);
}

/* How much the server grows per event while `count` stopped readers miss them. */
static double grow(struct scene *s, unsigned count)
{
    size_t fill = SYSTEM_BYTES / s->readers[0].event_bytes / s->plan->batch;
    stop_reading(s, count);
    for (size_t i = 0; i < fill; i++) run_round(s, s->plan->batch);
    load_quiet(s->plan->pid);
    int64_t before = load_memory(s->plan->pid).private_dirty_kb;
    for (unsigned i = 0; i < s->plan->rounds; i++) run_round(s, s->plan->batch);
    load_quiet(s->plan->pid);
    double grown_kb = (double)(load_memory(s->plan->pid).private_dirty_kb - before);
    let_go(s);
    return grown_kb * 1024 / (s->plan->rounds * s->plan->batch);
}

int load_stopped(const struct load_plan *plan)
{
    struct scene s = { .plan = plan, .readers = load_clients_open(plan, plan->clients) };
    load_client_open(&s.asker, plan);
    run_round(&s, 1);
    time_rounds(&s, "round_us");
    stop_reading(&s, 1);
    time_rounds(&s, "round_stopped_us");
    let_go(&s);
    double one = grow(&s, 1), many = grow(&s, STOPPED);
    printf("event_bytes %zu\nbytes_per_event_one %.0f\nbytes_per_event_many %.0f\n"
           "bytes_per_event_and_reader %.0f\n",
           s.readers[0].event_bytes, one, many, (many - one) / (STOPPED - 1));
    load_clients_close(s.readers, plan->clients);
    load_client_close(&s.asker);
    return 0;
}
