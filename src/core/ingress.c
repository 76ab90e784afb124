#include "core/ingress.h"

#include "wire/http_forward.h"

void hf_ingress_rules_set(struct hf_ingress_rules *rules, const struct hf_bytes *trusted,
                          size_t count, bool allows_real_ip)
{
    rules->allows_real_ip = allows_real_ip;
    rules->trusted_count = 0;
    for (size_t i = 0; i < count && i < HF_LIMIT_LIST_ENTRIES; i++)
        if (hf_net_range_read(trusted[i], &rules->trusted[rules->trusted_count]))
            rules->trusted_count++;
}

bool hf_ingress_is_trusted(const struct hf_ingress_rules *rules, const struct hf_net_address *peer)
{
    for (size_t i = 0; i < rules->trusted_count; i++)
        if (hf_net_range_has(&rules->trusted[i], peer)) return true;
    return false;
}

static bool has_attribution(const struct hf_http_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        if (hf_http_is_attribution(fields->items[i].name)) return true;
    return false;
}

/* Whether the lines of this field of a trusted peer name the client. */
static bool names_client(const struct hf_ingress_rules *rules, const struct hf_net_address *peer,
                         const struct hf_http_fields *fields, struct hf_bytes name,
                         enum hf_net_list list, struct hf_net_address *client)
{
    struct hf_bytes values[HF_LIMIT_FORWARDED_LINES];
    size_t count = 0, at = 0;
    if (hf_http_count(fields, name) > HF_LIMIT_FORWARDED_LINES) return false;
    while (count < HF_LIMIT_FORWARDED_LINES && hf_http_next(fields, name, &at, &values[count]))
        count++;
    return hf_net_client_find(peer, rules->trusted, rules->trusted_count, list, values, count,
                              client) == HF_NET_HOPS_CLIENT;
}

static bool names_real_ip(const struct hf_ingress_rules *rules, const struct hf_http_fields *fields,
                          struct hf_net_address *client)
{
    struct hf_bytes value;
    return rules->allows_real_ip && hf_http_find(fields, HF_LIT("X-Real-IP"), &value) &&
           hf_net_address_read(value, client) && !hf_net_is_loopback(client);
}

/* The first kind of field that is there decides, also when it names nobody: a client can
 * add one of another kind that its proxy passes on untouched. */
static bool find_client(const struct hf_ingress_rules *rules, const struct hf_net_address *peer,
                        const struct hf_http_fields *fields, struct hf_net_address *client)
{
    const struct hf_bytes x_forwarded_for = HF_LIT("X-Forwarded-For");
    const struct hf_bytes forwarded = HF_LIT("Forwarded");
    if (hf_http_count(fields, x_forwarded_for) > 0)
        return names_client(rules, peer, fields, x_forwarded_for, HF_NET_X_FORWARDED_FOR, client);
    if (hf_http_count(fields, forwarded) > 0)
        return names_client(rules, peer, fields, forwarded, HF_NET_FORWARDED, client);
    return names_real_ip(rules, fields, client);
}

enum hf_ingress hf_ingress_find(const struct hf_ingress_rules *rules,
                                const struct hf_net_address *peer,
                                const struct hf_http_fields *fields, struct hf_net_address *client)
{
    struct hf_net_address named;
    bool is_told = has_attribution(fields), is_trusted = hf_ingress_is_trusted(rules, peer);
    *client = *peer;
    if (!is_told && !(is_trusted && !hf_net_is_loopback(peer))) return HF_INGRESS_DIRECT;
    if (!is_trusted || !find_client(rules, peer, fields, &named)) return HF_INGRESS_UNATTRIBUTABLE;
    *client = named;
    return HF_INGRESS_PROXIED;
}
