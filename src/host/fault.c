#include "host/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int hf_fault_set(struct hf_fault *f, int err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    f->err = err;
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
    return err;
}

int hf_fault_code(int number)
{
    switch (number) {
    case 0:
        return 0;
    case ENOENT:
    case ENOTDIR:
        return HF_ERR_NOT_FOUND;
    case EPIPE:
        return HF_ERR_CLOSED;
    case EEXIST:
        return HF_ERR_EXISTS;
    case EACCES:
    case EPERM:
        return HF_ERR_DENIED;
    case ENOSPC:
    case EDQUOT:
        return HF_ERR_FULL;
    case EROFS:
        return HF_ERR_READONLY;
    case EADDRINUSE:
        return HF_ERR_IN_USE;
    case EMFILE:
    case ENFILE:
        return HF_ERR_DESCRIPTORS;
    case ENOMEM:
    case ENOBUFS:
        return HF_ERR_NOMEM;
    case ETIMEDOUT:
        return HF_ERR_TIMEOUT;
    default:
        return HF_ERR_IO;
    }
}
