# stdin: SIGTERM to the grading process, and to its own parent
import os
import signal

for process in (int("@PARENT@"), os.getppid()):
    try:
        os.kill(process, signal.SIGTERM)
    except OSError:
        pass
print(0)
