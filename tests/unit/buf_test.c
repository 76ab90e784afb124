#include "base/buf.h"
#include "base/err.h"
#include "lib/check.h"

static void the_cap_holds_at_n_and_refuses_at_n_plus_1(void)
{
    static const size_t caps[] = { 1, 255, 256, 257, 1000 };
    for (size_t i = 0; i < HF_COUNT(caps); i++) {
        struct hf_buf b;
        hf_buf_init(&b, caps[i]);
        for (size_t k = 0; k < caps[i]; k++) hf_buf_add_byte(&b, 'x');
        CHECK_EQ_AT(i, hf_buf_done(&b), 0);
        CHECK_EQ_AT(i, b.len, caps[i]);
        CHECK_AT(i, b.cap <= caps[i]);
        hf_buf_add_byte(&b, 'x');
        CHECK_EQ_AT(i, hf_buf_done(&b), HF_ERR_LIMIT);
        CHECK_EQ_AT(i, b.len, caps[i]);
        hf_buf_fini(&b);
    }
}

static void the_first_failure_sticks_until_reset(void)
{
    struct hf_buf b;
    hf_buf_init(&b, 4);
    hf_buf_add(&b, HF_LIT("12345"));
    hf_buf_add(&b, HF_LIT("1"));
    hf_buf_add_u64(&b, 1);
    hf_buf_addf(&b, "%d", 1);
    CHECK_EQ(hf_buf_reserve(&b, 1), HF_ERR_LIMIT);
    CHECK_EQ(b.len, 0);
    hf_buf_reset(&b, 0);
    hf_buf_add(&b, HF_LIT("1234"));
    CHECK_EQ(hf_buf_done(&b), 0);
    CHECK_TEXT(hf_buf_view(&b), "1234");
    hf_buf_fini(&b);
}

static void a_length_that_would_wrap_is_over_the_cap(void)
{
    struct hf_buf b;
    hf_buf_init(&b, 100);
    hf_buf_add(&b, HF_LIT("x"));
    CHECK_EQ(hf_buf_reserve(&b, SIZE_MAX), HF_ERR_LIMIT);
    hf_buf_fini(&b);
}

static void a_zeroed_buffer_is_empty_and_takes_nothing(void)
{
    struct hf_buf b = { 0 };
    hf_buf_add(&b, HF_EMPTY);
    CHECK_EQ(hf_buf_done(&b), 0);
    hf_buf_add_byte(&b, 'x');
    CHECK_EQ(hf_buf_done(&b), HF_ERR_LIMIT);
    hf_buf_fini(&b);
    hf_buf_fini(&b);
}

static const struct {
    int64_t value;
    const char *text;
} integers[] = {
    { 0, "0" },
    { 9, "9" },
    { 10, "10" },
    { -1, "-1" },
    { INT64_MAX, "9223372036854775807" },
    { INT64_MIN, "-9223372036854775808" },
};

static void integers_are_written_in_decimal(void)
{
    struct hf_buf b;
    hf_buf_init(&b, 100);
    for (size_t i = 0; i < HF_COUNT(integers); i++) {
        hf_buf_reset(&b, 100);
        hf_buf_add_i64(&b, integers[i].value);
        CHECK_TEXT_AT(i, hf_buf_view(&b), integers[i].text);
    }
    hf_buf_reset(&b, 100);
    hf_buf_add_u64(&b, UINT64_MAX);
    CHECK_TEXT(hf_buf_view(&b), "18446744073709551615");
    hf_buf_fini(&b);
}

static void formatted_text_is_added_whole(void)
{
    struct hf_buf b;
    hf_buf_init(&b, 1000);
    hf_buf_addf(&b, "%s=%d", "a", 1);
    hf_buf_addf(&b, " %0300d", 2);
    CHECK_EQ(b.len, 3 + 301);
    CHECK(hf_bytes_starts(hf_buf_view(&b), HF_LIT("a=1 000")));
    CHECK(hf_bytes_ends(hf_buf_view(&b), HF_LIT("0002")));
    hf_buf_fini(&b);
}

