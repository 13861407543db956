// Takes rights away from the calling process before it touches untrusted media.
#pragma once

/// Limits of the calling process and of what it starts. Returns 0, or errno.
int keyway_limit_process(unsigned long long memory, unsigned long long processor_time);

/// Forbids, for good and for all threads that start after it: sockets, starting programs, tracing, mounting, and every
/// way to open, create, change, rename or remove files. What is open stays so. Forbidden calls fail with EPERM. Returns 0, or errno; ENOSYS where the
/// kernel or the processor has no filter.
int keyway_forbid_system_calls(void);

/// A file in memory, empty and without a name; -1 with errno where there is none.
int keyway_memory_file(void);
