/* `holdfast probe`: is there a gateway, and if not, why? */
#include "host/clock.h"
#include "prog/ask.h"
#include "prog/checkup/fetch.h"
#include "prog/checkup/report.h"
#include "prog/show/terminal.h"
#include "prog/show/text.h"
#include "prog/verbs.h"
#include "wire/json_read.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    LEAST_MS = 250,  /* spec/startup-retry.md 3.6 */
    FETCH_MS = 2500, /* at most, of 10 s */
    OTHER_SCHEME_MS = 2500,
    OUT_BYTES = 65536,
};

struct probe {
    const struct hf_args *args;
    struct hf_ask ask;
    struct hf_checkup_fetcher fetcher;
    struct hf_checkup_facts facts;
    hf_time until; /* of connecting, HTTP included */
    hf_span budget;
};

/* --- without a login --- */

/* A part of the budget: the login is the main thing. */
static hf_span share(const struct probe *p, int64_t most_ms)
{
    return hf_span_min(p->budget / 4, HF_MS(most_ms));
}

static void fetch_path(struct probe *p, enum hf_checkup_path path)
{
    static const char *const paths[HF_CHECKUP_PATHS] = { "/healthz", "/startupz", "/readyz" };
    struct hf_checkup_fetched fetched;
    struct hf_checkup_facts *f = &p->facts;
    const uint8_t *pin = p->ask.target.has_pin ? p->ask.target.pin : NULL;
    hf_checkup_fetch(&p->fetcher, &p->ask.target.url, pin, paths[path], share(p, FETCH_MS),
                     &fetched);
    f->http[path] = fetched.answer;
    if (path != HF_CHECKUP_HEALTHZ) return;
    f->reach = fetched.reach;
    f->reach_ms = fetched.reach_ms;
    f->is_proxied = fetched.is_proxied;
    memcpy(f->reach_text, fetched.reach_text, sizeof f->reach_text);
    memcpy(f->address, fetched.address, sizeof f->address);
}

/* Does it speak TLS where plain text was expected, or the other way round? */
static void try_other_scheme(struct probe *p)
{
    struct hf_url url = p->ask.target.url;
    struct hf_checkup_fetched fetched;
    url.is_tls = !url.is_tls;
    hf_checkup_fetch(&p->fetcher, &url, NULL, url.is_tls ? NULL : "/healthz",
                     share(p, OTHER_SCHEME_MS), &fetched);
    if (url.is_tls)
        p->facts.speaks_other_scheme = fetched.reach == HF_CHECKUP_CONNECTED || fetched.speaks_tls;
    else
        p->facts.speaks_other_scheme = fetched.answer.speech == HF_CHECKUP_HTTP;
}

static void look_at_states(struct probe *p)
{
    fetch_path(p, HF_CHECKUP_STARTUPZ);
    fetch_path(p, HF_CHECKUP_READYZ);
}

static void look(struct probe *p)
{
    struct hf_checkup_facts *f = &p->facts;
    fetch_path(p, HF_CHECKUP_HEALTHZ);
    enum hf_checkup_speech speech = f->http[HF_CHECKUP_HEALTHZ].speech;
    if (f->reach == HF_CHECKUP_NO_TLS || speech == HF_CHECKUP_SILENT || speech == HF_CHECKUP_OTHER)
        try_other_scheme(p);
    if (speech == HF_CHECKUP_HTTP) look_at_states(p);
}

/* --- with a login --- */

static void note_login(struct probe *p)
{
    struct hf_checkup_facts *f = &p->facts;
    const struct hf_session *s = &p->ask.session;
    hf_session_text(s, HOLDFAST_LAST_CAUSE, f->cause, sizeof f->cause);
    hf_session_text(s, HOLDFAST_LAST_ERROR, f->error, sizeof f->error);
    hf_session_text(s, HOLDFAST_LAST_CODE, f->code, sizeof f->code);
    hf_session_text(s, HOLDFAST_LAST_DETAIL, f->detail, sizeof f->detail);
    hf_session_text(s, HOLDFAST_LAST_REQUEST_ID, f->request_id, sizeof f->request_id);
    hf_session_text(s, HOLDFAST_SERVER_VERSION, f->server_version, sizeof f->server_version);
    hf_session_text(s, HOLDFAST_GRANTED_SCOPES, f->scopes, sizeof f->scopes);
    int64_t close_code = holdfast_client_number(s->client, HOLDFAST_LAST_ERROR_CLOSE_CODE);
    int64_t http_status = holdfast_client_number(s->client, HOLDFAST_LAST_ERROR_HTTP_STATUS);
    f->close_code = close_code > 0 ? (unsigned)close_code : 0;
    f->http_status = http_status > 0 ? (unsigned)http_status : 0;
    f->startup_waits = s->startup_waits;
    f->login_ms = hf_span_ms(hf_time_since(hf_clock_now().mono, s->started_at));
    if (!f->is_logged_in && !f->cause[0]) snprintf(f->cause, sizeof f->cause, "BUDGET");
}

