#include <openssl/crypto.h>
#include <stddef.h>

// Where a program links it, that is: this module asks nobody to.
extern int OPENSSL_init_crypto(uint64_t options, const OPENSSL_INIT_SETTINGS *settings) __attribute__((weak));

// When a process ends, OpenSSL would clean up behind the back of threads that still use it, which then crash. The system
// takes the memory, and what is secret is zeroed by who holds it. OpenSSL takes this only from whoever uses it first: so
// before `main`, and in the tests' process as well.
__attribute__((constructor)) static void keep_openssl(void) {
    if (OPENSSL_init_crypto != NULL) OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}
