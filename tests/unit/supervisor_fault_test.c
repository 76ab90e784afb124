#include "base/err.h"
#include "engine/supervisor.h"
#include "lib/check.h"
#include "lib/fault.h"

static const struct hf_now now = { { 1000000 }, 1700000000000 };

static int make_one(void)
{
    struct hf_supervisor *s = NULL;
    struct hf_supervisor_config config;
    hf_supervisor_config_init(&config);
    int err = hf_supervisor_new(&s, &config, now);
    CHECK_EQ(err == 0, s != NULL);
    hf_supervisor_free(s);
    return err;
}

static void a_supervisor_without_memory_is_not_made(void)
{
    fault_each(make_one);
}

static void drain(struct hf_supervisor *s, uint64_t *config_ask)
{
    struct hf_keeper_action a;
    while (hf_supervisor_action(s, &a))
        if (a.kind == HF_KEEPER_READ_CONFIG) *config_ask = a.ask;
}

/* Without memory a policy is the default, an error text is empty, and it goes on. */
static void a_supervisor_without_memory_goes_on(void)
{
    for (size_t nth = 1; nth < 8; nth++) {
        struct hf_supervisor *s;
        struct hf_supervisor_config config;
        struct hf_supervisor_status st;
        uint64_t ask = 0;
        hf_supervisor_config_init(&config);
        CHECK_EQ(hf_supervisor_new(&s, &config, now), 0);
        struct hf_keeper_event start = { .kind = HF_KEEPER_REQUESTED };
        struct hf_keeper_event read = { .kind = HF_KEEPER_CONFIG_READ };
        read.u.config.text = HF_LIT("{gateway:{reload:{mode:'off'}}}");
        fault_arm(nth);
        hf_supervisor_step(s, now, &start);
        drain(s, &ask);
        CHECK_AT(nth, ask != 0);
        read.ask = ask;
        hf_supervisor_step(s, now, &read);
        fault_arm(0);
        hf_supervisor_status(s, now, &st);
        CHECK_EQ_AT(nth, st.state, HF_KEEPER_STARTING);
        hf_supervisor_free(s);
        CHECK_EQ_AT(nth, fault_live(), 0);
    }
}

CHECK_MAIN(a_supervisor_without_memory_is_not_made, a_supervisor_without_memory_goes_on)
