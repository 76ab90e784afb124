#include "wire/http_body.h"
#include "base/limits.h"
#include "lib/check.h"

enum { TEXT_MAX = 65536 };

static char got[TEXT_MAX];
static size_t got_len;

static bool gather(struct hf_http_body *b, struct hf_bytes data)
{
    for (;;) {
        struct hf_bytes piece = hf_http_body_next(b, &data);
        if (piece.len == 0) return hf_http_body_is_done(b);
        CHECK(got_len + piece.len <= sizeof got);
        memcpy(got + got_len, piece.ptr, piece.len);
        got_len += piece.len;
    }
}

static struct hf_http_body begin(unsigned status, bool is_chunked, int length)
{
    struct hf_http_response head = { .status = status, .is_chunked = is_chunked };
    struct hf_http_body b;
    head.has_length = length >= 0;
    head.content_length = length >= 0 ? (uint64_t)length : 0;
    hf_http_body_init(&b, &head);
    got_len = 0;
    return b;
}

static void a_body_ends_where_its_head_says(void)
{
    static const struct {
        unsigned status;
        bool is_chunked;
        int length;
        const char *text, *body;
        bool is_done;
    } rows[] = {
        { 502, false, 3, "abc", "abc", true },
        { 502, false, 3, "abcde", "abc", true },
        { 502, false, 4, "abc", "abc", false },
        { 502, false, 0, "abc", "", true },
        { 502, false, -1, "abc", "abc", false },
        { 204, false, -1, "abc", "", true },
        { 304, false, 3, "abc", "", true },
        { 199, false, 3, "abc", "", true },
        { 200, true, -1, "3\r\nabc\r\n0\r\n\r\n", "abc", true },
        { 502, true, -1, "1\r\na\r\n002;x=y\r\nbc\r\n0\r\n\r\nmore", "abc", true },
        { 502, true, -1, "a \t;x\r\n0123456789\r\nB\r\nhello world\r\n00\r\n\r\n",
          "0123456789hello world", true },
        { 502, true, -1, "2\r\nab\r\n0\r\nName: value\r\nOther: 1\r\n\r\n", "ab", true },
        { 502, true, -1, "2\r\nab\r\n0\r\nName: value\r\n", "ab", false },
        { 502, true, -1, "2\r\nab\r\n", "ab", false },
        { 502, true, -1, "0\r\n\r\n", "", true },
        /* What is no chunk ends it. */
        { 502, true, -1, "2\r\nabX", "ab", true },
        { 502, true, -1, "2\r\nab\rX", "ab", true },
        { 502, true, -1, "2\nab", "", true },
        { 502, true, -1, "\r\nab", "", true },
        { 502, true, -1, "g\r\nab", "", true },
        { 502, true, -1, "-1\r\nab", "", true },
        { 502, true, -1, "2\rXab", "", true },
        { 502, true, -1, "ffffffffffffffff\r\nab", "ab", false },
        { 502, true, -1, "10000000000000000\r\nab", "", true },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        for (size_t step = 1; step <= strlen(rows[i].text); step++) {
            struct hf_http_body b = begin(rows[i].status, rows[i].is_chunked, rows[i].length);
            struct hf_bytes text = hf_bytes_cstr(rows[i].text);
            bool is_done = hf_http_body_is_done(&b);
            for (size_t at = 0; at < text.len && !is_done; at += step)
                is_done = gather(&b, hf_bytes_head(hf_bytes_from(text, at), step));
            CHECK_TEXT_AT(i, hf_bytes(got, got_len), rows[i].body);
            CHECK_EQ_AT(i, is_done, rows[i].is_done);
        }
    }
}

static void give_many(struct hf_http_body *b, char byte, size_t count)
{
    for (size_t i = 0; i < count; i++) gather(b, hf_bytes(&byte, 1));
}

static void lines_and_trailers_are_bounded(void)
{
    struct hf_http_body b = begin(502, true, -1);
    gather(&b, HF_LIT("1;"));
    give_many(&b, 'x', HF_LIMIT_HTTP_LINE_BYTES - 4);
    gather(&b, HF_LIT("\r\na\r\n1;"));
    CHECK(!hf_http_body_is_done(&b) && got_len == 1);
    give_many(&b, 'x', HF_LIMIT_HTTP_LINE_BYTES - 2);
    CHECK(!hf_http_body_is_done(&b));
    give_many(&b, 'x', 1);
    CHECK(hf_http_body_is_done(&b));
    b = begin(502, true, -1);
    gather(&b, HF_LIT("0\r\n"));
    give_many(&b, 'x', HF_LIMIT_HTTP_HEAD_BYTES);
    CHECK(!hf_http_body_is_done(&b));
    give_many(&b, 'x', 1);
    CHECK(hf_http_body_is_done(&b));
}

CHECK_MAIN(a_body_ends_where_its_head_says, lines_and_trailers_are_bounded)
