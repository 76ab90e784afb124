/* Callbacks of libholdfast that fail, or that end their client (spec/client-lifecycle.md 5). */
#include "lib/cert.h"
#include "lib/library.h"
#include "wire/json_read.h"

enum { NO_KIND = -1, EVENT_KIND = HOLDFAST_ON_DISPOSED + 1, KINDS };

static const char *const kind_names[KINDS] = {
    "status", "hello",  "connect_error", "auth_error", "closed",    "paused",   "retry", "wait",
    "gap",    "resync", "store_error",   "insecure",   "disposing", "disposed", "event",
};

/* --- the gateway of a whole life --- */

/* Closes when the client does. */
static void close_after(struct fake_conn *c)
{
    struct hf_buf text;
    hf_buf_init(&text, 1 << 16);
    if (fake_read(c, &text)) _exit(1); /* nothing but the close */
    hf_buf_fini(&text);
    fake_close(c);
}

static void refuse(struct fake_conn *c, const char *error)
{
    char text[512];
    fake_upgrade(c);
    fake_send(c, "{\"type\":\"event\",\"event\":\"connect.challenge\",\"payload\":{\"nonce\":"
                 "\"n-1\",\"ts\":1795318620974}}");
    fake_want(c, "connect", c->connect_id);
    snprintf(text, sizeof text, "{\"type\":\"res\",\"id\":\"%s\",\"ok\":false,\"error\":{%s}}",
             c->connect_id, error);
    fake_send(c, text);
    close_after(c);
}

static void answer_next(struct fake_conn *c, const char *method)
{
    char id[128];
    fake_want(c, method, id);
    fake_answer(c, id, "{}");
}

/* A loss before the upgrade, a refusal, a start-up, a connection with a gap that the client
 * is made to end, and one that it disposes of. */
static void a_life(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_close(&c);
    fake_accept(&c, listener);
    refuse(&c, "\"code\":\"UNAUTHORIZED\",\"message\":\"no\",\"details\":{\"code\":\"AUTH_"
               "UNAUTHORIZED\"}");
    fake_accept(&c, listener);
    refuse(&c, "\"code\":\"UNAVAILABLE\",\"message\":\"starting\",\"retryable\":true,"
               "\"retryAfterMs\":100,\"details\":{\"reason\":\"startup-sidecars\"}");
    fake_accept(&c, listener);
    fake_login(&c);
    answer_next(&c, "watch");
    fake_event(&c, "first", "{}", 1);
    fake_event(&c, "third", "{}", 3);
    answer_next(&c, "watch");
    close_after(&c);
    fake_accept(&c, listener);
    fake_login(&c);
    answer_next(&c, "watch");
    answer_next(&c, "call");
    if (!fake_drain(&c)) _exit(2); /* an abort is a reset */
    fake_close(&c);
}

/* --- what it looks like from inside --- */

/* "retry(7,1)": with all numbers of the notice but those that time makes. */
static int note_notice(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    static const enum holdfast_notice_number_key keys[] = {
        HOLDFAST_NOTICE_STATUS,  HOLDFAST_NOTICE_CLOSE_CODE, HOLDFAST_NOTICE_HTTP_STATUS,
        HOLDFAST_NOTICE_WAIT_MS, HOLDFAST_NOTICE_ATTEMPT,    HOLDFAST_NOTICE_EXPECTED,
        HOLDFAST_NOTICE_RECEIVED
    };
    struct library *l = ctx;
    char word[128];
    int len = snprintf(word, sizeof word, "%s", kind_names[holdfast_notice_kind(notice)]);
    (void)client;
    for (size_t i = 0; i < HF_COUNT(keys); i++) {
        long long number = holdfast_notice_number(notice, keys[i]);
        if (number > 0) len += snprintf(word + len, sizeof word - (size_t)len, ":%lld", number);
    }
    library_tell(l, word);
    if (holdfast_notice_kind(notice) == HOLDFAST_ON_RESYNC) atomic_fetch_add(&l->count, 1);
    return 0;
}

static int note_event(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    char word[64];
    (void)client;
    snprintf(word, sizeof word, "event:%lld", (long long)holdfast_event_seq(event));
    library_tell(ctx, word);
    return 0;
}

static void note_result(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    (void)client;
    library_tell(ctx, holdfast_outcome_name(holdfast_result_outcome(result)));
}

static void watch_everything(struct library *l, holdfast_client *client)
{
    for (int kind = 0; kind <= HOLDFAST_ON_DISPOSED; kind++)
        CHECK_EQ(holdfast_client_on(client, (enum holdfast_kind)kind, note_notice, l, NULL), 0);
    CHECK_EQ(holdfast_client_on_event(client, "*", note_event, l, NULL), 0);
}

