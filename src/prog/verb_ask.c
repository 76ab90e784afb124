/* `holdfast call`, `health` and `devices`: one question to a gateway each. */
#include "host/clock.h"
#include "host/file.h"
#include "prog/ask.h"
#include "prog/health_text.h"
#include "prog/show/text.h"
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
    FIELD_MAX = 256, /* of a device, for people */
};

static int usage(const char *text)
{
    struct hf_fault fault;
    hf_fault_set(&fault, HF_ERR_USAGE, "%s", text);
    return hf_verb_fail(&fault);
}

/* The document as it came; nothing is null. */
static int print_answer(struct hf_buf *answer)
{
    if (answer->len == 0) HF_BUF_LIT(answer, "null");
    return hf_verb_print(answer);
}

/* One method, from the connection to the answer; `more_scope` is one that it needs
 * beside its own, or NULL. */
static int ask_once(const struct hf_args *args, const struct hf_ask_call *call,
                    const char *more_scope, struct hf_buf *answer, char version[HF_VERSION_BYTES])
{
    struct hf_ask ask;
    const char *scopes[] = { hf_ask_scope(call->method), more_scope };
    hf_buf_init(answer, 0);
    int exit_code = hf_ask_open(&ask, args, scopes, more_scope ? 2 : 1, false);
    if (exit_code == HF_EXIT_DONE) exit_code = hf_ask_call(&ask, call, answer);
    if (exit_code == HF_EXIT_DONE) hf_ask_version(&ask, version, HF_VERSION_BYTES);
    hf_ask_close(&ask);
    return exit_code;
}

/* --- call --- */

static int read_stdin(struct hf_buf *out, struct hf_fault *fault)
{
    for (;;) {
        if (hf_buf_reserve(out, READ_BYTES) != 0)
            return hf_fault_set(fault, HF_ERR_TOO_LARGE, "--params: more than %d bytes on stdin",
                                PARAMS_MAX);
        ssize_t len = read(STDIN_FILENO, out->ptr + out->len, READ_BYTES);
        if (len < 0) return hf_fault_set(fault, HF_ERR_IO, "--params: stdin cannot be read");
        if (len == 0) return 0;
        hf_buf_used(out, (size_t)len);
    }
}

/* JSON, @FILE or - for stdin; it must be one JSON value. */
static int read_params(const char *given, struct hf_buf *out, struct hf_fault *fault)
{
    struct hf_json_error error;
    int err = 0;
    if (!given) return 0;
    if (strcmp(given, "-") == 0)
        err = read_stdin(out, fault);
    else if (given[0] == '@')
        err = hf_file_read(given + 1, PARAMS_MAX, out, fault);
    else
        hf_buf_add(out, hf_bytes_cstr(given));
    if (err) return err;
    if (hf_json_check(hf_buf_view(out), HF_LIMIT_JSON_DEPTH, &error) == 0) return 0;
    return hf_fault_set(fault, HF_ERR_USAGE, "--params is not JSON: %s at byte %zu", error.what,
                        error.offset);
}

