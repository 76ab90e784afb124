/* host/machine.h: what is known about this machine and does not change. */
#ifndef HF_HOST_MACHINE_H
#define HF_HOST_MACHINE_H

#include <stdint.h>

struct hf_machine { /* texts are cut to fit; empty when unknown */
    char host_name[256];
    char platform[136]; /* "linux 6.1.0" */
    char machine[80];   /* "x86_64" */
    char cpu_model[128];
    char address[64]; /* one of its own, for people; none of loopback */
    int64_t cpu_count;
};

void hf_machine_read(struct hf_machine *out);

#endif
