/* The place of a supervised gateway: port, probes, journal, configuration. */
#include "base/crypto.h"
#include "base/limits.h"
#include "host/file.h"
#include "host/kin.h"
#include "host/port_holder.h"
#include "host/proc_file.h"
#include "host/supervise_state.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A gateway may open other ports before its main one: looks in a row that see it
 * elsewhere only, 200 ms each. */
enum { ELSEWHERE_LOOKS = 25 };

/* --- the journal --- */

bool hf_sup_recorded(const struct hf_supervise *s, struct hf_journal *out)
{
    struct hf_fault fault;
    return hf_journal_load(s->journal_path, out, &fault) == 0 && hf_journal_is_alive(out);
}

static int save_journal(struct hf_supervise *s, uint64_t tree, struct hf_fault *fault)
{
    struct hf_tree_facts facts;
    struct hf_journal j = { .port = s->config.supervisor.port, .at_ms = s->now.wall_ms };
    if (tree == 0 || !hf_trees_facts(s->trees, tree, &facts) || facts.pid == 0 ||
        !hf_journal_describe(facts.pid, &j)) {
        int err = hf_sup_secrets_bequeath(s, NULL, fault);
        int other = hf_journal_clear(s->journal_path, fault);
        return err ? err : other;
    }
    snprintf(j.group, sizeof j.group, "%s", facts.group);
    /* First what opens it: whoever finds the record can log in.  One with a guardian is found
     * by nobody. */
    int err = hf_sup_secrets_bequeath(s, facts.guardian == 0 ? &j : NULL, fault);
    return err ? err : hf_journal_save(s->journal_path, &j, fault);
}

void hf_sup_journal(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    struct hf_fault fault = { 0 };
    struct hf_keeper_event event = { .kind = HF_KEEPER_JOURNALED, .ask = a->ask };
    event.u.err = save_journal(s, a->tree, &fault);
    if (event.u.err != 0)
        HF_LOG(&s->config.log, HF_LOG_WARN, "journal.failed",
               HF_TEXT("why", hf_bytes_cstr(fault.text)));
    hf_sup_later(s, &event);
}

/* --- who is there --- */

/* The real gateway is a script that node runs, and changes its title. */
static bool runs_openclaw(pid_t pid)
{
    char path[HF_PROC_PATH_BYTES], text[HF_PROC_TEXT_BYTES];
    snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
    struct hf_bytes words = hf_proc_read(path, text, sizeof text);
    return hf_bytes_find_nocase(words, 0, HF_LIT("openclaw")) < words.len;
}

bool hf_sup_is_gateway(const struct hf_port_owner *owner)
{
    return strstr(owner->program, "openclaw") != NULL || strcmp(owner->program, "holdfast") == 0 ||
           (strcmp(owner->program, "node") == 0 && runs_openclaw(owner->pid));
}

void hf_sup_detect(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    struct hf_port_owner owner = { .uid = -1 };
    struct hf_journal j;
    struct hf_keeper_event event = { .kind = HF_KEEPER_DETECTED, .ask = a->ask };
    struct hf_keeper_found *found = &event.u.found;
    bool is_recorded = hf_sup_recorded(s, &j);
    if (s->config.supervisor.port != 0) hf_port_find((uint16_t)s->config.supervisor.port, &owner);
    found->is_listening = owner.is_listening;
    found->is_known = owner.pid != 0;
    found->pid = owner.pid;
    found->uid = owner.uid;
    found->tree = owner.pid != 0 ? hf_trees_find(s->trees, owner.pid) : 0;
    /* A launcher may have started the one that listens. */
    found->is_recorded = is_recorded && owner.pid != 0 &&
                         (owner.pid == j.pid || hf_kin_descends(owner.pid, (pid_t)j.pid));
    found->is_same_user = owner.uid == (int64_t)geteuid();
    found->is_gateway_program = hf_sup_is_gateway(&owner);
    found->program = hf_bytes_cstr(owner.program);
    found->unit = hf_bytes_cstr(owner.unit);
    /* One of our own trees is not what an earlier supervisor left. */
    bool is_left = is_recorded && hf_trees_find(s->trees, (pid_t)j.pid) == 0;
    found->recorded_pid = is_left ? j.pid : 0;
    hf_sup_later(s, &event);
}

void hf_sup_check_port(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    struct hf_keeper_event event = { .kind = HF_KEEPER_PORT_CHECKED, .ask = a->ask };
    event.u.is_free =
        s->config.supervisor.port == 0 || hf_port_is_free((uint16_t)s->config.supervisor.port);
    hf_sup_later(s, &event);
}

/* --- probes --- */

