/* wire/schema/device_payload.h: the text that a device signs.
 *
 * protocol/wire.md section 3, "Device identity": fields joined with `|`.  The
 * signature is over these bytes; who has signed what is core's business. */
#ifndef HF_WIRE_SCHEMA_DEVICE_PAYLOAD_H
#define HF_WIRE_SCHEMA_DEVICE_PAYLOAD_H

#include "wire/schema/connect.h"

enum hf_device_payload_version { HF_DEVICE_PAYLOAD_V2, HF_DEVICE_PAYLOAD_V3 };

/* Appends the text for `connect`, whose device part is set (its signature is not
 * used).  The token is auth.token, else deviceToken, else bootstrapToken. */
void hf_device_payload_write(struct hf_buf *out, enum hf_device_payload_version version,
                             const struct hf_connect *connect);

#endif
