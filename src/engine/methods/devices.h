/* engine/methods/devices.h: what the rest of the engine needs of device.pair.*. */
#ifndef HF_ENGINE_METHODS_DEVICES_H
#define HF_ENGINE_METHODS_DEVICES_H

#include "engine/server_state.h"

/* Tells the holders of operator.pairing what a durable plan did, and closes the
 * connections that it ends (4001). */
void hf_server_pair_events(struct hf_server *s, const struct hf_devices_plan *plan);

#endif
