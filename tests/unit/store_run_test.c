#include "base/err.h"
#include "lib/identity.h"
#include "lib/scratch.h"
#include "store/run.h"

#include <sqlite3.h>
#include <sys/wait.h>

enum { FILE_BYTES_MAX = 1 << 20 };

static const uint8_t state_key[32] = { 1, 2, 3 };

#define READ hf_scope_bit(HF_SCOPE_READ)
#define ADMIN hf_scope_bit(HF_SCOPE_ADMIN)

struct fixture {
    struct scratch scratch;
    struct hf_store store;
    struct hf_store_request request;
    struct hf_store_result result;
};

static void start(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    scratch_make(&f->scratch);
    hf_store_init(&f->store, f->scratch.path);
}

static void stop(struct fixture *f)
{
    hf_store_result_fini(&f->result);
    hf_store_fini(&f->store);
    scratch_drop(&f->scratch);
}

static void set_facts(struct hf_device_facts *facts, const char *name)
{
    hf_name_set(&facts->display_name, hf_bytes_cstr(name));
    hf_name_set(&facts->platform, HF_LIT("linux"));
    hf_name_set(&facts->device_family, HF_LIT("Linux"));
    hf_tag_set(&facts->client_id, HF_LIT("openclaw-tui"));
    hf_tag_set(&facts->client_mode, HF_LIT("ui"));
    hf_tag_set(&facts->remote_ip, HF_LIT("203.0.113.9"));
}

static struct hf_device device_of(uint32_t number)
{
    struct identity who = identity_of(number);
    struct hf_device device;
    memset(&device, 0, sizeof device);
    device.id = who.id;
    memcpy(device.public_key, who.public_key, sizeof device.public_key);
    set_facts(&device.facts, "the \"kitchen\" \xC3\xA4");
    hf_name_set(&device.label, HF_LIT("label"));
    device.role = HF_ROLE_NODE;
    device.approved_via = HF_APPROVED_OWNER;
    device.created_ms = 1;
    device.approved_ms = 100 + number;
    device.last_seen_ms = 3;
    device.grants[HF_ROLE_OPERATOR] = (struct hf_device_grant){
        .scopes = READ | ADMIN, .epoch = INT64_MAX, .created_ms = 4, .rotated_ms = 5
    };
    device.grants[HF_ROLE_NODE] =
        (struct hf_device_grant){ .epoch = 7, .created_ms = 6, .revoked_ms = 8 };
    return device;
}

static struct hf_pairing pairing_of(uint32_t number)
{
    struct identity who = identity_of(number);
    struct hf_pairing pairing;
    memset(&pairing, 0, sizeof pairing);
    memcpy(pairing.request_id, "5426da9d-8e5b-479f-845c-41d8b886ca9a", HF_REQUEST_ID_CHARS);
    pairing.id = who.id;
    memcpy(pairing.public_key, who.public_key, sizeof pairing.public_key);
    set_facts(&pairing.facts, "");
    pairing.role = HF_ROLE_NODE;
    pairing.has_role[HF_ROLE_NODE] = pairing.has_role[HF_ROLE_OPERATOR] = true;
    pairing.scopes = READ;
    pairing.is_repair = true;
    pairing.requested_ms = 10 + number;
    pairing.refreshed_ms = 20;
    return pairing;
}

static struct hf_device_change *add(struct fixture *f, enum hf_device_change_kind kind)
{
    struct hf_device_change *change = &f->request.changes[f->request.change_count++];
    change->kind = kind;
    return change;
}

/* Runs what was added, and starts a new request. */
static int write_it(struct fixture *f)
{
    f->request.kind = HF_STORE_WRITE;
    hf_store_result_fini(&f->result);
    hf_store_run(&f->store, &f->request, &f->result);
    memset(&f->request, 0, sizeof f->request);
    return f->result.err;
}

