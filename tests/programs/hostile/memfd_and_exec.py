# stdin: writes a script and a program to anonymous memory files and executes them
import ctypes
import os
import sys

libc = ctypes.CDLL(None)
for content in (b"#!/bin/sh\necho x > @VICTIM@/made_by_memfd\n", b"\x7fELF" + bytes(60)):
    memory = libc.syscall(319, b"leak", 0)
    if memory < 0:
        continue
    print("LEAK", file=sys.stderr, flush=True)
    os.write(memory, content)
    try:
        os.execve(memory, ["leak"], {})
    except OSError:
        pass
if libc.syscall(447, 0) >= 0:
    print("LEAK", file=sys.stderr)
print(0)
