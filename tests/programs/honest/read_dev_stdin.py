# stdin: the path /dev/stdin, opened like a file
import sys

with open("/dev/stdin") as file:
    n = int(file.readline())
    total = sum(int(word) for word in file.readline().split())
with open("/dev/stdout", "w") as file:
    file.write(f"{total}\n")
sys.exit()
