#include "host/listener.h"
#include "base/err.h"
#include "base/limits.h"
#include "lib/check.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <unistd.h>

static struct hf_fault fault;

static void nobody(void *ctx, int fd, const struct hf_peer *peer)
{
    (void)ctx;
    (void)fd;
    (void)peer;
}

struct scene {
    uv_loop_t loop;
    struct hf_listen_set holder;
    struct hf_listener listener;
    struct hf_listen_spec spec;
};

/* Somebody has the port that the listener wants. */
static void scene_start(struct scene *s)
{
    static const struct hf_log quiet;
    s->spec = (struct hf_listen_spec){ .bind = HF_BIND_LOOPBACK };
    CHECK_EQ(uv_loop_init(&s->loop), 0);
    CHECK_EQ(hf_listen_open(&s->holder, &s->spec, &fault), 0);
    s->spec.port = s->holder.port;
    hf_listener_init(&s->listener, &s->loop, &quiet, nobody, NULL);
}

static void scene_stop(struct scene *s)
{
    hf_listener_close(&s->listener);
    hf_listen_close(&s->holder);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    CHECK_EQ(uv_loop_close(&s->loop), 0);
}

struct guests { /* who was accepted, and how often the listener did so */
    int fds[HF_LIMIT_ACCEPT_BATCH + 1];
    size_t count;
};

static void take(void *ctx, int fd, const struct hf_peer *peer)
{
    struct guests *g = ctx;
    (void)peer;
    CHECK(g->count < HF_COUNT(g->fds));
    g->fds[g->count++] = fd;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK_EQ(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void serve_start(struct scene *s, struct guests *g)
{
    static const struct hf_log quiet;
    s->spec = (struct hf_listen_spec){ .bind = HF_BIND_LOOPBACK };
    g->count = 0;
    CHECK_EQ(uv_loop_init(&s->loop), 0);
    hf_listener_init(&s->listener, &s->loop, &quiet, take, g);
    CHECK_EQ(hf_listener_bind(&s->listener, &s->spec, hf_at_ms(0), &fault), 0);
}

static void serve_stop(struct scene *s, struct guests *g)
{
    for (size_t i = 0; i < g->count; i++) close(g->fds[i]);
    hf_listener_close(&s->listener);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    CHECK_EQ(uv_loop_close(&s->loop), 0);
}

/* HF_LIMIT_ACCEPT_BATCH connect at once and one more: that one waits for the next turn. */
static void a_turn_accepts_at_most_a_batch(void)
{
    enum { BATCH = HF_LIMIT_ACCEPT_BATCH };
    struct scene s;
    struct guests g;
    int peers[BATCH + 1];
    serve_start(&s, &g);
    for (size_t i = 0; i <= BATCH; i++) peers[i] = connect_to(s.listener.set.port);
    uv_run(&s.loop, UV_RUN_ONCE);
    CHECK_EQ(g.count, BATCH);
    uv_run(&s.loop, UV_RUN_ONCE);
    CHECK_EQ(g.count, BATCH + 1);
    for (size_t i = 0; i <= BATCH; i++) close(peers[i]);
    serve_stop(&s, &g);
}

/* HF_LIMIT_ACCEPT_PAUSE_MS: nobody is accepted before it is over, whoever waits. */
static void without_descriptors_accepting_pauses_for_its_time(void)
{
    struct scene s;
    struct guests g;
    struct rlimit before, full;
    serve_start(&s, &g);
    int dropped = connect_to(s.listener.set.port), waiting = connect_to(s.listener.set.port);
    int next = dup(dropped);
    close(next);
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    full = (struct rlimit){ .rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max };
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &full), 0);
    uv_run(&s.loop, UV_RUN_ONCE);
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK_EQ(g.count, 0);
    CHECK_EQ(hf_listener_run_due(&s.listener, hf_at_ms(1000), &fault), 0);
    hf_time over = hf_at_ms(1000 + HF_LIMIT_ACCEPT_PAUSE_MS);
    CHECK(hf_time_same(hf_listener_due(&s.listener), over));
    CHECK_EQ(hf_listener_run_due(&s.listener, hf_time_after(over, -1), &fault), 0);
    uv_run(&s.loop, UV_RUN_NOWAIT);
    CHECK_EQ(g.count, 0);
    CHECK_EQ(hf_listener_run_due(&s.listener, over, &fault), 0);
    uv_run(&s.loop, UV_RUN_ONCE);
    CHECK_EQ(g.count, 1);
    close(dropped);
    close(waiting);
    serve_stop(&s, &g);
}

static hf_time at_try(int number)
{
    return hf_at_ms((int64_t)(number - 1) * HF_LIMIT_BIND_RETRY_MS);
}

/* HF_LIMIT_BIND_TRIES: the last try fails for good, and none is made after it. */
static void a_port_that_stays_taken_is_given_up_after_the_last_try(void)
{
    struct scene s;
    scene_start(&s);
    CHECK_EQ(hf_listener_bind(&s.listener, &s.spec, at_try(1), &fault), HF_ERR_BUSY);
    for (int number = 2; number < HF_LIMIT_BIND_TRIES; number++) {
        CHECK(hf_time_same(hf_listener_due(&s.listener), at_try(number)));
        CHECK_EQ_AT(number, hf_listener_run_due(&s.listener, at_try(number), &fault), 0);
        CHECK_AT(number, hf_listener_is_binding(&s.listener));
    }
    CHECK_EQ(hf_listener_run_due(&s.listener, at_try(HF_LIMIT_BIND_TRIES), &fault), HF_ERR_IN_USE);
    CHECK(hf_time_same(hf_listener_due(&s.listener), HF_NEVER));
    scene_stop(&s);
}

static void a_port_that_becomes_free_is_taken_at_the_next_try(void)
{
    struct scene s;
    scene_start(&s);
    CHECK_EQ(hf_listener_bind(&s.listener, &s.spec, at_try(1), &fault), HF_ERR_BUSY);
    hf_listen_close(&s.holder);
    hf_time early = hf_time_after(at_try(2), -1);
    CHECK_EQ(hf_listener_run_due(&s.listener, early, &fault), 0);
    CHECK(hf_listener_is_binding(&s.listener));
    CHECK_EQ(hf_listener_run_due(&s.listener, at_try(2), &fault), 0);
    CHECK(!hf_listener_is_binding(&s.listener));
    CHECK_EQ(s.listener.set.port, s.spec.port);
    scene_stop(&s);
}

CHECK_MAIN(a_port_that_stays_taken_is_given_up_after_the_last_try,
           a_port_that_becomes_free_is_taken_at_the_next_try, a_turn_accepts_at_most_a_batch,
           without_descriptors_accepting_pauses_for_its_time)
