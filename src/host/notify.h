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

/* One message, for instance "READY=1\nSTATUS=serving".  Failures are ignored: the
 * manager's own timeouts judge. */
void hf_notify_send(const struct hf_notify *n, const char *message);

/* RELOADING=1 with the clock the manager wants; READY=1 must follow. */
void hf_notify_reloading(const struct hf_notify *n, struct hf_now now);

#endif
