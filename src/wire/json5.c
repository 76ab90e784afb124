#include "wire/json5.h"
#include "base/ascii.h"
#include "base/assert.h"
#include "base/err.h"
#include "wire/json_scan.h"
#include "wire/json_write.h"
#include "wire/utf8.h"

/* Functions work at `at` and return 0 or the code that fail() noted.  The text is
 * valid UTF-8, which is checked first.  Recursion is bounded by depth_max. */
struct json5 {
    struct hf_bytes text;
    size_t at;
    uint32_t depth, depth_max;
    struct hf_buf *out;
    size_t out_from;       /* what `out` held before */
    struct hf_buf *places; /* struct hf_json5_place, or NULL */
    size_t fault_at;
    const char *fault;
};

enum {
    BYTE_ORDER_MARK = 0xFEFF,
    LINE_SEPARATOR = 0x2028,
    PARAGRAPH_SEPARATOR = 0x2029,
    HEX_DIGITS_MAX = 16, /* 64 bits */
};

static int read_value(struct json5 *j);

static int fail(struct json5 *j, int code, const char *what)
{
    j->fault_at = j->at;
    j->fault = what;
    return code;
}

static int fail_here(struct json5 *j, const char *what)
{
    return fail(j, HF_ERR_SYNTAX, j->at == j->text.len ? "the text ends too early" : what);
}

/* The byte `ahead` of here, or 0 at the end; a NUL byte in the text is valid only in strings and
 * comments, which do not rely on this. */
static uint8_t peek(const struct json5 *j, size_t ahead)
{
    return ahead < j->text.len - j->at ? j->text.ptr[j->at + ahead] : 0;
}

/* The character here and how many bytes it has; 0 bytes at the end. */
static uint32_t peek_char(const struct json5 *j, size_t *len)
{
    uint8_t c = peek(j, 0);
    *len = j->at == j->text.len ? 0 : c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (*len <= 1) return c;
    uint32_t character = c & (0x7Fu >> *len);
    for (size_t i = 1; i < *len; i++) character = character << 6 | (peek(j, i) & 0x3F);
    return character;
}

static bool is_line_end(uint32_t c)
{
    return c == '\n' || c == '\r' || c == LINE_SEPARATOR || c == PARAGRAPH_SEPARATOR;
}

/* JSON5 section 8: the spaces of ASCII, of Unicode category Zs, and the byte order mark. */
static bool is_space(uint32_t c)
{
    if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
    return c == 0xA0 || c == BYTE_ORDER_MARK || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x202F || c == 0x205F || c == 0x3000 || is_line_end(c);
}

static void skip_line_comment(struct json5 *j)
{
    size_t len;
    while (!is_line_end(peek_char(j, &len)) && len > 0) j->at += len;
}

static int skip_block_comment(struct json5 *j)
{
    for (size_t at = j->at + 2; at + 1 < j->text.len; at++)
        if (j->text.ptr[at] == '*' && j->text.ptr[at + 1] == '/') {
            j->at = at + 2;
            return 0;
        }
    return fail(j, HF_ERR_SYNTAX, "a comment has no end");
}

static int skip_space(struct json5 *j)
{
    for (;;) {
        size_t len;
        if (is_space(peek_char(j, &len)) && len > 0) {
            j->at += len;
        } else if (peek(j, 0) == '/' && peek(j, 1) == '/') {
            skip_line_comment(j);
        } else if (peek(j, 0) == '/' && peek(j, 1) == '*') {
            int err = skip_block_comment(j);
            if (err != 0) return err;
        } else {
            return 0;
        }
    }
}

/* --- strings and keys --- */

/* Copies `digits` hexadecimal digits behind \u or \x as a \u escape. */
static int read_hex_escape(struct json5 *j, size_t digits)
{
    j->at++;
    hf_buf_add(j->out, digits == 2 ? HF_LIT("\\u00") : HF_LIT("\\u"));
    for (size_t i = 0; i < digits; i++, j->at++) {
        if (hf_ascii_hex(peek(j, 0)) < 0) return fail_here(j, "an escape wants hex digits");
        hf_buf_add_byte(j->out, peek(j, 0));
    }
    return 0;
}

