#include "prog/log_follow.h"
#include "base/err.h"
#include "lib/check.h"
#include "wire/json_read.h"

static const struct {
    const char *answer;
    const char *lines;
    unsigned notes;
    const char *next; /* the parameters of the next request */
} stream[] = {
    { "{\"file\":\"/a\",\"cursor\":100,\"size\":100,\"lines\":[\"x\"],\"truncated\":true,"
      "\"reset\":false}",
      "[\"x\"]", 0, /* the first page is a part by intention */
      "{\"cursor\":100,\"limit\":5000,\"maxBytes\":1000000}" },
    { "{\"file\":\"/a\",\"cursor\":100,\"lines\":[],\"truncated\":false,\"reset\":false}", "[]", 0,
      "{\"cursor\":100,\"limit\":5000,\"maxBytes\":1000000}" },
    { "{\"file\":\"/a\",\"cursor\":5000000,\"lines\":[\"y\"],\"truncated\":true}", "[\"y\"]",
      HF_LOG_LEFT_OUT, "{\"cursor\":5000000,\"limit\":5000,\"maxBytes\":1000000}" },
    { "{\"file\":\"/a\",\"cursor\":10,\"lines\":[\"z\"],\"truncated\":false,\"reset\":true}",
      "[\"z\"]", HF_LOG_ROTATED, "{\"cursor\":10,\"limit\":5000,\"maxBytes\":1000000}" },
    /* What stands behind the old cursor there is not all of the new file. */
    { "{\"file\":\"/b\",\"cursor\":20,\"lines\":[\"q\"],\"truncated\":false,\"reset\":true}", "",
      HF_LOG_OTHER_FILE, "{\"cursor\":0,\"limit\":5000,\"maxBytes\":1000000}" },
    { "{\"file\":\"/b\",\"cursor\":20,\"lines\":[\"p\",\"q\"],\"truncated\":false}",
      "[\"p\",\"q\"]", 0, "{\"cursor\":20,\"limit\":5000,\"maxBytes\":1000000}" },
};

static void asks(size_t row, const struct hf_log_follow *f, const char *want)
{
    struct hf_buf out;
    hf_buf_init(&out, 256);
    hf_log_follow_ask(f, 200, &out);
    CHECK_TEXT_AT(row, hf_buf_view(&out), want);
    hf_buf_fini(&out);
}

static void pages_become_one_stream(void)
{
    struct hf_log_follow f = { 0 };
    asks(0, &f, "{\"limit\":200,\"maxBytes\":1000000}");
    for (size_t i = 0; i < HF_COUNT(stream); i++) {
        struct hf_bytes lines;
        unsigned notes;
        CHECK_EQ_AT(i, hf_log_follow_take(&f, hf_bytes_cstr(stream[i].answer), &lines, &notes), 0);
        CHECK_TEXT_AT(i, lines, stream[i].lines);
        CHECK_EQ_AT(i, notes, stream[i].notes);
        asks(i, &f, stream[i].next);
    }
}

static void what_is_no_answer_changes_nothing(void)
{
    static const char *const answers[] = {
        "", "null", "{}", "{\"cursor\":1}", "{\"lines\":[]}", "{\"cursor\":\"1\",\"lines\":[]}"
    };
    struct hf_log_follow f = { .has_cursor = true, .cursor = 7 };
    for (size_t i = 0; i < HF_COUNT(answers); i++) {
        struct hf_bytes lines;
        unsigned notes;
        CHECK_EQ_AT(i, hf_log_follow_take(&f, hf_bytes_cstr(answers[i]), &lines, &notes),
                    HF_ERR_TYPE);
        CHECK_EQ_AT(i, f.cursor, 7);
    }
}

CHECK_MAIN(pages_become_one_stream, what_is_no_answer_changes_nothing)
