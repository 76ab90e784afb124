/* Callbacks of libholdfast that fail (spec/client-lifecycle.md 5). */
#include "lib/library_life.h"

static const char whole_life[] =
    "status:1 connect_error retry:1:1 "
    "connect_error auth_error closed:1008 retry:2:2 "
    "wait:100:1 retry:100:2 "
    "status:2 hello OK resync event:1 gap:2:3 event:3 OK resync status:1 closed:1012 retry:1:1 "
    "status:2 hello OK resync OK disposing disposed ";

static int failing;         /* a kind, or NO_KIND */
static atomic_int failures; /* that were returned */

static int fail_notice(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)client;
    (void)notice;
    (void)ctx;
    return -atomic_fetch_add(&failures, 1) - 1;
}

static int fail_event(holdfast_client *client, const holdfast_event *event, void *ctx)
{
    (void)client;
    (void)event;
    (void)ctx;
    return -atomic_fetch_add(&failures, 1) - 1;
}

static void let_fail(holdfast_client *client, int kind)
{
    if (kind == EVENT_KIND)
        CHECK_EQ(holdfast_client_on_event(client, "*", fail_event, NULL, NULL), 0);
    else if (kind != NO_KIND)
        CHECK_EQ(holdfast_client_on(client, (enum holdfast_kind)kind, fail_notice, NULL, NULL), 0);
}

/* As often as the word stands in what was told. */
static int count_told(const struct library *l, int kind)
{
    int count = 0;
    size_t len = strlen(kind_names[kind]);
    for (const char *at = l->told; (at = strstr(at, kind_names[kind])) != NULL; at += len)
        count += (at == l->told || at[-1] == ' ') && (at[len] == ':' || at[len] == ' ');
    return count;
}

/* The one that fails was called, and each time counted. */
static void check_failures(const struct library *l, holdfast_client *client)
{
    int expected = failing == NO_KIND ? 0 : count_told(l, failing);
    CHECK_AT(failing, failing == NO_KIND || expected > 0);
    CHECK_EQ_AT(failing, atomic_load(&failures), expected);
    CHECK_EQ_AT(failing, holdfast_client_number(client, HOLDFAST_COUNT_CALLBACK_FAILURES),
                expected);
}

static void note_call(holdfast_client *client, const holdfast_result *result, void *ctx)
{
    struct library *l = ctx;
    note_result(client, result, l);
    atomic_fetch_add(&l->count, 1);
}

static void live(struct library *l)
{
    set_retries(l);
    atomic_store(&failures, 0);
    holdfast_client *client = library_client(l);
    let_fail(client, failing); /* called before those that note, which are called nevertheless */
    watch_everything(l, client);
    CHECK_EQ(holdfast_client_subscribe(client, "watch", NULL, NULL, note_result, l, NULL), 0);
    CHECK_EQ(holdfast_client_start(client), 0);
    library_wait_for(l, &l->count, 2);
    CHECK_EQ(holdfast_client_reconnect(client), 0);
    library_wait_for(l, &l->count, 3);
    CHECK_EQ(holdfast_client_call(client, "call", NULL, NULL, note_call, l, NULL), 0);
    library_wait_for(l, &l->count, 4);
    CHECK_EQ(holdfast_client_dispose_wait(client, LIBRARY_PATIENCE_MS), 0);
    CHECK_TEXT_AT(failing, hf_bytes(l->told, l->told_len), whole_life);
    check_failures(l, client);
    holdfast_client_release(client);
}

/* client-lifecycle 66, 81: each in turn, through failed attempts, a login, a gap, a forced
 * disconnect and the disposal: the gateway sees the same frames, the timers are the same,
 * and so is what the other callbacks hear. */
static void a_callback_that_fails_changes_nothing_but_a_counter(void)
{
    for (failing = NO_KIND; failing < KINDS; failing++) {
        bool is_told = failing != HOLDFAST_ON_PAUSED && failing != HOLDFAST_ON_INSECURE &&
                       failing != HOLDFAST_ON_STORE_ERROR;
        if (is_told) library_run_fake(live, a_life);
    }
}

/* --- what no such life tells --- */

static atomic_int wakes;

static int wake(holdfast_client *client, const holdfast_notice *notice, void *ctx)
{
    (void)client;
    (void)notice;
    (void)ctx;
    atomic_fetch_add(&wakes, 1);
    return 0;
}

