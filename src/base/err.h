/* base/err.h: the negative codes that functions return.
 *
 * 0 is success.  Codes are grouped by hundreds: 100 usage, 200 wire, 300 limit,
 * 400 state, 500 environment (style.md section 3).  A code is added by adding
 * one line here. */
#ifndef HF_BASE_ERR_H
#define HF_BASE_ERR_H

#include <stdbool.h>

#define HF_ERRORS(X)                                                                               \
    X(USAGE, 100, "the call or its arguments make no sense")                                       \
    X(CONFIG, 101, "the configuration makes no sense")                                             \
    X(SYNTAX, 200, "the bytes do not follow the grammar")                                          \
    X(UTF8, 201, "the text is not valid UTF-8")                                                    \
    X(DEPTH, 202, "the nesting is too deep")                                                       \
    X(DUPLICATE, 203, "a member that must be unique stands twice")                                 \
    X(TYPE, 204, "the value has another type than asked for")                                      \
    X(RANGE, 205, "the number does not fit")                                                       \
    X(MISSING, 206, "a required member is missing")                                                \
    X(LIMIT, 300, "a bound is full")                                                               \
    X(TOO_LARGE, 301, "the value is larger than its bound")                                        \
    X(STATE, 400, "not possible in this state")                                                    \
    X(NOT_FOUND, 401, "there is no such thing")                                                    \
    X(EXISTS, 402, "it exists already")                                                            \
    X(CLOSED, 403, "it is closed")                                                                 \
    X(DEADLOCK, 404, "it would wait for itself")                                                   \
    X(NOMEM, 500, "out of memory")                                                                 \
    X(IO, 501, "input or output failed")                                                           \
    X(FULL, 502, "no space is left on the device")                                                 \
    X(READONLY, 503, "the file system is read-only")                                               \
    X(DENIED, 504, "permission denied")                                                            \
    X(BUSY, 505, "somebody else holds it")                                                         \
    X(CORRUPT, 506, "the stored data is damaged")                                                  \
    X(NEWER, 507, "the stored data was written by a newer version")                                \
    X(CRYPTO, 508, "the crypto library failed")                                                    \
    X(IN_USE, 509, "the address is in use")                                                        \
    X(DESCRIPTORS, 510, "no file descriptor is left")                                              \
    X(TIMEOUT, 511, "it took too long")

enum hf_err {
    HF_OK = 0,
#define HF_ERR_ENUM(name, number, text) HF_ERR_##name = -(number),
    HF_ERRORS(HF_ERR_ENUM)
#undef HF_ERR_ENUM
};

/* Whether nobody made a mistake: memory, disks, permissions. */
static inline bool hf_err_is_environment(int err)
{
    return err <= HF_ERR_NOMEM;
}

/* The code's name ("LIMIT"), or "UNKNOWN".  Static. */
const char *hf_err_name(int err);

/* One plain sentence part for people.  Static. */
const char *hf_err_text(int err);

#endif
