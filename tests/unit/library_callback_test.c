/* Callbacks of libholdfast that end their client (spec/client-lifecycle.md 5). */
#include "lib/library_life.h"
#include "wire/json_read.h"

/* A gateway that asks a node for something, and answers everything with "accepted". */
static void accepts_all(int listener)
{
    struct fake_conn c;
    struct hf_buf text;
    hf_buf_init(&text, 1 << 16);
    fake_accept(&c, listener);
    fake_login(&c);
    fake_event(&c, "node.invoke.request", "{\"id\":\"i\",\"nodeId\":\"n\",\"command\":\"c\"}", 1);
    while (fake_read(&c, &text)) {
        struct hf_bytes id;
        char id_text[128];
        if (!hf_json_get_plain(hf_json_find(hf_buf_view(&text), "id"), &id)) _exit(1);
        snprintf(id_text, sizeof id_text, "%.*s", (int)id.len, (const char *)id.ptr);
        fake_answer(&c, id_text, "{\"status\":\"accepted\"}");
    }
    hf_buf_fini(&text);
    fake_close(&c);
}

static atomic_int endings;

/* Whatever was told before does not matter any more. */
static void end_now(holdfast_client *client, struct library *l)
{
    l->told_len = 0;
    CHECK_EQ(holdfast_client_dispose(client), 0);
    CHECK_EQ(holdfast_client_dispose(client), 0);
    CHECK(holdfast_client_is_disposing(client));
    CHECK_EQ(holdfast_client_call(client, "call", NULL, NULL, NULL, NULL, NULL),
             HOLDFAST_ERROR_DISPOSED);
    holdfast_client_release(client); /* the test still holds it */
    atomic_fetch_add(&endings, 1);
}

static int end_in_notice(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    CHECK_EQ(holdfast_client_is_disposed(client),
             holdfast_notice_kind(notice) == HOLDFAST_ON_DISPOSED);
    end_now(client, ctx);
    return 0;
}

static int end_in_event(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    (void)event;
    end_now(client, ctx);
    return 0;
}

static void end_in_result(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    CHECK_EQ(holdfast_result_outcome(result), HOLDFAST_OUTCOME_OK);
    end_now(client, ctx);
}

static int end_in_invoke(holdfast_client *client, const holdfast_invoke *invoke, void *ctx)
{
    uint64_t id = holdfast_invoke_id(invoke);
    end_now(client, ctx);
    CHECK_EQ(holdfast_client_reply(client, id, NULL), HOLDFAST_ERROR_NOT_FOUND);
    return 0;
}

static void end_in_question(holdfast_client *client, enum holdfast_ask_kind kind, uint64_t ask_id,
                            void *ctx)
{
    (void)kind;
    end_now(client, ctx);
    CHECK_EQ(holdfast_client_answer(client, ask_id, 1), HOLDFAST_ERROR_DISPOSED);
}

static int call_and_end(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)notice;
    CHECK_EQ(holdfast_client_call(client, "call", NULL, NULL, end_in_result, ctx, NULL), 0);
    return 0;
}

static int call_and_end_early(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct holdfast_call_options options;
    (void)notice;
    holdfast_call_options_init(&options);
    options.flags = HOLDFAST_EXPECT_FINAL;
    options.on_accepted = end_in_result;
    CHECK_EQ(holdfast_client_call(client, "call", NULL, &options, NULL, ctx, NULL), 0);
    return 0;
}

/* Where it ends: in notices and events, and in the rest. */
enum { IN_ANSWER = KINDS, IN_RESULT, IN_ACCEPTED, IN_INVOKE, IN_HANDSHAKE, IN_RECONNECT };

static void set_end(struct library *l, holdfast_client *client, int where)
{
    if (where == EVENT_KIND)
        CHECK_EQ(holdfast_client_on_event(client, "*", end_in_event, l, NULL), 0);
    else if (where < EVENT_KIND)
        CHECK_EQ(holdfast_client_on(client, (enum holdfast_kind)where, end_in_notice, l, NULL), 0);
    else if (where == IN_RESULT)
        CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_HELLO, call_and_end, l, NULL), 0);
    else if (where == IN_ACCEPTED)
        CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_HELLO, call_and_end_early, l, NULL), 0);
    else if (where == IN_INVOKE)
        CHECK_EQ(holdfast_client_on_invoke(client, end_in_invoke, l), 0);
    CHECK_EQ(holdfast_client_subscribe(client, "watch", NULL, NULL,
                                       where == IN_ANSWER ? end_in_result : NULL, l, NULL),
             0);
}

