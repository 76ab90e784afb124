/* base/log.h: log records to a sink that is passed in.
 *
 * A record is a level, an event name (`noun.past_verb`) and fields.  Nobody
 * below the host formats or writes: the host's sink makes text or JSON lines of
 * it, the simulator's makes the trace that tests compare with.  Never put
 * bodies, tokens, nonces or signatures into a field. */
#ifndef HF_BASE_LOG_H
#define HF_BASE_LOG_H

#include "base/buf.h"
#include "base/bytes.h"

enum hf_log_level { HF_LOG_ERROR, HF_LOG_WARN, HF_LOG_INFO, HF_LOG_DEBUG };
enum hf_log_kind { HF_LOG_TEXT, HF_LOG_INT, HF_LOG_REAL, HF_LOG_BOOL };

struct hf_log_field {
    const char *key;
    enum hf_log_kind kind;
    struct hf_bytes text; /* TEXT: borrowed; escaped and cut by the sink */
    int64_t number;       /* INT, BOOL */
    double real;          /* REAL */
};

struct hf_log_record {
    enum hf_log_level level;
    const char *event;
    const struct hf_log_field *fields;
    size_t field_count;
};

struct hf_log {
    void (*sink)(void *ctx, const struct hf_log_record *record);
    void *ctx;
    enum hf_log_level level; /* records above it are not made */
};

#define HF_TEXT(name, span)                                                                        \
    ((struct hf_log_field){ .key = (name), .kind = HF_LOG_TEXT, .text = (span) })
#define HF_INT(name, value)                                                                        \
    ((struct hf_log_field){ .key = (name), .kind = HF_LOG_INT, .number = (int64_t)(value) })
#define HF_REAL(name, value)                                                                       \
    ((struct hf_log_field){ .key = (name), .kind = HF_LOG_REAL, .real = (value) })
#define HF_BOOL(name, value)                                                                       \
    ((struct hf_log_field){ .key = (name), .kind = HF_LOG_BOOL, .number = (value) ? 1 : 0 })

/* HF_LOG(log, HF_LOG_INFO, "conn.opened", HF_INT("conn", 3)); at least one field. */
#define HF_LOG(log, at_level, name, ...)                                                           \
    do {                                                                                           \
        if ((at_level) <= (log)->level && (log)->sink) {                                           \
            const struct hf_log_field hf_fields[] = { __VA_ARGS__ };                               \
            hf_log_write((log), (at_level), (name), hf_fields, HF_COUNT(hf_fields));               \
        }                                                                                          \
    } while (0)

void hf_log_write(const struct hf_log *log, enum hf_log_level level, const char *event,
                  const struct hf_log_field *fields, size_t field_count);

const char *hf_log_level_name(enum hf_log_level level);

/* "error", "warn", "info" or "debug" (and OpenClaw's "trace", "fatal" and "silent", which
 * are those at the ends): true and the level. */
bool hf_log_level_read(struct hf_bytes text, enum hf_log_level *out);

/* The line `event key=value ...` without time and newline; text values are cut
 * at HF_LIMIT_LOG_VALUE_BYTES and quoted when they hold spaces, quotes or controls. */
void hf_log_format(struct hf_buf *out, const struct hf_log_record *record);

#endif
