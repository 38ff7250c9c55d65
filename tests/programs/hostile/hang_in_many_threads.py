# stdin: twenty threads that share the CPU time of an endless loop
import threading


def spin():
    while True:
        sum(range(1000))


for _ in range(20):
    try:
        threading.Thread(target=spin).start()
    except RuntimeError:
        break
print(0, flush=True)
