/* A client of libholdfast that ends while it connects, wherever that is, and at the moment
 * at which its socket is installed (spec/client-lifecycle.md sections 4 and 5). */
#include "client/state.h"
#include "host/client_loop_state.h"
#include "host/dial_state.h"
#include "host/worker_thread.h"
#include "lib/cert.h"
#include "lib/library.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>

static int count_descriptors(void)
{
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory)) count++;
    closedir(directory);
    return count;
}

/* --- where an attempt is --- */

enum place { NOWHERE, DIALLING, IN_TLS, UPGRADING, CHALLENGED, LOGGING_IN, IS_READY };

static enum place place_of(holdfast_client *client)
{
    enum place place = NOWHERE;
    hf_enter(client->loop);
    const struct hf_client_seat *s = client->seat;
    enum hf_link_state state = hf_client_link(client->engine)->state;
    if (s && s->dial)
        place = DIALLING;
    else if (s && s->socket && state == HF_LINK_OPENING)
        place = UPGRADING;
    else if (s && s->socket && state == HF_LINK_AWAIT_CHALLENGE)
        place = CHALLENGED;
    else if (s && s->socket && state == HF_LINK_AWAIT_HELLO)
        place = LOGGING_IN;
    else if (state == HF_LINK_READY)
        place = IS_READY;
    hf_leave(client->loop);
    return place;
}

/* The stage of a dial is of the thread that turns the loop: for a DRIVEN one. */
static enum place place_or_tls(holdfast_client *client)
{
    enum place place = place_of(client);
    bool is_in_tls = place == DIALLING && client->seat->dial->stage == HF_DIAL_TLS;
    return is_in_tls ? IN_TLS : place;
}

/* --- what may be told --- */

static int tell_end(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)client;
    library_tell(ctx,
                 holdfast_notice_kind(notice) == HOLDFAST_ON_DISPOSED ? "disposed" : "disposing");
    return 0;
}

/* No status and no failure once the end has begun. */
static int tell_live(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct library *l = ctx;
    (void)notice;
    CHECK(!holdfast_client_is_disposing(client));
    CHECK_EQ(l->told_len, 0);
    return 0;
}

static holdfast_client *watched_client(struct library *l)
{
    holdfast_client *client = library_client(l);
    l->told_len = 0;
    for (int kind = 0; kind < HOLDFAST_ON_DISPOSING; kind++)
        CHECK_EQ(holdfast_client_on(client, (enum holdfast_kind)kind, tell_live, l, NULL), 0);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_DISPOSING, tell_end, l, NULL), 0);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_DISPOSED, tell_end, l, NULL), 0);
    return client;
}

static void end_client(struct library *l, holdfast_client *client)
{
    CHECK_EQ(holdfast_client_dispose_wait(client, LIBRARY_PATIENCE_MS), 0);
    CHECK_TEXT(hf_bytes(l->told, l->told_len), "disposing disposed ");
    CHECK(client->seat == NULL); /* nobody reads for it */
    holdfast_client_release(client);
}

/* --- at every turn --- */

static struct scratch scratch;
static char cert_path[SCRATCH_PATH_BYTES], key_path[SCRATCH_PATH_BYTES];

static void make_certificate(void)
{
    scratch_make(&scratch);
    snprintf(cert_path, sizeof cert_path, "%s/crt", scratch.dir);
    snprintf(key_path, sizeof key_path, "%s/key", scratch.dir);
    cert_make(&(struct cert_plan){ .cert_path = cert_path,
                                   .key_path = key_path,
                                   .name = "gateway",
                                   .alt_names = "DNS:localhost",
                                   .begins_in_s = -3600,
                                   .ends_in_s = 3600 });
    setenv("SSL_CERT_FILE", cert_path, 1);
}

static void use_url(struct library *l, const char *scheme, uint16_t port)
{
    char url[64];
    snprintf(url, sizeof url, "%s://localhost:%u", scheme, port);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_URL, url), 0);
}

/* One turn more each time, until it is ready before it ends. */
static void end_after_each_turn(struct library *l)
{
    enum place place = NOWHERE;
    for (int turns = 0; place != IS_READY; turns++) {
        CHECK(turns < 200);
        holdfast_client *client = watched_client(l);
        CHECK_EQ(holdfast_client_start(client), 0);
        for (int i = 0; i < turns && place_of(client) != IS_READY; i++)
            holdfast_loop_wait(l->loop, LIBRARY_PATIENCE_MS);
        place = place_of(client);
        end_client(l, client);
    }
}