static int load(struct fixture *f)
{
    f->request.kind = HF_STORE_LOAD;
    hf_store_result_fini(&f->result);
    hf_store_run(&f->store, &f->request, &f->result);
    return f->result.err;
}

static void reopen(struct fixture *f)
{
    hf_store_fini(&f->store);
    hf_store_init(&f->store, f->scratch.path);
}

static void run(struct fixture *f, const char *text)
{
    CHECK_EQ(sqlite3_exec(f->store.db.handle, text, NULL, NULL, NULL), SQLITE_OK);
}

static struct hf_bytes raw(const void *ptr, size_t len)
{
    return hf_bytes(ptr, len);
}

static void check_grant(const struct hf_device_grant *got, const struct hf_device_grant *want)
{
    CHECK_EQ(got->scopes, want->scopes);
    CHECK_EQ(got->epoch, want->epoch);
    CHECK_EQ(got->created_ms, want->created_ms);
    CHECK_EQ(got->rotated_ms, want->rotated_ms);
    CHECK_EQ(got->revoked_ms, want->revoked_ms);
}

static void check_device(const struct hf_device *got, const struct hf_device *want)
{
    CHECK(hf_device_id_same(&got->id, &want->id));
    CHECK_BYTES(raw(got->public_key, sizeof got->public_key),
                raw(want->public_key, sizeof want->public_key));
    CHECK_BYTES(raw(&got->facts, sizeof got->facts), raw(&want->facts, sizeof want->facts));
    CHECK_BYTES(hf_name_view(&got->label), hf_name_view(&want->label));
    CHECK_EQ(got->role, want->role);
    CHECK_EQ(got->approved_via, want->approved_via);
    CHECK_EQ(got->created_ms, want->created_ms);
    CHECK_EQ(got->approved_ms, want->approved_ms);
    CHECK_EQ(got->last_seen_ms, want->last_seen_ms);
    for (int role = 0; role < HF_ROLES; role++)
        check_grant(&got->grants[role], &want->grants[role]);
}

static void check_pairing(const struct hf_pairing *got, const struct hf_pairing *want)
{
    CHECK_BYTES(raw(got->request_id, sizeof got->request_id),
                raw(want->request_id, sizeof want->request_id));
    CHECK(hf_device_id_same(&got->id, &want->id));
    CHECK_BYTES(raw(got->public_key, sizeof got->public_key),
                raw(want->public_key, sizeof want->public_key));
    CHECK_BYTES(raw(&got->facts, sizeof got->facts), raw(&want->facts, sizeof want->facts));
    CHECK_EQ(got->role, want->role);
    for (int role = 0; role < HF_ROLES; role++)
        CHECK_EQ_AT(role, got->has_role[role], want->has_role[role]);
    CHECK_EQ(got->scopes, want->scopes);
    CHECK_EQ(got->is_repair, want->is_repair);
    CHECK_EQ(got->requested_ms, want->requested_ms);
    CHECK_EQ(got->refreshed_ms, want->refreshed_ms);
}

static void a_new_store_is_empty(void)
{
    struct fixture f;
    start(&f);
    CHECK_EQ(load(&f), 0);
    CHECK_EQ(f.result.kind, HF_STORE_LOAD);
    CHECK_EQ(f.result.device_count, 0);
    CHECK_EQ(f.result.pairing_count, 0);
    CHECK_EQ(f.result.stability_count, 0);
    stop(&f);
}

static void what_is_written_is_read_back_the_same(void)
{
    struct fixture f;
    struct hf_device device = device_of(1);
    struct hf_pairing pairing = pairing_of(2);
    start(&f);
    add(&f, HF_PUT_DEVICE)->u.device = device;
    add(&f, HF_PUT_PAIRING)->u.pairing = pairing;
    CHECK_EQ(write_it(&f), 0);
    reopen(&f);
    CHECK_EQ(load(&f), 0);
    CHECK_EQ(f.result.device_count, 1);
    CHECK_EQ(f.result.pairing_count, 1);
    check_device(f.result.devices, &device);
    check_pairing(f.result.pairings, &pairing);
    stop(&f);
}

