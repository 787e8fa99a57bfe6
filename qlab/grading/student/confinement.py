"""The inner walls: what happens to each learner's process before it runs a line of their code.

The zygote holds capabilities inside the sandbox and runs trusted code only.  For each notebook it
forks a supervisor into fresh process, mount, ipc and uts namespaces with a private /tmp, home, /dev/shm
and /proc.  The supervisor forks the learner, which changes to a private uid, enters its own user namespace,
gives up every capability, takes on resource limits, closes every descriptor but one and loads the
system-call filter.  Nothing is left of it when the supervisor goes.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
from typing import Any

from qlab.grading.student.bubblewrap import HOME
from qlab.grading.wire.limits import MEBIBYTE, Limits

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000
_NOSUID, _NODEV, _NOEXEC = 2, 4, 8
_SET_DUMPABLE, _CAPBSET_DROP, _SET_NO_NEW_PRIVS = 4, 24, 38
_CAPABILITY_VERSION = 0x20080522
_INSIDE_UID = 1000

DENIED = [
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "pidfd_getfd",
    "pidfd_open",
    "mount",
    "umount2",
    "umount",
    "pivot_root",
    "chroot",
    "unshare",
    "setns",
    "open_tree",
    "move_mount",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "open_tree_attr",
    "statmount",
    "listmount",
    "keyctl",
    "add_key",
    "request_key",
    "bpf",
    "userfaultfd",
    "perf_event_open",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "create_module",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "open_by_handle_at",
    "name_to_handle_at",
    "quotactl",
    "quotactl_fd",
    "swapon",
    "swapoff",
    "reboot",
    "sethostname",
    "setdomainname",
    "acct",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "stime",
    "syslog",
    "lookup_dcookie",
    "iopl",
    "ioperm",
    "modify_ldt",
    "personality",
    "vhangup",
    "nfsservctl",
    "uselib",
    "_sysctl",
    "fanotify_init",
    "fanotify_mark",
    "move_pages",
    "migrate_pages",
    "mbind",
    "set_mempolicy",
    "mknod",
    "mknodat",
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setgroups",
    "setfsuid",
    "setfsgid",
    "sched_setscheduler",
    "sched_setattr",
    "sched_setparam",
    "ioprio_set",
    "seccomp",
    # a socket could meet another learner's by an abstract name; a socketpair cannot
    "socket",
    # memory that belongs to no process, and so to no limit
    "memfd_create",
    "memfd_secret",
    "shmget",
    "semget",
    "msgget",
    # which pages of a shared file lie in memory tells what others have read
    "mincore",
    "fadvise64",
    "readahead",
    "cachestat",
]
_BY_NUMBER = {
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "memfd_secret": 447,
    "cachestat": 451,
    "statmount": 457,
    "listmount": 458,
    "open_tree_attr": 467,
}
"""Calls that may be newer than the library: those above 423 have one number on every processor."""
_UNKNOWN = -1
_COLD, _PAGEOUT = 20, 21
_NOWAIT, _DONTCACHE = 0x8, 0x80

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def next_child_in_new_pid_namespace() -> None:
    """Let the next child be the first process of a new pid namespace."""
    _check(_libc.unshare(_NEWPID), "unshare")


def next_child_in(namespace: int) -> None:
    """Let children be born in a pid namespace again, given as a descriptor of it."""
    _check(_libc.setns(namespace, _NEWPID), "setns")


def new_namespaces() -> None:
    """Leave the zygote's mount, ipc and uts namespaces."""
    _check(_libc.unshare(_NEWNS | _NEWUTS | _NEWIPC), "unshare")


def private_files(limits: Limits) -> None:
    """Mount empty temporary files, home and /dev/shm and this namespace's own /proc.

    The /proc shows a process those only that it may look into: not the supervisor, which shares an ordinary user's uid.
    """
    options = f"size={limits.file_mb * MEBIBYTE},nr_inodes=20000,mode=1777".encode()
    for place in (os.environ["TMPDIR"], HOME, "/dev/shm"):
        _check(_libc.mount(b"tmpfs", place.encode(), b"tmpfs", _NOSUID | _NODEV, options), place)
    flags = _NOSUID | _NODEV | _NOEXEC
    if _libc.mount(b"proc", b"/proc", b"proc", flags, b"hidepid=4"):  # before Linux 5.8 there is no such option
        _check(_libc.mount(b"proc", b"/proc", b"proc", flags, None), "/proc")
    os.chdir(HOME)


def hide_from_children() -> None:
    """Make this process unreadable for the learner, who may share its uid."""
    _check(_libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0), "prctl")


def keep_only(descriptor: int) -> int:
    """Close every inherited descriptor but one, which becomes number 3; 0, 1 and 2 are /dev/null."""
    if descriptor < 4:
        descriptor = os.dup(descriptor)
        while descriptor < 4:
            descriptor = os.dup(descriptor)
    null = os.open("/dev/null", os.O_RDWR)
    for target in (0, 1, 2):
        os.dup2(null, target)
    os.dup2(descriptor, 3, inheritable=False)
    os.closerange(4, max(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 4096))
    return 3


def drop_identity(uid: int | None) -> None:
    """Become nobody: a private uid where we are root, then a user namespace without any capability.

    Args:
        uid: the private uid outside, or None to keep the only one an ordinary user has.
    """
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    outside_uid, outside_gid = os.getuid(), os.getgid()
    _check(_libc.prctl(_SET_DUMPABLE, 1, 0, 0, 0), "prctl")
    _check(_libc.unshare(_NEWUSER), "unshare")
    for name, text in (
        ("oom_score_adj", "1000"),
        ("setgroups", "deny"),
        ("uid_map", f"{_INSIDE_UID} {outside_uid} 1"),
        ("gid_map", f"{_INSIDE_UID} {outside_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    _check(_libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    for capability in range(64):
        if _libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0):
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _check(_libc.capset(ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)())), "capset")


def limit_resources(limits: Limits) -> None:
    """Take on the limits of the kernel on memory, time, processes, files and core dumps."""
    memory, file = limits.memory_mb * MEBIBYTE, limits.file_mb * MEBIBYTE
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_MEMLOCK, MEBIBYTE),
    ):
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def system_call_filter() -> Any:
    """Build the system-call filter once; `load()` is called by each learner.

    Everything in :data:`DENIED` fails with EPERM, as do new namespaces, pushing characters into a terminal, and
    reads, writes and advice that ask whether a page is cached or push it out; `clone3` does not exist, so that
    `clone`'s flags can be seen.
    """
    import pyseccomp as seccomp

    refuse = seccomp.ERRNO(errno.EPERM)
    rules = seccomp.SyscallFilter(defaction=seccomp.ALLOW)
    for name in DENIED:
        try:
            number = seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
            rules.add_rule(refuse, _BY_NUMBER.get(name, number) if number == _UNKNOWN else number)
        except (RuntimeError, OSError, ValueError):  # a call that this kernel or library does not know
            continue
    for flag in (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    for request in (0x5412, 0x541C):  # TIOCSTI, TIOCLINUX
        rules.add_rule(refuse, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, request))
    for advice in (_COLD, _PAGEOUT):
        rules.add_rule(refuse, "madvise", seccomp.Arg(2, seccomp.MASKED_EQ, 0xFFFFFFFF, advice))
    for call in ("preadv2", "pwritev2"):
        for flag in (_NOWAIT, _DONTCACHE):
            rules.add_rule(refuse, call, seccomp.Arg(5, seccomp.MASKED_EQ, flag, flag))
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    return rules
