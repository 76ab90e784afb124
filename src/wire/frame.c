#include "wire/frame.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/limits.h"
#include "wire/json_read.h"
#include "wire/json_rules.h"
#include "wire/json_write.h"

/* --- requests --- */

enum { ID_BYTES_MAX = HF_LIMIT_REQUEST_ID_BYTES + 2 }; /* with its quotes */

enum req_row { REQ_TYPE, REQ_ID, REQ_METHOD, REQ_PARAMS, REQ_TRACEPARENT, REQ_PROFILE, REQ_ROWS };

static const char *const req_type[] = { "req", NULL };

static const struct hf_json_rule req_rows[REQ_ROWS] = {
    [REQ_TYPE] = { "type", HF_RULE_CONST, .is_required = true, .allowed = req_type },
    [REQ_ID] = { "id", HF_RULE_STRING, .is_required = true, .min = 1 },
    [REQ_METHOD] = { "method", HF_RULE_STRING, .is_required = true, .min = 1 },
    [REQ_PARAMS] = { .name = "params", .type = HF_RULE_ANY },
    [REQ_TRACEPARENT] = { "traceparent", HF_RULE_STRING, .max = 128 },
    [REQ_PROFILE] = { "expectedProfileId", HF_RULE_STRING, .min = 1 },
};

static const struct hf_json_rules req_rules = HF_JSON_RULES(req_rows);

/* An envelope as the scanner found it. */
struct envelope {
    struct hf_json_member members[HF_LIMIT_ENVELOPE_MEMBERS];
    size_t count; /* of all; more than there is room for is possible */
};

/* The peers' own parser lets the last of two members win; two ids or methods in one envelope
 * are an attempt to show different readers different requests (dependencies.md 2c). */
static int refuse_twin(const struct envelope *e, const struct hf_json_report *report)
{
    static const char *const findings[REQ_ROWS] = {
        [REQ_TYPE] = "at root: duplicate property 'type'",
        [REQ_ID] = "at root: duplicate property 'id'",
        [REQ_METHOD] = "at root: duplicate property 'method'",
        [REQ_PARAMS] = "at root: duplicate property 'params'",
        [REQ_TRACEPARENT] = "at root: duplicate property 'traceparent'",
        [REQ_PROFILE] = "at root: duplicate property 'expectedProfileId'",
    };
    bool met[REQ_ROWS] = { false };
    for (size_t i = 0; i < e->count && i < HF_COUNT(e->members); i++) {
        size_t row = hf_json_rules_find(&req_rules, e->members[i].key);
        if (met[row]) return hf_json_rules_refuse(report, findings[row]);
        met[row] = true;
    }
    HF_UNREACHABLE();
}

static int check_req(struct hf_bytes text, const struct envelope *e,
                     struct hf_bytes values[REQ_ROWS], const struct hf_json_report *report)
{
    struct hf_bytes root = hf_json_root(text);
    bool is_at_hand = e->count <= HF_COUNT(e->members) && hf_json_kind(root) == HF_JSON_OBJECT;
    int err = is_at_hand
                  ? hf_json_rules_check_members(&req_rules, e->members, e->count, values, report)
                  : hf_json_rules_check(&req_rules, root, values, report);
    if (err != 0) return err;
    size_t distinct = 0;
    for (size_t i = 0; i < REQ_ROWS; i++) distinct += values[i].len > 0;
    if (distinct < e->count) return refuse_twin(e, report);
    if (values[REQ_ID].len > ID_BYTES_MAX)
        return hf_json_rules_refuse(report, "at /id: must not have more than 4096 bytes");
    return 0;
}

/* What an answer to a broken frame echoes as its id. */
static struct hf_bytes echoed_id(struct hf_bytes id)
{
    enum hf_json_kind kind = hf_json_kind(id);
    bool is_fit = kind != HF_JSON_NONE && kind != HF_JSON_NULL;
    return is_fit && id.len <= ID_BYTES_MAX ? id : HF_LIT("\"invalid\"");
}

