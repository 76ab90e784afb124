/* host/resolve.h: from the name of a host to its addresses.
 *
 * The system's resolver blocks, for as long as it likes, and cannot be stopped: it runs
 * on threads of its own that nobody waits for, not even the end of the process (libuv's
 * pool is joined there).  At most HF_LIMIT_LOOKUPS at once in a process; more wait in
 * line.  Those threads take no signals and end when nothing waits. */
#ifndef HF_HOST_RESOLVE_H
#define HF_HOST_RESOLVE_H

#include "base/bytes.h"
#include "base/limits.h"

#include <netinet/in.h>
#include <uv.h>

enum { HF_RESOLVE_NAME_BYTES = 256 }; /* with its zero: a DNS name has at most 253 */

union hf_resolved_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct hf_resolved {
    int number;   /* 0, or why not: an EAI_ code (gai_strerror) */
    size_t count; /* in the order to try them; what is beyond the bound was left out */
    union hf_resolved_address items[HF_LIMIT_DIAL_ADDRESSES];
};

/* Answers at once when nobody needs to be asked: an address, or "localhost", which is
 * the loopback whatever a resolver says.  False: ask. */
bool hf_resolve_at_once(const char *name, uint16_t port, struct hf_resolved *out);

struct hf_resolve;

/* Called once, from the loop; the lookup is gone with it.  Borrowed until return. */
typedef void (*hf_resolve_done)(void *ctx, const struct hf_resolved *resolved);

/* Asks the system's resolver; `name` (shorter than the bound) is copied.  0, or
 * HF_ERR_NOMEM, also when no thread can be started. */
int hf_resolve_new(struct hf_resolve **out, uv_loop_t *loop, const char *name, uint16_t port,
                   hf_resolve_done done, void *ctx);

/* Ends it without an answer; its memory goes when the loop and the resolver are through
 * with it.  NULL is fine. */
void hf_resolve_free(struct hf_resolve *r);

#endif
