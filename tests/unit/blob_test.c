#include "base/blob.h"
#include "lib/check.h"

static void a_blob_keeps_its_bytes_until_the_last_reference_goes(void)
{
    char text[] = "body";
    struct hf_blob *b = hf_blob_new(hf_bytes_cstr(text));
    CHECK(b != NULL);
    text[0] = 'x'; /* it was copied */
    CHECK(hf_blob_hold(b) == b);
    CHECK_EQ(b->refs, 2);
    hf_blob_drop(b);
    CHECK_TEXT(hf_blob_view(b), "body");
    hf_blob_drop(b);
}

static void an_empty_blob_and_no_blob_are_fine(void)
{
    struct hf_blob *b = hf_blob_new(HF_EMPTY);
    CHECK(b != NULL);
    CHECK_EQ(hf_blob_view(b).len, 0);
    hf_blob_drop(b);
    hf_blob_drop(NULL);
}

CHECK_MAIN(a_blob_keeps_its_bytes_until_the_last_reference_goes, an_empty_blob_and_no_blob_are_fine)
