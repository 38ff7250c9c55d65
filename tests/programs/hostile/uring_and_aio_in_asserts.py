# asserts: sets up an io_uring and an asynchronous input context in the called function
import ctypes
import sys


def total(numbers):
    libc = ctypes.CDLL(None)
    parameters, context = (ctypes.c_char * 120)(), ctypes.c_ulong(0)
    if libc.syscall(425, 4, parameters) >= 0 or libc.syscall(206, 4, ctypes.byref(context)) >= 0:
        print("LEAK", file=sys.stderr)
    return 0
