/* JSON texts and frames.  First byte: the depth cap.  What is accepted is walked with every getter
 * and written again; what is not accepted must not lead a getter out of its span either. */
#include "base/err.h"
#include "base/limits.h"
#include "fuzz.h"
#include "wire/frame.h"
#include "wire/json_read.h"
#include "wire/json_run.h"
#include "wire/json_write.h"
#include "wire/utf8.h"

enum { OUT_MAX = 1 << 24, MEMBERS_MAX = 8 };

static void write_value(struct hf_json_writer *w, struct hf_bytes value);

/* Decoded, quoted, and decoded again. */
static void write_text(struct hf_json_writer *w, struct hf_bytes value, bool is_key)
{
    struct hf_buf text, quoted, again;
    hf_buf_init(&text, OUT_MAX);
    hf_buf_init(&quoted, OUT_MAX);
    hf_buf_init(&again, OUT_MAX);
    hf_json_text(value, &text);
    FUZZ_CHECK(text.len <= value.len);
    FUZZ_CHECK(hf_utf8_check(hf_buf_view(&text)));
    FUZZ_CHECK(hf_json_is(value, hf_buf_view(&text)));
    FUZZ_CHECK(hf_json_chars(value) <= text.len);
    hf_json_quote(&quoted, hf_buf_view(&text));
    FUZZ_CHECK(hf_json_check(hf_buf_view(&quoted), 0, NULL) == 0);
    hf_json_text(hf_buf_view(&quoted), &again);
    FUZZ_CHECK(hf_bytes_same(hf_buf_view(&again), hf_buf_view(&text)));
    if (is_key)
        hf_json_key_text(w, hf_buf_view(&text));
    else
        hf_json_put_text(w, hf_buf_view(&text));
    hf_buf_fini(&text);
    hf_buf_fini(&quoted);
    hf_buf_fini(&again);
}

static void write_container(struct hf_json_writer *w, struct hf_bytes value)
{
    bool is_object = hf_json_kind(value) == HF_JSON_OBJECT;
    struct hf_json_iter it = hf_json_iter(value);
    struct hf_json_member member = { { NULL, 0 }, { NULL, 0 } };
    size_t count = 0;
    is_object ? hf_json_open_object(w) : hf_json_open_array(w);
    for (; is_object ? hf_json_next_member(&it, &member) : hf_json_next(&it, &member.value);
         count++) {
        if (is_object) write_text(w, member.key, true);
        write_value(w, member.value);
    }
    FUZZ_CHECK(count == hf_json_count(value));
    is_object ? hf_json_close_object(w) : hf_json_close_array(w);
}

static void check_number(struct hf_bytes value)
{
    int64_t whole, again;
    double real;
    int err = hf_json_get_int(value, &whole);
    if (err == 0) FUZZ_CHECK(hf_json_get_whole(value, &again) == 0 && again == whole);
    err = hf_json_get_double(value, &real);
    FUZZ_CHECK(err == (value.len > HF_LIMIT_JSON_NUMBER_BYTES ? HF_ERR_TOO_LARGE : 0));
}

static void write_value(struct hf_json_writer *w, struct hf_bytes value)
{
    switch (hf_json_kind(value)) {
    case HF_JSON_OBJECT:
    case HF_JSON_ARRAY:
        write_container(w, value);
        break;
    case HF_JSON_STRING:
        write_text(w, value, false);
        break;
    case HF_JSON_NUMBER:
        check_number(value);
        hf_json_put_raw(w, value);
        break;
    case HF_JSON_BOOL:
    case HF_JSON_NULL:
        hf_json_put_raw(w, value);
        break;
    case HF_JSON_NONE:
        FUZZ_CHECK(false);
    }
}

/* Written twice, the second time from what was written: the same bytes. */
static void check_round_trip(struct hf_bytes text, uint32_t depth_max)
{
    struct hf_buf once, twice;
    struct hf_json_writer w;
    hf_buf_init(&once, OUT_MAX);
    hf_buf_init(&twice, OUT_MAX);
    hf_json_writer_init(&w, &once);
    write_value(&w, hf_json_root(text));
    FUZZ_CHECK(w.depth == 0 && !w.has_key);
    FUZZ_CHECK(hf_json_check(hf_buf_view(&once), depth_max, NULL) == 0);
    hf_json_writer_init(&w, &twice);
    write_value(&w, hf_json_root(hf_buf_view(&once)));
    FUZZ_CHECK(hf_bytes_same(hf_buf_view(&once), hf_buf_view(&twice)));
    hf_buf_fini(&once);
    hf_buf_fini(&twice);
}

