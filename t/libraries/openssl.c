/* SPDX-License-Identifier: MIT */
/* OpenSSL's libcrypto: digests, a cipher, RSA and Ed25519 with fixed keys, a
 * certificate, to PEM and back. */
#include <config.h>

#include "library.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

ALCOVE_BRIDGE_GLOBAL(memory);

enum { SIZE = 5000 };

/* A key of 1024 bits that is good for nothing else. */
static const char modulus[] =
    "a701f236f5ee0923c7726b206d1c9fd98559d87ec0338b4bbb2d3e06ef1b2ec7"
    "3f3c66a5340522da517098113005ecbeaac5c2ea5cace721d128d01b24ba9695"
    "0b7de80226ca04c6ef51c8164922fc027376dbb1d6844a0b1e4a5c1c6f2e5aa3"
    "49dcdb2c9995b313f5da20b5c1915f76db15c227a35c1d9b315a083f25da5c95";
static const char private_exponent[] =
    "72c868a413a5158d0cc07c165e47c529a87856cecee4de411f9579c324456782"
    "33d91ca740b8a2faafec95e7823d2038ef805a75df5a4ac5384f37b0e02e89dd"
    "2c3c55c0e674eac344934f248148cd0cfc1f7e644dc5981bdf28a3302e58a7ed"
    "d8f94b85bf0b3d6c5240663a33028af1f20dd82e088065dc5d0fff526dcdaa25";

/* The last error in OpenSSL's queue, as it has none for want of memory. */
static bool
say(struct work *w, const char *call)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return refused(w, "%s: %s", call, reason ? reason : "failed");
}

static bool
use_digest(struct work *w)
{
    static const char *const names[] = {"SHA256", "SHA3-512", "BLAKE2s256"};
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length;
    size_t i;

    for (i = 0; i < 3; i++) {
        EVP_MD *md = EVP_MD_fetch(NULL, names[i], NULL);
        bool good = md && EVP_Digest(some_text(SIZE), SIZE, digest, &length, md,
                                     NULL) == 1;

        EVP_MD_free(md);
        if (!good)
            return say(w, "EVP_Digest");
        result(w, digest, length);
    }
    if (PKCS5_PBKDF2_HMAC("word", 4, digest, 8, 10, EVP_sha256(), 32, digest) !=
        1)
        return say(w, "PKCS5_PBKDF2_HMAC");
    result(w, digest, 32);
    return true;
}

static bool
encrypt(EVP_CIPHER_CTX *c, unsigned char *out, int *size, unsigned char *tag)
{
    static const unsigned char key[32] = {1, 2, 3}, iv[12] = {4, 5, 6};
    const unsigned char *in = (const unsigned char *)some_text(SIZE);
    int more;

    return EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, iv) == 1 &&
           EVP_EncryptUpdate(c, NULL, &more, in, 20) == 1 &&
           EVP_EncryptUpdate(c, out, size, in, SIZE) == 1 &&
           EVP_EncryptFinal_ex(c, out + *size, &more) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1;
}

static bool
use_cipher(struct work *w)
{
    unsigned char out[SIZE + 32], tag[16];
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool good;
    int size = 0;

    good = c && encrypt(c, out, &size, tag);
    EVP_CIPHER_CTX_free(c);
    if (!good)
        return say(w, "EVP_EncryptUpdate");
    result(w, out, (size_t)size);
    result(w, tag, sizeof tag);
    return true;
}

/* ---- keys ---- */

static bool
sign(struct work *w, EVP_PKEY *key, const EVP_MD *md)
{
    const unsigned char *text = (const unsigned char *)some_text(SIZE);
    unsigned char signature[256];
    size_t size = sizeof signature;
    EVP_MD_CTX *c = EVP_MD_CTX_new(), *d = EVP_MD_CTX_new();
    bool good = c && d && EVP_DigestSignInit(c, NULL, md, NULL, key) == 1 &&
                EVP_DigestSign(c, signature, &size, text, SIZE) == 1 &&
                EVP_DigestVerifyInit(d, NULL, md, NULL, key) == 1 &&
                EVP_DigestVerify(d, signature, size, text, SIZE) == 1;

    EVP_MD_CTX_free(c);
    EVP_MD_CTX_free(d);
    if (!good)
        return say(w, "EVP_DigestSign");
    result(w, signature, size);
    return true;
}

