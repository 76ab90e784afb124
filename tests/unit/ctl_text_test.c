#include "prog/ctl_text.h"
#include "lib/check.h"

typedef void (*write_text)(struct hf_buf *out, struct hf_bytes json);

static void check_text(write_text write, const char *json, const char *want)
{
    struct hf_buf out;
    hf_buf_init(&out, 65536);
    write(&out, hf_bytes_cstr(json));
    CHECK_EQ(hf_buf_done(&out), 0);
    CHECK_TEXT(hf_buf_view(&out), want);
    hf_buf_fini(&out);
}

static void a_status_says_phase_reason_answers_and_what_comes_next(void)
{
    check_text(
        hf_ctl_text_status,
        "{\"state\":\"reconnecting\",\"phase\":\"backoff\",\"at\":100000,\"since\":95000,\"why\":"
        "\"crash\",\"error\":\"the gateway was ended by signal 11\",\"port\":18789,\"owned\":false,"
        "\"restart_pending\":false,\"lastExit\":{\"code\":null,\"signal\":11,\"kind\":\"crash\","
        "\"at\":95000},\"answers\":{\"alive\":{\"answer\":\"no\",\"ageMs\":61000},\"ready\":{"
        "\"answer\":\"unknown\"}},\"next\":{\"action\":\"reconnect\",\"at\":103000},\"lines\":["
        "\"one\",\"two\\u001b[2J\"]}",
        "phase        reconnecting/backoff for 5.0 s (since 1970-01-01T00:01:35.000Z)\n"
        "why          crash\n"
        "error        the gateway was ended by signal 11\n"
        "port         18789\n"
        "owned        false\n"
        "restart due  false\n"
        "  alive: no, seen 1 min 1 s ago\n"
        "  ready: unknown\n"
        "last exit    crash, signal 11, at 1970-01-01T00:01:35.000Z\n"
        "next         reconnect in 3.0 s\n"
        "last lines\n"
        "  one\n"
        "  two?[2J\n");
}

static void an_open_breaker_is_told(void)
{
    check_text(hf_ctl_text_status,
               "{\"state\":\"running\",\"phase\":\"ready\",\"at\":1000,"
               "\"circuit_open_until\":301000}",
               "phase        running/ready\nrestarts     refused for 5 min 0 s\n");
}

/* A supervisor's clock may be anything. */
static void instants_beyond_all_time_are_told(void)
{
    check_text(hf_ctl_text_status,
               "{\"state\":\"a\",\"phase\":\"b\",\"at\":9223372036854775807,"
               "\"since\":-9223372036854775808,\"next\":{\"action\":\"c\",\"at\":"
               "-9223372036854775808}}",
               "phase        a/b for 106751991167 d 7 h (since 0000-01-01T00:00:00.000Z)\n"
               "next         c in 0 ms\n");
}

static void memory_is_shown_with_its_limits(void)
{
    check_text(hf_ctl_text_status,
               "{\"state\":\"running\",\"phase\":\"ready\",\"memory\":{\"bytes\":734003200,"
               "\"peakBytes\":812646400,\"softBytes\":1073741824,\"hardBytes\":2147483648,"
               "\"heldBy\":\"looks\",\"recycles\":2,\"ends\":1}}",
               "phase        running/ready\n"
               "memory       700.0 MiB, at most 775.0 MiB, soft limit 1.0 GiB, hard limit 2.0 GiB, "
               "recycled 2, ended 1\n");
}

static void what_is_absent_is_not_shown(void)
{
    check_text(hf_ctl_text_status,
               "{\"state\":\"starting\",\"phase\":\"spawn\",\"memory\":{\"softBytes\":1048576}}",
               "phase        starting/spawn\nmemory       not seen yet, soft limit 1.0 MiB\n");
    check_text(hf_ctl_text_status, "{\"state\":\"stopped\",\"phase\":\"idle\"}",
               "phase        stopped/idle\n");
    check_text(hf_ctl_text_status, "[]", "phase        /\n");
    check_text(hf_ctl_text_history, "[]", "");
    check_text(hf_ctl_text_diagnostics, "{}", "phase        /\n");
}

