#include "core/endpoint.h"
#include "wire/net_address.h"

static bool ends_nocase(struct hf_bytes host, struct hf_bytes suffix)
{
    return host.len > suffix.len &&
           hf_bytes_same_nocase(hf_bytes_from(host, host.len - suffix.len), suffix);
}

static bool is_carrier_grade(const struct hf_net_address *address)
{
    struct hf_net_range range;
    return hf_net_range_read(HF_LIT("100.64.0.0/10"), &range) && hf_net_range_has(&range, address);
}

bool hf_endpoint_is_loopback(struct hf_bytes host)
{
    struct hf_net_address address;
    if (hf_net_address_read(host, &address)) return hf_net_is_loopback(&address);
    return hf_bytes_same_nocase(host, HF_LIT("localhost"));
}

bool hf_endpoint_may_be_plain(struct hf_bytes host)
{
    struct hf_net_address address;
    if (hf_endpoint_is_loopback(host)) return true;
    if (hf_net_address_read(host, &address))
        return hf_net_is_private(&address) || is_carrier_grade(&address);
    return ends_nocase(host, HF_LIT(".local")) || ends_nocase(host, HF_LIT(".ts.net"));
}
