#include "wire/url.h"
#include "base/err.h"
#include "lib/check.h"

static void an_address_is_taken_apart(void)
{
    static const struct {
        const char *text, *host, *place, *target;
        uint16_t port;
        bool is_tls;
    } rows[] = {
        { "ws://127.0.0.1:18789", "127.0.0.1", "127.0.0.1:18789", "/", 18789, false },
        { "WSS://Host/a?b=c", "Host", "Host", "/a?b=c", 443, true },
        { "http://h", "h", "h", "/", 80, false },
        { "ws://[::1]:65535/x", "::1", "[::1]:65535", "/x", 65535, false },
        { "https://[::1]", "::1", "[::1]", "/", 443, true },
        { "ws://h:1/?at=a@b", "h", "h:1", "/?at=a@b", 1, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_url url;
        const char *what;
        CHECK_EQ_AT(i, hf_url_read(hf_bytes_cstr(rows[i].text), &url, &what), 0);
        CHECK_TEXT_AT(i, url.host, rows[i].host);
        CHECK_TEXT_AT(i, url.place, rows[i].place);
        CHECK_TEXT_AT(i, url.target, rows[i].target);
        CHECK_EQ_AT(i, url.port, rows[i].port);
        CHECK_EQ_AT(i, url.is_tls, rows[i].is_tls);
    }
}

static void what_is_no_address_is_refused_with_the_reason(void)
{
    static const char *const rows[] = {
        "",          "ftp://h",      "h:1",         "ws://",      "ws://:1",        "ws://h:0",
        "ws://h:",   "ws://h:65536", "ws://h:1x",   "ws://u:p@h", "ws://h/#f",      "ws://h?q",
        "ws://[::1", "ws://[]:1",    "ws://[::1]x", "ws://h /",   "ws://h\xC3\xA4",
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_url url;
        const char *what = NULL;
        CHECK_EQ_AT(i, hf_url_read(hf_bytes_cstr(rows[i]), &url, &what), HF_ERR_SYNTAX);
        CHECK_AT(i, what != NULL);
    }
}

static void credentials_are_read_where_they_are_asked_for(void)
{
    static const struct {
        const char *text, *place, *user, *plain;
    } rows[] = {
        { "ws://u:p@h:1/x", "h:1", "u:p", "u:p" },
        { "wss://us%40er:p%3Ass%20@h", "h", "us%40er:p%3Ass%20", "us@er:p:ss " },
        { "ws://u@h", "h", "u", "u:" },
        { "ws://u:@h", "h", "u:", "u:" },
        { "ws://:p@h", "h", ":p", ":p" },
        { "ws://u:p@q@[::1]:1/a@b", "[::1]:1", "u:p@q", "u:p@q" },
        { "ws://u%:p@h", "h", "u%:p", NULL },
        { "ws://u%4:p@h", "h", "u%4:p", NULL },
        { "ws://u:p@", NULL, NULL, NULL },
        { "ws://h", "h", "", NULL },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_url url;
        struct hf_bytes user;
        struct hf_buf plain;
        const char *what;
        hf_buf_init(&plain, 64);
        int err = hf_url_read_login(hf_bytes_cstr(rows[i].text), &url, &user, &what);
        CHECK_EQ_AT(i, err, rows[i].place ? 0 : HF_ERR_SYNTAX);
        if (!err) CHECK_TEXT_AT(i, url.place, rows[i].place);
        if (!err) CHECK_TEXT_AT(i, user, rows[i].user);
        if (!err && user.len > 0)
            CHECK_EQ_AT(i, hf_url_user_write(user, &plain), rows[i].plain ? 0 : HF_ERR_SYNTAX);
        if (rows[i].plain) CHECK_TEXT_AT(i, hf_buf_view(&plain), rows[i].plain);
        hf_buf_fini(&plain);
    }
}

CHECK_MAIN(an_address_is_taken_apart, credentials_are_read_where_they_are_asked_for,
           what_is_no_address_is_refused_with_the_reason)
