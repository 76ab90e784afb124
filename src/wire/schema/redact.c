#include "wire/schema/redact.h"
#include "wire/url_secret.h"

enum { SECRET_MIN = 4 };

#define STARS "***"

/* --- text --- */

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '"' || c == '\'' || c == '<' || c == '>' ||
           c == ',' || c == '(' || c == ')';
}

static bool announces_secret(struct hf_bytes word)
{
    return hf_bytes_same_nocase(word, HF_LIT("bearer")) ||
           hf_bytes_same_nocase(word, HF_LIT("basic"));
}

static void add_words(struct hf_buf *out, struct hf_bytes text)
{
    bool is_secret = false;
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && !is_space(text.ptr[end])) end++;
        struct hf_bytes word = hf_bytes(text.ptr + at, end - at);
        if (is_secret && word.len > 0)
            HF_BUF_LIT(out, STARS);
        else
            hf_url_redact(out, word);
        if (word.len > 0) is_secret = announces_secret(word);
        if (end < text.len) hf_buf_add_byte(out, text.ptr[end]);
        at = end + 1;
    }
}

/* The length of the longest secret that `text` begins with, or 0. */
static size_t secret_at(struct hf_bytes text, const struct hf_bytes *secrets, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        if (secrets[i].len >= SECRET_MIN && secrets[i].len > len &&
            hf_bytes_starts(text, secrets[i]))
            len = secrets[i].len;
    return len;
}

/* One byte, or a stand-in for what would move a terminal: C0, DEL, and C1 as UTF-8.
 * Returns how many bytes were taken. */
static size_t add_visible(struct hf_buf *out, struct hf_bytes text)
{
    bool is_c1 = text.len > 1 && text.ptr[0] == 0xC2 && text.ptr[1] >= 0x80 && text.ptr[1] < 0xA0;
    bool is_control = text.ptr[0] < ' ' || text.ptr[0] == 0x7F;
    hf_buf_add_byte(out, is_c1 ? '?' : is_control ? ' ' : text.ptr[0]);
    return is_c1 ? 2 : 1;
}

void hf_redact_text(struct hf_buf *out, struct hf_bytes text, const struct hf_bytes *secrets,
                    size_t count)
{
    struct hf_buf plain;
    hf_buf_init(&plain, 2 * text.len + sizeof STARS);
    for (size_t at = 0; at < text.len;) {
        struct hf_bytes rest = hf_bytes_from(text, at);
        size_t len = secret_at(rest, secrets, count);
        if (len)
            HF_BUF_LIT(&plain, STARS);
        else
            len = add_visible(&plain, rest);
        at += len;
    }
    if (hf_buf_done(&plain) == 0) add_words(out, hf_buf_view(&plain));
    hf_buf_fini(&plain);
}
