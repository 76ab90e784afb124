/* The bounds of one client of libholdfast, at N and at N + 1. */
#include "base/limits.h"
#include "client/state.h"
#include "lib/library.h"
#include "wire/json_read.h"

static void login_only(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_login(&c);
    fake_drain(&c);
    fake_close(&c);
}

/* --- what waits for callbacks --- */

/* A client of a driven loop: nobody serves what is pushed before the test does. */
static void push(holdfast_client *client, size_t text_bytes)
{
    static char text[2 * HF_LIMIT_CLIENT_NEWS_BYTES];
    struct hf_draft d;
    hf_draft_notice(&d, HOLDFAST_ON_STORE_ERROR);
    memset(text, 'x', text_bytes);
    d.texts[HOLDFAST_NOTICE_TEXT] = hf_bytes(text, text_bytes);
    hf_enter(client->loop);
    CHECK(hf_inbox_push(client, &d));
    hf_leave(client->loop);
}

static bool is_held(holdfast_client *client)
{
    hf_enter(client->loop);
    bool wants_input = hf_client_wants_input(client->engine);
    CHECK_EQ(client->is_held, !wants_input);
    hf_leave(client->loop);
    return !wants_input;
}

static void serve(struct library *l, holdfast_client *client)
{
    CHECK_EQ(holdfast_loop_process(l->loop), 0);
    CHECK_EQ(client->news_count, 0);
    CHECK_EQ(client->news_bytes, 0);
    CHECK(!is_held(client)); /* it is read again */
}

static void fill_inbox(struct library *l)
{
    holdfast_client *client = library_ready(l);
    serve(l, client);
    for (int i = 0; i < HF_LIMIT_CLIENT_NEWS - 1; i++) push(client, 0);
    CHECK(!is_held(client));
    push(client, 0);
    CHECK(is_held(client));
    push(client, 0); /* what was on its way still has its place */
    CHECK_EQ(client->news_count, HF_LIMIT_CLIENT_NEWS + 1);
    serve(l, client);
    push(client, 0);
    size_t empty_bytes = client->news_bytes;
    serve(l, client);
    push(client, HF_LIMIT_CLIENT_NEWS_BYTES - 2 * empty_bytes);
    while (client->news_bytes + empty_bytes < HF_LIMIT_CLIENT_NEWS_BYTES) push(client, 0);
    CHECK(!is_held(client));
    push(client, 0);
    CHECK(is_held(client));
    serve(l, client);
    holdfast_client_release(client);
}

static void a_client_that_is_behind_is_not_read_from(void)
{
    static struct library l;
    struct fake fake;
    fake_start(&fake, login_only);
    library_open_fake(&l, DRIVEN, fake.port);
    fill_inbox(&l);
    library_close_fake(&l);
    CHECK_EQ(fake_end(&fake), 0);
}

/* --- what a node has not answered yet --- */

/* Asks for one more than may wait: that one alone is answered. */
static void invoke_many(int listener)
{
    struct fake_conn c;
    struct hf_buf text;
    char payload[128], last[32];
    hf_buf_init(&text, 1 << 20);
    fake_accept(&c, listener);
    fake_login(&c);
    for (int i = 1; i <= HF_LIMIT_CLIENT_INVOKES + 1; i++) {
        snprintf(last, sizeof last, "\"i%d\"", i);
        snprintf(payload, sizeof payload, "{\"id\":%s,\"nodeId\":\"n\",\"command\":\"c\"}", last);
        fake_event(&c, "node.invoke.request", payload, i);
    }
    if (!fake_read(&c, &text)) _exit(1);
    struct hf_bytes params = hf_json_find(hf_buf_view(&text), "params");
    if (!hf_bytes_same(hf_json_find(params, "id"), hf_bytes_cstr(last))) _exit(2);
    if (!memmem(text.ptr, text.len, "\"UNAVAILABLE\"", 13)) _exit(3);
    if (fake_read(&c, &text)) _exit(4); /* no other answer before its close */
    hf_buf_fini(&text);
    fake_close(&c);
}

