/* host/place_run.h: a gateway that we keep, and its place in front of it, on one loop.
 *
 * `holdfast run -- CMD` (issue 4 part 4): host/supervise keeps the program, host/front_run the
 * public port.  This joins them: clients are relayed while the supervisor says that the
 * gateway runs (hf_front_outlook); else the loop's own server, which stays in start-up, tells
 * them when to come back.  The program is started once we listen: a place that somebody else
 * holds is never doubled.
 *
 * A stop of the loop stops the program first, with its grace: what it tells its clients at
 * its end still reaches them.  Then the loop is let go.
 *
 * One thread, the loop's. */
#ifndef HF_HOST_PLACE_RUN_H
#define HF_HOST_PLACE_RUN_H

#include "host/front_run.h"
#include "host/supervise.h"

struct hf_place;

/* `hooks.up` of the front is the owner's; `is_told`, the other hooks and those of the
 * supervisor are set here.  The rest as in the two of them. */
struct hf_place_config {
    struct hf_front_run_config front;
    struct hf_supervise_config keeper;
};

/* 0 or a code whose fault is filled; hf_place_close and hf_place_free end it in both cases. */
int hf_place_new(struct hf_place **out, struct hf_loop *loop, const struct hf_place_config *config,
                 struct hf_fault *fault);

/* From the hooks of the loop: `draining` and `hurried`. */
void hf_place_stop(struct hf_place *p);

/* New settings are in force; the program is to read its configuration again. */
void hf_place_reload(struct hf_place *p, const struct hf_settings *settings);

/* Before hf_loop_free, whose last turns end what is left; then hf_place_free. */
void hf_place_close(struct hf_place *p);
void hf_place_free(struct hf_place *p); /* both: NULL is fine */

#endif
