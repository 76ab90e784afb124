/* engine/methods/device_rows.h: paired devices and open requests as JSON, for answers and
 * events alike. */
#ifndef HF_ENGINE_METHODS_DEVICE_ROWS_H
#define HF_ENGINE_METHODS_DEVICE_ROWS_H

#include "engine/server_state.h"

/* An open request. */
void hf_device_write_pairing(struct hf_json_writer *w, const struct hf_pairing *pairing);

/* A paired device; a list also says whether it is here now. */
void hf_device_write(const struct hf_server *s, struct hf_json_writer *w,
                     const struct hf_device *device, bool is_listed);

#endif
