#include "store/devices.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/words.h"

#include <sqlite3.h>

/* --- binding; the first error sticks --- */

struct binder {
    struct hf_db *db;
    struct sqlite3_stmt *statement;
    int column; /* of the parameter bound last */
    int err;
};

static void bind_start(struct binder *b, struct hf_db *db, enum hf_db_query query)
{
    *b = (struct binder){ .db = db };
    b->err = hf_db_prepare(db, query, &b->statement);
}

static void bind_check(struct binder *b, int code)
{
    if (code != SQLITE_OK) b->err = hf_db_error(b->db);
}

static void bind_int(struct binder *b, int64_t value)
{
    if (!b->err) bind_check(b, sqlite3_bind_int64(b->statement, ++b->column, value));
}

/* The bytes are untouched until the statement has run. */
static void bind_text(struct binder *b, struct hf_bytes text)
{
    const char *ptr = text.len > 0 ? (const char *)text.ptr : "";
    if (!b->err)
        bind_check(b, sqlite3_bind_text64(b->statement, ++b->column, ptr, text.len, SQLITE_STATIC,
                                          SQLITE_UTF8));
}

static void bind_blob(struct binder *b, const uint8_t *ptr, size_t len)
{
    if (!b->err)
        bind_check(b, sqlite3_bind_blob64(b->statement, ++b->column, ptr, len, SQLITE_STATIC));
}

static int bind_run(struct binder *b, enum hf_db_query query)
{
    if (!b->err) return hf_db_exec(b->db, query);
    if (b->statement) sqlite3_clear_bindings(b->statement);
    return b->err;
}

/* --- names --- */

static const char *const via_names[] = {
    [HF_APPROVED_SILENT] = "silent",
    [HF_APPROVED_OWNER] = "owner",
};

/* --- writing --- */

static int put_grant(struct hf_db *db, const struct hf_device *device, enum hf_role role)
{
    const struct hf_device_grant *grant = &device->grants[role];
    struct hf_words scopes = hf_words_of_scopes(grant->scopes);
    struct binder b;
    bind_start(&b, db, HF_DB_PUT_GRANT);
    bind_blob(&b, device->id.bytes, sizeof device->id.bytes);
    bind_text(&b, hf_role_name(role));
    bind_text(&b, hf_words_view(&scopes));
    bind_int(&b, grant->epoch);
    bind_int(&b, grant->created_ms);
    bind_int(&b, grant->rotated_ms);
    bind_int(&b, grant->revoked_ms);
    return bind_run(&b, HF_DB_PUT_GRANT);
}

static int put_device(struct hf_db *db, const struct hf_device *device)
{
    struct binder b;
    bind_start(&b, db, HF_DB_PUT_DEVICE);
    bind_blob(&b, device->id.bytes, sizeof device->id.bytes);
    bind_blob(&b, device->public_key, sizeof device->public_key);
    bind_text(&b, hf_name_view(&device->facts.display_name));
    bind_text(&b, hf_name_view(&device->label));
    bind_text(&b, hf_name_view(&device->facts.platform));
    bind_text(&b, hf_name_view(&device->facts.device_family));
    bind_text(&b, hf_tag_view(&device->facts.client_id));
    bind_text(&b, hf_tag_view(&device->facts.client_mode));
    bind_text(&b, hf_tag_view(&device->facts.remote_ip));
    bind_text(&b, hf_role_name(device->role));
    bind_text(&b, hf_bytes_cstr(via_names[device->approved_via]));
    bind_int(&b, device->created_ms);
    bind_int(&b, device->approved_ms);
    bind_int(&b, device->last_seen_ms);
    int err = bind_run(&b, HF_DB_PUT_DEVICE);
    for (int role = 0; role < HF_ROLES && !err; role++)
        if (device->grants[role].epoch != 0) err = put_grant(db, device, (enum hf_role)role);
    return err;
}

static int put_pairing(struct hf_db *db, const struct hf_pairing *pairing)
{
    struct hf_words roles = hf_words_of_roles(pairing->has_role),
                    scopes = hf_words_of_scopes(pairing->scopes);
    struct binder b;
    bind_start(&b, db, HF_DB_PUT_PAIRING);
    bind_blob(&b, pairing->id.bytes, sizeof pairing->id.bytes);
    bind_text(&b, hf_bytes(pairing->request_id, sizeof pairing->request_id));
    bind_blob(&b, pairing->public_key, sizeof pairing->public_key);
    bind_text(&b, hf_name_view(&pairing->facts.display_name));
    bind_text(&b, hf_name_view(&pairing->facts.platform));
    bind_text(&b, hf_name_view(&pairing->facts.device_family));
    bind_text(&b, hf_tag_view(&pairing->facts.client_id));
    bind_text(&b, hf_tag_view(&pairing->facts.client_mode));
    bind_text(&b, hf_tag_view(&pairing->facts.remote_ip));
    bind_text(&b, hf_role_name(pairing->role));
    bind_text(&b, hf_words_view(&roles));
    bind_text(&b, hf_words_view(&scopes));
    bind_int(&b, pairing->is_repair);
    bind_int(&b, pairing->requested_ms);
    bind_int(&b, pairing->refreshed_ms);
    return bind_run(&b, HF_DB_PUT_PAIRING);
}

