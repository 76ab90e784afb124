/* The configuration of a simulated gateway, as the real one reads, hides and writes it. */
#include "lib/nursery.h"
#include "wire/json5.h"
#include "wire/json_match.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH = 64 };

static const char mark[] = "__OPENCLAW_REDACTED__", secret[] = "secret";

static void revision_text(uint64_t revision, char out[32])
{
    snprintf(out, 32, "h%llu", (unsigned long long)revision);
}

/* As JSON; false: it is none, or no object. */
static bool parse(const char *text, struct hf_buf *out)
{
    struct hf_json5_error error;
    hf_buf_init(out, 4 * NURSERY_CONFIG_BYTES);
    int err = hf_json5_read(hf_bytes_cstr(text[0] ? text : "{}"), DEPTH, out, &error);
    return err == 0 && hf_json_kind(hf_json_root(hf_buf_view(out))) == HF_JSON_OBJECT;
}

static void replace(struct hf_bytes text, const char *from, const char *to, struct hf_buf *out)
{
    struct hf_bytes word = hf_bytes_cstr(from);
    while (text.len > 0) {
        bool is_here = hf_bytes_starts(text, word);
        hf_buf_add(out, is_here ? hf_bytes_cstr(to) : hf_bytes_head(text, 1));
        text = hf_bytes_from(text, is_here ? word.len : 1);
    }
}

/* --- get --- */

static void add_content(struct nursery *n, const struct kid *k, struct hf_json_writer *w)
{
    struct hf_buf json, shown;
    bool is_valid = parse(n->config_text, &json);
    hf_buf_init(&shown, 8 * NURSERY_CONFIG_BYTES);
    replace(hf_buf_view(&json), k->child.hides ? secret : mark, mark, &shown);
    hf_json_add_bool(w, "valid", is_valid);
    if (is_valid && !k->child.hides)
        hf_json_add_text(w, "raw", hf_bytes_cstr(n->config_text));
    else
        hf_json_add_null(w, "raw");
    if (is_valid)
        hf_json_add_raw(w, "parsed", hf_json_root(hf_buf_view(&shown)));
    else
        hf_json_add_null(w, "parsed");
    hf_buf_fini(&json);
    hf_buf_fini(&shown);
}

struct hf_bytes nursery_config_get(struct nursery *n, const struct kid *k)
{
    struct hf_buf out;
    struct hf_json_writer w;
    char file[32], applied[32];
    revision_text(n->revision, file);
    revision_text(k->applied, applied);
    hf_buf_init(&out, sizeof n->config_answer);
    hf_json_writer_init(&w, &out);
    hf_json_open_object(&w);
    hf_json_add_bool(&w, "exists", true);
    add_content(n, k, &w);
    hf_json_add_text(&w, "hash", hf_bytes_cstr(file));
    if (!k->child.hides_revision) hf_json_add_text(&w, "configRevisionHash", hf_bytes_cstr(file));
    hf_json_add_text(&w, "appliedConfigHash", hf_bytes_cstr(applied));
    hf_json_close_object(&w);
    NURSERY_CHECK(n, hf_buf_done(&out) == 0);
    memcpy(n->config_answer, out.ptr, out.len);
    struct hf_bytes answer = hf_bytes((const uint8_t *)n->config_answer, out.len);
    hf_buf_fini(&out);
    return answer;
}

/* --- set --- */

void nursery_config_send(struct nursery *n, const struct hf_keeper_action *a)
{
    struct hf_bytes params = a->u.link_call.params;
    NURSERY_CHECK(n, params.len < sizeof n->config_sent);
    snprintf(n->config_sent, sizeof n->config_sent, "%.*s", (int)params.len,
             (const char *)params.ptr);
}

static bool fails(struct hf_keeper_event *result, const char *error)
{
    result->u.link_result.outcome = HF_KEEPER_CALL_ERROR;
    result->u.link_result.payload = hf_bytes_cstr(error);
    return true;
}

/* The text that was sent; empty: what was written upon is not there any more. */
static void read_sent(struct nursery *n, char text[NURSERY_CONFIG_BYTES])
{
    struct hf_bytes sent = hf_bytes_cstr(n->config_sent);
    struct hf_buf raw, whole;
    char file[32];
    revision_text(n->revision, file);
    hf_buf_init(&raw, sizeof n->config_sent);
    hf_buf_init(&whole, sizeof n->config_sent);
    hf_json_text(hf_json_find(sent, "raw"), &raw);
    replace(hf_buf_view(&raw), mark, secret, &whole);
    NURSERY_CHECK(n, whole.len > 0 && whole.len < NURSERY_CONFIG_BYTES);
    bool is_same = hf_json_is(hf_json_find(sent, "baseHash"), hf_bytes_cstr(file));
    snprintf(text, NURSERY_CONFIG_BYTES, "%.*s", is_same ? (int)whole.len : 0,
             (const char *)whole.ptr);
    hf_buf_fini(&raw);
    hf_buf_fini(&whole);
}

