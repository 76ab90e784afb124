#include "client/options.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/mem.h"
#include "wire/utf8.h"

static const struct {
    int64_t value, min, max;
} number_rows[HF_OPTION_NUMBERS] = {
    [HOLDFAST_ROLE] = { HOLDFAST_OPERATOR, HOLDFAST_OPERATOR, HOLDFAST_NODE },
    [HOLDFAST_DEVICE] = { HOLDFAST_DEVICE_NONE, HOLDFAST_DEVICE_NONE, HOLDFAST_DEVICE_STORED },
    [HOLDFAST_MIN_PROTOCOL] = { 4, 1, 1000 },
    [HOLDFAST_MAX_PROTOCOL] = { 4, 1, 1000 },
    [HOLDFAST_CALL_TIMEOUT_MS] = { 30000, 1, INT32_MAX },
    [HOLDFAST_UPGRADE_TIMEOUT_MS] = { HF_OPTION_LOGIN_MS, 250, INT32_MAX },
    [HOLDFAST_CHALLENGE_TIMEOUT_MS] = { HF_OPTION_LOGIN_MS, 250, INT32_MAX },
    [HOLDFAST_CONNECT_TIMEOUT_MS] = { HF_OPTION_LOGIN_MS, 250, INT32_MAX },
    [HOLDFAST_BUDGET_MS] = { 0, 0, INT32_MAX },
    [HOLDFAST_BACKOFF_INITIAL_MS] = { 1000, 1, INT32_MAX },
    [HOLDFAST_BACKOFF_MAX_MS] = { 30000, 1, INT32_MAX },
    [HOLDFAST_BACKOFF_JITTER_PERCENT] = { 25, 0, 100 },
    [HOLDFAST_STABLE_MS] = { 5000, 0, INT32_MAX },
    [HOLDFAST_MAX_ATTEMPTS] = { 0, 0, INT32_MAX },
    [HOLDFAST_ONE_SHOT] = { 0, 0, 1 },
    [HOLDFAST_PAIRING_POLL_MS] = { 0, 0, INT32_MAX },
    [HOLDFAST_PING_INTERVAL_MS] = { 30000, 0, INT32_MAX },
    [HOLDFAST_HEARTBEAT_INTERVAL_MS] = { 60000, 0, INT32_MAX },
    [HOLDFAST_MOBILE] = { 0, 0, 1 },
    [HOLDFAST_PREFERS_BOOTSTRAP] = { 0, 0, 1 },
    [HOLDFAST_ALLOW_PLAIN] = { 0, 0, 1 },
};

enum { COMMANDS_MAX = 256, PAIRING_POLL_MIN_MS = 5000 };

static const size_t list_max[HF_OPTION_LISTS] = { [HOLDFAST_SCOPES] = HF_LIMIT_SCOPES,
                                                  [HOLDFAST_CAPS] = HF_LIMIT_CAPS,
                                                  [HOLDFAST_COMMANDS] = COMMANDS_MAX };

int holdfast_options_new(holdfast_options **out)
{
    struct holdfast_options *o = hf_mem_zero(1, sizeof *o);
    if (!o) return HF_ERR_NOMEM;
    for (size_t i = 0; i < HF_OPTION_NUMBERS; i++) o->numbers[i] = number_rows[i].value;
    *out = o;
    return 0;
}

/* Any text may be a secret. */
static void drop_text(char *text)
{
    if (text) hf_wipe(text, strlen(text));
    hf_mem_free(text);
}

void holdfast_options_free(holdfast_options *o)
{
    if (!o) return;
    for (size_t i = 0; i < HF_OPTION_TEXTS; i++) drop_text(o->texts[i]);
    for (size_t i = 0; i < HF_OPTION_LISTS; i++) {
        for (size_t k = 0; k < o->lists[i].len; k++) drop_text(o->lists[i].items[k]);
        hf_mem_free(o->lists[i].items);
    }
    hf_mem_free(o);
}

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = hf_mem_new(size);
    if (copy) memcpy(copy, text, size);
    return copy;
}

