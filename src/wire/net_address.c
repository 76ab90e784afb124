#include "wire/net_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { V4_BITS = 96 /* of the prefix ::ffff:0:0 */, PORT_DIGITS = 5 };

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };

struct hf_net_address hf_net_address_v4(const uint8_t bytes[4])
{
    struct hf_net_address a;
    memcpy(a.bytes, v4_prefix, sizeof v4_prefix);
    memcpy(a.bytes + sizeof v4_prefix, bytes, 4);
    return a;
}

struct hf_net_address hf_net_address_v6(const uint8_t bytes[HF_NET_ADDRESS_BYTES])
{
    struct hf_net_address a;
    memcpy(a.bytes, bytes, sizeof a.bytes);
    return a;
}

bool hf_net_is_v4(const struct hf_net_address *a)
{
    return memcmp(a->bytes, v4_prefix, sizeof v4_prefix) == 0;
}

/* "[x]" -> "x"; anything else as it is. */
static struct hf_bytes without_brackets(struct hf_bytes text)
{
    if (text.len < 2 || text.ptr[0] != '[' || text.ptr[text.len - 1] != ']') return text;
    return hf_bytes_from(hf_bytes_head(text, text.len - 1), 1);
}

bool hf_net_address_read(struct hf_bytes text, struct hf_net_address *out)
{
    char zero_ended[INET6_ADDRSTRLEN];
    uint8_t raw[HF_NET_ADDRESS_BYTES];
    struct hf_bytes bare = without_brackets(text);
    bool is_v6 = hf_bytes_find(bare, 0, ':') < bare.len;
    size_t zone = hf_bytes_find(bare, 0, '%');
    if (zone < bare.len && (!is_v6 || zone + 1 == bare.len)) return false;
    if (!is_v6 && bare.len != text.len) return false;
    bare = hf_bytes_head(bare, zone);
    if (bare.len >= sizeof zero_ended || hf_bytes_find(bare, 0, 0) < bare.len) return false;
    if (bare.len > 0) memcpy(zero_ended, bare.ptr, bare.len);
    zero_ended[bare.len] = '\0';
    if (inet_pton(is_v6 ? AF_INET6 : AF_INET, zero_ended, raw) != 1) return false;
    *out = is_v6 ? hf_net_address_v6(raw) : hf_net_address_v4(raw);
    return true;
}

size_t hf_net_address_write(const struct hf_net_address *a, char out[HF_NET_ADDRESS_CHARS])
{
    char zero_ended[INET6_ADDRSTRLEN];
    if (hf_net_is_v4(a))
        inet_ntop(AF_INET, a->bytes + sizeof v4_prefix, zero_ended, sizeof zero_ended);
    else
        inet_ntop(AF_INET6, a->bytes, zero_ended, sizeof zero_ended);
    size_t len = strlen(zero_ended);
    memcpy(out, zero_ended, len);
    return len;
}

bool hf_net_address_same(const struct hf_net_address *a, const struct hf_net_address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static bool starts_with(const struct hf_net_address *a, const uint8_t *base, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a->bytes, base, whole) != 0) return false;
    return rest == 0 || (a->bytes[whole] ^ base[whole]) >> (8 - rest) == 0;
}

static bool v4_starts_with(const struct hf_net_address *a, uint8_t first, uint8_t second,
                           unsigned bits)
{
    struct hf_net_address base = hf_net_address_v4((const uint8_t[4]){ first, second, 0, 0 });
    return starts_with(a, base.bytes, V4_BITS + bits);
}

bool hf_net_is_loopback(const struct hf_net_address *a)
{
    static const uint8_t v6_loopback[HF_NET_ADDRESS_BYTES] = { [15] = 1 };
    return v4_starts_with(a, 127, 0, 8) || memcmp(a->bytes, v6_loopback, sizeof v6_loopback) == 0;
}

bool hf_net_is_private(const struct hf_net_address *a)
{
    static const uint8_t unique_local[] = { 0xFC }, link_local[] = { 0xFE, 0x80 };
    return v4_starts_with(a, 10, 0, 8) || v4_starts_with(a, 172, 16, 12) ||
           v4_starts_with(a, 192, 168, 16) || v4_starts_with(a, 169, 254, 16) ||
           starts_with(a, unique_local, 7) || starts_with(a, link_local, 10);
}

bool hf_net_is_shared(const struct hf_net_address *a)
{
    return v4_starts_with(a, 100, 64, 10);
}

static bool has_bits_behind(const struct hf_net_range *range)
{
    for (unsigned bit = range->bits; bit < 8 * HF_NET_ADDRESS_BYTES; bit++)
        if (range->base.bytes[bit / 8] >> (7 - bit % 8) & 1) return true;
    return false;
}

bool hf_net_range_read(struct hf_bytes text, struct hf_net_range *out)
{
    struct hf_net_range range;
    uint64_t bits;
    size_t slash = hf_bytes_find(text, 0, '/');
    struct hf_bytes address = hf_bytes_head(text, slash);
    if (!hf_net_address_read(address, &range.base)) return false;
    bool is_v4_text = hf_bytes_find(address, 0, ':') == address.len;
    unsigned skipped = is_v4_text ? V4_BITS : 0;
    if (slash == text.len)
        bits = 8 * HF_NET_ADDRESS_BYTES - skipped;
    else if (!hf_bytes_u64(hf_bytes_from(text, slash + 1), &bits))
        return false;
    if (bits > 8 * HF_NET_ADDRESS_BYTES - skipped) return false;
    range.bits = (unsigned)bits + skipped;
    if (has_bits_behind(&range)) return false;
    *out = range;
    return true;
}

bool hf_net_range_has(const struct hf_net_range *range, const struct hf_net_address *a)
{
    return starts_with(a, range->base.bytes, range->bits);
}

