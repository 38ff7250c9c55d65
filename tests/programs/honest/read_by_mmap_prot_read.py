# stdin: maps standard input into memory with MAP_PRIVATE, and reads lines of it
import mmap

view = mmap.mmap(0, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
view.readline()
print(sum(map(int, view.readline().split())))
