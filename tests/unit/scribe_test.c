#include "host/scribe.h"
#include "base/limits.h"
#include "base/time.h"
#include "host/log_sink.h"
#include "lib/check.h"
#include "lib/scratch.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

enum { BYTES_MAX = 64 };

/* What the scribe writes goes here, after a byte came out of the gate. */
static struct {
    struct hf_buf text; /* the thread's while it writes */
    int gate[2];
    atomic_int dropped;
} paper;

static struct {
    uv_loop_t loop;
    struct hf_scribe *scribe;
    struct hf_buf first, second;
    int news, batches;
} desk;

static int write_lines(void *pen, const struct hf_buf *first, const struct hf_buf *second)
{
    char byte;
    CHECK(pen == &paper);
    CHECK_EQ(read(paper.gate[0], &byte, 1), 1);
    hf_buf_add(&paper.text, hf_buf_view(first));
    hf_buf_add(&paper.text, hf_buf_view(second));
    return (int)first->len;
}

static void drop_pen(void *pen)
{
    CHECK(pen == &paper);
    atomic_fetch_add(&paper.dropped, 1);
}

static void wrote(void *ctx, int news)
{
    CHECK(ctx == &desk);
    desk.news = news;
    desk.batches++;
    uv_stop(&desk.loop);
}

static void open_desk(void)
{
    const struct hf_scribe_config config = { .loop = &desk.loop,
                                             .bytes_max = BYTES_MAX,
                                             .write = write_lines,
                                             .pen = &paper,
                                             .drop_pen = drop_pen,
                                             .wrote = wrote,
                                             .ctx = &desk };
    memset(&desk, 0, sizeof desk);
    paper.dropped = 0;
    hf_buf_init(&paper.text, 4 * BYTES_MAX);
    hf_buf_init(&desk.first, BYTES_MAX);
    hf_buf_init(&desk.second, BYTES_MAX);
    CHECK_EQ(pipe(paper.gate), 0);
    CHECK_EQ(uv_loop_init(&desk.loop), 0);
    CHECK_EQ(hf_scribe_new(&desk.scribe, &config), 0);
}

static void close_desk(void)
{
    CHECK_EQ(uv_run(&desk.loop, UV_RUN_DEFAULT), 0);
    CHECK_EQ(uv_loop_close(&desk.loop), 0);
    CHECK_EQ(paper.dropped, 1);
    hf_buf_fini(&paper.text);
    hf_buf_fini(&desk.first);
    hf_buf_fini(&desk.second);
    close(paper.gate[0]);
    close(paper.gate[1]);
}

static void open_gate(void)
{
    CHECK_EQ(write(paper.gate[1], "", 1), 1);
}

static void gather(const char *first, const char *second)
{
    hf_buf_add(&desk.first, hf_bytes_cstr(first));
    hf_buf_add(&desk.second, hf_bytes_cstr(second));
}

static void one_batch_at_a_time_and_all_in_order(void)
{
    open_desk();
    gather("one ", "two ");
    CHECK(hf_scribe_give(desk.scribe, &desk.first, &desk.second));
    CHECK_EQ(desk.first.len + desk.second.len, 0);
    CHECK_EQ(desk.first.max, BYTES_MAX);
    gather("three ", "");
    CHECK(!hf_scribe_give(desk.scribe, &desk.first, &desk.second)); /* it is at the first */
    CHECK_TEXT(hf_buf_view(&desk.first), "three ");
    open_gate();
    uv_run(&desk.loop, UV_RUN_DEFAULT);
    CHECK_EQ(desk.batches, 1);
    CHECK_EQ(desk.news, 4);
    gather("four ", "five ");
    CHECK(hf_scribe_give(desk.scribe, &desk.first, &desk.second));
    gather("six", "");
    open_gate();
    open_gate();
    CHECK(hf_scribe_end(desk.scribe, &desk.first, &desk.second));
    CHECK_TEXT(hf_buf_view(&paper.text), "one two three four five six");
    close_desk();
    CHECK_EQ(desk.batches, 1); /* nobody is told behind the end */
}

