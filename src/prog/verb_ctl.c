/* `holdfast ctl`: asks a supervisor through its control socket. */
#include "base/crypto.h"
#include "host/file.h"
#include "host/state_dir.h"
#include "prog/ctl_text.h"
#include "prog/paths.h"
#include "prog/show/text.h"
#include "prog/verbs.h"
#include "wire/json5.h"
#include "wire/json5_edit.h"
#include "wire/json_read.h"
#include "wire/schema/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_BYTES = 32 << 20, ANSWER_MS = 10000 };

struct ctl {
    const struct hf_args *args;
    struct hf_control_request request;
    char path[HF_CONFIG_PATH_BYTES];
    int fd;
    struct hf_buf value; /* config set: JSON */
    struct hf_buf in;
    size_t used; /* bytes of `in` that were handed out as lines */
};

/* --- the question --- */

/* VALUE, which is read as a gateway's configuration is. */
static int parse_value(struct ctl *c, struct hf_bytes text, struct hf_fault *fault)
{
    struct hf_json5_error error;
    hf_buf_init(&c->value, HF_LIMIT_CONTROL_LINE_BYTES);
    int err = hf_json5_read(text, HF_LIMIT_JSON_DEPTH_PREAUTH - 1, &c->value, &error);
    c->request.value = hf_json_root(hf_buf_view(&c->value));
    if (err == HF_ERR_LIMIT)
        return hf_fault_set(fault, HF_ERR_USAGE, "VALUE is longer than a request may be (%d bytes)",
                            HF_LIMIT_CONTROL_LINE_BYTES);
    if (err)
        return hf_fault_set(fault, HF_ERR_USAGE,
                            "VALUE is no JSON5 (column %zu: %s); a text wants quotes of its own: "
                            "'\"lan\"'",
                            error.column, error.what);
    return 0;
}

/* As it is given, or from stdin: what is secret stands in no list of processes then. */
static int read_value(struct ctl *c, const char *given, struct hf_fault *fault)
{
    struct hf_buf text;
    hf_buf_init(&text, 2 * HF_LIMIT_CONTROL_LINE_BYTES);
    int err = 0;
    if (strcmp(given, "-") == 0)
        err = hf_file_read("/dev/stdin", HF_LIMIT_CONTROL_LINE_BYTES, &text, fault);
    else
        hf_buf_add(&text, hf_bytes_cstr(given));
    if (!err && hf_buf_done(&text) != 0)
        err = hf_fault_set(fault, HF_ERR_USAGE, "VALUE: %s", hf_err_text(hf_buf_done(&text)));
    if (!err) err = parse_value(c, hf_buf_view(&text), fault);
    if (text.ptr) hf_wipe(text.ptr, text.cap);
    hf_buf_fini(&text);
    return err;
}

/* config get [KEY] | config set KEY VALUE */
static int read_config(struct ctl *c, struct hf_fault *fault)
{
    int count = c->args->operand_count;
    char **operands = c->args->operands;
    bool is_get = count > 1 && strcmp(operands[1], "get") == 0 && count <= 3;
    bool is_set = count == 4 && strcmp(operands[1], "set") == 0;
    if (!is_get && !is_set)
        return hf_fault_set(fault, HF_ERR_USAGE, "ctl config wants: get [KEY] | set KEY VALUE");
    c->request.verb = is_get ? HF_CONTROL_CONFIG_GET : HF_CONTROL_CONFIG_SET;
    if (count > 2) c->request.key = hf_bytes_cstr(operands[2]);
    if (count > 2 && !hf_json5_path_is_valid(c->request.key))
        return hf_fault_set(fault, HF_ERR_USAGE, "\"%s\" is no key: names with points between them",
                            operands[2]);
    return is_set ? read_value(c, operands[3], fault) : 0;
}

/* The verbs that are said with one word. */
static bool find_verb(struct ctl *c)
{
    return c->args->operand_count == 1 &&
           hf_control_verb_find(hf_bytes_cstr(c->args->operands[0]), &c->request.verb) &&
           c->request.verb != HF_CONTROL_CONFIG_GET && c->request.verb != HF_CONTROL_CONFIG_SET;
}

static int read_verb(struct ctl *c, struct hf_fault *fault)
{
    bool is_config = c->args->operand_count > 0 && strcmp(c->args->operands[0], "config") == 0;
    int err = is_config ? read_config(c, fault) : 0;
    if (err) return err;
    if (!is_config && !find_verb(c))
        return hf_fault_set(fault, HF_ERR_USAGE,
                            "ctl wants one of status, start, stop, restart, reload, diagnostics, "
                            "history, events, config, quit");
    c->request.id = HF_LIT("1");
    c->request.reason = HF_LIT("ctl");
    c->request.reclaims_port = c->args->values[HF_OPTION_FORCE_RECLAIM] != NULL;
    if (c->request.reclaims_port && c->request.verb != HF_CONTROL_START &&
        c->request.verb != HF_CONTROL_RESTART)
        return hf_fault_set(fault, HF_ERR_USAGE, "--force-reclaim goes with start and restart");
    return 0;
}