static void formatted_text_wants_one_byte_more(void)
{
    for (size_t over = 0; over < 2; over++) {
        struct hf_buf b;
        hf_buf_init(&b, 5 - over);
        hf_buf_addf(&b, "%s", "1234");
        CHECK_EQ_AT(over, hf_buf_done(&b), over ? HF_ERR_LIMIT : 0);
        CHECK_EQ_AT(over, b.len, over ? 0 : 4);
        hf_buf_fini(&b);
    }
}

static void bytes_leave_at_the_head_and_at_the_end(void)
{
    struct hf_buf b;
    hf_buf_init(&b, 100);
    hf_buf_add(&b, HF_LIT("0123456789"));
    hf_buf_take(&b, 0);
    hf_buf_take(&b, 3);
    CHECK_TEXT(hf_buf_view(&b), "3456789");
    hf_buf_cut(&b, 7);
    hf_buf_cut(&b, 2);
    CHECK_TEXT(hf_buf_view(&b), "34");
    hf_buf_take(&b, 2);
    CHECK_EQ(b.len, 0);
    hf_buf_fini(&b);
}

static void reserved_room_is_written_by_the_caller(void)
{
    struct hf_buf b;
    hf_buf_init(&b, 300);
    CHECK_EQ(hf_buf_reserve(&b, 300), 0);
    memset(b.ptr, 'x', 300);
    hf_buf_used(&b, 300);
    CHECK_EQ(b.len, 300);
    CHECK_EQ(hf_buf_reserve(&b, 0), 0);
    CHECK_EQ(hf_buf_reserve(&b, 1), HF_ERR_LIMIT);
    hf_buf_fini(&b);
}

static void reset_keeps_small_memory_and_frees_large(void)
{
    struct hf_buf b;
    hf_buf_init(&b, 5000);
    CHECK_EQ(hf_buf_reserve(&b, 256), 0);
    hf_buf_reset(&b, 256);
    CHECK_EQ(b.cap, 256);
    hf_buf_reset(&b, 255);
    CHECK_EQ(b.cap, 0);
    CHECK(b.ptr == NULL);
    hf_buf_fini(&b);
}

/* The zero needs room of its own, and does not count. */
static void a_text_for_c_has_a_zero_behind_it_or_is_none(void)
{
    for (size_t extra = 0; extra <= 1; extra++) {
        struct hf_buf b;
        hf_buf_init(&b, 4 - extra);
        HF_BUF_LIT(&b, "abc");
        const char *text = hf_buf_text(&b);
        CHECK_EQ_AT(extra, text != NULL, extra == 0);
        CHECK_EQ_AT(extra, b.len, 3);
        if (text) CHECK_TEXT(hf_bytes_cstr(text), "abc");
        CHECK_EQ_AT(extra, hf_buf_done(&b), extra ? HF_ERR_LIMIT : 0);
        hf_buf_fini(&b);
    }
}

static void swapped_buffers_keep_their_caps(void)
{
    struct hf_buf a, b;
    hf_buf_init(&a, 4);
    hf_buf_init(&b, 8);
    hf_buf_add(&a, HF_LIT("four"));
    hf_buf_add(&b, HF_LIT("eight wi"));
    hf_buf_swap(&a, &b);
    CHECK_TEXT(hf_buf_view(&a), "eight wi");
    CHECK_TEXT(hf_buf_view(&b), "four");
    CHECK_EQ(a.max, 8);
    CHECK_EQ(b.max, 4);
    hf_buf_fini(&a);
    hf_buf_fini(&b);
}

CHECK_MAIN(swapped_buffers_keep_their_caps, a_text_for_c_has_a_zero_behind_it_or_is_none,
           the_cap_holds_at_n_and_refuses_at_n_plus_1, the_first_failure_sticks_until_reset,
           a_length_that_would_wrap_is_over_the_cap, a_zeroed_buffer_is_empty_and_takes_nothing,
           integers_are_written_in_decimal, formatted_text_is_added_whole,
           formatted_text_wants_one_byte_more, bytes_leave_at_the_head_and_at_the_end,
           reserved_room_is_written_by_the_caller, reset_keeps_small_memory_and_frees_large)
