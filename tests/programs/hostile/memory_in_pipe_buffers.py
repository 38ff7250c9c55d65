# stdin: keeps 256 MB in the kernel's pipe buffers, where no limit on address space counts them
import fcntl
import os
import sys

held = 0
pipes = []
try:
    for _ in range(4):
        reading, writing = os.pipe()
        pipes.append((reading, writing))
        size = fcntl.fcntl(writing, 1031, 64 << 20)
        os.set_blocking(writing, False)
        held += os.write(writing, bytes(size))
except OSError:
    pass
if held > 200 << 20:
    print("LEAK", file=sys.stderr)
print(0)
