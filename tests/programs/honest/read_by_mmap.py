# stdin: maps standard input into memory
import mmap

with mmap.mmap(0, 0, access=mmap.ACCESS_READ) as view:
    n, *numbers = map(int, view[:].split())
print(sum(numbers))
