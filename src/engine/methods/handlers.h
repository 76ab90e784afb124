/* engine/methods/handlers.h: the handlers that the method table names, and the
 * parameters they take.  One file per family. */
#ifndef HF_ENGINE_METHODS_HANDLERS_H
#define HF_ENGINE_METHODS_HANDLERS_H

#include "engine/methods/table.h"

/* Appends a member: the names of a scope set, in the order of base/scope.h. */
void hf_scopes_write(struct hf_json_writer *w, const char *key, hf_scopes scopes);

/* health.c, status.c */
void hf_method_health(struct hf_server *s, struct hf_call *call);
void hf_method_status(struct hf_server *s, struct hf_call *call);

/* presence.c */
extern const struct hf_json_rules hf_params_system_event;
void hf_method_system_presence(struct hf_server *s, struct hf_call *call);
void hf_method_system_event(struct hf_server *s, struct hf_call *call);

/* logs.c */
extern const struct hf_json_rules hf_params_logs_tail;
void hf_method_logs_tail(struct hf_server *s, struct hf_call *call);

/* catalog.c: what an agent would fill; honest empty answers while there is none */
extern const struct hf_json_rules hf_params_commands_list, hf_params_models_list;
void hf_method_agents_list(struct hf_server *s, struct hf_call *call);
void hf_method_commands_list(struct hf_server *s, struct hf_call *call);
void hf_method_models_list(struct hf_server *s, struct hf_call *call);
void hf_method_last_heartbeat(struct hf_server *s, struct hf_call *call);
void hf_method_set_heartbeats(struct hf_server *s, struct hf_call *call);

/* sessions.c */
extern const struct hf_json_rules hf_params_sessions_list, hf_params_messages_subscribe,
    hf_params_messages_unsubscribe;
void hf_method_sessions_list(struct hf_server *s, struct hf_call *call);
void hf_method_sessions_subscribe(struct hf_server *s, struct hf_call *call);
void hf_method_messages_subscribe(struct hf_server *s, struct hf_call *call);
void hf_method_messages_unsubscribe(struct hf_server *s, struct hf_call *call);

/* system.c */
void hf_method_system_info(struct hf_server *s, struct hf_call *call);
void hf_method_identity_get(struct hf_server *s, struct hf_call *call);
void hf_method_config_get(struct hf_server *s, struct hf_call *call);

/* diagnostics.c */
void hf_method_stability(struct hf_server *s, struct hf_call *call);
void hf_method_connections(struct hf_server *s, struct hf_call *call);

/* devices.c */
extern const struct hf_json_rules hf_params_pair_request, hf_params_pair_remove,
    hf_params_pair_rename, hf_params_token_rotate, hf_params_token_revoke;
void hf_method_pair_list(struct hf_server *s, struct hf_call *call);
void hf_method_pair_approve(struct hf_server *s, struct hf_call *call);
void hf_method_pair_reject(struct hf_server *s, struct hf_call *call);
void hf_method_pair_remove(struct hf_server *s, struct hf_call *call);
void hf_method_pair_rename(struct hf_server *s, struct hf_call *call);
void hf_method_token_rotate(struct hf_server *s, struct hf_call *call);
void hf_method_token_revoke(struct hf_server *s, struct hf_call *call);

#endif
