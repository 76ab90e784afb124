#include "host/dial.h"
#include "base/err.h"
#include "base/limits.h"
#include "host/resolve.h"
#include "lib/dial_case.h"

#include <netdb.h>
#include <netinet/tcp.h>

static struct dial_case c;

/* --- the resolver, as the linker puts it in place of the system's --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct {
    bool stalls;
    unsigned asked, answered; /* lookups of names */
    size_t count;             /* addresses to answer with */
    uint16_t ports[32];       /* of 127.0.0.1, in turn */
} resolver;

int __real_getaddrinfo(const char *name, const char *port, const struct addrinfo *hints,
                       struct addrinfo **out);
int __wrap_getaddrinfo(const char *name, const char *port, const struct addrinfo *hints,
                       struct addrinfo **out);

static struct addrinfo *answer(size_t from)
{
    char port[8];
    struct addrinfo *first = NULL;
    const struct addrinfo numeric = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
    if (from == resolver.count) return NULL;
    snprintf(port, sizeof port, "%u", resolver.ports[from]);
    if (__real_getaddrinfo("127.0.0.1", port, &numeric, &first) != 0) return NULL;
    first->ai_next = answer(from + 1);
    return first;
}

int __wrap_getaddrinfo(const char *name, const char *port, const struct addrinfo *hints,
                       struct addrinfo **out)
{
    if (hints->ai_flags & AI_NUMERICHOST) return __real_getaddrinfo(name, port, hints, out);
    pthread_mutex_lock(&lock);
    resolver.asked++;
    pthread_cond_broadcast(&changed);
    while (resolver.stalls) pthread_cond_wait(&changed, &lock);
    *out = answer(0);
    resolver.answered++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return *out ? 0 : EAI_NONAME;
}

