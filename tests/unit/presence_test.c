#include "core/presence.h"
#include "base/err.h"
#include "lib/check.h"

#include <stdio.h>

static struct hf_presence with_self(void)
{
    struct hf_presence p;
    struct hf_presence_entry self = { .kind = HF_PRESENCE_SELF, .ts_ms = 100 };
    self.texts[HF_PRESENCE_HOST] = HF_LIT("rock");
    self.texts[HF_PRESENCE_MODE] = HF_LIT("gateway");
    self.texts[HF_PRESENCE_REASON] = HF_LIT("self");
    CHECK_EQ(hf_presence_init(&p), 0);
    CHECK_EQ(hf_presence_self(&p, &self), 0);
    return p;
}

static int connect_ui(struct hf_presence *p, hf_id conn, const char *instance, const char *device,
                      int64_t wall_ms)
{
    struct hf_presence_entry entry = { .kind = HF_PRESENCE_CLIENT,
                                       .scopes = hf_scope_bit(HF_SCOPE_READ),
                                       .ts_ms = wall_ms,
                                       .online_since_ms = wall_ms };
    entry.texts[HF_PRESENCE_MODE] = HF_LIT("ui");
    entry.texts[HF_PRESENCE_INSTANCE_ID] = hf_bytes_cstr(instance);
    entry.texts[HF_PRESENCE_DEVICE_ID] = hf_bytes_cstr(device);
    entry.texts[HF_PRESENCE_REASON] = HF_LIT("connect");
    return hf_presence_connect(p, conn, &entry);
}

static struct hf_bytes text_at(const struct hf_presence *p, size_t i, enum hf_presence_text text)
{
    return hf_presence_at(p, i).texts[text];
}

static void the_gateway_comes_first_and_then_the_newest_change(void)
{
    struct hf_presence p = with_self();
    connect_ui(&p, 1, "tui-1", "d1", 200);
    connect_ui(&p, 2, "tui-2", "d2", 300);
    CHECK_EQ(hf_presence_event(&p, HF_LIT("census event"), 400), 0);
    CHECK_EQ(hf_presence_count(&p), 4);
    CHECK_TEXT(text_at(&p, 0, HF_PRESENCE_REASON), "self");
    CHECK_TEXT(text_at(&p, 0, HF_PRESENCE_HOST), "rock");
    CHECK_TEXT(text_at(&p, 1, HF_PRESENCE_LINE), "census event");
    CHECK_TEXT(text_at(&p, 2, HF_PRESENCE_INSTANCE_ID), "tui-2");
    CHECK_TEXT(text_at(&p, 3, HF_PRESENCE_INSTANCE_ID), "tui-1");
    CHECK_EQ(hf_presence_at(&p, 2).scopes, hf_scope_bit(HF_SCOPE_READ));
    CHECK_EQ(hf_presence_at(&p, 2).online_since_ms, 300);
    hf_presence_fini(&p);
}

static void self_is_replaced_not_repeated(void)
{
    struct hf_presence p = with_self();
    struct hf_presence_entry self = { .kind = HF_PRESENCE_SELF, .ts_ms = 900 };
    connect_ui(&p, 1, "tui-1", "d1", 200);
    CHECK_EQ(hf_presence_self(&p, &self), 0);
    CHECK_EQ(hf_presence_count(&p), 2);
    CHECK_EQ(hf_presence_at(&p, 0).ts_ms, 900);
    hf_presence_fini(&p);
}

