/* Nodes: what a gateway asks of them (node.invoke.request) and how they answer
 * (node.invoke.result).  Shapes as the published schema has them. */
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "client/state.h"
#include "wire/json_read.h"
#include "wire/json_scan.h"
#include "wire/json_write.h"

struct holdfast_invoke {
    uint64_t id;
    const char *command, *params, *idempotency_key;
    size_t params_len;
    int64_t timeout_ms;
};

enum { TEXTS = 5, REQUEST_ID = 0, NODE_ID, COMMAND, PARAMS, IDEMPOTENCY_KEY };

/* --- slots --- */

static void drop_slot(struct hf_invoke_slot *slot)
{
    hf_text_drop(slot->request_id);
    hf_text_drop(slot->node_id);
    *slot = (struct hf_invoke_slot){ 0 };
}

void hf_node_fini(struct holdfast_client *c)
{
    for (size_t i = 0; c->invokes && i < HF_LIMIT_CLIENT_INVOKES; i++) drop_slot(&c->invokes[i]);
    hf_mem_free(c->invokes);
}

/* A slot that is free, or whose connection is gone; NULL: all are taken. */
static struct hf_invoke_slot *free_slot(struct holdfast_client *c)
{
    if (!c->invokes) c->invokes = hf_mem_zero(HF_LIMIT_CLIENT_INVOKES, sizeof *c->invokes);
    for (size_t i = 0; c->invokes && i < HF_LIMIT_CLIENT_INVOKES; i++) {
        struct hf_invoke_slot *slot = &c->invokes[i];
        bool is_stale = slot->generation != hf_client_link(c->engine)->generation;
        if (slot->request_id && is_stale) drop_slot(slot);
        if (!slot->request_id) return slot;
    }
    return NULL;
}

static struct hf_invoke_slot *find_slot(struct holdfast_client *c, uint64_t id)
{
    for (size_t i = 0; c->invokes && i < HF_LIMIT_CLIENT_INVOKES; i++) {
        struct hf_invoke_slot *slot = &c->invokes[i];
        bool is_current = slot->generation == hf_client_link(c->engine)->generation;
        if (slot->request_id && slot->id == id && is_current) return slot;
    }
    return NULL;
}

static bool take_slot(struct holdfast_client *c, uint64_t generation, char *const *texts,
                      uint64_t *id)
{
    struct hf_invoke_slot *slot = free_slot(c);
    if (!slot) return false;
    *slot = (struct hf_invoke_slot){ .id = ++c->loop->last_id,
                                     .generation = generation,
                                     .request_id = hf_text_copy(hf_bytes_cstr(texts[REQUEST_ID])),
                                     .node_id = hf_text_copy(hf_bytes_cstr(texts[NODE_ID])) };
    *id = slot->id;
    if (slot->request_id && slot->node_id) return true;
    drop_slot(slot);
    return false;
}

/* --- answers --- */

struct answer {
    const char *request_id, *node_id;
    const char *payload;        /* JSON, or NULL */
    const char *code, *message; /* of a failure; code NULL: it went well */
};

static void write_answer(struct hf_buf *out, const struct answer *a)
{
    struct hf_json_writer w;
    hf_json_writer_init(&w, out);
    hf_json_open_object(&w);
    hf_json_add_text(&w, "id", hf_bytes_cstr(a->request_id));
    hf_json_add_text(&w, "nodeId", hf_bytes_cstr(a->node_id));
    hf_json_add_bool(&w, "ok", a->code == NULL);
    /* As text: the gateway passes it on as it is. */
    if (a->payload) hf_json_add_text(&w, "payloadJSON", hf_bytes_cstr(a->payload));
    if (a->code) {
        hf_json_add_object(&w, "error");
        hf_json_add_text(&w, "code", hf_bytes_cstr(a->code));
        hf_json_add_text(&w, "message", hf_bytes_cstr(a->message));
        hf_json_close_object(&w);
    }
    hf_json_close_object(&w);
}

static int send_answer(struct holdfast_client *c, const struct answer *answer)
{
    struct hf_buf params;
    struct hf_call nobody = { 0 };
    hf_buf_init(&params, HF_LIMIT_PAYLOAD_BYTES);
    write_answer(&params, answer);
    int err = hf_buf_done(&params);
    if (err == HF_ERR_LIMIT) err = HF_ERR_TOO_LARGE;
    struct hf_client_call call = { .method = HF_LIT("node.invoke.result"),
                                   .params = hf_buf_view(&params) };
    if (!err) err = hf_call(c, &call, &nobody, NULL);
    hf_buf_fini(&params);
    return err;
}

static int answer_slot(struct holdfast_client *c, uint64_t id, struct answer *answer)
{
    int err = HF_ERR_NOT_FOUND;
    hf_enter(c->loop);
    struct hf_invoke_slot *slot = find_slot(c, id);
    if (slot) {
        answer->request_id = slot->request_id;
        answer->node_id = slot->node_id;
        err = send_answer(c, answer);
        if (!err) drop_slot(slot);
    }
    hf_leave(c->loop);
    return err;
}

