# asserts: waits for a lock that is never released
import threading

lock = threading.Lock()
lock.acquire()


def total(numbers):
    lock.acquire()
