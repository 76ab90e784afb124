#include "store/run.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/devices.h"

void hf_store_init(struct hf_store *s, const char *path)
{
    *s = (struct hf_store){ .path = path };
}

void hf_store_fini(struct hf_store *s)
{
    hf_db_close(&s->db);
}

static int apply_all(struct hf_db *db, const struct hf_store_request *request)
{
    int err = 0;
    for (size_t i = 0; i < request->change_count && !err; i++)
        err = hf_db_apply(db, &request->changes[i]);
    return err ? err : hf_db_add_stability(db, request->stability, request->stability_count);
}

static int write_all(struct hf_db *db, const struct hf_store_request *request)
{
    int err = hf_db_exec(db, HF_DB_BEGIN);
    if (err) return err;
    err = apply_all(db, request);
    if (!err) err = hf_db_exec(db, HF_DB_COMMIT);
    if (err) hf_db_exec(db, HF_DB_ROLLBACK);
    return err;
}

/* After an error that says something about the file as a whole, the next request
 * opens it anew: a disk that has room again, a file that was put back. */
static bool is_lasting(int err)
{
    return err == HF_ERR_IO || err == HF_ERR_CORRUPT || err == HF_ERR_READONLY ||
           err == HF_ERR_DENIED;
}

void hf_store_run(struct hf_store *s, const struct hf_store_request *request,
                  struct hf_store_result *result)
{
    HF_ASSERT(request->change_count <= HF_STORE_CHANGES_MAX);
    *result = (struct hf_store_result){ .kind = request->kind };
    if (!hf_db_is_open(&s->db)) result->err = hf_db_open(&s->db, s->path);
    if (result->err) return;
    switch (request->kind) {
    case HF_STORE_LOAD:
        result->err = hf_db_load(&s->db, result);
        break;
    case HF_STORE_WRITE:
        result->err = write_all(&s->db, request);
        break;
    }
    if (is_lasting(result->err)) hf_db_close(&s->db);
}

void hf_store_result_fini(struct hf_store_result *result)
{
    for (size_t i = 0; i < result->stability_count; i++)
        hf_mem_free((void *)(uintptr_t)result->stability[i].record.ptr);
    hf_mem_free((void *)(uintptr_t)result->stability);
    hf_mem_free((void *)(uintptr_t)result->pairings);
    hf_mem_free((void *)(uintptr_t)result->devices);
    *result = (struct hf_store_result){ .kind = result->kind };
}
