#ifndef SSE_RELAY_COPENSSL_H
#define SSE_RELAY_COPENSSL_H

// The part that checks signatures and digests: libcrypto.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

// Macros, which Swift cannot call.
static inline int relay_set_rsa_padding(EVP_PKEY_CTX *context, int padding) {
    return EVP_PKEY_CTX_set_rsa_padding(context, padding);
}

static inline int relay_set_pss_salt_length(EVP_PKEY_CTX *context, int length) {
    return EVP_PKEY_CTX_set_rsa_pss_saltlen(context, length);
}

#endif
