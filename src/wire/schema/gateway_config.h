/* wire/schema/gateway_config.h: what config.get says, and what config.set is to be told.
 *
 * As the real gateway 2026.9.6 has them (docs/protocol.md section 14).  It hides secrets
 * behind a mark, in `raw` and in `parsed`, and puts them back when a text with the mark is
 * written; `raw` is null where that cannot be done in the text, and `parsed` stands for it.
 * It writes the file anew: comments are lost there, members of its own may come in.
 * Payloads were accepted by hf_json_check.  Pure. */
#ifndef HF_WIRE_SCHEMA_GATEWAY_CONFIG_H
#define HF_WIRE_SCHEMA_GATEWAY_CONFIG_H

#include "base/buf.h"
#include "wire/json_match.h"

enum { HF_GATEWAY_CONFIG_DEPTH = 64 };

/* --- reading --- */

/* Appends, as an object, the file's path, whether it exists and is valid, its hash, and the
 * `value` at `path` (absent: nothing stands there); of the whole, with an empty path, the
 * text as `raw` if the gateway shows it, else `value`. */
void hf_gateway_config_view(struct hf_bytes payload, struct hf_bytes path, struct hf_buf *out);

/* --- writing --- */

enum hf_draft_fit {
    HF_DRAFT_FITS,
    HF_DRAFT_SAME,      /* the value stands there already */
    HF_DRAFT_INVALID,   /* the file is not valid, and not shown for that */
    HF_DRAFT_UNNAMED,   /* it has no hash to write upon */
    HF_DRAFT_NO_PLACE,  /* something on the way is no object */
    HF_DRAFT_TOO_LARGE, /* above HF_LIMIT_CONFIG_BYTES, before or after; or no memory */
};

/* For people; static. */
const char *hf_draft_fit_text(enum hf_draft_fit fit);

struct hf_draft {         /* zeroed: nothing; fields but params are private */
    struct hf_buf params; /* of config.set: JSON */
    struct hf_buf sent;   /* the whole as it is to be: JSON */
    struct hf_buf hash;   /* of what it is written upon */
};

/* Makes the whole with the value at `path` set to `value` (JSON), upon what config.get gave.
 * The former draft is forgotten. */
enum hf_draft_fit hf_draft_write(struct hf_draft *d, struct hf_bytes payload, struct hf_bytes path,
                                 struct hf_bytes value);

/* Whether what config.get gives now is what was to be written: every value that was sent
 * stands there, that at `path` exactly so, and it is not what it was before. */
enum hf_json_match hf_draft_check(const struct hf_draft *d, struct hf_bytes payload,
                                  struct hf_bytes path);

void hf_draft_fini(struct hf_draft *d); /* wiped */

/* --- errors of config.set --- */

enum hf_gateway_config_error {
    HF_GATEWAY_CONFIG_REFUSED, /* what was asked for is wrong */
    HF_GATEWAY_CONFIG_CONFLICT,
    HF_GATEWAY_CONFIG_CANNOT, /* UNAVAILABLE: not now, or not to the end */
};
enum hf_gateway_config_error hf_gateway_config_error(struct hf_bytes error);

#endif
