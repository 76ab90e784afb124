#include "host/worker_thread.h"
#include "base/err.h"

#include <pthread.h>
#include <signal.h>

int hf_thread_start(struct hf_thread *t, void (*run)(void *ctx), void *ctx)
{
    sigset_t all, before;
    sigfillset(&all);
    /* A thread inherits the mask of the one that makes it. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    t->is_running = uv_thread_create(&t->id, run, ctx) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return t->is_running ? 0 : HF_ERR_NOMEM;
}

void hf_thread_join(struct hf_thread *t)
{
    if (!t->is_running) return;
    uv_thread_join(&t->id);
    t->is_running = false;
}

void hf_thread_leave(struct hf_thread *t)
{
    if (t->is_running) pthread_detach(t->id);
    t->is_running = false;
}

void hf_thread_note(struct hf_thread *t)
{
    t->id = uv_thread_self();
}

bool hf_thread_is_current(const struct hf_thread *t)
{
    uv_thread_t self = uv_thread_self();
    return uv_thread_equal(&self, &t->id) != 0;
}
