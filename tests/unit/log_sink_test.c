#include "host/log_sink.h"
#include "base/limits.h"
#include "lib/check.h"
#include "lib/scratch.h"

#include <fcntl.h>

static struct hf_log_sink sink;
static struct hf_log out;
static struct hf_now now;

static struct hf_now read_now(void)
{
    return now;
}

static void open_sink(enum hf_log_format format)
{
    hf_log_sink_init(&sink, STDERR_FILENO, format, NULL);
    sink.clock = read_now;
    now = (struct hf_now){ .wall_ms = 1795318512641 };
    out = hf_log_sink_log(&sink, HF_LOG_INFO);
}

static size_t count_lines(const char *with)
{
    size_t count = 0;
    struct hf_bytes rest = hf_buf_view(&sink.err_lines);
    while (rest.len > 0) {
        size_t end = hf_bytes_find(rest, 0, '\n');
        if (memmem(rest.ptr, end, with, strlen(with))) count++;
        rest = hf_bytes_from(rest, end + 1);
    }
    return count;
}

static void records_above_the_level_are_not_made(void)
{
    open_sink(HF_LOG_FORMAT_TEXT);
    HF_LOG(&out, HF_LOG_INFO, "conn.opened", HF_INT("conn", 1));
    HF_LOG(&out, HF_LOG_DEBUG, "frame.read", HF_INT("conn", 1));
    CHECK_EQ(count_lines("conn.opened"), 1);
    CHECK_EQ(count_lines("frame.read"), 0);
    hf_log_sink_fini(&sink);
}

static void the_same_line_again_is_counted_and_told_after_a_second(void)
{
    open_sink(HF_LOG_FORMAT_TEXT);
    for (int i = 0; i < 5; i++)
        HF_LOG(&out, HF_LOG_WARN, "store.failed", HF_TEXT("why", HF_LIT("disk")));
    HF_LOG(&out, HF_LOG_WARN, "store.failed", HF_TEXT("why", HF_LIT("lock")));
    CHECK_EQ(count_lines("store.failed"), 2);
    sink.write_at = HF_NEVER;
    hf_time due = hf_log_sink_due(&sink);
    CHECK(!hf_time_same(due, HF_NEVER));
    now.mono = hf_time_after(due, -1);
    hf_log_sink_run_due(&sink, now);
    CHECK_EQ(count_lines("log.repeated"), 0);
    CHECK(hf_time_same(hf_log_sink_due(&sink), due));
    now.mono = due;
    hf_log_sink_run_due(&sink, now);
    CHECK_EQ(count_lines("log.repeated what=store.failed count=4"), 1);
    sink.write_at = HF_NEVER;
    CHECK(hf_time_same(hf_log_sink_due(&sink), HF_NEVER));
    hf_log_sink_fini(&sink);
}

static void a_line_that_is_never_repeated_wakes_nobody(void)
{
    open_sink(HF_LOG_FORMAT_TEXT);
    HF_LOG(&out, HF_LOG_INFO, "conn.opened", HF_INT("conn", 1));
    sink.write_at = HF_NEVER; /* written */
    CHECK(hf_time_same(hf_log_sink_due(&sink), HF_NEVER));
    hf_log_sink_fini(&sink);
}

static void lines_are_written_together_but_an_error_at_once(void)
{
    const hf_time due = { HF_MS(HF_LIMIT_LOG_DELAY_MS) };
    open_sink(HF_LOG_FORMAT_TEXT);
    HF_LOG(&out, HF_LOG_INFO, "conn.opened", HF_INT("conn", 1));
    now.mono = hf_at_ms(1);
    HF_LOG(&out, HF_LOG_INFO, "conn.opened", HF_INT("conn", 2));
    CHECK(!hf_log_sink_wants_write(&sink, hf_time_after(due, -1)));
    CHECK(hf_log_sink_wants_write(&sink, due)); /* the first line decides */
    HF_LOG(&out, HF_LOG_ERROR, "store.failed", HF_INT("conn", 3));
    CHECK(hf_log_sink_wants_write(&sink, now.mono));
    hf_log_sink_postpone(&sink, now.mono);
    CHECK(hf_time_same(hf_log_sink_due(&sink), hf_time_after(due, HF_MS(1))));
    hf_log_sink_fini(&sink);
}

