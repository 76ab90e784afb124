/* holdfast/loop.h: where clients live.
 *
 * A loop carries up to 16,384 clients.  It is driven in one of two ways:
 *
 * - by threads of its own (holdfast_loop_start).  Input and output have a thread of
 *   their own, so a slow callback never delays an answer to a gateway's ping.
 *   Callbacks run on the other one, the callback thread;
 * - by the program's loop: when the descriptor is readable, or the timeout is over,
 *   it calls holdfast_loop_process.  Callbacks run inside of that call, and nothing
 *   else happens until they return: a gateway gives a client up whose answer to a ping
 *   takes more than 25 s, so callbacks and whatever the program does between two calls
 *   must be shorter.
 *
 * The thread that callbacks run on is called the loop's thread: the callback thread,
 * or the one that made the loop until another one calls holdfast_loop_process.
 * Never two threads process one loop at a time.
 *
 * A client whose callbacks are behind by 1,024 pieces of news or 1 MiB is not read from
 * until half of them are gone.  It loses nothing, its own watchdogs rest meanwhile, but the
 * gateway's do not: it may drop what can be read again (a gap), or close.
 *
 * All other functions of the library may be called from any thread and from any
 * callback, with the exceptions that are written beside them.  No lock is held
 * while a callback runs. */
#ifndef HOLDFAST_LOOP_H
#define HOLDFAST_LOOP_H

#include "holdfast/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 0, NO_MEMORY, or IO when the system has no descriptor left. */
HOLDFAST_API int holdfast_loop_new(holdfast_loop **out);

/* Ends the loop: its threads, and every client that is still alive (disposed, its
 * callbacks called before this returns).  Handles of clients stay valid, say
 * DISPOSED, and are released as always.  NULL is fine.  Never from a callback. */
HOLDFAST_API void holdfast_loop_free(holdfast_loop *loop);

/* --- its own threads --- */

/* Once per loop: 0, ALREADY_STARTED, or IO when no thread can be had. */
HOLDFAST_API int holdfast_loop_start(holdfast_loop *loop);

/* --- the program's loop --- */

/* Readable when there is something to process.  Never read from it; it is closed
 * with the loop. */
HOLDFAST_API int holdfast_loop_fd(const holdfast_loop *loop);

/* How long the program may wait for the descriptor: milliseconds, 0 for "process
 * now", -1 when only the descriptor counts, or nothing, as the loop has its own threads.
 * Ask again after every process and after calls into the library. */
HOLDFAST_API int holdfast_loop_timeout_ms(const holdfast_loop *loop);

/* Reads, writes, runs what is due and the callbacks; does not wait.  0, or
 * WOULD_DEADLOCK inside of a callback, or ALREADY_STARTED when the loop has threads
 * of its own. */
HOLDFAST_API int holdfast_loop_process(holdfast_loop *loop);

/* As process, but first waits for something to do, at most `timeout_ms` (or
 * HOLDFAST_NO_TIMEOUT). */
HOLDFAST_API int holdfast_loop_wait(holdfast_loop *loop, int64_t timeout_ms);

/* --- log --- */

enum holdfast_log_level { HOLDFAST_LOG_WARNING = 1, HOLDFAST_LOG_INFO, HOLDFAST_LOG_DEBUG };

/* One line without its end and without secrets, e.g. "client.retry attempt=2 delay_ms=2310".
 * On the loop's thread.  Must not call into the library. */
typedef void (*holdfast_log_fn)(void *ctx, enum holdfast_log_level level, const char *line);

/* NULL, the default: no log.  Before the first client. */
HOLDFAST_API void holdfast_loop_set_log(holdfast_loop *loop, holdfast_log_fn fn, void *ctx);

/* --- news from outside --- */

/* The network came back or changed: every waiting client tries at once. */
HOLDFAST_API void holdfast_loop_kick(holdfast_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
