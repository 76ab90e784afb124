/* `holdfast call`, `health` and `devices`: one question to a gateway each. */
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

enum { TEXT_MAX = 1 << 20, PARAMS_MAX = HF_LIMIT_PAYLOAD_BYTES, READ_BYTES = 65536 };

static int usage(const char *text)
{
    struct hf_fault fault;
    hf_fault_set(&fault, HF_ERR_USAGE, "%s", text);
    return hf_verb_fail(&fault);
}

static int print_answer(const struct hf_ask *ask)
{
    struct hf_buf out;
    hf_buf_init(&out, HF_LIMIT_BUFFERED_BYTES);
    hf_buf_add(&out, ask->answer.len ? hf_buf_view(&ask->answer) : HF_LIT("null"));
    return hf_verb_print(&out);
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
    struct hf_buf params;
    if (args->operand_count != 1) return usage("call wants one method");
    struct hf_ask ask = { .method = hf_bytes_cstr(args->operands[0]),
                          .expects_final = args->values[HF_OPTION_EXPECT_FINAL] != NULL,
                          .args = args };
    if (ask.method.len == 0) return usage("call wants one method");
    hf_buf_init(&params, 2 * PARAMS_MAX);
    int exit_code = HF_EXIT_DONE;
    if (read_params(args->values[HF_OPTION_PARAMS], &params, &fault) != 0) {
        exit_code = hf_verb_fail(&fault);
    } else {
        ask.params = hf_json_root(hf_buf_view(&params));
        exit_code = hf_ask(&ask);
        if (exit_code == HF_EXIT_DONE) exit_code = print_answer(&ask);
    }
    hf_ask_fini(&ask);
    hf_buf_fini(&params);
    return exit_code;
}

/* --- health --- */

int hf_verb_health(const struct hf_args *args)
{
    struct hf_ask ask = { .method = HF_LIT("health"), .args = args };
    int exit_code = hf_ask(&ask);
    if (exit_code == HF_EXIT_DONE && args->values[HF_OPTION_JSON]) {
        exit_code = print_answer(&ask);
    } else if (exit_code == HF_EXIT_DONE) {
        struct hf_buf out;
        struct hf_bytes ok = hf_json_find(hf_buf_view(&ask.answer), "ok");
        bool is_ok = false;
        hf_buf_init(&out, TEXT_MAX);
        hf_json_get_bool(ok, &is_ok);
        hf_buf_addf(&out, "gateway: %s, version %s\n", is_ok ? "ok" : "not ok", ask.server_version);
        hf_health_line(&out, hf_json_find(hf_buf_view(&ask.answer), "connection"),
                       hf_clock_now().wall_ms);
        exit_code = hf_verb_print(&out);
    }
    hf_ask_fini(&ask);
    return exit_code;
}

/* --- devices --- */

static void add_member(struct hf_buf *out, struct hf_bytes object, const char *name)
{
    struct hf_bytes value = hf_json_find(object, name);
    if (value.len == 0) return;
    HF_BUF_LIT(out, "  ");
    hf_json_text(value, out);
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

static int print_devices(const struct hf_ask *ask)
{
    struct hf_buf out;
    struct hf_bytes answer = hf_buf_view(&ask->answer);
    hf_buf_init(&out, HF_LIMIT_BUFFERED_BYTES);
    add_devices(&out, hf_json_find(answer, "pending"), "pending", "requestId");
    add_devices(&out, hf_json_find(answer, "paired"), "paired", "deviceId");
    return hf_verb_print(&out);
}

struct device_action {
    const char *name, *method, *id_name, *extra; /* `extra`: more members, JSON */
    const char *done;                            /* for people */
};

static int ask_device(const struct hf_args *args, const struct device_action *action)
{
    struct hf_buf params;
    struct hf_ask ask = { .method = hf_bytes_cstr(action->method), .args = args };
    hf_buf_init(&params, TEXT_MAX);
    if (action->id_name) {
        hf_buf_addf(&params, "{\"%s\":", action->id_name);
        hf_json_quote(&params, hf_bytes_cstr(args->operands[1]));
        hf_buf_addf(&params, "%s}", action->extra);
    }
    ask.params = hf_buf_view(&params);
    int exit_code = hf_ask(&ask);
    if (exit_code == HF_EXIT_DONE && args->values[HF_OPTION_JSON])
        exit_code = print_answer(&ask);
    else if (exit_code == HF_EXIT_DONE && !action->id_name)
        exit_code = print_devices(&ask);
    else if (exit_code == HF_EXIT_DONE && !args->values[HF_OPTION_QUIET])
        printf("%s %s\n", action->done, args->operands[1]);
    hf_ask_fini(&ask);
    hf_buf_fini(&params);
    return exit_code;
}

int hf_verb_devices(const struct hf_args *args)
{
    static const struct device_action actions[] = {
        { "list", "device.pair.list", NULL, "", NULL },
        { "approve", "device.pair.approve", "requestId", "", "approved" },
        { "reject", "device.pair.reject", "requestId", "", "rejected" },
        { "revoke", "device.token.revoke", "deviceId", ",\"role\":\"operator\"", "revoked" },
    };
    const char *name = args->operand_count > 0 ? args->operands[0] : "";
    for (size_t i = 0; i < HF_COUNT(actions); i++)
        if (strcmp(name, actions[i].name) == 0 &&
            args->operand_count == (actions[i].id_name ? 2 : 1))
            return ask_device(args, &actions[i]);
    return usage("devices wants: list | approve ID | reject ID | revoke ID");
}
