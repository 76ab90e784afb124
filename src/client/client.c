#include "base/assert.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "client/state.h"
#include "host/dial.h"

/* --- texts --- */

char *hf_text_copy(struct hf_bytes text)
{
    char *copy = hf_mem_new(text.len + 1);
    if (!copy) return NULL;
    if (text.len > 0) memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}

void hf_text_drop(char *text)
{
    if (text) hf_wipe(text, strlen(text));
    hf_mem_free(text);
}

/* --- holders --- */

void hf_client_hold(struct holdfast_client *c)
{
    atomic_fetch_add(&c->holders, 1);
}

static void free_client(struct holdfast_client *c)
{
    struct holdfast_loop *l = c->loop;
    hf_client_free(c->engine);
    hf_subscriptions_fini(c);
    hf_node_fini(c);
    hf_vault_fini(c);
    hf_buf_fini(&c->commands);
    if (c->basic_auth.ptr) hf_wipe(c->basic_auth.ptr, c->basic_auth.cap);
    hf_buf_fini(&c->basic_auth);
    holdfast_options_free(c->options);
    hf_text_drop(c->stored_token);
    hf_text_drop(c->stored_scopes);
    hf_mem_free(c->watchers);
    hf_wipe(c, sizeof *c);
    hf_mem_free(c);
    hf_library_drop(l);
}

void hf_client_drop(struct holdfast_client *c)
{
    if (atomic_fetch_sub(&c->holders, 1) == 1) free_client(c);
}

/* --- birth --- */

static int keep_text(struct holdfast_options *o, enum holdfast_text_option option,
                     struct hf_bytes text)
{
    if (o->texts[option]) return 0;
    return holdfast_options_set_text(o, option, (const char *)text.ptr);
}

/* The program's word counts, also that there is none; else the environment's as it is now,
 * which may change under every dial. */
static int set_proxy(const struct holdfast_client *c, struct hf_client_seat_config *config)
{
    struct hf_bytes proxy, exempt;
    hf_dial_environment(&proxy, &exempt);
    int err = keep_text(c->options, HOLDFAST_PROXY, proxy);
    if (!err) err = keep_text(c->options, HOLDFAST_NO_PROXY, exempt);
    config->proxy = hf_options_text(c->options, HOLDFAST_PROXY);
    config->exempt = hf_options_text(c->options, HOLDFAST_NO_PROXY);
    return err;
}

static int take_seat(struct holdfast_client *c)
{
    struct holdfast_loop *l = c->loop;
    struct hf_client_seat_config config = { .engine = c->engine,
                                            .client = c,
                                            .url = c->url,
                                            .pin = c->has_pin ? c->pin : NULL,
                                            .within = HF_MS(
                                                c->options->numbers[HOLDFAST_UPGRADE_TIMEOUT_MS]) };
    int err = set_proxy(c, &config);
    if (err) return err;
    hf_enter(l);
    err = l->is_ending ? HF_ERR_CLOSED : hf_client_seat_new(&c->seat, l->host, &config);
    if (!err) {
        c->next = l->clients;
        if (c->next) c->next->before = c;
        l->clients = c;
    }
    hf_leave(l);
    return err;
}

/* What holdfast/types.h has no name for is the system's refusal. */
static int public_error(int err)
{
    bool has_name = err == HF_ERR_NOMEM || err == HF_ERR_DENIED || err == HF_ERR_CORRUPT ||
                    err == HF_ERR_TIMEOUT;
    bool is_ours = err <= HF_ERR_NOMEM && err >= HF_ERR_TIMEOUT;
    return is_ours && !has_name ? HF_ERR_IO : err;
}

int holdfast_client_new(holdfast_client **out, holdfast_loop *loop, const holdfast_options *options)
{
    HF_ASSERT(loop->magic == HF_LIBRARY_LOOP_MAGIC);
    struct holdfast_client *c = hf_mem_zero(1, sizeof *c);
    if (!c) return HF_ERR_NOMEM;
    c->magic = HF_LIBRARY_CLIENT_MAGIC;
    c->loop = loop;
    hf_library_hold(loop);
    /* The handle, and the life that a disposal ends. */
    atomic_init(&c->handles, 1);
    atomic_init(&c->holders, 2);
    int err = hf_options_copy(&c->options, options);
    if (!err) err = hf_client_setup(c);
    if (!err) err = take_seat(c);
    if (err) {
        free_client(c);
        return public_error(err);
    }
    *out = c;
    return 0;
}

holdfast_client *holdfast_client_retain(holdfast_client *c)
{
    if (!c) return NULL;
    atomic_fetch_add(&c->handles, 1);
    hf_client_hold(c);
    return c;
}

