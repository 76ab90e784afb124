/* The client engine against a server that sends anything.
 *
 * The first byte chooses: the login is done for it or not, the lines of the input are the
 * texts of frames (a `$` stands for the id of the newest request) or raw bytes of the
 * socket, and how they are cut.  Checked: every call is settled once, nothing is told
 * after the dispose, and no socket is dialled while there is one. */
#include "engine/client.h"
#include "fuzz.h"
#include "wire/http_head.h"
#include "wire/http_response.h"
#include "wire/ws_frame.h"

#include <stdio.h>
#include <string.h>

enum { DOES_LOGIN = 1, HAS_LINES = 2, IS_LEGACY = 4, ACTS_AT_NEWS = 8, TAGS = 256 };

struct desk {
    struct hf_client *client;
    struct hf_now now;
    uint64_t socket;
    unsigned choices;
    uint32_t cuts;
    struct hf_buf sent, given;
    uint8_t settled[TAGS];
    size_t calls;
    bool is_disposed;
};

static void step(struct desk *d, enum hf_client_event_kind kind)
{
    hf_client_step(d->client, d->now,
                   &(struct hf_client_event){ .kind = kind, .socket = d->socket });
}

static void call(struct desk *d)
{
    struct hf_client_call one = { .method = HF_LIT("health"),
                                  .tag = d->calls,
                                  .expects_final = d->calls % 2 != 0 };
    if (d->calls < TAGS && hf_client_call(d->client, d->now, &one) == 0) d->calls++;
}

static void told(struct desk *d, const struct hf_client_news *news)
{
    FUZZ_CHECK(!d->is_disposed || news->kind == HF_CLIENT_IS_RESULT);
    if (news->kind == HF_CLIENT_IS_RESULT) {
        FUZZ_CHECK(news->u.result.tag < d->calls);
        FUZZ_CHECK(d->settled[news->u.result.tag]++ == 0);
    }
    if (news->kind == HF_CLIENT_IS_READY || (d->choices & ACTS_AT_NEWS)) call(d);
}

static void write_all(struct desk *d)
{
    struct hf_output out;
    hf_client_output(d->client, &out);
    if (out.count == 0) return;
    hf_buf_add(&d->sent, out.spans[0]);
    hf_client_step(d->client, d->now,
                   &(struct hf_client_event){ .kind = HF_CLIENT_WRITTEN,
                                              .socket = d->socket,
                                              .u.written_bytes = out.total_bytes });
}

static void act(struct desk *d)
{
    struct hf_client_action action;
    while (hf_client_action(d->client, &action)) {
        if (action.kind == HF_CLIENT_DO_KILL) d->socket = 0;
        if (action.kind == HF_CLIENT_DO_TELL) told(d, &action.news);
        if (action.kind == HF_CLIENT_DO_OUTPUT) write_all(d);
        if (action.kind == HF_CLIENT_DO_END) {
            step(d, HF_CLIENT_CLOSED);
            d->socket = 0;
        }
        if (action.kind != HF_CLIENT_DO_DIAL) continue;
        FUZZ_CHECK(d->socket == 0 && action.socket != 0);
        d->socket = action.socket;
        hf_buf_reset(&d->sent, SIZE_MAX);
        step(d, HF_CLIENT_DIALED);
    }
}

/* Bytes of the server, cut; what a socket that is gone had to say is dropped. */
static void give(struct desk *d, struct hf_bytes bytes)
{
    uint8_t *copy = fuzz_copy(bytes);
    uint64_t socket = d->socket;
    for (size_t at = 0; at < bytes.len && d->socket == socket && socket;) {
        size_t len = fuzz_chunk(&d->cuts, bytes.len - at);
        struct hf_client_event event = { .kind = HF_CLIENT_INPUT, .socket = socket };
        event.u.input.data = copy + at;
        event.u.input.len = len;
        size_t used = hf_client_step(d->client, d->now, &event);
        FUZZ_CHECK(used <= len);
        at += used;
        act(d);
    }
    hf_mem_free(copy);
}

static void give_text(struct desk *d, struct hf_bytes text)
{
    hf_buf_reset(&d->given, SIZE_MAX);
    hf_ws_frame_write(&d->given, HF_WS_OP_TEXT, text, NULL);
    give(d, hf_buf_view(&d->given));
}

