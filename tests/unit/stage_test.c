#include "core/stage.h"
#include "base/err.h"
#include "lib/check.h"

#include <stdio.h>

/* Scenario numbers are those of spec/startup-retry.md section 6. */

static hf_time t(int64_t ms)
{
    return hf_at_ms(50000 + ms);
}

/* A server in S2 that waits for its store and its listeners. */
static struct hf_stage starting(void)
{
    struct hf_stage s;
    hf_stage_init(&s, t(0));
    CHECK_EQ(hf_stage_add(&s, HF_LIT("store")), 0);
    CHECK_EQ(hf_stage_add(&s, HF_LIT("listeners")), 0);
    hf_stage_listen(&s);
    CHECK_EQ(hf_stage_attach(&s), HF_STAGE_NONE);
    CHECK_EQ(hf_stage_state(&s), HF_STAGE_STARTING);
    return s;
}

static struct hf_stage ready(void)
{
    struct hf_stage s = starting();
    CHECK_EQ(hf_stage_item_ready(&s, HF_LIT("store")), HF_STAGE_NONE);
    CHECK_EQ(hf_stage_item_ready(&s, HF_LIT("listeners")), HF_STAGE_IS_READY);
    return s;
}

static struct hf_stage draining(void)
{
    struct hf_stage s = ready();
    CHECK_EQ(hf_stage_stop(&s, t(1000), HF_SECONDS(5), true, 1500), HF_STAGE_DRAIN);
    return s;
}

/* startup-retry 1: the values of the frame and of the close after it */
static void a_connect_during_start_up_is_refused_as_the_spec_says(void)
{
    struct hf_stage s = starting();
    struct hf_stage_refusal refusal = hf_stage_connect(&s, t(1), 1);
    CHECK(refusal.is_refused && refusal.is_starting);
    CHECK_TEXT(refusal.message, "gateway starting; retry shortly");
    CHECK_TEXT(refusal.reason, "startup-sidecars");
    CHECK_TEXT(refusal.phase, "");
    CHECK_EQ(refusal.retry_after_ms, 500);
    CHECK_EQ(refusal.close_code, 1013);
    CHECK_TEXT(refusal.close_reason, "gateway starting");
    CHECK_TEXT(refusal.cause, "startup-sidecars-pending");
}

