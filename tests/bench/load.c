/* One gateway under load.  Prints numbers, decides nothing.
 *
 * Usage: load VERB --port N --token T [--pid N] [OPTION VALUE]... [-- COMMAND...] */
#include "bench/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static const struct {
    const char *name;
    int (*run)(const struct load_plan *plan);
} verbs[] = { { "start", load_start }, { "idle", load_idle },     { "connect", load_connect },
              { "calls", load_calls }, { "fanout", load_fanout }, { "stopped", load_stopped },
              { "once", load_once } };

static unsigned number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*end != '\0' || value > UINT32_MAX) load_die("%s is no number", text);
    return (unsigned)value;
}

static void take_option(struct load_plan *plan, const char *name, const char *value)
{
    const struct {
        const char *name;
        unsigned *number;
        const char **text;
    } options[] = {
        { "--clients", &plan->clients, NULL }, { "--rounds", &plan->rounds, NULL },
        { "--batch", &plan->batch, NULL },     { "--samples", &plan->samples, NULL },
        { "--token", NULL, &plan->token },     { "--method", NULL, &plan->method },
        { "--params", NULL, &plan->params },   { "--event", NULL, &plan->event },
    };
    if (strcmp(name, "--port") == 0) {
        plan->port = (uint16_t)number(value);
        return;
    }
    if (strcmp(name, "--pid") == 0) {
        plan->pid = (pid_t)number(value);
        return;
    }
    for (size_t i = 0; i < HF_COUNT(options); i++) {
        if (strcmp(name, options[i].name) != 0) continue;
        if (options[i].number)
            *options[i].number = number(value);
        else
            *options[i].text = value;
        return;
    }
    load_die("unknown option %s", name);
}

int main(int argc, char **argv)
{
    struct load_plan plan = { .token = "", .clients = 1, .rounds = 1, .batch = 1, .samples = 1 };
    struct rlimit files;
    if (argc < 2) load_die("usage: load VERB [OPTION VALUE]... [-- COMMAND...]");
    for (int i = 2; i < argc; i += 2) {
        if (strcmp(argv[i], "--") == 0) {
            plan.command = argv + i + 1;
            break;
        }
        if (i + 1 == argc) load_die("%s wants a value", argv[i]);
        take_option(&plan, argv[i], argv[i + 1]);
    }
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (size_t i = 0; i < HF_COUNT(verbs); i++)
        if (strcmp(argv[1], verbs[i].name) == 0) return verbs[i].run(&plan);
    load_die("unknown verb %s", argv[1]);
}
