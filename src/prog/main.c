#include "host/fault.h"
#include "prog/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* A closed descriptor would be given to the next socket, and what is printed would go there.
 * Writing to a closed stdout stays an error that is told. */
static void fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) != fd)
            _exit(HF_EXIT_FAILED);
}

int main(int argc, char **argv)
{
    struct hf_args args;
    struct hf_fault fault;
    /* A peer or a reader of stdout that goes away is an error of that one write. */
    signal(SIGPIPE, SIG_IGN);
    fill_standard_descriptors();
    if (hf_options_read(argc, argv, &args, &fault) != 0) return hf_verb_fail(&args, &fault);
    if (args.values[HF_OPTION_HELP]) return hf_verb_help(&args);
    return args.verb->run(&args);
}
