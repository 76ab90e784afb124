#include "host/log_file.h"
#include "base/err.h"
#include "base/limits.h"
#include "host/file.h"
#include "host/log_tail.h"
#include "lib/check.h"
#include "lib/scratch.h"

static void write_lines(struct hf_log_file *f, const char *lines)
{
    CHECK_EQ(hf_log_file_write(f, hf_bytes_cstr(lines)), HF_LOG_FILE_SAME);
}

static int64_t size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? info.st_size : -1;
}

static void the_file_is_rotated_when_a_line_would_pass_its_size(void)
{
    struct scratch s;
    struct hf_log_file f;
    struct stat info;
    char old[SCRATCH_PATH_BYTES + 4];
    scratch_make(&s);
    snprintf(old, sizeof old, "%s.1", s.path);
    hf_log_file_init(&f, s.path, 8);
    write_lines(&f, "aaa\n");
    write_lines(&f, "bbb\n"); /* exactly full */
    CHECK_EQ(size_of(s.path), 8);
    CHECK_EQ(size_of(old), -1);
    write_lines(&f, "c\n"); /* one more */
    CHECK_EQ(size_of(s.path), 2);
    CHECK_EQ(size_of(old), 8);
    CHECK_EQ(stat(s.path, &info), 0);
    CHECK_EQ(info.st_mode & 07777, 0600);
    hf_log_file_fini(&f);
    scratch_drop(&s);
}

static void what_an_earlier_run_wrote_counts(void)
{
    struct scratch s;
    struct hf_log_file f;
    scratch_make(&s);
    hf_log_file_init(&f, s.path, 8);
    write_lines(&f, "aaaaaa\n");
    hf_log_file_fini(&f);
    hf_log_file_init(&f, s.path, 8);
    write_lines(&f, "b\n");
    CHECK_EQ(size_of(s.path), 2);
    hf_log_file_fini(&f);
    scratch_drop(&s);
}

static void a_disk_that_takes_nothing_is_told_once_and_when_it_is_over(void)
{
    struct scratch s;
    struct hf_log_file f;
    scratch_make(&s);
    hf_log_file_init(&f, "/dev/full", 100);
    CHECK_EQ(hf_log_file_write(&f, HF_LIT("x\n")), HF_LOG_FILE_FAILED);
    CHECK_EQ(f.failed, HF_ERR_FULL);
    CHECK_EQ(hf_log_file_write(&f, HF_LIT("x\n")), HF_LOG_FILE_SAME);
    snprintf(f.path, sizeof f.path, "%s", s.path);
    CHECK_EQ(hf_log_file_write(&f, HF_LIT("y\n")), HF_LOG_FILE_MENDED);
    write_lines(&f, "z\n");
    CHECK_EQ(size_of(s.path), 4);
    hf_log_file_fini(&f);
    scratch_drop(&s);
}

/* --- the tail --- */

static const char content[] = "one\ntwo\nthree\n"; /* 14 bytes; lines begin at 0, 4, 8 */

static void tails_are_the_newest_whole_lines(void)
{
    static const struct {
        bool has_cursor;
        int64_t cursor, lines_max, bytes_max;
        const char *text;
        size_t line_count;
        int64_t next;
        bool is_truncated, is_reset;
    } rows[] = {
        { false, 0, 10, 1000, "one\ntwo\nthree", 3, 14, false, false },
        { false, 0, 3, 1000, "one\ntwo\nthree", 3, 14, false, false },
        { false, 0, 2, 1000, "two\nthree", 2, 14, true, false },
        { false, 0, 1, 1000, "three", 1, 14, true, false },
        { false, 0, 10, 14, "one\ntwo\nthree", 3, 14, false, false },
        { false, 0, 10, 13, "two\nthree", 2, 14, true, false }, /* cuts into "one" */
        { false, 0, 10, 10, "two\nthree", 2, 14, true, false }, /* begins with "two" */
        { false, 0, 10, 6, "three", 1, 14, true, false },
        { false, 0, 10, 5, "", 0, 14, true, false },
        { true, 4, 10, 1000, "two\nthree", 2, 14, false, false },
        { true, 14, 10, 1000, "", 0, 14, false, false },
        { true, 15, 10, 1000, "one\ntwo\nthree", 3, 14, false, true }, /* beyond: rotated */
        { true, -1, 10, 1000, "one\ntwo\nthree", 3, 14, false, true },
    };
    struct scratch s;
    struct hf_log_file f;
    scratch_make(&s);
    hf_log_file_init(&f, s.path, 1000);
    write_lines(&f, content);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf text = { 0 };
        struct hf_log_tail_result got;
        struct hf_log_tail_request request = { .has_cursor = rows[i].has_cursor,
                                               .cursor = rows[i].cursor,
                                               .lines_max = rows[i].lines_max,
                                               .bytes_max = rows[i].bytes_max };
        hf_log_tail_read(s.path, &request, &text, &got);
        CHECK_EQ_AT(i, got.err, 0);
        CHECK_TEXT_AT(i, got.text, rows[i].text);
        CHECK_EQ_AT(i, got.line_count, rows[i].line_count);
        CHECK_EQ_AT(i, got.cursor, rows[i].next);
        CHECK_EQ_AT(i, got.size, 14);
        CHECK_EQ_AT(i, got.is_truncated, rows[i].is_truncated);
        CHECK_EQ_AT(i, got.is_reset, rows[i].is_reset);
        CHECK_TEXT_AT(i, hf_bytes_cstr(got.file), s.path);
        hf_buf_fini(&text);
    }
    hf_log_file_fini(&f);
    scratch_drop(&s);
}