static void a_full_batch_is_written_at_once(void)
{
    int64_t told = 0;
    open_sink(HF_LOG_FORMAT_TEXT);
    while (sink.err_lines.len < HF_LIMIT_LOG_BATCH_BYTES) {
        CHECK(!hf_log_sink_wants_write(&sink, now.mono));
        HF_LOG(&out, HF_LOG_INFO, "conn.opened", HF_INT("conn", told++));
    }
    CHECK(hf_log_sink_wants_write(&sink, now.mono));
    hf_log_sink_fini(&sink);
}

static void what_does_not_fit_is_dropped_and_counted(void)
{
    open_sink(HF_LOG_FORMAT_TEXT);
    int64_t told = 0;
    while (sink.dropped == 0) HF_LOG(&out, HF_LOG_INFO, "conn.opened", HF_INT("conn", told++));
    CHECK(sink.err_lines.len <= HF_LIMIT_LOG_BUFFER_BYTES);
    HF_LOG(&out, HF_LOG_INFO, "conn.opened", HF_INT("conn", told++));
    CHECK_EQ(sink.dropped, 2);
    sink.err_lines.len = 0; /* written */
    hf_log_sink_run_due(&sink, now);
    CHECK_EQ(count_lines("log.dropped count=2"), 1);
    hf_log_sink_fini(&sink);
}

static void stderr_has_the_chosen_form_and_the_file_is_json(void)
{
    struct scratch s;
    struct hf_log_file file;
    char err_path[SCRATCH_PATH_BYTES], text[512], json[512];
    scratch_make(&s);
    snprintf(err_path, sizeof err_path, "%s/stderr", s.dir);
    int fd = open(err_path, O_RDWR | O_CREAT, 0600);
    hf_log_file_init(&file, s.path, 10000);
    hf_log_sink_init(&sink, fd, HF_LOG_FORMAT_TEXT, &file);
    out = hf_log_sink_log(&sink, HF_LOG_INFO);
    HF_LOG(&out, HF_LOG_INFO, "conn.opened", HF_INT("conn", 7));
    hf_log_sink_flush(&sink);
    CHECK(hf_log_sink_is_empty(&sink));
    ssize_t text_len = pread(fd, text, sizeof text, 0);
    int file_fd = open(s.path, O_RDONLY);
    ssize_t json_len = read(file_fd, json, sizeof json);
    CHECK(hf_bytes_ends(hf_bytes(text, (size_t)text_len), HF_LIT("Z INFO conn.opened conn=7\n")));
    CHECK(hf_bytes_ends(hf_bytes(json, (size_t)json_len),
                        HF_LIT("\"event\":\"conn.opened\",\"conn\":7}\n")));
    close(file_fd);
    close(fd);
    hf_log_sink_fini(&sink);
    hf_log_file_fini(&file);
    scratch_drop(&s);
}

static void only_the_journal_gets_priorities(void)
{
    struct scratch s;
    struct stat info;
    char stream[64];
    scratch_make(&s);
    int fd = open(s.path, O_RDWR | O_CREAT, 0600);
    CHECK_EQ(fstat(fd, &info), 0);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)info.st_dev, (uintmax_t)info.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    hf_log_sink_init(&sink, fd, HF_LOG_FORMAT_TEXT, NULL);
    CHECK(sink.has_priority);
    out = hf_log_sink_log(&sink, HF_LOG_INFO);
    HF_LOG(&out, HF_LOG_WARN, "store.failed", HF_INT("conn", 1));
    CHECK(hf_bytes_starts(hf_buf_view(&sink.err_lines), HF_LIT("<4>20")));
    hf_log_sink_fini(&sink);
    setenv("JOURNAL_STREAM", "1:2", 1);
    hf_log_sink_init(&sink, fd, HF_LOG_FORMAT_TEXT, NULL);
    CHECK(!sink.has_priority);
    hf_log_sink_fini(&sink);
    unsetenv("JOURNAL_STREAM");
    close(fd);
    scratch_drop(&s);
}

CHECK_MAIN(records_above_the_level_are_not_made,
           the_same_line_again_is_counted_and_told_after_a_second,
           a_line_that_is_never_repeated_wakes_nobody,
           lines_are_written_together_but_an_error_at_once, a_full_batch_is_written_at_once,
           what_does_not_fit_is_dropped_and_counted,
           stderr_has_the_chosen_form_and_the_file_is_json, only_the_journal_gets_priorities)
