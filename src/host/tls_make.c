#include "host/tls_make.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "host/file.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An hour for clocks that are behind; OpenClaw's own lasts ten years, too. */
enum { BEGINS_IN_S = -3600, ENDS_IN_S = 3650 * 86400, SERIAL_BITS = 159, NAMES_BYTES = 512 };

static bool is_host_name(struct hf_bytes name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    for (size_t i = 0; i < name.len; i++)
        if (!memchr(allowed, name.ptr[i], sizeof allowed - 1)) return false;
    return name.len > 0 && name.len < 254;
}

static bool add_names(X509 *cert, const char *host_name)
{
    char names[NAMES_BYTES];
    bool has_name = is_host_name(hf_bytes_cstr(host_name));
    snprintf(names, sizeof names, "DNS:localhost,IP:127.0.0.1,IP:::1%s%s", has_name ? ",DNS:" : "",
             has_name ? host_name : "");
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    bool is_added = extension && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

static bool add_serial(X509 *cert)
{
    BIGNUM *number = BN_new();
    bool is_added = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
                    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    return is_added;
}

static bool fill(X509 *cert, EVP_PKEY *key, const char *host_name)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    return X509_set_version(cert, 2) && add_serial(cert) &&
           X509_gmtime_adj(X509_getm_notBefore(cert), BEGINS_IN_S) &&
           X509_gmtime_adj(X509_getm_notAfter(cert), ENDS_IN_S) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                      (const unsigned char *)"holdfast", -1, -1, 0) &&
           X509_set_issuer_name(cert, subject) && X509_set_pubkey(cert, key) &&
           add_names(cert, host_name) && X509_sign(cert, key, EVP_sha256()) > 0;
}

/* What was written into the memory `from`, as the file `path`. */
static int write_file(const char *path, BIO *from, struct hf_fault *fault)
{
    char *text;
    long len = BIO_get_mem_data(from, &text);
    return hf_file_replace(path, hf_bytes(text, (size_t)len), 0600, fault);
}

static int refuse(struct hf_fault *fault)
{
    ERR_clear_error();
    return hf_fault_set(fault, HF_ERR_CRYPTO, "the crypto library makes no TLS certificate");
}

/* Both or none: a half of a pair would be in the way of the next start. */
static int write_pair(const char *cert_path, const char *key_path, X509 *cert, EVP_PKEY *key,
                      struct hf_fault *fault)
{
    BIO *cert_text = BIO_new(BIO_s_mem()), *key_text = BIO_new(BIO_s_secmem());
    int err = 0;
    if (!cert_text || !key_text || PEM_write_bio_X509(cert_text, cert) != 1 ||
        PEM_write_bio_PKCS8PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL) != 1)
        err = refuse(fault);
    if (!err) err = write_file(key_path, key_text, fault);
    if (!err) {
        err = write_file(cert_path, cert_text, fault);
        if (err) unlink(key_path);
    }
    BIO_free(cert_text);
    BIO_free(key_text);
    return err;
}

static int make_pair(const char *cert_path, const char *key_path, const char *host_name,
                     struct hf_fault *fault)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    int err = key && cert && fill(cert, key, host_name)
                  ? write_pair(cert_path, key_path, cert, key, fault)
                  : refuse(fault);
    X509_free(cert);
    EVP_PKEY_free(key);
    return err;
}

static int make_directory_of(const char *path, struct hf_fault *fault)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash) return 0;
    snprintf(directory, sizeof directory, "%.*s", (int)(slash - path), path);
    int number = hf_file_make_directories(directory);
    if (number == 0) return 0;
    return hf_fault_set(fault, hf_fault_code(number), "cannot make %s: %s", directory,
                        strerror(number));
}

int hf_tls_make_missing(const char *cert_path, const char *key_path, const char *host_name,
                        bool *was_made, struct hf_fault *fault)
{
    bool has_cert = access(cert_path, F_OK) == 0, has_key = access(key_path, F_OK) == 0;
    *was_made = false;
    if (has_cert && has_key) return 0;
    if (has_cert || has_key)
        return hf_fault_set(fault, HF_ERR_EXISTS,
                            "%s is there without %s: remove it to get a new pair",
                            has_cert ? cert_path : key_path, has_cert ? key_path : cert_path);
    int err = make_directory_of(key_path, fault);
    if (!err) err = make_directory_of(cert_path, fault);
    if (!err) err = make_pair(cert_path, key_path, host_name, fault);
    *was_made = !err;
    return err;
}
