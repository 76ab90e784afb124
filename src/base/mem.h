/* base/mem.h: the heap.
 *
 * The only place above which nobody calls malloc.  All return NULL when memory
 * is out (the caller answers HF_ERR_NOMEM); tests/lib/fault makes the n-th call
 * fail.  A size of 0 is a bug. */
#ifndef HF_BASE_MEM_H
#define HF_BASE_MEM_H

#include <stddef.h>

void *hf_mem_new(size_t size);                /* not cleared */
void *hf_mem_zero(size_t count, size_t size); /* cleared; NULL on overflow too */
void *hf_mem_grow(void *ptr, size_t size);    /* as realloc; `ptr` may be NULL */
void hf_mem_free(void *ptr);                  /* NULL is fine */

/* Hands free pages back to the system, where the allocator can: called after a
 * crowd of connections has gone. */
void hf_mem_trim(void);

#endif
