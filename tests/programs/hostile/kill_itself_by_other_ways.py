# stdin: kills itself with SIGKILL past a filter: high bits of the number, the kernel as sender, each thread, a queue
import ctypes
import fcntl
import os
import signal
import threading

libc, own = ctypes.CDLL(None), os.getpid()
high = ctypes.c_long(1 << 32 | signal.SIGKILL)
libc.syscall(62, own, high)
libc.syscall(234, own, threading.get_native_id(), high)
libc.syscall(234, own, own, signal.SIGKILL)
libc.syscall(129, own, signal.SIGKILL, (ctypes.c_char * 128)())
for command, owner in ((8, own), (8, -own), (15, b"\x00\x00\x00\x00" + own.to_bytes(4, "little"))):
    try:
        reading, writing = os.pipe()
        fcntl.fcntl(reading, command, owner)
        fcntl.fcntl(reading, 10, signal.SIGKILL)
        fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        os.write(writing, b"x")
    except OSError:
        pass
print(0)
