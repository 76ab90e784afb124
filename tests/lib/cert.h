/* lib/cert.h: fresh self-signed certificates and their keys as PEM files. */
#ifndef HF_LIB_CERT_H
#define HF_LIB_CERT_H

#include "lib/check.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>

struct cert_plan {
    const char *cert_path, *key_path;
    const char *name;            /* its subject */
    const char *alt_names;       /* "DNS:a.example,IP:127.0.0.1", or NULL */
    long begins_in_s, ends_in_s; /* seconds from now */
};

static inline void cert_add_alt_names(X509 *cert, const char *names)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    CHECK(extension && X509_add_ext(cert, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static inline void cert_make(const struct cert_plan *plan)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    CHECK(key && cert);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), plan->begins_in_s);
    X509_gmtime_adj(X509_getm_notAfter(cert), plan->ends_in_s);
    X509_NAME *subject = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)plan->name, -1,
                               -1, 0);
    X509_set_issuer_name(cert, subject);
    X509_set_pubkey(cert, key);
    if (plan->alt_names) cert_add_alt_names(cert, plan->alt_names);
    CHECK(X509_sign(cert, key, EVP_sha256()) > 0);
    FILE *out = fopen(plan->cert_path, "we");
    CHECK(out && PEM_write_X509(out, cert) == 1);
    fclose(out);
    out = fopen(plan->key_path, "we");
    CHECK(out && PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1);
    fclose(out);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static inline void cert_write(const char *cert_path, const char *key_path, const char *name)
{
    cert_make(&(struct cert_plan){ .cert_path = cert_path,
                                   .key_path = key_path,
                                   .name = name,
                                   .begins_in_s = -3600,
                                   .ends_in_s = 3600 });
}

#endif