/* Adds one ASCII or control character as plain JSON writes it in a string. */
static void add_plain(struct json5 *j, uint8_t c)
{
    hf_json_escape(j->out, hf_bytes(&c, 1));
}

/* Behind the backslash. */
static int read_escape(struct json5 *j)
{
    static const char letters[] = "bfnrtv", meant[] = "\b\f\n\r\t\v";
    size_t len;
    uint32_t c = peek_char(j, &len);
    if (len == 0) return fail_here(j, "");
    if (c == 'u' || c == 'x') return read_hex_escape(j, c == 'u' ? 4 : 2);
    if (c == '0' && hf_ascii_is_digit(peek(j, 1))) return fail(j, HF_ERR_SYNTAX, "no such escape");
    if (c >= '1' && c <= '9') return fail(j, HF_ERR_SYNTAX, "no such escape");
    if (is_line_end(c)) {
        j->at += c == '\r' && peek(j, 1) == '\n' ? 2 : len;
        return 0;
    }
    const char *letter = c != 0 && c < 0x80 ? strchr(letters, (int)c) : NULL;
    if (c == '0')
        add_plain(j, 0);
    else if (letter)
        add_plain(j, (uint8_t)meant[letter - letters]);
    else
        hf_json_escape(j->out, hf_bytes(j->text.ptr + j->at, len));
    j->at += len;
    return 0;
}

/* From the opening quote, single or double. */
static int read_string(struct json5 *j)
{
    uint8_t quote = peek(j, 0);
    j->at++;
    hf_buf_add_byte(j->out, '"');
    for (;;) {
        size_t from = j->at;
        while (j->at < j->text.len && peek(j, 0) != quote && peek(j, 0) != '\\' &&
               peek(j, 0) != '\n' && peek(j, 0) != '\r')
            j->at++;
        hf_json_escape(j->out, hf_bytes(j->text.ptr + from, j->at - from));
        if (j->at == j->text.len) return fail_here(j, "");
        uint8_t c = peek(j, 0);
        if (c != quote && c != '\\') return fail(j, HF_ERR_SYNTAX, "a string has no end");
        j->at++;
        if (c == quote) break;
        int err = read_escape(j);
        if (err != 0) return err;
    }
    hf_buf_add_byte(j->out, '"');
    return 0;
}

static bool starts_name(uint32_t c)
{
    return c == '$' || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= 0x80 && !is_space(c));
}

static int read_name(struct json5 *j)
{
    size_t from = j->at, len;
    hf_buf_add_byte(j->out, '"');
    for (;;) {
        uint32_t c = peek_char(j, &len);
        bool continues = starts_name(c) || (j->at > from && c >= '0' && c <= '9');
        if (c == '\\' && peek(j, 1) == 'u') {
            j->at++;
            int err = read_hex_escape(j, 4);
            if (err != 0) return err;
        } else if (continues && len > 0) {
            hf_buf_add(j->out, hf_bytes(j->text.ptr + j->at, len));
            j->at += len;
        } else {
            break;
        }
    }
    if (j->at == from) return fail_here(j, "a key is missing");
    hf_buf_add_byte(j->out, '"');
    return 0;
}

static int read_key(struct json5 *j)
{
    return peek(j, 0) == '"' || peek(j, 0) == '\'' ? read_string(j) : read_name(j);
}

/* --- numbers --- */

static int read_hex_number(struct json5 *j)
{
    uint64_t value = 0;
    j->at += 2;
    if (hf_ascii_hex(peek(j, 0)) < 0) return fail_here(j, "a hex digit is missing");
    while (peek(j, 0) == '0') j->at++;
    for (int digits = 0, digit; (digit = hf_ascii_hex(peek(j, 0))) >= 0; digits++, j->at++) {
        if (digits == HEX_DIGITS_MAX) return fail(j, HF_ERR_SYNTAX, "more than 64 bits");
        value = value << 4 | (uint64_t)digit;
    }
    hf_buf_add_u64(j->out, value);
    return 0;
}

