#include "host/child_output.h"
#include "lib/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <uv.h>

static struct {
    uv_loop_t loop;
    size_t bytes[2];
    char last[2][64];
} heard;

static void told(void *ctx, uint64_t tree, bool is_stderr, struct hf_bytes bytes)
{
    (void)ctx;
    CHECK_EQ(tree, 7);
    heard.bytes[is_stderr] += bytes.len;
    if (bytes.len < sizeof heard.last[0]) {
        memcpy(heard.last[is_stderr], bytes.ptr, bytes.len);
        heard.last[is_stderr][bytes.len] = '\0';
    }
}

static struct hf_child_output_config open_ear(const char *dir)
{
    memset(&heard, 0, sizeof heard);
    CHECK_EQ(uv_loop_init(&heard.loop), 0);
    return (
        struct hf_child_output_config){ .loop = &heard.loop, .tree = 7, .dir = dir, .told = told };
}

static void close_ear(struct hf_child_output *o)
{
    hf_child_output_close(o);
    CHECK_EQ(uv_run(&heard.loop, UV_RUN_DEFAULT), 0);
    CHECK_EQ(uv_loop_close(&heard.loop), 0);
}

static void both_streams_are_told_apart_until_their_end(void)
{
    struct hf_child_output *o;
    struct hf_fault fault;
    int out_fd, err_fd;
    struct hf_child_output_config config = open_ear(NULL);
    CHECK_EQ(hf_child_output_open(&o, &config, &out_fd, &err_fd, &fault), 0);
    CHECK_EQ(write(out_fd, "out", 3), 3);
    CHECK_EQ(write(err_fd, "err", 3), 3);
    close(err_fd);
    hf_child_output_drain(o);
    CHECK_TEXT(hf_bytes_cstr(heard.last[0]), "out");
    CHECK_TEXT(hf_bytes_cstr(heard.last[1]), "err");
    CHECK_EQ(write(out_fd, "more", 4), 4);
    close(out_fd);
    CHECK_EQ(uv_run(&heard.loop, UV_RUN_DEFAULT), 0); /* both ended: nothing to wait for */
    CHECK_EQ(heard.bytes[0], 7);
    close_ear(o);
}

/* supervisor 86: its process half */
static void a_chatty_child_is_never_blocked(void)
{
    enum { BLOCK = 65536, BLOCKS = 160 };
    struct hf_child_output *o;
    struct hf_fault fault;
    int out_fd, err_fd, status;
    struct hf_child_output_config config = open_ear(NULL);
    CHECK_EQ(hf_child_output_open(&o, &config, &out_fd, &err_fd, &fault), 0);
    pid_t pid = fork();
    if (pid == 0) {
        static char block[BLOCK];
        for (int i = 0; i < BLOCKS; i++)
            for (size_t done = 0; done < sizeof block;) {
                ssize_t more = write(i % 2 ? err_fd : out_fd, block + done, sizeof block - done);
                if (more < 0) _exit(1);
                done += (size_t)more;
            }
        _exit(0);
    }
    close(out_fd);
    close(err_fd);
    CHECK_EQ(uv_run(&heard.loop, UV_RUN_DEFAULT), 0);
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(status, 0);
    CHECK_EQ(heard.bytes[0], (size_t)BLOCK * BLOCKS / 2);
    CHECK_EQ(heard.bytes[1], (size_t)BLOCK * BLOCKS / 2);
    close_ear(o);
}

static void a_survivor_writes_on_without_a_reader(void)
{
    struct scratch s;
    struct hf_child_output *o;
    struct hf_fault fault;
    int out_fd, err_fd, none;
    scratch_make(&s);
    struct hf_child_output_config config = open_ear(s.dir);
    CHECK_EQ(hf_child_output_open(&o, &config, &out_fd, &err_fd, &fault), 0);
    close_ear(o); /* the supervisor is gone */
    signal(SIGPIPE, SIG_DFL);
    CHECK_EQ(write(err_fd, "alone", 5), 5);

    config = open_ear(s.dir);
    config.reopens = true;
    CHECK_EQ(hf_child_output_open(&o, &config, &none, &none, &fault), 0);
    CHECK_EQ(none, -1);
    hf_child_output_drain(o);
    CHECK_TEXT(hf_bytes_cstr(heard.last[1]), "alone");
    close_ear(o);
    close(out_fd);
    close(err_fd);
    scratch_drop(&s);
}

static void pipes_that_cannot_be_made_are_told(void)
{
    struct hf_child_output *o;
    struct hf_fault fault;
    int out_fd, err_fd;
    struct hf_child_output_config config = open_ear("/no/such/directory");
    CHECK_EQ(hf_child_output_open(&o, &config, &out_fd, &err_fd, &fault), HF_ERR_NOT_FOUND);
    CHECK_EQ(out_fd, -1);
    CHECK_EQ(err_fd, -1);
    close_ear(NULL);
}

CHECK_MAIN(both_streams_are_told_apart_until_their_end, a_chatty_child_is_never_blocked,
           a_survivor_writes_on_without_a_reader, pipes_that_cannot_be_made_are_told)
