/* The ends of a client of libholdfast (spec/client-lifecycle.md section 5). */
#include "host/worker_thread.h"
#include "lib/library.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

static const struct daemon_plan plain = { 0 };

static int count_descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory)) count++;
    closedir(directory);
    return count;
}

static int tell(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct library *l = ctx;
    bool is_disposed = holdfast_client_is_disposed(client);
    CHECK(holdfast_client_is_disposing(client));
    /* client-lifecycle 65 */
    CHECK_EQ(is_disposed, holdfast_notice_kind(notice) == HOLDFAST_ON_DISPOSED);
    library_tell(l, is_disposed ? "disposed" : "disposing");
    return 0;
}

static void watch_end(struct library *l, holdfast_client *client)
{
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_DISPOSING, tell, l, NULL), 0);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_DISPOSED, tell, l, NULL), 0);
}

static void want_told(struct library *l, const char *want)
{
    CHECK_TEXT(hf_bytes(l->told, l->told_len), want);
    l->told_len = 0;
}

static void end_client(holdfast_client *client)
{
    CHECK_EQ(holdfast_client_dispose_wait(client, LIBRARY_PATIENCE_MS), 0);
    holdfast_client_release(client);
}

/* --- in the middle of things --- */

static int end_it(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    struct library *l = ctx;
    library_tell(l, holdfast_event_name(event));
    CHECK_EQ(holdfast_client_dispose(client), 0);
    CHECK(holdfast_client_is_disposed(client));
    holdfast_client_release(client); /* the last one: what follows must not need it */
    atomic_fetch_add(&l->count, 1);
    return 0;
}

static int not_called(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    (void)client;
    (void)event;
    library_tell(ctx, "late");
    return 0;
}

static void three_events(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_login(&c);
    fake_event(&c, "one", "{}", 1);
    fake_event(&c, "two", "{}", 2);
    fake_event(&c, "three", "{}", 3);
    if (!fake_drain(&c)) _exit(1); /* an abort is a reset */
    fake_close(&c);
}

/* client-lifecycle 62: the first of three callbacks disposes and lets go. */
static void end_in_event(struct library *l)
{
    holdfast_client *client = library_client(l);
    watch_end(l, client);
    CHECK_EQ(holdfast_client_on_event(client, "*", end_it, l, NULL), 0);
    CHECK_EQ(holdfast_client_on_event(client, "*", not_called, l, NULL), 0);
    CHECK_EQ(holdfast_client_on_event(client, "one", not_called, l, NULL), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &l->count, 1);
    want_told(l, "one disposing disposed ");
}

static void an_event_that_ends_its_client_is_the_last(void)
{
    library_run_fake(end_in_event, three_events);
}

static void on_ended_call(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    struct library *l = ctx;
    library_tell(l, holdfast_outcome_name(holdfast_result_outcome(result)));
    CHECK(strlen(holdfast_result_message(result)) > 0);
    CHECK_EQ(holdfast_client_call(client, "echo", NULL, NULL, on_ended_call, ctx, NULL),
             HOLDFAST_ERROR_DISPOSED);
}

static int call_while_ending(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)notice;
    /* client-lifecycle 64 */
    CHECK_EQ(holdfast_client_call(client, "echo", NULL, NULL, on_ended_call, ctx, NULL),
             HOLDFAST_ERROR_DISPOSED);
    CHECK_EQ(holdfast_client_start(client), HOLDFAST_ERROR_DISPOSED);
    CHECK_EQ(holdfast_client_dispose(client), 0);
    return -7; /* a failure changes nothing */
}

static void silent_after_login(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_login(&c);
    fake_drain(&c);
    fake_close(&c);
}

static void end_with_calls(struct library *l)
{
    holdfast_client *client = library_ready(l);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_DISPOSING, call_while_ending, l, NULL), 0);
    watch_end(l, client);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(holdfast_client_call(client, "echo", NULL, NULL, on_ended_call, l, NULL), 0);
    end_client(client);
    want_told(l, "disposing DISPOSED DISPOSED DISPOSED disposed ");
    l->told_len = 0;
}

static void what_waits_ends_once_and_nothing_new_begins(void)
{
    library_run_fake(end_with_calls, silent_after_login);
}

/* --- at any moment --- */

static void accept_all(int listener)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        char byte;
        if (fd < 0) _exit(1);
        ssize_t got = recv(fd, &byte, 1, MSG_PEEK);
        if (got == 1 && byte == 'Q') return; /* the test's last word */
        close(fd);
    }
}

static void say_quit(struct library *l, uint16_t port)
{
    struct peer p;
    (void)l;
    peer_open(&p, port);
    peer_send(&p, HF_LIT("Q"));
    peer_close(&p);
}

