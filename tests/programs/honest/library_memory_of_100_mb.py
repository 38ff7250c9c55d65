# stdin: lists and arrays of 100 MB
import array

input()
numbers = list(map(int, input().split()))
table = [0] * 6_000_000
bits = bytearray(30_000_000)
more = array.array("q", bytes(10_000_000))
table[5] = sum(numbers)
print(table[5] + bits[7] + more[9])
