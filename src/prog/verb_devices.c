/* `holdfast devices`: who may log in, and who decides about it. */
#include "prog/ask.h"
#include "prog/show/text.h"
#include "prog/verbs.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20, FIELD_MAX = 256 /* of a device, for people */ };

/* --- list --- */

static void add_text(struct hf_buf *out, struct hf_bytes value)
{
    struct hf_buf text;
    if (value.len == 0) return;
    hf_buf_init(&text, TEXT_MAX);
    hf_json_text(value, &text);
    HF_BUF_LIT(out, "  ");
    hf_show_text(out, hf_buf_view(&text), FIELD_MAX);
    hf_buf_fini(&text);
}

static void add_member(struct hf_buf *out, struct hf_bytes object, const char *name)
{
    add_text(out, hf_json_find(object, name));
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

static int list(struct hf_ask *ask)
{
    static const struct hf_ask_call call = { .method = "device.pair.list" };
    struct hf_buf answer;
    int exit_code = hf_ask_call(ask, &call, &answer);
    if (exit_code == HF_EXIT_DONE)
        exit_code = ask->session.plan.args->values[HF_OPTION_JSON] ? hf_verb_print(&answer)
                                                                   : print_devices(&answer);
    hf_buf_fini(&answer);
    return exit_code;
}

/* --- decisions --- */

/* {"<id_name>":<id>,"role":<role>}; `role` is JSON, or empty. */
static int call_about(struct hf_ask *ask, const char *method, const char *id_name, const char *id,
                      struct hf_bytes role, struct hf_buf *answer)
{
    struct hf_buf params;
    struct hf_json_writer w;
    hf_buf_init(&params, TEXT_MAX);
    hf_json_writer_init(&w, &params);
    hf_json_open_object(&w);
    hf_json_add_text(&w, id_name, hf_bytes_cstr(id));
    if (role.len > 0) hf_json_add_raw(&w, "role", role);
    hf_json_close_object(&w);
    const struct hf_ask_call call = { .method = method, .params = hf_buf_text(&params) };
    int exit_code = HF_EXIT_FAILED;
    if (call.params) {
        exit_code = hf_ask_call(ask, &call, answer);
    } else {
        struct hf_fault fault;
        hf_buf_init(answer, 0);
        hf_fault_set(&fault, hf_buf_done(&params), "the id: %s", hf_err_text(hf_buf_done(&params)));
        exit_code = hf_verb_fail(ask->session.plan.args, &fault);
    }
    hf_buf_fini(&params);
    return exit_code;
}

static int decide(struct hf_ask *ask, const char *method, const char *done)
{
    struct hf_buf answer;
    const struct hf_args *args = ask->session.plan.args;
    const char *id = args->operands[1];
    int exit_code = call_about(ask, method, "requestId", id, HF_EMPTY, &answer);
    if (exit_code == HF_EXIT_DONE && args->values[HF_OPTION_JSON])
        exit_code = hf_verb_print(&answer);
    else if (exit_code == HF_EXIT_DONE && !args->values[HF_OPTION_QUIET])
        printf("%s %s\n", done, id);
    hf_buf_fini(&answer);
    return exit_code;
}

static int approve(struct hf_ask *ask)
{
    return decide(ask, "device.pair.approve", "approved");
}

static int reject(struct hf_ask *ask)
{
    return decide(ask, "device.pair.reject", "rejected");
}

/* --- revoke --- */

/* The tokens of the paired device, or nothing when there is no such device. */
static struct hf_bytes tokens_of(struct hf_bytes answer, const char *id)
{
    struct hf_json_iter it = hf_json_iter(hf_json_find(answer, "paired"));
    struct hf_bytes device;
    while (hf_json_next(&it, &device))
        if (hf_json_is(hf_json_find(device, "deviceId"), hf_bytes_cstr(id)))
            return hf_json_find(device, "tokens");
    return HF_EMPTY;
}

static int revoke_one(struct hf_ask *ask, struct hf_bytes role, struct hf_json_writer *done)
{
    struct hf_buf answer;
    const struct hf_args *args = ask->session.plan.args;
    const char *id = args->operands[1];
    int exit_code = call_about(ask, "device.token.revoke", "deviceId", id, role, &answer);
    if (exit_code == HF_EXIT_DONE && answer.len > 0) hf_json_put_raw(done, hf_buf_view(&answer));
    if (exit_code == HF_EXIT_DONE && !args->values[HF_OPTION_JSON] &&
        !args->values[HF_OPTION_QUIET]) {
        struct hf_buf line;
        hf_buf_init(&line, TEXT_MAX);
        hf_buf_addf(&line, "revoked %s", id);
        add_text(&line, role);
        hf_verb_print(&line);
    }
    hf_buf_fini(&answer);
    return exit_code;
}

/* Every token that still lets it in, whatever its role. */
static int revoke_all(struct hf_ask *ask, struct hf_bytes tokens, struct hf_json_writer *done)
{
    struct hf_json_iter it = hf_json_iter(tokens);
    struct hf_bytes token;
    int exit_code = HF_EXIT_DONE;
    while (exit_code == HF_EXIT_DONE && hf_json_next(&it, &token))
        if (hf_json_find(token, "revokedAtMs").len == 0)
            exit_code = revoke_one(ask, hf_json_find(token, "role"), done);
    return exit_code;
}

static int revoke_listed(struct hf_ask *ask, const struct hf_buf *list)
{
    struct hf_buf out;
    struct hf_json_writer w;
    struct hf_fault fault;
    const struct hf_args *args = ask->session.plan.args;
    struct hf_bytes tokens = tokens_of(hf_buf_view(list), args->operands[1]);
    if (hf_json_kind(tokens) != HF_JSON_ARRAY) {
        hf_fault_set(&fault, HF_ERR_NOT_FOUND, "no paired device has the id \"%s\"",
                     args->operands[1]);
        return hf_verb_fail(args, &fault);
    }
    hf_buf_init(&out, HF_LIMIT_BUFFERED_BYTES);
    hf_json_writer_init(&w, &out);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "deviceId", hf_bytes_cstr(args->operands[1]));
    hf_json_add_array(&w, "revoked");
    int exit_code = revoke_all(ask, tokens, &w);
    hf_json_close_array(&w);
    hf_json_close_object(&w);
    if (exit_code == HF_EXIT_DONE && args->values[HF_OPTION_JSON]) return hf_verb_print(&out);
    hf_buf_fini(&out);
    return exit_code;
}

