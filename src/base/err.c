#include "base/err.h"

const char *hf_err_name(int err)
{
    switch (err) {
    case HF_OK:
        return "OK";
#define HF_ERR_NAME(name, number, text)                                                            \
    case HF_ERR_##name:                                                                            \
        return #name;
        HF_ERRORS(HF_ERR_NAME)
#undef HF_ERR_NAME
    default:
        return "UNKNOWN";
    }
}

const char *hf_err_text(int err)
{
    switch (err) {
    case HF_OK:
        return "no error";
#define HF_ERR_TEXT(name, number, text)                                                            \
    case HF_ERR_##name:                                                                            \
        return text;
        HF_ERRORS(HF_ERR_TEXT)
#undef HF_ERR_TEXT
    default:
        return "an unknown error";
    }
}