unsigned hf_sup_elsewhere(struct hf_supervise *s, char out[HF_SUP_ELSEWHERE_BYTES])
{
    static pid_t pids[HF_LIMIT_TREE_SCAN];
    if (!s->config.hands_port || s->gateway == 0) return 0;
    size_t count = hf_trees_list(s->trees, s->gateway, pids, HF_COUNT(pids));
    unsigned port = hf_port_of(pids, count);
    if (port == 0 || port == s->config.supervisor.port) return 0;
    snprintf(out, HF_SUP_ELSEWHERE_BYTES,
             "the program listens on port %u, not on port %u that it was told in "
             "OPENCLAW_GATEWAY_PORT",
             port, s->config.supervisor.port);
    return port;
}

static unsigned find_elsewhere(struct hf_supervise *s, enum hf_probe_result result,
                               char out[HF_SUP_ELSEWHERE_BYTES])
{
    if (result != HF_PROBE_REFUSED && result != HF_PROBE_READY) return 0;
    unsigned port = hf_sup_elsewhere(s, out);
    s->elsewhere_looks = port == 0 ? 0 : s->elsewhere_looks + 1;
    return s->elsewhere_looks < ELSEWHERE_LOOKS ? 0 : port;
}

/* Whose process it is that answers there, of the gateway's tree. */
uint64_t hf_sup_answering(struct hf_supervise *s, const struct hf_net_address *peer)
{
    static pid_t pids[HF_LIMIT_TREE_SCAN];
    if (s->gateway == 0) return 0;
    size_t count = hf_trees_list(s->trees, s->gateway, pids, HF_COUNT(pids));
    bool is_ours =
        count > 0 && hf_port_comes_to(peer, (uint16_t)s->config.supervisor.port, pids, count);
    return is_ours ? s->gateway : 0;
}

static void on_probed(void *ctx, enum hf_probe_result result, const struct hf_net_address *peer,
                      struct hf_bytes why)
{
    static const enum hf_keeper_probe words[] = {
        [HF_PROBE_READY] = HF_KEEPER_PROBE_READY,
        [HF_PROBE_REFUSED] = HF_KEEPER_PROBE_REFUSED,
        [HF_PROBE_SILENT] = HF_KEEPER_PROBE_SILENT,
        [HF_PROBE_OTHER] = HF_KEEPER_PROBE_OTHER,
    };
    struct hf_asked *asked = ctx;
    struct hf_supervise *s = asked->s;
    struct hf_keeper_event event = { .kind = HF_KEEPER_PROBED, .ask = asked->ask };
    char text[HF_SUP_ELSEWHERE_BYTES];
    asked->probe = NULL;
    hf_sup_turn(s);
    event.u.probed.result = words[result];
    if (result == HF_PROBE_READY) event.tree = hf_sup_answering(s, peer);
    event.is_holdfast = hf_sup_is_holdfast(s, event.tree);
    if (event.tree == 0) event.u.probed.other_port = find_elsewhere(s, result, text);
    event.u.probed.why = why;
    if (event.u.probed.other_port != 0) event.u.probed.why = hf_bytes_cstr(text);
    hf_sup_event(s, &event);
}

static enum hf_probe_kind kind_of(const struct hf_supervise *s, enum hf_keeper_look look)
{
    if (look == HF_KEEPER_LOOK_ALIVE) return HF_PROBE_HTTP_ANY;
    switch (s->config.supervisor.place) {
    case HF_PLACE_GATEWAY:
        return HF_PROBE_GATEWAY;
    case HF_PLACE_HTTP:
        return HF_PROBE_HTTP_2XX;
    case HF_PLACE_TCP:
    case HF_PLACE_NOTIFY:
    case HF_PLACE_NONE:
        return HF_PROBE_TCP;
    }
    return HF_PROBE_TCP;
}

/* The address that is looked at; its texts stay in `asked`. */
static struct hf_url address_of(struct hf_asked *asked, enum hf_keeper_look look)
{
    struct hf_url url = asked->s->config.url;
    if (look == HF_KEEPER_LOOK_ALIVE && asked->s->config.supervisor.place == HF_PLACE_GATEWAY)
        url.target = HF_LIT("/healthz");
    return url;
}

static void tell_probe_failed(struct hf_supervise *s, uint64_t ask, int err)
{
    struct hf_keeper_event event = { .kind = HF_KEEPER_PROBED, .ask = ask };
    event.u.probed.result = HF_KEEPER_PROBE_REFUSED;
    event.u.probed.why = hf_bytes_cstr(hf_err_text(err));
    hf_sup_later(s, &event);
}

