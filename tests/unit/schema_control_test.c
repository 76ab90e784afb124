#include "base/err.h"
#include "base/limits.h"
#include "lib/check.h"
#include "wire/schema/control.h"

static struct hf_buf room(void)
{
    struct hf_buf b;
    hf_buf_init(&b, 65536);
    return b;
}

static void a_request_is_read_member_by_member(void)
{
    struct hf_buf scratch = room();
    struct hf_control_request r;
    const char *what;
    CHECK_EQ(
        hf_control_read_request(
            HF_LIT(
                " {\"v\":1,\"id\":\"a\\u0062\",\"verb\":\"re\\u0073tart\",\"reason\":\"be\\ncause\","
                "\"delayMs\":500,\"debounced\":true,\"class\":\"config\",\"reclaimPort\":true,"
                "\"limit\":7,\"later\":[1]}"),
            &scratch, &r, &what),
        0);
    CHECK_TEXT(r.id, "\"a\\u0062\"");
    CHECK_EQ(r.verb, HF_CONTROL_RESTART);
    CHECK_TEXT(r.reason, "be\ncause");
    CHECK(r.has_delay && r.is_debounced && r.is_config && r.reclaims_port);
    CHECK_EQ(r.delay_ms, 500);
    CHECK_EQ(r.limit, 7);

    CHECK_EQ(hf_control_read_request(HF_LIT("{\"v\":1,\"verb\":\"status\"}"), &scratch, &r, &what),
             0);
    CHECK_EQ(r.verb, HF_CONTROL_STATUS);
    CHECK(r.id.len == 0 && !r.has_delay && !r.is_debounced && !r.is_config && !r.reclaims_port);
    CHECK_EQ(
        hf_control_read_request(HF_LIT("{\"v\":1,\"verb\":\"config.set\",\"key\":\"a.\\u0062\","
                                       "\"value\": [1,{\"x\":null}] }"),
                                &scratch, &r, &what),
        0);
    CHECK_TEXT(r.key, "a.b");
    CHECK_TEXT(r.value, "[1,{\"x\":null}]");
    hf_buf_fini(&scratch);
}

static void a_line_that_is_no_request_is_told_why(void)
{
    static const struct {
        const char *line, *what, *id;
        int err;
    } rows[] = {
        { "", "", "", HF_ERR_SYNTAX },
        { "{", "", "", HF_ERR_SYNTAX },
        { "{}x", "", "", HF_ERR_SYNTAX },
        { "\"\xff\"", "", "", HF_ERR_UTF8 },
        { "[]", "a line is a JSON object", "", HF_ERR_TYPE },
        { "{\"id\":5}", "v is not 1", "5", HF_ERR_TYPE },
        { "{\"v\":2,\"id\":5,\"verb\":\"stop\"}", "v is not 1", "5", HF_ERR_TYPE },
        { "{\"v\":\"1\",\"verb\":\"stop\"}", "v is not 1", "", HF_ERR_TYPE },
        { "{\"v\":1,\"id\":true}", "id is no string or number of 128 bytes at most", "",
          HF_ERR_TYPE },
        { "{\"v\":1,\"id\":\"x\"}", "verb is not known", "\"x\"", HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":\"Stop\"}", "verb is not known", "", HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":1}", "verb is not known", "", HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":\"reload\",\"delayMs\":-1}",
          "delayMs is no whole number of 0 to 60000", "", HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":\"reload\",\"delayMs\":60001}",
          "delayMs is no whole number of 0 to 60000", "", HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":\"reload\",\"delayMs\":1.5}",
          "delayMs is no whole number of 0 to 60000", "", HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":\"history\",\"limit\":1001}", "limit is no whole number of 0 to 1000",
          "", HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":\"reload\",\"debounced\":1}", "debounced is no boolean", "",
          HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":\"start\",\"reclaimPort\":null}", "reclaimPort is no boolean", "",
          HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":\"start\",\"reason\":1}", "reason is no string", "", HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":\"restart\",\"class\":\"auto\"}", "class is not operator or config",
          "", HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":\"config.get\",\"key\":1}", "key is no string", "", HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":\"config.set\",\"value\":1}", "key is missing", "", HF_ERR_TYPE },
        { "{\"v\":1,\"verb\":\"config.set\",\"key\":\"a\"}", "value is missing", "", HF_ERR_TYPE },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf scratch = room();
        struct hf_control_request r;
        const char *what;
        CHECK_EQ_AT(i, hf_control_read_request(hf_bytes_cstr(rows[i].line), &scratch, &r, &what),
                    rows[i].err);
        CHECK_TEXT_AT(i, hf_bytes_cstr(what), rows[i].what);
        CHECK_TEXT_AT(i, r.id, rows[i].id);
        hf_buf_fini(&scratch);
    }
}

