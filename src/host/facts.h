/* host/facts.h: numbers that only the system knows.  Reads /proc; blocking. */
#ifndef HF_HOST_FACTS_H
#define HF_HOST_FACTS_H

#include "port/job.h"

/* Fills every field; what cannot be found out is 0. */
void hf_facts_read(const char *state_dir, struct hf_facts *out);

/* What stays the same, for hf_server_config.  Texts are cut to fit. */
struct hf_machine {
    char host_name[256], platform[128], machine[64], runtime[64], cpu_model[128], address[64];
    int64_t cpu_count;
};

void hf_machine_read(struct hf_machine *out);

#endif
