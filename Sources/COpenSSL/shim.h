// OpenSSL's libcrypto, as Keyway uses it. Function-like macros are not imported into Swift; the inline functions
// below stand in for those that are needed.
#pragma once

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

static inline void keyway_OPENSSL_free(void *pointer) { OPENSSL_free(pointer); }
