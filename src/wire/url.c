#include "wire/url.h"
#include "base/ascii.h"
#include "base/err.h"

static bool take_scheme(struct hf_bytes *rest, struct hf_url *url)
{
    static const struct {
        struct hf_bytes prefix;
        bool is_tls, is_http;
    } schemes[] = {
        { HF_LIT_INIT("ws://"), false, false },
        { HF_LIT_INIT("wss://"), true, false },
        { HF_LIT_INIT("http://"), false, true },
        { HF_LIT_INIT("https://"), true, true },
    };
    for (size_t i = 0; i < HF_COUNT(schemes); i++) {
        size_t len = schemes[i].prefix.len;
        if (!hf_bytes_same_nocase(hf_bytes_head(*rest, len), schemes[i].prefix)) continue;
        url->is_tls = schemes[i].is_tls;
        url->is_http = schemes[i].is_http;
        *rest = hf_bytes_from(*rest, len);
        return true;
    }
    return false;
}

static const char *read_port(struct hf_bytes digits, uint16_t *out)
{
    uint64_t port;
    if (!hf_bytes_u64(digits, &port) || port == 0 || port > UINT16_MAX)
        return "the port must be 1 to 65535";
    *out = (uint16_t)port;
    return NULL;
}

static bool has_stray_byte(struct hf_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7F) return true;
    return false;
}

const char *hf_url_place_read(struct hf_bytes place, struct hf_bytes *host, uint16_t *port)
{
    bool is_bracketed = place.len > 0 && place.ptr[0] == '[';
    size_t end = hf_bytes_find(place, 0, is_bracketed ? ']' : ':');
    if (has_stray_byte(place)) return "it has a space or a byte that is not ASCII";
    if (is_bracketed && end == place.len) return "the bracket of the address is not closed";
    if (!is_bracketed && hf_bytes_find(place, end + 1, ':') < place.len)
        return "an IPv6 address stands in brackets, as in [::1]:18789";
    *host = is_bracketed ? hf_bytes(place.ptr + 1, end - 1) : hf_bytes_head(place, end);
    if (is_bracketed) end++;
    if (host->len == 0) return "the host is missing";
    if (end < place.len && place.ptr[end] != ':') return "the host is not valid";
    return end < place.len ? read_port(hf_bytes_from(place, end + 1), port) : NULL;
}

/* The last @: a password may hold one that is not encoded. */
static struct hf_bytes take_user(struct hf_bytes *place)
{
    size_t at = place->len;
    while (at > 0 && place->ptr[at - 1] != '@') at--;
    struct hf_bytes user = hf_bytes_head(*place, at > 0 ? at - 1 : 0);
    *place = hf_bytes_from(*place, at);
    return user;
}

static const char *read(struct hf_bytes text, struct hf_url *url, struct hf_bytes *user)
{
    if (has_stray_byte(text)) return "it has a space or a byte that is not ASCII";
    if (!take_scheme(&text, url)) return "it must begin with ws://, wss://, http:// or https://";
    if (hf_bytes_find(text, 0, '#') < text.len) return "it must not have a fragment";
    size_t end = hf_bytes_find(text, 0, '/'), query = hf_bytes_find(text, 0, '?');
    if (query < end) return "a path must stand before the query";
    url->place = hf_bytes_head(text, end);
    *user = take_user(&url->place);
    url->target = end < text.len ? hf_bytes_from(text, end) : HF_LIT("/");
    uint16_t port = 0;
    const char *what = hf_url_place_read(url->place, &url->host, &port);
    url->has_port = port > 0;
    url->port = port > 0 ? port : url->is_tls ? 443 : 80;
    return what;
}

int hf_url_read_login(struct hf_bytes text, struct hf_url *out, struct hf_bytes *user,
                      const char **what)
{
    struct hf_url url = { 0 };
    struct hf_bytes found = HF_EMPTY;
    *what = read(text, &url, &found);
    if (*what) return HF_ERR_SYNTAX;
    *out = url;
    *user = found;
    return 0;
}

int hf_url_read(struct hf_bytes text, struct hf_url *out, const char **what)
{
    struct hf_url url;
    struct hf_bytes user;
    int err = hf_url_read_login(text, &url, &user, what);
    if (!err && user.len > 0) {
        *what = "it must not hold credentials";
        err = HF_ERR_SYNTAX;
    }
    if (!err) *out = url;
    return err;
}

/* --- credentials --- */

int hf_url_user_write(struct hf_bytes user, struct hf_buf *out)
{
    for (size_t at = 0; at < user.len; at++) {
        uint8_t byte = user.ptr[at];
        if (byte == '%') {
            int high = user.len - at > 2 ? hf_ascii_hex(user.ptr[at + 1]) : -1;
            int low = high >= 0 ? hf_ascii_hex(user.ptr[at + 2]) : -1;
            if (low < 0) return HF_ERR_SYNTAX;
            byte = (uint8_t)(high << 4 | low);
            at += 2;
        }
        hf_buf_add_byte(out, byte);
    }
    if (hf_bytes_find(user, 0, ':') == user.len) HF_BUF_LIT(out, ":");
    return hf_buf_done(out);
}