/* However much is asked for: HF_LIMIT_LOG_TAIL_LINES and HF_LIMIT_LOG_TAIL_BYTES, at the
 * bound and one above. */
static void one_answer_is_bounded_whatever_is_asked_for(void)
{
    enum { LINES = HF_LIMIT_LOG_TAIL_LINES, BYTES = HF_LIMIT_LOG_TAIL_BYTES };
    static const struct {
        size_t lines, line_bytes, want; /* with its newline */
    } rows[] = { { LINES, 2, LINES },
                 { LINES + 1, 2, LINES },
                 { BYTES / 1000, 1000, BYTES / 1000 },
                 { BYTES / 1000 + 1, 1000, BYTES / 1000 } };
    static char line[1000];
    memset(line, 'x', sizeof line);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct scratch s;
        struct hf_buf text = { 0 }, filled;
        struct hf_log_tail_result got;
        struct hf_log_tail_request request = { .lines_max = INT64_MAX, .bytes_max = INT64_MAX };
        scratch_make(&s);
        hf_buf_init(&filled, 2 * BYTES);
        for (size_t k = 0; k < rows[i].lines; k++) {
            hf_buf_add(&filled, hf_bytes(line, rows[i].line_bytes - 1));
            hf_buf_add_byte(&filled, '\n');
        }
        CHECK_EQ(hf_file_replace(s.path, hf_buf_view(&filled), 0600, NULL), 0);
        hf_log_tail_read(s.path, &request, &text, &got);
        CHECK_EQ_AT(i, got.err, 0);
        CHECK_EQ_AT(i, got.line_count, rows[i].want);
        CHECK_EQ_AT(i, got.is_truncated, rows[i].lines > rows[i].want);
        hf_buf_fini(&filled);
        hf_buf_fini(&text);
        scratch_drop(&s);
    }
}

static void a_line_that_is_being_written_comes_with_the_next_call(void)
{
    struct scratch s;
    struct hf_log_file f;
    struct hf_buf text = { 0 };
    struct hf_log_tail_result got;
    struct hf_log_tail_request request = { .lines_max = 10, .bytes_max = 1000 };
    scratch_make(&s);
    hf_log_file_init(&f, s.path, 1000);
    write_lines(&f, "one\ntw");
    hf_log_tail_read(s.path, &request, &text, &got);
    CHECK_TEXT(got.text, "one");
    CHECK_EQ(got.cursor, 4);
    write_lines(&f, "o\n");
    request.has_cursor = true;
    request.cursor = got.cursor;
    hf_log_tail_read(s.path, &request, &text, &got);
    CHECK_TEXT(got.text, "two");
    hf_buf_fini(&text);
    hf_log_file_fini(&f);
    scratch_drop(&s);
}

static void a_log_that_is_not_there_is_empty(void)
{
    struct hf_buf text = { 0 };
    struct hf_log_tail_result got;
    struct hf_log_tail_request request = { .lines_max = 10, .bytes_max = 10 };
    hf_log_tail_read("/no/such/log", &request, &text, &got);
    CHECK_EQ(got.err, 0);
    CHECK_EQ(got.line_count, 0);
    CHECK_EQ(got.size, 0);
    hf_log_tail_read("/", &request, &text, &got);
    CHECK(got.err < 0);
    hf_buf_fini(&text);
}

CHECK_MAIN(the_file_is_rotated_when_a_line_would_pass_its_size, what_an_earlier_run_wrote_counts,
           a_disk_that_takes_nothing_is_told_once_and_when_it_is_over,
           tails_are_the_newest_whole_lines, one_answer_is_bounded_whatever_is_asked_for,
           a_line_that_is_being_written_comes_with_the_next_call, a_log_that_is_not_there_is_empty)
