#include "wire/http_head.h"
#include "base/mem.h"
#include "lib/check.h"

enum { TRACE_MAX = 1 << 16 };

/* --- what the reader makes of a text, as one line --- */

static void trace_request(struct hf_buf *trace, const struct hf_http_request *req, size_t used)
{
    hf_buf_reset(trace, SIZE_MAX);
    if (req->state == HF_HTTP_NEED_MORE) {
        hf_buf_addf(trace, "more");
        return;
    }
    if (req->state == HF_HTTP_REFUSED) {
        hf_buf_addf(trace, "%u %s", req->fault.status, req->fault.what);
        return;
    }
    hf_buf_add(trace, req->method);
    hf_buf_add_byte(trace, ' ');
    hf_buf_add(trace, req->target);
    hf_buf_addf(trace, " 1.%u body=%zu used=%zu", req->minor, req->content_length, used);
    for (size_t i = 0; i < req->fields.count; i++) {
        hf_buf_addf(trace, " [");
        hf_buf_add(trace, req->fields.items[i].name);
        hf_buf_addf(trace, "|");
        hf_buf_add(trace, req->fields.items[i].value);
        hf_buf_addf(trace, "]");
    }
}

/* Feeds `text` in chunks of `chunk` bytes, the first one of `first`; each chunk is
 * a copy of its exact size, so that a step outside shows. */
static void read_text(struct hf_bytes text, size_t first, size_t chunk, struct hf_buf *trace)
{
    struct hf_http_reader r;
    struct hf_http_request req;
    size_t used = 0, total = 0;
    hf_http_reader_init(&r);
    for (size_t at = 0, len = first; at <= text.len; at += len, len = chunk) {
        struct hf_bytes part = hf_bytes_head(hf_bytes_from(text, at), len);
        uint8_t *copy = hf_mem_new(part.len + 1);
        if (part.len > 0) memcpy(copy, part.ptr, part.len);
        CHECK_EQ(hf_http_request_read(&r, hf_bytes(copy, part.len), &used, &req), 0);
        total += used;
        trace_request(trace, &req, total);
        hf_mem_free(copy);
        if (req.state != HF_HTTP_NEED_MORE || at + len >= text.len) break;
        CHECK_EQ(used, part.len);
    }
    hf_http_reader_fini(&r);
}

static void check_text(size_t row, struct hf_bytes text, const char *want)
{
    struct hf_buf trace;
    hf_buf_init(&trace, TRACE_MAX);
    for (size_t cut = 0; cut <= text.len; cut++) {
        read_text(text, cut, SIZE_MAX / 2, &trace);
        CHECK_TEXT_AT(row, hf_buf_view(&trace), want);
    }
    read_text(text, 1, 1, &trace);
    CHECK_TEXT_AT(row, hf_buf_view(&trace), want);
    hf_buf_fini(&trace);
}

#define END "\r\n\r\n"
#define HOST "\r\nHost: h"

