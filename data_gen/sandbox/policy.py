"""What a zygote and its children may do. Nothing here is undone afterwards: the kernel keeps both layers for good.

    confine(landlock=True)                 in the zygote, once: read Python and the libraries, write nothing, no network
    limit(cpu_s=6, memory=4 << 30)         in each child
    rules = ChildRules(); rules.load()     made in the zygote, loaded in each child: no new process, no signal to others

Why these layers. Landlock and seccomp need no root, no Docker and no user namespace, and cost nothing a test: the zygote
confines itself once and its children inherit it. Both come through maintained bindings, landlockpy and pyseccomp
(libseccomp, which every Debian and Ubuntu has: apt depends on it); no system call is made by hand but two `prctl`.
bubblewrap isolates as well but takes milliseconds a start, so it may only stand around the zygote (`levels.py`). The filter
is a list of what is allowed: a system call that nobody thought of is refused. It is loaded in two parts, because libseccomp
needs 1.2 ms to build and load all of it: the long list by the zygote, and what a child loses beyond that in 0.4 ms.

Not covered: the speed of the machine (a program may use its CPU seconds), and bugs of the kernel within the calls allowed.
"""

import contextlib
import ctypes
import fcntl
import os
import resource
import socket
import sys
import termios
from pathlib import Path
from typing import Any

import landlockpy
from landlockpy import AccessFS

EPERM, ENOSYS = 1, 38
CLONE_THREAD = 0x00010000  # <linux/sched.h>
CLONE_NEW = 0x7E020080  # every kind of namespace
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NAME = 1, 4, 15  # <linux/prctl.h>
SIGKILL = 9
LOW = 0xFFFFFFFF  # the kernel reads a signal from the low half of its argument
OPTIMIZE_TREE = 2  # seccomp_attr_set(3): a binary tree instead of a list
STACK_BYTES = 120 << 20  # of the main thread; Linux leaves 128 MiB below a stack at least (arch/x86/mm/mmap.c)
OPEN_FILES = 64

# Directories and files that an honest program may read.
READABLE = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/localtime")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

ALLOWED = """
read readv pread64 preadv preadv2 write writev pwrite64 pwritev lseek close close_range dup dup2 dup3
open openat stat lstat fstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents64 getcwd chdir
fsync fdatasync umask poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2 pipe pipe2
mmap mremap munmap mprotect brk madvise membarrier
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack pause restart_syscall
nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time getitimer setitimer alarm times getrusage
getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid getgroups getpgrp getpgid getsid uname sysinfo
getcpu sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min
futex set_robust_list get_robust_list rseq set_tid_address arch_prctl getrandom getrlimit exit exit_group
shutdown getsockopt getsockname
""".split()
# Of these calls what does no more than ask and copy: others have the kernel send signals to any process of this user.
FCNTL = tuple(getattr(fcntl, f"F_{name}") for name in "DUPFD GETFD SETFD GETFL SETFL DUPFD_CLOEXEC GETPIPE_SZ".split())
IOCTL = (termios.TCGETS, termios.TIOCGWINSZ, termios.FIONREAD, termios.FIOCLEX, termios.FIONCLEX, termios.FIONBIO)
# What the zygote needs beside that, and a child loses.
ZYGOTE_ONLY = "fork vfork wait4 waitid sendmsg recvmsg seccomp pidfd_open tkill".split()


def _seccomp() -> Any:
    """Return the binding. Its import raises RuntimeError where libseccomp is missing, and the weak level needs none."""
    import pyseccomp

    return pyseccomp