/* Copies digits; returns how many. */
static size_t read_digits(struct json5 *j)
{
    size_t from = j->at;
    while (hf_ascii_is_digit(peek(j, 0))) j->at++;
    hf_buf_add(j->out, hf_bytes(j->text.ptr + from, j->at - from));
    return j->at - from;
}

static int read_exponent(struct json5 *j)
{
    if ((peek(j, 0) | 0x20) != 'e') return 0;
    hf_buf_add_byte(j->out, 'e');
    j->at++;
    if (peek(j, 0) == '+' || peek(j, 0) == '-') {
        hf_buf_add_byte(j->out, peek(j, 0));
        j->at++;
    }
    return read_digits(j) > 0 ? 0 : fail_here(j, "a digit is missing");
}

static int read_decimal(struct json5 *j)
{
    bool has_zero = peek(j, 0) == '0';
    size_t whole = read_digits(j);
    if (has_zero && whole > 1) return fail(j, HF_ERR_SYNTAX, "a number starts with 0");
    if (whole == 0) hf_buf_add_byte(j->out, '0');
    if (peek(j, 0) == '.') {
        j->at++;
        if (hf_ascii_is_digit(peek(j, 0))) {
            hf_buf_add_byte(j->out, '.');
            read_digits(j);
        } else if (whole == 0) {
            return fail_here(j, "a digit is missing");
        }
    } else if (whole == 0) {
        return fail_here(j, "a value is missing");
    }
    return read_exponent(j);
}

static bool take_word(struct json5 *j, struct hf_bytes word)
{
    if (!hf_bytes_starts(hf_bytes_from(j->text, j->at), word)) return false;
    j->at += word.len;
    return true;
}

static int read_number(struct json5 *j)
{
    bool is_negative = peek(j, 0) == '-';
    if (is_negative || peek(j, 0) == '+') j->at++;
    if (take_word(j, HF_LIT("NaN"))) {
        HF_BUF_LIT(j->out, "null");
        return 0;
    }
    if (is_negative) hf_buf_add_byte(j->out, '-');
    if (take_word(j, HF_LIT("Infinity"))) {
        HF_BUF_LIT(j->out, "1e999");
        return 0;
    }
    if (peek(j, 0) == '0' && (peek(j, 1) | 0x20) == 'x') return read_hex_number(j);
    return read_decimal(j);
}

/* --- containers --- */

static int read_member(struct json5 *j)
{
    int err = read_key(j);
    if (err == 0) err = skip_space(j);
    if (err != 0) return err;
    if (peek(j, 0) != ':') return fail_here(j, "a colon is missing");
    j->at++;
    hf_buf_add_byte(j->out, ':');
    err = skip_space(j);
    return err != 0 ? err : read_value(j);
}

/* From the opening bracket; `close` is the other one. */
static int read_container(struct json5 *j, uint8_t close)
{
    if (j->depth == j->depth_max) return fail(j, HF_ERR_DEPTH, "nested too deeply");
    j->depth++;
    hf_buf_add_byte(j->out, peek(j, 0));
    j->at++;
    int err = skip_space(j);
    for (bool is_first = true; err == 0 && peek(j, 0) != close; is_first = false) {
        if (!is_first) hf_buf_add_byte(j->out, ',');
        err = close == '}' ? read_member(j) : read_value(j);
        if (err == 0) err = skip_space(j);
        if (err != 0 || peek(j, 0) == close) break;
        if (peek(j, 0) != ',') return fail_here(j, "a comma or the end bracket is missing");
        j->at++;
        err = skip_space(j);
    }
    if (err != 0) return err;
    j->at++;
    j->depth--;
    hf_buf_add_byte(j->out, close);
    return 0;
}

