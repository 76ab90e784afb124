#include "engine/methods/handlers.h"

static const struct hf_bytes task_counts = HF_LIT_INIT(
    "{\"total\":0,\"active\":0,\"terminal\":0,\"failures\":0,"
    "\"byStatus\":{\"queued\":0,\"running\":0,\"succeeded\":0,\"failed\":0,\"timed_out\":0,"
    "\"cancelled\":0,\"lost\":0},"
    "\"byRuntime\":{\"subagent\":0,\"acp\":0,\"cli\":0,\"cron\":0}}");

static void write_status(struct hf_server *s, struct hf_json_writer *w,
                         const struct hf_facts *facts)
{
    hf_json_open_object(w);
    hf_json_add_text(w, "runtimeVersion", HF_LIT(HF_VERSION));
    hf_json_add_raw(w, "heartbeat", HF_LIT("{\"defaultAgentId\":\"main\",\"agents\":[]}"));
    hf_json_add_raw(w, "channelSummary", HF_LIT("[]"));
    hf_json_add_raw(w, "queuedSystemEvents", HF_LIT("[]"));
    hf_json_add_raw(w, "degradedSecretOwners", HF_LIT("[]"));
    hf_json_add_raw(w, "degradedPlugins", HF_LIT("[]"));
    hf_json_add_raw(w, "tasks", task_counts);
    hf_json_add_raw(w, "sessions",
                    HF_LIT("{\"paths\":[],\"count\":0,\"defaults\":{\"model\":null,"
                           "\"contextTokens\":null},\"recent\":[],\"byAgent\":[]}"));
    hf_json_add_raw(w, "modelRuntime", HF_LIT("{\"degraded\":false,\"pendingAgents\":[]}"));
    hf_server_write_event_loop(s, w);
    hf_json_add_object(w, "processMemory");
    hf_json_add_int(w, "rssBytes", facts->rss_bytes);
    hf_json_close_object(w);
    hf_json_add_int(w, "pid", s->config.pid);
    hf_json_close_object(w);
}

static void status_done(struct hf_server *s, struct hf_call *call,
                        const struct hf_job_result *result)
{
    write_status(s, hf_reply_open(s, call), &result->u.facts);
    hf_reply_send(s, call);
}

void hf_method_status(struct hf_server *s, struct hf_call *call)
{
    struct hf_job job = { .kind = HF_JOB_FACTS };
    hf_reply_job(s, call, &job, status_done);
}
