/* host/notify_in.h: a child's own socket for readiness messages (sd_notify(3)).
 *
 * A datagram socket in the abstract name space, under a name that nobody can guess; the
 * child finds it in NOTIFY_SOCKET.  A message counts only when the kernel says that its
 * sender belongs to the tree (the credentials that come with it). */
#ifndef HF_HOST_NOTIFY_IN_H
#define HF_HOST_NOTIFY_IN_H

#include "host/fault.h"
#include "wire/notify_text.h"

#include <sys/types.h>

struct uv_loop_s;
struct hf_notify_in;

enum { HF_NOTIFY_IN_NAME_BYTES = 64 };

/* The text of the message is borrowed until return. */
typedef void (*hf_notify_in_told)(void *ctx, pid_t sender, const struct hf_notify_text *message);

int hf_notify_in_new(struct hf_notify_in **out, struct uv_loop_s *loop, hf_notify_in_told told,
                     void *ctx, struct hf_fault *fault);
void hf_notify_in_free(struct hf_notify_in *n); /* NULL is fine; its memory goes with the loop */

/* For NOTIFY_SOCKET: "@name". */
const char *hf_notify_in_name(const struct hf_notify_in *n);

/* Reads what has come: a child's last message before its end is told. */
void hf_notify_in_drain(struct hf_notify_in *n);

#endif
