# stdin: fires all three interval timers every microsecond and counts on handlers that run in the harness's code
import os
import signal
import time


def answer(number, frame):
    frame.f_globals["status"] = 0


for timer, number in ((0, signal.SIGALRM), (1, signal.SIGVTALRM), (2, signal.SIGPROF)):
    signal.signal(number, answer)
    signal.setitimer(timer, 1e-6, 1e-6)
end = time.process_time() + 0.2
while time.process_time() < end:
    pass
for timer in (0, 1, 2):
    signal.setitimer(timer, 0)
os.write(1, b"0\n")
