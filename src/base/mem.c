#include "base/mem.h"
#include "base/assert.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void *hf_mem_new(size_t size)
{
    HF_ASSERT(size > 0);
    return malloc(size);
}

void *hf_mem_zero(size_t count, size_t size)
{
    size_t total;
    HF_ASSERT(count > 0 && size > 0);
    if (__builtin_mul_overflow(count, size, &total)) return NULL;
    return calloc(1, total);
}

void *hf_mem_grow(void *ptr, size_t size)
{
    HF_ASSERT(size > 0);
    return realloc(ptr, size);
}

void hf_mem_free(void *ptr)
{
    free(ptr);
}

void hf_mem_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
