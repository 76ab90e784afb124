/* prog/config.h: the values of all keys, and where each came from.
 *
 * Read in the order default < openclaw.json < our file < OPENCLAW_* < HOLDFAST_* <
 * flag (design.md section 4).  Everything is read before anything is used: a
 * configuration with one fault is refused as a whole, and the fault names file, line,
 * key and what was expected.  HF_ERR_USAGE is the fault of a flag. */
#ifndef HF_PROG_CONFIG_H
#define HF_PROG_CONFIG_H

#include "base/buf.h"
#include "host/fault.h"
#include "prog/config_keys.h"

enum hf_source {
    HF_SOURCE_DEFAULT,
    HF_SOURCE_OPENCLAW_FILE,
    HF_SOURCE_OWN_FILE,
    HF_SOURCE_OPENCLAW_ENV,
    HF_SOURCE_OWN_ENV,
    HF_SOURCE_FLAG,
};

struct hf_value {
    int64_t number; /* INT; BOOL: 0 or 1; CHOICE: the word's place */
    char *text;     /* owned; TEXT, SECRET, CHOICE; LIST: items with '\n' between them */
    enum hf_source source;
};

enum { HF_CONFIG_PATH_BYTES = 1024, HF_CONFIG_NAME_BYTES = 256 /* of a key, dots and all */ };

struct hf_config {
    struct hf_value values[HF_KEY_COUNT];
    char own_path[HF_CONFIG_PATH_BYTES];      /* where our file is or would be */
    char openclaw_path[HF_CONFIG_PATH_BYTES]; /* empty: none is read */
    bool has_own_file, has_openclaw_file;
    struct hf_buf own_json; /* our file as it stands there, secrets hidden; empty without one */
    struct hf_buf warnings; /* lines: what was not understood and ignored */
};

/* Fills `c`, which hf_config_fini must end, also after an error.  `args` may give
 * flags; the environment is the process's. */
int hf_config_load(struct hf_config *c, const struct hf_args *args, struct hf_fault *fault);

/* Whether the values fit together for who runs a gateway: HF_ERR_MISSING or
 * HF_ERR_RANGE.  Who asks one, or keeps a program, has no use for these rules. */
int hf_config_check(const struct hf_config *c, struct hf_fault *fault);

/* All defaults and nothing else. */
int hf_config_init(struct hf_config *c, struct hf_fault *fault);
void hf_config_fini(struct hf_config *c); /* wipes secrets */

int64_t hf_config_int(const struct hf_config *c, enum hf_key_id key);
bool hf_config_bool(const struct hf_config *c, enum hf_key_id key);
struct hf_bytes hf_config_text(const struct hf_config *c, enum hf_key_id key);
bool hf_config_is(const struct hf_config *c, enum hf_key_id key, const char *word);

bool hf_config_same(const struct hf_config *a, const struct hf_config *b, enum hf_key_id key);

/* Sets a key from text as it stands in a variable or on the command line; `where`
 * begins the message ("HOLDFAST_PORT"). */
int hf_config_set_text(struct hf_config *c, enum hf_key_id key, enum hf_source source,
                       struct hf_bytes text, const char *where, struct hf_fault *fault);

/* The same from a JSON value of a file. */
int hf_config_set_json(struct hf_config *c, enum hf_key_id key, enum hf_source source,
                       struct hf_bytes json, const char *where, struct hf_fault *fault);

/* The value as JSON; `hides` shows secrets as "(hidden)" and URLs without their credentials. */
struct hf_json_writer;
void hf_config_write(const struct hf_config *c, enum hf_key_id key, bool hides,
                     struct hf_json_writer *w);

#endif
