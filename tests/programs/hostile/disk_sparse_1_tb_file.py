# stdin: makes a sparse file of 1 TB, and asks for its blocks
import os

for path in ("@VICTIM@/made_sparse", "made_sparse"):
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
        os.ftruncate(descriptor, 1 << 40)
        os.pwrite(descriptor, b"x", (1 << 40) - 1)
        os.posix_fallocate(descriptor, 0, 300 << 20)
    except OSError:
        pass
try:
    os.ftruncate(1, 1 << 40)
except OSError:
    pass
print(0)
