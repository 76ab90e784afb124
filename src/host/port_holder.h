/* host/port_holder.h: who listens on a port of this machine?  Reads /proc; blocking. */
#ifndef HF_HOST_PORT_HOLDER_H
#define HF_HOST_PORT_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hf_net_address;

enum { HF_PORT_PROGRAM_BYTES = 64, HF_PORT_UNIT_BYTES = 128 };

/* Of several listeners the one whose process can be seen counts. */
struct hf_port_owner {
    bool is_listening;                   /* on loopback or on every address, IPv4 or IPv6 */
    int64_t uid;                         /* of the socket; -1: not known */
    pid_t pid;                           /* 0: cannot be seen (another user, another name space) */
    char program[HF_PORT_PROGRAM_BYTES]; /* its executable's name; "" with pid 0 */
    char unit[HF_PORT_UNIT_BYTES];       /* the service or scope that it is in; "": none */
};

void hf_port_find(uint16_t port, struct hf_port_owner *out);

/* Writes "pid 123 (node)", or "another process" when it cannot be seen; cut to `cap`
 * bytes with its zero. */
void hf_port_holder(uint16_t port, char *out, size_t cap);

/* Whether loopback can be bound there now, IPv4 and (where there is one) IPv6.  What is
 * left of closed connections does not count. */
bool hf_port_is_free(uint16_t port);

/* A loopback port that is free now: 0 when there is none. */
uint16_t hf_port_pick(void);

/* The one of these processes that listens there, or 0.  Cheaper than hf_port_find, which looks
 * into all processes of the machine. */
pid_t hf_port_listener(uint16_t port, const pid_t *pids, size_t count);

/* The lowest port that one of these processes listens on, or 0. */
uint16_t hf_port_of(const pid_t *pids, size_t count);

/* Whether a connection to that address comes to one of these processes: the listener that
 * the system prefers for it is open in one of them.  Of one that may not be looked into
 * (it was given capabilities, or is another user's) the user of the socket decides.
 * Nobody of this machine can take an address that is not of this machine: whatever
 * answers there does not listen here, and true is said of it. */
bool hf_port_comes_to(const struct hf_net_address *address, uint16_t port, const pid_t *pids,
                      size_t count);

/* Whether whoever listens there answers GET /healthz on loopback with a live
 * gateway's 200, within a second. */
bool hf_port_is_healthy_gateway(uint16_t port);

/* Whether it is a gateway that serves clients and is not about to leave: one that
 * starts or drains is healthy and not ready. */
bool hf_port_is_ready_gateway(uint16_t port);

#endif
