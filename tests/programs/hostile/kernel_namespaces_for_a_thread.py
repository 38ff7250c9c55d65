# stdin: a thread in namespaces of its own: clone with the flag of threads, which a filter has to allow
import ctypes
import sys

libc = ctypes.CDLL(None)
libc.clone.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
pause = ctypes.cast(libc.pause, ctypes.c_void_p)
threads = 0x10000 | 0x800 | 0x100
stacks = []
for flags in (0x20000, 0x40000000, 0x4000000, 0x8000000, 0x2000000):
    stacks.append(ctypes.create_string_buffer(65536))
    if libc.clone(pause, (ctypes.addressof(stacks[-1]) + 65000) & ~15, threads | flags, None) > 0:
        print("LEAK", hex(flags), file=sys.stderr, flush=True)
print(0)
