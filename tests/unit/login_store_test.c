#include "lib/login_case.h"
#include "lib/registry.h"
#include "lib/scratch.h"
#include "store/run.h"

#include <sys/wait.h>

/* The rooms together as an engine uses them, with a real file behind them. */
struct gateway {
    struct scratch scratch;
    struct hf_store store;
    struct registry registry;
};

static void carry_out(struct gateway *g)
{
    struct hf_store_request request = { .kind = HF_STORE_WRITE };
    struct hf_store_result result;
    request.change_count = g->registry.plan.change_count;
    memcpy(request.changes, g->registry.plan.changes,
           request.change_count * sizeof request.changes[0]);
    hf_store_run(&g->store, &request, &result);
    registry_settle(&g->registry, result.err == 0);
    CHECK_EQ(result.err, 0);
    hf_store_result_fini(&result);
}

static void boot(struct gateway *g)
{
    struct hf_store_request request = { .kind = HF_STORE_LOAD };
    struct hf_store_result result;
    registry_start(&g->registry);
    hf_store_init(&g->store, g->scratch.path);
    hf_store_run(&g->store, &request, &result);
    CHECK_EQ(result.err, 0);
    CHECK_EQ(hf_devices_load(&g->registry.devices, result.devices, result.device_count,
                             result.pairings, result.pairing_count),
             0);
    hf_store_result_fini(&result);
}

static void halt(struct gateway *g)
{
    registry_stop(&g->registry);
    hf_store_fini(&g->store);
}

/* Judges until the client is in or out; each pairing is written before it counts. */
static enum hf_login_act log_in(struct gateway *g, struct login_case *c)
{
    struct registry *r = &g->registry;
    for (int turns = 0; turns < 4; turns++) {
        c->input.device = hf_devices_find(&r->devices, &c->who.id);
        if (login_judge(c) != HF_LOGIN_PAIR) return c->out.act;
        enum hf_devices_act act =
            c->out.is_silent ? hf_devices_ask_silent(&r->devices, 1, &c->out.ask, &r->rng, &r->plan)
                             : hf_devices_ask(&r->devices, 1, &c->out.ask, &r->rng, &r->plan);
        if (act == HF_DEVICES_DONE) {
            hf_login_refuse_pairing(&c->input, registry_request(r), &c->out);
            return c->out.act;
        }
        CHECK_EQ(act, HF_DEVICES_WRITE);
        carry_out(g);
    }
    check_fail(__FILE__, __LINE__, "the login goes round in circles");
}

#define TUI(auth)                                                                                  \
    "{\"minProtocol\":4,\"maxProtocol\":4,\"client\":{\"id\":\"openclaw-tui\",\"version\":\"1\","  \
    "\"platform\":\"linux\",\"mode\":\"ui\"},\"scopes\":[\"operator.read\"]" auth "}"
#define WITH_SECRET TUI(",\"auth\":{\"token\":\"" LOGIN_SECRET "\"}")

/* P6: a paired client reconnects after every restart with the token it has, without
 * an approval, and the table of devices does not grow; kill -9 included. */
static void after_each_restart_the_same_token_opens(void)
{
    enum { RESTARTS = 100 };
    struct gateway g;
    struct login_case first, again;
    scratch_make(&g.scratch);
    login_start(&first, WITH_SECRET);
    login_show_device(&first);
    boot(&g);
    CHECK_EQ(log_in(&g, &first), HF_LOGIN_HELLO);
    CHECK(first.out.has_device_token);
    halt(&g);

    login_start(&again, TUI(""));
    again.connect.has_auth = true;
    again.connect.auth.device_token =
        hf_bytes(first.out.device_token, sizeof first.out.device_token);
    login_show_device(&again);
    for (int i = 0; i < RESTARTS; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            boot(&g);
            bool is_in = log_in(&g, &again) == HF_LOGIN_HELLO &&
                         registry_count_devices(&g.registry) == 1 &&
                         registry_count_pairings(&g.registry) == 0 &&
                         memcmp(again.out.device_token, first.out.device_token,
                                sizeof again.out.device_token) == 0;
            hf_devices_seen(&g.registry.devices, i, &again.out.ask);
            if (hf_devices_save(&g.registry.devices, &g.registry.plan) == HF_DEVICES_WRITE)
                carry_out(&g);
            _exit(is_in ? 0 : 1); /* nothing is closed */
        }
        int status;
        CHECK_EQ_AT(i, waitpid(child, &status, 0), child);
        CHECK_AT(i, WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    login_stop(&first);
    login_stop(&again);
    scratch_drop(&g.scratch);
}

/* One request however often it retries, across a restart, until it is approved. */
static void a_far_device_waits_for_one_approval(void)
{
    struct gateway g;
    struct login_case c;
    char id[HF_REQUEST_ID_CHARS];
    scratch_make(&g.scratch);
    login_start(&c, WITH_SECRET);
    login_from_afar(&c);
    login_show_device(&c);
    boot(&g);
    CHECK_EQ(log_in(&g, &c), HF_LOGIN_REFUSED);
    memcpy(id, g.registry.plan.request_id, sizeof id);
    halt(&g);
    boot(&g);
    for (int tries = 0; tries < 10; tries++) {
        CHECK_EQ_AT(tries, log_in(&g, &c), HF_LOGIN_REFUSED);
        CHECK_BYTES_AT(tries, registry_request(&g.registry), hf_bytes(id, sizeof id));
    }
    CHECK_EQ(registry_approve(&g.registry, 2, &registry_admin, hf_bytes(id, sizeof id)),
             HF_DEVICES_WRITE);
    carry_out(&g);
    CHECK_EQ(log_in(&g, &c), HF_LOGIN_HELLO);
    halt(&g);
    boot(&g);
    CHECK_EQ(log_in(&g, &c), HF_LOGIN_HELLO);
    CHECK_EQ(registry_count_pairings(&g.registry), 0);
    halt(&g);
    login_stop(&c);
    scratch_drop(&g.scratch);
}

CHECK_MAIN(after_each_restart_the_same_token_opens, a_far_device_waits_for_one_approval)
