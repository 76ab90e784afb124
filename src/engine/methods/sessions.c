#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/methods/handlers.h"

enum { LIST_LIMIT, LIST_OFFSET };

static const char *const sort_keys[] = { "updatedAt", "lastInteractionAt", NULL };
static const char *const board_faces[] = { "chat", "dashboard", NULL };
static const char *const archived_all[] = { "all", NULL };

static const struct hf_json_rule list_rows[] = {
    [LIST_LIMIT] = { .name = "limit", .type = HF_RULE_INTEGER, .min = 1 },
    [LIST_OFFSET] = { .name = "offset", .type = HF_RULE_INTEGER },
    { .name = "activeMinutes", .type = HF_RULE_INTEGER, .min = 1 },
    { .name = "requireLastInteraction", .type = HF_RULE_BOOLEAN },
    { .name = "sortBy", .type = HF_RULE_ONE_OF, .allowed = sort_keys },
    { .name = "includeGlobal", .type = HF_RULE_BOOLEAN },
    { .name = "includeUnknown", .type = HF_RULE_BOOLEAN },
    { .name = "configuredAgentsOnly", .type = HF_RULE_BOOLEAN },
    { .name = "includeDerivedTitles", .type = HF_RULE_BOOLEAN },
    { .name = "includeLastMessage", .type = HF_RULE_BOOLEAN },
    { .name = "label", .type = HF_RULE_STRING, .min = 1, .max = 512 },
    { .name = "boardFace", .type = HF_RULE_ONE_OF, .allowed = board_faces },
    { .name = "creatorId", .type = HF_RULE_STRING, .min = 1 },
    { .name = "ownerId", .type = HF_RULE_STRING, .min = 1 },
    { .name = "ownerFirst", .type = HF_RULE_BOOLEAN },
    { .name = "involvingMe", .type = HF_RULE_BOOLEAN },
    { .name = "involvingProfileId", .type = HF_RULE_STRING, .min = 1 },
    { .name = "includePeople", .type = HF_RULE_BOOLEAN },
    { .name = "spawnedBy", .type = HF_RULE_STRING, .min = 1 },
    { .name = "agentId", .type = HF_RULE_STRING, .min = 1 },
    { .name = "search", .type = HF_RULE_STRING },
    { .name = "archived", .type = HF_RULE_ONE_OF, .or_boolean = true, .allowed = archived_all },
};
const struct hf_json_rules hf_params_sessions_list = HF_JSON_RULES(list_rows);

_Static_assert(HF_COUNT(list_rows) <= HF_CALL_VALUES_MAX, "a call holds a value per row");

enum { LIST_LIMIT_DEFAULT = 100 };

/* No agent, no session: the page is empty and says so. */
static void write_list(struct hf_server *s, struct hf_call *call, struct hf_json_writer *w)
{
    int64_t limit = LIST_LIMIT_DEFAULT;
    hf_json_get_whole(call->values[LIST_LIMIT], &limit);
    hf_json_open_object(w);
    hf_json_add_int(w, "ts", s->now.wall_ms);
    hf_json_add_text(w, "path", HF_LIT("(multiple)"));
    hf_json_add_int(w, "count", 0);
    hf_json_add_int(w, "totalCount", 0);
    hf_json_add_int(w, "limitApplied", limit);
    hf_json_add_null(w, "nextOffset");
    hf_json_add_bool(w, "hasMore", false);
    hf_json_add_raw(w, "owners", HF_LIT("[]"));
    hf_json_add_raw(w, "defaults",
                    HF_LIT("{\"modelProvider\":null,\"model\":null,\"contextTokens\":null}"));
    hf_json_add_raw(w, "sessions", HF_LIT("[]"));
    hf_json_close_object(w);
}

void hf_method_sessions_list(struct hf_server *s, struct hf_call *call)
{
    write_list(s, call, hf_reply_open(s, call));
    hf_reply_send(s, call);
}

void hf_method_sessions_subscribe(struct hf_server *s, struct hf_call *call)
{
    call->conn->client->wants_index = true;
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_json_open_object(w);
    hf_json_add_bool(w, "subscribed", true);
    /* With parameters the first page comes along (protocol/methods.md). */
    if (hf_json_count(call->params) > 0) {
        hf_json_key(w, "list");
        write_list(s, call, w);
    }
    hf_json_close_object(w);
    hf_reply_send(s, call);
}

/* --- messages of one session --- */

enum { KEY, KEY_AGENT, KEY_APPROVALS };