static void history_and_diagnostics_are_lines(void)
{
    check_text(hf_ctl_text_history,
               "[{\"at\":0,\"from\":\"idle\",\"to\":\"detect\",\"cause\":\"request\"}]",
               "1970-01-01T00:00:00.000Z  idle -> detect  request\n");
    check_text(
        hf_ctl_text_diagnostics,
        "{\"status\":{\"state\":\"stopped\",\"phase\":\"idle\",\"port\":0},\"a\":\"text\",\"b\":{"
        "\"c\":1,\"d\":[\"x\"],\"e\":{\"f\":2}}}",
        "phase        stopped/idle\na: text\nb c: 1\nb d: [\"x\"]\nb e: {\"f\":2}\n");
}

static void a_configuration_is_shown_as_it_stands_there(void)
{
    static const struct {
        const char *json, *want;
    } rows[] = {
        { "{\"raw\":\"// mine\\n{\\n  a: 1,\\n}\\n\"}", "// mine\n{\n  a: 1,\n}\n" },
        { "{\"raw\":\"{a:\\u001b[2J}\"}", "{a:?[2J}\n" },
        { "{\"key\":\"a\",\"value\":\"lan\"}", "lan\n" },
        { "{\"key\":\"a\",\"value\":{\"b\":[1,2]}}", "{\"b\":[1,2]}\n" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++)
        check_text(hf_ctl_text_config, rows[i].json, rows[i].want);
}

static void results_name_pids_times_and_reasons(void)
{
    static const struct {
        struct hf_control_result result;
        const char *want;
    } rows[] = {
        { { .verb = HF_CONTROL_RESTART,
            .outcome = HF_OUTCOME_EXECUTED,
            .pid_before = 1,
            .pid_after = 2,
            .retry_after_ms = -1 },
          "restart: EXECUTED, pid before 1, pid after 2\n" },
        { { .verb = HF_CONTROL_RESTART, .outcome = HF_OUTCOME_DELAYED, .retry_after_ms = 2500 },
          "restart: DELAYED, in 2.5 s\n" },
        { { .verb = HF_CONTROL_STOP,
            .outcome = HF_OUTCOME_UNKILLABLE,
            .retry_after_ms = -1,
            .reason = HF_LIT_INIT("pid 7 in d_wait") },
          "stop: UNKILLABLE: pid 7 in d_wait\n" },
        { { .verb = HF_CONTROL_STOP,
            .outcome = HF_OUTCOME_REFUSED,
            .retry_after_ms = -1,
            .reason = HF_LIT_INIT("a\033[2Jb\xC2\x9B") },
          "stop: REFUSED: a?[2Jb?\n" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 4096);
        hf_ctl_text_result(&out, &rows[i].result);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].want);
        hf_buf_fini(&out);
    }
}

static void events_are_one_line(void)
{
    struct hf_buf out;
    const struct hf_control_reply reply = { .name = HF_LIT("exit"),
                                            .data = HF_LIT("{\"code\":1}") };
    hf_buf_init(&out, 4096);
    hf_ctl_text_event(&out, &reply);
    CHECK_TEXT(hf_buf_view(&out), "1970-01-01T00:00:00.000Z  exit  {\"code\":1}\n");
    hf_buf_fini(&out);
    const struct hf_control_reply rude = { .name = HF_LIT("\033c"),
                                           .at_ms = INT64_MAX,
                                           .data = HF_LIT("\"\xC2\x9B\"") };
    hf_buf_init(&out, 4096);
    hf_ctl_text_event(&out, &rude);
    CHECK_TEXT(hf_buf_view(&out), "9999-12-31T23:59:59.999Z  ?c  \"?\"\n");
    hf_buf_fini(&out);
}

CHECK_MAIN(instants_beyond_all_time_are_told, an_open_breaker_is_told,
           a_status_says_phase_reason_answers_and_what_comes_next, memory_is_shown_with_its_limits,
           what_is_absent_is_not_shown, history_and_diagnostics_are_lines,
           a_configuration_is_shown_as_it_stands_there, results_name_pids_times_and_reasons,
           events_are_one_line)
