#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"
#include "client/state.h"

void hf_result_of(const struct hf_entry *entry, const char *const *texts,
                  struct holdfast_result *out)
{
    const size_t *lens = entry->lens;
    *out = (struct holdfast_result){
        .outcome = (enum holdfast_outcome)entry->sub,
        .was_sent = entry->was_sent,
        .is_retryable = entry->is_retryable,
        .retry_after_ms = entry->numbers[HF_RESULT_RETRY_AFTER],
        .took_ms = entry->numbers[HF_RESULT_TOOK],
        .close_code = (unsigned)entry->numbers[HF_RESULT_CLOSE_CODE],
        .payload = hf_bytes(texts[HF_RESULT_PAYLOAD], lens[HF_RESULT_PAYLOAD]),
        .error = hf_bytes(texts[HF_RESULT_ERROR], lens[HF_RESULT_ERROR]),
        .details = hf_bytes(texts[HF_RESULT_DETAILS], lens[HF_RESULT_DETAILS]),
        .code = texts[HF_RESULT_CODE],
        .message = texts[HF_RESULT_MESSAGE],
    };
}

enum holdfast_outcome holdfast_result_outcome(const holdfast_result *result)
{
    return result->outcome;
}

const char *holdfast_outcome_name(enum holdfast_outcome outcome)
{
    static const char *const names[] = {
        [HOLDFAST_OUTCOME_OK] = "OK",
        [HOLDFAST_OUTCOME_SERVER_ERROR] = "SERVER_ERROR",
        [HOLDFAST_OUTCOME_TIMEOUT] = "TIMEOUT",
        [HOLDFAST_OUTCOME_CANCELLED] = "CANCELLED",
        [HOLDFAST_OUTCOME_SEND_FAILED] = "SEND_FAILED",
        [HOLDFAST_OUTCOME_CLOSED] = "CLOSED",
        [HOLDFAST_OUTCOME_STOPPED] = "STOPPED",
        [HOLDFAST_OUTCOME_DISPOSED] = "DISPOSED",
    };
    return (unsigned)outcome < HF_COUNT(names) ? names[outcome] : "UNKNOWN";
}

const char *holdfast_result_message(const holdfast_result *result)
{
    return result->message;
}

static const char *span(struct hf_bytes bytes, size_t *len)
{
    if (len) *len = bytes.len;
    return bytes.len > 0 ? (const char *)bytes.ptr : "";
}

const char *holdfast_result_payload(const holdfast_result *result, size_t *len)
{
    return span(result->payload, len);
}

int holdfast_result_was_sent(const holdfast_result *result)
{
    return result->was_sent;
}

const char *holdfast_result_error(const holdfast_result *result, size_t *len)
{
    return span(result->error, len);
}

const char *holdfast_result_code(const holdfast_result *result)
{
    return result->code;
}

const char *holdfast_result_details(const holdfast_result *result, size_t *len)
{
    return span(result->details, len);
}

int holdfast_result_is_retryable(const holdfast_result *result)
{
    return result->is_retryable;
}

int64_t holdfast_result_retry_after_ms(const holdfast_result *result)
{
    return result->retry_after_ms;
}

int64_t holdfast_result_took_ms(const holdfast_result *result)
{
    return result->took_ms;
}

unsigned holdfast_result_close_code(const holdfast_result *result)
{
    return result->close_code;
}

/* --- copies --- */

/* Appends the text with a zero and returns where it lies. */
static char *put(char **at, const void *ptr, size_t len)
{
    char *place = *at;
    if (len > 0) memcpy(place, ptr, len);
    place[len] = '\0';
    *at += len + 1;
    return place;
}

static struct hf_bytes put_bytes(char **at, struct hf_bytes bytes)
{
    return hf_bytes(put(at, bytes.ptr, bytes.len), bytes.len);
}

int holdfast_result_copy(holdfast_result **out, const holdfast_result *result)
{
    size_t code_len = strlen(result->code), message_len = strlen(result->message);
    size_t size = sizeof *result + result->payload.len + result->error.len + result->details.len +
                  code_len + message_len + 5;
    struct holdfast_result *copy = hf_mem_new(size);
    if (!copy) return HF_ERR_NOMEM;
    char *at = (char *)(copy + 1);
    *copy = *result;
    copy->payload = put_bytes(&at, result->payload);
    copy->error = put_bytes(&at, result->error);
    copy->details = put_bytes(&at, result->details);
    copy->code = put(&at, result->code, code_len);
    copy->message = put(&at, result->message, message_len);
    *out = copy;
    return 0;
}

void holdfast_result_free(holdfast_result *result)
{
    hf_mem_free(result);
}
