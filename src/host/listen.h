/* host/listen.h: listening sockets, made from a bind setting or inherited.
 *
 * One try at a time and no waiting; host/listener tries again.  The sockets are
 * non-blocking and closed on exec. */
#ifndef HF_HOST_LISTEN_H
#define HF_HOST_LISTEN_H

#include "host/fault.h"
#include "port/event.h"

#include <stdbool.h>
#include <stdint.h>

struct sockaddr;

enum { HF_LISTEN_MAX = 8, HF_LISTEN_ADDRESS_CHARS = 64 };

enum hf_bind {
    HF_BIND_LOOPBACK, /* 127.0.0.1, and ::1 where there is one */
    HF_BIND_LAN,      /* every address */
    HF_BIND_TAILNET,  /* this machine's address in a tailnet and 127.0.0.1; else as LOOPBACK */
    HF_BIND_ADDRESS,  /* one address */
};

struct hf_listen_spec {
    enum hf_bind bind;
    char address[HF_LISTEN_ADDRESS_CHARS]; /* ADDRESS only: IPv4 or IPv6 as text */
    uint16_t port;                         /* 0: the system chooses */
    bool needs_loopback; /* ADDRESS only: 127.0.0.1 must work on the same port, too */
};

struct hf_listen_set {
    int fds[HF_LISTEN_MAX]; /* owned */
    size_t count;
    uint16_t port; /* of the first socket */
};

/* 0, HF_ERR_IN_USE (the fault says by whom, if that can be found), or another
 * reason.  On failure nothing is left open. */
int hf_listen_open(struct hf_listen_set *set, const struct hf_listen_spec *spec,
                   struct hf_fault *fault);

/* Takes over the sockets of LISTEN_FDS (sd_listen_fds(3)) when they are meant for
 * this process: 0 with count 0 when there are none.  Clears the variables. */
int hf_listen_inherit(struct hf_listen_set *set, struct hf_fault *fault);

void hf_listen_close(struct hf_listen_set *set);

/* An address of the system's form as the engine's (IPv4 mapped into IPv6). */
void hf_listen_address(const struct sockaddr *from, uint8_t address[16], uint16_t *port);

#endif
