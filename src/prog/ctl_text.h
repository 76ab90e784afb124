/* prog/ctl_text.h: what a supervisor answers, for people. */
#ifndef HF_PROG_CTL_TEXT_H
#define HF_PROG_CTL_TEXT_H

#include "wire/schema/control.h"

/* The status record: phase, since when and why, the four answers, the last exit, what
 * comes next, the child's last lines. */
void hf_ctl_text_status(struct hf_buf *out, struct hf_bytes json);

/* One line for each transition. */
void hf_ctl_text_history(struct hf_buf *out, struct hf_bytes json);

/* The status record in it, then a line for each other member. */
void hf_ctl_text_diagnostics(struct hf_buf *out, struct hf_bytes json);

/* What config.get read: the text of the file as it stands there, or the value; a string
 * without its quotes. */
void hf_ctl_text_config(struct hf_buf *out, struct hf_bytes json);

void hf_ctl_text_result(struct hf_buf *out, const struct hf_control_result *result);
void hf_ctl_text_event(struct hf_buf *out, const struct hf_control_reply *reply);

#endif