/* Each of them lasts at least from one turn to the next: a word of the gateway ends it. */
static void end_at_each_place(struct library *l, bool has_tls)
{
    static const enum place places[] = { DIALLING, IN_TLS, UPGRADING, LOGGING_IN, IS_READY };
    for (size_t i = 0; i < HF_COUNT(places); i++) {
        if (places[i] == IN_TLS && !has_tls) continue;
        holdfast_client *client = watched_client(l);
        CHECK_EQ(holdfast_client_start(client), 0);
        for (int turns = 0; place_or_tls(client) != places[i]; turns++) {
            CHECK_AT(i, turns < 200 && place_or_tls(client) < places[i]);
            holdfast_loop_wait(l->loop, LIBRARY_PATIENCE_MS);
        }
        end_client(l, client);
    }
}

/* client-lifecycle 60: plain and over TLS, up to the hello of a real gateway. */
static void a_client_may_end_at_every_turn_of_its_login(void)
{
    static struct library l;
    make_certificate();
    for (int has_tls = 0; has_tls < 2; has_tls++) {
        struct daemon_plan plan = { .cert_path = has_tls ? cert_path : NULL,
                                    .key_path = has_tls ? key_path : NULL };
        library_open(&l, DRIVEN, &plan);
        use_url(&l, has_tls ? "wss" : "ws", l.daemon.port);
        end_after_each_turn(&l); /* TLS is set up with the first one */
        int before = count_descriptors();
        end_after_each_turn(&l);
        end_at_each_place(&l, has_tls);
        CHECK_EQ(count_descriptors(), before);
        library_close(&l);
    }
    scratch_drop(&scratch);
}

/* --- where a gateway falls silent --- */

static int heard[2];

static void says_nothing(int listener)
{
    struct fake_conn c;
    char byte;
    fake_accept(&c, listener);
    if (recv(c.fd, &byte, 1, MSG_PEEK) != 1 || write(heard[1], &byte, 1) != 1) _exit(3);
    if (!fake_drain(&c)) _exit(1); /* an abort is a reset */
    fake_close(&c);
}

static void upgrades_only(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_upgrade(&c);
    if (!fake_drain(&c)) _exit(1);
    fake_close(&c);
}

static void challenges_only(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_upgrade(&c);
    fake_event(&c, "connect.challenge", "{\"nonce\":\"n\",\"ts\":1795318620974}", 1);
    if (!fake_drain(&c)) _exit(1);
    fake_close(&c);
}

static void logs_in(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_login(&c);
    if (!fake_drain(&c)) _exit(1);
    fake_close(&c);
}

/* A gateway that has heard of a client and does not answer leaves it in its handshake. */
static bool is_at(holdfast_client *client, enum place place)
{
    struct pollfd fd = { .fd = heard[0], .events = POLLIN };
    char byte;
    if (place != IN_TLS) return place_of(client) == place;
    if (poll(&fd, 1, 0) != 1) return false;
    CHECK(read(heard[0], &byte, 1) == 1 && byte == 0x16);
    return place_of(client) == DIALLING;
}

static void wait_until_at(struct library *l, holdfast_client *client, enum place place)
{
    for (int i = 0; !is_at(client, place); i++) {
        CHECK(i < LIBRARY_PATIENCE_MS);
        if (l->drive == DRIVEN)
            holdfast_loop_wait(l->loop, 1);
        else
            poll(NULL, 0, 1);
    }
}

/* client-lifecycle 60: what the gateway sees is a reset, wherever it is; nothing is told. */
static void a_client_may_end_wherever_its_gateway_falls_silent(void)
{
    static const struct {
        const char *scheme;
        void (*script)(int listener);
        enum place place;
    } rows[] = {
        { "wss", says_nothing, IN_TLS },     { "ws", says_nothing, UPGRADING },
        { "ws", upgrades_only, CHALLENGED }, { "ws", challenges_only, LOGGING_IN },
        { "ws", logs_in, IS_READY },
    };
    static struct library l;
    CHECK_EQ(pipe(heard), 0);
    for (size_t i = 0; i < 2 * HF_COUNT(rows); i++) {
        size_t row = i / 2;
        struct fake fake;
        fake_start(&fake, rows[row].script);
        library_open_fake(&l, i % 2 ? THREADED : DRIVEN, fake.port);
        use_url(&l, rows[row].scheme, fake.port);
        int before = count_descriptors();
        holdfast_client *client = watched_client(&l);
        CHECK_EQ(holdfast_client_start(client), 0);
        wait_until_at(&l, client, rows[row].place);
        end_client(&l, client);
        CHECK_EQ_AT(row, count_descriptors(), before);
        library_close_fake(&l);
        CHECK_EQ_AT(row, fake_end(&fake), 0);
    }
    close(heard[0]);
    close(heard[1]);
}

/* --- at the moment at which the socket is installed --- */