static void rows_come_oldest_first(void)
{
    struct fixture f;
    start(&f);
    for (uint32_t i = 0; i < 4; i++) {
        add(&f, HF_PUT_DEVICE)->u.device = device_of(4 - i);
        add(&f, HF_PUT_PAIRING)->u.pairing = pairing_of(4 - i);
    }
    CHECK_EQ(write_it(&f), 0);
    CHECK_EQ(load(&f), 0);
    for (uint32_t i = 0; i < 4; i++) {
        CHECK_EQ_AT(i, f.result.devices[i].approved_ms, 101 + i);
        CHECK_EQ_AT(i, f.result.pairings[i].requested_ms, 11 + i);
    }
    stop(&f);
}

static void a_device_is_replaced_and_removed_with_its_grants(void)
{
    struct fixture f;
    struct hf_device device = device_of(1);
    start(&f);
    add(&f, HF_PUT_DEVICE)->u.device = device;
    CHECK_EQ(write_it(&f), 0);
    device.grants[HF_ROLE_OPERATOR].epoch = 77;
    hf_name_set(&device.label, HF_LIT("another"));
    add(&f, HF_PUT_DEVICE)->u.device = device;
    CHECK_EQ(write_it(&f), 0);
    CHECK_EQ(load(&f), 0);
    check_device(f.result.devices, &device);
    memset(&f.request, 0, sizeof f.request);
    add(&f, HF_DELETE_DEVICE)->u.id = device.id;
    add(&f, HF_DELETE_PAIRING)->u.id = device.id; /* there is none: fine */
    CHECK_EQ(write_it(&f), 0);
    memset(device.grants, 0, sizeof device.grants);
    add(&f, HF_PUT_DEVICE)->u.device = device;
    CHECK_EQ(write_it(&f), 0);
    CHECK_EQ(load(&f), 0);
    CHECK_EQ(f.result.devices[0].grants[HF_ROLE_OPERATOR].epoch, 0);
    stop(&f);
}

static void there_is_one_pairing_per_device(void)
{
    struct fixture f;
    struct hf_pairing pairing = pairing_of(1);
    start(&f);
    add(&f, HF_PUT_PAIRING)->u.pairing = pairing;
    pairing.request_id[0] = '6';
    add(&f, HF_PUT_PAIRING)->u.pairing = pairing;
    CHECK_EQ(write_it(&f), 0);
    CHECK_EQ(load(&f), 0);
    CHECK_EQ(f.result.pairing_count, 1);
    CHECK_EQ(f.result.pairings[0].request_id[0], '6');
    stop(&f);
}

static void a_request_is_kept_as_a_whole_or_not_at_all(void)
{
    struct fixture f;
    start(&f);
    add(&f, HF_PUT_DEVICE)->u.device = device_of(1);
    CHECK_EQ(write_it(&f), 0);
    add(&f, HF_PUT_DEVICE)->u.device = device_of(2);
    struct hf_pairing *bad = &add(&f, HF_PUT_PAIRING)->u.pairing;
    *bad = pairing_of(3);
    memset(bad->request_id, 0, sizeof bad->request_id); /* the schema refuses it */
    CHECK_EQ(write_it(&f), HF_ERR_CORRUPT);
    CHECK_EQ(load(&f), 0);
    CHECK_EQ(f.result.device_count, 1);
    CHECK_EQ(f.result.pairing_count, 0);
    stop(&f);
}

