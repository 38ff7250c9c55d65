# stdin: a daemon, forked twice, in a session of its own, that holds the output open and writes a file later
import os
import time


def daemon():
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.write(2, b"LEAK\n")
    time.sleep(0.5)
    with open("@VICTIM@/made_by_daemon", "w") as file:
        file.write("x")
    os._exit(0)


try:
    daemon()
except OSError:
    pass
print(0)
