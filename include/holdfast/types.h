/* holdfast/types.h: what all headers of libholdfast share.
 *
 * The library connects programs to OpenClaw gateways (protocol 4) and to
 * `holdfast run`.  Include <holdfast/holdfast.h>, link with `pkg-config holdfast`.
 *
 * Text is UTF-8.  A `const char *` ends with a zero and is borrowed until the call
 * returns: what is kept is copied.  Bytes that come with a length have no zero.
 * Spans of time are milliseconds; -1 stands for "unknown" or "never" where a header
 * says so.  Functions return 0 or a negative enum holdfast_error unless their
 * comment says otherwise.
 *
 * Objects are opaque; structures that a caller fills have an init function and room
 * to grow.  No C++ exception and no longjmp may leave a callback. */
#ifndef HOLDFAST_TYPES_H
#define HOLDFAST_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HOLDFAST_API __attribute__((visibility("default")))
#else
#define HOLDFAST_API
#endif

typedef struct holdfast_loop holdfast_loop;
typedef struct holdfast_options holdfast_options;
typedef struct holdfast_client holdfast_client;
typedef struct holdfast_notice holdfast_notice;
typedef struct holdfast_event holdfast_event;
typedef struct holdfast_result holdfast_result;
typedef struct holdfast_invoke holdfast_invoke;

enum holdfast_error {
    HOLDFAST_OK = 0,
    HOLDFAST_ERROR_USAGE = -100,           /* the arguments make no sense */
    HOLDFAST_ERROR_SYNTAX = -200,          /* JSON or an address that cannot be read */
    HOLDFAST_ERROR_LIMIT = -300,           /* a bound is full: try again later */
    HOLDFAST_ERROR_TOO_LARGE = -301,       /* more than the server's maxPayload */
    HOLDFAST_ERROR_NOT_CONNECTED = -400,   /* only a connected client can do this */
    HOLDFAST_ERROR_NOT_FOUND = -401,       /* there is no such thing, or not any more */
    HOLDFAST_ERROR_ALREADY_STARTED = -402, /* nothing was changed */
    HOLDFAST_ERROR_DISPOSED = -403,        /* the client has ended for good */
    HOLDFAST_ERROR_WOULD_DEADLOCK = -404,  /* a callback cannot wait for its own thread */
    HOLDFAST_ERROR_NO_MEMORY = -500,
    HOLDFAST_ERROR_IO = -501,      /* the system refused */
    HOLDFAST_ERROR_DENIED = -504,  /* a file must not be read or written */
    HOLDFAST_ERROR_CORRUPT = -506, /* a stored identity is damaged: nothing replaces it */
    HOLDFAST_ERROR_TIMEOUT = -511
};

/* "TIMEOUT", and "it took too long".  Static; any number may be passed. */
HOLDFAST_API const char *holdfast_error_name(int error);
HOLDFAST_API const char *holdfast_error_text(int error);

/* The version of the library in use, as "0.1.0".  Static. */
HOLDFAST_API const char *holdfast_version(void);

/* The short name of a WebSocket close code: "service restart" for 1012; "" for a
 * code without one.  Static. */
HOLDFAST_API const char *holdfast_close_code_name(unsigned code);

/* A time that never ends, where a timeout is asked for. */
#define HOLDFAST_NO_TIMEOUT INT64_MAX

#ifdef __cplusplus
}
#endif

#endif