static void set_questions(struct library *l, int where)
{
    holdfast_ask_fn fn = where == IN_HANDSHAKE || where == IN_RECONNECT ? end_in_question : NULL;
    CHECK_EQ(holdfast_options_set_ask(l->options, HOLDFAST_ASK_HANDSHAKE,
                                      where == IN_HANDSHAKE ? fn : NULL, l),
             0);
    CHECK_EQ(holdfast_options_set_ask(l->options, HOLDFAST_ASK_RECONNECT,
                                      where == IN_RECONNECT ? fn : NULL, l),
             0);
    if (where == IN_INVOKE)
        CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_ROLE, HOLDFAST_NODE), 0);
}

static void end_in(struct library *l, int where)
{
    set_retries(l);
    atomic_store(&endings, 0);
    set_questions(l, where);
    holdfast_client *client = library_client(l);
    set_end(l, client, where);
    watch_everything(l, client);
    holdfast_client_retain(client);
    CHECK_EQ(holdfast_client_start(client), 0);
    if (where == HOLDFAST_ON_DISPOSING || where == HOLDFAST_ON_DISPOSED)
        CHECK_EQ(holdfast_client_dispose(client), 0);
    library_wait_for(l, &endings, 1);
    CHECK_EQ(holdfast_client_dispose_wait(client, LIBRARY_PATIENCE_MS), 0);
    CHECK_EQ_AT(where, atomic_load(&endings), 1);
    CHECK_TEXT_AT(where, hf_bytes(l->told, l->told_len),
                  where == HOLDFAST_ON_DISPOSED ? "disposed " : "disposing disposed ");
    holdfast_client_release(client);
}

/* client-lifecycle 63: from each kind of callback, each of the two is told once and it is the
 * last word.  (library_identity_test: STORE_ERROR; library_race_test: two threads.) */
static void a_client_may_end_in_each_callback(void)
{
    static const struct {
        int where;
        void (*script)(int listener);
    } rows[] = {
        { HOLDFAST_ON_STATUS, a_life },
        { HOLDFAST_ON_HELLO, a_life },
        { HOLDFAST_ON_CONNECT_ERROR, a_life },
        { HOLDFAST_ON_AUTH_ERROR, a_life },
        { HOLDFAST_ON_CLOSED, a_life },
        { HOLDFAST_ON_PAUSED, wants_pairing },
        { HOLDFAST_ON_RETRY, a_life },
        { HOLDFAST_ON_STARTUP_WAIT, a_life },
        { HOLDFAST_ON_GAP, a_life },
        { HOLDFAST_ON_RESYNC, a_life },
        { HOLDFAST_ON_DISPOSING, a_life },
        { HOLDFAST_ON_DISPOSED, a_life },
        { EVENT_KIND, a_life },
        { IN_ANSWER, a_life },
        { IN_RESULT, accepts_all },
        { IN_ACCEPTED, accepts_all },
        { IN_INVOKE, accepts_all },
        { IN_HANDSHAKE, accepts_all },
        { IN_RECONNECT, a_life },
    };
    static struct library l;
    for (size_t i = 0; i < DRIVES * HF_COUNT(rows); i++) {
        size_t row = i / DRIVES;
        struct fake fake;
        fake_start(&fake, rows[row].script);
        library_open_fake(&l, (enum library_drive)(i % DRIVES), fake.port);
        end_in(&l, rows[row].where);
        library_close_fake(&l);
        fake_stop(&fake);
    }
}

static void end_when_insecure(struct library *l)
{
    pin_another_certificate(l);
    end_in(l, HOLDFAST_ON_INSECURE);
}

static void a_client_may_end_when_told_of_a_wrong_certificate(void)
{
    library_run_tls(end_when_insecure);
}

CHECK_MAIN(a_client_may_end_in_each_callback, a_client_may_end_when_told_of_a_wrong_certificate)
