#include "host/tls_make.h"
#include "base/err.h"
#include "host/file.h"
#include "host/tls.h"
#include "lib/check.h"
#include "lib/scratch.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static struct hf_fault fault;

struct scene {
    struct scratch scratch;
    char cert[SCRATCH_PATH_BYTES], key[SCRATCH_PATH_BYTES];
};

static void scene_start(struct scene *s)
{
    scratch_make(&s->scratch);
    snprintf(s->cert, sizeof s->cert, "%s/a/b/cert.pem", s->scratch.dir);
    snprintf(s->key, sizeof s->key, "%s/a/c/key.pem", s->scratch.dir);
}

static X509 *read_cert(const struct scene *s)
{
    FILE *in = fopen(s->cert, "re");
    CHECK(in != NULL);
    X509 *cert = PEM_read_X509(in, NULL, NULL, NULL);
    fclose(in);
    CHECK(cert != NULL);
    return cert;
}

/* A name that cannot stand in a certificate is left out. */
static const struct {
    const char *host_name;
    const char *name; /* asked for */
    bool fits;
} names[] = {
    { "my-machine.lan", "my-machine.lan", true },
    { "my-machine.lan", "localhost", true },
    { "my-machine.lan", "other.lan", false },
    { "a,DNS:evil.example", "evil.example", false },
    { "", "localhost", true },
};

static void a_pair_is_made_that_serves_this_machine_for_years(void)
{
    for (size_t i = 0; i < HF_COUNT(names); i++) {
        struct scene s;
        bool was_made;
        struct hf_tls *tls;
        time_t in_nine_years = time(NULL) + 9 * 365 * 86400L;
        scene_start(&s);
        CHECK_EQ_AT(i, hf_tls_make_missing(s.cert, s.key, names[i].host_name, &was_made, &fault),
                    0);
        CHECK_AT(i, was_made);
        CHECK_EQ_AT(i, hf_tls_new(&tls, s.cert, s.key, &fault), 0);
        hf_tls_free(tls);
        X509 *cert = read_cert(&s);
        CHECK_EQ_AT(i, X509_check_host(cert, names[i].name, 0, 0, NULL), names[i].fits);
        CHECK_EQ_AT(i, X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
        CHECK_EQ_AT(i, X509_check_ip_asc(cert, "::1", 0), 1);
        CHECK_AT(i, X509_cmp_time(X509_get0_notAfter(cert), &in_nine_years) > 0);
        X509_free(cert);
        CHECK_EQ_AT(i, hf_tls_make_missing(s.cert, s.key, "x", &was_made, &fault), 0);
        CHECK_AT(i, !was_made);
        scratch_drop(&s.scratch);
    }
}

static void half_a_pair_is_left_as_it_is_and_named(void)
{
    struct scene s;
    bool was_made;
    scene_start(&s);
    CHECK_EQ(hf_tls_make_missing(s.cert, s.key, "x", &was_made, &fault), 0);
    CHECK_EQ(unlink(s.key), 0);
    CHECK_EQ(hf_tls_make_missing(s.cert, s.key, "x", &was_made, &fault), HF_ERR_EXISTS);
    CHECK(strstr(fault.text, "cert.pem is there without") != NULL);
    CHECK(access(s.key, F_OK) != 0);
    scratch_drop(&s.scratch);
}

static void a_place_that_cannot_be_written_is_named(void)
{
    bool was_made;
    CHECK(hf_tls_make_missing("/proc/x/cert.pem", "/proc/x/key.pem", "x", &was_made, &fault) < 0);
    CHECK(!was_made);
    CHECK(strstr(fault.text, "/proc/x") != NULL);
}

CHECK_MAIN(a_pair_is_made_that_serves_this_machine_for_years,
           half_a_pair_is_left_as_it_is_and_named, a_place_that_cannot_be_written_is_named)
