/* docs/protocol.md against a running server: every example in it, every name and some numbers.
 *
 * An example is a fenced block behind a marker, `<!-- result: METHOD PARAMS -->` or the like.  It has
 * the shape of what the server sends: the same members with the same kinds of values. */
#include "base/limits.h"
#include "engine/methods/table.h"
#include "engine/server_state.h"
#include "lib/peer.h"

#include <stdio.h>
#include <stdlib.h>

enum { EXAMPLES_MAX = 64, MARKER_MAX = 120, PATH_MAX_CHARS = 200, PAGE_MAX = 1 << 20 };

struct example {
    struct hf_bytes marker, json;
    bool is_checked;
};

static struct hf_buf page;
static struct example examples[EXAMPLES_MAX];
static size_t example_count;

/* --- the page --- */

static struct hf_bytes after(struct hf_bytes text, const char *what)
{
    const uint8_t *at = memmem(text.ptr, text.len, what, strlen(what));
    return at ? hf_bytes_from(text, (size_t)(at - text.ptr) + strlen(what)) : HF_EMPTY;
}

static struct hf_bytes until(struct hf_bytes text, const char *what)
{
    const uint8_t *at = memmem(text.ptr, text.len, what, strlen(what));
    CHECK(at != NULL);
    return hf_bytes_head(text, (size_t)(at - text.ptr));
}

static void read_page(void)
{
    FILE *file = fopen(HF_PROTOCOL_PAGE, "rb");
    if (page.len > 0) return;
    CHECK(file != NULL);
    hf_buf_init(&page, PAGE_MAX);
    CHECK_EQ(hf_buf_reserve(&page, PAGE_MAX), 0);
    hf_buf_used(&page, fread(page.ptr, 1, PAGE_MAX, file));
    fclose(file);
    struct hf_bytes rest = hf_buf_view(&page);
    while ((rest = after(rest, "<!-- ")).len > 0) {
        struct example *e = &examples[example_count++];
        CHECK(example_count <= EXAMPLES_MAX);
        e->marker = until(rest, " -->");
        rest = after(rest, "```json\n");
        e->json = until(rest, "\n```");
        CHECK_EQ(hf_json_check(e->json, HF_LIMIT_JSON_DEPTH, NULL), 0);
    }
}

static bool page_has(const char *text)
{
    read_page();
    return after(hf_buf_view(&page), text).len > 0;
}

static struct hf_bytes example(const char *marker)
{
    read_page();
    for (size_t i = 0; i < example_count; i++) {
        if (!hf_bytes_same(examples[i].marker, hf_bytes_cstr(marker))) continue;
        examples[i].is_checked = true;
        return hf_json_root(examples[i].json);
    }
    check_fail(__FILE__, __LINE__, "the page has no example marked `%s`", marker);
}

/* --- shapes --- */

static void same_shape(const char *path, struct hf_bytes shown, struct hf_bytes sent);

/* Every member of `a` is one of `b`. */
static void has_members_of(const char *path, struct hf_bytes a, struct hf_bytes b,
                           const char *where)
{
    struct hf_json_iter it = hf_json_iter(a);
    struct hf_json_member member;
    while (hf_json_next_member(&it, &member)) {
        char name[64] = "";
        size_t len;
        CHECK_EQ(hf_json_copy_text(member.key, (uint8_t *)name, sizeof name - 1, &len), 0);
        if (hf_json_find(b, name).len == 0)
            check_fail(__FILE__, __LINE__, "%s.%s is not %s", path, name, where);
    }
}

static void same_object(const char *path, struct hf_bytes shown, struct hf_bytes sent)
{
    struct hf_json_iter it = hf_json_iter(shown);
    struct hf_json_member member;
    has_members_of(path, shown, sent, "sent");
    has_members_of(path, sent, shown, "shown");
    while (hf_json_next_member(&it, &member)) {
        char name[64] = "", below[PATH_MAX_CHARS];
        size_t len;
        CHECK_EQ(hf_json_copy_text(member.key, (uint8_t *)name, sizeof name - 1, &len), 0);
        snprintf(below, sizeof below, "%s.%s", path, name);
        same_shape(below, member.value, hf_json_find(sent, name));
    }
}

