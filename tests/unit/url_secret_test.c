#include "wire/url_secret.h"
#include "lib/check.h"

static void check_url(size_t row, const char *url, const char *want)
{
    struct hf_buf out;
    hf_buf_init(&out, 8192);
    hf_url_redact(&out, hf_bytes_cstr(url));
    CHECK_TEXT_AT(row, hf_buf_view(&out), want);
    hf_buf_fini(&out);
}

/* client-lifecycle 14.3 */
static void a_url_loses_its_secrets(void)
{
    static const struct {
        const char *url, *want;
    } rows[] = {
        { "wss://u:canary@h:1/p", "wss://***:***@h:1/p" },
        { "wss://canary@h/p?x=1", "wss://***:***@h/p?x=1" },
        { "ws://a@canary@h/", "ws://***:***@h/" },
        { "/?token=canary", "/?token=***" },
        { "/p?a=1&TOKEN=canary&b=2", "/p?a=1&TOKEN=***&b=2" },
        { "/p?to%6Ben=canary", "/p?to%6Ben=***" },
        { "/p?to%256Ben=canary", "/p?to%256Ben=***" },
        { "/p?myApiKey=canary;z=1", "/p?myApiKey=***;z=1" },
        { "/p?code=canary&codec=h264", "/p?code=***&codec=h264" },
        { "/p?session=canary&jwt=canary&sig=canary", "/p?session=***&jwt=***&sig=***" },
        { "/p?next=https%3A%2F%2Fh%2F%3Ftoken%3Dcanary", "/p?next=***" },
        { "/p?next=https%3A%2F%2Fu%3Acanary%40h", "/p?next=***" },
        { "/p?next=%2Fhome", "/p?next=%2Fhome" },
        { "/p?a=%zz", "/p?a=***" },
        { "/p?a=%2", "/p?a=***" },
        { "/p#access_token=canary", "/p#access_token=***" },
        { "/p?flag", "/p?flag" },
        { "/p?", "/p?" },
        { "//u:canary@h/p", "//***:***@h/p" },
        { "/login?token=canary&next=http://host/x", "/login?token=***&next=http://host/x" },
        { "token=canary;url=http://host/x", "token=***;url=http://host/x" },
        { "url=http://u:canary@host/x", "url=***" },
        { "url:http://u:canary@host/x", "url:http://***:***@host/x" },
        { "wss://u:can=ary@h/p?x=1", "wss://***:***@h/p?x=1" },
        { "http://a/x|http://u:canary@b/", "http://a/x|http://***:***@b/" },
        { "http://a/x;token=canary/y?z=1", "http://a/x;token=***" },
        { "token=can?ary", "token=***" },
        { "/p=1?token=canary", "/p=***" },
        { "http://h", "http://h" },
        { "://", "://" },
        { "", "" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) check_url(i, rows[i].url, rows[i].want);
}

/* Both sides of the eight layers. */
static void only_eight_layers_of_encoding_are_looked_through(void)
{
    for (int layers = 1; layers <= 9; layers++) {
        char url[256] = "/p?x=%", want[256];
        for (int i = 1; i < layers; i++) strcat(url, "25");
        strcat(url, "41"); /* an A below so many layers */
        strcpy(want, layers <= 8 ? url : "/p?x=***");
        check_url((size_t)layers, url, want);
    }
}

static void a_query_name_is_decoded_up_to_8_times(void)
{
    /* "a" with 8 and 9 layers of percent signs in front: %61, %2561, ... */
    char name[64] = "%61";
    for (int layers = 1; layers <= 9; layers++) {
        CHECK_EQ_AT(layers, hf_url_is_secret_param(hf_bytes_cstr(name)), layers > 8);
        char next[64] = "%25";
        memcpy(next + 3, name + 1, strlen(name));
        memcpy(name, next, sizeof name);
    }
}

static void a_name_too_long_to_judge_is_held_for_a_secret_s(void)
{
    char name[1025];
    memset(name, 'a', sizeof name);
    CHECK(!hf_url_is_secret_param(hf_bytes(name, 1024)));
    CHECK(hf_url_is_secret_param(hf_bytes(name, 1025)));
}

CHECK_MAIN(a_url_loses_its_secrets, only_eight_layers_of_encoding_are_looked_through,
           a_query_name_is_decoded_up_to_8_times, a_name_too_long_to_judge_is_held_for_a_secret_s)
