/* What a child writes: lines however they are cut, cleaned, folded, redacted.  The first
 * two bytes of the input choose the cuts and the pipe, the rest is the output. */
#include "base/limits.h"
#include "core/output.h"
#include "fuzz.h"
#include "wire/utf8.h"

enum { TOLD_MAX = 1 << 24 };

/* All notes as text: kind, level, count, text. */
static void tell(struct hf_output_room *o, struct hf_bytes bytes, bool is_stderr,
                 struct hf_buf *told)
{
    struct hf_output_note note;
    hf_output_give(o, is_stderr, bytes);
    while (hf_output_next(o, hf_at_ms(0), &note)) {
        FUZZ_CHECK(hf_utf8_check(note.text));
        FUZZ_CHECK(hf_bytes_find(note.text, 0, 0x1b) == note.text.len);
        hf_buf_addf(told, "%d %d %u ", (int)note.kind, (int)note.level, (unsigned)note.count);
        hf_buf_add(told, note.text);
        hf_buf_add_byte(told, '\n');
    }
}

static void run(struct hf_bytes text, uint32_t cuts, bool is_stderr, struct hf_buf *told)
{
    struct hf_output_room o;
    struct hf_output_note note;
    uint32_t cursor = 0;
    FUZZ_CHECK(hf_output_init(&o, (struct hf_hash_key){ 1, 2 }, NULL) == 0);
    while (text.len > 0) {
        size_t len = fuzz_chunk(&cuts, text.len);
        uint8_t *copy = fuzz_copy(hf_bytes_head(text, len));
        tell(&o, hf_bytes(copy, len), is_stderr, told);
        hf_mem_free(copy);
        text = hf_bytes_from(text, len);
    }
    hf_output_end(&o, is_stderr);
    tell(&o, HF_EMPTY, is_stderr, told);
    while (hf_output_rest(&o, &cursor, &note)) hf_buf_add(told, note.text);
    FUZZ_CHECK(o.fold.len <= HF_LIMIT_OUTPUT_KEYS);
    FUZZ_CHECK(hf_output_kept_count(&o) <= HF_LIMIT_OUTPUT_KEPT);
    for (size_t i = 0; i < hf_output_kept_count(&o); i++) {
        FUZZ_CHECK(hf_utf8_check(hf_output_kept_line(&o, i)));
        hf_output_kept_show(&o, i, told);
    }
    hf_output_fini(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hf_bytes input = hf_bytes(data, len);
    uint32_t cuts = fuzz_take(&input);
    bool is_stderr = fuzz_take(&input) % 2 == 0;
    struct hf_buf whole, pieces;
    hf_buf_init(&whole, TOLD_MAX);
    hf_buf_init(&pieces, TOLD_MAX);
    run(input, 0, is_stderr, &whole);
    run(input, cuts, is_stderr, &pieces);
    FUZZ_CHECK(hf_bytes_same(hf_buf_view(&whole), hf_buf_view(&pieces)));
    hf_buf_fini(&whole);
    hf_buf_fini(&pieces);
    return 0;
}
