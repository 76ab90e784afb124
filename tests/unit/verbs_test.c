/* The binary itself, from outside: exit codes, what it prints, what it tells the
 * service manager.  HF_EXE names it. */
#include "host/file.h"
#include "lib/check.h"
#include "lib/scratch.h"
#include "wire/json_scan.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { WORDS_MAX = 12, OUTPUT_BYTES = 1 << 17, PATIENCE_SECONDS = 20 };

static struct scratch scratch;
static char out_text[OUTPUT_BYTES], err_text[OUTPUT_BYTES];

struct program {
    pid_t pid;
    int out_fd, err_fd;
};

/* Its whole environment is a home in the scratch directory and `variable`. */
static void start_with(struct program *p, const char *const *words, const char *variable,
                       bool has_stdout)
{
    int out[2], err[2];
    const char *argv[WORDS_MAX + 2] = { getenv("HF_EXE") };
    char home[SCRATCH_PATH_BYTES];
    CHECK(argv[0] != NULL);
    for (size_t i = 0; i < WORDS_MAX && words[i]; i++) argv[i + 1] = words[i];
    snprintf(home, sizeof home, "HOME=%s", scratch.dir);
    CHECK_EQ(pipe2(out, O_CLOEXEC), 0);
    CHECK_EQ(pipe2(err, O_CLOEXEC), 0);
    p->pid = fork();
    if (p->pid == 0) {
        char *env[] = { home, (char *)(uintptr_t)variable, NULL };
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        if (!has_stdout) close(STDOUT_FILENO);
        execve(argv[0], (char **)(uintptr_t)argv, env);
        _exit(127);
    }
    close(out[1]);
    close(err[1]);
    p->out_fd = out[0];
    p->err_fd = err[0];
}

static void start(struct program *p, const char *const *words, const char *variable)
{
    start_with(p, words, variable, true);
}

static void read_rest(int fd, char *text)
{
    size_t len = 0;
    for (ssize_t got; (got = read(fd, text + len, OUTPUT_BYTES - 1 - len)) > 0;) len += (size_t)got;
    text[len] = '\0';
    close(fd);
}

