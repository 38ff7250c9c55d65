# stdin: a fork bomb, bounded to 200 processes of half a second
import os
import time

for _ in range(200):
    try:
        process = os.fork()
    except BaseException:
        break
    if process == 0:
        os.write(2, b"LEAK\n")
        time.sleep(0.5)
        os._exit(0)
print(0)
