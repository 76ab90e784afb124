/* prog/probe/report.h: a verdict and its facts, for people and for programs. */
#ifndef HF_PROG_PROBE_REPORT_H
#define HF_PROG_PROBE_REPORT_H

#include "prog/probe/verdict.h"

/* One screen: the verdict, what was found at each stage, and what to do. */
void hf_probe_text(const struct hf_probe_facts *f, enum hf_verdict verdict, bool has_colour,
                   struct hf_buf *out);

/* The document of --json (holdfast-probe(1)); members are only ever added. */
void hf_probe_json(const struct hf_probe_facts *f, enum hf_verdict verdict, struct hf_buf *out);

#endif