static void write_text(struct nursery *n, struct kid *k, const char *text)
{
    char out[NURSERY_CONFIG_BYTES];
    struct hf_buf json;
    NURSERY_CHECK(n, parse(text, &json));
    bool is_empty = hf_json_count(hf_json_root(hf_buf_view(&json))) == 0;
    bool has_meta = hf_json_find(hf_json_root(hf_buf_view(&json)), "meta").len > 0;
    if (k->child.adds_meta && !has_meta && !is_empty) {
        struct hf_bytes rest = hf_bytes_from(hf_json_root(hf_buf_view(&json)), 1);
        snprintf(out, sizeof out, "{\"meta\":1,%.*s", (int)rest.len, (const char *)rest.ptr);
    } else {
        snprintf(out, sizeof out, "%s", text);
    }
    hf_buf_fini(&json);
    nursery_config(n, out);
    k->applied = n->revision;
    if (k->child.breaks_itself) k->exit_at = n->now.mono;
}

static bool is_large(const struct nursery *n)
{
    return strlen(n->config_sent) > NURSERY_CONFIG_BYTES / 2;
}

bool nursery_config_set(struct nursery *n, struct kid *k, struct hf_keeper_event *result)
{
    char text[NURSERY_CONFIG_BYTES];
    enum nursery_on_set how = k->child.on_set;
    if (k->child.rivals > 0) {
        k->child.rivals--;
        snprintf(text, sizeof text, "{rival:%u}", k->child.rivals);
        nursery_config(n, text);
    }
    if (how == NURSERY_SAYS_LATER)
        return fails(result, "{\"code\":\"UNAVAILABLE\",\"message\":\"draining\"}");
    if (how == NURSERY_SAYS_NO || is_large(n))
        return fails(result, "{\"code\":\"INVALID_REQUEST\",\"message\":\"invalid config: a.b: "
                             "Invalid input \\\"my long secret\\\"\"}");
    read_sent(n, text);
    if (!text[0] && how != NURSERY_LOSES_IT)
        return fails(result, "{\"code\":\"INVALID_REQUEST\",\"message\":\"config changed since "
                             "last load; re-run config.get and retry\"}");
    if (how != NURSERY_LOSES_IT) write_text(n, k, text);
    if (how == NURSERY_WRITES_LOUDLY || how == NURSERY_LOSES_IT || how == NURSERY_LOSES_ANSWER)
        k->restart_at = n->now.mono;
    if (how == NURSERY_SAYS_NOTHING) result->u.link_result.outcome = HF_KEEPER_CALL_TIMEOUT;
    return how != NURSERY_LOSES_IT && how != NURSERY_LOSES_ANSWER;
}

/* --- what the supervisor says --- */

void nursery_config_heard(struct nursery *n, const struct hf_keeper_result *r)
{
    struct hf_buf json;
    const struct nursery_result *asked = nursery_result(n, r->tag);
    if (r->data.len > 0)
        snprintf(n->config_shown, sizeof n->config_shown, "%.*s", (int)r->data.len,
                 (const char *)r->data.ptr);
    bool is_claim = r->outcome == HF_KEEPER_COMMITTED || r->outcome == HF_KEEPER_SATISFIED;
    NURSERY_CHECK(n, (r->outcome != HF_KEEPER_COMMITTED && r->outcome != HF_KEEPER_CONFLICT) ||
                         r->verb == HF_KEEPER_DO_CONFIG_SET);
    if (r->verb != HF_KEEPER_DO_CONFIG_SET || !is_claim || asked->tag != r->tag) return;
    NURSERY_CHECK(n, parse(n->config_text, &json));
    struct hf_bytes value = hf_json_at(hf_json_root(hf_buf_view(&json)), asked->key);
    NURSERY_CHECK(n, hf_json_match(asked->value, value, HF_EMPTY) == HF_JSON_MATCHES);
    NURSERY_CHECK(n, hf_json_match(value, asked->value, HF_EMPTY) == HF_JSON_MATCHES);
    hf_buf_fini(&json);
}

void nursery_config_check(struct nursery *n)
{
    const struct hf_supervisor *s = n->s;
    enum hf_rewrite_state state = s->rewrites.list[0].state; /* of none: it waits */
    bool reads = s->asks[HF_ASK_CONFIG_GET] != 0, writes = s->asks[HF_ASK_CONFIG_SET] != 0;
    NURSERY_CHECK(n, writes == (state == HF_REWRITE_WRITES));
    NURSERY_CHECK(n, reads == (state == HF_REWRITE_READS || state == HF_REWRITE_CHECKS));
    for (size_t i = 1; i < s->rewrites.count; i++)
        NURSERY_CHECK(n, s->rewrites.list[i].state == HF_REWRITE_WAITS);
    bool is_over = hf_phase_is(s->phase, HF_KEEPER_ERROR) || !s->is_wanted;
    NURSERY_CHECK(n, !is_over || s->rewrites.count == 0);
}

uint64_t nursery_config_ask(struct nursery *n, const char *key, const char *value)
{
    struct hf_keeper_request request = { .verb = value ? HF_KEEPER_DO_CONFIG_SET
                                                       : HF_KEEPER_DO_CONFIG_GET,
                                         .class = HF_KEEPER_CONFIG };
    request.key = hf_bytes_cstr(key);
    if (value) request.value = hf_bytes_cstr(value);
    return nursery_request(n, request);
}
