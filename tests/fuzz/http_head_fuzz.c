/* HTTP heads: requests, or responses with their bodies when the first byte is odd; the
 * second byte cuts the rest into chunks. */
#include "fuzz.h"
#include "wire/http_body.h"
#include "wire/http_head.h"
#include "wire/http_response.h"
#include "wire/net_address.h"

enum { RENDERED_MAX = 1 << 16, VALUES_MAX = 8 };

/* What a reader found, in a form in which two readings can be compared. */
struct found {
    enum hf_http_state state;
    size_t used;
    struct hf_buf head;       /* HEAD: the head written anew */
    struct hf_http_body body; /* HEAD of a response */
};

static void check_fields(const struct hf_http_fields *fields)
{
    FUZZ_CHECK(fields->count <= HF_LIMIT_HTTP_FIELDS);
    for (size_t i = 0; i < fields->count; i++) {
        struct hf_bytes value = fields->items[i].value;
        FUZZ_CHECK(hf_http_is_token(fields->items[i].name));
        for (size_t k = 0; k < value.len; k++)
            FUZZ_CHECK((value.ptr[k] >= ' ' && value.ptr[k] != 0x7F) || value.ptr[k] == '\t');
    }
}

static void add_fields(struct hf_buf *out, const struct hf_http_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        hf_buf_add(out, fields->items[i].name);
        HF_BUF_LIT(out, ":");
        hf_buf_add(out, fields->items[i].value);
        HF_BUF_LIT(out, "\r\n");
    }
    HF_BUF_LIT(out, "\r\n");
}

static void add_request(struct hf_buf *out, const struct hf_http_request *req)
{
    check_fields(&req->fields);
    hf_buf_add(out, req->method);
    HF_BUF_LIT(out, " ");
    hf_buf_add(out, req->target);
    hf_buf_addf(out, " HTTP/1.%u\r\n", req->minor);
    add_fields(out, &req->fields);
}

static void add_response(struct hf_buf *out, const struct hf_http_response *res)
{
    check_fields(&res->fields);
    FUZZ_CHECK(res->status >= 100 && res->status <= 599);
    hf_buf_addf(out, "HTTP/1.%u %u ", res->minor, res->status);
    hf_buf_add(out, res->reason);
    HF_BUF_LIT(out, "\r\n");
    add_fields(out, &res->fields);
}

/* Everything that is asked of an accepted request must stand it. */
static void use_request(const struct hf_http_request *req)
{
    struct hf_http_upgrade upgrade;
    struct hf_bytes values[VALUES_MAX], value;
    struct hf_net_address peer = { .bytes = { [15] = 1 } }, client;
    struct hf_net_range trusted = { .base = peer, .bits = 8 * HF_NET_ADDRESS_BYTES };
    size_t count = 0, at = 0;
    hf_http_upgrade_check(req, &upgrade);
    FUZZ_CHECK(upgrade.status == 0 || upgrade.status == 101 || upgrade.what);
    FUZZ_CHECK(hf_http_target_path(req->target).len > 0);
    FUZZ_CHECK(hf_http_target_query(req->target).len <= req->target.len);
    while (count < VALUES_MAX && hf_http_next(&req->fields, HF_LIT("forwarded"), &at, &value))
        values[count++] = value;
    hf_net_client_find(&peer, &trusted, 1, HF_NET_FORWARDED, values, count, &client);
    hf_net_client_find(&peer, &trusted, 1, HF_NET_X_FORWARDED_FOR, values, count, &client);
}