static int read_path(struct ctl *c, struct hf_fault *fault)
{
    char directory[HF_CONFIG_PATH_BYTES];
    bool is_given = c->args->values[HF_OPTION_CONTROL] != NULL;
    int err = is_given ? 0 : hf_paths_need_state_dir(c->args, directory, fault);
    return err ? err : hf_paths_control(c->args, directory, c->path, fault);
}

/* How long one answer may take: a stop takes as long as its gateway needs. */
static int64_t answer_ms(enum hf_control_verb verb)
{
    bool is_quick =
        verb == HF_CONTROL_STATUS || verb == HF_CONTROL_DIAGNOSTICS || verb == HF_CONTROL_HISTORY;
    return is_quick ? ANSWER_MS : 0;
}

static int dial(struct ctl *c, struct hf_fault *fault)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    memcpy(to.sun_path, c->path, strlen(c->path) + 1);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
        return hf_fault_set(fault, hf_fault_code(errno),
                            "no supervisor answers at %s (%s): is it running, with this state "
                            "directory?",
                            c->path, strerror(errno));
    return 0;
}

static int ask(struct ctl *c, struct hf_fault *fault)
{
    struct hf_buf line;
    int64_t ms = answer_ms(c->request.verb);
    int err = hf_options_timeout(c->args, &ms, fault);
    if (!err) err = dial(c, fault);
    if (err) return err;
    const struct timeval patience = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    hf_buf_init(&line, HF_LIMIT_CONTROL_LINE_BYTES);
    hf_control_write_request(&line, &c->request);
    err = hf_buf_done(&line);
    if (!err) err = hf_file_write_all(c->fd, hf_buf_view(&line));
    hf_buf_fini(&line);
    return err ? hf_fault_set(fault, err, "the supervisor cannot be asked: %s", hf_err_text(err))
               : 0;
}

/* --- the answers --- */

/* The next line; HF_ERR_CLOSED, HF_ERR_TIMEOUT or HF_ERR_IO. */
static int next_line(struct ctl *c, struct hf_bytes *line, struct hf_fault *fault)
{
    hf_buf_take(&c->in, c->used);
    c->used = 0;
    for (;;) {
        size_t end = hf_bytes_find(hf_buf_view(&c->in), 0, '\n');
        if (end < c->in.len) {
            *line = hf_bytes(c->in.ptr, end);
            c->used = end + 1;
            return 0;
        }
        uint8_t part[65536];
        ssize_t got = recv(c->fd, part, sizeof part, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN)
            return hf_fault_set(fault, HF_ERR_TIMEOUT, "the supervisor did not answer in time");
        if (got < 0)
            return hf_fault_set(fault, HF_ERR_IO, "the supervisor cannot be heard: %s",
                                strerror(errno));
        if (got == 0)
            return hf_fault_set(fault, HF_ERR_CLOSED, "the supervisor closed the connection");
        hf_buf_add(&c->in, hf_bytes(part, (size_t)got));
        int err = hf_buf_done(&c->in);
        if (err) return hf_fault_set(fault, err, "the supervisor's answer is too long");
    }
}

static int print_line(struct hf_bytes text)
{
    struct hf_buf out;
    hf_buf_init(&out, LINE_BYTES);
    hf_buf_add(&out, text);
    return hf_verb_print(&out);
}

/* A key at which nothing stands is told as a failure, whatever is printed. */
static int print_config(const struct ctl *c, struct hf_bytes data)
{
    struct hf_buf out;
    struct hf_fault fault;
    bool is_there = hf_json_find(data, "value").len > 0 || hf_json_find(data, "raw").len > 0;
    if (c->args->values[HF_OPTION_JSON]) {
        int exit_code = print_line(data);
        return is_there ? exit_code : HF_EXIT_FAILED;
    }
    if (!is_there) {
        hf_fault_set(&fault, HF_ERR_NOT_FOUND,
                     "nothing stands there in the gateway's configuration");
        return hf_verb_fail(c->args, &fault);
    }
    hf_buf_init(&out, LINE_BYTES);
    hf_ctl_text_config(&out, data);
    return hf_verb_print(&out);
}

static int print_data(const struct ctl *c, const struct hf_control_reply *reply)
{
    struct hf_buf out;
    if (c->request.verb == HF_CONTROL_CONFIG_GET) return print_config(c, reply->data);
    if (c->args->values[HF_OPTION_JSON]) return print_line(reply->data);
    hf_buf_init(&out, LINE_BYTES);
    if (c->request.verb == HF_CONTROL_STATUS)
        hf_ctl_text_status(&out, reply->data);
    else if (c->request.verb == HF_CONTROL_HISTORY)
        hf_ctl_text_history(&out, reply->data);
    else
        hf_ctl_text_diagnostics(&out, reply->data);
    return hf_verb_print(&out);
}

