#include "host/clock.h"
#include "host/loop_state.h"
#include "lib/check.h"
#include "lib/daemon.h"
#include "lib/identity.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static const struct daemon_plan plain;

static void send_call(struct peer *p, int id, const char *method)
{
    char text[256];
    int len = snprintf(text, sizeof text, "{\"type\":\"req\",\"id\":\"call-%d\",\"method\":\"%s\"}",
                       id, method);
    peer_send_text(p, hf_bytes(text, (size_t)len));
}

static void an_http_probe_is_answered_whole_and_ends_with_fin(void)
{
    struct daemon d;
    struct peer p;
    daemon_start(&d, &plain);
    daemon_wait_ready(&d);
    peer_open(&p, d.port);
    peer_send(&p, HF_LIT("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK(peer_wait_for(&p, "{\"ok\":true,\"status\":\"live\"}"));
    peer_drain(&p);
    CHECK(p.has_ended);
    peer_close(&p);
    CHECK_EQ(daemon_stop(&d), 0);
}

static size_t count_sockets(const struct daemon *d)
{
    char path[300], target[16];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)d->pid);
    DIR *dir = opendir(path);
    CHECK(dir != NULL);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        snprintf(path, sizeof path, "/proc/%ld/fd/%s", (long)d->pid, entry->d_name);
        ssize_t len = readlink(path, target, sizeof target);
        count += len > 0 && hf_bytes_starts(hf_bytes(target, (size_t)len), HF_LIT("socket:["));
    }
    closedir(dir);
    return count;
}