/* Feeds one chunk: true while more is wanted. */
static bool feed(struct hf_http_reader *r, bool is_response, struct hf_bytes chunk,
                 struct found *out)
{
    struct hf_http_response res;
    struct hf_http_request req;
    size_t used;
    int err = is_response ? hf_http_response_read(r, chunk, &used, &res)
                          : hf_http_request_read(r, chunk, &used, &req);
    FUZZ_CHECK(err == 0 && used <= chunk.len);
    out->state = is_response ? res.state : req.state;
    out->used += used;
    const char *what = is_response ? res.fault.what : req.fault.what;
    FUZZ_CHECK((what != NULL) == (out->state == HF_HTTP_REFUSED));
    if (out->state == HF_HTTP_HEAD && is_response) {
        add_response(&out->head, &res);
        hf_http_body_init(&out->body, &res);
    }
    if (out->state == HF_HTTP_HEAD && !is_response) {
        add_request(&out->head, &req);
        use_request(&req);
    }
    FUZZ_CHECK(out->state != HF_HTTP_NEED_MORE || used == chunk.len);
    return out->state == HF_HTTP_NEED_MORE;
}

static void read_all(bool is_response, struct hf_bytes text, uint32_t cuts, struct found *out)
{
    struct hf_http_reader r;
    bool wants_more = true;
    *out = (struct found){ .state = HF_HTTP_NEED_MORE };
    hf_buf_init(&out->head, RENDERED_MAX);
    hf_http_reader_init(&r);
    while (wants_more && text.len > 0) {
        struct hf_bytes chunk = hf_bytes_head(text, fuzz_chunk(&cuts, text.len));
        uint8_t *copy = fuzz_copy(chunk);
        wants_more = feed(&r, is_response, hf_bytes(copy, chunk.len), out);
        hf_mem_free(copy);
        text = hf_bytes_from(text, chunk.len);
    }
    FUZZ_CHECK(r.held.cap <= HF_LIMIT_HTTP_HEAD_BYTES);
    hf_http_reader_fini(&r);
}

static void read_body(struct hf_http_body body, struct hf_bytes text, uint32_t cuts,
                      struct hf_buf *out)
{
    hf_buf_init(out, SIZE_MAX);
    while (text.len > 0 && !hf_http_body_is_done(&body)) {
        struct hf_bytes chunk = hf_bytes_head(text, fuzz_chunk(&cuts, text.len));
        text = hf_bytes_from(text, chunk.len);
        for (struct hf_bytes piece; (piece = hf_http_body_next(&body, &chunk)).len > 0;)
            hf_buf_add(out, piece);
        FUZZ_CHECK(chunk.len == 0 || hf_http_body_is_done(&body));
    }
}

/* However it is cut, the body of a response is the same. */
static void compare_bodies(const struct found *found, struct hf_bytes rest, uint32_t cuts)
{
    struct hf_buf whole, pieces;
    read_body(found->body, rest, 0, &whole);
    read_body(found->body, rest, cuts, &pieces);
    FUZZ_CHECK(hf_bytes_same(hf_buf_view(&whole), hf_buf_view(&pieces)));
    hf_buf_fini(&whole);
    hf_buf_fini(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hf_bytes input = hf_bytes(data, len);
    bool is_response = fuzz_take(&input) & 1;
    uint32_t cuts = 1u + fuzz_take(&input);
    struct found whole, pieces, again;
    read_all(is_response, input, 0, &whole);
    read_all(is_response, input, cuts, &pieces);
    FUZZ_CHECK(whole.state == pieces.state);
    FUZZ_CHECK(whole.state == HF_HTTP_REFUSED || whole.used == pieces.used);
    FUZZ_CHECK(hf_bytes_same(hf_buf_view(&whole.head), hf_buf_view(&pieces.head)));
    if (whole.state == HF_HTTP_HEAD && is_response)
        compare_bodies(&whole, hf_bytes_from(input, whole.used), cuts);
    read_all(is_response, hf_buf_view(&whole.head), 0, &again);
    if (whole.state == HF_HTTP_HEAD) {
        FUZZ_CHECK(again.used == whole.head.len);
        FUZZ_CHECK(hf_bytes_same(hf_buf_view(&whole.head), hf_buf_view(&again.head)));
    }
    hf_buf_fini(&whole.head);
    hf_buf_fini(&pieces.head);
    hf_buf_fini(&again.head);
    return 0;
}