/* The i-th is like the i-th that is shown, or like the last one. */
static void same_array(const char *path, struct hf_bytes shown, struct hf_bytes sent)
{
    struct hf_json_iter some = hf_json_iter(shown), all = hf_json_iter(sent);
    struct hf_bytes like = HF_EMPTY, next, value;
    while (hf_json_next(&all, &value)) {
        char below[PATH_MAX_CHARS];
        if (hf_json_next(&some, &next)) like = next;
        snprintf(below, sizeof below, "%s[]", path);
        same_shape(below, like, value);
    }
    /* Rows that are shown but not sent would be unchecked; texts cannot be wrong. */
    if (hf_json_count(sent) == 0 && hf_json_next(&some, &next) &&
        hf_json_kind(next) != HF_JSON_STRING)
        check_fail(__FILE__, __LINE__, "%s is empty", path);
}

static void same_shape(const char *path, struct hf_bytes shown, struct hf_bytes sent)
{
    if (hf_json_kind(shown) != hf_json_kind(sent))
        check_fail(__FILE__, __LINE__, "%s: shown %.*s, sent %.*s", path, (int)shown.len, shown.ptr,
                   (int)sent.len, sent.ptr);
    if (hf_json_kind(shown) == HF_JSON_OBJECT) same_object(path, shown, sent);
    if (hf_json_kind(shown) == HF_JSON_ARRAY) same_array(path, shown, sent);
}

static void check_example(const char *marker, struct hf_bytes sent)
{
    same_shape(marker, example(marker), sent);
}

/* Scalars too, member for member; `except` may differ. */
static void same_values(struct hf_bytes shown, struct hf_bytes sent, const char *except)
{
    struct hf_json_iter it = hf_json_iter(shown);
    struct hf_json_member member;
    CHECK_EQ(hf_json_count(shown), hf_json_count(sent));
    while (hf_json_next_member(&it, &member)) {
        char name[64] = "";
        size_t len;
        CHECK_EQ(hf_json_copy_text(member.key, (uint8_t *)name, sizeof name - 1, &len), 0);
        if (strcmp(name, except) == 0) continue;
        if (hf_json_kind(member.value) == HF_JSON_OBJECT)
            same_values(member.value, hf_json_find(sent, name), except);
        else
            CHECK_BYTES(hf_json_find(sent, name), member.value);
    }
}

/* --- a server with something to show --- */

struct scene {
    struct world *w;
    struct identity owner_key, guest_key;
    struct peer owner; /* a paired interface with all scopes, the only client */
    struct peer guest; /* a remote device that asks to be let in */
    struct hf_buf http;
};

static struct peer_config device_config(const struct identity *who, const char *scopes)
{
    struct peer_config config = peer_operator();
    config.client_id = "openclaw-tui";
    config.mode = "ui";
    config.scopes = scopes;
    config.identity = who;
    return config;
}

static struct world *starting(void)
{
    struct world *w = world_new(39);
    w->config.start_items[w->config.start_item_count++] = HF_LIT("held");
    w->settings.config_path = HF_LIT("/config/holdfast.json5");
    w->settings.config_json = HF_LIT("{\"gateway\":{\"port\":18789,\"bind\":\"loopback\"}}");
    w->settings.config_file_json = HF_LIT("{\"gateway\":{\"port\":18789}}");
    w->settings.config_hash = HF_LIT("9f86d081884c7d65");
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    return w;
}

static void scene_start(struct scene *s)
{
    static const uint8_t remote[16] = {
        [10] = 0xFF, [11] = 0xFF, [12] = 203, [13] = 0, [14] = 113, [15] = 9
    };
    s->w = starting();
    s->owner_key = identity_of(1);
    s->guest_key = identity_of(2);
    hf_buf_init(&s->http, PAGE_MAX);
    world_item_ready(s->w, "held");
    struct peer_config config =
        device_config(&s->owner_key, "[\"operator.admin\",\"operator.read\"]");
    peer_init(&s->owner, s->w, &config);
    peer_open(&s->owner);
    peer_run_world(&s->owner, HF_SECONDS(3)); /* the loop has a sample then */
    CHECK_EQ(s->owner.state, PEER_READY);
    config = device_config(&s->guest_key, "[\"operator.read\"]");
    memcpy(config.address, remote, sizeof remote);
    peer_init(&s->guest, s->w, &config);
}