def confine(landlock: bool) -> None:
    """Confine this process and all that it will fork: reading as listed, no writing, no network, few system calls.

    Raises OSError where a layer is not to be had; the caller has found out before which ones are (`levels.py`).
    """
    if landlock:
        with landlockpy.Ruleset(scoped=landlockpy.Scope.ABSTRACT_UNIX_SOCKET | landlockpy.Scope.SIGNAL) as ruleset:
            for path in _readable():
                beneath = AccessFS.READ_FILE | (AccessFS.READ_DIR if path.is_dir() else AccessFS.NONE)
                ruleset.allow_path(path, beneath)
            for device in DEVICES:
                ruleset.allow_path(device, AccessFS.READ_FILE | AccessFS.WRITE_FILE)
            ruleset.restrict()
    seccomp = _seccomp()
    rules = seccomp.SyscallFilter(seccomp.ERRNO(EPERM))
    rules.set_attr(seccomp.Attr.CTL_OPTIMIZE, OPTIMIZE_TREE)
    for name in [*ALLOWED, *ZYGOTE_ONLY, "kill", "tgkill", "prctl", "setrlimit", "prlimit64"]:
        rules.add_rule(seccomp.ALLOW, name)
    rules.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, CLONE_NEW, 0))
    for name, commands in (("fcntl", FCNTL), ("ioctl", IOCTL)):
        for command in commands:
            rules.add_rule(seccomp.ALLOW, name, seccomp.Arg(1, seccomp.EQ, command))
    # asyncio wakes itself through a pair of connected sockets; nothing may be sent to an address, nor out of band.
    stream = seccomp.Arg(1, seccomp.MASKED_EQ, 0xF, socket.SOCK_STREAM)
    rules.add_rule(seccomp.ALLOW, "socketpair", seccomp.Arg(0, seccomp.EQ, socket.AF_UNIX), stream)
    in_band = seccomp.Arg(3, seccomp.MASKED_EQ, socket.MSG_OOB, 0)
    rules.add_rule(seccomp.ALLOW, "sendto", seccomp.Arg(4, seccomp.EQ, 0), in_band)
    rules.add_rule(seccomp.ALLOW, "recvfrom", in_band)
    rules.add_rule(seccomp.ERRNO(ENOSYS), "clone3")  # glibc then uses clone, whose flags a filter can see
    rules.load()


def _readable() -> list[Path]:
    """Return what may be read: this interpreter's library and packages, and the system's."""
    own = {str(Path(prefix) / "lib") for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    return [path for path in map(Path, sorted(own | {*READABLE})) if path.exists()]


class ChildRules:
    """What a child loses beyond its zygote, prepared before the fork. `load` is for the child."""

    def __init__(self) -> None:
        seccomp = self._seccomp = _seccomp()
        self._rules = seccomp.SyscallFilter(seccomp.ALLOW)
        for name in ZYGOTE_ONLY:
            self._rules.add_rule(seccomp.ERRNO(EPERM), name)
        self._rules.add_rule(seccomp.ERRNO(EPERM), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, CLONE_THREAD, 0))
        self._rules.add_rule(seccomp.ERRNO(EPERM), "prctl", seccomp.Arg(0, seccomp.NE, PR_SET_NAME))
        self._rules.add_rule(seccomp.ERRNO(EPERM), "kill", seccomp.Arg(1, seccomp.MASKED_EQ, LOW, SIGKILL))
        self._rules.add_rule(seccomp.ERRNO(EPERM), "tgkill", seccomp.Arg(2, seccomp.MASKED_EQ, LOW, SIGKILL))
        # Programs set a larger stack as a matter of course: they are told that it worked, and keep the one they have.
        self._rules.add_rule(seccomp.ERRNO(0), "setrlimit")
        self._rules.add_rule(seccomp.ERRNO(0), "prlimit64", seccomp.Arg(2, seccomp.NE, 0))

    def load(self) -> None:
        """Apply to this process: it may signal itself alone, and not kill itself, which would look like our doing."""
        seccomp = self._seccomp
        for name in ("kill", "tgkill"):
            self._rules.add_rule(seccomp.ERRNO(EPERM), name, seccomp.Arg(0, seccomp.NE, os.getpid()))
        self._rules.load()


def limit(cpu_s: int, memory: int) -> None:
    """Set this process's limits: CPU seconds, bytes of address space, no file written, few open, and a large stack."""
    for kind, most in (
        (resource.RLIMIT_CPU, cpu_s),  # soft and hard alike: the kernel kills, nothing can be caught
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_STACK, (STACK_BYTES, resource.getrlimit(resource.RLIMIT_STACK)[1]))


def hide() -> None:
    """Close this process's folder in /proc, and those of its children, to programs: descriptors, memory."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
