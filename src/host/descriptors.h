/* host/descriptors.h: how many sockets this process may have. */
#ifndef HF_HOST_DESCRIPTORS_H
#define HF_HOST_DESCRIPTORS_H

#include <stdint.h>

/* Raises the process's own limit to what the system allows it, at most `wanted`
 * (programs start with 1024, which is for select).  Returns the limit now. */
int64_t hf_descriptors_raise(int64_t wanted);

/* In a process made of this one, before its program: the limit is again what it was before
 * the first raise.  Allocates nothing. */
void hf_descriptors_restore(void);

#endif
