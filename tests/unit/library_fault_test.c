/* libholdfast without memory, and with more to keep than it has places for. */
#include "base/err.h"
#include "client/state.h"
#include "lib/fault.h"
#include "lib/library.h"
#include "lib/scratch.h"

static struct library l;
static struct scratch scratch;

/* --- a client is made --- */

static int make_a_client(void)
{
    holdfast_client *client = NULL;
    int err = holdfast_client_new(&client, l.loop, l.options);
    if (!fault_was_hit()) fault_arm(0); /* its end may lack the words to tell of it */
    holdfast_client_release(client);
    holdfast_loop_process(l.loop); /* where it ends */
    return err;
}

static void making_a_client_may_lack_memory(void)
{
    scratch_make(&scratch);
    library_open_fake(&l, DRIVEN, 1);
    library_be_paired(&l);
    CHECK_EQ(holdfast_options_set_text(l.options, HOLDFAST_STATE_DIRECTORY, scratch.dir), 0);
    CHECK_EQ(make_a_client(), 0); /* the identity is there from now on */
    fault_each(make_a_client);
    library_close_fake(&l);
    scratch_drop(&scratch);
}

static void half_a_document_is_none(void)
{
    char text[4096];
    library_open_fake(&l, DRIVEN, 1);
    holdfast_client *client = library_client(&l);
    fault_arm(1);
    CHECK_EQ(holdfast_client_json(client, text, sizeof text), 0);
    CHECK(fault_was_hit());
    CHECK_EQ(text[0], 0);
    CHECK(holdfast_client_json(client, text, sizeof text) > 0);
    holdfast_client_release(client);
    library_close_fake(&l);
}

/* --- a question --- */

static void never_asked(holdfast_client *client, enum holdfast_ask_kind kind, uint64_t ask_id,
                        void *ctx)
{
    (void)client;
    (void)kind;
    (void)ask_id;
    atomic_fetch_add(&((struct library *)ctx)->count, 1);
}

static enum hf_link_state state_of(holdfast_client *client)
{
    hf_enter(client->loop);
    enum hf_link_state state = hf_client_link(client->engine)->state;
    hf_leave(client->loop);
    return state;
}

/* There is no deadline for it: without an answer the client would wait for ever. */
static void a_question_that_is_lost_pauses_the_client(void)
{
    library_open_fake(&l, DRIVEN, 1); /* nobody listens there */
    CHECK_EQ(holdfast_options_set_number(l.options, HOLDFAST_BACKOFF_INITIAL_MS, 60000), 0);
    CHECK_EQ(holdfast_options_set_number(l.options, HOLDFAST_BACKOFF_MAX_MS, 60000), 0);
    CHECK_EQ(holdfast_options_set_ask(l.options, HOLDFAST_ASK_RECONNECT, never_asked, &l), 0);
    holdfast_client *client = library_client(&l);
    CHECK_EQ(holdfast_client_start(client), 0);
    for (int i = 0; state_of(client) != HF_LINK_BACKOFF; i++) {
        CHECK(i < 1000);
        holdfast_loop_wait(l.loop, LIBRARY_PATIENCE_MS);
    }
    hf_buf_reset(&l.loop->inbox, 0);
    fault_arm(1);
    CHECK_EQ(holdfast_client_start(client), 0);
    CHECK(fault_was_hit());
    CHECK_EQ(holdfast_client_wait_ready(client, LIBRARY_PATIENCE_MS), HOLDFAST_ERROR_NOT_CONNECTED);
    CHECK_EQ(state_of(client), HF_LINK_PAUSED);
    CHECK_EQ(atomic_load(&l.count), 0);
    holdfast_client_release(client);
    library_close_fake(&l);
}

/* --- tokens --- */

static int find_nothing(void *ctx, const char *name, void *out, size_t cap, size_t *len)
{
    (void)ctx;
    (void)name;
    (void)out;
    (void)cap;
    (void)len;
    return HOLDFAST_ERROR_NOT_FOUND;
}

static int keep(void *ctx, const char *name, const void *data, size_t len)
{
    (void)ctx;
    (void)name;
    (void)data;
    (void)len;
    return 0;
}

static int erase_nothing(void *ctx, const char *name)
{
    (void)ctx;
    (void)name;
    return HOLDFAST_ERROR_NOT_FOUND;
}

static int tell_text(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)client;
    library_tell(ctx, holdfast_notice_text(notice, HOLDFAST_NOTICE_TEXT));
    return 0;
}

static int refuse_to_keep(void *ctx, const char *name, const void *data, size_t len)
{
    (void)name;
    (void)data;
    (void)len;
    return *(const int *)ctx;
}

/* Codes that the public headers do not have stay inside; the program's own come back. */
static void an_identity_that_is_not_kept_has_a_public_code(void)
{
    static const struct {
        int kept, told;
    } rows[] = { { HF_ERR_FULL, HOLDFAST_ERROR_IO },       { HF_ERR_READONLY, HOLDFAST_ERROR_IO },
                 { HF_ERR_CRYPTO, HOLDFAST_ERROR_IO },     { HF_ERR_IO, HOLDFAST_ERROR_IO },
                 { HF_ERR_DENIED, HOLDFAST_ERROR_DENIED }, { -4711, -4711 } };
    library_open_fake(&l, DRIVEN, 1);
    library_be_paired(&l);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        int code = rows[i].kept;
        const struct holdfast_store store = {
            .ctx = &code, .read = find_nothing, .write = refuse_to_keep, .erase = erase_nothing
        };
        holdfast_client *client = NULL;
        CHECK_EQ(holdfast_options_set_store(l.options, &store), 0);
        CHECK_EQ_AT(i, holdfast_client_new(&client, l.loop, l.options), rows[i].told);
    }
    library_close_fake(&l);
}

static void wish_for(holdfast_client *client, const char *role)
{
    const struct hf_client_news news = {
        .kind = HF_CLIENT_TOKEN_STORE,
        .u.token = { .role = hf_bytes_cstr(role), .token = HF_LIT("t"), .scopes = HF_LIT("[]") }
    };
    hf_enter(client->loop);
    hf_vault_wish(client, &news);
    hf_leave(client->loop);
}

static void the_store_says_whether_memory_or_a_place_is_lacking(void)
{
    static const char *const roles[HF_VAULT_WISHES + 1] = { "a", "b", "c", "d", "e" };
    const struct holdfast_store store = { .read = find_nothing,
                                          .write = keep,
                                          .erase = erase_nothing };
    library_open_fake(&l, DRIVEN, 1);
    library_be_paired(&l);
    CHECK_EQ(holdfast_options_set_store(l.options, &store), 0);
    holdfast_client *client = library_client(&l);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_STORE_ERROR, tell_text, &l, NULL), 0);
    client->store.is_running = true; /* a worker that is not done with the first one */
    for (size_t i = 0; i < HF_VAULT_WISHES; i++) wish_for(client, roles[i]);
    CHECK_EQ(l.loop->inbox.len, 0);
    wish_for(client, roles[HF_VAULT_WISHES]);
    fault_arm(1);
    wish_for(client, roles[1]);
    CHECK(fault_was_hit());
    holdfast_loop_process(l.loop);
    client->store.is_running = false;
    CHECK_TEXT(hf_bytes(l.told, l.told_len), "a bound is full out of memory ");
    holdfast_client_release(client);
    library_close_fake(&l);
}

CHECK_MAIN(making_a_client_may_lack_memory, half_a_document_is_none,
           an_identity_that_is_not_kept_has_a_public_code,
           a_question_that_is_lost_pauses_the_client,
           the_store_says_whether_memory_or_a_place_is_lacking)
