# asserts: asks whom it could kill by tkill, tgkill, kill with high bits, sigqueue and pidfd_send_signal, all with signal 0
import ctypes
import os
import sys


def total(numbers):
    libc = ctypes.CDLL(None)
    zero, own, high = ctypes.c_long(0), os.getpid(), 1 << 32
    nothing = (ctypes.c_char * 128)()
    for process in (os.getppid(), int("@PARENT@"), own - 1, own + 1):
        attempts = (
            libc.syscall(200, process, 0),
            libc.syscall(234, process, process, 0),
            libc.syscall(234, own, process, 0),
            libc.syscall(62, ctypes.c_long(process | high), zero),
            libc.syscall(129, process, 0, nothing),
            libc.syscall(297, process, process, 0, nothing),
            libc.syscall(424, libc.syscall(434, process, 0), 0, 0, 0),
        )
        if 0 in attempts:
            print("LEAK", process, attempts, file=sys.stderr)
    return 0
