/* wire/notify_text.h: a readiness message of sd_notify(3) as values. */
#ifndef HF_WIRE_NOTIFY_TEXT_H
#define HF_WIRE_NOTIFY_TEXT_H

#include "base/bytes.h"

struct hf_notify_text {
    bool is_ready;          /* READY=1 */
    bool has_status;        /* STATUS= stood there, perhaps to clear it */
    struct hf_bytes status; /* borrowed; as it came */
};

/* Reads a whole message; lines that mean nothing to us are left out, of several for
 * one name the last counts. */
struct hf_notify_text hf_notify_text_read(struct hf_bytes message);

#endif
