/* core/endpoint.h: how far a gateway's address may be trusted.
 *
 * spec/client-lifecycle.md 6.3 and 7.1, by the name alone: nothing is resolved. */
#ifndef HF_CORE_ENDPOINT_H
#define HF_CORE_ENDPOINT_H

#include "base/bytes.h"

/* "localhost" or an address of this machine's loopback. */
bool hf_endpoint_is_loopback(struct hf_bytes host);

/* Whether plain text may go there: loopback, private, link-local and carrier-grade
 * addresses, and names below .local and .ts.net. */
bool hf_endpoint_may_be_plain(struct hf_bytes host);

#endif
