/* Calls, events, subscriptions and invocations of libholdfast, over a gateway of our own. */
#include "base/limits.h"
#include "client/state.h"
#include "lib/library.h"

static void add_result(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    struct library *l = ctx;
    (void)client;
    library_tell(l, holdfast_outcome_name(holdfast_result_outcome(result)));
    atomic_fetch_add(&l->count, 1);
}

static void add_accepted(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    (void)client;
    CHECK_EQ(holdfast_result_outcome(result), HOLDFAST_OUTCOME_OK);
    library_tell(ctx, "accepted");
}

static void want_told(struct library *l, const char *want)
{
    CHECK_TEXT(hf_bytes(l->told, l->told_len), want);
}

/* --- calls --- */

static void answers(int listener)
{
    struct fake_conn c;
    char first[128], final[128], slow[128];
    fake_accept(&c, listener);
    fake_login(&c);
    fake_want(&c, "first", first);
    fake_want(&c, "final", final);
    fake_want(&c, "slow", slow);
    fake_answer(&c, final, "{\"status\":\"accepted\"}");
    fake_answer(&c, first, "[1]");
    fake_answer(&c, final, "{\"status\":\"accepted\"}");
    fake_answer(&c, final, "{\"status\":\"ok\"}");
    fake_answer(&c, final, "{\"status\":\"late\"}");
    fake_drain(&c);
    fake_close(&c);
}

static void make_calls(struct library *l)
{
    uint64_t id;
    struct holdfast_call_options options;
    holdfast_client *client = library_ready(l);
    holdfast_call_options_init(&options);
    CHECK_EQ(holdfast_client_call(client, "", NULL, NULL, add_result, l, NULL),
             HOLDFAST_ERROR_USAGE);
    CHECK_EQ(holdfast_client_call(client, "first", "{", NULL, add_result, l, NULL),
             HOLDFAST_ERROR_SYNTAX);
    CHECK_EQ(holdfast_client_call(client, "first", "{}", NULL, add_result, l, NULL), 0);
    options.flags = HOLDFAST_EXPECT_FINAL;
    options.on_accepted = add_accepted;
    CHECK_EQ(holdfast_client_call(client, "final", NULL, &options, add_result, l, NULL), 0);
    CHECK_EQ(holdfast_client_call(client, "slow", NULL, NULL, add_result, l, &id), 0);
    library_wait_for(l, &l->count, 2);
    want_told(l, "accepted OK OK ");
    CHECK_EQ(holdfast_client_number(client, HOLDFAST_PENDING_CALLS), 1);
    CHECK_EQ(holdfast_client_cancel(client, id), 0);
    CHECK_EQ(holdfast_client_cancel(client, id), HOLDFAST_ERROR_NOT_FOUND);
    library_wait_for(l, &l->count, 3);
    want_told(l, "accepted OK OK CANCELLED ");
    options = (struct holdfast_call_options){ .timeout_ms = 1 };
    CHECK_EQ(holdfast_client_call(client, "slow", NULL, &options, add_result, l, NULL), 0);
    library_wait_for(l, &l->count, 4);
    want_told(l, "accepted OK OK CANCELLED TIMEOUT ");
    holdfast_client_release(client);
}

static void each_call_ends_once(void)
{
    library_run_fake(make_calls, answers);
}

/* --- what a gateway says of an error --- */

static void refuses_with_a_secret(int listener)
{
    struct fake_conn c;
    char id[128], text[512];
    fake_accept(&c, listener);
    fake_login(&c);
    fake_want(&c, "first", id);
    snprintf(text, sizeof text,
             "{\"type\":\"res\",\"id\":\"%s\",\"ok\":false,\"error\":{\"code\":\"C\","
             "\"message\":\"no canary-4711\\nfor password='a b'\"}}",
             id);
    fake_send(&c, text);
    fake_drain(&c);
    fake_close(&c);
}

static void read_the_message(struct library *l)
{
    holdfast_result *result;
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_TOKEN, "canary-4711"), 0);
    holdfast_client *client = library_ready(l);
    CHECK_EQ(holdfast_client_call_wait(client, "first", NULL, NULL, &result), 0);
    CHECK_TEXT(hf_bytes_cstr(holdfast_result_message(result)), "no *** for password='***'");
    holdfast_result_free(result);
    holdfast_client_release(client);
}

