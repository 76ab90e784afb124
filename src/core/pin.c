#include "core/pin.h"

static int hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool hf_pin_read(struct hf_bytes text, uint8_t out[HF_SHA256_BYTES])
{
    static const struct hf_bytes prefix = HF_LIT_INIT("sha256:");
    uint8_t pin[HF_SHA256_BYTES];
    struct hf_bytes rest = hf_bytes_trim(text);
    if (hf_bytes_same_nocase(hf_bytes_head(rest, prefix.len), prefix))
        rest = hf_bytes_from(rest, prefix.len);
    size_t step = rest.len == HF_HEX_CHARS(HF_SHA256_BYTES) ? 2 : 3;
    if (step == 3 && rest.len != 3 * HF_SHA256_BYTES - 1) return false;
    for (size_t i = 0; i < sizeof pin; i++) {
        int high = hex_value(rest.ptr[i * step]), low = hex_value(rest.ptr[i * step + 1]);
        if (high < 0 || low < 0) return false;
        if (step == 3 && i > 0 && rest.ptr[i * step - 1] != ':') return false;
        pin[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(out, pin, sizeof pin);
    return true;
}
