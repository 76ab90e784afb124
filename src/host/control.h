/* host/control.h: the socket through which a supervisor is asked and observed.
 *
 * A Unix socket of mode 0600; only the same user and root are heard, whoever the
 * kernel says the peer is.  Lines of wire/schema/control come and go; a request that
 * begins like HTTP gets one answer of the same content.  At most
 * HF_LIMIT_CONTROL_CLIENTS at once; an observer that does not read is told so and
 * dropped, nobody waits for it. */
#ifndef HF_HOST_CONTROL_H
#define HF_HOST_CONTROL_H

#include "base/pool.h"
#include "host/fault.h"
#include "wire/schema/control.h"

struct uv_loop_s;
struct hf_control;

struct hf_control_hooks {
    void *ctx;
    /* A request; answered with hf_control_send, now or later.  Borrowed until return. */
    void (*asked)(void *ctx, hf_id client, const struct hf_control_request *request);
    /* GET of a path: appends the body and returns the status. */
    unsigned (*got)(void *ctx, struct hf_bytes path, struct hf_buf *body, const char **type);
};

/* Listens at `path`, where a socket that nobody holds is replaced (the caller holds the
 * lock of the place).  The fault names the path. */
int hf_control_new(struct hf_control **out, struct uv_loop_s *loop, const char *path,
                   const struct hf_control_hooks *hooks, struct hf_fault *fault);

/* Removes the socket's file; says no more.  What is queued is written first as far as
 * it goes at once.  NULL is fine. */
void hf_control_free(struct hf_control *c);

/* Queues whole lines for a client; one that is gone gets nothing. */
void hf_control_send(struct hf_control *c, hf_id client, struct hf_bytes lines);

/* From now on it gets what is told to all. */
void hf_control_observe(struct hf_control *c, hf_id client);
void hf_control_tell(struct hf_control *c, struct hf_bytes line);

#endif