static void scene_stop(struct scene *s)
{
    hf_buf_fini(&s->http);
    peer_fini(&s->owner);
    peer_fini(&s->guest);
    world_free(s->w);
}

static void check_result(struct scene *s, const char *marker, const char *method,
                         const char *params)
{
    bool ok;
    char name[MARKER_MAX];
    struct hf_bytes sent = peer_answer(&s->owner, peer_call(&s->owner, method, params), &ok);
    if (!ok) world_fail(s->w, "%s: %.*s", method, (int)sent.len, (const char *)sent.ptr);
    snprintf(name, sizeof name, "result: %s", marker);
    check_example(name, sent);
}

static void check_event(struct peer *p, const char *event)
{
    char marker[MARKER_MAX];
    snprintf(marker, sizeof marker, "event: %s", event);
    CHECK(peer_event_count(p, event) > 0);
    check_example(marker, peer_event(p, event));
}

static struct hf_bytes get(struct scene *s, struct world *w, const char *path)
{
    char request[128];
    int k = world_connect_loopback(w);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    world_send(w, k, hf_bytes_cstr(request));
    world_run(w, HF_MS(1), NULL);
    hf_buf_reset(&s->http, PAGE_MAX);
    world_receive(w, k, &s->http);
    world_release(w, k);
    return hf_buf_view(&s->http);
}

static void attempt(struct scene *s)
{
    peer_drop(&s->guest);
    world_turn(s->w);
    peer_open(&s->guest);
    peer_run_world(&s->guest, HF_SECONDS(2));
    peer_run(&s->owner);
}

/* --- health-connection 39 --- */

/* The scenario's own comparison: exactly the keys, integers without a fraction, null. */
static void check_block(const char *marker, struct hf_bytes sent)
{
    static const char *const numbers[] = { "rttMs", "lastHeartbeatAt" };
    struct hf_bytes shown = example(marker);
    bool flag;
    CHECK_EQ(hf_json_count(shown), 3);
    CHECK_EQ(hf_json_count(sent), 3);
    CHECK_EQ(hf_json_get_bool(hf_json_find(shown, "connected"), &flag), 0);
    CHECK_EQ(hf_json_get_bool(hf_json_find(sent, "connected"), &flag), 0);
    for (size_t i = 0; i < HF_COUNT(numbers); i++) {
        int64_t number;
        struct hf_bytes there = hf_json_find(sent, numbers[i]);
        struct hf_bytes here = hf_json_find(shown, numbers[i]);
        CHECK_EQ_AT(i, hf_json_kind(there), hf_json_kind(here));
        if (hf_json_kind(there) == HF_JSON_NULL) continue;
        CHECK_EQ_AT(i, hf_json_get_int(there, &number), 0);
        CHECK_EQ_AT(i, hf_json_get_int(here, &number), 0);
    }
}

static struct hf_bytes block_of(struct peer *p)
{
    bool ok;
    return hf_json_find(peer_answer(p, peer_call(p, "health", NULL), &ok), "connection");
}

/* health-connection 39: the examples, and the table of its section 7. */
static void the_page_shows_the_block_as_it_is(void)
{
    static const char *const rows[] = {
        "\n| state | connected | rttMs | lastHeartbeatAt |\n",
        "\n| just registered, no pong, ≤ 100 s | true | null | null |\n",
        "\n| never a pong, > 100 s | false | null | null |\n",
        "\n| pong accepted, last ≤ 100 s ago | true | n | t |\n",
        "\n| last accepted pong > 100 s ago, socket open | false | n | t |\n",
        "\n| socket closing/closed | false | last n or null | last t or null |\n",
        "\n| stale, then a fresh matched pong | true again | smoothed with the old value | new t |\n",
    };
    struct scene s;
    struct peer_config config = peer_operator();
    struct peer silent;
    scene_start(&s);
    config.no_pong = true;
    peer_login(&silent, s.w, &config);
    check_block("example: connection-new", block_of(&silent));
    check_block("example: connection", block_of(&s.owner));
    for (size_t i = 0; i < HF_COUNT(rows); i++) CHECK_AT(i, page_has(rows[i]));
    peer_fini(&silent);
    scene_stop(&s);
}

