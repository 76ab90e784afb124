#include "engine/text_copy.h"
#include "base/assert.h"
#include "base/err.h"
#include "base/mem.h"

enum { SPANS_MAX = 4 * HF_SETTINGS_LIST_MAX + HF_START_ITEMS_MAX + 32 };

/* The spans of a struct that has been copied flat: they still point to the old
 * texts and are moved one by one. */
struct spans {
    struct hf_bytes *at[SPANS_MAX];
    size_t count;
};

static void note(struct spans *spans, struct hf_bytes *span)
{
    HF_ASSERT(spans->count < SPANS_MAX);
    spans->at[spans->count++] = span;
}

static void note_list(struct spans *spans, struct hf_text_list *list)
{
    for (size_t i = 0; i < list->count; i++) note(spans, &list->items[i]);
}

static int move_all(const struct spans *spans, char **text, size_t *len)
{
    size_t need = 1;
    for (size_t i = 0; i < spans->count; i++) need += spans->at[i]->len;
    char *block = hf_mem_new(need);
    if (!block) return HF_ERR_NOMEM;
    char *at = block;
    for (size_t i = 0; i < spans->count; i++) {
        struct hf_bytes *span = spans->at[i];
        if (span->len > 0) memcpy(at, span->ptr, span->len);
        *span = hf_bytes(at, span->len);
        at += span->len;
    }
    *text = block;
    *len = need;
    return 0;
}

int hf_text_copy_settings(const struct hf_settings *from, struct hf_settings *to, char **text,
                          size_t *len)
{
    struct hf_settings copy = *from;
    struct spans spans = { .count = 0 };
    note(&spans, &copy.token);
    note(&spans, &copy.password);
    note_list(&spans, &copy.allowed_origins);
    note_list(&spans, &copy.trusted_proxies);
    note(&spans, &copy.proxy_user_header);
    note_list(&spans, &copy.proxy_required_headers);
    note_list(&spans, &copy.proxy_users);
    note(&spans, &copy.strict_transport_security_value);
    note(&spans, &copy.config_json);
    note(&spans, &copy.config_file_json);
    note(&spans, &copy.config_path);
    note(&spans, &copy.config_hash);
    int err = move_all(&spans, text, len);
    if (err) return err;
    *to = copy;
    return 0;
}

int hf_text_copy_config(const struct hf_server_config *from, struct hf_server_config *to,
                        char **text)
{
    struct hf_server_config copy = *from;
    struct spans spans = { .count = 0 };
    size_t len;
    for (size_t i = 0; i < copy.start_item_count; i++) note(&spans, &copy.start_items[i]);
    note(&spans, &copy.host_name);
    note(&spans, &copy.platform);
    note(&spans, &copy.machine);
    note(&spans, &copy.runtime_version);
    note(&spans, &copy.state_dir);
    note(&spans, &copy.log_file);
    note(&spans, &copy.own_address);
    note(&spans, &copy.device_family);
    note(&spans, &copy.cpu_model);
    int err = move_all(&spans, text, &len);
    if (err) return err;
    *to = copy;
    return 0;
}