static void an_id_of_128_bytes_is_echoed_and_one_more_is_refused(void)
{
    for (size_t len = HF_LIMIT_CONTROL_ID_BYTES; len <= HF_LIMIT_CONTROL_ID_BYTES + 1; len++) {
        struct hf_buf line = room(), scratch = room();
        struct hf_control_request r;
        const char *what;
        HF_BUF_LIT(&line, "{\"v\":1,\"verb\":\"stop\",\"id\":\"");
        for (size_t i = 2; i < len; i++) hf_buf_add_byte(&line, 'x');
        HF_BUF_LIT(&line, "\"}");
        int err = hf_control_read_request(hf_buf_view(&line), &scratch, &r, &what);
        CHECK_EQ(err, len == HF_LIMIT_CONTROL_ID_BYTES ? 0 : HF_ERR_TYPE);
        CHECK_EQ(r.id.len, len == HF_LIMIT_CONTROL_ID_BYTES ? len : 0);
        hf_buf_fini(&line);
        hf_buf_fini(&scratch);
    }
}

static void a_long_reason_is_cut(void)
{
    struct hf_buf line = room(), scratch = room();
    struct hf_control_request r;
    const char *what;
    HF_BUF_LIT(&line, "{\"v\":1,\"verb\":\"stop\",\"reason\":\"");
    for (size_t i = 0; i <= HF_LIMIT_NAME_BYTES; i++) hf_buf_add_byte(&line, 'x');
    HF_BUF_LIT(&line, "\"}");
    CHECK_EQ(hf_control_read_request(hf_buf_view(&line), &scratch, &r, &what), 0);
    CHECK_EQ(r.reason.len, HF_LIMIT_NAME_BYTES);
    hf_buf_fini(&line);
    hf_buf_fini(&scratch);
}

static void what_is_written_is_read_back(void)
{
    for (int verb = 0; verb < HF_CONTROL_VERB_COUNT; verb++) {
        struct hf_control_request r = {
            .id = HF_LIT("\"n-1\""),
            .verb = (enum hf_control_verb)verb,
            .reason = HF_LIT("\"quoted\""),
            .has_delay = verb % 2,
            .delay_ms = verb % 2 ? 60000 : 0,
            .is_debounced = verb % 3,
            .is_config = verb % 4,
            .reclaims_port = verb % 5,
            .key = HF_LIT("gateway.port"),
            .value = HF_LIT("{\"a\":1}"),
            .limit = verb,
        }, again;
        struct hf_buf line = room(), twice = room(), scratch = room();
        const char *what;
        hf_control_write_request(&line, &r);
        CHECK_EQ_AT(verb, line.ptr[line.len - 1], '\n');
        CHECK_EQ_AT(verb, hf_bytes_find(hf_buf_view(&line), 0, '\n'), line.len - 1);
        CHECK_EQ_AT(verb, hf_control_read_request(hf_buf_view(&line), &scratch, &again, &what), 0);
        CHECK_EQ_AT(verb, again.verb, verb);
        hf_control_write_request(&twice, &again);
        CHECK_BYTES_AT(verb, hf_buf_view(&twice), hf_buf_view(&line));
        hf_buf_fini(&line);
        hf_buf_fini(&twice);
        hf_buf_fini(&scratch);
    }
}

static void every_outcome_comes_back_with_its_fields(void)
{
    for (int outcome = 0; outcome < HF_OUTCOME_COUNT; outcome++) {
        struct hf_control_result r = {
            .id = HF_LIT("17"),
            .verb = HF_CONTROL_RESTART,
            .outcome = (enum hf_control_outcome)outcome,
            .is_final = outcome > HF_OUTCOME_DELAYED,
            .pid_before = outcome,
            .pid_after = outcome * 2,
            .retry_after_ms = outcome - 1,
            .reason = outcome % 2 ? HF_LIT("port_conflict") : HF_EMPTY,
        };
        struct hf_buf line = room(), scratch = room();
        struct hf_control_reply got;
        hf_control_write_result(&line, &r);
        CHECK_EQ_AT(outcome, hf_control_read_reply(hf_buf_view(&line), &scratch, &got), 0);
        CHECK_EQ_AT(outcome, got.kind, HF_CONTROL_IS_RESULT);
        CHECK_TEXT_AT(outcome, got.id, "17");
        CHECK_EQ_AT(outcome, got.result.verb, HF_CONTROL_RESTART);
        CHECK_EQ_AT(outcome, got.result.outcome, outcome);
        CHECK_EQ_AT(outcome, got.result.is_final, r.is_final);
        CHECK_EQ_AT(outcome, got.result.pid_before, r.pid_before);
        CHECK_EQ_AT(outcome, got.result.pid_after, r.pid_after);
        CHECK_EQ_AT(outcome, got.result.retry_after_ms, r.retry_after_ms);
        CHECK_BYTES_AT(outcome, got.result.reason, r.reason);
        hf_buf_fini(&line);
        hf_buf_fini(&scratch);
    }
}

