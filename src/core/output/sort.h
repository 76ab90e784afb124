/* core/output/sort.h: how loud is a line of the child?  spec/supervisor.md section 14. */
#ifndef HF_CORE_OUTPUT_SORT_H
#define HF_CORE_OUTPUT_SORT_H

#include "base/bytes.h"

enum hf_output_level { HF_OUTPUT_DROP, HF_OUTPUT_DEBUG, HF_OUTPUT_INFO, HF_OUTPUT_WARN };

/* A cleaned line.  What nothing is known about is a warning on stderr and information
 * on stdout. */
enum hf_output_level hf_output_sort(struct hf_bytes line, bool is_stderr);

/* Whether the gateway's own breaker holds its channels back, by its word: three unclean
 * boots within five minutes trip it, a window without one takes that back.  Lines about
 * anything else leave `is_tripped` as it is. */
void hf_output_mind_breaker(struct hf_bytes line, bool *is_tripped);

#endif
