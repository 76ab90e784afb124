#include "host/tailnet.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

size_t hf_tailnet_pick(const struct ifaddrs *interfaces, char out[HF_NET_ADDRESS_CHARS])
{
    for (const struct ifaddrs *at = interfaces; at; at = at->ifa_next) {
        struct sockaddr_in v4;
        uint8_t bytes[4];
        if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET || !(at->ifa_flags & IFF_UP))
            continue;
        memcpy(&v4, at->ifa_addr, sizeof v4);
        memcpy(bytes, &v4.sin_addr, sizeof bytes);
        struct hf_net_address address = hf_net_address_v4(bytes);
        if (hf_net_is_shared(&address)) return hf_net_address_write(&address, out);
    }
    return 0;
}

size_t hf_tailnet_find(char out[HF_NET_ADDRESS_CHARS])
{
    struct ifaddrs *all;
    if (getifaddrs(&all) != 0) return 0;
    size_t len = hf_tailnet_pick(all, out);
    freeifaddrs(all);
    return len;
}
