#include "core/output/clean.h"

#include "wire/utf8.h"

enum { ESC = 0x1b, BEL = 7 };

/* Written so that the compiler makes it wide: most lines end here. */
static bool is_plain(struct hf_bytes line)
{
    unsigned bad = 0;
    for (size_t i = 0; i < line.len; i++) {
        uint8_t c = line.ptr[i];
        bad |= (unsigned)((c < 0x20) & (c != '\t')) | (unsigned)(c >= 0x7f);
    }
    return bad == 0;
}

/* Behind the sequence that the escape at `at` opens. */
static size_t escape_end(struct hf_bytes line, size_t at)
{
    size_t i = at + 1;
    if (i == line.len) return i;
    if (line.ptr[i] == '[') { /* CSI: parameters, then one final byte */
        for (i++; i < line.len; i++)
            if (line.ptr[i] >= 0x40 && line.ptr[i] <= 0x7e) return i + 1;
        return i;
    }
    if (line.ptr[i] == ']') { /* OSC: up to BEL or ESC \ */
        for (i++; i < line.len; i++) {
            if (line.ptr[i] == BEL) return i + 1;
            if (line.ptr[i] == ESC) return i + 1 < line.len ? i + 2 : i + 1;
        }
        return i;
    }
    while (i < line.len && line.ptr[i] >= 0x20 && line.ptr[i] <= 0x2f) i++;
    return i < line.len ? i + 1 : i;
}

/* The bytes of the character at `at`, 0 when they are none. */
static size_t character(struct hf_bytes line, size_t at)
{
    uint8_t lead = line.ptr[at];
    size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (len > line.len - at) return 0;
    return hf_utf8_check(hf_bytes(line.ptr + at, len)) ? len : 0;
}

struct hf_bytes hf_output_clean(struct hf_bytes line, struct hf_buf *scratch)
{
    if (is_plain(line)) return hf_bytes_trim(line);
    hf_buf_reset(scratch, scratch->max);
    for (size_t at = 0; at < line.len;) {
        uint8_t c = line.ptr[at];
        if (c == ESC) {
            at = escape_end(line, at);
            continue;
        }
        size_t len = character(line, at);
        bool is_c1 = len == 2 && c == 0xC2 && line.ptr[at + 1] < 0xA0;
        if (len == 0)
            hf_buf_add(scratch, HF_LIT("\xEF\xBF\xBD"));
        else if (c == '\t' || (c >= 0x20 && c != 0x7f && !is_c1))
            hf_buf_add(scratch, hf_bytes(line.ptr + at, len));
        at += len > 0 ? len : 1;
    }
    return hf_bytes_trim(hf_buf_view(scratch));
}
