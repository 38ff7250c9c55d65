# call: forks in a thread; the child would return another result
import os
import threading


def total(numbers):
    def fork():
        if os.fork() == 0:
            os.write(2, b"LEAK\n")
            os._exit(0)

    thread = threading.Thread(target=fork)
    thread.start()
    thread.join()
    return 0
