#include "base/err.h"
#include "core/lockout.h"
#include "lib/fault.h"
#include "lib/login_case.h"
#include "lib/registry.h"
#include "lib/scratch.h"
#include "store/run.h"

static const struct hf_lockout_limits lockout_limits = {
    .attempts_max = 3, .window = HF_MS(60), .locked_for = HF_MS(300), .exempts_loopback = true
};

static int lockout(void)
{
    struct hf_lockout l;
    int err = hf_lockout_init(&l, &lockout_limits, 8, (struct hf_hash_key){ 1, 2 });
    hf_lockout_fini(&l);
    return err;
}

/* A plan without memory is NOMEM, and the next try of the same goes through. */
static int devices(void)
{
    struct registry r;
    struct identity paired = identity_of(1), pending = identity_of(2);
    int first_err = hf_devices_init(&r.devices, &registry_limits, (struct hf_hash_key){ 1, 2 });
    hf_rng_init_number(&r.rng, 1);
    for (int tries = 0; first_err == 0 && tries < 2; tries++) {
        enum hf_devices_act act = registry_ask_silent(&r, 1, &paired, HF_ROLE_OPERATOR, READ);
        if (act == HF_DEVICES_WRITE) {
            registry_settle(&r, true);
            act = registry_ask(&r, 1, &pending, READ);
        }
        if (act == HF_DEVICES_NOMEM) first_err = HF_ERR_NOMEM;
        if (act != HF_DEVICES_WRITE) continue;
        registry_settle(&r, true);
        CHECK_EQ(r.devices.device_count, 1);
        CHECK_EQ(r.devices.pairing_count, 1);
    }
    hf_devices_fini(&r.devices);
    return first_err;
}

static int registry_load(void)
{
    struct hf_devices d;
    struct identity who = identity_of(1), other = identity_of(2);
    struct hf_device device = { .id = who.id };
    struct hf_pairing pairing = { .id = other.id };
    memcpy(device.public_key, who.public_key, sizeof device.public_key);
    memcpy(pairing.public_key, other.public_key, sizeof pairing.public_key);
    int err = hf_devices_init(&d, &registry_limits, (struct hf_hash_key){ 1, 2 });
    if (!err) err = hf_devices_load(&d, &device, 1, &pairing, 1);
    hf_devices_fini(&d);
    return err;
}

static struct login_case judged;

/* Only the text that a device signs takes memory. */
static int judge(void)
{
    int err = hf_login_judge(&judged.input, &judged.out);
    if (!err) CHECK_EQ(judged.out.act, HF_LOGIN_PAIR);
    return err;
}

static int store(void)
{
    static const struct hf_stability_row record = { .seq = 1, .record = HF_LIT_INIT("{}") };
    struct hf_store_request request = {
        .kind = HF_STORE_WRITE, .change_count = 1, .stability = &record, .stability_count = 1
    };
    struct hf_store_result result;
    struct hf_store store;
    struct scratch scratch;
    request.changes[0].kind = HF_PUT_DEVICE;
    scratch_make(&scratch);
    hf_store_init(&store, scratch.path);
    hf_store_run(&store, &request, &result);
    CHECK_EQ(result.err, 0);
    hf_store_result_fini(&result);
    request = (struct hf_store_request){ .kind = HF_STORE_LOAD };
    hf_store_run(&store, &request, &result);
    int err = result.err;
    hf_store_result_fini(&result);
    hf_store_fini(&store);
    scratch_drop(&scratch);
    return err;
}

static void each_failed_allocation_is_an_error_and_leaks_nothing(void)
{
    fault_each(lockout);
    fault_each(devices);
    fault_each(registry_load);
    login_start(&judged, "{\"minProtocol\":4,\"maxProtocol\":4,\"client\":{\"id\":\"openclaw-tui\","
                         "\"version\":\"1\",\"platform\":\"linux\",\"mode\":\"ui\"},"
                         "\"auth\":{\"token\":\"" LOGIN_SECRET "\"}}");
    login_show_device(&judged);
    fault_each(judge);
    login_stop(&judged);
    fault_each(store);
}

CHECK_MAIN(each_failed_allocation_is_an_error_and_leaks_nothing)