static int finish(struct program *p)
{
    int status = 0;
    read_rest(p->out_fd, out_text);
    read_rest(p->err_fd, err_text);
    CHECK(waitpid(p->pid, &status, 0) == p->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int run(const char *const *words)
{
    struct program p;
    start(&p, words, NULL);
    return finish(&p);
}

/* Waits for the ready line; returns its port. */
static uint16_t wait_ready(struct program *p)
{
    static const char mark[] = "holdfast ready url=";
    char line[256];
    size_t len = 0;
    while (len < sizeof line - 1 && read(p->out_fd, line + len, 1) == 1 && line[len] != '\n') len++;
    line[len] = '\0';
    CHECK(strncmp(line, mark, sizeof mark - 1) == 0);
    CHECK(strstr(line, " pid=") != NULL && strstr(line, " version=") != NULL);
    const char *port = strrchr(line, ':');
    return (uint16_t)strtoul(port + 1, NULL, 10);
}

static int stop(struct program *p)
{
    kill(p->pid, SIGTERM);
    return finish(p);
}

/* --- the small verbs --- */

#define REFUSED(type, message)                                                                     \
    "{\"ok\":false,\"error\":{\"type\":\"" type "\",\"message\":\"" message

static bool is_json_asked_for(const char *const words[WORDS_MAX])
{
    for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
        if (strcmp(words[i], "--json") == 0) return true;
    return false;
}

static const struct {
    const char *words[WORDS_MAX];
    int exit_code;
    const char *out, *err; /* parts of what is printed */
} verbs[] = {
    { { "version" }, 0, "holdfast ", "" },
    { { "--version" }, 0, "holdfast ", "" },
    { { "version", "--json" }, 0, "{\"name\":\"holdfast\",\"version\":\"", "" },
    { { "help" }, 0, "holdfast run", "" },
    { { "help", "run" }, 0, "--port PORT", "" },
    { { "help", "fly" }, 2, "", "no such verb: \"fly\"" },
    { { "help", "prob" }, 2, "", "did you mean probe?" },
    { { "run", "--help" }, 0, "--port PORT", "" },
    { { "gateway", "run", "--help" }, 0, "--port PORT", "" },
    { { NULL }, 2, "", "a verb is missing" },
    { { "fly" }, 2, "", "no such verb" },
    { { "supervise" }, 2, "", "wants the program behind two dashes" },
    { { "supervise", "--url", "gopher://x", "--", "true" }, 2, "", "--url wants ws://" },
    { { "supervise", "--url", "tcp://127.0.0.1", "--", "true" }, 2, "", "tcp:// without a port" },
    { { "health", "--url", "ws://::1:80" }, 2, "", "an IPv6 address stands in brackets" },
    { { "supervise", "--url", "none:", "--stop-grace", "soon", "--", "true" },
      2,
      "",
      "--stop-grace" },
    { { "supervise", "--url", "none:", "--watchdog", "cat", "--", "true" }, 2, "", "edge or both" },
    { { "supervise", "--url", "none:", "--restart-budget", "5", "--", "true" },
      2,
      "",
      "N/SECONDS" },
    { { "supervise", "--url", "none:", "--restart-budget", "0/9", "--", "true" },
      2,
      "",
      "N/SECONDS" },
    { { "supervise", "--url", "none:", "--restart-budget", "65/9", "--", "true" },
      2,
      "",
      "1 to 64" },
    { { "supervise", "--reconnect-attempts", "0", "--url", "none:", "--", "true" },
      2,
      "",
      "--reconnect-attempts: holdfast.supervisor.reconnectAttempts must be a whole number from 1 to "
      "1000 (tries), not \"0\"" },
    { { "supervise", "--reconnect-delay", "30001", "--url", "none:", "--", "true" },
      2,
      "",
      "reconnectDelayMs (30001) must not be more than holdfast.supervisor.reconnectMaxDelayMs "
      "(30000)" },
    { { "run", "--exit-with-parent" }, 2, "", "--exit-with-parent wants a program to keep" },
    { { "run", "--reconnect-max-delay", "500" }, 2, "", "wants a program to keep" },
    { { "config", "set", "holdfast.supervisor.governor", "fuse" },
      78,
      "",
      "holdfast.supervisor.governor must be one of budget|breaker" },
    { { "supervise", "--memory-soft", "much", "--", "true" }, 2, "", "--memory-soft wants bytes" },
    { { "supervise", "--memory-hard", "0", "--url", "none:", "--", "true" },
      2,
      "",
      "--memory-hard wants bytes" },
    { { "supervise", "--memory-soft", "2G", "--memory-hard", "2048M", "--", "true" },
      2,
      "",
      "less than --memory-hard" },
    { { "ctl" }, 2, "", "ctl wants one of status" },
    { { "ctl", "dance" }, 2, "", "ctl wants one of status" },
    { { "ctl", "status", "--control", "/no/such/socket" }, 1, "", "no supervisor answers" },
    { { "ctl", "status", "--control", "/no/such/socket", "--timeout", "0" }, 2, "", "--timeout" },
    { { "run", "--upstream", "ws://x" }, 78, "", "only holdfast.mode" },
    { { "run", "--mode", "relay" }, 78, "", "nothing to relay to" },
    { { "run", "--upstream-token-file", "x" }, 78, "", "only who keeps a program" },
    { { "run", "true" }, 2, "", "behind two dashes: holdfast run -- CMD" },
    { { "run", "--survive" }, 2, "", "--survive wants a program to keep" },
    { { "run", "--stop-grace", "1" }, 2, "", "--stop-grace wants a program to keep" },
    { { "run", "--stop-grace", "soon", "--", "true" }, 2, "", "--stop-grace wants 0 to" },
    { { "run", "--mode", "terminate", "--", "true" }, 78, "", "only \"relay\"" },
    { { "run", "--upstream", "notify:", "--", "true" }, 2, "", "names no place" },
    { { "run", "--upstream", "gopher://x", "--", "true" }, 2, "", "--upstream wants ws://" },
    { { "run", "--upstream", "ws://[::1]:18789", "--", "true" }, 78, "", "the place where we are" },
    { { "run", "--state-dir", "/proc/x", "--", "true" }, 1, "", "/proc/x" },
    { { "completion", "bash" }, 0, "complete -F _holdfast holdfast", "" },
    { { "completion", "zsh" }, 0, "#compdef holdfast", "" },
    { { "completion", "fish" }, 0, "complete -c holdfast", "" },
    { { "completion" }, 2, "", "bash, zsh, fish" },
    { { "probe", "--help" }, 0, "--exit-code", "" },
    { { "status", "--help" }, 0, "--json", "" },
    { { "watch", "--help" }, 0, "--events GLOB", "" },
    { { "health", "--help" }, 0, "--watch", "" },
    { { "logs", "--help" }, 0, "--follow", "" },
    { { "completion", "bash" }, 0, "--exit-code", "" },
    { { "probe", "--url", "ftp://x" }, 2, "", "--url: the URL is not valid" },
    { { "watch", "--timeout", "0" }, 2, "", "--timeout wants" },
    { { "status", "--url", "ws://192.0.2.1" }, 2, "", "not a private address" },
    { { "config", "get", "gateway.port" }, 0, "18789\n", "" },
    { { "config", "get", "gateway.port", "--json" },
      0,
      "{\"key\":\"gateway.port\",\"value\":18789,\"source\":\"default\"}\n",
      "" },
    { { "config", "get", "no.such.key" }, 2, "", "no such key" },
    { { "config", "get", "gateway.prot" }, 2, "", "did you mean gateway.port?" },
    { { "config", "get" }, 0, "gateway.auth.mode = token  (default)", "" },
    { { "config", "get", "--json" }, 0, "{\"gateway\":{\"mode\":\"local\",\"port\":18789", "" },
    { { "config", "get", "--limits" }, 0, "PREAUTH_FRAME_BYTES", "" },
    { { "config", "get", "--limits", "--json" }, 0, "[{\"name\":\"PREAUTH_FRAME_BYTES\"", "" },
    { { "config", "validate" }, 0, "ok", "" },
    { { "config", "validate", "--json" }, 0, "{\"ok\":true,", "" },
    { { "config", "validate", "--json" }, 0, ",\"warnings\":[]}\n", "" },
    { { "config", "fly" }, 2, "", "config wants" },
    { { "config", "get", "no.such.key", "--json" },
      2,
      REFUSED("usage_error", "no such key: "),
      "" },
    { { "config", "set", "no.such.key", "1", "--json" }, 2, REFUSED("usage_error", "no such"), "" },
    { { "config", "validate", "--json", "--config", "/no/such" },
      78,
      "{\"ok\":false,\"path\":",
      "" },
    { { "health", "--json", "--url", "ftp://x" }, 2, REFUSED("usage_error", "--url: the URL"), "" },
    { { "health", "--json", "--config", "/no/x" }, 78, REFUSED("configuration_error", ""), "" },
    { { "call", "--json" }, 2, REFUSED("usage_error", "call wants one method"), "" },
    { { "ctl", "status", "--json", "--control", "/no/such" },
      1,
      REFUSED("local_error", "no supervisor answers"),
      "" },
    { { "config", "set", "gateway.port", "70000" }, 78, "", "gateway.port must be" },
    { { "config", "set", "no.such.key", "1" }, 2, "", "no such key" },
    { { "run", "--port", "x" },
      2,
      "",
      "--port: gateway.port must be a whole number from 0 to 65535 (port), not \"x\"" },
    { { "health", "--port", "99999" }, 2, "", "--port: gateway.port must be" },
    { { "health", "--port", "0" }, 2, "", "--port: the URL is not valid" },
    { { "health", "--config", "/no/such.json5" }, 78, "", "/no/such.json5" },
    { { "health", "--token-file", "/no/such.token" }, 78, "", "--token-file: cannot read /no" },
    { { "call", "health", "--params", "@/no/x" }, 1, "", "--params: cannot read /no/x" },
    { { "run", "--bind", "x" }, 2, "", "--bind: \"x\" is not loopback" },
    { { "--quiet", "health" }, 2, "", "the verb comes first: holdfast VERB --quiet" },
    { { "help", "run", "stop" }, 2, "", "help wants one verb" },
    { { "health", "--fly" }, 2, "", "Try \"holdfast help health\"." },
    { { "health", "--fly", "--json" }, 2, REFUSED("usage_error", ""), "" },
    { { "health", "--json", "--fly" }, 2, REFUSED("usage_error", ""), "" },
    { { "run", "--config", "" }, 2, "", "--config wants a path" },
    { { "config", "get", "--config", "" }, 2, "", "--config wants a path" },
    { { "health", "--state-dir", "" }, 2, "", "--state-dir wants a path" },
    { { "ctl", "status", "--control", "" }, 2, "", "--control wants a path" },
    { { "supervise", "--control", "", "--url", "none:", "--", "true" }, 2, "", "--control wants" },
    { { "run", "--config", "/no/such.json5" }, 78, "", "/no/such.json5" },
    { { "run", "--tls-cert", "/no/such.crt", "--tls-key", "/no/such.key" },
      78,
      "",
      "/no/such.crt" },
    { { "run", "--tls-cert", "/no/such.crt" }, 78, "", "--tls-key" },
    { { "run", "--auth", "password" }, 78, "", "no password is set" },
    { { "run", "--token-file", "/no/such.token" }, 78, "", "/no/such.token" },
    { { "run", "--state-dir", "/proc/x" }, 1, "", "/proc/x" },
    { { "run", "--bind", "192.0.2.1", "--port", "0" }, 1, "", "192.0.2.1" },
};

static void every_verb_ends_with_the_code_and_the_words_of_the_contract(void)
{
    scratch_make(&scratch);
    for (size_t i = 0; i < HF_COUNT(verbs); i++) {
        CHECK_EQ_AT(i, run(verbs[i].words), verbs[i].exit_code);
        if (!strstr(out_text, verbs[i].out))
            CHECK_TEXT_AT(i, hf_bytes_cstr(out_text), verbs[i].out);
        if (!strstr(err_text, verbs[i].err))
            CHECK_TEXT_AT(i, hf_bytes_cstr(err_text), verbs[i].err);
        /* What a program reads stands alone on stdout: one document, or nothing. */
        if (verbs[i].exit_code == 0) continue;
        bool is_json = is_json_asked_for(verbs[i].words);
        CHECK_TEXT_AT(i, hf_bytes_cstr(is_json ? err_text : out_text), "");
        if (is_json) CHECK_EQ_AT(i, hf_json_check(hf_bytes_cstr(out_text), 8, NULL), 0);
    }
    scratch_drop(&scratch);
}

/* The exit code of another program, or 127 when it is not there. */
static int run_other(const char *const *words)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        execvp(words[0], (char **)(uintptr_t)words);
        _exit(127);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void put_completion(const char *shell)
{
    struct hf_fault fault;
    const char *const words[WORDS_MAX] = { "completion", shell };
    CHECK_EQ(run(words), 0);
    CHECK_EQ(hf_file_replace(scratch.path, hf_bytes_cstr(out_text), 0600, &fault), 0);
}

static void the_shells_accept_their_completion_scripts(void)
{
    static const char *const shells[] = { "bash", "zsh", "fish" };
    scratch_make(&scratch);
    for (size_t i = 0; i < HF_COUNT(shells); i++) {
        put_completion(shells[i]);
        const char *const words[] = { shells[i], "-n", scratch.path, NULL };
        int exit_code = run_other(words);
        CHECK_AT(i, exit_code == 0 || (exit_code == 127 && i > 0));
    }
    scratch_drop(&scratch);
}

/* A file whose name has a space, by itself and behind an @, and the verbs behind "gateway". */
static void bash_completes_files_and_verbs(void)
{
    static const char script[] =
        "source \"$0\"; cd \"${0%/*}\"; : >'a file'; reply() { COMP_WORDS=(\"$@\")\n"
        "COMP_CWORD=$(($# - 1)); _holdfast; printf '<%s>' \"${COMPREPLY[@]}\"; }\n"
        "[[ $(reply holdfast run --config a) == '<a file>' ]] || exit 1\n"
        "[[ $(reply holdfast ctl --control a) == '<a file>' ]] || exit 2\n"
        "[[ $(reply holdfast gateway call x --params @a) == '<@a file>' ]] || exit 3\n"
        "[[ $(reply holdfast gateway dev) == '<devices>' ]] || exit 4\n"
        "[[ $(reply holdfast run --log-format j) == '<json>' ]] || exit 5\n"
        "[[ $(reply holdfast devices rev) == '<revoke>' ]] || exit 6\n";
    scratch_make(&scratch);
    put_completion("bash");
    const char *const words[] = { "bash", "-c", script, scratch.path, NULL };
    CHECK_EQ(run_other(words), 0);
    scratch_drop(&scratch);
}

static void a_value_that_was_set_is_what_is_got_and_comments_stay(void)
{
    static const char before[] = "{\n  // mine\n  gateway: { port: 5 }, // yes\n}\n";
    static const char *const set[] = { "config", "set", "gateway.port", "6", "--config", NULL };
    static const char *const get[] = { "config", "get", "gateway.port", "--config", NULL };
    const char *words[WORDS_MAX] = { NULL };
    struct hf_fault fault;
    struct hf_buf after;
    struct stat info;
    scratch_make(&scratch);
    CHECK_EQ(hf_file_replace(scratch.path, hf_bytes_cstr(before), 0600, &fault), 0);
    for (size_t i = 0; set[i]; i++) words[i] = set[i];
    words[5] = scratch.path;
    struct program p;
    start(&p, words, "OPENCLAW_CONFIG_READONLY=1");
    CHECK_EQ(finish(&p), 1);
    CHECK(strstr(err_text, "managed from outside") != NULL);
    start(&p, words, "OPENCLAW_CONFIG_READONLY=true"); /* only 1 means it */
    CHECK_EQ(finish(&p), 0);
    hf_buf_init(&after, 4096);
    CHECK_EQ(hf_file_read(scratch.path, 4000, &after, &fault), 0);
    CHECK_TEXT(hf_buf_view(&after), "{\n  // mine\n  gateway: { port: 6 }, // yes\n}\n");
    CHECK_EQ(stat(scratch.path, &info), 0);
    CHECK_EQ(info.st_mode & 07777, 0600);
    words[6] = "--json";
    CHECK_EQ(run(words), 0);
    CHECK(strstr(out_text, "{\"ok\":true,\"path\":\"/") == out_text);
    CHECK(strstr(out_text, "\"key\":\"gateway.port\"}\n") != NULL);
    for (size_t i = 0; get[i]; i++) words[i] = get[i];
    words[6] = NULL;
    words[4] = scratch.path;
    words[5] = NULL;
    CHECK_EQ(run(words), 0);
    CHECK_TEXT(hf_bytes_cstr(out_text), "6\n");
    hf_buf_fini(&after);
    scratch_drop(&scratch);
}

/* `>&-`: no socket may take its place. */
static void a_closed_stdout_is_told_and_nothing_else_goes_there(void)
{
    static const char *const printing[][WORDS_MAX] = {
        { "config", "get" },
        { "probe", "--port", "1", "--timeout", "1000" },
        { "health", "--port", "1", "--json" },
    };
    scratch_make(&scratch);
    for (size_t i = 0; i < HF_COUNT(printing); i++) {
        struct program p;
        start_with(&p, printing[i], NULL, false);
        CHECK_EQ_AT(i, finish(&p), 1);
        CHECK_AT(i, strstr(err_text, "holdfast: cannot write to stdout: ") == err_text);
    }
    scratch_drop(&scratch);
}

static const struct {
    const char *own;
    int exit_code;
    const char *out, *err;
} verdicts[] = {
    { "{ gateway: { tls: { enabled: true } } }", 0, "ok", "" }, /* one is made */
    { "{ gateway: { tls: { enabled: true, certPath: '/no/a', keyPath: '/no/b' } } }", 78, "",
      "/no/a" },
    { "{ holdfast: { mode: 'relay' } }", 0, "ok",
      "only \"holdfast run -- CMD\" starts with this: holdfast.mode is \"relay\"" },
    { "{ holdfast: { mode: 'relay', upstream: 'gopher://x' } }", 78, "", "holdfast.upstream: " },
    { "{ holdfast: { upstream: 'notify:' } }", 78, "", "holdfast.upstream is set, but only" },
    { "{ gateway: { trustedProxies: ['x'] } }", 78, "", "gateway.trustedProxies: \"x\"" },
};

/* What `run` would start with is what is said to be fine. */
static void a_configuration_is_judged_as_a_start_would_judge_it(void)
{
    scratch_make(&scratch);
    for (size_t i = 0; i < HF_COUNT(verdicts); i++) {
        struct hf_fault fault;
        const char *const judge[WORDS_MAX] = { "config", "validate", "--config", scratch.path };
        const char *const try[WORDS_MAX] = { "run", "--config", scratch.path };
        CHECK_EQ(hf_file_replace(scratch.path, hf_bytes_cstr(verdicts[i].own), 0600, &fault), 0);
        CHECK_EQ_AT(i, run(judge), verdicts[i].exit_code);
        CHECK_AT(i, strstr(out_text, verdicts[i].out) != NULL);
        CHECK_AT(i, strstr(err_text, verdicts[i].err) != NULL);
        if (verdicts[i].exit_code == 0) continue;
        CHECK_EQ_AT(i, run(try), verdicts[i].exit_code);
        CHECK_AT(i, strstr(err_text, verdicts[i].err) != NULL);
    }
    scratch_drop(&scratch);
}

/* The program reads its token from its environment, and this test from the program. */
static void a_supervisor_hands_on_the_token_that_it_was_given(void)
{
    char token[32] = "", path[SCRATCH_PATH_BYTES], script[2 * SCRATCH_PATH_BYTES];
    struct program p;
    struct hf_fault fault;
    scratch_make(&scratch);
    snprintf(path, sizeof path, "%s/fifo", scratch.dir);
    CHECK_EQ(mkfifo(path, 0600), 0);
    snprintf(script, sizeof script, "echo $OPENCLAW_GATEWAY_TOKEN >%s; exec sleep 60", path);
    CHECK_EQ(hf_file_replace(scratch.path, HF_LIT("mine"), 0600, &fault), 0);
    const char *const words[WORDS_MAX] = { "supervise", "--token-file", scratch.path, "--",
                                           "/bin/sh",   "-c",           script };
    start(&p, words, NULL);
    FILE *fifo = fopen(path, "r");
    CHECK(fifo && fgets(token, sizeof token, fifo));
    fclose(fifo);
    CHECK_TEXT(hf_bytes_cstr(token), "mine\n");
    CHECK_EQ(stop(&p), 0);
    scratch_drop(&scratch);
}

/* --- run --- */

static const char *const any_port[WORDS_MAX] = { "run", "--port", "0" };

static void a_run_ends_with_0_and_never_prints_its_token(void)
{
    struct program p;
    struct hf_fault fault;
    struct hf_buf token;
    char path[SCRATCH_PATH_BYTES];
    scratch_make(&scratch);
    start(&p, any_port, NULL);
    CHECK(wait_ready(&p) > 0);
    CHECK_EQ(stop(&p), 0);
    snprintf(path, sizeof path, "%s/.local/state/holdfast/token", scratch.dir);
    hf_buf_init(&token, 100);
    CHECK_EQ(hf_file_read(path, 99, &token, &fault), 0);
    CHECK_EQ(token.len, 44); /* 43 characters and a newline */
    CHECK(strstr(err_text, path) != NULL);
    CHECK(memmem(err_text, strlen(err_text), token.ptr, 43) == NULL);
    hf_buf_fini(&token);
    scratch_drop(&scratch);
}

/* What is told can be connected to. */
static void the_ready_line_names_no_address_that_stands_for_all(void)
{
    static const char *const words[WORDS_MAX] = { "run", "--port", "0", "--bind", "0.0.0.0" };
    static const char mark[] = "holdfast ready url=ws://127.0.0.1:";
    char line[sizeof mark] = "";
    struct program p;
    scratch_make(&scratch);
    start(&p, words, NULL);
    for (size_t i = 0; i < sizeof mark - 1; i++) CHECK_EQ(read(p.out_fd, line + i, 1), 1);
    CHECK_TEXT(hf_bytes_cstr(line), mark);
    CHECK_EQ(stop(&p), 0);
    scratch_drop(&scratch);
}

static void a_second_instance_is_refused_with_78_and_says_who_holds_what(void)
{
    struct program first, second;
    char pid[32];
    scratch_make(&scratch);
    start(&first, any_port, NULL);
    wait_ready(&first);
    start(&second, any_port, NULL);
    CHECK_EQ(finish(&second), 78);
    snprintf(pid, sizeof pid, "pid %ld", (long)first.pid);
    CHECK(strstr(err_text, pid) != NULL);
    CHECK(strstr(err_text, "/.local/state/holdfast/lock") != NULL);
    CHECK_EQ(stop(&first), 0);
    scratch_drop(&scratch);
}

static void open_manager(int *fd, char variable[128])
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
    int len = snprintf(at.sun_path, sizeof at.sun_path, "%s/notify", scratch.dir);
    *fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    CHECK_EQ(bind(*fd, (struct sockaddr *)&at,
                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
             0);
    snprintf(variable, 128, "NOTIFY_SOCKET=%s", at.sun_path);
}

static void wait_for_message(int fd, const char *begin)
{
    for (;;) {
        char got[256];
        ssize_t len = recv(fd, got, sizeof got - 1, 0);
        CHECK(len > 0);
        got[len] = '\0';
        if (strncmp(got, begin, strlen(begin)) == 0) return;
    }
}

static void the_service_manager_hears_of_every_change(void)
{
    struct program p;
    int manager;
    char variable[128];
    scratch_make(&scratch);
    open_manager(&manager, variable);
    start(&p, any_port, variable);
    wait_for_message(manager, "READY=1\nSTATUS=serving");
    wait_ready(&p);
    kill(p.pid, SIGHUP);
    wait_for_message(manager, "RELOADING=1\nMONOTONIC_USEC=");
    wait_for_message(manager, "READY=1");
    kill(p.pid, SIGTERM);
    wait_for_message(manager, "STOPPING=1");
    CHECK_EQ(finish(&p), 0);
    close(manager);
    scratch_drop(&scratch);
}

static void put_config(const char *text)
{
    char path[SCRATCH_PATH_BYTES];
    struct hf_fault fault;
    snprintf(path, sizeof path, "%s/.config/holdfast", scratch.dir);
    CHECK_EQ(hf_file_make_directories(path), 0);
    snprintf(path, sizeof path, "%s/.config/holdfast/holdfast.json5", scratch.dir);
    CHECK_EQ(hf_file_replace(path, hf_bytes_cstr(text), 0600, &fault), 0);
}

static void a_reload_with_a_fault_changes_nothing_and_names_it(void)
{
    struct program p;
    int manager;
    char variable[128];
    scratch_make(&scratch);
    open_manager(&manager, variable);
    start(&p, any_port, variable);
    wait_for_message(manager, "READY=1");
    put_config("{\n gateway: { port: 'high' } }");
    kill(p.pid, SIGHUP);
    wait_for_message(manager, "READY=1");
    put_config("{ gateway: { port: 7 }, holdfast: { tickIntervalMs: 1000 } }");
    kill(p.pid, SIGHUP);
    wait_for_message(manager, "READY=1");
    CHECK_EQ(stop(&p), 0);
    CHECK(strstr(err_text, "config.refused") != NULL);
    CHECK(strstr(err_text, "holdfast.json5:2: gateway.port must be") != NULL);
    CHECK(strstr(err_text, "config.reloaded") != NULL);
    close(manager);
    scratch_drop(&scratch);
}

/* --- a verb beside a gateway that starts --- */

/* A port that was free just now. */
static void choose_port(char out[8])
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    snprintf(out, 8, "%u", ntohs(at.sin_port));
}

/* Begun in the same moment, when nothing listens yet, and done when the gateway is. */
static void a_verb_waits_for_a_gateway_that_was_started_just_now(void)
{
    char port[8];
    struct program gateway, verb;
    scratch_make(&scratch);
    choose_port(port);
    const char *const run_words[WORDS_MAX] = { "run",     "--port",          port,  "--token",
                                               "a-token", "--startup-delay", "1000" };
    const char *const verb_words[WORDS_MAX] = { "health", "--port", port, "--token", "a-token" };
    start(&gateway, run_words, NULL);
    start(&verb, verb_words, NULL);
    CHECK_EQ(finish(&verb), 0);
    CHECK_TEXT(hf_bytes_cstr(err_text), "");
    CHECK(strstr(out_text, "gateway: ok") != NULL);
    CHECK_EQ(stop(&gateway), 0);
    scratch_drop(&scratch);
}

/* Reads on until `text` stands `count` times in what was printed so far. */
static void read_until(int fd, char *seen, size_t *len, const char *text, int count)
{
    for (;;) {
        int found = 0;
        seen[*len] = '\0';
        for (const char *at = seen; (at = strstr(at, text)) != NULL; at++) found++;
        CHECK(found <= count);
        if (found == count) return;
        ssize_t got = read(fd, seen + *len, OUTPUT_BYTES - 1 - *len);
        CHECK(got > 0);
        *len += (size_t)got;
    }
}

/* The gateway is killed and comes back on the same log: every line once, none missing. */
static void a_log_is_followed_over_a_crash(void)
{
    static char seen[OUTPUT_BYTES];
    char port[8];
    size_t len = 0;
    struct program gateway, logs;
    scratch_make(&scratch);
    choose_port(port);
    const char *const run_words[WORDS_MAX] = { "run", "--port", port, "--token", "a-token" };
    const char *const verb_words[WORDS_MAX] = { "logs",    "--follow", "--port", port,
                                                "--token", "a-token",  "--quiet" };
    start(&gateway, run_words, NULL);
    wait_ready(&gateway);
    start(&logs, verb_words, NULL);
    read_until(logs.out_fd, seen, &len, " server.started ", 1);
    kill(gateway.pid, SIGKILL);
    CHECK_EQ(finish(&gateway), -SIGKILL);
    start(&gateway, run_words, NULL);
    wait_ready(&gateway);
    read_until(logs.out_fd, seen, &len, " server.started ", 2);
    kill(logs.pid, SIGINT);
    CHECK_EQ(finish(&logs), -SIGINT);
    CHECK_TEXT(hf_bytes_cstr(err_text), "");
    CHECK(strstr(out_text, " server.started ") == NULL); /* what came after the second one */
    CHECK_EQ(stop(&gateway), 0);
    scratch_drop(&scratch);
}

/* TLS without a certificate: one is made, kept, and taken again. */
static void a_certificate_is_made_once_when_none_is_configured(void)
{
    char cert[SCRATCH_PATH_BYTES], key[SCRATCH_PATH_BYTES];
    struct program p;
    struct stat first, again;
    scratch_make(&scratch);
    snprintf(cert, sizeof cert, "%s/.local/state/holdfast/tls/gateway-cert.pem", scratch.dir);
    snprintf(key, sizeof key, "%s/.local/state/holdfast/tls/gateway-key.pem", scratch.dir);
    put_config("{ gateway: { tls: { enabled: true } } }");
    for (int i = 0; i < 2; i++) {
        start(&p, any_port, NULL);
        CHECK_AT(i, wait_ready(&p) > 0);
        CHECK_EQ_AT(i, stop(&p), 0);
        CHECK_AT(i, strstr(i == 0 ? err_text : "tls.made", "tls.made") != NULL);
        CHECK_EQ_AT(i, stat(key, i == 0 ? &first : &again), 0);
    }
    CHECK_EQ(first.st_mode & 07777, 0600);
    CHECK_EQ(first.st_ino, again.st_ino);
    CHECK(strstr(err_text, "tls.made") == NULL);
    CHECK_EQ(unlink(cert), 0);
    start(&p, any_port, NULL);
    CHECK_EQ(finish(&p), 78);
    CHECK(strstr(err_text, "gateway-key.pem is there without") != NULL);
    scratch_drop(&scratch);
}

static void a_port_that_a_healthy_gateway_holds_is_refused_with_78(void)
{
    struct program holder, second;
    char port[16], state[SCRATCH_PATH_BYTES];
    scratch_make(&scratch);
    start(&holder, any_port, NULL);
    snprintf(port, sizeof port, "%u", wait_ready(&holder));
    snprintf(state, sizeof state, "%s/second", scratch.dir);
    const char *const words[WORDS_MAX] = { "run", "--port", port, "--state-dir", state };
    start(&second, words, NULL);
    CHECK_EQ(finish(&second), 78);
    CHECK(strstr(err_text, "the port is taken by pid") != NULL);
    CHECK_EQ(stop(&holder), 0);
    scratch_drop(&scratch);
}

CHECK_MAIN(every_verb_ends_with_the_code_and_the_words_of_the_contract,
           a_closed_stdout_is_told_and_nothing_else_goes_there,
           a_configuration_is_judged_as_a_start_would_judge_it,
           a_supervisor_hands_on_the_token_that_it_was_given,
           the_shells_accept_their_completion_scripts, bash_completes_files_and_verbs,
           a_value_that_was_set_is_what_is_got_and_comments_stay,
           a_run_ends_with_0_and_never_prints_its_token,
           the_ready_line_names_no_address_that_stands_for_all,
           a_second_instance_is_refused_with_78_and_says_who_holds_what,
           the_service_manager_hears_of_every_change,
           a_verb_waits_for_a_gateway_that_was_started_just_now, a_log_is_followed_over_a_crash,
           a_reload_with_a_fault_changes_nothing_and_names_it,
           a_certificate_is_made_once_when_none_is_configured,
           a_port_that_a_healthy_gateway_holds_is_refused_with_78)
