/* base/limits.h: every bound, its unit, its reason and what happens there.
 *
 * One row per bound: name, value, unit, reason, effect.  `holdfast config get
 * --limits` prints this table.  Each row has a test at N and at N + 1 (tools/check_limits). */
#ifndef HF_BASE_LIMITS_H
#define HF_BASE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* clang-format off */
#define HF_LIMITS(X)                                                                                                        \
    X(PREAUTH_FRAME_BYTES, 65536, "bytes", "a stranger costs little", "close 1009")                                         \
    X(PAYLOAD_BYTES, 26214400, "bytes", "the protocol's policy.maxPayload", "close 1009")                                   \
    X(BUFFERED_BYTES, 52428800, "bytes", "the protocol's policy.maxBufferedBytes", "drop droppable events, else close 1008")\
    X(BUSY_BYTES, 4194304, "bytes", "waiting for one reader before its requests are refused", "UNAVAILABLE, retryable")\
    X(CONTROL_FRAME_BYTES, 125, "bytes", "what WebSocket allows (RFC 6455 section 5.5)", "close 1002")                                              \
    X(HTTP_HEAD_BYTES, 16384, "bytes", "as the HTTP server of the real gateway", "431")                                                         \
    X(HTTP_LINE_BYTES, 8192, "bytes", "the request line is a part of the head", "414")                                                          \
    X(HTTP_FIELDS, 100, "fields", "no client sends as many", "431")                                                              \
    X(FORWARDED_LINES, 16, "lines", "of one forwarding field; no proxy writes as many", "403: nobody is named")              \
    X(HTTP_BODY_BYTES, 65536, "bytes", "no endpoint takes a body", "413")                                                   \
    X(JSON_DEPTH_PREAUTH, 64, "levels", "a stranger's connect is flat", "malformed frame")                                            \
    X(JSON_DEPTH, 256, "levels", "a value is read without recursion up to here", "malformed frame")                                                   \
    X(JSON_NUMBER_BYTES, 1024, "bytes", "a number is copied to the stack to be read", "treated as of another type")         \
    X(ENVELOPE_MEMBERS, 32, "members", "a server's frame has seven at most", "LIMIT: the frame is refused")                 \
    X(REQUEST_ID_BYTES, 4096, "bytes", "it is echoed and kept while the request runs", "INVALID_REQUEST")                   \
    X(CONNECTIONS, 65536, "connections", "memory", "refuse: closed at accept")                                              \
    X(PREAUTH_CONNECTIONS, 1024, "connections", "strangers never crowd out clients", "the oldest silent one is closed")     \
    X(CONNECTIONS_PER_ADDRESS, 20000, "connections", "one address is not the world", "refuse: closed at accept")            \
    X(REQUESTS_IN_FLIGHT, 256, "requests", "per connection", "UNAVAILABLE, retryable")                                      \
    X(SUBSCRIPTIONS, 256, "subscriptions", "per connection", "INVALID_REQUEST")                                             \
    X(SCOPES, 32, "scopes", "per connection", "invalid connect params")                                                     \
    X(CAPS, 64, "capabilities", "per connection", "invalid connect params")                                                 \
    X(CLIENT_HELLO_BYTES, 65536, "bytes", "what a client keeps of a hello-ok", "its lists are not kept")                     \
    X(CLIENT_TIMINGS, 32, "calls", "how a client's newest calls went", "the oldest is forgotten")                           \
    X(CLIENT_TOKENS, 8, "tokens", "device tokens that one hello-ok brings", "the rest is not stored")                       \
    X(CLIENT_HEADERS, 16, "fields", "sent with a client's upgrade request", "a fault of the configuration")                 \
    X(CLIENT_RESTORES, 16, "requests", "subscriptions asked for at once", "the rest follows the answers")                   \
    X(UPGRADE_BODY_BYTES, 2048, "bytes", "what explains a refused upgrade", "the rest is not read")                         \
    X(NAME_BYTES, 256, "bytes", "names a client gives itself", "cut when stored, never refused")                            \
    X(DEVICES, 10000, "devices", "paired devices kept in memory", "pairing refused, UNAVAILABLE")                           \
    X(PENDING_PAIRINGS, 256, "requests", "pending pairing requests", "the oldest is dropped")                               \
    X(AUTH_ADDRESSES, 4096, "addresses", "addresses with failed secrets", "the oldest is forgotten")                        \
    X(AUTH_SECRETS_PER_ADDRESS, 64, "digests", "distinct wrong secrets remembered", "locked out long before")               \
    X(PRESENCE_ENTRIES, 200, "entries", "presence list", "the oldest is dropped")                                           \
    X(STABILITY_RECORDS, 1000, "records", "stability ring", "the oldest is dropped, counted")                               \
    X(SESSION_STATES, 2000, "sessions", "work counts", "the oldest idle one is evicted")                                    \
    X(TICK_PROMISES, 8, "intervals", "told to clients before reloads", "one more shares the shortest")                      \
    X(PENDING_PINGS, 5, "pings", "unanswered ones of a connection, which has 100 s", "the oldest is evicted, counted")                   \
    X(PING_BATCH, 64, "pings", "written in one wake-up, so that clients wait little", "the rest waits one wake-up")                        \
    X(QUEUED_FRAMES, 65536, "frames", "waiting for one reader", "close 1008")                                               \
    X(SPARE_QUEUES, 1024, "queues", "a fan-out allocates nothing for its receivers", "freed after use")                     \
    X(WRITE_BYTES, 65536, "bytes", "handed to the system at once", "the rest waits for the next write")                     \
    X(SCRATCH_BODY_BYTES, 4096, "bytes", "smaller bodies are copied into one send", "larger ones leave as spans")           \
    X(SOCKETS, 69632, "sockets", "connections and those that linger after their FIN", "closed at accept")                   \
    X(READ_BYTES, 65536, "bytes", "read from one connection in a turn", "the rest waits for the next turn")                 \
    X(ACCEPT_BATCH, 64, "connections", "accepted in one turn", "the rest waits for the next turn")                          \
    X(ACCEPT_PAUSE_MS, 200, "ms", "no descriptor or memory is left", "accepting pauses, told once")                         \
    X(LINGER_MS, 1000, "ms", "the peer may see our FIN instead of a reset", "closed")                                       \
    X(TRIM_AFTER, 1024, "sockets", "gone since free memory was last handed back", "handed back to the system")              \
    X(BIND_TRIES, 20, "tries", "of the port, which a dying holder may still have", "exit 1, or 78 when the holder is healthy")\
    X(BIND_RETRY_MS, 500, "ms", "between two tries of the port", "the next try")                                                       \
    X(LOG_BUFFER_BYTES, 1048576, "bytes", "log lines that wait for a slow disk", "dropped, counted")                        \
    X(LOG_BATCH_BYTES, 16384, "bytes", "log lines gathered before they are written", "written at once")                     \
    X(LOG_DELAY_MS, 50, "ms", "log lines wait to be written together; errors do not", "written")                            \
    X(LOG_VALUE_BYTES, 256, "bytes", "peer text in a log line", "cut")                                                      \
    X(SCRIBE_END_MS, 1000, "ms", "a disk or terminal that takes nothing holds up our end", "what is left is lost")          \
    X(LOG_TAIL_BYTES, 1000000, "bytes", "one logs.tail answer", "cut, truncated:true")                                      \
    X(LOG_TAIL_LINES, 5000, "lines", "one logs.tail answer", "cut, truncated:true")                                         \
    X(LOG_FILE_BYTES, 104857600, "bytes", "logging.maxFileBytes of OpenClaw", "rotated")                                    \
    X(CONFIG_BYTES, 1048576, "bytes", "a configuration file", "refused, exit 78")                                           \
    X(STORE_REQUESTS, 1024, "requests", "waiting for the store", "UNAVAILABLE, retryable")                                  \
    X(PROXY_BYTES, 1024, "bytes", "the address of a proxy with its credentials", "refused as not valid")                    \
    X(URL_USER_BYTES, 1024, "bytes", "name and password in a gateway's address, decoded", "the address is refused")         \
    X(LOOKUPS, 8, "lookups", "names asked for at once; a resolver may block for long", "the rest waits in line")               \
    X(DIAL_ADDRESSES, 16, "addresses", "of one name, tried in turn", "the rest is not tried")                               \
    X(DIAL_ADDRESS_MS, 4000, "ms", "one address of several may not answer", "the next one is tried")                        \
    X(PONGS_BYTES, 4096, "bytes", "unsent, with which a client answers only the newest ping", "older pings stay without a pong")\
    X(TREE_SCAN, 1024, "processes", "one look at a tree, without the heap", "the rest is found by the next look")           \
    X(KIN_GENERATIONS, 128, "parents", "between a process and the top of its tree", "it belongs to none")                     \
    X(TREES, 8, "trees", "of processes at once: the gateway, its doctor, what will not die", "no further program is started") \
    X(DUMP_LINES, 256, "lines", "what a process that hangs waits in, one line a thread", "the rest is left out")            \
    X(NOTIFY_BYTES, 8192, "bytes", "one readiness message of a child, as the system bounds it", "dropped")                  \
    X(NOTIFY_BATCH, 8, "messages", "of a child, read in one turn; a socket holds 10", "the rest waits for the next turn")   \
    X(LOOP_CLIENTS, 16384, "clients", "of one client loop: one thread carries them", "the next one is refused")             \
    X(LOOP_CALLS, 262144, "requests", "of all clients of one loop", "the next one is refused")                             \
    X(CLIENT_CALLBACKS, 256, "callbacks", "of one client", "the next one is refused")                                       \
    X(CLIENT_NEWS, 1024, "news", "told to a client's callbacks that are behind", "its socket is not read until half are gone")\
    X(CLIENT_NEWS_BYTES, 1048576, "bytes", "the same; one message may go beyond", "its socket is not read until half are gone")\
    X(CLIENT_INVOKES, 256, "requests", "a node has not answered yet", "UNAVAILABLE")                                        \
    X(SLEEP_MS, 2000, "ms", "a host that slept longer than this between two looks", "every window of liveness begins anew")\
    X(CONTROL_CLIENTS, 16, "clients", "of a supervisor's control socket at once", "closed at accept")                       \
    X(CONTROL_LINE_BYTES, 8192, "bytes", "one request on the control socket", "TOO_LARGE, closed")                          \
    X(CONTROL_QUEUE_BYTES, 1048576, "bytes", "lines that wait for one reader of the control socket", "TOO_SLOW, closed")    \
    X(CONTROL_REQUESTS, 64, "requests", "of the control socket wait for their results", "TOO_MANY")                         \
    X(CONTROL_STOPS, 4, "requests", "places beside these that only stop and quit may take", "TOO_MANY")                     \
    X(CLIENT_CALLS, 4096, "requests", "one client waits for their answers", "the next one is refused")                      \
    X(KEEPER_ACTIONS, 512, "actions", "asked of the host of a supervisor in one step", "cannot happen: a step asks for fewer")\
    X(SCREEN_COLUMNS, 512, "columns", "memory of a live view", "the rest of the terminal stays empty")                      \
    X(SCREEN_ROWS, 256, "rows", "memory of a live view", "the rest of the terminal stays empty")                            \
    X(SPARK_SAMPLES, 120, "samples", "a line is not wider", "the oldest is dropped")                                        \
    X(RATE_NAMES, 64, "names", "events counted by name in a live view", "counted together as (others)")                     \
    X(MONITOR_ROWS, 256, "rows", "connections of a gateway in a live view", "the others are counted, not shown")            \
    X(KEEPER_TREES, 4, "trees", "a gateway, a doctor, and those on their way out", "the next start waits until one is gone")\
    X(KEEPER_REQUESTS, 128, "requests", "of a supervisor, waiting; two actions for each may come in one step", "refused: too_many_requests")\
    X(KEEPER_REWRITES, 4, "requests", "to read or change a gateway's configuration, one under way and those behind it", "refused: too_many_requests") \
    X(CONFIG_VIEW_BYTES, 262144, "bytes", "a gateway's configuration as it is shown by a supervisor", "refused: ask for a part of it") \
    X(KEEPER_HISTORY, 256, "transitions", "changes of phase that a supervisor remembers", "the oldest is dropped")     \
    X(KEEPER_SECRETS, 8, "secrets", "of a supervised place that no line shows", "the oldest of its token file is forgotten")   \
    X(REMEDY_WORDS, 32, "words", "of the repair command of a program that we know", "it has none but by --doctor")            \
    X(KEEPER_BUDGET, 64, "restarts", "the largest --restart-budget", "wrong usage")                                      \
    X(CLOSE_MS, 30000, "ms", "a slow reader may take what was queued before our close", "reset")                           \
    X(CONTROL_ID_BYTES, 128, "bytes", "the id of a request on the control socket is echoed", "INVALID_REQUEST")             \
    X(OUTPUT_LINE_BYTES, 16384, "bytes", "one line of a child", "cut")                       \
    X(OUTPUT_KEYS, 512, "lines", "a child's lines that are known as repeats", "the least recently seen is forgotten")       \
    X(OUTPUT_TOLD, 500, "lines", "new lines of a child told in one second", "not shown, counted")                           \
    X(OUTPUT_KEPT, 120, "lines", "a child's last lines", "the oldest is dropped")                                           \
    X(OUTPUT_KEPT_BYTES, 1024, "bytes", "one of them", "cut")                                                               \
    X(RELAY_CONNECTIONS, 16384, "connections", "two sockets and their buffers each", "refuse: closed at accept")            \
    X(RELAY_BUFFER_BYTES, 65536, "bytes", "waiting for one side of a relayed connection", "the other side is not read")     \
    X(CLOSE_REASON_BYTES, 120, "bytes", "protocol: reason cut to 120 bytes", "cut") \
    X(SECRET_BYTES, 4096, "bytes", "a token or a password, and the file of one", "refused, and who gave it is named")        \
    X(URL_BYTES, 1023, "bytes", "a gateway's address on the command line or in a file", "refused, and who gave it is named")\
    X(LIST_ENTRIES, 64, "entries", "of one list in the configuration", "the configuration is refused")                      \
    X(INCLUDE_DEPTH, 10, "files", "a file may include itself", "the configuration is refused")                              \
    X(PROGRAM_ARGUMENTS, 256, "arguments", "of a program that is kept", "wrong usage")
/* clang-format on */

enum {
#define HF_LIMIT_ENUM(name, value, unit, reason, effect) HF_LIMIT_##name = (value),
    HF_LIMITS(HF_LIMIT_ENUM)
#undef HF_LIMIT_ENUM
};

struct hf_limit {
    const char *name; /* "PREAUTH_FRAME_BYTES" */
    int64_t value;
    const char *unit, *reason, *effect;
};

/* The table above; `*count` rows.  Static. */
const struct hf_limit *hf_limits(size_t *count);

#endif
