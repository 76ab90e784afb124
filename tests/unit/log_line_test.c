#include "host/log_line.h"
#include "base/limits.h"
#include "lib/check.h"
#include "wire/json_scan.h"

static struct hf_bytes line(struct hf_buf *out, bool as_json, enum hf_log_level level,
                            const struct hf_log_field *fields, size_t count)
{
    struct hf_log_record record = {
        .level = level, .event = "conn.lost", .fields = fields, .field_count = count
    };
    hf_buf_init(out, 1 << 16);
    (as_json ? hf_log_line_json : hf_log_line_text)(out, 1795318512641, &record);
    return hf_buf_view(out);
}

static void times_are_iso_8601_in_utc_with_milliseconds(void)
{
    static const struct {
        int64_t ms;
        const char *want;
    } rows[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { 1795318512641, "2026-11-22T03:35:12.641Z" },
        { 951782399999, "2000-02-28T23:59:59.999Z" },
        { 951782400000, "2000-02-29T00:00:00.000Z" },
        { -1, "1969-12-31T23:59:59.999Z" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        char out[HF_LOG_TIME_CHARS];
        hf_log_time(rows[i].ms, out);
        CHECK_TEXT_AT(i, hf_bytes(out, sizeof out), rows[i].want);
    }
}

static void a_text_line_has_time_level_event_and_fields(void)
{
    struct hf_buf out;
    const struct hf_log_field fields[] = { HF_INT("conn", 3), HF_TEXT("cause", HF_LIT("slow peer")),
                                           HF_BOOL("again", true) };
    CHECK_TEXT(line(&out, false, HF_LOG_WARN, fields, HF_COUNT(fields)),
               "2026-11-22T03:35:12.641Z WARN conn.lost conn=3 cause=\"slow peer\" again=true\n");
    hf_buf_fini(&out);
}

static void a_json_line_is_what_clients_of_logs_tail_print(void)
{
    struct hf_buf out;
    const struct hf_log_field fields[] = { HF_INT("conn", 3), HF_TEXT("why", HF_LIT("a \"b\"\n")),
                                           HF_REAL("ratio", 0.5), HF_BOOL("again", false) };
    CHECK_TEXT(
        line(&out, true, HF_LOG_INFO, fields, HF_COUNT(fields)),
        "{\"time\":\"2026-11-22T03:35:12.641Z\",\"level\":\"info\",\"subsystem\":\"holdfast\","
        "\"message\":\"conn.lost conn=3 why=\\\"a \\\\\\\"b\\\\\\\"\\\\x0a\\\" ratio=0.5 "
        "again=false\",\"event\":\"conn.lost\",\"conn\":3,\"why\":\"a \\\"b\\\"\\n\","
        "\"ratio\":0.5,\"again\":false}\n");
    hf_buf_fini(&out);
}

static void a_long_value_is_cut_at_its_bound(void)
{
    struct hf_buf out;
    uint8_t text[HF_LIMIT_LOG_VALUE_BYTES + 1];
    memset(text, 'x', sizeof text);
    const struct hf_log_field at[] = { HF_TEXT("v", hf_bytes(text, sizeof text - 1)) };
    const struct hf_log_field above[] = { HF_TEXT("v", hf_bytes(text, sizeof text)) };
    CHECK(!hf_bytes_ends(line(&out, false, HF_LOG_INFO, at, 1), HF_LIT("...\n")));
    hf_buf_fini(&out);
    CHECK(hf_bytes_ends(line(&out, false, HF_LOG_INFO, above, 1), HF_LIT("...\n")));
    hf_buf_fini(&out);
}

static void what_is_not_utf8_never_breaks_a_json_line(void)
{
    struct hf_buf out;
    struct hf_json_error error;
    const struct hf_log_field fields[] = { HF_TEXT("file", HF_LIT("/tmp/\xFF\xFE")) };
    struct hf_bytes got = line(&out, true, HF_LOG_INFO, fields, 1);
    CHECK_EQ(hf_json_check(hf_bytes_head(got, got.len - 1), 8, &error), 0);
    hf_buf_fini(&out);
}

static void a_record_that_is_too_long_for_a_message_keeps_its_fields(void)
{
    struct hf_buf out;
    uint8_t text[HF_LIMIT_LOG_VALUE_BYTES];
    struct hf_log_field fields[40];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < HF_COUNT(fields); i++)
        fields[i] = HF_TEXT("v", hf_bytes(text, sizeof text));
    struct hf_bytes got = line(&out, true, HF_LOG_INFO, fields, HF_COUNT(fields));
    CHECK(memmem(got.ptr, got.len, "\"message\":\"conn.lost\"", 21) != NULL);
    CHECK(got.len > HF_COUNT(fields) * sizeof text);
    hf_buf_fini(&out);
}

static void levels_have_the_priorities_of_syslog(void)
{
    CHECK_EQ(hf_log_priority(HF_LOG_ERROR), 3);
    CHECK_EQ(hf_log_priority(HF_LOG_WARN), 4);
    CHECK_EQ(hf_log_priority(HF_LOG_INFO), 6);
    CHECK_EQ(hf_log_priority(HF_LOG_DEBUG), 7);
}

CHECK_MAIN(times_are_iso_8601_in_utc_with_milliseconds, a_text_line_has_time_level_event_and_fields,
           a_json_line_is_what_clients_of_logs_tail_print, a_long_value_is_cut_at_its_bound,
           what_is_not_utf8_never_breaks_a_json_line,
           a_record_that_is_too_long_for_a_message_keeps_its_fields,
           levels_have_the_priorities_of_syslog)
