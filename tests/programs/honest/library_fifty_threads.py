# stdin: fifty threads that wait for each other at a barrier
import threading

results = []
barrier = threading.Barrier(50)


def work(number):
    barrier.wait()
    results.append(number)


input()
numbers = list(map(int, input().split()))
threads = [threading.Thread(target=work, args=(number,)) for number in numbers + [0] * (50 - len(numbers))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sum(results))