static int delete_by_id(struct hf_db *db, enum hf_db_query query, const struct hf_device_id *id)
{
    struct binder b;
    bind_start(&b, db, query);
    bind_blob(&b, id->bytes, sizeof id->bytes);
    return bind_run(&b, query);
}

int hf_db_apply(struct hf_db *db, const struct hf_device_change *change)
{
    switch (change->kind) {
    case HF_PUT_DEVICE:
        return put_device(db, &change->u.device);
    case HF_DELETE_DEVICE:
        return delete_by_id(db, HF_DB_DELETE_DEVICE, &change->u.id);
    case HF_PUT_PAIRING:
        return put_pairing(db, &change->u.pairing);
    case HF_DELETE_PAIRING:
        return delete_by_id(db, HF_DB_DELETE_PAIRING, &change->u.id);
    }
    HF_UNREACHABLE();
}

int hf_db_add_stability(struct hf_db *db, const struct hf_stability_row *rows, size_t count)
{
    struct binder b;
    int err = 0;
    for (size_t i = 0; i < count && !err; i++) {
        bind_start(&b, db, HF_DB_PUT_STABILITY);
        bind_int(&b, rows[i].seq);
        bind_int(&b, rows[i].at_ms);
        bind_text(&b, rows[i].record);
        err = bind_run(&b, HF_DB_PUT_STABILITY);
    }
    if (err || count == 0) return err;
    bind_start(&b, db, HF_DB_TRIM_STABILITY);
    bind_int(&b, HF_LIMIT_STABILITY_RECORDS);
    return bind_run(&b, HF_DB_TRIM_STABILITY);
}

/* --- reading --- */

struct reader {
    struct sqlite3_stmt *statement;
    int column; /* the next one */
};

static int64_t take_int(struct reader *r)
{
    return sqlite3_column_int64(r->statement, r->column++);
}

static struct hf_bytes take_bytes(struct reader *r)
{
    int column = r->column++;
    const void *ptr = sqlite3_column_blob(r->statement, column);
    return hf_bytes(ptr, (size_t)sqlite3_column_bytes(r->statement, column));
}

static bool take_exactly(struct reader *r, void *out, size_t len)
{
    struct hf_bytes bytes = take_bytes(r);
    if (bytes.len != len) return false;
    memcpy(out, bytes.ptr, len);
    return true;
}

static bool take_role(struct reader *r, enum hf_role *out)
{
    return hf_role_find(take_bytes(r), out);
}

static bool take_via(struct reader *r, enum hf_approved_via *out)
{
    struct hf_bytes text = take_bytes(r);
    for (size_t i = 0; i < HF_COUNT(via_names); i++) {
        if (!hf_bytes_same(text, hf_bytes_cstr(via_names[i]))) continue;
        *out = (enum hf_approved_via)i;
        return true;
    }
    return false;
}

static void take_client(struct reader *r, struct hf_device_facts *facts)
{
    hf_name_set(&facts->platform, take_bytes(r));
    hf_name_set(&facts->device_family, take_bytes(r));
    hf_tag_set(&facts->client_id, take_bytes(r));
    hf_tag_set(&facts->client_mode, take_bytes(r));
    hf_tag_set(&facts->remote_ip, take_bytes(r));
}

static bool take_device(struct reader *r, struct hf_device *device)
{
    bool is_good = take_exactly(r, device->id.bytes, sizeof device->id.bytes) &&
                   take_exactly(r, device->public_key, sizeof device->public_key);
    if (!is_good) return false;
    hf_name_set(&device->facts.display_name, take_bytes(r));
    hf_name_set(&device->label, take_bytes(r));
    take_client(r, &device->facts);
    is_good = take_role(r, &device->role) && take_via(r, &device->approved_via);
    device->created_ms = take_int(r);
    device->approved_ms = take_int(r);
    device->last_seen_ms = take_int(r);
    return is_good;
}

