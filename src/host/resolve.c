#include "host/resolve.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

struct hf_resolve {
    uv_async_t answered;
    hf_resolve_done done;
    void *ctx;
    char name[HF_RESOLVE_NAME_BYTES], port[8];
    struct hf_resolved result; /* the thread's until it is told */

    /* Guarded by the lock. */
    struct hf_resolve *next; /* in line */
    bool is_wanted;          /* the handle is open */
    unsigned holders;        /* the handle, and a thread while it works on it */
};

/* The threads are the process's, so this is too. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hf_resolve *line_first, *line_last;
static unsigned thread_count;

/* --- asking --- */

static void take_all(const struct addrinfo *found, struct hf_resolved *out)
{
    *out = (struct hf_resolved){ 0 };
    for (; found && out->count < HF_LIMIT_DIAL_ADDRESSES; found = found->ai_next) {
        if (found->ai_addrlen > sizeof out->items[0]) continue;
        if (found->ai_family != AF_INET && found->ai_family != AF_INET6) continue;
        memcpy(&out->items[out->count++], found->ai_addr, found->ai_addrlen);
    }
    if (out->count == 0) out->number = EAI_NONAME;
}

static int ask(const char *name, const char *port, int flags, struct hf_resolved *out)
{
    struct addrinfo *found = NULL;
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags };
    int number = getaddrinfo(name, port, &hints, &found);
    if (number == 0)
        take_all(found, out);
    else
        *out = (struct hf_resolved){ .number = number };
    if (number == 0) freeaddrinfo(found);
    return out->number;
}

static bool read_address(const char *name, const char *port, struct hf_resolved *out)
{
    return ask(name, port, AI_NUMERICHOST | AI_NUMERICSERV, out) == 0;
}

bool hf_resolve_at_once(const char *name, uint16_t port, struct hf_resolved *out)
{
    char port_text[8];
    struct hf_resolved v6;
    snprintf(port_text, sizeof port_text, "%u", port);
    if (!hf_bytes_same_nocase(hf_bytes_cstr(name), HF_LIT("localhost")))
        return read_address(name, port_text, out);
    if (!read_address("127.0.0.1", port_text, out)) return false;
    if (read_address("::1", port_text, &v6)) out->items[out->count++] = v6.items[0];
    return true;
}

/* --- the threads --- */

static void drop(struct hf_resolve *r)
{
    HF_ASSERT(r->holders > 0);
    if (--r->holders == 0) hf_mem_free(r);
}

static struct hf_resolve *take_next(void)
{
    struct hf_resolve *r = line_first;
    if (!r) return NULL;
    line_first = r->next;
    if (!line_first) line_last = NULL;
    r->next = NULL;
    r->holders++;
    return r;
}

static void *work(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    for (struct hf_resolve *r; (r = take_next()) != NULL; drop(r)) {
        pthread_mutex_unlock(&lock);
        ask(r->name, r->port, AI_NUMERICSERV, &r->result);
        pthread_mutex_lock(&lock);
        if (r->is_wanted) uv_async_send(&r->answered);
    }
    thread_count--;
    pthread_mutex_unlock(&lock);
    return NULL;
}

static bool start_thread(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool is_started = pthread_create(&thread, &attributes, work, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return is_started;
}

/* --- lookups --- */

static void put_in_line(struct hf_resolve *r)
{
    if (line_last)
        line_last->next = r;
    else
        line_first = r;
    line_last = r;
}

static void leave_line(const struct hf_resolve *r)
{
    struct hf_resolve *before = NULL;
    for (struct hf_resolve *at = line_first; at; before = at, at = at->next) {
        if (at != r) continue;
        if (before)
            before->next = at->next;
        else
            line_first = at->next;
        if (line_last == at) line_last = before;
        return;
    }
}

static void on_closed(uv_handle_t *handle)
{
    pthread_mutex_lock(&lock);
    drop(handle->data);
    pthread_mutex_unlock(&lock);
}

static void on_answered(uv_async_t *handle)
{
    struct hf_resolve *r = handle->data;
    pthread_mutex_lock(&lock); /* what the thread wrote stands before it */
    pthread_mutex_unlock(&lock);
    hf_resolve_free(r);
    r->done(r->ctx, &r->result);
}

int hf_resolve_new(struct hf_resolve **out, uv_loop_t *loop, const char *name, uint16_t port,
                   hf_resolve_done done, void *ctx)
{
    struct hf_resolve *r = hf_mem_zero(1, sizeof *r);
    if (!r) return HF_ERR_NOMEM;
    HF_ASSERT(strlen(name) < sizeof r->name);
    if (uv_async_init(loop, &r->answered, on_answered) != 0) {
        hf_mem_free(r);
        return HF_ERR_NOMEM;
    }
    r->answered.data = r;
    r->done = done;
    r->ctx = ctx;
    r->is_wanted = true;
    r->holders = 1;
    snprintf(r->name, sizeof r->name, "%s", name);
    snprintf(r->port, sizeof r->port, "%u", port);
    pthread_mutex_lock(&lock);
    put_in_line(r);
    if (thread_count < HF_LIMIT_LOOKUPS && start_thread()) thread_count++;
    bool is_served = thread_count > 0;
    pthread_mutex_unlock(&lock);
    if (!is_served) {
        hf_resolve_free(r);
        return HF_ERR_NOMEM;
    }
    *out = r;
    return 0;
}

void hf_resolve_free(struct hf_resolve *r)
{
    if (!r) return;
    pthread_mutex_lock(&lock);
    leave_line(r);
    r->is_wanted = false;
    pthread_mutex_unlock(&lock);
    uv_close((uv_handle_t *)&r->answered, on_closed);
}
