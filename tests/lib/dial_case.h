/* lib/dial_case.h: one dial on a loop, and what came of it. */
#ifndef HF_LIB_DIAL_CASE_H
#define HF_LIB_DIAL_CASE_H

#include "base/time.h"
#include "host/dial.h"
#include "lib/far_end.h"

#include <dirent.h>
#include <stdio.h>

struct dial_case {
    uv_loop_t loop;
    struct hf_dialer dialer;
    struct hf_dial_config config;
    char url[640];
    struct hf_dial *dial; /* NULL once it ended */
    /* How it ended. */
    unsigned told_count;
    struct hf_dial_result result; /* without its pointers */
    struct hf_stream stream;      /* owned */
    char why[512];
};

static inline size_t open_descriptors(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir != NULL);
    while (readdir(dir)) count++;
    closedir(dir);
    return count;
}

static inline void dial_told(void *ctx, const struct hf_dial_result *result)
{
    struct dial_case *c = ctx;
    c->told_count++;
    c->dial = NULL;
    c->result = *result;
    snprintf(c->why, sizeof c->why, "%.*s", (int)result->why.len, (const char *)result->why.ptr);
    if (result->err == 0) c->stream = *result->stream;
    c->result.stream = NULL;
    c->result.why = HF_EMPTY;
}

static inline void dial_begin(struct dial_case *c)
{
    *c = (struct dial_case){ .stream.fd = -1 };
    CHECK_EQ(uv_loop_init(&c->loop), 0);
    hf_dialer_init(&c->dialer, &c->loop);
    c->config.within = HF_SECONDS(30);
}

/* Starts a dial of "<scheme>://<host>:<port>". */
static inline void dial_start(struct dial_case *c, const char *scheme, const char *host,
                              uint16_t port)
{
    const char *what;
    c->told_count = 0;
    c->why[0] = '\0';
    snprintf(c->url, sizeof c->url, "%s://%s:%u/", scheme, host, port);
    CHECK_EQ(hf_url_read(hf_bytes_cstr(c->url), &c->config.url, &what), 0);
    CHECK_EQ(hf_dial_new(&c->dial, &c->dialer, &c->config, dial_told, c), 0);
    CHECK_EQ(c->told_count, 0);
}

/* Runs until it has ended and everything is closed. */
static inline int dial_finish(struct dial_case *c)
{
    uv_run(&c->loop, UV_RUN_DEFAULT);
    CHECK_EQ(c->told_count, 1);
    CHECK(c->dial == NULL);
    CHECK((c->stream.fd >= 0) == (c->result.err == 0));
    return c->result.err;
}

static inline int dial_once(struct dial_case *c, const char *scheme, const char *host,
                            uint16_t port)
{
    dial_start(c, scheme, host, port);
    return dial_finish(c);
}

/* Cancels after `turns` turns of the loop, or returns false when it ended before. */
static inline bool dial_cancel_after(struct dial_case *c, unsigned turns)
{
    for (unsigned i = 0; i < turns && c->dial; i++) {
        uv_run(&c->loop, UV_RUN_NOWAIT);
        sched_yield();
    }
    bool was_running = c->dial != NULL;
    hf_dial_free(c->dial);
    c->dial = NULL;
    uv_run(&c->loop, UV_RUN_DEFAULT);
    CHECK_EQ(c->told_count, was_running ? 0 : 1);
    return was_running;
}

static inline void dial_end(struct dial_case *c)
{
    hf_stream_close(&c->stream);
    hf_dialer_fini(&c->dialer);
    CHECK_EQ(uv_loop_close(&c->loop), 0);
}

static inline bool dial_said(const struct dial_case *c, const char *text)
{
    return strstr(c->why, text) != NULL;
}

#endif
