#include "core/proxy.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/limits.h"
#include "wire/net_address.h"
#include "wire/url.h"

enum { PROXY_PORT = 80, V4_BITS = 96 /* in front of an IPv4 address */ };

/* --- which proxy --- */

static const char *take_scheme(struct hf_bytes *rest)
{
    size_t colon = hf_bytes_find(*rest, 0, ':');
    struct hf_bytes after = hf_bytes_from(*rest, colon);
    if (!hf_bytes_starts(after, HF_LIT("://"))) return NULL;
    if (!hf_bytes_same_nocase(hf_bytes_head(*rest, colon), HF_LIT("http")))
        return "only proxies of the scheme http:// are spoken to";
    *rest = hf_bytes_from(after, 3);
    return NULL;
}

/* The last @ of the authority: a password may hold one that is not encoded. */
static void take_user(struct hf_bytes *rest, struct hf_bytes *user)
{
    for (size_t at = rest->len; at > 0; at--) {
        if (rest->ptr[at - 1] != '@') continue;
        *user = hf_bytes_head(*rest, at - 1);
        *rest = hf_bytes_from(*rest, at);
        return;
    }
}

int hf_proxy_read(struct hf_bytes text, struct hf_proxy *out, const char **what)
{
    struct hf_proxy proxy = { .port = PROXY_PORT };
    struct hf_bytes rest = hf_bytes_trim(text);
    *what = rest.len > HF_LIMIT_PROXY_BYTES ? "it is too long" : take_scheme(&rest);
    if (*what) return HF_ERR_SYNTAX;
    rest = hf_bytes_head(rest, hf_bytes_find(rest, 0, '/'));
    take_user(&rest, &proxy.user);
    proxy.place = rest;
    *what = hf_url_place_read(rest, &proxy.host, &proxy.port);
    if (*what) return HF_ERR_SYNTAX;
    *out = proxy;
    return 0;
}

/* --- whom it is not for --- */

static bool is_separator(uint8_t byte)
{
    return byte == ',' || byte == ' ' || byte == '\t';
}

static struct hf_bytes next_entry(struct hf_bytes *list)
{
    size_t begin = 0, end;
    while (begin < list->len && is_separator(list->ptr[begin])) begin++;
    for (end = begin; end < list->len && !is_separator(list->ptr[end]);) end++;
    struct hf_bytes entry = hf_bytes(begin < list->len ? list->ptr + begin : NULL, end - begin);
    *list = hf_bytes_from(*list, end);
    return entry;
}

static struct hf_bytes without_last_dot(struct hf_bytes name)
{
    return hf_bytes_ends(name, HF_LIT(".")) ? hf_bytes_head(name, name.len - 1) : name;
}

static bool is_name_below(struct hf_bytes host, struct hf_bytes name)
{
    if (hf_bytes_starts(name, HF_LIT("*."))) name = hf_bytes_from(name, 1);
    if (hf_bytes_starts(name, HF_LIT("."))) name = hf_bytes_from(name, 1);
    name = without_last_dot(name);
    host = without_last_dot(host);
    if (name.len == 0 || host.len < name.len) return false;
    if (!hf_bytes_same_nocase(hf_bytes_from(host, host.len - name.len), name)) return false;
    return host.len == name.len || host.ptr[host.len - name.len - 1] == '.';
}

/* A range, whose bits behind the prefix do not count. */
static bool is_in_range(const struct hf_net_address *host, struct hf_bytes entry)
{
    struct hf_net_range range;
    uint64_t bits;
    size_t slash = hf_bytes_find(entry, 0, '/');
    struct hf_bytes base = hf_bytes_head(entry, slash);
    unsigned skipped = hf_bytes_find(base, 0, ':') == base.len ? V4_BITS : 0;
    if (!hf_net_address_read(base, &range.base)) return false;
    if (!hf_bytes_u64(hf_bytes_from(entry, slash + 1), &bits)) return false;
    if (bits > 8 * HF_NET_ADDRESS_BYTES - skipped) return false;
    range.bits = (unsigned)bits + skipped;
    return hf_net_range_has(&range, host);
}

static bool is_same_address(const struct hf_net_address *host, struct hf_bytes text)
{
    struct hf_net_address address;
    return hf_net_address_read(text, &address) && hf_net_address_same(&address, host);
}

/* An entry with a port of its own is for that port only. */
static bool names(struct hf_bytes entry, struct hf_bytes host, uint16_t port)
{
    struct hf_net_address address;
    struct hf_bytes name = entry;
    uint16_t entry_port = port;
    bool is_address = hf_net_address_read(host, &address);
    if (is_address && is_same_address(&address, entry)) return true; /* a bare IPv6 one too */
    if (is_address && hf_bytes_find(entry, 0, '/') < entry.len) return is_in_range(&address, entry);
    if (hf_url_place_read(entry, &name, &entry_port) != NULL || entry_port != port) return false;
    return is_address ? is_same_address(&address, name) : is_name_below(host, name);
}

static bool is_loopback(struct hf_bytes host)
{
    struct hf_net_address address;
    if (hf_net_address_read(host, &address)) return hf_net_is_loopback(&address);
    return hf_bytes_same_nocase(without_last_dot(host), HF_LIT("localhost"));
}

bool hf_proxy_is_exempt(struct hf_bytes list, struct hf_bytes host, uint16_t port)
{
    if (is_loopback(host)) return true;
    for (struct hf_bytes entry; (entry = next_entry(&list)).len > 0;)
        if (hf_bytes_same(entry, HF_LIT("*")) || names(entry, host, port)) return true;
    return false;
}

/* --- credentials --- */

int hf_proxy_authorization_write(const struct hf_proxy *proxy, struct hf_buf *out)
{
    struct hf_buf plain;
    char text[HF_BASE64_CHARS(HF_LIMIT_PROXY_BYTES + 1)];
    if (proxy->user.len == 0) return HF_ERR_MISSING;
    hf_buf_init(&plain, HF_LIMIT_PROXY_BYTES + 1);
    int err = hf_url_user_write(proxy->user, &plain);
    if (!err) {
        size_t chars = hf_base64_write(hf_buf_view(&plain), text);
        HF_BUF_LIT(out, "Basic ");
        hf_buf_add(out, hf_bytes(text, chars));
        hf_wipe(text, sizeof text);
    }
    if (plain.ptr) hf_wipe(plain.ptr, plain.cap);
    hf_buf_fini(&plain);
    return err ? err : hf_buf_done(out);
}
