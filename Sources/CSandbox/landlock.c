#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <linux/types.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// As the kernel's <linux/landlock.h> has them; the header of the C library may be older than the kernel.
#define CREATE_RULESET 444
#define RESTRICT_SELF 446
#define VERSION 1u

struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scope;
};

// How many rights over files each version knows.
static uint64_t files(long version) {
    if (version >= 5) return (1ull << 16) - 1;
    if (version >= 3) return (1ull << 15) - 1;
    return version == 2 ? (1ull << 14) - 1 : (1ull << 13) - 1;
}

int keyway_forbid_files(void) {
    long version = syscall(CREATE_RULESET, NULL, 0, VERSION);
    if (version < 0) return errno;
    struct ruleset rules = {files(version), version >= 4 ? 3 : 0, version >= 6 ? 3 : 0};
    // Older kernels take a shorter structure.
    size_t size = version >= 6 ? sizeof rules : version >= 4 ? 16 : 8;
    long ruleset = syscall(CREATE_RULESET, &rules, size, 0);
    if (ruleset < 0) return errno;
    int failure = 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(RESTRICT_SELF, ruleset, 0) != 0) failure = errno;
    close((int)ruleset);
    return failure;
}
