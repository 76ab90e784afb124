#include "lib/peer.h"
#include "wire/json_read.h"

static struct world *started(void)
{
    struct world *w = world_new(1);
    world_start(w);
    world_run(w, HF_MS(1), NULL);
    WORLD_CHECK(w, w->is_ready);
    return w;
}

static void a_client_logs_in_calls_health_and_gets_a_ping(void)
{
    struct world *w = started();
    struct peer_config config = peer_operator();
    struct peer p;
    bool ok;
    peer_login(&p, w, &config);
    CHECK_EQ(p.pings, 1);
    struct hf_bytes health = peer_answer(&p, peer_call(&p, "health", NULL), &ok);
    CHECK(ok);
    CHECK_TEXT(hf_json_find(health, "ok"), "true");
    CHECK_TEXT(hf_json_find(hf_json_find(health, "connection"), "connected"), "true");
    CHECK_TEXT(hf_json_find(hf_json_find(health, "connection"), "rttMs"), "0");
    peer_fini(&p);
    world_free(w);
}

CHECK_MAIN(a_client_logs_in_calls_health_and_gets_a_ping)
