/* core/ingress.h: who asks: the peer itself, or somebody behind a proxy that we trust?
 *
 * protocol/wire.md sections 1 and 7, as the real gateway does it: every field that speaks
 * of who asks counts (hf_http_is_attribution), and a remote peer never looks local.
 * Whoever sends such a field and is no trusted proxy cannot be attributed; nor can a
 * trusted proxy on another machine that does not say for whom it asks, or names nobody.
 * What an asker that cannot be attributed is told is the caller's: 403 for all but a look
 * whether the process lives.  Pure. */
#ifndef HF_CORE_INGRESS_H
#define HF_CORE_INGRESS_H

#include "wire/http_fields.h"
#include "wire/net_address.h"

struct hf_ingress_rules {
    struct hf_net_range trusted[HF_LIMIT_LIST_ENTRIES];
    size_t trusted_count;
    bool allows_real_ip; /* X-Real-IP counts where nothing better is there */
};

/* `trusted`: addresses and networks as text; what is neither, or beyond the room, is left
 * out: the configuration refuses both. */
void hf_ingress_rules_set(struct hf_ingress_rules *rules, const struct hf_bytes *trusted,
                          size_t count, bool allows_real_ip);

bool hf_ingress_is_trusted(const struct hf_ingress_rules *rules, const struct hf_net_address *peer);

enum hf_ingress {
    HF_INGRESS_DIRECT,  /* the peer itself */
    HF_INGRESS_PROXIED, /* whom a trusted proxy names */
    HF_INGRESS_UNATTRIBUTABLE,
};

/* `*client`: the address that counts; the peer's unless PROXIED.  At most
 * HF_LIMIT_FORWARDED_LINES lines of the field that decides are looked at: more of them name
 * nobody. */
enum hf_ingress hf_ingress_find(const struct hf_ingress_rules *rules,
                                const struct hf_net_address *peer,
                                const struct hf_http_fields *fields, struct hf_net_address *client);

#endif
