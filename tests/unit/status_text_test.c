#include "prog/status_text.h"
#include "lib/check.h"
#include "wire/json_read.h"

#define ERROR                                                                                      \
    "{\"code\":\"INVALID_REQUEST\",\"message\":\"unknown method: diagnostics.connections\"}"

static void text_is(const struct hf_status *s, const char *want)
{
    struct hf_buf out;
    hf_buf_init(&out, 65536);
    hf_status_text(s, 1795318005000, &out);
    CHECK_EQ(hf_buf_done(&out), 0);
    CHECK_TEXT(hf_buf_view(&out), want);
    hf_buf_fini(&out);
}

static void a_gateway_of_ours_tells_everything(void)
{
    const struct hf_status s = {
        .url = "ws://h:1",
        .version = "0.1.0",
        .answers = {
            [HF_STATUS_HEALTH] = HF_LIT_INIT(
                "{\"ok\":true,\"agents\":[{},{}],\"eventLoop\":{\"delayMaxMs\":20.1,"
                "\"degraded\":true},\"connection\":{\"connected\":true,\"rttMs\":3,"
                "\"lastHeartbeatAt\":1795318004000}}"),
            [HF_STATUS_STATUS] = HF_LIT_INIT("{\"sessions\":{\"count\":4},\"tasks\":{\"active\":1,"
                                             "\"failures\":2},\"pid\":7}"),
            [HF_STATUS_SYSTEM] = HF_LIT_INIT(
                "{\"hostname\":\"lighthouse\\u001b[2J\",\"pid\":7,\"uptimeMs\":61000,"
                "\"processMemory\":{\"rssBytes\":9437184},\"memoryFreeBytes\":1073741824,"
                "\"diskAvailableBytes\":2147483648}"),
            [HF_STATUS_PRESENCE] = HF_LIT_INIT(
                "[{\"reason\":\"self\",\"mode\":\"gateway\"},{\"clientId\":\"openclaw-tui\","
                "\"mode\":\"ui\",\"reason\":\"connect\"},{\"clientId\":\"gone\",\"mode\":\"ui\","
                "\"reason\":\"disconnect\"},{\"text\":\"a line\",\"ts\":1}]"),
            [HF_STATUS_CONNECTIONS] = HF_LIT_INIT(
                "{\"count\":3,\"clients\":2,\"connections\":[{\"queuedBytes\":1024,\"drops\":1,"
                "\"connected\":true},{\"queuedBytes\":512,\"drops\":2,\"connected\":false},{}]}"),
        },
    };
    text_is(&s,
            "gateway      version 0.1.0 at ws://h:1, pid 7 on lighthouse?[2J, up 1 min 1 s\n"
            "health       ok, loop delay up to 20 ms, its loop is overloaded\n"
            "memory       9.0 MiB; free on its machine: memory 1.0 GiB, disk 2.0 GiB\n"
            "work         4 sessions, 2 agents, 1 tasks active, 2 failed\n"
            "present      openclaw-tui (ui)\n"
            "connections  3, of which logged in 2, not answering pings 1; 1.5 KiB queued, 3 events "
            "dropped\n"
            "this connection: connected, round trip 3 ms, last heartbeat 1 s ago\n");
}

/* As OpenClaw 2026.9.6: no block `connection`, no method for connections. */
static void what_another_gateway_does_not_tell_is_said_so(void)
{
    const struct hf_status s = {
        .url = "ws://h:1",
        .version = "2026.9.6",
        .answers = { [HF_STATUS_HEALTH] = HF_LIT_INIT("{\"ok\":false,\"agents\":[{}],"
                                                      "\"sessions\":{\"count\":0}}"),
                     [HF_STATUS_STATUS] =
                         HF_LIT_INIT("{\"processMemory\":{\"rssBytes\":1048576}}") },
        .errors = { [HF_STATUS_CONNECTIONS] = HF_LIT_INIT(ERROR) },
    };
    text_is(&s, "gateway      version 2026.9.6 at ws://h:1\n"
                "health       not ok\n"
                "memory       1.0 MiB\n"
                "work         0 sessions, 1 agents\n"
                "this connection: not reported\n"
                "not told     diagnostics.connections: unknown method: diagnostics.connections\n");
    struct hf_buf out;
    hf_buf_init(&out, 65536);
    hf_status_json(&s, &out);
    struct hf_bytes root = hf_json_root(hf_buf_view(&out));
    CHECK_EQ(hf_json_check(root, 64, NULL), 0);
    CHECK_TEXT(hf_json_find(root, "presence"), "null");
    CHECK_TEXT(hf_json_find(hf_json_find(root, "errors"), "connections"), ERROR);
    hf_buf_fini(&out);
}

CHECK_MAIN(a_gateway_of_ours_tells_everything, what_another_gateway_does_not_tell_is_said_so)
