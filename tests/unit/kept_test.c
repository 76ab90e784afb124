/* How a program is kept, as the command line describes it. */
#include "prog/kept.h"
#include "lib/check.h"

static struct hf_fault fault;

/* HF_LIMIT_PROGRAM_ARGUMENTS, its name among them. */
static void a_program_has_arguments_up_to_their_bound(void)
{
    static char *operands[HF_LIMIT_PROGRAM_ARGUMENTS + 1];
    static struct hf_config config;
    static struct hf_notify notify;
    CHECK_EQ(hf_config_init(&config, &fault), 0);
    for (size_t i = 0; i < HF_COUNT(operands); i++) operands[i] = "x";
    for (int extra = 0; extra <= 1; extra++) {
        struct hf_kept kept;
        struct hf_args args = { .operands = operands,
                                .operand_count = HF_LIMIT_PROGRAM_ARGUMENTS + extra };
        int err = hf_kept_read(&kept, &args, &config, &notify, &fault);
        CHECK_EQ_AT(extra, err, extra ? HF_ERR_USAGE : 0);
        if (extra) CHECK(strstr(fault.text, "more than 256 arguments") != NULL);
        hf_kept_fini(&kept);
    }
    hf_config_fini(&config);
}

static const struct {
    const char *url;
    int err;
    enum hf_place_kind place;
    uint16_t port;
} addresses[] = {
    { "ws://127.0.0.1:1", 0, HF_PLACE_GATEWAY, 1 },
    { "WSS://h", 0, HF_PLACE_GATEWAY, 443 },
    { "http://h/x", 0, HF_PLACE_HTTP, 80 },
    { "HTTP://h/x", 0, HF_PLACE_HTTP, 80 },
    { "HTTPS://h:7", 0, HF_PLACE_HTTP, 7 },
    { "tcp://h:7", 0, HF_PLACE_TCP, 7 },
    { "TCP://[::1]:7", 0, HF_PLACE_TCP, 7 },
    { "tcp://h", HF_ERR_USAGE, HF_PLACE_TCP, 0 },
    { "tcp://[::1]", HF_ERR_USAGE, HF_PLACE_TCP, 0 },
    { "ws://::1:7", HF_ERR_USAGE, HF_PLACE_TCP, 0 },
    { "httpx://h", HF_ERR_USAGE, HF_PLACE_TCP, 0 },
    { "notify:", 0, HF_PLACE_NOTIFY, 0 },
    { "none:", 0, HF_PLACE_NONE, 0 },
};

static void a_place_is_seen_by_its_scheme_in_any_case(void)
{
    for (size_t i = 0; i < HF_COUNT(addresses); i++) {
        static struct hf_kept kept;
        kept = (struct hf_kept){ .control = "" };
        int err = hf_kept_address(&kept, "--url", addresses[i].url, &fault);
        CHECK_EQ_AT(i, err, addresses[i].err);
        if (err) continue;
        CHECK_EQ_AT(i, kept.host.supervisor.place, addresses[i].place);
        CHECK_EQ_AT(i, kept.host.supervisor.port, addresses[i].port);
    }
}

CHECK_MAIN(a_program_has_arguments_up_to_their_bound, a_place_is_seen_by_its_scheme_in_any_case)
