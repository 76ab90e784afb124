#include "core/endpoint.h"
#include "base/ascii.h"
#include "wire/net_host.h"

/* --- the pinned certificate --- */

bool hf_endpoint_fingerprint_read(struct hf_bytes text, uint8_t out[HF_FINGERPRINT_BYTES])
{
    struct hf_bytes prefix = HF_LIT("sha256:");
    uint8_t read[HF_FINGERPRINT_BYTES];
    text = hf_bytes_trim(text);
    if (hf_bytes_same_nocase(hf_bytes_head(text, prefix.len), prefix))
        text = hf_bytes_from(text, prefix.len);
    bool has_colons = text.len == 3 * HF_FINGERPRINT_BYTES - 1;
    size_t step = has_colons ? 3 : 2;
    if (!has_colons && text.len != 2 * HF_FINGERPRINT_BYTES) return false;
    for (size_t i = 0; i < HF_FINGERPRINT_BYTES; i++) {
        const uint8_t *pair = text.ptr + i * step;
        int high = hf_ascii_hex(pair[0]), low = hf_ascii_hex(pair[1]);
        if (high < 0 || low < 0) return false;
        if (has_colons && i + 1 < HF_FINGERPRINT_BYTES && pair[2] != ':') return false;
        read[i] = (uint8_t)(high * 16 + low);
    }
    memcpy(out, read, sizeof read);
    return true;
}

const char *hf_endpoint_fault(const struct hf_endpoint *e)
{
    uint8_t bytes[HF_FINGERPRINT_BYTES];
    bool has_pin = e->fingerprint.len > 0;
    if (e->host.len == 0) return "the gateway's address has no host";
    if (has_pin && !hf_endpoint_fingerprint_read(e->fingerprint, bytes))
        return "the certificate fingerprint is not the 64 hexadecimal digits of a SHA-256";
    if (has_pin && !e->is_tls) return "a certificate fingerprint wants a wss:// address";
    if (e->has_headers && !e->is_tls) return "headers for the way to the gateway want wss://";
    if (!e->is_tls && !e->allows_plain && !hf_net_host_is_near(e->host))
        return "the gateway is not at a private address: plain ws:// would show the secret to "
               "everybody on the way";
    return NULL;
}

bool hf_endpoint_is_trusted(const struct hf_endpoint *e)
{
    return hf_net_host_is_loopback(e->host) || (e->is_tls && e->fingerprint.len > 0);
}
