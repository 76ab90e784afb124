#include "wire/net_address.h"
#include "lib/check.h"

static const struct {
    const char *text;
    const char *want; /* canonical, NULL when it is no address */
} addresses[] = {
    { "127.0.0.1", "127.0.0.1" },
    { "0.0.0.0", "0.0.0.0" },
    { "255.255.255.255", "255.255.255.255" },
    { "::1", "::1" },
    { "::", "::" },
    { "[::1]", "::1" },
    { "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
    { "2001:db8:1:0:0:2:0:0", "2001:db8:1::2:0:0" },
    { "fe80::1%eth0", "fe80::1" },
    { "[fe80::1%25]", "fe80::1" },
    { "::ffff:10.1.2.3", "10.1.2.3" },
    { "::FFFF:0a01:0203", "10.1.2.3" },
    { "1111:2222:3333:4444:5555:6666:7777:8888", "1111:2222:3333:4444:5555:6666:7777:8888" },
    { "1111:2222:3333:4444:5555:6666:123.123.123.123", "1111:2222:3333:4444:5555:6666:7b7b:7b7b" },
    { "", NULL },
    { "localhost", NULL },
    { "127.1", NULL },
    { "127.0.0.256", NULL },
    { "127.0.0.01", NULL },
    { "0x7f.0.0.1", NULL },
    { "127.0.0.1 ", NULL },
    { "127.0.0.1:80", NULL },
    { "127.0.0.1%lo", NULL },
    { "[127.0.0.1]", NULL },
    { "[::1", NULL },
    { "::1]", NULL },
    { "fe80::1%", NULL },
    { "1::2::3", NULL },
    { "12345::", NULL },
    { "1111:2222:3333:4444:5555:6666:123.123.123.1234", NULL },
};

static void addresses_are_read_and_written_in_one_form(void)
{
    for (size_t i = 0; i < HF_COUNT(addresses); i++) {
        struct hf_net_address a;
        char text[HF_NET_ADDRESS_CHARS];
        bool is_good = hf_net_address_read(hf_bytes_cstr(addresses[i].text), &a);
        CHECK_EQ_AT(i, is_good, addresses[i].want != NULL);
        if (!is_good) continue;
        CHECK_TEXT_AT(i, hf_bytes(text, hf_net_address_write(&a, text)), addresses[i].want);
    }
}

static void a_zero_inside_a_text_is_not_its_end(void)
{
    struct hf_net_address a;
    CHECK(!hf_net_address_read(HF_LIT("127.0.0.1\0x"), &a));
}

static struct hf_net_address address(const char *text)
{
    struct hf_net_address a = { 0 };
    CHECK(hf_net_address_read(hf_bytes_cstr(text), &a));
    return a;
}

static void both_forms_of_an_ipv4_peer_are_the_same(void)
{
    struct hf_net_address a = address("::ffff:1.2.3.4"), b = address("1.2.3.4");
    struct hf_net_address c = address("::102:304");
    CHECK(hf_net_address_same(&a, &b));
    CHECK(!hf_net_address_same(&a, &c));
    CHECK(hf_net_is_v4(&a));
    CHECK(!hf_net_is_v4(&c));
}

static const struct {
    const char *text;
    bool is_loopback, is_private;
} kinds[] = {
    { "126.255.255.255", false, false },
    { "127.0.0.0", true, false },
    { "127.255.255.255", true, false },
    { "128.0.0.0", false, false },
    { "::1", true, false },
    { "::2", false, false },
    { "::ffff:127.0.0.1", true, false },
    { "9.255.255.255", false, false },
    { "10.0.0.0", false, true },
    { "10.255.255.255", false, true },
    { "11.0.0.0", false, false },
    { "172.15.255.255", false, false },
    { "172.16.0.0", false, true },
    { "172.31.255.255", false, true },
    { "172.32.0.0", false, false },
    { "192.168.0.0", false, true },
    { "192.169.0.0", false, false },
    { "169.254.9.9", false, true },
    { "fbff::", false, false },
    { "fc00::", false, true },
    { "fdff::1", false, true },
    { "fe00::", false, false },
    { "fe80::1", false, true },
    { "febf::1", false, true },
    { "fec0::1", false, false },
    { "a00::1", false, false },
};

static void loopback_and_private_addresses_end_at_their_borders(void)
{
    for (size_t i = 0; i < HF_COUNT(kinds); i++) {
        struct hf_net_address a = address(kinds[i].text);
        CHECK_EQ_AT(i, hf_net_is_loopback(&a), kinds[i].is_loopback);
        CHECK_EQ_AT(i, hf_net_is_private(&a), kinds[i].is_private);
    }
}

static const struct {
    const char *range, *text;
    int has; /* -1: no range */
} ranges[] = {
    { "10.0.0.0/8", "10.255.255.255", 1 },
    { "10.0.0.0/8", "11.0.0.0", 0 },
    { "10.0.0.0/8", "::ffff:10.1.1.1", 1 },
    { "10.0.0.0/8", "a00::", 0 },
    { "192.168.7.0/25", "192.168.7.127", 1 },
    { "192.168.7.0/25", "192.168.7.128", 0 },
    { "192.168.7.9", "192.168.7.9", 1 },
    { "192.168.7.9", "192.168.7.8", 0 },
    { "192.168.7.9/32", "192.168.7.9", 1 },
    { "0.0.0.0/0", "8.8.8.8", 1 },
    { "0.0.0.0/0", "2001:db8::", 0 },
    { "::/0", "8.8.8.8", 1 },
    { "fd00::/8", "fdff::1", 1 },
    { "fd00::/8", "fe00::", 0 },
    { "2001:db8::/127", "2001:db8::1", 1 },
    { "2001:db8::/127", "2001:db8::2", 0 },
    { "::1/128", "::1", 1 },
    { "10.0.0.0/33", "10.0.0.0", -1 },
    { "::/129", "::", -1 },
    { "10.0.0.1/8", "10.0.0.1", -1 },
    { "2001:db8::1/64", "::", -1 },
    { "10.0.0.0/", "10.0.0.0", -1 },
    { "10.0.0.0/8x", "10.0.0.0", -1 },
    { "/8", "10.0.0.0", -1 },
    { "lan", "10.0.0.0", -1 },
};

static void a_range_holds_what_shares_its_bits(void)
{
    for (size_t i = 0; i < HF_COUNT(ranges); i++) {
        struct hf_net_range range;
        struct hf_net_address a = address(ranges[i].text);
        bool is_good = hf_net_range_read(hf_bytes_cstr(ranges[i].range), &range);
        CHECK_EQ_AT(i, is_good, ranges[i].has >= 0);
        if (is_good) CHECK_EQ_AT(i, hf_net_range_has(&range, &a), ranges[i].has);
    }
}

/* The trusted proxies are 10.0.0.0/8 and fd00::/8; the values are lines of the
 * header in their order. */
static const struct {
    const char *peer, *values[3];
    const char *want; /* NULL: unknown; "": the peer is not trusted */
} x_forwarded_for[] = {
    { "10.0.0.1", { "1.2.3.4" }, "1.2.3.4" },
    { "fd00::1", { "2001:db8::5" }, "2001:db8::5" },
    { "9.9.9.9", { "1.2.3.4" }, "" },
    { "127.0.0.1", { "1.2.3.4" }, "" },
    { "10.0.0.1", { "6.6.6.6, 1.2.3.4" }, "1.2.3.4" },            /* the left one is claimed only */
    { "10.0.0.1", { "6.6.6.6, 1.2.3.4, 10.0.0.2" }, "1.2.3.4" },  /* two proxies of ours */
    { "10.0.0.1", { "6.6.6.6", "1.2.3.4", "10.0.0.2" }, "1.2.3.4" },
    { "10.0.0.1", { "127.0.0.1, 1.2.3.4" }, "1.2.3.4" },
    { "10.0.0.1", { "1.2.3.4, 127.0.0.1, ::1" }, "1.2.3.4" },     /* two on the proxy's machine */
    { "10.0.0.1", { "127.0.0.1" }, NULL },
    { "10.0.0.1", { "10.0.0.9, 10.0.0.2" }, NULL },               /* all ours: and who asks? */
    { "10.0.0.1", { "1.2.3.4:5678" }, "1.2.3.4" },
    { "10.0.0.1", { "[2001:db8::5]:80" }, "2001:db8::5" },
    { "10.0.0.1", { "[2001:db8::5]" }, "2001:db8::5" },
    { "10.0.0.1", { " ,1.2.3.4 , " }, "1.2.3.4" },
    { "10.0.0.1", { "junk, 1.2.3.4" }, "1.2.3.4" },
    { "10.0.0.1", { "1.2.3.4, junk" }, NULL },
    { "10.0.0.1", { "1.2.3.4, unknown, 10.0.0.2" }, NULL },
    { "10.0.0.1", { "1.2.3.4:99999" }, NULL },
    { "10.0.0.1", { "1.2.3.4:" }, NULL },
    { "10.0.0.1", { "[2001:db8::5]80" }, NULL },
    { "10.0.0.1", { "" }, NULL },
    { "10.0.0.1", { " , " }, NULL },
}, forwarded[] = {
    { "10.0.0.1", { "for=1.2.3.4" }, "1.2.3.4" },
    { "9.9.9.9", { "for=1.2.3.4" }, "" },
    { "10.0.0.1", { "For=\"[2001:db8:cafe::17]:4711\"" }, "2001:db8:cafe::17" },
    { "10.0.0.1", { "for=192.0.2.60;proto=http;by=203.0.113.43" }, "192.0.2.60" },
    { "10.0.0.1", { "proto=http; for=192.0.2.60 ;by=x" }, "192.0.2.60" },
    { "10.0.0.1", { "for=6.6.6.6, for=1.2.3.4, for=10.0.0.2" }, "1.2.3.4" },
    { "10.0.0.1", { "for=6.6.6.6", "for=1.2.3.4", "for=10.0.0.2" }, "1.2.3.4" },
    { "10.0.0.1", { "for=\"6.6.6.6, x\", for=1.2.3.4" }, "1.2.3.4" },
    { "10.0.0.1", { "host=\"a\\\"b\";for=1.2.3.4" }, "1.2.3.4" },
    { "10.0.0.1", { "for=unknown" }, NULL },
    { "10.0.0.1", { "for=_hidden, for=10.0.0.2" }, NULL },
    { "10.0.0.1", { "proto=http" }, NULL },
    { "10.0.0.1", { "for=1.2.3.4;for=6.6.6.6" }, NULL },
    { "10.0.0.1", { "for=\"6.6.6.6, for=1.2.3.4" }, NULL },       /* a quote without an end */
    { "10.0.0.1", { "for=\"x, for=\"[2001:db8::5]\"" }, NULL },   /* a quote that eats a comma */
    { "10.0.0.1", { "junk, for=1.2.3.4" }, NULL },
    { "10.0.0.1", { "for=" }, NULL },
    { "10.0.0.1", { "=1.2.3.4" }, NULL },
    { "10.0.0.1", { "for=1.2.3.4;" }, NULL },
    { "10.0.0.1", { "for=1.2.3.4 for=5.6.7.8" }, NULL },
    { "10.0.0.1", { "for=\"1.2.3.4\\" }, NULL },
    { "10.0.0.1", { "" }, NULL },
};

static void check_hops(size_t row, enum hf_net_list list, const char *peer_text,
                       const char *const texts[3], const char *want)
{
    struct hf_net_range trusted[2];
    struct hf_net_address peer = address(peer_text), got;
    struct hf_bytes values[3];
    size_t count = 0;
    char text[HF_NET_ADDRESS_CHARS];
    CHECK(hf_net_range_read(HF_LIT("10.0.0.0/8"), &trusted[0]));
    CHECK(hf_net_range_read(HF_LIT("fd00::/8"), &trusted[1]));
    for (; count < 3 && texts[count]; count++) values[count] = hf_bytes_cstr(texts[count]);
    enum hf_net_hops found = hf_net_client_find(&peer, trusted, 2, list, values, count, &got);
    if (!want) {
        CHECK_EQ_AT(row, found, HF_NET_HOPS_UNKNOWN);
    } else if (!*want) {
        CHECK_EQ_AT(row, found, HF_NET_HOPS_UNTRUSTED);
    } else {
        CHECK_EQ_AT(row, found, HF_NET_HOPS_CLIENT);
        CHECK_TEXT_AT(row, hf_bytes(text, hf_net_address_write(&got, text)), want);
    }
}

static void the_rightmost_hop_that_is_no_trusted_proxy_counts(void)
{
    for (size_t i = 0; i < HF_COUNT(x_forwarded_for); i++)
        check_hops(i, HF_NET_X_FORWARDED_FOR, x_forwarded_for[i].peer, x_forwarded_for[i].values,
                   x_forwarded_for[i].want);
}

static void the_standard_header_says_the_same_and_a_broken_one_says_nothing(void)
{
    for (size_t i = 0; i < HF_COUNT(forwarded); i++)
        check_hops(i, HF_NET_FORWARDED, forwarded[i].peer, forwarded[i].values, forwarded[i].want);
}

CHECK_MAIN(addresses_are_read_and_written_in_one_form, a_zero_inside_a_text_is_not_its_end,
           both_forms_of_an_ipv4_peer_are_the_same,
           loopback_and_private_addresses_end_at_their_borders, a_range_holds_what_shares_its_bits,
           the_rightmost_hop_that_is_no_trusted_proxy_counts,
           the_standard_header_says_the_same_and_a_broken_one_says_nothing)