enum { THREADED_BATCHES = 10, ROUNDS = 1000, SWEEP = 500, PACE = 100 };

/* Reads every connection to its end, which must be a reset, until the test's last word. */
static void want_resets(int listener)
{
    for (;;) {
        char bytes[4096];
        ssize_t got;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) _exit(1);
        got = recv(fd, bytes, sizeof bytes, 0);
        if (got > 0 && bytes[0] == 'Q') return;
        while (got > 0) got = recv(fd, bytes, sizeof bytes, 0);
        if (got == 0 || errno != ECONNRESET) _exit(2);
        close(fd);
    }
}

static void say_quit(uint16_t port)
{
    struct peer p;
    peer_open(&p, port);
    peer_send(&p, HF_LIT("Q"));
    peer_close(&p);
}

struct duel {
    holdfast_client *client;
    int round;
    atomic_int steps; /* 0: it was not started yet */
};

/* Ends the client so many steps behind its start, one more each time; in one round of SWEEP
 * before the start, and in another one when its socket is there. */
static void end_from_elsewhere(void *ctx)
{
    struct duel *duel = ctx;
    int wanted = duel->round % SWEEP;
    while (wanted > 0 && atomic_load(&duel->steps) == 0) sched_yield();
    while (wanted == 1 && place_of(duel->client) != UPGRADING) poll(NULL, 0, 1);
    while (wanted > 1 && atomic_fetch_add(&duel->steps, 1) < wanted * PACE) continue;
    holdfast_client_dispose(duel->client);
    holdfast_client_release(duel->client);
}

struct orders {
    atomic_int disposing, disposed;
    atomic_int installed, not_installed; /* as it was when the end began */
};

static int count_order(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct orders *orders = ctx;
    if (holdfast_notice_kind(notice) == HOLDFAST_ON_DISPOSED) {
        atomic_fetch_add(&orders->disposed, 1);
        return 0;
    }
    atomic_fetch_add(&orders->disposing, 1);
    bool is_there = place_of(client) >= UPGRADING;
    atomic_fetch_add(is_there ? &orders->installed : &orders->not_installed, 1);
    return 0;
}

static bool has_ended(const void *ctx)
{
    return ((const struct holdfast_client *)ctx)->is_over;
}

static void fight(struct library *l, int round, struct orders *orders)
{
    struct hf_thread thread;
    struct duel duel = { .client = library_client(l), .round = round };
    holdfast_client *client = holdfast_client_retain(duel.client); /* ours; the other's */
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_DISPOSING, count_order, orders, NULL), 0);
    CHECK_EQ(holdfast_client_on(client, HOLDFAST_ON_DISPOSED, count_order, orders, NULL), 0);
    CHECK_EQ(hf_thread_start(&thread, end_from_elsewhere, &duel), 0);
    bool is_late = round % SWEEP == 0; /* it has been ended already */
    if (is_late) hf_thread_join(&thread);
    CHECK_EQ(holdfast_client_start(client), is_late ? HOLDFAST_ERROR_DISPOSED : 0);
    atomic_store(&duel.steps, 1);
    CHECK_EQ(hf_wait_until(l->loop, has_ended, client, LIBRARY_PATIENCE_MS), 0);
    if (!is_late) hf_thread_join(&thread);
    holdfast_client_release(client);
}

/* Exactly one of the two orders, and whichever it is, the gateway sees a reset if it saw
 * anything, and no descriptor is left. */
static void fight_often(enum library_drive drive)
{
    static struct library l;
    struct fake fake;
    struct orders orders = { 0 };
    fake_start(&fake, want_resets);
    library_open_fake(&l, drive, fake.port);
    int before = count_descriptors();
    for (int round = 0; round < ROUNDS; round++) fight(&l, round, &orders);
    CHECK_EQ(count_descriptors(), before);
    CHECK_EQ(atomic_load(&orders.disposing), ROUNDS);
    CHECK_EQ(atomic_load(&orders.disposed), ROUNDS);
    CHECK(atomic_load(&orders.installed) > 0);
    CHECK(atomic_load(&orders.not_installed) > 0);
    library_close_fake(&l);
    say_quit(fake.port);
    CHECK_EQ(fake_end(&fake), 0);
}

/* client-lifecycle 61: 10,000 times where there are threads.  A gateway for each thousand,
 * because none lives for long. */
static void an_end_may_meet_the_socket_that_is_installed(void)
{
    fight_often(DRIVEN);
    for (int i = 0; i < THREADED_BATCHES; i++) fight_often(THREADED);
}

CHECK_MAIN(a_client_may_end_at_every_turn_of_its_login,
           a_client_may_end_wherever_its_gateway_falls_silent,
           an_end_may_meet_the_socket_that_is_installed)
