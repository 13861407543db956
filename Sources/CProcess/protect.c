#define _GNU_SOURCE
#include "CProcess.h"

#include <malloc.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

void keyway_process_protect(void) {
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);

    struct rlimit lock;
    if (getrlimit(RLIMIT_MEMLOCK, &lock) == 0 && lock.rlim_cur != lock.rlim_max) {
        lock.rlim_cur = lock.rlim_max;
        (void)setrlimit(RLIMIT_MEMLOCK, &lock);
    }
}

void keyway_process_keep_memory(void) {
    (void)mallopt(M_TRIM_THRESHOLD, 32 << 20);
    // Setting one turns off how glibc finds the other: what is larger comes from the kernel, and goes back to it.
    (void)mallopt(M_MMAP_THRESHOLD, 4 << 20);
}

int keyway_process_processors(void) {
    cpu_set_t processors;
    CPU_ZERO(&processors);
    return sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : 0;
}
