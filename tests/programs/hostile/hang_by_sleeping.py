# stdin: sleeps without using any CPU time
import time

while True:
    try:
        time.sleep(10_000)
    except BaseException:
        pass
