// What the machine says of itself, where Swift's view of the C library leaves it out.
#pragma once

#include <stdint.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/timex.h>

/// The kind of file system that a path is on, `f_type` of statfs(2); 0 when that cannot be told.
static inline uint64_t keyway_machine_file_system(const char *path) {
    struct statfs facts;
    return statfs(path, &facts) == 0 ? (uint32_t)facts.f_type : 0;
}

/// Whether the kernel takes the clock for right (adjtimex(2)). Changes nothing.
static inline int keyway_machine_clock_is_kept(void) {
    struct timex state = {.modes = 0};
    int status = adjtimex(&state);
    return status >= 0 && status != TIME_ERROR && !(state.status & STA_UNSYNC);
}

/// How many bytes a process may lock in memory at most.
static inline uint64_t keyway_machine_lockable(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 ? (uint64_t)limit.rlim_max : 0;
}

/// How many files a process may have open at most.
static inline uint64_t keyway_machine_descriptors(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (uint64_t)limit.rlim_max : 0;
}

/// How long a core file may be at most.
static inline uint64_t keyway_machine_core(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_CORE, &limit) == 0 ? (uint64_t)limit.rlim_max : UINT64_MAX;
}
