/* The program under which the tests run: what is left is told, removed, and a fault. */
#include "lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_BYTES = 4096 };

static const struct {
    const char *script;
    int exit_code;
    const char *text; /* of what it says; NULL: it says nothing */
} rows[] = {
    { "true", 0, NULL },
    { "exit 3", 3, NULL },
    { "exit 77", 77, NULL },
    { "kill -KILL $$", 137, NULL },
    { "echo $TMPDIR > $TMPDIR/it; rm $TMPDIR/it", 0, NULL },
    { "mkdir $TMPDIR/room; touch $TMPDIR/room/file", 1, "/room\n" },
    { "touch $TMPDIR/file; exit 3", 3, "/file\n" },
    { "test -z $HOLDFAST_FAST_TMPDIR || touch $HOLDFAST_FAST_TMPDIR/file; touch $TMPDIR/file", 1,
      "/file\n" },
    { "(setsid sleep 1000 &)", 1, "sleep 1000" },
    { "(setsid sh -c 'sleep 1001 & sleep 1000' &)", 1, "sleep 1001" },
    /* A signal: the command is asked, then killed, and nobody is waited for. */
    { "sleep 1002 & kill -TERM $PPID; wait", 143, "sleep 1002" },
    { "touch $TMPDIR/file; sleep 1003 & kill -HUP $PPID; wait", 129, "/file\n" },
    { "trap '' TERM; sleep 1004 & kill -TERM $PPID; while :; do sleep 0.1; done", 137,
      "sleep 1004" },
};

static FILE *begin(const char *script)
{
    setenv("SCRIPT", script, 1);
    FILE *out = popen("$HF_ALONE sh -c \"$SCRIPT\" 2>&1", "r");
    CHECK(out != NULL);
    return out;
}

static int end(FILE *out, char text[TEXT_BYTES])
{
    size_t len = fread(text, 1, TEXT_BYTES - 1, out);
    text[len] = '\0';
    int status = pclose(out);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void what_is_left_is_told_and_a_fault(void)
{
    FILE *all[HF_COUNT(rows)]; /* at once: some take their time */
    for (size_t i = 0; i < HF_COUNT(rows); i++) all[i] = begin(rows[i].script);
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        char text[TEXT_BYTES];
        CHECK_EQ_AT(i, end(all[i], text), rows[i].exit_code);
        CHECK_EQ_AT(i, strstr(text, "left behind") != NULL, rows[i].text != NULL);
        if (rows[i].text) CHECK_AT(i, strstr(text, rows[i].text) != NULL);
    }
}

static void nothing_of_it_is_left(void)
{
    char text[TEXT_BYTES], *line_end;
    CHECK_EQ(end(begin("echo $TMPDIR; touch $TMPDIR/file"), text), 1);
    line_end = strchr(text, '\n');
    CHECK(line_end != NULL);
    *line_end = '\0';
    CHECK(access(text, F_OK) != 0);
}

CHECK_MAIN(what_is_left_is_told_and_a_fault, nothing_of_it_is_left)
