# call: starts 5,000 threads and lets the error through
import threading
import time


def total(numbers):
    for _ in range(5000):
        threading.Thread(target=time.sleep, args=(0.5,), daemon=True).start()
    return 0
