#include "wire/url_secret.h"
#include "base/ascii.h"

enum {
    KEY_BYTES = 64,    /* longer names are no secret's */
    DECODE_LAYERS = 8, /* spec/client-lifecycle.md 14.3 */
    PART_BYTES = 1024, /* a longer part of a query is not shown */
};

#define STARS "***"

/* --- names --- */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool holds(struct hf_bytes text, struct hf_bytes part)
{
    for (size_t at = 0; at + part.len <= text.len; at++)
        if (hf_bytes_starts(hf_bytes_from(text, at), part)) return true;
    return false;
}

/* Lower case without separators; the number of bytes, or 0 when it is too long. */
static size_t plain_key(struct hf_bytes key, uint8_t out[KEY_BYTES])
{
    size_t len = 0;
    if (key.len > KEY_BYTES) return 0;
    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] != '_' && key.ptr[i] != '-') out[len++] = lower(key.ptr[i]);
    return len;
}

/* The members and header fields that hold secrets, whatever their separators. */
static bool is_secret_key(struct hf_bytes key)
{
    static const struct hf_bytes names[] = {
        HF_LIT_INIT("token"),
        HF_LIT_INIT("devicetoken"),
        HF_LIT_INIT("bootstraptoken"),
        HF_LIT_INIT("password"),
        HF_LIT_INIT("authorization"),
        HF_LIT_INIT("apikey"),
        HF_LIT_INIT("signature"),
        HF_LIT_INIT("nonce"),
        HF_LIT_INIT("cookie"),
        HF_LIT_INIT("setcookie"),
        HF_LIT_INIT("accesstoken"),
        HF_LIT_INIT("refreshtoken"),
        HF_LIT_INIT("secret"),
        HF_LIT_INIT("clientsecret"),
        HF_LIT_INIT("privatekey"),
        HF_LIT_INIT("setupcode"),
        HF_LIT_INIT("xauthtoken"),
        HF_LIT_INIT("proxyauthorization"),
        HF_LIT_INIT("approvalruntimetoken"),
        HF_LIT_INIT("agentruntimeidentitytoken"),
    };
    uint8_t plain[KEY_BYTES];
    struct hf_bytes text = hf_bytes(plain, plain_key(key, plain));
    for (size_t i = 0; i < HF_COUNT(names); i++)
        if (hf_bytes_same(text, names[i])) return true;
    return false;
}

/* A query parameter's name, decoded. */
static bool is_secret_param(struct hf_bytes name)
{
    static const struct hf_bytes parts[] = { HF_LIT_INIT("token"),  HF_LIT_INIT("password"),
                                             HF_LIT_INIT("secret"), HF_LIT_INIT("key"),
                                             HF_LIT_INIT("auth"),   HF_LIT_INIT("credential") };
    static const struct hf_bytes names[] = { HF_LIT_INIT("code"), HF_LIT_INIT("session"),
                                             HF_LIT_INIT("jwt"), HF_LIT_INIT("sig") };
    uint8_t plain[PART_BYTES];
    if (name.len > sizeof plain) return true;
    for (size_t i = 0; i < name.len; i++) plain[i] = lower(name.ptr[i]);
    struct hf_bytes text = hf_bytes(plain, name.len);
    for (size_t i = 0; i < HF_COUNT(parts); i++)
        if (holds(text, parts[i])) return true;
    for (size_t i = 0; i < HF_COUNT(names); i++)
        if (hf_bytes_same(text, names[i])) return true;
    return is_secret_key(text);
}

/* --- percent encoding --- */

enum decoded { DECODED_SAME, DECODED_MORE, DECODED_BROKEN };

/* One layer, in place. */
static enum decoded decode(uint8_t *text, size_t *len)
{
    size_t to = 0;
    enum decoded result = DECODED_SAME;
    for (size_t at = 0; at < *len; at++) {
        uint8_t c = text[at];
        if (c == '%') {
            if (at + 2 >= *len) return DECODED_BROKEN;
            int high = hf_ascii_hex(text[at + 1]), low = hf_ascii_hex(text[at + 2]);
            if (high < 0 || low < 0) return DECODED_BROKEN;
            c = (uint8_t)(high * 16 + low);
            at += 2;
            result = DECODED_MORE;
        }
        text[to++] = c;
    }
    *len = to;
    return result;
}