/* --- startup-retry 38 --- */

static struct hf_bytes frame_before_close(struct peer *p)
{
    const struct peer_message *close = hf_ring_at(&p->kept, p->kept.len - 1);
    const struct peer_message *answer = hf_ring_at(&p->kept, p->kept.len - 2);
    CHECK_EQ(close->kind, HF_WS_CLOSE);
    return hf_blob_view(answer->text);
}

/* startup-retry 38: the frame of a server in S2, member for member; and while draining. */
static void the_page_shows_the_refusals_as_they_are(void)
{
    struct world *w = starting();
    struct peer_config config = peer_operator();
    struct peer early, waiting;
    peer_init(&early, w, &config);
    peer_open(&early);
    peer_run_world(&early, HF_SECONDS(2));
    same_values(example("example: refusal-starting"), frame_before_close(&early), "id");

    config.keeps_silent = true;
    peer_init(&waiting, w, &config);
    peer_open(&waiting);
    peer_run_world(&waiting, 0);
    /* An answer that is still being made keeps the drain open. */
    int k = world_connect_loopback(w);
    w->weather.job_max = HF_SECONDS(1);
    world_send(w, k, HF_LIT("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"));
    world_run(w, 0, NULL);
    WORLD_CHECK(w, w->job_count == 1);
    w->jobs[0].done_at = hf_time_after(w->now.mono, HF_SECONDS(20));
    world_stop(w, true, 1500);
    peer_send_connect(&waiting);
    peer_run_world(&waiting, HF_SECONDS(2));
    same_values(example("example: refusal-draining"), frame_before_close(&waiting), "id");
    peer_fini(&early);
    peer_fini(&waiting);
    world_free(w);
}

/* --- everything else --- */

/* A reader that is too slow for an instant, so that there is a record of it. */
static void make_a_slow_episode(struct scene *s)
{
    struct peer_config config = peer_operator();
    struct peer slow;
    static char text[100000];
    peer_login(&slow, s->w, &config);
    slow.may_miss_events = true;
    s->w->settings.max_buffered_bytes = 65536;
    world_settings(s->w);
    world_stall(s->w, slow.socket, false, true);
    memset(text, ' ', sizeof text);
    memcpy(text, "{}", 2);
    for (int i = 0; i < 3; i++) {
        hf_server_broadcast(s->w->server, "presence", hf_bytes(text, sizeof text), NULL, HF_EMPTY,
                            false);
        world_turn(s->w);
        peer_run_world(&s->owner, 0);
    }
    peer_drop(&slow);
    peer_run_world(&s->owner, HF_MS(1));
    peer_fini(&slow);
    s->w->settings.max_buffered_bytes = HF_LIMIT_BUFFERED_BYTES;
    world_settings(s->w);
}