static const char whole_life[] =
    "status:1 connect_error retry:1:1 "
    "connect_error auth_error closed:1008 retry:2:2 "
    "wait:100:1 retry:100:2 "
    "status:2 hello OK resync event:1 gap:2:3 event:3 OK resync status:1 closed:1012 retry:1:1 "
    "status:2 hello OK resync OK disposing disposed ";

/* --- failing --- */

static atomic_int failures; /* that were returned */

static int fail_notice(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)client;
    (void)notice;
    (void)ctx;
    return -atomic_fetch_add(&failures, 1) - 1;
}

static int fail_event(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    (void)client;
    (void)event;
    (void)ctx;
    return -atomic_fetch_add(&failures, 1) - 1;
}

static void let_fail(holdfast_client *client, int kind)
{
    if (kind == EVENT_KIND)
        CHECK_EQ(holdfast_client_on_event(client, "*", fail_event, NULL, NULL), 0);
    else if (kind != NO_KIND)
        CHECK_EQ(holdfast_client_on(client, (enum holdfast_kind)kind, fail_notice, NULL, NULL), 0);
}

static void set_retries(struct library *l)
{
    CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_BACKOFF_INITIAL_MS, 1), 0);
    CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_BACKOFF_JITTER_PERCENT, 0), 0);
    CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_STABLE_MS, 0), 0);
}

/* As often as the word stands in what was told. */
static int count_told(const struct library *l, int kind)
{
    int count = 0;
    size_t len = strlen(kind_names[kind]);
    for (const char *at = l->told; (at = strstr(at, kind_names[kind])) != NULL; at += len)
        count += (at == l->told || at[-1] == ' ') && (at[len] == ':' || at[len] == ' ');
    return count;
}

static void note_call(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    struct library *l = ctx;
    note_result(client, result, l);
    atomic_fetch_add(&l->count, 1);
}

static int failing; /* a kind, or NO_KIND */

static void live(struct library *l)
{
    set_retries(l);
    atomic_store(&failures, 0);
    holdfast_client *client = library_client(l);
    let_fail(client, failing); /* called before those that note, which are called nevertheless */
    watch_everything(l, client);
    CHECK_EQ(holdfast_client_subscribe(client, "watch", NULL, NULL, note_result, l, NULL), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &l->count, 2);
    CHECK_EQ(holdfast_client_reconnect(client), 0);
    library_wait_for(l, &l->count, 3);
    CHECK_EQ(holdfast_client_call(client, "call", NULL, NULL, note_call, l, NULL), 0);
    library_wait_for(l, &l->count, 4);
    CHECK_EQ(holdfast_client_dispose_wait(client, LIBRARY_PATIENCE_MS), 0);
    CHECK_TEXT_AT(failing, hf_bytes(l->told, l->told_len), whole_life);
    int expected = failing == NO_KIND ? 0 : count_told(l, failing);
    CHECK_EQ_AT(failing, atomic_load(&failures), expected);
    CHECK_EQ_AT(failing, holdfast_client_number(client, HOLDFAST_COUNT_CALLBACK_FAILURES),
                expected);
    holdfast_client_release(client);
}

/* client-lifecycle 66, 81: each in turn, through failed attempts, a login, a gap, a forced
 * disconnect and the disposal: the gateway sees the same frames, the timers are the same,
 * and so is what the other callbacks hear. */
static void a_callback_that_fails_changes_nothing_but_a_counter(void)
{
    for (failing = NO_KIND; failing < KINDS; failing++) library_run_fake(live, a_life);
}

/* --- ending --- */

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

static void wants_pairing(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    refuse(&c, "\"code\":\"NOT_PAIRED\",\"message\":\"no\",\"details\":{\"code\":\"PAIRING_"
               "REQUIRED\"}");
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

static void pin_another(struct library *l)
{
    char pin[65];
    memset(pin, 'a', sizeof pin - 1);
    pin[64] = '\0';
    char url[64];
    snprintf(url, sizeof url, "wss://127.0.0.1:%u", l->daemon.port);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_URL, url), 0);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_TLS_FINGERPRINT, pin), 0);
    end_in(l, HOLDFAST_ON_INSECURE);
}

static void a_client_may_end_when_told_of_a_wrong_certificate(void)
{
    struct scratch scratch;
    char cert[SCRATCH_PATH_BYTES], key[SCRATCH_PATH_BYTES];
    scratch_make(&scratch);
    snprintf(cert, sizeof cert, "%s/crt", scratch.dir);
    snprintf(key, sizeof key, "%s/key", scratch.dir);
    cert_write(cert, key, "gateway");
    library_run(pin_another, &(struct daemon_plan){ .cert_path = cert, .key_path = key });
    scratch_drop(&scratch);
}

CHECK_MAIN(a_callback_that_fails_changes_nothing_but_a_counter, a_client_may_end_in_each_callback,
           a_client_may_end_when_told_of_a_wrong_certificate)
