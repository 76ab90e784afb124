#include "base/log.h"
#include "base/limits.h"
#include "lib/check.h"

enum { LINE_MAX_BYTES = 1000 };

static const struct {
    struct hf_log_field field;
    const char *want;
} fields[] = {
    { { .key = "k", .kind = HF_LOG_TEXT, .text = HF_LIT_INIT("plain") }, "e k=plain" },
    { { .key = "k", .kind = HF_LOG_TEXT, .text = HF_LIT_INIT("") }, "e k=\"\"" },
    { { .key = "k", .kind = HF_LOG_TEXT, .text = HF_LIT_INIT("two words") }, "e k=\"two words\"" },
    { { .key = "k", .kind = HF_LOG_TEXT, .text = HF_LIT_INIT("a\"b\\c") }, "e k=\"a\\\"b\\\\c\"" },
    { { .key = "k", .kind = HF_LOG_TEXT, .text = HF_LIT_INIT("a\nb\0c\x7F") },
      "e k=\"a\\x0ab\\x00c\\x7f\"" },
    { { .key = "k", .kind = HF_LOG_TEXT, .text = HF_LIT_INIT("\xC3\xA9") }, "e k=\xC3\xA9" },
    { { .key = "k",
        .kind = HF_LOG_TEXT,
        .text = HF_LIT_INIT("a\xC2\x9B"
                            "2J") },
      "e k=\"a\\xc2\\x9b2J\"" },
    { { .key = "k",
        .kind = HF_LOG_TEXT,
        .text = HF_LIT_INIT("a\x9B"
                            "2J") },
      "e k=\"a\\x9b2J\"" },
    { { .key = "k", .kind = HF_LOG_TEXT, .text = HF_LIT_INIT("\xC2\xA0\xF0\x9F\x98\x80") },
      "e k=\xC2\xA0\xF0\x9F\x98\x80" },
    { { .key = "k", .kind = HF_LOG_TEXT, .text = HF_LIT_INIT("\xE2\x82") }, "e k=\"\\xe2\\x82\"" },
    { { .key = "k", .kind = HF_LOG_INT, .number = -7 }, "e k=-7" },
    { { .key = "k", .kind = HF_LOG_REAL, .real = 0.5 }, "e k=0.5" },
    { { .key = "k", .kind = HF_LOG_BOOL, .number = 1 }, "e k=true" },
    { { .key = "k", .kind = HF_LOG_BOOL, .number = 0 }, "e k=false" },
};

static void values_are_written_so_that_a_line_stays_one_line(void)
{
    struct hf_buf out;
    hf_buf_init(&out, LINE_MAX_BYTES);
    for (size_t i = 0; i < HF_COUNT(fields); i++) {
        struct hf_log_record record = { .event = "e",
                                        .fields = &fields[i].field,
                                        .field_count = 1 };
        hf_buf_reset(&out, LINE_MAX_BYTES);
        hf_log_format(&out, &record);
        CHECK_TEXT_AT(i, hf_buf_view(&out), fields[i].want);
    }
    hf_buf_fini(&out);
}

static void a_long_value_is_cut_at_its_bound(void)
{
    for (size_t over = 0; over < 2; over++) {
        uint8_t text[HF_LIMIT_LOG_VALUE_BYTES + 1];
        struct hf_log_field field = HF_TEXT("k", hf_bytes(text, HF_LIMIT_LOG_VALUE_BYTES + over));
        struct hf_log_record record = { .event = "e", .fields = &field, .field_count = 1 };
        struct hf_buf out;
        memset(text, 'x', sizeof text);
        hf_buf_init(&out, LINE_MAX_BYTES);
        hf_log_format(&out, &record);
        CHECK_EQ_AT(over, out.len, 4 + HF_LIMIT_LOG_VALUE_BYTES + 3 * over);
        CHECK_EQ_AT(over, hf_bytes_ends(hf_buf_view(&out), HF_LIT("x...")), over == 1);
        hf_buf_fini(&out);
    }
}

static void to_buffer(void *ctx, const struct hf_log_record *record)
{
    struct hf_buf *out = ctx;
    hf_buf_addf(out, "[%s ", hf_log_level_name(record->level));
    hf_log_format(out, record);
    hf_buf_addf(out, "]");
}

static void records_above_the_level_are_not_made(void)
{
    struct hf_buf out;
    hf_buf_init(&out, LINE_MAX_BYTES);
    struct hf_log log = { .sink = to_buffer, .ctx = &out, .level = HF_LOG_WARN };
    struct hf_log no_sink = { .level = HF_LOG_DEBUG };
    HF_LOG(&log, HF_LOG_ERROR, "disk.failed", HF_INT("free", 0));
    HF_LOG(&log, HF_LOG_WARN, "queue.filled", HF_TEXT("who", HF_LIT("a")), HF_BOOL("full", true));
    HF_LOG(&log, HF_LOG_INFO, "conn.opened", HF_INT("conn", 1));
    HF_LOG(&no_sink, HF_LOG_ERROR, "disk.failed", HF_REAL("share", 0.5));
    CHECK_TEXT(hf_buf_view(&out), "[error disk.failed free=0][warn queue.filled who=a full=true]");
    hf_buf_fini(&out);
}

static const struct {
    const char *text;
    bool is_level;
    enum hf_log_level want;
} levels[] = {
    { "error", true, HF_LOG_ERROR }, { "warn", true, HF_LOG_WARN },
    { "info", true, HF_LOG_INFO },   { "debug", true, HF_LOG_DEBUG },
    { "trace", true, HF_LOG_DEBUG }, { "silent", true, HF_LOG_ERROR },
    { "Error", false, 0 },           { "", false, 0 },
    { "warning", false, 0 },
};

static void level_names_are_read(void)
{
    for (size_t i = 0; i < HF_COUNT(levels); i++) {
        enum hf_log_level level = 0;
        CHECK_EQ_AT(i, hf_log_level_read(hf_bytes_cstr(levels[i].text), &level),
                    levels[i].is_level);
        CHECK_EQ_AT(i, level, levels[i].want);
    }
}

CHECK_MAIN(values_are_written_so_that_a_line_stays_one_line, a_long_value_is_cut_at_its_bound,
           records_above_the_level_are_not_made, level_names_are_read)