static void results_have_the_shape_that_is_shown(void)
{
    static const struct {
        const char *method, *params;
    } rows[] = {
        { "health", NULL },
        { "status", NULL },
        { "system.info", NULL },
        { "gateway.identity.get", NULL },
        { "config.get", NULL },
        { "logs.tail", NULL },
        { "system-presence", NULL },
        { "diagnostics.connections", NULL },
        { "sessions.list", NULL },
        { "sessions.subscribe", "{\"limit\":5}" },
        { "sessions.messages.subscribe", "{\"key\":\"agent:main:x\",\"includeApprovals\":true}" },
        { "sessions.messages.unsubscribe", "{\"key\":\"agent:main:x\"}" },
        { "agents.list", NULL },
        { "commands.list", NULL },
        { "models.list", NULL },
        { "last-heartbeat", NULL },
        { "set-heartbeats", "{\"enabled\":true}" },
        { "system-event", "{\"text\":\"hello\"}" },
    };
    struct scene s;
    scene_start(&s);
    check_example("example: hello-ok", hf_blob_view(s.owner.hello));
    same_values(hf_json_find(example("example: hello-ok"), "policy"),
                hf_json_find(hf_blob_view(s.owner.hello), "policy"), "");
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        char marker[MARKER_MAX];
        snprintf(marker, sizeof marker, "%s%s%s", rows[i].method, rows[i].params ? " " : "",
                 rows[i].params ? rows[i].params : "");
        check_result(&s, marker, rows[i].method, rows[i].params);
    }
    make_a_slow_episode(&s);
    check_result(&s, "diagnostics.stability", "diagnostics.stability", NULL);
    scene_stop(&s);
}

/* Calls a method about the guest: by its request, or by its id with more members. */
static void check_guest_result(struct scene *s, const char *method, const char *more)
{
    char params[256];
    struct hf_bytes request =
        hf_json_find(peer_event(&s->owner, "device.pair.requested"), "requestId");
    if (more)
        snprintf(params, sizeof params, "{\"deviceId\":\"%.*s\"%s}", HF_DEVICE_ID_CHARS,
                 s->guest_key.id_text, more);
    else
        snprintf(params, sizeof params, "{\"requestId\":%.*s}", (int)request.len,
                 (const char *)request.ptr);
    check_result(s, method, method, params);
}

static void devices_have_the_shape_that_is_shown(void)
{
    struct scene s;
    scene_start(&s);
    attempt(&s);
    check_example("example: refusal-pairing", hf_blob_view(s.guest.refusal));
    check_event(&s.owner, "device.pair.requested");
    check_result(&s, "device.pair.list", "device.pair.list", NULL);
    check_guest_result(&s, "device.pair.approve", NULL);
    check_event(&s.owner, "device.pair.resolved");
    check_guest_result(&s, "device.pair.rename", ",\"label\":\"tablet\"");
    check_guest_result(&s, "device.token.rotate", ",\"role\":\"operator\"");
    check_guest_result(&s, "device.token.revoke", ",\"role\":\"operator\"");
    check_guest_result(&s, "device.pair.remove", "");
    attempt(&s);
    check_guest_result(&s, "device.pair.reject", NULL);
    peer_run_world(&s.owner, HF_SECONDS(16));
    check_event(&s.owner, "tick");
    world_stop(s.w, true, 1500);
    peer_run_world(&s.owner, HF_SECONDS(2));
    check_event(&s.owner, "shutdown");
    scene_stop(&s);
}

static void http_answers_have_the_shape_that_is_shown(void)
{
    static const char *const paths[] = { "/health",  "/healthz",
                                         "/startup", "/startupz",
                                         "/ready",   "/readyz",
                                         "/metrics", "/api/diagnostics/prometheus" };
    struct scene s;
    struct world *w = starting();
    char text[64];
    scene_start(&s);
    check_example("http: /startupz starting", after(get(&s, w, "/startupz"), "\r\n\r\n"));
    check_example("http: /startupz", after(get(&s, s.w, "/startupz"), "\r\n\r\n"));
    check_example("http: /readyz", after(get(&s, s.w, "/readyz"), "\r\n\r\n"));
    for (size_t i = 0; i < HF_COUNT(paths); i++) {
        CHECK_AT(i, hf_bytes_starts(get(&s, s.w, paths[i]), HF_LIT("HTTP/1.1 200 ")));
        snprintf(text, sizeof text, "`%s`", paths[i]);
        CHECK_AT(i, page_has(text));
    }
    world_free(w);
    scene_stop(&s);
}

/* --- names and numbers --- */

static void must_have(const char *text)
{
    if (!page_has(text)) check_fail(__FILE__, __LINE__, "the page does not say: %s", text);
}

