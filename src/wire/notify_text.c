#include "wire/notify_text.h"

static void read_line(struct hf_bytes line, struct hf_notify_text *out)
{
    size_t equals = hf_bytes_find(line, 0, '=');
    struct hf_bytes name = hf_bytes_head(line, equals), value = hf_bytes_from(line, equals + 1);
    if (equals == line.len) return;
    if (hf_bytes_same(name, HF_LIT("READY"))) {
        out->is_ready = hf_bytes_same(value, HF_LIT("1"));
    } else if (hf_bytes_same(name, HF_LIT("STATUS"))) {
        out->has_status = true;
        out->status = value;
    }
}

struct hf_notify_text hf_notify_text_read(struct hf_bytes message)
{
    struct hf_notify_text read = { 0 };
    while (message.len > 0) {
        size_t end = hf_bytes_find(message, 0, '\n');
        read_line(hf_bytes_head(message, end), &read);
        message = hf_bytes_from(message, end + 1);
    }
    return read;
}
