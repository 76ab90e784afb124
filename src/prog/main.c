#include "host/fault.h"
#include "prog/verbs.h"

#include <signal.h>

int main(int argc, char **argv)
{
    struct hf_args args;
    struct hf_fault fault;
    /* A peer or a reader of stdout that goes away is an error of that one write. */
    signal(SIGPIPE, SIG_IGN);
    if (hf_options_read(argc, argv, &args, &fault) != 0) return hf_verb_fail(NULL, &fault);
    if (args.values[HF_OPTION_HELP]) return hf_verb_help(&args);
    return args.verb->run(&args);
}