void holdfast_client_release(holdfast_client *c)
{
    if (!c) return;
    HF_ASSERT(c->magic == HF_LIBRARY_CLIENT_MAGIC);
    if (atomic_fetch_sub(&c->handles, 1) == 1) holdfast_client_dispose(c);
    hf_client_drop(c);
}

/* --- wishes --- */

static int step(struct holdfast_client *c, enum hf_client_event_kind kind)
{
    hf_enter(c->loop);
    bool is_live = atomic_load(&c->life) == HF_LIVE;
    if (is_live) hf_client_seat_step(c->seat, &(struct hf_client_event){ .kind = kind });
    hf_leave(c->loop);
    return is_live ? 0 : HF_ERR_CLOSED;
}

/* Only these three states have something to start. */
static bool can_start(const struct holdfast_client *c)
{
    enum hf_link_state state = hf_client_link(c->engine)->state;
    return state == HF_LINK_IDLE || state == HF_LINK_BACKOFF || state == HF_LINK_PAUSED;
}

int holdfast_client_start(holdfast_client *c)
{
    int err = HF_ERR_CLOSED;
    hf_enter(c->loop);
    if (atomic_load(&c->life) == HF_LIVE) {
        err = can_start(c) ? 0 : HF_ERR_EXISTS;
        hf_client_seat_step(c->seat, &(struct hf_client_event){ .kind = HF_CLIENT_START });
    }
    hf_leave(c->loop);
    return err;
}

int holdfast_client_stop(holdfast_client *c)
{
    return step(c, HF_CLIENT_STOP);
}

static bool has_stopped(const void *ctx)
{
    const struct holdfast_client *c = ctx;
    return !c->seat || hf_client_seat_is_quiet(c->seat);
}

int holdfast_client_stop_wait(holdfast_client *c, int64_t timeout_ms)
{
    hf_enter(c->loop);
    bool in_callback = hf_in_callback(c->loop);
    hf_leave(c->loop);
    if (in_callback) return HF_ERR_DEADLOCK;
    int err = holdfast_client_stop(c);
    return err ? err : hf_wait_until(c->loop, has_stopped, c, timeout_ms);
}

int holdfast_client_kick(holdfast_client *c)
{
    return step(c, HF_CLIENT_KICK);
}

int holdfast_client_resume(holdfast_client *c)
{
    return step(c, HF_CLIENT_RESUME);
}

int holdfast_client_reconnect(holdfast_client *c)
{
    return step(c, HF_CLIENT_RECONNECT);
}

int holdfast_client_set_background(holdfast_client *c, int is_background)
{
    return step(c, is_background ? HF_CLIENT_BACKGROUND : HF_CLIENT_FOREGROUND);
}

static int set_secret(struct holdfast_client *c, enum holdfast_text_option option, const char *text)
{
    struct hf_credentials credentials;
    int err = HF_ERR_CLOSED;
    hf_enter(c->loop);
    if (atomic_load(&c->life) == HF_LIVE) {
        err = holdfast_options_set_text(c->options, option, text);
        hf_client_credentials(c, &credentials);
        if (!err)
            err = hf_client_set_credentials(c->engine, hf_client_loop_now(c->loop->host),
                                            &credentials, hf_bytes_cstr(c->stored_scopes));
        hf_client_seat_touch(c->seat);
    }
    hf_leave(c->loop);
    return err;
}

int holdfast_client_set_token(holdfast_client *c, const char *token)
{
    return set_secret(c, HOLDFAST_TOKEN, token);
}

int holdfast_client_set_password(holdfast_client *c, const char *password)
{
    return set_secret(c, HOLDFAST_PASSWORD, password);
}

int holdfast_client_answer(holdfast_client *c, uint64_t ask_id, int is_allowed)
{
    struct hf_client_event event = { .kind = is_allowed ? HF_CLIENT_ALLOWED : HF_CLIENT_REJECTED,
                                     .u.asked = ask_id };
    hf_enter(c->loop);
    bool is_live = atomic_load(&c->life) == HF_LIVE;
    if (is_live) hf_client_seat_step(c->seat, &event);
    hf_leave(c->loop);
    return is_live ? 0 : HF_ERR_CLOSED;
}

void holdfast_client_set_data(holdfast_client *c, void *data)
{
    atomic_store(&c->data, data);
}

void *holdfast_client_data(const holdfast_client *c)
{
    return atomic_load(&c->data);
}

/* --- waiting to be ready --- */

static bool is_settled(const void *ctx)
{
    const struct holdfast_client *c = ctx;
    enum hf_link_state state = hf_client_link(c->engine)->state;
    return atomic_load(&c->life) != HF_LIVE || state == HF_LINK_READY || state == HF_LINK_PAUSED ||
           state == HF_LINK_IDLE;
}

