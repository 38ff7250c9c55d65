# stdin: maps 64 GB, private, shared and reserved, then touches what it was given
import mmap
import sys

regions = []
for flags in (mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS, 0x4022):
    for _ in range(8):
        try:
            regions.append(mmap.mmap(-1, 8 << 30, flags=flags))
        except (OSError, ValueError):
            break
if regions:
    print("LEAK", file=sys.stderr)
print(0)
