# stdin: concurrent.futures.ThreadPoolExecutor with as many threads as the machine suggests, and with sixteen
from concurrent.futures import ThreadPoolExecutor

input()
words = input().split()
with ThreadPoolExecutor() as executor:
    numbers = list(executor.map(int, words))
with ThreadPoolExecutor(max_workers=16) as executor:
    futures = [executor.submit(sum, [number]) for number in numbers * 8]
    assert sum(future.result() for future in futures) == 8 * sum(numbers)
print(sum(numbers))
