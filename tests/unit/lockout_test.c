#include "core/lockout.h"
#include "base/err.h"
#include "base/limits.h"
#include "lib/check.h"
#include "lib/identity.h"

static const struct hf_lockout_limits limits = {
    .attempts_max = 3, .window = HF_MS(60), .locked_for = HF_MS(300), .exempts_loopback = true
};

static struct hf_source address(uint32_t number)
{
    uint8_t bytes[16] = { [10] = 0xFF,
                          [11] = 0xFF,
                          [12] = 203,
                          [13] = (uint8_t)(number >> 16),
                          [14] = (uint8_t)(number >> 8),
                          [15] = (uint8_t)number };
    return hf_source_address(bytes, false);
}

static struct hf_source address_v6(uint8_t network, uint8_t host)
{
    uint8_t bytes[16] = { 0x20, 0x01, [7] = network, [15] = host };
    return hf_source_address(bytes, false);
}

static struct hf_source loopback(void)
{
    uint8_t bytes[16] = { [10] = 0xFF, [11] = 0xFF, [12] = 127, [15] = 1 };
    return hf_source_address(bytes, true);
}

static void start(struct hf_lockout *l, const struct hf_lockout_limits *with, uint32_t max)
{
    CHECK_EQ(hf_lockout_init(l, with, max, (struct hf_hash_key){ 1, 2 }), 0);
}

static struct hf_lockout_failure fail(struct hf_lockout *l, int64_t ms,
                                      const struct hf_source *source, uint32_t secret)
{
    uint8_t digest[HF_SHA256_BYTES];
    hf_sha256(hf_bytes(&secret, sizeof secret), digest);
    return hf_lockout_failed(l, hf_at_ms(ms), source, digest);
}

/* Each row is one wrong secret; the rows run in order on one source. */
static const struct {
    int64_t ms;
    uint32_t secret;
    bool is_locked_now;
    int64_t left_ms; /* afterwards, at the same instant */
} guesses[] = {
    { 0, 1, false, 0 },   /* the first */
    { 1, 1, false, 0 },   /* the same again is no second one */
    { 2, 2, false, 0 },   /* the second of three */
    { 60, 3, false, 0 },  /* the first one is 60 ms old: it does not count any more */
    { 61, 4, true, 300 }, /* secrets 2, 3 and 4 within 60 ms */
    { 100, 5, false, 261 }, { 101, 6, false, 260 },
    { 102, 7, false, 259 } /* what is tried while locked changes nothing */
};

static void three_distinct_secrets_within_the_window_lock(void)
{
    struct hf_lockout l;
    struct hf_source source = address(1);
    start(&l, &limits, 8);
    for (size_t i = 0; i < HF_COUNT(guesses); i++) {
        struct hf_lockout_failure failure = fail(&l, guesses[i].ms, &source, guesses[i].secret);
        CHECK_EQ_AT(i, failure.is_locked_now, guesses[i].is_locked_now);
        CHECK_EQ_AT(i, hf_lockout_left(&l, hf_at_ms(guesses[i].ms), &source),
                    HF_MS(guesses[i].left_ms));
    }
    hf_lockout_fini(&l);
}

static void the_lock_ends_at_its_instant_and_counts_anew(void)
{
    struct hf_lockout l;
    struct hf_source source = address(1);
    start(&l, &limits, 8);
    for (uint32_t i = 0; i < 3; i++) fail(&l, 10, &source, i);
    CHECK_EQ(hf_lockout_left(&l, (hf_time){ hf_at_ms(310).ns - 1 }, &source), 1);
    CHECK_EQ(hf_lockout_left(&l, hf_at_ms(310), &source), 0);
    CHECK(!fail(&l, 310, &source, 10).is_locked_now);
    CHECK(!fail(&l, 311, &source, 11).is_locked_now);
    CHECK(fail(&l, 312, &source, 12).is_locked_now);
    hf_lockout_fini(&l);
}

static void a_short_lock_does_not_count_its_own_reason_again(void)
{
    static const struct hf_lockout_limits brief = {
        .attempts_max = 3, .window = HF_MS(60), .locked_for = HF_MS(5), .exempts_loopback = true
    };
    struct hf_lockout l;
    struct hf_source source = address(1);
    start(&l, &brief, 8);
    for (uint32_t i = 0; i < 3; i++) fail(&l, 10, &source, i);
    CHECK(!fail(&l, 15, &source, 10).is_locked_now);
    CHECK(!fail(&l, 16, &source, 11).is_locked_now);
    CHECK(fail(&l, 17, &source, 12).is_locked_now);
    hf_lockout_fini(&l);
}