static void only_user_interfaces_and_nodes_are_listed(void)
{
    static const struct {
        const char *mode;
        enum hf_role role;
        bool want;
    } rows[] = {
        { "ui", HF_ROLE_OPERATOR, true },      { "webchat", HF_ROLE_OPERATOR, true },
        { "node", HF_ROLE_NODE, true },        { "backend", HF_ROLE_NODE, true },
        { "cli", HF_ROLE_OPERATOR, false },    { "backend", HF_ROLE_OPERATOR, false },
        { "probe", HF_ROLE_OPERATOR, false },  { "test", HF_ROLE_OPERATOR, false },
        { "worker", HF_ROLE_OPERATOR, false }, { "", HF_ROLE_OPERATOR, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, hf_presence_lists(hf_bytes_cstr(rows[i].mode), rows[i].role), rows[i].want);
}

static void a_client_that_left_stays_with_its_reason(void)
{
    struct hf_presence p = with_self();
    connect_ui(&p, 1, "tui-1", "d1", 200);
    connect_ui(&p, 2, "tui-2", "d2", 300);
    CHECK(hf_presence_disconnect(&p, 1, 400));
    CHECK_TEXT(text_at(&p, 1, HF_PRESENCE_INSTANCE_ID), "tui-1");
    CHECK_TEXT(text_at(&p, 1, HF_PRESENCE_REASON), "disconnect");
    CHECK_EQ(hf_presence_at(&p, 1).ts_ms, 400);
    CHECK(!hf_presence_disconnect(&p, 1, 500));
    CHECK(!hf_presence_disconnect(&p, 77, 500));
    CHECK(!hf_presence_disconnect(&p, 0, 500));
    hf_presence_fini(&p);
}

static void a_reconnect_takes_the_place_of_its_own_entry(void)
{
    static const struct {
        const char *instance, *device;
        size_t want;
    } rows[] = {
        { "tui-1", "d1", 2 }, /* the same */
        { "tui-1", "d9", 2 }, /* the instance decides */
        { "tui-9", "d1", 3 },
        { "", "d1", 3 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_presence p = with_self();
        connect_ui(&p, 1, "tui-1", "d1", 200);
        connect_ui(&p, 2, rows[i].instance, rows[i].device, 300);
        CHECK_EQ_AT(i, hf_presence_count(&p), rows[i].want);
        hf_presence_fini(&p);
    }
    struct hf_presence p = with_self();
    connect_ui(&p, 1, "", "d1", 200);
    connect_ui(&p, 2, "", "d1", 300); /* without an instance the device decides */
    CHECK_EQ(hf_presence_count(&p), 2);
    connect_ui(&p, 3, "", "", 400);
    connect_ui(&p, 4, "", "", 500); /* nothing says that they are the same */
    CHECK_EQ(hf_presence_count(&p), 4);
    hf_presence_fini(&p);
}

static void the_end_of_an_older_connection_does_not_mark_the_newer_one(void)
{
    struct hf_presence p = with_self();
    connect_ui(&p, 1, "tui-1", "d1", 200);
    connect_ui(&p, 2, "tui-1", "d1", 300);
    CHECK(!hf_presence_disconnect(&p, 1, 400));
    CHECK_TEXT(text_at(&p, 1, HF_PRESENCE_REASON), "connect");
    hf_presence_fini(&p);
}

static void the_same_line_again_only_moves(void)
{
    struct hf_presence p = with_self();
    hf_presence_event(&p, HF_LIT("one"), 200);
    hf_presence_event(&p, HF_LIT("two"), 300);
    hf_presence_event(&p, HF_LIT("one"), 400);
    CHECK_EQ(hf_presence_count(&p), 3);
    CHECK_TEXT(text_at(&p, 1, HF_PRESENCE_LINE), "one");
    CHECK_EQ(hf_presence_at(&p, 1).ts_ms, 400);
    hf_presence_fini(&p);
}

static void what_is_nobodys_goes_after_5_minutes(void)
{
    enum { MINUTES_5 = 300000 };
    struct hf_presence p = with_self();
    connect_ui(&p, 1, "stays", "d1", 1000);
    connect_ui(&p, 2, "left", "d2", 1000);
    hf_presence_disconnect(&p, 2, 2000);
    hf_presence_event(&p, HF_LIT("line"), 1000);
    CHECK(!hf_presence_expire(&p, 1000 + MINUTES_5));
    CHECK(hf_presence_expire(&p, 1001 + MINUTES_5));
    CHECK_EQ(hf_presence_count(&p), 3);
    CHECK(hf_presence_expire(&p, 2001 + MINUTES_5));
    CHECK_EQ(hf_presence_count(&p), 2);
    CHECK(!hf_presence_expire(&p, 100LL * MINUTES_5));
    CHECK_TEXT(text_at(&p, 1, HF_PRESENCE_INSTANCE_ID), "stays");
    hf_presence_fini(&p);
}

static void a_full_list_drops_the_oldest_that_is_nobodys_first(void)
{
    enum { MAX = HF_LIMIT_PRESENCE_ENTRIES };
    struct hf_presence p = with_self();
    char instance[16];
    for (int i = 1; i < MAX; i++) {
        snprintf(instance, sizeof instance, "ui-%d", i);
        CHECK_EQ_AT(i, connect_ui(&p, (hf_id)i, instance, "", 1000 + i), 0);
    }
    CHECK_EQ(hf_presence_count(&p), MAX);
    hf_presence_disconnect(&p, 9, 5000);
    hf_presence_disconnect(&p, 8, 5001);
    CHECK_EQ(connect_ui(&p, 1001, "new-1", "", 6000), 0); /* 9 goes */
    CHECK_EQ(hf_presence_count(&p), MAX);
    CHECK_TEXT(text_at(&p, 2, HF_PRESENCE_INSTANCE_ID), "ui-8");
    CHECK_EQ(connect_ui(&p, 1002, "new-2", "", 6001), 0); /* 8 goes */
    CHECK_EQ(connect_ui(&p, 1003, "new-3", "", 6002), 0); /* nobody left: the oldest client */
    CHECK_EQ(hf_presence_count(&p), MAX);
    CHECK(!hf_presence_disconnect(&p, 1, 7000));
    CHECK(hf_presence_disconnect(&p, 2, 7000));
    CHECK_TEXT(text_at(&p, 0, HF_PRESENCE_REASON), "self");
    hf_presence_fini(&p);
}

static void texts_are_copied_and_cut_between_characters(void)
{
    struct hf_presence p = with_self();
    char line[HF_LIMIT_NAME_BYTES + 2];
    memset(line, 'x', sizeof line);
    memcpy(line + HF_LIMIT_NAME_BYTES - 1, "\xC3\xA9", 2);
    hf_presence_event(&p, hf_bytes(line, sizeof line), 200);
    memset(line, '?', sizeof line);
    CHECK_EQ(text_at(&p, 1, HF_PRESENCE_LINE).len, HF_LIMIT_NAME_BYTES - 1);
    CHECK_EQ(text_at(&p, 1, HF_PRESENCE_LINE).ptr[0], 'x');
    hf_presence_fini(&p);
}

static void versions_only_grow_and_every_change_raises_presence(void)
{
    struct hf_presence p;
    CHECK_EQ(hf_presence_init(&p), 0);
    CHECK_EQ(hf_presence_version(&p).presence, 1);
    CHECK_EQ(hf_presence_version(&p).health, 1);
    connect_ui(&p, 1, "a", "", 1);
    hf_presence_disconnect(&p, 1, 2);
    hf_presence_event(&p, HF_LIT("line"), 3);
    CHECK_EQ(hf_presence_version(&p).presence, 4);
    CHECK_TEXT(text_at(&p, 0, HF_PRESENCE_LINE), "line"); /* also without a gateway entry */
    hf_presence_expire(&p, 4);
    CHECK_EQ(hf_presence_version(&p).presence, 4);
    hf_presence_expire(&p, 10000000);
    CHECK_EQ(hf_presence_version(&p).presence, 5);
    hf_presence_health_changed(&p);
    CHECK_EQ(hf_presence_version(&p).health, 2);
    hf_presence_fini(&p);
    hf_presence_fini(&p);
}

CHECK_MAIN(the_gateway_comes_first_and_then_the_newest_change, self_is_replaced_not_repeated,
           only_user_interfaces_and_nodes_are_listed, a_client_that_left_stays_with_its_reason,
           a_reconnect_takes_the_place_of_its_own_entry,
           the_end_of_an_older_connection_does_not_mark_the_newer_one,
           the_same_line_again_only_moves, what_is_nobodys_goes_after_5_minutes,
           a_full_list_drops_the_oldest_that_is_nobodys_first,
           texts_are_copied_and_cut_between_characters,
           versions_only_grow_and_every_change_raises_presence)