static const struct hf_json_rule subscribe_rows[] = {
    [KEY] = { .name = "key", .type = HF_RULE_STRING, .is_required = true, .min = 1 },
    [KEY_AGENT] = { .name = "agentId", .type = HF_RULE_STRING, .min = 1 },
    [KEY_APPROVALS] = { .name = "includeApprovals", .type = HF_RULE_TRUE },
};
const struct hf_json_rules hf_params_messages_subscribe = HF_JSON_RULES(subscribe_rows);

static const struct hf_json_rule unsubscribe_rows[] = {
    [KEY] = { .name = "key", .type = HF_RULE_STRING, .is_required = true, .min = 1 },
    [KEY_AGENT] = { .name = "agentId", .type = HF_RULE_STRING, .min = 1 },
};
const struct hf_json_rules hf_params_messages_unsubscribe = HF_JSON_RULES(unsubscribe_rows);

/* The canonical form: a bare key belongs to an agent.  False when it is blank (the
 * call is answered then). */
static bool read_key(struct hf_server *s, struct hf_call *call, struct hf_bytes *out)
{
    struct hf_bytes key = hf_bytes_trim(hf_call_text(s, call->values[KEY]));
    struct hf_bytes agent = hf_call_text(s, call->values[KEY_AGENT]);
    if (key.len == 0) {
        hf_reply_invalid(s, call, HF_LIT("key required"));
        return false;
    }
    hf_buf_reset(&s->why, SIZE_MAX);
    if (!hf_bytes_starts(key, HF_LIT("agent:"))) {
        HF_BUF_LIT(&s->why, "agent:");
        hf_buf_add(&s->why, agent.len > 0 ? agent : HF_LIT("main"));
        HF_BUF_LIT(&s->why, ":");
    }
    hf_buf_add(&s->why, key);
    *out = hf_buf_view(&s->why);
    return true;
}

static int add_key(struct hf_conn_client *client, struct hf_bytes key)
{
    if (hf_conn_client_has_key(client, key)) return 0;
    if (client->key_count == HF_LIMIT_SUBSCRIPTIONS) return HF_ERR_LIMIT;
    if (client->key_count == client->key_cap) {
        uint32_t cap = client->key_cap ? client->key_cap * 2 : 4;
        struct hf_blob **keys = hf_mem_grow(client->keys, cap * sizeof(struct hf_blob *));
        if (!keys) return HF_ERR_NOMEM;
        client->keys = keys;
        client->key_cap = cap;
    }
    struct hf_blob *blob = hf_blob_new(key);
    if (!blob) return HF_ERR_NOMEM;
    client->keys[client->key_count++] = blob;
    return 0;
}

static void drop_key(struct hf_conn_client *client, struct hf_bytes key)
{
    for (uint32_t i = 0; i < client->key_count; i++) {
        if (!hf_bytes_same(hf_blob_view(client->keys[i]), key)) continue;
        hf_blob_drop(client->keys[i]);
        client->keys[i] = client->keys[--client->key_count];
        return;
    }
}

static void answer_key(struct hf_server *s, struct hf_call *call, bool is_subscribed,
                       struct hf_bytes key)
{
    struct hf_json_writer *w = hf_reply_open(s, call);
    hf_json_open_object(w);
    hf_json_add_bool(w, "subscribed", is_subscribed);
    hf_json_add_text(w, "key", key);
    if (is_subscribed && call->values[KEY_APPROVALS].len > 0) {
        hf_json_add_object(w, "approvalReplay");
        hf_json_add_text(w, "sessionKey", key);
        hf_json_add_int(w, "updatedAtMs", s->now.wall_ms);
        hf_json_add_raw(w, "approvals", HF_LIT("[]"));
        hf_json_add_bool(w, "truncated", false);
        hf_json_close_object(w);
    }
    hf_json_close_object(w);
    hf_reply_send(s, call);
}

void hf_method_messages_subscribe(struct hf_server *s, struct hf_call *call)
{
    struct hf_bytes key;
    if (!read_key(s, call, &key)) return;
    switch (add_key(call->conn->client, key)) {
    case 0:
        answer_key(s, call, true, key);
        return;
    case HF_ERR_LIMIT:
        hf_reply_invalid(s, call,
                         HF_LIT("too many subscriptions on this connection (at most "
                                "256): unsubscribe one first"));
        return;
    default:
        hf_reply_unavailable(s, call, HF_LIT("out of memory"), 0);
        return;
    }
}

void hf_method_messages_unsubscribe(struct hf_server *s, struct hf_call *call)
{
    struct hf_bytes key;
    if (!read_key(s, call, &key)) return;
    drop_key(call->conn->client, key);
    answer_key(s, call, false, key);
}