/* The id of the newest request, which lies masked in what was sent. */
static void find_id(struct desk *d, struct hf_buf *out)
{
    struct hf_ws_reader reader;
    struct hf_bytes all = hf_buf_view(&d->sent);
    const uint8_t *head = memmem(all.ptr, all.len, "\r\n\r\n", 4);
    if (!head) return;
    uint8_t *copy = fuzz_copy(hf_bytes_from(all, (size_t)(head + 4 - all.ptr)));
    size_t len = all.len - (size_t)(head + 4 - all.ptr);
    hf_ws_reader_init(&reader, HF_WS_SERVER, HF_LIMIT_PAYLOAD_BYTES);
    for (size_t at = 0; at < len;) {
        struct hf_ws_item item;
        size_t used;
        FUZZ_CHECK(hf_ws_read(&reader, copy + at, len - at, &used, &item) == 0);
        FUZZ_CHECK(item.kind != HF_WS_ERROR);
        at += used;
        const uint8_t *id =
            item.kind == HF_WS_TEXT ? memmem(item.bytes.ptr, item.bytes.len, "\"id\":\"", 6) : NULL;
        if (!id) continue;
        hf_buf_reset(out, SIZE_MAX);
        struct hf_bytes rest = hf_bytes_from(item.bytes, (size_t)(id + 6 - item.bytes.ptr));
        hf_buf_add(out, hf_bytes_head(rest, hf_bytes_find(rest, 0, '"')));
    }
    hf_ws_reader_fini(&reader);
    hf_mem_free(copy);
}

static void give_line(struct desk *d, struct hf_bytes line)
{
    struct hf_buf text, id;
    hf_buf_init(&text, HF_LIMIT_PAYLOAD_BYTES);
    hf_buf_init(&id, HF_LIMIT_PAYLOAD_BYTES);
    find_id(d, &id);
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] == '$')
            hf_buf_add(&text, hf_buf_view(&id));
        else
            hf_buf_add_byte(&text, line.ptr[i]);
    give_text(d, hf_buf_view(&text));
    hf_buf_fini(&text);
    hf_buf_fini(&id);
}

static void login(struct desk *d)
{
    static const char name[] = "Sec-WebSocket-Key: ";
    char accept[HF_HTTP_ACCEPT_CHARS], text[256];
    const uint8_t *key = memmem(d->sent.ptr, d->sent.len, name, sizeof name - 1);
    hf_http_accept(hf_bytes(key + sizeof name - 1, HF_HTTP_KEY_CHARS), accept);
    int len = snprintf(text, sizeof text,
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Accept: %.*s\r\n\r\n",
                       HF_HTTP_ACCEPT_CHARS, accept);
    give(d, hf_bytes(text, (size_t)len));
    give_line(d, HF_LIT("{\"type\":\"event\",\"event\":\"connect.challenge\",\"payload\":"
                        "{\"nonce\":\"n\",\"ts\":5}}"));
    give_line(d, HF_LIT("{\"type\":\"res\",\"id\":\"$\",\"ok\":true,\"payload\":{\"type\":"
                        "\"hello-ok\",\"protocol\":4}}"));
}

static void open_desk(struct desk *d, unsigned choices)
{
    struct hf_client_config config = {
        .url = { .host = HF_LIT("localhost"), .place = HF_LIT("localhost"), .target = HF_LIT("/") },
        .connect = { .min_protocol = 4,
                     .max_protocol = 4,
                     .client = { .version = HF_LIT("1"), .platform = HF_LIT("linux") },
                     .role_name = HF_LIT("operator") },
        .keeps_hello = true,
        .speaks_legacy = choices & IS_LEGACY,
    };
    hf_link_limits_init(&config.link);
    *d = (struct desk){ .choices = choices, .cuts = choices >> 4 };
    hf_buf_init(&d->sent, SIZE_MAX);
    hf_buf_init(&d->given, SIZE_MAX);
    FUZZ_CHECK(hf_client_new(&d->client, &config) == 0);
    step(d, HF_CLIENT_START);
    act(d);
}

static void close_desk(struct desk *d)
{
    step(d, HF_CLIENT_DISPOSE);
    d->is_disposed = true;
    act(d);
    for (size_t i = 0; i < d->calls; i++) FUZZ_CHECK(d->settled[i] == 1);
    hf_client_free(d->client);
    hf_buf_fini(&d->sent);
    hf_buf_fini(&d->given);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hf_bytes input = hf_bytes(data, len);
    struct desk d;
    open_desk(&d, fuzz_take(&input));
    if (d.choices & DOES_LOGIN) login(&d);
    if (!(d.choices & HAS_LINES)) give(&d, input);
    while ((d.choices & HAS_LINES) && input.len > 0 && d.socket) {
        size_t end = hf_bytes_find(input, 0, '\n');
        give_line(&d, hf_bytes_head(input, end));
        input = hf_bytes_from(input, end + 1);
    }
    close_desk(&d);
    return 0;
}
