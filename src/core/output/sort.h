/* core/output/sort.h: how loud is a line of the child?  spec/supervisor.md section 14. */
#ifndef HF_CORE_OUTPUT_SORT_H
#define HF_CORE_OUTPUT_SORT_H

#include "base/bytes.h"

enum hf_output_level { HF_OUTPUT_DROP, HF_OUTPUT_DEBUG, HF_OUTPUT_INFO, HF_OUTPUT_WARN };

/* A cleaned line.  What nothing is known about is a warning on stderr and information
 * on stdout. */
enum hf_output_level hf_output_sort(struct hf_bytes line, bool is_stderr);

#endif