static void read_health(struct probe *p, struct hf_bytes payload)
{
    double delay = -1;
    struct hf_checkup_facts *f = &p->facts;
    struct hf_bytes loop = hf_json_find(payload, "eventLoop");
    f->has_health = true;
    hf_json_get_bool(hf_json_find(payload, "ok"), &f->is_health_ok);
    hf_json_get_bool(hf_json_find(loop, "degraded"), &f->is_loop_degraded);
    hf_json_get_double(hf_json_find(loop, "delayMaxMs"), &delay);
    f->loop_delay_ms = delay >= 0 && delay < 1e15 ? (int64_t)delay : -1;
}

/* The time is counted anew: connecting was one thing, the answer is another. */
static void ask_health(struct probe *p)
{
    size_t len;
    holdfast_result *result = NULL;
    struct hf_checkup_facts *f = &p->facts;
    hf_time asked_at = hf_clock_now().mono;
    p->ask.session.until = hf_time_after(asked_at, p->budget);
    int err = hf_session_call(&p->ask.session, "health", NULL, false, &result);
    f->rtt_ms = hf_span_ms(hf_time_since(hf_clock_now().mono, asked_at));
    if (err) {
        snprintf(f->health_error, sizeof f->health_error, "%s", holdfast_error_text(err));
        return;
    }
    const char *payload = holdfast_result_payload(result, &len);
    if (holdfast_result_outcome(result) == HOLDFAST_OUTCOME_OK)
        read_health(p, hf_bytes(payload, len));
    else
        hf_show_copy(f->health_error, sizeof f->health_error,
                     hf_bytes_cstr(holdfast_result_message(result)));
    holdfast_result_free(result);
}

static int log_in(struct probe *p, struct hf_fault *fault)
{
    const struct hf_session_plan plan = {
        .target = &p->ask.target, .args = p->args, .scopes = { "operator.read" }, .is_probe = true
    };
    p->ask.target.timeout = hf_span_max(hf_time_since(p->until, hf_clock_now().mono), HF_MS(1));
    int err = hf_ask_connect(&p->ask, &plan, &p->facts.is_logged_in, fault);
    if (err) return err;
    note_login(p);
    if (!p->facts.is_logged_in) return 0;
    ask_health(p);
    if (p->facts.reach != HF_CHECKUP_CONNECTED)
        look(p); /* it was too early */
    else if (p->facts.startup_waits > 0)
        look_at_states(p); /* they are what it was before */
    return 0;
}

/* --- the whole --- */

static void begin(struct probe *p)
{
    struct hf_checkup_facts *f = &p->facts;
    const struct hf_target *t = &p->ask.target;
    p->budget = hf_span_max(t->timeout, HF_MS(LEAST_MS));
    p->until = hf_time_after(hf_clock_now().mono, p->budget);
    snprintf(f->url, sizeof f->url, "%s", t->url_shown);
    f->is_tls = t->url.is_tls;
    f->is_local = t->is_local;
    f->has_token = t->credentials.token.len > 0 || t->credentials.password.len > 0;
    f->is_plain_refused = !t->may_be_plain;
    f->budget_ms = hf_span_ms(p->budget);
    f->reach_ms = f->rtt_ms = f->loop_delay_ms = -1;
    for (size_t i = 0; i < HF_CHECKUP_PATHS; i++) f->http[i].uptime_ms = -1;
}

static int print_verdict(struct probe *p)
{
    struct hf_buf out;
    enum hf_verdict verdict = hf_checkup_judge(&p->facts);
    bool is_fine = p->args->values[HF_OPTION_EXIT_CODE] ? verdict == HF_VERDICT_OK
                                                        : hf_verdict_is_reached(verdict);
    hf_buf_init(&out, OUT_BYTES);
    if (p->args->values[HF_OPTION_JSON])
        hf_checkup_json(&p->facts, verdict, &out);
    else if (p->args->values[HF_OPTION_QUIET])
        hf_buf_addf(&out, "%s\n", hf_verdict_name(verdict));
    else
        hf_checkup_text(&p->facts, verdict, hf_terminal_has_colour(STDOUT_FILENO, p->args), &out);
    int exit_code = hf_verb_print(&out);
    return exit_code != HF_EXIT_DONE || is_fine ? exit_code : HF_EXIT_FAILED;
}

int hf_verb_probe(const struct hf_args *args)
{
    struct hf_fault fault;
    struct probe p = { .args = args };
    int err = hf_target_read(&p.ask.target, args, &fault);
    if (!err) begin(&p);
    if (!err) err = hf_checkup_fetcher_init(&p.fetcher, &fault);
    if (!err && !p.facts.is_plain_refused) {
        look(&p);
        err = log_in(&p, &fault);
    }
    int exit_code = err ? hf_verb_fail(args, &fault) : print_verdict(&p);
    hf_checkup_fetcher_fini(&p.fetcher);
    hf_ask_close(&p.ask);
    return exit_code;
}