static int revoke(struct hf_ask *ask)
{
    static const struct hf_ask_call call = { .method = "device.pair.list" };
    struct hf_buf answer;
    int exit_code = hf_ask_call(ask, &call, &answer);
    if (exit_code == HF_EXIT_DONE) exit_code = revoke_listed(ask, &answer);
    hf_buf_fini(&answer);
    return exit_code;
}

/* --- the verb --- */

struct action {
    const char *name;
    int operands;
    bool needs_admin; /* who decides must hold what the device gets */
    int (*run)(struct hf_ask *ask);
};

static int run(const struct hf_args *args, const struct action *action)
{
    struct hf_ask ask;
    const char *scopes[] = { hf_ask_scope("device.pair.list"), "operator.admin" };
    int exit_code = hf_ask_open(&ask, args, scopes, action->needs_admin ? 2 : 1, false);
    if (exit_code == HF_EXIT_DONE) exit_code = action->run(&ask);
    hf_ask_close(&ask);
    return exit_code;
}

int hf_verb_devices(const struct hf_args *args)
{
    static const struct action actions[] = { { "list", 1, false, list },
                                             { "approve", 2, true, approve },
                                             { "reject", 2, true, reject },
                                             { "revoke", 2, true, revoke } };
    struct hf_fault fault;
    const char *name = args->operand_count > 0 ? args->operands[0] : "";
    for (size_t i = 0; i < HF_COUNT(actions); i++)
        if (strcmp(name, actions[i].name) == 0 && args->operand_count == actions[i].operands)
            return run(args, &actions[i]);
    hf_fault_set(&fault, HF_ERR_USAGE, "devices wants: list | approve ID | reject ID | revoke ID");
    return hf_verb_fail(args, &fault);
}