static const struct {
    struct hf_bytes text;
    const char *want;
} requests[] = {
    { HF_LIT_INIT("GET / HTTP/1.1\r\nHost: a:1\r\n\r\n"), "GET / 1.1 body=0 used=29 [Host|a:1]" },
    { HF_LIT_INIT("GET / HTTP/1.1\r\nHost:\r\n\r\nrest"), "GET / 1.1 body=0 used=25 [Host|]" },
    { HF_LIT_INIT("GET / HTTP/1.0\r\n\r\n\0\x81\n"), "GET / 1.0 body=0 used=18" },
    { HF_LIT_INIT("GET / HTTP/1.0\r\n\r\n"), "GET / 1.0 body=0 used=18" },
    { HF_LIT_INIT("POST /a?b=c HTTP/1.1\r\nhost:x\r\nContent-Length: 5\r\n\r\nhello"),
      "POST /a?b=c 1.1 body=5 used=51 [host|x] [Content-Length|5]" },
    { HF_LIT_INIT("OPTIONS * HTTP/1.0\r\nX:  a \t b\t \r\n\r\n"),
      "OPTIONS * 1.0 body=0 used=35 [X|a \t b]" },
    { HF_LIT_INIT("GET http://h/p HTTP/1.1\r\nHost: h\r\nX: \xC3\xA9\r\n\r\n"),
      "GET http://h/p 1.1 body=0 used=43 [Host|h] [X|\xC3\xA9]" },
    { HF_LIT_INIT("GET / HTTP/1.1\r\nHost: h\r\n"), "more" },
    { HF_LIT_INIT(""), "more" },
    /* Lines. */
    { HF_LIT_INIT("\r\nGET / HTTP/1.1" HOST END), "400 the first line is empty" },
    { HF_LIT_INIT("GET / HTTP/1.1\nHost: h" END), "400 a line does not end with CRLF" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\n\r\n"), "400 a line does not end with CRLF" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\n\n"), "400 a line does not end with CRLF" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nX: a\rb" END), "400 a CR stands inside a line" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\r\n\r\n"), "400 a CR stands inside a line" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\n folded" END), "400 a field line is folded" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\n\tfolded" END), "400 a field line is folded" },
    { HF_LIT_INIT("GET / HTTP/1.1\r\n Host: h" END), "400 a field line is folded" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nX: a\0b" END),
      "400 a control byte stands in the head" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nX: \x7F" END),
      "400 a control byte stands in the head" },
    { HF_LIT_INIT("\x16\x03\x01\x02"), "400 a control byte stands in the head" },
    /* Fields. */
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nX : a" END), "400 a field name is not a token" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\n: a" END), "400 a field name is not a token" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nX(: a" END), "400 a field name is not a token" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\n\xC3\xA9: a" END), "400 a field name is not a token" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nnothing" END), "400 a field line has no colon" },
    /* The request line. */
    { HF_LIT_INIT("GET /" END), "400 the request line has no version" },
    { HF_LIT_INIT("GET" END), "400 the request line has no version" },
    { HF_LIT_INIT("GET / " END), "400 the request line has no version" },
    { HF_LIT_INIT("GET / HTTP/1.1 " HOST END), "400 the request line has no version" },
    { HF_LIT_INIT("GET / x HTTP/1.1" HOST END), "400 the request line has no version" },
    { HF_LIT_INIT("GET / http/1.1" HOST END), "400 the request line has no version" },
    { HF_LIT_INIT("GET / HTTP/1" HOST END), "400 the request line has no version" },
    { HF_LIT_INIT("GET / HTTP/11.1" HOST END), "400 the request line has no version" },
    { HF_LIT_INIT("GET / HTTP/1.2" HOST END), "505 only HTTP/1.0 and HTTP/1.1 are spoken" },
    { HF_LIT_INIT("GET / HTTP/2.0" HOST END), "505 only HTTP/1.0 and HTTP/1.1 are spoken" },
    { HF_LIT_INIT("GET / HTTP/3.7" HOST END), "505 only HTTP/1.0 and HTTP/1.1 are spoken" },
    { HF_LIT_INIT("GET / HTTP/0.9" HOST END), "505 only HTTP/1.0 and HTTP/1.1 are spoken" },
    { HF_LIT_INIT("GET  / HTTP/1.1" HOST END), "400 the request line has no target" },
    { HF_LIT_INIT(" GET / HTTP/1.1" HOST END), "400 the method is not a token" },
    { HF_LIT_INIT("G@T / HTTP/1.1" HOST END), "400 the method is not a token" },
    { HF_LIT_INIT("GET /\xC3\xA9 HTTP/1.1" HOST END),
      "400 the target holds a byte that is not allowed" },
    { HF_LIT_INIT("GET /a#b HTTP/1.1" HOST END),
      "400 the target holds a byte that is not allowed" },
    { HF_LIT_INIT("GET /a\tb HTTP/1.1" HOST END),
      "400 the target holds a byte that is not allowed" },
    { HF_LIT_INIT("GET a HTTP/1.1" HOST END), "400 the target is not a path" },
    { HF_LIT_INIT("GET * HTTP/1.1" HOST END), "400 the target is not a path" },
    { HF_LIT_INIT("GET ftp://a/ HTTP/1.1" HOST END), "400 the target is not a path" },
    { HF_LIT_INIT("CONNECT a:1 HTTP/1.1" HOST END), "501 CONNECT is not supported" },
    /* Host. */
    { HF_LIT_INIT("GET / HTTP/1.1" END), "400 there is no Host field" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST HOST END), "400 there are two Host fields" },
    { HF_LIT_INIT("GET / HTTP/1.0" HOST HOST END), "400 there are two Host fields" },
    { HF_LIT_INIT("GET / HTTP/1.1\r\nHost: a b" END),
      "400 the Host holds a byte that is not allowed" },
    /* Bodies: as many bytes as the bound, and one more. */
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nContent-Length: 65536" END),
      "GET / 1.1 body=65536 used=50 [Host|h] [Content-Length|65536]" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nContent-Length: 65537" END),
      "413 the body is too large" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nContent-Length: 99999999999999999999" END),
      "413 the body is too large" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nContent-Length: -1" END),
      "400 the Content-Length is not a number" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nContent-Length: +1" END),
      "400 the Content-Length is not a number" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nContent-Length: 1, 1" END),
      "400 the Content-Length is not a number" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nContent-Length:" END),
      "400 the Content-Length is not a number" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nContent-Length: 1\r\ncontent-length: 1" END),
      "400 there are two body lengths" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nTransfer-Encoding: chunked" END),
      "501 Transfer-Encoding is not supported" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\ntransfer-encoding: identity" END),
      "501 Transfer-Encoding is not supported" },
    { HF_LIT_INIT("GET / HTTP/1.1" HOST "\r\nTransfer-Encoding: x\r\nContent-Length: 1" END),
      "400 there are two body lengths" },
};

