#include "base/err.h"
#include "lib/check.h"
#include "wire/schema/journal.h"

static const struct hf_journal record = {
    .pid = 4711,
    .started = 123456789,
    .boot = "0d2e6c1c-3b4f-4d5a-8d1e-0123456789ab",
    .program = "/opt/a \"quoted\"/node",
    .group = "holdfast-12-3",
    .port = 18789,
    .at_ms = 1790000000000,
};

static void what_was_written_is_read_back(void)
{
    struct hf_journal read;
    struct hf_buf text;
    hf_buf_init(&text, 4096);
    hf_journal_write(&text, &record);
    CHECK_EQ(hf_buf_done(&text), 0);
    CHECK_EQ(hf_journal_read(hf_buf_view(&text), &read), 0);
    CHECK_EQ(read.pid, record.pid);
    CHECK_EQ(read.started, record.started);
    CHECK_EQ(read.port, record.port);
    CHECK_EQ(read.at_ms, record.at_ms);
    CHECK_TEXT(hf_bytes_cstr(read.boot), record.boot);
    CHECK_TEXT(hf_bytes_cstr(read.program), record.program);
    CHECK_TEXT(hf_bytes_cstr(read.group), record.group);
    /* Any head of it, as after a crash of the machine, is no record. */
    for (size_t len = 0; len + 2 < text.len; len++)
        CHECK_EQ_AT(len, hf_journal_read(hf_bytes(text.ptr, len), &read), HF_ERR_CORRUPT);
    hf_buf_fini(&text);
}

/* A secret of any bytes that a token may have, at its bound and one above. */
static void a_token_is_kept_with_its_process(void)
{
    static struct hf_journal with, read; /* large */
    struct hf_buf text;
    with = record;
    memset(with.token, 'x', HF_JOURNAL_TOKEN_BYTES - 1);
    memcpy(with.token, "a \"b\\ \xc3\xa9", 9);
    hf_buf_init(&text, 8 * HF_JOURNAL_TOKEN_BYTES);
    hf_journal_write(&text, &with);
    CHECK_EQ(hf_journal_read(hf_buf_view(&text), &read), 0);
    CHECK_TEXT(hf_bytes_cstr(read.token), with.token);
    CHECK(hf_journal_same(&read, &record));
    hf_buf_reset(&text, SIZE_MAX);
    hf_journal_write(&text, &record);
    CHECK(hf_bytes_find_nocase(hf_buf_view(&text), 0, HF_LIT("token")) == text.len);
    text.len -= 2; /* "}" and the line's end */
    hf_buf_add(&text, HF_LIT(",\"token\":\"y"));
    for (size_t i = 0; i < HF_JOURNAL_TOKEN_BYTES - 1; i++) hf_buf_add_byte(&text, 'y');
    hf_buf_add(&text, HF_LIT("\"}"));
    CHECK_EQ(hf_journal_read(hf_buf_view(&text), &read), HF_ERR_CORRUPT);
    hf_buf_fini(&text);
}

static void the_same_process_agrees_in_all(void)
{
    struct hf_journal other = record;
    other.port = other.at_ms = 1;
    CHECK(hf_journal_same(&other, &record));
    other.pid++;
    CHECK(!hf_journal_same(&other, &record));
    other = record;
    other.started++;
    CHECK(!hf_journal_same(&other, &record));
    other = record;
    other.boot[0] = 'x';
    CHECK(!hf_journal_same(&other, &record));
    other = record;
    other.program[1] = 'x';
    CHECK(!hf_journal_same(&other, &record));
}

#define REST "\"boot\":\"b\",\"program\":\"p\",\"group\":\"\",\"port\":0,\"atMs\":0}"

static void what_names_no_process_is_refused(void)
{
    static const struct {
        const char *text;
        int want;
    } rows[] = {
        { "{\"version\":1,\"pid\":1,\"started\":0," REST, 0 },
        { "{\"version\":1,\"pid\":1,\"started\":0,\"later\":{}," REST, 0 },
        { "{\"version\":2,\"pid\":1,\"started\":0," REST, HF_ERR_NEWER },
        { "{\"version\":0,\"pid\":1,\"started\":0," REST, HF_ERR_CORRUPT },
        { "{\"pid\":1,\"started\":0," REST, HF_ERR_CORRUPT },
        { "{\"version\":1,\"pid\":0,\"started\":0," REST, HF_ERR_CORRUPT },
        { "{\"version\":1,\"pid\":-1,\"started\":0," REST, HF_ERR_CORRUPT },
        { "{\"version\":1,\"pid\":2147483648,\"started\":0," REST, HF_ERR_CORRUPT },
        { "{\"version\":1,\"pid\":\"1\",\"started\":0," REST, HF_ERR_CORRUPT },
        { "{\"version\":1,\"pid\":1,\"started\":-1," REST, HF_ERR_CORRUPT },
        { "{\"version\":1,\"pid\":1,\"started\":0,\"boot\":\"b\"}", HF_ERR_CORRUPT },
        { "{\"version\":1,\"pid\":1,\"started\":0,\"boot\":\"b\\u0000c\",\"program\":\"p\","
          "\"group\":\"\",\"port\":0,\"atMs\":0}",
          HF_ERR_CORRUPT },
        { "[1]", HF_ERR_CORRUPT },
        { "", HF_ERR_CORRUPT },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_journal read;
        CHECK_EQ_AT(i, hf_journal_read(hf_bytes_cstr(rows[i].text), &read), rows[i].want);
    }
}

CHECK_MAIN(what_was_written_is_read_back, a_token_is_kept_with_its_process,
           the_same_process_agrees_in_all, what_names_no_process_is_refused)