/* The walk over a list of hops, leftmost first. */
struct walk {
    const struct hf_net_range *trusted;
    size_t trusted_count;
    bool is_known; /* a hop counts so far, and it has an address */
    struct hf_net_address counts;
};

static bool is_trusted(const struct hf_net_range *trusted, size_t count,
                       const struct hf_net_address *a)
{
    for (size_t i = 0; i < count; i++)
        if (hf_net_range_has(&trusted[i], a)) return true;
    return false;
}

static bool is_port(struct hf_bytes text)
{
    uint64_t port;
    return text.len <= PORT_DIGITS && hf_bytes_u64(text, &port) && port <= UINT16_MAX;
}

/* An address with or without a port: a.b.c.d:port, [v6]:port, bare v6. */
static bool hop_read(struct hf_bytes hop, struct hf_net_address *out)
{
    size_t bracket = hf_bytes_find(hop, 0, ']');
    size_t colon = hf_bytes_find(hop, bracket < hop.len ? bracket : 0, ':');
    bool is_bare_v6 = bracket == hop.len && hf_bytes_find(hop, colon + 1, ':') < hop.len;
    if (colon < hop.len && !is_bare_v6) {
        if (!is_port(hf_bytes_from(hop, colon + 1))) return false;
        hop = hf_bytes_head(hop, colon);
    }
    return hf_net_address_read(hop, out);
}

/* The last hop that is no way station wins, which is the rightmost. */
static void walk_hop(struct walk *w, struct hf_bytes hop)
{
    struct hf_net_address a;
    bool is_known = hop_read(hop, &a);
    if (is_known && (hf_net_is_loopback(&a) || is_trusted(w->trusted, w->trusted_count, &a)))
        return;
    w->is_known = is_known;
    if (is_known) w->counts = a;
}

static void walk_x_forwarded_for(struct walk *w, struct hf_bytes value)
{
    for (size_t from = 0; from <= value.len;) {
        size_t end = hf_bytes_find(value, from, ',');
        struct hf_bytes hop = hf_bytes_trim(hf_bytes_from(hf_bytes_head(value, end), from));
        if (hop.len > 0) walk_hop(w, hop);
        from = end + 1;
    }
}

static size_t skip_spaces(struct hf_bytes text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t')) at++;
    return at;
}

static struct hf_bytes word_at(struct hf_bytes text, size_t at)
{
    size_t end = at;
    while (end < text.len && text.ptr[end] > ' ' && !memchr(",;=\"", text.ptr[end], 4)) end++;
    return hf_bytes_from(hf_bytes_head(text, end), at);
}

/* The text between two quotes, backslashes as they stand: false without an end. */
static bool quoted_at(struct hf_bytes text, size_t at, struct hf_bytes *out)
{
    size_t end = at + 1;
    while (end < text.len && text.ptr[end] != '"') end += text.ptr[end] == '\\' ? 2 : 1;
    if (end >= text.len) return false;
    *out = hf_bytes_from(hf_bytes_head(text, end), at + 1);
    return true;
}

/* One `name=value` of RFC 7239 section 4 at `*at`: false when it is broken. */
static bool pair_read(struct hf_bytes text, size_t *at, struct hf_bytes *name,
                      struct hf_bytes *value)
{
    *name = word_at(text, *at);
    size_t i = *at + name->len;
    if (name->len == 0 || i == text.len || text.ptr[i++] != '=') return false;
    if (i < text.len && text.ptr[i] == '"') {
        if (!quoted_at(text, i, value)) return false;
        *at = i + value->len + 2;
        return true;
    }
    *value = word_at(text, i);
    *at = i + value->len;
    return value->len > 0;
}

/* One element, up to its comma or the end: false when it is broken. */
static bool walk_element(struct walk *w, struct hf_bytes text, size_t *at)
{
    struct hf_bytes name, value, hop = HF_EMPTY;
    bool has_for = false;
    for (;;) {
        *at = skip_spaces(text, *at);
        if (!pair_read(text, at, &name, &value)) return false;
        if (hf_bytes_same_nocase(name, HF_LIT("for"))) {
            if (has_for) return false;
            has_for = true;
            hop = value;
        }
        *at = skip_spaces(text, *at);
        if (*at == text.len || text.ptr[*at] == ',') break;
        if (text.ptr[(*at)++] != ';') return false;
    }
    walk_hop(w, hop);
    return true;
}

/* A broken list proves nothing: quotes could hide what an honest proxy added. */
static bool walk_forwarded(struct walk *w, struct hf_bytes value)
{
    size_t at = skip_spaces(value, 0);
    while (at < value.len) {
        if (value.ptr[at] != ',' && !walk_element(w, value, &at)) return false;
        if (at < value.len) at = skip_spaces(value, at + 1);
    }
    return true;
}

enum hf_net_hops hf_net_client_find(const struct hf_net_address *peer,
                                    const struct hf_net_range *trusted, size_t trusted_count,
                                    enum hf_net_list list, const struct hf_bytes *values,
                                    size_t value_count, struct hf_net_address *out)
{
    struct walk w = { .trusted = trusted, .trusted_count = trusted_count };
    if (!is_trusted(trusted, trusted_count, peer)) return HF_NET_HOPS_UNTRUSTED;
    for (size_t i = 0; i < value_count; i++) {
        if (list == HF_NET_X_FORWARDED_FOR)
            walk_x_forwarded_for(&w, values[i]);
        else if (!walk_forwarded(&w, values[i]))
            return HF_NET_HOPS_UNKNOWN;
    }
    if (!w.is_known) return HF_NET_HOPS_UNKNOWN;
    *out = w.counts;
    return HF_NET_HOPS_CLIENT;
}
