#include "wire/http_body.h"
#include "base/ascii.h"
#include "base/assert.h"
#include "base/limits.h"

enum { STATUS_NO_CONTENT = 204, STATUS_NOT_MODIFIED = 304 };

static bool has_body(unsigned status)
{
    return status >= 200 && status != STATUS_NO_CONTENT && status != STATUS_NOT_MODIFIED;
}

void hf_http_body_init(struct hf_http_body *b, const struct hf_http_response *head)
{
    *b = (struct hf_http_body){ .state = HF_HTTP_BODY_TO_THE_END, .is_chunked = head->is_chunked };
    if (head->is_chunked) b->state = HF_HTTP_BODY_SIZE;
    if (head->has_length) {
        b->state = HF_HTTP_BODY_DATA;
        b->left = head->content_length;
    }
    if (!has_body(head->status) || (head->has_length && b->left == 0)) b->state = HF_HTTP_BODY_DONE;
}

bool hf_http_body_is_done(const struct hf_http_body *b)
{
    return b->state == HF_HTTP_BODY_DONE;
}

static enum hf_http_body_state expect(uint8_t byte, uint8_t wanted, enum hf_http_body_state next)
{
    return byte == wanted ? next : HF_HTTP_BODY_DONE;
}

/* The first byte of the line must be a digit; no size has more than fit. */
static enum hf_http_body_state take_size(struct hf_http_body *b, uint8_t byte)
{
    int value = hf_ascii_hex(byte);
    if (b->line_bytes > 1 && byte == '\r') return HF_HTTP_BODY_SIZE_LF;
    if (b->line_bytes > 1 && (byte == ';' || byte == ' ' || byte == '\t'))
        return HF_HTTP_BODY_EXTENSION;
    if (value < 0 || b->left > UINT64_MAX >> 4) return HF_HTTP_BODY_DONE;
    b->left = b->left << 4 | (unsigned)value;
    return HF_HTTP_BODY_SIZE;
}

static enum hf_http_body_state begin_chunk(struct hf_http_body *b, uint8_t byte)
{
    b->line_bytes = 0;
    return expect(byte, '\n', b->left > 0 ? HF_HTTP_BODY_DATA : HF_HTTP_BODY_TRAILER);
}

/* What stands between the chunks, a byte at a time. */
static enum hf_http_body_state take_framing(struct hf_http_body *b, uint8_t byte)
{
    bool is_trailer = b->state == HF_HTTP_BODY_TRAILER || b->state == HF_HTTP_BODY_TRAILER_LINE;
    size_t most = is_trailer ? HF_LIMIT_HTTP_HEAD_BYTES : HF_LIMIT_HTTP_LINE_BYTES;
    if (++b->line_bytes > most) return HF_HTTP_BODY_DONE;
    switch (b->state) {
    case HF_HTTP_BODY_SIZE:
        return take_size(b, byte);
    case HF_HTTP_BODY_EXTENSION:
        return byte == '\r' ? HF_HTTP_BODY_SIZE_LF : HF_HTTP_BODY_EXTENSION;
    case HF_HTTP_BODY_SIZE_LF:
        return begin_chunk(b, byte);
    case HF_HTTP_BODY_DATA_CR:
        return expect(byte, '\r', HF_HTTP_BODY_DATA_LF);
    case HF_HTTP_BODY_DATA_LF:
        b->line_bytes = 0;
        return expect(byte, '\n', HF_HTTP_BODY_SIZE);
    case HF_HTTP_BODY_TRAILER:
        return byte == '\r' ? HF_HTTP_BODY_LAST_LF : HF_HTTP_BODY_TRAILER_LINE;
    case HF_HTTP_BODY_TRAILER_LINE:
        return byte == '\n' ? HF_HTTP_BODY_TRAILER : HF_HTTP_BODY_TRAILER_LINE;
    case HF_HTTP_BODY_LAST_LF:
        return HF_HTTP_BODY_DONE;
    case HF_HTTP_BODY_TO_THE_END:
    case HF_HTTP_BODY_DATA:
    case HF_HTTP_BODY_DONE:
        break;
    }
    HF_UNREACHABLE();
}

static struct hf_bytes take_data(struct hf_http_body *b, struct hf_bytes *data)
{
    size_t len = b->left < data->len ? (size_t)b->left : data->len;
    struct hf_bytes piece = hf_bytes_head(*data, len);
    *data = hf_bytes_from(*data, len);
    b->left -= len;
    if (b->left == 0) b->state = b->is_chunked ? HF_HTTP_BODY_DATA_CR : HF_HTTP_BODY_DONE;
    return piece;
}

struct hf_bytes hf_http_body_next(struct hf_http_body *b, struct hf_bytes *data)
{
    struct hf_bytes piece = HF_EMPTY;
    while (data->len > 0 && piece.len == 0 && b->state != HF_HTTP_BODY_DONE) {
        if (b->state == HF_HTTP_BODY_TO_THE_END) {
            piece = *data;
            *data = HF_EMPTY;
        } else if (b->state == HF_HTTP_BODY_DATA) {
            piece = take_data(b, data);
        } else {
            b->state = take_framing(b, data->ptr[0]);
            *data = hf_bytes_from(*data, 1);
        }
    }
    return piece;
}
