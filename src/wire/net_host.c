#include "wire/net_host.h"
#include "wire/net_address.h"

static bool is_below(struct hf_bytes host, struct hf_bytes suffix)
{
    return host.len > suffix.len &&
           hf_bytes_same_nocase(hf_bytes_from(host, host.len - suffix.len), suffix);
}

bool hf_net_host_is_loopback(struct hf_bytes host)
{
    struct hf_net_address address;
    if (hf_net_address_read(host, &address)) return hf_net_is_loopback(&address);
    while (hf_bytes_ends(host, HF_LIT("."))) host.len--;
    return hf_bytes_same_nocase(host, HF_LIT("localhost"));
}

bool hf_net_host_is_near(struct hf_bytes host)
{
    struct hf_net_address address;
    if (hf_net_host_is_loopback(host)) return true;
    if (hf_net_address_read(host, &address))
        return hf_net_is_private(&address) || hf_net_is_shared(&address);
    return is_below(host, HF_LIT(".local")) || is_below(host, HF_LIT(".ts.net"));
}
