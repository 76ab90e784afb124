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

/* Found by seed 973 of the fleet: a pong overtook the answer to the upgrade. */
static void a_ping_right_behind_the_request_never_overtakes_the_101(void)
{
    struct world *w = started();
    struct peer_config config = peer_operator();
    struct peer p;
    peer_init(&p, w, &config);
    peer_open(&p);
    peer_send_frame(&p, HF_WS_OP_PING, HF_LIT("early"));
    peer_run_world(&p, 0);
    CHECK_EQ(p.http_status, 101);
    CHECK_EQ(p.state, PEER_READY);
    bool has_pong = false;
    for (size_t i = 0; i < p.kept.len; i++)
        has_pong |= ((struct peer_message *)hf_ring_at(&p.kept, i))->kind == HF_WS_PONG;
    CHECK(has_pong);
    peer_fini(&p);
    world_free(w);
}

CHECK_MAIN(a_ping_right_behind_the_request_never_overtakes_the_101,
           a_client_logs_in_calls_health_and_gets_a_ping)