_Static_assert(HF_LIMIT_HTTP_BODY_BYTES == 65536, "the rows about bodies stand at the bound");

static void requests_are_read_or_refused_however_they_are_cut(void)
{
    for (size_t i = 0; i < HF_COUNT(requests); i++)
        check_text(i, requests[i].text, requests[i].want);
}

/* --- bounds --- */

static void add_repeated(struct hf_buf *out, char c, size_t count)
{
    for (size_t i = 0; i < count; i++) hf_buf_add_byte(out, (uint8_t)c);
}

/* The status of a text fed whole and in chunks of 100 bytes: 0 when it is read,
 * 1 when more is needed. */
static unsigned status_of(struct hf_bytes text)
{
    unsigned statuses[2];
    for (size_t i = 0; i < 2; i++) {
        struct hf_http_reader r;
        struct hf_http_request req = { 0 };
        size_t used, step = i == 0 ? text.len : 100;
        hf_http_reader_init(&r);
        for (size_t at = 0; at < text.len && req.state == HF_HTTP_NEED_MORE; at += step)
            CHECK_EQ(
                hf_http_request_read(&r, hf_bytes_head(hf_bytes_from(text, at), step), &used, &req),
                0);
        statuses[i] = req.state == HF_HTTP_NEED_MORE ? 1 : req.fault.status;
        hf_http_reader_fini(&r);
    }
    CHECK_EQ(statuses[0], statuses[1]);
    return statuses[0];
}

static void a_request_line_has_at_most_8192_bytes(void)
{
    for (size_t over = 0; over < 2; over++) {
        struct hf_buf text;
        hf_buf_init(&text, TRACE_MAX);
        HF_BUF_LIT(&text, "GET /");
        add_repeated(&text, 'a', HF_LIMIT_HTTP_LINE_BYTES - 5 - 9 + over);
        HF_BUF_LIT(&text, " HTTP/1.1" HOST END);
        CHECK_EQ_AT(over, status_of(hf_buf_view(&text)), over ? 414 : 0);
        /* Without an end it is refused as soon as it cannot fit any more. */
        CHECK_EQ_AT(over, status_of(hf_bytes_head(hf_buf_view(&text), HF_LIMIT_HTTP_LINE_BYTES)),
                    1);
        hf_buf_fini(&text);
    }
    struct hf_buf text;
    hf_buf_init(&text, TRACE_MAX);
    add_repeated(&text, 'A', HF_LIMIT_HTTP_LINE_BYTES + 1);
    CHECK_EQ(status_of(hf_buf_view(&text)), 1);
    add_repeated(&text, 'A', 1);
    CHECK_EQ(status_of(hf_buf_view(&text)), 414);
    hf_buf_fini(&text);
}

