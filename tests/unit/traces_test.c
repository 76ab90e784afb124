/* Every frame that real peers exchanged (tests/data/traces) through the readers. */
#include "base/crypto.h"
#include "base/err.h"
#include "base/limits.h"
#include "lib/check.h"
#include "wire/frame.h"
#include "wire/json_read.h"
#include "wire/schema/device_payload.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_BYTES_MAX = 1 << 20 };

struct tally {
    size_t files, client_frames, server_frames, connects, signatures, refusals;
};

/* Where one file is. */
struct walk {
    struct tally *tally;
    struct hf_buf scratch, why, out, again;
    struct hf_buf said;   /* "<conn> <id> <why>" and a newline for each refusal of ours */
    struct hf_bytes conn; /* JSON: whose frame is looked at */
    struct hf_connect connect;
    struct hf_bytes connect_id, connect_conn;
};

static struct hf_bytes read_file(const char *path, struct hf_buf *text)
{
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    CHECK_EQ(hf_buf_reserve(text, FILE_BYTES_MAX), 0);
    hf_buf_used(text, fread(text->ptr, 1, FILE_BYTES_MAX, file));
    CHECK(feof(file));
    fclose(file);
    return hf_buf_view(text);
}

static void add_refusal(struct hf_buf *out, struct hf_bytes conn, struct hf_bytes id,
                        struct hf_bytes why)
{
    hf_buf_add(out, conn);
    hf_buf_add_byte(out, ' ');
    hf_buf_add(out, id);
    hf_buf_add_byte(out, ' ');
    hf_buf_add(out, why);
    hf_buf_add_byte(out, '\n');
}

/* Read, written, read and written again: the same text twice. */
static void check_connect(struct walk *w, const struct hf_req *req)
{
    struct hf_connect again;
    struct hf_buf none;
    hf_buf_init(&none, 0);
    int err = hf_connect_read(req->params, &w->scratch, &w->why, &w->connect);
    w->tally->connects++;
    if (err == HF_ERR_TYPE) {
        add_refusal(&w->said, w->conn, req->id, hf_buf_view(&w->why));
        return;
    }
    CHECK_EQ(err, 0);
    w->connect_id = req->id;
    w->connect_conn = w->conn;
    hf_buf_reset(&w->out, SIZE_MAX);
    hf_buf_reset(&w->again, SIZE_MAX);
    hf_connect_write(&w->out, &w->connect);
    CHECK_EQ(hf_json_check(hf_buf_view(&w->out), HF_LIMIT_JSON_DEPTH_PREAUTH, NULL), 0);
    CHECK_EQ(hf_connect_read(hf_buf_view(&w->out), &none, &none, &again), 0);
    hf_connect_write(&w->again, &again);
    CHECK_BYTES(hf_buf_view(&w->again), hf_buf_view(&w->out));
}

static void check_client_frame(struct walk *w, struct hf_bytes json)
{
    struct hf_req req;
    w->tally->client_frames++;
    hf_buf_reset(&w->why, SIZE_MAX);
    int err = hf_frame_read_req(json, HF_LIMIT_JSON_DEPTH, &w->scratch, &w->why, &req);
    if (err == HF_ERR_TYPE) {
        add_refusal(&w->said, w->conn, req.id, hf_buf_view(&w->why));
        return;
    }
    CHECK_EQ(err, 0);
    if (hf_bytes_same(req.method, HF_LIT("connect"))) check_connect(w, &req);
}

static bool is_signed(struct walk *w, enum hf_device_payload_version version)
{
    const struct hf_connect_device *device = &w->connect.device;
    uint8_t key[HF_ED25519_KEY_BYTES], signature[HF_ED25519_SIG_BYTES];
    size_t key_len, signature_len;
    CHECK_EQ(hf_base64url_read(device->public_key, key, sizeof key, &key_len), 0);
    CHECK_EQ(hf_base64url_read(device->signature, signature, sizeof signature, &signature_len), 0);
    CHECK_EQ(key_len, sizeof key);
    CHECK_EQ(signature_len, sizeof signature);
    hf_buf_reset(&w->out, SIZE_MAX);
    hf_device_payload_write(&w->out, version, &w->connect);
    return hf_ed25519_verify(key, hf_buf_view(&w->out), signature);
}