int holdfast_client_reply(holdfast_client *c, uint64_t invoke_id, const char *payload)
{
    struct answer answer = { .payload = payload };
    if (payload && hf_json_check(hf_bytes_cstr(payload), HF_LIMIT_JSON_DEPTH, NULL) != 0)
        return HF_ERR_SYNTAX;
    return answer_slot(c, invoke_id, &answer);
}

int holdfast_client_fail(holdfast_client *c, uint64_t invoke_id, const char *code,
                         const char *message)
{
    struct answer answer = { .code = code, .message = message };
    if (!hf_is_name(code) || !hf_is_name(message)) return HF_ERR_USAGE;
    return answer_slot(c, invoke_id, &answer);
}

/* Under the lock.  The gateway has answered what it asked on a connection that is gone. */
static bool is_asked(const struct holdfast_client *c, uint64_t generation)
{
    return atomic_load(&c->life) == HF_LIVE && hf_client_link(c->engine)->generation == generation;
}

static void refuse(struct holdfast_client *c, uint64_t generation, char *const *texts,
                   const char *message)
{
    struct answer answer = { .request_id = texts[REQUEST_ID],
                             .node_id = texts[NODE_ID],
                             .code = "UNAVAILABLE",
                             .message = message };
    hf_enter(c->loop);
    if (is_asked(c, generation)) send_answer(c, &answer);
    hf_leave(c->loop);
}

/* --- requests --- */

/* The texts of a request, owned by the caller; false when it is none, or without memory. */
static bool read_request(struct hf_bytes payload, char **texts, int64_t *timeout_ms)
{
    static const char *const names[TEXTS] = { "id", "nodeId", "command", "paramsJSON",
                                              "idempotencyKey" };
    bool is_fine = true;
    for (size_t i = 0; i < TEXTS; i++) {
        struct hf_buf text;
        hf_buf_init(&text, HF_LIMIT_PAYLOAD_BYTES);
        hf_json_text(hf_json_find(payload, names[i]), &text);
        texts[i] = hf_text_copy(hf_buf_view(&text));
        /* What has a zero byte in it would be another text for the program. */
        is_fine = is_fine && texts[i] && hf_buf_done(&text) == 0 && strlen(texts[i]) == text.len;
        hf_buf_fini(&text);
    }
    *timeout_ms = -1;
    hf_json_get_int(hf_json_find(payload, "timeoutMs"), timeout_ms);
    return is_fine && texts[REQUEST_ID][0] && texts[NODE_ID][0] && texts[COMMAND][0];
}

static bool is_json(const char *text)
{
    return hf_json_check(hf_bytes_cstr(text), HF_LIMIT_JSON_DEPTH, NULL) == 0;
}

static void handle(struct holdfast_client *c, uint64_t generation, char *const *texts,
                   int64_t timeout_ms)
{
    struct holdfast_invoke invoke = { .command = texts[COMMAND],
                                      .params = texts[PARAMS],
                                      .params_len = strlen(texts[PARAMS]),
                                      .idempotency_key = texts[IDEMPOTENCY_KEY],
                                      .timeout_ms = timeout_ms };
    hf_enter(c->loop);
    bool is_late = !is_asked(c, generation);
    holdfast_invoke_fn fn = c->on_invoke;
    void *ctx = c->on_invoke_ctx;
    bool has_slot = fn && !is_late && take_slot(c, generation, texts, &invoke.id);
    hf_leave(c->loop);
    if (is_late) return;
    if (!fn)
        refuse(c, generation, texts, "this node answers no requests");
    else if (!has_slot)
        refuse(c, generation, texts, "too many requests wait for this node");
    else if (fn(c, &invoke, ctx) != 0)
        holdfast_client_fail(c, invoke.id, "UNAVAILABLE", "the node's handler failed");
}

void hf_node_event(struct holdfast_client *c, uint64_t generation,
                   const struct holdfast_event *event)
{
    char *texts[TEXTS] = { NULL };
    int64_t timeout_ms;
    if (c->options->numbers[HOLDFAST_ROLE] != HOLDFAST_NODE) return;
    if (strcmp(event->name, "node.invoke.request") != 0) return;
    if (read_request(event->payload, texts, &timeout_ms)) {
        if (texts[PARAMS][0] && !is_json(texts[PARAMS]))
            refuse(c, generation, texts, "the params are not JSON");
        else
            handle(c, generation, texts, timeout_ms);
    }
    for (size_t i = 0; i < TEXTS; i++) hf_text_drop(texts[i]);
}

int holdfast_client_on_invoke(holdfast_client *c, holdfast_invoke_fn fn, void *ctx)
{
    hf_enter(c->loop);
    c->on_invoke = fn;
    c->on_invoke_ctx = ctx;
    hf_leave(c->loop);
    return 0;
}

uint64_t holdfast_invoke_id(const holdfast_invoke *invoke)
{
    return invoke->id;
}

const char *holdfast_invoke_command(const holdfast_invoke *invoke)
{
    return invoke->command;
}

const char *holdfast_invoke_params(const holdfast_invoke *invoke, size_t *len)
{
    if (len) *len = invoke->params_len;
    return invoke->params;
}

int64_t holdfast_invoke_timeout_ms(const holdfast_invoke *invoke)
{
    return invoke->timeout_ms;
}

const char *holdfast_invoke_idempotency_key(const holdfast_invoke *invoke)
{
    return invoke->idempotency_key;
}