static void the_other_lines_have_these_shapes(void)
{
    struct hf_buf out = room(), scratch = room();
    struct hf_control_reply got;
    hf_control_write_data(&out, HF_LIT("1"), HF_CONTROL_STATUS, HF_LIT("{\"state\":\"running\"}"));
    CHECK_TEXT(
        hf_buf_view(&out),
        "{\"v\":1,\"type\":\"data\",\"id\":1,\"verb\":\"status\",\"data\":{\"state\":\"running\"}}\n");
    CHECK_EQ(hf_control_read_reply(hf_buf_view(&out), &scratch, &got), 0);
    CHECK_EQ(got.kind, HF_CONTROL_IS_DATA);
    CHECK_TEXT(got.data, "{\"state\":\"running\"}");

    hf_buf_reset(&out, 0);
    hf_control_write_error(&out, HF_EMPTY, "INVALID_REQUEST", HF_LIT("verb is not known"));
    CHECK_TEXT(
        hf_buf_view(&out),
        "{\"v\":1,\"type\":\"error\",\"code\":\"INVALID_REQUEST\",\"message\":\"verb is not known\"}\n");
    CHECK_EQ(hf_control_read_reply(hf_buf_view(&out), &scratch, &got), 0);
    CHECK_EQ(got.kind, HF_CONTROL_IS_ERROR);
    CHECK_TEXT(got.name, "INVALID_REQUEST");
    CHECK_TEXT(got.message, "verb is not known");

    hf_buf_reset(&out, 0);
    hf_control_write_event(&out, "exit", 1795318000000, HF_LIT("{\"code\":1,\"signal\":null}"));
    CHECK_TEXT(
        hf_buf_view(&out),
        "{\"v\":1,\"type\":\"event\",\"event\":\"exit\",\"at\":1795318000000,\"payload\":{\"code\":1,\"signal\":null}}\n");
    CHECK_EQ(hf_control_read_reply(hf_buf_view(&out), &scratch, &got), 0);
    CHECK_EQ(got.kind, HF_CONTROL_IS_EVENT);
    CHECK_TEXT(got.name, "exit");
    CHECK_EQ(got.at_ms, 1795318000000);
    hf_buf_fini(&out);
    hf_buf_fini(&scratch);
}

static void a_reply_of_a_newer_server_is_not_read(void)
{
    static const char *const lines[] = {
        "{\"v\":2,\"type\":\"data\",\"data\":1}",
        "{\"v\":1,\"type\":\"news\"}",
        "{\"v\":1,\"type\":\"data\"}",
        "{\"v\":1,\"type\":\"error\"}",
        "{\"v\":1,\"type\":\"event\",\"event\":\"exit\"}",
        "{\"v\":1,\"type\":\"event\",\"at\":1}",
        "{\"v\":1,\"type\":\"result\",\"verb\":\"stop\",\"outcome\":\"PONDERED\",\"final\":true}",
        "{\"v\":1,\"type\":\"result\",\"verb\":\"ponder\",\"outcome\":\"FAILED\",\"final\":true}",
        "{\"v\":1,\"type\":\"result\",\"verb\":\"stop\",\"outcome\":\"FAILED\"}",
    };
    for (size_t i = 0; i < HF_COUNT(lines); i++) {
        struct hf_buf scratch = room();
        struct hf_control_reply got;
        CHECK_EQ_AT(i, hf_control_read_reply(hf_bytes_cstr(lines[i]), &scratch, &got), HF_ERR_TYPE);
        hf_buf_fini(&scratch);
    }
}

static void payloads_of_events_have_these_shapes(void)
{
    struct hf_buf out = room();
    hf_control_write_exit(&out, 1, 0);
    hf_control_write_exit(&out, -1, 9);
    hf_control_write_text(&out, "error", HF_LIT("a\"b"));
    hf_control_write_notification(&out, HF_LIT("cron.changed"), HF_LIT("{}"));
    hf_control_write_notification(&out, HF_LIT("cron.changed"), HF_EMPTY);
    CHECK_TEXT(hf_buf_view(&out),
               "{\"code\":1,\"signal\":null}{\"code\":null,\"signal\":9}{\"error\":\"a\\\"b\"}"
               "{\"method\":\"cron.changed\",\"params\":{}}{\"method\":\"cron.changed\"}");
    hf_buf_fini(&out);
}

