#include "wire/schema/error.h"
#include "base/assert.h"
#include "wire/json_write.h"

struct detail_row {
    const char *name, *member, *reason, *next_step;
};

static const char *const code_names[HF_CODE_COUNT] = {
#define CODE_ROW(name) [HF_CODE_##name] = #name,
    HF_CODES(CODE_ROW)
#undef CODE_ROW
};

static const struct detail_row detail_rows[] = {
#define DETAIL_ROW(name, member, reason, next_step)                                                \
    [HF_DETAIL_##name] = { #name, member, reason, next_step },
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
    HF_ASSERT(detail > HF_DETAIL_NONE && detail < HF_COUNT(detail_rows));
    return detail_rows[detail].name;
}

bool hf_code_find(struct hf_bytes name, enum hf_code *out)
{
    for (size_t i = 0; i < HF_CODE_COUNT; i++)
        if (hf_bytes_same(name, hf_bytes_cstr(code_names[i]))) {
            *out = (enum hf_code)i;
            return true;
        }
    return false;
}

void hf_error_write_details(struct hf_buf *out, enum hf_detail detail, struct hf_bytes reason)
{
    struct hf_json_writer w;
    const char *name = hf_detail_name(detail);
    const struct detail_row *row = &detail_rows[detail];
    if (reason.len == 0) reason = hf_bytes_cstr(row->reason);
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "code", hf_bytes_cstr(name));
    if (row->member[0] && reason.len > 0) hf_json_add_text(&w, row->member, reason);
    if (row->next_step[0]) {
        /* Only refused credentials have a next step, and none of them is mended by trying the
         * device token: whoever sent one was judged by it. */
        hf_json_add_bool(&w, "canRetryWithDeviceToken", false);
        hf_json_add_text(&w, "recommendedNextStep", hf_bytes_cstr(row->next_step));
    }
    hf_json_close_object(&w);
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

void hf_error_write(struct hf_buf *out, const struct hf_error *error)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    put_error(&w, error);
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
