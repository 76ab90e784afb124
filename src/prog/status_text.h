/* prog/status_text.h: what a gateway said about itself, on one screen or as one document.
 *
 * From several methods; one that a gateway does not have, or that this login may not
 * call, is told and leaves a hole.  Pure. */
#ifndef HF_PROG_STATUS_TEXT_H
#define HF_PROG_STATUS_TEXT_H

#include "base/buf.h"

/* id, method, member of the document */
#define HF_STATUS_PARTS(X)                                                                         \
    X(HEALTH, "health", "health")                                                                  \
    X(STATUS, "status", "status")                                                                  \
    X(SYSTEM, "system.info", "system")                                                             \
    X(PRESENCE, "system-presence", "presence")                                                     \
    X(CONNECTIONS, "diagnostics.connections", "connections")

enum hf_status_part {
#define HF_STATUS_PART_ENUM(id, method, member) HF_STATUS_##id,
    HF_STATUS_PARTS(HF_STATUS_PART_ENUM)
#undef HF_STATUS_PART_ENUM
        HF_STATUS_PARTS_COUNT,
};

struct hf_status {
    const char *url;
    char version[64];                               /* of the gateway */
    struct hf_bytes answers[HF_STATUS_PARTS_COUNT]; /* JSON; empty: none */
    struct hf_bytes errors[HF_STATUS_PARTS_COUNT];  /* the server's error object, or empty */
};

const char *hf_status_method(enum hf_status_part part); /* static */

void hf_status_text(const struct hf_status *s, int64_t wall_ms, struct hf_buf *out);
void hf_status_json(const struct hf_status *s, struct hf_buf *out);

#endif
