/* bench/client.h: the verbs of the program `client` that stand in files of their own.
 * Each prints `name value` lines and decides nothing. */
#ifndef HF_BENCH_CLIENT_H
#define HF_BENCH_CLIENT_H

struct load_plan;

/* `clients` come while the server `pid` starts; until all of them are in. */
void client_flood(const struct load_plan *plan);

#endif