static void resolver_set(bool stalls)
{
    pthread_mutex_lock(&lock);
    resolver.stalls = stalls;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* Waits until so many lookups were begun and answered since the start. */
static void resolver_wait(unsigned asked, unsigned answered)
{
    pthread_mutex_lock(&lock);
    while (resolver.asked < asked || resolver.answered < answered)
        pthread_cond_wait(&changed, &lock);
    CHECK_EQ(resolver.asked, asked);
    pthread_mutex_unlock(&lock);
}

static void resolver_reset(void)
{
    pthread_mutex_lock(&lock);
    resolver.stalls = false;
    resolver.asked = resolver.answered = 0;
    resolver.count = 0;
    pthread_mutex_unlock(&lock);
}

static void resolver_add(uint16_t port)
{
    resolver.ports[resolver.count++] = port;
}

/* A port where nobody listens. */
static uint16_t closed_port(void)
{
    struct far_end f;
    far_end_listen(&f, AF_INET, 1);
    close(f.listener);
    return f.port;
}

/* --- connections --- */

static void an_address_connects_and_carries_bytes(void)
{
    struct far_end f;
    struct sockaddr_in other;
    socklen_t len = sizeof other;
    int on = 0;
    far_end_start(&f, AF_INET, far_end_silent, NULL);
    dial_begin(&c);
    CHECK_EQ(dial_once(&c, "ws", "127.0.0.1", f.port), 0);
    CHECK_EQ(getpeername(c.stream.fd, (struct sockaddr *)&other, &len), 0);
    CHECK_EQ(ntohs(other.sin_port), f.port);
    CHECK(hf_net_is_loopback(&c.result.address));
    CHECK(!c.result.has_cert_hash);
    len = sizeof on;
    CHECK_EQ(getsockopt(c.stream.fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
    CHECK(on != 0);
    CHECK_EQ(send(c.stream.fd, "hello", 5, MSG_NOSIGNAL), 5);
    dial_end(&c);
    far_end_stop(&f);
}

/* The name is the loopback, whatever a resolver would say, and on both families. */
static void localhost_asks_nobody(void)
{
    static const int families[] = { AF_INET, AF_INET6 };
    for (size_t i = 0; i < HF_COUNT(families); i++) {
        struct far_end f;
        resolver_reset();
        far_end_start(&f, families[i], far_end_silent, NULL);
        dial_begin(&c);
        CHECK_EQ_AT(i, dial_once(&c, "ws", "LocalHost", f.port), 0);
        CHECK_AT(i, hf_net_is_loopback(&c.result.address));
        CHECK_EQ_AT(i, resolver.asked, 0);
        dial_end(&c);
        far_end_stop(&f);
    }
}

static void a_refusal_names_the_place_and_the_reason(void)
{
    char want[128];
    uint16_t port = closed_port();
    dial_begin(&c);
    CHECK_EQ(dial_once(&c, "ws", "127.0.0.1", port), HF_ERR_IO);
    snprintf(want, sizeof want, "cannot connect to 127.0.0.1:%u: Connection refused", port);
    CHECK_TEXT(hf_bytes_cstr(c.why), want);
    CHECK_EQ(c.result.stage, HF_DIAL_CONNECTING);
    CHECK(!c.result.is_config && !c.result.is_security);
    CHECK(c.result.is_refused && !c.result.is_proxied);
    CHECK_EQ(c.result.port, port);
    dial_end(&c);
}

static void a_name_that_nobody_knows_is_said_to_be_so(void)
{
    resolver_reset();
    dial_begin(&c);
    CHECK_EQ(dial_once(&c, "ws", "nobody.example", 1), HF_ERR_IO);
    CHECK(dial_said(&c, "nobody.example:1: Name or service not known"));
    CHECK_EQ(c.result.stage, HF_DIAL_RESOLVING);
    dial_end(&c);
}

/* A name of 255 bytes is one more than the resolver's room. */
static void a_name_has_a_bound(void)
{
    char name[HF_RESOLVE_NAME_BYTES + 1];
    memset(name, 'a', sizeof name);
    for (size_t len = HF_RESOLVE_NAME_BYTES - 1; len <= HF_RESOLVE_NAME_BYTES; len++) {
        bool is_long = len >= HF_RESOLVE_NAME_BYTES;
        name[len] = '\0';
        resolver_reset();
        dial_begin(&c);
        CHECK_EQ(dial_once(&c, "ws", name, 1), is_long ? HF_ERR_USAGE : HF_ERR_IO);
        CHECK_EQ(c.result.is_config, is_long);
        CHECK_EQ(resolver.asked, is_long ? 0 : 1);
        dial_end(&c);
        name[len] = 'a';
    }
}

/* client-lifecycle 7.1: there would be nothing to compare. */
static void a_pin_without_tls_cannot_work(void)
{
    static const uint8_t pin[HF_SHA256_BYTES];
    dial_begin(&c);
    c.config.pin = pin;
    CHECK_EQ(dial_once(&c, "ws", "127.0.0.1", 1), HF_ERR_USAGE);
    CHECK(c.result.is_config);
    dial_end(&c);
}

/* --- several addresses --- */

static void addresses_are_tried_in_turn_up_to_the_bound(void)
{
    for (size_t dead = HF_LIMIT_DIAL_ADDRESSES - 1; dead <= HF_LIMIT_DIAL_ADDRESSES; dead++) {
        struct far_end f;
        far_end_start(&f, AF_INET, far_end_silent, NULL);
        resolver_reset();
        for (size_t i = 0; i < dead; i++) resolver_add(closed_port());
        resolver_add(f.port);
        dial_begin(&c);
        CHECK_EQ_AT(dead, dial_once(&c, "ws", "many.example", 1),
                    dead < HF_LIMIT_DIAL_ADDRESSES ? 0 : HF_ERR_IO);
        dial_end(&c);
        far_end_stop(&f);
    }
}

/* A listener whose queue is full lets the next connection hang. */
static void make_deaf(struct far_end *f, int *filler)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    far_end_listen(f, AF_INET, 0);
    to.sin_port = htons(f->port);
    *filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(connect(*filler, (struct sockaddr *)&to, sizeof to), 0);
}

static void an_address_that_does_not_answer_gives_way_to_the_next(void)
{
    struct far_end deaf, good;
    int filler;
    make_deaf(&deaf, &filler);
    far_end_start(&good, AF_INET, far_end_silent, NULL);
    resolver_reset();
    resolver_add(deaf.port);
    resolver_add(good.port);
    dial_begin(&c);
    CHECK_EQ(c.dialer.patience, HF_MS(HF_LIMIT_DIAL_ADDRESS_MS));
    c.dialer.patience = HF_MS(20);
    CHECK_EQ(dial_once(&c, "ws", "two.example", 1), 0);
    dial_end(&c);
    far_end_stop(&good);
    close(filler);
    close(deaf.listener);
}

static void a_dial_ends_within_its_time_in_every_stage(void)
{
    struct far_end deaf;
    int filler;
    make_deaf(&deaf, &filler);
    resolver_reset();
    resolver_set(true);
    dial_begin(&c);
    c.config.within = HF_MS(20);
    CHECK_EQ(dial_once(&c, "ws", "stalled.example", 1), HF_ERR_TIMEOUT);
    CHECK(dial_said(&c, "it took too long (resolving)"));
    CHECK_EQ(dial_once(&c, "ws", "127.0.0.1", deaf.port), HF_ERR_TIMEOUT);
    CHECK(dial_said(&c, "it took too long (connecting)"));
    dial_end(&c);
    resolver_set(false);
    resolver_wait(1, 1);
    close(filler);
    close(deaf.listener);
}

/* --- the resolver's threads --- */

static void lookups_beyond_the_bound_wait_in_line(void)
{
    struct dial_case cases[HF_LIMIT_LOOKUPS + 1];
    resolver_reset();
    resolver_add(closed_port());
    resolver_set(true);
    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        dial_begin(&cases[i]);
        dial_start(&cases[i], "ws", "stalled.example", 1);
        uv_run(&cases[i].loop, UV_RUN_NOWAIT);
    }
    resolver_wait(HF_LIMIT_LOOKUPS, 0);
    resolver_set(false);
    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        CHECK_EQ_AT(i, dial_finish(&cases[i]), HF_ERR_IO);
        dial_end(&cases[i]);
    }
    resolver_wait(HF_LIMIT_LOOKUPS + 1, HF_LIMIT_LOOKUPS + 1);
}

