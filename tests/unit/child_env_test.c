#include "host/child_env.h"
#include "base/err.h"
#include "lib/scratch.h"

#include <fcntl.h>

static const char *value_of(const struct hf_child_env *e, const char *name)
{
    const char *found = NULL;
    size_t len = strlen(name);
    for (size_t i = 0; e->vars[i]; i++) {
        if (strncmp(e->vars[i], name, len) != 0 || e->vars[i][len] != '=') continue;
        CHECK(!found); /* never twice */
        found = e->vars[i] + len + 1;
    }
    return found;
}

static char *const ours[] = {
    "HOME=/h",
    "NOTIFY_SOCKET=/run/ours",
    "WATCHDOG_USEC=1",
    "WATCHDOG_PID=2",
    "LISTEN_FDS=3",
    "LISTEN_PID=4",
    "LISTEN_FDNAMES=5",
    "OPENCLAW_NO_RESPAWN=0",
    "OPENCLAW_GATEWAY_TOKEN=old",
    "OPENCLAW_GATEWAY_PORT=1",
    "NOTIFY_SOCKETS=kept",
    NULL,
};

static void what_was_meant_for_us_does_not_reach_the_child(void)
{
    static const char *const gone[] = { "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID",
                                        "LISTEN_FDNAMES" };
    struct hf_child_env e;
    struct hf_child_env_spec spec = {
        .from = ours, .notify_socket = "@child", .token = "new", .port = 18789
    };
    CHECK_EQ(hf_child_env_init(&e, &spec), 0);
    for (size_t i = 0; i < HF_COUNT(gone); i++) CHECK_AT(i, value_of(&e, gone[i]) == NULL);
    CHECK_TEXT(hf_bytes_cstr(value_of(&e, "HOME")), "/h");
    CHECK_TEXT(hf_bytes_cstr(value_of(&e, "NOTIFY_SOCKETS")), "kept");
    CHECK_TEXT(hf_bytes_cstr(value_of(&e, "NOTIFY_SOCKET")), "@child");
    CHECK_TEXT(hf_bytes_cstr(value_of(&e, "OPENCLAW_NO_RESPAWN")), "1");
    CHECK_TEXT(hf_bytes_cstr(value_of(&e, "OPENCLAW_DISABLE_BONJOUR")), "1");
    CHECK_TEXT(hf_bytes_cstr(value_of(&e, "OPENCLAW_EXEC_SHELL_SNAPSHOT")), "0");
    CHECK_TEXT(hf_bytes_cstr(value_of(&e, "OPENCLAW_GATEWAY_STARTUP_TRACE")), "1");
    CHECK_TEXT(hf_bytes_cstr(value_of(&e, "OPENCLAW_GATEWAY_TOKEN")), "new");
    CHECK_TEXT(hf_bytes_cstr(value_of(&e, "OPENCLAW_GATEWAY_PORT")), "18789");
    hf_child_env_fini(&e);
}

static void what_is_not_given_stays_as_it_was(void)
{
    struct hf_child_env e;
    struct hf_child_env_spec spec = { .from = ours, .is_repair = true };
    CHECK_EQ(hf_child_env_init(&e, &spec), 0);
    CHECK(value_of(&e, "NOTIFY_SOCKET") == NULL);
    CHECK(value_of(&e, "OPENCLAW_GATEWAY_STARTUP_TRACE") == NULL);
    CHECK_TEXT(hf_bytes_cstr(value_of(&e, "OPENCLAW_GATEWAY_TOKEN")), "old");
    CHECK_TEXT(hf_bytes_cstr(value_of(&e, "OPENCLAW_GATEWAY_PORT")), "1");
    hf_child_env_fini(&e);
}

/* supervisor 15: what cannot be executed is known before a process is made. */
static void programs_are_found_as_a_shell_finds_them(void)
{
    struct scratch s;
    char out[1024], path[2048], plain[1024], program[1024];
    scratch_make(&s);
    snprintf(plain, sizeof plain, "%s/plain", s.dir);
    snprintf(program, sizeof program, "%s/program", s.dir);
    close(open(plain, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    close(open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
    snprintf(path, sizeof path, "/no/such:%s:/bin", s.dir);
    CHECK_EQ(hf_program_find("program", path, out, sizeof out), 0);
    CHECK_TEXT(hf_bytes_cstr(out), program);
    CHECK_EQ(hf_program_find("plain", path, out, sizeof out), HF_ERR_DENIED);
    CHECK_EQ(hf_program_find("nothing-of-that-name", path, out, sizeof out), HF_ERR_NOT_FOUND);
    CHECK_EQ(hf_program_find("", path, out, sizeof out), HF_ERR_NOT_FOUND);
    CHECK_EQ(hf_program_find(program, NULL, out, sizeof out), 0);
    CHECK_EQ(hf_program_find(plain, NULL, out, sizeof out), HF_ERR_DENIED);
    CHECK_EQ(hf_program_find(s.dir, NULL, out, sizeof out), HF_ERR_DENIED);
    CHECK_EQ(hf_program_find("/no/such/program", NULL, out, sizeof out), HF_ERR_NOT_FOUND);
    CHECK_EQ(hf_program_find("sh", NULL, out, sizeof out), 0);
    CHECK_EQ(hf_program_find("sh", "/bin", out, 7), HF_ERR_TOO_LARGE);
    CHECK_EQ(hf_program_find("sh", "/bin", out, 8), 0);
    scratch_drop(&s);
}

CHECK_MAIN(what_was_meant_for_us_does_not_reach_the_child, what_is_not_given_stays_as_it_was,
           programs_are_found_as_a_shell_finds_them)
