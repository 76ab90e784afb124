/* Where identity and device tokens are kept: the program's hooks, or files.
 *
 * spec/client-lifecycle.md section 13.  Reading happens when a client is made; what the
 * gateway says later is written by a worker, one wish after the other. */
#include "base/crypto.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "client/file_store.h"
#include "client/state.h"
#include "host/entropy.h"
#include "host/identity.h"
#include "wire/json_read.h"
#include "wire/json_scan.h"
#include "wire/json_write.h"

#include <stdio.h>

enum { RECORD_BYTES = HF_LIMIT_PREAUTH_FRAME_BYTES };

#define IDENTITY_NAME "identity.pem"

/* --- names --- */

/* The key of section 13 as a name: gateway, client id, device and role.  0, or what the buffer says. */
static int token_name(const struct holdfast_client *c, struct hf_bytes role,
                      char out[HF_VAULT_NAME_BYTES])
{
    struct hf_buf key;
    uint8_t digest[HF_SHA256_BYTES];
    char hex[HF_HEX_CHARS(HF_SHA256_BYTES)];
    struct hf_bytes path = hf_bytes_head(c->url.target, hf_bytes_find(c->url.target, 0, '?'));
    if (hf_bytes_ends(path, HF_LIT("/"))) path.len--;
    hf_buf_init(&key, RECORD_BYTES);
    hf_buf_add(&key, c->url.is_tls ? HF_LIT("wss://") : HF_LIT("ws://"));
    hf_buf_add(&key, c->url.host);
    hf_buf_addf(&key, ":%u", c->url.port);
    hf_buf_add(&key, path);
    hf_buf_addf(&key, "\n%s\n%s\n", c->client_id, c->device_id);
    hf_buf_add(&key, role);
    int err = hf_buf_done(&key);
    hf_sha256(hf_buf_view(&key), digest);
    hf_hex_write(hf_bytes(digest, sizeof digest), hex);
    snprintf(out, HF_VAULT_NAME_BYTES, "token-%.*s.json", (int)sizeof hex / 2, hex);
    hf_buf_fini(&key);
    return err;
}

static struct hf_bytes own_role(const struct holdfast_client *c)
{
    bool is_node = c->options->numbers[HOLDFAST_ROLE] == HOLDFAST_NODE;
    return is_node ? HF_LIT("node") : HF_LIT("operator");
}

/* --- reading, when the client is made --- */

int hf_vault_open(struct holdfast_client *c)
{
    c->store.hooks = c->options->store;
    if (c->store.hooks.read) return 0;
    int err = hf_file_store_directory(hf_options_text(c->options, HOLDFAST_STATE_DIRECTORY),
                                      &c->store.directory);
    if (err) return err;
    c->store.hooks = hf_file_store(c->store.directory);
    return 0;
}

int hf_vault_identity(struct holdfast_client *c, uint8_t out[HF_ED25519_KEY_BYTES])
{
    char pem[HF_IDENTITY_PEM_BYTES];
    size_t len = 0;
    const struct holdfast_store *hooks = &c->store.hooks;
    int err = hooks->read(hooks->ctx, IDENTITY_NAME, pem, sizeof pem, &len);
    if (err == 0 && !hf_identity_read(hf_bytes(pem, len), out)) err = HF_ERR_CORRUPT;
    /* Whatever does not fit is no identity of ours, and is not replaced either. */
    if (err == HF_ERR_TOO_LARGE) err = HF_ERR_CORRUPT;
    if (err == HF_ERR_NOT_FOUND) {
        err = hf_entropy(out, HF_ED25519_KEY_BYTES);
        if (!err) len = hf_identity_write(out, pem);
        if (!err) err = hooks->write(hooks->ctx, IDENTITY_NAME, pem, len);
    }
    hf_wipe(pem, sizeof pem);
    return err;
}

int hf_vault_token(struct holdfast_client *c)
{
    char name[HF_VAULT_NAME_BYTES];
    size_t len = 0;
    const struct holdfast_store *hooks = &c->store.hooks;
    int err = token_name(c, own_role(c), name);
    if (err) return err;
    uint8_t *record = hf_mem_new(RECORD_BYTES);
    if (!record) return HF_ERR_NOMEM;
    err = hooks->read(hooks->ctx, name, record, RECORD_BYTES, &len);
    struct hf_bytes text = hf_bytes(record, len);
    bool is_fine = err == 0 && hf_json_check(text, HF_LIMIT_JSON_DEPTH_PREAUTH, NULL) == 0;
    if (is_fine) {
        struct hf_bytes token, root = hf_json_root(text);
        struct hf_bytes scopes = hf_json_find(root, "scopes");
        if (hf_json_get_plain(hf_json_find(root, "token"), &token))
            c->stored_token = hf_text_copy(token);
        if (c->stored_token) c->stored_scopes = hf_text_copy(scopes);
    }
    hf_wipe(record, len);
    hf_mem_free(record);
    /* A token that is not there, or cannot be read, is got again by pairing. */
    return 0;
}

/* --- wishes --- */

static void drop_wish(struct hf_vault_wish *wish)
{
    hf_text_drop(wish->role);
    hf_text_drop(wish->token);
    hf_text_drop(wish->scopes);
    *wish = (struct hf_vault_wish){ 0 };
}

void hf_vault_fini(struct holdfast_client *c)
{
    for (size_t i = 0; i < c->store.wish_count; i++) drop_wish(&c->store.wishes[i]);
    hf_text_drop(c->store.directory);
}

static void write_record(struct hf_buf *out, const struct hf_vault_wish *wish)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "role", hf_bytes_cstr(wish->role));
    hf_json_add_text(&w, "token", hf_bytes_cstr(wish->token));
    if (wish->scopes[0]) hf_json_add_raw(&w, "scopes", hf_bytes_cstr(wish->scopes));
    hf_json_close_object(&w);
}