static void an_end_without_a_word_is_quick(void)
{
    open_desk();
    CHECK(hf_scribe_end(desk.scribe, &desk.first, &desk.second));
    CHECK_EQ(paper.text.len, 0);
    CHECK(hf_scribe_end(NULL, &desk.first, &desk.second));
    close_desk();
}

/* Who takes nothing is left to itself, and what it holds is freed when it is back. */
static void an_end_does_not_wait_for_ever(void)
{
    open_desk();
    gather("one", "");
    CHECK(hf_scribe_give(desk.scribe, &desk.first, &desk.second));
    uint64_t began_at = uv_hrtime();
    CHECK(!hf_scribe_end(desk.scribe, &desk.first, &desk.second));
    CHECK(uv_hrtime() - began_at >= (uint64_t)HF_MS(HF_LIMIT_SCRIBE_END_MS));
    CHECK_EQ(uv_run(&desk.loop, UV_RUN_DEFAULT), 0);
    CHECK_EQ(paper.dropped, 0);
    open_gate();
    while (paper.dropped == 0) usleep(1000);
    CHECK_TEXT(hf_buf_view(&paper.text), "one");
    close_desk();
}

static int write_log(void *pen, const struct hf_buf *err_lines, const struct hf_buf *file_lines)
{
    hf_log_sink_write(pen, err_lines, file_lines);
    return 0;
}

/* What a thread was left behind with is closed under it by nobody: its lines come when the disk
 * is back.  (Under TSan: nor touched.) */
static void a_log_that_was_lent_is_the_threads(void)
{
    static struct hf_log_sink sink; /* for good */
    static struct hf_log_file file;
    struct scratch scratch;
    struct hf_buf first, second;
    char path[SCRATCH_PATH_BYTES], text[64] = "";
    uv_loop_t loop;
    struct hf_scribe *scribe;
    const struct hf_scribe_config config = {
        .loop = &loop, .bytes_max = BYTES_MAX, .write = write_log, .pen = &sink
    };
    scratch_make(&scratch);
    snprintf(path, sizeof path, "%s/log", scratch.dir);
    CHECK_EQ(mkfifo(path, 0600), 0); /* nobody reads it: whoever opens it waits */
    hf_log_file_init(&file, path, 1000);
    hf_log_sink_init(&sink, STDERR_FILENO, HF_LOG_FORMAT_TEXT, &file);
    hf_buf_init(&first, BYTES_MAX);
    hf_buf_init(&second, BYTES_MAX);
    CHECK_EQ(uv_loop_init(&loop), 0);
    CHECK_EQ(hf_scribe_new(&scribe, &config), 0);
    hf_buf_add(&second, HF_LIT("one\n"));
    CHECK(hf_scribe_give(scribe, &first, &second));
    CHECK(!hf_scribe_end(scribe, &first, &second));
    CHECK_EQ(uv_run(&loop, UV_RUN_DEFAULT), 0);
    CHECK_EQ(uv_loop_close(&loop), 0);
    hf_log_sink_lend(&sink);
    hf_log_sink_flush(&sink);
    hf_log_sink_fini(&sink);
    hf_log_file_fini(&file);
    int reader = open(path, O_RDONLY | O_CLOEXEC);
    hf_log_file_fini(&file); /* also when it is open */
    CHECK_EQ(read(reader, text, sizeof text), 4);
    CHECK_TEXT(hf_bytes_cstr(text), "one\n");
    close(reader);
    hf_buf_fini(&first);
    hf_buf_fini(&second);
    scratch_drop(&scratch);
}

CHECK_MAIN(a_log_that_was_lent_is_the_threads, one_batch_at_a_time_and_all_in_order,
           an_end_without_a_word_is_quick, an_end_does_not_wait_for_ever)
