#include "host/fault.h"
#include "lib/check.h"

#include <errno.h>

static const struct {
    int number, want;
} rows[] = {
    { 0, 0 },
    { ENOENT, HF_ERR_NOT_FOUND },
    { ENOTDIR, HF_ERR_NOT_FOUND },
    { EEXIST, HF_ERR_EXISTS },
    { EACCES, HF_ERR_DENIED },
    { EPERM, HF_ERR_DENIED },
    { ENOSPC, HF_ERR_FULL },
    { EDQUOT, HF_ERR_FULL },
    { EROFS, HF_ERR_READONLY },
    { EADDRINUSE, HF_ERR_IN_USE },
    { EMFILE, HF_ERR_DESCRIPTORS },
    { ENFILE, HF_ERR_DESCRIPTORS },
    { ENOMEM, HF_ERR_NOMEM },
    { ENOBUFS, HF_ERR_NOMEM },
    { ETIMEDOUT, HF_ERR_TIMEOUT },
    { EIO, HF_ERR_IO },
    { EINVAL, HF_ERR_IO },
};

static void every_error_of_the_system_has_a_code(void)
{
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_fault_code(rows[i].number), rows[i].want);
}

static void a_text_that_is_too_long_is_cut(void)
{
    struct hf_fault f;
    CHECK_EQ(hf_fault_set(&f, HF_ERR_IO, "%*s", HF_FAULT_TEXT_BYTES - 1, "x"), HF_ERR_IO);
    CHECK_EQ(strlen(f.text), HF_FAULT_TEXT_BYTES - 1);
    CHECK_EQ(f.text[HF_FAULT_TEXT_BYTES - 2], 'x');
    CHECK_EQ(hf_fault_set(&f, HF_ERR_IO, "%*s", HF_FAULT_TEXT_BYTES, "x"), HF_ERR_IO);
    CHECK_EQ(strlen(f.text), HF_FAULT_TEXT_BYTES - 1);
    CHECK_EQ(f.text[HF_FAULT_TEXT_BYTES - 2], ' ');
}

CHECK_MAIN(every_error_of_the_system_has_a_code, a_text_that_is_too_long_is_cut)
