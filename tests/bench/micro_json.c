/* Measures JSON: checking, frames, connect params, quoting.  Prints numbers, decides nothing.
 * Usage: micro_json TRACES   (a release build; the folder tests/data/traces) */
#include "base/limits.h"
#include "bench/measure.h"
#include "wire/frame.h"
#include "wire/json_read.h"
#include "wire/json_write.h"
#include "wire/schema/connect.h"

#include <stdio.h>
#include <stdlib.h>

enum { LARGE = 1110000, FILE_BYTES_MAX = 1 << 20, OUT_MAX = 1 << 23 };

/* What is measured works on this. */
struct work {
    struct hf_bytes text; /* the frame */
    struct hf_bytes part; /* a value inside it */
    struct hf_buf scratch, why, out;
    volatile size_t result; /* keeps the work alive */
};

static const char request[] =
    "{\"type\":\"req\",\"id\":\"1:1b329913-ea00-46e2-91de-b6006866663f\",\"method\":\"connect\","
    "\"params\":{\"minProtocol\":4,\"maxProtocol\":4,\"client\":{\"id\":\"cli\",\"version\":"
    "\"2026.9.6\",\"platform\":\"linux\",\"mode\":\"cli\",\"instanceId\":\"3e375358b6f3\"},"
    "\"role\":\"operator\",\"scopes\":[\"operator.read\"],\"caps\":[],\"auth\":{\"token\":\"secret\"}}}";

static void check(void *ctx)
{
    struct work *w = ctx;
    w->result = (size_t)hf_json_check(w->text, HF_LIMIT_JSON_DEPTH, NULL);
}

static void read_req(void *ctx)
{
    struct work *w = ctx;
    struct hf_req req;
    hf_frame_read_req(w->text, HF_LIMIT_JSON_DEPTH, &w->scratch, &w->why, &req);
    w->result = req.params.len;
}

static void read_server(void *ctx)
{
    struct work *w = ctx;
    struct hf_frame frame;
    hf_frame_read(w->text, HF_LIMIT_JSON_DEPTH, &frame);
    w->result = frame.res.payload.len;
}

static void find_last(void *ctx)
{
    struct work *w = ctx;
    w->result = hf_json_find(w->part, "policy").len;
}

static void read_connect(void *ctx)
{
    struct work *w = ctx;
    struct hf_connect connect;
    hf_connect_read(w->part, &w->scratch, &w->why, &connect);
    w->result = connect.scope_count;
}

static void quote(void *ctx)
{
    struct work *w = ctx;
    hf_buf_reset(&w->out, OUT_MAX);
    hf_json_quote(&w->out, w->part);
    w->result = w->out.len;
}

static void make_tail(void *ctx)
{
    struct work *w = ctx;
    char tail[HF_EVENT_TAIL_BYTES];
    w->result = hf_frame_event_tail(tail, 123456);
}

static void print(const char *what, struct work *w, void (*run)(void *ctx))
{
    printf("%-34s %9zu bytes %12.0f ns\n", what, w->text.len, measure_call(run, w));
}

/* A request whose message has LARGE letters. */
static void make_large(struct hf_buf *text)
{
    HF_BUF_LIT(text, "{\"type\":\"req\",\"id\":\"1\",\"method\":\"chat.send\",\"params\":\"");
    for (size_t i = 0; i < LARGE; i++) hf_buf_add_byte(text, (uint8_t)('a' + i % 26));
    HF_BUF_LIT(text, "\"}");
}

/* The first hello-ok of a recording. */
static struct hf_bytes find_hello(const char *folder, struct hf_buf *file)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/cli-health.jsonl", folder);
    FILE *in = fopen(path, "rb");
    if (!in || hf_buf_reserve(file, FILE_BYTES_MAX) != 0) return HF_EMPTY;
    hf_buf_used(file, fread(file->ptr, 1, FILE_BYTES_MAX, in));
    fclose(in);
    struct hf_bytes rest = hf_buf_view(file);
    while (rest.len > 0) {
        size_t end = hf_bytes_find(rest, 0, '\n');
        struct hf_bytes frame = hf_json_find(hf_bytes_head(rest, end), "json");
        if (hf_json_is(hf_json_find(hf_json_find(frame, "payload"), "type"), HF_LIT("hello-ok")))
            return frame;
        rest = hf_bytes_from(rest, end + 1);
    }
    return HF_EMPTY;
}

int main(int argc, char **argv)
{
    struct hf_buf large, file;
    struct work w = { .text = hf_bytes(request, sizeof request - 1) };
    if (argc != 2) {
        fprintf(stderr, "usage: micro_json TRACES\n");
        return 2;
    }
    hf_buf_init(&w.scratch, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_buf_init(&w.why, HF_LIMIT_PREAUTH_FRAME_BYTES);
    hf_buf_init(&w.out, OUT_MAX);
    hf_buf_init(&large, OUT_MAX);
    hf_buf_init(&file, FILE_BYTES_MAX);

    print("request: check", &w, check);
    print("request: read frame", &w, read_req);
    w.part = hf_json_find(w.text, "params");
    print("request: read connect params", &w, read_connect);
    print("event: tail", &w, make_tail);

    make_large(&large);
    w.text = hf_buf_view(&large);
    print("large: check", &w, check);
    print("large: read frame", &w, read_req);
    w.part = w.text;
    print("large: quote", &w, quote);

    w.text = find_hello(argv[1], &file);
    if (w.text.len == 0) {
        fprintf(stderr, "micro_json: no hello-ok in %s\n", argv[1]);
        return 1;
    }
    print("hello: check", &w, check);
    print("hello: read frame", &w, read_server);
    w.part = hf_json_find(w.text, "payload");
    print("hello: find the last member", &w, find_last);
    return 0;
}