static int keep_waiting(holdfast_client *client, const holdfast_invoke *invoke, void *ctx)
{
    struct library *l = ctx;
    (void)client;
    (void)invoke;
    atomic_fetch_add(&l->count, 1);
    return 0;
}

static int note_last(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    (void)client;
    if (holdfast_event_seq(event) > HF_LIMIT_CLIENT_INVOKES) atomic_store((atomic_int *)ctx, 1);
    return 0;
}

static void let_many_wait(struct library *l)
{
    atomic_int has_last = 0;
    CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_ROLE, HOLDFAST_NODE), 0);
    CHECK_EQ(holdfast_options_add(l->options, HOLDFAST_COMMANDS, "c"), 0);
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_on_invoke(client, keep_waiting, l), 0);
    CHECK_EQ(holdfast_client_on_event(client, "node.invoke.request", note_last, &has_last, NULL),
             0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &has_last, 1);
    CHECK_EQ(holdfast_client_stop_wait(client, LIBRARY_PATIENCE_MS), 0);
    CHECK_EQ(atomic_load(&l->count), HF_LIMIT_CLIENT_INVOKES);
    holdfast_client_release(client);
}

static void a_node_has_so_many_requests_and_not_one_more(void)
{
    library_run_fake(let_many_wait, invoke_many);
}

/* --- what a node is asked on a connection that is gone --- */

static void ask_and_go(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_login(&c);
    fake_event(&c, "hold", "{}", 1);
    fake_event(&c, "node.invoke.request", "{\"id\":\"i\",\"nodeId\":\"n\",\"command\":\"c\"}", 2);
    fake_close(&c);
    fake_accept(&c, listener);
    fake_login(&c);
    fake_event(&c, "last", "{}", 1);
    struct hf_buf text;
    hf_buf_init(&text, 1 << 20);
    if (fake_read(&c, &text)) _exit(1); /* nothing about it */
    hf_buf_fini(&text);
    fake_close(&c);
}

static uint64_t generation_of(holdfast_client *client)
{
    hf_enter(client->loop);
    uint64_t generation = hf_client_link(client->engine)->generation;
    hf_leave(client->loop);
    return generation;
}

/* Callbacks wait behind this one until the next connection has begun. */
static int hold(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    (void)event;
    (void)ctx;
    uint64_t generation = generation_of(client);
    for (int ms = 0; ms < LIBRARY_PATIENCE_MS && generation_of(client) == generation; ms++)
        usleep(1000);
    return 0;
}

static int note(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    (void)client;
    (void)event;
    atomic_store((atomic_int *)ctx, 1);
    return 0;
}

/* client-lifecycle 4.6: the gateway has failed it, and may have asked somebody else. */
static void a_request_of_a_lost_connection_is_not_carried_out(void)
{
    static struct library l;
    struct fake fake;
    atomic_int has_last = 0;
    fake_start(&fake, ask_and_go);
    library_open_fake(&l, THREADED, fake.port);
    CHECK_EQ(holdfast_options_set_number(l.options, HOLDFAST_ROLE, HOLDFAST_NODE), 0);
    CHECK_EQ(holdfast_options_set_number(l.options, HOLDFAST_BACKOFF_INITIAL_MS, 100), 0);
    CHECK_EQ(holdfast_options_add(l.options, HOLDFAST_COMMANDS, "c"), 0);
    holdfast_client *client = library_client(&l);
    CHECK_EQ(holdfast_client_on_invoke(client, keep_waiting, &l), 0);
    CHECK_EQ(holdfast_client_on_event(client, "hold", hold, NULL, NULL), 0);
    CHECK_EQ(holdfast_client_on_event(client, "last", note, &has_last, NULL), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(&l, &has_last, 1);
    CHECK_EQ(holdfast_client_stop_wait(client, LIBRARY_PATIENCE_MS), 0);
    CHECK_EQ(atomic_load(&l.count), 0);
    holdfast_client_release(client);
    library_close_fake(&l);
    CHECK_EQ(fake_end(&fake), 0);
}

CHECK_MAIN(a_client_that_is_behind_is_not_read_from, a_node_has_so_many_requests_and_not_one_more,
           a_request_of_a_lost_connection_is_not_carried_out)
