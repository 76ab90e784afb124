#include "host/child_env.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ADDED_MAX = 8, TEXT_BYTES = 65536 };

/* For us, not for the program; or said anew below. */
static const char *const dropped[] = {
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "OPENCLAW_NO_RESPAWN",
    "OPENCLAW_DISABLE_BONJOUR",
    "OPENCLAW_GATEWAY_STARTUP_TRACE",
    "OPENCLAW_EXEC_SHELL_SNAPSHOT",
};

static bool has_name(const char *variable, const char *name)
{
    size_t len = strlen(name);
    return strncmp(variable, name, len) == 0 && variable[len] == '=';
}

static bool is_kept(const char *variable, const struct hf_child_env_spec *spec)
{
    for (size_t i = 0; i < HF_COUNT(dropped); i++)
        if (has_name(variable, dropped[i])) return false;
    if (spec->token && has_name(variable, "OPENCLAW_GATEWAY_TOKEN")) return false;
    return spec->port == 0 || !has_name(variable, "OPENCLAW_GATEWAY_PORT");
}

/* Each ends with its zero; pointers are made when the text no longer moves. */
static void add_text(struct hf_child_env *e, const struct hf_child_env_spec *spec)
{
    struct hf_buf *b = &e->text;
    /* Restarts stay inside of the process, so that the number we watch stays right. */
    HF_BUF_LIT(b, "OPENCLAW_NO_RESPAWN=1\0");
    HF_BUF_LIT(b, "OPENCLAW_DISABLE_BONJOUR=1\0");
    HF_BUF_LIT(b, "OPENCLAW_EXEC_SHELL_SNAPSHOT=0\0");
    if (!spec->is_repair) HF_BUF_LIT(b, "OPENCLAW_GATEWAY_STARTUP_TRACE=1\0");
    if (spec->notify_socket) {
        HF_BUF_LIT(b, "NOTIFY_SOCKET=");
        hf_buf_add(b, hf_bytes(spec->notify_socket, strlen(spec->notify_socket) + 1));
    }
    if (spec->token) {
        HF_BUF_LIT(b, "OPENCLAW_GATEWAY_TOKEN=");
        hf_buf_add(b, hf_bytes(spec->token, strlen(spec->token) + 1));
    }
    if (spec->port != 0) {
        HF_BUF_LIT(b, "OPENCLAW_GATEWAY_PORT=");
        hf_buf_add_u64(b, spec->port);
        hf_buf_add_byte(b, 0);
    }
}

int hf_child_env_init(struct hf_child_env *e, const struct hf_child_env_spec *spec)
{
    size_t count = 0, kept = 0;
    *e = (struct hf_child_env){ 0 };
    hf_buf_init(&e->text, TEXT_BYTES);
    add_text(e, spec);
    while (spec->from[count]) count++;
    e->vars = hf_mem_zero(count + ADDED_MAX + 1, sizeof *e->vars);
    int err = e->vars ? hf_buf_done(&e->text) : HF_ERR_NOMEM;
    if (err) {
        hf_child_env_fini(e);
        return err;
    }
    for (size_t i = 0; i < count; i++)
        if (is_kept(spec->from[i], spec)) e->vars[kept++] = spec->from[i];
    for (size_t at = 0; at < e->text.len; at += strlen((char *)e->text.ptr + at) + 1)
        e->vars[kept++] = (char *)e->text.ptr + at;
    return 0;
}

void hf_child_env_fini(struct hf_child_env *e)
{
    if (e->text.ptr) hf_wipe(e->text.ptr, e->text.cap);
    hf_buf_fini(&e->text);
    hf_mem_free(e->vars);
    e->vars = NULL;
}

/* --- the program --- */

/* 0, HF_ERR_NOT_FOUND, or HF_ERR_DENIED. */
static int check_program(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) return errno == EACCES ? HF_ERR_DENIED : HF_ERR_NOT_FOUND;
    return S_ISREG(info.st_mode) && access(path, X_OK) == 0 ? 0 : HF_ERR_DENIED;
}

int hf_program_find(const char *name, const char *path, char *out, size_t cap)
{
    struct hf_bytes rest = hf_bytes_cstr(path ? path : "/usr/local/bin:/usr/bin:/bin");
    int worst = HF_ERR_NOT_FOUND;
    if (strchr(name, '/')) {
        if (strlen(name) >= cap) return HF_ERR_TOO_LARGE;
        memcpy(out, name, strlen(name) + 1);
        return check_program(out);
    }
    for (bool is_last = name[0] == '\0'; !is_last;) {
        size_t end = hf_bytes_find(rest, 0, ':');
        is_last = end == rest.len;
        /* An empty part is the current directory. */
        int len = snprintf(out, cap, "%.*s%s%s", (int)end, (const char *)rest.ptr, end ? "/" : "./",
                           name);
        int err = (size_t)len < cap ? check_program(out) : HF_ERR_TOO_LARGE;
        if (err == 0) return 0;
        if (err != HF_ERR_NOT_FOUND) worst = err;
        rest = hf_bytes_from(rest, end + 1);
    }
    return worst;
}
