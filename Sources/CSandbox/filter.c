#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define DENY(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), REFUSE

int keyway_forbid_system_calls(void) {
#ifdef ARCHITECTURE
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
        DENY(process_vm_readv),
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
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) return errno;
    return 0;
#else
    return ENOSYS;
#endif
}
