/* What is shown of the ladder: names and the snapshot of spec/supervisor.md 12.3. */
#include "base/assert.h"
#include "core/vigil.h"

static const char *state_name(enum hf_vigil_stage stage)
{
    switch (stage) {
    case HF_VIGIL_IDLE:
    case HF_VIGIL_HEALTHY:
        return "healthy";
    case HF_VIGIL_VERIFYING:
    case HF_VIGIL_BUSY:
    case HF_VIGIL_SUSPENDED:
        return "verifying";
    case HF_VIGIL_UNRESPONSIVE:
        return "restart-pending";
    case HF_VIGIL_RESTARTING:
        return "restart-executing";
    case HF_VIGIL_EXTERNAL_UNAVAILABLE:
        return "external-unavailable";
    }
    HF_UNREACHABLE();
}

static const char *result_name(enum hf_vigil_result result)
{
    switch (result) {
    case HF_VIGIL_NO_RESULT:
        return NULL;
    case HF_VIGIL_ANSWERED:
        return "answered";
    case HF_VIGIL_ONLY_HTTP:
        return "only-http";
    case HF_VIGIL_FAILED:
        return "failed";
    }
    HF_UNREACHABLE();
}

static const char *reason_name(enum hf_vigil_reason reason)
{
    switch (reason) {
    case HF_VIGIL_NO_REASON:
        return NULL;
    case HF_VIGIL_NO_PROGRESS:
        return "no-progress";
    case HF_VIGIL_BUSY_TOO_LONG:
        return "busy-too-long";
    case HF_VIGIL_STOPPED_BY_SIGNAL:
        return "suspended-by-signal";
    case HF_VIGIL_FROZEN:
        return "frozen";
    case HF_VIGIL_EXTERNAL_SILENT:
        return "external-silent";
    case HF_VIGIL_CONNECTION_SILENT:
        return "connection-silent";
    }
    HF_UNREACHABLE();
}

const char *hf_vigil_stage_name(enum hf_vigil_stage stage)
{
    switch (stage) {
    case HF_VIGIL_IDLE:
        return "idle";
    case HF_VIGIL_HEALTHY:
        return "healthy";
    case HF_VIGIL_VERIFYING:
        return "verifying";
    case HF_VIGIL_BUSY:
        return "busy";
    case HF_VIGIL_SUSPENDED:
        return "suspended";
    case HF_VIGIL_UNRESPONSIVE:
        return "unresponsive";
    case HF_VIGIL_RESTARTING:
        return "restarting";
    case HF_VIGIL_EXTERNAL_UNAVAILABLE:
        return "external-unavailable";
    }
    HF_UNREACHABLE();
}

struct hf_vigil_view hf_vigil_view(const struct hf_vigil *v)
{
    const char *error = v->is_timeout ? "deadline-probe-timeout" : "deadline-probe-failed";
    hf_time deadline = hf_time_min(v->probe_due, hf_time_min(v->judge_due, v->sample_due));
    return (struct hf_vigil_view){
        .state = state_name(v->stage),
        .alive_at = v->alive_at,
        .deadline_at = deadline,
        .probed_at = v->probed_at,
        .result = result_name(v->result),
        .error = v->result == HF_VIGIL_FAILED ? error : NULL,
        .reason = reason_name(v->reason),
        .is_external = v->ways.is_external,
    };
}
