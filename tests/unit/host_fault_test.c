/* Without memory: every set-up of the host and the program is an error, not a crash. */
#include "base/err.h"
#include "base/limits.h"
#include "host/log_sink.h"
#include "host/log_tail.h"
#include "host/loop.h"
#include "host/notify.h"
#include "host/tls.h"
#include "lib/cert.h"
#include "lib/check.h"
#include "lib/fault.h"
#include "lib/scratch.h"
#include "prog/config.h"
#include "prog/settings_from.h"
#include "wire/json5_edit.h"

static struct hf_fault fault;
static struct scratch scratch;
static char cert_path[SCRATCH_PATH_BYTES], key_path[SCRATCH_PATH_BYTES];

static int read_config(void)
{
    struct hf_config c;
    struct hf_args args = { 0 };
    struct hf_settings settings;
    struct hf_settings_text text = { { 0 }, { 0 } };
    args.values[HF_OPTION_CONFIG] = scratch.path;
    args.values[HF_OPTION_OPENCLAW_CONFIG] = scratch.path;
    int err = hf_config_load(&c, &args, &fault);
    if (!err) err = hf_settings_from(&c, HF_EMPTY, &settings, &text, &fault);
    hf_settings_text_fini(&text);
    hf_config_fini(&c);
    return err;
}

static int edit_config(void)
{
    struct hf_json5_error error;
    struct hf_buf out;
    hf_buf_init(&out, 4096);
    int err = hf_json5_edit(HF_LIT("{ gateway: { port: 1 } }"), HF_LIT("gateway.bind"),
                            HF_LIT("\"lan\""), HF_LIMIT_JSON_DEPTH, &out, &error);
    hf_buf_fini(&out);
    return err;
}

static int open_tls(void)
{
    struct hf_tls *tls = NULL;
    struct hf_tls_conn *conn = NULL;
    int err = hf_tls_new(&tls, cert_path, key_path, &fault);
    if (!err) err = hf_tls_conn_new(tls, &conn);
    hf_tls_conn_free(conn);
    hf_tls_free(tls);
    return err;
}

static int open_loop(void)
{
    struct hf_loop *loop = NULL;
    struct hf_log_sink sink;
    struct hf_settings settings;
    struct hf_notify notify = { .fd = -1 };
    hf_log_sink_init(&sink, STDERR_FILENO, HF_LOG_FORMAT_TEXT, NULL);
    hf_settings_init(&settings);
    struct hf_server_config server = { .log = hf_log_sink_log(&sink, HF_LOG_ERROR) };
    struct hf_loop_config config = { .server = &server,
                                     .settings = &settings,
                                     .sink = &sink,
                                     .notify = &notify,
                                     .state_dir = scratch.dir,
                                     .log_path = scratch.path };
    int err = hf_loop_new(&loop, &config, &fault);
    hf_loop_free(loop);
    hf_log_sink_fini(&sink);
    return err;
}

static int read_tail(void)
{
    struct hf_buf text = { 0 };
    struct hf_log_tail_result got;
    struct hf_log_tail_request request = { .lines_max = 10, .bytes_max = 1000 };
    hf_log_tail_read(scratch.path, &request, &text, &got);
    hf_buf_fini(&text);
    return got.err;
}

static void every_allocation_that_fails_is_an_error(void)
{
    static int (*const scenarios[])(void) = { read_config, edit_config, open_tls, read_tail };
    scratch_make(&scratch);
    snprintf(cert_path, sizeof cert_path, "%s/crt", scratch.dir);
    snprintf(key_path, sizeof key_path, "%s/key", scratch.dir);
    cert_write(cert_path, key_path, "holdfast");
    FILE *out = fopen(scratch.path, "we");
    fputs("{ gateway: { port: 5, trustedProxies: ['10.0.0.0/8'], auth: { token: 'a${HOME}' } } }\n",
          out);
    fclose(out);
    for (size_t i = 0; i < HF_COUNT(scenarios); i++) fault_each(scenarios[i]);
    scratch_drop(&scratch);
}

/* The engine starts without what it can do without (its own line in the presence
 * list), so an allocation may fail without an error; nothing may be left behind. */
static void a_loop_without_memory_starts_or_says_so(void)
{
    bool was_hit = true;
    scratch_make(&scratch);
    for (size_t nth = 1; was_hit; nth++) {
        size_t before = fault_live();
        fault_arm(nth);
        int err = open_loop();
        was_hit = fault_was_hit();
        fault_arm(0);
        CHECK_AT(nth, err == 0 || (was_hit && err == HF_ERR_NOMEM));
        CHECK_AT(nth, nth > 1 || err == HF_ERR_NOMEM);
        CHECK_EQ_AT(nth, fault_live(), before);
    }
    scratch_drop(&scratch);
}

/* A line for which there is no memory is dropped and counted, and told later. */
static void a_log_line_without_memory_is_counted(void)
{
    struct hf_log_sink sink;
    hf_log_sink_init(&sink, STDERR_FILENO, HF_LOG_FORMAT_TEXT, NULL);
    struct hf_log log = hf_log_sink_log(&sink, HF_LOG_INFO);
    fault_arm(1);
    HF_LOG(&log, HF_LOG_INFO, "conn.opened", HF_INT("conn", 1));
    CHECK(fault_was_hit());
    CHECK_EQ(sink.dropped, 1);
    HF_LOG(&log, HF_LOG_INFO, "conn.opened", HF_INT("conn", 2));
    CHECK_EQ(sink.dropped, 1);
    CHECK(!hf_log_sink_is_empty(&sink));
    hf_log_sink_fini(&sink);
}

CHECK_MAIN(every_allocation_that_fails_is_an_error, a_loop_without_memory_starts_or_says_so,
           a_log_line_without_memory_is_counted)
