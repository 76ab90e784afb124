#include "prog/show/text.h"
#include "wire/utf8.h"

enum { SEQUENCE_BYTES = 4 };

/* How many bytes at the head are one character that may be shown, or 0. */
static size_t character_len(struct hf_bytes text)
{
    uint8_t first = text.ptr[0];
    if (first < 0x80) return first >= 0x20 && first != 0x7f;
    for (size_t len = 2; len <= SEQUENCE_BYTES && len <= text.len; len++)
        if (hf_utf8_check(hf_bytes_head(text, len)))
            return first == 0xc2 && text.ptr[1] < 0xa0 ? 0 : len; /* C1: U+0080 to U+009F */
    return 0;
}

/* Bytes of what is not shown that one '?' stands for. */
static size_t skipped_len(struct hf_bytes text)
{
    return text.ptr[0] == 0xc2 && text.len > 1 && text.ptr[1] >= 0x80 && text.ptr[1] < 0xa0 ? 2 : 1;
}

void hf_show_text(struct hf_buf *out, struct hf_bytes text, size_t max)
{
    static const char dots[] = "...";
    size_t begin = out->len, cut = out->len; /* where the dots go if it gets too long */
    while (text.len > 0 && hf_buf_done(out) == 0) {
        size_t len = character_len(text);
        if (len > 0)
            hf_buf_add(out, hf_bytes_head(text, len));
        else
            hf_buf_add_byte(out, text.ptr[0] == '\t' ? ' ' : '?');
        if (out->len - begin > max) {
            hf_buf_cut(out, cut);
            if (max >= sizeof dots - 1) hf_buf_add(out, hf_bytes_cstr(dots));
            return;
        }
        if (out->len - begin + sizeof dots - 1 <= max) cut = out->len;
        text = hf_bytes_from(text, len ? len : skipped_len(text));
    }
}

void hf_show_copy(char *out, size_t cap, struct hf_bytes text)
{
    struct hf_buf shown;
    hf_buf_init(&shown, cap + 4); /* one character more, before it is cut */
    hf_show_text(&shown, text, cap - 1);
    if (shown.len > 0) memcpy(out, shown.ptr, shown.len);
    out[shown.len] = '\0';
    hf_buf_fini(&shown);
}