static struct hf_bytes line_of(void *ctx, size_t i)
{
    return ((const struct hf_bytes *)ctx)[i];
}

static void a_status_has_what_is_known_and_nothing_else(void)
{
    struct hf_bytes lines[] = { HF_LIT_INIT("one"), HF_LIT_INIT("t\"wo") };
    struct hf_control_status full = {
        .state = "error",
        .phase = "quarantined",
        .at_ms = 2000,
        .since_ms = 1000,
        .why = HF_LIT("crash loop"),
        .port = 18789,
        .pid = 12,
        .uptime_s = 0,
        .connected_at_ms = 900,
        .error = HF_LIT("it crashed"),
        .version = HF_LIT("2026.9.6"),
        .reconnect_attempts = 3,
        .ready = 0,
        .is_owned = true,
        .has_pending_restart = true,
        .is_fatal = true,
        .epoch = 7,
        .quarantined_until_ms = 62000,
        .circuit_open_until_ms = 602000,
        .has_exit = true,
        .exit_code = -1,
        .exit_signal = 11,
        .exit_word = "crash",
        .exit_at_ms = 950,
        .next = "start",
        .next_at_ms = 62000,
        .answers = { { "alive", "no", 50, 50 }, { "ready", "unknown", -1, -1 } },
        .memory = { true, 500, 600, 1000, 2000, true, 3, 4 },
        .line_count = 2,
        .line = line_of,
        .line_ctx = lines,
    };
    struct hf_control_status bare = {
        .state = "stopped",
        .phase = "idle",
        .uptime_s = -1,
        .connected_at_ms = -1,
        .reconnect_attempts = -1,
        .ready = -1,
        .quarantined_until_ms = -1,
        .circuit_open_until_ms = -1,
    };
    struct hf_buf out = room();
    hf_control_write_status(&out, &full);
    CHECK_TEXT(
        hf_buf_view(&out),
        "{\"state\":\"error\",\"port\":18789,\"pid\":12,\"uptime\":0,\"error\":\"it crashed\","
        "\"connectedAt\":900,\"version\":\"2026.9.6\",\"reconnectAttempts\":3,\"gatewayReady\":false,"
        "\"phase\":\"quarantined\",\"at\":2000,\"since\":1000,\"why\":\"crash loop\",\"owned\":true,"
        "\"epoch\":7,\"restart_pending\":true,\"quarantined_until\":62000,"
        "\"circuit_open_until\":602000,\"fatal\":true,"
        "\"lastExit\":{\"code\":null,\"signal\":11,\"kind\":\"crash\",\"at\":950},"
        "\"next\":{\"action\":\"start\",\"at\":62000},"
        "\"answers\":{\"alive\":{\"answer\":\"no\",\"ageMs\":50,\"forMs\":50},"
        "\"ready\":{\"answer\":\"unknown\"}},"
        "\"memory\":{\"bytes\":500,\"peakBytes\":600,\"softBytes\":1000,\"hardBytes\":2000,"
        "\"heldBy\":\"kernel\",\"recycles\":3,\"ends\":4},\"lines\":[\"one\",\"t\\\"wo\"]}");
    hf_buf_reset(&out, 0);
    bare.memory = (struct hf_control_memory){ true, -1, -1, 1000, -1, false, 0, 0 };
    hf_control_write_status(&out, &bare);
    struct hf_bytes few = HF_LIT("\"memory\":{\"softbytes\":1000,\"recycles\":0,\"ends\":0}");
    CHECK(hf_bytes_find_nocase(hf_buf_view(&out), 0, few) < out.len);
    bare.memory.has_limits = false;
    hf_buf_reset(&out, 0);
    hf_control_write_status(&out, &bare);
    CHECK_TEXT(
        hf_buf_view(&out),
        "{\"state\":\"stopped\",\"port\":0,\"phase\":\"idle\",\"at\":0,\"since\":0,\"owned\":false,"
        "\"epoch\":0,\"restart_pending\":false,\"answers\":{},\"lines\":[]}");
    hf_buf_fini(&out);
}

CHECK_MAIN(a_request_is_read_member_by_member, a_line_that_is_no_request_is_told_why,
           an_id_of_128_bytes_is_echoed_and_one_more_is_refused, a_long_reason_is_cut,
           what_is_written_is_read_back, every_outcome_comes_back_with_its_fields,
           the_other_lines_have_these_shapes, a_reply_of_a_newer_server_is_not_read,
           payloads_of_events_have_these_shapes, a_status_has_what_is_known_and_nothing_else)
