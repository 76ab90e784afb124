#include "holdfast/types.h"
#include "base/err.h"
#include "core/link.h"

/* The public codes are ours. */
#define SAME(public, own) _Static_assert((int)HOLDFAST_ERROR_##public == (int)HF_ERR_##own, #public)
SAME(USAGE, USAGE);
SAME(SYNTAX, SYNTAX);
SAME(LIMIT, LIMIT);
SAME(TOO_LARGE, TOO_LARGE);
SAME(NOT_CONNECTED, STATE);
SAME(NOT_FOUND, NOT_FOUND);
SAME(ALREADY_STARTED, EXISTS);
SAME(DISPOSED, CLOSED);
SAME(WOULD_DEADLOCK, DEADLOCK);
SAME(NO_MEMORY, NOMEM);
SAME(IO, IO);
SAME(DENIED, DENIED);
SAME(CORRUPT, CORRUPT);
SAME(TIMEOUT, TIMEOUT);
#undef SAME

/* What a client says in other words than the house. */
static const struct {
    int code;
    const char *name, *text;
} rows[] = {
    { HOLDFAST_OK, "OK", "it worked" },
    { HOLDFAST_ERROR_NOT_CONNECTED, "NOT_CONNECTED", "the client is not connected" },
    { HOLDFAST_ERROR_ALREADY_STARTED, "ALREADY_STARTED", "it was started before" },
    { HOLDFAST_ERROR_DISPOSED, "DISPOSED", "the client has been disposed of" },
    { HOLDFAST_ERROR_WOULD_DEADLOCK, "WOULD_DEADLOCK", "a callback cannot wait for itself" },
    { HOLDFAST_ERROR_NO_MEMORY, "NO_MEMORY", "out of memory" },
};

const char *holdfast_error_name(int error)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == error) return rows[i].name;
    return hf_err_name(error);
}

const char *holdfast_error_text(int error)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == error) return rows[i].text;
    return hf_err_text(error);
}

const char *holdfast_version(void)
{
    return HF_VERSION;
}

const char *holdfast_close_code_name(unsigned code)
{
    return hf_link_code_name(code);
}
