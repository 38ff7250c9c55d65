# stdin: starts 5,000 threads
import threading
import time

threading.stack_size(65536)
try:
    for _ in range(5000):
        threading.Thread(target=time.sleep, args=(0.5,), daemon=True).start()
except BaseException:
    pass
print(0)
