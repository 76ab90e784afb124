#include "wire/http_fields.h"
#include "base/assert.h"
#include "base/err.h"

static struct hf_http_fault fault(unsigned status, const char *what)
{
    return (struct hf_http_fault){ status, what };
}

void hf_http_reader_init(struct hf_http_reader *r)
{
    *r = (struct hf_http_reader){ 0 };
    hf_buf_init(&r->held, HF_LIMIT_HTTP_HEAD_BYTES);
}

void hf_http_reader_fini(struct hf_http_reader *r)
{
    hf_buf_fini(&r->held);
}

static bool is_token_byte(uint8_t c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
    return c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

bool hf_http_is_token(struct hf_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_token_byte(text.ptr[i])) return false;
    return text.len > 0;
}

bool hf_http_is_field(const struct hf_http_field *field)
{
    for (size_t i = 0; i < field->value.len; i++)
        if (field->value.ptr[i] < ' ' || field->value.ptr[i] == 0x7F) return false;
    return hf_http_is_token(field->name);
}

bool hf_http_next(const struct hf_http_fields *fields, struct hf_bytes name, size_t *at,
                  struct hf_bytes *value)
{
    while (*at < fields->count) {
        const struct hf_http_field *field = &fields->items[(*at)++];
        if (!hf_bytes_same_nocase(field->name, name)) continue;
        *value = field->value;
        return true;
    }
    return false;
}

bool hf_http_find(const struct hf_http_fields *fields, struct hf_bytes name, struct hf_bytes *value)
{
    size_t at = 0;
    return hf_http_next(fields, name, &at, value);
}

size_t hf_http_count(const struct hf_http_fields *fields, struct hf_bytes name)
{
    size_t at = 0, count = 0;
    struct hf_bytes value;
    while (hf_http_next(fields, name, &at, &value)) count++;
    return count;
}

static bool list_has(struct hf_bytes list, struct hf_bytes token)
{
    for (size_t from = 0; from <= list.len;) {
        size_t end = hf_bytes_find(list, from, ',');
        struct hf_bytes part = hf_bytes_from(hf_bytes_head(list, end), from);
        part = hf_bytes_head(part, hf_bytes_find(part, 0, ';'));
        if (hf_bytes_same_nocase(hf_bytes_trim(part), token)) return true;
        from = end + 1;
    }
    return false;
}

bool hf_http_has_token(const struct hf_http_fields *fields, struct hf_bytes name,
                       struct hf_bytes token)
{
    size_t at = 0;
    struct hf_bytes value;
    while (hf_http_next(fields, name, &at, &value))
        if (list_has(value, token)) return true;
    return false;
}

/* Bytes that may stand nowhere in a head; CR and LF are judged with their line.
 * Checked as they arrive, so that another protocol (TLS, say) fails at once. */
static bool has_control(struct hf_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.ptr[i];
        if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7F) return true;
    }
    return false;
}

static struct hf_http_fault field_read(struct hf_bytes line, struct hf_http_fields *fields)
{
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t') return fault(400, "a field line is folded");
    size_t colon = hf_bytes_find(line, 0, ':');
    if (colon == line.len) return fault(400, "a field line has no colon");
    struct hf_bytes name = hf_bytes_head(line, colon);
    if (!hf_http_is_token(name)) return fault(400, "a field name is not a token");
    if (fields->count == HF_LIMIT_HTTP_FIELDS) return fault(431, "there are too many fields");
    fields->items[fields->count++] =
        (struct hf_http_field){ .name = name,
                                .value = hf_bytes_trim(hf_bytes_from(line, colon + 1)) };
    return fault(0, NULL);
}

/* Takes the line at `*at`: false when its end is not there yet. */
static bool line_take(struct hf_bytes head, size_t *at, struct hf_bytes *line)
{
    size_t end = hf_bytes_find(head, *at, '\n');
    if (end == head.len) return false;
    *line = hf_bytes_from(hf_bytes_head(head, end + 1), *at);
    *at = end + 1;
    return true;
}

