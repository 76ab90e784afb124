/* base/release.h: releases of the gateway, as they follow each other.
 *
 * OpenClaw counts them by year, month and number: "2026.9.6", "2026.10.1-beta.2"; "0.1.0" is
 * another program's, of which nothing is known by it.  What changed with one of them stands here, so that everybody means the same.  Pure. */
#ifndef HF_BASE_RELEASE_H
#define HF_BASE_RELEASE_H

#include "base/bytes.h"

/* A release that was inspected, the first with all of these: it restarts on USR2 and leaves USR1 to
 * the inspector; its exit code says what is wrong with its configuration. */
#define HF_RELEASE_2026_9_6 HF_LIT("2026.9.6")

enum hf_release_age { HF_RELEASE_UNKNOWN, HF_RELEASE_OLDER, HF_RELEASE_SINCE };

/* `version` against `since`; UNKNOWN: it is no such version. */
enum hf_release_age hf_release_age(struct hf_bytes version, struct hf_bytes since);

#endif
