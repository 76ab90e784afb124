/* prog/checkup/report.h: a verdict and its facts, for people and for programs. */
#ifndef HF_PROG_CHECKUP_REPORT_H
#define HF_PROG_CHECKUP_REPORT_H

#include "prog/checkup/verdict.h"

/* One screen: the verdict, what was found at each stage, and what to do. */
void hf_checkup_text(const struct hf_checkup_facts *f, enum hf_verdict verdict, bool has_colour,
                     struct hf_buf *out);

/* The document of --json (holdfast-probe(1)); members are only ever added. */
void hf_checkup_json(const struct hf_checkup_facts *f, enum hf_verdict verdict, struct hf_buf *out);

#endif
