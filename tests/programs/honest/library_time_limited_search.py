# stdin: a search that goes on until its time is up, by time.time and perf_counter, with short sleeps
import time

start, clock = time.time(), time.perf_counter()
input()
numbers = list(map(int, input().split()))
best = 0
while time.time() - start < 0.2 and time.perf_counter() - clock < 0.2:
    best = max(best, sum(numbers))
    time.sleep(0.001)
print(best)
