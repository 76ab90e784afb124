#include "wire/schema/error.h"
#include "base/assert.h"
#include "wire/json_write.h"

static const char *const code_names[HF_CODE_COUNT] = {
#define CODE_ROW(name) [HF_CODE_##name] = #name,
    HF_CODES(CODE_ROW)
#undef CODE_ROW
};

static const char *const detail_names[HF_DETAIL_COUNT] = {
#define DETAIL_ROW(name) [HF_DETAIL_##name] = #name,
    HF_DETAILS(DETAIL_ROW)
#undef DETAIL_ROW
};

const char *hf_code_name(enum hf_code code)
{
    HF_ASSERT(code < HF_CODE_COUNT);
    return code_names[code];
}

const char *hf_detail_name(enum hf_detail detail)
{
    HF_ASSERT(detail < HF_DETAIL_COUNT);
    return detail_names[detail];
}

static void put_error(struct hf_json_writer *w, const struct hf_error *error)
{
    hf_json_open_object(w);
    hf_json_add_text(w, "code", hf_bytes_cstr(hf_code_name(error->code)));
    hf_json_add_text(w, "message", error->message);
    if (error->details.len > 0) hf_json_add_raw(w, "details", error->details);
    if (error->has_retryable) hf_json_add_bool(w, "retryable", error->retryable);
    if (error->has_retry_after) hf_json_add_int(w, "retryAfterMs", error->retry_after_ms);
    hf_json_close_object(w);
}

void hf_error_write_res(struct hf_buf *out, struct hf_bytes id, const struct hf_error *error)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "type", HF_LIT("res"));
    hf_json_add_raw(&w, "id", id);
    hf_json_add_bool(&w, "ok", false);
    hf_json_key(&w, "error");
    put_error(&w, error);
    hf_json_close_object(&w);
}
