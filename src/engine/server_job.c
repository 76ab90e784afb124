#include "base/err.h"
#include "base/mem.h"
#include "engine/methods/devices.h"
#include "engine/methods/table.h"
#include "engine/server_state.h"

enum { UPKEEP_MS = 30000 };

static void wait_fini(struct hf_wait *wait)
{
    hf_blob_drop(wait->id);
    hf_mem_free(wait->store);
    hf_mem_free(wait->plan);
}

void hf_server_jobs_fini(struct hf_server *s)
{
    for (hf_id id = hf_pool_next(&s->waits, 0); id; id = hf_pool_next(&s->waits, id))
        wait_fini(hf_pool_find(&s->waits, id));
    hf_pool_fini(&s->waits);
}

int hf_server_ask(struct hf_server *s, const struct hf_wait *wait, struct hf_job *job)
{
    void *item;
    int err = hf_pool_new(&s->waits, &job->id, &item);
    if (err) return err;
    *(struct hf_wait *)item = *wait;
    /* There is room: the ring is as large as the pool. */
    *(struct hf_job *)hf_ring_push(&s->jobs) = *job;
    return 0;
}

int hf_server_load(struct hf_server *s)
{
    struct hf_wait wait = { .kind = HF_WAIT_START };
    struct hf_job job = { .kind = HF_JOB_STORE };
    wait.store = hf_mem_zero(1, sizeof *wait.store);
    if (!wait.store) return HF_ERR_NOMEM;
    wait.store->kind = HF_STORE_LOAD;
    job.u.store = wait.store;
    int err = hf_server_ask(s, &wait, &job);
    if (err) hf_mem_free(wait.store);
    return err;
}

int hf_server_write_plan(struct hf_server *s, struct hf_wait *wait, struct hf_devices_plan *plan)
{
    struct hf_job job = { .kind = HF_JOB_STORE };
    struct hf_store_request *store = hf_mem_zero(1, sizeof *store);
    int err = HF_ERR_NOMEM;
    wait->plan = plan;
    wait->store = job.u.store = store;
    if (store) {
        store->kind = HF_STORE_WRITE;
        store->change_count = plan->change_count;
        memcpy(store->changes, plan->changes, plan->change_count * sizeof plan->changes[0]);
        err = hf_server_ask(s, wait, &job);
    }
    if (!err) return 0;
    hf_devices_settle(&s->devices, plan, false);
    wait_fini(wait);
    return err;
}

/* Stores last-seen times and drops requests that are too old; one change at a
 * time.  True when something was asked of the store. */
static bool upkeep(struct hf_server *s)
{
    struct hf_devices_plan *plan = hf_mem_zero(1, sizeof *plan);
    struct hf_wait wait = { .kind = HF_WAIT_RECORD };
    if (!plan) return false;
    enum hf_devices_act act = hf_devices_expire(&s->devices, s->now.wall_ms, plan);
    if (act == HF_DEVICES_DONE) act = hf_devices_save(&s->devices, plan);
    if (act == HF_DEVICES_WRITE) return hf_server_write_plan(s, &wait, plan) == 0;
    hf_mem_free(plan);
    return false;
}

bool hf_server_save_all(struct hf_server *s)
{
    return !s->is_save_failing && upkeep(s);
}

hf_time hf_server_upkeep_due(const struct hf_server *s)
{
    return s->wants_upkeep ? s->upkeep_at : HF_NEVER;
}

void hf_server_upkeep_run_due(struct hf_server *s)
{
    if (hf_time_before(s->now.mono, hf_server_upkeep_due(s))) return;
    s->upkeep_at = hf_time_after(s->now.mono, HF_MS(UPKEEP_MS));
    /* Pending requests may grow too old; otherwise the next change asks for it. */
    s->wants_upkeep = upkeep(s) || s->devices.pairing_count > 0;
}

static void load_done(struct hf_server *s, const struct hf_store_result *result)
{
    int err = result->err;
    if (!err)
        err = hf_devices_load(&s->devices, result->devices, result->device_count, result->pairings,
                              result->pairing_count);
    if (err) {
        HF_LOG(&s->log, HF_LOG_ERROR, "store.failed", HF_TEXT("at", HF_LIT("load")),
               HF_TEXT("why", hf_bytes_cstr(hf_err_text(err))));
        return;
    }
    s->wants_upkeep = true;
    HF_LOG(&s->log, HF_LOG_INFO, "store.loaded", HF_INT("devices", result->device_count),
           HF_INT("pending", result->pairing_count));
    hf_server_item_ready(s, HF_LIT("store"));
}

/* Logins that waited for a device that has just been settled. */
static void wake_logins(struct hf_server *s)
{
    for (hf_id id = hf_pool_next(&s->conns, 0); id; id = hf_pool_next(&s->conns, id)) {
        struct hf_conn *c = hf_server_conn(s, id);
        if (c->state == HF_CONN_LOGIN && c->login->is_waiting) hf_conn_login_again(s, c);
    }
}

static void write_done(struct hf_server *s, struct hf_wait *wait, int err)
{
    if (err)
        HF_LOG(&s->log, HF_LOG_ERROR, "store.failed", HF_TEXT("at", HF_LIT("write")),
               HF_TEXT("why", hf_bytes_cstr(hf_err_text(err))));
    hf_devices_settle(&s->devices, wait->plan, err == 0);
    s->wants_upkeep = true;
    if (!err) hf_server_pair_events(s, wait->plan);
}

static void finish(struct hf_server *s, struct hf_wait *wait, const struct hf_job_result *result)
{
    struct hf_conn *c = hf_server_conn(s, wait->conn);
    int err = result->kind == HF_JOB_STORE ? result->u.store->err : 0;
    switch (wait->kind) {
    case HF_WAIT_START:
        load_done(s, result->u.store);
        return;
    case HF_WAIT_LOGIN:
        write_done(s, wait, err);
        /* A failed write would only be tried again by another attempt. */
        if (err && c && c->state == HF_CONN_LOGIN) hf_conn_login_failed(s, c, err);
        wake_logins(s);
        return;
    case HF_WAIT_CALL:
        if (wait->plan) write_done(s, wait, err);
        if (c && c->state == HF_CONN_READY) hf_call_finish(s, c, wait, result);
        if (wait->plan) wake_logins(s);
        return;
    case HF_WAIT_HTTP:
        if (c && c->state == HF_CONN_HTTP)
            hf_conn_http_metrics(s, c, wait->is_head, &result->u.facts);
        return;
    case HF_WAIT_RECORD:
        s->is_save_failing = err != 0;
        write_done(s, wait, err);
        wake_logins(s);
        return;
    }
}

void hf_server_job_done(struct hf_server *s, const struct hf_job_result *result)
{
    struct hf_wait *item = hf_pool_find(&s->waits, result->id);
    if (!item) return;
    /* What follows may ask for more jobs and so move nothing, but end this one. */
    struct hf_wait wait = *item;
    hf_pool_drop(&s->waits, result->id);
    finish(s, &wait, result);
    wait_fini(&wait);
}
