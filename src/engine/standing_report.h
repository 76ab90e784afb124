/* engine/standing_report.h: the four answers about a gateway, as people and machines read
 * them: in the status record of the control socket and as metrics. */
#ifndef HF_ENGINE_STANDING_REPORT_H
#define HF_ENGINE_STANDING_REPORT_H

#include "core/standing.h"
#include "wire/schema/control.h"

_Static_assert((int)HF_STANDING_QUESTIONS == (int)HF_CONTROL_ANSWERS, "one place for each answer");

/* Fills the answers of a status record as of `now`. */
void hf_standing_report(const struct hf_standing *s, hf_time now,
                        struct hf_control_answer out[HF_CONTROL_ANSWERS]);

/* Appends the rows of /metrics: `holdfast_gateway_answer` 1 for yes, 0 for no, absent while
 * nobody knows, and the age of each answer's evidence. */
void hf_standing_metrics(struct hf_buf *out, const struct hf_standing *s, hf_time now);

#endif