int hf_frame_read_req(struct hf_bytes text, uint32_t depth_max, struct hf_buf *scratch,
                      struct hf_buf *why, struct hf_req *req)
{
    struct envelope e;
    struct hf_bytes values[REQ_ROWS] = { { NULL, 0 } };
    int err =
        hf_json_check_members(text, depth_max, e.members, HF_COUNT(e.members), &e.count, NULL);
    if (err != 0) return err;
    err = check_req(text, &e, values, &(struct hf_json_report){ "request", "frame", why });
    if (err == HF_ERR_TYPE) *req = (struct hf_req){ .id = echoed_id(values[REQ_ID]) };
    if (err != 0) return err;
    struct hf_bytes method = hf_json_get_text(values[REQ_METHOD], scratch);
    if (hf_buf_done(scratch) != 0) return hf_buf_done(scratch);
    *req = (struct hf_req){
        .id = values[REQ_ID],
        .method = method,
        .params = values[REQ_PARAMS],
        .traceparent = values[REQ_TRACEPARENT],
        .expected_profile_id = values[REQ_PROFILE],
    };
    return 0;
}

/* --- responses and events --- */

enum server_member {
    SERVER_TYPE,
    SERVER_ID,
    SERVER_OK,
    SERVER_PAYLOAD,
    SERVER_ERROR,
    SERVER_EVENT,
    SERVER_SEQ,
    SERVER_STATE_VERSION,
    SERVER_RECIPIENT,
    SERVER_MEMBERS,
};

static const char *const server_names[SERVER_MEMBERS] = {
    [SERVER_TYPE] = "type",
    [SERVER_ID] = "id",
    [SERVER_OK] = "ok",
    [SERVER_PAYLOAD] = "payload",
    [SERVER_ERROR] = "error",
    [SERVER_EVENT] = "event",
    [SERVER_SEQ] = "seq",
    [SERVER_STATE_VERSION] = "stateVersion",
    [SERVER_RECIPIENT] = "recipientProfileId",
};

static int sort_server(const struct envelope *e, struct hf_bytes values[SERVER_MEMBERS])
{
    for (size_t i = 0; i < e->count; i++) {
        size_t slot = 0;
        while (slot < SERVER_MEMBERS &&
               !hf_json_is(e->members[i].key, hf_bytes_cstr(server_names[slot])))
            slot++;
        if (slot == SERVER_MEMBERS) continue;
        if (values[slot].len > 0) return HF_ERR_DUPLICATE;
        values[slot] = e->members[i].value;
    }
    return 0;
}

/* A member that must be a string; absent is missing. */
static int want_text(struct hf_bytes value)
{
    if (value.len == 0) return HF_ERR_MISSING;
    return hf_json_kind(value) == HF_JSON_STRING ? 0 : HF_ERR_TYPE;
}

static int read_res(const struct hf_bytes values[SERVER_MEMBERS], struct hf_frame_res *res)
{
    if (values[SERVER_ID].len == 0 || values[SERVER_OK].len == 0) return HF_ERR_MISSING;
    *res = (struct hf_frame_res){
        .id = values[SERVER_ID],
        .payload = values[SERVER_PAYLOAD],
        .error = values[SERVER_ERROR],
    };
    return hf_json_get_bool(values[SERVER_OK], &res->ok);
}

static bool read_state_version(struct hf_bytes value, struct hf_state_version *version)
{
    struct hf_state_version read;
    if (hf_json_get_whole(hf_json_find(value, "presence"), &read.presence) != 0) return false;
    if (hf_json_get_whole(hf_json_find(value, "health"), &read.health) != 0) return false;
    *version = read;
    return true;
}

