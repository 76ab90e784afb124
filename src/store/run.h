/* store/run.h: carries out one request of an engine (port/store.h).
 *
 * Blocking; one request at a time.  The file is opened by the first request that
 * needs it and stays open. */
#ifndef HF_STORE_RUN_H
#define HF_STORE_RUN_H

#include "port/store.h"
#include "store/db.h"

struct hf_store {
    const char *path; /* borrowed for the store's life */
    struct hf_db db;
};

/* `path` names the file, "holdfast.db" in the state directory.  Opens nothing yet. */
void hf_store_init(struct hf_store *s, const char *path);

/* Closes the file. */
void hf_store_fini(struct hf_store *s);

/* Runs the request; `result` says how it went.  Its rows are the result's own:
 * give it to hf_store_result_fini when it has been delivered. */
void hf_store_run(struct hf_store *s, const struct hf_store_request *request,
                  struct hf_store_result *result);

void hf_store_result_fini(struct hf_store_result *result);

#endif
