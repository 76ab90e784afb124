/* wire/schema/journal.h: which process a supervisor has started.
 *
 * One JSON object in the file `journal`.  Another supervisor of the same place reads
 * it: the process that it names is ours only if number, start time, boot and program
 * agree (spec/supervisor.md 5.1).  The file `survivor` is the same object with the token
 * that a process was handed which may outlive its supervisor. */
#ifndef HF_WIRE_SCHEMA_JOURNAL_H
#define HF_WIRE_SCHEMA_JOURNAL_H

#include "base/buf.h"

enum {
    HF_JOURNAL_BOOT_BYTES = 48,
    HF_JOURNAL_GROUP_BYTES = 64,
    HF_JOURNAL_PROGRAM_BYTES = 1024,
    HF_JOURNAL_TOKEN_BYTES = 1024, /* a longer one is not kept */
};

struct hf_journal {
    int64_t pid;                            /* of the main process; > 0 */
    int64_t started;                        /* ticks after boot */
    char boot[HF_JOURNAL_BOOT_BYTES];       /* the kernel's boot id */
    char program[HF_JOURNAL_PROGRAM_BYTES]; /* path of the executable */
    char group[HF_JOURNAL_GROUP_BYTES];     /* name of its control group; "": none */
    int64_t port;                           /* 0: none */
    int64_t at_ms;                          /* wall clock */
    char token[HF_JOURNAL_TOKEN_BYTES];     /* "": none */
};

void hf_journal_write(struct hf_buf *out, const struct hf_journal *j);

/* Whether both name the same process. */
bool hf_journal_same(const struct hf_journal *a, const struct hf_journal *b);

/* 0, HF_ERR_CORRUPT for what is no record, HF_ERR_NEWER for one of a later version. */
int hf_journal_read(struct hf_bytes text, struct hf_journal *out);

#endif
