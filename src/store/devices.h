/* store/devices.h: devices, pairings and stability records as rows of tables.
 *
 * Scopes and roles are stored by name, so that the file can be read by another
 * version.  All functions run inside the caller's transaction and return 0 or a
 * code of struct hf_store_result (port/store.h). */
#ifndef HF_STORE_DEVICES_H
#define HF_STORE_DEVICES_H

#include "port/store.h"
#include "store/db.h"

int hf_db_apply(struct hf_db *db, const struct hf_device_change *change);
int hf_db_add_stability(struct hf_db *db, const struct hf_stability_row *rows, size_t count);

/* Reads everything into `result`; what it allocates is freed with
 * hf_store_result_fini, also after an error. */
int hf_db_load(struct hf_db *db, struct hf_store_result *result);

#endif