/* client-lifecycle 75 */
static void a_message_shows_none_of_the_client_s_secrets(void)
{
    library_run_fake(read_the_message, refuses_with_a_secret);
}

static void fill_up(struct library *l)
{
    holdfast_client *client = library_ready(l);
    struct hf_pool *calls = &l->loop->calls;
    hf_id id;
    void *item;
    for (size_t i = 0; i + 1 < HF_LIMIT_LOOP_CALLS; i++)
        CHECK_EQ(hf_pool_new(calls, &id, &item), 0);
    CHECK_EQ(holdfast_client_call(client, "x", NULL, NULL, NULL, NULL, NULL), 0);
    CHECK_EQ(holdfast_client_call(client, "x", NULL, NULL, NULL, NULL, NULL), HOLDFAST_ERROR_LIMIT);
    holdfast_client_release(client);
}

static void login_only(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_login(&c);
    fake_drain(&c);
    fake_close(&c);
}

static int do_nothing(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)client;
    (void)notice;
    (void)ctx;
    return 0;
}

static void a_loop_bounds_its_calls(void)
{
    library_run_fake(fill_up, login_only);
}

static void add_callbacks(struct library *l)
{
    uint64_t id = 0;
    holdfast_client *client = library_ready(l);
    for (int i = 0; i < HF_LIMIT_CLIENT_CALLBACKS; i++)
        CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_GAP, do_nothing, NULL, &id), 0);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_GAP, do_nothing, NULL, NULL),
             HOLDFAST_ERROR_LIMIT);
    CHECK_EQ(holdfast_client_off(client, id), 0);
    CHECK_EQ(holdfast_client_off(client, id), HOLDFAST_ERROR_NOT_FOUND);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_GAP, do_nothing, NULL, NULL), 0);
    holdfast_client_release(client);
}

static void a_client_bounds_its_callbacks(void)
{
    library_run_fake(add_callbacks, login_only);
}

/* --- events --- */

static int add_name(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    struct library *l = ctx;
    size_t len;
    CHECK(holdfast_event_payload(event, &len)[0] == '{' && len >= 2);
    (void)client;
    library_tell(l, holdfast_event_name(event));
    atomic_fetch_add(&l->count, 1);
    return 0;
}

static int add_gap(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    char text[64];
    (void)client;
    snprintf(text, sizeof text, "gap %lld-%lld",
             (long long)holdfast_notice_number(notice, HOLDFAST_NOTICE_EXPECTED),
             (long long)holdfast_notice_number(notice, HOLDFAST_NOTICE_RECEIVED));
    library_tell(ctx, text);
    return 0;
}

static int fail(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    (void)client;
    (void)event;
    (void)ctx;
    return -1;
}

static void tell_events(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_login(&c);
    fake_event(&c, "chat", "{}", 5);
    fake_event(&c, "session.tool", "{}", 6);
    fake_event(&c, "session.message", "{\"a\":1}", 9);
    fake_event(&c, "end", "{}", 10);
    fake_drain(&c);
    fake_close(&c);
}

/* A failing callback changes nothing but the counter. */
static void watch_events(struct library *l)
{
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_on_event(client, "*", fail, l, NULL), 0);
    CHECK_EQ(holdfast_client_on_event(client, "session.*", add_name, l, NULL), 0);
    CHECK_EQ(holdfast_client_on_event(client, "end", add_name, l, NULL), 0);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_GAP, add_gap, l, NULL), 0);
    CHECK_EQ(holdfast_client_on_event(client, "", add_name, l, NULL), HOLDFAST_ERROR_USAGE);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &l->count, 3);
    want_told(l, "session.tool gap 7-9 session.message end ");
    CHECK_EQ(holdfast_client_number(client, HOLDFAST_COUNT_CALLBACK_FAILURES), 4);
    CHECK_EQ(holdfast_client_number(client, HOLDFAST_COUNT_GAPS), 1);
    holdfast_client_release(client);
}

static void events_reach_who_asked_for_them(void)
{
    library_run_fake(watch_events, tell_events);
}

enum { MANY = 3 * HF_LIMIT_CLIENT_NEWS };

static int pong_pipe[2];