static bool is_success(enum hf_control_outcome outcome)
{
    return outcome == HF_OUTCOME_EXECUTED || outcome == HF_OUTCOME_JOINED ||
           outcome == HF_OUTCOME_SATISFIED || outcome == HF_OUTCOME_COMMITTED;
}

/* What comes before the final word goes to stderr: stdout has one document. */
static int print_result(const struct ctl *c, struct hf_bytes line,
                        const struct hf_control_result *result)
{
    struct hf_buf out;
    hf_buf_init(&out, LINE_BYTES);
    if (c->args->values[HF_OPTION_JSON] && result->is_final) {
        hf_buf_fini(&out);
        int exit_code = print_line(line);
        return exit_code != HF_EXIT_DONE || is_success(result->outcome) ? exit_code
                                                                        : HF_EXIT_FAILED;
    }
    hf_ctl_text_result(&out, result);
    if (!result->is_final || !is_success(result->outcome)) {
        if (!c->args->values[HF_OPTION_QUIET] || result->is_final)
            hf_file_write_all(STDERR_FILENO, hf_buf_view(&out));
        hf_buf_fini(&out);
        return result->is_final ? HF_EXIT_FAILED : HF_EXIT_DONE;
    }
    return hf_verb_print(&out);
}

static int print_event(const struct ctl *c, struct hf_bytes line,
                       const struct hf_control_reply *reply)
{
    struct hf_buf out;
    if (c->args->values[HF_OPTION_JSON]) return print_line(line);
    hf_buf_init(&out, LINE_BYTES);
    hf_ctl_text_event(&out, reply);
    return hf_verb_print(&out);
}

static int print_refusal(const struct ctl *c, struct hf_bytes line,
                         const struct hf_control_reply *reply)
{
    struct hf_buf out;
    if (c->args->values[HF_OPTION_JSON]) {
        print_line(line);
        return HF_EXIT_FAILED;
    }
    hf_buf_init(&out, LINE_BYTES);
    HF_BUF_LIT(&out, "holdfast: ");
    hf_show_text(&out, reply->message, LINE_BYTES / 2);
    HF_BUF_LIT(&out, "\n");
    hf_file_write_all(STDERR_FILENO, hf_buf_view(&out));
    hf_buf_fini(&out);
    return HF_EXIT_FAILED;
}

/* True when there is more to come; else `*exit_code` is the verb's. */
static bool take(struct ctl *c, struct hf_bytes line, int *exit_code, struct hf_fault *fault)
{
    struct hf_control_reply reply;
    struct hf_buf scratch;
    bool is_open = true;
    hf_buf_init(&scratch, LINE_BYTES);
    int err = hf_control_read_reply(line, &scratch, &reply);
    *exit_code = HF_EXIT_DONE;
    if (err) {
        /* Kinds that a newer supervisor knows are passed over. */
        is_open = err == HF_ERR_TYPE;
        if (!is_open) {
            hf_fault_set(fault, err, "the supervisor's answer cannot be read");
            *exit_code = hf_verb_fail(c->args, fault);
        }
    } else if (reply.kind == HF_CONTROL_IS_ERROR) {
        *exit_code = print_refusal(c, line, &reply);
        is_open = false;
    } else if (reply.kind == HF_CONTROL_IS_EVENT) {
        *exit_code = print_event(c, line, &reply);
        is_open = *exit_code == HF_EXIT_DONE;
    } else if (reply.kind == HF_CONTROL_IS_DATA && c->request.verb != HF_CONTROL_EVENTS) {
        *exit_code = print_data(c, &reply);
        is_open = false;
    } else if (reply.kind == HF_CONTROL_IS_RESULT) {
        *exit_code = print_result(c, line, &reply.result);
        is_open = !reply.result.is_final;
    }
    hf_buf_fini(&scratch);
    return is_open;
}

static int run(struct ctl *c)
{
    struct hf_fault fault = { 0 };
    struct hf_bytes line = HF_EMPTY;
    int exit_code = HF_EXIT_DONE;
    int err = read_verb(c, &fault);
    if (!err) err = read_path(c, &fault);
    if (!err) err = ask(c, &fault);
    while (!err) {
        err = next_line(c, &line, &fault);
        if (!err && !take(c, line, &exit_code, &fault)) return exit_code;
    }
    return hf_verb_fail(c->args, &fault);
}

int hf_verb_ctl(const struct hf_args *args)
{
    struct ctl c = { .args = args, .fd = -1 };
    hf_buf_init(&c.in, LINE_BYTES);
    int exit_code = run(&c);
    if (c.fd >= 0) close(c.fd);
    hf_buf_fini(&c.in);
    if (c.value.ptr) hf_wipe(c.value.ptr, c.value.cap);
    hf_buf_fini(&c.value);
    return exit_code;
}