static int read_event(const struct hf_bytes values[SERVER_MEMBERS], struct hf_frame_event *event)
{
    int err = want_text(values[SERVER_EVENT]);
    if (err != 0) return err;
    *event = (struct hf_frame_event){
        .name = values[SERVER_EVENT],
        .payload = values[SERVER_PAYLOAD],
        .has_seq = values[SERVER_SEQ].len > 0,
        .recipient_profile_id = values[SERVER_RECIPIENT],
    };
    if (event->has_seq) err = hf_json_get_whole(values[SERVER_SEQ], &event->seq);
    event->has_state_version =
        read_state_version(values[SERVER_STATE_VERSION], &event->state_version);
    return err;
}

int hf_frame_read(struct hf_bytes text, uint32_t depth_max, struct hf_frame *frame)
{
    struct envelope e;
    struct hf_bytes values[SERVER_MEMBERS] = { { NULL, 0 } };
    struct hf_frame read = { .kind = HF_FRAME_RES };
    int err =
        hf_json_check_members(text, depth_max, e.members, HF_COUNT(e.members), &e.count, NULL);
    if (err != 0) return err;
    if (e.count > HF_COUNT(e.members)) return HF_ERR_LIMIT;
    err = sort_server(&e, values);
    if (err == 0) err = want_text(values[SERVER_TYPE]);
    if (err != 0) return err;
    if (hf_json_is(values[SERVER_TYPE], HF_LIT("res"))) {
        err = read_res(values, &read.res);
    } else if (hf_json_is(values[SERVER_TYPE], HF_LIT("event"))) {
        read.kind = HF_FRAME_EVENT;
        err = read_event(values, &read.event);
    } else {
        err = HF_ERR_TYPE;
    }
    if (err == 0) *frame = read;
    return err;
}

/* --- writing --- */

void hf_frame_write_req(struct hf_buf *out, struct hf_bytes id, struct hf_bytes method,
                        struct hf_bytes params)
{
    HF_BUF_LIT(out, "{\"type\":\"req\",\"id\":");
    hf_json_quote(out, id);
    HF_BUF_LIT(out, ",\"method\":");
    hf_json_quote(out, method);
    if (params.len > 0) HF_BUF_LIT(out, ",\"params\":");
    hf_buf_add(out, params);
    hf_frame_close(out);
}

void hf_frame_open_res(struct hf_buf *out, struct hf_bytes id)
{
    HF_BUF_LIT(out, "{\"type\":\"res\",\"id\":");
    hf_buf_add(out, id);
    HF_BUF_LIT(out, ",\"ok\":true,\"payload\":");
}

void hf_frame_open_event(struct hf_buf *out, const char *name)
{
    HF_BUF_LIT(out, "{\"type\":\"event\",\"event\":");
    hf_json_quote(out, hf_bytes_cstr(name));
    HF_BUF_LIT(out, ",\"payload\":");
}

void hf_frame_close(struct hf_buf *out)
{
    hf_buf_add_byte(out, '}');
}

/* The tail is made once per receiver, so it is put together without a buffer. */
static const char tail_name[] = ",\"seq\":";
enum { TAIL_NAME_BYTES = sizeof tail_name - 1, U64_DIGITS = 20 };

size_t hf_frame_event_tail(char out[HF_EVENT_TAIL_BYTES], uint64_t seq)
{
    char digits[U64_DIGITS];
    size_t at = U64_DIGITS;
    do {
        digits[--at] = (char)('0' + seq % 10);
        seq /= 10;
    } while (seq > 0);
    size_t count = U64_DIGITS - at;
    memcpy(out, tail_name, TAIL_NAME_BYTES);
    memcpy(out + TAIL_NAME_BYTES, digits + at, count);
    out[TAIL_NAME_BYTES + count] = '}';
    return TAIL_NAME_BYTES + count + 1;
}

size_t hf_frame_event_tail_len(uint64_t seq)
{
    size_t digits = 1;
    for (uint64_t above = 10; seq >= above && digits < U64_DIGITS; above *= 10) digits++;
    return TAIL_NAME_BYTES + digits + sizeof "}" - 1;
}
