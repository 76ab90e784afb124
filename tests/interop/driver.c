/* Clients of the public library, driven by a script: one JSON object per line on
 * stdin says what to do, one per line on stdout tells what happened.
 *
 *   {"do":"open","id":1,"url":"ws://...","token":"..."}
 *   {"do":"call","id":1,"tag":7,"method":"health","params":{},"final":true}
 *   {"do":"subscribe","id":1,"tag":8,"method":"sessions.subscribe","params":{}}
 *   {"do":"token","id":1,"value":"..."}     {"do":"resume","id":1}   {"do":"stop","id":1}
 *   {"do":"close","id":1}                   {"do":"usage"}           {"do":"quit"}
 *
 * The loop has its own threads; what happens is told from there. */
#include "base/buf.h"
#include "base/err.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#include <dirent.h>
#include <holdfast/holdfast.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 256, TEXT_MAX = 1 << 22, DEPTH = 64 };

static holdfast_loop *loop;
static holdfast_client *clients[CLIENTS_MAX];

/* --- telling --- */

static int64_t wall_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct line {
    struct hf_buf text;
    struct hf_json_writer w;
};

static void line_begin(struct line *line, const char *what, intptr_t id)
{
    hf_buf_init(&line->text, TEXT_MAX);
    hf_json_writer_init(&line->w, &line->text);
    hf_json_open_object(&line->w);
    hf_json_add_text(&line->w, "what", hf_bytes_cstr(what));
    hf_json_add_int(&line->w, "id", id);
    hf_json_add_int(&line->w, "at", wall_ms());
}

/* One write: lines of several threads do not mix. */
static void line_end(struct line *line)
{
    hf_json_close_object(&line->w);
    HF_BUF_LIT(&line->text, "\n");
    if (hf_buf_done(&line->text) != 0) {
        fputs("driver: a line is too long\n", stderr);
        exit(1);
    }
    fwrite(line->text.ptr, 1, line->text.len, stdout);
    fflush(stdout);
    hf_buf_fini(&line->text);
}

static intptr_t id_of(const holdfast_client *client)
{
    return (intptr_t)holdfast_client_data(client);
}

static void add_text(struct line *line, const char *key, const char *text)
{
    if (text[0] != '\0') hf_json_add_text(&line->w, key, hf_bytes_cstr(text));
}

static void add_number(struct line *line, const char *key, int64_t number)
{
    if (number >= 0) hf_json_add_int(&line->w, key, number);
}

static int tell_notice(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    struct line line;
    line_begin(&line, ctx, id_of(client));
    add_number(&line, "status", holdfast_notice_number(notice, HOLDFAST_NOTICE_STATUS));
    add_number(&line, "closeCode", holdfast_notice_number(notice, HOLDFAST_NOTICE_CLOSE_CODE));
    add_number(&line, "waitMs", holdfast_notice_number(notice, HOLDFAST_NOTICE_WAIT_MS));
    add_number(&line, "attempt", holdfast_notice_number(notice, HOLDFAST_NOTICE_ATTEMPT));
    add_text(&line, "text", holdfast_notice_text(notice, HOLDFAST_NOTICE_TEXT));
    add_text(&line, "cause", holdfast_notice_text(notice, HOLDFAST_NOTICE_CAUSE));
    add_text(&line, "code", holdfast_notice_text(notice, HOLDFAST_NOTICE_CODE));
    add_text(&line, "detail", holdfast_notice_text(notice, HOLDFAST_NOTICE_DETAIL));
    add_text(&line, "requestId", holdfast_notice_text(notice, HOLDFAST_NOTICE_REQUEST_ID));
    add_text(&line, "version", holdfast_notice_text(notice, HOLDFAST_NOTICE_SERVER_VERSION));
    add_text(&line, "connId", holdfast_notice_text(notice, HOLDFAST_NOTICE_CONNECTION_ID));
    if (holdfast_notice_kind(notice) == HOLDFAST_ON_HELLO) {
        char scopes[512];
        holdfast_client_text(client, HOLDFAST_GRANTED_SCOPES, scopes, sizeof scopes);
        hf_json_add_text(&line.w, "scopes", hf_bytes_cstr(scopes));
    }
    line_end(&line);
    return 0;
}

static int tell_event(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    struct line line;
    size_t len;
    const char *payload = holdfast_event_payload(event, &len);
    (void)ctx;
    line_begin(&line, "event", id_of(client));
    add_text(&line, "event", holdfast_event_name(event));
    add_number(&line, "seq", holdfast_event_seq(event));
    if (len > 0) hf_json_add_raw(&line.w, "payload", hf_bytes(payload, len));
    line_end(&line);
    return 0;
}

static void tell_result(holdfast_client *client, const holdfast_result *result, const char *what,
                        intptr_t tag)
{
    struct line line;
    size_t len;
    const char *json = holdfast_result_payload(result, &len);
    line_begin(&line, what, id_of(client));
    hf_json_add_int(&line.w, "tag", tag);
    add_text(&line, "outcome", holdfast_outcome_name(holdfast_result_outcome(result)));
    hf_json_add_bool(&line.w, "sent", holdfast_result_was_sent(result));
    if (len > 0) hf_json_add_raw(&line.w, "payload", hf_bytes(json, len));
    json = holdfast_result_error(result, &len);
    if (len > 0) hf_json_add_raw(&line.w, "error", hf_bytes(json, len));
    add_text(&line, "message", holdfast_result_message(result));
    line_end(&line);
}

