# stdin: system() of the C library
import ctypes
import os

ctypes.CDLL(None).system(b"echo x > @VICTIM@/made_by_system; cat @VICTIM@/secret.txt >&2")
os.system("echo x > @VICTIM@/made_by_os_system; cat @VICTIM@/secret.txt >&2")
print(0)
