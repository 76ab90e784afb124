/* bench/load.h: clients that put load on one gateway, and what its process used for it.
 *
 * Each figure is one verb of the program `load`: it prints lines `name value` and
 * decides nothing.  CPU is the server's own (its process clock), so that a busy
 * machine disturbs little; the clients' is not counted.  What must work and does
 * not ends the program with a message and 1. */
#ifndef HF_BENCH_LOAD_H
#define HF_BENCH_LOAD_H

#include "wire/ws_frame.h"

#include <sys/types.h>

/* The gateway under load, and what a verb was told to do; from the command line. */
struct load_plan {
    uint16_t port;
    pid_t pid;
    const char *token;
    const char *method, *params; /* of the requests; params may be NULL */
    const char *event;           /* the event that is counted, or NULL */
    unsigned clients, rounds, batch, samples;
    bool ignores_pings; /* pongs are no part of the figure */
    char **command;     /* start: the server's own command line; once: the program's */
};

__attribute__((noreturn, format(printf, 1, 2))) void load_die(const char *format, ...);

int load_start(const struct load_plan *plan);
int load_idle(const struct load_plan *plan);
int load_connect(const struct load_plan *plan);
int load_calls(const struct load_plan *plan);
int load_fanout(const struct load_plan *plan);
int load_stopped(const struct load_plan *plan);
int load_once(const struct load_plan *plan);

/* --- load_client.c --- */

struct load_client {
    int fd;
    struct hf_ws_reader reader;
    unsigned responses, events;         /* received so far; events: those that are counted */
    size_t response_bytes, event_bytes; /* payload of the newest */
};

enum load_login { LOAD_LOGIN_DONE, LOAD_LOGIN_REFUSED, LOAD_LOGIN_NO_ANSWER };

/* Connects, upgrades and sends `connect` once the challenge is there, as the real
 * clients do.  `receive_bytes` bounds the client's receive buffer; 0: as the system
 * does.  Unless it is DONE nothing stays open. */
enum load_login load_client_try(struct load_client *c, const struct load_plan *plan,
                                int receive_bytes);
void load_client_open(struct load_client *c, const struct load_plan *plan); /* or dies */
struct load_client *load_clients_open(const struct load_plan *plan, unsigned count);

/* Resets the connection: no address stays in TIME_WAIT. */
void load_client_close(struct load_client *c);
void load_clients_close(struct load_client *clients, unsigned count);

/* `count` requests in one write. */
void load_client_ask(struct load_client *c, const struct load_plan *plan, unsigned count);

/* One read, which waits for bytes; counts what came.  Dies at the end of the
 * connection and at an error response. */
void load_client_read(struct load_client *c, const struct load_plan *plan);

/* Reads what is there now and answers pings. */
void load_clients_settle(struct load_client *clients, unsigned count, const struct load_plan *plan);

/* --- load_process.c --- */

/* Starts a program that reads and writes nothing, or dies. */
pid_t load_spawn(char **command);

/* CPU and memory count the process, all threads, and the processes that it started. */

/* User and system time so far, in nanoseconds. */
int64_t load_cpu_ns(pid_t pid);
int64_t load_now_ns(void);

/* Returns when the process does almost nothing any more, or after some seconds. */
void load_quiet(pid_t pid);

struct load_memory {
    int64_t resident_kb, private_dirty_kb;
};
struct load_memory load_memory(pid_t pid);

/* Prints `name`_best and `name`_median.  Sorts the values. */
void load_print_samples(const char *name, double *values, unsigned count);

#endif
