#include "wire/json_scan.h"
#include "base/ascii.h"
#include "base/assert.h"
#include "base/err.h"
#include "wire/json_run.h"
#include "wire/utf8.h"

/* Functions take the place where they start and return the place behind what they
 * took, or NULL after fail().  Recursion is bounded by depth_max. */
struct scan {
    const uint8_t *start, *end;
    uint32_t depth, depth_max;
    struct hf_json_member *members; /* may be NULL */
    size_t cap, count;
    struct hf_json_error error;
};

static const uint8_t *scan_value(struct scan *s, const uint8_t *at);

static const uint8_t *fail(struct scan *s, int code, const uint8_t *at, const char *what)
{
    s->error = (struct hf_json_error){ code, (size_t)(at - s->start), what };
    return NULL;
}

static const uint8_t *fail_here(struct scan *s, const uint8_t *at, const char *what)
{
    if (at == s->end) what = "the text ends too early";
    return fail(s, HF_ERR_SYNTAX, at, what);
}

/* The byte here, or 0 at the end: 0 is valid nowhere. */
static uint8_t peek(const struct scan *s, const uint8_t *at)
{
    return at < s->end ? *at : 0;
}

static uint8_t skip_space(const struct scan *s, const uint8_t **at)
{
    const uint8_t *to = *at;
    while (to < s->end && (*to == ' ' || *to == '\n' || *to == '\r' || *to == '\t')) to++;
    *at = to;
    return peek(s, to);
}

/* The byte behind white space, where `at` moves to.  Machines write none, so this is one
 * comparison as a rule. */
static inline uint8_t next(const struct scan *s, const uint8_t **at)
{
    uint8_t c = peek(s, *at);
    return c > ' ' ? c : skip_space(s, at);
}

static const uint8_t *scan_escape(struct scan *s, const uint8_t *at)
{
    switch (peek(s, ++at)) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return at + 1;
    case 'u':
        for (int i = 0; i < 4; i++)
            if (hf_ascii_hex(peek(s, ++at)) < 0)
                return fail_here(s, at, "\\u wants four hex digits");
        return at + 1;
    default:
        return fail_here(s, at, "no such escape");
    }
}

/* A run of bytes beyond ASCII stands between ASCII bytes, so it must be valid alone. */
static const uint8_t *scan_beyond_ascii(struct scan *s, const uint8_t *at)
{
    const uint8_t *run = at;
    while (at < s->end && *at >= 0x80) at++;
    if (hf_utf8_check(hf_bytes(run, (size_t)(at - run)))) return at;
    struct hf_utf8 utf8;
    hf_utf8_init(&utf8);
    const uint8_t *bad = run;
    while (bad < at && hf_utf8_step(&utf8, hf_bytes(bad, 1))) bad++;
    return fail(s, HF_ERR_UTF8, bad, "not valid UTF-8");
}

/* Behind the opening quote. */
static const uint8_t *scan_any_string(struct scan *s, const uint8_t *at)
{
    for (;;) {
        at = hf_json_run(at, s->end, HF_JSON_RUN_ASCII);
        uint8_t c = peek(s, at);
        if (c == '"') return at + 1;
        if (c == '\\')
            at = scan_escape(s, at);
        else if (c >= 0x80)
            at = scan_beyond_ascii(s, at);
        else
            return fail_here(s, at, "a control byte in a string");
        if (!at) return NULL;
    }
}

/* From the opening quote.  Most strings are short and plain: they end in the first step. */
static inline const uint8_t *scan_string(struct scan *s, const uint8_t *at)
{
    at++;
#ifdef __SSE2__
    if (s->end - at >= 16) {
        unsigned mask = hf_json_special_mask(at, HF_JSON_RUN_ASCII);
        if (mask != 0 && at[__builtin_ctz(mask)] == '"') return at + __builtin_ctz(mask) + 1;
    }
#endif
    return scan_any_string(s, at);
}

static const uint8_t *scan_digits(struct scan *s, const uint8_t *at)
{
    if (!hf_ascii_is_digit(peek(s, at))) return fail_here(s, at, "a digit is missing");
    while (hf_ascii_is_digit(peek(s, at))) at++;
    return at;
}

static const uint8_t *scan_number(struct scan *s, const uint8_t *at)
{
    if (*at == '-') at++;
    if (peek(s, at) == '0')
        at++;
    else if (!(at = scan_digits(s, at)))
        return NULL;
    if (peek(s, at) == '.' && !(at = scan_digits(s, at + 1))) return NULL;
    uint8_t c = peek(s, at);
    if (c != 'e' && c != 'E') return at;
    at++;
    c = peek(s, at);
    if (c == '+' || c == '-') at++;
    return scan_digits(s, at);
}