/* What the real gateway let in was signed over the text that we put together; what it refused as
 * malformed we refuse with the same words. */
static void check_answer(struct walk *w, const struct hf_frame_res *res)
{
    struct hf_bytes message = hf_json_find(res->error, "message");
    bool is_for_connect =
        hf_bytes_same(w->connect_conn, w->conn) && hf_bytes_same(w->connect_id, res->id);
    if (res->ok && is_for_connect && w->connect.has_device) {
        CHECK(is_signed(w, HF_DEVICE_PAYLOAD_V3) || is_signed(w, HF_DEVICE_PAYLOAD_V2));
        w->tally->signatures++;
    }
    if (!hf_bytes_starts(message, HF_LIT("\"invalid request frame:")) &&
        !hf_bytes_starts(message, HF_LIT("\"invalid connect params:")))
        return;
    hf_buf_reset(&w->out, SIZE_MAX);
    hf_buf_reset(&w->again, SIZE_MAX);
    hf_json_text(message, &w->again);
    add_refusal(&w->out, w->conn, res->id, hf_buf_view(&w->again));
    CHECK(w->said.len > 0);
    CHECK(memmem(w->said.ptr, w->said.len, w->out.ptr, w->out.len) != NULL);
    w->tally->refusals++;
}

static void check_server_frame(struct walk *w, struct hf_bytes json)
{
    struct hf_frame frame;
    w->tally->server_frames++;
    CHECK_EQ(hf_frame_read(json, HF_LIMIT_JSON_DEPTH, &frame), 0);
    if (frame.kind == HF_FRAME_RES) check_answer(w, &frame.res);
}

static void check_line(struct walk *w, struct hf_bytes line)
{
    CHECK_EQ(hf_json_check(line, HF_LIMIT_JSON_DEPTH, NULL), 0);
    struct hf_bytes root = hf_json_root(line), json = hf_json_find(root, "json");
    w->conn = hf_json_find(root, "conn");
    if (hf_json_is(hf_json_find(root, "dir"), HF_LIT("c2s")))
        check_client_frame(w, json);
    else
        check_server_frame(w, json);
}

static void check_file(const char *path, struct tally *tally)
{
    struct walk w = { .tally = tally };
    struct hf_buf text;
    hf_buf_init(&text, FILE_BYTES_MAX);
    hf_buf_init(&w.scratch, FILE_BYTES_MAX);
    hf_buf_init(&w.why, FILE_BYTES_MAX);
    hf_buf_init(&w.out, FILE_BYTES_MAX);
    hf_buf_init(&w.again, FILE_BYTES_MAX);
    hf_buf_init(&w.said, FILE_BYTES_MAX);
    struct hf_bytes rest = read_file(path, &text);
    while (rest.len > 0) {
        size_t end = hf_bytes_find(rest, 0, '\n');
        check_line(&w, hf_bytes_head(rest, end));
        rest = hf_bytes_from(rest, end + 1);
    }
    tally->files++;
    hf_buf_fini(&text);
    hf_buf_fini(&w.scratch);
    hf_buf_fini(&w.why);
    hf_buf_fini(&w.out);
    hf_buf_fini(&w.again);
    hf_buf_fini(&w.said);
}

static void every_recorded_frame_is_read_as_its_receiver_read_it(void)
{
    const char *folder = getenv("HF_TRACES");
    struct tally tally = { 0 };
    char path[4096];
    CHECK(folder != NULL);
    DIR *dir = opendir(folder);
    CHECK(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (!hf_bytes_ends(hf_bytes_cstr(entry->d_name), HF_LIT(".jsonl"))) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check_file(path, &tally);
    }
    closedir(dir);
    /* A folder that lost half of its files would be no test. */
    CHECK_EQ(tally.files, 24);
    CHECK(tally.client_frames + tally.server_frames > 1150);
    CHECK(tally.connects > 90);
    CHECK(tally.signatures >= 10);
    CHECK(tally.refusals >= 10);
}

CHECK_MAIN(every_recorded_frame_is_read_as_its_receiver_read_it)