int hf_verb_call(const struct hf_args *args)
{
    struct hf_fault fault;
    struct hf_buf params, answer;
    char version[HF_VERSION_BYTES];
    if (args->operand_count != 1 || args->operands[0][0] == '\0')
        return usage("call wants one method");
    hf_buf_init(&params, 2 * PARAMS_MAX);
    int exit_code = HF_EXIT_DONE;
    if (read_params(args->values[HF_OPTION_PARAMS], &params, &fault) != 0) {
        exit_code = hf_verb_fail(&fault);
    } else {
        bool has_params = params.len > 0;
        hf_buf_add_byte(&params, '\0');
        const struct hf_ask_call call = { .method = args->operands[0],
                                          .params = has_params ? (char *)params.ptr : NULL,
                                          .expects_final =
                                              args->values[HF_OPTION_EXPECT_FINAL] != NULL };
        exit_code = ask_once(args, &call, NULL, &answer, version);
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
    int exit_code = ask_once(args, &call, NULL, &answer, version);
    if (exit_code == HF_EXIT_DONE)
        exit_code =
            args->values[HF_OPTION_JSON] ? print_answer(&answer) : print_health(&answer, version);
    hf_buf_fini(&answer);
    return exit_code;
}

/* --- devices --- */

static void add_member(struct hf_buf *out, struct hf_bytes object, const char *name)
{
    struct hf_buf text;
    struct hf_bytes value = hf_json_find(object, name);
    if (value.len == 0) return;
    hf_buf_init(&text, TEXT_MAX);
    hf_json_text(value, &text);
    HF_BUF_LIT(out, "  ");
    hf_show_text(out, hf_buf_view(&text), FIELD_MAX);
    hf_buf_fini(&text);
}

static void add_devices(struct hf_buf *out, struct hf_bytes list, const char *title,
                        const char *id_name)
{
    struct hf_json_iter it = hf_json_iter(list);
    struct hf_bytes device;
    hf_buf_addf(out, "%s: %zu\n", title, hf_json_count(list));
    while (hf_json_next(&it, &device)) {
        add_member(out, device, id_name);
        add_member(out, device, "displayName");
        add_member(out, device, "clientId");
        add_member(out, device, "role");
        add_member(out, device, "remoteIp");
        HF_BUF_LIT(out, "\n");
    }
}

static int print_devices(const struct hf_buf *text)
{
    struct hf_buf out;
    struct hf_bytes answer = hf_buf_view(text);
    hf_buf_init(&out, HF_LIMIT_BUFFERED_BYTES);
    add_devices(&out, hf_json_find(answer, "pending"), "pending", "requestId");
    add_devices(&out, hf_json_find(answer, "paired"), "paired", "deviceId");
    return hf_verb_print(&out);
}

struct device_action {
    const char *name, *method, *id_name, *extra; /* `extra`: more members, JSON */
    const char *more_scope;                      /* who decides must hold what the device gets */
    const char *done;                            /* for people */
};

static int ask_device(const struct hf_args *args, const struct device_action *action)
{
    struct hf_buf params, answer;
    char version[HF_VERSION_BYTES];
    struct hf_ask_call call = { .method = action->method };
    hf_buf_init(&params, TEXT_MAX);
    if (action->id_name) {
        hf_buf_addf(&params, "{\"%s\":", action->id_name);
        hf_json_quote(&params, hf_bytes_cstr(args->operands[1]));
        hf_buf_addf(&params, "%s}", action->extra);
        hf_buf_add_byte(&params, '\0');
        call.params = (char *)params.ptr;
    }
    int exit_code = ask_once(args, &call, action->more_scope, &answer, version);
    if (exit_code == HF_EXIT_DONE && args->values[HF_OPTION_JSON])
        exit_code = print_answer(&answer);
    else if (exit_code == HF_EXIT_DONE && !action->id_name)
        exit_code = print_devices(&answer);
    else if (exit_code == HF_EXIT_DONE && !args->values[HF_OPTION_QUIET])
        printf("%s %s\n", action->done, args->operands[1]);
    hf_buf_fini(&answer);
    hf_buf_fini(&params);
    return exit_code;
}

int hf_verb_devices(const struct hf_args *args)
{
    static const struct device_action actions[] = {
        { "list", "device.pair.list", NULL, "", NULL, NULL },
        { "approve", "device.pair.approve", "requestId", "", "operator.admin", "approved" },
        { "reject", "device.pair.reject", "requestId", "", "operator.admin", "rejected" },
        { "revoke", "device.token.revoke", "deviceId", ",\"role\":\"operator\"",
          "operator.admin", "revoked" },
    };
    const char *name = args->operand_count > 0 ? args->operands[0] : "";
    for (size_t i = 0; i < HF_COUNT(actions); i++)
        if (strcmp(name, actions[i].name) == 0 &&
            args->operand_count == (actions[i].id_name ? 2 : 1))
            return ask_device(args, &actions[i]);
    return usage("devices wants: list | approve ID | reject ID | revoke ID");
}
