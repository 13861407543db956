// Takes rights away from the calling process before it touches untrusted media.
#pragma once

/// Limits of the calling process and of what it starts. Returns 0, or errno.
int keyway_limit_process(unsigned long long memory, unsigned long long processor_time);

/// Forbids, for good and for all threads: sockets, starting programs and processes, signals to others, tracing, shared
/// memory, mounting, and every way to open, create, change, rename or remove files. What is open stays so. Forbidden calls
/// fail with EPERM. Returns 0, or errno; ENOSYS where the kernel or the processor has no filter.
int keyway_forbid_system_calls(void);

/// Sends a signal to the first thread of a process, by a call that the C library has for its own threads only: to try that it
/// is refused. Returns 0, or -1 with errno.
int keyway_signal_thread(int process, int number);

/// A file in memory, empty and without a name; -1 with errno where there is none.
int keyway_memory_file(void);

/// Takes the calling thread, and those that it starts, every right over files and the network that Landlock knows: a second
/// wall behind the first. Returns 0, or errno; ENOSYS or EOPNOTSUPP where the kernel has no Landlock.
int keyway_forbid_files(void);

/// Has memory that is handed out begin with zeros, also where it was in use before: who reads what was never written then
/// reads the same in every run.
void keyway_clear_new_memory(void);
