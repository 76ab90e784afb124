/* The limits of a link: environment, probes, and the mobile profile. */
#include "lib/link_case.h"

/* startup-retry 32: the grammar of a number in the environment. */
static void a_time_limit_in_the_environment_is_a_plain_number(void)
{
    static const struct {
        const char *text;
        int64_t ms; /* 0: ignored */
    } rows[] = {
        { "30000", 30000 },
        { "+30000", 30000 },
        { " 30000 ", 30000 },
        { "1", 1 },
        { "2147483647", INT32_MAX },
        { "2147483648", INT32_MAX },
        { "9007199254740991", INT32_MAX },
        { "9007199254740992", 0 },
        { "100000000000000000000", 0 },
        { "0", 0 },
        { "-1", 0 },
        { "1.5", 0 },
        { "abc", 0 },
        { "+", 0 },
        { "++1", 0 },
        { "1 2", 0 },
        { "", 0 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        int64_t ms = 0;
        CHECK_EQ_AT(i, hf_link_env_ms(hf_bytes_cstr(rows[i].text), &ms), rows[i].ms != 0);
        CHECK_EQ_AT(i, ms, rows[i].ms);
    }
}

/* client-lifecycle 6 and startup-retry 32: option, environment, clamp. */
static void the_environment_and_the_option_set_the_limits_of_a_login(void)
{
    static const struct {
        const char *handshake_env, *challenge_env;
        int64_t handshake, challenge;
        int64_t upgrade_ms, challenge_ms, connect_ms;
    } rows[] = {
        { "", "", 0, 0, 15000, 15000, 15000 },
        { "30000", "", 0, 0, 30000, 30000, 30000 },
        { "abc", "", 20000, 0, 20000, 20000, 20000 },
        { "30000", "", 20000, 0, 30000, 30000, 30000 },
        { "", "100", 0, 0, 15000, 250, 15000 },
        { "", "60000", 0, 0, 15000, 60000, 15000 },
        { "", "", 0, 100, 15000, 250, 15000 },
        { "", "", 0, 250, 15000, 250, 15000 },
        { "", "", 0, 60000, 15000, 15000, 15000 },
        { "60000", "", 0, 60000, 60000, 60000, 60000 },
        { "", "60000", 0, 5000, 15000, 5000, 15000 },
        { "100", "", 0, 0, 100, 250, 250 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_link_limits limits;
        hf_link_limits_init(&limits);
        hf_link_limits_timeouts(&limits, &(struct hf_link_timeouts){
                                             hf_bytes_cstr(rows[i].handshake_env),
                                             hf_bytes_cstr(rows[i].challenge_env),
                                             HF_MS(rows[i].handshake), HF_MS(rows[i].challenge) });
        CHECK_EQ_AT(i, hf_span_ms(limits.upgrade_within), rows[i].upgrade_ms);
        CHECK_EQ_AT(i, hf_span_ms(limits.challenge_within), rows[i].challenge_ms);
        CHECK_EQ_AT(i, hf_span_ms(limits.connect_within), rows[i].connect_ms);
    }
}

/* startup-retry 31: a probe waits through a start without a word, within its budget,
 * which is never less than 250 ms. */
static void a_probe_waits_through_a_start(void)
{
    struct hf_refusal starting = link_case_starting(100);
    struct hf_link_limits limits = link_case_limits();
    struct link_case c;
    hf_link_limits_probe(&limits, HF_MS(5000));
    link_case_init(&c, &limits);
    link_case_say(&c, HF_LINK_START);
    for (int i = 0; i < 3; i++) {
        link_case_refuse(&c, &starting);
        link_case_wait(&c);
    }
    link_case_ready(&c);
    CHECK_EQ(c.readies, 1);
    CHECK_EQ(c.errors + c.closed + c.paused, 0);
    hf_link_limits_probe(&limits, HF_MS(100));
    CHECK_EQ(hf_span_ms(limits.budget), 250);
    link_case_init(&c, &limits);
    link_case_say(&c, HF_LINK_START);
    link_case_refuse(&c, &starting); /* 100 and 200 ms fit, 300 would not */
    link_case_wait(&c);
    link_case_refuse(&c, &starting);
    link_case_wait(&c);
    CHECK_EQ(c.dials, 3);
    link_case_refuse(&c, &starting);
    CHECK_EQ(c.link.pause, HF_LINK_PAUSE_BUDGET);
    CHECK_EQ(c.ms, 200);
}

/* Issue 3: ten failures at the usual waits, then up to five minutes; one try at once when
 * the network changes, and then where it was. */
static void a_mobile_client_becomes_patient(void)
{
    static const int64_t want_s[] = { 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 60, 120, 240, 300, 300 };
    struct hf_link_limits limits;
    struct link_case c;
    hf_link_limits_mobile(&limits);
    limits.backoff.jitter_percent = 0;
    link_case_init(&c, &limits);
    link_case_say(&c, HF_LINK_START);
    for (size_t i = 0; i < HF_COUNT(want_s); i++) {
        link_case_say(&c, HF_LINK_DIAL_FAILED);
        CHECK_EQ_AT(i, hf_span_ms(c.todo.wait), want_s[i] * 1000);
        if (i + 1 < HF_COUNT(want_s)) link_case_wait(&c);
    }
    size_t dials = c.dials;
    c.ms += 1000;
    link_case_say(&c, HF_LINK_NETWORK);
    CHECK_EQ(c.dials, dials + 1);
    link_case_say(&c, HF_LINK_DIAL_FAILED);
    CHECK_EQ(hf_span_ms(c.todo.wait), 300000);
    c.ms += 1000;
    link_case_say(&c, HF_LINK_FOREGROUND);
    CHECK_EQ(c.dials, dials + 2);
}

/* In the background there are no pings of our own; back again there is one at once. */
static void nobody_pings_in_the_background(void)
{
    struct hf_link_limits limits = link_case_limits();
    struct link_case c;
    link_case_init(&c, &limits);
    link_case_say(&c, HF_LINK_BACKGROUND);
    link_case_say(&c, HF_LINK_START);
    link_case_ask(&c);
    struct hf_link_input hello = { .kind = HF_LINK_HELLO,
                                   .generation = 1,
                                   .u.hello = { HF_SECONDS(100000), false } };
    link_case_feed(&c, hello);
    link_case_run(&c, 600000);
    CHECK_EQ(c.pings, 0);
    link_case_say(&c, HF_LINK_FOREGROUND);
    link_case_say(&c, HF_LINK_TIME);
    CHECK_EQ(c.pings, 1);
    link_case_say(&c, HF_LINK_PING_WRITTEN);
    /* Nobody waits for the pong of a ping that was written before. */
    link_case_say(&c, HF_LINK_BACKGROUND);
    link_case_run(&c, 1200000);
    CHECK_EQ(c.pings, 1);
    CHECK_EQ(c.closes, 0);
    link_case_say(&c, HF_LINK_PONG);
    CHECK(!c.todo.has_rtt);
}

/* A change of the network asks the connection for a sign of life, once. */
static void a_changed_network_probes_a_connection(void)
{
    struct hf_link_limits limits = link_case_limits();
    struct link_case c;
    link_case_init(&c, &limits);
    link_case_say(&c, HF_LINK_START);
    link_case_ready(&c);
    link_case_run(&c, 5000);
    link_case_say(&c, HF_LINK_NETWORK);
    link_case_say(&c, HF_LINK_TIME);
    CHECK_EQ(c.pings, 1);
    link_case_say(&c, HF_LINK_NETWORK); /* it is on its way */
    link_case_say(&c, HF_LINK_TIME);
    CHECK_EQ(c.pings, 1);
    link_case_say(&c, HF_LINK_PING_WRITTEN);
    link_case_run(&c, 29999);
    CHECK_EQ(c.closes, 0);
    link_case_run(&c, 30000);
    CHECK_TEXT(c.close.reason, "ping timeout");
}

CHECK_MAIN(a_time_limit_in_the_environment_is_a_plain_number,
           the_environment_and_the_option_set_the_limits_of_a_login, a_probe_waits_through_a_start,
           a_mobile_client_becomes_patient, nobody_pings_in_the_background,
           a_changed_network_probes_a_connection)
