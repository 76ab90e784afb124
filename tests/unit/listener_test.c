#include "host/listener.h"
#include "base/err.h"
#include "base/limits.h"
#include "lib/check.h"

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
           a_port_that_becomes_free_is_taken_at_the_next_try)
