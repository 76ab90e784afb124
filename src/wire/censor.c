#include "wire/censor.h"
#include "wire/url_secret.h"

enum {
    NAME_BYTES = 128, /* a longer name is held to be a secret's */
    BEGUN_MIN = 4,    /* fewer bytes at the end of a cut text say nothing of a secret */
};

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '-' ||
           c == '.' || c == '%' || c >= 0x80;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* --- names --- */

static bool has_any(struct hf_bytes text, const struct hf_bytes *lower, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (hf_bytes_find_nocase(text, 0, lower[i]) < text.len) return true;
    return false;
}

/* Letters and digits in lower case; false when it is longer than any name of ours. */
static bool squeeze(struct hf_bytes name, uint8_t out[NAME_BYTES], size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        if (c == '_' || c == '-' || c == '.') continue;
        if (*len == NAME_BYTES) return false;
        out[(*len)++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 32) : c;
    }
    return true;
}

bool hf_censor_is_secret(struct hf_bytes name)
{
    static const struct hf_bytes ends[] = {
        HF_LIT_INIT("token"),      HF_LIT_INIT("password"),   HF_LIT_INIT("passwd"),
        HF_LIT_INIT("passphrase"), HF_LIT_INIT("secret"),     HF_LIT_INIT("authorization"),
        HF_LIT_INIT("apikey"),     HF_LIT_INIT("signature"),  HF_LIT_INIT("nonce"),
        HF_LIT_INIT("cookie"),     HF_LIT_INIT("privatekey"), HF_LIT_INIT("accesskey"),
        HF_LIT_INIT("secretkey"),  HF_LIT_INIT("setupcode"),
    };
    static const struct hf_bytes in_flags[] = { HF_LIT_INIT("token"), HF_LIT_INIT("secret"),
                                                HF_LIT_INIT("password"), HF_LIT_INIT("key") };
    uint8_t squeezed[NAME_BYTES];
    size_t len;
    if (name.len > 0 && name.ptr[0] == '-' && has_any(name, in_flags, HF_COUNT(in_flags)))
        return true;
    if (!squeeze(name, squeezed, &len)) return true;
    for (size_t i = 0; i < HF_COUNT(ends); i++)
        if (hf_bytes_ends(hf_bytes(squeezed, len), ends[i])) return true;
    return false;
}

/* --- one line --- */

struct scan {
    struct hf_bytes text;
    const struct hf_censor_known *known;
    struct hf_buf *out;
    size_t at;
    bool is_cut;   /* the text went on */
    bool is_query; /* within the parameters of a URL */
};

static struct hf_bytes mark_of(const struct hf_censor_known *known)
{
    return known && known->mark.len > 0 ? known->mark : HF_LIT("[redacted]");
}

static void add_mark(struct scan *s)
{
    hf_buf_add(s->out, mark_of(s->known));
}

static uint8_t byte_at(const struct scan *s, size_t at)
{
    return at < s->text.len ? s->text.ptr[at] : 0;
}

/* The length of the longest known secret at the place, or 0. */
static size_t known_at(const struct scan *s, size_t at)
{
    struct hf_bytes rest = hf_bytes_from(s->text, at);
    size_t len = 0, len_min = s->known ? s->known->len_min : 0;
    if (len_min == 0) len_min = HF_CENSOR_SECRET_MIN;
    for (size_t i = 0; s->known && i < s->known->count; i++) {
        struct hf_bytes secret = s->known->secrets[i];
        if (secret.len < len_min || secret.len <= len) continue;
        bool has_begun = s->is_cut && rest.len >= BEGUN_MIN && hf_bytes_starts(secret, rest);
        if (has_begun) return rest.len;
        if (hf_bytes_starts(rest, secret)) len = secret.len;
    }
    return len;
}