/* A disk that is full: the error, nothing kept, and all is well once there is room. */
static void a_full_disk_is_said_and_got_over(void)
{
    struct fixture f;
    start(&f);
    CHECK_EQ(load(&f), 0);
    memset(&f.request, 0, sizeof f.request);
    run(&f, "PRAGMA max_page_count = 1");
    int err = 0;
    uint32_t number = 0;
    size_t written = 0;
    for (; number < 50 && err == 0; number++) {
        add(&f, HF_PUT_DEVICE)->u.device = device_of(2 * number);
        add(&f, HF_PUT_DEVICE)->u.device = device_of(2 * number + 1);
        err = write_it(&f);
        if (err == 0) written += 2;
    }
    CHECK_EQ(err, HF_ERR_FULL);
    CHECK_EQ(load(&f), 0);
    CHECK_EQ(f.result.device_count, written);
    memset(&f.request, 0, sizeof f.request);
    run(&f, "PRAGMA max_page_count = 100000");
    add(&f, HF_PUT_DEVICE)->u.device = device_of(1000);
    CHECK_EQ(write_it(&f), 0);
    stop(&f);
}

static void a_file_that_became_read_only_is_opened_anew_by_the_next_request(void)
{
    struct fixture f;
    start(&f);
    CHECK_EQ(load(&f), 0);
    memset(&f.request, 0, sizeof f.request);
    run(&f, "PRAGMA query_only = ON");
    add(&f, HF_PUT_DEVICE)->u.device = device_of(1);
    CHECK_EQ(write_it(&f), HF_ERR_READONLY);
    add(&f, HF_PUT_DEVICE)->u.device = device_of(1);
    CHECK_EQ(write_it(&f), 0);
    stop(&f);
}

static void a_place_that_cannot_be_opened_is_tried_again(void)
{
    struct fixture f;
    start(&f);
    char hidden[SCRATCH_PATH_BYTES];
    snprintf(hidden, sizeof hidden, "%s-hidden", f.scratch.dir);
    CHECK_EQ(rename(f.scratch.dir, hidden), 0);
    CHECK_EQ(load(&f), HF_ERR_IO);
    CHECK_EQ(f.result.device_count, 0);
    CHECK_EQ(rename(hidden, f.scratch.dir), 0);
    CHECK_EQ(load(&f), 0);
    stop(&f);
}

/* What was said to be durable is there although nobody closed the file. */
static void a_killed_process_loses_nothing_that_was_acknowledged(void)
{
    struct fixture f;
    start(&f);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        add(&f, HF_PUT_DEVICE)->u.device = device_of(1);
        _exit(write_it(&f) == 0 ? 0 : 1);
    }
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_EQ(load(&f), 0);
    CHECK_EQ(f.result.device_count, 1);
    stop(&f);
}

static void add_records(struct fixture *f, int64_t first, size_t count)
{
    static struct hf_stability_row rows[HF_LIMIT_STABILITY_RECORDS];
    for (size_t i = 0; i < count; i++)
        rows[i] =
            (struct hf_stability_row){ .seq = first + (int64_t)i,
                                       .at_ms = 1,
                                       .record = HF_LIT("{\"type\":\"diagnostic.heartbeat\"}") };
    f->request.stability = rows;
    f->request.stability_count = count;
}

static void the_newest_stability_records_are_kept(void)
{
    struct fixture f;
    start(&f);
    add_records(&f, 1, HF_LIMIT_STABILITY_RECORDS);
    CHECK_EQ(write_it(&f), 0);
    CHECK_EQ(load(&f), 0);
    CHECK_EQ(f.result.stability_count, HF_LIMIT_STABILITY_RECORDS);
    CHECK_EQ(f.result.stability[0].seq, 1);
    CHECK_TEXT(f.result.stability[0].record, "{\"type\":\"diagnostic.heartbeat\"}");
    memset(&f.request, 0, sizeof f.request);
    add_records(&f, HF_LIMIT_STABILITY_RECORDS + 1, 1);
    CHECK_EQ(write_it(&f), 0);
    CHECK_EQ(load(&f), 0);
    CHECK_EQ(f.result.stability_count, HF_LIMIT_STABILITY_RECORDS);
    CHECK_EQ(f.result.stability[0].seq, 2);
    stop(&f);
}