struct short_life {
    enum holdfast_kind failing, last; /* it is over when the last one was told so often */
    int count;
    const char *words;
};

/* A gateway that has only begun may ask for patience first. */
static struct hf_bytes words_of(const struct library *l)
{
    struct hf_bytes told = hf_bytes(l->told, l->told_len);
    const char *ready = memmem(l->told, l->told_len, "status:2", 8);
    return ready ? hf_bytes_from(told, (size_t)(ready - l->told)) : told;
}

/* With a callback that fails and without: the same words, to the end. */
static void live_shortly(struct library *l, const struct short_life *life)
{
    set_retries(l);
    for (int i = 0; i < 2; i++) {
        failing = i ? (int)life->failing : NO_KIND;
        l->told_len = 0;
        atomic_store(&wakes, 0);
        atomic_store(&failures, 0);
        holdfast_client *client = library_client(l);
        let_fail(client, failing);
        watch_notices(l, client);
        CHECK_EQ(holdfast_client_on(client, life->last, wake, NULL, NULL), 0);
        CHECK_EQ(holdfast_client_start(client), 0);
        library_wait_for(l, &wakes, life->count);
        CHECK_EQ(holdfast_client_dispose_wait(client, LIBRARY_PATIENCE_MS), 0);
        CHECK_TEXT_AT(i, words_of(l), life->words);
        check_failures(l, client);
        holdfast_client_release(client);
    }
}

static void live_until_paused(struct library *l)
{
    static const struct short_life life = {
        HOLDFAST_ON_PAUSED, HOLDFAST_ON_STATUS, 2,
        "status:1 connect_error auth_error closed:1008 paused:1008 status:3 disposing disposed "
    };
    live_shortly(l, &life);
}

static void want_pairing_twice(int listener)
{
    wants_pairing(listener);
    wants_pairing(listener);
}

static void a_callback_that_fails_in_a_pause_changes_nothing(void)
{
    library_run_fake(live_until_paused, want_pairing_twice);
}

static void live_until_insecure(struct library *l)
{
    pin_another_certificate(l);
    static const struct short_life life = {
        HOLDFAST_ON_INSECURE, HOLDFAST_ON_RETRY, 1,
        "status:1 insecure connect_error retry:30000:1 disposing disposed "
    };
    live_shortly(l, &life);
}

static void a_callback_that_fails_at_a_wrong_certificate_changes_nothing(void)
{
    library_run_tls(live_until_insecure);
}

static int find_nothing(void *ctx, const char *name, void *out, size_t cap, size_t *len)
{
    (void)ctx;
    (void)name;
    (void)out;
    (void)cap;
    (void)len;
    return HOLDFAST_ERROR_NOT_FOUND;
}

/* The disk is full once there is an identity. */
static int keep_identity_only(void *ctx, const char *name, const void *data, size_t len)
{
    (void)ctx;
    (void)data;
    (void)len;
    return strcmp(name, "identity.pem") == 0 ? 0 : HOLDFAST_ERROR_IO;
}

static int erase_nothing(void *ctx, const char *name)
{
    (void)ctx;
    (void)name;
    return HOLDFAST_ERROR_NOT_FOUND;
}

static void live_until_not_kept(struct library *l)
{
    static const struct short_life life = {
        HOLDFAST_ON_STORE_ERROR, HOLDFAST_ON_STORE_ERROR, 1,
        "status:2 hello resync store_error disposing disposed "
    };
    const struct holdfast_store store = { .read = find_nothing,
                                          .write = keep_identity_only,
                                          .erase = erase_nothing };
    CHECK_EQ(holdfast_options_set_store(l->options, &store), 0);
    library_be_paired(l);
    live_shortly(l, &life);
}

static void a_callback_that_fails_at_a_full_disk_changes_nothing(void)
{
    library_run(live_until_not_kept, &(struct daemon_plan){ 0 });
}

CHECK_MAIN(a_callback_that_fails_changes_nothing_but_a_counter,
           a_callback_that_fails_in_a_pause_changes_nothing,
           a_callback_that_fails_at_a_wrong_certificate_changes_nothing,
           a_callback_that_fails_at_a_full_disk_changes_nothing)
