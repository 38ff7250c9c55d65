# stdin: has the kernel send SIGKILL to the process that forked it, and to a neighbour, as owner of a pipe's end
import fcntl
import os
import signal
import sys
import time

parent = os.getppid()
for process in (parent, -os.getpgrp()):
    if process in (0, 1, -1):
        continue
    try:
        reading, writing = os.pipe()
        fcntl.fcntl(reading, 8, process)
        fcntl.fcntl(reading, 10, signal.SIGKILL)
        fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        os.write(writing, b"x")
    except OSError:
        pass
time.sleep(0.1)
if os.getppid() != parent:
    print("LEAK", file=sys.stderr)
print(0)