static EVP_PKEY *
make_rsa(const BIGNUM *n, const BIGNUM *e, const BIGNUM *d)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (build && c && OSSL_PARAM_BLD_push_BN(build, "n", n) &&
        OSSL_PARAM_BLD_push_BN(build, "e", e) &&
        OSSL_PARAM_BLD_push_BN(build, "d", d))
        params = OSSL_PARAM_BLD_to_param(build);
    if (params && EVP_PKEY_fromdata_init(c) == 1 &&
        EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, params) != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(c);
    OSSL_PARAM_BLD_free(build);
    return key;
}

static bool
use_rsa(struct work *w)
{
    BIGNUM *n = NULL, *e = NULL, *d = NULL;
    EVP_PKEY *key = NULL;
    bool good;

    if (BN_hex2bn(&n, modulus) > 0 && BN_hex2bn(&e, "10001") > 0 &&
        BN_hex2bn(&d, private_exponent) > 0)
        key = make_rsa(n, e, d);
    good = key ? sign(w, key, EVP_sha256()) : say(w, "EVP_PKEY_fromdata");
    EVP_PKEY_free(key);
    BN_free(n);
    BN_free(e);
    BN_clear_free(d);
    return good;
}

/* ---- a certificate ---- */

static bool
fill(X509 *x, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(x);

    return X509_set_version(x, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(x), 42) == 1 &&
           ASN1_TIME_set_string(X509_getm_notBefore(x), "20200101000000Z") &&
           ASN1_TIME_set_string(X509_getm_notAfter(x), "20400101000000Z") &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                      (const unsigned char *)"alcove", -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, key) == 1 &&
           X509_sign(x, key, NULL) > 0;
}

/* To PEM and back, and as text. */
static bool
copy(struct work *w, X509 *x, EVP_PKEY *key, BIO *bio)
{
    X509 *again = NULL;
    char *text;
    bool good;

    good = PEM_write_bio_X509(bio, x) == 1 &&
           PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1 &&
           X509_print(bio, x) == 1;
    if (!good)
        return say(w, "PEM_write_bio_X509");
    result(w, (BIO_get_mem_data(bio, &text), text),
           (size_t)BIO_get_mem_data(bio, &text));
    again = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    good = again && X509_cmp(again, x) == 0 && X509_verify(again, key) == 1;
    X509_free(again);
    return good || say(w, "PEM_read_bio_X509");
}

static bool
use_certificate(struct work *w)
{
    static const unsigned char secret[32] = {7, 8, 9};
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, 32);
    X509 *x = X509_new();
    BIO *bio = BIO_new(BIO_s_mem());
    bool good;

    if (!key || !x || !bio)
        good = say(w, "EVP_PKEY_new_raw_private_key");
    else if (!fill(x, key))
        good = say(w, "X509_sign");
    else
        good = sign(w, key, NULL) && copy(w, x, key, bio);
    BIO_free(bio);
    X509_free(x);
    EVP_PKEY_free(key);
    return good;
}

/* It does not take functions after its first block, and says so by 0 only. */
static bool
work(struct work *w)
{
    bool good;

    if (w->bridge &&
        CRYPTO_set_mem_functions(memory_malloc_at, memory_realloc_at,
                                 memory_free_at) != 1)
        return refused(w, "CRYPTO_set_mem_functions: too late");
    good =
        OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1
            ? use_digest(w) && use_cipher(w) && use_rsa(w) && use_certificate(w)
            : say(w, "OPENSSL_init_crypto");
    OPENSSL_cleanup();
    return good;
}

static const char *
version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

const struct library library = {
    .name = "OpenSSL",
    .version = version,
    .shape = "no context, with file and line",
    .work = work,
    .zero = ALCOVE_BRIDGE_ZERO_FREE,
    .bind = memory_bind,
    .unbind = memory_unbind,
    .bound = memory_bridge,
    .defects = CRASHES | LEAKS,
    .defects_text =
        "get_default_context gives the context that has got no "
        "lock, and EVP_MD_fetch takes it; what was to go onto a stack "
        "that does not grow (sk_reserve) is left, among the providers",
};