static const uint8_t *scan_word(struct scan *s, const uint8_t *at, struct hf_bytes word)
{
    for (size_t i = 0; i < word.len; i++, at++)
        if (peek(s, at) != word.ptr[i]) return fail_here(s, at, "no such word");
    return at;
}

/* Behind an opening bracket. */
static const uint8_t *enter(struct scan *s, const uint8_t *at)
{
    if (s->depth == s->depth_max) return fail(s, HF_ERR_DEPTH, at, "nested too deeply");
    s->depth++;
    return at + 1;
}

static void note_member(struct scan *s, const uint8_t *key, const uint8_t *key_end,
                        const uint8_t *value, const uint8_t *value_end)
{
    if (s->count < s->cap)
        s->members[s->count] = (struct hf_json_member){
            hf_bytes(key, (size_t)(key_end - key)),
            hf_bytes(value, (size_t)(value_end - value)),
        };
    s->count++;
}

static const uint8_t *scan_member(struct scan *s, const uint8_t *at)
{
    if (next(s, &at) != '"') return fail_here(s, at, "a key in quotes is missing");
    const uint8_t *key = at, *key_end = scan_string(s, at);
    if (!key_end) return NULL;
    at = key_end;
    if (next(s, &at) != ':') return fail_here(s, at, "a colon is missing");
    at++;
    next(s, &at);
    const uint8_t *value = at;
    at = scan_value(s, at);
    if (at && s->depth == 1) note_member(s, key, key_end, value, at);
    return at;
}

static const uint8_t *scan_object(struct scan *s, const uint8_t *at)
{
    at = enter(s, at);
    if (!at) return NULL;
    uint8_t c = next(s, &at);
    if (c != '}') {
        for (;;) {
            at = scan_member(s, at);
            if (!at) return NULL;
            c = next(s, &at);
            if (c != ',') break;
            at++;
        }
        if (c != '}') return fail_here(s, at, "a comma or } is missing");
    }
    s->depth--;
    return at + 1;
}

static const uint8_t *scan_array(struct scan *s, const uint8_t *at)
{
    at = enter(s, at);
    if (!at) return NULL;
    uint8_t c = next(s, &at);
    if (c != ']') {
        for (;;) {
            at = scan_value(s, at);
            if (!at) return NULL;
            c = next(s, &at);
            if (c != ',') break;
            at++;
        }
        if (c != ']') return fail_here(s, at, "a comma or ] is missing");
    }
    s->depth--;
    return at + 1;
}

/* A value, white space before it or not. */
static const uint8_t *scan_value(struct scan *s, const uint8_t *at)
{
    uint8_t c = next(s, &at);
    if (c == '"') return scan_string(s, at);
    switch (c) {
    case '{':
        return scan_object(s, at);
    case '[':
        return scan_array(s, at);
    case 't':
        return scan_word(s, at, HF_LIT("true"));
    case 'f':
        return scan_word(s, at, HF_LIT("false"));
    case 'n':
        return scan_word(s, at, HF_LIT("null"));
    default:
        if (c == '-' || hf_ascii_is_digit(c)) return scan_number(s, at);
        return fail_here(s, at, "a value is missing");
    }
}

static int scan_text(struct scan *s)
{
    const uint8_t *at = scan_value(s, s->start);
    if (!at) return s->error.code;
    next(s, &at);
    if (at == s->end) return 0;
    fail(s, HF_ERR_SYNTAX, at, "something stands behind the value");
    return s->error.code;
}

int hf_json_check_members(struct hf_bytes text, uint32_t depth_max, struct hf_json_member *members,
                          size_t cap, size_t *count, struct hf_json_error *error)
{
    HF_ASSERT(depth_max <= HF_JSON_DEPTH_MAX);
    /* An empty span may have no address, and NULL is how the functions above fail. */
    if (text.len == 0) text = HF_LIT("");
    struct scan s = {
        .start = text.ptr,
        .end = text.ptr + text.len,
        .depth_max = depth_max,
        .members = members,
        .cap = cap,
    };
    int err = scan_text(&s);
    if (err != 0 && error) *error = s.error;
    if (err == 0) *count = s.count;
    return err;
}

int hf_json_check(struct hf_bytes text, uint32_t depth_max, struct hf_json_error *error)
{
    size_t count;
    return hf_json_check_members(text, depth_max, NULL, 0, &count, error);
}
