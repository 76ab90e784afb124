#include "lib/check.h"
#include "wire/schema/details.h"

static void members_are_written_in_order_and_escaped(void)
{
    static const struct hf_bytes list[] = { HF_LIT_INIT("a"), HF_LIT_INIT("b\"") };
    struct hf_details d = { .count = 0 };
    struct hf_buf out;
    hf_buf_init(&out, 1000);
    hf_details_add_text(&d, "code", HF_LIT("A \"B\""));
    hf_details_add_int(&d, "max", -7);
    hf_details_add_bool(&d, "yes", true);
    hf_details_add_bool(&d, "no", false);
    hf_details_add_list(&d, "list", list, HF_COUNT(list));
    hf_details_add_list(&d, "none", NULL, 0);
    hf_details_write(&out, &d);
    CHECK_EQ(hf_buf_done(&out), 0);
    CHECK_TEXT(hf_buf_view(&out), "{\"code\":\"A \\\"B\\\"\",\"max\":-7,\"yes\":true,\"no\":false,"
                                  "\"list\":[\"a\",\"b\\\"\"],\"none\":[]}");
    hf_buf_fini(&out);
}

static void no_member_is_no_object(void)
{
    struct hf_details d = { .count = 0 };
    struct hf_buf out;
    hf_buf_init(&out, 1000);
    hf_details_write(&out, &d);
    CHECK_EQ(out.len, 0);
    hf_buf_fini(&out);
}

CHECK_MAIN(members_are_written_in_order_and_escaped, no_member_is_no_object)
