/* The small verbs, and how every verb ends. */
#include "prog/verbs.h"
#include "host/file.h"
#include "wire/json_write.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20 };

/* The shape of a failed request (prog/ask), for what failed before there was one. */
static void tell_json(const struct hf_fault *fault, const char *type)
{
    struct hf_buf out;
    struct hf_json_writer w;
    hf_buf_init(&out, TEXT_MAX);
    hf_json_writer_init(&w, &out);
    hf_json_open_object(&w);
    hf_json_add_bool(&w, "ok", false);
    hf_json_add_object(&w, "error");
    hf_json_add_text(&w, "type", hf_bytes_cstr(type));
    hf_json_add_text(&w, "message", hf_bytes_cstr(fault->text));
    hf_json_close_object(&w);
    hf_json_close_object(&w);
    hf_verb_print(&out);
}

static int tell(const struct hf_args *args, const struct hf_fault *fault, int exit_code)
{
    bool is_usage = fault->err == HF_ERR_USAGE;
    if (is_usage) exit_code = HF_EXIT_USAGE;
    if (args->values[HF_OPTION_JSON]) {
        bool is_refused = exit_code == HF_EXIT_REFUSED;
        tell_json(fault, is_usage     ? "usage_error"
                         : is_refused ? "configuration_error"
                                      : "local_error");
        return exit_code;
    }
    fprintf(stderr, "holdfast: %s\n", fault->text);
    if (is_usage && args->verb && args->verb->run != hf_verb_help)
        fprintf(stderr, "Try \"holdfast help %s\".\n", args->verb->name);
    else if (is_usage)
        fputs("Try \"holdfast help\".\n", stderr);
    return exit_code;
}

int hf_verb_fail(const struct hf_args *args, const struct hf_fault *fault)
{
    bool is_refused = fault->err == HF_ERR_BUSY || fault->err == HF_ERR_CONFIG;
    return tell(args, fault, is_refused ? HF_EXIT_REFUSED : HF_EXIT_FAILED);
}

int hf_verb_refuse(const struct hf_args *args, const struct hf_fault *fault)
{
    return tell(args, fault, HF_EXIT_REFUSED);
}

int hf_verb_print(struct hf_buf *text)
{
    if (text->len > 0 && text->ptr[text->len - 1] != '\n') hf_buf_add_byte(text, '\n');
    int err = hf_buf_done(text);
    if (!err) err = hf_file_write_all(STDOUT_FILENO, hf_buf_view(text));
    hf_buf_fini(text);
    if (!err) return HF_EXIT_DONE;
    fprintf(stderr, "holdfast: cannot write to stdout: %s\n", hf_err_text(err));
    return HF_EXIT_FAILED;
}

int hf_verb_version(const struct hf_args *args)
{
    struct hf_buf out;
    hf_buf_init(&out, TEXT_MAX);
    if (args->values[HF_OPTION_JSON]) {
        struct hf_json_writer w;
        hf_json_writer_init(&w, &out);
        hf_json_open_object(&w);
        hf_json_add_text(&w, "name", HF_LIT("holdfast"));
        hf_json_add_text(&w, "version", HF_LIT(HF_VERSION));
        hf_json_add_int(&w, "protocol", 4);
        hf_json_close_object(&w);
    } else {
        HF_BUF_LIT(&out, "holdfast " HF_VERSION "\n");
    }
    return hf_verb_print(&out);
}

int hf_verb_help(const struct hf_args *args)
{
    struct hf_buf out;
    size_t count;
    struct hf_fault fault;
    const struct hf_verb *verbs = hf_verbs(&count), *wanted = NULL;
    if (args->verb->run != hf_verb_help) {
        wanted = args->verb;
    } else if (args->operand_count > 1) {
        hf_fault_set(&fault, HF_ERR_USAGE, "help wants one verb, or none");
        return hf_verb_fail(args, &fault);
    }
    for (size_t i = 0; i < count && !wanted && args->operand_count > 0; i++)
        if (strcmp(args->operands[0], verbs[i].name) == 0) wanted = &verbs[i];
    if (!wanted && args->operand_count > 0) {
        hf_options_tell_bad_verb(args->operands[0], &fault);
        return hf_verb_fail(args, &fault);
    }
    hf_buf_init(&out, TEXT_MAX);
    hf_options_help(&out, wanted);
    return hf_verb_print(&out);
}

int hf_verb_completion(const struct hf_args *args)
{
    struct hf_buf out;
    struct hf_fault fault;
    const char *shell = args->operand_count == 1 ? args->operands[0] : "";
    hf_buf_init(&out, TEXT_MAX);
    if (hf_options_completion(&out, hf_bytes_cstr(shell)) == 0) return hf_verb_print(&out);
    hf_buf_fini(&out);
    hf_fault_set(&fault, HF_ERR_USAGE, "completion wants one of bash, zsh, fish, not \"%s\"",
                 shell);
    return hf_verb_fail(args, &fault);
}
