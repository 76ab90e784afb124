/* Addresses as people write them: a URL, a proxy, a list of whom it is not for and a
 * fingerprint, parted by zeros. */
#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/limits.h"
#include "core/endpoint.h"
#include "core/proxy.h"
#include "fuzz.h"
#include "wire/http_response.h"
#include "wire/url.h"

enum { TEXT_MAX = 1 << 14 };

static struct hf_bytes take_part(struct hf_bytes *rest)
{
    size_t end = hf_bytes_find(*rest, 0, '\0');
    struct hf_bytes part = hf_bytes_head(*rest, end);
    *rest = hf_bytes_from(*rest, end + 1);
    return part;
}

static void check_inside(struct hf_bytes part, struct hf_bytes whole)
{
    FUZZ_CHECK(part.len <= whole.len);
    FUZZ_CHECK(part.len == 0 ||
               (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len));
}

/* What was read is what is read again. */
static bool try_url(struct hf_bytes text, struct hf_url *url)
{
    struct hf_url again;
    struct hf_buf out;
    const char *what = "";
    int err = hf_url_read(text, url, &what);
    FUZZ_CHECK((err != 0) == (what != NULL));
    if (err) return false;
    FUZZ_CHECK(url->host.len > 0 && url->port > 0 && url->target.len > 0);
    check_inside(url->host, url->place);
    check_inside(url->place, text);
    hf_buf_init(&out, TEXT_MAX);
    hf_buf_add(&out, url->is_tls ? HF_LIT("wss://") : HF_LIT("ws://"));
    hf_buf_add(&out, url->place);
    hf_buf_add(&out, url->target);
    FUZZ_CHECK(hf_url_read(hf_buf_view(&out), &again, &what) == 0);
    FUZZ_CHECK(hf_bytes_same(again.host, url->host) && again.port == url->port);
    FUZZ_CHECK(hf_bytes_same(again.target, url->target) && again.is_tls == url->is_tls);
    hf_buf_fini(&out);
    return true;
}

static void check_ask(const struct hf_proxy *proxy, const struct hf_url *url)
{
    struct hf_buf value, ask;
    hf_buf_init(&value, 2 * HF_LIMIT_PROXY_BYTES);
    hf_buf_init(&ask, TEXT_MAX);
    int err = hf_proxy_authorization_write(proxy, &value);
    FUZZ_CHECK((err == HF_ERR_MISSING) == (proxy->user.len == 0));
    FUZZ_CHECK(err == 0 || value.len == 0);
    hf_http_ask_tunnel_write(&ask, url->host, url->port, hf_buf_view(&value));
    FUZZ_CHECK(hf_buf_done(&ask) == 0);
    /* Nothing that was configured adds a line: three, or two, and the empty one. */
    size_t lines = 0;
    for (size_t i = 0; i < ask.len; i++) lines += ask.ptr[i] == '\n';
    FUZZ_CHECK(lines == (err == 0 ? 4u : 3u));
    hf_buf_fini(&ask);
    hf_buf_fini(&value);
}

static void try_proxy(struct hf_bytes text, const struct hf_url *url)
{
    struct hf_proxy proxy, again;
    const char *what = "";
    int err = hf_proxy_read(text, &proxy, &what);
    FUZZ_CHECK((err != 0) == (what != NULL));
    if (err) return;
    FUZZ_CHECK(proxy.host.len > 0 && proxy.port > 0);
    check_inside(proxy.place, text);
    check_inside(proxy.host, proxy.place);
    FUZZ_CHECK(hf_proxy_read(proxy.place, &again, &what) == 0);
    FUZZ_CHECK(hf_bytes_same(again.host, proxy.host) && again.port == proxy.port);
    check_ask(&proxy, url);
}

/* A list says of a host what one of its entries says. */
static void try_list(struct hf_bytes list, const struct hf_url *url)
{
    bool is_any = hf_proxy_is_exempt(HF_EMPTY, url->host, url->port);
    for (size_t at = 0; at <= list.len;) {
        size_t end = hf_bytes_find(list, at, ',');
        struct hf_bytes entry = hf_bytes_head(hf_bytes_from(list, at), end - at);
        is_any = is_any || hf_proxy_is_exempt(entry, url->host, url->port);
        at = end + 1;
    }
    FUZZ_CHECK(hf_proxy_is_exempt(list, url->host, url->port) == is_any);
}

static void try_pin(struct hf_bytes text)
{
    uint8_t pin[HF_SHA256_BYTES], again[HF_SHA256_BYTES];
    char hex[HF_HEX_CHARS(HF_SHA256_BYTES)];
    if (!hf_endpoint_fingerprint_read(text, pin)) return;
    hf_hex_write(hf_bytes(pin, sizeof pin), hex);
    FUZZ_CHECK(hf_endpoint_fingerprint_read(hf_bytes(hex, sizeof hex), again));
    FUZZ_CHECK(memcmp(pin, again, sizeof pin) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t *copy = fuzz_copy(hf_bytes(data, len));
    struct hf_bytes rest = hf_bytes(copy, len);
    struct hf_url url;
    if (try_url(take_part(&rest), &url)) {
        try_proxy(take_part(&rest), &url);
        try_list(take_part(&rest), &url);
        try_pin(rest);
    }
    hf_mem_free(copy);
    return 0;
}
