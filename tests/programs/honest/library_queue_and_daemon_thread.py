# stdin: a daemon thread that takes from a queue and is never ended
import queue
import threading

tasks, done = queue.Queue(), []


def worker():
    while True:
        done.append(tasks.get())
        tasks.task_done()


threading.Thread(target=worker, daemon=True).start()
input()
for number in map(int, input().split()):
    tasks.put(number)
tasks.join()
print(sum(done))
