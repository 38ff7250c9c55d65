# stdin: parts of the kernel with a history of holes: bpf, perf_event_open, userfaultfd, keyrings, fanotify, modules
import ctypes
import sys

libc = ctypes.CDLL(None, use_errno=True)
zero, buffer = ctypes.c_long(0), ctypes.create_string_buffer(256)
buffer[0], buffer[4], buffer[8], buffer[12] = b"\x02", b"\x04", b"\x04", b"\x01"
for name, arguments in {
    "bpf": (321, 0, buffer, 72),
    "perf_event_open": (298, buffer, 0, -1, -1, 0),
    "userfaultfd": (323, 0),
    "add_key": (248, b"user", b"leak", b"x", 1, -1),
    "keyctl": (250, 0, -1, 0, 0, 0),
    "request_key": (249, b"user", b"leak", None, -1),
    "fanotify_init": (300, 0, 0),
    "inotify_init1": (294, 0),
    "init_module": (175, buffer, 1, b""),
    "ioperm": (173, 0x80, 1, 1),
    "syslog": (103, 2, buffer, 16),
    "quotactl": (179, 0x80000100, None, 0, buffer),
    "landlock_create_ruleset": (444, None, 0, 1),
    "open_tree": (428, -100, b"/", 1),
    "fsopen": (430, b"tmpfs", 0),
    "pidfd_open": (434, 1, 0),
    "process_madvise": (440, 0, None, 0, 0, 0),
    "personality": (135, 0x0040000),
    "modify_ldt": (154, 0, buffer, 16),
    "timer_create": (222, 0, None, buffer),
    "acct": (163, b"@VICTIM@/keep.txt"),
    "swapon": (167, b"@VICTIM@/none", 0),
}.items():
    got = libc.syscall(*(ctypes.c_long(each) if isinstance(each, int) else each for each in arguments))
    if got >= 0 or ctypes.get_errno() not in (1, 13, 38):
        print("LEAK", name, got, ctypes.get_errno(), file=sys.stderr)
print(0)
