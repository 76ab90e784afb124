/* host/entropy.h: secret random bytes from the system. */
#ifndef HF_HOST_ENTROPY_H
#define HF_HOST_ENTROPY_H

#include <stddef.h>

/* Fills `out`: 0, or HF_ERR_IO when the system has none to give. */
int hf_entropy(void *out, size_t len);

#endif
