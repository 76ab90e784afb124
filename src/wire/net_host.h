/* wire/net_host.h: what the host of an address says about where it is.
 *
 * A host is a name or an IP address as URLs, Origin and Host fields write it, without
 * its port; an IPv6 address may stand in brackets.  Nothing is looked up.  Pure. */
#ifndef HF_WIRE_NET_HOST_H
#define HF_WIRE_NET_HOST_H

#include "base/bytes.h"

/* "localhost", also as "localhost.", or an address of this machine's loopback. */
bool hf_net_host_is_loopback(struct hf_bytes host);

/* Where nobody from the Internet can be: loopback, private, link-local and shared
 * (RFC 6598) addresses, and names below .local and .ts.net, which the public DNS does
 * not serve or serves for one owner only. */
bool hf_net_host_is_near(struct hf_bytes host);

#endif
