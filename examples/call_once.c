/* Asks a gateway one question and prints the answer.
 *
 *     HOLDFAST_URL=ws://127.0.0.1:18789 HOLDFAST_TOKEN=... call_once METHOD [PARAMS]
 *
 * One thread: the waiting functions drive the loop. */
#include <holdfast/holdfast.h>

#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what, int error)
{
    fprintf(stderr, "%s: %s\n", what, holdfast_error_text(error));
    return 1;
}

static int print_result(const holdfast_result *result)
{
    size_t len;
    const char *payload = holdfast_result_payload(result, &len);
    if (holdfast_result_outcome(result) == HOLDFAST_OUTCOME_OK) {
        printf("%.*s\n", (int)len, payload);
        return 0;
    }
    fprintf(stderr, "%s: %s\n", holdfast_outcome_name(holdfast_result_outcome(result)),
            holdfast_result_message(result));
    return 1;
}

static int call(holdfast_client *client, const char *method, const char *params)
{
    char why[256];
    holdfast_result *result;
    int error = holdfast_client_start(client);
    if (!error) error = holdfast_client_wait_ready(client, 10000);
    if (error) {
        holdfast_client_text(client, HOLDFAST_LAST_ERROR, why, sizeof why);
        fprintf(stderr, "not connected: %s\n", why[0] ? why : holdfast_error_text(error));
        return 1;
    }
    error = holdfast_client_call_wait(client, method, params, NULL, &result);
    if (error) return fail(method, error);
    int exit_code = print_result(result);
    holdfast_result_free(result);
    holdfast_client_stop_wait(client, 1000); /* says goodbye */
    return exit_code;
}

int main(int argc, char **argv)
{
    holdfast_loop *loop;
    holdfast_options *options;
    holdfast_client *client;
    if (argc < 2) return fail("call_once METHOD [PARAMS]", HOLDFAST_ERROR_USAGE);
    int error = holdfast_loop_new(&loop);
    if (error) return fail("loop", error);
    error = holdfast_options_new(&options);
    if (error) return fail("options", error);
    holdfast_options_set_text(options, HOLDFAST_URL, getenv("HOLDFAST_URL"));
    holdfast_options_set_text(options, HOLDFAST_TOKEN, getenv("HOLDFAST_TOKEN"));
    holdfast_options_set_number(options, HOLDFAST_ONE_SHOT, 1);
    error = holdfast_client_new(&client, loop, options);
    if (error) return fail("client", error);
    int exit_code = call(client, argv[1], argc > 2 ? argv[2] : NULL);
    holdfast_client_release(client);
    holdfast_options_free(options);
    holdfast_loop_free(loop);
    return exit_code;
}
