#include "core/proxy.h"
#include "base/err.h"
#include "base/limits.h"
#include "lib/check.h"

static void a_proxy_is_taken_apart(void)
{
    static const struct {
        const char *text, *host, *place, *user;
        uint16_t port;
    } rows[] = {
        { "http://proxy.example:3128", "proxy.example", "proxy.example:3128", "", 3128 },
        { "HTTP://proxy.example/", "proxy.example", "proxy.example", "", 80 },
        { " proxy:8080 ", "proxy", "proxy:8080", "", 8080 },
        { "proxy", "proxy", "proxy", "", 80 },
        { "http://[fd00::1]:3128/path", "fd00::1", "[fd00::1]:3128", "", 3128 },
        { "http://me:secret@proxy:1", "proxy", "proxy:1", "me:secret", 1 },
        { "me:s@cret@proxy:1", "proxy", "proxy:1", "me:s@cret", 1 },
        { "http://me@proxy:65535", "proxy", "proxy:65535", "me", 65535 },
        { "http://@proxy", "proxy", "proxy", "", 80 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_proxy proxy;
        const char *what;
        CHECK_EQ_AT(i, hf_proxy_read(hf_bytes_cstr(rows[i].text), &proxy, &what), 0);
        CHECK_TEXT_AT(i, proxy.host, rows[i].host);
        CHECK_TEXT_AT(i, proxy.place, rows[i].place);
        CHECK_TEXT_AT(i, proxy.user, rows[i].user);
        CHECK_EQ_AT(i, proxy.port, rows[i].port);
    }
}

static void what_is_no_proxy_is_refused_without_saying_what_it_was(void)
{
    static const struct {
        const char *text, *what;
    } rows[] = {
        { "https://proxy:1", "scheme http://" },
        { "socks5h://me:secret@proxy:1080", "scheme http://" },
        { "", "host is missing" },
        { "http://", "host is missing" },
        { "http://me:secret@", "host is missing" },
        { "proxy:0", "the port" },
        { "proxy:65536", "the port" },
        { "proxy:x", "the port" },
        { "[::1", "bracket" },
        { "a b", "a space" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_proxy proxy;
        const char *what = NULL;
        CHECK_EQ_AT(i, hf_proxy_read(hf_bytes_cstr(rows[i].text), &proxy, &what), HF_ERR_SYNTAX);
        CHECK_AT(i, what && strstr(what, rows[i].what) != NULL);
        CHECK_AT(i, strstr(what, "secret") == NULL);
    }
}

static void a_proxy_has_a_bound(void)
{
    char text[HF_LIMIT_PROXY_BYTES + 1];
    struct hf_proxy proxy;
    const char *what;
    memset(text, 'a', sizeof text);
    CHECK_EQ(hf_proxy_read(hf_bytes(text, HF_LIMIT_PROXY_BYTES), &proxy, &what), 0);
    CHECK_EQ(hf_proxy_read(hf_bytes(text, HF_LIMIT_PROXY_BYTES + 1), &proxy, &what), HF_ERR_SYNTAX);
}

static void the_list_says_whom_the_proxy_is_not_for(void)
{
    static const struct {
        const char *list, *host;
        uint16_t port;
        bool is_exempt;
    } rows[] = {
        { "", "gateway.example", 443, false },
        { "*", "gateway.example", 443, true },
        { " , *", "gateway.example", 443, true },
        { "*ample", "gateway.example", 443, false },
        /* names: themselves and what is below, whole labels only */
        { "example", "gateway.example", 443, true },
        { "gateway.example", "Gateway.EXAMPLE", 443, true },
        { ".example", "gateway.example", 443, true },
        { "*.example", "gateway.example", 443, true },
        { ".gateway.example", "gateway.example", 443, true },
        { "way.example", "gateway.example", 443, false },
        { "a.gateway.example", "gateway.example", 443, false },
        { "gateway.example.", "gateway.example", 443, true },
        { "gateway.example", "gateway.example.", 443, true },
        { "a,b c,\tgateway.example", "gateway.example", 443, true },
        { ".", "gateway.example", 443, false },
        { "*.", "gateway.example", 443, false },
        /* ports */
        { "gateway.example:443", "gateway.example", 443, true },
        { "gateway.example:444", "gateway.example", 443, false },
        { "gateway.example:", "gateway.example", 443, false },
        { "10.0.0.1:443", "10.0.0.1", 443, true },
        { "10.0.0.1:444", "10.0.0.1", 443, false },
        { "[fd00::1]:443", "fd00::1", 443, true },
        { "[fd00::1]:444", "fd00::1", 443, false },
        /* addresses, however they are written */
        { "10.0.0.1", "10.0.0.1", 443, true },
        { "10.0.0.1", "10.0.0.11", 443, false },
        { "::ffff:10.0.0.1", "10.0.0.1", 443, true },
        { "fd00::1", "fd00:0::1", 443, true },
        { "[fd00::1]", "fd00::1", 443, true },
        { "0.0.1", "10.0.0.1", 443, false },
        /* ranges */
        { "10.0.0.0/8", "10.255.255.255", 443, true },
        { "10.0.0.0/8", "11.0.0.0", 443, false },
        { "10.1.2.3/8", "10.9.9.9", 443, true },
        { "10.0.0.1/32", "10.0.0.1", 443, true },
        { "10.0.0.1/32", "10.0.0.2", 443, false },
        { "10.0.0.1/33", "10.0.0.1", 443, false },
        { "0.0.0.0/0", "192.0.2.1", 443, true },
        { "0.0.0.0/0", "2001:db8::1", 443, false },
        { "fd00::/8", "fdff::1", 443, true },
        { "fd00::/8", "fe00::1", 443, false },
        { "fd00::/129", "fd00::", 443, false },
        { "10.0.0.0/x", "10.0.0.1", 443, false },
        { "10.0.0.0/8", "gateway.example", 443, false },
        /* the loopback needs no entry */
        { "", "localhost", 443, true },
        { "", "LOCALHOST.", 443, true },
        { "", "127.8.9.1", 443, true },
        { "", "::1", 443, true },
        { "", "localhost.example", 443, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i,
                    hf_proxy_is_exempt(hf_bytes_cstr(rows[i].list), hf_bytes_cstr(rows[i].host),
                                       rows[i].port),
                    rows[i].is_exempt);
}

static void credentials_become_one_header_value(void)
{
    static const struct {
        const char *text, *value;
        int err;
    } rows[] = {
        { "Aladdin:open%20sesame@p", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", 0 },
        { "Aladdin:open sesame@p", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", 0 },
        { "me@p", "Basic bWU6", 0 },
        { "a%3Ab:c@p", "Basic YTpiOmM=", 0 },
        { "p", "", HF_ERR_MISSING },
        { "me:%4@p", "", HF_ERR_SYNTAX },
        { "me:%zz@p", "", HF_ERR_SYNTAX },
        { "me:%@p", "", HF_ERR_SYNTAX },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_proxy proxy;
        struct hf_buf out;
        const char *what;
        hf_buf_init(&out, 256);
        CHECK_EQ_AT(i, hf_proxy_read(hf_bytes_cstr(rows[i].text), &proxy, &what), 0);
        CHECK_EQ_AT(i, hf_proxy_authorization_write(&proxy, &out), rows[i].err);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].value);
        hf_buf_fini(&out);
    }
}

CHECK_MAIN(a_proxy_is_taken_apart, what_is_no_proxy_is_refused_without_saying_what_it_was,
           a_proxy_has_a_bound, the_list_says_whom_the_proxy_is_not_for,
           credentials_become_one_header_value)
