#include "host/tailnet.h"
#include "lib/check.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

static const struct {
    const char *address;
    unsigned flags;
    const char *want; /* of the list that ends with this row */
} rows[] = {
    { "127.0.0.1", IFF_UP, "" },
    { "100.63.255.255", IFF_UP, "" }, /* one below the network */
    { "100.128.0.0", IFF_UP, "" },    /* one above it */
    { "100.64.0.0", 0, "" },          /* in it, but down */
    { "100.127.255.255", IFF_UP, "100.127.255.255" },
    { "100.64.0.1", IFF_UP, "100.127.255.255" }, /* the first one counts */
};

static void the_first_address_of_the_shared_network_is_taken(void)
{
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    struct ifaddrs bare = { .ifa_flags = IFF_UP };
    struct ifaddrs other = { .ifa_addr = (struct sockaddr *)&v6, .ifa_flags = IFF_UP };
    struct ifaddrs all[HF_COUNT(rows)] = { 0 };
    struct sockaddr_in addresses[HF_COUNT(rows)] = { 0 };
    char out[HF_NET_ADDRESS_CHARS];
    bare.ifa_next = &other;
    other.ifa_next = &all[0];
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        addresses[i].sin_family = AF_INET;
        CHECK_EQ_AT(i, inet_pton(AF_INET, rows[i].address, &addresses[i].sin_addr), 1);
        all[i].ifa_addr = (struct sockaddr *)&addresses[i];
        all[i].ifa_flags = rows[i].flags;
        if (i > 0) all[i - 1].ifa_next = &all[i];
        CHECK_TEXT_AT(i, hf_bytes(out, hf_tailnet_pick(&bare, out)), rows[i].want);
    }
    CHECK_EQ(hf_tailnet_pick(NULL, out), 0);
}

CHECK_MAIN(the_first_address_of_the_shared_network_is_taken)