static void flood(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_login(&c);
    for (int i = 1; i <= MANY; i++) fake_event(&c, "many", "{}", i);
    fake_drain(&c);
    fake_close(&c);
}

struct flooded {
    struct library *l;
    size_t most;
    int64_t last_seq;
};

static int count_event(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    struct flooded *f = ctx;
    CHECK_EQ(holdfast_event_seq(event), ++f->last_seq);
    hf_enter(client->loop);
    if (client->news_count > f->most) f->most = client->news_count;
    hf_leave(client->loop);
    atomic_fetch_add(&f->l->count, 1);
    return 0;
}

static void take_flood(struct library *l)
{
    struct flooded f = { .l = l };
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_on_event(client, "many", count_event, &f, NULL), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &l->count, MANY);
    CHECK(f.most <= HF_LIMIT_CLIENT_NEWS);
    holdfast_client_release(client);
}

static void what_waits_for_callbacks_is_bounded_and_nothing_is_lost(void)
{
    library_run_fake(take_flood, flood);
}

/* --- a slow callback --- */

static void ping_while_it_sleeps(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_login(&c);
    fake_event(&c, "block", "{}", 1);
    for (int i = 0; i < 20; i++) fake_ping(&c);
    if (write(pong_pipe[1], "P", 1) != 1) _exit(1);
    fake_drain(&c);
    fake_close(&c);
}

static int block(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    struct library *l = ctx;
    char byte;
    (void)client;
    (void)event;
    /* Until the gateway has got all its pongs. */
    CHECK_EQ(read(pong_pipe[0], &byte, 1), 1);
    atomic_fetch_add(&l->count, 1);
    return 0;
}

/* client-lifecycle 59: loops with threads of their own answer pings meanwhile. */
static void a_callback_that_blocks_delays_no_pong(void)
{
    static struct library l;
    struct fake fake;
    CHECK_EQ(pipe(pong_pipe), 0);
    fake_start(&fake, ping_while_it_sleeps);
    library_open_fake(&l, THREADED, fake.port);
    holdfast_client *client = library_client(&l);
    CHECK_EQ(holdfast_client_on_event(client, "block", block, &l, NULL), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(&l, &l.count, 1);
    holdfast_client_release(client);
    library_close_fake(&l);
    CHECK_EQ(fake_end(&fake), 0);
    close(pong_pipe[0]);
    close(pong_pipe[1]);
}

/* --- subscriptions --- */

static void lose_once(int listener)
{
    struct fake_conn c;
    char id[128];
    for (int i = 0; i < 2; i++) {
        fake_accept(&c, listener);
        fake_login(&c);
        fake_want(&c, "watch", id);
        fake_answer(&c, id, "{}");
        if (i == 0) fake_close(&c);
    }
    fake_want(&c, "unwatch", id);
    fake_answer(&c, id, "{}");
    fake_drain(&c);
    fake_close(&c);
}

static int add_resync(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct library *l = ctx;
    (void)client;
    (void)notice;
    library_tell(l, "resync");
    atomic_fetch_add(&l->count, 1);
    return 0;
}

static void add_answer(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    (void)client;
    CHECK_EQ(holdfast_result_outcome(result), HOLDFAST_OUTCOME_OK);
    library_tell(ctx, "answer");
}

static void keep_watching(struct library *l)
{
    uint64_t id;
    CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_BACKOFF_INITIAL_MS, 1), 0);
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_RESYNC, add_resync, l, NULL), 0);
    CHECK_EQ(holdfast_client_subscribe(client, "watch", "{}", "unwatch", add_answer, l, &id), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &l->count, 2);
    want_told(l, "answer resync answer resync ");
    CHECK_EQ(holdfast_client_unsubscribe(client, id), 0);
    CHECK_EQ(holdfast_client_unsubscribe(client, id), HOLDFAST_ERROR_NOT_FOUND);
    CHECK_EQ(holdfast_client_stop_wait(client, LIBRARY_PATIENCE_MS), 0);
    holdfast_client_release(client);
}

static void a_subscription_stands_again_after_a_loss(void)
{
    library_run_fake(keep_watching, lose_once);
}

/* --- nodes --- */

