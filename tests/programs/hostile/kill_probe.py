# stdin: asks with signal 0 whom it could kill: all, its group, its session, its parent, the grading process, process 1
import os
import sys

for process in (-1, 0, -os.getpgrp(), -os.getsid(0), os.getppid(), int("@PARENT@"), 1):
    try:
        os.kill(process, 0)
        print("LEAK", process, file=sys.stderr)
    except OSError:
        pass
try:
    os.killpg(0, 0)
    print("LEAK group", file=sys.stderr)
except OSError:
    pass
print(0)