static bool is_name_byte(uint8_t c)
{
    uint8_t l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/* Whether a decoded text holds a secret itself: `token=...`, `user:word@`. */
static bool shows_secret(struct hf_bytes text)
{
    if (holds(text, HF_LIT("://")) && hf_bytes_find(text, 0, '@') < text.len) return true;
    for (size_t at = hf_bytes_find(text, 0, '='); at < text.len;
         at = hf_bytes_find(text, at + 1, '=')) {
        size_t from = at;
        while (from > 0 && is_name_byte(text.ptr[from - 1])) from--;
        if (from < at && is_secret_param(hf_bytes(text.ptr + from, at - from))) return true;
    }
    return false;
}

/* Through all layers: a name when `is_name`, else a value. */
static bool is_secret_part(struct hf_bytes part, bool is_name)
{
    uint8_t text[PART_BYTES];
    size_t len = part.len;
    if (len > sizeof text) return true;
    if (len) memcpy(text, part.ptr, len);
    for (int layer = 0; layer <= DECODE_LAYERS; layer++) {
        struct hf_bytes view = hf_bytes(text, len);
        if (is_name ? is_secret_param(view) : shows_secret(view)) return true;
        enum decoded decoded = decode(text, &len);
        if (decoded == DECODED_BROKEN) return true;
        if (decoded == DECODED_SAME) return false;
    }
    return true;
}

bool hf_url_is_secret_param(struct hf_bytes name)
{
    return is_secret_part(name, true);
}

bool hf_url_holds_secret(struct hf_bytes value)
{
    return is_secret_part(value, false);
}

/* --- URLs --- */

/* `name=value`, or a name alone. */
static void add_pair(struct hf_buf *out, struct hf_bytes pair)
{
    size_t equals = hf_bytes_find(pair, 0, '=');
    struct hf_bytes name = hf_bytes_head(pair, equals), value = hf_bytes_from(pair, equals + 1);
    bool is_secret = is_secret_part(name, true) || is_secret_part(value, false);
    bool is_shown = !is_secret_part(name, false);
    if (is_shown)
        hf_buf_add(out, name);
    else
        HF_BUF_LIT(out, STARS);
    if (equals == pair.len) return;
    HF_BUF_LIT(out, "=");
    if (is_secret)
        HF_BUF_LIT(out, STARS);
    else
        hf_buf_add(out, value);
}

static size_t find_any(struct hf_bytes text, struct hf_bytes stops)
{
    size_t at = 0;
    while (at < text.len && hf_bytes_find(stops, 0, text.ptr[at]) == stops.len) at++;
    return at;
}

/* Pairs with `&` or `;` between them. */
void hf_url_redact_pairs(struct hf_buf *out, struct hf_bytes query)
{
    for (size_t at = 0; at < query.len;) {
        size_t end = at + find_any(hf_bytes_from(query, at), HF_LIT("&;#"));
        add_pair(out, hf_bytes(query.ptr + at, end - at));
        if (end < query.len) hf_buf_add_byte(out, query.ptr[end]);
        at = end + 1;
    }
}

/* The place behind "//", without its userinfo; returns what stands behind it. */
static struct hf_bytes add_place(struct hf_buf *out, struct hf_bytes rest)
{
    size_t end = find_any(rest, HF_LIT("/?#")), at = end;
    while (at > 0 && rest.ptr[at - 1] != '@') at--;
    if (at > 0) HF_BUF_LIT(out, STARS ":" STARS "@");
    hf_buf_add(out, hf_bytes(rest.ptr + at, end - at));
    return hf_bytes_from(rest, end);
}

/* All places that stand before the first parameter; returns what is behind them. */
static struct hf_bytes add_places(struct hf_buf *out, struct hf_bytes url)
{
    if (hf_bytes_starts(url, HF_LIT("//"))) {
        HF_BUF_LIT(out, "//");
        url = add_place(out, hf_bytes_from(url, 2));
    }
    for (;;) {
        size_t slashes = hf_bytes_find_nocase(url, 0, HF_LIT("://"));
        if (slashes >= find_any(url, HF_LIT("?#="))) return url;
        hf_buf_add(out, hf_bytes_head(url, slashes + 3));
        url = add_place(out, hf_bytes_from(url, slashes + 3));
    }
}

void hf_url_redact(struct hf_buf *out, struct hf_bytes url)
{
    struct hf_bytes rest = add_places(out, url);
    size_t query = find_any(rest, HF_LIT("?#="));
    if (query < rest.len && rest.ptr[query] != '=') {
        hf_buf_add(out, hf_bytes_head(rest, query + 1));
        rest = hf_bytes_from(rest, query + 1);
    } else if (query == rest.len) {
        hf_buf_add(out, rest);
        return;
    }
    hf_url_redact_pairs(out, rest);
}
