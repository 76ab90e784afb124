/* core/link/parts.h: what the files of core/link share. */
#ifndef HF_CORE_LINK_PARTS_H
#define HF_CORE_LINK_PARTS_H

#include "core/link.h"

/* The close code and reason of a cause of our own; code 0: nothing is written. */
struct hf_link_close hf_link_cause_close(enum hf_link_cause cause);

/* Opens the next attempt, or asks the hook first. */
void hf_link_begin(struct hf_link *l, hf_time now, struct hf_link_todo *todo);
void hf_link_try_again(struct hf_link *l, hf_time now, struct hf_link_todo *todo);

/* Begins to close the current socket for a reason of ours. */
void hf_link_close_for(struct hf_link *l, hf_time now, enum hf_link_cause cause,
                       struct hf_link_todo *todo);
void hf_link_close_with(struct hf_link *l, hf_time now, enum hf_link_cause cause,
                        struct hf_link_close close, struct hf_link_todo *todo);

/* Resets the current socket and ends the attempt. */
void hf_link_abort(struct hf_link *l, hf_time now, enum hf_link_cause cause,
                   struct hf_link_todo *todo);

/* What an error response to `connect` means for what follows. */
void hf_link_refuse(struct hf_link *l, hf_time now, const struct hf_refusal *refusal,
                    struct hf_link_todo *todo);

/* The socket is gone: tells it and decides what comes next. */
void hf_link_ended(struct hf_link *l, hf_time now, struct hf_link_todo *todo);

void hf_link_enter_pause(struct hf_link *l, hf_time now, enum hf_link_pause pause,
                         struct hf_link_todo *todo);

/* The hook does not want the secrets to go there: a reset, then a pause. */
void hf_link_deny_login(struct hf_link *l, hf_time now, struct hf_link_todo *todo);

/* One input of the current socket (socket.c). */
void hf_link_socket_input(struct hf_link *l, hf_time now, const struct hf_link_input *input,
                          struct hf_link_todo *todo);

/* What is due (due.c). */
void hf_link_run_due(struct hf_link *l, hf_time now, struct hf_link_todo *todo);

/* An attempt failed in a way that nobody else has told yet: closes, then `pause`. */
void hf_link_fail_attempt(struct hf_link *l, hf_time now, enum hf_link_cause cause,
                          enum hf_link_pause pause, struct hf_link_todo *todo);

/* A deadline of an attempt: it ends with the budget at the latest. */
hf_time hf_link_within(const struct hf_link *l, hf_time now, hf_span span);

#endif