static void a_peer_that_never_ends_its_side_is_let_go(void)
{
    enum { PEERS = 5 };
    struct peer peers[PEERS];
    struct daemon d;
    daemon_start(&d, &plain);
    daemon_wait_ready(&d);
    size_t before = count_sockets(&d);
    hf_time began_at = hf_clock_now().mono;
    for (size_t i = 0; i < PEERS; i++) {
        peer_open(&peers[i], d.port);
        peer_send(&peers[i], HF_LIT("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
        peer_drain(&peers[i]);
    }
    CHECK(count_sockets(&d) > before);
    while (count_sockets(&d) > before) usleep(10000);
    hf_span waited = hf_time_since(hf_clock_now().mono, began_at);
    CHECK(waited >= HF_MS(HF_LIMIT_LINGER_MS)); /* they had their time */
    for (size_t i = 0; i < PEERS; i++) peer_close(&peers[i]);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* --- bounds of the loop itself, whose child starts near them --- */

static struct {
    struct hf_loop *loop;
    size_t taken, gone; /* sockets that stand, and that have gone, from the beginning */
    int news[2];        /* how many have gone at the end */
} near;

static void attach(struct hf_loop *loop, const struct hf_settings *settings)
{
    hf_id id;
    void *item;
    (void)settings;
    near.loop = loop;
    loop->gone_count = near.gone;
    for (size_t i = 0; i < near.taken; i++) {
        if (hf_pool_new(&loop->sockets, &id, &item) != 0) _exit(110);
        ((struct hf_socket *)item)->state = HF_SOCKET_GONE;
    }
}

static void detach(void)
{
    size_t gone = near.loop->gone_count;
    if (write(near.news[1], &gone, sizeof gone) != sizeof gone) _exit(111);
}

static void detached(void)
{
}

static const struct daemon_plan near_plan = { .attach = attach,
                                              .detach = detach,
                                              .detached = detached };

static void stop_near(struct daemon *d, size_t *gone)
{
    CHECK_EQ(daemon_stop(d), 0);
    CHECK_EQ(read(near.news[0], gone, sizeof *gone), sizeof *gone);
    close(near.news[0]);
    close(near.news[1]);
}

static void start_near(struct daemon *d, size_t taken, size_t gone)
{
    near.taken = taken;
    near.gone = gone;
    CHECK_EQ(pipe2(near.news, O_CLOEXEC), 0);
    daemon_start(d, &near_plan);
    daemon_wait_ready(d);
}

/* The last one is served, one more is closed at accept. */
static void no_more_sockets_stand_than_the_bound(void)
{
    struct daemon d;
    struct peer last, beyond;
    size_t gone;
    start_near(&d, HF_LIMIT_SOCKETS - 1, 0);
    peer_open(&last, d.port);
    CHECK(peer_login(&last, DAEMON_TOKEN));
    peer_open(&beyond, d.port);
    peer_drain(&beyond);
    CHECK(beyond.has_ended || beyond.was_reset);
    CHECK_EQ(beyond.in.len, 0);
    send_call(&last, 7, "health");
    CHECK(peer_wait_for(&last, "\"id\":\"call-7\""));
    peer_close(&beyond);
    peer_close(&last);
    stop_near(&d, &gone);
}

/* One socket less than the bound has gone: memory is not handed back; then it is. */
static void memory_is_handed_back_at_the_bound(void)
{
    for (size_t peers = 1; peers <= 2; peers++) {
        struct daemon d;
        size_t gone;
        start_near(&d, 0, HF_LIMIT_TRIM_AFTER - 2);
        size_t before = count_sockets(&d);
        for (size_t i = 0; i < peers; i++) {
            struct peer p;
            peer_open(&p, d.port);
            peer_send(&p, HF_LIT("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
            peer_drain(&p);
            peer_close(&p);
        }
        while (count_sockets(&d) > before) usleep(1000);
        stop_near(&d, &gone);
        CHECK_EQ(gone, peers == 1 ? HF_LIMIT_TRIM_AFTER - 1 : 0);
    }
}

static void a_refused_peer_that_still_sends_sees_the_answer_and_no_reset(void)
{
    enum { BODY_BYTES = 1 << 20 };
    static uint8_t body[BODY_BYTES];
    struct daemon d;
    struct peer p;
    daemon_start(&d, &plain);
    peer_open(&p, d.port);
    peer_send(&p, HF_LIT("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n"));
    peer_send(&p, hf_bytes(body, sizeof body));
    CHECK(peer_wait_for(&p, "HTTP/1.1 4"));
    peer_drain(&p);
    CHECK(p.has_ended && !p.was_reset);
    peer_close(&p);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void a_client_logs_in_and_calls(void)
{
    struct daemon d;
    struct peer p;
    daemon_start(&d, &plain);
    daemon_wait_ready(&d);
    peer_open(&p, d.port);
    CHECK(peer_login(&p, DAEMON_TOKEN));
    send_call(&p, 1, "health");
    CHECK(peer_wait_for(&p, "\"id\":\"call-1\",\"ok\":true"));
    peer_close(&p);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void a_job_of_the_worker_comes_back_as_an_answer(void)
{
    struct daemon d;
    struct peer p;
    daemon_start(&d, &plain);
    daemon_wait_ready(&d);
    peer_open(&p, d.port);
    CHECK(peer_login(&p, DAEMON_TOKEN));
    send_call(&p, 1, "logs.tail");
    CHECK(peer_wait_for(&p, "\"id\":\"call-1\",\"ok\":true"));
    CHECK(peer_wait_for(&p, "server.started"));
    send_call(&p, 2, "system.info");
    CHECK(peer_wait_for(&p, "\"id\":\"call-2\",\"ok\":true"));
    peer_close(&p);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void more_clients_than_one_accept_batch_are_served(void)
{
    enum { PEERS = 150 };
    static struct peer peers[PEERS];
    struct daemon d;
    daemon_start(&d, &plain);
    daemon_wait_ready(&d);
    for (size_t i = 0; i < PEERS; i++) peer_open(&peers[i], d.port);
    for (size_t i = 0; i < PEERS; i++) peer_upgrade(&peers[i]);
    for (size_t i = 0; i < PEERS; i++) peer_close(&peers[i]);
    CHECK_EQ(daemon_stop(&d), 0);
}

/* An answer to config.get of 100 KB: a few fill every buffer of the system. */
static void grow_config(struct hf_settings *settings)
{
    static char text[100000];
    memset(text, 'x', sizeof text);
    memcpy(text, "{\"x\":\"", 6);
    memcpy(text + sizeof text - 2, "\"}", 2);
    settings->config_json = hf_bytes(text, sizeof text);
}

static const struct daemon_plan talkative = { .adjust = grow_config, .send_buffer = 16384 };

static void wait_for_answer(struct peer *p, int id)
{
    char text[32];
    snprintf(text, sizeof text, "\"id\":\"call-%d\"", id);
    CHECK_AT(id, peer_wait_for(p, text));
}

static void a_reader_that_stops_holds_up_nobody_and_loses_nothing(void)
{
    enum { QUICK_CALLS = 10, SLOW_CALLS = 40 };
    struct daemon d;
    struct peer slow, quick;
    daemon_start(&d, &talkative);
    daemon_wait_ready(&d);
    peer_open(&slow, d.port);
    CHECK(peer_login(&slow, DAEMON_TOKEN));
    peer_open(&quick, d.port);
    CHECK(peer_login(&quick, DAEMON_TOKEN));
    for (int i = 0; i < SLOW_CALLS; i++) send_call(&slow, i, "config.get");
    for (int i = 0; i < QUICK_CALLS; i++) {
        send_call(&quick, i, "config.get");
        wait_for_answer(&quick, i);
    }
    for (int i = 0; i < SLOW_CALLS; i++) wait_for_answer(&slow, i);
    peer_close(&slow);
    peer_close(&quick);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void a_reader_that_never_reads_again_does_not_hold_up_the_end(void)
{
    enum { CALLS = 60 };
    struct daemon d;
    struct peer slow;
    daemon_start(&d, &talkative);
    daemon_wait_ready(&d);
    peer_open(&slow, d.port);
    CHECK(peer_login(&slow, DAEMON_TOKEN));
    for (int i = 0; i < CALLS; i++) send_call(&slow, i, "config.get");
    wait_for_answer(&slow, 0);
    kill(d.pid, SIGTERM);
    CHECK_EQ(daemon_wait_end(&d), 0);
    CHECK(daemon_has_logged(&d, "conn.lost"));
    peer_close(&slow);
    scratch_drop(&d.scratch);
}

/* The text of a connect with a device that signs what the challenge asked for. */
static int write_device_connect(struct peer *p, char *out, size_t cap)
{
    struct identity who = identity_of(1);
    char nonce[64], payload[512], signature[HF_BASE64URL_CHARS(HF_ED25519_SIG_BYTES)];
    uint8_t raw[HF_ED25519_SIG_BYTES];
    CHECK(peer_wait_for(p, "\"nonce\":\""));
    size_t len = hf_bytes_find(hf_buf_view(&p->in), 0, '"');
    snprintf(nonce, sizeof nonce, "%.*s", (int)len, (const char *)p->in.ptr);
    CHECK(peer_wait_for(p, "\"ts\":"));
    long long ts = strtoll((const char *)p->in.ptr, NULL, 10);
    int payload_len = snprintf(payload, sizeof payload, "v2|%.*s|cli|cli|operator||%lld|%s|%s",
                               (int)sizeof who.id_text, who.id_text, ts, DAEMON_TOKEN, nonce);
    CHECK_EQ(hf_ed25519_sign(who.secret, hf_bytes(payload, (size_t)payload_len), raw), 0);
    hf_base64url_write(hf_bytes(raw, sizeof raw), signature);
    return snprintf(out, cap,
                    "{\"type\":\"req\",\"id\":\"login\",\"method\":\"connect\",\"params\":{"
                    "\"minProtocol\":4,\"maxProtocol\":4,\"client\":{\"id\":\"cli\","
                    "\"version\":\"1\",\"platform\":\"linux\",\"mode\":\"cli\"},"
                    "\"auth\":{\"token\":\"%s\"},\"device\":{\"id\":\"%.*s\","
                    "\"publicKey\":\"%.*s\",\"signature\":\"%.*s\",\"signedAt\":%lld,"
                    "\"nonce\":\"%s\"}}}",
                    DAEMON_TOKEN, (int)sizeof who.id_text, who.id_text, (int)sizeof who.key_text,
                    who.key_text, (int)sizeof signature, signature, ts, nonce);
}

/* The login waits for the store and pauses its input: what came in the same read is
 * kept and offered again. */
static void a_request_behind_a_login_that_waits_is_answered_after_it(void)
{
    static const char call[] = "{\"type\":\"req\",\"id\":\"early\",\"method\":\"health\"}";
    char text[2048];
    struct daemon d;
    struct peer p;
    struct hf_buf both;
    daemon_start(&d, &plain);
    daemon_wait_ready(&d);
    peer_open(&p, d.port);
    peer_upgrade(&p);
    int len = write_device_connect(&p, text, sizeof text);
    hf_buf_init(&both, 4096);
    peer_add_text(&both, hf_bytes(text, (size_t)len));
    peer_add_text(&both, hf_bytes_cstr(call));
    peer_send(&p, hf_buf_view(&both));
    CHECK(peer_wait_for(&p, "hello-ok"));
    CHECK(peer_wait_for(&p, "\"id\":\"early\",\"ok\":true"));
    hf_buf_fini(&both);
    peer_close(&p);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void a_large_message_is_read_in_many_turns(void)
{
    enum { TEXT_BYTES = 3 << 20 };
    static const char head[] =
        "{\"type\":\"req\",\"id\":\"big\",\"method\":\"health\",\"params\":{\"x\":\"";
    struct daemon d;
    struct peer p;
    struct hf_buf text;
    daemon_start(&d, &plain);
    daemon_wait_ready(&d);
    peer_open(&p, d.port);
    CHECK(peer_login(&p, DAEMON_TOKEN));
    hf_buf_init(&text, TEXT_BYTES + 1024);
    hf_buf_add(&text, hf_bytes_cstr(head));
    while (text.len < TEXT_BYTES) hf_buf_add_byte(&text, 'x');
    HF_BUF_LIT(&text, "\"}}");
    peer_send_text(&p, hf_buf_view(&text));
    CHECK(peer_wait_for(&p, "\"id\":\"big\""));
    hf_buf_fini(&text);
    peer_close(&p);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void start_up_refuses_until_every_item_is_ready(void)
{
    struct daemon d;
    struct peer early, late;
    const struct daemon_plan delayed = { .startup_delay = HF_MS(300) };
    daemon_start(&d, &delayed);
    peer_open(&early, d.port);
    CHECK(!peer_login(&early, DAEMON_TOKEN));
    daemon_wait_ready(&d);
    peer_open(&late, d.port);
    CHECK(peer_login(&late, DAEMON_TOKEN));
    peer_close(&early);
    peer_close(&late);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void a_stop_tells_the_clients_and_exits_with_0(void)
{
    struct daemon d;
    struct peer p;
    daemon_start(&d, &plain);
    daemon_wait_ready(&d);
    peer_open(&p, d.port);
    CHECK(peer_login(&p, DAEMON_TOKEN));
    kill(d.pid, SIGTERM);
    CHECK(peer_wait_for(&p, "\"event\":\"shutdown\""));
    CHECK(peer_wait_for(&p, "service restart"));
    peer_close(&p);
    CHECK_EQ(daemon_wait_end(&d), 0);
    scratch_drop(&d.scratch);
}

static void a_stop_for_a_restart_tells_when_to_come_back(void)
{
    struct daemon d;
    struct peer p;
    daemon_start(&d, &plain);
    daemon_wait_ready(&d);
    peer_open(&p, d.port);
    CHECK(peer_login(&p, DAEMON_TOKEN));
    kill(d.pid, SIGUSR2);
    CHECK(peer_wait_for(&p, "\"event\":\"shutdown\""));
    CHECK(peer_wait_for(&p, "\"restartExpectedMs\":1234"));
    peer_drain(&p);
    peer_close(&p);
    CHECK_EQ(daemon_wait_end(&d), 0);
    scratch_drop(&d.scratch);
}

static void a_second_stop_ends_at_once(void)
{
    struct daemon d;
    struct peer p;
    daemon_start(&d, &plain);
    daemon_wait_ready(&d);
    peer_open(&p, d.port);
    CHECK(peer_login(&p, DAEMON_TOKEN));
    kill(d.pid, SIGTERM);
    CHECK(peer_wait_for(&p, "\"event\":\"shutdown\""));
    kill(d.pid, SIGINT);
    CHECK_EQ(daemon_wait_end(&d), 0);
    peer_drain(&p);
    peer_close(&p);
    scratch_drop(&d.scratch);
}

static void change_token(struct hf_settings *settings)
{
    settings->token = HF_LIT("another-token");
}

static void a_hang_up_brings_new_settings(void)
{
    struct daemon d;
    struct peer p;
    const struct daemon_plan reloading = { .reload = change_token };
    daemon_start(&d, &reloading);
    daemon_wait_ready(&d);
    kill(d.pid, SIGHUP);
    /* The signal may arrive after the first try. */
    for (bool is_in = false; !is_in;) {
        peer_open(&p, d.port);
        is_in = peer_login(&p, "another-token");
        peer_close(&p);
    }
    peer_open(&p, d.port);
    CHECK(!peer_login(&p, DAEMON_TOKEN));
    peer_close(&p);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void without_descriptors_it_drops_and_recovers_and_never_spins(void)
{
    enum { LIMIT = 64, PEERS = 80 };
    static struct peer peers[PEERS];
    struct daemon d;
    const struct daemon_plan starved = { .descriptors = LIMIT };
    daemon_start(&d, &starved);
    daemon_wait_ready(&d);
    for (size_t i = 0; i < PEERS; i++) peer_open(&peers[i], d.port);
    /* The first one that was dropped sees its end; all others wait or are served. */
    while (!daemon_has_logged(&d, "listener.starved")) usleep(1000);
    hf_span before = daemon_cpu(&d);
    usleep(300000);
    CHECK(daemon_cpu(&d) - before < HF_MS(100));
    for (size_t i = 0; i < PEERS; i++) peer_close(&peers[i]);
    while (!daemon_has_logged(&d, "listener.recovered")) {
        struct peer p;
        peer_open(&p, d.port);
        usleep(20000);
        peer_close(&p);
    }
    CHECK_EQ(daemon_stop(&d), 0);
}

static void a_port_in_use_is_tried_again_until_it_is_free(void)
{
    struct daemon holder, waiter;
    struct peer p;
    daemon_start(&holder, &plain);
    const struct daemon_plan same_port = { .port = holder.port };
    daemon_start(&waiter, &same_port);
    CHECK_EQ(waiter.port, 0);
    CHECK_EQ(daemon_stop(&holder), 0);
    daemon_wait_ready(&waiter);
    peer_open(&p, same_port.port);
    CHECK(peer_login(&p, DAEMON_TOKEN));
    peer_close(&p);
    CHECK_EQ(daemon_stop(&waiter), 0);
}

static void a_reset_by_the_peer_ends_one_connection_only(void)
{
    struct daemon d;
    struct peer bad, good;
    struct linger now = { .l_onoff = 1, .l_linger = 0 };
    daemon_start(&d, &plain);
    daemon_wait_ready(&d);
    peer_open(&bad, d.port);
    peer_open(&good, d.port);
    CHECK(peer_login(&bad, DAEMON_TOKEN));
    CHECK(peer_login(&good, DAEMON_TOKEN));
    setsockopt(bad.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    peer_close(&bad);
    send_call(&good, 1, "health");
    CHECK(peer_wait_for(&good, "\"id\":\"call-1\",\"ok\":true"));
    while (!daemon_has_logged(&d, "conn.lost")) usleep(1000);
    peer_close(&good);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void block_the_store(const char *dir)
{
    char path[SCRATCH_PATH_BYTES];
    snprintf(path, sizeof path, "%s/holdfast.db", dir);
    CHECK_EQ(mkdir(path, 0700), 0);
}

static void a_store_that_cannot_be_opened_ends_the_start(void)
{
    struct daemon d;
    const struct daemon_plan blocked = { .prepare = block_the_store };
    daemon_start(&d, &blocked);
    CHECK_EQ(daemon_wait_end(&d), 1);
    CHECK(daemon_has_logged(&d, "store.failed"));
    CHECK_EQ(rmdir(d.scratch.path), 0);
    scratch_drop(&d.scratch);
}

static void the_watchdog_of_the_manager_is_fed(void)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct timeval patience = { .tv_sec = 20 };
    struct daemon d;
    char name[64], got[128];
    int len = snprintf(name, sizeof name, "@holdfast-loop-%ld", (long)getpid());
    memcpy(at.sun_path + 1, name + 1, (size_t)len - 1);
    int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    CHECK_EQ(bind(manager, (struct sockaddr *)&at,
                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
             0);
    setenv("NOTIFY_SOCKET", name, 1);
    setenv("WATCHDOG_USEC", "40000", 1);
    daemon_start(&d, &plain);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    for (int fed = 0; fed < 3;) {
        ssize_t got_len = recv(manager, got, sizeof got, 0);
        CHECK(got_len > 0);
        if (hf_bytes_same(hf_bytes(got, (size_t)got_len), HF_LIT("WATCHDOG=1"))) fed++;
    }
    CHECK_EQ(daemon_stop(&d), 0);
    close(manager);
}

static void an_idle_connection_is_a_small_record(void)
{
    CHECK(sizeof(struct hf_socket) <= 256);
}

CHECK_MAIN(no_more_sockets_stand_than_the_bound, memory_is_handed_back_at_the_bound,
           an_http_probe_is_answered_whole_and_ends_with_fin,
           a_peer_that_never_ends_its_side_is_let_go, the_watchdog_of_the_manager_is_fed,
           a_refused_peer_that_still_sends_sees_the_answer_and_no_reset, a_client_logs_in_and_calls,
           a_job_of_the_worker_comes_back_as_an_answer,
           more_clients_than_one_accept_batch_are_served,
           a_reader_that_stops_holds_up_nobody_and_loses_nothing,
           a_reader_that_never_reads_again_does_not_hold_up_the_end,
           a_request_behind_a_login_that_waits_is_answered_after_it,
           a_large_message_is_read_in_many_turns, start_up_refuses_until_every_item_is_ready,
           a_stop_tells_the_clients_and_exits_with_0, a_stop_for_a_restart_tells_when_to_come_back,
           a_second_stop_ends_at_once, a_hang_up_brings_new_settings,
           without_descriptors_it_drops_and_recovers_and_never_spins,
           a_port_in_use_is_tried_again_until_it_is_free,
           a_reset_by_the_peer_ends_one_connection_only,
           a_store_that_cannot_be_opened_ends_the_start, an_idle_connection_is_a_small_record)
