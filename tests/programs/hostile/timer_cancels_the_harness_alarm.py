# stdin: cancels the alarm that a harness may have set in this process, then works on for ever
import signal

signal.alarm(0)
signal.setitimer(signal.ITIMER_REAL, 0)
signal.setitimer(signal.ITIMER_VIRTUAL, 0)
signal.setitimer(signal.ITIMER_PROF, 0)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
while True:
    pass