/* Copies up to `end`; a known secret that begins before it is left out as a whole. */
static void copy_to(struct scan *s, size_t end)
{
    size_t from = s->at;
    for (size_t at = from; at < end; at++) {
        size_t secret = known_at(s, at);
        if (secret == 0) continue;
        hf_buf_add(s->out, hf_bytes(s->text.ptr + from, at - from));
        add_mark(s);
        from = at + secret;
        at = from - 1;
    }
    if (end > from) hf_buf_add(s->out, hf_bytes(s->text.ptr + from, end - from));
    s->at = end > from ? end : from;
}

static size_t skip_backslashes(const struct scan *s, size_t at)
{
    while (byte_at(s, at) == '\\') at++;
    return at;
}

/* A quote, also one that is escaped because it stands in a string, or in a string of a
 * string: its length with the backslashes. */
static size_t quote_at(const struct scan *s, size_t at)
{
    size_t end = skip_backslashes(s, at);
    uint8_t c = byte_at(s, end);
    return c == '"' || c == '\'' ? end + 1 - at : 0;
}

/* The end of the string that the quote at `at` opens: its closing quote, or the end.  Its
 * own quotes have one backslash fewer than `quote` bytes; within it each escape, of a
 * backslash or of a quote, is twice as long as that. */
static size_t string_end(const struct scan *s, size_t at, size_t quote)
{
    uint8_t mark = s->text.ptr[at + quote - 1];
    for (size_t i = at + quote; i < s->text.len; i++) {
        size_t end = skip_backslashes(s, i);
        bool is_own = (end - i) % (2 * quote) == quote - 1;
        if (byte_at(s, end) == mark && is_own) return end + 1 - quote;
        i = end;
    }
    return s->text.len;
}

/* Behind the bracket that closes the one at `at`, or the end. */
static size_t nest_end(const struct scan *s, size_t at)
{
    size_t depth = 0;
    for (size_t i = at; i < s->text.len; i++) {
        uint8_t c = s->text.ptr[i];
        if (c == '"') i = string_end(s, i, 1);
        if (c == '{' || c == '[') depth++;
        if ((c == '}' || c == ']') && --depth == 0) return i + 1;
    }
    return s->text.len;
}

static size_t plain_end(const struct scan *s, size_t at)
{
    static const struct hf_bytes stops = HF_LIT_INIT(" \t,;&)}]<>\"'");
    while (at < s->text.len && hf_bytes_find(stops, 0, s->text.ptr[at]) == stops.len) at++;
    return at;
}

static size_t skip_spaces(const struct scan *s, size_t at)
{
    while (is_space(byte_at(s, at))) at++;
    return at;
}

/* "Bearer x" and "Basic x" are one value. */
static size_t scheme_end(const struct scan *s, size_t at)
{
    static const struct hf_bytes schemes[] = { HF_LIT_INIT("bearer"), HF_LIT_INIT("basic") };
    size_t end = plain_end(s, at);
    for (size_t i = 0; i < HF_COUNT(schemes); i++)
        if (hf_bytes_same_nocase(hf_bytes(s->text.ptr + at, end - at), schemes[i]) &&
            is_space(byte_at(s, end)))
            return plain_end(s, skip_spaces(s, end));
    return end;
}

static void hide_value(struct scan *s, bool is_to_the_end)
{
    size_t quote = quote_at(s, s->at);
    uint8_t first = byte_at(s, s->at);
    size_t end;
    if (s->at >= s->text.len) return;
    if (quote > 0) {
        end = string_end(s, s->at, quote);
        copy_to(s, s->at + quote);
    } else if (first == '{' || first == '[') {
        end = nest_end(s, s->at);
    } else {
        end = is_to_the_end ? s->text.len : scheme_end(s, s->at);
    }
    if (end > s->at) add_mark(s);
    s->at = end;
}

