#include "wire/notify_text.h"
#include "lib/check.h"

enum { R = 1, L = 2, S = 4, W = 8, F = 16, E = 32 };

static unsigned flags_of(const struct hf_notify_text *n)
{
    return (n->is_ready ? R : 0u) | (n->is_reloading ? L : 0u) | (n->is_stopping ? S : 0u) |
           (n->is_alive ? W : 0u) | (n->is_failing ? F : 0u) | (n->has_extension ? E : 0u);
}

static void messages_of_a_child_are_read(void)
{
    static const struct {
        const char *message, *status; /* NULL: it says nothing of it */
        unsigned flags;
        uint64_t extend_us;
    } rows[] = {
        { "READY=1", NULL, R, 0 },
        { "READY=1\nSTATUS=all fine = good\n", "all fine = good", R, 0 },
        { "STATUS=", "", 0, 0 },
        { "RELOADING=1\nMONOTONIC_USEC=12", NULL, L, 0 },
        { "STOPPING=1\nEXTEND_TIMEOUT_USEC=5000000", NULL, S | E, 5000000 },
        { "WATCHDOG=1", NULL, W, 0 },
        { "WATCHDOG=trigger", NULL, F, 0 },
        { "READY=1\nREADY=0", NULL, 0, 0 }, /* the last counts */
        { "READY=yes", NULL, 0, 0 },
        { "READY", NULL, 0, 0 },
        { " READY=1", NULL, 0, 0 },
        { "EXTEND_TIMEOUT_USEC=soon", NULL, 0, 0 },
        { "EXTEND_TIMEOUT_USEC=99999999999999999999", NULL, 0, 0 },
        { "MAINPID=1\nFDSTORE=1\nX-ours=1", NULL, 0, 0 },
        { "\n\n", NULL, 0, 0 },
        { "", NULL, 0, 0 },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_notify_text read = hf_notify_text_read(hf_bytes_cstr(rows[i].message));
        CHECK_EQ_AT(i, flags_of(&read), rows[i].flags);
        CHECK_EQ_AT(i, read.has_extension ? read.extend_us : 0, rows[i].extend_us);
        CHECK_EQ_AT(i, read.has_status, rows[i].status != NULL);
        if (rows[i].status) CHECK_TEXT_AT(i, read.status, rows[i].status);
    }
}

CHECK_MAIN(messages_of_a_child_are_read)
