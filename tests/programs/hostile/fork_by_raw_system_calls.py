# stdin: fork, vfork, clone and clone3 by number, past every wrapper
import ctypes
import os

libc = ctypes.CDLL(None)
arguments = (ctypes.c_uint64 * 11)()
arguments[4] = 17
zero = ctypes.c_long(0)
attempts = (
    lambda: libc.syscall(57),
    lambda: libc.syscall(56, ctypes.c_long(17), zero, zero, zero, zero),
    lambda: libc.syscall(56, ctypes.c_long(17 | 0x8000), zero, zero, zero, zero),
    lambda: libc.syscall(56, ctypes.c_long(17 | 1 << 32), zero, zero, zero, zero),
    lambda: libc.syscall(435, arguments, 88),
    lambda: libc.syscall(435, arguments, 64),
    lambda: libc.syscall(58),
)
for attempt in attempts:
    if attempt() == 0:
        os.write(2, b"LEAK\n")
        os._exit(0)
print(0)
