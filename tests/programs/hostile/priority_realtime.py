# stdin: asks for real-time priority and the highest niceness, which starve the machine
import os
import sys

for attempt in (
    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    lambda: os.setpriority(os.PRIO_PROCESS, 0, -20),
    lambda: os.setpriority(os.PRIO_PROCESS, int("@PARENT@"), 1),
):
    try:
        attempt()
        print("LEAK", file=sys.stderr)
    except OSError:
        pass
print(0)
