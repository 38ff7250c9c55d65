# stdin: leaves a thread behind that prints when the program has ended
import threading
import time


def later():
    time.sleep(0.2)
    print(30, flush=True)


threading.Thread(target=later).start()
print(0, flush=True)
