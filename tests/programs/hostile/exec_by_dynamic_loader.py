# stdin: runs a program through the dynamic loader and through execveat with an empty path
import ctypes
import os

libc = ctypes.CDLL(None)
strings = ctypes.c_char_p * 4
arguments = strings(b"sh", b"-c", b"echo x > @VICTIM@/made_by_loader", None)
try:
    shell = os.open("/bin/sh", os.O_RDONLY)
    libc.syscall(322, shell, b"", arguments, strings(), 0x1000)
except OSError:
    pass
loader = "/lib64/ld-linux-x86-64.so.2"
try:
    os.execv(loader, [loader, "/bin/sh", "-c", "echo x > @VICTIM@/made_by_loader"])
except OSError:
    pass
print(0)