static void invoke(int listener)
{
    struct fake_conn c;
    struct hf_buf text;
    static const char *const wanted[] = { "\"ok\":true,\"payloadJSON\":\"{\\\"t\\\":1}\"",
                                          "\"ok\":false,\"error\":{\"code\":\"UNAVAILABLE\"" };
    hf_buf_init(&text, 1 << 20);
    fake_accept(&c, listener);
    fake_login(&c);
    for (int i = 0; i < 2; i++) {
        fake_event(
            &c, "node.invoke.request",
            i == 0 ? "{\"id\":\"i1\",\"nodeId\":\"n\",\"command\":\"time\",\"paramsJSON\":\"[]\"}"
                   : "{\"id\":\"i2\",\"nodeId\":\"n\",\"command\":\"other\"}",
            i + 1);
        do {
            if (!fake_read(&c, &text)) _exit(1);
        } while (!memmem(text.ptr, text.len, "node.invoke.result", 18));
        if (!memmem(text.ptr, text.len, wanted[i], strlen(wanted[i]))) _exit(2);
    }
    hf_buf_fini(&text);
    fake_drain(&c);
    fake_close(&c);
}

static int answer(holdfast_client *client, const holdfast_invoke *invoke, void *ctx)
{
    struct library *l = ctx;
    uint64_t id = holdfast_invoke_id(invoke);
    bool is_known = strcmp(holdfast_invoke_command(invoke), "time") == 0;
    if (is_known) CHECK(strcmp(holdfast_invoke_params(invoke, NULL), "[]") == 0);
    if (is_known) CHECK_EQ(holdfast_client_reply(client, id, "{"), HOLDFAST_ERROR_SYNTAX);
    if (is_known) CHECK_EQ(holdfast_client_reply(client, id, "{\"t\":1}"), 0);
    if (is_known)
        CHECK_EQ(holdfast_client_reply(client, id, "{\"t\":1}"), HOLDFAST_ERROR_NOT_FOUND);
    atomic_fetch_add(&l->count, 1);
    return is_known ? 0 : -1;
}

static void be_a_node(struct library *l)
{
    CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_ROLE, HOLDFAST_NODE), 0);
    CHECK_EQ(holdfast_options_add(l->options, HOLDFAST_COMMANDS, "time"), 0);
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_on_invoke(client, answer, l), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &l->count, 2);
    CHECK_EQ(holdfast_client_stop_wait(client, LIBRARY_PATIENCE_MS), 0);
    holdfast_client_release(client);
}

static void a_node_answers_what_it_is_asked(void)
{
    library_run_fake(be_a_node, invoke);
}

/* A server closes the connection, and with it ends every other call, at the first byte that is
 * not UTF-8. */
static void a_text_that_is_not_utf8_is_refused(struct library *l)
{
    uint64_t id;
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_TOKEN, "t\xFF"), HOLDFAST_ERROR_USAGE);
    CHECK_EQ(holdfast_options_add(l->options, HOLDFAST_COMMANDS, "\xC3"), HOLDFAST_ERROR_USAGE);
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_call(client, "he\xFF", NULL, NULL, NULL, NULL, &id),
             HOLDFAST_ERROR_USAGE);
    CHECK_EQ(holdfast_client_subscribe(client, "he\xFF", NULL, NULL, NULL, NULL, &id),
             HOLDFAST_ERROR_USAGE);
    CHECK_EQ(holdfast_client_subscribe(client, "a", NULL, "\xFF", NULL, NULL, &id),
             HOLDFAST_ERROR_USAGE);
    CHECK_EQ(holdfast_client_fail(client, 1, "\xFF", "m"), HOLDFAST_ERROR_USAGE);
    CHECK_EQ(holdfast_client_fail(client, 1, "c", "\xFF"), HOLDFAST_ERROR_USAGE);
    holdfast_client_release(client);
}

static void texts_of_the_program_are_checked(void)
{
    library_run(a_text_that_is_not_utf8_is_refused, &(struct daemon_plan){ 0 });
}

CHECK_MAIN(each_call_ends_once, a_message_shows_none_of_the_client_s_secrets,
           a_loop_bounds_its_calls, a_client_bounds_its_callbacks, events_reach_who_asked_for_them,
           what_waits_for_callbacks_is_bounded_and_nothing_is_lost,
           a_callback_that_blocks_delays_no_pong, a_subscription_stands_again_after_a_loss,
           a_node_answers_what_it_is_asked, texts_of_the_program_are_checked)