/* At the dial, at the upgrade, and right behind the start. */
static void end_while_connecting(struct library *l)
{
    for (int turns = 0; turns < 40; turns++) {
        holdfast_client *client = library_client(l);
        watch_end(l, client);
        CHECK_EQ(holdfast_client_start(client), 0);
        for (int i = 0; i < turns / 4 && l->drive == DRIVEN; i++) holdfast_loop_wait(l->loop, 0);
        end_client(client);
        want_told(l, "disposing disposed ");
    }
}

static void a_client_may_end_while_it_connects(void)
{
    static struct library library;
    for (int drive = 0; drive < DRIVES; drive++) {
        struct fake fake;
        fake_start(&fake, accept_all);
        library_open_fake(&library, (enum library_drive)drive, fake.port);
        int before = count_descriptors();
        end_while_connecting(&library);
        CHECK_EQ(count_descriptors(), before);
        library_close_fake(&library);
        say_quit(&library, fake.port);
        CHECK_EQ(fake_end(&fake), 0);
    }
    library_run(end_while_connecting, &plain);
}

/* Takes what comes and says nothing; a word that begins with Q is the last. */
static void keep_silent(int listener)
{
    for (bool is_over = false; !is_over;) {
        char word[512];
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) _exit(1);
        for (ssize_t got; !is_over && (got = recv(fd, word, sizeof word, 0)) > 0;)
            is_over = word[0] == 'Q';
        close(fd);
    }
}

static void change_minds(void *ctx)
{
    holdfast_client *client = ctx;
    CHECK_EQ(holdfast_client_stop(client), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    CHECK_EQ(holdfast_client_stop(client), 0);
}

/* A second attempt is called off before the loop's thread has ended the dial of the first,
 * a handshake that nobody answers. */
static void a_dial_that_is_called_off_is_not_dialled(void)
{
    static struct library library;
    struct fake fake;
    struct hf_thread thread;
    char url[64];
    fake_start(&fake, keep_silent);
    library_open_fake(&library, DRIVEN, fake.port);
    snprintf(url, sizeof url, "wss://127.0.0.1:%u", fake.port);
    CHECK_EQ(holdfast_options_set_text(library.options, HOLDFAST_URL, url), 0);
    holdfast_client *client = library_client(&library);
    int before = count_descriptors();
    CHECK_EQ(holdfast_client_start(client), 0);
    while (count_descriptors() == before) CHECK_EQ(holdfast_loop_wait(library.loop, 10), 0);
    CHECK_EQ(hf_thread_start(&thread, change_minds, client), 0);
    hf_thread_join(&thread);
    CHECK_EQ(holdfast_loop_process(library.loop), 0);
    CHECK_EQ(count_descriptors(), before);
    end_client(client);
    library_close_fake(&library);
    say_quit(&library, fake.port);
    CHECK_EQ(fake_end(&fake), 0);
}

struct duel {
    holdfast_client *client;
    atomic_int go;
};

static void end_from_elsewhere(void *ctx)
{
    struct duel *duel = ctx;
    while (!atomic_load(&duel->go)) continue;
    holdfast_client_dispose(duel->client);
    holdfast_client_release(duel->client);
}

static int count(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)client;
    (void)notice;
    atomic_fetch_add((atomic_int *)ctx, 1);
    return 0;
}

/* client-lifecycle 63: two threads, at whatever moment of the attempt. */
static void end_from_two_threads(struct library *l)
{
    enum { ROUNDS = 1000 };
    static atomic_int ends;
    atomic_store(&ends, 0);
    for (int i = 0; i < ROUNDS; i++) {
        struct hf_thread thread;
        struct duel duel = { .client = library_client(l) };
        holdfast_client_retain(duel.client); /* the other thread's */
        CHECK_EQ(holdfast_client_on(duel.client, HOLDFAST_ON_DISPOSING, count, &ends, NULL), 0);
        CHECK_EQ(holdfast_client_on(duel.client, HOLDFAST_ON_DISPOSED, count, &ends, NULL), 0);
        CHECK_EQ(hf_thread_start(&thread, end_from_elsewhere, &duel), 0);
        CHECK_EQ(holdfast_client_start(duel.client), 0);
        atomic_store(&duel.go, 1);
        for (int k = 0; k < i % 5 && l->drive == DRIVEN; k++) holdfast_loop_process(l->loop);
        end_client(duel.client);
        hf_thread_join(&thread);
    }
    CHECK_EQ(atomic_load(&ends), 2 * ROUNDS);
}

