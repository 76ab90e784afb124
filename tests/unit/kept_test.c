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

/* --- what the configuration replaces --- */

static void set(struct hf_config *c, enum hf_key_id key, const char *text)
{
    CHECK_EQ(hf_config_set_text(c, key, HF_SOURCE_OWN_FILE, hf_bytes_cstr(text), "here", &fault),
             0);
}

static int read_habits(struct hf_config *c, struct hf_supervisor_config *out)
{
    static char *operands[] = { "x" };
    static struct hf_notify notify;
    static struct hf_kept kept;
    struct hf_args args = { .operands = operands, .operand_count = 1 };
    int err = hf_kept_read(&kept, &args, c, &notify, &fault);
    *out = kept.host.supervisor;
    hf_kept_fini(&kept);
    return err;
}

/* supervisor 54, supervisor 60, supervisor 110 */
static void each_key_of_the_supervisor_replaces_one_value(void)
{
    struct hf_supervisor_config want, got;
    static struct hf_config c;
    hf_supervisor_config_init(&want);
    for (int row = 0; row < 8; row++) {
        CHECK_EQ(hf_config_init(&c, &fault), 0);
        hf_supervisor_config_init(&want);
        if (row == 1) set(&c, HF_KEY_RECONNECT_ATTEMPTS, "3");
        if (row == 1) want.ladder.attempts_max = 3;
        if (row == 2) set(&c, HF_KEY_RECONNECT_DELAY, "100");
        if (row == 2) want.ladder.base = HF_MS(100);
        if (row == 3) set(&c, HF_KEY_RECONNECT_MAX_DELAY, "5000");
        if (row == 3) want.ladder.cap = HF_MS(5000);
        if (row == 4) set(&c, HF_KEY_SLOW_RETRY, "false");
        if (row == 4) want.ladder.slow_every = 0;
        if (row == 5) set(&c, HF_KEY_GOVERNOR, "breaker");
        if (row == 5) want.governor.is_breaker = true;
        if (row == 6) set(&c, HF_KEY_RELOAD_OFF, "restart");
        if (row == 6) want.off_restarts = true;
        if (row == 7) set(&c, HF_KEY_CONTINUE_STOPPED, "true");
        if (row == 7) want.continues = true;
        CHECK_EQ_AT(row, read_habits(&c, &got), 0);
        CHECK_EQ_AT(row, got.ladder.attempts_max, want.ladder.attempts_max);
        CHECK_EQ_AT(row, got.ladder.base, want.ladder.base);
        CHECK_EQ_AT(row, got.ladder.cap, want.ladder.cap);
        CHECK_EQ_AT(row, got.ladder.slow_every, want.ladder.slow_every);
        CHECK_EQ_AT(row, got.ladder.jitter_percent, want.ladder.jitter_percent);
        CHECK_EQ_AT(row, got.governor.is_breaker, want.governor.is_breaker);
        CHECK_EQ_AT(row, got.governor.budget, want.governor.budget);
        CHECK_EQ_AT(row, got.off_restarts, want.off_restarts);
        CHECK_EQ_AT(row, got.continues, want.continues);
        hf_config_fini(&c);
    }
}

static void the_first_delay_is_at_most_the_longest(void)
{
    static const struct {
        const char *delay, *longest;
        int err;
    } rows[] = { { "5000", "5000", 0 }, { "5001", "5000", HF_ERR_RANGE } };
    struct hf_supervisor_config got;
    static struct hf_config c;
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        CHECK_EQ(hf_config_init(&c, &fault), 0);
        set(&c, HF_KEY_RECONNECT_DELAY, rows[i].delay);
        set(&c, HF_KEY_RECONNECT_MAX_DELAY, rows[i].longest);
        CHECK_EQ_AT(i, hf_kept_check(&c, &fault), rows[i].err);
        CHECK_EQ_AT(i, read_habits(&c, &got), rows[i].err);
        hf_config_fini(&c);
    }
    CHECK_TEXT(hf_bytes_cstr(fault.text),
               "holdfast.supervisor.reconnectDelayMs (5001) must not be more than "
               "holdfast.supervisor.reconnectMaxDelayMs (5000)");
}

CHECK_MAIN(a_program_has_arguments_up_to_their_bound, a_place_is_seen_by_its_scheme_in_any_case,
           each_key_of_the_supervisor_replaces_one_value, the_first_delay_is_at_most_the_longest)
