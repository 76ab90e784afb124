/* lib/library_life.h: the life of a client of libholdfast, and the words that are told in it.
 *
 * A gateway plays the life; each callback of its client adds a word to what was told, so that
 * two lives are the same when their words are. */
#ifndef HF_LIB_LIBRARY_LIFE_H
#define HF_LIB_LIBRARY_LIFE_H

#include "lib/cert.h"
#include "lib/library.h"

enum { NO_KIND = -1, EVENT_KIND = HOLDFAST_ON_DISPOSED + 1, KINDS };

static const char *const kind_names[KINDS] = {
    "status", "hello",  "connect_error", "auth_error", "closed",    "paused",   "retry", "wait",
    "gap",    "resync", "store_error",   "insecure",   "disposing", "disposed", "event",
};

/* --- the gateway of a whole life --- */

/* Closes when the client does. */
static inline void close_after(struct fake_conn *c)
{
    struct hf_buf text;
    hf_buf_init(&text, 1 << 16);
    if (fake_read(c, &text)) _exit(1); /* nothing but the close */
    hf_buf_fini(&text);
    fake_close(c);
}

static inline void refuse(struct fake_conn *c, const char *error)
{
    char text[512];
    fake_upgrade(c);
    fake_send(c, "{\"type\":\"event\",\"event\":\"connect.challenge\",\"payload\":{\"nonce\":"
                 "\"n-1\",\"ts\":1795318620974}}");
    fake_want(c, "connect", c->connect_id);
    snprintf(text, sizeof text, "{\"type\":\"res\",\"id\":\"%s\",\"ok\":false,\"error\":{%s}}",
             c->connect_id, error);
    fake_send(c, text);
    close_after(c);
}

static inline void answer_next(struct fake_conn *c, const char *method)
{
    char id[128];
    fake_want(c, method, id);
    fake_answer(c, id, "{}");
}

/* A loss before the upgrade, a refusal, a start-up, a connection with a gap that the client
 * is made to end, and one that it disposes of. */
static inline void a_life(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    fake_close(&c);
    fake_accept(&c, listener);
    refuse(&c, "\"code\":\"UNAUTHORIZED\",\"message\":\"no\",\"details\":{\"code\":\"AUTH_"
               "UNAUTHORIZED\"}");
    fake_accept(&c, listener);
    refuse(&c, "\"code\":\"UNAVAILABLE\",\"message\":\"starting\",\"retryable\":true,"
               "\"retryAfterMs\":100,\"details\":{\"reason\":\"startup-sidecars\"}");
    fake_accept(&c, listener);
    fake_login(&c);
    answer_next(&c, "watch");
    fake_event(&c, "first", "{}", 1);
    fake_event(&c, "third", "{}", 3);
    answer_next(&c, "watch");
    close_after(&c);
    fake_accept(&c, listener);
    fake_login(&c);
    answer_next(&c, "watch");
    answer_next(&c, "call");
    if (!fake_drain(&c)) _exit(2); /* an abort is a reset */
    fake_close(&c);
}

static inline void wants_pairing(int listener)
{
    struct fake_conn c;
    fake_accept(&c, listener);
    refuse(&c, "\"code\":\"NOT_PAIRED\",\"message\":\"no\",\"details\":{\"code\":\"PAIRING_"
               "REQUIRED\"}");
}

/* --- what it looks like from inside --- */

/* "retry(7,1)": with all numbers of the notice but those that time makes. */
static inline int note_notice(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    static const enum holdfast_notice_number_key keys[] = {
        HOLDFAST_NOTICE_STATUS,  HOLDFAST_NOTICE_CLOSE_CODE, HOLDFAST_NOTICE_HTTP_STATUS,
        HOLDFAST_NOTICE_WAIT_MS, HOLDFAST_NOTICE_ATTEMPT,    HOLDFAST_NOTICE_EXPECTED,
        HOLDFAST_NOTICE_RECEIVED
    };
    struct library *l = ctx;
    char word[128];
    int len = snprintf(word, sizeof word, "%s", kind_names[holdfast_notice_kind(notice)]);
    (void)client;
    for (size_t i = 0; i < HF_COUNT(keys); i++) {
        long long number = holdfast_notice_number(notice, keys[i]);
        if (number > 0) len += snprintf(word + len, sizeof word - (size_t)len, ":%lld", number);
    }
    library_tell(l, word);
    if (holdfast_notice_kind(notice) == HOLDFAST_ON_RESYNC) atomic_fetch_add(&l->count, 1);
    return 0;
}

static inline int note_event(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    char word[64];
    (void)client;
    snprintf(word, sizeof word, "event:%lld", (long long)holdfast_event_seq(event));
    library_tell(ctx, word);
    return 0;
}

static inline void note_result(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    (void)client;
    library_tell(ctx, holdfast_outcome_name(holdfast_result_outcome(result)));
}

static inline void watch_notices(struct library *l, holdfast_client *client)
{
    for (int kind = 0; kind <= HOLDFAST_ON_DISPOSED; kind++)
        CHECK_EQ(holdfast_client_on(client, (enum holdfast_kind)kind, note_notice, l, NULL), 0);
}

static inline void watch_everything(struct library *l, holdfast_client *client)
{
    watch_notices(l, client);
    CHECK_EQ(holdfast_client_on_event(client, "*", note_event, l, NULL), 0);
}

static inline void set_retries(struct library *l)
{
    CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_BACKOFF_INITIAL_MS, 1), 0);
    CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_BACKOFF_JITTER_PERCENT, 0), 0);
    CHECK_EQ(holdfast_options_set_number(l->options, HOLDFAST_STABLE_MS, 0), 0);
}

/* --- what goes wrong before or after a login --- */

/* The gateway is asked for over TLS, and has another certificate. */
static inline void pin_another_certificate(struct library *l)
{
    char pin[65];
    memset(pin, 'a', sizeof pin - 1);
    pin[64] = '\0';
    char url[64];
    snprintf(url, sizeof url, "wss://127.0.0.1:%u", l->daemon.port);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_URL, url), 0);
    CHECK_EQ(holdfast_options_set_text(l->options, HOLDFAST_TLS_FINGERPRINT, pin), 0);
}

/* Runs `test` in both drives against a gateway with a certificate. */
static inline void library_run_tls(void (*test)(struct library *l))
{
    struct scratch scratch;
    char cert[SCRATCH_PATH_BYTES], key[SCRATCH_PATH_BYTES];
    scratch_make(&scratch);
    snprintf(cert, sizeof cert, "%s/crt", scratch.dir);
    snprintf(key, sizeof key, "%s/key", scratch.dir);
    cert_write(cert, key, "gateway");
    library_run(test, &(struct daemon_plan){ .cert_path = cert, .key_path = key });
    scratch_drop(&scratch);
}

#endif
