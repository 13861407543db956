#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static int limit(int resource, rlim_t value) {
    struct rlimit bound = {value, value};
    return setrlimit(resource, &bound) == 0 ? 0 : errno;
}

int keyway_limit_process(unsigned long long memory, unsigned long long processor_time) {
    int failure = limit(RLIMIT_AS, memory);
    if (!failure) failure = limit(RLIMIT_CPU, processor_time);
    // Output goes to a pipe, which this does not bound; files of any size it does.
    if (!failure) failure = limit(RLIMIT_FSIZE, 0);
    // A library that writes to standard error, where that is a file, fails and goes on.
    if (!failure && signal(SIGXFSZ, SIG_IGN) == SIG_ERR) failure = errno;
    if (!failure) failure = limit(RLIMIT_CORE, 0);
    if (!failure) failure = limit(RLIMIT_NOFILE, 64);
    if (!failure && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) failure = errno;
    return failure;
}
