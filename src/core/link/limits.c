/* The limits of a link: defaults, profiles, and what an environment makes of them. */
#include "core/link.h"

enum {
    MOBILE_AFTER = 10,
    MOBILE_MAX_S = 300,
    PROBE_MIN_MS = 250,
    HANDSHAKE_MS = 15000,
    CHALLENGE_MIN_MS = 250,
};

static const uint64_t safe_max = ((uint64_t)1 << 53) - 1; /* of the peers' numbers */

void hf_link_limits_init(struct hf_link_limits *limits)
{
    *limits = (struct hf_link_limits){
        .backoff = { .initial = HF_MS(1000), .max = HF_MS(30000), .jitter_percent = 25 },
        .watch = { .tick_check_min = HF_MS(1000),
                   .ping_every = HF_MS(30000),
                   .pong_within = HF_MS(25000),
                   .beat_every = HF_MS(60000),
                   .beat_within = HF_MS(12000),
                   .beat_misses_max = 2 },
        .upgrade_within = HF_MS(15000),
        .challenge_within = HF_MS(15000),
        .connect_within = HF_MS(15000),
        .stop_grace = HF_MS(250),
        .close_grace = HF_MS(1000),
        .stable_after = HF_MS(5000),
    };
}

void hf_link_limits_mobile(struct hf_link_limits *limits)
{
    hf_link_limits_init(limits);
    limits->backoff.slow_after = MOBILE_AFTER;
    limits->backoff.slow_max = HF_SECONDS(MOBILE_MAX_S);
}

void hf_link_limits_probe(struct hf_link_limits *limits, hf_span budget)
{
    limits->is_one_shot = true;
    limits->budget = hf_span_max(budget, HF_MS(PROBE_MIN_MS));
}

bool hf_link_env_ms(struct hf_bytes text, int64_t *out_ms)
{
    uint64_t ms;
    text = hf_bytes_trim(text);
    if (text.len > 1 && text.ptr[0] == '+') text = hf_bytes_from(text, 1);
    if (!hf_bytes_u64(text, &ms) || ms == 0 || ms > safe_max) return false;
    *out_ms = ms < INT32_MAX ? (int64_t)ms : INT32_MAX;
    return true;
}

static hf_span clamp(hf_span span, hf_span max)
{
    return hf_span_max(HF_MS(CHALLENGE_MIN_MS), hf_span_min(span, max));
}

void hf_link_limits_timeouts(struct hf_link_limits *limits, const struct hf_link_timeouts *t)
{
    hf_span handshake = t->handshake > 0 ? t->handshake : HF_MS(HANDSHAKE_MS);
    int64_t ms;
    if (hf_link_env_ms(t->handshake_env, &ms)) handshake = HF_MS(ms);
    hf_span max = hf_span_max(HF_MS(HANDSHAKE_MS), handshake);
    hf_span challenge = t->challenge > 0 ? t->challenge : handshake;
    if (t->challenge <= 0 && hf_link_env_ms(t->challenge_env, &ms)) {
        challenge = HF_MS(ms);
        max = hf_span_max(max, challenge); /* it may raise its own maximum */
    }
    limits->upgrade_within = handshake;
    limits->challenge_within = clamp(challenge, max);
    limits->connect_within = clamp(handshake, hf_span_max(HF_MS(HANDSHAKE_MS), handshake));
}