static void tell_end(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    tell_result(client, result, "result", (intptr_t)ctx);
}

static void tell_accepted(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    tell_result(client, result, "accepted", (intptr_t)ctx);
}

/* --- the commands --- */

static void refuse(const char *what, int err)
{
    fprintf(stderr, "driver: %s: %s\n", what, holdfast_error_text(err));
    exit(1);
}

static void must(const char *what, int err)
{
    if (err != 0) refuse(what, err);
}

/* A member as text; the caller's buffer holds it. */
static const char *member_text(struct hf_bytes object, const char *name, char *out, size_t cap)
{
    size_t len = 0;
    if (hf_json_copy_text(hf_json_find(object, name), (uint8_t *)out, cap - 1, &len) != 0) len = 0;
    out[len] = '\0';
    return out;
}

static int64_t member_number(struct hf_bytes object, const char *name)
{
    int64_t number = 0;
    hf_json_get_int(hf_json_find(object, name), &number);
    return number;
}

static void set_text(holdfast_options *options, enum holdfast_text_option option,
                     struct hf_bytes object, const char *name)
{
    char value[1024];
    member_text(object, name, value, sizeof value);
    if (value[0] != '\0') must(name, holdfast_options_set_text(options, option, value));
}

static void set_list(holdfast_options *options, enum holdfast_list_option option,
                     struct hf_bytes object, const char *name)
{
    struct hf_json_iter it = hf_json_iter(hf_json_find(object, name));
    struct hf_bytes item;
    while (hf_json_next(&it, &item)) {
        char value[128];
        size_t len = 0;
        if (hf_json_copy_text(item, (uint8_t *)value, sizeof value - 1, &len) != 0) continue;
        value[len] = '\0';
        must(name, holdfast_options_add(options, option, value));
    }
}

static holdfast_options *read_options(struct hf_bytes command)
{
    holdfast_options *options;
    bool has_device = false, is_node = false;
    must("options", holdfast_options_new(&options));
    set_text(options, HOLDFAST_URL, command, "url");
    set_text(options, HOLDFAST_TOKEN, command, "token");
    set_text(options, HOLDFAST_STATE_DIRECTORY, command, "state");
    set_text(options, HOLDFAST_TLS_FINGERPRINT, command, "pin");
    set_text(options, HOLDFAST_CLIENT_ID, command, "clientId");
    set_text(options, HOLDFAST_CLIENT_MODE, command, "mode");
    set_list(options, HOLDFAST_SCOPES, command, "scopes");
    set_list(options, HOLDFAST_CAPS, command, "caps");
    set_list(options, HOLDFAST_COMMANDS, command, "commands");
    hf_json_get_bool(hf_json_find(command, "device"), &has_device);
    hf_json_get_bool(hf_json_find(command, "node"), &is_node);
    if (has_device)
        must("device",
             holdfast_options_set_number(options, HOLDFAST_DEVICE, HOLDFAST_DEVICE_STORED));
    if (is_node) must("node", holdfast_options_set_number(options, HOLDFAST_ROLE, HOLDFAST_NODE));
    return options;
}

static const struct {
    enum holdfast_kind kind;
    const char *name;
} notices[] = {
    { HOLDFAST_ON_STATUS, "status" },
    { HOLDFAST_ON_HELLO, "hello" },
    { HOLDFAST_ON_CONNECT_ERROR, "connect_error" },
    { HOLDFAST_ON_AUTH_ERROR, "auth_error" },
    { HOLDFAST_ON_CLOSED, "closed" },
    { HOLDFAST_ON_PAUSED, "paused" },
    { HOLDFAST_ON_RETRY, "retry" },
    { HOLDFAST_ON_STARTUP_WAIT, "startup_wait" },
    { HOLDFAST_ON_GAP, "gap" },
    { HOLDFAST_ON_RESYNC, "resync" },
    { HOLDFAST_ON_STORE_ERROR, "store_error" },
    { HOLDFAST_ON_DISPOSING, "disposing" },
    { HOLDFAST_ON_DISPOSED, "disposed" },
};

static int answer_invoke(holdfast_client *client, const holdfast_invoke *invoke, void *ctx)
{
    struct line line;
    size_t len;
    const char *params = holdfast_invoke_params(invoke, &len);
    (void)ctx;
    line_begin(&line, "invoke", id_of(client));
    add_text(&line, "command", holdfast_invoke_command(invoke));
    if (len > 0) hf_json_add_raw(&line.w, "params", hf_bytes(params, len));
    line_end(&line);
    return holdfast_client_reply(client, holdfast_invoke_id(invoke), "{\"answered\":true}");
}

