/* Requests of a client that has logged in, through a whole engine/server.  The first byte of
 * the input chooses how the bytes are cut, each line behind it is one text message. */
#include "base/limits.h"
#include "engine/server.h"
#include "fuzz.h"
#include "port/store.h"
#include "wire/frame.h"
#include "wire/ws_frame.h"

static const uint8_t mask[HF_WS_MASK_BYTES] = { 1, 2, 3, 4 };
static const char upgrade[] = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
static const char login[] = "{\"type\":\"req\",\"id\":\"0\",\"method\":\"connect\",\"params\":{"
                            "\"minProtocol\":4,\"maxProtocol\":4,\"client\":{\"id\":\"cli\","
                            "\"version\":\"1\",\"platform\":\"linux\",\"mode\":\"cli\"},"
                            "\"role\":\"operator\",\"scopes\":[\"operator.admin\"]}}";

struct gateway {
    struct hf_server *server;
    struct hf_now now;
    hf_id conn; /* 0: gone */
    bool is_upgraded;
    struct hf_ws_reader reader;
    size_t asked, answered;
};

/* Whatever we say is a frame of ours, and nobody is answered twice. */
static void check_output(struct gateway *g, struct hf_bytes bytes)
{
    static const char end[] = "\r\n\r\n";
    size_t at = 0, used;
    if (!g->is_upgraded) {
        const uint8_t *head_end = memmem(bytes.ptr, bytes.len, end, sizeof end - 1);
        FUZZ_CHECK(head_end != NULL);
        g->is_upgraded = true;
        at = (size_t)(head_end - bytes.ptr) + sizeof end - 1;
    }
    uint8_t *copy = fuzz_copy(hf_bytes_from(bytes, at));
    for (size_t done = 0; done < bytes.len - at; done += used) {
        struct hf_ws_item item;
        struct hf_frame frame;
        FUZZ_CHECK(hf_ws_read(&g->reader, copy + done, bytes.len - at - done, &used, &item) == 0);
        FUZZ_CHECK(item.kind != HF_WS_ERROR && item.kind != HF_WS_BINARY);
        if (item.kind != HF_WS_TEXT) continue;
        FUZZ_CHECK(hf_frame_read(item.bytes, HF_LIMIT_JSON_DEPTH, &frame) == 0);
        g->answered += frame.kind == HF_FRAME_RES;
        FUZZ_CHECK(g->answered <= g->asked);
    }
    hf_mem_free(copy);
}

static void tell(struct gateway *g, const struct hf_event *event)
{
    struct hf_outcome outcome;
    hf_server_step(g->server, g->now, event, &outcome);
}

static void take_output(struct gateway *g)
{
    struct hf_output out;
    struct hf_buf all;
    do {
        hf_server_output(g->server, g->conn, &out);
        hf_buf_init(&all, HF_LIMIT_WRITE_BYTES);
        for (size_t i = 0; i < out.count; i++) hf_buf_add(&all, out.spans[i]);
        if (all.len > 0) check_output(g, hf_buf_view(&all));
        struct hf_event written = { .kind = HF_EVENT_WRITTEN,
                                    .conn = g->conn,
                                    .u.written_bytes = all.len };
        if (all.len > 0) tell(g, &written);
        hf_buf_fini(&all);
    } while (!out.is_all);
}

static void do_job(struct gateway *g, const struct hf_job *job)
{
    struct hf_store_result stored = { .kind = HF_STORE_LOAD };
    struct hf_job_result result = { .kind = job->kind, .id = job->id };
    if (job->kind == HF_JOB_STORE) {
        stored.kind = job->u.store->kind;
        result.u.store = &stored;
    }
    tell(g, &(struct hf_event){ .kind = HF_EVENT_JOB_DONE, .u.job = &result });
}

static void carry_out(struct gateway *g)
{
    struct hf_action action;
    while (hf_server_action(g->server, &action)) {
        if (action.kind == HF_ACTION_JOB) do_job(g, &action.job);
        if (g->conn == 0 || action.conn != g->conn) continue;
        if (action.kind == HF_ACTION_OUTPUT) take_output(g);
        if (action.kind != HF_ACTION_CLOSE && action.kind != HF_ACTION_KILL) continue;
        tell(g, &(struct hf_event){ .kind = HF_EVENT_CLOSED, .conn = g->conn });
        g->conn = 0;
    }
}

static void give(struct gateway *g, struct hf_bytes bytes, uint32_t *cuts)
{
    while (bytes.len > 0 && g->conn != 0) {
        struct hf_outcome outcome;
        size_t len = fuzz_chunk(cuts, bytes.len);
        uint8_t *copy = fuzz_copy(hf_bytes_head(bytes, len));
        struct hf_event input = { .kind = HF_EVENT_INPUT,
                                  .conn = g->conn,
                                  .u.input = { copy, len } };
        hf_server_step(g->server, g->now, &input, &outcome);
        carry_out(g);
        /* Paused for a job, which is done by now: it takes the rest then. */
        bytes = hf_bytes_from(bytes, outcome.used_bytes);
        hf_mem_free(copy);
        hf_server_run_due(g->server, g->now);
        carry_out(g);
    }
}

static void send(struct gateway *g, struct hf_bytes text, uint32_t *cuts)
{
    struct hf_buf frame;
    hf_buf_init(&frame, SIZE_MAX);
    hf_ws_frame_write(&frame, HF_WS_OP_TEXT, text, mask);
    g->asked++;
    give(g, hf_buf_view(&frame), cuts);
    hf_buf_fini(&frame);
}

static void begin(struct gateway *g)
{
    static const struct hf_server_config config = { .host_name = HF_LIT_INIT("h"),
                                                    .platform = HF_LIT_INIT("linux 6"),
                                                    .pid = 1 };
    struct hf_settings settings;
    struct hf_outcome outcome;
    uint32_t whole = 0;
    struct hf_event accepted = {
        .kind = HF_EVENT_ACCEPTED,
        .u.accepted = { .address = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 } },
    };
    *g = (struct gateway){ .now = { hf_at_ms(1000), 1700000000000 } };
    hf_ws_reader_init(&g->reader, HF_WS_CLIENT, HF_LIMIT_PAYLOAD_BYTES);
    hf_settings_init(&settings);
    settings.auth_mode = HF_AUTH_NONE;
    FUZZ_CHECK(hf_server_new(&g->server, &config, &settings, g->now) == 0);
    carry_out(g);
    hf_server_step(g->server, g->now, &accepted, &outcome);
    g->conn = outcome.conn;
    give(g, hf_bytes(upgrade, sizeof upgrade - 1), &whole);
    send(g, hf_bytes(login, sizeof login - 1), &whole);
    FUZZ_CHECK(g->conn != 0 && g->answered == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hf_bytes input = hf_bytes(data, len);
    struct gateway g;
    uint32_t cuts = fuzz_take(&input);
    begin(&g);
    while (input.len > 0 && g.conn != 0) {
        size_t end = hf_bytes_find(input, 0, '\n');
        send(&g, hf_bytes_head(input, end), &cuts);
        input = hf_bytes_from(input, end + 1);
    }
    hf_ws_reader_fini(&g.reader);
    hf_server_free(g.server);
    return 0;
}