static bool take_pairing(struct reader *r, struct hf_pairing *pairing)
{
    bool is_good = take_exactly(r, pairing->id.bytes, sizeof pairing->id.bytes) &&
                   take_exactly(r, pairing->request_id, sizeof pairing->request_id) &&
                   take_exactly(r, pairing->public_key, sizeof pairing->public_key);
    if (!is_good) return false;
    hf_name_set(&pairing->facts.display_name, take_bytes(r));
    take_client(r, &pairing->facts);
    is_good = take_role(r, &pairing->role);
    hf_words_read_roles(take_bytes(r), pairing->has_role);
    pairing->scopes = hf_words_read_scopes(take_bytes(r));
    pairing->is_repair = take_int(r) != 0;
    pairing->requested_ms = take_int(r);
    pairing->refreshed_ms = take_int(r);
    return is_good;
}

/* Rows of a growing array of items of one size. */
struct rows {
    void *items;
    size_t item_size, count, cap;
};

/* A cleared item behind the last one, or NULL without memory. */
static void *rows_add(struct rows *rows)
{
    enum { FIRST_CAP = 16 };
    if (rows->count == rows->cap) {
        size_t cap = rows->cap ? 2 * rows->cap : FIRST_CAP;
        void *items = hf_mem_grow(rows->items, cap * rows->item_size);
        if (!items) return NULL;
        rows->items = items;
        rows->cap = cap;
    }
    void *item = (char *)rows->items + rows->count * rows->item_size;
    memset(item, 0, rows->item_size);
    rows->count++;
    return item;
}

/* Runs a listing; `take` reads one row into a new item and says whether it is sound. */
static int list(struct hf_db *db, enum hf_db_query query, struct rows *rows,
                int (*take)(struct reader *r, void *item))
{
    struct reader r = { .column = 0 };
    int err = hf_db_prepare(db, query, &r.statement);
    if (err) return err;
    int code;
    while (!err && (code = sqlite3_step(r.statement)) == SQLITE_ROW) {
        void *item = rows_add(rows);
        r.column = 0;
        err = item ? take(&r, item) : HF_ERR_NOMEM;
    }
    if (!err && code != SQLITE_DONE) err = hf_db_error(db);
    sqlite3_reset(r.statement);
    return err;
}

static int take_device_row(struct reader *r, void *item)
{
    return take_device(r, item) ? 0 : HF_ERR_CORRUPT;
}

static int take_pairing_row(struct reader *r, void *item)
{
    return take_pairing(r, item) ? 0 : HF_ERR_CORRUPT;
}

static int take_stability_row(struct reader *r, void *item)
{
    struct hf_stability_row *row = item;
    row->seq = take_int(r);
    row->at_ms = take_int(r);
    struct hf_bytes text = take_bytes(r);
    if (text.len == 0) return HF_ERR_CORRUPT;
    uint8_t *copy = hf_mem_new(text.len);
    if (!copy) return HF_ERR_NOMEM;
    memcpy(copy, text.ptr, text.len);
    row->record = hf_bytes(copy, text.len);
    return 0;
}

static int load_grants(struct hf_db *db, struct hf_device *device)
{
    struct binder b;
    bind_start(&b, db, HF_DB_LIST_GRANTS);
    bind_blob(&b, device->id.bytes, sizeof device->id.bytes);
    if (b.err) return b.err;
    int code;
    while ((code = sqlite3_step(b.statement)) == SQLITE_ROW) {
        struct reader r = { .statement = b.statement };
        enum hf_role role;
        if (!take_role(&r, &role)) continue; /* a role of a later version */
        struct hf_device_grant *grant = &device->grants[role];
        grant->scopes = hf_words_read_scopes(take_bytes(&r));
        grant->epoch = take_int(&r);
        grant->created_ms = take_int(&r);
        grant->rotated_ms = take_int(&r);
        grant->revoked_ms = take_int(&r);
    }
    int err = code == SQLITE_DONE ? 0 : hf_db_error(db);
    sqlite3_reset(b.statement);
    sqlite3_clear_bindings(b.statement);
    return err;
}

int hf_db_load(struct hf_db *db, struct hf_store_result *result)
{
    struct rows devices = { .item_size = sizeof(struct hf_device) };
    struct rows pairings = { .item_size = sizeof(struct hf_pairing) };
    struct rows stability = { .item_size = sizeof(struct hf_stability_row) };
    int err = list(db, HF_DB_LIST_DEVICES, &devices, take_device_row);
    for (size_t i = 0; i < devices.count && !err; i++)
        err = load_grants(db, (struct hf_device *)devices.items + i);
    if (!err) err = list(db, HF_DB_LIST_PAIRINGS, &pairings, take_pairing_row);
    if (!err) err = list(db, HF_DB_LIST_STABILITY, &stability, take_stability_row);
    result->devices = devices.items;
    result->device_count = devices.count;
    result->pairings = pairings.items;
    result->pairing_count = pairings.count;
    result->stability = stability.items;
    result->stability_count = stability.count;
    return err;
}