int holdfast_client_wait_ready(holdfast_client *c, int64_t timeout_ms)
{
    int err = hf_wait_until(c->loop, is_settled, c, timeout_ms);
    if (err) return err;
    hf_enter(c->loop);
    bool is_ready = hf_client_link(c->engine)->state == HF_LINK_READY;
    if (atomic_load(&c->life) != HF_LIVE)
        err = HF_ERR_CLOSED;
    else
        err = is_ready ? 0 : HF_ERR_STATE;
    hf_leave(c->loop);
    return err;
}

/* --- disposal (spec/client-lifecycle.md section 5) --- */

/* Resets the socket and waits until the descriptor is gone, which never takes long: the
 * thread that does it runs no callbacks.  Under the lock. */
static void abort_socket(struct holdfast_client *c)
{
    struct holdfast_loop *l = c->loop;
    hf_client_seat_step(c->seat, &(struct hf_client_event){ .kind = HF_CLIENT_DISPOSE });
    l->waiters++;
    while (!hf_client_seat_is_quiet(c->seat)) hf_client_loop_wait(l->host, HF_NEVER);
    l->waiters--;
    hf_client_seat_leave(c->seat);
    c->seat = NULL;
}

static void end_calls(struct holdfast_client *c)
{
    struct hf_call call;
    for (;;) {
        hf_enter(c->loop);
        bool is_there = c->calls && hf_call_take(c->loop, c->calls->id, &call);
        hf_leave(c->loop);
        if (!is_there) return;
        struct holdfast_result result = { .outcome = HOLDFAST_OUTCOME_DISPOSED,
                                          .was_sent = call.was_sent,
                                          .retry_after_ms = -1,
                                          .code = "",
                                          .message = "the client was disposed of" };
        if (call.fn) call.fn(c, &result, call.ctx);
    }
}

static void unlink_client(struct holdfast_client *c)
{
    if (c->before)
        c->before->next = c->next;
    else
        c->loop->clients = c->next;
    if (c->next) c->next->before = c->before;
}

void hf_client_end(struct holdfast_client *c)
{
    hf_tell_at_once(c, HOLDFAST_ON_DISPOSING);
    hf_enter(c->loop);
    abort_socket(c);
    hf_leave(c->loop);
    end_calls(c);
    hf_enter(c->loop);
    atomic_store(&c->life, HF_DISPOSED);
    unlink_client(c);
    hf_leave(c->loop);
    hf_tell_at_once(c, HOLDFAST_ON_DISPOSED);
    hf_enter(c->loop);
    c->is_over = true;
    hf_leave(c->loop);
    hf_client_drop(c);
}

/* On the loop's thread, where a disposal is carried out at once: the caller is a callback,
 * or drives the loop itself. */
static bool is_at_home(const struct holdfast_loop *l)
{
    return hf_thread_is_current(&l->callbacks) && (l->depth > 0 || !l->has_threads);
}

int holdfast_client_dispose(holdfast_client *c)
{
    enum hf_life life = HF_LIVE;
    struct holdfast_loop *l = c->loop;
    if (!atomic_compare_exchange_strong(&c->life, &life, HF_DISPOSING)) return 0;
    hf_enter(l);
    bool is_home = is_at_home(l);
    bool is_outermost = is_home && l->depth == 0;
    if (is_outermost) l->depth = 1;
    if (!is_home) {
        hf_client_hold(c);
        c->next_disposal = l->disposals;
        l->disposals = c;
        hf_client_loop_wake(l->host);
    }
    hf_leave(l);
    if (is_home) hf_client_end(c);
    if (!is_outermost) return 0;
    hf_enter(l);
    l->depth = 0;
    hf_leave(l);
    return 0;
}

static bool is_over(const void *ctx)
{
    const struct holdfast_client *c = ctx;
    return c->is_over && c->store.wish_count == 0;
}

int holdfast_client_dispose_wait(holdfast_client *c, int64_t timeout_ms)
{
    hf_client_hold(c);
    holdfast_client_dispose(c);
    hf_enter(c->loop);
    bool has_ended = is_over(c);
    hf_leave(c->loop);
    int err = has_ended ? 0 : hf_wait_until(c->loop, is_over, c, timeout_ms);
    hf_client_drop(c);
    return err;
}

int holdfast_client_is_disposing(const holdfast_client *c)
{
    return atomic_load(&c->life) != HF_LIVE;
}

int holdfast_client_is_disposed(const holdfast_client *c)
{
    return atomic_load(&c->life) == HF_DISPOSED;
}
