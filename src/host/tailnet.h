/* host/tailnet.h: the address of this machine in a tailnet.
 *
 * Tailscale gives each machine an IPv4 address of 100.64.0.0/10 (RFC 6598). */
#ifndef HF_HOST_TAILNET_H
#define HF_HOST_TAILNET_H

#include "wire/net_address.h"

struct ifaddrs;

/* The first such address of an interface that is up: its length in `out` without a
 * zero, or 0 when there is none. */
size_t hf_tailnet_pick(const struct ifaddrs *interfaces, char out[HF_NET_ADDRESS_CHARS]);

/* The same of this machine as it is now. */
size_t hf_tailnet_find(char out[HF_NET_ADDRESS_CHARS]);

#endif
