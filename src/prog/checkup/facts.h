/* prog/checkup/facts.h: what `holdfast probe` found out, before anybody judges it. */
#ifndef HF_PROG_CHECKUP_FACTS_H
#define HF_PROG_CHECKUP_FACTS_H

#include "prog/checkup/answer.h"

enum { HF_CHECKUP_TEXT_BYTES = 256 };

/* How far a connection to the address came. */
enum hf_checkup_reach {
    HF_CHECKUP_NOT_TRIED,
    HF_CHECKUP_NO_NAME,     /* the name has no address */
    HF_CHECKUP_REFUSED,     /* nobody listens */
    HF_CHECKUP_UNREACHABLE, /* no route, nothing came back in time, or the proxy fails */
    HF_CHECKUP_NO_TLS,      /* connected, but the handshake failed */
    HF_CHECKUP_CONNECTED,
};

/* The paths that are asked for over HTTP. */
enum hf_checkup_path {
    HF_CHECKUP_HEALTHZ,
    HF_CHECKUP_STARTUPZ,
    HF_CHECKUP_READYZ,
    HF_CHECKUP_PATHS
};

/* Times are milliseconds; -1: not measured.  Texts are fit for a terminal and end with
 * a zero. */
struct hf_checkup_facts {
    char url[1024];
    bool is_tls;           /* wss */
    bool is_local;         /* a loopback address */
    bool has_token;        /* some secret was given */
    bool is_plain_refused; /* ws:// to a public address: nothing was tried */

    enum hf_checkup_reach reach;
    char reach_text[HF_CHECKUP_TEXT_BYTES]; /* why not further, for people */
    char address[64];                       /* connected: the other end, or its proxy */
    bool is_proxied;                        /* a proxy of the environment is asked */
    int64_t reach_ms;
    bool speaks_other_scheme; /* ws: it speaks TLS; wss: it speaks plain HTTP */
    struct hf_checkup_answer http[HF_CHECKUP_PATHS];

    /* The login; `cause` is empty while it was not tried. */
    bool is_logged_in;
    char cause[32]; /* how the last attempt ended: "REFUSED" (libholdfast) */
    char error[HF_CHECKUP_TEXT_BYTES];
    char code[48], detail[64], request_id[132]; /* of the gateway's refusal */
    unsigned close_code, http_status;
    unsigned startup_waits; /* times that the gateway said it starts */
    int64_t login_ms, budget_ms;
    char server_version[64], scopes[HF_CHECKUP_TEXT_BYTES];

    /* Of the answer to `health`, when there was one. */
    bool has_health, is_health_ok;
    int64_t rtt_ms, loop_delay_ms;
    bool is_loop_degraded;
    char health_error[HF_CHECKUP_TEXT_BYTES];
};

#endif
