#include "wire/schema/redact.h"
#include "wire/censor.h"

enum { SECRET_MIN = 4 };

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
    const struct hf_censor_known known = { secrets, count, SECRET_MIN, HF_LIT("***") };
    struct hf_buf plain;
    hf_buf_init(&plain, text.len);
    for (size_t at = 0; at < text.len;) at += add_visible(&plain, hf_bytes_from(text, at));
    if (hf_buf_done(&plain) == 0) hf_censor_text(hf_buf_view(&plain), &known, out);
    hf_buf_fini(&plain);
}