/* The members that the scanner noted are those that the walk meets. */
static void check_members(struct hf_bytes text, uint32_t depth_max)
{
    struct hf_json_member members[MEMBERS_MAX], member;
    size_t count, met = 0;
    struct hf_bytes root = hf_json_root(text);
    FUZZ_CHECK(hf_json_check_members(text, depth_max, members, MEMBERS_MAX, &count, NULL) == 0);
    struct hf_json_iter it = hf_json_iter(root);
    for (; hf_json_kind(root) == HF_JSON_OBJECT && hf_json_next_member(&it, &member); met++) {
        if (met >= MEMBERS_MAX) continue;
        FUZZ_CHECK(member.key.ptr == members[met].key.ptr &&
                   member.key.len == members[met].key.len);
        FUZZ_CHECK(member.value.ptr == members[met].value.ptr);
        FUZZ_CHECK(member.value.len == members[met].value.len);
    }
    FUZZ_CHECK(met == count);
}

static void check_frames(struct hf_bytes text, uint32_t depth_max, int checked)
{
    struct hf_buf scratch, why;
    struct hf_req req;
    struct hf_frame frame;
    hf_buf_init(&scratch, OUT_MAX);
    hf_buf_init(&why, OUT_MAX);
    int err = hf_frame_read_req(text, depth_max, &scratch, &why, &req);
    FUZZ_CHECK(err == checked || (checked == 0 && err == HF_ERR_TYPE));
    FUZZ_CHECK((err == HF_ERR_TYPE) == (why.len > 0));
    FUZZ_CHECK(hf_utf8_check(hf_buf_view(&why)));
    if (checked == 0) FUZZ_CHECK(hf_json_check(req.id, depth_max, NULL) == 0);
    if (err == 0) FUZZ_CHECK(req.method.len > 0);
    err = hf_frame_read(text, depth_max, &frame);
    if (checked != 0) FUZZ_CHECK(err == checked);
    hf_buf_fini(&scratch);
    hf_buf_fini(&why);
}

/* Every getter over bytes that were never checked. */
static void misuse(struct hf_bytes text)
{
    struct hf_json_iter it = hf_json_iter(text);
    struct hf_json_member member;
    struct hf_buf out;
    struct hf_bytes plain;
    int64_t whole;
    double real;
    bool flag;
    hf_buf_init(&out, OUT_MAX);
    while (hf_json_next_member(&it, &member)) hf_json_text(member.value, &out);
    hf_json_text(text, &out);
    hf_json_find(text, "a");
    hf_json_count(text);
    hf_json_chars(text);
    hf_json_get_plain(text, &plain);
    hf_json_get_int(text, &whole);
    hf_json_get_whole(text, &whole);
    hf_json_get_double(text, &real);
    hf_json_get_bool(text, &flag);
    hf_buf_fini(&out);
}

static void check_runs(struct hf_bytes text)
{
    const uint8_t *end = text.ptr + text.len;
    FUZZ_CHECK(hf_json_run(text.ptr, end, HF_JSON_RUN_ASCII) ==
               hf_json_run_portable(text.ptr, end, HF_JSON_RUN_ASCII));
    FUZZ_CHECK(hf_json_run(text.ptr, end, HF_JSON_RUN_TEXT) ==
               hf_json_run_portable(text.ptr, end, HF_JSON_RUN_TEXT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hf_bytes input = hf_bytes(data, len);
    uint32_t depth_max = fuzz_take(&input) % (HF_JSON_WRITE_DEPTH + 1);
    uint8_t *copy = fuzz_copy(input);
    struct hf_bytes text = hf_bytes(copy, input.len);
    struct hf_json_error error;
    int err = hf_json_check(text, depth_max, &error);
    check_runs(text);
    check_frames(text, depth_max, err);
    if (err == 0) {
        check_members(text, depth_max);
        check_round_trip(text, depth_max);
    } else {
        FUZZ_CHECK(error.code == err && error.offset <= text.len && error.what[0] != 0);
        misuse(text);
    }
    hf_mem_free(copy);
    return 0;
}
