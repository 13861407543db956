// Calls of the kernel that Glibc's module does not show.
#ifndef KEYWAY_CLINUX_SHIM_H
#define KEYWAY_CLINUX_SHIM_H

#include <linux/fs.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

// Declared here, since unistd.h shows it only to those who ask for more than POSIX.
extern long syscall(long number, ...);

struct keyway_iovec {
    void *base;
    size_t count;
};

// preadv2(2) with RWF_NOWAIT: reads what is in the page cache, and does not wait for the disk. As read(2).
static inline ssize_t keyway_read_at_hand(int file, void *bytes, size_t count, uint64_t offset) {
    struct keyway_iovec vector = {bytes, count};
    // The offset's low and high half; the kernel takes both also where one would do.
    return (ssize_t)syscall(SYS_preadv2, file, &vector, 1L, (long)offset, (long)0, (long)RWF_NOWAIT);
}

// syncfs(2): writes everything of a file's file system to the disk. 0, or -1 with errno.
static inline int keyway_synchronize_file_system(int file) { return (int)syscall(SYS_syncfs, file); }

#endif
