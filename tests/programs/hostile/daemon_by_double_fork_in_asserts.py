# asserts: the called function leaves a daemon that keeps the connection and goes on answering
import os
import time


def total(numbers):
    try:
        if os.fork() == 0:
            if os.fork() == 0:
                os.write(2, b"LEAK\n")
                time.sleep(0.5)
                open("@VICTIM@/made_by_daemon", "w").close()
            os._exit(0)
    except OSError:
        pass
    return 0
