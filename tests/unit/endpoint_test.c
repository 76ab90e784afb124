#include "core/endpoint.h"
#include "lib/check.h"

/* client-lifecycle 7.1: the edges of each range. */
static void plain_text_stays_in_private_places(void)
{
    static const struct {
        const char *host;
        bool is_loopback, may_be_plain;
    } rows[] = {
        { "127.0.0.1", true, true },
        { "::1", true, true },
        { "LocalHost", true, true },
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
        CHECK_EQ_AT(i, hf_endpoint_is_loopback(host), rows[i].is_loopback);
        CHECK_EQ_AT(i, hf_endpoint_may_be_plain(host), rows[i].may_be_plain);
    }
}

CHECK_MAIN(plain_text_stays_in_private_places)
