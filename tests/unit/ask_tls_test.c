/* `holdfast health` and `call` through TLS, against a real gateway. */
#include "base/crypto.h"
#include "host/file.h"
#include "lib/cert.h"
#include "lib/check.h"
#include "lib/daemon.h"
#include "prog/verbs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>

enum { TEXT_MAX = 1 << 16, PIN_CHARS = HF_HEX_CHARS(HF_SHA256_BYTES) };

static struct scratch pair;
static struct daemon gateway;
static char cert_path[SCRATCH_PATH_BYTES], key_path[SCRATCH_PATH_BYTES], pin[PIN_CHARS + 1];
static struct hf_buf told;

static void read_pin(void)
{
    uint8_t hash[HF_SHA256_BYTES];
    unsigned len;
    FILE *in = fopen(cert_path, "re");
    X509 *cert = PEM_read_X509(in, NULL, NULL, NULL);
    fclose(in);
    CHECK(cert && X509_digest(cert, EVP_sha256(), hash, &len) == 1);
    hf_hex_write(hf_bytes(hash, sizeof hash), pin);
    X509_free(cert);
}

static void begin(void)
{
    scratch_make(&pair);
    snprintf(cert_path, sizeof cert_path, "%s/crt", pair.dir);
    snprintf(key_path, sizeof key_path, "%s/key", pair.dir);
    cert_make(&(struct cert_plan){ .cert_path = cert_path,
                                   .key_path = key_path,
                                   .name = "gateway",
                                   .alt_names = "IP:127.0.0.1",
                                   .begins_in_s = -3600,
                                   .ends_in_s = 3600 });
    read_pin();
    daemon_start(&gateway, &(struct daemon_plan){ .cert_path = cert_path, .key_path = key_path });
    daemon_wait_ready(&gateway);
}

static void end(void)
{
    CHECK_EQ(daemon_stop(&gateway), 0);
    scratch_drop(&pair);
}

/* The verb in a process of its own; what it says is in `told`. */
static int ask(const char *scheme, const char *name, const char *value)
{
    char url[64], path[SCRATCH_PATH_BYTES];
    char *argv[] = { "holdfast", "health", "--url", url, "--token", DAEMON_TOKEN, NULL };
    struct hf_fault fault;
    int status;
    snprintf(url, sizeof url, "%s://127.0.0.1:%u", scheme, gateway.port);
    snprintf(path, sizeof path, "%s/told", pair.dir);
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        struct hf_args args;
        int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0) _exit(99);
        setenv("HOME", pair.dir, 1);
        setenv("SSL_CERT_FILE", "/dev/null", 1);
        setenv(name, value, 1);
        int code = hf_options_read((int)HF_COUNT(argv) - 1, argv, &args, &fault) == 0
                       ? args.verb->run(&args)
                       : hf_verb_fail(&args, &fault);
        fflush(NULL);
        _exit(code);
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status));
    hf_buf_init(&told, 2 * TEXT_MAX);
    CHECK_EQ(hf_file_read(path, TEXT_MAX, &told, &fault), 0);
    return WEXITSTATUS(status);
}

static void trust_comes_from_the_system_or_from_a_pin(void)
{
    static char wrong[PIN_CHARS + 1];
    begin();
    snprintf(wrong, sizeof wrong, "%s", pin);
    wrong[0] = wrong[0] == '0' ? '1' : '0';
    const struct {
        const char *scheme, *name, *value;
        int exit_code;
        const char *text;
    } rows[] = {
        { "wss", "SSL_CERT_FILE", cert_path, 0, "gateway: ok" },
        { "wss", "HOLDFAST_TLS_FINGERPRINT", pin, 0, "gateway: ok" },
        { "wss", "UNUSED", "", 1, "its certificate is not trusted: self-signed certificate" },
        { "wss", "UNUSED", "", 1, pin },
        { "wss", "HOLDFAST_TLS_FINGERPRINT", wrong, 1, "not the one whose fingerprint is pinned" },
        { "ws", "HOLDFAST_TLS_FINGERPRINT", pin, 78, "HOLDFAST_TLS_FINGERPRINT: use wss://" },
        { "ws", "UNUSED", "", 1, "closed (1006" },
    };
    for (size_t i = 0; i < HF_COUNT(rows); i++) {
        int code = ask(rows[i].scheme, rows[i].name, rows[i].value);
        if (code != rows[i].exit_code ||
            !memmem(told.ptr, told.len, rows[i].text, strlen(rows[i].text)))
            CHECK_TEXT_AT(i, hf_buf_view(&told), rows[i].text);
        hf_buf_fini(&told);
    }
    end();
}

CHECK_MAIN(trust_comes_from_the_system_or_from_a_pin)
