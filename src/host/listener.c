#include "host/listener.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void hf_listener_init(struct hf_listener *l, uv_loop_t *loop, const struct hf_log *log,
                      hf_listener_accept *accept, void *ctx)
{
    *l = (struct hf_listener){ .loop = loop,
                               .log = *log,
                               .accept = accept,
                               .ctx = ctx,
                               .reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC),
                               .resume_at = HF_NEVER,
                               .bind_at = HF_NEVER };
}

static bool is_shortage(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOMEM || number == ENOBUFS;
}

/* Frees the reserve, so that one peer can be taken and told by a close that there
 * is no place; then takes the reserve back. */
static void drop_one(struct hf_listener *l, int listening_fd)
{
    if (l->reserve_fd >= 0) close(l->reserve_fd);
    int fd = accept4(listening_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) close(fd);
    l->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void watch(struct hf_listener *l, uv_poll_cb on_ready)
{
    for (size_t i = 0; i < l->set.count; i++) uv_poll_start(&l->polls[i], UV_READABLE, on_ready);
}

static void pause_for_shortage(struct hf_listener *l, int listening_fd, int number)
{
    if (!l->is_short)
        HF_LOG(&l->log, HF_LOG_ERROR, "listener.starved",
               HF_TEXT("why", hf_bytes_cstr(strerror(number))),
               HF_INT("pause_ms", HF_LIMIT_ACCEPT_PAUSE_MS));
    l->is_short = true;
    drop_one(l, listening_fd);
    for (size_t i = 0; i < l->set.count; i++) uv_poll_stop(&l->polls[i]);
    l->is_starved = true;
}

static void read_local(int fd, struct hf_peer *peer)
{
    struct sockaddr_storage local;
    socklen_t len = sizeof local;
    if (getsockname(fd, (struct sockaddr *)&local, &len) == 0)
        hf_listen_address((struct sockaddr *)&local, peer->local_address, &peer->local_port);
}

/* Whether the address is 0.0.0.0 (mapped or not) or ::. */
static bool is_any(const uint8_t address[16])
{
    static const uint8_t none[16];
    return memcmp(address, none, 10) == 0 && memcmp(address + 12, none, 4) == 0 &&
           (memcmp(address + 10, none, 2) == 0 || memcmp(address + 10, "\xFF\xFF", 2) == 0);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct hf_listener *l = poll->data;
    size_t at = (size_t)(poll - l->polls);
    int listening_fd = l->set.fds[at];
    (void)status;
    (void)events;
    for (int i = 0; i < HF_LIMIT_ACCEPT_BATCH; i++) {
        struct sockaddr_storage from;
        socklen_t len = sizeof from;
        struct hf_peer peer = l->local[at];
        int fd =
            accept4(listening_fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && is_shortage(errno)) {
            pause_for_shortage(l, listening_fd, errno);
            return;
        }
        if (fd < 0 && errno == EAGAIN) return;
        if (fd < 0) continue; /* the peer gave up while it waited */
        hf_listen_address((struct sockaddr *)&from, peer.address, &peer.port);
        if (l->is_wildcard[at]) read_local(fd, &peer);
        l->accept(l->ctx, fd, &peer);
        if (l->is_short && l->set.count > 0) {
            l->is_short = false;
            HF_LOG(&l->log, HF_LOG_INFO, "listener.recovered", HF_INT("port", l->set.port));
        }
    }
}

int hf_listener_serve(struct hf_listener *l, const struct hf_listen_set *set,
                      struct hf_fault *fault)
{
    l->set = *set;
    l->bind_at = HF_NEVER;
    for (size_t i = 0; i < set->count; i++) {
        int failed = uv_poll_init(l->loop, &l->polls[i], set->fds[i]);
        if (failed) {
            /* Only watched sockets have a handle to close. */
            for (size_t rest = i; rest < set->count; rest++) close(set->fds[rest]);
            l->set.count = i;
            return hf_fault_set(fault, HF_ERR_IO, "cannot watch port %u: %s", set->port,
                                uv_strerror(failed));
        }
        l->polls[i].data = l;
        read_local(set->fds[i], &l->local[i]);
        l->is_wildcard[i] = is_any(l->local[i].local_address);
    }
    watch(l, on_ready);
    return 0;
}

int hf_listener_bind(struct hf_listener *l, const struct hf_listen_spec *spec, hf_time now,
                     struct hf_fault *fault)
{
    struct hf_listen_set set;
    l->spec = *spec;
    l->bind_at = HF_NEVER;
    int err = hf_listen_open(&set, spec, fault);
    if (!err) return hf_listener_serve(l, &set, fault);
    if (err != HF_ERR_IN_USE || ++l->tries >= HF_LIMIT_BIND_TRIES) return err;
    if (l->tries == 1)
        HF_LOG(&l->log, HF_LOG_WARN, "listener.waiting",
               HF_TEXT("why", hf_bytes_cstr(fault->text)));
    l->bind_at = hf_time_after(now, HF_MS(HF_LIMIT_BIND_RETRY_MS));
    return HF_ERR_BUSY;
}

hf_time hf_listener_due(const struct hf_listener *l)
{
    return hf_time_min(l->resume_at, l->bind_at);
}

int hf_listener_run_due(struct hf_listener *l, hf_time now, struct hf_fault *fault)
{
    if (l->is_starved) {
        l->is_starved = false;
        l->resume_at = hf_time_after(now, HF_MS(HF_LIMIT_ACCEPT_PAUSE_MS));
    } else if (!hf_time_before(now, l->resume_at)) {
        l->resume_at = HF_NEVER;
        watch(l, on_ready);
    }
    if (hf_time_before(now, l->bind_at)) return 0;
    int err = hf_listener_bind(l, &l->spec, now, fault);
    return err == HF_ERR_BUSY ? 0 : err;
}

void hf_listener_close(struct hf_listener *l)
{
    for (size_t i = 0; i < l->set.count; i++) uv_close((uv_handle_t *)&l->polls[i], NULL);
    hf_listen_close(&l->set);
    if (l->reserve_fd >= 0) close(l->reserve_fd);
    l->reserve_fd = -1;
    l->resume_at = l->bind_at = HF_NEVER;
}