static void a_head_has_at_most_16384_bytes(void)
{
    for (size_t over = 0; over < 2; over++) {
        struct hf_buf text;
        hf_buf_init(&text, TRACE_MAX);
        HF_BUF_LIT(&text, "GET / HTTP/1.1" HOST "\r\nX: ");
        add_repeated(&text, 'a', HF_LIMIT_HTTP_HEAD_BYTES - text.len - 4 + over);
        HF_BUF_LIT(&text, END);
        CHECK_EQ(text.len, HF_LIMIT_HTTP_HEAD_BYTES + over);
        CHECK_EQ_AT(over, status_of(hf_buf_view(&text)), over ? 431 : 0);
        /* The last byte before the bound is missing: nothing is decided yet. */
        CHECK_EQ_AT(over,
                    status_of(hf_bytes_head(hf_buf_view(&text), HF_LIMIT_HTTP_HEAD_BYTES - 1)), 1);
        hf_buf_fini(&text);
    }
}

static void a_head_has_at_most_100_fields(void)
{
    for (size_t over = 0; over < 2; over++) {
        struct hf_buf text;
        hf_buf_init(&text, TRACE_MAX);
        HF_BUF_LIT(&text, "GET / HTTP/1.1" HOST);
        for (size_t i = 1; i < HF_LIMIT_HTTP_FIELDS + over; i++) HF_BUF_LIT(&text, "\r\nX: 1");
        HF_BUF_LIT(&text, END);
        CHECK_EQ_AT(over, status_of(hf_buf_view(&text)), over ? 431 : 0);
        hf_buf_fini(&text);
    }
}

