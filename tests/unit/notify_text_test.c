#include "wire/notify_text.h"
#include "lib/check.h"

static void messages_of_a_child_are_read(void)
{
    static const struct {
        const char *message, *status; /* NULL: it says nothing of it */
        bool is_ready;
    } rows[] = {
        { "READY=1", NULL, true },
        { "READY=1\nSTATUS=all fine = good\n", "all fine = good", true },
        { "STATUS=", "", false },
        { "READY=1\nREADY=0", NULL, false }, /* the last counts */
        { "READY=yes", NULL, false },
        { "READY", NULL, false },
        { " READY=1", NULL, false },
        { "RELOADING=1\nMONOTONIC_USEC=12\nREADY=1", NULL, true },
        { "STOPPING=1\nEXTEND_TIMEOUT_USEC=5000000\nWATCHDOG=1", NULL, false },
        { "MAINPID=1\nFDSTORE=1\nX-ours=1", NULL, false },
        { "\n\n", NULL, false },
        { "", NULL, false },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        struct hf_notify_text read = hf_notify_text_read(hf_bytes_cstr(rows[i].message));
        CHECK_EQ_AT(i, read.is_ready, rows[i].is_ready);
        CHECK_EQ_AT(i, read.has_status, rows[i].status != NULL);
        if (rows[i].status) CHECK_TEXT_AT(i, read.status, rows[i].status);
    }
}

CHECK_MAIN(messages_of_a_child_are_read)
