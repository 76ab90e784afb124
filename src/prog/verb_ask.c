/* `holdfast call` and `health`: one question to a gateway each. */
#include "host/clock.h"
#include "host/file.h"
#include "prog/ask.h"
#include "prog/health_text.h"
#include "prog/verbs.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    TEXT_MAX = 1 << 20,
    PARAMS_MAX = HF_LIMIT_PAYLOAD_BYTES,
    READ_BYTES = 65536,
    HF_VERSION_BYTES = 64,
};

/* The document as it came; nothing is null. */
static int print_answer(struct hf_buf *answer)
{
    if (answer->len == 0) HF_BUF_LIT(answer, "null");
    return hf_verb_print(answer);
}

/* One method, from the connection to the answer. */
static int ask_once(const struct hf_args *args, const struct hf_ask_call *call,
                    struct hf_buf *answer, char version[HF_VERSION_BYTES])
{
    struct hf_ask ask;
    const char *scope = hf_ask_scope(call->method);
    hf_buf_init(answer, 0);
    int exit_code = hf_ask_open(&ask, args, &scope, 1, false);
    if (exit_code == HF_EXIT_DONE) exit_code = hf_ask_call(&ask, call, answer);
    if (exit_code == HF_EXIT_DONE) hf_ask_version(&ask, version, HF_VERSION_BYTES);
    hf_ask_close(&ask);
    return exit_code;
}

/* --- call --- */

static int read_stdin(struct hf_buf *out, struct hf_fault *fault)
{
    for (;;) {
        int err = hf_buf_reserve(out, READ_BYTES);
        if (err) return hf_fault_set(fault, err, "--params: %s", hf_err_text(err));
        ssize_t len = read(STDIN_FILENO, out->ptr + out->len, READ_BYTES);
        if (len < 0) return hf_fault_set(fault, HF_ERR_IO, "--params: stdin cannot be read");
        if (len == 0) return 0;
        hf_buf_used(out, (size_t)len);
        if (out->len > PARAMS_MAX)
            return hf_fault_set(fault, HF_ERR_TOO_LARGE, "--params: more than %d bytes on stdin",
                                PARAMS_MAX);
    }
}

static int read_file(const char *path, struct hf_buf *out, struct hf_fault *fault)
{
    struct hf_fault plain;
    int err = hf_file_read(path, PARAMS_MAX, out, &plain);
    return err ? hf_fault_set(fault, err, "--params: %s", plain.text) : 0;
}

/* JSON, @FILE or - for stdin; it must be one JSON value. */
static int read_params(const char *given, struct hf_buf *out, struct hf_fault *fault)
{
    struct hf_json_error error;
    int err = 0;
    if (strcmp(given, "-") == 0)
        err = read_stdin(out, fault);
    else if (given[0] == '@')
        err = read_file(given + 1, out, fault);
    else
        hf_buf_add(out, hf_bytes_cstr(given));
    if (err) return err;
    if (!hf_buf_text(out))
        return hf_fault_set(fault, hf_buf_done(out), "--params: %s", hf_err_text(hf_buf_done(out)));
    if (hf_json_check(hf_buf_view(out), HF_LIMIT_JSON_DEPTH, &error) == 0) return 0;
    return hf_fault_set(fault, HF_ERR_USAGE, "--params is not JSON: %s at byte %zu", error.what,
                        error.offset);
}

int hf_verb_call(const struct hf_args *args)
{
    const char *given = args->values[HF_OPTION_PARAMS];
    struct hf_fault fault;
    struct hf_buf params, answer;
    char version[HF_VERSION_BYTES];
    if (args->operand_count != 1 || args->operands[0][0] == '\0') {
        hf_fault_set(&fault, HF_ERR_USAGE, "call wants one method");
        return hf_verb_fail(args, &fault);
    }
    hf_buf_init(&params, 2 * PARAMS_MAX);
    int exit_code = HF_EXIT_DONE;
    if (given && read_params(given, &params, &fault) != 0) {
        exit_code = hf_verb_fail(args, &fault);
    } else {
        const struct hf_ask_call call = { .method = args->operands[0],
                                          .params = given ? hf_buf_text(&params) : NULL,
                                          .expects_final =
                                              args->values[HF_OPTION_EXPECT_FINAL] != NULL };
        exit_code = ask_once(args, &call, &answer, version);
        if (exit_code == HF_EXIT_DONE) exit_code = print_answer(&answer);
        hf_buf_fini(&answer);
    }
    hf_buf_fini(&params);
    return exit_code;
}

/* --- health --- */

static int print_health(const struct hf_buf *answer, const char *version)
{
    struct hf_buf out;
    bool is_ok = false;
    hf_buf_init(&out, TEXT_MAX);
    hf_json_get_bool(hf_json_find(hf_buf_view(answer), "ok"), &is_ok);
    hf_buf_addf(&out, "gateway: %s, version %s\n", is_ok ? "ok" : "not ok", version);
    hf_health_line(&out, hf_json_find(hf_buf_view(answer), "connection"), hf_clock_now().wall_ms);
    return hf_verb_print(&out);
}

int hf_verb_health(const struct hf_args *args)
{
    static const struct hf_ask_call call = { .method = "health" };
    struct hf_buf answer;
    char version[HF_VERSION_BYTES];
    if (args->values[HF_OPTION_WATCH]) return hf_verb_watch(args);
    int exit_code = ask_once(args, &call, &answer, version);
    if (exit_code == HF_EXIT_DONE)
        exit_code =
            args->values[HF_OPTION_JSON] ? print_answer(&answer) : print_health(&answer, version);
    hf_buf_fini(&answer);
    return exit_code;
}
