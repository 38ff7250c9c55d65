# stdin: an alarm and a timer, set and cleared, and handlers put back
import signal


class Late(Exception):
    pass


def handler(number, frame):
    raise Late


before = signal.signal(signal.SIGALRM, handler)
signal.alarm(5)
signal.setitimer(signal.ITIMER_REAL, 5)
input()
result = sum(map(int, input().split()))
try:
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    while True:
        pass
except Late:
    pass
signal.alarm(0)
signal.signal(signal.SIGALRM, before)
print(result)