static void open_client(intptr_t id, struct hf_bytes command)
{
    holdfast_options *options = read_options(command);
    holdfast_client *client;
    must("client", holdfast_client_new(&client, loop, options));
    holdfast_options_free(options);
    clients[id] = client;
    holdfast_client_set_data(client, (void *)id);
    for (size_t i = 0; i < HF_COUNT(notices); i++)
        must("on", holdfast_client_on(client, notices[i].kind, tell_notice,
                                      (void *)(uintptr_t)notices[i].name, NULL));
    must("on_event", holdfast_client_on_event(client, "*", tell_event, NULL, NULL));
    must("on_invoke", holdfast_client_on_invoke(client, answer_invoke, NULL));
    must("start", holdfast_client_start(client));
}

static void call(holdfast_client *client, struct hf_bytes command, bool is_subscription)
{
    char method[128], *params = NULL;
    struct hf_bytes json = hf_json_find(command, "params");
    struct holdfast_call_options how;
    bool expects_final = false;
    int err;
    intptr_t tag = (intptr_t)member_number(command, "tag");
    member_text(command, "method", method, sizeof method);
    if (json.len > 0) params = strndup((const char *)json.ptr, json.len);
    holdfast_call_options_init(&how);
    hf_json_get_bool(hf_json_find(command, "final"), &expects_final);
    if (expects_final) how.flags = HOLDFAST_EXPECT_FINAL;
    how.timeout_ms = member_number(command, "timeoutMs");
    how.on_accepted = tell_accepted;
    if (is_subscription)
        err = holdfast_client_subscribe(client, method, params, NULL, tell_end, (void *)tag, NULL);
    else
        err = holdfast_client_call(client, method, params, &how, tell_end, (void *)tag, NULL);
    free(params);
    if (err == 0) return;
    struct line line;
    line_begin(&line, "refused", id_of(client));
    hf_json_add_int(&line.w, "tag", tag);
    hf_json_add_text(&line.w, "error", hf_bytes_cstr(holdfast_error_name(err)));
    line_end(&line);
}

static void close_client(intptr_t id)
{
    must("dispose", holdfast_client_dispose_wait(clients[id], HOLDFAST_NO_TIMEOUT));
    holdfast_client_release(clients[id]);
    clients[id] = NULL;
}

/* Only with a sanitizer, whose shadow and freed memory are resident, too. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

/* What this process holds: open descriptors and memory. */
static void tell_usage(void)
{
    struct line line;
    long pages = 0;
    int64_t fds = 0;
    DIR *dir = opendir("/proc/self/fd");
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!dir || !statm || fscanf(statm, "%*s %ld", &pages) != 1)
        refuse("/proc/self", HOLDFAST_ERROR_IO);
    while (readdir(dir)) fds++;
    closedir(dir);
    fclose(statm);
    line_begin(&line, "usage", -1);
    hf_json_add_int(&line.w, "descriptors", fds);
    int64_t held = pages * sysconf(_SC_PAGESIZE);
    if (__sanitizer_get_current_allocated_bytes)
        held = (int64_t)__sanitizer_get_current_allocated_bytes();
    hf_json_add_int(&line.w, "heldBytes", held);
    line_end(&line);
}

/* False: the script is over. */
static bool obey(struct hf_bytes command)
{
    char word[32], value[1024];
    intptr_t id = (intptr_t)member_number(command, "id");
    member_text(command, "do", word, sizeof word);
    if (strcmp(word, "quit") == 0) return false;
    if (strcmp(word, "usage") == 0) {
        tell_usage();
        return true;
    }
    if (id < 0 || id >= CLIENTS_MAX) refuse("the id", HOLDFAST_ERROR_USAGE);
    if (strcmp(word, "open") == 0) {
        open_client(id, command);
        return true;
    }
    if (!clients[id]) refuse("the id", HOLDFAST_ERROR_NOT_FOUND);
    if (strcmp(word, "call") == 0)
        call(clients[id], command, false);
    else if (strcmp(word, "subscribe") == 0)
        call(clients[id], command, true);
    else if (strcmp(word, "token") == 0)
        must("token", holdfast_client_set_token(
                          clients[id], member_text(command, "value", value, sizeof value)));
    else if (strcmp(word, "resume") == 0)
        must("resume", holdfast_client_resume(clients[id]));
    else if (strcmp(word, "stop") == 0)
        must("stop", holdfast_client_stop(clients[id]));
    else if (strcmp(word, "close") == 0)
        close_client(id);
    else
        refuse(word, HOLDFAST_ERROR_USAGE);
    return true;
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    bool goes_on = true;
    must("loop", holdfast_loop_new(&loop));
    must("threads", holdfast_loop_start(loop));
    while (goes_on && (len = getline(&line, &cap, stdin)) > 0) {
        struct hf_bytes text = hf_bytes(line, (size_t)len);
        if (hf_json_check(text, DEPTH, NULL) != 0) refuse("a line", HOLDFAST_ERROR_SYNTAX);
        goes_on = obey(hf_json_root(text));
    }
    free(line);
    for (intptr_t id = 0; id < CLIENTS_MAX; id++)
        if (clients[id]) close_client(id);
    holdfast_loop_free(loop);
    return 0;
}
