/* lib/library.h: libholdfast against a real gateway in a child process.
 *
 * Each test runs in both drives: DRIVEN by the test itself, or by THREADED loops. */
#ifndef HF_LIB_LIBRARY_H
#define HF_LIB_LIBRARY_H

#include "lib/check.h"
#include "lib/daemon.h"
#include "lib/fake_gateway.h"

#include <holdfast/holdfast.h>

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIBRARY_PATIENCE_MS = 20000, LIBRARY_LOG_BYTES = 8192 };

enum library_drive { DRIVEN, THREADED, DRIVES };

struct library {
    enum library_drive drive;
    struct daemon daemon;
    holdfast_loop *loop;
    holdfast_options *options;
    /* What was told, one word each with spaces between; of the loop's thread. */
    char told[LIBRARY_LOG_BYTES];
    size_t told_len;
    atomic_int count; /* for whoever waits for a callback */
};

static inline void library_tell(struct library *l, const char *word)
{
    int len = snprintf(l->told + l->told_len, sizeof l->told - l->told_len, "%s ", word);
    CHECK(len > 0 && l->told_len + (size_t)len < sizeof l->told);
    l->told_len += (size_t)len;
}

static inline void library_open(struct library *l, enum library_drive drive,
                                const struct daemon_plan *plan)
{
    char url[64];
    *l = (struct library){ .drive = drive };
    daemon_start(&l->daemon, plan);
    CHECK_EQ(holdfast_loop_new(&l->loop), 0);
    if (drive == THREADED) CHECK_EQ(holdfast_loop_start(l->loop), 0);
    CHECK_EQ(holdfast_options_new(&l->options), 0);
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", l->daemon.port);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_URL, url), 0);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_TOKEN, DAEMON_TOKEN), 0);
}

/* The same for a gateway that a test plays itself. */
static inline void library_open_fake(struct library *l, enum library_drive drive, uint16_t port)
{
    char url[64];
    *l = (struct library){ .drive = drive };
    CHECK_EQ(holdfast_loop_new(&l->loop), 0);
    if (drive == THREADED) CHECK_EQ(holdfast_loop_start(l->loop), 0);
    CHECK_EQ(holdfast_options_new(&l->options), 0);
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", port);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_URL, url), 0);
}

static inline void library_close_fake(struct library *l)
{
    holdfast_loop_free(l->loop);
    holdfast_options_free(l->options);
}

static inline void library_close(struct library *l)
{
    holdfast_loop_free(l->loop);
    holdfast_options_free(l->options);
    CHECK_EQ(daemon_stop(&l->daemon), 0);
}

static inline holdfast_client *library_client(struct library *l)
{
    holdfast_client *client;
    CHECK_EQ(holdfast_client_new(&client, l->loop, l->options), 0);
    return client;
}

static inline holdfast_client *library_ready(struct library *l)
{
    holdfast_client *client = library_client(l);
    CHECK_EQ(holdfast_client_start(client), 0);
    CHECK_EQ(holdfast_client_wait_ready(client, LIBRARY_PATIENCE_MS), 0);
    return client;
}

/* A client that a gateway pairs: back-ends of its own machine need no device. */
static inline void library_be_paired(struct library *l)
{
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_CLIENT_ID, "openclaw-tui"), 0);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_CLIENT_MODE, "ui"), 0);
    CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_DEVICE, HOLDFAST_DEVICE_STORED), 0);
}

/* Lets the loop work until the counter has this value. */
static inline void library_wait_for(struct library *l, const atomic_int *counter, int value)
{
    for (int i = 0; atomic_load(counter) < value; i++) {
        CHECK(i < LIBRARY_PATIENCE_MS);
        if (l->drive == DRIVEN)
            holdfast_loop_wait(l->loop, 1);
        else
            poll(NULL, 0, 1);
    }
}

/* Runs `test` in both drives against a gateway that follows `script`, to its end. */
static inline void library_run_fake(void (*test)(struct library *l), void (*script)(int listener))
{
    static struct library library;
    for (int drive = 0; drive < DRIVES; drive++) {
        struct fake fake;
        fake_start(&fake, script);
        library_open_fake(&library, (enum library_drive)drive, fake.port);
        test(&library);
        library_close_fake(&library);
        CHECK_EQ(fake_end(&fake), 0);
    }
}

/* Runs `test` in both drives. */
static inline void library_run(void (*test)(struct library *l), const struct daemon_plan *plan)
{
    static struct library library;
    for (int drive = 0; drive < DRIVES; drive++) {
        library_open(&library, (enum library_drive)drive, plan);
        test(&library);
        library_close(&library);
    }
}

#endif
