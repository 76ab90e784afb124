/* `holdfast devices revoke`, and `logs`, against gateways that say what no real one does on
 * demand. */
#include "lib/fake_gateway.h"
#include "lib/verb.h"
#include "wire/json_read.h"

static struct scratch scratch;

static struct verb_outcome run(const struct fake *f, const char *const words[VERB_WORDS_MAX])
{
    char url[64];
    size_t count = 0;
    const char *all[VERB_WORDS_MAX] = { NULL };
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", f->port);
    for (; words[count]; count++) all[count] = words[count];
    all[count++] = "--url";
    all[count++] = url;
    all[count++] = "--token";
    all[count] = "t";
    return verb_run(scratch.dir, all);
}

/* --- revoke --- */

/* Two roles that are let in, and one that no longer is. */
static const char devices[] =
    "{\"pending\":[],\"paired\":[{\"deviceId\":\"other\",\"tokens\":[{\"role\":\"operator\"}]},"
    "{\"deviceId\":\"d\",\"tokens\":[{\"role\":\"operator\"},{\"role\":\"node\"},"
    "{\"role\":\"guest\",\"revokedAtMs\":7}]},{\"deviceId\":\"none\",\"tokens\":[]}]}";

/* Answers the list, and each revocation with what it was asked for. */
static void revoke_what_is_asked(int listener)
{
    struct fake_conn c;
    struct hf_buf text;
    char id[128];
    fake_accept(&c, listener);
    fake_login(&c);
    fake_want(&c, "device.pair.list", id);
    fake_answer(&c, id, devices);
    hf_buf_init(&text, 65536);
    while (fake_read(&c, &text)) {
        struct hf_bytes plain, root = hf_buf_view(&text);
        struct hf_bytes params = hf_json_find(root, "params");
        char answer[1024];
        if (!hf_json_is(hf_json_find(root, "method"), HF_LIT("device.token.revoke"))) continue;
        if (!hf_json_get_plain(hf_json_find(root, "id"), &plain)) _exit(3);
        snprintf(id, sizeof id, "%.*s", (int)plain.len, (const char *)plain.ptr);
        snprintf(answer, sizeof answer, "%.*s", (int)params.len, (const char *)params.ptr);
        fake_answer(&c, id, answer);
    }
    hf_buf_fini(&text);
    fake_close(&c);
}

static const struct {
    const char *words[VERB_WORDS_MAX];
    int exit_code;
    const char *out, *err;
} revocations[] = {
    { { "devices", "revoke", "d" }, 0, "revoked d  operator\nrevoked d  node\n", "" },
    { { "devices", "revoke", "d", "--quiet" }, 0, "", "" },
    { { "devices", "revoke", "d", "--json" },
      0,
      "{\"deviceId\":\"d\",\"revoked\":[{\"deviceId\":\"d\",\"role\":\"operator\"},"
      "{\"deviceId\":\"d\",\"role\":\"node\"}]}\n",
      "" },
    { { "devices", "revoke", "none", "--json" },
      0,
      "{\"deviceId\":\"none\",\"revoked\":[]}\n",
      "" },
    { { "devices", "revoke", "x" }, 1, "", "holdfast: no paired device has the id \"x\"\n" },
    { { "devices", "revoke", "x", "--json" },
      1,
      "{\"ok\":false,\"error\":{\"type\":\"local_error\",\"message\":"
      "\"no paired device has the id \\\"x\\\"\"}}\n",
      "" },
};

static void every_role_of_a_device_is_revoked(void)
{
    scratch_make(&scratch);
    for (size_t i = 0; i < HF_COUNT(revocations); i++) {
        struct fake f;
        fake_start(&f, revoke_what_is_asked);
        struct verb_outcome o = run(&f, revocations[i].words);
        CHECK_TEXT_AT(i, hf_buf_view(&o.err), revocations[i].err);
        CHECK_EQ_AT(i, o.exit_code, revocations[i].exit_code);
        CHECK_TEXT_AT(i, hf_buf_view(&o.out), revocations[i].out);
        CHECK_TEXT_AT(i, hf_buf_view(&o.err), revocations[i].err);
        verb_drop(&o);
        CHECK_EQ_AT(i, fake_end(&f), 0);
    }
    scratch_drop(&scratch);
}

/* --- logs --- */

static void answer_no_log(int listener)
{
    struct fake_conn c;
    char id[128];
    fake_accept(&c, listener);
    fake_login(&c);
    fake_want(&c, "logs.tail", id);
    fake_answer(&c, id, "{\"ok\":true}");
    fake_drain(&c);
    fake_close(&c);
}

static void an_answer_that_is_no_log_is_a_failure(void)
{
    scratch_make(&scratch);
    for (size_t i = 0; i < 2; i++) {
        struct fake f;
        fake_start(&f, answer_no_log);
        struct verb_outcome o =
            run(&f, i == 0 ? VERB_WORDS("logs") : VERB_WORDS("logs", "--follow"));
        CHECK_EQ_AT(i, o.exit_code, 1);
        CHECK_EQ_AT(i, o.out.len, 0);
        CHECK_AT(i, verb_has(&o.err, "what the gateway answers is not the end of a log"));
        verb_drop(&o);
        CHECK_EQ_AT(i, fake_end(&f), 0);
    }
    scratch_drop(&scratch);
}

CHECK_MAIN(every_role_of_a_device_is_revoked, an_answer_that_is_no_log_is_a_failure)
