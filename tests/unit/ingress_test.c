/* core/ingress: who asks.  protocol/wire.md sections 1 and 7. */
#include "core/ingress.h"
#include "lib/check.h"

#include <stdio.h>

#define XFF "X-Forwarded-For"

struct row {
    const char *peer;
    const char *fields[6]; /* name, value, ... */
    enum hf_ingress want;
    const char *client; /* PROXIED: who; else it is the peer */
};

static const struct hf_bytes proxies[] = { HF_LIT_INIT("10.0.0.0/8"), HF_LIT_INIT("127.0.0.1") };

static struct hf_net_address address(const char *text)
{
    struct hf_net_address a;
    CHECK(hf_net_address_read(hf_bytes_cstr(text), &a));
    return a;
}

static void check_row(size_t i, const struct hf_ingress_rules *rules, const struct row *row)
{
    struct hf_http_fields fields = { .count = 0 };
    struct hf_net_address peer = address(row->peer), client;
    for (size_t k = 0; k + 1 < HF_COUNT(row->fields) && row->fields[k]; k += 2)
        fields.items[fields.count++] = (struct hf_http_field){ hf_bytes_cstr(row->fields[k]),
                                                               hf_bytes_cstr(row->fields[k + 1]) };
    struct hf_net_address want = row->client ? address(row->client) : peer;
    CHECK_EQ_AT(i, hf_ingress_find(rules, &peer, &fields, &client), row->want);
    CHECK_AT(i, hf_net_address_same(&client, &want));
}

