/* host/client_run.h: drives one client engine for a short program, blocking.
 *
 * Owns the socket and reads the clocks; one poll(2) per turn.  Plain TCP only: a
 * wss address is a fault of the configuration here. */
#ifndef HF_HOST_CLIENT_RUN_H
#define HF_HOST_CLIENT_RUN_H

#include "engine/client.h"
#include "host/fault.h"

struct hf_client_run;

/* Called for each piece of news, from within hf_client_run_until.  It may call
 * hf_client_call; `*done` ends the run. */
typedef void (*hf_client_told)(void *ctx, const struct hf_client_news *news, bool *done);

/* `config` as hf_client_new; its seed is filled in.  0, HF_ERR_NOMEM, HF_ERR_IO, or
 * HF_ERR_USAGE for a wss address. */
int hf_client_run_new(struct hf_client_run **out, const struct hf_client_config *config,
                      hf_client_told told, void *ctx, struct hf_fault *fault);

/* Resets the socket when one is open.  NULL is fine. */
void hf_client_run_free(struct hf_client_run *r);

struct hf_client *hf_client_run_engine(struct hf_client_run *r);

/* Says START, STOP and the like. */
void hf_client_run_say(struct hf_client_run *r, enum hf_client_event_kind kind);

/* Runs until `told` sets its flag: true; or until that instant: false. */
bool hf_client_run_until(struct hf_client_run *r, hf_time until);

#endif