/* P14: many honest clients behind one address, each with its own stale secret
 * that it tries again and again. */
static void stale_secrets_that_are_known_never_add_up(void)
{
    struct hf_lockout l;
    struct hf_source source = address(1);
    start(&l, &limits, 8);
    int64_t ms = 0;
    for (uint32_t client = 0; client < 20; client++, ms += 60)
        CHECK_AT(client, !fail(&l, ms, &source, client).is_locked_now);
    for (int round = 0; round < 100; round++)
        for (uint32_t client = 0; client < 20; client++)
            CHECK_AT(round, !fail(&l, ms++, &source, client).is_locked_now);
    CHECK_EQ(hf_lockout_left(&l, hf_at_ms(ms), &source), 0);
    hf_lockout_fini(&l);
}

static void sources_are_judged_apart(void)
{
    struct identity device = identity_of(1);
    struct hf_lockout l;
    struct hf_source guesser = address(1), neighbour = address(2);
    struct hf_source paired = hf_source_device(&device.id, false);
    start(&l, &limits, 8);
    for (uint32_t i = 0; i < 3; i++) fail(&l, 0, &guesser, i);
    CHECK(hf_lockout_left(&l, hf_at_ms(0), &guesser) > 0);
    CHECK_EQ(hf_lockout_left(&l, hf_at_ms(0), &neighbour), 0);
    CHECK_EQ(hf_lockout_left(&l, hf_at_ms(0), &paired), 0);
    for (uint32_t i = 0; i < 3; i++) fail(&l, 0, &paired, i);
    CHECK(hf_lockout_left(&l, hf_at_ms(0), &paired) > 0);
    CHECK_EQ(hf_lockout_left(&l, hf_at_ms(0), &neighbour), 0);
    hf_lockout_fini(&l);
}

static void a_kind_of_source_is_part_of_it(void)
{
    struct hf_lockout_limits strict = limits;
    struct hf_lockout l;
    struct hf_source local = loopback(), zeros = { .kind = HF_SOURCE_ADDRESS };
    strict.exempts_loopback = false;
    start(&l, &strict, 8);
    for (uint32_t i = 0; i < 3; i++) fail(&l, 0, &local, i);
    CHECK(hf_lockout_left(&l, hf_at_ms(0), &local) > 0);
    CHECK_EQ(hf_lockout_left(&l, hf_at_ms(0), &zeros), 0);
    hf_lockout_fini(&l);
}

static void an_ipv6_network_is_one_source(void)
{
    struct hf_lockout l;
    struct hf_source one = address_v6(1, 1), same = address_v6(1, 200), other = address_v6(2, 1);
    start(&l, &limits, 8);
    fail(&l, 0, &one, 1);
    fail(&l, 0, &same, 2);
    fail(&l, 0, &one, 3);
    CHECK(hf_lockout_left(&l, hf_at_ms(0), &same) > 0);
    CHECK_EQ(hf_lockout_left(&l, hf_at_ms(0), &other), 0);
    hf_lockout_fini(&l);
}

static void loopback_is_answered_late_and_locked_only_when_asked_for(void)
{
    struct hf_lockout_limits strict = limits;
    struct hf_lockout l;
    struct hf_source local = loopback(), remote = address(1);
    strict.exempts_loopback = false;
    start(&l, &limits, 8);
    for (uint32_t i = 0; i < 10; i++) {
        struct hf_lockout_failure failure = fail(&l, 5, &local, i);
        CHECK_AT(i, hf_time_same(failure.answer_at, hf_at_ms(255)));
        CHECK_AT(i, !failure.is_locked_now);
    }
    CHECK_EQ(hf_lockout_left(&l, hf_at_ms(5), &local), 0);
    CHECK(hf_time_same(fail(&l, 5, &remote, 1).answer_at, hf_at_ms(5)));
    struct identity device = identity_of(1);
    struct hf_source near = hf_source_device(&device.id, true);
    struct hf_source far = hf_source_device(&device.id, false);
    CHECK(hf_time_same(fail(&l, 5, &near, 1).answer_at, hf_at_ms(255)));
    CHECK(hf_time_same(fail(&l, 5, &far, 1).answer_at, hf_at_ms(5)));
    hf_lockout_set(&l, &strict);
    for (uint32_t i = 0; i < 3; i++) fail(&l, 5, &local, i);
    CHECK(hf_lockout_left(&l, hf_at_ms(5), &local) > 0);
    hf_lockout_fini(&l);
}