void hf_sup_probe(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    struct hf_asked *asked = NULL;
    for (size_t i = 0; i < HF_COUNT(s->probes) && !asked; i++)
        if (!s->probes[i].probe) asked = &s->probes[i];
    if (!asked) {
        tell_probe_failed(s, a->ask, HF_ERR_LIMIT);
        return;
    }
    asked->s = s;
    asked->ask = a->ask;
    const struct hf_probe_config config = { .dialer = &s->dialer,
                                            .kind = kind_of(s, a->u.probe),
                                            .url = address_of(asked, a->u.probe),
                                            .within = a->within,
                                            .done = on_probed,
                                            .ctx = asked };
    int err = hf_probe_new(&asked->probe, &config);
    if (!err) return;
    asked->probe = NULL;
    tell_probe_failed(s, a->ask, err);
}

void hf_sup_stop_probe(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    for (size_t i = 0; i < HF_COUNT(s->probes); i++) {
        struct hf_asked *asked = &s->probes[i];
        if (!asked->probe || asked->ask != a->ask) continue;
        hf_probe_free(asked->probe);
        asked->probe = NULL;
    }
}

/* --- the configuration of the child --- */

/* Equal content has an equal number; 0 is no file. */
static uint64_t revision_of(struct hf_bytes text)
{
    uint8_t digest[HF_SHA256_BYTES];
    uint64_t number;
    hf_sha256(text, digest);
    memcpy(&number, digest, sizeof number);
    return number != 0 ? number : 1;
}

static int read_config(const struct hf_supervise *s, struct hf_buf *text, uint64_t *revision)
{
    struct hf_fault fault;
    *revision = 0;
    if (s->config.child_config[0] == '\0') return HF_ERR_NOT_FOUND;
    int err = hf_file_read(s->config.child_config, HF_LIMIT_CONFIG_BYTES, text, &fault);
    if (!err) *revision = revision_of(hf_buf_view(text));
    return err;
}

void hf_sup_read_config(struct hf_supervise *s, const struct hf_keeper_action *a)
{
    struct hf_buf text;
    struct hf_keeper_event event = { .kind = HF_KEEPER_CONFIG_READ, .ask = a->ask };
    hf_buf_init(&text, 2 * HF_LIMIT_CONFIG_BYTES);
    event.u.config.err = read_config(s, &text, &event.u.config.revision);
    if (event.u.config.err == 0) event.u.config.text = hf_buf_view(&text);
    s->revision = event.u.config.revision;
    hf_sup_later(s, &event);
    hf_buf_fini(&text);
}

/* Something happened in its directory: only another content is news. */
static void on_directory(uv_fs_event_t *handle, const char *name, int events, int status)
{
    struct hf_supervise *s = handle->data;
    struct hf_buf text;
    struct hf_keeper_event event = { .kind = HF_KEEPER_CONFIG_CHANGED };
    (void)name;
    (void)events;
    if (status < 0 || s->is_closing) return;
    hf_buf_init(&text, 2 * HF_LIMIT_CONFIG_BYTES);
    read_config(s, &text, &event.u.config.revision);
    hf_buf_fini(&text);
    if (event.u.config.revision == s->revision) return;
    s->revision = event.u.config.revision;
    hf_sup_event(s, &event);
}

static void watch_config(struct hf_supervise *s)
{
    char directory[HF_STATE_PATH_BYTES];
    struct hf_buf text;
    const char *slash = strrchr(s->config.child_config, '/');
    if (!slash) return;
    snprintf(directory, sizeof directory, "%.*s/", (int)(slash - s->config.child_config),
             s->config.child_config);
    hf_buf_init(&text, 2 * HF_LIMIT_CONFIG_BYTES);
    read_config(s, &text, &s->revision);
    hf_buf_fini(&text);
    uv_fs_event_init(s->loop, &s->watch);
    s->watch.data = s;
    s->has_watch = true;
    /* A directory that is not there cannot change its files: nothing is told. */
    uv_fs_event_start(&s->watch, on_directory, directory, 0);
}

/* --- life --- */

int hf_sup_place_open(struct hf_supervise *s, struct hf_fault *fault)
{
    int len =
        snprintf(s->survivor_path, sizeof s->survivor_path, "%s/survivor", s->config.state_dir);
    snprintf(s->journal_path, sizeof s->journal_path, "%s/journal", s->config.state_dir);
    if (len >= (int)sizeof s->survivor_path)
        return hf_fault_set(fault, HF_ERR_TOO_LARGE, "the path of %s is too long",
                            s->config.state_dir);
    hf_dialer_init(&s->dialer, s->loop);
    watch_config(s);
    return 0;
}

void hf_sup_place_close(struct hf_supervise *s)
{
    for (size_t i = 0; i < HF_COUNT(s->probes); i++) {
        hf_probe_free(s->probes[i].probe);
        s->probes[i].probe = NULL;
    }
    if (s->has_watch) uv_close((uv_handle_t *)&s->watch, NULL);
    s->has_watch = false;
}
