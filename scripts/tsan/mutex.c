// Tells ThreadSanitizer what Synchronization.Mutex does when a thread has to wait.
//
// The fast path of Mutex is inlined into the sanitized code, so the sanitizer sees it. The slow path, which asks the
// kernel (futex), is in libswiftSynchronization, which is not sanitized: the sanitizer takes whatever a waiting thread
// does next for a race. These three functions stand before the library's (LD_PRELOAD), call them, and add what the
// sanitizer missed. Only the waiting is annotated: state that no mutex guards is reported as before.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Absent in programs that are not sanitized, which inherit the preload.
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *handle

// Synchronization._MutexHandle._lockSlow(UInt32), ._tryLockSlow() -> Bool, ._unlockSlow()
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

static void *library(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        fprintf(stderr, "tsan: libswiftSynchronization has no %s: mutex.c does not fit this Swift\n", name);
        abort();
    }
    return function;
}

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT bool try_lock_slow(SELF) __asm__(TRY_LOCK);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK);

SWIFT void lock_slow(uint32_t thread, SELF) {
    SWIFT void (*slow)(uint32_t, SELF) = library(LOCK);
    slow(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT bool try_lock_slow(SELF) {
    SWIFT bool (*slow)(SELF) = library(TRY_LOCK);
    bool locked = slow(handle);
    if (locked && __tsan_acquire) __tsan_acquire(handle);
    return locked;
}

SWIFT void unlock_slow(SELF) {
    SWIFT void (*slow)(SELF) = library(UNLOCK);
    if (__tsan_release) __tsan_release(handle);
    slow(handle);
}
