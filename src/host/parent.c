#include "host/parent.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>
#include <uv.h>

struct hf_parent {
    uv_poll_t poll;
    void (*gone)(void *ctx);
    void *ctx;
};

static int tell_gone(struct hf_fault *fault)
{
    return hf_fault_set(fault, HF_ERR_NOT_FOUND, "the process that started us has ended already");
}

int hf_parent_take(int *fd, struct hf_fault *fault)
{
    pid_t pid = getppid();
    *fd = -1;
    if (pid == 0)
        return hf_fault_set(fault, HF_ERR_USAGE,
                            "the process that started us cannot be seen from here");
    if (pid == 1) return tell_gone(fault);
    *fd = pidfd_open(pid, 0);
    if (*fd < 0 && errno != ESRCH)
        return hf_fault_set(fault, hf_fault_code(errno),
                            "the process that started us cannot be watched: %s", strerror(errno));
    /* Still our parent after it was opened: it was that process, and no other of its number. */
    if (*fd >= 0 && getppid() == pid) return 0;
    if (*fd >= 0) close(*fd);
    *fd = -1;
    return tell_gone(fault);
}

static void on_gone(uv_poll_t *poll, int status, int events)
{
    struct hf_parent *p = poll->data;
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    p->gone(p->ctx);
}

int hf_parent_new(struct hf_parent **out, struct uv_loop_s *loop, int fd, void (*gone)(void *ctx),
                  void *ctx)
{
    struct hf_parent *p = hf_mem_zero(1, sizeof *p);
    if (!p) return HF_ERR_NOMEM;
    p->gone = gone;
    p->ctx = ctx;
    p->poll.data = p;
    if (uv_poll_init(loop, &p->poll, fd) != 0) {
        hf_mem_free(p);
        return HF_ERR_DESCRIPTORS;
    }
    uv_poll_start(&p->poll, UV_READABLE, on_gone);
    *out = p;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    hf_mem_free(handle->data);
}

void hf_parent_close(struct hf_parent *p)
{
    if (p) uv_close((uv_handle_t *)&p->poll, on_closed);
}
