/* What config.get may say.  First byte: the key and the value that are written; its highest bit:
 * the rest is the text of the file, else the whole payload.  What fits has the value at its
 * place, is found to be what was sent, and needs no second writing. */
#include "fuzz.h"
#include "wire/json5.h"
#include "wire/json_read.h"
#include "wire/json_scan.h"
#include "wire/json_write.h"
#include "wire/schema/gateway_config.h"

enum { OUT_MAX = 1 << 24, DEPTH_MAX = 64 };

static const struct hf_bytes paths[] = { HF_LIT_INIT("a"), HF_LIT_INIT("a.b"),
                                         HF_LIT_INIT("gateway.port"), HF_LIT_INIT("x-y.2.z") };
static const struct hf_bytes values[] = { HF_LIT_INIT("1"), HF_LIT_INIT("\"t\\u0000\""),
                                          HF_LIT_INIT("{\"b\":[]}"), HF_LIT_INIT("null") };

static void write_payload(struct hf_buf *out, struct hf_bytes raw, struct hf_bytes parsed)
{
    struct hf_json_writer w;
    hf_buf_init(out, OUT_MAX);
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "hash", parsed.len > 0 ? HF_LIT("after") : HF_LIT("before"));
    if (parsed.len > 0)
        hf_json_add_raw(&w, "parsed", parsed);
    else
        hf_json_add_text(&w, "raw", raw);
    hf_json_close_object(&w);
    FUZZ_CHECK(hf_buf_done(out) == 0);
}

static void check_draft(const struct hf_draft *d, struct hf_bytes path, struct hf_bytes value)
{
    struct hf_bytes sent = hf_json_root(hf_buf_view(&d->sent));
    struct hf_draft again = { 0 };
    struct hf_buf payload;
    FUZZ_CHECK(hf_json_check(hf_buf_view(&d->params), DEPTH_MAX, NULL) == 0);
    FUZZ_CHECK(hf_json_check(sent, DEPTH_MAX, NULL) == 0);
    FUZZ_CHECK(hf_json_match(value, hf_json_at(sent, path), HF_EMPTY) == HF_JSON_MATCHES);
    FUZZ_CHECK(hf_json_match(hf_json_at(sent, path), value, HF_EMPTY) == HF_JSON_MATCHES);
    write_payload(&payload, HF_EMPTY, sent);
    FUZZ_CHECK(hf_draft_check(d, hf_buf_view(&payload), path) == HF_JSON_MATCHES);
    FUZZ_CHECK(hf_draft_write(&again, hf_buf_view(&payload), path, value) == HF_DRAFT_SAME);
    hf_draft_fini(&again);
    hf_buf_fini(&payload);
}

static void try_payload(struct hf_bytes payload, struct hf_bytes path, struct hf_bytes value)
{
    struct hf_draft draft = { 0 };
    struct hf_buf view;
    if (hf_json_check(payload, DEPTH_MAX, NULL) != 0) return;
    payload = hf_json_root(payload);
    if (hf_draft_write(&draft, payload, path, value) == HF_DRAFT_FITS)
        check_draft(&draft, path, value);
    hf_draft_fini(&draft);
    hf_gateway_config_error(payload);
    hf_buf_init(&view, OUT_MAX);
    hf_gateway_config_view(payload, path, &view);
    FUZZ_CHECK(hf_json_check(hf_buf_view(&view), DEPTH_MAX + 1, NULL) == 0);
    hf_buf_fini(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hf_bytes input = hf_bytes(data, len);
    uint8_t choice = fuzz_take(&input);
    struct hf_bytes path = paths[choice % HF_COUNT(paths)];
    struct hf_bytes value = values[choice / HF_COUNT(paths) % HF_COUNT(values)];
    uint8_t *copy = fuzz_copy(input);
    struct hf_bytes rest = hf_bytes(copy, input.len);
    if (choice & 0x80) {
        struct hf_buf payload;
        write_payload(&payload, rest, HF_EMPTY);
        try_payload(hf_buf_view(&payload), path, value);
        hf_buf_fini(&payload);
    } else {
        try_payload(rest, path, value);
    }
    hf_mem_free(copy);
    return 0;
}
