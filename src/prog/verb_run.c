/* `holdfast run`: from the command line to a serving gateway, and back. */
#include "base/crypto.h"
#include "host/descriptors.h"
#include "host/entropy.h"
#include "host/parent.h"
#include "host/port_holder.h"
#include "host/tls.h"
#include "prog/run.h"
#include "prog/verbs.h"

/* --- while it runs --- */

static void on_ready(void *ctx)
{
    hf_run_tell_ready(ctx);
}

/* A relay is ready once there was something to relay to.  Of a program of ours its keeper
 * tells the service manager. */
static void on_upstream(void *ctx)
{
    struct hf_run *r = ctx;
    if (!r->has_program) hf_notify_send(&r->notify, "READY=1\nSTATUS=relaying");
    hf_run_tell_ready(r);
}

static void on_reload(void *ctx)
{
    hf_run_reload(ctx);
}

static void on_draining(void *ctx)
{
    struct hf_run *r = ctx;
    if (r->front) hf_front_run_stop(r->front);
    if (r->place) hf_place_stop(r->place);
}

static void on_hurried(void *ctx)
{
    struct hf_run *r = ctx;
    if (r->place) hf_place_stop(r->place);
}

static void on_parent_gone(void *ctx)
{
    struct hf_run *r = ctx;
    HF_LOG(&r->log, HF_LOG_INFO, "parent.ended",
           HF_TEXT("why_we_end", HF_LIT("--exit-with-parent")));
    hf_loop_stop(r->loop, -1);
}

/* --- the whole --- */

/* A port that a gateway leaves becomes free within the tries; one that serves its
 * clients does not leave it. */
static int bind_port(struct hf_run *r, struct hf_fault *fault)
{
    int err = hf_loop_bind(r->loop, &r->spec, fault);
    bool is_waiting = !err && hf_loop_port(r->loop) == 0;
    return is_waiting && hf_port_is_ready_gateway(r->spec.port) ? fault->err : err;
}

static int start_front(struct hf_run *r, struct hf_fault *fault)
{
    struct hf_front_run_config config = {
        .settings = &r->settings,
        .upstream = r->upstream,
        .tls = r->tls,
        .log = r->log,
        .hooks = { .ctx = r, .up = on_upstream },
    };
    if (!r->is_relay) return 0;
    hf_front_config_init(&config.front);
    if (hf_entropy(&config.front.hash_key, sizeof config.front.hash_key) != 0)
        return hf_fault_set(fault, HF_ERR_IO, "the system gives no random bytes");
    if (!r->has_program) return hf_front_run_new(&r->front, r->loop, &config, fault);
    const struct hf_place_config place = { .front = config, .keeper = r->kept.host };
    return hf_place_new(&r->place, r->loop, &place, fault);
}

static int watch_parent(struct hf_run *r, struct hf_fault *fault)
{
    if (!r->kept.has_parent) return 0;
    int err =
        hf_parent_new(&r->parent, hf_loop_uv(r->loop), r->kept.host.parent_fd, on_parent_gone, r);
    return err ? hf_fault_set(fault, err, "the process that started us cannot be watched") : 0;
}

static int start_loop(struct hf_run *r, struct hf_fault *fault)
{
    struct hf_loop_config config = {
        .server = &r->server,
        .settings = &r->settings,
        .sink = &r->sink,
        .notify = r->has_program ? &r->silence : &r->notify,
        .state_dir = r->state.path,
        .log_path = r->log_file.path,
        .tls = r->tls,
        .hooks = { .ctx = r,
                   .ready = on_ready,
                   .reload = on_reload,
                   .draining = on_draining,
                   .hurried = on_hurried },
        .handles_signals = true,
        .restart_expected_ms = hf_config_int(&r->config, HF_KEY_RESTART_EXPECTED),
    };
    int err = hf_loop_new(&r->loop, &config, fault);
    if (!err) err = start_front(r, fault);
    if (!err) err = watch_parent(r, fault);
    if (err) return err;
    int64_t delay_ms = hf_config_int(&r->config, HF_KEY_STARTUP_DELAY);
    if (delay_ms > 0) hf_loop_item_ready_after(r->loop, HF_LIT("startup-delay"), HF_MS(delay_ms));
    if (r->inherited.count == 0) return bind_port(r, fault);
    err = hf_loop_serve(r->loop, &r->inherited, fault);
    r->inherited.count = 0; /* the loop's now */
    return err;
}

static int serve(struct hf_run *r, struct hf_fault *fault)
{
    int err = start_loop(r, fault);
    return err ? err : hf_loop_run(r->loop, fault);
}

/* What the user configured: a fault is refused with 78. */
static int read_wishes(struct hf_run *r, struct hf_fault *fault)
{
    int err = hf_run_read_config(r, fault);
    return err ? err : hf_listen_inherit(&r->inherited, fault);
}

/* What the machine gives us: a fault is a failure, or somebody else's place. */
static int take_place(struct hf_run *r, struct hf_fault *fault)
{
    int err = hf_run_make_settings(r, fault);
    if (!err) err = hf_run_make_server(r, fault);
    return err || !r->has_program ? err : hf_run_make_kept(r, fault);
}

/* Faults before this are one line for the person who started us; from here on the
 * log tells. */
static int run(struct hf_run *r)
{
    struct hf_fault fault = { 0 };
    hf_notify_init(&r->notify);
    if (read_wishes(r, &fault) != 0) return hf_verb_refuse(r->args, &fault);
    if (r->kept.is_orphan) return HF_EXIT_DONE;
    if (hf_run_open_state(r, &fault) != 0) return hf_verb_fail(r->args, &fault);
    hf_machine_read(&r->machine);
    if (hf_run_load_tls(r, &fault) != 0) return hf_verb_refuse(r->args, &fault);
    if (take_place(r, &fault) != 0) return hf_verb_fail(r->args, &fault);
    hf_run_tell_warnings(r, &r->config);
    hf_descriptors_raise(HF_LIMIT_SOCKETS);
    if (serve(r, &fault) == 0) return HF_EXIT_DONE;
    /* A port that a live gateway holds is its place, not a failure to retry. */
    bool is_held = fault.err == HF_ERR_IN_USE && hf_port_is_healthy_gateway(r->spec.port);
    return is_held ? hf_verb_refuse(r->args, &fault) : hf_verb_fail(r->args, &fault);
}

static void tear_down(struct hf_run *r)
{
    hf_front_run_close(r->front);
    hf_place_close(r->place);
    hf_parent_close(r->parent);
    hf_loop_free(r->loop);
    hf_front_run_free(r->front);
    hf_place_free(r->place);
    hf_log_sink_flush(&r->sink);
    hf_log_sink_fini(&r->sink);
    hf_log_file_fini(&r->log_file);
    hf_listen_close(&r->inherited);
    hf_tls_free(r->tls);
    hf_state_dir_close(&r->keeper_state);
    hf_state_dir_close(&r->state);
    hf_notify_fini(&r->notify);
    hf_settings_text_fini(&r->settings_text);
    hf_kept_fini(&r->kept);
    hf_wipe(r->token, sizeof r->token);
    hf_wipe(&r->server, sizeof r->server);
    hf_config_fini(&r->config);
}

int hf_verb_run(const struct hf_args *args)
{
    static struct hf_run r; /* large, and there is one */
    r = (struct hf_run){ .args = args,
                         .notify = { .fd = -1 },
                         .silence = { .fd = -1 },
                         .state = { .lock_fd = -1 },
                         .keeper_state = { .lock_fd = -1 } };
    r.log_file.fd = -1;
    int exit_code = run(&r);
    tear_down(&r);
    return exit_code;
}