static int read_bare_value(struct json5 *j)
{
    static const struct hf_bytes words[] = {
        HF_LIT_INIT("true"),
        HF_LIT_INIT("false"),
        HF_LIT_INIT("null"),
    };
    uint8_t c = peek(j, 0);
    if (c == '{') return read_container(j, '}');
    if (c == '[') return read_container(j, ']');
    if (c == '"' || c == '\'') return read_string(j);
    size_t from = j->at;
    int err = 0;
    bool is_word = false;
    for (size_t i = 0; i < HF_COUNT(words) && !is_word; i++) {
        is_word = take_word(j, words[i]);
        if (is_word) hf_buf_add(j->out, words[i]);
    }
    if (!is_word) err = read_number(j);
    size_t len;
    uint32_t next = peek_char(j, &len);
    if (err == 0 && len > 0 && (starts_name(next) || hf_ascii_is_digit((uint8_t)next))) {
        j->at = from;
        err = fail(j, HF_ERR_SYNTAX, "no such word or number");
    }
    return err;
}

static int read_value(struct json5 *j)
{
    struct hf_json5_place place = { .json_from = (uint32_t)(j->out->len - j->out_from),
                                    .text_from = (uint32_t)j->at };
    int err = read_bare_value(j);
    if (err != 0 || !j->places) return err;
    place.json_to = (uint32_t)(j->out->len - j->out_from);
    place.text_to = (uint32_t)j->at;
    hf_buf_add(j->places, hf_bytes(&place, sizeof place));
    return 0;
}

/* --- the whole --- */

static int read_text(struct json5 *j)
{
    if (!hf_utf8_check(j->text)) {
        struct hf_utf8 utf8;
        hf_utf8_init(&utf8);
        while (j->at < j->text.len && hf_utf8_step(&utf8, hf_bytes(j->text.ptr + j->at, 1)))
            j->at++;
        return fail(j, HF_ERR_UTF8, "not valid UTF-8");
    }
    int err = skip_space(j);
    if (err == 0) err = read_value(j);
    if (err == 0) err = skip_space(j);
    if (err != 0) return err;
    if (j->at < j->text.len) return fail(j, HF_ERR_SYNTAX, "something stands behind the value");
    return 0;
}

static void locate(struct hf_json5_error *error, struct hf_bytes text, size_t at)
{
    error->line = error->column = 1;
    for (size_t i = 0; i < at && i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool ends_line = c == '\n' || (c == '\r' && (i + 1 == text.len || text.ptr[i + 1] != '\n'));
        if (ends_line) {
            error->line++;
            error->column = 1;
        } else if ((c & 0xC0) != 0x80) {
            error->column++;
        }
    }
}

int hf_json5_read(struct hf_bytes text, uint32_t depth_max, struct hf_buf *out,
                  struct hf_json5_error *error)
{
    return hf_json5_read_places(text, depth_max, out, NULL, error);
}

int hf_json5_read_places(struct hf_bytes text, uint32_t depth_max, struct hf_buf *out,
                         struct hf_buf *places, struct hf_json5_error *error)
{
    HF_ASSERT(depth_max <= HF_JSON_DEPTH_MAX && text.len <= UINT32_MAX);
    if (text.len == 0) text = HF_LIT(""); /* an empty span may have no address */
    struct json5 j = {
        .text = text, .depth_max = depth_max, .out = out, .out_from = out->len, .places = places
    };
    int err = read_text(&j);
    if (err == 0 && hf_buf_done(out) != 0) err = fail(&j, hf_buf_done(out), "too much text");
    if (err == 0 && places && hf_buf_done(places) != 0)
        err = fail(&j, hf_buf_done(places), "too many values");
    if (err == 0) return 0;
    *error = (struct hf_json5_error){ .code = err, .what = j.fault };
    locate(error, text, j.fault_at);
    return err;
}

const struct hf_json5_place *hf_json5_place_find(const struct hf_buf *places, size_t json_from)
{
    const struct hf_json5_place *all = (const struct hf_json5_place *)(const void *)places->ptr;
    for (size_t i = 0; i < places->len / sizeof *all; i++)
        if (all[i].json_from == json_from) return &all[i];
    return NULL;
}

size_t hf_json5_line(struct hf_bytes text, size_t at)
{
    struct hf_json5_error error;
    locate(&error, text, at);
    return error.line;
}
