/* host/state_dir.h: the directory of one installation: who holds it, its token, its key.
 *
 * Mode 0700; every file in it 0600 (design.md section 4).  The lock is the
 * kernel's, so a crash frees it.  Secrets are never printed. */
#ifndef HF_HOST_STATE_DIR_H
#define HF_HOST_STATE_DIR_H

#include "host/fault.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    HF_STATE_PATH_BYTES = 1024,
    HF_STATE_TOKEN_CHARS = 43, /* 32 random bytes in base64url */
    HF_STATE_KEY_BYTES = 32,
};

struct hf_state_dir {
    char path[HF_STATE_PATH_BYTES];
    int lock_fd; /* open while held, else -1 */
};

/* Makes the directory (and its parents) when it is not there and takes its lock.
 * HF_ERR_BUSY: another process holds it; the fault names its pid and the path.
 * HF_ERR_READONLY, FULL, DENIED and the like: the fault names the path. */
int hf_state_dir_open(struct hf_state_dir *d, const char *path, struct hf_fault *fault);

/* The same with a lock of another name: a supervisor and its gateway may share a
 * directory. */
int hf_state_dir_open_as(struct hf_state_dir *d, const char *path, const char *lock,
                         struct hf_fault *fault);

/* For how many milliseconds a gateway, or a supervisor that is about to start one, has
 * held the directory's lock: the younger of both, or INT64_MAX when there is neither.
 * Looks only: whoever wants a lock is not disturbed. */
int64_t hf_state_dir_held_ms(const char *path);

/* Gives the lock back; files stay.  Legal on what was never opened. */
void hf_state_dir_close(struct hf_state_dir *d);

/* The path of a file in it: 0, or HF_ERR_TOO_LARGE. */
int hf_state_dir_file(const struct hf_state_dir *d, const char *name,
                      char out[HF_STATE_PATH_BYTES]);

/* The gateway's shared secret, read from `token` or made on the first start.
 * `*was_made` tells.  A file that anybody else can read is refused. */
int hf_state_dir_token(const struct hf_state_dir *d, char out[HF_STATE_TOKEN_CHARS + 1],
                       bool *was_made, struct hf_fault *fault);

/* The key that device tokens are derived from, read or made. */
int hf_state_dir_key(const struct hf_state_dir *d, uint8_t out[HF_STATE_KEY_BYTES],
                     struct hf_fault *fault);

/* The private Ed25519 key of this installation, read from `identity.pem` (PKCS #8)
 * or made. */
int hf_state_dir_identity(const struct hf_state_dir *d, uint8_t out[HF_STATE_KEY_BYTES],
                          struct hf_fault *fault);

/* The same for a thread that knows the path alone; the lock is its process's. */
int hf_state_dir_identity_in(const char *path, uint8_t out[HF_STATE_KEY_BYTES],
                             struct hf_fault *fault);

#endif
