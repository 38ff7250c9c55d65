# stdin: takes descriptors out of the grading process by pidfd_getfd, and compares with it by kcmp
import ctypes
import os
import sys

libc = ctypes.CDLL(None)
for process in (int("@PARENT@"), os.getppid()):
    handle = libc.syscall(434, process, 0)
    for descriptor in range(16):
        if libc.syscall(438, handle, descriptor, 0) >= 0:
            print("LEAK", file=sys.stderr)
    if libc.syscall(312, process, os.getpid(), 2, 0, 0) >= 0:
        print("LEAK", file=sys.stderr)
print(0)
