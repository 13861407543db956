#define _GNU_SOURCE
#include "CSandbox.h"

#include <asm/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
// The lower half of an argument; both architectures are little-endian.
#define ARGUMENT(number) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[number]))
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
// Allowed where an argument is a value.
#define ALLOW_WITH(name, number, value) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4), ARGUMENT(number), \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW), REFUSE
// Refused where an argument is a value; goes on with the call's number.
#define DENY_WITH(name, number, value) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4), ARGUMENT(number), \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), REFUSE, LOAD(nr)
#define DENY(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), REFUSE

int keyway_forbid_system_calls(void) {
#ifdef ARCHITECTURE
    const unsigned own = (unsigned)getpid();
    struct sock_filter program[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
#ifdef __x86_64__
        // The x32 calls have numbers of their own.
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1),
        REFUSE,
#endif
        // Threads are made, processes are not. What clone3 is asked for cannot be seen: the C library goes back to clone.
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 4),
        ARGUMENT(0),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        REFUSE,
        // Limits of others: theirs stay.
        ALLOW_WITH(prlimit64, 0, 0),
        // A process ends itself by a signal to a thread of its own.
        ALLOW_WITH(tgkill, 0, own),
        // Who has a signal sent when a descriptor is ready sends signals.
        DENY_WITH(fcntl, 1, F_SETOWN),
        DENY_WITH(fcntl, 1, F_SETOWN_EX),
        DENY_WITH(fcntl, 1, F_SETSIG),
        DENY_WITH(ioctl, 1, FIOSETOWN),
        DENY_WITH(ioctl, 1, SIOCSPGRP),
        DENY(kill),
        DENY(tkill),
        DENY(rt_sigqueueinfo),
        DENY(rt_tgsigqueueinfo),
        DENY(setpriority),
        DENY(ioprio_set),
        DENY(process_vm_readv),
        DENY(kcmp),
        DENY(shmget),
        DENY(shmat),
        DENY(shmctl),
        DENY(semget),
        DENY(semctl),
        DENY(msgget),
        DENY(msgsnd),
        DENY(msgctl),
        DENY(mq_open),
        DENY(mq_unlink),
        DENY(name_to_handle_at),
        DENY(open_by_handle_at),
        DENY(fanotify_init),
        DENY(inotify_init1),
        DENY(quotactl),
        DENY(acct),
        DENY(swapon),
        DENY(swapoff),
        DENY(reboot),
        DENY(sethostname),
        DENY(setdomainname),
        DENY(init_module),
        DENY(finit_module),
        DENY(delete_module),
        DENY(kexec_load),
        DENY(settimeofday),
        DENY(clock_settime),
        DENY(clock_adjtime),
        DENY(adjtimex),
        DENY(syslog),
        DENY(personality),
        DENY(chdir),
        DENY(fchdir),
#ifdef __NR_pidfd_open
        DENY(pidfd_open),
        DENY(pidfd_send_signal),
#endif
#ifdef __NR_pidfd_getfd
        DENY(pidfd_getfd),
#endif
#ifdef __NR_process_madvise
        DENY(process_madvise),
#endif
#ifdef __NR_open_tree
        DENY(open_tree),
        DENY(move_mount),
        DENY(fsopen),
        DENY(fsconfig),
        DENY(fsmount),
        DENY(fspick),
#endif
#ifdef __NR_mount_setattr
        DENY(mount_setattr),
#endif
        DENY(socket),
        DENY(socketpair),
        DENY(connect),
        DENY(bind),
        DENY(listen),
        DENY(accept),
        DENY(accept4),
        DENY(sendto),
        DENY(sendmsg),
        DENY(sendmmsg),
        DENY(execve),
        DENY(execveat),
        DENY(ptrace),
        DENY(process_vm_writev),
        DENY(mount),
        DENY(umount2),
        DENY(chroot),
        DENY(pivot_root),
        DENY(unshare),
        DENY(setns),
        DENY(bpf),
        DENY(perf_event_open),
        DENY(keyctl),
        DENY(add_key),
        DENY(request_key),
        DENY(userfaultfd),
        DENY(unlinkat),
        DENY(renameat),
        DENY(renameat2),
        DENY(mkdirat),
        DENY(mknodat),
        DENY(linkat),
        DENY(symlinkat),
        DENY(fchmod),
        DENY(fchmodat),
        DENY(fchown),
        DENY(fchownat),
        DENY(truncate),
        DENY(ftruncate),
        DENY(utimensat),
        DENY(setxattr),
        DENY(lsetxattr),
        DENY(fsetxattr),
#ifdef __NR_io_uring_setup
        DENY(io_uring_setup),
#endif
#ifdef __NR_openat2
        DENY(openat2),
#endif
#ifdef __x86_64__
        DENY(iopl),
        DENY(ioperm),
        DENY(inotify_init),
        DENY(utime),
        DENY(utimes),
        DENY(creat),
        DENY(unlink),
        DENY(rename),
        DENY(mkdir),
        DENY(rmdir),
        DENY(mknod),
        DENY(link),
        DENY(symlink),
        DENY(chmod),
        DENY(chown),
        DENY(lchown),
        DENY(fork),
        DENY(vfork),
        DENY(open),
#endif
        DENY(openat),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof program / sizeof program[0], program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    // For all threads, also those that run already.
    if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0) return errno;
    return 0;
#else
    return ENOSYS;
#endif
}
