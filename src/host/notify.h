/* host/notify.h: tells the service manager how we are (sd_notify(3)).
 *
 * Silent when NOTIFY_SOCKET is not set.  Paths and abstract names ("@name"). */
#ifndef HF_HOST_NOTIFY_H
#define HF_HOST_NOTIFY_H

#include "base/time.h"

struct hf_notify {
    int fd;                 /* -1: nobody listens */
    hf_span watchdog_every; /* half of WATCHDOG_USEC, or 0 */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and clears them so that
 * children do not answer for us. */
void hf_notify_init(struct hf_notify *n);
void hf_notify_fini(struct hf_notify *n);

/* One message that the manager acts on, for instance "READY=1\nSTATUS=serving".  Where
 * its queue is full it waits for room, at most HF_NOTIFY_WAIT_MS: of ten messages that
 * the kernel holds by default the one that counts must not be the eleventh.  Any other
 * failure is ignored: the manager's own timeouts judge. */
enum { HF_NOTIFY_WAIT_MS = 500 };
void hf_notify_send(const struct hf_notify *n, const char *message);

/* One that it can do without, as STATUS= or a WATCHDOG=1 that is followed by others:
 * never waits, and is lost where there is no room. */
void hf_notify_hint(const struct hf_notify *n, const char *message);

/* RELOADING=1 with the clock the manager wants; READY=1 must follow. */
void hf_notify_reloading(const struct hf_notify *n, struct hf_now now);

#endif