/* The place behind `name":`, `name =` and the like, or 0 when no value follows. */
static size_t value_start(const struct scan *s, size_t name_end)
{
    size_t at = skip_spaces(s, name_end + quote_at(s, name_end));
    uint8_t c = byte_at(s, at);
    if (c != ':' && c != '=') return 0;
    at++;
    if (c == ':' && hf_bytes_starts(hf_bytes_from(s->text, at), HF_LIT("//"))) return 0;
    /* "a = b", but of "a= b" the value is empty. */
    bool is_spaced = c == ':' || is_space(s->text.ptr[at - 2]);
    return is_spaced ? skip_spaces(s, at) : at;
}

static bool is_header_line(struct hf_bytes name)
{
    static const struct hf_bytes names[] = { HF_LIT_INIT("authorization"),
                                             HF_LIT_INIT("proxy-authorization"),
                                             HF_LIT_INIT("cookie"), HF_LIT_INIT("set-cookie") };
    for (size_t i = 0; i < HF_COUNT(names); i++)
        if (hf_bytes_same_nocase(name, names[i])) return true;
    return false;
}

/* Whether it is more likely base64 than a word of people. */
static bool is_base64(struct hf_bytes text)
{
    bool has_small = false, has_large_within = false, has_other = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool is_small = c >= 'a' && c <= 'z', is_large = c >= 'A' && c <= 'Z';
        bool is_other = (c >= '0' && c <= '9') || c == '=';
        if (!is_small && !is_large && !is_other && c != '+' && c != '/') return false;
        has_small = has_small || is_small;
        has_large_within = has_large_within || (is_large && i > 0);
        has_other = has_other || is_other;
    }
    return has_other || (has_small && has_large_within);
}

/* Of "Bearer" always, of "basic" only before what looks like it. */
static bool announces_secret(const struct scan *s, struct hf_bytes word, size_t end)
{
    size_t at = skip_spaces(s, end);
    if (hf_bytes_same_nocase(word, HF_LIT("bearer"))) return true;
    return hf_bytes_same_nocase(word, HF_LIT("basic")) &&
           is_base64(hf_bytes(s->text.ptr + at, plain_end(s, at) - at));
}

static void take_word(struct scan *s)
{
    size_t end = s->at;
    while (end < s->text.len && is_word(s->text.ptr[end])) end++;
    struct hf_bytes word = hf_bytes(s->text.ptr + s->at, end - s->at);
    size_t value = value_start(s, end);
    if (value > 0 && hf_censor_is_secret(word)) {
        copy_to(s, value);
        hide_value(s, is_header_line(word));
        return;
    }
    bool is_flag = word.ptr[0] == '-' && hf_censor_is_secret(word);
    if (is_space(byte_at(s, end)) && (is_flag || announces_secret(s, word, end))) {
        value = skip_spaces(s, end);
        copy_to(s, value);
        if (!is_flag || byte_at(s, value) != '-') hide_value(s, false);
        return;
    }
    copy_to(s, end);
}

/* Behind "://": user and password, if there are any. */
static void take_userinfo(struct scan *s)
{
    static const struct hf_bytes stops = HF_LIT_INIT("/?# \t\"'<>");
    size_t at = s->at, last = s->text.len;
    for (; at < s->text.len; at++) {
        if (hf_bytes_find(stops, 0, s->text.ptr[at]) < stops.len) break;
        if (s->text.ptr[at] == '@') last = at;
    }
    if (s->is_cut && at == s->text.len && last == at) last = at - 1;
    if (last == s->text.len || last < s->at) return;
    hf_buf_add(s->out, HF_LIT("***:***@"));
    s->at = last + 1;
}