bool hf_is_name(const char *text)
{
    return text && text[0] && hf_utf8_check(hf_bytes_cstr(text));
}

int holdfast_options_set_text(holdfast_options *o, enum holdfast_text_option option,
                              const char *value)
{
    char *copy = NULL;
    if ((unsigned)option >= HF_OPTION_TEXTS) return HF_ERR_USAGE;
    if (value && strlen(value) > HF_OPTION_TEXT_BYTES) return HF_ERR_TOO_LARGE;
    if (value && option != HOLDFAST_STATE_DIRECTORY && !hf_utf8_check(hf_bytes_cstr(value)))
        return HF_ERR_USAGE;
    if (value && !(copy = copy_text(value))) return HF_ERR_NOMEM;
    drop_text(o->texts[option]);
    o->texts[option] = copy;
    return 0;
}

int holdfast_options_set_number(holdfast_options *o, enum holdfast_number_option option,
                                int64_t value)
{
    if ((unsigned)option >= HF_OPTION_NUMBERS) return HF_ERR_USAGE;
    if (value < number_rows[option].min || value > number_rows[option].max) return HF_ERR_USAGE;
    if (option == HOLDFAST_PAIRING_POLL_MS && value > 0 && value < PAIRING_POLL_MIN_MS)
        return HF_ERR_USAGE;
    o->numbers[option] = value;
    return 0;
}

int holdfast_options_add(holdfast_options *o, enum holdfast_list_option option, const char *value)
{
    if ((unsigned)option >= HF_OPTION_LISTS || !hf_is_name(value)) return HF_ERR_USAGE;
    if (strlen(value) > HF_LIMIT_NAME_BYTES) return HF_ERR_TOO_LARGE;
    struct hf_option_list *list = &o->lists[option];
    if (list->len == list_max[option]) return HF_ERR_LIMIT;
    char **grown = hf_mem_grow(list->items, (list->len + 1) * sizeof *grown);
    if (!grown) return HF_ERR_NOMEM;
    list->items = grown;
    list->items[list->len] = copy_text(value);
    if (!list->items[list->len]) return HF_ERR_NOMEM;
    list->len++;
    return 0;
}

int holdfast_options_set_store(holdfast_options *o, const struct holdfast_store *store)
{
    if (!store->read || !store->write || !store->erase) return HF_ERR_USAGE;
    o->store = *store;
    return 0;
}

int holdfast_options_set_ask(holdfast_options *o, enum holdfast_ask_kind kind, holdfast_ask_fn fn,
                             void *ctx)
{
    if ((unsigned)kind >= HF_OPTION_ASKS) return HF_ERR_USAGE;
    o->asks[kind] = (struct hf_option_ask){ fn, ctx };
    return 0;
}

static int copy_list(struct holdfast_options *to, enum holdfast_list_option option,
                     const struct hf_option_list *list)
{
    int err = 0;
    for (size_t i = 0; i < list->len && !err; i++)
        err = holdfast_options_add(to, option, list->items[i]);
    return err;
}

int hf_options_copy(struct holdfast_options **out, const struct holdfast_options *options)
{
    struct holdfast_options *o;
    int err = holdfast_options_new(&o);
    if (err) return err;
    for (int i = 0; i < HF_OPTION_TEXTS && !err; i++)
        err = holdfast_options_set_text(o, (enum holdfast_text_option)i, options->texts[i]);
    for (int i = 0; i < HF_OPTION_LISTS && !err; i++)
        err = copy_list(o, (enum holdfast_list_option)i, &options->lists[i]);
    memcpy(o->numbers, options->numbers, sizeof o->numbers);
    memcpy(o->asks, options->asks, sizeof o->asks);
    o->store = options->store;
    if (err)
        holdfast_options_free(o);
    else
        *out = o;
    return err;
}

struct hf_bytes hf_options_text(const struct holdfast_options *o, enum holdfast_text_option option)
{
    return hf_bytes_trim(hf_bytes_cstr(o->texts[option]));
}