/* A later version may know more scopes and roles; here they grant nothing. */
static void names_of_a_later_version_grant_nothing(void)
{
    struct fixture f;
    start(&f);
    add(&f, HF_PUT_DEVICE)->u.device = device_of(1);
    CHECK_EQ(write_it(&f), 0);
    run(&f, "UPDATE grants SET scopes='operator.read operator.everything' WHERE role='operator'");
    run(&f, "UPDATE grants SET role='boss' WHERE role='node'");
    CHECK_EQ(load(&f), 0);
    CHECK_EQ(f.result.devices[0].grants[HF_ROLE_OPERATOR].scopes, READ);
    CHECK_EQ(f.result.devices[0].grants[HF_ROLE_NODE].epoch, 0);
    stop(&f);
}

static void a_row_that_makes_no_sense_is_damage(void)
{
    static const char *const changes[] = {
        "UPDATE devices SET role='boss'",
        "UPDATE devices SET approved_via='nobody'",
        "INSERT INTO stability VALUES (1, 1, '')",
        "PRAGMA ignore_check_constraints = ON; UPDATE devices SET public_key=x'00'",
    };
    for (size_t i = 0; i < HF_COUNT(changes); i++) {
        struct fixture f;
        start(&f);
        add(&f, HF_PUT_DEVICE)->u.device = device_of(1);
        CHECK_EQ_AT(i, write_it(&f), 0);
        run(&f, changes[i]);
        CHECK_EQ_AT(i, load(&f), HF_ERR_CORRUPT);
        stop(&f);
    }
}

static bool has_bytes(const char *path, struct hf_bytes what)
{
    static uint8_t bytes[FILE_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return memmem(bytes, len, what.ptr, what.len) != NULL;
}

/* design.md section 3: only the epoch is stored.  Both the text of the token and
 * its bytes are looked for, in the file and in its log, with and without a close. */
static void a_stolen_file_yields_no_token(void)
{
    struct fixture f;
    struct hf_device device = device_of(1);
    char token[HF_DEVICE_TOKEN_CHARS], log_path[SCRATCH_PATH_BYTES + 8];
    uint8_t bytes[HF_SHA256_BYTES];
    size_t len;
    hf_device_token(raw(state_key, sizeof state_key), &device.id, HF_ROLE_OPERATOR,
                    device.grants[HF_ROLE_OPERATOR].epoch, token);
    CHECK_EQ(hf_base64url_read(raw(token, sizeof token), bytes, sizeof bytes, &len), 0);
    start(&f);
    snprintf(log_path, sizeof log_path, "%s-wal", f.scratch.path);
    add(&f, HF_PUT_DEVICE)->u.device = device;
    CHECK_EQ(write_it(&f), 0);
    for (int round = 0; round < 2; round++) {
        const char *written = round == 0 ? log_path : f.scratch.path;
        CHECK_AT(round, has_bytes(written, raw(device.public_key, sizeof device.public_key)));
        CHECK_AT(round, !has_bytes(written, raw(token, sizeof token)));
        CHECK_AT(round, !has_bytes(written, raw(bytes, sizeof bytes)));
        CHECK_AT(round, !has_bytes(written, raw(state_key, sizeof state_key)));
        hf_store_fini(&f.store);
    }
    stop(&f);
}

CHECK_MAIN(a_new_store_is_empty, what_is_written_is_read_back_the_same, rows_come_oldest_first,
           a_device_is_replaced_and_removed_with_its_grants, there_is_one_pairing_per_device,
           a_request_is_kept_as_a_whole_or_not_at_all, a_full_disk_is_said_and_got_over,
           a_file_that_became_read_only_is_opened_anew_by_the_next_request,
           a_place_that_cannot_be_opened_is_tried_again,
           a_killed_process_loses_nothing_that_was_acknowledged,
           the_newest_stability_records_are_kept, names_of_a_later_version_grant_nothing,
           a_row_that_makes_no_sense_is_damage, a_stolen_file_yields_no_token)
