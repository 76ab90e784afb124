/* host/facts.h: numbers that only the system knows.  Reads /proc; blocking. */
#ifndef HF_HOST_FACTS_H
#define HF_HOST_FACTS_H

#include "port/job.h"

/* Fills every field; what cannot be found out is 0. */
void hf_facts_read(const char *state_dir, struct hf_facts *out);

#endif
