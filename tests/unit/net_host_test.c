#include "wire/net_host.h"
#include "lib/check.h"

/* client-lifecycle 7.1: the edges of each range. */
static void a_host_says_whether_it_is_near(void)
{
    static const struct {
        const char *host;
        bool is_loopback, is_near;
    } rows[] = {
        { "127.0.0.1", true, true },
        { "::1", true, true },
        { "[::1]", true, true },
        { "LocalHost", true, true },
        { "localhost.", true, true },
        { "a.localhost", false, false },
        { ".", false, false },
        { "", false, false },
        { "10.1.2.3", false, true },
        { "192.168.0.1", false, true },
        { "169.254.1.1", false, true },
        { "100.64.0.0", false, true },
        { "100.127.255.255", false, true },
        { "100.63.255.255", false, false },
        { "100.128.0.0", false, false },
        { "fd00::1", false, true },
        { "2001:db8::1", false, false },
        { "8.8.8.8", false, false },
        { "pi.local", false, true },
        { "a.ts.net", false, true },
        { ".local", false, false },
        { "evil-local", false, false },
        { "local.example.org", false, false },
        { "localhost.example.org", false, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_bytes host = hf_bytes_cstr(rows[i].host);
        CHECK_EQ_AT(i, hf_net_host_is_loopback(host), rows[i].is_loopback);
        CHECK_EQ_AT(i, hf_net_host_is_near(host), rows[i].is_near);
    }
}

CHECK_MAIN(a_host_says_whether_it_is_near)
