/* wire/net_address.h: IP addresses as text, ranges, and who is behind a proxy.
 *
 * An address is 16 bytes; an IPv4 address is kept as ::ffff:a.b.c.d, so that the
 * same peer compares equal however the system reports it.  Pure. */
#ifndef HF_WIRE_NET_ADDRESS_H
#define HF_WIRE_NET_ADDRESS_H

#include "base/bytes.h"

enum { HF_NET_ADDRESS_BYTES = 16, HF_NET_ADDRESS_CHARS = 39 /* longest text, no zero */ };

struct hf_net_address {
    uint8_t bytes[HF_NET_ADDRESS_BYTES];
};

struct hf_net_range { /* all addresses that share the first `bits` bits */
    struct hf_net_address base;
    unsigned bits; /* 0..128 of the 16-byte form */
};

/* "127.0.0.1", "::1", "::ffff:10.0.0.1", also in brackets and with a zone
 * ("fe80::1%eth0", the zone is dropped).  False when it is none of these. */
bool hf_net_address_read(struct hf_bytes text, struct hf_net_address *out);

struct hf_net_address hf_net_address_v4(const uint8_t bytes[4]);
struct hf_net_address hf_net_address_v6(const uint8_t bytes[HF_NET_ADDRESS_BYTES]);

/* Canonical text (RFC 5952; IPv4 as dotted quad), no zero.  Returns its length. */
size_t hf_net_address_write(const struct hf_net_address *a, char out[HF_NET_ADDRESS_CHARS]);

bool hf_net_address_same(const struct hf_net_address *a, const struct hf_net_address *b);
bool hf_net_is_v4(const struct hf_net_address *a);
bool hf_net_is_loopback(const struct hf_net_address *a); /* 127/8, ::1 */
bool hf_net_is_private(const struct hf_net_address *a);  /* RFC 1918, fc00::/7, link-local */
bool hf_net_is_shared(const struct hf_net_address *a);   /* RFC 6598, 100.64/10: also tailnets */

/* "10.0.0.0/8", "fd00::/8", or one address.  False on anything else, also when
 * bits behind the prefix are set. */
bool hf_net_range_read(struct hf_bytes text, struct hf_net_range *out);
bool hf_net_range_has(const struct hf_net_range *range, const struct hf_net_address *a);

enum hf_net_hops {
    HF_NET_HOPS_CLIENT,    /* `*out` is the address that counts */
    HF_NET_HOPS_UNTRUSTED, /* the peer is no trusted proxy, so its list means nothing */
    HF_NET_HOPS_UNKNOWN    /* the hop that counts hides its address, no hop counts, or the list
                              is broken */
};

enum hf_net_list { HF_NET_X_FORWARDED_FOR, HF_NET_FORWARDED /* RFC 7239 */ };

/* Which address counts when `peer` connected with forwarding headers: the
 * rightmost hop that is neither a trusted proxy nor a loopback address, which says
 * nothing to others.
 * `values` are the header's values in the order of their lines; at least one. */
enum hf_net_hops hf_net_client_find(const struct hf_net_address *peer,
                                    const struct hf_net_range *trusted, size_t trusted_count,
                                    enum hf_net_list list, const struct hf_bytes *values,
                                    size_t value_count, struct hf_net_address *out);

#endif
