# stdin: changes the input for the next reader: writes to it, truncates it, seeks behind its end
import os
import sys

for attempt in (
    lambda: os.pwrite(0, b"1\n0\n", 0),
    lambda: os.ftruncate(0, 0),
    lambda: os.write(os.open("/proc/self/fd/0", os.O_RDWR), b"1\n0\n"),
    lambda: os.write(os.open("/dev/stdin", os.O_WRONLY), b"1\n0\n"),
):
    try:
        attempt()
        print("LEAK", file=sys.stderr)
    except OSError:
        pass
os.lseek(0, 1 << 40, os.SEEK_SET)
print(0)