static void new_limits_keep_running_locks(void)
{
    struct hf_lockout_limits wider = limits;
    struct hf_lockout l;
    struct hf_source source = address(1);
    wider.attempts_max = 10;
    start(&l, &limits, 8);
    for (uint32_t i = 0; i < 3; i++) fail(&l, 0, &source, i);
    hf_lockout_set(&l, &wider);
    CHECK_EQ(hf_lockout_left(&l, hf_at_ms(1), &source), HF_MS(299));
    hf_lockout_fini(&l);
}

/* At HF_LIMIT_AUTH_ADDRESSES sources all are remembered; the one more takes the place of
 * the one that was idle for longest and is not locked. */
static void at_the_bound_the_idle_unlocked_source_is_forgotten(void)
{
    enum { MAX = HF_LIMIT_AUTH_ADDRESSES };
    struct hf_lockout l;
    static struct hf_source sources[MAX + 1];
    start(&l, &limits, MAX);
    for (uint32_t i = 0; i <= MAX; i++) sources[i] = address(i);
    for (uint32_t secret = 0; secret < 3; secret++) fail(&l, 0, &sources[0], secret);
    for (uint32_t i = 1; i < MAX; i++)
        for (uint32_t secret = 0; secret < 2; secret++) fail(&l, i, &sources[i], secret);
    CHECK_EQ(l.len, MAX);
    fail(&l, 5, &sources[MAX], 1);
    CHECK_EQ(l.len, MAX);
    CHECK(hf_lockout_left(&l, hf_at_ms(5), &sources[0]) > 0);
    CHECK(!fail(&l, 6, &sources[1], 9).is_locked_now); /* forgotten: this is its first */
    CHECK(fail(&l, 7, &sources[3], 9).is_locked_now);  /* its third */
    hf_lockout_fini(&l);
}

static void when_all_are_locked_the_oldest_makes_room(void)
{
    struct hf_lockout l;
    struct hf_source sources[3] = { address(0), address(1), address(2) };
    start(&l, &limits, 2);
    for (size_t i = 0; i < 2; i++)
        for (uint32_t secret = 0; secret < 3; secret++) fail(&l, (int64_t)i, &sources[i], secret);
    fail(&l, 5, &sources[2], 1);
    CHECK_EQ(hf_lockout_left(&l, hf_at_ms(5), &sources[0]), 0);
    CHECK(hf_lockout_left(&l, hf_at_ms(5), &sources[1]) > 0);
    hf_lockout_fini(&l);
}

static void at_the_bound_of_secrets_the_unused_one_is_forgotten(void)
{
    static const struct hf_lockout_limits patient = { .attempts_max =
                                                          HF_LIMIT_AUTH_SECRETS_PER_ADDRESS,
                                                      .window = HF_SECONDS(3600),
                                                      .locked_for = HF_MS(1),
                                                      .exempts_loopback = true };
    struct hf_lockout l;
    struct hf_source source = address(1);
    start(&l, &patient, 2);
    uint32_t secret = 0;
    for (; secret < HF_LIMIT_AUTH_SECRETS_PER_ADDRESS - 1; secret++)
        CHECK_AT(secret, !fail(&l, secret, &source, secret).is_locked_now);
    CHECK(fail(&l, secret, &source, secret).is_locked_now);
    /* All 64 places are taken; secret 0 goes, secret 1 is still known. */
    CHECK(!fail(&l, 1000, &source, 1000).is_locked_now);
    CHECK(!fail(&l, 1001, &source, 1).is_locked_now);
    CHECK(!fail(&l, 1002, &source, 0).is_locked_now);
    hf_lockout_fini(&l);
}

CHECK_MAIN(three_distinct_secrets_within_the_window_lock,
           the_lock_ends_at_its_instant_and_counts_anew,
           a_short_lock_does_not_count_its_own_reason_again,
           stale_secrets_that_are_known_never_add_up, sources_are_judged_apart,
           a_kind_of_source_is_part_of_it, an_ipv6_network_is_one_source,
           loopback_is_answered_late_and_locked_only_when_asked_for, new_limits_keep_running_locks,
           at_the_bound_the_idle_unlocked_source_is_forgotten,
           when_all_are_locked_the_oldest_makes_room,
           at_the_bound_of_secrets_the_unused_one_is_forgotten)
