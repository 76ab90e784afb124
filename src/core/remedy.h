/* core/remedy.h: the repair command of a program that we know.
 *
 * spec/supervisor.md 6 and 7.2: an OpenClaw that refuses its configuration is repaired by
 * its own `doctor --fix --yes --non-interactive`, run like the gateway itself and with the
 * options that choose its state (--profile, --dev, --container).  Known are `openclaw`,
 * its script `openclaw.mjs`, and node with that script or the package's entry.  Pure. */
#ifndef HF_CORE_REMEDY_H
#define HF_CORE_REMEDY_H

#include "base/bytes.h"
#include "base/limits.h"

struct hf_remedy {
    struct hf_bytes words[HF_LIMIT_REMEDY_WORDS]; /* borrowed from the arguments, or static */
    size_t count;
};

/* The command for a program with these arguments, itself first.  False: it is not known,
 * or the command has more words than the limit. */
bool hf_remedy_find(const struct hf_bytes *argv, size_t count, struct hf_remedy *out);

#endif
