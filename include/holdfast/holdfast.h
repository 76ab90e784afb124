/* holdfast/holdfast.h: all of libholdfast.
 *
 *     holdfast_loop_new(&loop);
 *     holdfast_options_new(&options);
 *     holdfast_options_set_text(options, HOLDFAST_URL, "ws://127.0.0.1:18789");
 *     holdfast_options_set_text(options, HOLDFAST_TOKEN, token);
 *     holdfast_client_new(&client, loop, options);
 *     holdfast_client_start(client);
 *     if (holdfast_client_wait_ready(client, 10000) == 0 &&
 *         holdfast_client_call_wait(client, "health", NULL, NULL, &result) == 0)
 *         ...
 *     holdfast_client_release(client);
 *     holdfast_options_free(options);
 *     holdfast_loop_free(loop);
 */
#ifndef HOLDFAST_HOLDFAST_H
#define HOLDFAST_HOLDFAST_H

#include "holdfast/client.h"
#include "holdfast/loop.h"
#include "holdfast/options.h"
#include "holdfast/types.h"

#endif
