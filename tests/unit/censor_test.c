#include "wire/censor.h"
#include "base/err.h"
#include "lib/check.h"

static const struct hf_bytes secrets[] = { HF_LIT_INIT("canary-4711-canary"),
                                           HF_LIT_INIT("short") };
static const struct hf_censor_known known = { secrets, HF_COUNT(secrets) };

static const struct {
    const char *text, *want;
} lines[] = {
    { "", "" },
    { "listening on 127.0.0.1:18789", "listening on 127.0.0.1:18789" },
    /* Members, variables, headers. */
    { "{\"token\":\"s3cret\",\"port\":1}", "{\"token\":\"[redacted]\",\"port\":1}" },
    { "{\"deviceToken\": \"a b,c\"}", "{\"deviceToken\": \"[redacted]\"}" },
    { "{\"device_token\":null}", "{\"device_token\":[redacted]}" },
    { "{\"token\":{\"value\":\"s}3\",\"x\":[1]},\"b\":2}", "{\"token\":[redacted],\"b\":2}" },
    { "{\"token\":[\"a\"", "{\"token\":[redacted]" },
    { "{\"apiKey\":\"x\\\"y\",\"a\":1}", "{\"apiKey\":\"[redacted]\",\"a\":1}" },
    { "\"{\\\"token\\\":\\\"abc\\\",\\\"a\\\":1}\"",
      "\"{\\\"token\\\":\\\"[redacted]\\\",\\\"a\\\":1}\"" },
    /* A string of a string of a string. */
    { "\\\\\\\"token\\\\\\\":\\\\\\\"a\\\\\\\\\\\\\\\"b\\\\\\\",\\\\\\\"n\\\\\\\":1",
      "\\\\\\\"token\\\\\\\":\\\\\\\"[redacted]\\\\\\\",\\\\\\\"n\\\\\\\":1" },
    { "{\"token\":\"x\\\\\",\"a\":1}", "{\"token\":\"[redacted]\",\"a\":1}" },
    { "\\\"token\\\":\\\"x\\\\\\\"y\\\",1", "\\\"token\\\":\\\"[redacted]\\\",1" },
    { "OPENCLAW_GATEWAY_TOKEN=abc next", "OPENCLAW_GATEWAY_TOKEN=[redacted] next" },
    { "password: hunter2; user: bob", "password: [redacted]; user: bob" },
    { "token: 'a b' c", "token: '[redacted]' c" },
    { "privateKey = abc", "privateKey = [redacted]" },
    { "Authorization: Bearer abc.def ghi", "Authorization: [redacted]" },
    { "Cookie: a=b; c=d", "Cookie: [redacted]" },
    { "set-cookie: a=b; c=d", "set-cookie: [redacted]" },
    { "sent Bearer abc.def to it", "sent Bearer [redacted] to it" },
    { "{\"authorization\":\"Bearer abc\"}", "{\"authorization\":\"[redacted]\"}" },
    { "signature=aa,nonce=bb", "signature=[redacted],nonce=[redacted]" },
    { "upstream-authorization=Basic dXNlcg next", "upstream-authorization=[redacted] next" },
    { "passwd=a passphrase=b client_secret=c setupCode=d",
      "passwd=[redacted] passphrase=[redacted] client_secret=[redacted] setupCode=[redacted]" },
    { "accessKey=a secret_key=b", "accessKey=[redacted] secret_key=[redacted]" },
    { "token:", "token:" },
    { "token", "token" },
    { "tokens: 5, sessionKey: main", "tokens: 5, sessionKey: main" },
    { "Unrecognized key: \"foo\"", "Unrecognized key: \"foo\"" },
    { "token_mismatch: retry", "token_mismatch: retry" },
    /* Flags. */
    { "--token abc --port 1", "--token [redacted] --port 1" },
    { "--token=abc --port=1", "--token=[redacted] --port=1" },
    { "--password abc", "--password [redacted]" },
    { "--api-key-file x", "--api-key-file [redacted]" },
    { "--token --port 1", "--token --port 1" },
    { "--token", "--token" },
    /* URLs. */
    { "ws://user:pw@host:1/x", "ws://***:***@host:1/x" },
    { "ws://user@host/a@b", "ws://***:***@host/a@b" },
    { "ws://host/@", "ws://host/@" },
    { "http://h/?token=a&b=c", "http://h/?token=[redacted]&b=c" },
    { "http://h/?code=a&session=b&jwt=c&sig=d",
      "http://h/?code=[redacted]&session=[redacted]&jwt=[redacted]&sig=[redacted]" },
    { "http://h/?x_key=a&%74oken=b", "http://h/?x_key=[redacted]&%74oken=[redacted]" },
    { "http://h/?%2574oken=b", "http://h/?%2574oken=[redacted]" },
    { "http://h/?%zz=b&c=d", "http://h/?[redacted]&c=d" },
    { "http://h/?a=1&next=https%3A%2F%2Fu%3Ap%40h#key=b;sig=c d;sig=e",
      "http://h/?a=1&next=[redacted]#key=[redacted];sig=[redacted] d;sig=e" },
    { "'//u:p@h/x', a//b@c", "'//***:***@h/x', a//b@c" },
    { "code=1006 session=main", "code=1006 session=main" }, /* no query */
    { "code=1006;sig=9 really? code=1", "code=1006;sig=9 really? code=1" },
    { "offers Basic dXNlcjpw to", "offers Basic [redacted] to" },
    { "Basic authentication, basic HTTP, Basic Auth",
      "Basic authentication, basic HTTP, Basic Auth" },
    /* Known secrets stand anywhere. */
    { "xcanary-4711-canaryx short", "x[redacted]x short" },
    { "a=canary-4711-canary", "a=[redacted]" },
    { "canary-4711-canar", "canary-4711-canar" },
    { "ws://h/canary-4711-canary", "ws://h/[redacted]" },
    { "\xC3\xA4 token=\xC3\xB6", "\xC3\xA4 token=[redacted]" },
};