/* Whoever knows better than 500 ms says so, and clients listen up to 2,000. */
static void a_known_moment_is_the_hint_as_far_as_clients_listen(void)
{
    static const struct {
        int64_t expected_ms, now_ms, told_ms; /* expected -1: nobody knows */
    } rows[] = {
        { 0, 0, 500 },         { 500, 0, 500 },       { 501, 0, 501 }, { 1999, 0, 1999 },
        { 2000, 0, 2000 },     { 30000, 0, 2000 },    { -1, 0, 2000 }, { 30000, 28500, 1500 },
        { 30000, 29600, 500 }, { 30000, 31000, 500 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_stage s = starting();
        hf_time now = t(rows[i].now_ms);
        hf_stage_expect(&s, rows[i].expected_ms < 0 ? HF_NEVER : t(rows[i].expected_ms));
        for (uint64_t k = 0; k < 8; k++)
            CHECK_EQ_AT(i, hf_stage_connect(&s, now, k).retry_after_ms, rows[i].told_ms);
        /* A crowd is spread between that and the most. */
        for (uint64_t k = 8; k < 100; k++) {
            int64_t told_ms = hf_stage_connect(&s, now, k).retry_after_ms;
            CHECK_AT(i, told_ms >= rows[i].told_ms && told_ms <= 2000);
        }
    }
}

/* startup-retry 2 and 3, the part of the stage: after the flip nothing is refused here */
static void after_the_flip_connects_are_normal(void)
{
    struct hf_stage s = ready();
    CHECK(!hf_stage_connect(&s, t(21), 1).is_refused);
    CHECK_EQ(hf_stage_state(&s), HF_STAGE_READY);
}

/* startup-retry 6 */
static void before_the_handlers_are_attached_upgrades_get_503(void)
{
    struct hf_stage s;
    hf_stage_init(&s, t(0));
    CHECK_EQ(hf_stage_add(&s, HF_LIT("store")), 0);
    hf_stage_listen(&s);
    CHECK_EQ(hf_stage_state(&s), HF_STAGE_LISTENING);
    CHECK_EQ(hf_stage_upgrade(&s).verdict, HF_UPGRADE_REFUSE);
    CHECK_TEXT(hf_stage_upgrade(&s).text, "Gateway websocket handlers unavailable");
    hf_stage_attach(&s);
    CHECK_EQ(hf_stage_upgrade(&s).verdict, HF_UPGRADE_ACCEPT);
}

/* startup-retry 7 */
static void a_draining_server_refuses_connects_and_upgrades(void)
{
    struct hf_stage s = draining();
    struct hf_stage_refusal refusal = hf_stage_connect(&s, t(1001), 1);
    CHECK(refusal.is_refused && !refusal.is_starting);
    CHECK_TEXT(refusal.message, "connect unavailable during gateway restart");
    CHECK_TEXT(refusal.reason, "gateway-restarting");
    CHECK_TEXT(refusal.phase, "accepting");
    CHECK_EQ(refusal.retry_after_ms, 1000);
    CHECK_EQ(refusal.close_code, 1013);
    CHECK_TEXT(refusal.close_reason, "gateway restart in progress");
    CHECK_EQ(hf_stage_upgrade(&s).verdict, HF_UPGRADE_REFUSE);
    CHECK_TEXT(hf_stage_upgrade(&s).text, "Gateway websocket admission closed");
}

/* startup-retry 8 */
static void a_stop_during_start_up_says_draining_and_never_starting_again(void)
{
    struct hf_stage s = starting();
    CHECK_EQ(hf_stage_stop(&s, t(5), HF_SECONDS(5), false, 0), HF_STAGE_DRAIN);
    CHECK_TEXT(hf_stage_startupz(&s, t(6)).status, "draining");
    CHECK_TEXT(hf_stage_connect(&s, t(6), 1).reason, "gateway-restarting");
    CHECK_EQ(hf_stage_item_ready(&s, HF_LIT("store")), HF_STAGE_NONE);
    CHECK_EQ(hf_stage_item_ready(&s, HF_LIT("listeners")), HF_STAGE_NONE);
    CHECK_EQ(hf_stage_state(&s), HF_STAGE_DRAINING);
    CHECK_EQ(hf_stage_step(&s, t(8), 0), HF_STAGE_CLOSE_ALL);
    CHECK_TEXT(hf_stage_startupz(&s, t(9)).status, "draining");
    CHECK_EQ(hf_stage_upgrade(&s).verdict, HF_UPGRADE_TERMINATE);
}

/* section 1.1, every state */
static void the_probes_read_the_same_state(void)
{
    static const struct {
        int steps;
        uint16_t http_status;
        const char *startupz, *pending, *failing;
    } rows[] = {
        { 0, 503, "starting", "startup-sidecars", "startup-sidecars" },
        { 1, 503, "starting", "startup-sidecars", "startup-sidecars" },
        { 2, 503, "starting", "startup-sidecars", "startup-sidecars" },
        { 3, 200, "started", "", "" },
        { 4, 503, "draining", "", "gateway-draining" },
        { 5, 503, "draining", "", "gateway-draining" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_stage s;
        hf_stage_init(&s, t(0));
        CHECK_EQ(hf_stage_add(&s, HF_LIT("store")), 0);
        if (rows[i].steps > 0) hf_stage_listen(&s);
        if (rows[i].steps > 1) hf_stage_attach(&s);
        if (rows[i].steps > 2) hf_stage_item_ready(&s, HF_LIT("store"));
        if (rows[i].steps > 3) hf_stage_stop(&s, t(2), HF_SECONDS(1), false, 0);
        if (rows[i].steps > 4) hf_stage_step(&s, t(3), 0);
        CHECK_EQ_AT(i, hf_stage_state(&s), rows[i].steps);
        struct hf_stage_probe startupz = hf_stage_startupz(&s, t(123));
        struct hf_stage_probe readyz = hf_stage_readyz(&s, t(123));
        CHECK_EQ_AT(i, startupz.http_status, rows[i].http_status);
        CHECK_TEXT_AT(i, startupz.status, rows[i].startupz);
        CHECK_TEXT_AT(i, startupz.pending_reason, rows[i].pending);
        CHECK_EQ_AT(i, startupz.uptime_ms, 123);
        CHECK_EQ_AT(i, readyz.http_status, rows[i].http_status);
        CHECK_EQ_AT(i, readyz.is_ready, rows[i].http_status == 200);
        CHECK_TEXT_AT(i, readyz.failing, rows[i].failing);
        CHECK_EQ_AT(i, readyz.uptime_ms, 123);
        /* startup-retry 10: a 200 never stands beside a start-up refusal */
        CHECK_AT(i, startupz.http_status != 200 || !hf_stage_connect(&s, t(4), 1).is_refused);
    }
}

static void the_last_item_flips_once_whatever_the_order(void)
{
    struct hf_stage s = starting();
    CHECK_EQ(hf_stage_item_ready(&s, HF_LIT("nobody")), HF_STAGE_NONE);
    CHECK_EQ(hf_stage_item_ready(&s, HF_LIT("listeners")), HF_STAGE_NONE);
    CHECK_EQ(hf_stage_item_ready(&s, HF_LIT("listeners")), HF_STAGE_NONE);
    struct hf_stage_progress progress = hf_stage_progress(&s);
    CHECK_EQ(progress.total, 2);
    CHECK_EQ(progress.done, 1);
    CHECK_TEXT(progress.current, "store");
    CHECK_EQ(hf_stage_item_ready(&s, HF_LIT("store")), HF_STAGE_IS_READY);
    CHECK_EQ(hf_stage_item_ready(&s, HF_LIT("store")), HF_STAGE_NONE);
    CHECK_EQ(hf_stage_progress(&s).current.len, 0);
    CHECK_EQ(hf_stage_add(&s, HF_LIT("late")), HF_ERR_STATE);
}

static void a_server_with_nothing_pending_is_ready_when_it_attaches(void)
{
    struct hf_stage s;
    hf_stage_init(&s, t(0));
    CHECK_EQ(hf_stage_add(&s, HF_LIT("store")), 0);
    CHECK_EQ(hf_stage_item_ready(&s, HF_LIT("store")), HF_STAGE_NONE);
    CHECK_EQ(hf_stage_attach(&s), HF_STAGE_NONE); /* not listening yet */
    hf_stage_listen(&s);
    CHECK_EQ(hf_stage_attach(&s), HF_STAGE_IS_READY);
    CHECK_EQ(hf_stage_attach(&s), HF_STAGE_NONE);
    hf_stage_listen(&s);
    CHECK_EQ(hf_stage_state(&s), HF_STAGE_READY);
}

static void items_are_bounded_and_unique(void)
{
    struct hf_stage s;
    char name[HF_STAGE_NAME_BYTES + 1];
    hf_stage_init(&s, t(0));
    for (int i = 0; i < HF_STAGE_ITEMS; i++) {
        int len = snprintf(name, sizeof name, "item-%d", i);
        CHECK_EQ_AT(i, hf_stage_add(&s, hf_bytes(name, (size_t)len)), 0);
    }
    CHECK_EQ(hf_stage_add(&s, HF_LIT("item-3")), HF_ERR_EXISTS);
    CHECK_EQ(hf_stage_add(&s, HF_LIT("one more")), HF_ERR_LIMIT);
    hf_stage_init(&s, t(0));
    memset(name, 'n', sizeof name);
    CHECK_EQ(hf_stage_add(&s, hf_bytes(name, HF_STAGE_NAME_BYTES)), 0);
    CHECK_EQ(hf_stage_add(&s, hf_bytes(name, HF_STAGE_NAME_BYTES + 1)), HF_ERR_TOO_LARGE);
}

static void a_drain_ends_with_the_last_work_or_at_its_deadline(void)
{
    struct hf_stage s = draining();
    CHECK(hf_time_same(hf_stage_due(&s), t(6000)));
    struct hf_stage idle = s;
    CHECK_EQ(hf_stage_step(&idle, t(1001), 1), HF_STAGE_NONE);
    CHECK_EQ(hf_stage_step(&idle, t(1002), 0), HF_STAGE_CLOSE_ALL);
    CHECK_EQ(hf_stage_step(&idle, t(1003), 0), HF_STAGE_NONE);

    CHECK_EQ(hf_stage_step(&s, t(5999), 1), HF_STAGE_NONE);
    CHECK_EQ(hf_stage_step(&s, t(6000), 1), HF_STAGE_CLOSE_ALL);
    CHECK(hf_time_same(hf_stage_due(&s), HF_NEVER));
}

static void a_second_stop_closes_at_once_and_a_third_is_ignored(void)
{
    struct hf_stage s = draining();
    CHECK_EQ(hf_stage_stop(&s, t(1001), HF_SECONDS(5), false, 0), HF_STAGE_CLOSE_ALL);
    CHECK_EQ(hf_stage_stop(&s, t(1002), HF_SECONDS(5), false, 0), HF_STAGE_NONE);
    CHECK_EQ(hf_stage_state(&s), HF_STAGE_CLOSING);
}

static void a_restart_is_announced_with_its_time_and_a_stop_without(void)
{
    struct hf_stage restarting = draining(), stopping = ready();
    CHECK(hf_stage_shutdown(&restarting).will_restart);
    CHECK_EQ(hf_stage_shutdown(&restarting).restart_expected_ms, 1500);
    hf_stage_stop(&stopping, t(30), 0, false, 99);
    CHECK(!hf_stage_shutdown(&stopping).will_restart);
    CHECK_EQ(hf_stage_shutdown(&stopping).restart_expected_ms, 0);
}

/* startup-retry 13, the part of the stage, and section 2.5 */
static void gated_methods_wait_for_readiness_and_health_never_does(void)
{
    static const struct {
        const char *method;
        bool is_gated_at_start, is_gated_in_drain;
    } rows[] = {
        { "sessions.create", true, true },
        { "sessions.send", true, true },
        { "sessions.abort", true, true },
        { "sessions.list", true, true },
        { "sessions.subscribe", true, true },
        { "agent", true, true },
        { "agent.wait", true, true },
        { "chat.history", true, true },
        { "chat.send", true, true },
        { "chat.startup", true, true },
        { "chat.metadata", true, true },
        { "models.list", true, true },
        { "tools.effective", true, true },
        { "environments.list", true, true },
        { "desktop.launch", true, true },
        { "gateway.suspend.prepare", true, true },
        { "agents.list", false, true },
        { "sessions.describe", false, true }, /* recorded in the drain of the real gateway */
        { "device.pair.approve", false, true },
        { "config.set", false, true },
        { "health", false, false },
        { "status", false, false },
        { "config.get", false, false },
        { "diagnostics.stability", false, false },
        { "diagnostics.connections", false, false },
        { "system-presence", false, false },
    };
    struct hf_stage start = starting(), up = ready(), drain = draining();
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_bytes method = hf_bytes_cstr(rows[i].method);
        struct hf_stage_refusal refusal = hf_stage_method(&start, method);
        CHECK_EQ_AT(i, refusal.is_refused, rows[i].is_gated_at_start);
        if (refusal.is_refused) {
            CHECK_TEXT_AT(i, refusal.reason, "startup-sidecars");
            CHECK_EQ_AT(i, refusal.retry_after_ms, 500);
        }
        CHECK_AT(i, !hf_stage_method(&up, method).is_refused);
        refusal = hf_stage_method(&drain, method);
        CHECK_EQ_AT(i, refusal.is_refused, rows[i].is_gated_in_drain);
        if (refusal.is_refused) {
            CHECK_TEXT_AT(i, refusal.message, " unavailable during gateway restart");
            CHECK_TEXT_AT(i, refusal.reason, "gateway-restarting");
            CHECK_TEXT_AT(i, refusal.phase, "accepting");
            CHECK_EQ_AT(i, refusal.retry_after_ms, 1000);
        }
    }
}

/* The wider the crowd, the wider it is spread: at most 10 ms more for each beyond the eighth. */
static void a_small_crowd_is_back_soon(void)
{
    struct hf_stage s = starting();
    for (int64_t i = 1; i <= 200; i++) {
        int64_t most_ms = i <= 8 ? 500 : 500 + (i - 8) * 10;
        int64_t told_ms = hf_stage_connect(&s, t(0), (uint64_t)i).retry_after_ms;
        CHECK_AT(i, told_ms >= 500 && told_ms <= (most_ms < 2000 ? most_ms : 2000));
    }
}

/* section 7: eight at once, the others spread, and again in the next second */
static void a_crowd_is_told_to_come_back_at_different_times(void)
{
    enum { CROWD = 1000, BUCKET_MS = 10 };
    size_t buckets[2000 / BUCKET_MS + 1] = { 0 };
    struct hf_stage s = starting();
    for (uint64_t i = 0; i < CROWD; i++) {
        int64_t ms = hf_stage_connect(&s, t(999), i).retry_after_ms;
        if (i < 8)
            CHECK_EQ_AT(i, ms, 500);
        else
            CHECK_AT(i, ms >= 500 && ms <= 2000);
        buckets[ms / BUCKET_MS]++;
    }
    for (size_t i = 0; i < HF_COUNT(buckets); i++) CHECK_AT(i, buckets[i] <= CROWD / 10);

    /* The second begins with its first refusal. */
    struct hf_stage next = s;
    CHECK(hf_stage_connect(&s, (hf_time){ t(1999).ns - 1 }, 77).retry_after_ms > 500);
    for (uint64_t i = 0; i < 8; i++)
        CHECK_EQ_AT(i, hf_stage_connect(&next, t(1999), 77).retry_after_ms, 500);
    CHECK(hf_stage_connect(&next, t(1999), 77).retry_after_ms > 500);
}

CHECK_MAIN(a_small_crowd_is_back_soon, a_known_moment_is_the_hint_as_far_as_clients_listen,
           a_connect_during_start_up_is_refused_as_the_spec_says,
           after_the_flip_connects_are_normal, before_the_handlers_are_attached_upgrades_get_503,
           a_draining_server_refuses_connects_and_upgrades,
           a_stop_during_start_up_says_draining_and_never_starting_again,
           the_probes_read_the_same_state, the_last_item_flips_once_whatever_the_order,
           a_server_with_nothing_pending_is_ready_when_it_attaches, items_are_bounded_and_unique,
           a_drain_ends_with_the_last_work_or_at_its_deadline,
           a_second_stop_closes_at_once_and_a_third_is_ignored,
           a_restart_is_announced_with_its_time_and_a_stop_without,
           gated_methods_wait_for_readiness_and_health_never_does,
           a_crowd_is_told_to_come_back_at_different_times)