/* Cuts the line end off; the fault if it is not one CRLF at the end. */
static struct hf_http_fault line_end_take(struct hf_bytes *line)
{
    if (!hf_bytes_ends(*line, HF_LIT("\r\n"))) return fault(400, "a line does not end with CRLF");
    line->len -= 2;
    if (hf_bytes_find(*line, 0, '\r') < line->len) return fault(400, "a CR stands inside a line");
    return fault(0, NULL);
}

static struct hf_http_fault first_line_check(struct hf_bytes line, unsigned line_status)
{
    if (line.len > HF_LIMIT_HTTP_LINE_BYTES)
        return fault(line_status, "the first line is too long");
    if (line.len == 0) return fault(400, "the first line is empty");
    return fault(0, NULL);
}

/* Reads all whole lines; `*end` is where the head ends, if it does. */
static struct hf_http_fault lines_read(struct hf_bytes head, unsigned line_status,
                                       struct hf_http_fields *fields, struct hf_http_read *out,
                                       size_t *end)
{
    struct hf_bytes line;
    size_t at = 0;
    for (bool is_first = true; line_take(head, &at, &line); is_first = false) {
        struct hf_http_fault found = line_end_take(&line);
        if (found.status == 0 && is_first) {
            found = first_line_check(line, line_status);
            if (found.status == 0) out->first_line = line;
        } else if (found.status == 0 && line.len == 0) {
            out->state = HF_HTTP_HEAD;
            *end = at;
            return found;
        } else if (found.status == 0) {
            found = field_read(line, fields);
        }
        if (found.status != 0) return found;
    }
    return fault(0, NULL);
}

/* What can be said of a head whose end has not come. */
static struct hf_http_fault unfinished_check(struct hf_bytes head, unsigned line_status)
{
    /* One byte of grace: it may be the CR. */
    if (hf_bytes_find(head, 0, '\n') > HF_LIMIT_HTTP_LINE_BYTES + 1)
        return fault(line_status, "the first line is too long");
    if (head.len == HF_LIMIT_HTTP_HEAD_BYTES) return fault(431, "the head is too large");
    return fault(0, NULL);
}

int hf_http_head_read(struct hf_http_reader *r, struct hf_bytes data, unsigned line_status,
                      struct hf_http_fields *fields, struct hf_http_read *out)
{
    HF_ASSERT(!r->is_done);
    size_t held = r->held.len, end = 0;
    struct hf_bytes fresh = hf_bytes_head(data, HF_LIMIT_HTTP_HEAD_BYTES - held);
    struct hf_bytes head = fresh;
    *out = (struct hf_http_read){ .state = HF_HTTP_NEED_MORE, .used = fresh.len };
    fields->count = 0;
    if (held > 0) {
        hf_buf_add(&r->held, fresh);
        head = hf_buf_view(&r->held);
    }
    if (hf_buf_done(&r->held) != 0) return HF_ERR_NOMEM;
    /* Whole lines are read again when another one is complete: a head has few, and
     * so the index of its fields need not be kept while the connection waits. */
    if (hf_bytes_find(fresh, 0, '\n') < fresh.len)
        out->fault = lines_read(head, line_status, fields, out, &end);
    if (out->state == HF_HTTP_HEAD) out->used = end - held;
    if (out->fault.status == 0 && has_control(hf_bytes_head(fresh, out->used)))
        out->fault = fault(400, "a control byte stands in the head");
    if (out->fault.status == 0 && out->state == HF_HTTP_NEED_MORE)
        out->fault = unfinished_check(head, line_status);
    if (out->fault.status != 0) out->state = HF_HTTP_REFUSED;
    r->is_done = out->state != HF_HTTP_NEED_MORE;
    if (r->is_done || held > 0 || fresh.len == 0) return 0;
    hf_buf_add(&r->held, fresh);
    return hf_buf_done(&r->held);
}