/* On the worker's thread: the first wish, which nobody touches meanwhile. */
static void run(struct hf_client_task *task)
{
    struct hf_vault *store = (struct hf_vault *)task;
    const struct hf_vault_wish *wish = &store->wishes[0];
    const struct holdfast_store *hooks = &store->hooks;
    struct hf_buf record;
    if (wish->erases) {
        int err = hooks->erase(hooks->ctx, wish->name);
        store->err = err == HF_ERR_NOT_FOUND ? 0 : err;
        return;
    }
    hf_buf_init(&record, RECORD_BYTES);
    write_record(&record, wish);
    store->err = hf_buf_done(&record);
    if (!store->err) store->err = hooks->write(hooks->ctx, wish->name, record.ptr, record.len);
    if (record.ptr) hf_wipe(record.ptr, record.cap);
    hf_buf_fini(&record);
}

static void done(struct hf_client_task *task);

static void start_next(struct holdfast_client *c)
{
    struct hf_vault *store = &c->store;
    if (store->is_running || store->wish_count == 0) return;
    store->is_running = true;
    store->client = c;
    store->task = (struct hf_client_task){ .run = run, .done = done };
    hf_client_hold(c);
    hf_client_loop_work(c->loop->host, &store->task);
}

static void tell_error(struct holdfast_client *c, int err)
{
    struct hf_draft d;
    hf_draft_notice(&d, HOLDFAST_ON_STORE_ERROR);
    d.texts[HOLDFAST_NOTICE_TEXT] = hf_bytes_cstr(holdfast_error_text(err));
    hf_inbox_push(c, &d);
}

/* What is stored for its own role is used from the next login on. */
static void use_token(struct holdfast_client *c, const struct hf_vault_wish *wish)
{
    if (wish->erases || !hf_bytes_same(hf_bytes_cstr(wish->role), own_role(c))) return;
    char *token = hf_text_copy(hf_bytes_cstr(wish->token));
    char *scopes = hf_text_copy(hf_bytes_cstr(wish->scopes));
    int err = token && scopes
                  ? hf_client_set_stored_token(c->engine, hf_client_loop_now(c->loop->host),
                                               hf_bytes_cstr(token), hf_bytes_cstr(scopes))
                  : HF_ERR_NOMEM;
    if (err) {
        hf_text_drop(token);
        hf_text_drop(scopes);
        tell_error(c, err);
        return;
    }
    hf_text_drop(c->stored_token);
    hf_text_drop(c->stored_scopes);
    c->stored_token = token;
    c->stored_scopes = scopes;
    hf_client_seat_touch(c->seat);
}

static bool replaces(const struct hf_vault_wish *wish, struct hf_bytes role)
{
    return hf_bytes_same(hf_bytes_cstr(wish->role), role);
}

/* While it was written the token was taken back, or replaced. */
static bool is_outdated(const struct hf_vault *store)
{
    for (size_t i = 1; i < store->wish_count; i++)
        if (replaces(&store->wishes[i], hf_bytes_cstr(store->wishes[0].role))) return true;
    return false;
}

/* On the thread that turns the loop, under the lock. */
static void done(struct hf_client_task *task)
{
    struct hf_vault *store = (struct hf_vault *)task;
    struct holdfast_client *c = store->client;
    bool is_live = atomic_load(&c->life) == HF_LIVE;
    if (is_live && store->err) tell_error(c, store->err);
    if (is_live && !store->err && !is_outdated(store)) use_token(c, &store->wishes[0]);
    drop_wish(&store->wishes[0]);
    store->wish_count--;
    memmove(&store->wishes[0], &store->wishes[1], store->wish_count * sizeof store->wishes[0]);
    store->is_running = false;
    /* What a gateway gave is kept also when the client has ended meanwhile. */
    start_next(c);
    hf_client_loop_signal(c->loop->host);
    hf_client_drop(c);
}

/* The newest wish of a role counts; one that runs is left alone. */
static struct hf_vault_wish *place_for(struct hf_vault *store, struct hf_bytes role)
{
    for (size_t i = store->is_running ? 1 : 0; i < store->wish_count; i++) {
        if (!replaces(&store->wishes[i], role)) continue;
        drop_wish(&store->wishes[i]);
        return &store->wishes[i];
    }
    if (store->wish_count == HF_VAULT_WISHES) return NULL;
    return &store->wishes[store->wish_count++];
}

void hf_vault_wish(struct holdfast_client *c, const struct hf_client_news *news)
{
    bool erases = news->kind == HF_CLIENT_TOKEN_DROP;
    if (c->options->numbers[HOLDFAST_DEVICE] != HOLDFAST_DEVICE_STORED) return;
    struct hf_vault_wish wish = { .erases = erases,
                                  .role = hf_text_copy(news->u.token.role),
                                  .token = hf_text_copy(news->u.token.token),
                                  .scopes = hf_text_copy(news->u.token.scopes) };
    bool is_named = token_name(c, news->u.token.role, wish.name) == 0;
    bool is_whole = is_named && wish.role && wish.token && wish.scopes;
    struct hf_vault_wish *place = is_whole ? place_for(&c->store, news->u.token.role) : NULL;
    if (!place) {
        drop_wish(&wish);
        tell_error(c, is_whole ? HF_ERR_LIMIT : HF_ERR_NOMEM);
        return;
    }
    *place = wish;
    if (erases && hf_bytes_same(news->u.token.role, own_role(c))) {
        hf_text_drop(c->stored_token);
        hf_text_drop(c->stored_scopes);
        c->stored_token = c->stored_scopes = NULL;
    }
    start_next(c);
}