static void a_whole_head_is_read_in_place(void)
{
    struct hf_bytes text = HF_LIT("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    struct hf_http_reader r;
    struct hf_http_request req;
    size_t used;
    hf_http_reader_init(&r);
    CHECK_EQ(hf_http_request_read(&r, text, &used, &req), 0);
    CHECK(req.method.ptr == text.ptr);
    CHECK_EQ(r.held.cap, 0);
    hf_http_reader_fini(&r);
}

/* --- looking things up --- */

static void read_whole(struct hf_http_reader *r, const char *text, struct hf_http_request *req)
{
    size_t used;
    hf_http_reader_init(r);
    CHECK_EQ(hf_http_request_read(r, hf_bytes_cstr(text), &used, req), 0);
    CHECK_EQ(req->state, HF_HTTP_HEAD);
}

static void fields_are_found_by_name_without_case(void)
{
    struct hf_http_reader r;
    struct hf_http_request req;
    struct hf_bytes value = HF_EMPTY;
    size_t at = 0;
    read_whole(&r, "GET / HTTP/1.1\r\nhOST: h\r\nX-A: 1\r\nX-B: 2\r\nx-a: 3\r\n\r\n", &req);
    CHECK(hf_http_find(&req.fields, HF_LIT("Host"), &value));
    CHECK_TEXT(value, "h");
    CHECK(!hf_http_find(&req.fields, HF_LIT("Hos"), &value));
    CHECK_TEXT(value, "h");
    CHECK_EQ(hf_http_count(&req.fields, HF_LIT("X-A")), 2);
    CHECK_EQ(hf_http_count(&req.fields, HF_LIT("X-C")), 0);
    CHECK(hf_http_next(&req.fields, HF_LIT("X-A"), &at, &value));
    CHECK_TEXT(value, "1");
    CHECK(hf_http_next(&req.fields, HF_LIT("X-A"), &at, &value));
    CHECK_TEXT(value, "3");
    CHECK(!hf_http_next(&req.fields, HF_LIT("X-A"), &at, &value));
    hf_http_reader_fini(&r);
}

static const struct {
    const char *list, *token;
    bool is_there;
} tokens[] = {
    { "Upgrade", "upgrade", true },
    { "keep-alive, Upgrade", "upgrade", true },
    { "keep-alive ,\tUPGRADE\t, x", "upgrade", true },
    { ",,upgrade,", "upgrade", true },
    { "upgrade;q=1", "upgrade", true },
    { "upgraded", "upgrade", false },
    { "x-upgrade", "upgrade", false },
    { "up, grade", "upgrade", false },
    { "keep-alive; upgrade", "upgrade", false },
    { "", "upgrade", false },
};

static void a_comma_list_is_searched_for_whole_tokens(void)
{
    for (size_t i = 0; i < HF_COUNT(tokens); i++) {
        struct hf_http_fields fields = { .count = 2 };
        fields.items[0] = (struct hf_http_field){ HF_LIT("List"), HF_LIT("other") };
        fields.items[1] = (struct hf_http_field){ HF_LIT("LIST"), hf_bytes_cstr(tokens[i].list) };
        CHECK_EQ_AT(i, hf_http_has_token(&fields, HF_LIT("list"), hf_bytes_cstr(tokens[i].token)),
                    tokens[i].is_there);
    }
}

static const struct {
    const char *target, *path, *query;
} targets[] = {
    { "/", "/", "" },        { "/a/b?c=d?e", "/a/b", "c=d?e" }, { "/?", "/", "" },
    { "http://h", "/", "" }, { "HTTPS://h:1/p?q", "/p", "q" },  { "http://h?q", "/", "q" },
    { "*", "*", "" },
};

static void a_target_has_a_path_and_a_query(void)
{
    for (size_t i = 0; i < HF_COUNT(targets); i++) {
        struct hf_bytes target = hf_bytes_cstr(targets[i].target);
        CHECK_TEXT_AT(i, hf_http_target_path(target), targets[i].path);
        CHECK_TEXT_AT(i, hf_http_target_query(target), targets[i].query);
    }
}

/* --- upgrades --- */

#define UPGRADE "\r\nUpgrade: websocket"
#define CONNECTION "\r\nConnection: keep-alive, Upgrade"
#define KEY "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
#define VERSION "\r\nSec-WebSocket-Version: 13"

static const struct {
    const char *text;
    unsigned status;
} upgrades[] = {
    { "GET /chat HTTP/1.1" HOST UPGRADE CONNECTION KEY VERSION END, 101 },
    { "GET / HTTP/1.1" HOST "\r\nUPGRADE: foo, WebSocket" CONNECTION KEY VERSION
      "\r\nSec-WebSocket-Extensions: permessage-deflate" END,
      101 },
    { "GET / HTTP/1.1" HOST CONNECTION KEY VERSION END, 0 },
    { "GET / HTTP/1.1" HOST "\r\nUpgrade: h2c" CONNECTION KEY VERSION END, 0 },
    { "POST / HTTP/1.1" HOST UPGRADE CONNECTION KEY VERSION END, 405 },
    { "get / HTTP/1.1" HOST UPGRADE CONNECTION KEY VERSION END, 405 },
    { "GET / HTTP/1.0" HOST UPGRADE CONNECTION KEY VERSION END, 400 },
    { "GET / HTTP/1.1" HOST UPGRADE CONNECTION KEY VERSION "\r\nContent-Length: 1" END, 400 },
    { "GET / HTTP/1.1" HOST UPGRADE CONNECTION KEY VERSION "\r\nContent-Length: 0" END, 101 },
    { "GET / HTTP/1.1" HOST UPGRADE "\r\nConnection: close" KEY VERSION END, 400 },
    { "GET / HTTP/1.1" HOST UPGRADE KEY VERSION END, 400 },
    { "GET / HTTP/1.1" HOST UPGRADE CONNECTION KEY END, 426 },
    { "GET / HTTP/1.1" HOST UPGRADE CONNECTION KEY "\r\nSec-WebSocket-Version: 8" END, 426 },
    { "GET / HTTP/1.1" HOST UPGRADE CONNECTION KEY "\r\nSec-WebSocket-Version: 13, 8" END, 426 },
    { "GET / HTTP/1.1" HOST UPGRADE CONNECTION KEY VERSION VERSION END, 426 },
    { "GET / HTTP/1.1" HOST UPGRADE CONNECTION VERSION END, 400 },
    { "GET / HTTP/1.1" HOST UPGRADE CONNECTION KEY KEY VERSION END, 400 },
    { "GET / HTTP/1.1" HOST UPGRADE CONNECTION VERSION
      "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25j" END,
      400 }, /* 15 bytes */
    { "GET / HTTP/1.1" HOST UPGRADE CONNECTION VERSION
      "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWU=" END,
      400 }, /* 17 bytes */
    { "GET / HTTP/1.1" HOST UPGRADE CONNECTION VERSION
      "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ" END,
      400 }, /* no padding */
    { "GET / HTTP/1.1" HOST UPGRADE CONNECTION VERSION
      "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q==" END,
      400 },
};

static void an_upgrade_is_judged_by_rfc_6455_section_4_2_1(void)
{
    for (size_t i = 0; i < HF_COUNT(upgrades); i++) {
        struct hf_http_reader r;
        struct hf_http_request req;
        struct hf_http_upgrade got;
        read_whole(&r, upgrades[i].text, &req);
        hf_http_upgrade_check(&req, &got);
        CHECK_EQ_AT(i, got.status, upgrades[i].status);
        CHECK_AT(i, (got.what != NULL) == (got.status > 101));
        hf_http_reader_fini(&r);
    }
}

static void the_accept_of_the_rfc_s_example_is_right_and_101_has_three_fields(void)
{
    struct hf_buf out;
    char accept[HF_HTTP_ACCEPT_CHARS];
    hf_buf_init(&out, TRACE_MAX);
    hf_http_accept(HF_LIT("dGhlIHNhbXBsZSBub25jZQ=="), accept);
    hf_http_upgrade_write(&out, accept);
    CHECK_TEXT(hf_buf_view(&out), "HTTP/1.1 101 Switching Protocols\r\n"
                                  "Upgrade: websocket\r\n"
                                  "Connection: Upgrade\r\n"
                                  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    hf_buf_fini(&out);
}

/* --- answers --- */

static void answers_carry_their_length_and_close(void)
{
    struct hf_http_field fields[] = { { HF_LIT_INIT("Content-Type"), HF_LIT_INIT("text/plain") },
                                      { HF_LIT_INIT("Cache-Control"), HF_LIT_INIT("no-store") } };
    struct hf_http_answer answer = {
        .status = 404, .fields = fields, .field_count = 2, .body = HF_LIT("Not Found")
    };
    struct hf_buf out;
    hf_buf_init(&out, TRACE_MAX);
    hf_http_answer_write(&out, &answer);
    CHECK_TEXT(hf_buf_view(&out), "HTTP/1.1 404 Not Found\r\n"
                                  "Content-Type: text/plain\r\n"
                                  "Cache-Control: no-store\r\n"
                                  "Connection: close\r\n"
                                  "Content-Length: 9\r\n\r\nNot Found");
    hf_buf_reset(&out, SIZE_MAX);
    answer = (struct hf_http_answer){ .status = 200, .body = HF_LIT("hidden"), .is_head = true };
    hf_http_answer_write(&out, &answer);
    CHECK_TEXT(hf_buf_view(&out),
               "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\n");
    hf_buf_reset(&out, SIZE_MAX);
    answer = (struct hf_http_answer){ .status = 426 };
    hf_http_answer_write(&out, &answer);
    CHECK_TEXT(hf_buf_view(&out), "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n"
                                  "Sec-WebSocket-Version: 13\r\nConnection: Upgrade, close\r\n"
                                  "Content-Length: 0\r\n\r\n");
    CHECK_TEXT(hf_bytes_cstr(hf_http_status_text(299)), "Unknown");
    hf_buf_fini(&out);
}

CHECK_MAIN(requests_are_read_or_refused_however_they_are_cut, a_request_line_has_at_most_8192_bytes,
           a_head_has_at_most_16384_bytes, a_head_has_at_most_100_fields,
           a_whole_head_is_read_in_place, fields_are_found_by_name_without_case,
           a_comma_list_is_searched_for_whole_tokens, a_target_has_a_path_and_a_query,
           an_upgrade_is_judged_by_rfc_6455_section_4_2_1,
           the_accept_of_the_rfc_s_example_is_right_and_101_has_three_fields,
           answers_carry_their_length_and_close)
