/* Measures the byte-level rooms: unmask, UTF-8, frames, HTTP heads.  Prints
 * numbers, decides nothing.  Usage: micro_wire   (a release build) */
#include "base/limits.h"
#include "base/mem.h"
#include "measure.h"
#include "wire/http_head.h"
#include "wire/ws_frame.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SMALL = 307,        /* a request of a client */
    LARGE = 1110000,    /* a large message */
    READ_BYTES = 65536, /* what the host reads at once */
};

static uint8_t *text; /* LARGE bytes; what is measured works on it */
static const uint8_t key[HF_WS_MASK_BYTES] = { 0x11, 0x22, 0x33, 0x44 };
static volatile size_t result; /* keeps the work alive */

static void show(const char *name, void (*work)(void *len), size_t len)
{
    double ns = measure_call(work, &len);
    printf("%-34s %8zu bytes %12.1f ns %9.2f GB/s\n", name, len, ns, (double)len / ns);
}

static void fill_ascii(size_t len)
{
    for (size_t i = 0; i < len; i++) text[i] = (uint8_t)('a' + i % 26);
}

/* Characters of one to four bytes in turn, as in a chat of many languages. */
static void fill_mixed(size_t len)
{
    static const char cycle[] = "word \xC3\xA9\xC3\xBC \xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x98\x80";
    fill_ascii(len);
    for (size_t i = 0; i + sizeof cycle - 1 <= len; i += sizeof cycle - 1)
        memcpy(text + i, cycle, sizeof cycle - 1);
}

static void mask(void *ctx)
{
    size_t len = *(const size_t *)ctx;
    hf_ws_mask(text, len, key, 0);
}

static void mask_portable(void *ctx)
{
    size_t len = *(const size_t *)ctx;
    hf_ws_mask_portable(text, len, key, 0);
}

static void utf8_check(void *ctx)
{
    size_t len = *(const size_t *)ctx;
    result += hf_utf8_check(hf_bytes(text, len));
}

static void utf8_portable(void *ctx)
{
    size_t len = *(const size_t *)ctx;
    result += hf_utf8_skip_portable(hf_bytes(text, len));
}

/* A key of zeros leaves the text as it is, so that it can be read again. */
static size_t frame_head(uint8_t out[HF_WS_HEAD_BYTES], size_t len)
{
    static const uint8_t no_change[HF_WS_MASK_BYTES];
    return hf_ws_head_write(out, HF_WS_OP_TEXT, len, no_change);
}

static void read_part(struct hf_ws_reader *r, uint8_t *data, size_t len)
{
    struct hf_ws_item item;
    size_t used;
    for (size_t at = 0; at < len; at += used) {
        if (hf_ws_read(r, data + at, len - at, &used, &item) != 0) abort();
        if (item.kind == HF_WS_NEED_MORE) break;
        result += item.bytes.len;
    }
}

/* One message that lies whole in the host's buffer. */
static void frame_whole(void *ctx)
{
    size_t len = *(const size_t *)ctx;
    struct hf_ws_reader r;
    uint8_t head[HF_WS_HEAD_BYTES];
    hf_ws_reader_init(&r, HF_WS_SERVER, HF_LIMIT_PAYLOAD_BYTES);
    read_part(&r, head, frame_head(head, len));
    read_part(&r, text, len);
    hf_ws_reader_fini(&r);
}

/* One message in reads of 64 KiB: it is gathered. */
static void frame_gathered(void *ctx)
{
    size_t len = *(const size_t *)ctx;
    struct hf_ws_reader r;
    uint8_t head[HF_WS_HEAD_BYTES];
    hf_ws_reader_init(&r, HF_WS_SERVER, HF_LIMIT_PAYLOAD_BYTES);
    read_part(&r, head, frame_head(head, len));
    for (size_t at = 0; at < len; at += READ_BYTES)
        read_part(&r, text + at, len - at < READ_BYTES ? len - at : READ_BYTES);
    hf_ws_reader_fini(&r);
}

static const struct hf_bytes request = HF_LIT_INIT(
    "GET / HTTP/1.1\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    "Host: 127.0.0.1:18789\r\n\r\n");

static void http_head(void *ctx)
{
    size_t len = *(const size_t *)ctx;
    struct hf_http_reader r;
    struct hf_http_request req;
    size_t used;
    hf_http_reader_init(&r);
    hf_http_request_read(&r, hf_bytes_head(request, len), &used, &req);
    result += req.fields.count;
    hf_http_reader_fini(&r);
}

static void http_upgrade(void *ctx)
{
    size_t len = *(const size_t *)ctx;
    struct hf_http_reader r;
    struct hf_http_request req;
    struct hf_http_upgrade upgrade;
    size_t used;
    hf_http_reader_init(&r);
    hf_http_request_read(&r, hf_bytes_head(request, len), &used, &req);
    hf_http_upgrade_check(&req, &upgrade);
    result += upgrade.status;
    hf_http_reader_fini(&r);
}

int main(void)
{
    static const size_t lengths[] = { SMALL, READ_BYTES, LARGE };
    text = hf_mem_new(LARGE);
    if (!text) return EXIT_FAILURE;
    for (size_t i = 0; i < HF_COUNT(lengths); i++) {
        fill_ascii(lengths[i]);
        show("unmask, one byte at a time", mask_portable, lengths[i]);
        show("unmask", mask, lengths[i]);
        fill_ascii(lengths[i]);
        show("utf8 ascii, portable", utf8_portable, lengths[i]);
        show("utf8 ascii", utf8_check, lengths[i]);
        show("frame ascii, whole", frame_whole, lengths[i]);
        show("frame ascii, reads of 64 KiB", frame_gathered, lengths[i]);
        fill_mixed(lengths[i]);
        show("utf8 mixed, portable", utf8_portable, lengths[i]);
        show("utf8 mixed", utf8_check, lengths[i]);
        show("frame mixed, whole", frame_whole, lengths[i]);
    }
    show("http request head", http_head, request.len);
    show("http upgrade, with the accept key", http_upgrade, request.len);
    hf_mem_free(text);
    return EXIT_SUCCESS;
}