static void every_method_stands_there_with_its_scope(void)
{
    for (size_t i = 0; i < hf_method_rows(); i++) {
        const struct hf_method *method = hf_method_at(i);
        char row[160];
        if (method->scope == HF_SCOPE_NONE) {
            snprintf(row, sizeof row, "\n| `%s` | none | ", method->name);
        } else {
            struct hf_bytes scope = hf_scope_name(method->scope);
            snprintf(row, sizeof row, "\n| `%s` | `%.*s` | ", method->name, (int)scope.len,
                     (const char *)scope.ptr);
        }
        must_have(row);
        snprintf(row, sizeof row, "\n<!-- result: %s", method->name);
        must_have(row);
    }
}

static void every_event_and_metric_stands_there(void)
{
    struct scene s;
    struct hf_bytes event, name;
    char row[160];
    scene_start(&s);
    struct hf_bytes features = hf_json_find(hf_blob_view(s.owner.hello), "features");
    struct hf_json_iter it = hf_json_iter(hf_json_find(features, "events"));
    while (hf_json_next(&it, &event)) {
        CHECK(hf_json_get_plain(event, &name));
        snprintf(row, sizeof row, "\n| `%.*s` | ", (int)name.len, (const char *)name.ptr);
        must_have(row);
    }
    struct hf_bytes metrics = get(&s, s.w, "/metrics");
    size_t count = 0;
    while ((metrics = after(metrics, "# TYPE ")).len > 0) {
        struct hf_bytes metric = until(metrics, " ");
        struct hf_bytes type = until(after(metrics, " "), "\n");
        snprintf(row, sizeof row, "\n| `%.*s` | %.*s", (int)metric.len, (const char *)metric.ptr,
                 (int)type.len, (const char *)type.ptr);
        must_have(row);
        count++;
    }
    CHECK(count > 10);
    scene_stop(&s);
}

static void the_limits_are_those_of_the_table(void)
{
    static const struct {
        const char *what;
        long value;
    } rows[] = {
        { "bytes of a message before hello-ok", HF_LIMIT_PREAUTH_FRAME_BYTES },
        { "bytes of a message after it, `policy.maxPayload`", HF_LIMIT_PAYLOAD_BYTES },
        { "bytes that wait for one reader, `policy.maxBufferedBytes`", HF_LIMIT_BUFFERED_BYTES },
        { "requests in flight, per connection", HF_LIMIT_REQUESTS_IN_FLIGHT },
        { "keys of `sessions.messages.subscribe`, per connection", HF_LIMIT_SUBSCRIPTIONS },
        { "scopes in `connect`", HF_LIMIT_SCOPES },
        { "capabilities in `connect`", HF_LIMIT_CAPS },
        { "id of a request, in bytes", HF_LIMIT_REQUEST_ID_BYTES },
        { "depth of JSON before hello-ok", HF_LIMIT_JSON_DEPTH_PREAUTH },
        { "depth of JSON after it", HF_LIMIT_JSON_DEPTH },
        { "connections", HF_LIMIT_CONNECTIONS },
        { "connections of one address", HF_LIMIT_CONNECTIONS_PER_ADDRESS },
        { "connections that have not logged in", HF_LIMIT_PREAUTH_CONNECTIONS },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        char row[160];
        snprintf(row, sizeof row, "\n| %s | %ld", rows[i].what, rows[i].value);
        must_have(row);
    }
}

/* Runs last: whatever was added to the page is compared with a server by a row above. */
static void no_example_is_unchecked(void)
{
    read_page();
    CHECK(example_count > 20);
    for (size_t i = 0; i < example_count; i++)
        if (!examples[i].is_checked)
            check_fail(__FILE__, __LINE__, "nobody checks the example `%.*s`",
                       (int)examples[i].marker.len, (const char *)examples[i].marker.ptr);
    hf_buf_fini(&page);
}

CHECK_MAIN(the_page_shows_the_block_as_it_is, the_page_shows_the_refusals_as_they_are,
           results_have_the_shape_that_is_shown, devices_have_the_shape_that_is_shown,
           http_answers_have_the_shape_that_is_shown, every_method_stands_there_with_its_scope,
           every_event_and_metric_stands_there, the_limits_are_those_of_the_table,
           no_example_is_unchecked)
