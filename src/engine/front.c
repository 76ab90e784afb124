#include "engine/front.h"

#include "base/assert.h"
#include "base/limits.h"

void hf_front_config_init(struct hf_front_config *config)
{
    *config = (struct hf_front_config){
        .limits = { .head_within = HF_SECONDS(15),
                    .answer_within = HF_SECONDS(30),
                    .idle_for = HF_SECONDS(600),
                    .half_for = HF_SECONDS(60),
                    .finish_within = HF_SECONDS(2) },
        .dial_within = HF_SECONDS(5),
        .probe_every = HF_MS(250),
    };
}

void hf_front_set(struct hf_front *f, const struct hf_settings *settings)
{
    hf_ingress_rules_set(&f->ingress, settings->trusted_proxies.items,
                         settings->trusted_proxies.count, settings->allow_real_ip_fallback);
}

void hf_front_init(struct hf_front *f, const struct hf_front_config *config,
                   const struct hf_settings *settings)
{
    struct hf_admit_limits limits = {
        .connections = HF_LIMIT_RELAY_CONNECTIONS,
        .per_address = HF_LIMIT_RELAY_CONNECTIONS / 2, /* one address is not the world */
        .preauth = HF_LIMIT_PREAUTH_CONNECTIONS,
        .head_within = config->limits.head_within,
        .hello_within = config->limits.answer_within,
    };
    *f = (struct hf_front){ .config = *config };
    hf_front_set(f, settings);
    hf_admit_init(&f->admit, &limits, config->hash_key);
    hf_pool_init(&f->conns, sizeof(struct hf_front_conn), HF_LIMIT_RELAY_CONNECTIONS);
    hf_dueq_init(&f->due);
}

void hf_front_fini(struct hf_front *f)
{
    for (hf_id id = 0; (id = hf_pool_next(&f->conns, id)) != 0;) hf_front_drop(f, id);
    hf_dueq_fini(&f->due);
    hf_pool_fini(&f->conns);
    hf_admit_fini(&f->admit);
}

void hf_front_set_ready(struct hf_front *f, bool is_ready)
{
    f->is_ready = is_ready;
}

static struct hf_front_conn *find(const struct hf_front *f, hf_id id)
{
    return hf_pool_find(&f->conns, id);
}

const struct hf_front_conn *hf_front_find(const struct hf_front *f, hf_id id)
{
    return find(f, id);
}

/* What a step led to: the deadline is that of its connection from now on. */
static uint32_t settle(struct hf_front *f, hf_id id, const struct hf_front_conn *c, uint32_t acts)
{
    hf_dueq_set(&f->due, hf_id_slot(id), hf_relay_due(&c->relay));
    if (acts & HF_RELAY_DO_GATE) f->counts.gated++;
    return acts;
}

/* --- accepting --- */

static int reserve(struct hf_front *f, hf_id id)
{
    int err = hf_admit_reserve(&f->admit, hf_id_slot(id));
    return err ? err : hf_dueq_reserve(&f->due, hf_id_slot(id));
}

enum hf_front_verdict hf_front_accept(struct hf_front *f, hf_time now, const struct hf_peer *peer,
                                      hf_id *id)
{
    void *item;
    f->counts.accepted++;
    if (!f->is_ready) {
        f->counts.gated++;
        return HF_FRONT_GATE;
    }
    if (hf_pool_new(&f->conns, id, &item) != 0) {
        f->counts.refused++;
        return HF_FRONT_REFUSE;
    }
    struct hf_front_conn *c = item;
    c->self = *id;
    c->peer = *peer;
    c->client = hf_net_address_v6(peer->address);
    c->accepted_at = now;
    hf_relay_init(&c->relay, &f->config.limits, now);
    struct hf_admit_verdict verdict = { .why = HF_ADMIT_TOTAL };
    if (reserve(f, *id) == 0) verdict = hf_admit_accept(&f->admit, now, *id, peer->address);
    if (verdict.why != HF_ADMIT_OK) {
        f->counts.refused++;
        hf_relay_fini(&c->relay);
        hf_pool_drop(&f->conns, *id);
        return HF_FRONT_REFUSE;
    }
    f->counts.open++;
    settle(f, *id, c, 0);
    /* The oldest one without a head makes room: it is told at its deadline, which is now. */
    if (verdict.evict != 0) {
        struct hf_front_conn *victim = find(f, verdict.evict);
        victim->relay.deadline = now;
        settle(f, verdict.evict, victim, 0);
    }
    return HF_FRONT_RELAY;
}

/* --- what the keeper of the gateway says --- */

struct hf_front_outlook hf_front_outlook(const struct hf_supervisor_status *status, hf_time now)
{
    switch (status->state) {
    case HF_KEEPER_RUNNING:
        return (struct hf_front_outlook){ .is_ready = status->phase != HF_PHASE_DRAINING,
                                          .expected_at = now };
    case HF_KEEPER_STARTING:
        return (struct hf_front_outlook){ .expected_at = now };
    case HF_KEEPER_RECONNECTING:
        return (struct hf_front_outlook){ .expected_at = status->phase == HF_PHASE_ATTEMPT
                                                             ? now
                                                             : status->retry_at };
    case HF_KEEPER_STOPPED:
        /* The first half of a restart is wanted up again. */
        return (struct hf_front_outlook){ .expected_at =
                                              status->is_wanted ? now : status->retry_at };
    case HF_KEEPER_ERROR:
        return (struct hf_front_outlook){ .expected_at = status->retry_at };
    }
    HF_UNREACHABLE();
}

/* --- who asks --- */