static void two_threads_may_end_a_client_at_once(void)
{
    static struct library library;
    for (int drive = 0; drive < DRIVES; drive++) {
        struct fake fake;
        fake_start(&fake, accept_all);
        library_open_fake(&library, (enum library_drive)drive, fake.port);
        int before = count_descriptors();
        end_from_two_threads(&library);
        CHECK_EQ(count_descriptors(), before);
        library_close_fake(&library);
        say_quit(&library, fake.port);
        CHECK_EQ(fake_end(&fake), 0);
    }
}

static void live_and_end(struct library *l)
{
    enum { ROUNDS = 1000 };
    int before = count_descriptors();
    for (int i = 0; i < ROUNDS; i++) end_client(library_ready(l));
    CHECK_EQ(count_descriptors(), before);
}

static void a_thousand_clients_come_and_go(void)
{
    library_run(live_and_end, &plain);
}

static void end_with_the_loop(struct library *l)
{
    holdfast_client *ready = library_ready(l), *started = library_client(l);
    holdfast_client *idle = library_client(l);
    CHECK_EQ(holdfast_client_start(started), 0);
    watch_end(l, ready);
    holdfast_loop_free(l->loop);
    want_told(l, "disposing disposed ");
    CHECK(holdfast_client_is_disposed(ready) && holdfast_client_is_disposed(started));
    CHECK_EQ(holdfast_client_start(idle), HOLDFAST_ERROR_DISPOSED);
    CHECK_EQ(holdfast_client_number(ready, HOLDFAST_COUNT_HELLOS), 1);
    holdfast_client_release(ready);
    holdfast_client_release(started);
    holdfast_client_release(idle);
    CHECK_EQ(holdfast_loop_new(&l->loop), 0); /* for library_close */
}

static void a_loop_that_ends_takes_its_clients_along(void)
{
    library_run(end_with_the_loop, &plain);
}

/* Would come back for ever. */
static int come_back(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct library *l = ctx;
    holdfast_client *next = NULL;
    (void)client;
    (void)notice;
    atomic_fetch_add(&l->count, 1);
    CHECK_EQ(holdfast_client_new(&next, l->loop, l->options), HOLDFAST_ERROR_DISPOSED);
    return 0;
}

static void end_for_good(struct library *l)
{
    holdfast_client *client = library_client(l);
    atomic_store(&l->count, 0);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_DISPOSED, come_back, l, NULL), 0);
    holdfast_loop_free(l->loop);
    CHECK_EQ(atomic_load(&l->count), 1);
    holdfast_client_release(client);
    CHECK_EQ(holdfast_loop_new(&l->loop), 0); /* for library_close */
}

static void a_loop_that_ends_makes_no_client(void)
{
    library_run(end_for_good, &plain);
}

/* Takes one close and does not answer it; what follows is a reset. */
static void ignores_the_close(int listener)
{
    struct fake_conn c;
    struct hf_buf text;
    char byte;
    hf_buf_init(&text, 1 << 16);
    fake_accept(&c, listener);
    fake_login(&c);
    if (fake_read(&c, &text)) _exit(1);
    if (recv(c.fd, &byte, 1, 0) != -1 || errno != ECONNRESET) _exit(2); /* no second close */
    hf_buf_fini(&text);
    fake_close(&c);
}

struct stopper {
    struct hf_thread thread;
    holdfast_client *client;
    int err;
};

static void stop_and_wait(void *ctx)
{
    struct stopper *s = ctx;
    s->err = holdfast_client_stop_wait(s->client, LIBRARY_PATIENCE_MS);
}

/* client-lifecycle 38: the wait is over, the teardown is not; whoever waits longer sees the
 * reset, all of them the same one. */
static void stop_beside_a_silent_gateway(struct library *l)
{
    enum { STOPPERS = 3 };
    struct stopper stoppers[STOPPERS];
    holdfast_client *client = library_ready(l);
    CHECK_EQ(holdfast_client_stop_wait(client, 0), HOLDFAST_ERROR_TIMEOUT);
    for (size_t i = 0; i < STOPPERS; i++) {
        stoppers[i] = (struct stopper){ .client = client };
        CHECK_EQ(hf_thread_start(&stoppers[i].thread, stop_and_wait, &stoppers[i]), 0);
    }
    CHECK_EQ(holdfast_client_stop_wait(client, LIBRARY_PATIENCE_MS), 0);
    for (size_t i = 0; i < STOPPERS; i++) {
        hf_thread_join(&stoppers[i].thread);
        CHECK_EQ_AT(i, stoppers[i].err, 0);
    }
    CHECK_EQ(holdfast_client_number(client, HOLDFAST_STATUS), HOLDFAST_DISCONNECTED);
    CHECK_EQ(holdfast_client_number(client, HOLDFAST_COUNT_ABORTS), 1);
    holdfast_client_release(client);
}

