# stdin: catches its own segmentation fault and goes on with status 0
import ctypes
import signal

libc = ctypes.CDLL(None)
leave = ctypes.cast(libc._exit, ctypes.c_void_p)
libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.signal(signal.SIGSEGV, leave)
print(0, flush=True)
ctypes.string_at(0)