/* Nobody waits for a resolver that does not come back: neither the loop nor its end. */
static void cancelling_does_not_wait_for_the_resolver(void)
{
    struct dial_case cases[HF_LIMIT_LOOKUPS + 3];
    resolver_reset();
    resolver_set(true);
    for (size_t i = 0; i < HF_COUNT(cases); i++) {
        dial_begin(&cases[i]);
        dial_start(&cases[i], "ws", "stalled.example", 1);
        uv_run(&cases[i].loop, UV_RUN_NOWAIT);
    }
    resolver_wait(HF_LIMIT_LOOKUPS, 0);
    /* From the middle of the line, its end, its head, and those under way. */
    static const size_t order[] = { 9, 10, 8, 0, 1, 2, 3, 4, 5, 6, 7 };
    _Static_assert(HF_COUNT(order) == HF_LIMIT_LOOKUPS + 3, "each once");
    for (size_t i = 0; i < HF_COUNT(order); i++) {
        CHECK(dial_cancel_after(&cases[order[i]], 0));
        dial_end(&cases[order[i]]);
    }
    resolver_set(false);
    resolver_wait(HF_LIMIT_LOOKUPS, HF_LIMIT_LOOKUPS);
}

/* --- cancelling --- */

/* client-lifecycle 60: at whatever turn it comes, nothing is told and nothing is left. */
static void a_dial_can_be_cancelled_at_any_turn(void)
{
    enum { TURNS = 12 };
    struct far_end f;
    far_end_start(&f, AF_INET, far_end_silent, NULL);
    resolver_reset();
    resolver_add(closed_port());
    resolver_add(f.port);
    size_t before = open_descriptors();
    for (unsigned turn = 0; turn < TURNS; turn++) {
        dial_begin(&c);
        dial_start(&c, "ws", turn % 2 ? "127.0.0.1" : "some.example", f.port);
        dial_cancel_after(&c, turn);
        dial_end(&c);
    }
    far_end_stop(&f);
    resolver_wait(resolver.asked, resolver.asked);
    CHECK_EQ(open_descriptors(), before - 1); /* the listener */
}

CHECK_MAIN(an_address_connects_and_carries_bytes, localhost_asks_nobody,
           a_refusal_names_the_place_and_the_reason, a_name_that_nobody_knows_is_said_to_be_so,
           a_name_has_a_bound, a_pin_without_tls_cannot_work,
           addresses_are_tried_in_turn_up_to_the_bound,
           an_address_that_does_not_answer_gives_way_to_the_next,
           a_dial_ends_within_its_time_in_every_stage, lookups_beyond_the_bound_wait_in_line,
           cancelling_does_not_wait_for_the_resolver, a_dial_can_be_cancelled_at_any_turn)
