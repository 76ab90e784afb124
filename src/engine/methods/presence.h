/* engine/methods/presence.h: the presence list as JSON. */
#ifndef HF_ENGINE_METHODS_PRESENCE_H
#define HF_ENGINE_METHODS_PRESENCE_H

#include "base/buf.h"
#include "core/presence.h"

/* Appends the array that `system-presence`, the event and hello-ok show. */
void hf_presence_write(struct hf_buf *out, const struct hf_presence *presence);

#endif
