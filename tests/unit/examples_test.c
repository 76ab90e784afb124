/* The programs of examples/ against a gateway: built from what is installed, run as users do. */
#include "lib/check.h"
#include "lib/daemon.h"
#include "lib/fake_gateway.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_BYTES = 65536 };

struct run {
    const char *name, *words[4], *input; /* words: at most three, then NULL */
    uint16_t port;
    const char *token, *state;
    char output[OUTPUT_BYTES];
};

static void become(struct run *r, int in, int out)
{
    char path[4096], url[64];
    char *argv[5] = { path };
    snprintf(path, sizeof path, "%s/example_%s", getenv("HF_EXAMPLES"), r->name);
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", r->port);
    for (int i = 0; i < 3 && r->words[i]; i++) argv[i + 1] = (char *)(uintptr_t)r->words[i];
    setenv("HOLDFAST_URL", url, 1);
    setenv("HOLDFAST_TOKEN", r->token, 1);
    if (r->state) setenv("HOLDFAST_STATE", r->state, 1);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0) _exit(125);
    execv(path, argv);
    _exit(126);
}

static int run(struct run *r)
{
    int in[2], out[2], status;
    size_t len = 0;
    ssize_t got;
    CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    pid_t pid = fork();
    if (pid == 0) become(r, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    if (r->input) CHECK(write(in[1], r->input, strlen(r->input)) == (ssize_t)strlen(r->input));
    close(in[1]);
    while ((got = read(out[0], r->output + len, OUTPUT_BYTES - 1 - len)) > 0) len += (size_t)got;
    r->output[len] = '\0';
    close(out[0]);
    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void one_question_is_asked(void)
{
    static const struct daemon_plan plain = { 0 };
    struct daemon d;
    daemon_start(&d, &plain);
    static struct run once = { .name = "call_once", .words = { "health" }, .token = DAEMON_TOKEN };
    once.port = d.port;
    CHECK_EQ(run(&once), 0);
    CHECK(strncmp(once.output, "{\"ok\":true", 10) == 0);
    static struct run refused = { .name = "call_once", .words = { "health" }, .token = "wrong" };
    refused.port = d.port;
    CHECK_EQ(run(&refused), 1);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void another_loop_drives_the_client(void)
{
    static const struct daemon_plan plain = { 0 };
    struct daemon d;
    daemon_start(&d, &plain);
    static struct run embed = { .name = "embed_epoll",
                                .input = "health\nno.such\n",
                                .token = DAEMON_TOKEN };
    embed.port = d.port;
    CHECK_EQ(run(&embed), 0);
    CHECK(strncmp(embed.output, "OK {\"ok\":true", 13) == 0);
    CHECK(strstr(embed.output, "\nSERVER_ERROR ") != NULL);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void tick_fast(struct hf_settings *settings)
{
    settings->tick_interval_ms = 100;
}

static void events_are_printed(void)
{
    static const struct daemon_plan fast = { .adjust = tick_fast };
    struct daemon d;
    daemon_start(&d, &fast);
    static struct run watch = { .name = "subscribe",
                                .words = { "tick", "2" },
                                .token = DAEMON_TOKEN };
    watch.port = d.port;
    CHECK_EQ(run(&watch), 0);
    CHECK(strncmp(watch.output, "tick {\"ts\":", 11) == 0);
    CHECK_EQ(daemon_stop(&d), 0);
}

static void invoke_twice(int listener)
{
    struct fake_conn c;
    char id[128];
    fake_accept(&c, listener);
    fake_login(&c);
    for (int i = 0; i < 2; i++) {
        fake_event(&c, "node.invoke.request",
                   i == 0 ? "{\"id\":\"a\",\"nodeId\":\"n\",\"command\":\"clock.read\"}"
                          : "{\"id\":\"b\",\"nodeId\":\"n\",\"command\":\"door.open\"}",
                   i + 1);
        fake_want(&c, "node.invoke.result", id);
        fake_answer(&c, id, "{}");
    }
    fake_drain(&c);
    fake_close(&c);
}

static void a_node_answers(void)
{
    struct fake fake;
    struct scratch scratch;
    scratch_make(&scratch);
    fake_start(&fake, invoke_twice);
    static struct run node = { .name = "node", .words = { "2" }, .token = "t" };
    node.port = fake.port;
    node.state = scratch.dir;
    CHECK_EQ(run(&node), 0);
    CHECK(strcmp(node.output, "clock.read \ndoor.open \n") == 0);
    CHECK_EQ(fake_end(&fake), 0);
    scratch_drop(&scratch);
}

CHECK_MAIN(one_question_is_asked, another_loop_drives_the_client, events_are_printed,
           a_node_answers)
