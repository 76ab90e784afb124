#include "host/entropy.h"
#include "base/err.h"

#include <uv.h>

int hf_entropy(void *out, size_t len)
{
    return uv_random(NULL, NULL, out, len, 0, NULL) == 0 ? 0 : HF_ERR_IO;
}
