#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int limit(int resource, rlim_t value) {
    struct rlimit bound = {value, value};
    return setrlimit(resource, &bound) == 0 ? 0 : errno;
}

// Encoders make dozens of threads, and each would reserve address space that it does not use: the limit would count it.
static int economise(void) {
    pthread_attr_t attributes;
    int failure = pthread_attr_init(&attributes);
    if (failure) return failure;
    failure = pthread_attr_setstacksize(&attributes, 2 << 20);
    if (!failure) failure = pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
    if (!failure && mallopt(M_ARENA_MAX, 4) != 1) failure = EINVAL;
    return failure;
}

int keyway_limit_process(unsigned long long memory, unsigned long long processor_time) {
    int failure = economise();
    if (!failure) failure = limit(RLIMIT_AS, memory);
    // The signal of the soft limit says what the matter is; the hard one ends what does not heed it.
    struct rlimit time = {processor_time, processor_time + 10};
    if (!failure && setrlimit(RLIMIT_CPU, &time) != 0) failure = errno;
    // Output goes to a pipe, which this does not bound; files of any size it does.
    if (!failure) failure = limit(RLIMIT_FSIZE, 0);
    // A library that writes to standard error, where that is a file, fails and goes on.
    if (!failure && signal(SIGXFSZ, SIG_IGN) == SIG_ERR) failure = errno;
    if (!failure) failure = limit(RLIMIT_CORE, 0);
    if (!failure) failure = limit(RLIMIT_NOFILE, 64);
    if (!failure) failure = limit(RLIMIT_MSGQUEUE, 0);
    if (!failure) failure = limit(RLIMIT_MEMLOCK, 0);
    if (!failure && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) failure = errno;
    return failure;
}

int keyway_signal_thread(int process, int number) { return (int)syscall(SYS_tgkill, process, process, number); }

int keyway_memory_file(void) { return memfd_create("keyway", MFD_CLOEXEC); }

void keyway_clear_new_memory(void) {
    // glibc fills what it hands out with the complement.
    mallopt(M_PERTURB, 0xFF);
}