static void a_line_loses_its_secrets_and_nothing_else(void)
{
    for (size_t i = 0; i < HF_COUNT(lines); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 4096);
        hf_censor_text(hf_bytes_cstr(lines[i].text), &known, &out);
        CHECK_TEXT_AT(i, hf_buf_view(&out), lines[i].want);
        hf_buf_fini(&out);
    }
}

static void a_text_without_its_end_loses_the_beginning_of_a_secret(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "it is canary-4711-canar", "it is [redacted]" },
        { "it is cana", "it is [redacted]" },
        { "it is can", "it is can" },
        { "it is canary-4711-canary", "it is [redacted]" },
        { "canary it is", "canary it is" },
        { "ws://me:pw", "ws://***:***@" },
        { "ws://host/x", "ws://host/x" },
        { "ws://", "ws://" },
        { "\"token\":\"abc", "\"token\":\"[redacted]" },
        { "", "" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_buf out;
        hf_buf_init(&out, 4096);
        hf_censor_cut(hf_bytes_cstr(rows[i].text), &known, &out);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].want);
        hf_buf_fini(&out);
    }
}

/* The shorter of two that begin alike would leave the rest of the longer one. */
static void the_longest_of_several_secrets_counts(void)
{
    static const struct hf_bytes alike[] = { HF_LIT_INIT("canary-1"), HF_LIT_INIT("canary-1-long"),
                                             HF_LIT_INIT("canary-1-l") };
    struct hf_buf out;
    hf_buf_init(&out, 4096);
    hf_censor_text(HF_LIT("is canary-1-long, canary-1"),
                   &(struct hf_censor_known){ alike, HF_COUNT(alike) }, &out);
    CHECK_TEXT(hf_buf_view(&out), "is [redacted], [redacted]");
    hf_buf_fini(&out);
}

static void a_name_too_long_to_judge_is_held_for_a_secret_s(void)
{
    char name[129];
    memset(name, 'a', sizeof name);
    CHECK(!hf_censor_is_secret(hf_bytes(name, 128)));
    CHECK(hf_censor_is_secret(hf_bytes(name, 129)));
}

/* supervisor 90: every form of section 6. */
static void arguments_are_shown_without_their_secrets(void)
{
    static const struct {
        const char *argv[8];
        const char *want;
    } rows[] = {
        { { "openclaw", "gateway", "--port", "1" }, "openclaw gateway --port 1" },
        { { "g", "--token", "canary", "--x" }, "g --token [redacted] --x" },
        { { "g", "--token=canary", "--password=canary" },
          "g --token=[redacted] --password=[redacted]" },
        { { "g", "--password", "canary" }, "g --password [redacted]" },
        { { "g", "--client-secret", "a b" }, "g --client-secret [redacted]" },
        { { "g", "--signing-key", "--odd" }, "g --signing-key [redacted]" },
        { { "g", "--token=", "x" }, "g --token= x" },
        { { "sh", "-c", "echo hi", "" }, "sh -c 'echo hi' ''" },
        { { "env", "OPENCLAW_GATEWAY_TOKEN=canary", "g" },
          "env OPENCLAW_GATEWAY_TOKEN=[redacted] g" },
        { { "g", "canary-4711-canary" }, "g [redacted]" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_bytes argv[8];
        struct hf_buf out;
        size_t count = 0;
        while (count < 8 && rows[i].argv[count]) {
            argv[count] = hf_bytes_cstr(rows[i].argv[count]);
            count++;
        }
        hf_buf_init(&out, 4096);
        hf_censor_argv(argv, count, &known, &out);
        CHECK_TEXT_AT(i, hf_buf_view(&out), rows[i].want);
        hf_buf_fini(&out);
    }
}

static void a_full_buffer_says_so(void)
{
    struct hf_bytes argv[] = { HF_LIT_INIT("abcdef"), HF_LIT_INIT("--token=x") };
    struct hf_buf out;
    hf_buf_init(&out, 8);
    hf_censor_argv(argv, 2, NULL, &out);
    CHECK_EQ(hf_buf_done(&out), HF_ERR_LIMIT);
    hf_buf_fini(&out);
}

CHECK_MAIN(a_line_loses_its_secrets_and_nothing_else,
           a_text_without_its_end_loses_the_beginning_of_a_secret,
           the_longest_of_several_secrets_counts, a_name_too_long_to_judge_is_held_for_a_secret_s,
           arguments_are_shown_without_their_secrets, a_full_buffer_says_so)
