# asserts: closes every descriptor, the reply's too, and never ends
import os
import threading


def total(numbers):
    os.closerange(0, 64)
    threading.Event().wait()
