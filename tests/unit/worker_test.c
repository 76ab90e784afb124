#include "host/worker.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/limits.h"
#include "host/facts.h"
#include "host/file.h"
#include "host/machine.h"
#include "host/state_dir.h"
#include "lib/check.h"
#include "lib/scratch.h"
#include "port/store.h"

#include <fcntl.h>

static struct scratch scratch;
static struct hf_log_file log_file;
static struct hf_log_sink sink;
static struct hf_worker *worker;
static uv_loop_t loop;
static hf_id done_ids[64];
static size_t done_count, done_wanted;
static struct hf_buf tail_text;
static struct hf_identity_result identities[3];

static void on_done(void *ctx, const struct hf_job_result *result)
{
    (void)ctx;
    CHECK(done_count < HF_COUNT(done_ids));
    done_ids[done_count++] = result->id;
    if (result->kind == HF_JOB_STORE) CHECK_EQ(result->u.store->err, 0);
    if (result->kind == HF_JOB_FACTS) CHECK(result->u.facts.rss_bytes > 0);
    if (result->kind == HF_JOB_IDENTITY) identities[done_count - 1] = result->u.identity;
    if (result->kind == HF_JOB_LOG_TAIL) hf_buf_add(&tail_text, result->u.log_tail.text);
    if (done_count == done_wanted) uv_stop(&loop);
}

static void begin(void)
{
    static char log_path[SCRATCH_PATH_BYTES];
    scratch_make(&scratch);
    snprintf(log_path, sizeof log_path, "%s/log", scratch.dir);
    hf_log_file_init(&log_file, log_path, HF_LIMIT_LOG_FILE_BYTES);
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
    hf_log_sink_init(&sink, quiet, HF_LOG_FORMAT_TEXT, &log_file);
    hf_buf_init(&tail_text, 1 << 16);
    done_count = 0;
    CHECK_EQ(uv_loop_init(&loop), 0);
    struct hf_worker_config config = { .loop = &loop,
                                       .sink = &sink,
                                       .state_dir = scratch.dir,
                                       .log_path = log_path,
                                       .done = on_done };
    CHECK_EQ(hf_worker_new(&worker, &config), 0);
}

static void drop_all(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK_EQ(uv_loop_close(&loop), 0);
    hf_worker_free(worker);
    close(sink.err_fd);
    hf_log_sink_fini(&sink);
    hf_log_file_fini(&log_file);
    hf_buf_fini(&tail_text);
    scratch_drop(&scratch);
}

static void end(void)
{
    hf_worker_stop(worker);
    drop_all();
}

static void jobs_come_back_once_and_in_order(void)
{
    static struct hf_store_request load = { .kind = HF_STORE_LOAD };
    begin();
    done_wanted = 60;
    for (hf_id id = 1; id <= done_wanted; id++) {
        struct hf_job job = { .kind = id % 2 ? HF_JOB_FACTS : HF_JOB_STORE, .id = id };
        if (job.kind == HF_JOB_STORE) job.u.store = &load;
        hf_worker_push(worker, &job);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK_EQ(done_count, done_wanted);
    for (size_t i = 0; i < done_count; i++) CHECK_EQ_AT(i, done_ids[i], i + 1);
    end();
}

static void a_log_tail_shows_what_was_handed_over_before_it(void)
{
    begin();
    struct hf_log log = hf_log_sink_log(&sink, HF_LOG_INFO);
    HF_LOG(&log, HF_LOG_INFO, "conn.opened", HF_INT("conn", 7));
    CHECK(hf_worker_write_log(worker));
    struct hf_job job = { .kind = HF_JOB_LOG_TAIL,
                          .id = 1,
                          .u.log_tail = { .lines_max = 10, .bytes_max = 1000 } };
    done_wanted = 1;
    hf_worker_push(worker, &job);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(memmem(tail_text.ptr, tail_text.len, "conn.opened conn=7", 18) != NULL);
    end();
}

/* It is made when it is asked for first, and then it is the same. */
static void the_identity_is_made_when_it_is_asked_for(void)
{
    char path[SCRATCH_PATH_BYTES];
    uint8_t secret[HF_STATE_KEY_BYTES], want[HF_STATE_KEY_BYTES];
    struct hf_fault fault;
    begin();
    snprintf(path, sizeof path, "%s/identity.pem", scratch.dir);
    CHECK_EQ(access(path, F_OK), -1);
    for (done_wanted = 1; done_wanted <= 3; done_wanted++) {
        struct hf_job job = { .kind = HF_JOB_IDENTITY, .id = done_wanted };
        if (done_wanted == 3) CHECK_EQ(hf_file_replace(path, HF_LIT("no key"), 0600, &fault), 0);
        hf_worker_push(worker, &job);
        uv_run(&loop, UV_RUN_DEFAULT);
        if (done_wanted != 1) continue;
        CHECK_EQ(hf_state_dir_identity_in(scratch.dir, secret, &fault), 0);
        CHECK_EQ(hf_ed25519_public(secret, want), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQ_AT(i, identities[i].err, 0);
        CHECK_AT(i, memcmp(identities[i].public_key, want, sizeof want) == 0);
    }
    CHECK_EQ(identities[2].err, HF_ERR_CORRUPT);
    end();
}

static void a_stop_finishes_what_is_queued(void)
{
    static const struct hf_store_request load = { .kind = HF_STORE_LOAD };
    struct stat info;
    begin();
    for (hf_id id = 1; id <= 20; id++) {
        struct hf_job job = { .kind = HF_JOB_STORE, .id = id };
        job.u.store = (struct hf_store_request *)(uintptr_t)&load;
        hf_worker_push(worker, &job);
    }
    hf_worker_stop(worker);
    CHECK_EQ(stat(scratch.path, &info), 0); /* the store was opened */
    CHECK_EQ(done_count, 0);                /* nobody takes results any more */
    drop_all();
}

static void facts_and_machine_are_known_on_linux(void)
{
    struct hf_facts facts;
    struct hf_machine machine;
    hf_facts_read("/", &facts);
    CHECK(facts.rss_bytes > 0 && facts.memory_total_bytes > facts.rss_bytes);
    CHECK(facts.open_descriptors >= 3 && facts.descriptors_max >= facts.open_descriptors);
    CHECK(facts.cpu_us > 0 && facts.system_uptime_ms > 0);
    CHECK(facts.disk_total_bytes >= facts.disk_free_bytes);
    hf_facts_read("/no/such/directory", &facts);
    CHECK_EQ(facts.disk_total_bytes, 0);
    hf_machine_read(&machine);
    CHECK(machine.cpu_count >= 1);
    CHECK(hf_bytes_starts(hf_bytes_cstr(machine.platform), HF_LIT("linux ")));
    CHECK(machine.host_name[0] && machine.machine[0]);
}

CHECK_MAIN(the_identity_is_made_when_it_is_asked_for, jobs_come_back_once_and_in_order,
           a_log_tail_shows_what_was_handed_over_before_it, a_stop_finishes_what_is_queued,
           facts_and_machine_are_known_on_linux)