static uint32_t judge(struct hf_front *f, hf_time now, hf_id id, struct hf_front_conn *c)
{
    const struct hf_http_request *request = hf_relay_request(&c->relay);
    struct hf_http_upgrade upgrade;
    struct hf_net_address peer = hf_net_address_v6(c->peer.address);
    hf_http_upgrade_check(request, &upgrade);
    bool is_broken = upgrade.status != 0 && upgrade.status != 101;
    /* Its head took its time, and the gateway is gone. */
    if (!f->is_ready) return hf_relay_refuse(&c->relay);
    enum hf_ingress who = hf_ingress_find(&f->ingress, &peer, &request->fields, &c->client);
    if (is_broken || who == HF_INGRESS_UNATTRIBUTABLE) return hf_relay_refuse(&c->relay);
    char name[HF_NET_ADDRESS_CHARS];
    size_t name_len = hf_net_address_write(&c->client, name);
    bool is_local = hf_net_is_loopback(&c->client) && who == HF_INGRESS_DIRECT;
    struct hf_http_forward forward = {
        .is_upgrade = upgrade.status == 101,
        .client = is_local ? HF_EMPTY : hf_bytes(name, name_len),
        .is_tls = c->peer.is_tls,
    };
    hf_admit_hello(&f->admit, id);
    return hf_relay_forward(&c->relay, &f->config.limits, now, &forward);
}

/* --- steps --- */

uint32_t hf_front_input(struct hf_front *f, hf_time now, hf_id id, enum hf_relay_side side,
                        struct hf_bytes bytes)
{
    struct hf_front_conn *c = find(f, id);
    if (!c) return 0;
    uint32_t acts = hf_relay_input(&c->relay, &f->config.limits, now, side, bytes);
    if (acts & HF_RELAY_DO_JUDGE) acts = judge(f, now, id, c);
    return settle(f, id, c, acts);
}

uint32_t hf_front_input_end(struct hf_front *f, hf_time now, hf_id id, enum hf_relay_side side)
{
    struct hf_front_conn *c = find(f, id);
    if (!c) return 0;
    return settle(f, id, c, hf_relay_input_end(&c->relay, &f->config.limits, now, side));
}

uint32_t hf_front_reset(struct hf_front *f, hf_time now, hf_id id, enum hf_relay_side side)
{
    struct hf_front_conn *c = find(f, id);
    return c ? settle(f, id, c, hf_relay_reset(&c->relay, &f->config.limits, now, side)) : 0;
}

uint32_t hf_front_settled(struct hf_front *f, hf_id id)
{
    struct hf_front_conn *c = find(f, id);
    return c ? settle(f, id, c, hf_relay_settled(&c->relay)) : 0;
}

uint32_t hf_front_connected(struct hf_front *f, hf_time now, hf_id id)
{
    struct hf_front_conn *c = find(f, id);
    return c ? settle(f, id, c, hf_relay_connected(&c->relay, &f->config.limits, now)) : 0;
}

uint32_t hf_front_not_connected(struct hf_front *f, hf_time now, hf_id id)
{
    struct hf_front_conn *c = find(f, id);
    (void)now;
    if (!c) return 0;
    f->counts.fell_back++;
    return settle(f, id, c, hf_relay_not_connected(&c->relay));
}

struct hf_bytes hf_front_output(const struct hf_front *f, hf_id id, enum hf_relay_side side)
{
    struct hf_front_conn *c = find(f, id);
    return c ? hf_relay_output(&c->relay, side) : HF_EMPTY;
}

uint32_t hf_front_written(struct hf_front *f, hf_time now, hf_id id, enum hf_relay_side side,
                          size_t count)
{
    struct hf_front_conn *c = find(f, id);
    if (!c) return 0;
    f->counts.bytes[side] += count;
    return settle(f, id, c, hf_relay_written(&c->relay, &f->config.limits, now, side, count));
}

bool hf_front_wants(const struct hf_front *f, hf_id id, enum hf_relay_side side)
{
    struct hf_front_conn *c = find(f, id);
    return c && hf_relay_wants(&c->relay, side);
}

bool hf_front_holds(const struct hf_front *f, hf_id id, enum hf_relay_side side)
{
    struct hf_front_conn *c = find(f, id);
    return c && hf_relay_holds(&c->relay, side);
}

uint32_t hf_front_end(struct hf_front *f, hf_id id)
{
    struct hf_front_conn *c = find(f, id);
    return c ? settle(f, id, c, hf_relay_end(&c->relay)) : 0;
}

void hf_front_finish(struct hf_front *f, hf_time now)
{
    f->is_ready = false;
    for (hf_id id = 0; (id = hf_pool_next(&f->conns, id)) != 0;) {
        struct hf_front_conn *c = find(f, id);
        hf_relay_finish(&c->relay, &f->config.limits, now);
        settle(f, id, c, 0);
    }
}

hf_id hf_front_expire(struct hf_front *f, hf_time now, uint32_t *acts)
{
    uint32_t slot;
    while (hf_dueq_pop(&f->due, now, &slot)) {
        struct hf_front_conn *c = hf_pool_at(&f->conns, slot);
        if (!c) continue;
        *acts = settle(f, c->self, c, hf_relay_expire(&c->relay, now));
        if (*acts) return c->self;
    }
    return 0;
}

hf_time hf_front_due(const struct hf_front *f)
{
    return hf_dueq_due(&f->due);
}

void hf_front_drop(struct hf_front *f, hf_id id)
{
    struct hf_front_conn *c = find(f, id);
    if (!c) return;
    hf_dueq_set(&f->due, hf_id_slot(id), HF_NEVER);
    hf_admit_drop(&f->admit, id);
    hf_relay_fini(&c->relay);
    hf_pool_drop(&f->conns, id);
    f->counts.open--;
}