/* A parameter of a URL, if it has a secret: its name, its value or both are hidden. */
static bool take_pair(struct scan *s)
{
    static const struct hf_bytes stops = HF_LIT_INIT(" \t&;#<>\"'");
    size_t end = s->at;
    while (end < s->text.len && hf_bytes_find(stops, 0, s->text.ptr[end]) == stops.len) end++;
    struct hf_bytes pair = hf_bytes(s->text.ptr + s->at, end - s->at);
    size_t equals = hf_bytes_find(pair, 0, '=');
    struct hf_bytes name = hf_bytes_head(pair, equals), value = hf_bytes_from(pair, equals + 1);
    bool is_name_hidden = hf_url_holds_secret(name);
    bool is_value_hidden =
        value.len > 0 && (hf_url_is_secret_param(name) || hf_url_holds_secret(value));
    if (!is_name_hidden && !is_value_hidden) return false;
    if (!is_name_hidden) copy_to(s, s->at + equals + 1);
    if (s->at < end) add_mark(s);
    s->at = end > s->at ? end : s->at;
    return true;
}

/* Whether a parameter begins here: behind `?`, `&` or `#`, and behind `;` after these. */
static bool begins_pair(struct scan *s)
{
    uint8_t before = s->at > 0 ? s->text.ptr[s->at - 1] : ' ';
    bool is_mark = before == '?' || before == '&' || before == '#';
    if (is_mark) s->is_query = true;
    if (is_space(before) || before == '"' || before == '\'') s->is_query = false;
    return is_mark || (before == ';' && s->is_query);
}

/* How many bytes stand before a place with user and password: "://", or "//" alone. */
static size_t place_mark(const struct scan *s)
{
    struct hf_bytes rest = hf_bytes_from(s->text, s->at);
    uint8_t before = s->at > 0 ? s->text.ptr[s->at - 1] : ' ';
    if (hf_bytes_starts(rest, HF_LIT("://"))) return 3;
    bool is_start = is_space(before) || before == '"' || before == '\'' || before == '=';
    return is_start && hf_bytes_starts(rest, HF_LIT("//")) ? 2 : 0;
}

static void take_all(struct scan *s)
{
    while (s->at < s->text.len) {
        bool is_start = s->at == 0 || !is_word(s->text.ptr[s->at - 1]);
        size_t mark = place_mark(s);
        if (begins_pair(s) && take_pair(s)) continue;
        if (mark > 0) {
            copy_to(s, s->at + mark);
            take_userinfo(s);
        } else if (is_start && is_word(s->text.ptr[s->at])) {
            take_word(s);
        } else {
            copy_to(s, s->at + 1);
        }
    }
}

void hf_censor_text(struct hf_bytes text, const struct hf_censor_known *known, struct hf_buf *out)
{
    struct scan s = { .text = text, .known = known, .out = out };
    take_all(&s);
}

void hf_censor_cut(struct hf_bytes head, const struct hf_censor_known *known, struct hf_buf *out)
{
    struct scan s = { .text = head, .known = known, .out = out, .is_cut = true };
    take_all(&s);
}

/* --- arguments --- */

static void add_argument(struct hf_bytes text, struct hf_buf *out)
{
    bool is_quoted = text.len == 0 || hf_bytes_find(text, 0, ' ') < text.len;
    if (is_quoted) hf_buf_add_byte(out, '\'');
    hf_buf_add(out, text);
    if (is_quoted) hf_buf_add_byte(out, '\'');
}

void hf_censor_argv(const struct hf_bytes *argv, size_t count, const struct hf_censor_known *known,
                    struct hf_buf *out)
{
    bool is_value = false;
    for (size_t i = 0; i < count; i++) {
        struct hf_buf text;
        bool is_flag = argv[i].len > 0 && argv[i].ptr[0] == '-';
        bool has_value = hf_bytes_find(argv[i], 0, '=') < argv[i].len;
        hf_buf_init(&text, 3 * argv[i].len + 64);
        if (is_value)
            hf_buf_add(&text, mark_of(known));
        else
            hf_censor_text(argv[i], known, &text);
        if (i > 0) hf_buf_add_byte(out, ' ');
        add_argument(hf_buf_view(&text), out);
        if (hf_buf_done(&text) != 0 && out->err == 0) out->err = hf_buf_done(&text);
        hf_buf_fini(&text);
        is_value = !is_value && is_flag && !has_value && hf_censor_is_secret(argv[i]);
    }
}