static const struct row rows[] = {
    /* Nobody is named. */
    { "192.0.2.7", { NULL }, HF_INGRESS_DIRECT, NULL },
    { "127.0.0.1", { NULL }, HF_INGRESS_DIRECT, NULL },
    { "::1", { NULL }, HF_INGRESS_DIRECT, NULL },
    { "192.0.2.7", { "X-Forwarded", "192.0.2.9" }, HF_INGRESS_DIRECT, NULL },
    /* A trusted proxy on another machine has to say for whom it asks. */
    { "10.1.2.3", { NULL }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    { "10.1.2.3", { "Host", "h" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    /* Who is no trusted proxy speaks of nobody, in no field. */
    { "192.0.2.7", { XFF, "192.0.2.9" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    { "192.0.2.7", { "forwarded", "for=192.0.2.9" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    { "192.0.2.7", { "X-REAL-IP", "192.0.2.9" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    { "192.0.2.7", { "X-Forwarded-Proto", "https" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    { "192.0.2.7", { "Tailscale-User-Login", "root" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    { "::1", { XFF, "192.0.2.9" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    /* The rightmost that is no proxy counts; nobody becomes local by it. */
    { "10.1.2.3", { XFF, "192.0.2.9" }, HF_INGRESS_PROXIED, "192.0.2.9" },
    { "127.0.0.1", { XFF, "192.0.2.9" }, HF_INGRESS_PROXIED, "192.0.2.9" },
    { "10.1.2.3", { XFF, "192.0.2.8, 192.0.2.9, 10.9.9.9" }, HF_INGRESS_PROXIED, "192.0.2.9" },
    { "10.1.2.3", { XFF, "192.0.2.8", XFF, "192.0.2.9" }, HF_INGRESS_PROXIED, "192.0.2.9" },
    { "10.1.2.3", { "Forwarded", "for=\"[2001:db8::9]:1\"" }, HF_INGRESS_PROXIED, "2001:db8::9" },
    { "127.0.0.1", { XFF, "127.0.0.1" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    { "10.1.2.3", { XFF, "nobody" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    { "10.1.2.3", { XFF, "" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    { "10.1.2.3", { "X-Forwarded-Proto", "https" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    /* The first kind that is there decides. */
    { "10.1.2.3",
      { "Forwarded", "for=192.0.2.8", XFF, "192.0.2.9" },
      HF_INGRESS_PROXIED,
      "192.0.2.9" },
    { "10.1.2.3",
      { "Forwarded", "for=192.0.2.8", XFF, "unknown" },
      HF_INGRESS_UNATTRIBUTABLE,
      NULL },
    { "10.1.2.3",
      { "X-Real-IP", "192.0.2.8", "Forwarded", "for=_hidden" },
      HF_INGRESS_UNATTRIBUTABLE,
      NULL },
};

static void who_asks_is_the_peer_or_whom_a_trusted_proxy_names(void)
{
    struct hf_ingress_rules rules;
    hf_ingress_rules_set(&rules, proxies, HF_COUNT(proxies), true);
    for (size_t i = 0; i < HF_COUNT(rows); i++) check_row(i, &rules, &rows[i]);
}

/* X-Real-IP has no list: it counts only where somebody said so, and never as local. */
static void a_real_ip_counts_where_it_is_allowed(void)
{
    static const struct row allowed[] = {
        { "10.1.2.3", { "X-Real-IP", "192.0.2.9" }, HF_INGRESS_PROXIED, "192.0.2.9" },
        { "10.1.2.3", { "X-Real-IP", "127.0.0.1" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
        { "10.1.2.3", { "X-Real-IP", "x" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
        { "192.0.2.7", { "X-Real-IP", "192.0.2.9" }, HF_INGRESS_UNATTRIBUTABLE, NULL },
    };
    struct hf_ingress_rules rules;
    hf_ingress_rules_set(&rules, proxies, HF_COUNT(proxies), true);
    for (size_t i = 0; i < HF_COUNT(allowed); i++) check_row(i, &rules, &allowed[i]);
    hf_ingress_rules_set(&rules, proxies, HF_COUNT(proxies), false);
    for (size_t i = 0; i < HF_COUNT(allowed); i++) {
        struct row row = allowed[i];
        row.want = HF_INGRESS_UNATTRIBUTABLE;
        row.client = NULL;
        check_row(i, &rules, &row);
    }
}

static void the_lines_of_a_field_have_a_bound(void)
{
    struct hf_ingress_rules rules;
    struct hf_http_fields fields = { .count = HF_LIMIT_FORWARDED_LINES };
    struct hf_net_address peer = address("10.1.2.3"), client;
    hf_ingress_rules_set(&rules, proxies, HF_COUNT(proxies), false);
    for (size_t i = 0; i <= fields.count; i++)
        fields.items[i] = (struct hf_http_field){ HF_LIT(XFF), HF_LIT("192.0.2.9") };
    CHECK_EQ(hf_ingress_find(&rules, &peer, &fields, &client), HF_INGRESS_PROXIED);
    fields.count++;
    CHECK_EQ(hf_ingress_find(&rules, &peer, &fields, &client), HF_INGRESS_UNATTRIBUTABLE);
}

/* The configuration refuses both before. */
static void the_rules_take_as_many_networks_as_a_list_has(void)
{
    struct hf_ingress_rules rules;
    struct hf_bytes many[HF_LIMIT_LIST_ENTRIES + 1];
    char text[HF_LIMIT_LIST_ENTRIES + 1][16];
    for (size_t i = 0; i < HF_COUNT(many); i++) {
        snprintf(text[i], sizeof text[i], "192.0.2.%zu", i);
        many[i] = hf_bytes_cstr(text[i]);
    }
    hf_ingress_rules_set(&rules, many, HF_COUNT(many), false);
    struct hf_net_address last = address(text[HF_LIMIT_LIST_ENTRIES - 1]);
    struct hf_net_address beyond = address(text[HF_LIMIT_LIST_ENTRIES]);
    CHECK(hf_ingress_is_trusted(&rules, &last));
    CHECK(!hf_ingress_is_trusted(&rules, &beyond));
    many[0] = HF_LIT("example.com");
    hf_ingress_rules_set(&rules, many, 2, false);
    CHECK_EQ(rules.trusted_count, 1);
}

CHECK_MAIN(who_asks_is_the_peer_or_whom_a_trusted_proxy_names, a_real_ip_counts_where_it_is_allowed,
           the_lines_of_a_field_have_a_bound, the_rules_take_as_many_networks_as_a_list_has)