static void stops_share_one_close_and_all_end(void)
{
    library_run_fake(stop_beside_a_silent_gateway, ignores_the_close);
}

/* Upgrades and then says nothing. */
static void say_nothing(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_upgrade(&c);
    fake_drain(&c);
    fake_close(&c);
}

/* client-lifecycle 6: the environment's 100 ms count as 250, far below the patience. */
static void wait_for_a_challenge(struct library *l)
{
    CHECK_EQ(setenv("OPENCLAW_CONNECT_CHALLENGE_TIMEOUT_MS", "100", 1), 0);
    CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_MAX_ATTEMPTS, 1), 0);
    holdfast_client *client = library_client(l);
    CHECK_EQ(unsetenv("OPENCLAW_CONNECT_CHALLENGE_TIMEOUT_MS"), 0);
    char cause[64];
    CHECK_EQ(holdfast_client_start(client), 0);
    CHECK_EQ(holdfast_client_wait_ready(client, 10000), HOLDFAST_ERROR_NOT_CONNECTED);
    holdfast_client_text(client, HOLDFAST_LAST_CAUSE, cause, sizeof cause);
    CHECK(strcmp(cause, "CHALLENGE_TIMEOUT") == 0);
    holdfast_client_release(client);
}

static void the_environment_says_how_long_a_login_may_take(void)
{
    library_run_fake(wait_for_a_challenge, say_nothing);
}

/* --- a gateway that ends in a hurry --- */

static int signs[2][2]; /* the callback runs; the gateway is gone */

static void say_goodbye_and_reset(int listener)
{
    struct linger now = { .l_onoff = 1, .l_linger = 0 };
    struct fake_conn c;
    struct hf_buf goodbye;
    char byte;
    fake_accept(&c, listener);
    fake_login(&c);
    fake_event(&c, "one", "{}", 1);
    if (read(signs[0][0], &byte, 1) != 1) _exit(1);
    fake_event(&c, "two", "{}", 2);
    hf_buf_init(&goodbye, 256);
    hf_ws_close_write(&goodbye, 1012, HF_LIT("service restart"), NULL);
    fake_send_bytes(&c, hf_buf_view(&goodbye));
    hf_buf_fini(&goodbye);
    setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fake_close(&c);
    if (write(signs[1][1], "", 1) != 1) _exit(1);
}

static int wait_for_the_reset(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    char byte;
    (void)client;
    (void)event;
    library_tell(ctx, "one");
    CHECK_EQ(write(signs[0][1], "", 1), 1);
    CHECK_EQ(read(signs[1][0], &byte, 1), 1);
    return 0;
}

static int tell_event(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    (void)client;
    (void)event;
    library_tell(ctx, "two");
    return 0;
}

static int tell_close(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct library *l = ctx;
    char word[32];
    (void)client;
    snprintf(word, sizeof word, "closed:%lld",
             (long long)holdfast_notice_number(notice, HOLDFAST_NOTICE_CLOSE_CODE));
    library_tell(l, word);
    atomic_fetch_add(&l->count, 1);
    return 0;
}

static void hear_the_goodbye(struct library *l)
{
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_on_event(client, "one", wait_for_the_reset, l, NULL), 0);
    CHECK_EQ(holdfast_client_on_event(client, "two", tell_event, l, NULL), 0);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_CLOSED, tell_close, l, NULL), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &l->count, 1);
    CHECK_EQ(holdfast_client_dispose_wait(client, LIBRARY_PATIENCE_MS), 0);
    holdfast_client_release(client);
    want_told(l, "one two closed:1012 ");
}

/* What came before a reset is still heard, its reason to close as well. */
static void the_last_words_before_a_reset_are_heard(void)
{
    for (int i = 0; i < 2; i++) CHECK_EQ(pipe2(signs[i], O_CLOEXEC), 0);
    library_run_fake(hear_the_goodbye, say_goodbye_and_reset);
    for (int i = 0; i < 2; i++)
        for (int end = 0; end < 2; end++) close(signs[i][end]);
}

CHECK_MAIN(the_last_words_before_a_reset_are_heard, an_event_that_ends_its_client_is_the_last,
           what_waits_ends_once_and_nothing_new_begins, a_client_may_end_while_it_connects,
           a_dial_that_is_called_off_is_not_dialled, two_threads_may_end_a_client_at_once,
           a_thousand_clients_come_and_go, a_loop_that_ends_takes_its_clients_along,
           a_loop_that_ends_makes_no_client, stops_share_one_close_and_all_end,
           the_environment_says_how_long_a_login_may_take)
